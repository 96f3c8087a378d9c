//! Other functions: the bars are the published figures, or what classical approximations of more operations reach.

use crate::lab::Lab;
use ansatz_core::{Bar, Result, Stopped};
use ansatz_functions::anchors;
use ansatz_functions::certify::sampled;
use ansatz_functions::discover::{Discovery, Explorer, Front, Search};
use ansatz_functions::program::OpSet;
use ansatz_functions::target::Target;
use std::time::Duration;

/// Function, operations it may use, and the largest errors at some operation counts.
struct Case {
    function: &'static str,
    ops: &'static str,
    bars: &'static [usize],
}

/// Name of the bar, operations, threshold.
const BARS: [(&str, usize, f64); 9] = [
    ("cos on [0, π/2], 8 operations: proved absolute error", 8, 5e-8),
    ("cos on [0, π/2], 10 operations: proved absolute error", 10, 4e-11),
    ("Ai(−7x) on [0, 1], 19 operations: proved absolute error", 19, 6.3e-5),
    ("I_1/2 on [0, 1], 8 operations: proved absolute error", 8, 8e-9),
    ("I_1/2 on [0, 1], 9 operations: proved absolute error", 9, 1e-9),
    ("erf on (0, 2], 7 operations: proved relative error", 7, 1e-5),
    ("erf on (0, 2], 10 operations: proved relative error", 10, 1e-6),
    ("log2 on [1, 2], 5 operations: proved absolute error", 5, 1.5e-5),
    ("log2 on [1, 2], 7 operations: proved absolute error", 7, 6e-7),
];

const CASES: [Case; 5] = [
    Case { function: "cos", ops: "+-*/", bars: &[0, 1] },
    Case { function: "airy", ops: "+-*/", bars: &[2] },
    Case { function: "i_half", ops: "+-*/,sqrt", bars: &[3, 4] },
    Case { function: "erf", ops: "+-*/", bars: &[5, 6] },
    Case { function: "log2", ops: "+-*/", bars: &[7, 8] },
];

pub(super) const SAMPLED: &str = "largest error at 100,000 points over the proved bound, of those programs";

/// The search may stop once its errors are this far below the bars: a proved bound is up to half a percent above.
const MARGIN: f64 = 0.99;

pub(super) const fn bar(i: usize) -> Bar {
    Bar::at_most(BARS[i].0, BARS[i].2)
}

pub(super) fn run(lab: &mut Lab) -> Result<()> {
    if !lab.applies(SAMPLED)? {
        return Ok(());
    }
    for case in &CASES {
        if lab.interrupted() {
            break;
        }
        let target = Target::named(case.function)?;
        let front = search(lab, case, &target)?;
        for &i in case.bars {
            let (name, operations, _) = BARS[i];
            let Some(entry) = front.at(operations) else { continue };
            lab.measure(name, entry.bound())?;
            let (error, _) = sampled(&entry.program, &target, 100_000)?;
            lab.measure(SAMPLED, error / entry.bound())?;
            let stem = format!("{}-{operations:02}", case.function);
            lab.artefact(&format!("{stem}.json"), entry.program.to_json(None))?;
            if let Some(proof) = &entry.proof {
                lab.artefact(&format!("{stem}.certificate.json"), proof.to_json())?;
            }
        }
        let most = case.bars.iter().map(|&i| BARS[i].1).max().unwrap_or(1);
        let picture = front.frontier(&anchors::table(&target, most)?)?;
        lab.frontier(picture);
    }
    Ok(())
}

/// Searches until every bar of the case is met, five minutes at most.
fn search(lab: &mut Lab, case: &Case, target: &Target) -> Result<Front> {
    let most = case.bars.iter().map(|&i| BARS[i].1).max().unwrap_or(1);
    let method = Discovery { ops: OpSet::parse(case.ops)?, max_cost: most, ..Discovery::default() };
    let seed = lab.seeds()[0];
    let limit = Duration::from_secs(lab.pick(10, 290, 3600));
    let mut run = lab.run_within(seed, limit);
    let mut search = Search::begin(&method, target, seed)?;
    search.run(&mut run, 0, |search| {
        let best = search.best();
        let met = |i: &usize| best[..=BARS[*i].1].iter().any(|&error| error < MARGIN * BARS[*i].2);
        Ok(case.bars.iter().all(met).then_some(Stopped::Target))
    })?;
    let counters = search.counters();
    lab.note(format!(
        "{}: {} fits and {} deep fits in {:.0} s",
        case.function,
        counters.fits,
        counters.deep_fits,
        run.elapsed().as_secs_f64()
    ));
    search.front()
}
