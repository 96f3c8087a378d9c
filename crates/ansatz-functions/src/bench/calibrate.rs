//! What each operation takes on this machine, for ranking programs that are too many to be compiled.
//!
//! Some sixty random programs of 1 to 16 operations are compiled and timed, and the time of a program is fitted by
//! `base + Σ n_op t_op`: `n_op` operations of a kind, each `t_op ≥ 0`, and the traffic of the memory. The fit is least
//! squares in the relative deviation. Chains of a single operation would be simpler, but on a processor that adds and
//! multiplies at the same time they overrate both against a division; what counts is an operation among others.

use super::{Options, time};
use crate::number::Scalar;
use crate::program::{Node, Op, OpSet, Program, Shape};
use crate::target::Format;
use ansatz_core::{Error, Result, Seed};
use serde::{Deserialize, Serialize};

/// Random programs that are timed.
const PROGRAMS: usize = 60;
/// The largest number of operations of one.
const LENGTH: usize = 16;
/// Sweeps of the fit: it has a dozen unknowns, and each sweep costs microseconds.
const SWEEPS: usize = 5_000;

/// A measured table of operations. It is data: whoever keeps it ranks programs alike on every machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// The format that was timed.
    pub format: Format,
    /// Nanoseconds an element for reading the argument and writing the result.
    pub base: f64,
    /// Nanoseconds an element for each operation, in a vectorised loop among other operations.
    pub operations: Vec<(Op, f64)>,
    /// The unit of the weights in nanoseconds: the median of addition, subtraction, product and fused product.
    pub quantum: f64,
    /// The operations in units of the quantum, rounded to a whole number, at least 1.
    pub weights: Vec<(Op, f64)>,
    /// The median of the relative deviation of the fit from the times.
    pub deviation: f64,
}

impl Calibration {
    /// The time of a program by this table, in nanoseconds an element.
    pub fn nanoseconds(&self, shape: &Shape) -> f64 {
        let counts = counts(shape);
        let of = |op: Op| counts.iter().filter(|&&other| other == op).count() as f64;
        self.base + self.operations.iter().map(|&(op, time)| of(op) * time).sum::<f64>()
    }

    /// Checks the table.
    ///
    /// # Errors
    /// [`Error::Parameter`] if a time or weight is not what it can be.
    pub fn validate(&self) -> Result<()> {
        for (op, weight) in &self.weights {
            if !(weight.is_finite() && *weight > 0.0) {
                return Err(Error::parameter(format!("cost of {}", op.name()), weight, "positive and finite"));
            }
        }
        let times = self.operations.iter().map(|(_, time)| time).chain([&self.base]);
        match times.into_iter().find(|time| !(time.is_finite() && **time >= 0.0)) {
            Some(time) => Err(Error::parameter("time of an operation", time, "finite and not negative")),
            None => Ok(()),
        }
    }
}

/// The operations that depend on the input and reach the result.
fn counts(shape: &Shape) -> Vec<Op> {
    let live = shape.live();
    let mut depends = vec![false; shape.nodes.len()];
    let mut ops = Vec::new();
    for (i, node) in shape.nodes.iter().enumerate() {
        depends[i] = matches!(node, Node::Input) || node.operands().iter().any(|&a| depends[usize::from(a)]);
        if let (Node::Op(op, _), true, true) = (node, live[i], depends[i]) {
            ops.push(*op);
        }
    }
    ops
}

/// Measures the operations. Takes about ten seconds, most of them the compiler's.
///
/// # Errors
/// Those of [`time`]; [`Error::Parameter`] if `ops` cannot make a program.
pub fn calibrate(ops: &OpSet, options: &Options) -> Result<Calibration> {
    let options = Options { latency: false, composed: false, ..options.clone() };
    options.validate()?;
    // `exp` is a call that keeps the rest of a loop from being vectorised: it is timed alone.
    let mixed: Vec<Op> = ops.ops().iter().copied().filter(|&op| op != Op::Exp).collect();
    let mut programs = vec![identity()];
    if !mixed.is_empty() {
        programs.extend((0..PROGRAMS).filter_map(|i| random(&mixed, i as u64)));
    }
    if ops.has(Op::Exp) {
        programs.push(repeated(Op::Exp));
    }
    let times: Vec<f64> = time(&programs, &options)?.iter().map(|t| t.throughput.minimum).collect();
    let fitted = if ops.has(Op::Exp) { programs.len() - 1 } else { programs.len() };
    let rows: Vec<Vec<f64>> = programs[..fitted].iter().map(|p| row(&p.shape, &mixed)).collect();
    let solution = fit(&rows, &times[..fitted]);
    let base = solution[0];
    let mut operations: Vec<(Op, f64)> = mixed.iter().copied().zip(solution[1..].iter().copied()).collect();
    if ops.has(Op::Exp) {
        operations.push((Op::Exp, (times[fitted] - base).max(0.0)));
    }
    let mut deviations: Vec<f64> =
        rows.iter().zip(&times).map(|(row, time)| (dot(row, &solution) / time - 1.0).abs()).collect();
    deviations.sort_by(f64::total_cmp);
    let quantum = quantum(&operations)?;
    let weights = operations.iter().map(|&(op, time)| (op, (time / quantum).round().max(1.0))).collect();
    let deviation = deviations[deviations.len() / 2];
    Ok(Calibration { format: options.format, base, operations, quantum, weights, deviation })
}

/// The unit of the weights.
fn quantum(operations: &[(Op, f64)]) -> Result<f64> {
    let cheap = [Op::Add, Op::Sub, Op::Mul, Op::Fma];
    let mut times: Vec<f64> = operations.iter().filter(|(op, _)| cheap.contains(op)).map(|(_, time)| *time).collect();
    if times.is_empty() {
        times = operations.iter().map(|(_, time)| *time).collect();
    }
    times.retain(|&time| time > 0.0);
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().ok_or_else(|| Error::Environment {
        what: "a measured cost".into(),
        reason: "the clock sees no difference between programs with more operations and with fewer".into(),
    })
}

fn identity() -> Program {
    let mut p = Program::builder();
    let x = p.input();
    p.finish(x)
}

fn repeated(op: Op) -> Program {
    let mut p = Program::builder();
    let x = p.input();
    let y = p.op(op, &[x]);
    p.finish(y)
}

/// A random program of the operations, each step of which uses the one before it. Its values keep clear of overflow,
/// underflow and poles, which could cost time of their own.
fn random(ops: &[Op], index: u64) -> Option<Program> {
    let mut stream = Seed(0).stream("calibration", index);
    for _ in 0..200 {
        let length = 1 + stream.below(LENGTH);
        let mut p = Program::builder();
        let mut values = vec![p.input()];
        for _ in 0..length {
            let op = ops[stream.below(ops.len())];
            let last = values[values.len() - 1];
            let place = stream.below(op.arity());
            let args: Vec<u16> = (0..op.arity())
                .map(|i| match stream.below(4) {
                    _ if i == place => last,
                    0 => values[stream.below(values.len())],
                    _ => p.constant(f64::from(stream.uniform_in(0.5, 2.0) as f32)),
                })
                .collect();
            values.push(p.op(op, &args));
        }
        let last = values[values.len() - 1];
        let program = p.finish(last);
        if is_tame(&program) {
            return Some(program);
        }
    }
    None
}

fn is_tame(program: &Program) -> bool {
    let constants: Vec<f64> = program.constants.iter().map(|&c| f64::from_dd(c)).collect();
    let mut values = Vec::new();
    (0..=32).all(|i| {
        program.shape.eval_into(&(0.1 + 0.8 * f64::from(i) / 32.0), &constants, &mut values);
        values.iter().all(|v| (1e-3..1e3).contains(&v.abs()))
    })
}

/// The coefficients of the unknowns: base, then the operations.
fn row(shape: &Shape, ops: &[Op]) -> Vec<f64> {
    let counts = counts(shape);
    let of = |op: &Op| counts.iter().filter(|other| *other == op).count() as f64;
    std::iter::once(1.0).chain(ops.iter().map(of)).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The `w ≥ 0` that minimises `Σ (row·w / time − 1)²`, one coordinate after the other.
fn fit(rows: &[Vec<f64>], times: &[f64]) -> Vec<f64> {
    let scaled: Vec<Vec<f64>> = rows.iter().zip(times).map(|(row, t)| row.iter().map(|a| a / t).collect()).collect();
    let unknowns = rows.first().map_or(0, Vec::len);
    let mut w = vec![0.0; unknowns];
    let mut residual = vec![1.0; rows.len()];
    for _ in 0..SWEEPS {
        for j in 0..unknowns {
            let square: f64 = scaled.iter().map(|row| row[j] * row[j]).sum();
            if square == 0.0 {
                continue;
            }
            let slope: f64 = scaled.iter().zip(&residual).map(|(row, r)| row[j] * r).sum();
            let new = (w[j] + slope / square).max(0.0);
            for (row, r) in scaled.iter().zip(&mut residual) {
                *r -= row[j] * (new - w[j]);
            }
            w[j] = new;
        }
    }
    w
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fit_finds_a_known_table() {
        let ops = [Op::Add, Op::Mul, Op::Div, Op::Sqrt];
        let truth = [0.02, 0.01, 0.0, 0.15, 0.3];
        let programs: Vec<Program> = (0..60).filter_map(|i| random(&ops, i)).collect();
        assert!(programs.len() >= 50, "{}", programs.len());
        let rows: Vec<Vec<f64>> = programs.iter().map(|p| row(&p.shape, &ops)).collect();
        let times: Vec<f64> = rows.iter().map(|row| dot(row, &truth)).collect();
        for (found, true_time) in fit(&rows, &times).iter().zip(truth) {
            assert!((found - true_time).abs() < 1e-6, "{found} is not {true_time}");
        }
    }

    #[test]
    fn random_programs_use_every_step() {
        for i in 0..60 {
            let Some(program) = random(&[Op::Add, Op::Sub, Op::Mul, Op::Div, Op::Fma], i) else { continue };
            let ops = program.shape.nodes.iter().filter(|node| matches!(node, Node::Op(..))).count();
            assert_eq!(program.shape.operations(), ops);
        }
    }

    #[test]
    fn a_measured_table_is_positive_and_keeps_its_values() {
        let ops = OpSet::new([Op::Add, Op::Sub, Op::Mul, Op::Div, Op::Sqrt, Op::Exp]);
        let options = Options { windows: 50, repetitions: 1, ..Options::default() };
        let table = calibrate(&ops, &options).unwrap();
        table.validate().unwrap();
        assert!(table.quantum > 0.0);
        assert_eq!(table.weights.len(), ops.ops().len());
        assert!(table.weights.iter().all(|(_, w)| *w >= 1.0 && w.fract() == 0.0));
        let text = serde_json::to_string(&table).unwrap();
        assert_eq!(serde_json::from_str::<Calibration>(&text).unwrap(), table);
    }
}
