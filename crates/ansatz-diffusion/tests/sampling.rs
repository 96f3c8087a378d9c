//! What a sampling promises, whatever its method.

use ansatz_core::{Run, Seed, Stopped};
use ansatz_diffusion::model::{Component, Conditional, Covariance, Function, Guided, Mixture, Model, digits, gmm8};
use ansatz_diffusion::schedule::{self, Schedule, VpLinear};
use ansatz_diffusion::solver::{
    Adaptive, AdaptiveWalk, Control, DormandPrince, DpmPair, DpmSolver, Method, Steps, Variable, named,
};
use ansatz_diffusion::{Batch, Grid, Path, Prediction, Sampling, Stepper, Walk, rmse, start_noise};

fn run(seed: u64) -> Run {
    Run::new(Seed(seed))
}

fn answer(model: &dyn Model, stepper: &dyn Stepper) -> Option<Batch> {
    let query = stepper.query()?;
    let mut answer = Batch::zeros(query.x.rows(), query.x.dim());
    model.predict(query.x, 0, &query.level, query.want, &mut answer).unwrap();
    Some(answer)
}

#[test]
fn samples_depend_on_seed_and_index_only() {
    let (model, schedule) = (gmm8().unwrap(), VpLinear::default());
    let path = Path::whole(&schedule).unwrap();
    let pair = DpmPair::new(3).unwrap();
    let adaptive = Adaptive { pair: &pair, control: Control::default() };
    for name in ansatz_diffusion::solver::NAMES {
        let solver = named(name).unwrap();
        let steps = Steps { solver: &*solver, grid: Grid::LogSnr, evaluations: 12, denoise: false };
        check_independence(&model, path, &steps);
    }
    check_independence(&model, path, &adaptive);
    // Guidance with classes in turn, too.
    check_independence(&Guided::new(&model, vec![0, 3, 5], 2.0).unwrap(), path, &adaptive);
}

fn check_independence(model: &dyn Model, path: Path, method: &dyn Method) {
    let whole = Sampling::new(path, method).batch(1000).sample(model, 13, &mut run(5)).unwrap();
    assert_eq!(whole.stopped, Stopped::Converged);
    for (batch, threads) in [(1, 1), (4, 2), (5, 3), (13, 4)] {
        let other = Sampling::new(path, method).batch(batch).threads(threads).sample(model, 13, &mut run(5)).unwrap();
        assert_eq!(whole.x, other.x, "{} in batches of {batch}", method.name());
        assert_eq!(whole.work, other.work);
    }
    let fewer = Sampling::new(path, method).sample(model, 6, &mut run(5)).unwrap();
    assert_eq!(whole.x.slice(0, 6), fewer.x, "{}", method.name());
    assert_ne!(Sampling::new(path, method).sample(model, 13, &mut run(6)).unwrap().x, whole.x);
}

#[test]
fn a_walk_that_is_saved_anywhere_goes_on_to_the_same_bits() {
    let (model, schedule) = (gmm8().unwrap(), VpLinear::default());
    let path = Path::whole(&schedule).unwrap();
    let solver = DpmSolver::fast(3).unwrap();
    let method = Steps { solver: &solver, grid: Grid::Time, evaluations: 11, denoise: true };
    let begin = || Walk::begin(method.plan(&path).unwrap(), start_noise(Seed(1), 0, 3, 8, &path.from)).unwrap();
    let mut whole = begin();
    while let Some(answer) = answer(&model, &whole) {
        whole.step(answer).unwrap();
    }
    assert_eq!(whole.evaluations(), 12);
    for split in 0..=12 {
        let mut walk = begin();
        for _ in 0..split {
            walk.step(answer(&model, &walk).unwrap()).unwrap();
        }
        let mut walk: Walk = rmp_serde::from_slice(&rmp_serde::to_vec_named(&walk).unwrap()).unwrap();
        while let Some(answer) = answer(&model, &walk) {
            walk.step(answer).unwrap();
        }
        assert_eq!(walk.state(), whole.state(), "saved after {split} answers");
    }
    assert!(whole.step(Batch::zeros(3, 8)).is_err(), "an answer to no question");
}

#[test]
fn an_adaptive_walk_that_is_saved_anywhere_goes_on_to_the_same_bits() {
    let (model, schedule) = (gmm8().unwrap(), VpLinear::default());
    let path = Path::whole(&schedule).unwrap();
    let (dpm, generic) = (DpmPair::new(3).unwrap(), DormandPrince { variable: Variable::Time });
    for method in [
        Adaptive { pair: &dpm, control: Control::default() },
        Adaptive { pair: &generic, control: Control::runge_kutta(1e-2) },
    ] {
        let begin = || AdaptiveWalk::begin(&method, &path, start_noise(Seed(1), 0, 3, 8, &path.from)).unwrap();
        let mut whole = begin();
        while let Some(answer) = answer(&model, &whole) {
            whole.step(answer).unwrap();
        }
        assert!(whole.rejected() > 0, "{}: a case without rejections shows little", method.name());
        for split in 0..whole.evaluations() {
            let mut walk = begin();
            for _ in 0..split {
                walk.step(answer(&model, &walk).unwrap()).unwrap();
            }
            let state = rmp_serde::from_slice(&rmp_serde::to_vec_named(walk.saved()).unwrap()).unwrap();
            let mut walk = AdaptiveWalk::resume(&method, &schedule, state);
            while let Some(answer) = answer(&model, &walk) {
                walk.step(answer).unwrap();
            }
            assert_eq!(walk.saved(), whole.saved(), "saved after {split} answers");
        }
    }
}

#[test]
fn samples_have_the_moments_of_the_mixture() {
    let covariance = Covariance::Full(vec![0.5, 0.3, 0.3, 0.4]);
    let model = Mixture::new(vec![
        Component { weight: 1.0, mean: vec![1.0, -0.5], covariance, class: 0 },
        Component { weight: 2.0, mean: vec![-0.5, 0.8], covariance: Covariance::Diagonal(vec![0.1, 0.3]), class: 1 },
    ])
    .unwrap();
    let n = 20_000;
    let schedule = VpLinear::default();
    let path = Path::whole(&schedule).unwrap();
    let solver = DpmSolver::fast(3).unwrap();
    let method = Steps { solver: &solver, grid: Grid::LogSnr, evaluations: 45, denoise: false };
    let sampled = Sampling::new(path, &method).sample(&model, n, &mut run(9)).unwrap().x;
    let mut stream = Seed(9).stream("mixture", 0);
    let drawn = Batch::new(2, (0..n).flat_map(|_| model.draw(&mut stream)).collect()).unwrap();
    let (mean, covariance) = (model.mean(), model.covariance());
    for x in [sampled, drawn] {
        let average = |f: &dyn Fn(&[f64]) -> f64| {
            let values: Vec<f64> = (0..n).map(|i| f(x.row(i))).collect();
            let m = values.iter().sum::<f64>() / n as f64;
            let v = values.iter().map(|v| (v - m) * (v - m)).sum::<f64>() / n as f64;
            (m, (v / n as f64).sqrt())
        };
        for i in 0..2 {
            let (m, error) = average(&|x| x[i]);
            assert!((m - mean[i]).abs() < 5.0 * error, "mean {i}: {m} for {}", mean[i]);
            for j in 0..2 {
                let (c, error) = average(&|x| (x[i] - mean[i]) * (x[j] - mean[j]));
                assert!((c - covariance[2 * i + j]).abs() < 5.0 * error, "covariance {i}{j}: {c}");
            }
        }
    }
}

#[test]
fn predictions_are_those_of_the_definition() {
    // The score is the gradient of the logarithm of the density, here by differences of the sum of Gaussians.
    let full = Covariance::Full(vec![0.5, 0.3, 0.3, 0.4]);
    let parts =
        [(0.2, [1.0, -0.5], [0.5, 0.3, 0.4]), (0.5, [-0.5, 0.8], [0.2, 0.0, 0.2]), (0.3, [0.0, 0.0], [0.1, 0.0, 0.6])];
    let model = Mixture::new(vec![
        Component { weight: 0.2, mean: vec![1.0, -0.5], covariance: full, class: 0 },
        Component { weight: 0.5, mean: vec![-0.5, 0.8], covariance: Covariance::Isotropic(0.2), class: 1 },
        Component { weight: 0.3, mean: vec![0.0, 0.0], covariance: Covariance::Diagonal(vec![0.1, 0.6]), class: 1 },
    ])
    .unwrap();
    let log_density = |x: [f64; 2], alpha: f64, sigma: f64, class: Option<usize>| {
        let one = |(k, (w, m, c)): (usize, &(f64, [f64; 2], [f64; 3]))| {
            let chosen = class.is_none_or(|class| class == usize::from(k > 0));
            let (a, b, d) =
                (alpha * alpha * c[0] + sigma * sigma, alpha * alpha * c[1], alpha * alpha * c[2] + sigma * sigma);
            let (u, v) = (x[0] - alpha * m[0], x[1] - alpha * m[1]);
            let determinant = a * d - b * b;
            let square = (d * u * u - 2.0 * b * u * v + a * v * v) / determinant;
            if chosen { w * (-0.5 * square).exp() / determinant.sqrt() } else { 0.0 }
        };
        parts.iter().enumerate().map(one).sum::<f64>().ln()
    };
    for t in [0.01, 0.3, 0.7, 1.0] {
        let level = VpLinear::default().level(t).unwrap();
        for x in [[0.3, 0.4], [-1.0, 2.0]] {
            for class in [None, Some(0), Some(1)] {
                let mut score = Batch::zeros(1, 2);
                let point = Batch::new(2, x.to_vec()).unwrap();
                match class {
                    None => model.predict(&point, 0, &level, Prediction::Score, &mut score),
                    Some(c) => model.predict_class(&point, &[c], &level, Prediction::Score, &mut score),
                }
                .unwrap();
                for i in 0..2 {
                    let at = |h: f64| {
                        let mut x = x;
                        x[i] += h;
                        log_density(x, level.alpha, level.sigma, class)
                    };
                    let h = 1e-4;
                    let slope = (8.0 * (at(h) - at(-h)) - at(2.0 * h) + at(-2.0 * h)) / (12.0 * h);
                    let value = score.data()[i];
                    assert!((value - slope).abs() < 1e-7 * (1.0 + slope.abs()), "t = {t}: {value} for {slope}");
                }
                // The other predictions are conversions of it.
                for want in Prediction::ALL {
                    let mut direct = Batch::zeros(1, 2);
                    match class {
                        None => model.predict(&point, 0, &level, want, &mut direct),
                        Some(c) => model.predict_class(&point, &[c], &level, want, &mut direct),
                    }
                    .unwrap();
                    let mut converted = score.clone();
                    want.convert(Prediction::Score, &level, &point, &mut converted).unwrap();
                    assert!(rmse(&direct, &converted) < 1e-11 * (1.0 + 1.0 / level.alpha), "{want} at t = {t}");
                }
            }
        }
    }
}

#[test]
fn guidance_of_one_is_the_class_and_of_zero_is_none() {
    let model = digits().unwrap();
    let level = VpLinear::default().level(0.4).unwrap();
    let x = start_noise(Seed(1), 0, 4, 64, &level);
    let guided = |scale: f64| {
        let mut out = Batch::zeros(4, 64);
        let guided = Guided::new(&model, vec![7, 2], scale).unwrap();
        guided.predict(&x, 1, &level, Prediction::Data, &mut out).unwrap();
        out
    };
    let (mut class, mut free) = (Batch::zeros(4, 64), Batch::zeros(4, 64));
    // The first row is sample 1, whose class is the second.
    model.predict_class(&x, &[2, 7, 2, 7], &level, Prediction::Data, &mut class).unwrap();
    model.predict(&x, 0, &level, Prediction::Data, &mut free).unwrap();
    assert!(rmse(&guided(1.0), &class) < 1e-15 && rmse(&guided(0.0), &free) < 1e-15);
    assert!(rmse(&class, &free) > 1e-3);
    assert!(Guided::new(&model, vec![10], 1.0).is_err() && Guided::new(&model, vec![], 1.0).is_err());
    assert!(Guided::new(&model, vec![1], -1.0).is_err() && Guided::new(&model, vec![1], f64::NAN).is_err());
}

#[test]
fn every_schedule_and_kind_of_model_gives_the_same_samples() {
    // One Gaussian: a network of each kind, through conversions, against the closed form.
    let model = gmm8().unwrap();
    for name in schedule::NAMES {
        let schedule = schedule::named(name).unwrap();
        let (start, end) = schedule.span();
        let path = Path::new(&*schedule, if name == "flow" { 0.999 } else { start }, end).unwrap();
        let solver = DpmSolver::fixed(3).unwrap();
        let method = Steps { solver: &solver, grid: Grid::LogSnr, evaluations: 60, denoise: false };
        let direct = Sampling::new(path, &method).sample(&model, 4, &mut run(1)).unwrap().x;
        for kind in Prediction::ALL {
            let network = Function::new(8, kind, |x: &Batch, level: &schedule::Level, out: &mut Batch| {
                model.predict(x, 0, level, kind, out)
            });
            let through = Sampling::new(path, &method).sample(&network, 4, &mut run(1)).unwrap().x;
            assert!(rmse(&direct, &through) < 1e-9, "{name} {kind}: {}", rmse(&direct, &through));
        }
    }
}

#[test]
fn what_breaks_is_named() {
    let schedule = VpLinear::default();
    let path = Path::whole(&schedule).unwrap();
    let solver = DpmSolver::fast(3).unwrap();
    let method = |evaluations| Steps { solver: &solver, grid: Grid::LogSnr, evaluations, denoise: false };
    let broken = Function::new(2, Prediction::Noise, |_: &Batch, level: &schedule::Level, out: &mut Batch| {
        out.data_mut()[3] = if level.t < 0.5 { f64::NAN } else { 0.0 };
        Ok(())
    });
    let ten = method(10);
    let error = Sampling::new(path, &ten).sample(&broken, 3, &mut run(1)).unwrap_err().to_string();
    assert!(error.starts_with("the model's answer is not finite at question 5, time 0.46"), "{error}");
    assert!(error.ends_with("sample 1, coordinate 1"), "{error}");
    let model = gmm8().unwrap();
    let none = method(0);
    let error = Sampling::new(path, &none).sample(&model, 3, &mut run(1)).unwrap_err().to_string();
    assert_eq!(error, "the number of evaluations is 0, but must be at least 1 for DPM-Solver-fast-3");
    assert!(Sampling::new(path, &ten).sample(&model, 0, &mut run(1)).is_err());
    assert!(Sampling::new(path, &ten).transport(&model, &Batch::zeros(2, 3), &mut run(1)).is_err());
    assert!(DpmSolver::fast(4).is_err() && DpmPair::new(1).is_err());
    // A limit leaves the states half-way, and says so.
    let stopped = Sampling::new(path, &ten).sample(&model, 3, &mut run(1).evaluation_limit(4)).unwrap();
    assert_eq!((stopped.stopped, stopped.work.evaluations), (Stopped::EvaluationLimit, 4));
}

#[test]
fn fast_uses_every_evaluation() {
    let orders = |p: usize, n: usize| DpmSolver::fast(p).unwrap().orders(n).unwrap();
    assert_eq!(orders(3, 9), [3, 3, 2, 1]);
    assert_eq!(orders(3, 10), [3, 3, 3, 1]);
    assert_eq!(orders(3, 11), [3, 3, 3, 2]);
    assert_eq!(orders(3, 1), [1]);
    assert_eq!(orders(2, 7), [2, 2, 2, 1]);
    for p in 1..=3 {
        for n in 1..60 {
            assert_eq!(orders(p, n).iter().sum::<usize>(), n);
        }
    }
    assert_eq!(DpmSolver::fixed(3).unwrap().orders(11).unwrap(), [3, 3, 3]);
    assert!(DpmSolver::fixed(3).unwrap().orders(2).is_err());
}
