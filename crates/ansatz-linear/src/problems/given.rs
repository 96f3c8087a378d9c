//! Systems that are given, such as read from files: solved in their order, the solutions kept.

use crate::sequence::{Sequence, System};
use crate::vector::check;
use crate::{Csr, Solution};
use ansatz_core::{Error, Result};
use std::sync::Arc;

/// A list of systems. Several may share a matrix.
#[derive(Clone, Debug, Default)]
pub struct Given {
    systems: Vec<(Arc<Csr>, Vec<f64>, f64)>,
    warm: bool,
    solved: Vec<Solution>,
}

impl Given {
    /// An empty list. With `warm`, each solve starts from the solution of the system before, if that has as many unknowns.
    pub fn new(warm: bool) -> Self {
        Self { warm, ..Self::default() }
    }

    /// Adds the system `a x = b`, or its least-squares problem where `a` is not square. Its context is the mean of the
    /// diagonal: what an implicit time step or a shift changes first.
    ///
    /// # Errors
    /// [`Error::Parameter`] if `b` has not an entry for each row; [`Error::NotFinite`] if `b` is not finite. What else a
    /// method asks of a matrix, it checks itself.
    pub fn push(&mut self, a: Arc<Csr>, b: Vec<f64>) -> Result<()> {
        let diagonal = a.diagonal();
        check("the right-hand side", &b, a.rows())?;
        let context = diagonal.iter().sum::<f64>() / diagonal.len() as f64;
        self.systems.push((a, b, context));
        Ok(())
    }

    /// Sets the contexts, one a system.
    ///
    /// # Errors
    /// [`Error::Parameter`] for another number of contexts than of systems, [`Error::NotFinite`] for one that is not
    /// finite.
    pub fn set_contexts(&mut self, contexts: &[f64]) -> Result<()> {
        if contexts.len() != self.systems.len() {
            let allowed = format!("{}, one a system", self.systems.len());
            return Err(Error::parameter("the number of contexts", contexts.len(), allowed));
        }
        check("the contexts", contexts, contexts.len())?;
        for (system, context) in self.systems.iter_mut().zip(contexts) {
            system.2 = *context;
        }
        Ok(())
    }

    /// The least and the largest context; `None` without systems.
    pub fn contexts(&self) -> Option<(f64, f64)> {
        let all = || self.systems.iter().map(|system| system.2);
        Some((all().reduce(f64::min)?, all().reduce(f64::max)?))
    }

    /// How many systems there are, solved or not.
    pub fn count(&self) -> usize {
        self.systems.len()
    }

    /// The solutions so far.
    pub fn solutions(&self) -> &[Solution] {
        &self.solved
    }
}

impl Sequence for Given {
    fn left(&self) -> u64 {
        (self.systems.len() - self.solved.len()) as u64
    }

    fn system(&mut self) -> Result<System<'_>> {
        let Some((a, b, context)) = self.systems.get(self.solved.len()) else {
            return Err(Error::parameter("a system", "asked for", "one of those that are left: all are solved"));
        };
        let before = self.solved.last().filter(|last| self.warm && last.x.len() == a.cols());
        Ok(System { a, b, x0: before.map(|last| &last.x[..]), context: *context })
    }

    fn advance(&mut self, solution: Solution) {
        self.solved.push(solution);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problems::laplacian_2d;
    use crate::sequence::{fixed, solve};
    use crate::{Scheme, Solver};
    use ansatz_core::{Run, Seed};

    #[test]
    fn systems_are_solved_in_order_and_warm_starts_save_iterations() {
        let total = |warm| {
            let a = Arc::new(laplacian_2d(6, 6).unwrap());
            let mut given = Given::new(warm);
            for i in 0..5 {
                given.push(Arc::clone(&a), (0..36).map(|k| f64::from(k + 1) + 1e-6 * f64::from(i)).collect()).unwrap();
            }
            assert_eq!((given.count(), given.left(), given.contexts()), (5, 5, Some((4.0, 4.0))));
            let (mut stream, mut run) = (Seed(0).stream("none", 0), Run::new(Seed(0)));
            let solved =
                solve(&mut given, &Solver::new(Scheme::SsorCg), &mut fixed(1.3), &mut stream, &mut run).unwrap();
            assert_eq!((given.left(), given.solutions().len(), solved.failures), (0, 5, 0));
            assert!(given.system().unwrap_err().to_string().contains("all are solved"));
            solved.total()
        };
        assert!(total(true) < total(false));
    }

    #[test]
    fn contexts_and_lengths_are_checked() {
        let a = Arc::new(laplacian_2d(2, 2).unwrap());
        let mut given = Given::new(false);
        assert!(given.push(Arc::clone(&a), vec![1.0; 3]).unwrap_err().to_string().contains("of length 3"));
        given.push(a, vec![1.0; 4]).unwrap();
        assert!(given.set_contexts(&[1.0, 2.0]).unwrap_err().to_string().contains("one a system"));
        assert!(given.set_contexts(&[f64::NAN]).is_err());
        given.set_contexts(&[7.0]).unwrap();
        assert_eq!(given.contexts(), Some((7.0, 7.0)));
    }
}
