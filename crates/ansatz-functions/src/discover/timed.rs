//! A front by measured time: the programs that the search found are compiled and timed, and ordered by that.

use super::front::{Front, FrontEntry};
use crate::anchors;
use crate::bench::{self, Options, time};
use crate::program::{Node, Op, Program};
use crate::target::{Format, Weight};
use ansatz_core::{Frontier, Result};

impl Front {
    /// The front by the least measured time of a throughput loop, of the entries and the runners-up; those that do not
    /// reach it are runners-up afterwards. Each program carries its times. The search's cost stays in
    /// [`FrontEntry::cost`].
    ///
    /// Costs some 30 ms of compiling and half a second of timing for each program with the default options. Unlike the
    /// search, this has no seed that would repeat it bit by bit: two programs of nearly the same speed may trade places.
    ///
    /// # Errors
    /// Those of [`time`]: no compiler, an option out of range.
    pub fn timed(mut self, options: &Options) -> Result<Self> {
        let mut all = std::mem::take(&mut self.entries);
        all.append(&mut self.runners_up);
        let (mut fit, unfit): (Vec<FrontEntry>, Vec<FrontEntry>) =
            all.into_iter().partition(|entry| fits(&executed(entry, options.format)));
        self.refused.extend(unfit.iter().map(|entry| {
            format!("{}: a constant is too large for the format in which programs are timed", entry.program)
        }));
        let programs: Vec<Program> = fit.iter().map(|entry| executed(entry, options.format)).collect();
        for (entry, timing) in fit.iter_mut().zip(time(&programs, options)?) {
            entry.time = Some(timing);
        }
        let nanoseconds = |e: &FrontEntry| e.time.as_ref().map_or(f64::INFINITY, |t| t.throughput.minimum);
        fit.sort_by(|a, b| nanoseconds(a).total_cmp(&nanoseconds(b)).then(a.bound().total_cmp(&b.bound())));
        for entry in fit {
            let better = self.entries.last().is_none_or(|faster| entry.bound() < SAME * faster.bound());
            if better { &mut self.entries } else { &mut self.runners_up }.push(entry);
        }
        Ok(self)
    }

    /// The picture of error against measured time: a timed front beside every classical approximation of the table,
    /// compiled and timed alike, with fused operations if the search has them. Errors are those over the reals.
    ///
    /// # Errors
    /// Those of [`time`], or if an error is not finite.
    pub fn time_frontier(&self, classical: &anchors::Table, options: &Options) -> Result<Frontier> {
        let measure = match self.target.weight {
            Weight::Relative => "max relative error",
            Weight::Absolute => "max absolute error",
            Weight::Ulp(Format::F32) => "max error in ulp of binary32",
            Weight::Ulp(Format::F64) => "max error in ulp of binary64",
        };
        let format = match options.format {
            Format::F32 => "binary32",
            Format::F64 => "binary64",
        };
        let title = format!("{} on {}", self.target.name, self.target.interval);
        let mut picture = Frontier::new(title, format!("ns per element, {format}"), measure);
        "Least time of a vectorised loop over an array in the first-level cache.".clone_into(&mut picture.caption);
        let found = self.entries.iter().filter(|e| e.operations >= 2);
        let found = found.filter_map(|e| Some((e.time.as_ref()?.throughput.minimum, e.bound())));
        picture.ours(if self.target.is_certifiable() { "discovered, proved" } else { "discovered, sampled" }, found)?;
        let options = Options { latency: false, composed: false, ..options.clone() };
        let timed: Vec<(&anchors::Anchor, Program)> = classical
            .anchors
            .iter()
            .filter(|a| a.operations >= 2)
            .map(|a| (a, if self.ops.has(Op::Fma) { fused(&a.program) } else { a.program.clone() }))
            .map(|(a, program)| (a, program.rounded_to(options.format)))
            .filter(|(_, program)| fits(program))
            .collect();
        let programs: Vec<Program> = timed.iter().map(|(_, program)| program.clone()).collect();
        let times = bench::time(&programs, &options)?;
        for (family, structure) in classical.columns() {
            let name = match structure {
                anchors::Structure::Plain => family.to_string(),
                _ => format!("{family}, {structure}"),
            };
            let column = timed.iter().zip(&times).filter(|((a, _), _)| a.family == family && a.structure == structure);
            picture.rival(&name, column.map(|((a, _), t)| (t.throughput.minimum, a.error)))?;
        }
        Ok(picture)
    }
}

/// An error that is not smaller by more than a thousandth is the same: forms of one function differ by their last bits.
const SAME: f64 = 0.999;

/// The program as it runs in the format.
fn executed(entry: &FrontEntry, format: Format) -> Program {
    match format {
        Format::F64 => entry.rounded.clone(),
        Format::F32 => entry.program.rounded_to(format),
    }
}

/// The program with a fused multiply-add for each sum of a product that is used there alone.
fn fused(program: &Program) -> Program {
    let mut fused = program.clone();
    let live = program.shape.live();
    let nodes = &program.shape.nodes;
    let uses = |node: u16| {
        let readers = nodes.iter().zip(&live).filter(|(_, live)| **live).flat_map(|(reader, _)| reader.operands());
        readers.filter(|&&operand| operand == node).count()
    };
    for node in &mut fused.shape.nodes {
        let Node::Op(Op::Add, [a, b, _]) = *node else { continue };
        for (product, rest) in [(a, b), (b, a)] {
            if let Node::Op(Op::Mul, [u, v, _]) = nodes[usize::from(product)]
                && uses(product) == 1
            {
                *node = Node::Op(Op::Fma, [u, v, rest]);
                break;
            }
        }
    }
    fused
}

fn fits(rounded: &Program) -> bool {
    rounded.constants.iter().all(|c| c.hi.is_finite())
}

#[cfg(test)]
mod tests {
    use crate::bench::{Calibration, Options};
    use crate::discover::Explorer;
    use crate::discover::{Cost, Discovery, Search};
    use crate::program::Op;
    use crate::target::{Format, Target};
    use ansatz_core::{Run, Seed};

    #[test]
    fn fusing_halves_horner_and_keeps_the_function() {
        use crate::bench::{horner, reference};
        let fused = super::fused(&reference());
        assert_eq!((reference().shape.operations(), fused.shape.operations()), (16, 8));
        let constants: Vec<f64> = reference().constants.iter().rev().map(|c| c.hi).collect();
        assert_eq!(fused.eval(&0.3), horner(&constants, true).eval(&0.3));
        // x² is used twice: it stays, and the sum of two products takes one of them.
        let mut p = crate::program::Program::builder();
        let x = p.input();
        let square = p.op(Op::Mul, &[x, x]);
        let cube = p.op(Op::Mul, &[square, x]);
        let sum = p.op(Op::Add, &[square, cube]);
        let program = p.finish(sum);
        let fused = super::fused(&program);
        assert_eq!(fused.shape.operations(), 2);
        assert_eq!(fused.eval(&3.0), 36.0);
    }

    fn method() -> Discovery {
        let cost = Cost::Measured(Calibration {
            format: Format::F32,
            base: 0.02,
            operations: vec![(Op::Add, 0.01), (Op::Sub, 0.01), (Op::Mul, 0.01), (Op::Div, 0.04)],
            quantum: 0.01,
            weights: vec![(Op::Add, 1.0), (Op::Sub, 1.0), (Op::Mul, 1.0), (Op::Div, 4.0)],
            deviation: 0.1,
        });
        Discovery { cost, max_cost: 8, effort: 2_000, ..Discovery::default() }
    }

    #[test]
    fn a_timed_front_is_ordered_by_time_and_error() {
        let target = Target::named("exp2").unwrap();
        let mut run = Run::new(Seed(1)).evaluation_limit(20_000);
        let mut search = Search::begin(&method(), &target, run.seed()).unwrap();
        search.run(&mut run, 1, |_| Ok(None)).unwrap();
        let front = search.front().unwrap();
        let programs = front.entries.len() + front.runners_up.len();
        assert!(front.entries.len() >= 4 && !front.runners_up.is_empty());
        let options = Options { windows: 20, latency: false, composed: false, ..Options::new(Format::F32) };
        let timed = front.timed(&options).unwrap();
        assert_eq!(timed.entries.len() + timed.runners_up.len(), programs);
        let ns = |e: &crate::discover::FrontEntry| e.time.as_ref().unwrap().throughput.minimum;
        for pair in timed.entries.windows(2) {
            assert!(ns(&pair[0]) <= ns(&pair[1]) && pair[0].bound() > pair[1].bound());
        }
        for other in &timed.runners_up {
            assert!(timed.entries.iter().any(|e| ns(e) <= ns(other) && super::SAME * e.bound() <= other.bound()));
        }
        // Every program of the front has files of its own.
        let folder = tempfile::tempdir().unwrap();
        timed.write(folder.path()).unwrap();
        let files = std::fs::read_dir(folder.path().join("ancestry")).unwrap().count();
        assert_eq!(files, timed.entries.len());
        let text = std::fs::read_to_string(folder.path().join("front.json")).unwrap();
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert!(document["entries"][1]["ns"]["measured"].as_f64().unwrap() > 0.0);
        assert!(document["costs"]["measured"]["quantum"].as_f64() == Some(0.01));
    }

    #[test]
    fn a_search_by_a_given_table_repeats_and_resumes_with_it() {
        let target = Target::named("exp2").unwrap();
        let search = |limit| {
            let mut run = Run::new(Seed(2)).evaluation_limit(limit);
            let mut search = Search::begin(&method(), &target, run.seed()).unwrap();
            search.run(&mut run, 2, |_| Ok(None)).unwrap();
            search
        };
        let whole = search(30_000);
        let saved = rmp(&search(10_000).snapshot(0.0));
        assert_eq!(saved.method().cost, method().cost);
        let mut resumed = Search::resume(saved, &target).unwrap();
        resumed.run(&mut Run::new(Seed(2)).evaluation_limit(30_000), 1, |_| Ok(None)).unwrap();
        assert_eq!(resumed.epochs(), whole.epochs());
        let bits = |s: &Search| s.best().iter().map(|e| e.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&resumed), bits(&whole));
    }

    /// Through a checkpoint's file and back.
    fn rmp(snapshot: &crate::discover::Snapshot) -> crate::discover::Snapshot {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("search.checkpoint");
        ansatz_core::Checkpoint::new(&path, "discovery", 1).unwrap().save(snapshot).unwrap();
        ansatz_core::Checkpoint::new(&path, "discovery", 1).unwrap().load().unwrap().unwrap().state
    }
}
