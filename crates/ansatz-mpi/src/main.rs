//! `mpirun -n P ansatz-mpi WORKERS ROUNDS [STATE]` trains the quadratic problem by EControl on `P` processes; the first
//! prints the bytes sent, the records, and the last iterate as the bits of its numbers. With `STATE` it keeps its state
//! there, and goes on from it.

use ansatz_core::{Error, Result, Run, Seed};
use ansatz_mpi::World;
use ansatz_optimize::distributed::compress::TopK;
use ansatz_optimize::distributed::{Communicator as _, EControl, Training};
use ansatz_optimize::problems::Quadratic;

fn main() -> std::process::ExitCode {
    match run() {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            std::process::ExitCode::from(2)
        }
    }
}

fn run() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize, name: &str| {
        let word = args.get(at).map_or("", String::as_str);
        word.parse::<u64>().map_err(|_| Error::parameter(name, format!("{word:?}"), "a number"))
    };
    let (workers, rounds) = (number(0, "WORKERS")? as usize, number(1, "ROUNDS")?);
    let mut world = World::initialise()?;
    let problem = Quadratic { workers, sigma: 1.0, ..Quadratic::default() }.build(Seed(1))?;
    let (method, kept) = (EControl { gamma: 0.02, ..EControl::default() }, TopK::fraction(0.1));
    let mut training = Training::new(&method, &kept).rounds(rounds);
    if let Some(state) = args.get(2) {
        training = training.checkpoint(state, 10);
    }
    let trained = training.solve_in(&problem, &mut world, &mut Run::new(Seed(1)))?;
    if world.rank() == 0 {
        println!("{}", trained.work.count("bytes sent"));
        println!("{}", trained.history.len());
        trained.x.iter().for_each(|x| println!("{:016x}", x.to_bits()));
    }
    Ok(())
}
