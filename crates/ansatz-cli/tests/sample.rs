//! `ansatz sample` from the outside: solvers by name, guidance, thresholds, noise, and what it says of bad input.

use std::path::Path;
use std::process::{Command, Output};

fn ansatz(folder: &Path, words: &str) -> Output {
    let command = format!("sample {words} --quiet --out x.npy");
    let mut ansatz = Command::new(env!("CARGO_BIN_EXE_ansatz"));
    ansatz.args(command.split_whitespace()).current_dir(folder).output().unwrap()
}

/// The file after its header: rows of doubles.
fn bytes(folder: &Path) -> Vec<u8> {
    std::fs::read(folder.join("x.npy")).unwrap()
}

#[test]
fn every_solver_of_the_data_prediction_samples_digits_of_a_class() {
    let folder = tempfile::tempdir().unwrap();
    let names =
        "dpmpp-1 dpmpp-2s dpmpp-2s-taylor dpmpp-3s dpmpp-3s-taylor dpmpp-2m dpmpp-2m-taylor dpmpp-3m dpmpp-3m-exact";
    for solver in names.split(' ') {
        let words = format!("digits --solver {solver} --class 3,7 --guidance 2 --steps 20 --count 2 --compare --json");
        let output = ansatz(folder.path(), &words);
        assert!(output.status.success() && output.stderr.is_empty(), "{solver}: {output:?}");
        let result: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(result["rmse"].as_f64().unwrap() < 0.3, "{solver}: {result}");
        assert_eq!(result["work"]["evaluations"], 20, "{solver}: {result}");
    }
}

#[test]
fn noise_comes_from_the_seed() {
    let folder = tempfile::tempdir().unwrap();
    let draw = |words: &str| {
        let output = ansatz(folder.path(), &format!("gmm8 --solver sde-dpmpp-2m --count 5 {words}"));
        assert!(output.status.success(), "{output:?}");
        bytes(folder.path())
    };
    let one = draw("--seed 1 --threads 1");
    assert_eq!(one, draw("--seed 1 --threads 3"));
    assert_ne!(one, draw("--seed 2 --threads 1"));
}

#[test]
fn what_may_surprise_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let says = |words: &str| {
        let output = ansatz(folder.path(), words);
        assert!(output.status.success(), "{words}: {output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let strong = "digits --solver dpmpp-3m --class 3 --guidance 8 --count 1";
    let notice = "notice: order 3 under guidance 8 with 10 evaluations is unstable: order 2 is used\n";
    assert_eq!(says(&format!("{strong} --steps 10")), notice);
    assert_eq!(says(&format!("{strong} --steps 20")), "");
    let kept = "--solver dpmpp-2m --count 1 --threshold dynamic";
    assert!(says(&format!("gmm8 {kept}")).starts_with("warning: the data of this model do not lie in [-1, 1]"));
    assert_eq!(says(&format!("digits {kept}")), "");
    assert_eq!(says(&format!("gmm8 {kept} --largest 5")), "");
    // A threshold changes the samples.
    let threshold = |words: &str| {
        says(&format!("digits --solver dpmpp-2m --class 3 --guidance 8 --count 1 {words}"));
        bytes(folder.path())
    };
    assert_ne!(threshold(""), threshold("--threshold static"));
    assert_ne!(threshold("--threshold static"), threshold("--threshold dynamic --quantile 0.9"));
}

#[test]
fn bad_input_is_refused_in_sentences() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |words: &str| {
        let output = ansatz(folder.path(), words);
        assert_eq!(output.status.code(), Some(2), "{words}: {output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let scale = refused("digits --solver dpmpp-2m --class 3 --guidance -1");
    assert_eq!(scale, "error: the guidance scale is -1, but must be 0 or greater, and finite\n");
    let quantile = "error: the quantile of the threshold is 1.5, but must be greater than 0 and at most 1\n";
    assert_eq!(refused("digits --threshold dynamic --quantile 1.5"), quantile);
    assert!(refused("digits --threshold dynamic --quantile nan").contains("NaN"));
    assert!(refused("digits --threshold static --largest 0").contains("the threshold is 0"));
    assert!(refused("digits --quantile 0.5").contains("--threshold"));
    assert!(refused("digits --class 12 --solver dpmpp-2m").contains("class is 12"));
    let name = refused("digits --solver dpmp-2m");
    assert_eq!(name, "error: unknown solver \"dpmp-2m\"; did you mean \"dpmpp-2m\"?\n");
    assert!(refused("gmm8 --solver dpmpp-2m --steps 0").contains("at least 1 for DPM-Solver++(2M)"));
    assert!(refused("gmm8 --solver sde-dpmpp-2m --start 0.001 --end 1").contains("noise is taken away"));
    assert!(!folder.path().join("x.npy").exists(), "a file was written for refused input");
}
