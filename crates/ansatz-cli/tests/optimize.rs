//! `ansatz optimize` from the outside: tables, files, going on, and what it says of bad input.

use std::path::Path;
use std::process::{Command, Output};

fn ansatz(folder: &Path, words: &str) -> Output {
    let args = words.split_whitespace();
    Command::new(env!("CARGO_BIN_EXE_ansatz")).arg("optimize").args(args).current_dir(folder).output().unwrap()
}

fn json(output: &Output) -> serde_json::Value {
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// An array file, as NumPy writes it.
fn npy(shape: &str, kind: &str, bytes: &[u8]) -> Vec<u8> {
    let mut head = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}");
    while !(10 + head.len() + 1).is_multiple_of(64) {
        head.push(' ');
    }
    head.push('\n');
    [b"\x93NUMPY\x01\x00", &(head.len() as u16).to_le_bytes()[..], head.as_bytes(), bytes].concat()
}

#[test]
fn methods_are_compared_on_the_quadratic_problem() {
    let folder = tempfile::tempdir().unwrap();
    let words = "distributed quadratic --dim 60 --rounds 800 --gamma 0.03 --compare ec,ef21,sgd --json --quiet";
    let result = json(&ansatz(folder.path(), words));
    let methods = result["methods"].as_array().unwrap();
    let error = |i: usize| methods[i]["error"].as_f64().unwrap();
    assert_eq!(methods.len(), 4);
    assert!(error(0) < 1e-6 && error(1) > 1e-3, "{} {}", error(0), error(1));
    // Six of sixty entries, 32 + 6 bits each, are 29 bytes; the first message has 240.
    assert_eq!(methods[0]["work"]["other"]["bytes sent"], 5 * (240 + 799 * 29));
    assert_eq!(methods[0]["history"].as_array().unwrap().len(), 801);
    let table = ansatz(folder.path(), "distributed quadratic --rounds 5 --compare sgd --quiet");
    let table = String::from_utf8(table.stdout).unwrap();
    assert!(table.contains("EControl") && table.contains("SGD") && table.contains("‖x − x*‖²"), "{table}");
    let missed = ansatz(folder.path(), "distributed quadratic --rounds 5 --target 1e-9 --quiet");
    assert_eq!(missed.status.code(), Some(1));
}

#[test]
fn a_run_goes_on_to_the_same_iterate() {
    let folder = tempfile::tempdir().unwrap();
    let words = "distributed quadratic --dim 30 --sigma 1 --quiet";
    let go = |rest: &str| {
        let output = ansatz(folder.path(), &format!("{words} {rest}"));
        assert!(output.status.success(), "{output:?}");
    };
    go("--rounds 90 --out whole");
    go("--rounds 40 --out part --threads 2");
    go("--rounds 90 --out part --resume");
    let file = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    assert_eq!(file("whole/x.npy"), file("part/x.npy"));
    assert_eq!(file("whole/frontier.csv"), file("part/frontier.csv"));
    let again = ansatz(folder.path(), &format!("{words} --rounds 99 --out part"));
    assert_eq!(again.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&again.stderr).contains("--resume goes on"));
}

#[test]
fn arrays_are_read_and_classified() {
    let folder = tempfile::tempdir().unwrap();
    // Two classes on a line, apart.
    let features: Vec<u8> =
        (0..40).flat_map(|i| (f64::from(i % 2) * 2.0 - 1.0 + 0.01 * f64::from(i)).to_le_bytes()).collect();
    let labels: Vec<u8> = (0..40).flat_map(|i| (7 + i64::from(i % 2)).to_le_bytes()).collect();
    std::fs::write(folder.path().join("x.npy"), npy("(40, 1)", "<f8", &features)).unwrap();
    std::fs::write(folder.path().join("y.npy"), npy("(40,)", "<i8", &labels)).unwrap();
    for split in ["", "--by-class"] {
        let words =
            "distributed x.npy --labels y.npy --workers 4 --gamma 1 --compress topk:1 --rounds 300 --json --quiet";
        let result = json(&ansatz(folder.path(), &format!("{words} {split}")));
        let history = result["methods"][0]["history"].as_array().unwrap();
        let error = |i: usize| history[i]["error"].as_f64().unwrap();
        assert!((error(0) - 2f64.ln()).abs() < 1e-12 && error(300) < 0.1, "{}", error(300));
    }
}

#[test]
fn games_are_solved_from_names_and_files() {
    let folder = tempfile::tempdir().unwrap();
    let matrix: Vec<u8> = [0.0, 2.0, -1.0, 1.0].iter().flat_map(|v: &f64| v.to_le_bytes()).collect();
    std::fs::write(folder.path().join("a.npy"), npy("(2, 2)", "<f8", &matrix)).unwrap();
    let words =
        "vi a.npy --method eag --epochs 20000 --every 10 --tol 1e-4 --compare halpern-vr --out o --json --quiet";
    let result = json(&ansatz(folder.path(), words));
    assert_eq!(result["methods"][0]["stopped"], "converged");
    assert_eq!(result["methods"].as_array().unwrap().len(), 2);
    // (0, 2; −1, 1): who chooses columns pays and takes the first, who chooses rows is paid and takes the first.
    let bytes = std::fs::read(folder.path().join("o/u.npy")).unwrap();
    let u: Vec<f64> = bytes[bytes.len() - 32..].as_chunks::<8>().0.iter().map(|c| f64::from_le_bytes(*c)).collect();
    assert!(u.iter().zip([1.0, 0.0, 1.0, 0.0]).all(|(u, exact)| (u - exact).abs() < 1e-3), "{u:?}");
    assert!(folder.path().join("o/frontier.svg").is_file());
    for problem in ["policeman:20", "policeman-published:20", "nemirovski-1:20", "nemirovski-2:20", "saddle:20"] {
        let output = ansatz(folder.path(), &format!("vi {problem} --epochs 20 --compare halpern-forb,vr-eg --quiet"));
        assert!(output.status.success(), "{problem}: {output:?}");
    }
    let words =
        "vi least-squares:200 --dim 10 --constraint l1:0.05 --restart --scale 4 --epochs 5000 --tol 1e-8 --quiet";
    assert!(ansatz(folder.path(), words).status.success());
    let missed = ansatz(folder.path(), "vi saddle:50 --epochs 10 --tol 1e-9 --quiet");
    assert_eq!(missed.status.code(), Some(1));
}

#[test]
fn bad_input_is_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("x.npy"), "no array").unwrap();
    let cases = [
        ("distributed quadratik", "unknown problem \"quadratik\"; did you mean \"quadratic\"?"),
        ("distributed quadratic --method econtroll", "did you mean \"econtrol\"?"),
        ("distributed quadratic --compress topk:0", "K is 0, but must be from 1 to 200"),
        ("distributed quadratic --compress topk:1.5", "a part of them greater than 0 and at most 1"),
        ("distributed quadratic --gamma -1", "gamma is -1"),
        ("distributed quadratic --gamma 90", "gamma is 90, but must be smaller for EControl here"),
        ("distributed quadratic --eta -1", "eta is -1"),
        ("distributed quadratic --rounds 0", "rounds is 0"),
        ("distributed quadratic --threads 0", "threads is 0"),
        ("distributed quadratic --participants 9", "participants is 9, but must be from 1 to 5"),
        ("distributed quadratic --target 0", "target is 0"),
        ("distributed quadratic --time 0", "time is 0"),
        ("distributed digits --workers 3", "workers is 3, but must be 10"),
        ("distributed digits --method ec-ideal", "needs the gradients at the solution"),
        ("distributed x.npy", "must be given with --labels"),
        ("distributed x.npy --labels x.npy", "cannot use x.npy"),
        ("distributed quadratic --out none --resume", "a folder with a saved state"),
        ("vi policemen:5", "unknown problem \"policemen\"; did you mean \"policeman\"?"),
        ("vi policeman", "the size is \"\", but must be a number, as in policeman:100"),
        ("vi policeman:0", "the size is \"0\""),
        ("vi saddle:1", "n is 1, but must be at least 2"),
        ("vi saddle:9 --method halpern-rv", "did you mean \"halpern-vr\"?"),
        ("vi saddle:9 --epochs 0", "the budget in epochs is 0"),
        ("vi saddle:9 --scale -1", "the scale of the steps is -1"),
        ("vi saddle:9 --method eg --scale 1e200", "EG diverges here"),
        ("vi saddle:9 --method eg --restart", "restart is true"),
        ("vi saddle:9 --constraint l1:1", "constraint is set"),
        ("vi least-squares:9 --constraint l2:1", "l1:WEIGHT or box:LO:HI"),
        ("vi least-squares:9 --constraint box:1:0", "in ascending order"),
        ("vi x.npy", "cannot use x.npy"),
    ];
    for (words, sentence) in cases {
        let output = ansatz(folder.path(), &format!("{words} --quiet"));
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{words}: {message}");
        assert!(message.starts_with("error: ") && message.trim_end().lines().count() == 1, "{words}: {message}");
        assert!(message.contains(sentence), "{words}: {message}");
        assert!(output.stdout.is_empty());
    }
}
