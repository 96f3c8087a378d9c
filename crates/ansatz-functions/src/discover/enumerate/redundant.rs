//! Forms that another form with no more operations can stand in for.
//!
//! Each rule names a rewriting that keeps the number of operations and loses no function that the constants span
//! (w, the value named first, has no other reader):
//!
//! | form | can be written |
//! |---|---|
//! | `(v + c) ± u` | `(v ± u) + c` |
//! | `v·c + d` | `(v + d/c)·c` |
//! | `(v·c)·u`, `(v·c)/u`, `u/(v·c)` | `(v·u)·c`, `(v/u)·c`, `(u/v)/c` |
//! | `(v·c)²`, `(c/v)²` | `(v·v)·c²`, `c²/(v·v)` |
//! | `(c/v)·u`, `(c/v)/u`, `u/(c/v)` | `(u/v)·c`, `c/(v·u)`, `(u·v)/c` |
//! | `c/(u/v)` | `(v/u)·c` |
//! | `(u/v)·t`, `(u/v)/t`, `t/(u/v)` | `(u·t)/v`, `u/(v·t)`, `(t·v)/u` |
//! | `u·c ± v·d`, `u·c ± d/v` | `(u ± v·d/c)·c`, `(u ± (d/c)/v)·c` |
//! | `(v + c)(v + d)`, `(v + c)/(v + d)` | `(v + e)² + f`, `1 + e/(v + d)` |
//!
//! Constants and divisions only ever move towards the result, so that rewriting ends. Division by a constant that is
//! zero is no loss: such a program is one with fewer operations.

use super::form::{Instruction, Kind, MOST, Menu};

/// Whether a rule applies.
pub(super) fn redundant(path: &[Instruction], menu: &Menu) -> bool {
    // How many operands each value is, and the last instruction that reads it.
    let mut uses = [0u8; MOST + 1];
    let mut reader = [0usize; MOST + 1];
    for (i, instruction) in path.iter().enumerate() {
        for value in [instruction.a, instruction.b].into_iter().take(if instruction.kind.unary() { 1 } else { 2 }) {
            uses[usize::from(value)] += 1;
            reader[usize::from(value)] = i;
        }
    }
    let multiplies = menu.has(Kind::Product);
    (1..path.len()).any(|w| {
        let value = path[w - 1];
        let next = path[reader[w]];
        let square = next.kind == Kind::Product && next.a == next.b;
        if uses[w] == 2 && square {
            return matches!(value.kind, Kind::Scale | Kind::Invert);
        }
        if uses[w] != 1 {
            return false;
        }
        // The other operand, if it too is made by an instruction and has no other reader.
        let other = usize::from(if usize::from(next.a) == w { next.b } else { next.a });
        let partner = (!next.kind.unary() && other > 0 && uses[other] == 1).then(|| path[other - 1]);
        match (value.kind, next.kind) {
            (Kind::Shift, Kind::Sum) => menu.adds(),
            (Kind::Scale, Kind::Shift | Kind::Product | Kind::Quotient)
            | (Kind::Invert | Kind::Quotient, Kind::Product)
            | (Kind::Quotient, Kind::Invert) => true,
            (Kind::Invert | Kind::Quotient, Kind::Quotient) => multiplies,
            (Kind::Scale, Kind::Sum) => partner.is_some_and(|p| matches!(p.kind, Kind::Scale | Kind::Invert)),
            (Kind::Shift, Kind::Product | Kind::Quotient) => {
                partner.is_some_and(|p| p.kind == Kind::Shift && p.a == value.a)
            }
            _ => false,
        }
    })
}
