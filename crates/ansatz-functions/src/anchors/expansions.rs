//! Textbook expansions: Taylor, Padé, Chebyshev. Their constants follow from the function alone, not from the error.

use super::forms::Quotient;
use super::linear::solve;
use super::polynomial;
use super::problem::Problem;
use crate::number::{Big, Scalar};
use ansatz_core::{Error, Result};

/// Nodes from which derivatives are taken, and so the number of coefficients that are found.
const NODES: usize = 28;

/// Highest degree for which [`taylor`] gives coefficients: those beyond lose too many digits.
pub(super) const MAX_TAYLOR: usize = 16;

/// The first `MAX_TAYLOR + 1` coefficients of `g` about `at`, an end or an inner point, constant first.
///
/// They are those of the interpolant at 28 Chebyshev points within an eighth of the interval, one-sided at an end. The
/// term of degree `k` is right to at least 1e-16 of the largest term at the far end of the interval.
///
/// # Errors
/// [`Error::Refused`] if two such radii disagree: `g` has a singularity at or near `at`.
pub(super) fn taylor(problem: &Problem, at: f64) -> Result<Vec<Big>> {
    let width = problem.hi - problem.lo;
    let wide = interpolated(problem, at, width * 0.125)?;
    let narrow = interpolated(problem, at, width * 0.09375)?;
    let reach = (at - problem.lo).max(problem.hi - at);
    let term = |k: usize, c: &Big| c.to_f64().abs() * reach.powi(k as i32);
    let largest = (0..=MAX_TAYLOR).map(|k| term(k, &wide[k])).fold(0.0, f64::max);
    // The highest coefficients are the least accurate and matter least.
    let off = (0..=MAX_TAYLOR.min(10)).any(|k| {
        let difference = term(k, &wide[k].sub(&narrow[k]));
        difference > 1e-15 * largest || !difference.is_finite()
    });
    if off {
        return Err(Error::refused(format!("the function has no Taylor series about u = {at} that converges nearby")));
    }
    Ok(wide[..=MAX_TAYLOR].to_vec())
}

/// The monomial coefficients about `at` of the interpolant within `radius`.
fn interpolated(problem: &Problem, at: f64, radius: f64) -> Result<Vec<Big>> {
    let side = |room: f64| if room < radius { 0.0 } else { 1.0 };
    let (lo, hi) = (-side(at - problem.lo), side(problem.hi - at));
    let mut rows = Vec::with_capacity(NODES);
    let mut values = Vec::with_capacity(NODES);
    for s in super::problem::chebyshev_zeros(lo, hi, NODES) {
        let sample = problem.sample(at + radius * s)?;
        // The point as it was rounded, not as it was meant.
        let s = sample.big.sub(&Big::from_f64(at)).div(&Big::from_f64(radius));
        let mut row = vec![Big::from_f64(1.0)];
        for j in 1..NODES {
            row.push(row[j - 1].mul(&s));
        }
        rows.push(row);
        values.push(sample.g);
    }
    let c = solve(rows, values).ok_or_else(|| Error::refused("the Taylor coefficients could not be found"))?;
    let mut power = Big::from_f64(1.0);
    Ok(c.iter()
        .map(|c| {
            let scaled = c.div(&power);
            power = power.mul(&Big::from_f64(radius));
            scaled
        })
        .collect())
}

/// The Taylor polynomial of degree `p`, or the Padé approximant of degrees `(p, q)` whose series agrees with that of `g`
/// up to degree `p + q`, from the coefficients about `at`.
///
/// # Errors
/// [`Error::Refused`] if there is no such approximant: a block of the Padé table.
pub(super) fn pade(problem: &Problem, series: &[Big], at: f64, p: usize, q: usize) -> Result<Quotient> {
    let none = || Error::refused(format!("there is no Padé approximant of degrees ({p}, {q})"));
    if p + q >= series.len() {
        return Err(Error::parameter("p + q", p + q, format!("at most {}", series.len() - 1)));
    }
    let zero = Big::from_f64(0.0);
    let coefficient = |i: usize, j: usize| if j > i { zero.clone() } else { series[i - j].clone() };
    // Σ_j q_j g_{i−j} = 0 for i = p+1 … p+q, with q_0 = 1. In t = (u − at)/width, so that coefficients are alike.
    let rows = (p + 1..=p + q).map(|i| (1..=q).map(|j| coefficient(i, j)).collect()).collect();
    let tail = solve(rows, (p + 1..=p + q).map(|i| series[i].neg()).collect()).ok_or_else(none)?;
    let mut denominator = vec![Big::from_f64(1.0)];
    denominator.extend(tail);
    let product = |i: usize| (0..=i.min(q)).fold(zero.clone(), |s, j| s.add(&denominator[j].mul(&coefficient(i, j))));
    let numerator: Vec<Big> = (0..=p).map(product).collect();
    let shifted = |c: &[Big]| polynomial::compose_affine(c, &Big::from_f64(at), &Big::from_f64(1.0));
    Ok(Quotient { structure: problem.structure, numerator: shifted(&numerator), denominator: shifted(&denominator) })
}

/// Terms that the discrete Chebyshev transform sees; those beyond fold back onto the first ones.
const TERMS: usize = 128;

/// The coefficients of the Chebyshev series of `g`, the first one halved, by interpolation at 128 nodes.
///
/// # Errors
/// Those of the function.
pub(super) fn chebyshev(problem: &Problem) -> Result<Vec<Big>> {
    // cos(π/2n) by halving the angle, then cos(kπ/2n) by the three-term recurrence: no error above n² 2^-190.
    let (one, two) = (Big::from_f64(1.0), Big::from_f64(2.0));
    let mut cosine = Big::from_f64(0.0);
    for _ in 0..TERMS.ilog2() {
        cosine = cosine.add(&one).div(&two).sqrt();
    }
    let mut table = vec![one, cosine.clone()];
    for k in 2..4 * TERMS {
        table.push(cosine.mul(&two).mul(&table[k - 1]).sub(&table[k - 2]));
    }
    let cos = |k: usize| &table[k % (4 * TERMS)];
    let [lo, hi] = [problem.lo, problem.hi].map(Big::from_f64);
    let (mid, half) = (lo.add(&hi).div(&two), hi.sub(&lo).div(&two));
    let mut values = Vec::with_capacity(TERMS);
    for j in 0..TERMS {
        values.push(problem.value(&mid.add(&half.mul(cos(2 * j + 1))))?);
    }
    Ok((0..TERMS / 2)
        .map(|k| {
            let sum =
                values.iter().enumerate().fold(Big::from_f64(0.0), |s, (j, v)| s.add(&v.mul(cos(k * (2 * j + 1)))));
            sum.div(&Big::from_f64(TERMS as f64 * if k == 0 { 1.0 } else { 0.5 }))
        })
        .collect())
}

/// The Chebyshev series cut after degree `d`, as a polynomial in `u`.
pub(super) fn truncated(problem: &Problem, series: &[Big], d: usize) -> Quotient {
    let zero = Big::from_f64(0.0);
    let add = |sum: &mut Vec<Big>, c: &Big, t: &[Big]| {
        for (s, t) in sum.iter_mut().zip(t) {
            *s = s.add(&c.mul(t));
        }
    };
    let mut sum = vec![zero.clone(); d + 1];
    // T_{k+1} = 2 t T_k − T_{k−1}
    let (mut old, mut t) = (vec![zero.clone()], vec![Big::from_f64(1.0)]);
    for (k, c) in series.iter().take(d + 1).enumerate() {
        add(&mut sum, c, &t);
        let factor = Big::from_f64(if k == 0 { 1.0 } else { 2.0 });
        let mut next = vec![zero.clone()];
        next.extend(t.iter().map(|v| v.mul(&factor)));
        for (n, o) in next.iter_mut().zip(&old) {
            *n = n.sub(o);
        }
        old = std::mem::replace(&mut t, next);
    }
    let [lo, hi, half] = [problem.lo, problem.hi, 0.5].map(Big::from_f64);
    let (mid, half) = (lo.add(&hi).mul(&half), hi.sub(&lo).mul(&half));
    Quotient {
        structure: problem.structure,
        numerator: polynomial::compose_affine(&sum, &mid, &half),
        denominator: vec![Big::from_f64(1.0)],
    }
}
