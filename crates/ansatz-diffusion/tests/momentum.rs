//! Orders of PLMS, GHVB and momentum on an exact model, and what momentum leaves alone.

use ansatz_core::{Run, Seed};
use ansatz_diffusion::model::gmm8_smooth;
use ansatz_diffusion::schedule::VpLinear;
use ansatz_diffusion::solver::{Ghvb, Plms, Solver, Spacing, WarmUp, named};
use ansatz_diffusion::{Grid, Path, Problem, start_points};

#[test]
fn solvers_have_their_orders() {
    let (model, schedule) = (gmm8_smooth().unwrap(), VpLinear::default());
    let path = Path::whole(&schedule).unwrap();
    let problem = Problem::new(&model, path, start_points(16, 8, &path.from), 1e-12).unwrap();
    let plms = |order| Plms::new(order).unwrap();
    let by_name = |name| named(name).unwrap();
    let solvers: [Box<dyn Solver>; 9] = [
        Box::new(plms(1)),
        Box::new(plms(2)),
        Box::new(plms(4)),
        Box::new(Plms::pndm()),
        Box::new(plms(3).spaced(Spacing::Actual).begun(WarmUp::Heun)),
        Box::new(Ghvb::new(2.5).unwrap()),
        Box::new(Ghvb::new(2.5).unwrap().spaced(Spacing::Actual)),
        by_name("plms-3+hb:0.7"),
        by_name("dpmpp-2m+nt:0.7"),
    ];
    for solver in solvers {
        let error = |n| problem.fixed(&*solver, &Grid::LogSnr, n, &mut Run::new(Seed(1))).unwrap().rmse;
        let order = (error(768) / error(1536)).log2();
        // Of GHVB the promised order is that of its first steps, whose error has mostly decayed at the end of the path.
        let (low, promised) = (solver.name().starts_with("GHVB"), solver.order() as f64);
        assert!(order > promised - 0.2 && (low || order < promised + 0.2), "{}: {order}", solver.name());
    }
}

#[test]
fn momentum_one_and_the_first_steps_are_the_solver_itself() {
    let schedule = VpLinear::default();
    let path = Path::whole(&schedule).unwrap();
    let plan = |name: &str| named(name).unwrap().plan(&path, &Grid::Time, 9).unwrap();
    assert_eq!(plan("plms-4+hb:1"), plan("plms-4"));
    for (base, plain) in [("plms-4", 1), ("dpmpp-2m", 2)] {
        let (own, with) = (plan(base), plan(&format!("{base}+hb:0.6")));
        for k in 0..9 {
            let (a, b) = (&own.stages()[k].point.0, &with.stages()[k].point.0);
            let same = a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.0 == b.0 && (a.1 - b.1).abs() < 1e-12);
            assert_eq!(same, k <= plain, "{base}, point {k}");
        }
    }
}
