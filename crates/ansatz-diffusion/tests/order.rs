//! Orders of convergence, measured on exact models.

use ansatz_core::{Run, Seed};
use ansatz_diffusion::model::{Component, Covariance, Mixture, Model, gmm8};
use ansatz_diffusion::schedule::{Flow, VpLinear, named};
use ansatz_diffusion::solver::{
    Adaptive, Control, Ddim, DormandPrince, DpmPair, DpmSolver, Form, Orders, RungeKutta, Solver, Steps, Variable,
};
use ansatz_diffusion::{
    Batch, Grid, Path, Problem, Sampling, median_error, reference, rmse, start_noise, start_points,
};

fn run() -> Run {
    Run::new(Seed(1))
}

/// The last observed order between `n` and `2 n` evaluations.
fn observed(problem: &Problem, solver: &dyn Solver, grid: &Grid, n: usize) -> f64 {
    let error = |n| problem.fixed(solver, grid, n, &mut run()).unwrap().rmse;
    (error(n) / error(2 * n)).log2()
}

#[test]
fn every_solver_has_its_order() {
    let (model, schedule) = (gmm8().unwrap(), VpLinear::default());
    let path = Path::whole(&schedule).unwrap();
    let problem = Problem::new(&model, path, start_points(24, 8, &path.from), 1e-12).unwrap();
    assert!(problem.floor() < 1e-9, "{}", problem.floor());
    let taylor = |p| DpmSolver::new(p, Orders::Fixed, Form::Taylor).unwrap();
    let solvers: [(&dyn Solver, usize); 10] = [
        (&Ddim, 384),
        (&DpmSolver::fixed(2).unwrap(), 384),
        (&DpmSolver::fixed(3).unwrap(), 384),
        (&DpmSolver::fast(2).unwrap(), 384),
        (&taylor(2), 384),
        (&taylor(3), 384),
        (&RungeKutta::euler(Variable::LogSnr), 768),
        (&RungeKutta::heun(Variable::LogSnr), 384),
        (&RungeKutta::third(Variable::LogSnr), 384),
        (&RungeKutta::fourth(Variable::LogSnr), 384),
    ];
    for (solver, n) in solvers {
        let order = observed(&problem, solver, &Grid::LogSnr, n);
        assert!((order - solver.order() as f64).abs() < 0.15, "{}: {order}", solver.name());
    }
    // In t the nodes crowd at noise: the limit comes later, the order is the same.
    for solver in [RungeKutta::heun(Variable::Time), RungeKutta::midpoint(Variable::Time)] {
        let order = observed(&problem, &solver, &Grid::Quadratic, 768);
        assert!((order - 2.0).abs() < 0.2, "{}: {order}", solver.name());
    }
    // Fast ends with steps of orders 2 and 1 that do not shrink faster than the others.
    let fast = DpmSolver::fast(3).unwrap();
    let errors = [10, 20, 48].map(|n| problem.fixed(&fast, &Grid::LogSnr, n, &mut run()).unwrap().rmse);
    assert!(errors[0] > 4.0 * errors[1] && errors[1] > 3.0 * errors[2], "{errors:?}");
}

#[test]
fn inner_nodes_of_any_grid_keep_the_order() {
    let (model, schedule) = (gmm8().unwrap(), VpLinear::default());
    let path = Path::whole(&schedule).unwrap();
    let problem = Problem::new(&model, path, start_points(8, 8, &path.from), 1e-12).unwrap();
    for grid in [Grid::Quadratic, Grid::KARRAS] {
        // Order 2 as Fast: one grid node an evaluation, so that r_1 is not ½.
        let order = observed(&problem, &DpmSolver::fast(2).unwrap(), &grid, 768);
        assert!((order - 2.0).abs() < 0.25, "{grid}: {order}");
    }
}

#[test]
fn the_reference_is_the_closed_form_of_one_gaussian() {
    let covariance = vec![1.0, 0.6, 0.0, 0.6, 0.5, 0.03, 0.0, 0.03, 0.02];
    let mean = vec![0.3, -1.0, 2.0];
    let part =
        Component { weight: 1.0, mean: mean.clone(), covariance: Covariance::Full(covariance.clone()), class: 0 };
    let model = Mixture::new(vec![part]).unwrap();
    for name in ["vp-linear", "vp-cosine", "edm", "ve", "flow", "scaled-linear"] {
        let schedule = named(name).unwrap();
        let path = Path::whole(&*schedule).unwrap();
        let start = start_noise(Seed(2), 0, 5, 3, &path.from);
        let exact = reference(&model, &path, &start, 1e-12).unwrap();
        // Whitened by the marginal covariance the states do not move: the squared Mahalanobis distance is kept. Directions:
        // x_t − α m is C_t^½ C_T^−½ (x_T − α_T m), all matrices having the same axes. Checked by solving C_t y = x_t − α m.
        let distance = |x: &[f64], alpha: f64, sigma: f64| {
            let c: Vec<f64> =
                (0..9).map(|i| alpha * alpha * covariance[i] + if i % 4 == 0 { sigma * sigma } else { 0.0 }).collect();
            let d: Vec<f64> = x.iter().zip(&mean).map(|(x, m)| x - alpha * m).collect();
            let minor = |i: usize, j: usize| {
                let at = |r: usize, s: usize| c[3 * ((i + r) % 3) + (j + s) % 3];
                at(1, 1) * at(2, 2) - at(1, 2) * at(2, 1)
            };
            let determinant: f64 = (0..3).map(|j| c[j] * minor(0, j)).sum();
            let mut sum = 0.0;
            for i in 0..3 {
                for j in 0..3 {
                    sum += d[i] * d[j] * minor(i, j) / determinant;
                }
            }
            sum
        };
        for i in 0..5 {
            let before = distance(start.row(i), path.from.alpha, path.from.sigma);
            let after = distance(exact.x.row(i), path.to.alpha, path.to.sigma);
            assert!((before / after - 1.0).abs() < 1e-9, "{name}: {before} became {after}");
        }
        // And back again.
        let back = reference(&model, &path.reversed(), &exact.x, 1e-12).unwrap();
        let size = path.from.alpha.hypot(path.from.sigma);
        assert!(rmse(&back.x, &start) < 1e-7 * size, "{name}: {}", rmse(&back.x, &start));
    }
}

#[test]
fn known_ends_of_the_exact_flow() {
    // Computed by another program with another method (an explicit Runge–Kutta pair of order 8, rtol 1e-11).
    let (model, schedule) = (gmm8().unwrap(), VpLinear::default());
    let path = Path::whole(&schedule).unwrap();
    let exact = reference(&model, &path, &start_points(64, 8, &path.from), 1e-11).unwrap().x;
    let known = [0.943421, 1.087363, -1.202270, -0.801314, 0.892051, 0.967333, -1.375519, -0.941968];
    for (value, known) in exact.row(0).iter().zip(known) {
        assert!((value - known).abs() < 1e-6, "{value} for {known}");
    }
    assert!((rmse(&exact, &Batch::zeros(64, 8)) - 1.032025).abs() < 1e-6);
}

#[test]
fn a_flow_starts_at_pure_noise_in_time_and_not_in_lambda() {
    let (model, schedule) = (gmm8().unwrap(), Flow::default());
    let path = Path::whole(&schedule).unwrap();
    let problem = Problem::new(&model, path, start_points(8, 8, &path.from), 1e-12).unwrap();
    let heun = RungeKutta::heun(Variable::Time);
    let order = observed(&problem, &heun, &Grid::Time, 1600);
    assert!((order - 2.0).abs() < 0.25, "{order}");
    let error = problem.fixed(&DpmSolver::fast(3).unwrap(), &Grid::Time, 12, &mut run()).unwrap_err().to_string();
    assert_eq!(
        error,
        "an end of the path, time is 1, but must be one at which lambda is finite, because DPM-Solver-fast-3 steps in it"
    );
}

#[test]
fn tolerances_lower_the_error_of_every_pair() {
    let (model, schedule) = (gmm8().unwrap(), VpLinear::default());
    let path = Path::whole(&schedule).unwrap();
    let problem = Problem::new(&model, path, start_points(16, 8, &path.from), 1e-12).unwrap();
    let pairs: [(&dyn ansatz_diffusion::solver::Pair, Control, f64); 4] = [
        (&DpmPair::new(2).unwrap(), Control::default(), 3.0),
        (&DpmPair::new(3).unwrap(), Control::default(), 3.0),
        (&DormandPrince { variable: Variable::Time }, Control::runge_kutta(1e-4), 3.0),
        (&DormandPrince { variable: Variable::LogSnr }, Control::runge_kutta(1e-4), 3.0),
    ];
    for (pair, control, gain) in pairs {
        let at = |c: f64| {
            let control = Control { rtol: c * control.rtol, atol: c * control.atol, ..control };
            problem.score(&Adaptive { pair, control }, &mut run()).unwrap()
        };
        let (loose, tight) = (at(1.0), at(0.1));
        assert!(loose.rmse > gain * tight.rmse, "{}: {loose:?} {tight:?}", pair.name());
        assert!(tight.evaluations > loose.evaluations);
    }
    let pair = DpmPair::new(3).unwrap();
    let hopeless = Control { atol: 1e-300, rtol: 1e-300, ..Control::default() };
    let error = problem.score(&Adaptive { pair: &pair, control: hopeless }, &mut run()).unwrap_err().to_string();
    assert!(error.contains("rtol is 1e-300, but must be larger"), "{error}");
    assert!(problem.score(&Adaptive { pair: &pair, control: Control { rtol: 0.0, ..hopeless } }, &mut run()).is_err());
}

#[test]
fn inversion_leads_back() {
    let (model, schedule) = (gmm8().unwrap(), VpLinear::default());
    let path = Path::whole(&schedule).unwrap();
    let start = start_points(16, 8, &path.from);
    let data = reference(&model, &path, &start, 1e-11).unwrap().x;
    let solver = DpmSolver::fixed(3).unwrap();
    let trip = |n: usize| {
        let method = Steps { solver: &solver, grid: Grid::LogSnr, evaluations: n, denoise: false };
        let noise = Sampling::new(path.reversed(), &method).transport(&model, &data, &mut run()).unwrap().x;
        let back = Sampling::new(path, &method).transport(&model, &noise, &mut run()).unwrap().x;
        median_error(&back, &data)
    };
    let (coarse, fine) = (trip(192), trip(384));
    assert!((coarse / fine).log2() > 2.6, "{coarse} {fine}");
    assert_eq!(model.dim(), 8);
}
