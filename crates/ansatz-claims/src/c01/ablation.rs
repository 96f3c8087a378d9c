//! What selection, fitting and descent contribute: the search without each, at an equal number of coefficient fits.

use crate::lab::Lab;
use ansatz_core::{Result, Seed};
use ansatz_functions::discover::{Ablation, Discovery, Explorer, Search};
use ansatz_functions::target::Target;

/// Name of the bar, and what is switched off.
pub(super) const VARIANTS: [(&str, Ablation); 3] = [
    ("best error at 10 operations with random parents over the whole method's", Ablation::RandomParent),
    ("best error at 10 operations without coefficient fitting over the whole method's", Ablation::NoFit),
    ("best error at 10 operations with random graphs over the whole method's", Ablation::RandomGraphs),
];

/// Coefficient fits of each run.
const FITS: u64 = 300_000;

pub(super) fn run(lab: &mut Lab) -> Result<()> {
    if !lab.applies(VARIANTS[0].0)? {
        return Ok(());
    }
    let whole = median(lab, Ablation::None)?;
    lab.note(format!("ablation, {FITS} fits: the whole method reaches {whole:.2e}, the median of the seeds"));
    for (name, ablation) in VARIANTS {
        let error = median(lab, ablation)?;
        lab.note(format!("ablation, {FITS} fits: {ablation:?} reaches {error:.2e}"));
        lab.measure(name, error / whole)?;
    }
    Ok(())
}

/// The median over the seeds of the least error at 10 operations or fewer.
fn median(lab: &Lab, ablation: Ablation) -> Result<f64> {
    let mut errors = lab.seeds().into_iter().map(|seed| least(lab, seed, ablation)).collect::<Result<Vec<_>>>()?;
    errors.sort_by(f64::total_cmp);
    Ok(errors[errors.len() / 2])
}

fn least(lab: &Lab, seed: Seed, ablation: Ablation) -> Result<f64> {
    // Small epochs, so that all variants end near the same number of fits; one that goes over has the advantage.
    let method = Discovery { max_cost: 10, effort: 50_000, ablation, ..Discovery::default() };
    let mut run = lab.run(seed).evaluation_limit(FITS);
    let mut search = Search::begin(&method, &Target::named("exp2")?, seed)?;
    search.run(&mut run, 0, |_| Ok(None))?;
    Ok(search.best().into_iter().fold(f64::INFINITY, f64::min))
}
