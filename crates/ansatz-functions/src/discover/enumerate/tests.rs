use super::form::Form;
use super::*;
use crate::discover::Explorer;
use crate::discover::fit::{self, Limits, Nodes};
use crate::discover::lanes::{Lanes, Single};
use crate::discover::mutate::fresh_constant;
use crate::discover::tape::Tape;
use crate::number::Dd;
use crate::program::{Node, Op, Program, Shape, canonical};
use crate::target::Weight;
use ansatz_core::{Checkpoint, Run, Stopped};
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The fingerprint of a shape's canonical form.
fn fingerprint(shape: Shape) -> u64 {
    let constants = (0..shape.constants()).map(|i| Dd::from(1.5 + i as f64)).collect();
    canonical(&Program { shape, constants }, &OpSet::arithmetic()).unwrap().shape.fingerprint()
}

/// All shapes of forms with that many operations, and how many of them are negatives of others.
fn shapes(ops: &OpSet, operations: usize) -> (Vec<Shape>, usize) {
    let menu = Menu::new(ops).unwrap();
    let (mut shapes, mut negatives) = (Vec::new(), 0);
    let _ = Generator { menu: &menu, operations }.forms(&[], &mut |form| {
        shapes.extend(form.realise(&menu, false));
        if !form.signed
            && let Some(shape) = form.realise(&menu, true)
        {
            shapes.push(shape);
            negatives += 1;
        }
        ControlFlow::Continue(())
    });
    (shapes, negatives)
}

fn forms(operations: usize) -> usize {
    let menu = Menu::new(&OpSet::arithmetic()).unwrap();
    let mut count = 0;
    let _ = Generator { menu: &menu, operations }.forms(&[], &mut |_| {
        count += 1;
        ControlFlow::Continue(())
    });
    count
}

fn sequences(operations: usize) -> usize {
    let mut count = 0;
    reference::programs(operations, &mut |_| count += 1);
    count
}

#[test]
fn the_obvious_enumeration_has_the_counts_of_its_rules() {
    // Counted by a second program, in another language.
    for (operations, count) in [(1, 4), (2, 31), (3, 453), (4, 9_496), (5, 268_303)] {
        assert_eq!(sequences(operations), count, "{operations} operations");
    }
}

#[test]
fn forms_are_counted() {
    for (operations, count) in [(1, 4), (2, 17), (3, 187), (4, 3_263), (5, 76_282)] {
        assert_eq!(forms(operations), count, "{operations} operations");
    }
}

#[test]
#[ignore = "some seconds"]
fn forms_and_sequences_of_six_operations_are_counted() {
    assert_eq!(sequences(6), 9_725_129);
    assert_eq!(forms(6), 2_266_789);
}

#[test]
fn forms_are_distinct_but_for_a_few_and_need_all_their_operations() {
    for (operations, twice) in [(1, 0), (2, 0), (3, 0), (4, 4)] {
        let mut seen = BTreeSet::new();
        let menu = Menu::new(&OpSet::arithmetic()).unwrap();
        let mut repeated = 0;
        let _ = Generator { menu: &menu, operations }.forms(&[], &mut |form| {
            let shape = form.realise(&menu, false).unwrap();
            assert_eq!(shape.operations(), operations);
            repeated += usize::from(!seen.insert(fingerprint(shape)));
            ControlFlow::Continue(())
        });
        assert_eq!(repeated, twice, "{operations} operations");
    }
}

#[test]
fn prefixes_divide_the_forms() {
    let menu = Menu::new(&OpSet::arithmetic()).unwrap();
    let generator = Generator { menu: &menu, operations: 4 };
    for length in 0..=4 {
        let mut count = 0;
        for prefix in generator.prefixes(length) {
            let _ = generator.forms(&prefix, &mut |form| {
                assert_eq!(form.instructions[..length], prefix);
                count += 1;
                ControlFlow::Continue(())
            });
        }
        assert_eq!(count, 3_263, "prefixes of {length}");
    }
}

/// Whether some shape takes the values of `program` at the nodes, its constants fitted from random starts.
fn spanned(program: &Program, by: &[(Shape, Tape)], scratch: &mut fit::Scratch<Single<16>, 16>) -> bool {
    let mut stream = Seed(7).stream("spanned", 0);
    let x: Vec<Dd> = (0..16).map(|i| Dd::from(0.31 + 0.07 * f64::from(i))).collect();
    let values: Vec<Dd> = x.iter().map(|x| Dd::from(program.eval(&x.hi))).collect();
    let scale = values.iter().map(|v| v.hi.abs()).fold(0.0, f64::max);
    let nodes = Nodes {
        x: Single::<16>::from_dd(&x),
        weight: Single::splat(1.0 / scale),
        goal: Single::from_dd(&values.iter().map(|v| *v * Dd::from(1.0 / scale)).collect::<Vec<_>>()),
    };
    (0..40).any(|_| {
        by.iter().any(|(shape, tape)| {
            let mut constants: Vec<f64> = (0..shape.constants()).map(|_| fresh_constant(&mut stream)).collect();
            fit::fit(tape, &nodes, &mut constants, Limits { steps: 200, patience: 20 }, scratch).0 < 1e-9
        })
    })
}

/// Every obvious program's functions are among those of the forms.
fn nothing_is_lost(operations: usize, every: usize) {
    let ops = OpSet::arithmetic();
    let mut scratch = fit::Scratch::new();
    let menu = Menu::new(&ops).unwrap();
    let by: Vec<(Shape, Tape)> = (1..=operations)
        .rev()
        .flat_map(|n| shapes(&ops, n).0)
        .map(|shape| (shape.clone(), Tape::new(&shape).unwrap()))
        .collect();
    let known: BTreeSet<u64> = by.iter().map(|(shape, _)| fingerprint(shape.clone())).collect();
    let mut missing = Vec::new();
    reference::programs(operations, &mut |path| {
        missing.extend(Form { instructions: path, signed: true }.realise(&menu, false));
    });
    missing.retain(|shape| !known.contains(&fingerprint(shape.clone())));
    assert!(missing.len() > operations);
    let mut stream = Seed(3).stream("lost", 0);
    for shape in missing.into_iter().step_by(every) {
        let constants = (0..shape.constants()).map(|_| Dd::from(stream.uniform_in(0.5, 3.0))).collect();
        let program = Program { shape, constants };
        assert!(spanned(&program, &by, &mut scratch), "{program:#} is spanned by no form");
    }
}

#[test]
fn nothing_is_lost_of_two_operations() {
    nothing_is_lost(2, 1);
}

#[test]
fn nothing_is_lost_of_three_operations() {
    nothing_is_lost(3, 1);
}

#[test]
#[ignore = "some seconds"]
fn nothing_is_lost_of_a_sample_of_four_operations() {
    nothing_is_lost(4, 50);
}

#[test]
fn shapes_use_the_operations_of_the_set_and_no_others() {
    for set in ["+", "-", "*", "/", "+-", "+*", "-*", "-/", "*/", "+/", "+-*/,sqrt", "-,sqrt", "sqrt"] {
        let ops = OpSet::parse(set).unwrap();
        for operations in 1..=3 {
            let (shapes, _) = shapes(&ops, operations);
            assert!(!shapes.is_empty());
            for shape in shapes {
                assert_eq!(shape.operations(), operations, "{set}");
                let used = shape.nodes.iter().filter_map(|n| if let Node::Op(op, _) = n { Some(*op) } else { None });
                assert!(used.into_iter().all(|op| ops.has(op)), "{set}");
            }
        }
    }
}

/// A finished enumeration.
fn enumerate(method: &Exhaustive, target: &Target, threads: usize) -> Enumeration {
    let mut run = Run::new(Seed(1));
    let mut enumeration = Enumeration::begin(method, target, run.seed()).unwrap();
    assert_eq!(enumeration.run(&mut run, threads, |_| Ok(None)).unwrap(), Stopped::Exhausted);
    assert_eq!(enumeration.complete(), method.max_operations);
    enumeration
}

#[test]
fn functions_that_are_programs_are_found_in_every_set() {
    // (function, operations, how many are needed)
    for (function, set, operations) in [
        ("1.25 - x*x", "-*", 2),
        ("x - x*x", "-*", 2),
        ("2*x - 3", "-", 2),
        ("4*x + 1", "+", 3),
        ("3/x", "/", 1),
        ("sqrt(2 - x)", "-,sqrt", 2),
        ("sqrt(x + 1) + x", "+,sqrt", 3),
        ("(x + 2)*(x + 3)", "+*", 3),
        ("1/(x + 1) + 3/(x + 2)", "+/", 5),
    ] {
        let target = Target::parse(function, "0.25..1", Weight::Absolute).unwrap();
        let method = Exhaustive {
            ops: OpSet::parse(set).unwrap(),
            max_operations: operations,
            starts: [8; MOST],
            ..Exhaustive::default()
        };
        let best = enumerate(&method, &target, 2).best();
        assert!(best[operations] < 1e-14, "{function} with {set}: {best:?}");
        assert!(best[operations - 1] > 1e-6, "{function} with {set}: {best:?}");
    }
}

/// The least relative errors known for 2^x on (0, 1]; those of no and of one operation are not compared.
const BEST: [f64; 7] = [1.0, 0.5, 2.982e-2, 8.672e-4, 2.168e-4, 4.341e-6, 2.733e-7];

fn reaches_the_best(operations: usize) {
    let method = Exhaustive { max_operations: operations, ..Exhaustive::default() };
    let enumeration = enumerate(&method, &Target::named("exp2").unwrap(), 2);
    println!("{:?}", enumeration.counters());
    for (n, (&found, best)) in enumeration.best().iter().zip(BEST).enumerate().skip(2) {
        // The last digit is rounded; the grid misses a little of the extrema.
        assert!((found / best - 1.0).abs() < 2e-3, "{n} operations: {found:e}");
    }
}

#[test]
fn the_best_programs_of_four_operations_are_found() {
    reaches_the_best(4);
}

#[test]
#[ignore = "ten seconds"]
fn the_best_programs_of_five_operations_are_found() {
    reaches_the_best(5);
}

#[test]
#[ignore = "a minute or two"]
fn the_best_programs_of_six_operations_are_found() {
    reaches_the_best(6);
}

fn small() -> Exhaustive {
    Exhaustive { max_operations: 4, starts: [4, 4, 4, 1, 1, 1], ..Exhaustive::default() }
}

fn outcome(enumeration: &Enumeration) -> (Vec<u64>, Counters, u64) {
    let entries = enumeration.state.archive.levels().iter().flatten();
    let bits = entries.flat_map(|e| {
        let constants = e.program.constants.iter().flat_map(|c| [c.hi.to_bits(), c.lo.to_bits()]);
        [e.fingerprint, e.error.to_bits()].into_iter().chain(constants).collect::<Vec<_>>()
    });
    (bits.collect(), enumeration.counters(), enumeration.rounds())
}

#[test]
fn the_number_of_threads_does_not_change_a_bit() {
    let target = Target::named("exp2").unwrap();
    assert_eq!(outcome(&enumerate(&small(), &target, 1)), outcome(&enumerate(&small(), &target, 2)));
}

#[test]
fn an_enumeration_split_at_any_round_ends_as_an_unbroken_one() {
    let target = Target::named("exp2").unwrap();
    let whole = enumerate(&small(), &target, 2);
    for split in [1, 2, 3, 4] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("enumeration.checkpoint");
        let flag = Arc::new(AtomicBool::new(false));
        let mut first = Enumeration::begin(&small(), &target, Seed(1)).unwrap();
        let mut checkpoint = Checkpoint::new(&path, "enumeration", 1).unwrap();
        let stopped = first
            .run(&mut Run::new(Seed(1)).interrupt(Arc::clone(&flag)), 2, |enumeration| {
                checkpoint.save(&enumeration.snapshot(1.5))?;
                flag.store(enumeration.rounds() >= split, Ordering::Relaxed);
                Ok(None)
            })
            .unwrap();
        assert_eq!((stopped, first.rounds()), (Stopped::Interrupted, split));
        let saved = Checkpoint::new(&path, "enumeration", 1).unwrap().load::<EnumerationSnapshot>().unwrap().unwrap();
        assert_eq!((saved.state.elapsed(), saved.state.seed(), saved.state.method()), (1.5, Seed(1), &small()));
        let mut second = Enumeration::resume(saved.state, &target).unwrap();
        assert_eq!(second.run(&mut Run::new(Seed(1)), 1, |_| Ok(None)).unwrap(), Stopped::Exhausted);
        assert_eq!(outcome(&second), outcome(&whole), "split after round {split}");
    }
}

#[test]
fn a_round_is_given_up_when_interrupted() {
    let target = Target::named("exp2").unwrap();
    let mut enumeration = Enumeration::begin(&small(), &target, Seed(1)).unwrap();
    let before = outcome(&enumeration);
    let flag = Arc::new(AtomicBool::new(true));
    let stopped = enumeration.run(&mut Run::new(Seed(1)).interrupt(flag), 1, |_| Ok(None)).unwrap();
    assert_eq!((stopped, outcome(&enumeration)), (Stopped::Interrupted, before));
}

#[test]
fn a_snapshot_of_another_target_or_a_broken_one_is_refused() {
    let target = Target::named("exp2").unwrap();
    let enumeration = Enumeration::begin(&small(), &target, Seed(1)).unwrap();
    let mut other = target.clone();
    other.weight = Weight::Absolute;
    let error = Enumeration::resume(enumeration.snapshot(0.0), &other).unwrap_err().to_string();
    assert!(error.contains("that of the saved enumeration"), "{error}");
    let mut broken = enumeration.snapshot(0.0);
    broken.next = 1_000_000;
    assert!(Enumeration::resume(broken, &target).unwrap_err().to_string().contains("contradicts itself"));
    let mut emptied = enumeration.snapshot(0.0);
    emptied.levels.clear();
    assert!(Enumeration::resume(emptied, &target).unwrap_err().to_string().contains("contradicts itself"));
}

#[test]
fn the_front_is_certified_and_does_not_claim_an_ancestry() {
    let method = Exhaustive { max_operations: 3, ..Exhaustive::default() };
    let front = enumerate(&method, &Target::named("exp2").unwrap(), 2).front().unwrap();
    let best = front.entries.last().unwrap();
    assert_eq!(best.operations, 3);
    // A proof stops within half a per cent of the error.
    let bound = best.proof.as_ref().unwrap().bound;
    assert!((best.error..8.72e-4).contains(&bound) && best.error > 8.67e-4, "{bound:e}");
    assert_eq!(best.ancestry().len(), 1);
    assert!(best.lineage.enumerated());
    let error = best.lineage.verify(&method.ops).unwrap_err().to_string();
    assert!(error.contains("enumerated"), "{error}");
}

#[test]
fn bad_parameters_are_named() {
    let refuse = |method: Exhaustive| method.validate().unwrap_err().to_string();
    let method = Exhaustive::default();
    assert!(refuse(Exhaustive { max_operations: 7, ..method.clone() }).contains("max_operations is 7"));
    assert!(refuse(Exhaustive { max_operations: 0, ..method.clone() }).contains("max_operations is 0"));
    assert!(refuse(Exhaustive { keep: 0, ..method.clone() }).contains("keep is 0"));
    let starts = [1, 1, 0, 1, 1, 1];
    assert!(refuse(Exhaustive { starts, ..method.clone() }).contains("starts of 3 operations is 0"));
    let ops = OpSet::new([Op::Add, Op::Fma]);
    assert!(refuse(Exhaustive { ops, ..method.clone() }).contains("ops is"));
    assert!(refuse(Exhaustive { ops: OpSet::new([]), ..method }).contains("ops is"));
}
