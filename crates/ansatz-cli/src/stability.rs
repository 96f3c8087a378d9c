//! `ansatz sample stability`.

use crate::print;
use ansatz_core::render::{Outline, Plane, plane_svg, text_table};
use ansatz_core::{Result, shown, write_atomic};
use ansatz_diffusion::Multistep;
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;

/// Points of a picture to the circle.
const FINE: usize = 1440;

#[derive(Args)]
pub(crate) struct Stability {
    /// plms-ORDER, ghvb:NUMBER, or plms-ORDER with momentum: +hb:BETA, +nt:BETA; several with commas
    #[arg(long, value_delimiter = ',', required = true)]
    method: Vec<String>,
    /// File for a picture of the regions
    #[arg(long)]
    svg: Option<PathBuf>,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

impl Stability {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let methods: Vec<Multistep> = self.method.iter().map(|name| name.parse()).collect::<Result<_>>()?;
        if let Some(path) = &self.svg {
            let outline = |(name, method): (&String, &Multistep)| Outline {
                name: name.clone(),
                ours: name.contains(':'),
                pieces: method.outline(FINE),
            };
            let plane = Plane {
                title: "Regions of stability".to_owned(),
                x: "Re z".to_owned(),
                y: "Im z".to_owned(),
                caption: "z = step × eigenvalue: errors decay inside the curve".to_owned(),
                outlines: self.method.iter().zip(&methods).map(outline).collect(),
            };
            write_atomic(path, plane_svg(&plane)?.as_bytes())?;
        }
        if self.json {
            let rows = self.method.iter().zip(&methods).map(|(name, method)| {
                json!({
                    "method": name,
                    "keep": method.keep(),
                    "weights": method.weights(),
                    "real_limit": method.real_limit(),
                    "area": method.area(),
                })
            });
            let text = json!({ "methods": rows.collect::<Vec<_>>(), "svg": self.svg });
            return print(&format!("{text:#}")).map(|()| ExitCode::SUCCESS);
        }
        let row = |(name, method): (&String, &Multistep)| {
            vec![name.clone(), format!("({}, 0)", shown(-method.real_limit())), shown(method.area())]
        };
        let rows = self.method.iter().zip(&methods).map(row);
        print(&text_table(100, &["method", "stable on the real axis", "area of the region"], rows))?;
        Ok(ExitCode::SUCCESS)
    }
}
