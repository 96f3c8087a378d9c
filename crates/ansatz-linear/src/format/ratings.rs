//! Entries of a matrix as people keep them: a row's name, a column's name and a value on each line.
//!
//! ```text
//! user,item,rating
//! ann,"Blade Runner",5
//! bob,Alien,3.5
//! ```
//!
//! Separated by commas, semicolons, tabs, `::` or blanks, whichever the first line has; a first line without a number in
//! the third place is a header; what follows the third place, such as a time, is left alone, and so are empty lines.

use crate::completion::{Duplicates, Observations};
use ansatz_core::{Error, Result};
use std::collections::HashMap;
use std::path::Path;

/// Named entries.
#[derive(Clone, Debug)]
pub struct Ratings {
    /// The rows' names, in the order in which they first occur.
    pub rows: Vec<String>,
    /// The columns' names, in the order in which they first occur.
    pub columns: Vec<String>,
    /// The entries.
    pub known: Observations,
}

impl Ratings {
    /// The places of these pairs of names, as a file with a row's name and a column's name on each line.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be read, [`Error::Format`] for a line without two fields or with a name that is
    /// not known.
    pub fn read_places(&self, path: &Path) -> Result<Vec<(usize, usize)>> {
        let index = |names: &[String]| -> HashMap<String, usize> {
            names.iter().enumerate().map(|(i, name)| (name.clone(), i)).collect()
        };
        let (rows, columns) = (index(&self.rows), index(&self.columns));
        let text = std::fs::read_to_string(path).map_err(|e| Error::io("read", path, e))?;
        let mut places = Vec::new();
        let mut separator = None;
        for (number, line) in lines(&text) {
            let separator = *separator.get_or_insert_with(|| Separator::of(line));
            let fields = separator.split(line);
            let fault = |reason: String| Error::format(path, format!("line {number}: {reason}"));
            let [row, column, ..] = &fields[..] else {
                return Err(fault(format!("{line:?} has not the names of a row and a column")));
            };
            match (rows.get(row), columns.get(column)) {
                (Some(&i), Some(&j)) => places.push((i, j)),
                // A header.
                (None, None) if places.is_empty() && number == 1 => {}
                (None, _) => return Err(fault(format!("there is no row {row:?} among the entries"))),
                (_, None) => return Err(fault(format!("there is no column {column:?} among the entries"))),
            }
        }
        Ok(places)
    }
}

/// Reads named entries.
///
/// # Errors
/// [`Error::Io`] if the file cannot be read; [`Error::Format`] for a line without three fields or a number, and for a
/// file without entries; those of [`Observations::with_duplicates`] for places that occur several times.
pub fn read_ratings(path: &Path, duplicates: Duplicates) -> Result<Ratings> {
    let text = std::fs::read_to_string(path).map_err(|e| Error::io("read", path, e))?;
    let (mut rows, mut columns) = (Names::default(), Names::default());
    let (mut i, mut j, mut values) = (Vec::new(), Vec::new(), Vec::new());
    let mut separator = None;
    for (number, line) in lines(&text) {
        let first = separator.is_none();
        let separator = *separator.get_or_insert_with(|| Separator::of(line));
        let fields = separator.split(line);
        let fault = |reason: &str| Error::format(path, format!("line {number}: {reason}"));
        let [row, column, value, ..] = &fields[..] else {
            return Err(fault(&format!("{line:?} has not a row, a column and a value")));
        };
        match value.parse::<f64>() {
            Ok(value) if value.is_finite() => {
                i.push(rows.number(row));
                j.push(columns.number(column));
                values.push(value);
            }
            Ok(_) => return Err(fault(&format!("the value {value} is not finite"))),
            Err(_) if first => {}
            Err(_) => return Err(fault(&format!("{value:?} is not a number"))),
        }
    }
    if values.is_empty() {
        return Err(Error::format(path, "it has no line with a row, a column and a value"));
    }
    let (rows, columns) = (rows.names, columns.names);
    let known = Observations::with_duplicates(rows.len(), columns.len(), &i, &j, &values, duplicates);
    let known = known.map_err(|e| Error::format(path, e.to_string()))?;
    Ok(Ratings { rows, columns, known })
}

/// The lines that are not empty, with their numbers from 1.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    // A byte order mark is no part of a name.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    text.lines().enumerate().map(|(i, line)| (i + 1, line.trim())).filter(|(_, line)| !line.is_empty())
}

/// Numbers for names, in the order in which they come.
#[derive(Default)]
struct Names {
    names: Vec<String>,
    numbers: HashMap<String, usize>,
}

impl Names {
    fn number(&mut self, name: &str) -> usize {
        if let Some(&number) = self.numbers.get(name) {
            return number;
        }
        let number = self.names.len();
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }
}

/// What stands between two fields.
#[derive(Clone, Copy)]
enum Separator {
    Colons,
    One(char),
    Blanks,
}

impl Separator {
    fn of(line: &str) -> Self {
        if line.contains("::") {
            return Self::Colons;
        }
        ['\t', ';', ','].into_iter().find(|&c| line.contains(c)).map_or(Self::Blanks, Self::One)
    }

    /// The fields of a line, without the blanks around them. Between double quotes a separator is part of the name, and
    /// a doubled quote is one.
    fn split(self, line: &str) -> Vec<String> {
        let character = match self {
            Self::Colons => return line.split("::").map(|field| field.trim().to_owned()).collect(),
            Self::Blanks => return line.split_whitespace().map(str::to_owned).collect(),
            Self::One(character) => character,
        };
        let mut fields = vec![String::new()];
        let (mut quoted, mut characters) = (false, line.chars().peekable());
        while let Some(c) = characters.next() {
            let last = fields.len() - 1;
            if c == '"' && quoted && characters.peek() == Some(&'"') {
                characters.next();
                fields[last].push('"');
            } else if c == '"' && (quoted || fields[last].trim().is_empty()) {
                quoted = !quoted;
            } else if c == character && !quoted {
                fields.push(String::new());
            } else {
                fields[last].push(c);
            }
        }
        fields.into_iter().map(|field| field.trim().to_owned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Ratings> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.csv");
        std::fs::write(&path, text).unwrap();
        read_ratings(&path, Duplicates::Refuse)
    }

    #[test]
    fn names_are_numbered_as_they_come() {
        let texts = [
            "user,item,rating,time\nann,\"Alien, 1979\",5,1\n\nbob,\"The \"\"Thing\"\"\",3.5,2\nann,\"The \"\"Thing\"\"\",1,3\n",
            "ann;Alien, 1979;5\r\nbob;The \"Thing\";3.5\r\nann;The \"Thing\";1\r\n",
            "\u{feff}ann::Alien, 1979::5::77\nbob::The \"Thing\"::3.5\nann::The \"Thing\"::1",
        ];
        for text in texts {
            let ratings = read(text).unwrap();
            assert_eq!(ratings.rows, ["ann", "bob"]);
            assert_eq!(ratings.columns, ["Alien, 1979", "The \"Thing\""]);
            let entries: Vec<_> = ratings.known.triplets().collect();
            assert_eq!(entries, [(0, 0, 5.0), (0, 1, 1.0), (1, 1, 3.5)]);
        }
        assert_eq!(read("1 2 3\n1 4 1e-2\n").unwrap().known.triplets().last(), Some((0, 1, 0.01)));
    }

    #[test]
    fn bad_lines_are_named() {
        let refusal = |text: &str| read(text).unwrap_err().to_string();
        assert!(refusal("a,b,1\na,c\n").ends_with("line 2: \"a,c\" has not a row, a column and a value"));
        assert!(refusal("a,b,1\na,c,x\n").ends_with("line 2: \"x\" is not a number"));
        assert!(refusal("a,b,inf\n").ends_with("line 1: the value inf is not finite"));
        assert!(refusal("a,b,c\n").contains("no line with a row"));
        assert!(refusal("a,b,1\na,b,2\n").contains("given 2 times at row 1, column 1"));
    }

    #[test]
    fn places_are_found_by_name() {
        let ratings = read("ann,x,1\nbob,y,2\n").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let places = |text: &str| {
            let path = folder.path().join("p.csv");
            std::fs::write(&path, text).unwrap();
            ratings.read_places(&path)
        };
        assert_eq!(places("user,item\nann,y\nbob,x\n").unwrap(), [(0, 1), (1, 0)]);
        assert!(places("ann,y\neve,x\n").unwrap_err().to_string().ends_with("no row \"eve\" among the entries"));
        assert!(places("ann,z\n").unwrap_err().to_string().ends_with("no column \"z\" among the entries"));
        assert!(places("ann\n").unwrap_err().to_string().contains("has not the names of a row and a column"));
    }
}
