//! The forms of a given number of operations, one after the other, without a list of them.
//!
//! A depth-first walk over sequences of instructions. A sequence is a form if
//!
//! * every value but the last is read by a later instruction;
//! * it is the least of the sequences that differ from it by the order of independent instructions alone;
//! * no instruction computes what an earlier one, or a constant in its place, computes already;
//! * its signs are the first ones among those that the signs of constants can bring about;
//! * no rule of [`super::redundant`] says that another form with as many operations can do all that it can.
//!
//! The subtree below a prefix is walked independently of all others, which is how work is divided and gone on with.

use super::form::{Form, Instruction, Kind, MOST, Menu};
use super::redundant::redundant;
use std::ops::ControlFlow;

/// Generates the forms of one number of operations.
#[derive(Clone, Debug)]
pub(super) struct Generator<'a> {
    pub(super) menu: &'a Menu,
    pub(super) operations: usize,
}

/// How signs of constants act on a sequence. A scaled or inverted value takes the sign of its constant: one bit each.
/// Every value's sign is a sum of such bits, and so is the relative sign of the operands of a sum.
#[derive(Clone, Copy, Debug, Default)]
struct Signs {
    /// The bits of each value.
    values: [u8; MOST + 1],
    /// A basis of the relative signs that have been chosen; entry b has b as its highest bit.
    basis: [u8; 8],
}

impl Signs {
    /// What is left of a combination of bits when those chosen before are taken out.
    fn reduce(&self, mut bits: u8) -> u8 {
        while bits != 0 {
            let with = self.basis[7 - bits.leading_zeros() as usize];
            if with == 0 {
                return bits;
            }
            bits ^= with;
        }
        0
    }

    /// The signs after one more instruction, the `i`-th; `None` if constants could have made it a plus.
    fn after(mut self, i: usize, instruction: Instruction) -> Option<Self> {
        let (a, b) = (self.values[usize::from(instruction.a)], self.values[usize::from(instruction.b)]);
        let relative = match instruction.kind {
            Kind::Root => a,
            Kind::Sum => a ^ b,
            _ => 0,
        };
        let rest = self.reduce(relative);
        if rest != 0 {
            if instruction.minus {
                return None;
            }
            self.basis[7 - rest.leading_zeros() as usize] = rest;
        }
        self.values[i + 1] = match instruction.kind {
            Kind::Shift | Kind::Sum => a,
            Kind::Scale | Kind::Invert => 1 << i,
            Kind::Root => 0,
            Kind::Product | Kind::Quotient => a ^ b,
        };
        Some(self)
    }
}

impl Generator<'_> {
    /// Calls `visit` with each form that begins with `prefix`, in a fixed order, until it breaks.
    pub(super) fn forms(
        &self,
        prefix: &[Instruction],
        visit: &mut dyn FnMut(Form) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let mut path = Vec::with_capacity(self.operations);
        let mut signs = Signs::default();
        for (i, &instruction) in prefix.iter().enumerate() {
            let Some(next) = signs.after(i, instruction) else { return ControlFlow::Continue(()) };
            signs = next;
            path.push(instruction);
        }
        self.walk(&mut path, signs, self.operations, &mut |path, signs| {
            if !least(path) || redundant(path, self.menu) {
                return ControlFlow::Continue(());
            }
            visit(Form { instructions: path, signed: signs.reduce(signs.values[path.len()]) != 0 })
        })
    }

    /// The sequences of `length` instructions with which forms can begin, in the order of the walk.
    pub(super) fn prefixes(&self, length: usize) -> Vec<Vec<Instruction>> {
        let mut prefixes = Vec::new();
        let _ = self.walk(&mut Vec::new(), Signs::default(), length.min(self.operations), &mut |path, _| {
            prefixes.push(path.to_vec());
            ControlFlow::Continue(())
        });
        prefixes
    }

    fn walk(
        &self,
        path: &mut Vec<Instruction>,
        signs: Signs,
        length: usize,
        visit: &mut dyn FnMut(&[Instruction], &Signs) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        if path.len() == length {
            return visit(path, &signs);
        }
        let values = path.len() as u8 + 1;
        for &kind in &self.menu.kinds {
            for b in 0..values {
                let first = if kind.unary() { b..b + 1 } else { 0..values };
                for a in first {
                    for minus in [false, true] {
                        let next = Instruction { kind, a, b, minus };
                        if !self.fits(path, next) {
                            continue;
                        }
                        if let Some(signs) = signs.after(path.len(), next) {
                            path.push(next);
                            self.walk(path, signs, length, visit)?;
                            path.pop();
                        }
                    }
                }
            }
        }
        ControlFlow::Continue(())
    }

    /// Whether `next` may follow: well-formed, new, in order, and leaving no more values unread than can be read yet.
    fn fits(&self, path: &[Instruction], next: Instruction) -> bool {
        let Instruction { kind, a, b, minus } = next;
        let formed = match kind {
            Kind::Shift | Kind::Scale | Kind::Invert => !minus,
            Kind::Root => true,
            // v + v is v · 2, where there are products.
            Kind::Sum => a < b || (a == b && !minus && !self.menu.has(Kind::Scale)),
            Kind::Product => !minus && a <= b,
            Kind::Quotient => !minus && a != b,
        };
        if !formed || known(path, next) {
            return false;
        }
        if let Some(last) = path.last()
            && !next.reads(path.len())
            && code(next) < code(*last)
        {
            return false;
        }
        let mut read = 1u8 << a | 1 << b;
        for instruction in path {
            read |= 1 << instruction.a | 1 << instruction.b;
        }
        // Besides the new value, which is read once more or is the result.
        let unread = path.len() - (read >> 1).count_ones() as usize;
        unread < self.operations - path.len()
    }
}

/// Whether an earlier value, a constant, or a single instruction with a constant computes the same as `next`.
fn known(path: &[Instruction], next: Instruction) -> bool {
    let source = |value: u8| value.checked_sub(1).map(|i| path[usize::from(i)]);
    let is = |value: u8, kind: Kind| source(value).filter(|s| s.kind == kind).map(|s| s.a);
    // The value without a constant factor; what a constant was divided by.
    let base = |value: u8| is(value, Kind::Scale).unwrap_or(value);
    let divisor = |value: u8| is(value, Kind::Invert);
    let Instruction { kind, a, b, .. } = next;
    match kind {
        Kind::Shift => is(a, Kind::Shift).is_some(),
        Kind::Scale | Kind::Invert => is(a, Kind::Scale).or(divisor(a)).is_some(),
        _ if path.contains(&next) => true,
        Kind::Root => false,
        Kind::Sum => (a != b && base(a) == base(b)) || (divisor(a).is_some() && divisor(a) == divisor(b)),
        Kind::Product => divisor(a) == Some(base(b)) || divisor(b) == Some(base(a)),
        Kind::Quotient => base(a) == base(b) || (divisor(a).is_some() && divisor(a) == divisor(b)),
    }
}

/// The key by which independent instructions are ordered; signs do not count.
fn code(instruction: Instruction) -> u32 {
    u32::from(instruction.kind as u8) << 16 | u32::from(instruction.b) << 8 | u32::from(instruction.a)
}

/// Whether no other order of the instructions gives a lesser sequence of codes.
fn least(path: &[Instruction]) -> bool {
    none_less(path, 0, 0, &mut [0; MOST + 1])
}

/// Whether no order that begins with the instructions in `placed`, numbered as in `names` and equal to the path so far,
/// gives a lesser sequence.
fn none_less(path: &[Instruction], position: usize, placed: u8, names: &mut [u8; MOST + 1]) -> bool {
    if position == path.len() {
        return true;
    }
    let own = code(path[position]);
    (0..path.len()).all(|i| {
        let Instruction { kind, a, b, .. } = path[i];
        // Bit v is set if value v is there; the input always is.
        let there = placed << 1 | 1;
        if placed >> i & 1 == 1 || there >> a & 1 == 0 || there >> b & 1 == 0 {
            return true;
        }
        let (mut a, mut b) = (names[usize::from(a)], names[usize::from(b)]);
        if kind != Kind::Quotient && a > b {
            (a, b) = (b, a);
        }
        let other = code(Instruction { kind, a, b, minus: false });
        if other == own {
            names[i + 1] = position as u8 + 1;
            return none_less(path, position + 1, placed | 1 << i, names);
        }
        other > own
    })
}
