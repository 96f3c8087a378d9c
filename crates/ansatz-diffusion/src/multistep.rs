//! Linear multistep methods with momentum, as recurrences, and where they are stable.
//!
//! For `du/ds = f` with equal steps `δ`
//!
//! ```text
//! w_n = κ w_{n−1} + Σ_i c_i f_{n−i},   u_{n+1} = u_n + δ w_n
//! ```
//!
//! | method | `κ` | `c` |
//! |---|---|---|
//! | Adams–Bashforth of order `r` | 0 | `b`: `Σ b_i f_{n−i} = Σ_{j<r} γ_j ∇^j f_n`, `γ = 1, 1/2, 5/12, 3/8, 251/720` |
//! | with heavy-ball momentum `β` | `1 − β` | `β b_i` |
//! | with Nesterov momentum `β` | `1 − β` | `β (2 − β) b_i − β (1 − β) b_{i−1}` |
//! | GHVB of order `r`, `β` | `1 − β` | `Σ c_i f_{n−i} = Σ_{j<r} (β γ_j + (1 − β) γ_{j−1}) ∇^j f_n` |
//!
//! Momentum of the first two kinds leaves order 1; GHVB keeps order `r`, and lies between the methods of Adams and Bashforth of
//! orders `r − 1` (`β → 0`) and `r` (`β = 1`).
//!
//! On `u' = ζ u` with `z = δ ζ` the method is stable where all roots of `A(E) − z B(E)`, `A = (1 − E)(1 − κ E)`,
//! `B = Σ c_i E^{i+1}`, lie outside the unit disc. The boundary is part of the locus `z(θ) = A(e^{−iθ})/B(e^{−iθ})`; which part,
//! is decided by the criterion of Schur and Cohn on either side.
//!
//! Source: Wizadwongsa et al. 2024, arXiv:2307.11118; Hairer and Wanner 1996, section V.1, for loci.

use ansatz_core::{Error, Result};
use faer::c64;
use std::f64::consts::PI;
use std::str::FromStr;

/// `γ_j` of Adams and Bashforth.
const GAMMA: [f64; 5] = [1.0, 1.0 / 2.0, 5.0 / 12.0, 3.0 / 8.0, 251.0 / 720.0];

/// The largest order.
pub(crate) const MOST: usize = GAMMA.len();

/// The weights of `f_n, f_{n−1}, …` in `Σ_j d_j ∇^j f_n`.
fn weights(differences: &[f64]) -> Vec<f64> {
    let mut weights = vec![0.0; differences.len()];
    for (j, d) in differences.iter().enumerate() {
        // ∇^j = Σ_i (−1)^i (j over i) E^i
        let mut binomial = 1.0;
        for (i, weight) in weights[..=j].iter_mut().enumerate() {
            *weight += d * binomial;
            binomial *= -((j - i) as f64) / (i + 1) as f64;
        }
    }
    weights
}

/// A linear multistep method with momentum.
///
/// ```
/// use ansatz_diffusion::Multistep;
/// // Less momentum number, more stability: GHVB of number 1.8 is order 2 with β = 0.8.
/// let (plain, ghvb) = (Multistep::adams_bashforth(2)?, Multistep::ghvb(1.8)?);
/// assert!((plain.real_limit() - 1.0).abs() < 1e-9 && (ghvb.real_limit() - 1.2).abs() < 1e-9);
/// assert!(ghvb.area() > plain.area());
/// # Ok::<(), ansatz_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Multistep {
    keep: f64,
    weights: Vec<f64>,
}

impl Multistep {
    /// Adams–Bashforth of order 1 to 5.
    ///
    /// # Errors
    /// [`Error::Parameter`] for another order.
    pub fn adams_bashforth(order: usize) -> Result<Self> {
        if (1..=MOST).contains(&order) {
            Ok(Self { keep: 0.0, weights: weights(&GAMMA[..order]) })
        } else {
            Err(Error::parameter("the order of Adams–Bashforth", order, format!("1 to {MOST}")))
        }
    }

    /// This method with heavy-ball momentum `β`; 1 leaves it as it is.
    ///
    /// # Errors
    /// [`Error::Parameter`] if `β` is not in (0, 1], or the method has momentum already.
    pub fn heavy_ball(self, beta: f64) -> Result<Self> {
        let base = self.momentum_free(beta)?;
        Ok(Self { keep: 1.0 - beta, weights: base.iter().map(|b| beta * b).collect() })
    }

    /// This method with Nesterov momentum `β`; 1 leaves it as it is.
    ///
    /// # Errors
    /// See [`Multistep::heavy_ball`].
    pub fn nesterov(self, beta: f64) -> Result<Self> {
        let base = self.momentum_free(beta)?;
        let mut weights: Vec<f64> = base.iter().map(|b| beta * (2.0 - beta) * b).collect();
        if beta < 1.0 {
            weights.push(0.0);
            for (weight, b) in weights[1..].iter_mut().zip(&base) {
                *weight -= beta * (1.0 - beta) * b;
            }
        }
        Ok(Self { keep: 1.0 - beta, weights })
    }

    fn momentum_free(self, beta: f64) -> Result<Vec<f64>> {
        valid_beta(beta)?;
        if self.keep == 0.0 {
            Ok(self.weights)
        } else {
            Err(Error::parameter("the base method", "one with momentum", "one without"))
        }
    }

    /// GHVB of a momentum number in (0, 5]: order `r = ⌈number⌉`, `β = number − r + 1`. Whole numbers are Adams–Bashforth.
    ///
    /// # Errors
    /// [`Error::Parameter`] for another number.
    pub fn ghvb(number: f64) -> Result<Self> {
        let (order, beta) = order_and_beta(number)?;
        Ok(Self::ghvb_of(order, beta))
    }

    /// GHVB of a valid order and `β`.
    pub(crate) fn ghvb_of(order: usize, beta: f64) -> Self {
        let before = |j: usize| if j == 0 { 0.0 } else { GAMMA[j - 1] };
        let differences: Vec<f64> = (0..order).map(|j| beta * GAMMA[j] + (1.0 - beta) * before(j)).collect();
        Self { keep: 1.0 - beta, weights: weights(&differences) }
    }

    /// `κ`: the part of the last step's velocity that is kept.
    pub fn keep(&self) -> f64 {
        self.keep
    }

    /// `c_i`: the weights of `f_n, f_{n−1}, …`.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// By how much the method misses `s^p`, `p` from 1, with steps of length 1: all of these vanish up to its order.
    pub fn defect(&self, p: i32) -> f64 {
        // w_n = u_{n+1} − u_n and w_{n−1} = u_n − u_{n−1}, node n at s = 0; f = p s^(p−1), of which 0⁰ = 1.
        let before = 0f64.powi(p) - (-1f64).powi(p);
        let slope = |i: usize| f64::from(p) * (-(i as f64)).powi(p - 1);
        let slopes: f64 = self.weights.iter().enumerate().map(|(i, c)| c * slope(i)).sum();
        1.0 - self.keep * before - slopes
    }

    /// `z(θ)`: where a root lies on the unit circle, at `e^{−iθ}`.
    pub fn locus(&self, theta: f64) -> (f64, f64) {
        let z = self.boundary(theta);
        (z.re, z.im)
    }

    fn boundary(&self, theta: f64) -> c64 {
        let e = c64::new(0.0, -theta).exp();
        let one = c64::new(1.0, 0.0);
        let b = self.weights.iter().rev().fold(c64::new(0.0, 0.0), |sum, &c| (sum + c) * e);
        (one - e) * (one - e * self.keep) / b
    }

    /// Whether `z = x + iy` lies inside the region of stability: all solutions of the recurrence decay.
    pub fn stable(&self, x: f64, y: f64) -> bool {
        let z = c64::new(x, y);
        let a = [1.0, -1.0 - self.keep, self.keep];
        let degree = self.weights.len().max(2);
        // Coefficients of E^j, that is of ζ^{degree − j} for ζ = 1/E: all |ζ| < 1 is wanted.
        let mut p: Vec<c64> = (0..=degree)
            .map(|j| {
                let (a, c) = (a.get(j), if j == 0 { None } else { self.weights.get(j - 1) });
                c64::new(a.copied().unwrap_or(0.0), 0.0) - z * c.copied().unwrap_or(0.0)
            })
            .collect();
        // Schur and Cohn: |p_0| > |p_k|, and the same for the reduced polynomial of one degree less.
        while p.len() > 1 {
            let (first, last) = (p[0], p[p.len() - 1]);
            // A value that is not a number is not stable.
            let decays = first.norm() > last.norm();
            if !decays {
                return false;
            }
            let reduced = (0..p.len() - 1).map(|j| first.conj() * p[j] - last * p[p.len() - 1 - j].conj());
            let reduced: Vec<c64> = reduced.collect();
            // Scaled, as moduli are squared each time.
            let scale = 1.0 / reduced[0].norm();
            p = reduced.into_iter().map(|c| c * scale).collect();
        }
        true
    }

    /// `z*`: the method is stable for all real `z` in `(−z*, 0)` and not just beyond. 0 if nowhere near 0.
    pub fn real_limit(&self) -> f64 {
        let n = 4096;
        let at = |i: usize| PI * i as f64 / n as f64;
        // The locus meets the real axis at θ = π and where its imaginary part changes its sign.
        let mut meets = vec![-self.boundary(PI).re];
        for i in 1..n - 1 {
            let (mut low, mut high) = (at(i), at(i + 1));
            let sign = self.boundary(low).im > 0.0;
            if sign != (self.boundary(high).im > 0.0) {
                for _ in 0..60 {
                    let middle = f64::midpoint(low, high);
                    if (self.boundary(middle).im > 0.0) == sign { low = middle } else { high = middle }
                }
                meets.push(-self.boundary(low).re);
            }
        }
        meets.retain(|x| *x > 0.0);
        meets.sort_by(f64::total_cmp);
        let mut before = 0.0;
        for x in meets {
            if !self.stable(-f64::midpoint(before, x), 0.0) {
                return before;
            }
            before = x;
        }
        before
    }

    /// The boundary of the region of stability: the pieces of the locus that have it on exactly one side, `n` points to the
    /// circle of `θ`. Each piece is a list of points `(x, y)` that goes around the region with it on the left.
    pub fn outline(&self, n: usize) -> Vec<Vec<(f64, f64)>> {
        let at = |i: usize| 2.0 * PI * i as f64 / n as f64;
        let mut pieces: Vec<(bool, Vec<(f64, f64)>)> = Vec::new();
        let mut open = false;
        for i in 0..n {
            let (from, middle, to) =
                (self.boundary(at(i)), self.boundary(f64::midpoint(at(i), at(i + 1))), self.boundary(at(i + 1)));
            let aside = (to - from) * c64::new(0.0, 1e-3);
            let (left, right) = (middle + aside, middle - aside);
            let (left, right) = (self.stable(left.re, left.im), self.stable(right.re, right.im));
            if left == right {
                open = false;
                continue;
            }
            match pieces.last_mut() {
                Some((side, piece)) if open && *side == left => piece.push((to.re, to.im)),
                _ => pieces.push((left, vec![(from.re, from.im), (to.re, to.im)])),
            }
            open = true;
        }
        let turned = |(left, mut piece): (bool, Vec<(f64, f64)>)| {
            if !left {
                piece.reverse();
            }
            piece
        };
        pieces.into_iter().map(turned).collect()
    }

    /// The area of the region of stability, by Green's theorem along its outline.
    pub fn area(&self) -> f64 {
        let pieces = self.outline(8192);
        let piece = |p: &Vec<(f64, f64)>| p.windows(2).map(|w| w[0].0 * w[1].1 - w[1].0 * w[0].1).sum::<f64>();
        0.5 * pieces.iter().map(piece).sum::<f64>()
    }
}

/// The names that are read, with numbers of the reader's choice.
const NAMES: [&str; 4] = ["plms-4", "ghvb:3.8", "plms-4+hb:0.8", "plms-4+nt:0.8"];

impl FromStr for Multistep {
    type Err = Error;

    /// `plms-ORDER`, `ghvb:NUMBER`, and `plms-ORDER+hb:BETA`, `plms-ORDER+nt:BETA`: as the solvers are named.
    fn from_str(name: &str) -> Result<Self> {
        let number = |text: &str| {
            text.parse::<f64>()
                .map_err(|_| Error::parameter(format!("the number in {name:?}"), text, "a decimal number"))
        };
        if let Some((base, beta)) = name.rsplit_once("+hb:") {
            return Self::from_str(base)?.heavy_ball(number(beta)?);
        }
        if let Some((base, beta)) = name.rsplit_once("+nt:") {
            return Self::from_str(base)?.nesterov(number(beta)?);
        }
        if let Some(text) = name.strip_prefix("ghvb:") {
            return Self::ghvb(number(text)?);
        }
        match name.strip_prefix("plms-").and_then(|order| order.parse().ok()) {
            Some(order) => Self::adams_bashforth(order),
            None => Err(Error::unknown("multistep method", name, NAMES)),
        }
    }
}

/// Refuses a `β` outside (0, 1].
pub(crate) fn valid_beta(beta: f64) -> Result<()> {
    if beta > 0.0 && beta <= 1.0 { Ok(()) } else { Err(Error::parameter("beta", beta, "greater than 0, at most 1")) }
}

/// `(r, β)` of a momentum number.
pub(crate) fn order_and_beta(number: f64) -> Result<(usize, f64)> {
    if number > 0.0 && number <= MOST as f64 {
        let order = number.ceil();
        Ok((order as usize, number - order + 1.0))
    } else {
        Err(Error::parameter("the momentum number", number, format!("greater than 0, at most {MOST}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BETAS: [f64; 6] = [1.0, 0.9, 0.8, 0.6, 0.4, 0.2];

    #[test]
    fn weights_are_those_of_the_literature() {
        let known: [&[f64]; 5] = [
            &[1.0],
            &[1.5, -0.5],
            &[23.0 / 12.0, -16.0 / 12.0, 5.0 / 12.0],
            &[55.0 / 24.0, -59.0 / 24.0, 37.0 / 24.0, -9.0 / 24.0],
            &[1901.0 / 720.0, -2774.0 / 720.0, 2616.0 / 720.0, -1274.0 / 720.0, 251.0 / 720.0],
        ];
        let near = |a: &[f64], b: &[f64]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-13);
        for (i, known) in known.iter().enumerate() {
            assert!(near(&weights(&GAMMA[..=i]), known), "{i}");
        }
        for b in BETAS {
            let known: [Vec<f64>; 5] = [
                vec![b],
                [2.0 + b, -(2.0 - b)].map(|c| c / 2.0).to_vec(),
                [18.0 + 5.0 * b, -(24.0 - 8.0 * b), 6.0 - b].map(|c| c / 12.0).to_vec(),
                [46.0 + 9.0 * b, -(78.0 - 19.0 * b), 42.0 - 5.0 * b, -(10.0 - b)].map(|c| c / 24.0).to_vec(),
                [
                    1650.0 + 251.0 * b,
                    -(3420.0 - 646.0 * b),
                    2880.0 - 264.0 * b,
                    -(1380.0 - 106.0 * b),
                    270.0 - 19.0 * b,
                ]
                .map(|c| c / 720.0)
                .to_vec(),
            ];
            for (i, known) in known.iter().enumerate() {
                let method = Multistep::ghvb_of(i + 1, b);
                assert!(near(&method.weights, known), "GHVB {} β {b}: {:?}", i + 1, method.weights);
                for p in 1..=i as i32 + 1 {
                    assert!(method.defect(p).abs() < 1e-12, "GHVB {} β {b}: s^{p}", i + 1);
                }
                assert!(method.defect(i as i32 + 2).abs() > 1e-2);
            }
        }
    }

    #[test]
    fn momentum_leaves_order_one() {
        for r in 2..=MOST {
            for method in [
                Multistep::adams_bashforth(r).unwrap().heavy_ball(0.5).unwrap(),
                Multistep::adams_bashforth(r).unwrap().nesterov(0.5).unwrap(),
            ] {
                assert!(method.defect(1).abs() < 1e-13 && method.defect(2).abs() > 0.1);
            }
        }
    }

    #[test]
    fn real_limits_are_the_closed_forms() {
        for b in BETAS {
            let plain = [2.0, 1.0, 6.0 / 11.0, 0.3, 90.0 / 551.0];
            let ghvb = [
                2.0 * (2.0 - b) / b,
                2.0 - b,
                6.0 * (2.0 - b) / (12.0 - b),
                3.0 * (2.0 - b) / (11.0 - b),
                1440.0 * (2.0 - b) / (9600.0 - 784.0 * b),
            ];
            for r in 1..=MOST {
                let hb = Multistep::adams_bashforth(r).unwrap().heavy_ball(b).unwrap();
                let known = plain[r - 1] * (2.0 - b) / b;
                assert!((hb.real_limit() - known).abs() < 1e-9 * known, "HB {r} {b}: {} {known}", hb.real_limit());
                let limit = Multistep::ghvb_of(r, b).real_limit();
                assert!((limit - ghvb[r - 1]).abs() < 1e-9, "GHVB {r} {b}: {limit} {}", ghvb[r - 1]);
            }
        }
    }

    /// The roots of the recurrence by running it, against the criterion.
    #[test]
    fn stability_is_that_of_the_recurrence_run() {
        let method = Multistep::ghvb(2.7).unwrap();
        for (x, y) in [(-0.5, 0.0), (-0.6, 0.0), (-0.75, 0.0), (-0.2, 0.5), (-0.1, 0.8), (0.05, 0.1), (-0.3, -0.3)] {
            let z = c64::new(x, y);
            let (mut u, mut w) = (vec![c64::new(1.0, 0.0)], c64::new(0.1, 0.0));
            for n in 0..4000 {
                let slopes = method.weights.iter().enumerate().filter(|(i, _)| *i <= n).map(|(i, c)| z * u[n - i] * *c);
                w = w * method.keep + slopes.sum::<c64>();
                u.push(u[n] + w);
                if u[n + 1].norm() > 1e50 {
                    break;
                }
            }
            let decays = u.last().unwrap().norm() < 1e-6;
            assert_eq!(method.stable(x, y), decays, "{x} {y}: {}", u.last().unwrap());
        }
    }

    #[test]
    fn areas_are_known_and_grow_with_momentum() {
        // Euler's region is the unit disc around −1.
        assert!((Multistep::adams_bashforth(1).unwrap().area() - PI).abs() < 1e-5);
        for r in 1..=MOST {
            let hb = |b: f64| Multistep::adams_bashforth(r).unwrap().heavy_ball(b).unwrap().area();
            for pair in BETAS.windows(2) {
                assert!(hb(pair[1]) > hb(pair[0]), "HB {r}: {pair:?}");
                let ghvb = |b| Multistep::ghvb_of(r, b).area();
                assert!(ghvb(pair[1]) > ghvb(pair[0]), "GHVB {r}: {pair:?}");
            }
        }
    }

    #[test]
    fn areas_are_those_of_counting() {
        let method = Multistep::ghvb(3.5).unwrap();
        let n = 400u32;
        let (width, height) = (1.2, 1.6);
        let inside = (0..n * n)
            .filter(|at| {
                let (i, j) = (f64::from(at % n) + 0.5, f64::from(at / n) + 0.5);
                method.stable(-0.9 + width * i / f64::from(n), height * (j / f64::from(n) - 0.5))
            })
            .count();
        let counted = inside as f64 * width * height / f64::from(n * n);
        assert!((method.area() / counted - 1.0).abs() < 1e-2, "{} {counted}", method.area());
    }

    #[test]
    fn names_are_read() {
        for name in NAMES {
            assert!(name.parse::<Multistep>().is_ok(), "{name}");
        }
        assert_eq!("ghvb:2".parse::<Multistep>().unwrap(), Multistep::adams_bashforth(2).unwrap());
        for name in ["", "plms", "plms-9", "ghvb:x", "plms-4+hb:0", "ghvb:1.8+hb:0.5"] {
            assert!(name.parse::<Multistep>().is_err(), "{name}");
        }
    }

    #[test]
    fn impossible_parameters_are_refused() {
        for number in [0.0, -1.0, 5.1, f64::NAN, f64::INFINITY] {
            assert!(Multistep::ghvb(number).is_err());
        }
        for beta in [0.0, -0.1, 1.1, f64::NAN] {
            assert!(Multistep::adams_bashforth(2).unwrap().heavy_ball(beta).is_err());
        }
        assert!(Multistep::adams_bashforth(0).is_err() && Multistep::adams_bashforth(6).is_err());
        assert!(Multistep::ghvb(1.8).unwrap().heavy_ball(0.5).is_err());
        let error = Multistep::ghvb(6.0).unwrap_err().to_string();
        assert_eq!(error, "the momentum number is 6, but must be greater than 0, at most 5");
    }

    #[test]
    fn a_vanishing_beta_is_the_order_below() {
        for r in 2..=MOST {
            let (near, below) = (Multistep::ghvb_of(r, 1e-7), Multistep::adams_bashforth(r - 1).unwrap());
            assert!((near.real_limit() - below.real_limit()).abs() < 1e-6);
        }
    }
}
