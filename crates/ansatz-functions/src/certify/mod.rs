//! Proofs: rigorous bounds for the distance between a program and a function, never sampled ones.
//!
//! * [`certify`] bounds the error over the reals, or of the program as executed in `f64` or `f32`.
//! * [`prove`] proves or refuses a claim.
//! * [`sampled`] measures at many points what a proof must bound.
//! * [`Certificate`] is the proof as a file, and [`check::check`] proves it again with an unrelated arithmetic.

pub mod check;
mod computed;
mod executed;
pub mod exhaustive;
mod file;
mod fraction;
mod interval;
mod real;
mod rounding;
mod sampled;
#[cfg(test)]
mod tests;

pub use file::{Certificate, FORMAT, Piece, Span, VERSION};
pub use sampled::sampled;

use crate::program::Program;
use crate::target::{Format, Target};
use ansatz_core::{Error, Result};
use real::{Comparison, Cover};
use serde::{Deserialize, Serialize};

/// In which numbers a program runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Arithmetic {
    /// Exact real arithmetic, with constants as they are.
    Real,
    /// IEEE binary64, round to nearest, every operation rounded once.
    F64,
    /// IEEE binary32, round to nearest, every operation rounded once.
    F32,
}

/// How much effort goes into a bound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// Taylor terms on each piece.
    pub order: usize,
    /// The bound is refined until it is at most this many times an error that is known to occur.
    pub slack: f64,
    /// Pieces before the refinement stops; the bound then is what is proved by then.
    pub pieces: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { order: 14, slack: 1.003, pieces: 20_000 }
    }
}

/// What is added to each bound, so that a checker with another arithmetic and other subdivisions can prove it too.
const MARGIN: f64 = 1.0 + 1.0 / 1024.0;

/// Proves a bound for the error of `program` as an approximation of `target`.
///
/// As executed, the constants are rounded to the format first, and the rounding of every operation is added to the
/// bound over the reals. Costs some hundred expansions of order 14, about a millisecond each.
///
/// # Errors
/// [`Error::Parameter`] for options out of range; what [`Target::validate`] refuses; [`Error::Refused`] if no bound can
/// be proved: with the enclosure of the pole if the program has one, or if the target is not a closed form.
pub fn certify(program: &Program, target: &Target, arithmetic: Arithmetic, options: &Options) -> Result<Certificate> {
    if !(4..=60).contains(&options.order) {
        return Err(Error::parameter("order", options.order, "from 4 to 60"));
    }
    if !(options.slack > 1.0 && options.slack.is_finite()) {
        return Err(Error::parameter("slack", options.slack, "greater than 1 and finite"));
    }
    target.validate()?;
    let function = target.expression().map(ToString::to_string).ok_or_else(|| {
        Error::refused(format!("{} is given by a callback, of which only samples are known", target.name))
    })?;
    file::well_formed(program).map_err(|reason| Error::refused(format!("the program cannot be run: {reason}")))?;
    if let Some(c) = program.constants.iter().find(|c| !(c.hi.is_finite() && c.lo.is_finite())) {
        return Err(Error::parameter("constant", c.hi, "finite"));
    }
    let format = match arithmetic {
        Arithmetic::Real => None,
        Arithmetic::F64 => Some(Format::F64),
        Arithmetic::F32 => Some(Format::F32),
    };
    let program = format.map_or_else(|| program.clone(), |f| executed::in_format(program, f));
    let comparison = Comparison { program: &program, target, order: options.order };
    let cover = comparison.cover(options.slack, options.pieces)?;
    let pieces = pieces(&cover);
    let (mut pieces, lower, worst, from, analysed) = match format {
        None => (pieces, cover.lower, cover.worst, 0.0, 0.0),
        Some(format) => {
            let done = executed::executed(&comparison, &cover, pieces, format, options.slack)?;
            (done.pieces, done.lower, done.worst, done.from, done.analysed_from)
        }
    };
    for piece in &mut pieces {
        piece.rounding *= MARGIN;
    }
    let bound = pieces.iter().map(|p| (p.bound + p.rounding).next_up()).fold(0.0, f64::max);
    let certificate = Certificate {
        format: FORMAT.to_owned(),
        version: VERSION,
        statement: String::new(),
        function,
        interval: target.interval.into(),
        weight: target.weight,
        arithmetic,
        program,
        bound,
        lower,
        worst,
        executed_from: from,
        analysed_from: analysed,
        pieces,
        checksum: String::new(),
    };
    Ok(certificate.sealed())
}

fn pieces(cover: &Cover) -> Vec<Piece> {
    let piece = |p: &real::Bounded| Piece { lo: p.lo, hi: p.hi, bound: p.bound * MARGIN, rounding: 0.0 };
    cover.pieces.iter().map(piece).collect()
}

/// Proves that the error is at most `claim`.
///
/// # Errors
/// [`Error::Refused`] if an error above the claim occurs at some point (which is named), or if no bound as small could
/// be proved; and what [`certify`] refuses.
pub fn prove(program: &Program, target: &Target, arithmetic: Arithmetic, claim: f64) -> Result<Certificate> {
    if !(claim >= 0.0 && claim.is_finite()) {
        return Err(Error::parameter("claim", claim, "finite and not negative"));
    }
    let mut certificate = certify(program, target, arithmetic, &Options::default())?;
    if certificate.lower <= claim && claim < certificate.bound {
        certificate = certify(program, target, arithmetic, &Options { slack: 1.0002, ..Options::default() })?;
    }
    let Certificate { bound, lower, worst, .. } = certificate;
    if lower > claim {
        return Err(Error::refused(format!(
            "the error is not at most {claim:e}: at x = {worst:e} it is at least {lower:.4e}"
        )));
    }
    if bound > claim {
        return Err(Error::refused(format!(
            "the error is proved to be at most {bound:.4e}, but not at most {claim:e}"
        )));
    }
    Ok(certificate)
}
