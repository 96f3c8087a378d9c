//! Regions of stability: limits on the real axis, loci, areas.

use super::worse;
use crate::lab::Lab;
use ansatz_core::Result;
use ansatz_core::render::{Outline, Plane, plane_svg};
use ansatz_diffusion::Multistep;
use std::f64::consts::PI;

pub(super) const LIMITS: &str =
    "limits on the real axis: largest deviation from the closed forms, r ≤ 5, β from 1 to 0.2";
pub(super) const LOCUS: &str = "loci: largest distance of z(π) from the closed form";
pub(super) const AREAS: &str = "areas of the regions: smallest ratio from one β to the next smaller";

const BETAS: [f64; 6] = [1.0, 0.9, 0.8, 0.6, 0.4, 0.2];

/// A method by order and `β`.
type Family = fn(usize, f64) -> Result<Multistep>;

fn heavy_ball(order: usize, beta: f64) -> Result<Multistep> {
    Multistep::adams_bashforth(order)?.heavy_ball(beta)
}

fn ghvb(order: usize, beta: f64) -> Result<Multistep> {
    Multistep::ghvb(order as f64 - 1.0 + beta)
}

/// `z*` of Adams–Bashforth; heavy-ball momentum multiplies it by `(2 − β)/β`.
const PLAIN: [f64; 5] = [2.0, 1.0, 6.0 / 11.0, 3.0 / 10.0, 90.0 / 551.0];

fn known(family: usize, order: usize, b: f64) -> f64 {
    if family == 0 {
        return PLAIN[order - 1] * (2.0 - b) / b;
    }
    match order {
        1 => 2.0 * (2.0 - b) / b,
        2 => 2.0 - b,
        3 => 6.0 * (2.0 - b) / (12.0 - b),
        4 => 3.0 * (2.0 - b) / (11.0 - b),
        _ => 1440.0 * (2.0 - b) / (9600.0 - 784.0 * b),
    }
}

pub(super) fn run(lab: &mut Lab) -> Result<()> {
    let (mut limits, mut loci, mut growth) = (0.0, 0.0, f64::INFINITY);
    let families: [Family; 2] = [heavy_ball, ghvb];
    for (kind, family) in families.into_iter().enumerate() {
        for order in 1..=5 {
            let mut last = None;
            for beta in BETAS {
                let method = family(order, beta)?;
                let known = known(kind, order, beta);
                limits = worse(limits, (method.real_limit() - known).abs());
                let (x, y) = method.locus(PI);
                loci = worse(loci, (x + known).hypot(y));
                let area = method.area();
                if let Some(last) = last {
                    growth = f64::min(growth, area / last);
                }
                last = Some(area);
            }
        }
    }
    lab.measure(LIMITS, limits)?;
    lab.measure(LOCUS, loci)?;
    lab.measure(AREAS, growth)?;
    picture(lab)
}

fn picture(lab: &mut Lab) -> Result<()> {
    let names = ["ghvb:3.8", "ghvb:3.5", "ghvb:2.5", "plms-2", "plms-3", "plms-4", "plms-4+hb:0.8"];
    let mut outlines = Vec::new();
    for name in names {
        let pieces = name.parse::<Multistep>()?.outline(1440);
        outlines.push(Outline { name: name.to_owned(), ours: name.starts_with("ghvb"), pieces });
    }
    let plane = Plane {
        title: "Regions of stability of multistep methods with and without momentum".to_owned(),
        x: "Re z".to_owned(),
        y: "Im z".to_owned(),
        caption: "z = step in σ/α × eigenvalue of ∂ε/∂(x/α): errors decay inside the curve".to_owned(),
        outlines,
    };
    lab.artefact("regions.svg", plane_svg(&plane)?).map(|_| ())
}
