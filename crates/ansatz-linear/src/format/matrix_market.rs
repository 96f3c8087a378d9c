//! Matrix Market files: `coordinate` and `array`, `real`, `integer` and `pattern`, `general`, `symmetric` and
//! `skew-symmetric`.
//!
//! A reader of our own, since a fault is to be reported with its line, and a file must not make the program allocate
//! more than it holds.
//!
//! Source: Boisvert, Pozo & Remington 1996, "The Matrix Market Exchange Formats", NISTIR 5935.

use crate::Csr;
use ansatz_core::{Error, Result};
use std::fmt::Write;
use std::path::Path;

/// What a file says, with both triangles of a symmetric matrix.
struct Content {
    rows: usize,
    cols: usize,
    entries: Vec<(usize, usize, f64)>,
}

/// Reads a matrix.
///
/// # Errors
/// [`Error::Io`] if the file cannot be read, [`Error::Format`] with the line if it is no Matrix Market file of real
/// numbers; those of [`Csr::from_triplets`].
pub fn read_matrix(path: &Path) -> Result<Csr> {
    let content = read(path)?;
    // A matrix with an empty row is singular, and its size is not backed by the file.
    if content.rows > content.entries.len() || content.cols > content.entries.len() {
        let reason =
            format!("the matrix is {} × {} and has only {} entries", content.rows, content.cols, content.entries.len());
        return Err(Error::format(path, reason));
    }
    Csr::from_triplets(content.rows, content.cols, &content.entries)
}

/// Reads the columns of an array with `n` rows, such as right-hand sides.
///
/// # Errors
/// As [`read_matrix`]; [`Error::Parameter`] for another number of rows.
pub fn read_columns(path: &Path, n: usize) -> Result<Vec<Vec<f64>>> {
    let content = read(path)?;
    if content.rows != n {
        let name = format!("the right-hand side in {}", path.display());
        let value = format!("of length {}", content.rows);
        return Err(Error::parameter(name, value, format!("of length {n}, the size of the matrix")));
    }
    if content.cols > content.entries.len() {
        return Err(Error::format(path, format!("there are {} columns, and fewer entries", content.cols)));
    }
    let mut columns = vec![vec![0.0; n]; content.cols];
    for (i, j, value) in content.entries {
        if !value.is_finite() {
            let (quantity, place) = (format!("an entry of {}", path.display()), format!("row {}", i + 1));
            return Err(Error::NotFinite { quantity, place });
        }
        columns[j][i] += value;
    }
    Ok(columns)
}

fn read(path: &Path) -> Result<Content> {
    let text = std::fs::read_to_string(path).map_err(|e| Error::io("read", path, e))?;
    parse(&text).map_err(|reason| Error::format(path, reason))
}

fn parse(text: &str) -> Result<Content, String> {
    let mut lines = text.lines().enumerate().map(|(i, line)| (i + 1, line.trim()));
    let head = lines.next().map(|(_, line)| line.to_ascii_lowercase()).unwrap_or_default();
    let words: Vec<&str> = head.split_whitespace().collect();
    let [magic, "matrix", layout, field, symmetry] = words[..] else {
        return Err("line 1 is not \"%%MatrixMarket matrix LAYOUT FIELD SYMMETRY\"".to_owned());
    };
    let one_of = |what: &str, word: &str, known: &[&str]| {
        let unknown = || format!("line 1: the {what} is {word:?}, but must be one of {}", known.join(", "));
        known.contains(&word).then_some(()).ok_or_else(unknown)
    };
    one_of("first word", magic, &["%%matrixmarket"])?;
    one_of("layout", layout, &["coordinate", "array"])?;
    one_of("field", field, &["real", "double", "integer", "pattern"])?;
    one_of("symmetry", symmetry, &["general", "symmetric", "skew-symmetric"])?;
    let (sparse, pattern) = (layout == "coordinate", field == "pattern");
    if pattern && !sparse {
        return Err("line 1: an array cannot be a pattern".to_owned());
    }
    let mut lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('%'));
    let (at, line) = lines.next().ok_or("there is no line with the size")?;
    let sizes: Vec<usize> = line.split_whitespace().map_while(|word| word.parse().ok()).collect();
    let (rows, cols, count) = match (&sizes[..], sparse) {
        (&[rows, cols, count], true) => (rows, cols, Some(count)),
        (&[rows, cols], false) => (rows, cols, None),
        _ => {
            let wanted = if sparse { "rows, columns and entries" } else { "rows and columns" };
            return Err(format!("line {at}: {line:?} is not the number of {wanted}"));
        }
    };
    if symmetry != "general" && rows != cols {
        return Err(format!("line {at}: a {symmetry} matrix cannot be {rows} × {cols}"));
    }
    let sign = if symmetry == "skew-symmetric" { -1.0 } else { 1.0 };
    let mut entries = Vec::new();
    let mut add = |at: usize, i: usize, j: usize, value: f64| {
        if symmetry != "general" {
            if i < j || (i == j && sign < 0.0) {
                return Err(format!("line {at}: a {symmetry} matrix is stored by its lower triangle"));
            }
            if i != j {
                entries.push((j, i, sign * value));
            }
        }
        entries.push((i, j, value));
        Ok(())
    };
    let number = |at: usize, word: Option<&str>| -> Result<f64, String> {
        let word = word.ok_or_else(|| format!("line {at}: the value is missing"))?;
        word.parse::<f64>().map_err(|_| format!("line {at}: {word:?} is not a number"))
    };
    let (mut i, mut j, mut seen) = (0, 0, 0usize);
    // The first place of a column that an array stores.
    let first = |j: usize| if symmetry == "general" { 0 } else { j + usize::from(sign < 0.0) };
    if !sparse {
        i = first(0);
    }
    for (at, line) in lines {
        let mut words = line.split_whitespace();
        if sparse {
            let mut index = |limit: usize| {
                let place = words.next().and_then(|word| word.parse::<usize>().ok());
                let valid = place.filter(|place| (1..=limit).contains(place));
                valid.ok_or_else(|| format!("line {at}: {line:?} is not a place in a {rows} × {cols} matrix"))
            };
            let (row, column) = (index(rows)? - 1, index(cols)? - 1);
            let value = if pattern { 1.0 } else { number(at, words.next())? };
            add(at, row, column, value)?;
        } else {
            while j < cols && i >= rows {
                j += 1;
                i = first(j);
            }
            if j == cols {
                return Err(format!("line {at}: there are more values than a {rows} × {cols} array has"));
            }
            add(at, i, j, number(at, words.next())?)?;
            i += 1;
        }
        if words.next().is_some() {
            return Err(format!("line {at}: {line:?} has more than one value"));
        }
        seen += 1;
    }
    while !sparse && j < cols && i >= rows {
        j += 1;
        i = first(j);
    }
    match count {
        Some(count) if count != seen => Err(format!("{count} entries are announced, and there are {seen}")),
        None if j < cols => Err(format!("the {rows} × {cols} array ends after {seen} values")),
        _ => Ok(Content { rows, cols, entries }),
    }
}

/// The length that all columns have.
pub(super) fn common_length(columns: &[Vec<f64>]) -> Result<usize> {
    let n = columns.first().map_or(0, Vec::len);
    if n == 0 || columns.iter().any(|column| column.len() != n) {
        return Err(Error::parameter("the columns", "of different lengths, or none", "at least one, and equally long"));
    }
    Ok(n)
}

/// Columns of equal length as a Matrix Market array; every double is read back to the bit.
///
/// # Errors
/// [`Error::Parameter`] without columns, or if their lengths differ.
pub fn matrix_market_text(columns: &[Vec<f64>]) -> Result<String> {
    let n = common_length(columns)?;
    let mut text = format!("%%MatrixMarket matrix array real general\n{n} {}\n", columns.len());
    for value in columns.iter().flatten() {
        _ = writeln!(text, "{value:e}");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(text: &str) -> Result<Csr, String> {
        let content = parse(text)?;
        Csr::from_triplets(content.rows, content.cols, &content.entries).map_err(|e| e.to_string())
    }

    #[test]
    fn all_layouts_are_read() {
        let general =
            "%%MatrixMarket matrix coordinate real general\n% a comment\n\n2 3 3\n1 1 2.5\n2 3 -1e-3\n1 2 4\n";
        let expected = Csr::from_triplets(2, 3, &[(0, 0, 2.5), (1, 2, -1e-3), (0, 1, 4.0)]).unwrap();
        assert_eq!(matrix(general).unwrap(), expected);
        let symmetric = "%%MatrixMarket MATRIX Coordinate Integer Symmetric\n2 2 3\n1 1 2\n2 1 -1\n2 2 2\n";
        let expected = Csr::from_triplets(2, 2, &[(0, 0, 2.0), (0, 1, -1.0), (1, 0, -1.0), (1, 1, 2.0)]).unwrap();
        assert_eq!(matrix(symmetric).unwrap(), expected);
        assert_eq!(matrix("%%MatrixMarket matrix array real symmetric\n2 2\n2\n-1\n2\n").unwrap(), expected);
        let skew = Csr::from_triplets(2, 2, &[(0, 1, -3.0), (1, 0, 3.0)]).unwrap();
        assert_eq!(matrix("%%MatrixMarket matrix coordinate real skew-symmetric\n2 2 1\n2 1 3\n").unwrap(), skew);
        assert_eq!(matrix("%%MatrixMarket matrix array real skew-symmetric\n2 2\n3\n").unwrap(), skew);
        let ones = Csr::from_triplets(2, 2, &[(0, 1, 1.0), (1, 1, 1.0)]).unwrap();
        assert_eq!(matrix("%%MatrixMarket matrix coordinate pattern general\n2 2 2\n1 2\n2 2\n").unwrap(), ones);
        let array = "%%MatrixMarket matrix array real general\n2 2\n1\n2\n3\n4\n";
        assert_eq!(matrix(array).unwrap().triplets().map(|t| t.2).collect::<Vec<_>>(), [1.0, 3.0, 2.0, 4.0]);
    }

    #[test]
    fn faults_are_reported_with_their_line() {
        let head = "%%MatrixMarket matrix coordinate real general\n";
        let cases: [(&str, &str); 13] = [
            ("", "line 1 is not"),
            ("hello world", "line 1 is not"),
            ("%%MatrixMarket matrix coordinate complex general\n1 1 1\n1 1 1 0", "line 1: the field is \"complex\""),
            ("%%MatrixMarket matrix coordinate real hermitian\n1 1 1\n1 1 1", "line 1: the symmetry is \"hermitian\""),
            (&format!("{head}% only this"), "there is no line with the size"),
            (&format!("{head}2 2\n1 1 1"), "line 2: \"2 2\" is not the number of rows, columns and entries"),
            (&format!("{head}2 2 1\n3 1 1"), "line 3: \"3 1 1\" is not a place in a 2 × 2 matrix"),
            (&format!("{head}2 2 1\n0 1 1"), "line 3: \"0 1 1\" is not a place"),
            (&format!("{head}2 2 1\n1 1 x"), "line 3: \"x\" is not a number"),
            (&format!("{head}2 2 1\n1 1"), "line 3: the value is missing"),
            (&format!("{head}2 2 2\n1 1 1"), "2 entries are announced, and there are 1"),
            (
                "%%MatrixMarket matrix coordinate real symmetric\n2 2 1\n1 2 1",
                "line 3: a symmetric matrix is stored by",
            ),
            ("%%MatrixMarket matrix array real general\n2 1\n1\n", "the 2 × 1 array ends after 1 values"),
        ];
        for (text, expected) in cases {
            let error = matrix(text).unwrap_err();
            assert!(error.starts_with(expected), "{text:?}: {error}");
        }
        assert!(matrix("%%MatrixMarket matrix array real general\n1 1\n1\n2\n").unwrap_err().contains("more values"));
        assert!(matrix(&format!("{head}1 1 1\n1 1 nan")).unwrap_err().contains("not finite"));
    }

    #[test]
    fn files_do_not_make_the_program_allocate_more_than_they_hold() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.mtx");
        let write = |text: &str| std::fs::write(&path, text).unwrap();
        write("%%MatrixMarket matrix coordinate real general\n999999999999 999999999999 1\n1 1 1\n");
        assert!(read_matrix(&path).unwrap_err().to_string().contains("and has only 1 entries"));
        assert!(read_columns(&path, 3).unwrap_err().to_string().contains("must be of length 3"));
        write("%%MatrixMarket matrix coordinate real general\n3 999999999999 1\n1 1 1\n");
        assert!(read_columns(&path, 3).unwrap_err().to_string().contains("fewer entries"));
        write("%%MatrixMarket matrix array real general\n999999999999 999999999999\n1\n");
        assert!(read_matrix(&path).unwrap_err().to_string().contains("ends after 1 values"));
        assert!(read_matrix(folder.path()).is_err() && read_matrix(&folder.path().join("none.mtx")).is_err());
    }

    #[test]
    fn vectors_are_read_back_bit_by_bit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.mtx");
        let columns = vec![vec![0.1, -0.0, 1e-310], vec![f64::MAX, 2.0 / 3.0, -1e22]];
        std::fs::write(&path, matrix_market_text(&columns).unwrap()).unwrap();
        let back = read_columns(&path, 3).unwrap();
        for (a, b) in back.iter().flatten().zip(columns.iter().flatten()) {
            // A negative zero is added to zero.
            assert!(a.to_bits() == b.to_bits() || (*a == 0.0 && *b == 0.0));
        }
        assert!(matrix_market_text(&[]).is_err());
    }
}
