//! The best programs found at each cost, with their ancestry.

use super::mutate::{Mutation, identity};
use crate::program::{OpSet, Program, canonical};
use std::sync::Arc;

/// How a program came to be: the mutations of its parent, and so on back to the identity. An enumerated program did not
/// evolve: it has no parent and is not the identity.
#[derive(Debug)]
pub struct Lineage {
    /// The parent; `None` for the identity and for an enumerated program.
    pub parent: Option<Arc<Lineage>>,
    /// What was done to the parent's program.
    pub mutations: Vec<Mutation>,
    /// The program, with the constants that it had when it entered the archive.
    pub program: Program,
    /// Its largest error on the grid then.
    pub error: f64,
}

impl Lineage {
    /// The beginning of every ancestry.
    pub(crate) fn root(error: f64) -> Arc<Self> {
        Arc::new(Self { parent: None, mutations: Vec::new(), program: identity(), error })
    }

    /// The lineage of a program that an enumeration came upon.
    pub(crate) fn of_enumerated(program: &Program, error: f64) -> Arc<Self> {
        Arc::new(Self { parent: None, mutations: Vec::new(), program: program.clone(), error })
    }

    /// Whether the program was enumerated instead of evolved.
    pub fn enumerated(&self) -> bool {
        self.parent.is_none() && self.program != identity()
    }

    /// The generations from the identity to this one; of an enumerated program, itself alone.
    pub fn path(self: &Arc<Self>) -> Vec<Arc<Self>> {
        let mut path = vec![Arc::clone(self)];
        while let Some(parent) = path[path.len() - 1].parent.clone() {
            path.push(parent);
        }
        path.reverse();
        path
    }

    /// Applies every recorded mutation again, from the identity, and compares the forms.
    ///
    /// # Errors
    /// Names the generation that does not follow from its parent; an enumerated program has nothing to verify and is
    /// refused.
    pub fn verify(self: &Arc<Self>, ops: &OpSet) -> ansatz_core::Result<()> {
        if self.enumerated() {
            let reason = "there is no ancestry: the program was enumerated, it did not evolve from the identity";
            return Err(ansatz_core::Error::refused(reason));
        }
        let path = self.path();
        if path[0].program != identity() {
            return Err(ansatz_core::Error::refused("the ancestry does not begin at the identity"));
        }
        for (i, pair) in path.windows(2).enumerate() {
            let child = reproduce(&pair[0].program, &pair[1].mutations, ops);
            if child.is_none_or(|c| c.shape != pair[1].program.shape) {
                let reason = format!("generation {} of the ancestry does not follow from its parent", i + 1);
                return Err(ansatz_core::Error::refused(reason));
            }
        }
        Ok(())
    }
}

impl Drop for Lineage {
    /// Unlinks long chains in a loop, not by recursion.
    fn drop(&mut self) {
        let mut next = self.parent.take();
        while let Some(mut parent) = next.and_then(Arc::into_inner) {
            next = parent.parent.take();
        }
    }
}

/// The canonical child of `parent` by the mutations, in order.
pub(crate) fn reproduce(parent: &Program, mutations: &[Mutation], ops: &OpSet) -> Option<Program> {
    let mut child = parent.clone();
    for mutation in mutations {
        child = mutation.apply(&child)?;
    }
    canonical(&child, ops)
}

/// One kept program.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) program: Program,
    /// Largest weighted error on the grid.
    pub(crate) error: f64,
    pub(crate) fingerprint: u64,
    pub(crate) lineage: Arc<Lineage>,
}

/// Programs by cost level, best first.
#[derive(Clone, Debug)]
pub(crate) struct Archive {
    levels: Vec<Vec<Entry>>,
    keep: usize,
}

/// At most so many programs of one level may have the same error to 1e-5: forms that compute the same function would
/// otherwise fill the level.
const TWINS: usize = 3;

impl Archive {
    pub(crate) fn new(levels: usize, keep: usize) -> Self {
        Self { levels: vec![Vec::new(); levels], keep }
    }

    /// An archive with the entries that another one had.
    pub(crate) fn restored(levels: Vec<Vec<Entry>>, keep: usize) -> Self {
        Self { levels, keep }
    }

    pub(crate) fn levels(&self) -> &[Vec<Entry>] {
        &self.levels
    }

    /// The error below which a program enters the level.
    pub(crate) fn threshold(&self, level: usize) -> f64 {
        let entries = &self.levels[level];
        if entries.len() < self.keep { f64::INFINITY } else { entries[entries.len() - 1].error }
    }

    /// The best error of the level.
    pub(crate) fn best(&self, level: usize) -> f64 {
        self.levels[level].first().map_or(f64::INFINITY, |e| e.error)
    }

    /// Keeps the entry if it is good enough; true if it was kept.
    pub(crate) fn insert(&mut self, level: usize, entry: Entry) -> bool {
        let entries = &mut self.levels[level];
        if let Some(known) = entries.iter().position(|e| e.fingerprint == entry.fingerprint) {
            if entries[known].error <= entry.error {
                return false;
            }
            entries.remove(known);
        }
        let twins = entries.iter().filter(|e| (e.error - entry.error).abs() <= 1e-5 * entry.error).count();
        if twins >= TWINS && entries.iter().any(|e| e.error <= entry.error) {
            return false;
        }
        let place = entries.partition_point(|e| e.error <= entry.error);
        if place >= self.keep {
            return false;
        }
        entries.insert(place, entry);
        entries.truncate(self.keep);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::{Op, Shape};
    use ansatz_core::Seed;

    fn entry(error: f64, fingerprint: u64) -> Entry {
        Entry { program: identity(), error, fingerprint, lineage: Lineage::root(error) }
    }

    #[test]
    fn the_archive_keeps_the_best_of_distinct_forms() {
        let mut archive = Archive::new(1, 3);
        for (error, fingerprint) in [(3.0, 1), (2.0, 2), (1.0, 3), (4.0, 4), (0.5, 1), (0.4, 2)] {
            archive.insert(0, entry(error, fingerprint));
        }
        let kept: Vec<(f64, u64)> = archive.levels()[0].iter().map(|e| (e.error, e.fingerprint)).collect();
        assert_eq!(kept, [(0.4, 2), (0.5, 1), (1.0, 3)]);
        assert!(!archive.insert(0, entry(0.6, 1)), "a worse fit of a known form does not replace it");
    }

    #[test]
    fn an_ancestry_is_verified_and_a_forged_one_refused() {
        let ops = OpSet::arithmetic();
        let mut stream = Seed(1).stream("ancestry", 0);
        let mut lineage = Lineage::root(1.0);
        for _ in 0..50 {
            let mutation = Mutation::draw(&lineage.program, &ops, &mut stream);
            let Some(program) = reproduce(&lineage.program, std::slice::from_ref(&mutation), &ops) else { continue };
            lineage = Arc::new(Lineage {
                parent: Some(Arc::clone(&lineage)),
                mutations: vec![mutation],
                program,
                error: 1.0,
            });
        }
        assert!(lineage.path().len() > 5);
        lineage.verify(&ops).unwrap();
        let mut b = Program::builder();
        let x = b.input();
        let c = b.constant(1.0);
        let y = b.op(Op::Div, &[c, x]);
        let forged = Lineage { parent: Some(lineage), mutations: Vec::new(), program: b.finish(y), error: 0.0 };
        assert!(Arc::new(forged).verify(&ops).is_err());
        let rootless = Lineage {
            parent: None,
            mutations: Vec::new(),
            program: Program { shape: Shape::default(), constants: Vec::new() },
            error: 0.0,
        };
        assert!(Arc::new(rootless).verify(&ops).is_err());
    }
}
