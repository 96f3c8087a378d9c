//! Our side of the comparisons with other people's software under `peers/`.
//!
//! `peer_side digits` prints the digits: 64 pixels and a label a line. `peer_side econtrol ROUNDS` prints the weights of
//! logistic regression on them after so many rounds of EControl, a number a line. `peer_side game N SEED EPOCHS` prints
//! the strategies for the published game of the policeman and the burglar after so many epochs of variance-reduced
//! Halpern, a number a line; `peer_side saddle N` the solution of the quadratic saddle.

use ansatz_core::{Error, Result, Run, Seed};
use ansatz_optimize::distributed::compress::TopK;
use ansatz_optimize::distributed::{EControl, Training};
use ansatz_optimize::inclusion::{Budget, HalpernVr, Inclusion, Method};
use ansatz_optimize::problems::{MatrixGame, QuadraticSaddle, digit_images, digits_by_class};
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
                for pixel in image {
                    _ = write!(text, "{pixel} ");
                }
                _ = writeln!(text, "{label}");
            }
        }
        ["econtrol", rounds] => {
            let rounds = rounds.parse().map_err(|_| Error::parameter("ROUNDS", rounds, "a number"))?;
            let problem = digits_by_class(1e-3, None)?;
            let method = EControl { gamma: 4.0, eta: 0.1, ..EControl::default() };
            let kept = TopK::new(32);
            let training = Training::new(&method, &kept).rounds(rounds).record_every(100).threads(2);
            let trained = training.solve(&problem, &mut Run::new(Seed(1)))?;
            for value in &trained.x {
                _ = writeln!(text, "{value:e}");
            }
        }
        ["game", n, seed, epochs] => {
            let number = |word: &str| word.parse::<u32>().map_err(|_| Error::parameter("a number", word, "a number"));
            let game = MatrixGame::policeman_published(number(n)? as usize, number(seed)?)?;
            let strategies = game.strategies();
            let problem = Inclusion::new(&game, &strategies, game.uniform())?;
            let method = HalpernVr { eta: 5.0 / game.frobenius(), restart: false };
            let budget = Budget::epochs(f64::from(number(epochs)?)).look_every(10.0);
            let solution = method.solve(&problem, &budget, &mut Run::new(Seed(1)))?;
            _ = writeln!(text, "{:e}", solution.residual());
            for value in &solution.u {
                _ = writeln!(text, "{value:e}");
            }
        }
        ["saddle", n] => {
            let n = n.parse().map_err(|_| Error::parameter("N", n, "a number"))?;
            for value in QuadraticSaddle::new(n)?.solution() {
                _ = writeln!(text, "{value:e}");
            }
        }
        _ => {
            let allowed = "digits, econtrol ROUNDS, game N SEED EPOCHS or saddle N";
            return Err(Error::parameter("the command", args.join(" "), allowed));
        }
    }
    Ok(text)
}
