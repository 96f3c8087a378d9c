//! Distributed methods on processes that speak MPI.
//!
//! [`World`] is the group of all processes that `mpirun` started, as a [`Communicator`]: a training that is solved in it
//! gives the iterates that it gives in one process, bit for bit, for every number of processes.
//!
//! To be built it needs an MPI library with `mpicc`, and libclang: on Debian `libopenmpi-dev`, `openmpi-bin` and
//! `libclang-dev`.
//!
//! ```no_run
//! use ansatz_core::{Run, Seed};
//! use ansatz_mpi::World;
//! use ansatz_optimize::distributed::{EControl, Training, compress::TopK};
//! use ansatz_optimize::problems::Quadratic;
//! let mut world = World::initialise()?;
//! let problem = Quadratic::default().build(Seed(1))?;
//! let (method, kept) = (EControl::default(), TopK::fraction(0.1));
//! let trained = Training::new(&method, &kept).solve_in(&problem, &mut world, &mut Run::new(Seed(1)))?;
//! # Ok::<(), ansatz_core::Error>(())
//! ```

use ansatz_core::{Error, Result};
use ansatz_optimize::distributed::Communicator;
use mpi::Count;
use mpi::datatype::PartitionMut;
use mpi::environment::Universe;
use mpi::topology::SimpleCommunicator;
use mpi::traits::{Communicator as _, CommunicatorCollectives as _};

/// All processes that were started together. MPI ends when it is dropped.
pub struct World {
    world: SimpleCommunicator,
    // Dropped last: it ends MPI.
    _universe: Universe,
}

impl World {
    /// Joins the processes that were started together; a program that was started alone is a group of one.
    ///
    /// # Errors
    /// [`Error::Environment`] if MPI was initialised before.
    pub fn initialise() -> Result<Self> {
        let universe = mpi::initialize().ok_or_else(|| Error::Environment {
            what: "MPI".to_owned(),
            reason: "it was initialised before, and can be but once in a process".to_owned(),
        })?;
        Ok(Self { world: universe.world(), _universe: universe })
    }
}

impl Communicator for World {
    fn rank(&self) -> usize {
        self.world.rank() as usize
    }

    fn size(&self) -> usize {
        self.world.size() as usize
    }

    fn all_gather(&mut self, bytes: Vec<u8>) -> Result<Vec<Vec<u8>>> {
        let length = Count::try_from(bytes.len())
            .map_err(|_| Error::parameter("the message of a process", bytes.len(), "shorter than 2³¹ bytes"))?;
        let mut counts = vec![0 as Count; self.size()];
        self.world.all_gather_into(&length, &mut counts[..]);
        let mut starts = Vec::with_capacity(counts.len());
        let mut total: Count = 0;
        for &count in &counts {
            starts.push(total);
            total = total
                .checked_add(count)
                .ok_or_else(|| Error::parameter("the messages of all processes", "longer", "shorter than 2³¹ bytes"))?;
        }
        let mut all = vec![0u8; total as usize];
        {
            let mut parts = PartitionMut::new(&mut all[..], &counts[..], &starts[..]);
            self.world.all_gather_varcount_into(&bytes[..], &mut parts);
        }
        let part = |(&start, &count): (&Count, &Count)| all[start as usize..(start + count) as usize].to_vec();
        Ok(starts.iter().zip(&counts).map(part).collect())
    }
}
