//! The forms below one prefix: what a thread does between two meetings.

use super::Exhaustive;
use super::form::{Form, Instruction};
use super::generate::Generator;
use crate::discover::archive::{Archive, Entry, Lineage};
use crate::discover::batch::Counters;
use crate::discover::exchange;
use crate::discover::fit::{self, Limits, Nodes};
use crate::discover::lanes::{Double, Lanes, Single};
use crate::discover::mutate::fresh_constant;
use crate::discover::problem::{GRID, NODES, Point, Problem};
use crate::discover::tape::Tape;
use crate::number::Dd;
use crate::program::{Program, Shape, canonical};
use ansatz_core::Stream;
use std::ops::ControlFlow;

/// Nodes of the first fit, enough for the constants of six operations; programs that pass it are fitted at all nodes.
const COARSE: usize = 8;
/// Draws of which the nearest to the target becomes a start. A draw costs a hundredth of a fit; of sixteen the best one
/// leads to the optimum two to four times as often as any (for 2^x: the best forms of four, five and six operations in
/// 26, 25 and 22 of 100 fits instead of 9, 13 and 6).
const DRAWS: usize = 16;
/// A form whose error is less than so many times what it takes to be kept is given further starts.
const PROMISING: f64 = 300.0;
/// How many.
const FURTHER: u32 = 12;

/// Errors below this are noise to a fit in doubles: the fit goes on in double-double.
const DEEP: f64 = 1e-9;
/// A step in double-double costs about as much as eight in double.
const DEEP_COST: u64 = 8;

const QUICK: Limits = Limits { steps: 50, patience: 6 };
const REFINE: Limits = Limits { steps: 200, patience: 12 };

/// What a worker brings back.
#[derive(Debug)]
pub(super) struct Report {
    /// Accepted programs with their levels, in order.
    pub(super) accepted: Vec<(usize, Entry)>,
    pub(super) counters: Counters,
}

/// The target at a few points of the grid.
fn coarse(problem: &Problem) -> Nodes<Single<COARSE>> {
    let points: Vec<Point> = problem.grid.iter().skip(GRID / COARSE / 2).step_by(GRID / COARSE).copied().collect();
    let column = |f: fn(&Point) -> Dd| Single::from_dd(&points.iter().map(f).collect::<Vec<_>>());
    Nodes { x: column(|p| p.x), weight: column(|p| p.weight), goal: column(|p| p.goal) }
}

/// The best constants of a form so far, and its errors.
struct Best {
    /// Least error at the few nodes.
    coarse: f64,
    /// Error at all nodes, sign and constants.
    fitted: Option<(f64, usize, Vec<f64>)>,
}

/// Whether levelling can bring an error below the threshold: it gains about a fifth, never half.
fn promises(error: f64, threshold: f64) -> bool {
    error.is_finite() && error * 0.5 < threshold
}

pub(super) struct Worker<'a> {
    method: &'a Exhaustive,
    problem: &'a Problem,
    archive: Archive,
    stream: Stream,
    report: Report,
    /// The form under way, and its negative.
    tapes: [Tape; 2],
    nodes: Nodes<Single<COARSE>>,
    coarse: fit::Scratch<Single<COARSE>, COARSE>,
    single: fit::Scratch<Single<NODES>, NODES>,
    double: fit::Scratch<Double<NODES>, NODES>,
    exchange: exchange::Scratch,
}

impl<'a> Worker<'a> {
    pub(super) fn new(method: &'a Exhaustive, problem: &'a Problem, archive: &Archive, stream: Stream) -> Self {
        Self {
            method,
            problem,
            archive: archive.clone(),
            stream,
            report: Report { accepted: Vec::new(), counters: Counters::default() },
            tapes: [Tape::default(), Tape::default()],
            nodes: coarse(problem),
            coarse: fit::Scratch::new(),
            single: fit::Scratch::new(),
            double: fit::Scratch::new(),
            exchange: exchange::Scratch::new(),
        }
    }

    /// Tries every form that begins with the prefix; `None` if `abort` said so.
    pub(super) fn run(
        mut self,
        generator: &Generator,
        prefix: &[Instruction],
        abort: &(dyn Fn() -> bool + Sync),
    ) -> Option<Report> {
        let done = generator.forms(prefix, &mut |form: Form| {
            if abort() {
                return ControlFlow::Break(());
            }
            let negatives = if form.signed { &[false][..] } else { &[false, true] };
            let shapes = negatives.iter().filter_map(|&negative| form.realise(generator.menu, negative)).collect();
            self.attempt(shapes, generator.operations);
            ControlFlow::Continue(())
        });
        done.is_continue().then_some(self.report)
    }

    /// Fits one form, given as shapes of either sign, and keeps it if it is good enough.
    fn attempt(&mut self, mut shapes: Vec<Shape>, operations: usize) {
        if shapes.is_empty() || !self.tapes.iter_mut().zip(&shapes).all(|(tape, shape)| tape.compile(shape)) {
            return;
        }
        self.report.counters.trials += 1;
        self.report.counters.programs += 1;
        let threshold = self.archive.threshold(operations);
        let mut best = Best { coarse: f64::INFINITY, fitted: None };
        let constants = shapes[0].constants();
        let starts = if constants == 0 { 1 } else { self.method.starts[operations - 1] };
        for _ in 0..starts {
            self.start(shapes.len(), constants, threshold, &mut best);
        }
        if constants > 0 && best.coarse < PROMISING * threshold {
            for _ in 0..FURTHER {
                self.start(shapes.len(), constants, threshold, &mut best);
            }
        }
        let Some((mut error, sign, constants)) = best.fitted else { return };
        let (shape, tape) = (shapes.swap_remove(sign), &self.tapes[sign]);
        let mut constants: Vec<Dd> = constants.into_iter().map(Dd::from).collect();
        if error < DEEP && !constants.is_empty() {
            let steps;
            (error, steps) = fit::fit(tape, &self.problem.double, &mut constants, REFINE, &mut self.double);
            self.report.counters.deep_fits += 1;
            self.report.counters.effort += 1 + steps as u64 * DEEP_COST;
        }
        if !promises(error, threshold) {
            return;
        }
        let free: Vec<usize> = (0..constants.len()).collect();
        let error = exchange::level(self.problem, &shape, tape, &mut constants, &free, &mut self.exchange);
        self.report.counters.effort += 20;
        if error < threshold {
            self.offer(&Program { shape, constants }, error);
        }
    }

    /// One start: the best of some draws, fitted at a few nodes, and at all of them if that can be good enough.
    fn start(&mut self, signs: usize, constants: usize, threshold: f64, best: &mut Best) {
        let mut chosen: Option<(f64, usize, Vec<f64>)> = None;
        for i in 0..if constants == 0 { signs } else { DRAWS } {
            let draw: Vec<f64> = (0..constants).map(|_| fresh_constant(&mut self.stream)).collect();
            let error = fit::error(&self.tapes[i % signs], &self.nodes, &draw, &mut self.coarse);
            if error.is_finite() && chosen.as_ref().is_none_or(|(least, ..)| error < *least) {
                chosen = Some((error, i % signs, draw));
            }
        }
        let Some((mut error, sign, mut draw)) = chosen else { return };
        let tape = &self.tapes[sign];
        let counters = &mut self.report.counters;
        let mut count = |steps: usize| {
            counters.fits += 1;
            counters.effort += 1 + steps as u64;
        };
        let steps;
        (error, steps) =
            if constants == 0 { (error, 0) } else { fit::fit(tape, &self.nodes, &mut draw, QUICK, &mut self.coarse) };
        count(steps);
        best.coarse = best.coarse.min(error);
        if !promises(error, threshold) {
            return;
        }
        let (error, steps) = fit::fit(tape, &self.problem.single, &mut draw, QUICK, &mut self.single);
        count(steps);
        if error.is_finite() && best.fitted.as_ref().is_none_or(|(least, ..)| error < *least) {
            best.fitted = Some((error, sign, draw));
        }
    }

    fn offer(&mut self, program: &Program, error: f64) {
        let Some(program) = canonical(program, &self.method.ops) else { return };
        let level = program.shape.operations();
        let fingerprint = program.shape.fingerprint();
        let lineage = Lineage::of_enumerated(&program, error);
        let entry = Entry { program, error, fingerprint, lineage };
        if self.archive.insert(level, entry.clone()) {
            self.report.counters.accepted += 1;
            self.report.accepted.push((level, entry));
        }
    }
}
