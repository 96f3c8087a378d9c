//! Mixtures from TOML files.
//!
//! ```toml
//! [[component]]
//! weight = 2.0                            # relative; 1 if left out
//! class = 0                               # 0 if left out
//! mean = [0.0, 1.0]
//! covariance = [[1.0, 0.2], [0.2, 0.5]]   # or: variances = [1.0, 0.5], or: variance = 1.0
//! ```

use super::{Component, Covariance, Mixture};
use ansatz_core::{Error, Result};
use serde::Deserialize;
use std::path::Path;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    component: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    #[serde(default = "one")]
    weight: f64,
    #[serde(default)]
    class: usize,
    mean: Vec<f64>,
    covariance: Option<Vec<Vec<f64>>>,
    variances: Option<Vec<f64>>,
    variance: Option<f64>,
}

fn one() -> f64 {
    1.0
}

/// The mixture in the file at `path`.
///
/// # Errors
/// [`Error::Io`] if it cannot be read, [`Error::Format`] if it is not such a file or the mixture is impossible.
pub fn read(path: &Path) -> Result<Mixture> {
    let text = std::fs::read_to_string(path).map_err(|e| Error::io("read", path, e))?;
    parse(&text).map_err(|e| Error::format(path, e.to_string()))
}

/// The mixture that `text` describes.
///
/// # Errors
/// [`Error::Syntax`] if it is not such a file, otherwise as [`Mixture::new`].
pub fn parse(text: &str) -> Result<Mixture> {
    let file: File = toml::from_str(text).map_err(|e| {
        let at = e.span().map_or(0, |span| span.start).min(text.len());
        // The line with the fault, and the fault's place in it.
        let begin = text[..at].rfind('\n').map_or(0, |end| end + 1);
        let line = text[begin..].lines().next().unwrap_or_default();
        Error::Syntax { input: line.to_owned(), at: at - begin, reason: e.message().to_owned() }
    })?;
    Mixture::new(file.component.into_iter().enumerate().map(|(k, entry)| component(k, entry)).collect::<Result<_>>()?)
}

fn component(k: usize, entry: Entry) -> Result<Component> {
    let covariance = match (entry.covariance, entry.variances, entry.variance) {
        (Some(rows), None, None) => {
            if let Some(row) = rows.iter().find(|row| row.len() != rows.len()) {
                let name = format!("a row of the covariance of component {k}");
                return Err(Error::parameter(name, format!("{} long", row.len()), format!("{} long", rows.len())));
            }
            Covariance::Full(rows.concat())
        }
        (None, Some(variances), None) => Covariance::Diagonal(variances),
        (None, None, Some(variance)) => Covariance::Isotropic(variance),
        (None, None, None) => {
            let allowed = "one of covariance, variances, variance";
            return Err(Error::parameter(format!("the covariance of component {k}"), "missing", allowed));
        }
        _ => {
            let allowed = "only one of covariance, variances, variance";
            return Err(Error::parameter(format!("the covariance of component {k}"), "given twice", allowed));
        }
    };
    Ok(Component { weight: entry.weight, mean: entry.mean, covariance, class: entry.class })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_the_mixture_it_describes() {
        let text = "[[component]]\nweight = 3\nmean = [1.0, 2.0]\ncovariance = [[2.0, 0.5], [0.5, 1.0]]\n\
                    [[component]]\nmean = [0.0, 0.0]\nvariance = 0.5\nclass = 1\n";
        let model = parse(text).unwrap();
        assert_eq!(model.mean(), [0.75, 1.5]);
        // ¾ (C_1 + m mᵀ) + ¼ ½ I − mean meanᵀ
        let expected = [0.75 * 3.0 + 0.125 - 0.5625, 0.75 * 2.5 - 1.125, 0.75 * 2.5 - 1.125, 0.75 * 5.0 + 0.125 - 2.25];
        for (value, expected) in model.covariance().iter().zip(expected) {
            assert!((value - expected).abs() < 1e-14, "{value} for {expected}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        let sentence = |text: &str| parse(text).unwrap_err().to_string();
        let error = sentence("[[component]]\nmaen = [1.0]\nvariance = 1.0\n");
        assert!(error.contains("maen") && error.contains("unknown field"), "{error}");
        let error = sentence("[[component]]\nmean = [1.0]\n");
        let expected = "the covariance of component 0 is missing, but must be one of covariance, variances, variance";
        assert_eq!(error, expected);
        let error = sentence("[[component]]\nmean = [1.0, 0.0]\ncovariance = [[1.0, 2.0], [2.0, 1.0]]\n");
        assert!(error.contains("eigenvalue -1"), "{error}");
        assert!(sentence("[[component]]\nmean = [1.0]\nvariance = -1.0\n").contains("eigenvalue -1"));
        assert!(sentence("[[component]]\nmean = [1.0]\nvariance = nan\n").contains("eigenvalue NaN"));
        assert!(
            sentence("[[component]]\nweight = 0.0\nmean = [1.0]\nvariance = 1.0\n").contains("weight of component 0")
        );
        assert!(sentence("component = []\n").contains("the mixture is empty"));
    }
}
