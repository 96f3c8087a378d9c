//! Integrals of the statistics from one level to another.
//!
//! `l`, `s` and `b` are linear between their levels, so `L = ∫ l` and `S = ∫ s` are exact there. The exponentials are integrated
//! by Gauss' rule with three nodes on pieces of at most 1/32, to about `10⁻¹²`; the inner integral `β` by the collocation
//! method of the same nodes. All of it relative to the start, so that nothing overflows or cancels.

use super::Ems;

/// The longest piece.
const PIECE: f64 = 1.0 / 32.0;

/// Nodes, weights and the collocation matrix of Gauss' rule of order 6 on [0, 1].
const ROOT: f64 = 0.387_298_334_620_741_7;
const C: [f64; 3] = [0.5 - ROOT, 0.5, 0.5 + ROOT];
const W: [f64; 3] = [5.0 / 18.0, 4.0 / 9.0, 5.0 / 18.0];
const R15: f64 = 3.872_983_346_207_417;
const A: [[f64; 3]; 3] = [
    [5.0 / 36.0, 2.0 / 9.0 - R15 / 15.0, 5.0 / 36.0 - R15 / 30.0],
    [5.0 / 36.0 + R15 / 24.0, 2.0 / 9.0, 5.0 / 36.0 - R15 / 24.0],
    [5.0 / 36.0 + R15 / 30.0, 2.0 / 9.0 + R15 / 15.0, 5.0 / 36.0],
];

/// The integrals from `λ_s` on, each with a value a coordinate.
pub(crate) struct Leg {
    /// `∫ l`.
    pub(crate) l: Vec<f64>,
    /// `∫ s`.
    pub(crate) s: Vec<f64>,
    /// `β = ∫ e^−S b`, `S` counted from `λ_s`.
    pub(crate) b: Vec<f64>,
    /// `E_k = ∫ e^(L+S) (λ − λ_s)^k/k!`, for `k` from 0.
    pub(crate) e: Vec<Vec<f64>>,
    /// `∫ e^(L+S) β`.
    pub(crate) c: Vec<f64>,
}

impl Ems {
    /// The values of `l` at `λ`.
    pub(crate) fn l_at(&self, lambda: f64) -> Vec<f64> {
        self.between(&self.l, lambda)
    }

    /// Linear interpolation in `λ`; beyond the ends the value there.
    fn between(&self, values: &[f64], lambda: f64) -> Vec<f64> {
        let n = self.levels.len();
        let right = self.levels.partition_point(|level| level.lambda <= lambda).clamp(1, n - 1);
        let (a, b) = (self.levels[right - 1].lambda, self.levels[right].lambda);
        let share = ((lambda - a) / (b - a)).clamp(0.0, 1.0);
        let row = |i: usize| &values[i * self.dim..(i + 1) * self.dim];
        row(right - 1).iter().zip(row(right)).map(|(x, y)| x + share * (y - x)).collect()
    }

    /// Where pieces end, from `from` to `to`, both included.
    fn pieces(&self, from: f64, to: f64) -> Vec<f64> {
        let (low, high) = (from.min(to), from.max(to));
        let mut corners = vec![low];
        corners.extend(self.levels.iter().map(|level| level.lambda).filter(|&at| at > low && at < high));
        corners.push(high);
        let mut ends = vec![low];
        for pair in corners.windows(2) {
            let n = ((pair[1] - pair[0]) / PIECE).ceil().max(1.0) as usize;
            ends.extend((1..n).map(|i| pair[0] + (pair[1] - pair[0]) * i as f64 / n as f64));
            ends.push(pair[1]);
        }
        if to < from {
            ends.reverse();
        }
        ends
    }

    /// The integrals from `from` to `to`, either way, with `E_k` for `k < moments`.
    pub(crate) fn leg(&self, from: f64, to: f64, moments: usize) -> Leg {
        let d = self.dim;
        let zero = || vec![0.0; d];
        let mut leg = Leg { l: zero(), s: zero(), b: zero(), e: (0..moments).map(|_| zero()).collect(), c: zero() };
        let mut here: Vec<Vec<f64>> = [&self.l, &self.s, &self.b].map(|values| self.between(values, from)).into();
        for pair in self.pieces(from, to).windows(2) {
            let h = pair[1] - pair[0];
            let there: Vec<Vec<f64>> = [&self.l, &self.s, &self.b].map(|values| self.between(values, pair[1])).into();
            // (λ − λ_s)^k/k! at the three nodes.
            let power = |k: usize, c: f64| (1..=k).fold(1.0, |p, i| p * (pair[0] + c * h - from) / i as f64);
            let powers: Vec<[f64; 3]> = (0..moments).map(|k| C.map(|c| power(k, c))).collect();
            for i in 0..d {
                let [(l0, l1), (s0, s1), (b0, b1)] = [0, 1, 2].map(|k| (here[k][i], there[k][i]));
                let sum = |y0: f64, y1: f64, c: f64| h * c * (y0 + 0.5 * c * (y1 - y0));
                let s = C.map(|c| leg.s[i] + sum(s0, s1, c));
                let u = [0, 1, 2].map(|j| (leg.l[i] + sum(l0, l1, C[j]) + s[j]).exp());
                let w = [0, 1, 2].map(|j| (-s[j]).exp() * (b0 + C[j] * (b1 - b0)));
                let beta = A.map(|a| leg.b[i] + h * (a[0] * w[0] + a[1] * w[1] + a[2] * w[2]));
                for (e, p) in leg.e.iter_mut().zip(&powers) {
                    e[i] += h * (W[0] * u[0] * p[0] + W[1] * u[1] * p[1] + W[2] * u[2] * p[2]);
                }
                leg.c[i] += h * (W[0] * u[0] * beta[0] + W[1] * u[1] * beta[1] + W[2] * u[2] * beta[2]);
                leg.b[i] += h * (W[0] * w[0] + W[1] * w[1] + W[2] * w[2]);
                leg.l[i] += sum(l0, l1, 1.0);
                leg.s[i] += sum(s0, s1, 1.0);
            }
            here = there;
        }
        leg
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::{Schedule, VpLinear};

    /// Statistics that vary, on coarse levels.
    fn bent() -> Ems {
        let schedule = VpLinear::default();
        let levels: Vec<_> = [-4.0, -2.5, 0.1, 1.0, 4.0].iter().map(|&at| schedule.level_at(at).unwrap()).collect();
        let l = vec![1.0, 0.9, 0.95, 0.6, 0.4, 0.7, 0.3, 0.1, 0.05, 0.2];
        let s = vec![0.0, -1.0, 0.5, -2.0, 1.5, 0.3, -0.7, 2.0, 0.0, -1.0];
        let b = vec![0.3, 0.1, -0.5, 1.0, 0.2, 0.0, 2.0, -1.0, 0.7, 0.3];
        Ems::new("vp-linear".into(), levels, 2, [l, s, b], vec![]).unwrap()
    }

    #[test]
    fn integrals_are_those_of_many_small_steps() {
        let ems = bent();
        for (from, to) in [(-3.7, 2.2), (2.2, -3.7), (0.5, 0.9)] {
            let leg = ems.leg(from, to, 4);
            // The midpoint rule on far smaller pieces.
            let n = 400_000;
            let h = (to - from) / f64::from(n);
            for i in 0..2 {
                let (mut l, mut s, mut beta, mut c) = (0.0, 0.0, 0.0, 0.0);
                let mut e = [0.0; 4];
                for k in 0..n {
                    let at = from + (f64::from(k) + 0.5) * h;
                    let value = |values: &[f64]| ems.between(values, at)[i];
                    let (dl, ds) = (0.5 * h * value(&ems.l), 0.5 * h * value(&ems.s));
                    let w = h * (-(s + ds)).exp() * value(&ems.b);
                    let u = h * (l + dl + s + ds).exp();
                    for (k, e) in e.iter_mut().enumerate() {
                        *e += u * (1..=k).fold(1.0, |p, j| p * (at - from) / j as f64);
                    }
                    c += u * (beta + 0.5 * w);
                    beta += w;
                    l += 2.0 * dl;
                    s += 2.0 * ds;
                }
                let near = |a: f64, b: f64| (a - b).abs() < 1e-8 * (1.0 + b.abs());
                assert!(near(leg.l[i], l) && near(leg.s[i], s) && near(leg.b[i], beta) && near(leg.c[i], c));
                for k in 0..4 {
                    assert!(near(leg.e[k][i], e[k]), "E_{k} = {} for {}", leg.e[k][i], e[k]);
                }
            }
        }
    }

    #[test]
    fn constant_statistics_integrate_to_phi_functions() {
        let schedule = VpLinear::default();
        let path = crate::Path::whole(&schedule).unwrap();
        let ems = Ems::constant(&path, 1, [1.0, 0.0, 0.0]).unwrap();
        let leg = ems.leg(-2.0, 1.5, 4);
        for k in 0..4 {
            let expected = 3.5f64.powi(k + 1) * crate::phi::phi(k as u32 + 1, 3.5);
            // ∫ e^τ τ^k/k! is h^(k+1) φ reversed: by parts from the far end.
            let reversed = (0..=k).fold(0.0, |sum, j| {
                let factorial: f64 = (1..=j).map(f64::from).product();
                sum + (-1f64).powi(k - j) * 3.5f64.powi(j) / factorial
            });
            let exact = 3.5f64.exp() * reversed - (-1f64).powi(k);
            assert!(
                (leg.e[k as usize][0] / exact - 1.0).abs() < 1e-11,
                "E_{k}: {} {exact} {expected}",
                leg.e[k as usize][0]
            );
        }
    }
}
