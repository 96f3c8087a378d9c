//! How the processes that hold the workers exchange what they have to say.

use ansatz_core::Result;

/// A group of processes, or threads, that run the same program on workers of their own.
///
/// All calls are collective: every member makes the same ones in the same order.
pub trait Communicator {
    /// The member that this is, from 0.
    fn rank(&self) -> usize;

    /// How many members there are.
    fn size(&self) -> usize;

    /// Gives every member what each has to say, in the order of the ranks.
    ///
    /// # Errors
    /// `Error::Environment` if a member has gone away.
    fn all_gather(&mut self, bytes: Vec<u8>) -> Result<Vec<Vec<u8>>>;
}

/// The group of one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Alone;

impl Communicator for Alone {
    fn rank(&self) -> usize {
        0
    }

    fn size(&self) -> usize {
        1
    }

    fn all_gather(&mut self, bytes: Vec<u8>) -> Result<Vec<Vec<u8>>> {
        Ok(vec![bytes])
    }
}

/// The workers of a member: consecutive ones, as even as can be.
pub(super) fn share(communicator: &dyn Communicator, workers: usize) -> std::ops::Range<usize> {
    let (rank, size) = (communicator.rank(), communicator.size());
    workers * rank / size..workers * (rank + 1) / size
}
