//! The time that programs take: compiled as they would be shipped, checked bit by bit, timed beside a reference.
//!
//! The number of operations is not time: a division takes as long as many products, independent operations overlap,
//! and a short program waits for memory. So programs are emitted as Rust (or C), compiled for the machine's own
//! processor, and loaded; their results must have the bits of [`Program::eval`]; then windows of some 20 µs of each
//! program and of a reference alternate in one thread, which stays on one core where the system can be asked for that
//! (Linux). The reference is the polynomial of degree 8 for 2^x in Horner's form, without fused operations, by which
//! Real et al. 2023 (arXiv:2312.08472) normalise their times.
//!
//! | measure | loop |
//! |---|---|
//! | throughput | `y[i] = f(x[i])` over an array that fits the first-level cache |
//! | latency | `x = clamp(f(x))`, one number, each step waiting for the one before it |
//! | composed | 10,000 numbers, 100 times `x[i] = clamp(f(x[i]))`, in strips that stay in the first-level cache |
//!
//! Times vary with whatever else the machine does. The ratio to the reference in neighbouring windows varies least;
//! it and the minimum are what to compare.

mod assembly;
mod calibrate;
mod check;
mod clock;
mod compile;
mod kernel;
mod pin;
mod source;

pub use assembly::Code;
pub use calibrate::{Calibration, calibrate};
pub use clock::Quantity;

use crate::program::{Op, Program};
use crate::target::Format;
use ansatz_core::{Error, Result};
use kernel::{Float, Kernels};
use serde::{Deserialize, Serialize};

/// Which compiler makes the code that is timed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Compiler {
    /// `rustc`, or what the environment variable `RUSTC` names.
    #[default]
    Rust,
    /// `cc`, or what the environment variable `CC` names; contraction switched off.
    C,
}

/// How to measure.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// The format in which the programs compute; their constants are rounded to it.
    pub format: Format,
    /// The compiler.
    pub compiler: Compiler,
    /// Windows of each program and measure, at least one a repetition.
    pub windows: usize,
    /// Repetitions among which the windows are divided; the spread is taken over them.
    pub repetitions: usize,
    /// Elements of the arrays for the throughput.
    pub elements: usize,
    /// The arguments lie in this interval, and iterates are clamped to it.
    pub interval: [f64; 2],
    /// Whether to measure the latency.
    pub latency: bool,
    /// Whether to measure the composition.
    pub composed: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self::new(Format::F64)
    }
}

impl Options {
    /// The usual options for a format: arrays of 16 kB, which are 4096 numbers of binary32; every measure; a thousand
    /// windows.
    pub fn new(format: Format) -> Self {
        Self {
            format,
            compiler: Compiler::Rust,
            windows: 1000,
            repetitions: 5,
            elements: if format == Format::F32 { 4096 } else { 2048 },
            interval: [0.1, 0.9],
            latency: true,
            composed: true,
        }
    }

    /// Checks the parameters.
    ///
    /// # Errors
    /// [`Error::Parameter`] for the first one that is out of range.
    pub fn validate(&self) -> Result<()> {
        if !(1..=10_000).contains(&self.repetitions) {
            return Err(Error::parameter("repetitions", self.repetitions, "from 1 to 10,000"));
        }
        if !(self.repetitions..=10_000_000).contains(&self.windows) {
            let allowed = format!("from {}, one a repetition, to 10,000,000", self.repetitions);
            return Err(Error::parameter("windows", self.windows, allowed));
        }
        if !(64..=1 << 24).contains(&self.elements) {
            return Err(Error::parameter("elements", self.elements, "from 64 to 16,777,216"));
        }
        let [lo, hi] = self.interval;
        let inside = |x: f64| match self.format {
            Format::F32 => (x as f32).is_finite(),
            Format::F64 => x.is_finite(),
        };
        if !(inside(lo) && inside(hi) && lo < hi) {
            return Err(Error::parameter("interval", format!("{lo}..{hi}"), "two finite numbers in increasing order"));
        }
        Ok(())
    }
}

/// The time of one program, and what it was compiled to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    /// Independent elements, nanoseconds an element.
    pub throughput: Quantity,
    /// A dependent chain with clamping, nanoseconds a step.
    pub latency: Option<Quantity>,
    /// The 100-fold composition with clamping, nanoseconds an element and application.
    pub composed: Option<Quantity>,
    /// What the loop for the throughput was compiled to; none on processors whose code is not read.
    pub code: Option<Code>,
    /// Whether the thread was kept on one core.
    pub pinned: bool,
}

/// The program that times are compared with: 2^x by Horner's rule in degree 8, 16 operations without fused ones, with
/// the constants of Real et al. 2023 (arXiv:2312.08472), which are exact in binary32.
pub fn reference() -> Program {
    horner(
        &[
            1.0,
            0.693147182464599609375,
            0.24022646248340606689453125,
            5.5504463613033294677734375e-2,
            9.616785682737827301025390625e-3,
            1.336037297733128070831298828125e-3,
            1.5121899195946753025054931640625e-4,
            1.657833854551427066326141357421875e-5,
            1.27110934045049361884593963623046875e-6,
        ],
        false,
    )
}

/// The polynomial `c[0] + c[1] x + …` by Horner's rule, with fused multiply-adds or without.
pub fn horner(coefficients: &[f64], fused: bool) -> Program {
    let mut p = Program::builder();
    let x = p.input();
    let mut value = x;
    for (i, &c) in coefficients.iter().rev().enumerate() {
        let c = p.constant(c);
        value = match (i, fused) {
            (0, _) => c,
            (_, true) => p.op(Op::Fma, &[value, x, c]),
            (_, false) => {
                let product = p.op(Op::Mul, &[value, x]);
                p.op(Op::Add, &[product, c])
            }
        };
    }
    p.finish(value)
}

/// Compiles the programs in one go, checks their results against [`Program::eval`] and times them, each in turn with
/// the [`reference()`].
///
/// A program of ten operations takes about half a second with the default options, and the compiler 10 to 50 ms.
/// Results of programs with `exp` are not checked: every mathematical library rounds it in its own way.
///
/// ```
/// use ansatz_functions::anchors::literature::f5;
/// use ansatz_functions::bench::{Options, time};
///
/// let quick = Options { windows: 20, latency: false, composed: false, ..Options::default() };
/// let timings = time(&[f5()], &quick)?;
/// assert!(timings[0].throughput.minimum > 0.0);
/// # Ok::<(), ansatz_core::Error>(())
/// ```
///
/// # Errors
/// [`Error::Parameter`] if an option is out of range or a constant does not fit the format, [`Error::Environment`] if
/// there is no compiler, or it fails, or the system does not load what it made; [`Error::Refused`] if a program is
/// unsound or the compiled code does not return its bits.
pub fn time(programs: &[Program], options: &Options) -> Result<Vec<Timing>> {
    options.validate()?;
    if programs.is_empty() {
        return Ok(Vec::new());
    }
    match options.format {
        Format::F32 => time_in::<f32>(programs, options),
        Format::F64 => time_in::<f64>(programs, options),
    }
}

fn time_in<T: Float>(programs: &[Program], options: &Options) -> Result<Vec<Timing>> {
    let all: Vec<Program> = std::iter::once(&reference()).chain(programs).map(rounded::<T>).collect::<Result<_>>()?;
    let kernels = Kernels::<T>::build(&all, options)?;
    check::bits(&kernels, &all, options)?;
    // A thread of its own: it goes away together with its tie to a core.
    std::thread::scope(|scope| {
        let worker = scope.spawn(|| {
            let pinned = pin::stay();
            clock::measure(&kernels, all.len(), options, pinned)
        });
        worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// The program whose constants are rounded to the format, if they fit it.
fn rounded<T: Float>(program: &Program) -> Result<Program> {
    if let Some(fault) = program.fault() {
        return Err(Error::refused(format!("the program is unsound: {fault}")));
    }
    let rounded = program.rounded_to(T::FORMAT);
    match rounded.constants.iter().position(|c| !c.hi.is_finite()) {
        Some(i) => {
            let value = program.constants[i].hi;
            Err(Error::parameter(format!("constant c{}", i + 1), value, "within the range of the format"))
        }
        None => Ok(rounded),
    }
}
