//! `ansatz sample stability` and `ansatz sample invert` from the outside.

use std::path::Path;
use std::process::{Command, Output};

fn sample(folder: &Path, words: &str) -> Output {
    let args = words.split_whitespace();
    Command::new(env!("CARGO_BIN_EXE_ansatz")).arg("sample").args(args).current_dir(folder).output().unwrap()
}

fn json(output: &Output) -> serde_json::Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn regions_are_told_and_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let result = json(&sample(folder.path(), "stability --method plms-2,ghvb:1.8 --svg regions.svg --json"));
    let limit = |i: usize| result["methods"][i]["real_limit"].as_f64().unwrap();
    assert!((limit(0) - 1.0).abs() < 1e-9 && (limit(1) - 1.2).abs() < 1e-9);
    let picture = std::fs::read_to_string(folder.path().join("regions.svg")).unwrap();
    assert!(picture.contains("\nghvb:1.8\n") && picture.contains("Re z"));
    let table = sample(folder.path(), "stability --method ghvb:1.8");
    assert!(String::from_utf8_lossy(&table.stdout).contains("(-1.2, 0)"));
    let wrong = sample(folder.path(), "stability --method ghvb:6");
    assert_eq!(wrong.status.code(), Some(2));
    let words = String::from_utf8_lossy(&wrong.stderr).into_owned();
    assert!(words.contains("the momentum number is 6, but must be greater than 0, at most 5"), "{words}");
    assert_eq!(sample(folder.path(), "stability").status.code(), Some(2));
}

#[test]
fn momentum_solvers_are_reached_by_name() {
    let folder = tempfile::tempdir().unwrap();
    for (name, used) in [("ghvb:2.5", "ghvb:2.5"), ("dpmpp-2m+hb:0.8", "dpmpp-2m+hb:0.8"), ("ghvb:auto", "ghvb:")] {
        let words =
            format!("gmm8 --solver {name} --grid time --steps 12 --count 4 --out x.npy --compare --json --quiet");
        let result = json(&sample(folder.path(), &words));
        assert!(result["solver"].as_str().unwrap().starts_with(used) && result["rmse"].as_f64().unwrap() < 1.0);
        assert_eq!(result["work"]["evaluations"], 12);
    }
    assert!(!sample(folder.path(), "").status.success());
}

#[test]
fn data_are_carried_to_noise_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let words = "invert gmm8-smooth --count 5 --steps 80 --out noise.npy --compare --json --quiet";
    let second = json(&sample(folder.path(), words));
    let first = json(&sample(folder.path(), &format!("{words} --solver rf-1")));
    let value = |result: &serde_json::Value, name: &str| result[name].as_f64().unwrap();
    assert!(value(&second, "rmse") < 0.1 * value(&first, "rmse"), "{second} {first}");
    assert!(value(&second, "round_trip_rmse") < value(&first, "round_trip_rmse"));
    // Noise that is given as data, at the shape that was written.
    let words = "invert gmm8-smooth --data noise.npy --steps 20 --out again.npy --json --quiet";
    assert_eq!(json(&sample(folder.path(), words))["count"], 5);
    let wrong = sample(folder.path(), "invert digits --data noise.npy --steps 20 --out again.npy --quiet");
    assert!(!wrong.status.success());
}
