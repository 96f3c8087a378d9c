//! Our side of the comparison with other people's optimisers: the score of solver schedules, and our own search.
//!
//! `score` reads solver schedules as JSON, one a line, and answers each with its score on the search's samples and on others;
//! `search NFE BUDGET SEED` prints the same two numbers for what our search finds.

use ansatz_core::{Error, Result, Run, Seed};
use ansatz_diffusion::model::gmm8;
use ansatz_diffusion::schedule::VpLinear;
use ansatz_diffusion::search::{FlowError, Objective, S3};
use ansatz_diffusion::usf::SolverSchedule;
use ansatz_diffusion::{Path, start_points};
use std::io::{BufRead, Write};

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (model, schedule) = (gmm8()?, VpLinear::default());
    let path = Path::whole(&schedule)?;
    let starts = start_points(128, 8, &path.from);
    let of = |from| FlowError::new(&model, path, starts.slice(from, from + 64), Some(model.mean()), 1e-9);
    let (objective, others) = (of(0)?, of(64)?);
    let both = |sampler: &SolverSchedule| -> Result<String> {
        let score = |objective: &FlowError| match objective.score(sampler) {
            Err(Error::NotFinite { .. }) => Ok(1e6),
            other => other,
        };
        Ok(format!("{:e} {:e}", score(&objective)?, score(&others)?))
    };
    let number = |word: &str| word.parse::<u64>().map_err(|_| Error::parameter("a number", word, "a whole number"));
    match words[..] {
        ["score"] => {
            let mut out = std::io::stdout();
            for line in std::io::stdin().lock().lines() {
                let line = line.map_err(|e| Error::io("read", "standard input", e))?;
                let (sampler, _) = SolverSchedule::from_json(&line, "standard input")?;
                writeln!(out, "{}", both(&sampler)?)
                    .and_then(|()| out.flush())
                    .map_err(|e| Error::io("write", "standard output", e))?;
            }
        }
        ["search", nfe, budget, seed] => {
            let (nfe, budget) = (number(nfe)? as usize, number(budget)? as usize);
            let method = S3 { evaluations: vec![nfe], budget, initial: budget / 5, ..S3::default() };
            let found = method.search(&objective, &mut Run::new(Seed(number(seed)?)), 1)?;
            if let Some(best) = found.populations[0].best() {
                println!("{}", both(&best.sampler)?);
            }
        }
        _ => return Err(Error::parameter("the command", words.join(" "), "score, or search NFE BUDGET SEED")),
    }
    Ok(())
}
