//! `ansatz sample search` from the outside: a search that is interrupted and resumed, and samples by what it found.

use std::path::Path;
use std::process::{Command, Output};

fn ansatz(folder: &Path, words: &str) -> Output {
    let args = words.split_whitespace();
    Command::new(env!("CARGO_BIN_EXE_ansatz")).arg("sample").args(args).current_dir(folder).output().unwrap()
}

fn json(output: &Output) -> serde_json::Value {
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn what_is_found_can_be_sampled_and_resuming_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let command = "search --model gmm8 --nfe 4 --budget 300 --count 16 --plain --quiet --json";
    let whole = json(&ansatz(folder.path(), &format!("{command} --out whole.json --threads 2")));
    assert_eq!((&whole["tried"], &whole["stopped"]), (&300.into(), &"exhausted".into()));
    // No time at all: one round is given up or done, the rest later.
    ansatz(folder.path(), &format!("{command} --out parts.json --time 0.001"));
    let parts = json(&ansatz(folder.path(), &format!("{command} --out parts.json --resume --threads 1")));
    assert_eq!(parts["held_out"], whole["held_out"]);
    let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    assert_eq!(read("whole.json"), read("parts.json"));
    let sampled =
        json(&ansatz(folder.path(), "gmm8 --schedule whole.json --count 64 --compare --out x.npy --quiet --json"));
    assert_eq!((&sampled["work"]["evaluations"], &sampled["schedule"]), (&4.into(), &"vp-linear".into()));
    assert!(sampled["rmse"].as_f64().unwrap() < 0.6, "{sampled}");
    let refused = |words: &str, reason: &str| {
        let output = ansatz(folder.path(), words);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && said.contains(reason), "{said}");
    };
    refused(&format!("{command} --out whole.json"), "a file without a saved search beside it");
    refused(&format!("{command} --out whole.json --resume --seed 2"), "the same --nfe, --budget, --plain and --seed");
    refused(&format!("{command} --out other.json --resume"), "resume is other.json");
    refused("gmm8 --schedule none.json --out x.npy", "cannot read none.json");
    refused("gmm8 --schedule whole.json --start 0.9 --out x.npy", "the path, from time is 0.9 to 0.001");
    refused("digits --schedule whole.json --denoise --out x.npy", "denoise is true");
}
