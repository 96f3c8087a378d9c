//! Every solver against the direct one, and against what is known of its speed.

use ansatz_core::{Run, Seed, Stopped};
use ansatz_linear::krylov::ConjugateGradients;
use ansatz_linear::precondition::{Diagonal, IncompleteCholesky, Ssor};
use ansatz_linear::problems::{laplacian_2d, laplacian_radius};
use ansatz_linear::stationary::{Jacobi, Sor};
use ansatz_linear::theory::{optimal_omega, sor_radius};
use ansatz_linear::{Csr, Identity, LinearOperator, Solution, direct};

fn run() -> Run {
    Run::new(Seed(0))
}

/// A symmetric positive definite matrix without any structure, and a right-hand side.
fn random_definite(n: usize, seed: u64) -> (Csr, Vec<f64>) {
    let mut stream = Seed(seed).stream("matrix", 0);
    let mut entries = Vec::new();
    let mut sums = vec![0.0; n];
    for _ in 0..3 * n {
        let (i, j, value) = (stream.below(n), stream.below(n), stream.normal());
        if i != j {
            entries.extend([(i, j, value), (j, i, value)]);
            sums[i] += value.abs();
            sums[j] += value.abs();
        }
    }
    // Diagonally dominant, with rows of very different scale.
    entries.extend((0..n).map(|i| (i, i, sums[i] + 10f64.powf(stream.uniform_in(-2.0, 2.0)))));
    let b = (0..n).map(|_| stream.normal()).collect();
    (Csr::from_triplets(n, n, &entries).unwrap(), b)
}

fn true_residual(a: &Csr, x: &[f64], b: &[f64]) -> f64 {
    let mut r = vec![0.0; b.len()];
    a.apply(x, &mut r);
    r.iter().zip(b).map(|(r, b)| (b - r).powi(2)).sum::<f64>().sqrt()
}

#[test]
fn every_solver_agrees_with_the_direct_one() {
    let laplacian = (laplacian_2d(12, 9).unwrap(), (0..108).map(|i| f64::from(i).sin()).collect::<Vec<_>>());
    for (a, b) in [laplacian, random_definite(80, 1), random_definite(200, 2)] {
        let exact = direct::solve(&a, &b).unwrap();
        let scale = exact.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        let cg = ConjugateGradients { rtol: 1e-12, max_iterations: 5000 };
        let (ssor, ic) = (Ssor::new(&a, 1.3).unwrap(), IncompleteCholesky::new(&a).unwrap());
        let start: Vec<f64> = exact.iter().map(|v| v + 0.1).collect();
        let solutions: Vec<(&str, Solution)> = vec![
            ("cg", cg.solve(&a, &Identity, &b, None, &mut run()).unwrap()),
            ("cg from a guess", cg.solve(&a, &Identity, &b, Some(&start), &mut run()).unwrap()),
            ("diagonal", cg.solve(&a, &Diagonal::new(&a).unwrap(), &b, None, &mut run()).unwrap()),
            ("ssor", cg.solve(&a, &ssor, &b, None, &mut run()).unwrap()),
            ("ic0", cg.solve(&a, &ic, &b, None, &mut run()).unwrap()),
            ("sor", Sor { omega: 1.3, rtol: 1e-12, max_iterations: 20_000 }.solve(&a, &b, None, &mut run()).unwrap()),
            (
                "jacobi",
                Jacobi { omega: 0.9, rtol: 1e-12, max_iterations: 90_000 }.solve(&a, &b, None, &mut run()).unwrap(),
            ),
        ];
        for (name, solution) in &solutions {
            assert_eq!(solution.stopped, Stopped::Converged, "{name}");
            let error = solution.x.iter().zip(&exact).map(|(x, e)| (x - e).abs()).fold(0.0, f64::max);
            assert!(error < 1e-8 * scale, "{name}: {error}");
            assert_eq!(solution.residuals.len() as u64, 1 + solution.work.iterations, "{name}");
            let r = true_residual(&a, &solution.x, &b);
            assert!((solution.residual() - r).abs() <= 1e-12 * r + 1e-14, "{name}: the true residual is reported");
        }
        // A preconditioner that knows the matrix needs fewer iterations than none.
        assert!(solutions[3].1.work.iterations < solutions[0].1.work.iterations);
        assert!(solutions[4].1.work.iterations < solutions[0].1.work.iterations);
        assert_eq!(solutions[3].1.work.count("preconditioner applications"), solutions[3].1.work.iterations);
    }
}

#[test]
fn conjugate_gradients_end_after_as_many_steps_as_there_are_eigenvalues() {
    // Two distinct eigenvalues, whatever the size.
    let n = 50;
    let entries: Vec<_> = (0..n).map(|i| (i, i, if i % 3 == 0 { 7.0 } else { 2.0 })).collect();
    let a = Csr::from_triplets(n, n, &entries).unwrap();
    let b: Vec<f64> = (0..n).map(|i| (i as f64).cos()).collect();
    let cg = ConjugateGradients { rtol: 1e-13, ..ConjugateGradients::default() };
    assert_eq!(cg.solve(&a, &Identity, &b, None, &mut run()).unwrap().work.iterations, 2);
    assert_eq!(cg.solve(&a, &Diagonal::new(&a).unwrap(), &b, None, &mut run()).unwrap().work.iterations, 1);
}

#[test]
fn the_error_of_conjugate_gradients_obeys_its_bound() {
    let a = laplacian_2d(20, 20).unwrap();
    let b: Vec<f64> = (0..400).map(|i| f64::from(i * 7 % 13) - 6.0).collect();
    let exact = direct::solve(&a, &b).unwrap();
    let energy = |x: &[f64]| {
        let e: Vec<f64> = x.iter().zip(&exact).map(|(x, e)| x - e).collect();
        let mut product = vec![0.0; 400];
        a.apply(&e, &mut product);
        e.iter().zip(&product).map(|(e, p)| e * p).sum::<f64>().sqrt()
    };
    // κ = cot²(π/42)
    let root = 1.0 / (std::f64::consts::PI / 42.0).tan();
    for k in [5u64, 10, 20, 30] {
        let cg = ConjugateGradients { max_iterations: k, ..ConjugateGradients::default() };
        let solution = cg.solve(&a, &Identity, &b, None, &mut run()).unwrap();
        assert_eq!((solution.stopped, solution.work.iterations), (Stopped::EvaluationLimit, k));
        let bound = 2.0 * ((root - 1.0) / (root + 1.0)).powi(k as i32) * energy(&[0.0; 400]);
        assert!(energy(&solution.x) <= bound);
    }
}

/// The mean factor by which the residual falls, late in the iteration.
fn late_factor(residuals: &[f64]) -> f64 {
    let (from, to) = (residuals.len() / 2, residuals.len() - 1);
    (residuals[to] / residuals[from]).powf(1.0 / (to - from) as f64)
}

#[test]
fn over_relaxation_is_as_fast_as_theory_says() {
    let n = 20;
    let a = laplacian_2d(n, n).unwrap();
    let beta = laplacian_radius(n, 0.0);
    let best = optimal_omega(beta).unwrap();
    // The known optimum for the model problem: 2/(1 + sin πh).
    assert!((best - 2.0 / (1.0 + (std::f64::consts::PI / 21.0).sin())).abs() < 1e-12);
    let mut stream = Seed(1).stream("b", 0);
    let b: Vec<f64> = (0..n * n).map(|_| stream.normal()).collect();
    let solve = |omega| Sor { omega, rtol: 1e-12, max_iterations: 100_000 }.solve(&a, &b, None, &mut run()).unwrap();
    for omega in [0.8, 1.0, 1.5, 1.65] {
        let (measured, radius) = (late_factor(&solve(omega).residuals), sor_radius(beta, omega).unwrap());
        assert!((measured - radius).abs() < 2e-3 * radius, "{omega}: {measured} {radius}");
    }
    let iterations: Vec<(f64, u64)> =
        (100..=198).map(|i| f64::from(i) / 100.0).map(|omega| (omega, solve(omega).work.iterations)).collect();
    let (at, least) = *iterations.iter().min_by_key(|(_, k)| *k).unwrap();
    // At the optimum the iteration has a Jordan block, so that finitely many steps favour a neighbour.
    assert!((at - best).abs() < 0.04, "fewest sweeps at {at}, theory {best}");
    assert!(iterations[0].1 > 10 * least);
    // Plain Jacobi converges as β says.
    let jacobi = Jacobi { rtol: 1e-10, max_iterations: 100_000, ..Jacobi::default() };
    let measured = late_factor(&jacobi.solve(&a, &b, None, &mut run()).unwrap().residuals);
    assert!((measured - beta).abs() < 1e-3, "{measured} {beta}");
}

#[test]
fn iterations_with_ssor_grow_with_the_root_of_those_without() {
    let iterations = |n: usize| {
        let a = laplacian_2d(n, n).unwrap();
        let b = vec![1.0; n * n];
        let omega = 2.0 / (1.0 + 2.0 * (std::f64::consts::PI / (2.0 * (n as f64 + 1.0))).sin());
        let cg = ConjugateGradients::default();
        let plain = cg.solve(&a, &Identity, &b, None, &mut run()).unwrap().work.iterations as f64;
        let ssor = cg.solve(&a, &Ssor::new(&a, omega).unwrap(), &b, None, &mut run()).unwrap().work.iterations as f64;
        (plain, ssor)
    };
    let (coarse, fine) = (iterations(20), iterations(80));
    assert!((3.0..4.6).contains(&(fine.0 / coarse.0)), "{coarse:?} {fine:?}");
    assert!((1.6..2.4).contains(&(fine.1 / coarse.1)), "{coarse:?} {fine:?}");
}

#[test]
fn converged_guesses_and_zero_right_hand_sides_cost_nothing() {
    let (a, b) = random_definite(40, 3);
    let exact = direct::solve(&a, &b).unwrap();
    let cg = ConjugateGradients::default();
    assert_eq!(cg.solve(&a, &Identity, &b, Some(&exact), &mut run()).unwrap().work.iterations, 0);
    let zero = cg.solve(&a, &Identity, &[0.0; 40], Some(&exact), &mut run()).unwrap();
    assert_eq!((zero.stopped, zero.work.iterations), (Stopped::Converged, 0));
    assert!(zero.x.iter().all(|x| *x == 0.0));
    let zero = Sor::default().solve(&a, &[0.0; 40], None, &mut run()).unwrap();
    assert_eq!((zero.stopped, zero.work.iterations), (Stopped::Converged, 0));
}

#[test]
fn bad_input_is_refused_in_a_sentence() {
    let (a, b) = random_definite(10, 4);
    let cg = ConjugateGradients::default();
    let cg_error = |a: &Csr, b: &[f64]| cg.solve(a, &Identity, b, None, &mut run()).unwrap_err().to_string();
    assert_eq!(
        cg_error(&a, &b[..9]),
        "the right-hand side is of length 9, but must be of length 10, the size of the matrix"
    );
    let mut bad = b.clone();
    bad[3] = f64::INFINITY;
    assert_eq!(cg_error(&a, &bad), "the right-hand side is not finite at entry 4");
    let indefinite = a.shifted(1.0, -200.0).unwrap();
    let error = cg_error(&indefinite, &b);
    assert!(error.contains("indefinite (pᵀAp = ") && error.contains("positive definite"), "{error}");
    let wide = Csr::from_triplets(2, 3, &[(0, 0, 1.0), (1, 1, 1.0)]).unwrap();
    assert!(cg_error(&wide, &[1.0; 2]).contains("2 × 3, but must be square"));
    let other = laplacian_2d(2, 2).unwrap();
    let error = cg.solve(&a, &Ssor::new(&other, 1.0).unwrap(), &b, None, &mut run()).unwrap_err().to_string();
    assert!(error.contains("the preconditioner's size is 4, but must be 10"), "{error}");
    for omega in [0.0, 2.0, f64::NAN] {
        let sor = Sor { omega, ..Sor::default() };
        assert!(sor.solve(&a, &b, None, &mut run()).unwrap_err().to_string().starts_with("omega is"));
    }
    for rtol in [0.0, 1.0, f64::NAN] {
        let cg = ConjugateGradients { rtol, ..ConjugateGradients::default() };
        assert!(cg.solve(&a, &Identity, &b, None, &mut run()).unwrap_err().to_string().starts_with("rtol is"));
    }
    let hole = Csr::from_triplets(2, 2, &[(0, 0, 1.0), (0, 1, 1.0)]).unwrap();
    let error = Sor::default().solve(&hole, &[1.0; 2], None, &mut run()).unwrap_err().to_string();
    assert_eq!(error, "the diagonal in row 2 is 0, but must be different from 0");
    let singular = Csr::from_triplets(2, 2, &[(0, 0, 1.0), (0, 1, 1.0), (1, 0, 1.0), (1, 1, 1.0)]).unwrap();
    assert!(direct::solve(&singular, &[1.0, 2.0]).is_err());
}

#[test]
fn a_diverging_iteration_says_so() {
    // Not diagonally dominant: Jacobi's iteration grows until it overflows.
    let a = Csr::from_triplets(2, 2, &[(0, 0, 1.0), (0, 1, 3.0), (1, 0, 3.0), (1, 1, 1.0)]).unwrap();
    let solution = Jacobi::default().solve(&a, &[1.0, 1.0], None, &mut run()).unwrap();
    assert!(matches!(solution.stopped, Stopped::NotANumber { .. }), "{:?}", solution.stopped);
    let (a, b) = (laplacian_2d(3, 3).unwrap(), vec![1e200; 9]);
    let solution = ConjugateGradients::default().solve(&a, &Identity, &b, None, &mut run()).unwrap();
    assert_eq!(solution.stopped, Stopped::NotANumber { iteration: 1 }, "its squares overflow");
    let hopeless = ConjugateGradients { rtol: 1e-18, max_iterations: 100_000 };
    let (a, b) = random_definite(50, 5);
    let solution = hopeless.solve(&a, &Identity, &b, None, &mut run()).unwrap();
    assert_eq!(solution.stopped, Stopped::Stalled);
}
