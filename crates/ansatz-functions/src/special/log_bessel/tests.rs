//! Against references of proved digits, closed forms, and what the functions must fulfil.

use super::*;
use std::f64::consts::PI;

/// Orders and arguments over the whole plane: `count²` pairs.
fn plane(count: i32) -> impl Iterator<Item = (f64, f64)> {
    let log = move |i: i32, lo: f64, hi: f64| (lo.ln() + (hi / lo).ln() * f64::from(i) / f64::from(count - 1)).exp();
    (0..count).flat_map(move |i| (0..count).map(move |j| (log(i, 1e-4, 1e6), log(j, 1e-12, 1e7))))
}

#[test]
fn references_are_met_to_a_few_ulps() {
    let mut count = 0;
    for Reference { v, x, log_i, log_k } in references() {
        let (i, k) = (log_i.hi, log_k.hi);
        for (own, exact) in [(log_iv(v, x), i), (log_kv(v, x), k), (log_ive(v, x) + x, i), (log_kve(v, x) - x, k)] {
            let error = (own - exact).abs();
            assert!(error <= 4.0 * f64::EPSILON * exact.abs().max(v).max(x) + 1e-15, "v = {v}, x = {x}: {own} {exact}");
            assert!(error <= 2e-14 * exact.abs().max(1.0) || (own != log_iv(v, x) && own != log_kv(v, x)), "{v} {x}");
        }
        let paper = LogBessel::i().mode(Mode::Paper).value(v, x);
        assert!((paper - i).abs() <= 1e-12 * i.abs().max(1.0), "{v} {x}");
        let paper = LogBessel::k().mode(Mode::Paper).value(v, x);
        assert!((paper - k).abs() <= 1e-12 * k.abs().max(1.0), "{v} {x}");
        count += 1;
    }
    assert!(count > 2000);
}

#[test]
fn half_integer_orders_have_closed_forms() {
    for x in [1e-3, 0.1, 1.0, 5.0, 19.0, 29.0, 31.0, 80.0, 700.0] {
        // log √(2/πx) sinh x, and K_{1/2}, K_{3/2}, K_{5/2}
        let sinh = if x > 20.0 { x - 2f64.ln() } else { x.sinh().ln() };
        let front = 0.5 * (2.0 / (PI * x)).ln();
        let close =
            |own: f64, exact: f64| assert!((own - exact).abs() < 4e-15 * (1.0 + exact.abs()), "{x}: {own} {exact}");
        close(log_iv(0.5, x), front + sinh);
        let k = 0.5 * (PI / (2.0 * x)).ln() - x;
        close(log_kv(0.5, x), k);
        close(log_kv(-1.5, x), k + (1.0 / x).ln_1p());
        close(log_kv(2.5, x), k + (3.0 / x + 3.0 / (x * x)).ln_1p());
        close(bessel_k_ratio(0.5, x) * x, x + 1.0);
        close(log_iv_slope(0.5, x), 1.0 / x.tanh() - 0.5 / x);
        close(log_kv_slope(0.5, x), -1.0 - 0.5 / x);
    }
}

#[test]
fn the_wronskian_is_one_over_x() {
    for (v, x) in plane(120) {
        let (i, i1, k, k1) = (log_iv(v, x), log_iv(v + 1.0, x), log_kv(v, x), log_kv(v + 1.0, x));
        let (a, b) = (i + k1, i1 + k);
        let sum = a.max(b) + (-(a - b).abs()).exp().ln_1p();
        let size = [i, i1, k, k1].iter().fold(1.0, |size: f64, value| size.max(value.abs()));
        assert!((sum + x.ln()).abs() <= 2e-13 * size, "v = {v}, x = {x}: {sum}");
        // The same from the ratios, whose errors are relative: (I_{v+1}/I_v + K_{v+1}/K_v) I_v K_v x = 1.
        let product = (bessel_i_ratio(v, x) + bessel_k_ratio(v, x)).ln() + i + k + x.ln();
        assert!(product.abs() <= 4e-15 + 4.0 * f64::EPSILON * size.max(v).max(x), "v = {v}, x = {x}: {product}");
    }
}

#[test]
fn ratios_fulfil_the_recurrence_in_the_order() {
    // I_{v−1} = I_{v+1} + (2v/x) I_v and K_{v+1} = K_{v−1} + (2v/x) K_v
    for (v, x) in plane(150) {
        let v = v + 1.0;
        let (a, b) = (bessel_i_ratio(v - 1.0, x), bessel_i_ratio(v, x));
        assert!((a * (b + 2.0 * v / x) - 1.0).abs() < 2e-15, "v = {v}, x = {x}");
        let (c, d) = (bessel_k_ratio(v - 1.0, x), bessel_k_ratio(v, x));
        assert!((d / (1.0 / c + 2.0 * v / x) - 1.0).abs() < 8e-15, "v = {v}, x = {x}");
        let (i, k) = (log_iv_slope(v, x), log_kv_slope(v, x));
        assert!((i / (b + v / x) - 1.0).abs() < 2e-15 && (k / (v / x - d) - 1.0).abs() < 2e-15 + 4e-16 * d / k.abs());
        let complement = derived::bessel_i_ratio_complement(v, x);
        assert!((complement + b - 1.0).abs() < 1e-15 && (b < 0.5 || complement > 0.0));
        assert!((0.0..=1.0).contains(&a) && c >= 1.0);
    }
}

#[test]
fn the_branches_meet() {
    let meets = |kind, x: [f64; 2], v: [f64; 2]| {
        let [a, b] = [0, 1].map(|i| (branch_of(kind, Mode::Strict, v[i], x[i]), (v[i], x[i])));
        assert_ne!(a.0, b.0, "{v:?} {x:?} is no border");
        let f = LogBessel { kind, ..LogBessel::i() };
        let (at, slope) = (f.value(v[0], x[0]), if kind == Kind::I { log_iv_slope } else { log_kv_slope });
        let step = slope(v[0], x[0]) * (x[1] - x[0]);
        // Along v the neighbouring doubles differ by at most log(2v/x) ulps of v.
        let order = (v[1] - v[0]).abs() * (2.0 + (2.0 * v[0].max(1.0) / x[0]).ln().abs());
        let gap = (f.value(v[1], x[1]) - at - step).abs() - order;
        assert!(gap <= 1e-13 * at.abs().max(1.0), "{kind:?}, v = {v:?}, x = {x:?}: {gap:e}");
    };
    for kind in [Kind::I, Kind::K] {
        for i in 1..200 {
            let v = 0.1 * f64::from(i);
            meets(kind, [30.0, 30f64.next_up()], [v, v]);
            let x = 0.15 * f64::from(i);
            meets(kind, [x, x], [20.0, 20f64.next_up()]);
            let x = 30.0 + f64::from(i).powi(3);
            let mut border = (3.0 * x).sqrt();
            while border * (border / 3.0) > x {
                border = border.next_down();
            }
            meets(kind, [x, x], [border, border.next_up()]);
        }
    }
    for i in 0..120 {
        let v = 0.1 * f64::from(i);
        meets(Kind::K, [1e-9f64.next_down(), 1e-9], [v, v]);
    }
}

/// Within branches: the Taylor series of η, the two lines of the limit, and the arguments beyond the tame ones.
#[test]
fn inner_borders_are_smooth() {
    for i in 0..100 {
        let v = 21.0 * 1.1f64.powi(i);
        for z in [0.6627434193491816 - 0.06, 0.6627434193491816 + 0.06] {
            let x = z * v;
            let [below, above] = [x * (1.0 - 1e-12), x * (1.0 + 1e-12)];
            assert_ne!(debye::is_near_zero(v, below), debye::is_near_zero(v, above));
            let expected = log_iv_slope(v, x) * (above - below);
            assert!((log_iv(v, above) - log_iv(v, below) - expected).abs() < 8e-16 * v + 1e-13);
        }
    }
    for x in [1e-10, 1e-50, 1e-300, 5e-324] {
        for v in [0.0, 1e-250, 1e-199, 1e-30, 1e-5, 0.04, 0.95, 1.0] {
            let near = v * (1.0 + 1e-15) + 1e-260;
            let change = (near - v) * 800.0;
            assert!((log_kv(near, x) - log_kv(v, x)).abs() <= 2e-15 * log_kv(v, x).abs() + change, "{v} {x:e}");
        }
        let (below, at) = (log_kv(0.95f64.next_down(), x), log_kv(0.95, x));
        assert!((below - at).abs() < 4e-16 * at, "{x:e}");
    }
    for (v, x) in [(50.0, 1e-100), (1e5, 1e-100), (1e99, 1e100), (1e100, 1e30), (30.0, 1e-300)] {
        let scaled = [Scaling::None, Scaling::Exponential];
        for (kind, scaling) in [Kind::I, Kind::K].into_iter().flat_map(|kind| scaled.map(|scaling| (kind, scaling))) {
            let plain = debye::value(kind, scaling, Lanes([v]), Lanes([x])).0[0];
            let careful = debye::value_extreme(kind, scaling, v, x);
            assert!(
                (plain - careful).abs() <= 1e-15 * careful.abs().max(v).max(x),
                "{kind:?} {v:e} {x:e}: {plain} {careful}"
            );
        }
    }
}

#[test]
fn i_falls_and_k_grows_with_the_order() {
    for (v, x) in plane(100) {
        for factor in [1.001, 1.3] {
            assert!(log_iv(v * factor, x) < log_iv(v, x) || v < 1e-2 || x > 1e3 * v * v, "{v} {x}");
            assert!(log_kv(v * factor, x) > log_kv(v, x) || v < 1e-2 || x > 1e3 * v * v, "{v} {x}");
        }
        assert!(log_iv(v + 1.0, x) < log_iv(v, x) || x > 1e6);
        assert!(log_kv(v + 1.0, x) > log_kv(v, x) || x > 1e6);
    }
}

#[test]
fn both_forms_of_the_series_agree() {
    for i in 1..60 {
        for j in 1..60 {
            let (v, x) = (0.21 * f64::from(i) - 0.2, 0.5 * f64::from(j));
            let plain = series::value(Scaling::None, Lanes([v]), Lanes([x])).0[0];
            let logarithms = series::value_in_logarithms(Scaling::None, v, x);
            assert!((plain - logarithms).abs() < 1e-14 * plain.abs().max(10.0), "{v} {x}: {plain} {logarithms}");
        }
    }
}

/// `K_v(x) = √π e^{−x}/((2x)^v Γ(v+½)) ∫_0^∞ e^{−u} (u(2x+u))^{v−½} du` (Rothwell 2008), by another rule than ours.
#[test]
fn the_integral_agrees_with_another() {
    for (v, x) in [(0.6, 0.3), (1.0, 2.0), (2.2, 0.01), (3.7, 8.0), (7.5, 25.0), (12.0, 1.0), (12.6, 29.9), (5.0, 1e-3)]
    {
        // u = e^y; the integrand falls doubly exponentially on the right and as e^{y(v+½)} on the left.
        let (h, mut sum) = (1.0 / 64.0, 0.0);
        for k in -6000..600 {
            let y = f64::from(k) * h;
            let u = f64::exp(y);
            sum += ((v - 0.5) * (u * (2.0 * x + u)).ln() - u + y).exp();
        }
        let log = 0.5 * PI.ln() - x - v * (2.0 * x).ln() - libm::lgamma(v + 0.5) + (h * sum).ln();
        let own = log_kv(v, x);
        assert!((own - log).abs() < 3e-13 * own.abs().max(1.0), "{v} {x}: {own} {log}");
        assert!(branch_of(Kind::K, Mode::Strict, v, x).unwrap().truncation(Kind::K, v, x) < 1e-15);
    }
}

#[test]
fn edges() {
    let infinity = f64::INFINITY;
    assert_eq!((log_iv(0.0, 0.0), log_iv(1.0, 0.0), log_kv(0.0, 0.0)), (0.0, -infinity, infinity));
    assert_eq!((log_iv(3.0, infinity), log_kv(3.0, infinity), log_kv(infinity, 1.0)), (infinity, -infinity, infinity));
    assert_eq!((log_ive(3.0, infinity), log_kve(3.0, infinity)), (-infinity, -infinity));
    assert_eq!(log_kv(-2.5, 3.0), log_kv(2.5, 3.0));
    for (v, x) in [(-1.0, 1.0), (1.0, -1.0), (f64::NAN, 1.0), (1.0, f64::NAN), (infinity, infinity)] {
        assert!(log_iv(v, x).is_nan() && log_ive(v, x).is_nan() && bessel_i_ratio(v, x).is_nan(), "{v} {x}");
        assert!(log_iv_slope(v, x).is_nan() && branch_of(Kind::I, Mode::Strict, v, x).is_none());
    }
    assert!(log_kv(1.0, -1.0).is_nan() && bessel_k_ratio(1.0, -1.0).is_nan() && log_kv_slope(f64::NAN, 1.0).is_nan());
    assert_eq!((bessel_i_ratio(2.0, 0.0), bessel_k_ratio(2.0, 0.0)), (0.0, infinity));
    assert_eq!((log_iv_slope(0.0, 0.0), log_iv_slope(1.0, 0.0), log_kv_slope(1.0, 0.0)), (0.0, infinity, -infinity));
    // No value between the edges leaves the range.
    for v in [0.0, f64::MIN_POSITIVE, 1e-20, 0.5, 12.6964, 20.0, 21.0, 1e10, 1e300] {
        for x in [5e-324, 1e-300, 1e-9, 1.0, 30.0, 1e10, 1e150, f64::MAX] {
            for value in [log_iv(v, x), log_kv(v, x), log_ive(v, x), log_kve(v, x)] {
                assert!(value.is_finite(), "{v:e} {x:e}: {value}");
            }
            assert!((0.0..=1.0).contains(&bessel_i_ratio(v, x)) && bessel_k_ratio(v, x) >= 1.0, "{v:e} {x:e}");
        }
    }
}

#[test]
fn arrays_have_the_bits_of_single_values_on_any_threads() {
    let (mut v, mut x): (Vec<f64>, Vec<f64>) = plane(70).unzip();
    v.extend([0.0, 3.0, 1e200, 20.0, 0.0]);
    x.extend([0.0, 0.0, 1e-200, 1e-310, 5.0]);
    for function in [LogBessel::i(), LogBessel::k(), LogBessel::i().scaled(), LogBessel::k().scaled()] {
        for mode in [Mode::Strict, Mode::Paper] {
            let function = function.mode(mode);
            let single: Vec<u64> = v.iter().zip(&x).map(|(&v, &x)| function.value(v, x).to_bits()).collect();
            for threads in [0, 1, 2, 5] {
                let mut out = vec![0.0; v.len()];
                function.threads(threads).fill(&v, &x, &mut out).unwrap();
                for (i, (own, single)) in out.iter().zip(&single).enumerate() {
                    assert_eq!(own.to_bits(), *single, "{function:?}, {threads} threads, v = {}, x = {}", v[i], x[i]);
                }
            }
        }
    }
    let mut out = vec![0.0; 3];
    LogBessel::i().fill(&[1.0, 2.0, 3.0], &[4.0], &mut out).unwrap();
    assert_eq!(out, [1.0, 2.0, 3.0].map(|v| log_iv(v, 4.0)));
    LogBessel::k().fill(&[-1.5], &[1.0, 2.0, 40.0], &mut out).unwrap();
    assert_eq!(out, [1.0, 2.0, 40.0].map(|x| log_kv(1.5, x)));
    LogBessel::k().fill(&[], &[], &mut []).unwrap();
}

#[test]
fn bad_arrays_are_refused_with_the_index() {
    let mut out = [7.0; 3];
    let mut sentence = |function: LogBessel, v: &[f64], x: &[f64]| {
        let error = function.fill(v, x, &mut out).unwrap_err().to_string();
        assert_eq!(out, [7.0; 3]);
        error
    };
    let (i, k) = (LogBessel::i(), LogBessel::k());
    assert_eq!(sentence(i, &[1.0, 2.0, -3.0], &[1.0]), "v[2] is -3, but must be finite and not negative");
    assert_eq!(sentence(k, &[1.0, f64::NAN, 3.0], &[1.0]), "v[1] is NaN, but must be finite");
    assert_eq!(sentence(k, &[1.0], &[1.0, 2.0, -0.5]), "x[2] is -0.5, but must be finite and not negative");
    assert!(sentence(k, &[1.0], &[1.0, f64::INFINITY, 2.0]).starts_with("x[1] is inf"));
    assert!(sentence(k, &[1.0; 3], &[1.0; 2]).contains("1 or as many as orders, 3"));
    assert!(sentence(k, &[1.0; 2], &[1.0; 2]).contains("2, as the input's"));
}

#[test]
fn single_precision_is_within_an_ulp() {
    let near =
        |own: f32, exact: f64| (f64::from(own) - exact).abs() <= 0.51 * f64::from(own.abs().next_up() - own.abs());
    for Reference { v, x, log_i, log_k } in references() {
        // Points whose coordinates are single-precision numbers: there the references hold.
        if f64::from(v as f32) == v && f64::from(x as f32) == x {
            assert!(near(log_iv_f32(v as f32, x as f32), log_i.hi), "{v} {x}");
            assert!(near(log_kv_f32(v as f32, x as f32), log_k.hi), "{v} {x}");
        }
        let (v, x) = (v as f32, (x as f32).max(f32::MIN_POSITIVE));
        assert!(near(log_ive_f32(v, x), log_ive(v.into(), x.into())), "{v} {x}");
        assert!(near(log_kve_f32(v, x), log_kve(v.into(), x.into())), "{v} {x}");
    }
    assert_eq!(log_iv_f32(0.0, 1.0), 0.23591436);
    assert!(log_iv_f32(-1.0, 1.0).is_nan() && log_kv_f32(1.0, 0.0).is_infinite());
}

#[test]
fn the_published_lines_are_kept_on_request() {
    let at = |mode, v, x| branch_of(Kind::I, mode, v, x).unwrap();
    assert_eq!((at(Mode::Paper, 139.0, 3533.0), at(Mode::Strict, 139.0, 3533.0)), (Branch::Hankel, Branch::Debye));
    assert_eq!((at(Mode::Paper, 1.0, 20.0), at(Mode::Strict, 1.0, 20.0)), (Branch::Debye, Branch::Series));
    // What the published line costs there, in the absolute error of the logarithm.
    let exact = 3525.261749548549857723;
    let error = |mode| (LogBessel::i().mode(mode).value(139.0, 3533.0) - exact).abs();
    assert!(error(Mode::Paper) > 1e-10 && error(Mode::Strict) < 1e-12);
    assert!(Branch::Hankel.truncation(Kind::I, 139.0, 3533.0) > 1e-10);
    for (v, x) in plane(60) {
        for kind in [Kind::I, Kind::K] {
            let left_out = branch_of(kind, Mode::Strict, v, x).unwrap().truncation(kind, v, x);
            assert!(left_out < 1e-15, "{kind:?} {v} {x}: {left_out:e}");
        }
    }
}
