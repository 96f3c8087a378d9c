//! `ansatz sample ems` and `ansatz sample --solver v3` from the outside.

use std::path::Path;
use std::process::{Command, Output};

fn ansatz(folder: &Path, words: &str) -> Output {
    let args = words.split_whitespace();
    Command::new(env!("CARGO_BIN_EXE_ansatz")).arg("sample").args(args).current_dir(folder).output().unwrap()
}

/// The sentence on standard error of a command that fails.
fn refusal(folder: &Path, words: &str) -> String {
    let output = ansatz(folder, words);
    assert_eq!(output.status.code(), Some(2), "{words}: {output:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn statistics_are_measured_once_and_used_by_the_solver() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let output = ansatz(folder, "ems gmm8-smooth --out ems.npz --steps 60 --count 256 --json --quiet");
    assert!(output.status.success(), "{output:?}");
    let result: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&result["levels"], &result["dimension"]), (&61.into(), &8.into()));
    assert!(result["mean_l"][0].as_f64().unwrap() > 0.99);

    let error = |words: &str| {
        let words = format!("gmm8-smooth --steps 10 --compare --json --quiet --out x.npy {words}");
        let output = ansatz(folder, &words);
        assert!(output.status.success(), "{output:?}");
        let result: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(result["work"]["evaluations"], 10);
        result["rmse"].as_f64().unwrap()
    };
    let first = error("--solver v3 --ems ems.npz --order 1");
    let second = error("--solver v3 --ems ems.npz --order 2 --pseudo-corrector");
    assert!(second < first && first < error("--solver ddim"), "{second} {first}");
    assert!(error("--solver v3 --ems ems.npz --corrector off --no-tail --pseudo-predictor") < first);
    // Guided by the statistics of the model without guidance.
    error("--solver v3 --ems ems.npz --order 2 --corrector half --class 1,2 --guidance 2");

    let sentence = refusal(folder, "gmm8 --solver v3 --ems ems.npz --out x.npy --quiet");
    assert!(sentence.contains("the model is another: its predictions differ by"), "{sentence}");
    let sentence = refusal(folder, "gmm8-smooth --solver v3 --ems ems.npz --schedule edm --out x.npy --quiet");
    assert!(sentence.contains("range of the statistics") || sentence.contains("the schedule is edm"), "{sentence}");
    let sentence = refusal(folder, "gmm8-smooth --solver v3 --out x.npy --quiet");
    assert!(sentence.contains("ems is missing, but must be a file made by `ansatz sample ems`"), "{sentence}");
    let sentence = refusal(folder, "gmm8-smooth --solver ddim --ems ems.npz --out x.npy --quiet");
    assert!(sentence.contains("ddim uses no statistics"), "{sentence}");
    assert!(refusal(folder, "").contains("<MODEL>"));
}

#[test]
fn an_interrupted_estimation_is_gone_on_with_to_the_same_file() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let common = "ems gmm8 --steps 80 --count 20000 --quiet";
    let output = ansatz(folder, &format!("{common} --out whole.npz"));
    assert!(output.status.success(), "{output:?}");
    let sentence = refusal(folder, &format!("{common} --out parts.npz --time 0.05 --threads 1"));
    assert!(sentence.contains("levels are saved, and --resume goes on"), "{sentence}");
    assert!(refusal(folder, &format!("{common} --out parts.npz")).contains("--resume goes on with that"));
    let other = refusal(folder, &format!("{common} --out parts.npz --resume --seed 2"));
    assert!(other.contains("those of the saved estimation"), "{other}");
    let output = ansatz(folder, &format!("{common} --out parts.npz --resume --threads 2"));
    assert!(output.status.success(), "{output:?}");
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    assert_eq!(read("whole.npz"), read("parts.npz"));
    assert!(!folder.join("parts.npz.unfinished").exists());
    assert!(refusal(folder, &format!("{common} --out parts.npz --resume")).contains("unfinished estimation"));
}

#[test]
fn data_may_come_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let output = ansatz(folder, "gmm8 --count 200 --steps 40 --out data.npy --quiet");
    assert!(output.status.success(), "{output:?}");
    let output = ansatz(folder, "ems gmm8 --data data.npy --count 150 --steps 20 --out ems.npz --quiet");
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("statistics of gmm8 at 21 levels from 150 samples"));
    let sentence = refusal(folder, "ems gmm8 --data data.npy --count 201 --out other.npz --quiet");
    assert!(sentence.contains("at most 200, the samples of the data"), "{sentence}");
    assert!(refusal(folder, "ems digits --data data.npy --count 100 --out other.npz --quiet").contains("dimension"));
}
