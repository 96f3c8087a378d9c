//! Evidence and frontiers for the terminal.

use crate::{BarStatus, Deciding, Evidence, Frontier, shown};
use comfy_table::{ContentArrangement, LineStyle, Table, TableStyle};
use std::fmt::Write;

/// A rule above, below the header, and at the end.
const STYLE: TableStyle = {
    let rule = LineStyle::none().fill('─').junction('─');
    TableStyle::new().top_border(rule).header_separator(rule).bottom_border(rule)
};

/// The bars as a table of at most `width` columns.
pub fn bars_table(evidence: &Evidence, width: u16) -> String {
    let mut table = table(width, &["bar", "must be", "measured", ""]);
    for bar in &evidence.bars {
        let measured = bar.measured.map_or("—".to_owned(), |m| shown(m.0));
        // The deciding one of several is shown; say which, and of how many.
        let which = match bar.deciding {
            Deciding::Worst => "worst",
            Deciding::Median => "median",
        };
        let of = if bar.values.len() > 1 { format!(" ({which} of {})", bar.values.len()) } else { String::new() };
        let mut status = bar.status.to_string();
        if let (BarStatus::NotChecked, Some(reason)) = (bar.status, &bar.reason) {
            status = format!("{status}: {reason}");
        }
        table.add_row(vec![bar.name.clone(), bar.inequality(), measured + &of, status]);
    }
    finish(&table)
}

/// Methods that have a column of their own, at most.
const COLUMNS: usize = 6;
/// Rows of a frontier's table at most.
const ROWS: usize = 40;

/// The frontier's points: one row a value of the work, one column a method; the best of each row is marked.
/// Methods that have no result with exactly that work show nothing. Of more than six methods the rivals share a column,
/// of more than 40 rows an even selection is shown.
pub fn frontier_table(frontier: &Frontier, width: u16) -> String {
    let mut works: Vec<f64> = frontier.series.iter().flat_map(|s| s.points.iter().map(|p| p.work)).collect();
    works.sort_by(f64::total_cmp);
    works.dedup();
    let all = works.len();
    if all > ROWS {
        // From the first to the last in even steps.
        works = (0..ROWS).map(|i| works[i * (all - 1) / (ROWS - 1)]).collect();
    }
    let at = |s: &crate::Series, work: f64| s.points.iter().find(|p| p.work == work).map(|p| p.error);
    let (ours, rivals): (Vec<_>, Vec<_>) = frontier.series.iter().partition(|s| s.ours);
    // More columns than that do not fit: of the rivals the best of each row is shown.
    let columns = if frontier.series.len() <= COLUMNS { frontier.series.iter().collect() } else { ours };
    let in_one = if frontier.series.len() <= COLUMNS { Vec::new() } else { rivals };
    let names = columns.iter().map(|s| s.name.as_str());
    let header: Vec<&str> = std::iter::once(frontier.work.as_str())
        .chain(names)
        .chain((!in_one.is_empty()).then_some("best other"))
        .collect();
    let mut table = table(width, &header);
    for work in works {
        let best = frontier.series.iter().filter_map(|s| at(s, work)).fold(f64::INFINITY, f64::min);
        let cell = |error: f64| if error == best { format!("{error:.2e} *") } else { format!("{error:.2e}") };
        let mut row = vec![shown(work)];
        row.extend(columns.iter().map(|s| at(s, work).map_or(String::new(), cell)));
        if !in_one.is_empty() {
            let others = in_one.iter().filter_map(|s| Some((at(s, work)?, &s.name)));
            let other = others.min_by(|a, b| a.0.total_cmp(&b.0));
            row.push(other.map_or(String::new(), |(error, name)| format!("{} {name}", cell(error))));
        }
        table.add_row(row);
    }
    let left_out =
        if all > ROWS { format!("\n{ROWS} of {all} rows; frontier.csv has them all") } else { String::new() };
    format!("{}: {}, * smallest in its row\n{}{left_out}", frontier.title, frontier.error, finish(&table))
}

/// The whole record for the terminal: what was checked, the bars, what was left out, the verdict.
pub fn summary(evidence: &Evidence, width: u16) -> String {
    let claim = &evidence.claim;
    let (held, total) = evidence.score();
    let mut out = format!("{:02} {}\n{}\n{}\n\n", claim.number, claim.title, claim.citation, claim.statement);
    out += &bars_table(evidence, width);
    for (word, lines) in [("omitted", &evidence.omissions), ("note", &evidence.notes)] {
        for line in lines {
            _ = writeln!(out, "{word}: {line}");
        }
    }
    let Evidence { verdict, scale, seconds, .. } = evidence;
    _ = writeln!(out, "{verdict}: {held} of {total} bars hold at {scale} scale ({seconds:.1} s)");
    out
}

/// Rows under a header, wrapped to `width` characters.
pub fn text_table(width: u16, header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = table(width, header);
    for row in rows {
        table.add_row(row);
    }
    finish(&table)
}

fn table(width: u16, header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(STYLE).set_content_arrangement(ContentArrangement::Dynamic).set_width(width).set_header(header);
    table
}

fn finish(table: &Table) -> String {
    let mut out = table.trim_fmt();
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::tests::example;

    #[test]
    fn a_long_frontier_is_shown_in_part() {
        let mut front = Frontier::new("p", "w", "e");
        front.ours("ours", (0..1000).map(|i| (f64::from(i), 1.0 / (1.0 + f64::from(i))))).unwrap();
        let text = frontier_table(&front, 80);
        assert!(text.ends_with("40 of 1000 rows; frontier.csv has them all"), "{text}");
        assert!(text.contains("1.00e-3 *") && text.lines().count() < 60);
    }

    #[test]
    fn the_table_shows_every_bar_and_fits() {
        let evidence = example();
        for width in [60, 100] {
            let text = summary(&evidence, width);
            for words in
                ["error", "5.000e-4", "≤ 0.001", "FAILS", "NaN", "NOT MEASURED", "not applicable", "omitted: speed"]
            {
                let squeezed = text.replace("NOT\n", "NOT ");
                assert!(width == 60 || squeezed.contains(words), "{words} is missing in\n{text}");
            }
            let table = bars_table(&evidence, width);
            assert!(table.lines().all(|line| line.chars().count() <= usize::from(width)), "too wide:\n{table}");
        }
        assert!(summary(&evidence, 100).ends_with("fails: 1 of 4 bars hold at laptop scale (1.5 s)\n"));
    }

    #[test]
    fn the_frontier_table_marks_the_best_of_each_row() {
        let text = frontier_table(&example().frontiers[0], 100);
        assert!(text.contains("2.90e-2 *") && text.contains("1.50e-1") && !text.contains("1.50e-1 *"), "{text}");
        assert_eq!(text.lines().filter(|l| l.contains("e-")).count(), 3, "{text}");
    }
}
