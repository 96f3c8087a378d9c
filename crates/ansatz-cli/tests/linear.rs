//! `ansatz linear solve` from the outside: files in, files out, and what it says of bad input.

use std::path::Path;
use std::process::{Command, Output};

fn ansatz(folder: &Path, words: &str) -> Output {
    let args = words.split_whitespace();
    Command::new(env!("CARGO_BIN_EXE_ansatz"))
        .args(["linear", "solve"])
        .args(args)
        .current_dir(folder)
        .output()
        .unwrap()
}

/// The tridiagonal matrix (−1, d, −1) of `n` rows.
fn tridiagonal(n: usize, d: f64) -> String {
    let rows = (1..=n).map(|i| match i {
        1 => format!("1 1 {d}\n"),
        _ => format!("{i} {i} {d}\n{i} {} -1\n", i - 1),
    });
    let head = format!("%%MatrixMarket matrix coordinate real symmetric\n{n} {n} {}\n", 2 * n - 1);
    head + &rows.collect::<String>()
}

fn ones(n: usize, columns: usize) -> String {
    format!("%%MatrixMarket matrix array real general\n{n} {columns}\n{}", "1\n".repeat(n * columns))
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("a.mtx", &tridiagonal(30, 2.0));
    write("b.mtx", &ones(30, 1));
    folder
}

fn values(path: &Path) -> Vec<f64> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().skip(2).map(|line| line.parse().unwrap()).collect()
}

#[test]
fn one_system_is_solved_by_every_method() {
    let folder = folder();
    // −u″ = 1 with u = 0 at the ends: uᵢ = i (31 − i)/2, exactly in differences.
    for method in ["ssor-cg --omega 1.5", "sor --omega 1.8", "cg", "pcg-ic0", "pcg-jacobi", "jacobi --omega 1"]
        .into_iter()
        .chain(["pcg-chebyshev --degree 3", "minres", "gmres --restart 40", "bicgstab", "lsqr"])
    {
        let command = format!("a.mtx --rhs b.mtx --rtol 1e-10 --method {method} --out x.mtx --quiet");
        let output = ansatz(folder.path(), &command);
        assert!(output.status.success(), "{method}: {output:?}");
        for (i, x) in values(&folder.path().join("x.mtx")).iter().enumerate() {
            let exact = (i + 1) as f64 * (30 - i) as f64 / 2.0;
            assert!((x - exact).abs() < 1e-5 * exact, "{method}: {x} {exact}");
        }
    }
    let output = ansatz(folder.path(), "a.mtx --rhs b.mtx --out x.npy --json --quiet");
    let result: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let system = &result["systems"][0];
    assert_eq!(system["residuals"].as_array().unwrap().len() as u64, 1 + system["iterations"].as_u64().unwrap());
    assert_eq!((&result["converged"], &system["stopped"]), (&1.into(), &"converged".into()));
    assert!(std::fs::read(folder.path().join("x.npy")).unwrap().starts_with(b"\x93NUMPY"));
}

#[test]
fn other_matrices_have_their_methods() {
    let folder = folder();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let head = "%%MatrixMarket matrix coordinate real general";
    // Symmetric and indefinite, with zeros on the diagonal; without symmetry; with more rows than columns.
    write("saddle.mtx", &format!("{head}\n3 3 5\n1 1 2\n1 3 1\n2 3 1\n3 1 1\n3 2 1\n"));
    write("skew.mtx", &format!("{head}\n3 3 5\n1 1 2\n2 2 1\n1 3 1\n3 2 -1\n3 3 1\n"));
    write("tall.mtx", &format!("{head}\n3 2 4\n1 1 1\n2 1 1\n2 2 1\n3 2 2\n"));
    write("b3.mtx", "%%MatrixMarket matrix array real general\n3 1\n3\n1\n2\n");
    let cases: [(&str, &[f64]); 5] = [
        ("saddle.mtx --rhs b3.mtx --method minres", &[1.0, 1.0, 1.0]),
        ("saddle.mtx --rhs b3.mtx --method gmres", &[1.0, 1.0, 1.0]),
        ("skew.mtx --rhs b2s.mtx --method gmres", &[1.0, 2.0, 1.0]),
        ("skew.mtx --rhs b2s.mtx --method lsqr", &[1.0, 2.0, 1.0]),
        ("tall.mtx --rhs b3.mtx --method lsqr", &[5.0 / 3.0, 2.0 / 3.0]),
    ];
    write("b2s.mtx", "%%MatrixMarket matrix array real general\n3 1\n3\n2\n-1\n");
    for (words, exact) in cases {
        let output = ansatz(folder.path(), &format!("{words} --rtol 1e-12 --out x.mtx --quiet"));
        assert!(output.status.success(), "{words}: {output:?}");
        let x = values(&folder.path().join("x.mtx"));
        assert!(x.len() == exact.len() && x.iter().zip(exact).all(|(x, e)| (x - e).abs() < 1e-9), "{words}: {x:?}");
    }
    let refused = ansatz(folder.path(), "skew.mtx --rhs b2s.mtx --method minres --quiet");
    let message = String::from_utf8(refused.stderr).unwrap();
    assert!(message.contains("symmetric for MINRES: the entry in row 1, column 3 is 1, that in row 3, column 1 is 0"));
}

#[test]
fn a_limit_of_iterations_leaves_what_there_is_and_exits_with_1() {
    let folder = folder();
    let output = ansatz(folder.path(), "a.mtx --rhs b.mtx --method jacobi --max-iterations 3 --out x.mtx --quiet");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(values(&folder.path().join("x.mtx")).len(), 30);
}

#[test]
fn a_folder_is_a_sequence_that_can_be_tuned() {
    let folder = folder();
    for sub in ["matrices", "rhs"] {
        std::fs::create_dir(folder.path().join(sub)).unwrap();
    }
    for i in 0..40 {
        let write = |sub: &str, text: &str| {
            std::fs::write(folder.path().join(sub).join(format!("s{i:02}.mtx")), text).unwrap();
        };
        write("matrices", &tridiagonal(60, 2.0 + 0.01 * f64::from(i % 7)));
        write("rhs", &ones(60, 1));
    }
    let run = |tuner: &str| {
        let command = format!("matrices --rhs rhs --method sor --tune {tuner} --seed 3 --out {tuner} --json --quiet");
        let output = ansatz(folder.path(), &command);
        assert!(output.status.success(), "{tuner}: {output:?}");
        assert_eq!(std::fs::read_dir(folder.path().join(tuner)).unwrap().count(), 40);
        String::from_utf8(output.stdout).unwrap()
    };
    for tuner in ["chebcb", "tsallis-inf", "tsallis-inf-bins"] {
        let first = run(tuner);
        assert_eq!(first, run(tuner), "the same seed, the same choices");
        let result: serde_json::Value = serde_json::from_str(&first).unwrap();
        assert_eq!(result["systems"].as_array().unwrap().len(), 40);
        let omegas: std::collections::BTreeSet<String> =
            result["systems"].as_array().unwrap().iter().map(|s| s["omega"].to_string()).collect();
        assert!(omegas.len() > 3, "{omegas:?}");
    }
    // Columns of one right-hand side are a sequence, too; there is no context in it.
    std::fs::write(folder.path().join("many.mtx"), ones(30, 12)).unwrap();
    assert!(ansatz(folder.path(), "a.mtx --rhs many.mtx --tune tsallis-inf --out x.npy --quiet").status.success());
    let refused = ansatz(folder.path(), "a.mtx --rhs many.mtx --tune chebcb --quiet");
    assert_eq!(refused.status.code(), Some(2));
    std::fs::write(folder.path().join("contexts"), "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n").unwrap();
    let command = "a.mtx --rhs many.mtx --tune chebcb --contexts contexts --quiet";
    assert!(ansatz(folder.path(), command).status.success());
}

#[test]
fn a_kept_learner_goes_on_to_the_same_choices() {
    let folder = folder();
    let part = |name: &str, columns: usize| std::fs::write(folder.path().join(name), ones(30, columns)).unwrap();
    part("all.mtx", 30);
    part("first.mtx", 12);
    part("rest.mtx", 18);
    let omegas = |words: &str| -> Vec<f64> {
        let command = format!("a.mtx --tune tsallis-inf --seed 5 --json --quiet {words}");
        let output = ansatz(folder.path(), &command);
        assert!(output.status.success(), "{output:?}");
        let result: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        result["systems"].as_array().unwrap().iter().map(|system| system["omega"].as_f64().unwrap()).collect()
    };
    let whole = omegas("--rhs all.mtx");
    let mut parts = omegas("--rhs first.mtx --learner l");
    parts.extend(omegas("--rhs rest.mtx --learner l"));
    assert_eq!(parts, whole);
    let other = ansatz(folder.path(), "a.mtx --rhs all.mtx --tune chebcb --learner l --interval 0:9 --quiet");
    assert_eq!(other.status.code(), Some(2));
    assert!(String::from_utf8(other.stderr).unwrap().contains("the one that is kept in l"));
}

#[test]
fn the_best_parameter_is_found_by_trying() {
    let folder = folder();
    let tune = |words: &str| -> serde_json::Value {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ansatz"));
        let words = format!("linear tune a.mtx --rhs b.mtx --method sor --json --quiet {words}");
        let output = command.args(words.split_whitespace()).current_dir(folder.path()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let (golden, grid) = (tune("--evals 12"), tune("--points 96"));
    assert_eq!((golden["trials"].as_array().unwrap().len(), grid["trials"].as_array().unwrap().len()), (12, 96));
    // Young's optimum for 30 points on a line: β = cos(π/31), ω* = 1.816.
    assert!((grid["omega"].as_f64().unwrap() - 1.816).abs() < 0.04, "{grid}");
    let (a, b) = (golden["iterations"].as_f64().unwrap(), grid["iterations"].as_f64().unwrap());
    assert!(a <= 1.1 * b, "{a} {b}");
}

#[test]
fn bad_input_is_one_sentence_and_overwrites_nothing() {
    let folder = folder();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let head = "%%MatrixMarket matrix coordinate real general";
    write("wide.mtx", &format!("{head}\n2 3 3\n1 1 1\n2 2 1\n1 3 1\n"));
    write("hole.mtx", &format!("{head}\n2 2 2\n1 1 1\n1 2 1\n"));
    write("skew.mtx", &format!("{head}\n2 2 3\n1 1 1\n2 2 1\n1 2 0.5\n"));
    write("nan.mtx", &format!("{head}\n2 2 2\n1 1 nan\n2 2 1\n"));
    write("indefinite.mtx", &format!("{head}\n2 2 4\n1 1 1\n2 2 1\n1 2 3\n2 1 3\n"));
    write("text.mtx", "a letter\n");
    write("b2.mtx", &ones(2, 1));
    write("inf.mtx", "%%MatrixMarket matrix array real general\n2 1\ninf\n1\n");
    write("x.npy", "precious");
    let cases = [
        ("wide.mtx --rhs b2.mtx", "2 × 3, but must be square"),
        ("hole.mtx --rhs b2.mtx --method sor", "the diagonal in row 2 is 0"),
        ("skew.mtx --rhs b2.mtx", "not symmetric, but must be symmetric for conjugate gradients"),
        ("nan.mtx --rhs b2.mtx", "not finite at row 1, column 1"),
        ("indefinite.mtx --rhs b2.mtx --method pcg-ic0", "breaks down in row 2"),
        ("text.mtx --rhs b2.mtx", "line 1 is not"),
        ("none.mtx --rhs b2.mtx", "cannot read none.mtx"),
        ("a.mtx --rhs b2.mtx", "of length 2, but must be of length 30"),
        ("skew.mtx --rhs inf.mtx --method sor", "is not finite at row 1"),
        ("a.mtx --rhs b.mtx --omega 2", "omega is 2, but must be greater than 0 and less than 2"),
        ("a.mtx --rhs b.mtx --omega -0.5", "omega is -0.5"),
        ("a.mtx --rhs b.mtx --omega nan", "omega is NaN"),
        ("a.mtx --rhs b.mtx --method cg --omega 1.5", "method is cg"),
        ("a.mtx --rhs b.mtx --rtol 0", "rtol is 0"),
        ("a.mtx --rhs b.mtx --max-iterations 0", "max-iterations is 0"),
        ("a.mtx --rhs b.mtx --tune chebcb", "left out for a single system"),
        ("a.mtx --rhs b.mtx --time 0", "time is 0"),
    ];
    for (words, sentence) in cases {
        let output = ansatz(folder.path(), &format!("{words} --out x.npy --quiet"));
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{words}: {message}");
        assert!(message.starts_with("error: ") && message.trim_end().lines().count() == 1, "{words}: {message}");
        assert!(message.contains(sentence), "{words}: {message}");
        assert!(output.stdout.is_empty());
        assert_eq!(std::fs::read_to_string(folder.path().join("x.npy")).unwrap(), "precious", "{words}");
    }
    let output = ansatz(folder.path(), "a.mtx --rhs b.mtx --out x.txt --quiet");
    assert!(String::from_utf8(output.stderr).unwrap().contains("the name of a .npy or .mtx file"));
    assert_eq!(output.status.code(), Some(2));
}
