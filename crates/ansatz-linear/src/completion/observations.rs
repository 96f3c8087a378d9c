//! The known entries of a matrix: by rows and by columns.
//!
//! Alternating least squares solves for one factor along rows and for the other along columns, so the entries are kept
//! in both orders, each with its own copy of the values: 24 bytes an entry in all. They are sorted once.

use ansatz_core::{Error, Result, Seed};

/// What is done with several values of one place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Duplicates {
    /// They are refused.
    #[default]
    Refuse,
    /// They add up.
    Sum,
    /// Their mean counts.
    Mean,
}

/// The entries along one direction: of line `i`, `starts[i]..starts[i + 1]`, ascending in `index`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Lines {
    pub(crate) starts: Vec<usize>,
    pub(crate) index: Vec<u32>,
    pub(crate) values: Vec<f64>,
}

impl Lines {
    pub(crate) fn count(&self) -> usize {
        self.starts.len() - 1
    }

    pub(crate) fn line(&self, i: usize) -> (&[u32], &[f64]) {
        let range = self.starts[i]..self.starts[i + 1];
        (&self.index[range.clone()], &self.values[range])
    }

    /// The same entries along the other direction, which has `count` lines.
    fn crossed(&self, count: usize) -> Self {
        let mut starts = vec![0usize; count + 1];
        for &j in &self.index {
            starts[j as usize + 1] += 1;
        }
        for j in 0..count {
            starts[j + 1] += starts[j];
        }
        let mut next = starts.clone();
        let (mut index, mut values) = (vec![0u32; self.index.len()], vec![0.0; self.index.len()]);
        for i in 0..self.count() {
            let (columns, entries) = self.line(i);
            for (&j, &value) in columns.iter().zip(entries) {
                let at = &mut next[j as usize];
                (index[*at], values[*at]) = (i as u32, value);
                *at += 1;
            }
        }
        Self { starts, index, values }
    }
}

/// The known entries `Ω` of an `m × n` matrix.
#[derive(Clone, Debug, PartialEq)]
pub struct Observations {
    pub(crate) by_rows: Lines,
    pub(crate) by_columns: Lines,
}

impl Observations {
    /// The entries `values[e]` at (`rows[e]`, `columns[e]`), counted from 0, of an `m × n` matrix. A place may occur
    /// once; see [`with_duplicates`](Self::with_duplicates).
    ///
    /// # Errors
    /// [`Error::Parameter`] for an empty matrix, one with 2³² rows or columns or more, lists of different lengths or
    /// none, an index that is out of range, or a place that occurs twice; [`Error::NotFinite`] for a value that is not.
    ///
    /// ```
    /// use ansatz_linear::completion::Observations;
    /// let known = Observations::from_triplets(2, 3, &[1, 0, 1], &[2, 0, 0], &[5.0, 1.0, 2.0])?;
    /// assert_eq!((known.rows(), known.columns(), known.count()), (2, 3, 3));
    /// assert_eq!(known.triplets().next(), Some((0, 0, 1.0)));
    /// # Ok::<(), ansatz_core::Error>(())
    /// ```
    pub fn from_triplets(m: usize, n: usize, rows: &[usize], columns: &[usize], values: &[f64]) -> Result<Self> {
        Self::with_duplicates(m, n, rows, columns, values, Duplicates::Refuse)
    }

    /// As [`from_triplets`](Self::from_triplets), with a policy for places that occur several times.
    ///
    /// # Errors
    /// As there, but for places that the policy allows.
    pub fn with_duplicates(
        m: usize,
        n: usize,
        rows: &[usize],
        columns: &[usize],
        values: &[f64],
        duplicates: Duplicates,
    ) -> Result<Self> {
        if m == 0 || n == 0 || u32::try_from(m.max(n)).is_err() {
            let allowed = "at least 1 × 1, with fewer than 2³² rows and columns";
            return Err(Error::parameter("the matrix", format!("{m} × {n}"), allowed));
        }
        if rows.len() != values.len() || columns.len() != values.len() || values.is_empty() {
            let lengths = format!("{} rows, {} columns and {} values", rows.len(), columns.len(), values.len());
            return Err(Error::parameter("the list of entries", lengths, "one of each for every entry, and not empty"));
        }
        for ((&i, &j), value) in rows.iter().zip(columns).zip(values) {
            if i >= m || j >= n {
                let allowed = format!("within the {m} × {n} matrix");
                return Err(Error::parameter("an entry", format!("at row {}, column {}", i + 1, j + 1), allowed));
            }
            if !value.is_finite() {
                let place = format!("row {}, column {}", i + 1, j + 1);
                return Err(Error::NotFinite { quantity: "an entry of the matrix".to_owned(), place });
            }
        }
        let mut order: Vec<usize> = (0..values.len()).collect();
        // Stable: values of one place are added in the order in which they were given.
        order.sort_by_key(|&e| (rows[e], columns[e]));
        let mut starts = vec![0usize; m + 1];
        let (mut index, mut kept): (Vec<u32>, Vec<f64>) = (Vec::new(), Vec::new());
        let mut e = 0;
        while e < order.len() {
            let place = (rows[order[e]], columns[order[e]]);
            let same = order[e..].iter().take_while(|&&o| (rows[o], columns[o]) == place).count();
            let sum: f64 = order[e..e + same].iter().map(|&o| values[o]).sum();
            if same > 1 && duplicates == Duplicates::Refuse {
                let value = format!("given {same} times at row {}, column {}", place.0 + 1, place.1 + 1);
                return Err(Error::parameter(
                    "an entry",
                    value,
                    "given once, unless several add up or count as a mean",
                ));
            }
            index.push(place.1 as u32);
            kept.push(if duplicates == Duplicates::Mean { sum / same as f64 } else { sum });
            starts[place.0 + 1] += 1;
            e += same;
        }
        for i in 0..m {
            starts[i + 1] += starts[i];
        }
        let by_rows = Lines { starts, index, values: kept };
        Ok(Self { by_columns: by_rows.crossed(n), by_rows })
    }

    /// The number of rows of the matrix.
    pub fn rows(&self) -> usize {
        self.by_rows.count()
    }

    /// The number of columns of the matrix.
    pub fn columns(&self) -> usize {
        self.by_columns.count()
    }

    /// The number of known entries.
    pub fn count(&self) -> usize {
        self.by_rows.values.len()
    }

    /// The share of the entries that is known.
    pub fn density(&self) -> f64 {
        self.count() as f64 / (self.rows() as f64 * self.columns() as f64)
    }

    /// The mean of the known entries.
    pub fn mean(&self) -> f64 {
        self.by_rows.values.iter().sum::<f64>() / self.count() as f64
    }

    /// The root of the mean square of the known entries.
    pub fn rms(&self) -> f64 {
        (self.square() / self.count() as f64).sqrt()
    }

    pub(crate) fn square(&self) -> f64 {
        self.by_rows.values.iter().map(|v| v * v).sum()
    }

    /// The known entries as (row, column, value), by rows.
    pub fn triplets(&self) -> impl Iterator<Item = (usize, usize, f64)> {
        (0..self.rows()).flat_map(|i| {
            let (columns, values) = self.by_rows.line(i);
            columns.iter().zip(values).map(move |(&j, &value)| (i, j as usize, value))
        })
    }

    /// The same with `offset` subtracted from every entry.
    #[must_use]
    pub fn centred(&self, offset: f64) -> Self {
        let mut result = self.clone();
        for value in result.by_rows.values.iter_mut().chain(&mut result.by_columns.values) {
            *value -= offset;
        }
        result
    }

    /// Deals the entries at random to sets with the given shares, which add up to 1 or less; what is left over is not
    /// used. A set that gets no entry is refused.
    ///
    /// # Errors
    /// [`Error::Parameter`] for shares that are not positive or add up to more than 1, or a set that stays empty.
    pub fn split(&self, shares: &[f64], seed: Seed) -> Result<Vec<Self>> {
        let total: f64 = shares.iter().sum();
        if shares.is_empty() || shares.iter().any(|&s| s <= 0.0 || !s.is_finite()) || total > 1.0 + 1e-12 {
            return Err(Error::parameter("the shares", format!("{shares:?}"), "positive, and 1 together or less"));
        }
        let mut stream = seed.stream("split of the entries", 0);
        let mut parts: Vec<(Vec<usize>, Vec<usize>, Vec<f64>)> = vec![Default::default(); shares.len()];
        for (i, j, value) in self.triplets() {
            let mut draw = stream.uniform();
            let part = shares.iter().position(|&share| {
                draw -= share;
                draw < 0.0
            });
            // Rounding errors of shares that add up to 1 leave no entry out.
            let part = part.or((total > 1.0 - 1e-12).then(|| shares.len() - 1));
            if let Some(part) = part {
                let part = &mut parts[part];
                part.0.push(i);
                part.1.push(j);
                part.2.push(value);
            }
        }
        let whole = |(rows, columns, values): (Vec<usize>, Vec<usize>, Vec<f64>)| {
            if values.is_empty() {
                let value = format!("{shares:?} of {} entries", self.count());
                return Err(Error::parameter("the shares", value, "large enough that every set gets an entry"));
            }
            Self::from_triplets(self.rows(), self.columns(), &rows, &columns, &values)
        };
        parts.into_iter().map(whole).collect()
    }

    /// What makes a completion with rank `k` doubtful, in sentences: empty rows and columns, whose entries are then
    /// predicted as 0, and fewer entries than a matrix of that rank has degrees of freedom.
    pub fn warnings(&self, k: usize) -> Vec<String> {
        let mut warnings = Vec::new();
        for (lines, what) in [(&self.by_rows, "row"), (&self.by_columns, "column")] {
            let empty: Vec<usize> = (0..lines.count()).filter(|&i| lines.line(i).0.is_empty()).collect();
            if let Some(first) = empty.first() {
                let many = empty.len();
                warnings.push(if many == 1 {
                    format!("{what} {} has no known entry: its entries are predicted as 0", first + 1)
                } else {
                    format!("{many} {what}s have no known entry, first {what} {}: predicted as 0", first + 1)
                });
            }
        }
        let freedom = k * (self.rows() + self.columns()).saturating_sub(k);
        if self.count() < freedom {
            let count = self.count();
            warnings.push(format!(
                "{count} known entries do not determine a matrix of rank {k}, which has {freedom} degrees of freedom"
            ));
        }
        warnings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: [usize; 5] = [2, 0, 1, 0, 2];
    const COLUMNS: [usize; 5] = [1, 3, 0, 0, 1];
    const VALUES: [f64; 5] = [1.0, 2.0, 3.0, 4.0, 6.0];

    #[test]
    fn both_orders_hold_the_same_entries() {
        let known = Observations::from_triplets(3, 4, &ROWS[..4], &COLUMNS[..4], &VALUES[..4]).unwrap();
        let entries: Vec<_> = known.triplets().collect();
        assert_eq!(entries, [(0, 0, 4.0), (0, 3, 2.0), (1, 0, 3.0), (2, 1, 1.0)]);
        let crossed: Vec<_> = (0..4).map(|j| known.by_columns.line(j)).collect();
        assert_eq!(crossed[0], (&[0, 1][..], &[4.0, 3.0][..]));
        assert_eq!((crossed[1], crossed[2].0, crossed[3].1), ((&[2][..], &[1.0][..]), &[][..], &[2.0][..]));
        assert_eq!((known.mean(), known.density(), known.rms()), (2.5, 1.0 / 3.0, 7.5f64.sqrt()));
        assert_eq!(known.centred(2.5).mean(), 0.0);
    }

    #[test]
    fn duplicates_are_refused_added_or_averaged() {
        let read = |policy| Observations::with_duplicates(3, 4, &ROWS, &COLUMNS, &VALUES, policy);
        let error = read(Duplicates::Refuse).unwrap_err().to_string();
        assert!(error.starts_with("an entry is given 2 times at row 3, column 2, but must be"), "{error}");
        assert_eq!(read(Duplicates::Sum).unwrap().triplets().last(), Some((2, 1, 7.0)));
        assert_eq!(read(Duplicates::Mean).unwrap().triplets().last(), Some((2, 1, 3.5)));
    }

    #[test]
    fn bad_entries_are_refused_in_a_sentence() {
        let refusal = |i, j, v| Observations::from_triplets(2, 2, &[i], &[j], &[v]).unwrap_err().to_string();
        assert_eq!(refusal(0, 2, 1.0), "an entry is at row 1, column 3, but must be within the 2 × 2 matrix");
        assert_eq!(refusal(1, 0, f64::NAN), "an entry of the matrix is not finite at row 2, column 1");
        assert!(Observations::from_triplets(2, 0, &[], &[], &[]).is_err());
        assert!(Observations::from_triplets(2, 2, &[0], &[], &[1.0]).unwrap_err().to_string().contains("1 rows, 0"));
    }

    #[test]
    fn a_split_deals_every_entry_once() {
        let places: Vec<usize> = (0..1000).collect();
        let values: Vec<f64> = places.iter().map(|&i| i as f64).collect();
        let known = Observations::from_triplets(1000, 1000, &places, &places, &values).unwrap();
        let parts = known.split(&[0.7, 0.1, 0.2], Seed(1)).unwrap();
        let mut all: Vec<usize> = parts.iter().flat_map(|part| part.triplets().map(|(i, ..)| i)).collect();
        all.sort_unstable();
        assert_eq!(all, places);
        // Six standard deviations.
        assert!((parts[1].count() as f64 - 100.0).abs() < 57.0);
        assert_eq!(parts, known.split(&[0.7, 0.1, 0.2], Seed(1)).unwrap());
        assert!(known.split(&[0.5, 0.6], Seed(1)).is_err() && known.split(&[1e-9], Seed(1)).is_err());
    }

    #[test]
    fn what_cannot_be_determined_is_warned_of() {
        let known = Observations::from_triplets(3, 4, &ROWS[..4], &COLUMNS[..4], &VALUES[..4]).unwrap();
        let warnings = known.warnings(2);
        assert_eq!(warnings[0], "column 3 has no known entry: its entries are predicted as 0");
        let freedom = "4 known entries do not determine a matrix of rank 2, which has 10 degrees of freedom";
        assert_eq!(warnings[1..], [freedom]);
        assert!(Observations::from_triplets(1, 1, &[0], &[0], &[1.0]).unwrap().warnings(1).is_empty());
    }
}
