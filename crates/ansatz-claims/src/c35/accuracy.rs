//! Errors against values of proved digits, and how they fall with the number of terms.

use super::worse;
use crate::lab::Lab;
use ansatz_core::{Error, Frontier, Result};
use ansatz_functions::number::Dd;
use ansatz_functions::special::LogBessel;
use ansatz_functions::special::log_bessel::{Branch, Kind, Mode, Reference, references};

pub(super) const LARGEST: &str = "largest error / max(1, |log|), I and K";
pub(super) const MEDIAN: &str = "median error / max(1, |log|), the worse of I and K";
pub(super) const BEYOND: &str = "largest absolute error beyond 4 ulps of max(|log|, v, x)";
pub(super) const PAPER: &str = "published branches: largest error / max(1, |log|)";

/// The distance to a value of 32 digits.
fn error(own: f64, exact: Dd) -> f64 {
    ((own - exact.hi) - exact.lo).abs()
}

pub(super) fn run(lab: &mut Lab) -> Result<()> {
    let references = references();
    let (v, x): (Vec<f64>, Vec<f64>) = references.iter().map(|r| (r.v, r.x)).unzip();
    let (mut largest, mut median, mut beyond, mut absolute) = (0.0, 0.0, 0.0, 0.0);
    for mode in [Mode::Strict, Mode::Paper] {
        let mut published = 0.0;
        for function in [LogBessel::i(), LogBessel::k()] {
            let mut values = vec![0.0; v.len()];
            function.mode(mode).fill(&v, &x, &mut values)?;
            let exact = |r: &Reference| if function.kind == Kind::I { r.log_i } else { r.log_k };
            let mut errors = Vec::new();
            for (own, r) in values.iter().zip(&references) {
                let (distance, size) = (error(*own, exact(r)), exact(r).hi.abs());
                errors.push(distance / size.max(1.0));
                match mode {
                    Mode::Strict => beyond = worse(beyond, distance - 4.0 * f64::EPSILON * size.max(r.v).max(r.x)),
                    Mode::Paper => absolute = worse(absolute, distance - 4.0 * f64::EPSILON * size.max(r.v).max(r.x)),
                }
            }
            errors.sort_by(f64::total_cmp);
            let worst = errors.iter().copied().fold(0.0, worse);
            if mode == Mode::Paper {
                published = worse(published, worst);
                continue;
            }
            largest = worse(largest, worst);
            median = worse(median, errors[errors.len() / 2]);
        }
        if mode == Mode::Paper {
            lab.measure(PAPER, published)?;
        }
    }
    lab.measure(LARGEST, largest)?;
    lab.measure(MEDIAN, median)?;
    lab.measure(BEYOND, beyond)?;
    lab.note(format!(
        "{} points; with the published branches the absolute error exceeds 4 ulps of max(|log|, v, x) by up to {absolute:.1e}",
        references.len()
    ));
    for (v, x, branches) in [
        (10.0, 30.0, &[Branch::Debye, Branch::Hankel, Branch::Series][..]),
        (139.0, 3533.0, &[Branch::Debye, Branch::Hankel]),
        (1023.0, 500.0, &[Branch::Debye]),
    ] {
        picture(lab, &references, v, x, branches)?;
    }
    Ok(())
}

/// Error against the number of terms at one point, at which a reference is stored.
fn picture(lab: &mut Lab, references: &[Reference], v: f64, x: f64, branches: &[Branch]) -> Result<()> {
    let reference = references.iter().find(|r| r.v == v && r.x == x);
    let reference = reference.ok_or_else(|| Error::refused(format!("there is no reference at v = {v}, x = {x}")))?;
    let title = format!("log I at v = {v}, x = {x}");
    let mut frontier = Frontier::new(title, "terms", "absolute error of the logarithm");
    // What rounding the exact value costs at most.
    frontier.floor = Some(0.5 * f64::EPSILON * reference.log_i.hi.abs());
    for branch in branches {
        let value = |last| branch.partial(Kind::I, v, x, last).map(|own| (last as f64, error(own, reference.log_i)));
        let points = (0..=42).map_while(value);
        let name = format!("{branch:?}");
        if *branch == Branch::Debye { frontier.ours(&name, points)? } else { frontier.rival(&name, points)? }
    }
    lab.frontier(frontier);
    Ok(())
}
