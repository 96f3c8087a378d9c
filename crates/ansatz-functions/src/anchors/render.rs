//! The table as text: a line for each operation count, a column for each family.

use super::table::Table;
use super::{Family, Structure};
use std::fmt::Write;

impl Table {
    /// The errors as a Markdown table, which is also readable as it stands: in each column the best member that takes
    /// at most that many operations. Below it, what is missing and why.
    pub fn markdown(&self) -> String {
        let columns = self.columns();
        let mut counts: Vec<usize> = self.anchors.iter().map(|a| a.operations).collect();
        counts.sort_unstable();
        counts.dedup();
        let mut rows = vec![head(&columns)];
        for n in counts {
            let mut row = vec![n.to_string()];
            row.extend(columns.iter().map(|&(family, structure)| {
                self.best(n, |a| a.family == family && a.structure == structure)
                    .map_or_else(|| "–".to_owned(), |a| format!("{:.3e}", a.error))
            }));
            rows.push(row);
        }
        let mut text = aligned(&rows);
        for omission in &self.omissions {
            let _ = write!(text, "\nOmitted: {}, {}: {}", omission.family, omission.structure, omission.reason);
        }
        if !self.omissions.is_empty() {
            text.push('\n');
        }
        text
    }
}

fn head(columns: &[(Family, Structure)]) -> Vec<String> {
    let name = |&(family, structure): &(Family, Structure)| match structure {
        Structure::Plain => family.to_string(),
        _ => format!("{family}, {structure}"),
    };
    std::iter::once("operations".to_owned()).chain(columns.iter().map(name)).collect()
}

/// Rows of cells, the first of which is the head, padded to columns of equal width.
fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |j: usize| rows.iter().map(|row| row[j].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for (i, row) in rows.iter().enumerate() {
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(text, "| {cell:>width$} ");
        }
        text.push_str("|\n");
        if i == 0 {
            for width in &widths {
                let _ = write!(text, "|{}:", "-".repeat(width + 1));
            }
            text.push_str("|\n");
        }
    }
    text
}
