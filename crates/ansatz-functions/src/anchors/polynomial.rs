//! Polynomials in multiprecision: value, change of variable, quotient, complex roots. Coefficients: constant first.

use crate::number::{Big, Scalar};

/// The value by Horner's rule; zero for no coefficients.
pub(super) fn eval(c: &[Big], x: &Big) -> Big {
    c.iter().rev().fold(Big::from_f64(0.0), |sum, c| sum.mul(x).add(c))
}

/// The polynomial in `u` that is `c` in `t = (u − mid)/half`.
pub(super) fn compose_affine(c: &[Big], mid: &Big, half: &Big) -> Vec<Big> {
    let slope = Big::from_f64(1.0).div(half);
    let offset = mid.neg().mul(&slope);
    let mut sum: Vec<Big> = Vec::with_capacity(c.len());
    for coefficient in c.iter().rev() {
        // sum ← sum·(slope·u + offset) + coefficient
        let mut next = vec![Big::from_f64(0.0); sum.len() + 1];
        for (i, s) in sum.iter().enumerate() {
            next[i] = next[i].add(&s.mul(&offset));
            next[i + 1] = s.mul(&slope);
        }
        next[0] = next[0].add(coefficient);
        sum = next;
    }
    sum.truncate(c.len());
    sum
}

/// A complex number.
#[derive(Clone, Debug)]
pub(super) struct Complex {
    pub(super) re: Big,
    pub(super) im: Big,
}

impl Complex {
    fn new(re: f64, im: f64) -> Self {
        Self { re: Big::from_f64(re), im: Big::from_f64(im) }
    }
    fn add(&self, z: &Self) -> Self {
        Self { re: self.re.add(&z.re), im: self.im.add(&z.im) }
    }
    fn sub(&self, z: &Self) -> Self {
        Self { re: self.re.sub(&z.re), im: self.im.sub(&z.im) }
    }
    fn mul(&self, z: &Self) -> Self {
        Self { re: self.re.mul(&z.re).sub(&self.im.mul(&z.im)), im: self.re.mul(&z.im).add(&self.im.mul(&z.re)) }
    }
    fn div(&self, z: &Self) -> Self {
        let norm = z.re.mul(&z.re).add(&z.im.mul(&z.im));
        let product = self.mul(&Self { re: z.re.clone(), im: z.im.neg() });
        Self { re: product.re.div(&norm), im: product.im.div(&norm) }
    }
    fn size(&self) -> f64 {
        self.re.to_f64().hypot(self.im.to_f64())
    }
}

/// All complex roots of a polynomial, with multiplicity, by the simultaneous iteration of Ehrlich 1967 and Aberth 1973.
/// Simple roots are right to about 50 digits. `None` if the leading coefficient is zero or the iteration stalls.
pub(super) fn roots(c: &[Big]) -> Option<Vec<Complex>> {
    let n = c.len().checked_sub(1)?;
    let leading = c[n].to_f64();
    if leading == 0.0 || !leading.is_finite() {
        return None;
    }
    let monic: Vec<Big> = c.iter().map(|v| v.div(&c[n])).collect();
    // Fujiwara's bound encloses the roots; the start is a circle of that size, turned off the axes.
    let radius =
        2.0 * (0..n).map(|i| monic[i].to_f64().abs().powf(1.0 / (n - i) as f64)).fold(f64::MIN_POSITIVE, f64::max);
    let start = |k: usize| {
        let (sin, cos) = (std::f64::consts::TAU * k as f64 / n as f64 + 0.4).sin_cos();
        Complex::new(radius * cos, radius * sin)
    };
    let mut z: Vec<Complex> = (0..n).map(start).collect();
    let one = Complex::new(1.0, 0.0);
    for _ in 0..200 {
        let mut largest = 0f64;
        for k in 0..n {
            let (mut p, mut d) = (one.clone(), Complex::new(0.0, 0.0));
            for a in monic[..n].iter().rev() {
                d = d.mul(&z[k]).add(&p);
                p = p.mul(&z[k]);
                p.re = p.re.add(a);
            }
            if p.size() == 0.0 {
                continue;
            }
            let others =
                (0..n).filter(|&j| j != k).fold(Complex::new(0.0, 0.0), |sum, j| sum.add(&one.div(&z[k].sub(&z[j]))));
            let step = one.div(&d.div(&p).sub(&others));
            if !(step.re.is_finite() && step.im.is_finite()) {
                return None;
            }
            z[k] = z[k].sub(&step);
            largest = largest.max(step.size() / z[k].size().max(radius * 1e-20));
        }
        if largest < 1e-45 {
            return Some(z);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn big(c: &[f64]) -> Vec<Big> {
        c.iter().map(|&c| Big::from_f64(c)).collect()
    }

    #[test]
    fn roots_of_a_known_polynomial() {
        // (x − 1)(x + 2)(x² + 1)(x − 7) = x⁵ − 6x⁴ − 8x³ + 8x² − 9x + 14
        let c = big(&[14.0, -9.0, 8.0, -8.0, -6.0, 1.0]);
        let mut found: Vec<(f64, f64)> =
            roots(&c).unwrap().iter().map(|z| (z.re.to_f64().round(), z.im.to_f64().round())).collect();
        found.sort_by(|a, b| a.partial_cmp(b).unwrap());
        assert_eq!(found, [(-2.0, 0.0), (0.0, -1.0), (0.0, 1.0), (1.0, 0.0), (7.0, 0.0)]);
        for z in roots(&c).unwrap() {
            let (re, im) = (z.re.to_f64().round(), z.im.to_f64().round());
            assert!(z.sub(&Complex::new(re, im)).size() < 1e-50);
        }
        assert!(roots(&big(&[1.0, 0.0])).is_none());
    }

    #[test]
    fn a_change_of_variable_keeps_the_value() {
        let c = big(&[1.0, -2.0, 0.5, 3.0]);
        let (mid, half) = (Big::from_f64(3.0), Big::from_f64(0.25));
        let moved = compose_affine(&c, &mid, &half);
        let u = Big::from_f64(2.9);
        let t = u.sub(&mid).div(&half);
        assert!(eval(&moved, &u).sub(&eval(&c, &t)).to_f64().abs() < 1e-50);
    }
}
