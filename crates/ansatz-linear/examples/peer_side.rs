//! Our side of the comparisons with other people's software under `peers/`:
//! `peer_side METHOD OMEGA RTOL A.mtx B.mtx` prints the number of iterations and the solution, a number a line.

use ansatz_core::{Error, Result, Run, Seed};
use ansatz_linear::format::{read_columns, read_matrix};
use ansatz_linear::sequence::{Relaxation, System};
use ansatz_linear::{Scheme, Solver};
use std::io::Write;
use std::path::Path;

fn main() -> std::process::ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            std::process::ExitCode::from(2)
        }
    }
}

fn run(args: &[String]) -> Result<()> {
    let [method, omega, rtol, matrix, rhs] = args else {
        return Err(Error::parameter("the command", args.join(" "), "METHOD OMEGA RTOL A.mtx B.mtx"));
    };
    let number = |name: &str, word: &str| word.parse::<f64>().map_err(|_| Error::parameter(name, word, "a number"));
    let scheme = match method.as_str() {
        "cg" => Scheme::Cg,
        "ssor-cg" => Scheme::SsorCg,
        "pcg-jacobi" => Scheme::DiagonalCg,
        "sor" => Scheme::Sor,
        _ => return Err(Error::unknown("method", method, ["cg", "ssor-cg", "pcg-jacobi", "sor"])),
    };
    let solver = Solver { rtol: number("rtol", rtol)?, ..Solver::new(scheme) };
    let a = read_matrix(Path::new(matrix))?;
    let columns = read_columns(Path::new(rhs), a.rows())?;
    let system = System { a: &a, b: &columns[0], x0: None, context: 0.0 };
    let solution = solver.solve(&system, number("omega", omega)?, &mut Run::new(Seed(0)))?;
    let mut out = std::io::stdout().lock();
    let mut line = |text: String| writeln!(out, "{text}").map_err(|e| Error::io("write", "standard output", e));
    line(solution.work.iterations.to_string())?;
    solution.x.iter().try_for_each(|value| line(format!("{value:e}")))
}
