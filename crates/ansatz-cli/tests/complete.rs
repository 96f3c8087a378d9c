//! `ansatz linear complete` from the outside: ratings in, factors and predictions out, and what it says of bad input.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Output};

fn ansatz(folder: &Path, words: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ansatz"));
    command.args(["linear", "complete"]).args(words.split_whitespace()).current_dir(folder).output().unwrap()
}

fn value(i: usize, j: usize) -> f64 {
    (i as f64).sin() * (1.0 + j as f64) + 0.1 * (i as f64) * (2.0 * j as f64).cos()
}

/// Three of four entries of a matrix of rank 2, in no pattern: alternating steps stall where half a row is missing in one.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut text = "user,item,rating\n".to_owned();
    for (i, j) in (0..30).flat_map(|i| (0..20).map(move |j| (i, j))).filter(|(i, j)| (3 * i + 5 * j + i * j) % 7 > 1) {
        writeln!(text, "u{i},\"item, {j}\",{:?}", value(i, j)).unwrap();
    }
    std::fs::write(folder.path().join("r.csv"), text).unwrap();
    std::fs::write(folder.path().join("p.csv"), "u3,\"item, 5\"\nu4,\"item, 1\"\n").unwrap();
    folder
}

#[test]
fn missing_entries_are_predicted_with_every_inner_solver() {
    let folder = folder();
    for inner in ["cg", "exact", "sketched"] {
        let output = ansatz(
            folder.path(),
            &format!("r.csv --rank 2 --uncentred --predict p.csv --out f.npz --quiet --inner {inner}"),
        );
        assert!(output.status.success(), "{output:?}");
        let lines: Vec<String> = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
        for (line, (i, j)) in lines.iter().zip([(3, 5), (4, 1)]) {
            let (names, number) = line.rsplit_once(',').unwrap();
            assert_eq!(names, format!("u{i},\"item, {j}\""));
            assert!((number.parse::<f64>().unwrap() - value(i, j)).abs() < 1e-5, "{line}");
        }
        assert_eq!(lines.len(), 2);
        assert!(std::fs::read(folder.path().join("f.npz")).unwrap().starts_with(b"PK\x03\x04"));
    }
}

#[test]
fn a_saved_completion_goes_on_to_the_same_factors() {
    let folder = folder();
    let factors = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    let whole = ansatz(folder.path(), "r.csv --rank 3 --max-sweeps 9 --tol 0 --out whole.npz --quiet");
    assert_eq!(whole.status.code(), Some(1), "{whole:?}");
    let part = "r.csv --rank 3 --tol 0 --checkpoint c --out part.npz --quiet";
    assert_eq!(ansatz(folder.path(), &format!("{part} --max-sweeps 4")).status.code(), Some(1));
    assert_ne!(factors("part.npz"), factors("whole.npz"));
    let again = ansatz(folder.path(), &format!("{part} --max-sweeps 9"));
    assert!(String::from_utf8_lossy(&again.stderr).contains("--resume goes on with the one that is there"));
    assert_eq!(ansatz(folder.path(), &format!("{part} --max-sweeps 9 --resume")).status.code(), Some(1));
    assert_eq!(factors("part.npz"), factors("whole.npz"));
    let other = ansatz(folder.path(), "r.csv --rank 2 --checkpoint c --resume");
    assert_eq!(other.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&other.stderr).contains("the same entries, rank, ridge"));
}

#[test]
fn entries_held_out_choose_the_ridge() {
    let folder = folder();
    let output = ansatz(folder.path(), "r.csv --rank 4 --holdout 0.1 --ridge 0.001,100 --json --quiet");
    let result: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(result["ridge"], 0.001);
    assert!(result["holdout_rmse"].as_f64().unwrap() < 0.1, "{result}");
    assert!((30..60).contains(&result["held_out"].as_u64().unwrap()));
}

#[test]
fn bad_input_is_refused_in_a_sentence() {
    let folder = folder();
    std::fs::write(folder.path().join("twice.csv"), "a,b,1\na,b,2\n").unwrap();
    let cases = [
        ("r.csv --rank 21", "rank is 21, but must be between 1 and 20, the smaller side of the matrix"),
        ("r.csv --holdout 1.5", "holdout is 1.5, but must be greater than 0 and less than 1"),
        ("r.csv --ridge 1,2", "a single value, unless entries are held out"),
        ("r.csv --ridge -1", "ridge is -1, but must be at least 0"),
        ("r.csv --out f.csv", "out is f.csv, but must be the name of a .npz file"),
        ("twice.csv --rank 1", "given 2 times at row 1, column 1"),
        ("none.csv", "cannot read none.csv"),
        ("r.csv --checkpoint c --resume", "resume is c, but must be the file of a saved completion"),
    ];
    for (words, sentence) in cases {
        let output = ansatz(folder.path(), words);
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && text.contains(sentence), "{words}: {text}");
    }
    assert!(ansatz(folder.path(), "twice.csv --rank 1 --duplicates mean --quiet").status.success());
}
