//! Sharing out samples among workers.

use super::Samples;
use ansatz_core::{Error, Result};

/// Who gets which samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Deal {
    /// In turn, as they come: workers with like data.
    #[default]
    InTurn,
    /// Sorted by class, in parts of equal size: workers with unlike data.
    ByClass,
}

/// The samples of each of `workers` workers. Labels may be any numbers; the distinct ones, in ascending order, are the
/// classes, and their number is returned. A constant feature 1 is appended to every sample.
///
/// # Errors
/// [`Error::Parameter`] if there are no more samples than workers, fewer than two classes, or not one label a sample;
/// [`Error::NotFinite`] for a label that is not finite.
pub fn deal(features: &[Vec<f64>], labels: &[f64], workers: usize, deal: Deal) -> Result<(Vec<Samples>, usize)> {
    if features.len() != labels.len() {
        return Err(Error::parameter("labels", labels.len(), format!("{}, one a sample", features.len())));
    }
    if workers == 0 || workers > labels.len() {
        return Err(Error::parameter("workers", workers, format!("from 1 to {}, the number of samples", labels.len())));
    }
    if let Some(i) = labels.iter().position(|label| !label.is_finite()) {
        return Err(Error::NotFinite { quantity: "a label".to_owned(), place: format!("sample {}", i + 1) });
    }
    let mut classes = labels.to_vec();
    classes.sort_by(f64::total_cmp);
    classes.dedup();
    if classes.len() < 2 {
        return Err(Error::parameter("labels", "all the same", "of at least two classes"));
    }
    let class = |i: usize| classes.iter().position(|&class| class == labels[i]).unwrap_or(0);
    let mut order: Vec<usize> = (0..labels.len()).collect();
    if deal == Deal::ByClass {
        order.sort_by_key(|&i| class(i));
    }
    let mut shares = vec![Samples::default(); workers];
    for (at, i) in order.into_iter().enumerate() {
        let worker = match deal {
            Deal::InTurn => at % workers,
            Deal::ByClass => at * workers / labels.len(),
        };
        let mut row = features[i].clone();
        row.push(1.0);
        shares[worker].features.push(row);
        shares[worker].labels.push(class(i));
    }
    Ok((shares, classes.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_is_dealt_once() {
        let features: Vec<Vec<f64>> = (0..10).map(|i| vec![f64::from(i)]).collect();
        let labels: Vec<f64> = (0..10).map(|i| f64::from(i % 2) - 0.5).collect();
        let (turns, classes) = deal(&features, &labels, 3, Deal::InTurn).unwrap();
        assert_eq!((classes, turns[1].features.len()), (2, 3));
        assert_eq!(turns[1].features[1], [4.0, 1.0]);
        let (sorted, _) = deal(&features, &labels, 2, Deal::ByClass).unwrap();
        assert_eq!((&sorted[0].labels, &sorted[1].labels), (&vec![0; 5], &vec![1; 5]));
        assert!(deal(&features, &labels[1..], 2, Deal::InTurn).is_err());
        assert!(deal(&features, &labels, 11, Deal::InTurn).is_err());
        assert!(deal(&features, &[1.0; 10], 2, Deal::InTurn).is_err());
        assert!(deal(&features, &[f64::NAN; 10], 2, Deal::InTurn).is_err());
    }
}
