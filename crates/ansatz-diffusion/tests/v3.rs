//! Statistics of a model, and the solver that goes by them.

use ansatz_core::{Error, Run, Seed, Stopped};
use ansatz_diffusion::ems::{Ems, Estimation, Estimator, Moments};
use ansatz_diffusion::model::{Component, Covariance, Direction, Function, Mixture, Model, digits, gmm8, gmm8_smooth};
use ansatz_diffusion::schedule::{self, Level, Rate, Schedule, VpLinear};
use ansatz_diffusion::solver::{
    Bh, Corrector, Ddim, Deis, DpmMultistep, Expansion, Extrapolation, Form, Method, Solver, Steps, Tail, Third, UniPc,
    V3, V3Walk,
};
use ansatz_diffusion::{Batch, Grid, Path, Prediction, Problem, Sampling, Stepper, rmse, start_noise, start_points};

fn run(seed: u64) -> Run {
    Run::new(Seed(seed))
}

/// Components of all three kinds of covariance.
fn mixed() -> Mixture {
    let full = vec![0.6, 0.2, -0.1, 0.2, 0.5, 0.1, -0.1, 0.1, 0.3];
    let part = |weight, mean: [f64; 3], covariance| Component { weight, mean: mean.to_vec(), covariance, class: 0 };
    Mixture::new(vec![
        part(1.0, [1.0, -0.5, 0.3], Covariance::Full(full)),
        part(2.0, [-0.8, 0.4, 0.0], Covariance::Isotropic(0.2)),
        part(1.5, [0.0, 0.6, -0.9], Covariance::Diagonal(vec![0.1, 0.4, 0.7])),
    ])
    .unwrap()
}

#[test]
fn rates_of_levels_are_their_derivatives() {
    for name in schedule::NAMES {
        let schedule = schedule::named(name).unwrap();
        let (start, end) = schedule.span();
        for i in 1..40 {
            let level = schedule.level(end + (start - end) * (f64::from(i) + 0.003) / 40.5).unwrap();
            let h = 1e-6;
            let at = |h: f64| schedule.level_at(level.lambda + h).unwrap();
            let (rate, a, b) = (schedule.rate(&level).unwrap(), at(-h), at(h));
            let near = |x: f64, y: f64| (x - y).abs() < 1e-5 * (1.0 + y.abs());
            assert!(near(rate.t, (b.t - a.t) / (2.0 * h)), "{name} t = {}", level.t);
            assert!(near(rate.log_alpha, (b.log_alpha - a.log_alpha) / (2.0 * h)), "{name} t = {}", level.t);
            assert!((rate.log_alpha - rate.log_sigma - 1.0).abs() < 1e-12);
        }
    }
}

#[test]
fn tangents_are_derivatives_of_predictions() {
    let model = mixed();
    let schedule = VpLinear::default();
    for t in [0.02, 0.3, 0.8] {
        let level = schedule.level(t).unwrap();
        let x = start_points(5, 3, &level);
        let v = start_noise(Seed(4), 0, 5, 3, &level);
        for rate in [Rate::default(), schedule.rate(&level).unwrap(), Rate { t: 0.0, log_alpha: 0.7, log_sigma: -0.2 }]
        {
            for want in Prediction::ALL {
                let direction = Direction { x: &v, level: rate };
                let mut exact = Batch::zeros(5, 3);
                model.tangent(&x, 0, &level, want, &direction, &mut exact).unwrap();
                // Fourth-order differences of the predictions.
                let at = |h: f64| {
                    let moved = x.data().iter().zip(v.data()).map(|(x, v)| x + h * v).collect();
                    let mut out = Batch::zeros(5, 3);
                    model.predict(&Batch::new(3, moved).unwrap(), 0, &rate.from(&level, h), want, &mut out).unwrap();
                    out
                };
                let h = 1e-4 * level.sigma;
                let [a, b, c, d] = [-2.0, -1.0, 1.0, 2.0].map(|k| at(k * h));
                let scale = exact.data().iter().fold(1e-3f64, |m, v| m.max(v.abs()));
                for i in 0..15 {
                    let [a, b, c, d] = [&a, &b, &c, &d].map(|x| x.data()[i]);
                    let slope = (a - 8.0 * b + 8.0 * c - d) / (12.0 * h);
                    assert!(
                        (exact.data()[i] - slope).abs() < 2e-6 * scale,
                        "{want}, t = {t}: {} {slope}",
                        exact.data()[i]
                    );
                }
                // Any other model gets central differences.
                let network = Function::new(3, want, |x: &Batch, level: &Level, out: &mut Batch| {
                    model.predict(x, 0, level, want, out)
                });
                let mut rough = Batch::zeros(5, 3);
                network.tangent(&x, 0, &level, want, &direction, &mut rough).unwrap();
                assert!(rmse(&exact, &rough) < 1e-5 * scale, "{want}, t = {t}: {}", rmse(&exact, &rough) / scale);
            }
        }
    }
    let level = schedule.level(0.5).unwrap();
    let (x, other) = (Batch::zeros(2, 3), Batch::zeros(1, 3));
    let direction = Direction { x: &other, level: Rate::default() };
    assert!(model.tangent(&x, 0, &level, Prediction::Data, &direction, &mut Batch::zeros(2, 3)).is_err());
}

#[test]
fn statistics_are_those_of_the_definition() {
    let (model, schedule) = (mixed(), VpLinear::default());
    let path = Path::whole(&schedule).unwrap();
    let (n, d) = (150, 3);
    let data = model.draws(Seed(7), n);
    let estimation = Estimation { steps: 24, probes: 2, fixed_l: None };
    let ems = estimation.run(&model, &path, &data, &mut run(3)).unwrap();
    let h = ems.levels()[1].lambda - ems.levels()[0].lambda;
    for i in [1, 8, 12, 20] {
        let level = ems.levels()[i];
        let rate = schedule.rate(&level).unwrap();
        // f = (σ ε − l x)/α along the equation, l with its slope, in noise prediction and by differences.
        let slope: Vec<f64> = (0..d).map(|j| (ems.l(i + 1)[j] - ems.l(i - 1)[j]) / (2.0 * h)).collect();
        let (mut f, mut rates) = (Vec::new(), Vec::new());
        for row in 0..n {
            let mut stream = Seed(3).stream("ems noise", row as u64);
            let x: Vec<f64> = data.row(row).iter().map(|x| level.alpha * x + level.sigma * stream.normal()).collect();
            let noise = |x: &[f64], level: &Level| {
                let mut out = Batch::zeros(1, d);
                model.predict(&Batch::new(d, x.to_vec()).unwrap(), 0, level, Prediction::Noise, &mut out).unwrap();
                out.data().to_vec()
            };
            let epsilon = noise(&x, &level);
            let flow: Vec<f64> = x.iter().zip(&epsilon).map(|(x, e)| rate.log_alpha * x - level.sigma * e).collect();
            let at = |step: f64| -> Vec<f64> {
                let moved: Vec<f64> = x.iter().zip(&flow).map(|(x, v)| x + step * v).collect();
                let level = rate.from(&level, step);
                let epsilon = noise(&moved, &level);
                (0..d)
                    .map(|j| (level.sigma * epsilon[j] - (ems.l(i)[j] + step * slope[j]) * moved[j]) / level.alpha)
                    .collect()
            };
            let step = 1e-5;
            let (a, b) = (at(-step), at(step));
            f.push(at(0.0));
            rates.push((0..d).map(|j| (b[j] - a[j]) / (2.0 * step)).collect::<Vec<f64>>());
        }
        for j in 0..d {
            let mean = |g: &dyn Fn(usize) -> f64| (0..n).map(g).sum::<f64>() / n as f64;
            let (mf, mr) = (mean(&|k| f[k][j]), mean(&|k| rates[k][j]));
            let variance = mean(&|k| (f[k][j] - mf).powi(2));
            // At the noisy end f is nearly constant: nothing is made of its little variation.
            let dead = variance <= 1e-3 * mean(&|k| f[k][j].powi(2));
            let s = if dead { 0.0 } else { mean(&|k| (f[k][j] - mf) * (rates[k][j] - mr)) / variance };
            assert!((ems.s(i)[j] - s).abs() < 1e-5 * (1.0 + s.abs()), "s at {i}: {} for {s}", ems.s(i)[j]);
            let b = mr - s * mf;
            assert!((ems.b(i)[j] - b).abs() < 1e-5 * (1.0 + b.abs()), "b at {i}: {} for {b}", ems.b(i)[j]);
        }
    }
    // l by all directions instead of random ones: E[σ ∂ε_j/∂x_j], within five standard errors of the random directions.
    let level = ems.levels()[12];
    let x = {
        let mut x = data.clone();
        for row in 0..n {
            let mut stream = Seed(3).stream("ems noise", row as u64);
            x.row_mut(row).iter_mut().for_each(|x| *x = level.alpha * *x + level.sigma * stream.normal());
        }
        x
    };
    for j in 0..d {
        let mut v = Batch::zeros(n, d);
        (0..n).for_each(|row| v.row_mut(row)[j] = 1.0);
        let direction = Direction { x: &v, level: Rate::default() };
        let mut out = Batch::zeros(n, d);
        model.tangent(&x, 0, &level, Prediction::Noise, &direction, &mut out).unwrap();
        let l = (0..n).map(|row| level.sigma * out.row(row)[j]).sum::<f64>() / n as f64;
        // The random part is what the other coordinates give.
        let others: f64 = (0..n)
            .map(|row| (0..d).filter(|&i| i != j).map(|i| (level.sigma * out.row(row)[i]).powi(2)).sum::<f64>())
            .sum::<f64>();
        let error = 5.0 * (others / 2.0).sqrt() / n as f64;
        assert!((ems.l(12)[j] - l).abs() < error, "l: {} for {l}, {error}", ems.l(12)[j]);
        assert!(error < 0.2);
    }
}

#[test]
fn constant_coordinates_are_counted_and_harmless() {
    let (model, schedule) = (gmm8().unwrap(), VpLinear::default());
    let path = Path::whole(&schedule).unwrap();
    // A ninth coordinate that is always ½.
    let padded = Function::new(9, Prediction::Data, |x: &Batch, level: &Level, out: &mut Batch| {
        for i in 0..x.rows() {
            let mut inner = Batch::zeros(1, 8);
            model.predict(&Batch::new(8, x.row(i)[..8].to_vec())?, 0, level, Prediction::Data, &mut inner)?;
            out.row_mut(i)[..8].copy_from_slice(inner.data());
            out.row_mut(i)[8] = 0.5;
        }
        Ok(())
    });
    let data = model.draws(Seed(1), 128);
    let rows = (0..128).flat_map(|i| data.row(i).iter().copied().chain([0.5])).collect();
    let data = Batch::new(9, rows).unwrap();
    let ems = Estimation { steps: 40, ..Estimation::default() }.run(&padded, &path, &data, &mut run(1)).unwrap();
    assert!(ems.about.dead >= 41, "{:?}", ems.about);
    assert!((0..41).all(|i| ems.s(i)[8] == 0.0 && ems.s(i)[..8].iter().any(|s| *s != 0.0)));
    let method = V3 { evaluations: 12, ..V3::new(&ems) };
    let samples = Sampling::new(path, &method).sample(&padded, 4, &mut run(2)).unwrap().x;
    // What is left there is the noise of the end time: it goes exactly.
    let start = start_noise(Seed(2), 0, 4, 9, &path.from);
    for i in 0..4 {
        let noise = (start.row(i)[8] - path.from.alpha * 0.5) / path.from.sigma;
        let exact = path.to.alpha * 0.5 + path.to.sigma * noise;
        assert!((samples.row(i)[8] - exact).abs() < 1e-6, "{} for {exact}", samples.row(i)[8]);
    }
}

#[test]
fn degenerate_statistics_are_other_solvers() {
    let (model, schedule) = (digits().unwrap(), VpLinear::default());
    let path = Path::whole(&schedule).unwrap();
    let start = start_points(6, 64, &path.from);
    let end = |method: &dyn Method| Sampling::new(path, method).transport(&model, &start, &mut run(1)).unwrap().x;
    let never = Tail { lower_below: 0, first_at_end: false };
    for (statistics, of) in [([1.0, 0.0, 0.0], Expansion::Data), ([0.0, -1.0, 0.0], Expansion::Noise)] {
        let ems = Ems::constant(&path, 64, statistics).unwrap();
        for grid in [Grid::LogSnr, Grid::Time, Grid::Quadratic] {
            for order in 1..=3 {
                let corrector = Corrector::Off;
                let grid = grid.clone();
                let ours = V3 { order, corrector, tail: false, evaluations: 12, grid: grid.clone(), ..V3::new(&ems) };
                let multistep =
                    DpmMultistep::new(order).unwrap().form(Form::Taylor).third(Third::Exact).tail(never).expanding(of);
                let solver: &dyn Solver = if order == 1 { &Ddim } else { &multistep };
                let other = end(&Steps { solver, grid, evaluations: 12, denoise: false });
                let apart = rmse(&end(&ours), &other);
                // The second derivative of order 3 is that of the paper form in the second step: not Taylor's.
                let allowed = if order == 3 { 1e-7 } else { 1e-10 };
                assert!(apart < allowed, "{of:?}, order {order}: {apart:.1e}");
            }
        }
    }
}

#[test]
fn unip_is_the_multistep_solver() {
    let (model, schedule) = (gmm8().unwrap(), VpLinear::default());
    let path = Path::whole(&schedule).unwrap();
    let start = start_points(6, 8, &path.from);
    let end = |solver: &dyn Solver| {
        let method = Steps { solver, grid: Grid::Time, evaluations: 11, denoise: false };
        Sampling::new(path, &method).transport(&model, &start, &mut run(1)).unwrap().x
    };
    let always = Tail { lower_below: usize::MAX, first_at_end: false };
    for (data, of) in [(true, Expansion::Data), (false, Expansion::Noise)] {
        for order in 1..=3 {
            let ours = UniPc { corrector: false, data, ..UniPc::new(order).unwrap() };
            let other = DpmMultistep::new(order).unwrap().third(Third::Exact).tail(always).expanding(of);
            assert!(rmse(&end(&ours), &end(&other)) < 1e-12, "order {order}, {of:?}");
        }
    }
    // bh1 differs in order 2 only by its function, and in order 3 by the steps of order 2.
    let bh1 = UniPc { bh: Bh::One, corrector: false, ..UniPc::new(2).unwrap() };
    assert!(rmse(&end(&bh1), &end(&UniPc { corrector: false, ..UniPc::new(2).unwrap() })) > 1e-4);
    assert!(UniPc::new(4).is_err() && Deis::tab(4).is_err());
    // Degree 0 is DDIM, in every variable.
    for variable in [Extrapolation::Time, Extrapolation::Ratio, Extrapolation::LogRatio] {
        assert!(rmse(&end(&Deis { variable, ..Deis::tab(0).unwrap() }), &end(&Ddim)) < 1e-13);
    }
}

#[test]
fn multistep_methods_have_their_orders() {
    let (model, schedule) = (gmm8_smooth().unwrap(), VpLinear::default());
    let path = Path::whole(&schedule).unwrap();
    let problem = Problem::new(&model, path, start_points(16, 8, &path.from), 1e-13).unwrap();
    let observed = |method: &dyn Fn(usize) -> f64, n: usize| (method(n) / method(2 * n)).log2();
    let mut seen = Vec::new();
    for order in 1..=3 {
        for corrector in [false, true] {
            let solver = UniPc { corrector, tail: false, ..UniPc::new(order).unwrap() };
            let error = |n| problem.fixed(&solver, &Grid::LogSnr, n, &mut run(1)).unwrap().rmse;
            seen.push((solver.name(), observed(&error, 384), solver.order()));
        }
        for variable in [Extrapolation::Time, Extrapolation::LogRatio] {
            // In the logarithm the first steps, of lower degree, show before the order of degree 3 does.
            if (order, variable) != (3, Extrapolation::LogRatio) {
                let solver = Deis { variable, ..Deis::tab(order).unwrap() };
                let error = |n| problem.fixed(&solver, &Grid::LogSnr, n, &mut run(1)).unwrap().rmse;
                seen.push((solver.name(), observed(&error, 384), solver.order()));
            }
        }
    }
    let data = model.draws(Seed(1), 256);
    let ems = Estimation { steps: 1200, ..Estimation::default() }.run(&model, &path, &data, &mut run(1)).unwrap();
    for order in 1..=3 {
        let error = |n| {
            let corrector = Corrector::Off;
            let method = V3 { order, corrector, tail: false, evaluations: n, ..V3::new(&ems) };
            problem.score(&method, &mut run(1)).unwrap().rmse
        };
        seen.push((format!("v3-{order}"), observed(&error, 192), order));
    }
    for (name, order, expected) in seen {
        assert!((order - expected as f64).abs() < 0.25, "{name}: {order}");
    }
}

#[test]
fn what_is_saved_goes_on_to_the_same_bits() {
    let (model, schedule) = (gmm8().unwrap(), VpLinear::default());
    let path = Path::whole(&schedule).unwrap();
    let data = model.draws(Seed(1), 100);
    let estimation = Estimation { steps: 9, ..Estimation::default() };
    let whole = estimation.run(&model, &path, &data, &mut run(5)).unwrap();
    for (split, threads) in [(0, 1), (4, 2), (10, 3)] {
        let mut first = Estimator::begin(&estimation, &path, &data, Seed(5)).unwrap().threads(threads);
        for _ in 0..split {
            first.advance(&model).unwrap();
        }
        let saved: Moments = rmp_serde::from_slice(&rmp_serde::to_vec_named(first.moments()).unwrap()).unwrap();
        let mut second = Estimator::resume(&estimation, &path, &data, Seed(5), saved.clone()).unwrap().threads(threads);
        assert_eq!(second.carry(&model, &mut run(5), |_| Ok(())).unwrap(), Stopped::Converged);
        assert_eq!(second.finish(&model).unwrap(), whole);
        // Not with anything else.
        assert!(Estimator::resume(&estimation, &path, &data, Seed(6), saved.clone()).is_err());
        assert!(
            Estimator::resume(&Estimation { probes: 2, ..estimation }, &path, &data, Seed(5), saved.clone()).is_err()
        );
        let other = model.draws(Seed(2), 100);
        assert!(Estimator::resume(&estimation, &path, &other, Seed(5), saved).is_err());
    }
    let stopped = estimation.run(&model, &path, &data, &mut run(5).evaluation_limit(3)).unwrap_err();
    assert!(matches!(stopped, Error::Environment { .. }), "{stopped}");

    let method = V3 { evaluations: 9, pseudo_corrector: true, corrector: Corrector::Half, ..V3::new(&whole) };
    let answer = |walk: &V3Walk| {
        let query = walk.query()?;
        let mut answer = Batch::zeros(3, 8);
        model.predict(query.x, 0, &query.level, query.want, &mut answer).unwrap();
        Some(answer)
    };
    let begin = || V3Walk::begin(&method, &path, start_noise(Seed(1), 0, 3, 8, &path.from)).unwrap();
    let mut all = begin();
    while let Some(answer) = answer(&all) {
        all.step(answer).unwrap();
    }
    assert_eq!(all.evaluations(), 9);
    assert!(all.step(Batch::zeros(3, 8)).is_err());
    for split in 0..=9 {
        let mut walk = begin();
        for _ in 0..split {
            walk.step(answer(&walk).unwrap()).unwrap();
        }
        let state = rmp_serde::from_slice(&rmp_serde::to_vec_named(walk.saved()).unwrap()).unwrap();
        let mut walk = V3Walk::resume(&method, state).unwrap();
        while let Some(answer) = answer(&walk) {
            walk.step(answer).unwrap();
        }
        assert_eq!(walk.saved(), all.saved(), "saved after {split} answers");
    }
    // Samples do not depend on those beside them.
    let sampled =
        |batch| Sampling::new(path, &method).batch(batch).threads(2).sample(&model, 7, &mut run(3)).unwrap().x;
    assert_eq!(sampled(1), sampled(7));
    assert_eq!(sampled(7).slice(2, 3).data(), sampled(2).row(2));
}

#[test]
fn what_is_impossible_is_refused_in_words() {
    let (model, schedule) = (gmm8().unwrap(), VpLinear::default());
    let path = Path::whole(&schedule).unwrap();
    let ems = Ems::constant(&path, 8, [1.0, 0.0, 0.0]).unwrap();
    let start = || Batch::zeros(2, 8);
    let refused = |method: &V3, path: &Path, start: Batch| V3Walk::begin(method, path, start).unwrap_err().to_string();
    let good = V3::new(&ems);
    assert!(refused(&V3 { order: 4, ..good.clone() }, &path, start()).contains("must be 1, 2 or 3"));
    assert!(refused(&V3 { evaluations: 0, ..good.clone() }, &path, start()).contains("number of steps"));
    assert!(refused(&good, &path, Batch::zeros(2, 7)).contains("that of the statistics, 8"));
    let beyond = Path::new(&schedule, 1.0, 1e-4).unwrap();
    assert!(refused(&good, &beyond, start()).contains("the range of the statistics"));
    let edm = schedule::Edm::default();
    assert!(refused(&good, &Path::new(&edm, 80.0, 0.02).unwrap(), start()).starts_with("the schedule is edm"));
    let estimate = |estimation: Estimation, data: &Batch| {
        estimation.run(&model, &path, data, &mut run(1)).unwrap_err().to_string()
    };
    let data = model.draws(Seed(1), 4);
    let base = Estimation::default();
    assert!(estimate(Estimation { steps: 1, ..base }, &data).contains("at least 2"));
    assert!(estimate(Estimation { probes: 0, ..base }, &data).contains("the number of probes is 0"));
    assert!(estimate(base, &data.slice(0, 1)).contains("the number of samples is 1"));
    assert!(estimate(base, &Batch::zeros(4, 3)).contains("the dimension of the data is 3"));
    let fixed = Estimation { fixed_l: Some(1.0), steps: 6, ..base };
    let ems = fixed.run(&model, &path, &data, &mut run(1)).unwrap();
    assert!((0..7).all(|i| ems.l(i).iter().all(|l| *l == 1.0)));
    assert!(Ems::constant(&path, 8, [f64::NAN, 0.0, 0.0]).is_err() && Ems::constant(&path, 0, [0.0; 3]).is_err());
}
