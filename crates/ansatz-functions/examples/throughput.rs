//! Coefficient fits per second of one core: `cargo run --release -p ansatz-functions --example throughput`.
//!
//! Arguments, all optional: the function, the operations of the programs, the number of fits, the seed.

use ansatz_core::{Error, Result, Seed};
use ansatz_functions::discover::throughput;
use ansatz_functions::target::Target;

fn number(name: &str, text: Option<&String>, default: u64) -> Result<u64> {
    text.map_or(Ok(default), |t| t.parse().map_err(|_| Error::parameter(name, t, "a whole number")))
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let name = arguments.first().map_or("exp2", String::as_str);
    let operations = number("operations", arguments.get(1), 6)?;
    let fits = number("fits", arguments.get(2), 40_000)?;
    let seed = number("seed", arguments.get(3), 1)?;
    let t = throughput(&Target::named(name)?, operations as usize, fits as usize, Seed(seed))?;
    let share = |part: u64, whole: u64| 100.0 * part as f64 / whole as f64;
    println!(
        "{name}, {operations} operations: {} programs with {:.2} constants, {} fits",
        t.programs,
        t.constants as f64 / t.programs as f64,
        t.fits
    );
    println!(
        "{:.0} fits per core-second; {:.1} steps a fit, {:.0} ns a step",
        t.rate(),
        t.steps as f64 / t.fits as f64,
        t.step_time()
    );
    println!(
        "within 1e-3 of the best known: {:.1} % of the fits, {:.1} % of the programs by one of their fits",
        share(t.settled, t.fits),
        share(t.solved, t.programs)
    );
    Ok(())
}
