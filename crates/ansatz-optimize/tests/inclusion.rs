//! The methods for inclusions: solutions, rates, honest exits, bad input.

use ansatz_core::{Run, Seed, Stopped};
use ansatz_optimize::inclusion::{
    Anchored, Budget, Extragradient, FiniteSum, Halpern, HalpernForb, HalpernVr, Inclusion, Inner, Method,
    VrExtragradient,
};
use ansatz_optimize::problems::{LeastSquares, MatrixGame, QuadraticSaddle};
use ansatz_optimize::prox::{Bounds, Free, Resolvent};

fn run() -> Run {
    Run::new(Seed(3))
}

/// Methods with step sizes of the theory for an average constant `l`.
fn methods(n: usize, l: f64) -> Vec<Box<dyn Method>> {
    vec![
        Box::new(Extragradient { eta: 0.5 / l }),
        Box::new(Anchored { eta: 0.5 / l }),
        Box::new(VrExtragradient::theory(n, l)),
        Box::new(HalpernForb::theory(n, l)),
    ]
}

#[test]
fn all_methods_find_the_equilibrium_of_a_game() {
    let n = 8;
    let game = MatrixGame::policeman(n, Seed(4)).unwrap();
    let strategies = game.strategies();
    let problem = Inclusion::new(&game, &strategies, game.uniform()).unwrap();
    for method in methods(n, game.average_constant()) {
        let budget = Budget::epochs(400_000.0).look_every(100.0).tol(1e-3);
        let solution = method.solve(&problem, &budget, &mut run()).unwrap();
        assert_eq!(solution.stopped, Stopped::Converged, "{}: {}", method.name(), solution.residual());
        // The gap is at most the residual times the diameter of the strategies and what F can be.
        let gap = game.gap(&solution.u).unwrap();
        assert!(gap < 1e-2, "{}: {gap}", method.name());
    }
}

#[test]
fn cocoercive_problems_are_solved_with_and_without_constraints() {
    let rows = LeastSquares::random(300, 8, 0.5, Seed(1)).unwrap();
    let exact = rows.solution();
    let bounds = Bounds::new(-0.2, 0.2).unwrap();
    for g in [&Free as &dyn Resolvent, &bounds] {
        let problem = Inclusion::new(&rows, g, vec![0.0; 8]).unwrap();
        let mut found: Vec<Vec<f64>> = Vec::new();
        let methods: [Box<dyn Method>; 3] = [
            Box::new(HalpernVr { eta: 1.0, restart: true }),
            Box::new(Halpern { eta: 1.0 / rows.constant(), restart: true }),
            Box::new(Extragradient { eta: 0.5 / rows.constant() }),
        ];
        for method in methods {
            let solution = method.solve(&problem, &Budget::epochs(20_000.0).tol(1e-9), &mut run()).unwrap();
            assert_eq!(solution.stopped, Stopped::Converged, "{}: {}", method.name(), solution.residual());
            found.push(solution.u);
        }
        for u in &found {
            assert!(u.iter().zip(&found[0]).all(|(a, b)| (a - b).abs() < 1e-6));
        }
        if g.name() == Free.name() {
            assert!(found[0].iter().zip(exact).all(|(a, b)| (a - b).abs() < 1e-6));
        } else {
            assert!(found[0].iter().any(|u| u.abs() == 0.2), "the bounds bind");
        }
    }
}

#[test]
fn a_residual_falls_as_one_over_k() {
    // Without strong convexity to speak of: unknowns of very different scale.
    let rows = LeastSquares::random(256, 64, 2.0, Seed(1)).unwrap();
    let problem = Inclusion::new(&rows, &Free, vec![0.0; 64]).unwrap();
    let distance = rows.solution().iter().map(|x| x * x).sum::<f64>().sqrt();
    let l = rows.constant();
    let solution =
        Halpern { eta: 1.0 / l, restart: false }.solve(&problem, &Budget::epochs(3000.0), &mut run()).unwrap();
    for look in &solution.history[1..] {
        // Lieder's bound for the operator I − ηF.
        let bound = 2.0 * l * distance / (look.iterations as f64 + 1.0);
        assert!(look.residual <= bound * (1.0 + 1e-9), "{look:?} {bound}");
    }
}

#[test]
fn estimates_without_variance_are_the_deterministic_method() {
    // With one component every difference is exact, and every refresh changes nothing.
    let rows = LeastSquares::random(1, 5, 1.0, Seed(2)).unwrap();
    let problem = Inclusion::new(&rows, &Free, vec![1.0; 5]).unwrap();
    let solution = HalpernVr { eta: 0.5, restart: false }.solve(&problem, &Budget::epochs(60.0), &mut run()).unwrap();
    let (mut u, mut f) = (vec![1.0; 5], vec![0.0; 5]);
    for k in 0..solution.work.iterations {
        rows.full(&u, &mut f);
        let lambda = 2.0 / (k as f64 + 4.0);
        u.iter_mut().zip(&f).for_each(|(u, f)| *u = lambda + (1.0 - lambda) * *u - 0.5 * f);
    }
    assert!(solution.u.iter().zip(&u).all(|(a, b)| (a - b).abs() < 1e-12));
}

#[test]
fn the_residual_and_the_work_are_what_they_say() {
    let game = MatrixGame::policeman(10, Seed(4)).unwrap();
    let strategies = game.strategies();
    let problem = Inclusion::new(&game, &strategies, game.uniform()).unwrap();
    for method in methods(10, game.average_constant()) {
        let solution = method.solve(&problem, &Budget::epochs(50.0), &mut run()).unwrap();
        assert_eq!(solution.stopped, Stopped::EvaluationLimit, "{}", method.name());
        let again = problem.residual(&solution.u).unwrap();
        assert!((solution.residual() - again).abs() <= 1e-12 * again, "{}", method.name());
        assert_eq!(solution.history.last().map(|look| look.evaluations), Some(solution.work.evaluations));
        assert!(solution.work.evaluations >= 500 && solution.least() <= solution.residual());
        assert!(solution.history.windows(2).all(|pair| pair[0].evaluations < pair[1].evaluations));
        // The same seed, the same bits.
        assert_eq!(solution.u, method.solve(&problem, &Budget::epochs(50.0), &mut run()).unwrap().u);
    }
    let steps = HalpernForb { inner: Inner::Steps(0.05), ..HalpernForb::theory(10, 100.0) };
    assert!(steps.solve(&problem, &Budget::epochs(50.0), &mut run()).is_ok());
}

#[test]
fn an_infeasible_start_is_projected_and_said() {
    let game = MatrixGame::policeman(3, Seed(4)).unwrap();
    let strategies = game.strategies();
    let problem = Inclusion::new(&game, &strategies, vec![1.0; 6]).unwrap();
    assert!(problem.projected && problem.start().iter().all(|u| (u - 1.0 / 3.0).abs() < 1e-15));
    assert!(!Inclusion::new(&game, &strategies, game.uniform()).unwrap().projected);
}

#[test]
fn bad_input_is_one_sentence() {
    let saddle = QuadraticSaddle::new(10).unwrap();
    let problem = Inclusion::new(&saddle, &Free, saddle.start()).unwrap();
    let refuse = |method: &dyn Method, budget: Budget, words: &str| {
        let error = method.solve(&problem, &budget, &mut run()).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    let fine = Budget::epochs(10.0);
    refuse(&HalpernVr::theory(0.0), fine, "eta is inf, but must be positive and finite");
    refuse(&HalpernVr::theory(-1.0), fine, "eta is -0.25");
    refuse(&Extragradient { eta: f64::NAN }, fine, "eta is NaN");
    refuse(&VrExtragradient { gamma: 0.0 }, fine, "gamma is 0");
    refuse(
        &HalpernForb { inner: Inner::Steps(0.0), ..HalpernForb::theory(10, 1.0) },
        fine,
        "the constant of the inner",
    );
    refuse(&Anchored { eta: 1.0 }, Budget::epochs(0.0), "the budget in epochs is 0");
    refuse(&Anchored { eta: 1.0 }, fine.look_every(-1.0), "the epochs between two looks is -1");
    refuse(&Anchored { eta: 1.0 }, fine.tol(f64::NAN), "tol is NaN");
    refuse(&Extragradient { eta: 1e200 }, fine, "EG diverges here with these step sizes");
    assert!(Inclusion::new(&saddle, &Free, vec![0.0; 3]).is_err());
    assert!(Inclusion::new(&saddle, &Free, vec![f64::NAN; 20]).is_err());
    assert!(problem.residual(&[1.0]).is_err());
}
