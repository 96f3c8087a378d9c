//! Our side of the comparison of logarithms of Bessel functions with other people's software.
//!
//! `log_bessel_side FUNCTION MODE INPUT OUTPUT [REPEATS]`: FUNCTION is i, k, ie, ke (scaled), i-ratio or k-ratio; MODE is
//! strict or paper; INPUT holds doubles, the orders and then as many arguments; OUTPUT gets the values. Prints the
//! nanoseconds a value of each repetition, on one thread.

use ansatz_core::{Error, Result};
use ansatz_functions::special::LogBessel;
use ansatz_functions::special::log_bessel::{Mode, bessel_i_ratio, bessel_k_ratio};
use std::path::Path;
use std::time::Instant;

fn main() -> std::process::ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args.iter().map(String::as_str).collect::<Vec<_>>()) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            std::process::ExitCode::from(2)
        }
    }
}

fn run(args: &[&str]) -> Result<()> {
    let [function, mode, input, output, rest @ ..] = args else {
        return Err(Error::parameter("the command", args.join(" "), "FUNCTION MODE INPUT OUTPUT [REPEATS]"));
    };
    let mode = match *mode {
        "strict" => Mode::Strict,
        "paper" => Mode::Paper,
        _ => return Err(Error::unknown("mode", mode, ["strict", "paper"])),
    };
    let repeats: u32 = rest
        .first()
        .map_or(Ok(1), |text| text.parse().map_err(|_| Error::parameter("REPEATS", text, "a whole number")))?;
    let numbers = read(Path::new(input))?;
    let (v, x) = numbers.split_at(numbers.len() / 2);
    let mut out = vec![0.0; v.len()];
    let mut times = Vec::new();
    for _ in 0..repeats {
        let start = Instant::now();
        match *function {
            "i" => LogBessel::i().mode(mode).fill(v, x, &mut out)?,
            "k" => LogBessel::k().mode(mode).fill(v, x, &mut out)?,
            "ie" => LogBessel::i().mode(mode).scaled().fill(v, x, &mut out)?,
            "ke" => LogBessel::k().mode(mode).scaled().fill(v, x, &mut out)?,
            "i-ratio" => out.iter_mut().zip(v.iter().zip(x)).for_each(|(out, (&v, &x))| *out = bessel_i_ratio(v, x)),
            "k-ratio" => out.iter_mut().zip(v.iter().zip(x)).for_each(|(out, (&v, &x))| *out = bessel_k_ratio(v, x)),
            _ => return Err(Error::unknown("function", function, ["i", "k", "ie", "ke", "i-ratio", "k-ratio"])),
        }
        times.push(format!("{:.2}", start.elapsed().as_secs_f64() * 1e9 / v.len().max(1) as f64));
    }
    let bytes: Vec<u8> = out.iter().flat_map(|value| value.to_le_bytes()).collect();
    std::fs::write(output, bytes).map_err(|source| Error::io("write", output, source))?;
    println!("{}", times.join(" "));
    Ok(())
}

fn read(path: &Path) -> Result<Vec<f64>> {
    let bytes = std::fs::read(path).map_err(|source| Error::io("read", path, source))?;
    if bytes.len() % 16 != 0 {
        return Err(Error::format(path, "it does not hold pairs of doubles"));
    }
    Ok(bytes.chunks_exact(8).map(|b| f64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]])).collect())
}
