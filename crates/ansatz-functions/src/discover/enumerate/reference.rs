//! The obvious enumeration, kept as the oracle of the generator: all sequences, no signs, no rewriting.

use super::form::{Instruction, Kind};

const KINDS: [Kind; 6] = [Kind::Shift, Kind::Scale, Kind::Invert, Kind::Sum, Kind::Product, Kind::Quotient];

/// Calls `visit` with every sequence of `operations` of the instructions `v + c`, `v·c`, `c/v`, `u ± v`, `u·v`, `u/v`,
/// in which every intermediate value is read, independent neighbours are strictly ordered by kind, second and first
/// operand (addition before subtraction), no constant meets a constant, and no instruction without one is repeated.
///
/// Strictly: of two neighbours `v + c`, `v + d` one is dropped, and with it the programs that need both.
pub(super) fn programs(operations: usize, visit: &mut dyn FnMut(&[Instruction])) {
    extend(&mut Vec::new(), operations, visit);
}

fn key(i: Instruction) -> (Kind, bool, u8, u8) {
    (i.kind, i.minus, if i.kind.unary() { 0 } else { i.b }, i.a)
}

fn extend(path: &mut Vec<Instruction>, operations: usize, visit: &mut dyn FnMut(&[Instruction])) {
    if path.len() == operations {
        // The last value is the result; every other one has a reader.
        if (1..operations).all(|v| path.iter().any(|i| i.reads(v))) {
            visit(path);
        }
        return;
    }
    let values = path.len() as u8 + 1;
    for kind in KINDS {
        for a in 0..values {
            for b in 0..values {
                for minus in [false, true] {
                    let formed = match kind {
                        Kind::Sum => a < b,
                        Kind::Product => a <= b && !minus,
                        Kind::Quotient => a != b && !minus,
                        _ => a == b && !minus,
                    };
                    let next = Instruction { kind, a, b, minus };
                    let source = a.checked_sub(1).map(|i| path[usize::from(i)].kind);
                    let folds = match kind {
                        Kind::Shift => source == Some(Kind::Shift),
                        Kind::Scale | Kind::Invert => matches!(source, Some(Kind::Scale | Kind::Invert)),
                        _ => false,
                    };
                    let ordered = path.last().is_none_or(|&last| next.reads(path.len()) || key(last) < key(next));
                    let new = kind.constant() || !path.contains(&next);
                    if formed && !folds && ordered && new {
                        path.push(next);
                        extend(path, operations, visit);
                        path.pop();
                    }
                }
            }
        }
    }
}
