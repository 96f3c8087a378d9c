//! The points at which an emitted test compares the function with the truth.

use super::{Bound, Origin, format_text};
use crate::number::{Big, Scalar};
use crate::program::Program;
use crate::target::{Format, Target, Weight};
use ansatz_core::{Error, Result};

/// One row of a test's table. All numbers are doubles; those of a `binary32` program are exact in both formats.
pub(super) struct Reference {
    pub(super) x: f64,
    /// What the program returns, to the bit.
    pub(super) y: f64,
    /// The function's value is `hi + lo` to about 106 bits.
    pub(super) hi: f64,
    pub(super) lo: f64,
    /// How far the program may be from it.
    pub(super) tolerance: f64,
}

/// Points in a table.
const POINTS: u32 = 33;

/// The program's and the function's values at points of the interval that lie denser towards its ends.
pub(super) fn references(program: &Program, format: Format, target: &Target, bound: &Bound) -> Result<Vec<Reference>> {
    let interval = &target.interval;
    let mut table: Vec<Reference> = Vec::new();
    for i in 0..POINTS {
        let share = 0.5 - 0.5 * (std::f64::consts::PI * f64::from(i) / f64::from(POINTS - 1)).cos();
        let x = interval.lo * (1.0 - share) + interval.hi * share;
        let x = if format == Format::F32 { f64::from(x as f32) } else { x };
        let repeated = table.last().is_some_and(|last| last.x == x);
        if interval.contains(x) && x.abs() >= bound.from && !repeated {
            table.extend(reference(program, format, target, bound, x)?);
        }
    }
    if table.is_empty() {
        return Err(Error::refused(format!("{} has no point of {} to test at", target.name, format_text(format))));
    }
    Ok(table)
}

/// The row at `x`; none where the program in real arithmetic has no value that rounding could be measured from.
fn reference(program: &Program, format: Format, target: &Target, bound: &Bound, x: f64) -> Result<Option<Reference>> {
    let y = match format {
        Format::F32 => f64::from(program.eval(&(x as f32))),
        Format::F64 => program.eval(&x),
    };
    if !y.is_finite() {
        let quantity = format!("the program as executed in {}", format_text(format));
        return Err(Error::NotFinite { quantity, place: format!("x = {x:?}") });
    }
    let exact_x = Big::from_f64(x);
    let f = target.value(&exact_x)?;
    let scale = match target.weight {
        Weight::Relative => f.to_f64().abs(),
        Weight::Absolute => 1.0,
        Weight::Ulp(format) => ulp(f.to_f64(), format),
    };
    let rounding = if bound.origin == Origin::Real {
        let real = program.eval(&exact_x);
        if !real.is_finite() {
            return Ok(None);
        }
        Big::from_f64(y).sub(&real).abs().to_f64()
    } else {
        0.0
    };
    // The slack covers the roundings of this sum and of the test's own difference.
    let tolerance = (bound.upper * scale + rounding) * (1.0 + 2f64.powi(-48)) + f64::MIN_POSITIVE;
    let error = Big::from_f64(y).sub(&f).abs().to_f64();
    if error > tolerance {
        return Err(Error::refused(format!(
            "at x = {x:?} the program as executed in {} differs from {} by {error:.3e}, more than the bound's {tolerance:.3e}",
            format_text(format),
            target.name,
        )));
    }
    let value = f.to_dd();
    Ok(Some(Reference { x, y, hi: value.hi, lo: value.lo, tolerance }))
}

/// The unit in the last place of the format in the binade of `value`.
fn ulp(value: f64, format: Format) -> f64 {
    let (digits, least) = match format {
        Format::F32 => (23, -126),
        Format::F64 => (52, -1022),
    };
    // The exponent field: subnormal doubles count as the least binade.
    let exponent = (value.to_bits() >> 52 & 0x7ff) as i32 - 1023;
    2f64.powi(exponent.max(least) - digits)
}
