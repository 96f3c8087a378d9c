//! DPM-Solver++ against its formulas written out, its orders, and what it promises at the ends of a path.

use ansatz_core::{Run, Seed};
use ansatz_diffusion::model::{Function, Guided, Model, digits, gmm8};
use ansatz_diffusion::schedule::{self, Flow, Level, Schedule, VpLinear};
use ansatz_diffusion::solver::{
    Ddim, DpmMultistep, DpmSolver, Expansion, Form, NAMES, Orders, Solver, Steps, Tail, Third, multistep, named,
};
use ansatz_diffusion::{
    Batch, Grid, Path, Prediction, Problem, Sampling, Stepper, Walk, rmse, start_noise, start_points, step_noise,
};

fn run() -> Run {
    Run::new(Seed(1))
}

fn predict(model: &dyn Model, x: &Batch, level: &Level, want: Prediction) -> Batch {
    let mut out = Batch::zeros(x.rows(), x.dim());
    model.predict(x, 0, level, want, &mut out).unwrap();
    out
}

/// `Σ c x`.
fn sum(terms: &[(f64, &Batch)]) -> Batch {
    let mut out = Batch::zeros(terms[0].1.rows(), terms[0].1.dim());
    for (c, x) in terms {
        for (out, x) in out.data_mut().iter_mut().zip(x.data()) {
            *out += c * x;
        }
    }
    out
}

fn sample(solver: &dyn Solver, model: &dyn Model, path: Path, grid: &Grid, n: usize) -> Batch {
    let method = Steps { solver, grid: grid.clone(), evaluations: n, denoise: false };
    Sampling::new(path, &method).sample(model, 5, &mut run()).unwrap().x
}

/// The multistep formulas as they are printed, step by step, in the data (`sign = −1`) or the noise (`sign = 1`).
fn printed(
    solver: (usize, Expansion, Form, Third, bool),
    model: &dyn Model,
    nodes: &[Level],
    orders: &[usize],
) -> Batch {
    let (_, of, form, third, stochastic) = solver;
    let (sign, want) = if of == Expansion::Data { (-1.0, Prediction::Data) } else { (1.0, Prediction::Noise) };
    let mut x = start_noise(Seed(1), 0, 5, model.dim(), &nodes[0]);
    let mut m: Vec<Batch> = Vec::new();
    for (i, pair) in nodes.windows(2).enumerate() {
        let (s, t) = (pair[0], pair[1]);
        m.insert(0, predict(model, &x, &s, want));
        let h = t.lambda - s.lambda;
        let u = if stochastic && of == Expansion::Data { 2.0 * h } else { h };
        let k = if stochastic && of == Expansion::Noise { 2.0 } else { 1.0 };
        let f = (sign * u).exp_m1();
        let (w1, w2, w3) = match of {
            Expansion::Data => {
                let a = t.alpha;
                (-a * f, a * (f / u + 1.0), -a * ((f / u + 1.0) / u - 0.5))
            }
            Expansion::Noise => {
                let s = -k * t.sigma;
                (s * f, s * (f / u - 1.0), s * ((f / u - 1.0) / u - 0.5))
            }
        };
        let carry = match (of, stochastic) {
            (Expansion::Noise, _) => t.alpha / s.alpha,
            (Expansion::Data, false) => t.sigma / s.sigma,
            (Expansion::Data, true) => t.sigma / s.sigma * (-h).exp(),
        };
        let mut next = sum(&[(carry, &x), (w1, &m[0])]);
        if orders[i] >= 2 {
            let h0 = s.lambda - nodes[i - 1].lambda;
            let r0 = h0 / h;
            let d0 = sum(&[(1.0 / r0, &m[0]), (-1.0 / r0, &m[1])]);
            if orders[i] == 2 {
                let c = if form == Form::Taylor { w2 } else { 0.5 * w1 };
                next = sum(&[(1.0, &next), (c, &d0)]);
            } else {
                let r1 = (nodes[i - 1].lambda - nodes[i - 2].lambda) / h;
                let d1 = sum(&[(1.0 / r1, &m[1]), (-1.0 / r1, &m[2])]);
                let slope = sum(&[(1.0 + r0 / (r0 + r1), &d0), (-r0 / (r0 + r1), &d1)]);
                let c = if third == Third::Exact { 2.0 } else { 1.0 };
                let curve = sum(&[(c / (r0 + r1), &d0), (-c / (r0 + r1), &d1)]);
                next = sum(&[(1.0, &next), (w2, &slope), (w3, &curve)]);
            }
        }
        if stochastic {
            let nu = match of {
                Expansion::Data => t.sigma * (1.0 - (-2.0 * h).exp()).sqrt(),
                Expansion::Noise => t.sigma * (2.0 * h).exp_m1().sqrt(),
            };
            next = sum(&[(1.0, &next), (nu, &step_noise(Seed(1), i, 0, 5, model.dim()))]);
        }
        x = next;
    }
    x
}

#[test]
fn multistep_plans_are_the_printed_formulas() {
    let (model, schedule) = (gmm8().unwrap(), VpLinear::default());
    let path = Path::whole(&schedule).unwrap();
    for order in 1..=3 {
        for of in [Expansion::Data, Expansion::Noise] {
            for form in [Form::Paper, Form::Taylor] {
                for third in [Third::Official, Third::Exact] {
                    for stochastic in [false, true] {
                        for (n, lower_below) in [(7, 15), (7, 0), (16, 15)] {
                            let tail = Tail { lower_below, first_at_end: n == 16 };
                            let solver = DpmMultistep::new(order).unwrap().expanding(of).form(form).third(third);
                            let solver = if stochastic { solver.stochastic() } else { solver }.tail(tail);
                            let nodes = Grid::Quadratic.nodes(&path, n).unwrap();
                            let orders: Vec<usize> = (0..n)
                                .map(|i| {
                                    let left = if n < lower_below { n - i } else { 9 };
                                    let left = if n == 16 && i == 15 { 1 } else { left };
                                    order.min(i + 1).min(left)
                                })
                                .collect();
                            let known = printed((order, of, form, third, stochastic), &model, &nodes, &orders);
                            let x = sample(&solver, &model, path, &Grid::Quadratic, n);
                            let size = known.data().iter().fold(0.0f64, |m, x| m.max(x.abs()));
                            let error = rmse(&x, &known) / size;
                            assert!(error < 1e-11, "{} {n} {lower_below}: {error}", solver.name());
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn singlestep_plans_are_the_printed_formulas() {
    let (model, schedule) = (gmm8().unwrap(), VpLinear::default());
    let path = Path::whole(&schedule).unwrap();
    let data = |x: &Batch, level: &Level| predict(&model, x, level, Prediction::Data);
    for taylor in [false, true] {
        let form = if taylor { Form::Taylor } else { Form::Paper };
        for order in 1..=3 {
            let solver = DpmSolver::new(order, Orders::Fixed, form).unwrap().plus_plus();
            let mut x = start_noise(Seed(1), 0, 5, 8, &path.from);
            for pair in Grid::LogSnr.nodes(&path, 4).unwrap().windows(2) {
                let (s, t) = (pair[0], pair[1]);
                let h = t.lambda - s.lambda;
                let f = |h: f64| (-h).exp_m1();
                let at = |r: f64| schedule.level_at(s.lambda + r * h).unwrap();
                let m = data(&x, &s);
                let first = |to: &Level, h: f64| sum(&[(to.sigma / s.sigma, &x), (-to.alpha * f(h), &m)]);
                x = match order {
                    1 => first(&t, h),
                    2 => {
                        let r = 0.5;
                        let d = sum(&[(1.0, &data(&first(&at(r), r * h), &at(r))), (-1.0, &m)]);
                        let c = if taylor { t.alpha * (f(h) / h + 1.0) / r } else { -t.alpha * f(h) / (2.0 * r) };
                        sum(&[(1.0, &first(&t, h)), (c, &d)])
                    }
                    _ => {
                        let (r1, r2) = (1.0 / 3.0, 2.0 / 3.0);
                        let d1 = sum(&[(1.0, &data(&first(&at(r1), r1 * h), &at(r1))), (-1.0, &m)]);
                        let c = at(r2).alpha * r2 / r1 * (f(r2 * h) / (r2 * h) + 1.0);
                        let u2 = sum(&[(1.0, &first(&at(r2), r2 * h)), (c, &d1)]);
                        let d2 = sum(&[(1.0, &data(&u2, &at(r2))), (-1.0, &m)]);
                        let phi2 = f(h) / h + 1.0;
                        if taylor {
                            let (d1, d2) = (sum(&[(1.0 / r1, &d1)]), sum(&[(1.0 / r2, &d2)]));
                            let slope = sum(&[(r2 / (r2 - r1), &d1), (-r1 / (r2 - r1), &d2)]);
                            let curve = sum(&[(2.0 / (r2 - r1), &d2), (-2.0 / (r2 - r1), &d1)]);
                            let phi3 = phi2 / h - 0.5;
                            sum(&[(1.0, &first(&t, h)), (t.alpha * phi2, &slope), (-t.alpha * phi3, &curve)])
                        } else {
                            sum(&[(1.0, &first(&t, h)), (t.alpha * phi2 / r2, &d2)])
                        }
                    }
                };
            }
            let plan = sample(&solver, &model, path, &Grid::LogSnr, 4 * order);
            assert!(rmse(&plan, &x) < 1e-12, "{}: {}", solver.name(), rmse(&plan, &x));
        }
    }
}

#[test]
fn order_one_is_ddim_in_both_forms() {
    let (model, schedule) = (gmm8().unwrap(), VpLinear::default());
    let path = Path::whole(&schedule).unwrap();
    let ddim = sample(&Ddim, &model, path, &Grid::Time, 9);
    for solver in [DpmMultistep::new(1).unwrap(), DpmMultistep::new(1).unwrap().expanding(Expansion::Noise)] {
        assert!(rmse(&sample(&solver, &model, path, &Grid::Time, 9), &ddim) < 1e-12);
    }
    assert!(rmse(&sample(&DpmSolver::fast(1).unwrap().plus_plus(), &model, path, &Grid::Time, 9), &ddim) < 1e-12);
}

#[test]
fn every_form_has_its_order() {
    let (model, schedule) = (gmm8().unwrap(), VpLinear::default());
    let path = Path::whole(&schedule).unwrap();
    let problem = Problem::new(&model, path, start_points(24, 8, &path.from), 1e-12).unwrap();
    let multi = |p| DpmMultistep::new(p).unwrap();
    let single = |p, form| DpmSolver::new(p, Orders::Fixed, form).unwrap().plus_plus();
    let noise = |p| multi(p).expanding(Expansion::Noise);
    let solvers: [(&dyn Solver, usize, f64); 9] = [
        (&single(2, Form::Paper), 384, 2.0),
        (&single(2, Form::Taylor), 384, 2.0),
        (&single(3, Form::Paper), 384, 3.0),
        (&single(3, Form::Taylor), 384, 3.0),
        (&multi(2), 384, 2.0),
        (&multi(2).form(Form::Taylor), 384, 2.0),
        (&multi(3), 384, 2.1),
        (&multi(3).third(Third::Exact), 384, 3.0),
        (&noise(3).third(Third::Exact), 384, 3.0),
    ];
    for (solver, n, expected) in solvers {
        let error = |n| problem.fixed(solver, &Grid::LogSnr, n, &mut run()).unwrap().rmse;
        let order = (error(n) / error(2 * n)).log2();
        assert!((order - expected).abs() < 0.2, "{}: {order}", solver.name());
    }
}

#[test]
fn paths_may_end_at_data_and_begin_at_noise() {
    let model = gmm8().unwrap();
    // All numbers of evaluations, among them 3 n − 1: the last step is of order 1.
    for name in schedule::NAMES {
        let schedule = schedule::named(name).unwrap();
        let Ok(clean) = schedule.level(schedule.domain().0) else { panic!("{name} has no end") };
        if clean.sigma != 0.0 {
            continue;
        }
        let (start, _) = schedule.span();
        let start = if name == "flow" { 0.999 } else { start };
        let path = Path::new(&*schedule, start, clean.t).unwrap();
        for solver in NAMES.iter().filter(|name| name.contains("dpmpp")) {
            let solver = named(solver).unwrap();
            for n in 1..=12 {
                let x = sample(&*solver, &model, path, &Grid::Time, n);
                assert!(x.data().iter().all(|x| x.is_finite()), "{name} {} {n}", solver.name());
                let plan = solver.plan(&path, &Grid::Time, n).unwrap();
                assert!(plan.evaluations() <= n && plan.evaluations() + 2 >= n, "{} {n}", solver.name());
                // The end is a prediction of the data.
                let last: f64 = plan.result().0.iter().map(|(_, c)| c).sum();
                assert!((last - 1.0).abs() < 1e-12, "{} {n}: {last}", solver.name());
            }
        }
        let error = DpmMultistep::new(2).unwrap().expanding(Expansion::Noise).plan(&path, &Grid::Time, 5).unwrap_err();
        assert!(error.to_string().starts_with("an end of the path, time is 0"), "{error}");
    }
    // A flow from pure noise, λ = −∞: the error falls as from just below.
    let flow = Flow::default();
    let path = Path::whole(&flow).unwrap();
    let problem = Problem::new(&model, path, start_points(8, 8, &path.from), 1e-12).unwrap();
    for order in [2, 3] {
        let solver = DpmMultistep::new(order).unwrap();
        let error = |n| problem.fixed(&solver, &Grid::Time, n, &mut run()).unwrap().median;
        assert!(error(20) > 2.0 * error(40) && error(40) < 0.05, "{} {}", error(20), error(40));
    }
}

#[test]
fn noise_of_steps_depends_on_seed_and_index_only_and_survives_a_save() {
    let (model, schedule) = (gmm8().unwrap(), VpLinear::default());
    let path = Path::whole(&schedule).unwrap();
    let solver = DpmMultistep::new(2).unwrap().stochastic();
    let plan = solver.plan(&path, &Grid::LogSnr, 8).unwrap();
    assert_eq!(plan.draws(), 8);
    assert!(Walk::begin(plan.clone(), start_noise(Seed(1), 0, 3, 8, &path.from)).is_err(), "noise from no seed");
    let carry = |split: Option<usize>| {
        let start = start_noise(Seed(1), 2, 3, 8, &path.from);
        let mut walk = Walk::begin_at(plan.clone(), start, Seed(1), 2).unwrap();
        for i in 0..8 {
            if split == Some(i) {
                walk = rmp_serde::from_slice(&rmp_serde::to_vec_named(&walk).unwrap()).unwrap();
            }
            let query = walk.query().unwrap();
            let answer = predict(&model, query.x, &query.level, query.want);
            walk.step(answer).unwrap();
        }
        walk.state().clone()
    };
    let whole = carry(None);
    for split in 0..8 {
        assert_eq!(carry(Some(split)), whole);
    }
    assert_eq!(sample(&solver, &model, path, &Grid::LogSnr, 8).slice(2, 5), whole);
    let other = DpmMultistep::new(2).unwrap();
    assert!(rmse(&sample(&other, &model, path, &Grid::LogSnr, 8).slice(2, 5), &whole) > 0.1);
    assert!(solver.plan(&path.reversed(), &Grid::LogSnr, 8).is_err(), "the stochastic equation does not encode");
}

#[test]
fn strong_guidance_lowers_the_order_and_says_so() {
    let three = multistep("dpmpp-3m").unwrap();
    assert_eq!(three.under_guidance(5.9, 10), (three, None));
    assert_eq!(three.under_guidance(8.0, 13), (three, None));
    let (lowered, notice) = three.under_guidance(8.0, 10);
    assert_eq!(lowered, DpmMultistep::new(2).unwrap());
    assert!(notice.is_some());
    // With reason: on the digits the third order is lost by far.
    let digits = digits().unwrap();
    let schedule = VpLinear::default();
    let path = Path::whole(&schedule).unwrap();
    let guided = Guided::new(&digits, (0..10).collect(), 8.0).unwrap();
    let fine = sample(&DpmMultistep::new(2).unwrap(), &guided, path, &Grid::LogSnr, 400);
    let error = |solver: &dyn Solver| rmse(&sample(solver, &guided, path, &Grid::LogSnr, 10), &fine);
    assert!(error(&three) > 2.0 * error(&lowered), "{} {}", error(&three), error(&lowered));
    assert!(multistep("dpmpp-2s").is_err() && DpmMultistep::new(4).is_err());
}

#[test]
fn the_linear_toy_model_is_scaled_by_one_factor() {
    // ε(x, t) = x t/(t + 1): every sampler multiplies by a number, the same in every coordinate.
    let model = Function::new(16, Prediction::Noise, |x: &Batch, level: &Level, out: &mut Batch| {
        let c = level.t / (level.t + 1.0);
        for (out, x) in out.data_mut().iter_mut().zip(x.data()) {
            *out = c * x;
        }
        Ok(())
    });
    let schedule = VpLinear::default();
    let path = Path::whole(&schedule).unwrap();
    let start = Batch::new(16, (0..16).map(|i| f64::from(i) / 16.0).collect()).unwrap();
    for name in NAMES.iter().filter(|name| !name.starts_with("sde")) {
        let solver = named(name).unwrap();
        let method = Steps { solver: &*solver, grid: Grid::Time, evaluations: 12, denoise: false };
        let x = Sampling::new(path, &method).transport(&model, &start, &mut run()).unwrap().x;
        let factor = x.data()[15] / start.data()[15];
        for (x, start) in x.data().iter().zip(start.data()) {
            assert!((x - factor * start).abs() < 1e-13 * factor.abs().max(1.0), "{name}");
        }
    }
}
