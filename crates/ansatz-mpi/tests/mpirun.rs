//! The same iterates on every number of processes as in one process without MPI.

use ansatz_core::{Run, Seed};
use ansatz_optimize::distributed::compress::TopK;
use ansatz_optimize::distributed::{EControl, Training};
use ansatz_optimize::problems::Quadratic;
use std::process::Command;

/// What rank 0 prints.
fn mpirun(processes: usize, words: &[&str]) -> String {
    let count = processes.to_string();
    // Containers run as root, with fewer cores than processes.
    let options = ["--allow-run-as-root", "--oversubscribe", "-n", &count, env!("CARGO_BIN_EXE_ansatz-mpi")];
    let output = Command::new("mpirun").args(options).args(words).output().expect("mpirun comes with mpicc");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The same without MPI.
fn alone(workers: usize, rounds: u64) -> String {
    let problem = Quadratic { workers, sigma: 1.0, ..Quadratic::default() }.build(Seed(1)).unwrap();
    let (method, kept) = (EControl { gamma: 0.02, ..EControl::default() }, TopK::fraction(0.1));
    let training = Training::new(&method, &kept).rounds(rounds);
    let trained = training.solve(&problem, &mut Run::new(Seed(1))).unwrap();
    let mut text = format!("{}\n{}\n", trained.work.count("bytes sent"), trained.history.len());
    trained.x.iter().for_each(|x| text += &format!("{:016x}\n", x.to_bits()));
    text
}

#[test]
fn iterates_do_not_depend_on_the_processes() {
    let expected = alone(5, 60);
    for processes in [1, 2, 4] {
        assert_eq!(mpirun(processes, &["5", "60"]), expected, "{processes} processes");
    }
    // More processes than workers: some have nothing to do.
    assert_eq!(mpirun(4, &["2", "30"]), alone(2, 30));
}

#[test]
fn a_run_goes_on_with_other_processes() {
    let state = std::env::temp_dir().join(format!("ansatz-mpi-state-{}", std::process::id()));
    let path = state.to_str().unwrap();
    mpirun(4, &["5", "30", path]);
    assert_eq!(mpirun(2, &["5", "60", path]), alone(5, 60));
    for file in [path.to_owned(), format!("{path}.previous")] {
        let _ = std::fs::remove_file(file);
    }
}
