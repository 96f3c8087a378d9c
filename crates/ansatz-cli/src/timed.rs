//! What `ansatz discover --cost time` does besides: the table that the search goes by, and the times of its front.

use ansatz_core::render::text_table;
use ansatz_core::{Error, Frontier, Result, shown};
use ansatz_functions::anchors;
use ansatz_functions::bench::Options;
use ansatz_functions::discover::{Cost, Front};
use ansatz_functions::program::OpSet;
use ansatz_functions::target::Format;
use std::path::Path;

/// The measured table of a search, in its folder.
const TABLE: &str = "cost.json";

/// The table for a search in the folder: the one that is there if the search is resumed, else a new one, which is
/// written there.
pub(crate) fn cost(ops: &OpSet, format: Format, folder: &Path, resume: bool, say: impl Fn(&str)) -> Result<Cost> {
    let path = folder.join(TABLE);
    if resume {
        return Cost::read(&path);
    }
    if path.exists() {
        let allowed = "a folder without a measured search; --resume goes on with the one that is there";
        return Err(Error::parameter("out", folder.display(), allowed));
    }
    say("timing the operations on this machine");
    let cost = Cost::measured(ops, format)?;
    std::fs::create_dir_all(folder).map_err(|e| Error::io("create", folder, e))?;
    cost.write(&path)?;
    if let Cost::Measured(table) = &cost {
        let weights: Vec<String> = table
            .operations
            .iter()
            .zip(&table.weights)
            .map(|((op, ns), (_, w))| format!("{} {w} ({} ns)", op.name(), shown(*ns)))
            .collect();
        say(&format!(
            "costs: {}; a unit is {} ns, memory takes {} ns, the model is off by {:.0} % at the median",
            weights.join(", "),
            shown(table.quantum),
            shown(table.base),
            100.0 * table.deviation
        ));
    }
    Ok(cost)
}

/// The front by measured time, if its cost is one.
pub(crate) fn front(front: Front, say: impl Fn(&str)) -> Result<Front> {
    let Some(options) = options(&front) else { return Ok(front) };
    say("compiling and timing what it found");
    front.timed(&options)
}

/// How the programs of a front are timed; none if its cost is not measured.
fn options(front: &Front) -> Option<Options> {
    let Cost::Measured(table) = &front.cost else { return None };
    Some(Options::new(table.format))
}

/// The picture of error against time, if the cost is one.
pub(crate) fn picture(front: &Front, classical: &anchors::Table) -> Result<Option<Frontier>> {
    let Some(options) = options(front) else { return Ok(None) };
    front.time_frontier(classical, &Options { windows: 200, ..options }).map(Some)
}

/// The table of a front by time; none if its cost is not measured.
pub(crate) fn report(front: &Front, picture: Option<&Frontier>) -> Option<String> {
    let picture = picture?;
    let rows = front.entries.iter().filter(|e| e.operations >= 1).map(|entry| {
        let ns = entry.time.as_ref().map(|t| t.throughput.minimum);
        let classical = picture.series.iter().filter(|s| !s.ours).flat_map(|s| s.points.iter().map(move |p| (s, p)));
        let classical = classical
            .filter(|(_, p)| ns.is_some_and(|ns| p.work <= ns))
            .min_by(|(_, a), (_, b)| a.error.total_cmp(&b.error));
        vec![
            ns.map_or("–".into(), |ns| format!("{ns:.4}")),
            front.cost.nanoseconds(&entry.program.shape).map_or("–".into(), |ns| format!("{ns:.4}")),
            entry.time.as_ref().map_or("–".into(), |t| format!("{:.3}", t.throughput.ratio)),
            entry.operations.to_string(),
            entry.proof.as_ref().map_or(format!("~{:.3e}", entry.error), |c| format!("{:.3e}", c.bound)),
            entry.executed.as_ref().map_or("–".into(), |c| format!("{:.3e}", c.bound)),
            classical.map_or("–".into(), |(s, p)| format!("{:.3e} {}", p.error, s.name)),
            entry.program.to_string(),
        ]
    });
    let header = ["ns", "modelled", "ratio", "ops", "proved ≤", "as f64 ≤", "best classical as fast", "program"];
    Some(text_table(150, &header, rows))
}
