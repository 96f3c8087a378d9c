//! Doubles rounded outwards: the arithmetic of radii, and bounds of multiprecision magnitudes.
//!
//! Every function takes and gives non-negative doubles and never underestimates (`_up`) or overestimates (`_down`);
//! underflow gives the least subnormal, overflow infinity.

use dashu_float::Repr;

/// The least positive double.
pub(super) const TINY: f64 = 5e-324;

pub(super) fn add_up(a: f64, b: f64) -> f64 {
    if a == 0.0 {
        b
    } else if b == 0.0 {
        a
    } else {
        (a + b).next_up()
    }
}

pub(super) fn mul_up(a: f64, b: f64) -> f64 {
    if a == 0.0 || b == 0.0 { 0.0 } else { (a * b).next_up() }
}

/// `a / b`, where `b` is a lower bound; infinite if `b` is 0.
pub(super) fn div_up(a: f64, b: f64) -> f64 {
    if a == 0.0 && b > 0.0 { 0.0 } else { (a / b).next_up() }
}

/// `a − b`, at least 0.
pub(super) fn sub_down(a: f64, b: f64) -> f64 {
    if b == 0.0 { a } else { (a - b).next_down().max(0.0) }
}

pub(super) fn sqrt_up(a: f64) -> f64 {
    if a == 0.0 { 0.0 } else { a.sqrt().next_up() }
}

/// `2^e`, zero or infinity beyond the normal range.
pub(super) fn pow2(e: i32) -> f64 {
    match e {
        ..-1022 => 0.0,
        1024.. => f64::INFINITY,
        _ => f64::from_bits(((e + 1023) as u64) << 52),
    }
}

/// The two leading words `top` of the significand with `|x| = (top + θ)·2^e`, `0 ≤ θ < 1`, and whether `θ = 0`.
fn leading(x: &Repr<2>) -> (u128, i64, bool) {
    let (_, words) = x.significand().as_sign_words();
    let bits = usize::BITS as usize;
    let n = words.len();
    let top = words.iter().rev().take(2).fold(0u128, |top, &word| top << bits | u128::from(word));
    (top, x.exponent() as i64 + (n.saturating_sub(2) * bits) as i64, n <= 2)
}

/// An upper bound of `|x|` within a relative `2^-51`.
pub(super) fn upper(x: &Repr<2>) -> f64 {
    let (top, e, exact) = leading(x);
    if top == 0 {
        return 0.0;
    }
    let mut value = top as f64;
    if !exact || value as u128 != top {
        value = value.next_up();
    }
    if e > 1100 {
        return f64::INFINITY;
    }
    if e < -1300 {
        return TINY;
    }
    // Two steps, the first of which is exact: the value is below 2^129.
    let half = (e / 2) as i32;
    let scaled = value * pow2(half) * pow2(e as i32 - half);
    if scaled < f64::MIN_POSITIVE { scaled.next_up() } else { scaled }
}

/// A lower bound of `|x|` within a relative `2^-51`.
pub(super) fn lower(x: &Repr<2>) -> f64 {
    let (top, e, _) = leading(x);
    if top == 0 || e < -1300 {
        return 0.0;
    }
    let mut value = top as f64;
    if value as u128 != top {
        value = value.next_down();
    }
    if e > 1100 {
        return f64::MAX;
    }
    let half = (e / 2) as i32;
    let scaled = value * pow2(half) * pow2(e as i32 - half);
    if scaled < f64::MIN_POSITIVE { scaled.next_down().max(0.0) } else { scaled.min(f64::MAX) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::{Big, Scalar};

    fn repr(x: f64) -> Repr<2> {
        Big::from_f64(x).float().unwrap().repr().clone()
    }

    #[test]
    fn bounds_enclose_and_are_exact_on_doubles() {
        for x in [1.0, -0.1, 1e300, 3e-308, 5e-324, 7e-310, f64::MAX, 0.0] {
            assert!(lower(&repr(x)) <= x.abs() && x.abs() <= upper(&repr(x)), "{x:e}");
            if x.abs() >= f64::MIN_POSITIVE {
                assert_eq!((lower(&repr(x)), upper(&repr(x))), (x.abs(), x.abs()));
            }
        }
        let third = Big::from_f64(1.0).div(&Big::from_f64(3.0));
        let third = third.float().unwrap().repr();
        assert!(lower(third) <= 1.0 / 3.0 && 1.0 / 3.0 < upper(third));
        assert!(upper(third) - lower(third) < 1e-15);
    }

    #[test]
    fn beyond_the_range_of_doubles() {
        let (huge, tiny) = (Repr::<2>::new(3.into(), 5000), Repr::<2>::new(3.into(), -5000));
        assert_eq!((lower(&huge), upper(&huge)), (f64::MAX, f64::INFINITY));
        assert_eq!((lower(&tiny), upper(&tiny)), (0.0, TINY));
    }
}
