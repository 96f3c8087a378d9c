//! `ansatz bessel` and `ansatz vmf` from the outside: values, files, and what they say of bad input.

use std::path::Path;
use std::process::{Command, Output};

fn ansatz(folder: &Path, words: &str) -> Output {
    let args = words.split_whitespace();
    Command::new(env!("CARGO_BIN_EXE_ansatz")).args(args).current_dir(folder).output().unwrap()
}

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn logarithms_are_printed_with_their_branch() {
    let folder = tempfile::tempdir().unwrap();
    let run = |words: &str| text(&ansatz(folder.path(), words));
    let value: f64 = run("bessel log-i --v 16383 --x 2e4 --digits 17").trim().parse().unwrap();
    assert!((value - 13600.33915942648035493).abs() < 4e-12, "{value}");
    let explained = run("bessel log-k --v 0.5 --x 2 --digits 6 --explain");
    assert!(explained.starts_with("-2.12078\n"), "{explained}");
    assert!(explained.contains("log K at v = 0.5, x = 2 by integral, trapezoidal rule; it leaves out"), "{explained}");
    assert_eq!(run("bessel log-i --v 0,1 --x 0 --digits 3"), "0.00\n-inf\n");
    let rows: serde_json::Value =
        serde_json::from_str(&run("bessel log-i --v 139 --x 3533 --mode paper --explain --json")).unwrap();
    assert_eq!(rows[0]["branch"], "Hankel's expansion, 20 terms");
    assert!(rows[0]["left_out"].as_f64().unwrap() > 1e-10);
    let scaled: f64 = run("bessel log-k --scaled --v -0.5 --x 1e300").trim().parse().unwrap();
    assert!((scaled - 0.5 * (std::f64::consts::FRAC_PI_2.ln() - 1e300f64.ln())).abs() < 1e-12);
}

#[test]
fn a_fit_finds_what_samples_were_drawn_from() {
    let folder = tempfile::tempdir().unwrap();
    let run = |words: &str| text(&ansatz(folder.path(), words));
    run("vmf sample 512 --kappa 300 --count 400 --seed 7 --out features.npy");
    let fit: serde_json::Value = serde_json::from_str(&run("vmf fit features.npy --json --out mean.npy")).unwrap();
    assert_eq!((fit["count"].as_u64(), fit["dimension"].as_u64()), (Some(400), Some(512)));
    // κ's deviation is about κ √(2/(n p)) = 0.9, and the bias of R that of p/(2nκ).
    assert!((fit["kappa"].as_f64().unwrap() - 300.0).abs() < 8.0, "{fit}");
    assert!(run("vmf fit features.npy --normalise").contains("400 vectors in 512 dimensions"));
    run("vmf sample mean.npy --kappa 10 --count 3 --out again.npy");
    let bytes = std::fs::read(folder.path().join("again.npy")).unwrap();
    assert_eq!(npyz::NpyFile::new(&bytes[..]).unwrap().shape(), [3, 512]);
}

#[test]
fn bad_input_is_one_sentence_and_exit_code_two() {
    let folder = tempfile::tempdir().unwrap();
    text(&ansatz(folder.path(), "vmf sample 3 --kappa 1 --count 1 --out one.npy"));
    std::fs::write(folder.path().join("text.npy"), "letters").unwrap();
    std::fs::write(folder.path().join("kept.npy"), "precious").unwrap();
    let cases = [
        ("bessel log-i --v -1 --x 2", "v[0] is -1, but must be finite and not negative"),
        ("bessel log-k --v 1 --x 2,-3", "x[1] is -3, but must be finite and not negative"),
        ("bessel log-k --v 1,2 --x 1,2,3", "the number of arguments is 3, but must be 1 or as many as orders, 2"),
        ("bessel log-k --v nan --x 1", "v[0] is NaN"),
        ("bessel log-i --v 1 --x 2 --digits 18", "digits is 18, but must be 1 to 17"),
        ("vmf fit one.npy --out kept.npy", "coincide have no finite concentration"),
        ("vmf fit text.npy --out kept.npy", "cannot use text.npy"),
        ("vmf fit none.npy --out kept.npy", "cannot read none.npy"),
        ("vmf sample 1 --kappa 1 --out kept.npy", "the dimension is 1, but must be 2 to 2^28"),
        ("vmf sample 3 --kappa -1 --out kept.npy", "kappa is -1, but must be finite and not negative"),
    ];
    for (words, sentence) in cases {
        let output = ansatz(folder.path(), words);
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{words}: {message}");
        assert!(message.starts_with("error: ") && message.trim_end().lines().count() == 1, "{words}: {message}");
        assert!(message.contains(sentence), "{words}: {message}");
        assert_eq!(std::fs::read_to_string(folder.path().join("kept.npy")).unwrap(), "precious", "{words}");
    }
}
