//! The known samplers as solver schedules.
//!
//! * [`multistep`]: DDIM, DPM-Solver++ 2M and 3M, UniPC, DEIS with polynomials in `λ`, and all that lies between;
//! * [`singlestep`]: DPM-Solver and DPM-Solver++ with inner nodes;
//! * [`all`]: the multistep ones on several grids, with a given number of evaluations: where searches begin, and what they
//!   are measured by.
//!
//! Sources: as the samplers'; the translation is that of Liu et al. 2024, arXiv:2312.07243, checked against the samplers of
//! [`solver`](crate::solver).

use super::decision::{Afs, Corrector, Derivative, Scale, SolverSchedule, StepDecision};
use crate::grid::{Grid, Path};
use crate::prediction::Prediction;
use ansatz_core::{Error, Result};

/// A multistep method.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Multistep {
    /// What is expanded.
    pub prediction: Prediction,
    /// The order of the steps, 1 to 4; the first ones have as many as they can.
    pub order: usize,
    /// The scale of steps of order 2, and of the corrector of steps of order 1.
    pub scale: Scale,
    /// The factor of the second derivative in steps of order 3: ½ in DPM-Solver++ 3M as it was published, which has the
    /// second difference for the second derivative; 1 for the full order.
    pub curvature: f64,
    /// Whether each step but the last is corrected with the next answer.
    pub corrector: bool,
    /// Whether the orders fall at the end: at most so many as steps are left.
    pub tail: bool,
}

impl Multistep {
    /// Steps of this order in their Taylor form: DDIM for order 1; with noise, DEIS with polynomials in `λ`.
    pub fn taylor(prediction: Prediction, order: usize) -> Self {
        Self { prediction, order, scale: Scale::Taylor, curvature: 1.0, corrector: false, tail: false }
    }

    /// DPM-Solver++ of order 1 to 3 (Lu et al. 2022, arXiv:2211.01095), multistep, as published.
    pub fn dpm_solver_pp(order: usize) -> Self {
        Self { scale: Scale::Bh2, curvature: 0.5, ..Self::taylor(Prediction::Data, order) }
    }

    /// UniPC (Zhao et al. 2023, arXiv:2302.04867) with this scale, [`Scale::Bh1`] or [`Scale::Bh2`].
    pub fn unipc(prediction: Prediction, order: usize, scale: Scale) -> Self {
        Self { scale, corrector: true, ..Self::taylor(prediction, order) }
    }
}

/// A multistep method on these nodes.
///
/// # Errors
/// [`Error::Parameter`] for fewer than two nodes.
pub fn multistep(method: &Multistep, nodes: Vec<f64>) -> Result<SolverSchedule> {
    let n = steps_of(&nodes)?;
    let step = |i: usize| {
        let most = if method.tail { n + 1 - i } else { method.order };
        let order = method.order.min(i).min(most);
        let mut step = StepDecision::multistep(method.prediction, order);
        if let [only] = &mut step.derivatives[..] {
            only.scale = method.scale;
        }
        if let [_, second] = &mut step.derivatives[..]
            && method.curvature != 1.0
        {
            second.scale = Scale::Times(method.curvature);
        }
        if method.corrector && i < n {
            let scale = if order == 1 { method.scale } else { Scale::Taylor };
            step.corrector = Some(Corrector { scale, ..Corrector::default() });
        }
        step
    };
    Ok(SolverSchedule { steps: (1..=n).map(step).collect(), nodes, afs: None })
}

fn steps_of(nodes: &[f64]) -> Result<usize> {
    match nodes.len() {
        0 | 1 => Err(Error::parameter("the number of nodes", nodes.len(), "at least 2")),
        many => Ok(many - 1),
    }
}

/// DPM-Solver (noise) or DPM-Solver++ (data), singlestep, of these orders, 1 to 3; `nodes` are those of the steps and the
/// inner ones between them. `taylor` is the form with derivatives in a Taylor expansion.
///
/// # Errors
/// [`Error::Parameter`] for another order, or nodes that are not one more than the sum of the orders.
pub fn singlestep(prediction: Prediction, orders: &[usize], taylor: bool, nodes: Vec<f64>) -> Result<SolverSchedule> {
    let sum: usize = orders.iter().sum();
    if nodes.len() != sum + 1 {
        let allowed = format!("one more than the sum of the orders, {}", sum + 1);
        return Err(Error::parameter("the number of nodes", nodes.len(), allowed));
    }
    let first = |start: usize| StepDecision { start, ..StepDecision::multistep(prediction, 1) };
    let second = |start: usize, active: usize, scale: Scale| StepDecision {
        order: 2,
        derivatives: vec![Derivative { active: vec![active], scale }],
        ..first(start)
    };
    let mut steps = Vec::new();
    for &order in orders {
        let scale = if taylor { Scale::Taylor } else { Scale::Bh2 };
        match order {
            1 => steps.push(first(1)),
            2 => steps.extend([first(1), second(2, 1, scale)]),
            // The second inner node has the factor of the Taylor form in both; the last step uses the second inner node
            // alone, or both.
            3 => steps.extend([first(1), second(2, 1, Scale::Taylor), {
                if taylor {
                    let derivative = Derivative { active: vec![2, 1], scale: Scale::Taylor };
                    StepDecision { order: 3, derivatives: vec![derivative; 2], ..first(3) }
                } else {
                    second(3, 1, Scale::Taylor)
                }
            }]),
            _ => return Err(Error::parameter("an order", order, "1, 2 or 3")),
        }
    }
    Ok(SolverSchedule { nodes, steps, afs: None })
}

/// All multistep presets with `evaluations`: order 1 to 3, noise and data, uniform in `λ`, `t` and `√t`, with and without
/// corrector, falling orders at the end and, where `mean` is given, an analytic first step of either kind. Orders 2 have UniPC's
/// and DPM-Solver++'s second scale; order 3 of the data form is also given as published. None twice.
///
/// # Errors
/// As [`Grid::nodes`].
pub fn all(path: &Path, evaluations: usize, mean: Option<&[f64]>) -> Result<Vec<(String, SolverSchedule)>> {
    let mut presets: Vec<(String, SolverSchedule)> = Vec::new();
    let firsts: &[Option<Afs>] = &match mean {
        None => vec![None],
        Some(mean) => vec![None, Some(Afs::Zero), Some(Afs::Average(mean.to_vec()))],
    };
    let mut methods = Vec::new();
    for prediction in [Prediction::Data, Prediction::Noise] {
        for order in 1..=3 {
            methods.push(Multistep { scale: Scale::Bh2, ..Multistep::taylor(prediction, order) });
        }
    }
    methods.push(Multistep::dpm_solver_pp(3));
    for grid in [Grid::LogSnr, Grid::Time, Grid::Quadratic] {
        for afs in firsts {
            let n = evaluations + usize::from(afs.is_some());
            let nodes: Vec<f64> = grid.nodes(path, n)?.iter().map(|level| level.t).collect();
            for method in &methods {
                for (corrector, tail) in [(false, false), (false, true), (true, false), (true, true)] {
                    if corrector && method.curvature != 1.0 {
                        continue;
                    }
                    let method = Multistep { corrector, tail, ..*method };
                    let sampler = SolverSchedule { afs: afs.clone(), ..multistep(&method, nodes.clone())? };
                    if presets.iter().all(|(_, known)| *known != sampler) {
                        presets.push((describe(&method, &grid, afs.as_ref()), sampler));
                    }
                }
            }
        }
    }
    Ok(presets)
}

fn describe(method: &Multistep, grid: &Grid, afs: Option<&Afs>) -> String {
    let mut text = format!("{}, order {}", method.prediction, method.order);
    if method.curvature != 1.0 {
        text += " as published";
    }
    if method.corrector {
        text += ", corrected";
    }
    if method.tail {
        text += ", falling orders";
    }
    match afs {
        None => {}
        Some(Afs::Zero) => text += ", first answer x/σ",
        Some(Afs::Average(_)) => text += ", first answer the mean",
    }
    format!("{text}, {grid}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::Batch;
    use crate::model::{Model, gmm8, gmm8_smooth};
    use crate::plan::Plan;
    use crate::schedule::{Level, VpLinear};
    use crate::solver::{
        Bh, Ddim, Deis, DpmMultistep, DpmSolver, Expansion, Extrapolation, Form, Orders, Solver, Tail, Third, UniPc,
    };
    use crate::stepper::{Stepper, Walk};
    use crate::{start_noise, start_points};
    use ansatz_core::Seed;

    fn carry(walk: &mut dyn Stepper, model: &dyn Model) -> Batch {
        while let Some(query) = walk.query() {
            let mut answer = Batch::zeros(query.x.rows(), query.x.dim());
            model.predict(query.x, 0, &query.level, query.want, &mut answer).unwrap();
            walk.step(answer).unwrap();
        }
        walk.state().clone()
    }

    /// Largest difference of the samples, relative to the largest value, on the levels of the plan.
    fn difference(sampler: &SolverSchedule, plan: Plan, path: &Path) -> f64 {
        // Overlapping classes: no start is so near to a border that a rounding error decides for it.
        let model = gmm8_smooth().unwrap();
        let levels: Vec<Level> = plan.stages().iter().map(|stage| stage.level).chain([path.to]).collect();
        let own = sampler.plan_on(&levels).unwrap();
        assert_eq!((sampler.evaluations(), own.evaluations()), (plan.evaluations(), plan.evaluations()));
        let start = start_noise(Seed(5), 0, 20, 8, &path.from);
        let [ours, theirs] = [own, plan].map(|plan| carry(&mut Walk::begin(plan, start.clone()).unwrap(), &model));
        let size = theirs.data().iter().fold(0.0f64, |m, v| m.max(v.abs()));
        ours.data().iter().zip(theirs.data()).fold(0.0f64, |m, (a, b)| m.max((a - b).abs())) / size
    }

    fn times(plan: &Plan, path: &Path) -> Vec<f64> {
        plan.stages().iter().map(|stage| stage.level.t).chain([path.to.t]).collect()
    }

    #[test]
    fn presets_are_the_dedicated_samplers() {
        let schedule = VpLinear::default();
        let path = Path::whole(&schedule).unwrap();
        for grid in [Grid::LogSnr, Grid::Time, Grid::Quadratic] {
            for n in [5, 8, 11] {
                let plan = Ddim.plan(&path, &grid, n).unwrap();
                for prediction in [Prediction::Noise, Prediction::Data] {
                    let method = Multistep::taylor(prediction, 1);
                    let sampler = multistep(&method, times(&plan, &path)).unwrap();
                    assert!(difference(&sampler, plan.clone(), &path) < 1e-12, "DDIM, {prediction}, {grid}, {n}");
                }
                for (order, orders) in [(2, vec![2; n / 2]), (3, vec![3; n / 3])] {
                    for form in [Form::Paper, Form::Taylor] {
                        let plan = DpmSolver::new(order, Orders::Fixed, form).unwrap().plan(&path, &grid, n).unwrap();
                        let nodes = times(&plan, &path);
                        let sampler = singlestep(Prediction::Noise, &orders, form == Form::Taylor, nodes).unwrap();
                        let apart = difference(&sampler, plan, &path);
                        assert!(apart < 1e-12, "order {order}, {form:?}, {grid}, {n}: {apart:e}");
                    }
                }
            }
            let plan = DpmSolver::fast(3).unwrap().plan(&path, &grid, 10).unwrap();
            let sampler = singlestep(Prediction::Noise, &[3, 3, 3, 1], false, times(&plan, &path)).unwrap();
            assert!(difference(&sampler, plan, &path) < 1e-12, "fast, {grid}");
        }
    }

    #[test]
    fn multistep_presets_are_the_dedicated_samplers() {
        let schedule = VpLinear::default();
        let path = Path::whole(&schedule).unwrap();
        let same = |method: &Multistep, solver: &dyn Solver, grid: &Grid, n: usize| {
            let plan = solver.plan(&path, grid, n).unwrap();
            let sampler = multistep(method, times(&plan, &path)).unwrap();
            let apart = difference(&sampler, plan, &path);
            assert!(apart < 1e-12, "{method:?}, {}, {grid}, {n}: {apart:e}", solver.name());
        };
        for grid in [Grid::LogSnr, Grid::Time, Grid::Quadratic] {
            for (n, tail, order) in
                [(5, false, 2), (5, true, 3), (8, false, 3), (8, true, 2), (9, false, 1), (11, true, 3)]
            {
                let lower = Tail { lower_below: if tail { usize::MAX } else { 0 }, first_at_end: false };
                for (of, prediction) in [(Expansion::Data, Prediction::Data), (Expansion::Noise, Prediction::Noise)] {
                    let solver = DpmMultistep::new(order).unwrap().expanding(of).tail(lower);
                    let published = Multistep { prediction, tail, ..Multistep::dpm_solver_pp(order) };
                    same(&published, &solver, &grid, n);
                    let exact = solver.third(Third::Exact).form(Form::Taylor);
                    same(&Multistep { tail, ..Multistep::taylor(prediction, order) }, &exact, &grid, n);
                    for (bh, scale) in [(Bh::One, Scale::Bh1), (Bh::Two, Scale::Bh2)] {
                        for corrector in [false, true] {
                            let data = prediction == Prediction::Data;
                            let solver = UniPc { order, bh, corrector, data, tail };
                            let method = Multistep::unipc(prediction, order, scale);
                            same(&Multistep { corrector, tail, ..method }, &solver, &grid, n);
                        }
                    }
                }
                let solver = Deis { degree: order - 1, variable: Extrapolation::LogRatio, tail };
                same(&Multistep { tail, ..Multistep::taylor(Prediction::Noise, order) }, &solver, &grid, n);
            }
            for (order, orders) in [(2, vec![2; 4]), (3, vec![3; 3])] {
                for form in [Form::Paper, Form::Taylor] {
                    let solver = DpmSolver::new(order, Orders::Fixed, form).unwrap().plus_plus();
                    let plan = solver.plan(&path, &grid, 9).unwrap();
                    let nodes = times(&plan, &path);
                    let sampler = singlestep(Prediction::Data, &orders, form == Form::Taylor, nodes).unwrap();
                    assert!(difference(&sampler, plan, &path) < 1e-12, "{}, {grid}", solver.name());
                }
            }
        }
    }

    #[test]
    fn an_analytic_step_is_the_answer_of_a_model_that_knows_only_the_mean() {
        // A single narrow Gaussian: at pure noise its x̂_0 is the mean but for α e/V, so both runs end at the same place.
        let schedule = VpLinear::default();
        let path = Path::whole(&schedule).unwrap();
        let nodes: Vec<f64> = Grid::LogSnr.nodes(&path, 8).unwrap().iter().map(|level| level.t).collect();
        let model = gmm8().unwrap();
        let start = start_points(4, 8, &path.from);
        for prediction in [Prediction::Noise, Prediction::Data] {
            let plain = multistep(&Multistep::unipc(prediction, 3, Scale::Bh2), nodes.clone()).unwrap();
            let exact = carry(&mut plain.walk(&path, start.clone()).unwrap(), &model);
            let end = |afs| {
                let sampler = SolverSchedule { afs: Some(afs), ..plain.clone() };
                assert_eq!(sampler.evaluations(), 7);
                let mut walk = sampler.walk(&path, start.clone()).unwrap();
                let x = carry(&mut walk, &model);
                assert_eq!(walk.evaluations(), 7);
                crate::rmse(&x, &exact)
            };
            let (mean, zero) = (end(Afs::Average(model.mean())), end(Afs::Zero));
            assert!(mean < 0.05 && mean < zero && zero < 1.0, "{prediction}: {mean} and {zero}");
            let wrong = SolverSchedule { afs: Some(Afs::Average(vec![0.0])), ..plain };
            let error = wrong.walk(&path, start.clone()).unwrap_err().to_string();
            assert!(error.contains("the mean of the data is 1"), "{error}");
        }
    }

    #[test]
    fn presets_have_their_evaluations_and_can_all_be_run() {
        let schedule = VpLinear::default();
        let path = Path::whole(&schedule).unwrap();
        for n in [3, 5, 10] {
            let presets = all(&path, n, Some(&[0.0; 8])).unwrap();
            assert!(presets.len() > 150, "{}", presets.len());
            for (name, sampler) in &presets {
                assert_eq!(sampler.evaluations(), n, "{name}");
                sampler.plan(&schedule).unwrap();
            }
            let names: std::collections::BTreeSet<&String> = presets.iter().map(|(name, _)| name).collect();
            assert_eq!(names.len(), presets.len());
        }
        assert!(multistep(&Multistep::taylor(Prediction::Data, 2), vec![1.0]).is_err());
        assert!(singlestep(Prediction::Data, &[4], false, vec![1.0; 5]).is_err());
        assert!(singlestep(Prediction::Data, &[2], false, vec![1.0; 2]).is_err());
    }
}
