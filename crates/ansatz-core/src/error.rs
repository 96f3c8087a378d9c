//! The one error type of the library: each variant reads as a sentence that tells the user what to change.

use std::path::{Path, PathBuf};

/// What can go wrong, as a sentence.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A parameter has a value that the method does not allow.
    #[error("{name} is {value}, but must be {allowed}")]
    Parameter {
        /// The parameter, as the user spells it.
        name: String,
        /// The value that was given.
        value: String,
        /// What is allowed instead.
        allowed: String,
    },
    /// An expression or a number could not be read; `at` is the byte offset of the first wrong character.
    #[error("cannot read {input:?} at position {position}: {reason}", position = at + 1)]
    Syntax {
        /// The whole text.
        input: String,
        /// Byte offset of the fault.
        at: usize,
        /// What was expected or found.
        reason: String,
    },
    /// A name that nothing is known by.
    #[error("unknown {kind} {name:?}{}", nearest.as_ref().map(|n| format!("; did you mean {n:?}?")).unwrap_or_default())]
    Unknown {
        /// What sort of thing was looked up, such as "function".
        kind: &'static str,
        /// The name that was given.
        name: String,
        /// The nearest name that is known, if any is near.
        nearest: Option<String>,
    },
    /// A quantity became infinite or not-a-number.
    #[error("{quantity} is not finite at {place}")]
    NotFinite {
        /// What broke.
        quantity: String,
        /// Where: an iteration, a point.
        place: String,
    },
    /// A statement that was to be proved does not hold, or could not be proved.
    #[error("refused: {reason}")]
    Refused {
        /// Why, with the enclosure or the measured value.
        reason: String,
    },
    /// A file is not what it should be: truncated, foreign, of a later version, or tampered with.
    #[error("cannot use {path}: {reason}")]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The operating system refused a file operation.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// "read", "write", "create".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// Something outside the program is missing: a compiler, a peer, a terminal.
    #[error("{what} is not available: {reason}")]
    Environment {
        /// What is missing.
        what: String,
        /// Why it is needed and how to get it.
        reason: String,
    },
}

/// A result with [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// A parameter out of range.
    #[allow(clippy::needless_pass_by_value, reason = "a number or a `display()` is passed as it is")]
    pub fn parameter(name: impl Into<String>, value: impl ToString, allowed: impl Into<String>) -> Self {
        Self::Parameter { name: name.into(), value: value.to_string(), allowed: allowed.into() }
    }

    /// A refused file operation.
    pub fn io(action: &'static str, path: impl AsRef<Path>, source: std::io::Error) -> Self {
        Self::Io { action, path: path.as_ref().to_path_buf(), source }
    }

    /// A file with unusable content.
    pub fn format(path: impl AsRef<Path>, reason: impl Into<String>) -> Self {
        Self::Format { path: path.as_ref().to_path_buf(), reason: reason.into() }
    }

    /// A statement that could not be proved.
    pub fn refused(reason: impl Into<String>) -> Self {
        Self::Refused { reason: reason.into() }
    }

    /// An unknown name, with the nearest of the `known` ones if it is within a third of its length.
    pub fn unknown<'a>(kind: &'static str, name: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let nearest = known
            .into_iter()
            .map(|candidate| (edit_distance(name, candidate), candidate))
            .min()
            .filter(|&(distance, candidate)| distance <= 1 + candidate.len().max(name.len()) / 3)
            .map(|(_, candidate)| candidate.to_owned());
        Self::Unknown { kind, name: name.to_owned(), nearest }
    }
}

/// Levenshtein distance, in characters.
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_name_the_parameter_and_the_remedy() {
        let error = Error::parameter("minutes", 0, "greater than 0");
        assert_eq!(error.to_string(), "minutes is 0, but must be greater than 0");
        let error = Error::unknown("function", "expp2", ["exp", "exp2", "log2"]);
        assert_eq!(error.to_string(), r#"unknown function "expp2"; did you mean "exp2"?"#);
        let error = Error::unknown("function", "zzzzzz", ["exp", "exp2"]);
        assert_eq!(error.to_string(), r#"unknown function "zzzzzz""#);
    }

    #[test]
    fn edit_distance_of_known_pairs() {
        assert_eq!(edit_distance("kitten", "sitting"), 3);
        assert_eq!(edit_distance("", "abc"), 3);
        assert_eq!(edit_distance("abc", "abc"), 0);
    }
}
