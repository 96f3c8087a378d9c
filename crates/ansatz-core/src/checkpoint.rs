//! Saved states that survive a crash, and are refused when they are not what they should be.
//!
//! A checkpoint file is one header line and a payload:
//!
//! ```text
//! ansatz-checkpoint 1 KIND VERSION LENGTH CHECKSUM\n
//! payload: LENGTH bytes of MessagePack, which keeps every bit of a number, infinities included
//! ```
//!
//! `KIND` and `VERSION` name what is saved; the CRC-32 covers the rest of the header and the payload. Any change of
//! up to four neighbouring bytes is detected for certain, a larger one with probability 1 − 2⁻³².
//!
//! Saving writes a temporary file, syncs it, moves the last checkpoint to `NAME.previous`, renames the temporary file
//! into place and syncs the folder. At every moment one complete checkpoint can be loaded.

use crate::disk::{self, Disk, Real};
use crate::{Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

const MAGIC: &str = "ansatz-checkpoint";
const CONTAINER_VERSION: u32 = 1;
/// A header is shorter than this; a first line that is longer is foreign.
const HEADER_LIMIT: usize = 256;

/// Where a method saves its state, and what the state is called.
#[derive(Debug)]
pub struct Checkpoint {
    path: PathBuf,
    previous: PathBuf,
    kind: String,
    version: u32,
    // Whether the newest file is from here: then it is good, and need not be looked at before it is replaced.
    saved: bool,
}

/// A state that was loaded.
#[derive(Debug)]
pub struct Restored<T> {
    /// The state.
    pub state: T,
    /// Why the older of the two checkpoints was taken, if it was; a sentence for the user.
    pub warning: Option<String>,
}

impl Checkpoint {
    /// A checkpoint of states of `kind` (lower-case letters, digits and dashes), whose layout has `version`.
    ///
    /// # Errors
    /// [`Error::Parameter`] if `path` names no file or `kind` has other characters.
    pub fn new(path: impl Into<PathBuf>, kind: &str, version: u32) -> Result<Self> {
        let path = path.into();
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if kind.is_empty() || kind.len() > 64 || !kind.chars().all(allowed) {
            return Err(Error::parameter("kind", format!("{kind:?}"), "1 to 64 lower-case letters, digits and dashes"));
        }
        let previous = disk::beside(&path, ".previous")?;
        Ok(Self { path, previous, kind: kind.to_owned(), version, saved: false })
    }

    /// Saves `state`. When this returns, it will be loaded even after a power cut; if it fails, the last one still is.
    ///
    /// # Errors
    /// [`Error::Io`] with the step that failed. [`Error::Format`] if a file that is no checkpoint of this kind, or one
    /// of a later version, is in the way: nothing is overwritten then.
    pub fn save(&mut self, state: &impl Serialize) -> Result<()> {
        self.save_on(&mut Real, state)
    }

    fn save_on(&mut self, disk: &mut impl Disk, state: &impl Serialize) -> Result<()> {
        let payload = rmp_serde::to_vec_named(state).map_err(|e| Error::Refused {
            reason: format!("a state of kind {} cannot be written down: {e}", self.kind),
        })?;
        let newest_is_good = if self.saved {
            true
        } else {
            self.may_replace(&self.previous)?;
            self.may_replace(&self.path)?
        };
        let bytes = self.seal(&payload);
        // A damaged newest file is replaced, not kept: it must not push out the good older one.
        let older = newest_is_good.then_some(self.previous.as_path());
        disk::replace(disk, &self.path, older, &bytes)?;
        self.saved = true;
        Ok(())
    }

    /// Loads the newest state that is intact; `None` if nothing was ever saved.
    ///
    /// # Errors
    /// [`Error::Format`] if the newest file is foreign or of a later version, or if no file is intact: one sentence
    /// that says what is wrong. [`Error::Io`] if it cannot be read.
    pub fn load<T: DeserializeOwned>(&self) -> Result<Option<Restored<T>>> {
        let warning = match self.read(&self.path) {
            Ok(Some(state)) => return Ok(Some(Restored { state, warning: None })),
            Ok(None) => None,
            Err(Fault::Damaged(error)) => Some(error),
            Err(Fault::Other(error)) => return Err(error),
        };
        match (self.read(&self.previous), warning) {
            (Ok(Some(state)), None) => {
                let warning = format!("{} is missing; the checkpoint before it was taken", self.path.display());
                Ok(Some(Restored { state, warning: Some(warning) }))
            }
            (Ok(Some(state)), Some(error)) => {
                Ok(Some(Restored { state, warning: Some(format!("{error}; the checkpoint before it was taken")) }))
            }
            (Ok(None), None) => Ok(None),
            // The newest file's fault is what the user must know.
            (_, Some(error)) | (Err(Fault::Damaged(error) | Fault::Other(error)), None) => Err(error),
        }
    }

    /// Removes both files, when the run is over and its result is saved elsewhere.
    ///
    /// # Errors
    /// [`Error::Io`] if a file is there and cannot be removed.
    pub fn remove(&mut self) -> Result<()> {
        for path in [&self.path, &self.previous] {
            match fs::remove_file(path) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(Error::io("remove", path, e)),
                _ => {}
            }
        }
        self.saved = false;
        Ok(())
    }

    /// Whether the file at `path` is an intact checkpoint; an error if it is somebody else's and must stay.
    fn may_replace(&self, path: &Path) -> Result<bool> {
        match self.open(path) {
            Ok(content) => Ok(content.is_some()),
            Err(Fault::Damaged(_)) => Ok(false),
            Err(Fault::Other(error)) => Err(error),
        }
    }

    fn seal(&self, payload: &[u8]) -> Vec<u8> {
        let head = format!("{MAGIC} {CONTAINER_VERSION} {} {} {}", self.kind, self.version, payload.len());
        let mut bytes = format!("{head} {:08x}\n", checksum(head.as_bytes(), payload)).into_bytes();
        bytes.extend_from_slice(payload);
        bytes
    }

    fn read<T: DeserializeOwned>(&self, path: &Path) -> Result<Option<T>, Fault> {
        let Some(payload) = self.open(path)? else { return Ok(None) };
        // Intact by its checksum, so a misfit is a layout that changed without a new version: not damage.
        let state = rmp_serde::from_slice(&payload)
            .map_err(|e| Fault::Other(Error::format(path, format!("its content is not a state of this kind: {e}"))))?;
        Ok(Some(state))
    }

    /// The payload of the file at `path`, checked; `None` if there is no file.
    fn open(&self, path: &Path) -> Result<Option<Vec<u8>>, Fault> {
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(Fault::Other(Error::io("read", path, e))),
        };
        let damaged = |reason: &str| Fault::Damaged(Error::format(path, reason));
        let other = |reason: String| Fault::Other(Error::format(path, reason));

        if bytes.len() < MAGIC.len() && MAGIC.as_bytes().starts_with(&bytes) {
            return Err(damaged("the checkpoint is truncated"));
        }
        // A few changed bytes do not make it somebody else's.
        let ours = bytes.iter().zip(MAGIC.as_bytes()).filter(|(a, b)| a == b).count() + 4 >= MAGIC.len();
        let end = bytes.iter().take(HEADER_LIMIT).position(|&b| b == b'\n');
        let head = end.and_then(|end| std::str::from_utf8(&bytes[..end]).ok());
        let Some((head, sum)) = head.and_then(|head| head.rsplit_once(' ')) else {
            return Err(match (ours, end) {
                (true, None) if bytes.len() < HEADER_LIMIT => damaged("the checkpoint is truncated"),
                (true, _) => damaged("the checkpoint's header is damaged"),
                (false, _) => other("it is no Ansatz checkpoint".to_owned()),
            });
        };
        let payload = &bytes[head.len() + 1 + sum.len() + 1..];
        // Compared as text: another spelling of the same number is a change, too.
        let intact = format!("{:08x}", checksum(head.as_bytes(), payload)) == sum;
        let fields: Vec<&str> = head.split(' ').collect();
        let [magic, container, kind, version, length] = fields[..] else {
            // A later container may have other fields; all of them start with name and version.
            return Err(match fields.get(1).and_then(|v| v.parse::<u32>().ok()) {
                Some(v) if ours && v > CONTAINER_VERSION => other(format!("{LATER} (format {v})")),
                _ if ours => damaged("the checkpoint's header is damaged"),
                _ => other("it is no Ansatz checkpoint".to_owned()),
            });
        };
        if !intact {
            // Only an intact header may speak: "later version" from a flipped bit would be a lie.
            return Err(if !ours {
                other("it is no Ansatz checkpoint".to_owned())
            } else if container.parse::<u32>().is_ok_and(|v| v > CONTAINER_VERSION) {
                other(format!("{LATER} (format {container}), or its header is damaged"))
            } else if length.parse::<usize>().is_ok_and(|length| payload.len() < length) {
                damaged("the checkpoint is truncated")
            } else {
                damaged("the checkpoint is damaged: its checksum does not match")
            });
        }
        if magic != MAGIC {
            return Err(other("it is no Ansatz checkpoint".to_owned()));
        }
        if container != CONTAINER_VERSION.to_string() {
            return Err(other(format!("{LATER} (format {container})")));
        }
        if kind != self.kind {
            return Err(other(format!("it is a checkpoint of {kind}, not of {}", self.kind)));
        }
        match version.parse::<u32>() {
            Ok(v) if v == self.version => {}
            Ok(v) if v > self.version => return Err(other(format!("{LATER} ({kind} {v})"))),
            _ => {
                let reason = format!("it has version {version} of {kind}, which this version no longer reads");
                return Err(other(reason));
            }
        }
        Ok(Some(payload.to_vec()))
    }
}

const LATER: &str = "it was written by a later version of Ansatz";

fn checksum(head: &[u8], payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(head);
    hasher.update(payload);
    hasher.finalize()
}

/// Why a file cannot be used: damage lets the older file take its place, anything else does not.
enum Fault {
    Damaged(Error),
    Other(Error),
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct State {
        round: u64,
        errors: Vec<f64>,
    }

    fn state(round: u64) -> State {
        State { round, errors: vec![0.1 + 0.2, f64::INFINITY, -0.0, f64::from_bits(1), 1e300] }
    }

    fn at(folder: &Path) -> Checkpoint {
        Checkpoint::new(folder.join("search.checkpoint"), "test-state", 3).unwrap()
    }

    fn load(folder: &Path) -> Result<Option<Restored<State>>> {
        at(folder).load::<State>()
    }

    fn round(folder: &Path) -> u64 {
        load(folder).unwrap().unwrap().state.round
    }

    #[test]
    fn keeps_every_bit_and_the_last_two() {
        let folder = tempfile::tempdir().unwrap();
        let mut checkpoint = at(folder.path());
        assert!(load(folder.path()).unwrap().is_none());
        for i in 1..=3 {
            checkpoint.save(&state(i)).unwrap();
        }
        let restored = load(folder.path()).unwrap().unwrap();
        assert_eq!((restored.state.round, restored.warning), (3, None));
        for (a, b) in restored.state.errors.iter().zip(state(3).errors) {
            assert_eq!(a.to_bits(), b.to_bits());
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
        fs::remove_file(&checkpoint.path).unwrap();
        let restored = load(folder.path()).unwrap().unwrap();
        assert_eq!(restored.state.round, 2);
        assert!(restored.warning.unwrap().contains("is missing; the checkpoint before it was taken"));
        checkpoint.remove().unwrap();
        assert!(load(folder.path()).unwrap().is_none());
    }

    #[test]
    fn every_changed_byte_is_detected() {
        let folder = tempfile::tempdir().unwrap();
        let mut checkpoint = at(folder.path());
        checkpoint.save(&state(1)).unwrap();
        checkpoint.save(&state(2)).unwrap();
        let good = fs::read(&checkpoint.path).unwrap();
        fs::remove_file(&checkpoint.previous).unwrap();
        for i in 0..good.len() {
            for flip in [1, 2, 4, 8, 16, 32, 64, 128, 255] {
                let mut bad = good.clone();
                bad[i] ^= flip;
                fs::write(&checkpoint.path, &bad).unwrap();
                let error = load(folder.path()).expect_err(&format!("byte {i} flipped by {flip} was not noticed"));
                assert!(matches!(error, Error::Format { .. }), "{error}");
            }
        }
        for length in 0..good.len() {
            fs::write(&checkpoint.path, &good[..length]).unwrap();
            let error = load(folder.path()).unwrap_err().to_string();
            assert!(error.contains("truncated") || error.contains("damaged"), "{length}: {error}");
        }
        // With the older file beside it, the one before is loaded, whatever byte is damaged; but for the container's
        // version, where damage cannot be told from a later version: that is refused.
        let older = at(folder.path()).seal(&rmp_serde::to_vec_named(&state(1)).unwrap());
        fs::write(&checkpoint.previous, older).unwrap();
        let container = MAGIC.len() + 1;
        for i in (0..good.len()).filter(|&i| i != container) {
            for flip in [1, 4, 255] {
                let mut bad = good.clone();
                bad[i] ^= flip;
                fs::write(&checkpoint.path, &bad).unwrap();
                assert_eq!(round(folder.path()), 1, "byte {i} flipped by {flip}");
            }
        }
        fs::remove_file(&checkpoint.previous).unwrap();
        let mut longer = good.clone();
        longer.push(0);
        fs::write(&checkpoint.path, &longer).unwrap();
        load(folder.path()).unwrap_err();
    }

    #[test]
    fn a_damaged_newest_file_yields_to_the_older_and_does_not_push_it_out() {
        let folder = tempfile::tempdir().unwrap();
        let mut checkpoint = at(folder.path());
        checkpoint.save(&state(1)).unwrap();
        checkpoint.save(&state(2)).unwrap();
        let good = fs::read(&checkpoint.path).unwrap();
        fs::write(&checkpoint.path, &good[..good.len() - 1]).unwrap();
        let restored = load(folder.path()).unwrap().unwrap();
        assert_eq!(restored.state.round, 1);
        let warning = restored.warning.unwrap();
        assert!(warning.contains("truncated; the checkpoint before it was taken"), "{warning}");

        let mut resumed = at(folder.path());
        resumed.save(&state(3)).unwrap();
        assert_eq!(round(folder.path()), 3);
        fs::remove_file(&resumed.path).unwrap();
        assert_eq!(round(folder.path()), 1);
    }

    #[test]
    fn other_files_are_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("search.checkpoint");
        let write = |kind: &str, version| {
            let checkpoint = Checkpoint::new(&path, kind, version).unwrap();
            fs::write(&path, checkpoint.seal(&rmp_serde::to_vec_named(&state(1)).unwrap())).unwrap();
        };
        let check = |expected: &str| {
            let before = fs::read(&path).unwrap();
            let error = load(folder.path()).unwrap_err().to_string();
            assert!(error.starts_with("cannot use ") && error.contains(expected), "{error}");
            let error = at(folder.path()).save(&state(9)).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
            assert_eq!(fs::read(&path).unwrap(), before, "nothing is overwritten");
        };
        fs::write(&path, "% a thesis\n\\begin{document} x y z u v w\n").unwrap();
        check("it is no Ansatz checkpoint");
        fs::write(&path, [0u8, 159, 146, 150]).unwrap();
        check("it is no Ansatz checkpoint");
        write("other-state", 3);
        check("it is a checkpoint of other-state, not of test-state");
        write("test-state", 4);
        check("it was written by a later version of Ansatz (test-state 4)");
        write("test-state", 2);
        check("it has version 2 of test-state, which this version no longer reads");
        for header in
            ["ansatz-checkpoint 2 test-state 3 0 00000000\n", "ansatz-checkpoint 2 zstd test-state 3 0 sha 0\n"]
        {
            fs::write(&path, header).unwrap();
            check("it was written by a later version of Ansatz (format 2)");
        }
        // Nor does a good older file stand in for somebody else's newest.
        let older = at(folder.path()).seal(&rmp_serde::to_vec_named(&state(1)).unwrap());
        fs::write(folder.path().join("search.checkpoint.previous"), older).unwrap();
        fs::write(&path, "% a thesis\n").unwrap();
        check("it is no Ansatz checkpoint");
        // A file of another kind that only bears the older checkpoint's name stays, too.
        fs::remove_file(&path).unwrap();
        fs::write(folder.path().join("search.checkpoint.previous"), "notes\n").unwrap();
        at(folder.path()).save(&state(1)).unwrap_err();
        assert!(Checkpoint::new(&path, "Bad Kind", 1).is_err());
    }

    /// Fails its `at`-th operation; a failed write leaves half of the bytes.
    struct Failing {
        at: usize,
        done: usize,
    }

    impl Failing {
        fn next(&mut self) -> io::Result<()> {
            self.done += 1;
            if self.done == self.at { Err(io::Error::other("injected")) } else { Ok(()) }
        }
    }

    impl Disk for Failing {
        fn write(&mut self, path: &Path, bytes: &[u8]) -> io::Result<()> {
            if let Err(e) = self.next() {
                fs::write(path, &bytes[..bytes.len() / 2])?;
                return Err(e);
            }
            Real.write(path, bytes)
        }
        fn sync(&mut self, path: &Path) -> io::Result<()> {
            self.next()?;
            Real.sync(path)
        }
        fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
            self.next()?;
            Real.rename(from, to)
        }
        fn sync_folder(&mut self, folder: &Path) -> io::Result<()> {
            self.next()?;
            Real.sync_folder(folder)
        }
    }

    #[test]
    fn after_any_failed_operation_the_old_or_the_new_state_loads_and_saving_goes_on() {
        // Rounds saved before the failing one; with none, "old" is an empty folder.
        for earlier in 0..3 {
            let mut failures = 0;
            for at_operation in 1.. {
                let folder = tempfile::tempdir().unwrap();
                let mut checkpoint = at(folder.path());
                for i in 1..=earlier {
                    checkpoint.save(&state(i)).unwrap();
                }
                let mut disk = Failing { at: at_operation, done: 0 };
                let failed = checkpoint.save_on(&mut disk, &state(earlier + 1)).is_err();
                let loaded = load(folder.path()).unwrap().map_or(0, |r| r.state.round);
                if failed {
                    failures += 1;
                    assert!(loaded == earlier || loaded == earlier + 1, "operation {at_operation}: {loaded}");
                    // The method goes on, and so does a new process.
                    for mut checkpoint in [checkpoint, at(folder.path())] {
                        checkpoint.save(&state(earlier + 2)).unwrap();
                        assert_eq!(round(folder.path()), earlier + 2);
                    }
                } else {
                    assert_eq!(loaded, earlier + 1);
                    break;
                }
            }
            assert_eq!(failures, if earlier == 0 { 4 } else { 5 });
        }
    }
}
