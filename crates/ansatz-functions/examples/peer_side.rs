//! Our side of the comparisons with other people's software under `peers/`: lines of words, separated by tabs.
//!
//! * `names`: name, expression, interval (hexadecimal), weight of every named target;
//! * `values NAME`: the target's values at the points (hexadecimal, a line each) of standard input, to 55 digits;
//! * `published`: name, weight, largest error, program file of the published programs for 2^x;
//! * `remez EXPRESSION INTERVAL relative|absolute DEGREE`: the minimax errors of degrees 1 to DEGREE;
//! * `cma`: samples until 1e-10, medians over 11 seeds, on standard test functions.

use ansatz_core::{Error, Result, Seed};
use ansatz_functions::anchors::{literature, measure, remez_polynomial};
use ansatz_functions::discover::cma::Cma;
use ansatz_functions::number::{Big, Scalar, hex};
use ansatz_functions::target::{Target, Weight};
use std::io::{BufRead, Write};

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
    match args {
        ["names"] => names(),
        ["values", name] => values(&Target::named(name)?),
        ["published"] => published(),
        ["remez", expression, interval, kind, degree] => {
            let degree = degree.parse().map_err(|_| Error::parameter("degree", degree, "a whole number"))?;
            remez(&Target::parse(expression, interval, weight(kind)?)?, degree)
        }
        ["cma"] => cma(),
        _ => Err(Error::parameter("the command", args.join(" "), "one of names, values, published, remez, cma")),
    }
}

fn line(words: &[&str]) -> Result<()> {
    writeln!(std::io::stdout(), "{}", words.join("\t")).map_err(|source| Error::io("write", "standard output", source))
}

fn weight(kind: &str) -> Result<Weight> {
    match kind {
        "relative" => Ok(Weight::Relative),
        "absolute" => Ok(Weight::Absolute),
        _ => Err(Error::unknown("error measure", kind, ["relative", "absolute"])),
    }
}

fn names() -> Result<()> {
    for name in Target::names() {
        let target = Target::named(name)?;
        let text = target.expression().map(ToString::to_string).unwrap_or_default();
        let (lo, hi) = (hex::format(target.interval.lo), hex::format(target.interval.hi));
        let weight = format!("{:?}", target.weight).to_lowercase();
        line(&[name, &text, &lo, &hi, &weight])?;
    }
    Ok(())
}

fn values(target: &Target) -> Result<()> {
    for point in std::io::stdin().lock().lines() {
        let point = point.map_err(|source| Error::io("read", "standard input", source))?;
        let x = hex::parse(&point).ok_or_else(|| Error::parameter("point", &point, "a hexadecimal double"))?;
        let value = target.value(&Big::from_f64(x))?;
        let digits = value.float().map(|v| format!("{:e}", v.clone().with_base_and_precision::<10>(55).value()));
        line(&[&digits.unwrap_or_default()])?;
    }
    Ok(())
}

fn published() -> Result<()> {
    let programs = [
        ("f2", literature::f2(), "absolute"),
        ("f3", literature::f3(), "absolute"),
        ("f5", literature::f5(), "absolute"),
        ("f10", literature::f10(), "relative"),
        ("f10, best constants", literature::f10_tuned(), "relative"),
    ];
    for (name, program, kind) in programs {
        let target = Target::parse("2^x", "(0, 1]", weight(kind)?)?;
        let error = measure(&program, &target)?;
        line(&[name, kind, &format!("{error:e}"), &program.to_json(None).replace('\n', " ")])?;
    }
    Ok(())
}

fn remez(target: &Target, degree: usize) -> Result<()> {
    for n in 1..=degree {
        let error = remez_polynomial(target, n)?.error;
        line(&[&n.to_string(), &format!("{error:e}")])?;
    }
    Ok(())
}

/// Name, function, start and step of a test function.
type Case = (&'static str, fn(&[f64]) -> f64, f64, f64);

fn cma() -> Result<()> {
    let cases: [Case; 3] =
        [("sphere", sphere, 1.0, 0.5), ("ellipsoid", ellipsoid, 1.0, 0.5), ("rosenbrock", rosenbrock, 0.0, 0.1)];
    for (name, f, start, step) in cases {
        for (n, population) in [(5, Cma::small_population(5)), (10, Cma::small_population(10)), (10, 128)] {
            let cma = Cma { population, step, target: 1e-10, ..Cma::default() };
            let mut counts = Vec::new();
            for seed in 1..=11 {
                let best = cma.minimise(&vec![start; n], &mut Seed(seed).stream("cma", 0), f)?;
                // Without the evaluation of the mean, which the other implementation does not make.
                counts.push(if best.value <= 1e-10 { best.generations * population as u64 } else { u64::MAX });
            }
            counts.sort_unstable();
            let words =
                [n.to_string(), population.to_string(), start.to_string(), step.to_string(), counts[5].to_string()];
            line(&[&[name], words.each_ref().map(String::as_str).as_slice()].concat())?;
        }
    }
    Ok(())
}

fn sphere(x: &[f64]) -> f64 {
    x.iter().map(|x| x * x).sum()
}

fn ellipsoid(x: &[f64]) -> f64 {
    let last = (x.len() - 1) as f64;
    x.iter().enumerate().map(|(i, x)| 1e6f64.powf(i as f64 / last) * x * x).sum()
}

fn rosenbrock(x: &[f64]) -> f64 {
    x.windows(2).map(|w| 100.0 * (w[0] * w[0] - w[1]).powi(2) + (1.0 - w[0]).powi(2)).sum()
}
