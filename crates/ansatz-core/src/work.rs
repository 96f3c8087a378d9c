//! What a result cost: counted, not guessed.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// Counts of what was spent. The usual ones are fields; a method's own unit is added by name.
///
/// ```
/// use ansatz_core::Work;
/// let mut work = Work::default();
/// work.evaluations += 3;
/// work.add("fits", 2);
/// assert_eq!(work.count("fits"), 2);
/// assert_eq!(work.to_string(), "3 evaluations, 2 fits");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Work {
    /// Passes of the method's outer loop.
    pub iterations: u64,
    /// Evaluations of the objective, the network or the right-hand side.
    pub evaluations: u64,
    /// Arithmetic operations.
    pub operations: u64,
    /// Time of the work itself, in seconds; 0 where it was not taken.
    pub seconds: f64,
    /// Further counts, by name.
    pub other: BTreeMap<String, u64>,
}

impl Work {
    /// Adds `n` to the count `name`, one of the fields' names or any other.
    pub fn add(&mut self, name: &str, n: u64) {
        match self.slot(name) {
            Some(count) => *count += n,
            // Looked up before it is inserted, so that a hot loop does not allocate the name again and again.
            None => _ = self.other.insert(name.to_owned(), n),
        }
    }

    /// The count `name`; 0 if nothing was ever added to it.
    pub fn count(&self, name: &str) -> u64 {
        match name {
            "iterations" => self.iterations,
            "evaluations" => self.evaluations,
            "operations" => self.operations,
            _ => self.other.get(name).copied().unwrap_or(0),
        }
    }

    fn slot(&mut self, name: &str) -> Option<&mut u64> {
        match name {
            "iterations" => Some(&mut self.iterations),
            "evaluations" => Some(&mut self.evaluations),
            "operations" => Some(&mut self.operations),
            _ => self.other.get_mut(name),
        }
    }
}

/// Joins the work of two parts, such as two threads: counts and seconds add up.
impl std::ops::AddAssign<&Work> for Work {
    fn add_assign(&mut self, part: &Work) {
        self.iterations += part.iterations;
        self.evaluations += part.evaluations;
        self.operations += part.operations;
        self.seconds += part.seconds;
        for (name, &n) in &part.other {
            self.add(name, n);
        }
    }
}

/// The counts that are not zero, in words.
impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fixed =
            [("iterations", self.iterations), ("evaluations", self.evaluations), ("operations", self.operations)];
        let other = self.other.iter().map(|(name, &n)| (name.as_str(), n));
        let mut comma = "";
        for (name, n) in fixed.into_iter().chain(other).filter(|&(_, n)| n > 0) {
            write!(f, "{comma}{n} {name}")?;
            comma = ", ";
        }
        if self.seconds > 0.0 {
            write!(f, "{comma}{:.3} s", self.seconds)?;
            comma = ", ";
        }
        if comma.is_empty() { write!(f, "no work") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_names_are_one_set_of_counts() {
        let mut work = Work::default();
        assert_eq!(work.to_string(), "no work");
        work.add("iterations", 5);
        work.add("bytes", 7);
        work.add("bytes", 1);
        assert_eq!((work.iterations, work.count("iterations"), work.count("bytes"), work.count("x")), (5, 5, 8, 0));
        let mut total = Work { seconds: 0.5, ..work.clone() };
        total += &work;
        assert_eq!((total.iterations, total.count("bytes"), total.seconds), (10, 16, 0.5));
        assert_eq!(total.to_string(), "10 iterations, 16 bytes, 0.500 s");
    }
}
