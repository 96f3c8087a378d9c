//! What a discovered program is compared with: the classical approximations, and programs known from the literature.
//!
//! [`table`] recomputes every family for a target and gives each member as a [`Program`](crate::program::Program) with
//! its operation count and error, so that it can be certified, executed and drawn like any other.
//! [`remez_polynomial`] and [`remez_rational`] are the best approximations themselves; [`level`] does the same for the
//! constants of any program.

mod exchange;
mod expansions;
mod family;
mod forms;
mod level;
mod linear;
pub mod literature;
mod polynomial;
mod problem;
mod remez;
mod squaring;
mod structures;
mod table;

pub use family::{Centre, Family};
pub use level::{Levelled, level, measure};
pub use problem::Structure;
pub use remez::{Approximant, MAX_DEGREE, remez_polynomial, remez_rational};
pub use table::{Anchor, Omission, Table, table};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::{Interval, Target, Weight};

    /// 2^x with the relative error.
    pub(super) fn exp2(lo: f64, hi: f64) -> Target {
        Target {
            name: "2^x".into(),
            interval: Interval { lo, hi, lo_open: false, hi_open: false },
            weight: Weight::Relative,
        }
    }

    #[test]
    fn explore() {
        let t0 = std::time::Instant::now();
        let table = table(&exp2(0.0, 1.0), 14).unwrap();
        println!("{:?}", t0.elapsed());
        for a in &table.anchors {
            println!("{} {} {}: {} ops {:.4e}", a.family, a.structure, a.variant, a.operations, a.error);
        }
        for a in &table.omissions {
            println!("{} {} {}", a.family, a.structure, a.reason);
        }
    }
}
