//! Our side of the comparisons with other people's software under `peers/`.
//!
//! `peer_side digits` prints the digits: 64 pixels and a label a line. `peer_side econtrol ROUNDS` prints the weights of
//! logistic regression on them after so many rounds of EControl, a number a line.

use ansatz_core::{Error, Result, Run, Seed};
use ansatz_optimize::distributed::compress::TopK;
use ansatz_optimize::distributed::{EControl, Training};
use ansatz_optimize::problems::{digit_images, digits_by_class};
use std::fmt::Write;

fn main() -> std::process::ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args) {
        Ok(text) => {
            print!("{text}");
            std::process::ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            std::process::ExitCode::from(2)
        }
    }
}

fn run(args: &[String]) -> Result<String> {
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let mut text = String::new();
    match words[..] {
        ["digits"] => {
            let (images, labels) = digit_images();
            for (image, label) in images.iter().zip(labels) {
                image.iter().for_each(|pixel| _ = write!(text, "{pixel} "));
                _ = writeln!(text, "{label}");
            }
        }
        ["econtrol", rounds] => {
            let rounds = rounds.parse().map_err(|_| Error::parameter("ROUNDS", rounds, "a number"))?;
            let problem = digits_by_class(1e-3, None)?;
            let method = EControl { gamma: 4.0, eta: 0.1, ..EControl::default() };
            let training = Training::new(&method, &TopK::new(32)).rounds(rounds).record_every(100).threads(2);
            let trained = training.solve(&problem, &mut Run::new(Seed(1)))?;
            trained.x.iter().for_each(|value| _ = writeln!(text, "{value:e}"));
        }
        _ => return Err(Error::parameter("the command", args.join(" "), "digits, or econtrol ROUNDS")),
    }
    Ok(text)
}
