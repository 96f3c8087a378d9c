//! Trainings as a whole: threads, interruption, silent workers, bad input.

use ansatz_core::{Run, Seed, Stopped, Stream};
use ansatz_optimize::distributed::compress::{self, Dense, TopK};
use ansatz_optimize::distributed::{
    EControl, METHODS, Method, Point, Problem, Setting, Sgd, Start, Trained, Training, named,
};
use ansatz_optimize::problems::{Quadratic, QuadraticProblem};

fn problem(sigma: f64) -> QuadraticProblem {
    Quadratic { workers: 5, dim: 60, zeta: 10.0, sigma, alike: false }.build(Seed(2)).unwrap()
}

fn run() -> Run {
    Run::new(Seed(7))
}

fn assert_same(a: &Trained, b: &Trained) {
    assert_eq!(a.x.len(), b.x.len());
    assert!(a.x.iter().zip(&b.x).all(|(a, b)| a.to_bits() == b.to_bits()));
    assert_eq!((&a.history, &a.work, a.stopped), (&b.history, &b.work, b.stopped));
}

#[test]
fn results_do_not_depend_on_the_threads() {
    let problem = problem(1.0);
    for compressor in ["topk:0.1", "randk:6", "quant:4", "sign"] {
        let (compressor, method) = (compress::named(compressor).unwrap(), EControl::default());
        let training = Training::new(&method, &*compressor).rounds(60).participants(4);
        let one = training.solve(&problem, &mut run()).unwrap();
        for threads in [2, 3, 8] {
            assert_same(&one, &training.clone().threads(threads).solve(&problem, &mut run()).unwrap());
        }
    }
}

#[test]
fn a_run_in_parts_is_the_whole_run() {
    let problem = problem(1.0);
    let top = TopK::fraction(0.1);
    for name in METHODS {
        let method = named(name, &Setting { gamma: 0.01, ..Setting::default() }, &problem).unwrap();
        let training = Training::new(&*method, &top).rounds(90).record_every(7).participants(3);
        let whole = training.solve(&problem, &mut run()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let saving = training.clone().checkpoint(folder.path().join("state"), 11);
        // Once because its rounds are over, once because it is told to stop; with other threads every time.
        let part = saving.clone().rounds(40).threads(2).solve(&problem, &mut run()).unwrap();
        assert_eq!((part.work.iterations, part.stopped), (40, Stopped::EvaluationLimit));
        let part = saving.clone().threads(3).solve(&problem, &mut run().evaluation_limit(3 * 60)).unwrap();
        assert_eq!((part.work.iterations, part.stopped), (63, Stopped::EvaluationLimit), "the next record");
        assert_same(&whole, &saving.solve(&problem, &mut run()).unwrap());
    }
}

#[test]
fn a_state_goes_on_only_where_it_belongs() {
    let problem = problem(0.0);
    let top = TopK::fraction(0.1);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let method = EControl::default();
    Training::new(&method, &top).rounds(20).checkpoint(&path, 10).solve(&problem, &mut run()).unwrap();
    let refuse = |method: &dyn Method, rounds, seed, words: &str| {
        let training = Training::new(method, &top).rounds(rounds).threads(2).checkpoint(&path, 10);
        let error = training.solve(&problem, &mut Run::new(Seed(seed))).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    refuse(&EControl { eta: 0.2, ..EControl::default() }, 30, 7, "saved by another run");
    refuse(&method, 30, 8, "saved by another run");
    refuse(&method, 10, 7, "rounds is 10, but must be at least 20");
}

#[test]
fn every_method_solves_what_workers_agree_on() {
    let problem = Quadratic { workers: 4, dim: 40, zeta: 0.0, sigma: 0.0, alike: true }.build(Seed(1)).unwrap();
    // All minima are at the start; so the start is moved.
    let moved = Moved(problem);
    for name in METHODS {
        let method = named(name, &Setting { gamma: 0.1, ..Setting::default() }, &moved).unwrap();
        let trained = Training::new(&*method, &TopK::fraction(0.25)).rounds(600).solve(&moved, &mut run()).unwrap();
        assert!(trained.error() < 1e-12 * trained.history[0].error, "{name}: {}", trained.error());
    }
}

#[test]
fn econtrol_converges_with_every_compressor_though_workers_disagree() {
    let problem = problem(0.0);
    for name in ["topk:6", "randk:12", "sign", "quant:4", "none", "none64"] {
        let compressor = compress::named(name).unwrap();
        // Signs contract least, and ask for less feedback.
        let (gamma, eta) = if name == "sign" { (0.005, 0.01) } else { (0.03, 0.1) };
        let method = EControl { gamma, eta, ..EControl::default() };
        let trained = Training::new(&method, &*compressor).rounds(6000).solve(&problem, &mut run()).unwrap();
        assert!(trained.error() < 1e-16 * trained.history[0].error, "{name}: {}", trained.error());
    }
}

#[test]
fn momentum_of_weight_one_is_none_and_less_tames_noise() {
    let noisy = problem(10.0);
    let top = TopK::fraction(0.1);
    let floor = |beta| {
        let method = EControl { gamma: 0.05, beta, ..EControl::default() };
        Training::new(&method, &top).rounds(2000).solve(&noisy, &mut run()).unwrap().floor(500)
    };
    assert!(floor(0.1) < 0.8 * floor(1.0), "{} {}", floor(0.1), floor(1.0));
}

#[test]
fn bytes_are_those_of_the_messages() {
    let problem = problem(0.0);
    let solve = |method: &dyn Method, rounds| {
        Training::new(method, &TopK::new(5)).rounds(rounds).solve(&problem, &mut run()).unwrap().work
    };
    // Five entries of 32 bits and their indices of 6: 24 bytes; a dense message has 240.
    let dense = EControl::default();
    let compressed = EControl { start: Start::Compressed, ..EControl::default() };
    assert_eq!(solve(&dense, 10).count("bytes sent"), 5 * (240 + 9 * 24));
    assert_eq!(solve(&compressed, 10).count("bytes sent"), 5 * 10 * 24);
    assert_eq!(solve(&Sgd { gamma: 0.1 }, 10).count("bytes sent"), 5 * 10 * 240);
    assert_eq!(solve(&dense, 10).evaluations, 50);
}

#[test]
fn records_are_found() {
    let problem = problem(0.0);
    let method = EControl::default();
    let trained =
        Training::new(&method, &TopK::new(6)).rounds(403).record_every(10).solve(&problem, &mut run()).unwrap();
    assert_eq!(trained.history.iter().map(|p| p.round).take(3).collect::<Vec<_>>(), [0, 10, 20]);
    assert_eq!(trained.history.last().map(|p| p.round), Some(403));
    let Point { round, error, .. } = trained.reached(1e-3).unwrap();
    assert!(error <= 1e-3 && trained.history.iter().all(|p| p.round >= round || p.error > 1e-3));
    assert!(trained.reached(0.0).is_none());
    let target = Training::new(&method, &TopK::new(6)).threads(2).solve(&problem, &mut run().target(1e-3)).unwrap();
    assert_eq!(target.stopped, Stopped::Target);
}

#[test]
fn bad_input_is_one_sentence() {
    let problem = problem(0.0);
    let refuse = |method: &dyn Method, training: for<'a> fn(Training<'a>) -> Training<'a>, words: &str| {
        let top = TopK::fraction(0.1);
        let error = training(Training::new(method, &top)).solve(&problem, &mut run()).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    let fine = EControl::default();
    refuse(&EControl { gamma: 0.0, ..fine.clone() }, |t| t, "gamma is 0, but must be positive and finite");
    refuse(&EControl { eta: -0.1, ..fine.clone() }, |t| t, "eta is -0.1, but must be at least 0");
    refuse(&EControl { beta: 0.0, ..fine.clone() }, |t| t, "beta is 0, but must be greater than 0 and at most 1");
    refuse(&EControl { gamma: f64::NAN, ..fine.clone() }, |t| t, "gamma is NaN");
    refuse(&EControl { gamma: 50.0, ..fine.clone() }, |t| t, "gamma is 50, but must be smaller for EControl here");
    refuse(&fine, |t| t.rounds(0), "rounds is 0");
    refuse(&fine, |t| t.threads(0), "threads is 0");
    refuse(&fine, |t| t.participants(6), "participants is 6, but must be from 1 to 5");
    let error = Training::new(&fine, &TopK::new(61)).solve(&problem, &mut run()).unwrap_err().to_string();
    assert_eq!(error, "K is 61, but must be from 1 to 60, the dimension of the problem");
    let unknown = named("ec-ideal", &Setting::default(), &Broken).err().unwrap().to_string();
    assert!(unknown.contains("needs the gradients at the solution"), "{unknown}");
    assert!(named("econtroll", &Setting::default(), &Broken).err().unwrap().to_string().contains("\"econtrol\""));
}

#[test]
fn a_gradient_that_is_no_number_names_its_worker_on_every_number_of_threads() {
    for threads in [1, 2, 4] {
        let method = EControl { gamma: 0.1, ..EControl::default() };
        let training = Training::new(&method, &Dense::Double).threads(threads);
        let error = training.solve(&Broken, &mut run()).unwrap_err().to_string();
        assert_eq!(error, "the gradient of worker 3 is not finite at round 6");
    }
    let method = EControl { gamma: 1e-300, ..EControl::default() };
    let error = Training::new(&method, &Dense::Single).solve(&Huge, &mut run()).unwrap_err().to_string();
    assert_eq!(error, "the message, in single precision, of worker 1 is not finite at round 1");
}

/// A problem whose start is away from its solution.
struct Moved(QuadraticProblem);

impl Problem for Moved {
    fn name(&self) -> String {
        "moved".to_owned()
    }

    fn workers(&self) -> usize {
        self.0.workers()
    }

    fn dim(&self) -> usize {
        self.0.dim()
    }

    fn start(&self) -> Vec<f64> {
        (0..self.dim()).map(|i| 1.0 + (i as f64).sin()).collect()
    }

    fn gradient(&self, worker: usize, x: &[f64], stream: &mut Stream, g: &mut [f64]) {
        self.0.gradient(worker, x, stream, g);
    }

    fn error(&self, x: &[f64]) -> f64 {
        self.0.error(x)
    }

    fn measure(&self) -> &'static str {
        self.0.measure()
    }

    fn gradient_at_solution(&self, worker: usize) -> Option<Vec<f64>> {
        self.0.gradient_at_solution(worker)
    }
}

/// The third of four workers breaks where `x` has moved far enough.
struct Broken;

impl Problem for Broken {
    fn name(&self) -> String {
        "broken".to_owned()
    }

    fn workers(&self) -> usize {
        4
    }

    fn dim(&self) -> usize {
        2
    }

    fn start(&self) -> Vec<f64> {
        vec![0.0; 2]
    }

    fn gradient(&self, worker: usize, x: &[f64], _: &mut Stream, g: &mut [f64]) {
        g.fill(-1.0);
        if worker == 2 && x[0] > 0.45 {
            g[1] = f64::NAN;
        }
    }

    fn error(&self, x: &[f64]) -> f64 {
        x[0].abs()
    }

    fn measure(&self) -> &'static str {
        "|x|"
    }

    fn gradient_at_solution(&self, _: usize) -> Option<Vec<f64>> {
        None
    }
}

/// Gradients beyond single precision.
struct Huge;

impl Problem for Huge {
    fn name(&self) -> String {
        "huge".to_owned()
    }

    fn workers(&self) -> usize {
        1
    }

    fn dim(&self) -> usize {
        1
    }

    fn start(&self) -> Vec<f64> {
        vec![0.0]
    }

    fn gradient(&self, _: usize, _: &[f64], _: &mut Stream, g: &mut [f64]) {
        g.fill(1e60);
    }

    fn error(&self, _: &[f64]) -> f64 {
        1.0
    }

    fn measure(&self) -> &'static str {
        "one"
    }

    fn gradient_at_solution(&self, _: usize) -> Option<Vec<f64>> {
        None
    }
}
