//! Frontiers and evidence for the eye: terminal table, CSV, SVG picture, one offline HTML page.
//!
//! All of them are made from the record alone, so that a picture can be drawn again from its numbers.

mod axis;
mod csv;
mod page;
mod plane;
mod svg;
mod table;

pub use csv::{bars_csv, frontier_csv};
pub use page::page;
pub use plane::{Outline, Plane, plane_svg};
pub use svg::svg;
pub use table::{bars_table, frontier_table, summary, text_table};
