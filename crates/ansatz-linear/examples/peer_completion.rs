//! Our side of the comparisons of matrix completion with other people's software under `peers/`:
//! `peer_completion METHOD RANK LAMBDA STEPS A.mtx OUT.npy` completes the matrix of which the entries in `A.mtx` are known,
//! writes it in full, and prints the steps made.

use ansatz_core::{Error, Result, Run, Seed, write_atomic};
use ansatz_linear::completion::{AltMin, Inner, Observations, SoftImpute};
use ansatz_linear::format::{npy_matrix, read_matrix};
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
    let [method, rank, lambda, steps, matrix, out] = args else {
        return Err(Error::parameter("the command", args.join(" "), "METHOD RANK LAMBDA STEPS A.mtx OUT.npy"));
    };
    let number = |name: &str, word: &str| word.parse::<f64>().map_err(|_| Error::parameter(name, word, "a number"));
    let (rank, lambda, steps) = (number("rank", rank)?, number("lambda", lambda)?, number("steps", steps)?);
    let a = read_matrix(Path::new(matrix))?;
    let (m, n) = (a.rows(), a.cols());
    let (mut rows, mut columns, mut values) = (Vec::new(), Vec::new(), Vec::new());
    for (i, j, value) in a.triplets() {
        rows.push(i);
        columns.push(j);
        values.push(value);
    }
    let known = Observations::from_triplets(m, n, &rows, &columns, &values)?;
    let places = (0..m).flat_map(|i| (0..n).map(move |j| (i, j)));
    let mut run = Run::new(Seed(1));
    let (entries, made): (Vec<f64>, u64) = if method == "soft-impute" {
        let method = SoftImpute { lambda, change: 0.0, max_steps: steps as u64, ..SoftImpute::default() };
        let imputed = method.fit(&known, None, &mut run)?;
        (places.map(|(i, j)| imputed.entry(i, j)).collect(), imputed.work.iterations)
    } else {
        let inner = match method.as_str() {
            "alt-min" => Inner::default(),
            "exact" => Inner::Exact,
            _ => return Err(Error::unknown("method", method, ["soft-impute", "alt-min", "exact"])),
        };
        let method =
            AltMin { rank: rank as usize, inner, ridge: lambda, max_sweeps: steps as u64, ..AltMin::default() };
        let fit = method.fit(&known, &mut run)?;
        (places.map(|(i, j)| fit.factors().entry(i, j)).collect(), fit.work.iterations)
    };
    write_atomic(Path::new(out), &npy_matrix(&entries, n)?)?;
    println!("{made}");
    Ok(())
}
