//! The logarithm of `Γ(1 + v)`, to full relative precision where it vanishes.

/// `1 − γ`, with Euler's constant.
const ONE_MINUS_EULER: f64 = 0.42278433509846713;

/// `ζ(k) − 1` for `k = 2, 3, …`
const ZETA_MINUS_ONE: [f64; 30] = [
    0.6449340668482264,
    0.2020569031595943,
    0.08232323371113819,
    0.03692775514336993,
    0.01734306198444914,
    0.008349277381922827,
    0.00407735619794434,
    0.0020083928260822143,
    0.0009945751278180853,
    0.0004941886041194645,
    0.0002460865533080483,
    0.00012271334757848915,
    6.124813505870483e-05,
    3.058823630702049e-05,
    1.528225940865187e-05,
    7.637197637899763e-06,
    3.81729326499984e-06,
    1.908212716553939e-06,
    9.539620338727962e-07,
    4.769329867878064e-07,
    2.38450502727733e-07,
    1.1921992596531106e-07,
    5.960818905125948e-08,
    2.980350351465228e-08,
    1.4901554828365043e-08,
    7.45071178983543e-09,
    3.725334024788457e-09,
    1.862659723513049e-09,
    9.313274324196682e-10,
    4.656629065033784e-10,
];

/// `log Γ(1 + v)` for `v > −1`.
///
/// Up to a half by `log Γ(1+v) = −log(1+v) + (1−γ)v + Σ_{k≥2} (ζ(k)−1)(−v)^k/k` (Abramowitz and Stegun 1964, 6.1.33), of
/// which `v` is a factor: where `1 + v` would lose it, it is kept.
pub(crate) fn ln_gamma_1p(v: f64) -> f64 {
    if v > 0.5 {
        return libm::lgamma(1.0 + v);
    }
    if v < -0.5 {
        // Both sums are exact for v ≥ −1.
        return ln_gamma_1p(1.0 + v) - v.ln_1p();
    }
    let mut sum = 0.0;
    for (i, zeta) in ZETA_MINUS_ONE.iter().enumerate().rev() {
        sum = zeta / (i + 2) as f64 - v * sum;
    }
    v * v * sum - (v.ln_1p() - v * ONE_MINUS_EULER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_arguments_keep_their_relative_precision() {
        // log Γ(1+v) = −γv + π²/12 v² − …
        let (euler, half_zeta) = (0.5772156649015329, std::f64::consts::PI.powi(2) / 12.0);
        for v in [1e-300f64, 1e-20, 1e-12, 1e-9, -1e-9, -1e-18] {
            let expected = -euler * v + half_zeta * v * v;
            assert!((ln_gamma_1p(v) / expected - 1.0).abs() < 4e-16, "{v}");
        }
        assert_eq!(ln_gamma_1p(0.0), 0.0);
    }

    #[test]
    fn recurrence_duplication_and_known_values() {
        let root_pi = 0.5 * std::f64::consts::PI.ln();
        assert!((ln_gamma_1p(-0.5) - root_pi).abs() < 4e-16);
        assert!((ln_gamma_1p(0.5) - (root_pi - 2f64.ln())).abs() < 2e-16);
        assert!((ln_gamma_1p(5.0) - 120f64.ln()).abs() < 2e-15);
        for i in 1..800 {
            // All arguments below are exact.
            let v = f64::from(i) / 64.0;
            // Γ(1+v) = v Γ(v), and Γ(2y) = 2^{2y−1} Γ(y) Γ(y + ½)/√π with 2y = 1 + v
            let recurrence = ln_gamma_1p(v - 1.0) + v.ln();
            assert!((ln_gamma_1p(v) - recurrence).abs() < 1e-15 * (1.0 + v * v), "{v}");
            let y = 0.5 * (1.0 + v);
            let double = ln_gamma_1p(y - 1.0) + ln_gamma_1p(y - 0.5) + v * 2f64.ln() - root_pi;
            assert!((ln_gamma_1p(v) - double).abs() < 1e-15 * (1.0 + v * v), "{v}");
        }
    }
}
