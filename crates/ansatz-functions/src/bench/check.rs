//! Compiled code must return the program's bits before its time means anything.

use super::Options;
use super::kernel::{Float, Kernel, Kernels, Loop};
use crate::program::{Node, Op, Program};
use ansatz_core::{Error, Result, Seed};

/// Steps of chain and composition that are compared.
const STEPS: usize = 3;

/// Compares every kernel of every program with [`Program::eval`], at points of the interval, of all magnitudes, and at
/// zeros and infinities. The number of points is odd, so that the remainders of vector loops are run too.
///
/// # Errors
/// [`Error::Refused`] names the program and the first point with other bits.
pub(super) fn bits<T: Float>(kernels: &Kernels<T>, programs: &[Program], options: &Options) -> Result<()> {
    let points = points::<T>(options.interval);
    for (i, program) in programs.iter().enumerate() {
        let live = program.shape.live();
        // Every mathematical library rounds it in its own way, and compilers work it out beforehand in another.
        if program.shape.nodes.iter().zip(live).any(|(node, live)| live && matches!(node, Node::Op(Op::Exp, _))) {
            continue;
        }
        let clamp = |y: T| {
            let [lo, hi] = options.interval.map(T::from_f64);
            if y < lo {
                lo
            } else if y > hi {
                hi
            } else {
                y
            }
        };
        let iterate = |x: &T| (0..STEPS).fold(*x, |x, _| clamp(program.eval(&x)));
        let once: Vec<T> = points.iter().map(|x| program.eval(x)).collect();
        let often: Vec<T> = points.iter().map(iterate).collect();
        for (kind, expected) in [(Loop::Map, &once), (Loop::Chain, &often), (Loop::Compose, &often)] {
            compare(&kernels.get(kind, i)?, &points, expected).map_err(|reason| {
                Error::refused(format!("the compiled code of {program} does not return its bits: {reason}"))
            })?;
        }
    }
    Ok(())
}

fn compare<T: Float>(kernel: &Kernel<T>, points: &[T], expected: &[T]) -> Result<(), String> {
    let mut results = vec![T::from_f64(0.0); points.len()];
    kernel.run(points, &mut results, STEPS);
    // One not-a-number is as good as another; all else must agree, the sign of zero too.
    let bits = |y: &T| if y.to_f64().is_nan() { None } else { Some(y.to_f64().to_bits()) };
    match results.iter().zip(expected).position(|(y, e)| bits(y) != bits(e)) {
        None => Ok(()),
        Some(i) => Err(format!("{:?} instead of {:?} at {:?}", results[i], expected[i], points[i])),
    }
}

fn points<T: Float>([lo, hi]: [f64; 2]) -> Vec<T> {
    let mut stream = Seed(0).stream("bench points", 0);
    let mut points = vec![0.0, -0.0, 1.0, f64::INFINITY, f64::NEG_INFINITY, 1e-40, -3e38, lo, hi];
    points.extend((0..400).map(|_| stream.uniform_in(lo, hi)));
    points.extend((0..200).map(|_| stream.uniform_in(-4.0, 4.0)));
    points.extend((0..200).map(|_| stream.uniform_in(-1.0, 1.0) * 2f64.powi(stream.below(200) as i32 - 100)));
    points.into_iter().map(T::from_f64).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Compiler, reference};
    use super::*;
    use crate::program::samples;

    fn programs<T: Float>() -> Vec<Program> {
        let mut programs: Vec<Program> = samples::all().iter().map(|p| p.rounded_to(T::FORMAT)).collect();
        programs.retain(|p| p.constants.iter().all(|c| T::from_dd(*c).is_finite()));
        programs.extend((0..30).map(|i| samples::random(1000 + i, 12).rounded_to(T::FORMAT)));
        assert!(programs.len() >= 50);
        programs
    }

    fn agree<T: Float>(compiler: Compiler) {
        let programs = programs::<T>();
        let options = Options { compiler, ..Options::default() };
        let kernels = match Kernels::<T>::build(&programs, &options) {
            // A machine that builds this has rustc, but perhaps no C compiler.
            Err(Error::Environment { reason, .. }) if compiler == Compiler::C && reason.contains("started") => {
                eprintln!("NOT CHECKED: {reason}");
                return;
            }
            other => other.unwrap(),
        };
        bits(&kernels, &programs, &options).unwrap();
        // The check notices a single wrong bit: here, a constant that is one unit off.
        let mut wrong = vec![samples::five().rounded_to(T::FORMAT)];
        let kernels = Kernels::<T>::build(&wrong, &options).unwrap();
        let one_off = wrong[0].constants[1].hi * (1.0 + 2f64.powi(if T::FORMAT == f32::FORMAT { -23 } else { -52 }));
        wrong[0].constants[1] = one_off.into();
        let error = bits(&kernels, &wrong, &options).unwrap_err().to_string();
        assert!(error.contains("does not return its bits"), "{error}");
    }

    #[test]
    fn rust_kernels_return_the_programs_bits() {
        agree::<f32>(Compiler::Rust);
        agree::<f64>(Compiler::Rust);
    }

    #[test]
    fn c_kernels_return_the_programs_bits() {
        agree::<f32>(Compiler::C);
        agree::<f64>(Compiler::C);
    }

    #[test]
    fn the_reference_is_close_to_its_function() {
        for i in 0..=100 {
            let x = f64::from(i) / 100.0;
            assert!((reference().eval(&x) / x.exp2() - 1.0).abs() < 2e-7);
        }
        assert_eq!(reference().shape.operations(), 16);
    }
}
