//! Certificates: tight where the error is known, refused where the statement is false, and verified twice.

use crate::lab::Lab;
use ansatz_core::{Error, Result};
use ansatz_functions::anchors::literature::{exp2_degree_6_fused, f2, f3, f5, f10, f10_tuned};
use ansatz_functions::certify::exhaustive::{Kernel, Scope, exhaustive};
use ansatz_functions::certify::{Arithmetic, Certificate, Options, certify, check, prove};
use ansatz_functions::program::{Op, Program};
use ansatz_functions::target::{Interval, Target, Weight};
use std::time::Instant;

pub(super) const PUBLISHED_HIGH: &str = "published 10-operation program: proved bound";
pub(super) const PUBLISHED_LOW: &str = "published 10-operation program: proved bound is no less than its error";
pub(super) const TUNED: &str = "the same form, tuned: proved bound";
pub(super) const EXECUTED: &str = "published 10-operation program as executed in binary64: proved bound";
pub(super) const REFUSED: &str = "false statements, poles and forged certificates refused (share)";
pub(super) const EXHAUSTIVE: &str = "degree 6, fused, all f32 of [2^-27, 1]: distance from 0.895619 ulp";
pub(super) const WORST: &str = "degree 6, fused: distance of the worst input from 0x3f72b3d5, in bit patterns";

pub(super) fn run(lab: &mut Lab) -> Result<()> {
    let target = Target::named("exp2")?;
    let started = Instant::now();
    let published = certify(&f10(), &target, Arithmetic::Real, &Options::default())?;
    let seconds = started.elapsed().as_secs_f64();
    lab.note(format!(
        "the certificate of the published program took {seconds:.2} s, {} pieces",
        published.pieces.len()
    ));
    lab.measure(PUBLISHED_HIGH, published.bound)?;
    lab.measure(PUBLISHED_LOW, published.bound)?;
    let tuned = certify(&f10_tuned(), &target, Arithmetic::Real, &Options::default())?;
    lab.measure(TUNED, tuned.bound)?;
    let executed = certify(&f10(), &target, Arithmetic::F64, &Options::default())?;
    lab.measure(EXECUTED, executed.bound)?;
    refusals(lab, &target, &[published, tuned, executed])?;
    if lab.applies(EXHAUSTIVE)? {
        kernel(lab)?;
    }
    Ok(())
}

/// Statements that must be refused, and how many were; the true ones among them must be accepted.
fn refusals(lab: &mut Lab, target: &Target, certificates: &[Certificate]) -> Result<()> {
    let refused = |outcome: Result<Certificate>| matches!(outcome, Err(Error::Refused { .. }));
    let mut absolute = target.clone();
    absolute.weight = Weight::Absolute;
    let mut verdicts = vec![refused(prove(&f10(), target, Arithmetic::Real, 3.5e-15))];
    for (program, claim) in [(f2(), 4.13e-2), (f3(), 1.22e-3), (f5(), 6.33e-6)] {
        verdicts.push(refused(prove(&program, &absolute, Arithmetic::Real, claim)));
        verdicts.push(prove(&program, &absolute, Arithmetic::Real, claim * 1.01).is_ok());
    }
    // A pole inside the interval is refused, and the sentence says where.
    for pole in [0.375, 1.0 / 3.0] {
        let mut p = Program::builder();
        let x = p.input();
        let (one, c) = (p.constant(1.0), p.constant(pole));
        let d = p.op(Op::Sub, &[x, c]);
        let q = p.op(Op::Div, &[one, d]);
        let outcome = certify(&p.finish(q), target, Arithmetic::Real, &Options::default());
        verdicts.push(outcome.is_err_and(|e| e.to_string().contains("pole")));
    }
    for certificate in certificates {
        check::verify(certificate)?;
        let mut forged = Vec::new();
        for i in 0..certificate.program.constants.len() {
            // A constant moved so that the bound is false by far.
            let mut other = certificate.clone();
            other.program.constants[i].hi *= 1.0 + 1e-12;
            forged.push(other);
        }
        let mut shorter = certificate.clone();
        shorter.pieces.remove(shorter.pieces.len() / 2);
        forged.push(shorter);
        let mut bolder = certificate.clone();
        bolder.bound *= 0.99;
        forged.push(bolder);
        // Sealed anew, so that the checksum is right and only the mathematics can object.
        verdicts.extend(forged.into_iter().map(|other| check::verify(&other.sealed()).is_err()));
    }
    let share = verdicts.iter().filter(|&&good| good).count() as f64 / verdicts.len() as f64;
    lab.note(format!("{} false statements, poles and forged certificates were tried", verdicts.len()));
    lab.measure(REFUSED, share)
}

/// The known maximum over all inputs, found again.
fn kernel(lab: &mut Lab) -> Result<()> {
    let mut target = Target::named("exp2")?;
    target.interval = Interval::closed(2f64.powi(-27), 1.0);
    target.weight = Weight::Absolute;
    let kernel = Kernel::new(&exp2_degree_6_fused())?;
    let started = Instant::now();
    let found = exhaustive(&|x, out| kernel.run(x, out), &target, Scope::Interval)?;
    let seconds = started.elapsed().as_secs_f64();
    lab.note(format!("{} binary32 inputs were compared in {seconds:.1} s", found.compared));
    lab.measure(EXHAUSTIVE, (found.max * 2f64.powi(23) - 0.895619).abs())?;
    lab.measure(WORST, (f64::from(found.worst.to_bits()) - f64::from(0x3f72b3d5u32)).abs())
}
