//! A process that is killed while it saves: what it last reported as saved must load, or something newer.

#![cfg(unix)]

use ansatz_core::{Checkpoint, Seed};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const FOLDER: &str = "ANSATZ_TEST_CHECKPOINT_FOLDER";

fn checkpoint(folder: &Path) -> Checkpoint {
    Checkpoint::new(folder.join("state"), "killed-test", 1).unwrap()
}

/// A state whose every number depends on the round, so that a mixture of two rounds cannot pass.
fn state(round: u64) -> Vec<u64> {
    (0..2000).map(|i| round * 1_000_003 + i).collect()
}

/// The victim: saves round after round and reports each one. Does nothing unless the test below started it.
#[test]
fn victim() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let mut checkpoint = checkpoint(Path::new(&folder));
    let last = checkpoint.load::<Vec<u64>>().unwrap().map_or(0, |r| r.state[0] / 1_000_003);
    for round in last + 1.. {
        checkpoint.save(&state(round)).unwrap();
        println!("saved {round}");
    }
}

#[test]
fn killed_at_random_times_nothing_saved_is_lost() {
    let kills = std::env::var("ANSATZ_TEST_KILLS").map_or(25, |n| n.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let mut pauses = Seed(std::process::id().into()).stream("kill", 0);
    let mut reported = 0;
    for kill in 0..kills {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "victim", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        std::thread::sleep(Duration::from_micros(20_000 + pauses.below(30_000) as u64));
        child.kill().unwrap();
        child.wait().unwrap();
        for line in out.lines().map_while(Result::ok) {
            if let Some(round) = line.split("saved ").nth(1).and_then(|n| n.parse::<u64>().ok()) {
                reported = reported.max(round);
            }
        }
        if reported > 0 {
            let loaded = checkpoint(folder.path()).load::<Vec<u64>>().unwrap().unwrap().state;
            let round = loaded[0] / 1_000_003;
            assert!(round >= reported, "kill {kill}: {reported} was saved, {round} loaded");
            assert_eq!(loaded, state(round));
        }
    }
    assert!(reported > 0, "the victim never came to save");
}
