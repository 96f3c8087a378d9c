//! No plan runs off its path: every solver, grid and schedule, every number of evaluations up to 1000.

use ansatz_diffusion::schedule::{self, Schedule};
use ansatz_diffusion::solver::{NAMES, Solver, named};
use ansatz_diffusion::{Grid, Path};

fn grids() -> [Grid; 4] {
    [Grid::Time, Grid::LogSnr, Grid::Quadratic, Grid::KARRAS]
}

fn schedules() -> Vec<Box<dyn Schedule>> {
    schedule::NAMES.map(|name| schedule::named(name).unwrap()).into()
}

fn path(schedule: &dyn Schedule) -> Path<'_> {
    let (start, end) = schedule.span();
    // The flow starts where λ has no value.
    Path::new(schedule, if schedule.name() == "flow" { 0.999 } else { start }, end).unwrap()
}

/// The plan asks at levels of the path only, in its direction, and as often as it may but for a rest below one step.
fn check(solver: &dyn Solver, path: &Path, grid: &Grid, n: usize) {
    let what = || format!("{} on {grid}, {}, {n} evaluations", solver.name(), path.schedule.name());
    let plan = match solver.plan(path, grid, n) {
        Ok(plan) => plan,
        Err(error) => {
            assert!(n < 4 && error.to_string().starts_with("the number of evaluations"), "{}: {error}", what());
            return;
        }
    };
    assert!(plan.evaluations() <= n && plan.evaluations() + 4 > n, "{}: {}", what(), plan.evaluations());
    let (hi, lo) = (path.from, path.to);
    let mut last = hi;
    assert_eq!(plan.stages()[0].level, hi, "{}", what());
    for stage in plan.stages() {
        let level = stage.level;
        // Nodes that a solver computes in another variable lose their last digits.
        let (before, past) = (1e-12 * hi.t, 1e-9);
        assert!(level.t <= hi.t && level.t >= lo.t - before, "{}: {level:?}", what());
        assert!(level.lambda >= hi.lambda && level.lambda <= lo.lambda + past, "{}: {level:?}", what());
        assert!(level.alpha > 0.0 && level.sigma > 0.0, "{}: {level:?}", what());
        // Differences over a fixed length look ahead of the next node where steps are shorter.
        let ahead = solver.name().contains('Δ');
        assert!(ahead || (level.t <= last.t && level.lambda >= last.lambda), "{}: {level:?}", what());
        last = level;
    }
    assert!(!plan.result().0.is_empty());
}

#[test]
fn plans_of_every_length_stay_on_their_path() {
    let (grids, schedules) = (grids(), schedules());
    for (k, name) in NAMES.iter().enumerate() {
        let solver = named(name).unwrap();
        // Long plans with every fifth solver, so that each length meets many of them.
        for n in (1..=1000).filter(|n| *n <= 200 || (n + k).is_multiple_of(5)) {
            // Grids and schedules in turn, so that each solver meets every pair many times.
            let schedule = &schedules[(n + k) % schedules.len()];
            check(&*solver, &path(&**schedule), &grids[(n / schedules.len() + k) % grids.len()], n);
        }
    }
}

#[test]
fn short_and_long_plans_stay_on_every_path() {
    for schedule in schedules() {
        for grid in grids() {
            for name in NAMES {
                let solver = named(name).unwrap();
                for n in (1..=17).chain([100, 999, 1000]) {
                    check(&*solver, &path(&*schedule), &grid, n);
                }
            }
        }
    }
}
