//! Where the steps are: nodes from one level to another.

use crate::schedule::{Level, Schedule};
use ansatz_core::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The way that sampling goes: a schedule, and the levels that it starts and ends with.
#[derive(Clone, Copy, Debug)]
pub struct Path<'a> {
    /// The schedule.
    pub schedule: &'a dyn Schedule,
    /// Where it starts: high noise, as a rule.
    pub from: Level,
    /// Where it ends.
    pub to: Level,
}

impl<'a> Path<'a> {
    /// From time `from` to time `to` of a schedule. From a small to a large time is the inversion: data become noise.
    ///
    /// # Errors
    /// [`Error::Parameter`] for times outside the schedule's domain, or two equal ones.
    pub fn new(schedule: &'a dyn Schedule, from: f64, to: f64) -> Result<Self> {
        if from == to {
            return Err(Error::parameter("the end time", to, format!("another than the start time, {from}")));
        }
        Ok(Self { schedule, from: schedule.level(from)?, to: schedule.level(to)? })
    }

    /// From the schedule's usual start to its usual end.
    ///
    /// # Errors
    /// None for the schedules of this crate.
    pub fn whole(schedule: &'a dyn Schedule) -> Result<Self> {
        let (from, to) = schedule.span();
        Self::new(schedule, from, to)
    }

    /// The same way back.
    #[must_use]
    pub fn reversed(self) -> Self {
        Self { from: self.to, to: self.from, ..self }
    }
}

/// How the nodes of `n` steps are spread.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grid {
    /// Equally spaced in `t`: advised for large images.
    Time,
    /// Equally spaced in `λ`: advised for small images and exact models.
    LogSnr,
    /// Equally spaced in `√t`.
    Quadratic,
    /// Equally spaced in `(σ/α)^(1/ρ)` (Karras et al. 2022, arXiv:2206.00364, with `ρ = 7`).
    Karras {
        /// The exponent; 1 is equally spaced in `σ/α`.
        rho: f64,
    },
    /// These times, start and end included.
    Times(Vec<f64>),
}

impl Grid {
    /// The grid of Karras et al.
    pub const KARRAS: Self = Self::Karras { rho: 7.0 };

    /// The names that can be read.
    pub const NAMES: [&str; 4] = ["time", "log-snr", "quadratic", "karras"];

    /// The grid of the way back, with the same nodes.
    #[must_use]
    pub fn reversed(&self) -> Self {
        match self {
            Self::Times(times) => Self::Times(times.iter().rev().copied().collect()),
            same => same.clone(),
        }
    }

    /// The `n + 1` nodes of `n` steps along `path`, both ends included.
    ///
    /// # Errors
    /// [`Error::Parameter`] for no steps, an end where the grid's variable is infinite, a `ρ` that is not positive, or listed
    /// times that are not `n + 1`, not strictly monotone or do not go from the start to the end.
    pub fn nodes(&self, path: &Path, n: usize) -> Result<Vec<Level>> {
        if n == 0 {
            return Err(Error::parameter("the number of steps", 0, "at least 1"));
        }
        let finite = |variable: &str, value: f64, level: &Level| {
            if value.is_finite() {
                return Ok(value);
            }
            let allowed = format!("one at which the variable of this grid, {variable}, is finite");
            Err(Error::parameter("an end of the grid, time", level.t, allowed))
        };
        let schedule = path.schedule;
        // Node i of n between the values of a variable at both ends.
        let between = |a: f64, b: f64, i: usize| a + (b - a) * (i as f64 / n as f64);
        let inner: Vec<Level> = match self {
            Self::Time => (1..n).map(|i| schedule.level(between(path.from.t, path.to.t, i))).collect::<Result<_>>()?,
            Self::Quadratic => {
                let (a, b) = (path.from.t.sqrt(), path.to.t.sqrt());
                (1..n).map(|i| schedule.level(between(a, b, i).powi(2))).collect::<Result<_>>()?
            }
            Self::LogSnr => {
                let name = "lambda";
                let (a, b) = (finite(name, path.from.lambda, &path.from)?, finite(name, path.to.lambda, &path.to)?);
                (1..n).map(|i| schedule.level_at(between(a, b, i))).collect::<Result<_>>()?
            }
            Self::Karras { rho } => {
                if !(*rho > 0.0 && rho.is_finite()) {
                    return Err(Error::parameter("rho", rho, "greater than 0 and finite"));
                }
                let root = |level: &Level| finite("sigma/alpha", level.ratio().powf(1.0 / rho), level);
                let (a, b) = (root(&path.from)?, root(&path.to)?);
                (1..n).map(|i| schedule.level_at(-rho * between(a, b, i).ln())).collect::<Result<_>>()?
            }
            Self::Times(times) => {
                let ends = (times.first().copied(), times.last().copied());
                if times.len() != n + 1 || ends != (Some(path.from.t), Some(path.to.t)) {
                    let allowed = format!("{} times from {} to {}", n + 1, path.from.t, path.to.t);
                    return Err(Error::parameter("the list of times", format!("{} long", times.len()), allowed));
                }
                times[1..n].iter().map(|&t| schedule.level(t)).collect::<Result<_>>()?
            }
        };
        let nodes: Vec<Level> = [path.from].into_iter().chain(inner).chain([path.to]).collect();
        let down = path.to.t < path.from.t;
        if let Some(pair) =
            nodes.windows(2).find(|pair| if down { pair[1].t >= pair[0].t } else { pair[1].t <= pair[0].t })
        {
            let order = if down { "strictly falling" } else { "strictly rising" };
            return Err(Error::parameter("the grid", format!("{}, {}", pair[0].t, pair[1].t), order));
        }
        Ok(nodes)
    }
}

impl fmt::Display for Grid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time => write!(f, "uniform t"),
            Self::LogSnr => write!(f, "uniform λ"),
            Self::Quadratic => write!(f, "uniform √t"),
            Self::Karras { rho } => write!(f, "uniform (σ/α)^(1/{rho})"),
            Self::Times(times) => write!(f, "{} listed times", times.len()),
        }
    }
}

impl FromStr for Grid {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "time" => Ok(Self::Time),
            "log-snr" => Ok(Self::LogSnr),
            "quadratic" => Ok(Self::Quadratic),
            "karras" => Ok(Self::KARRAS),
            _ => Err(Error::unknown("grid", name, Self::NAMES)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::{Edm, Flow, NAMES, VpLinear, named};

    #[test]
    fn every_grid_goes_from_end_to_end_both_ways() {
        for name in NAMES {
            let schedule = named(name).unwrap();
            let (start, end) = schedule.span();
            // The flow starts where λ has no value.
            let path = Path::new(&*schedule, start.min(if name == "flow" { 0.999 } else { f64::MAX }), end).unwrap();
            for grid in [Grid::Time, Grid::LogSnr, Grid::Quadratic, Grid::KARRAS] {
                for path in [path, path.reversed()] {
                    let nodes = grid.nodes(&path, 17).unwrap();
                    assert_eq!((nodes.len(), nodes[0], nodes[17]), (18, path.from, path.to), "{name} {grid}");
                }
            }
        }
    }

    #[test]
    fn spacings_are_what_they_say() {
        let schedule = Edm::default();
        let path = Path::whole(&schedule).unwrap();
        let nodes = Grid::KARRAS.nodes(&path, 4).unwrap();
        for (i, node) in nodes.iter().enumerate() {
            let (a, b) = (80f64.powf(1.0 / 7.0), 0.002f64.powf(1.0 / 7.0));
            let sigma = (a + i as f64 / 4.0 * (b - a)).powi(7);
            assert!((node.sigma / sigma - 1.0).abs() < 1e-12);
        }
        let nodes = Grid::LogSnr.nodes(&path, 10).unwrap();
        let h = nodes[1].lambda - nodes[0].lambda;
        assert!(nodes.windows(2).all(|pair| (pair[1].lambda - pair[0].lambda - h).abs() < 1e-12));
    }

    #[test]
    fn impossible_grids_are_refused() {
        let flow = Flow::default();
        let error = Grid::LogSnr.nodes(&Path::whole(&flow).unwrap(), 5).unwrap_err().to_string();
        assert!(error.contains("an end of the grid, time is 1"), "{error}");
        let schedule = VpLinear::default();
        let path = Path::whole(&schedule).unwrap();
        assert!(Grid::Time.nodes(&path, 0).is_err());
        let listed = |times: &[f64]| Grid::Times(times.to_vec()).nodes(&path, 2).map(|nodes| nodes[1].t);
        assert_eq!(listed(&[1.0, 0.5, 1e-3]).unwrap(), 0.5);
        assert!(
            listed(&[1.0, 1e-3]).is_err() && listed(&[1.0, 1.0, 1e-3]).is_err() && listed(&[1.0, 2.0, 1e-3]).is_err()
        );
        assert!(listed(&[0.9, 0.5, 1e-3]).is_err() && listed(&[1.0, f64::NAN, 1e-3]).is_err());
        assert!(Path::new(&schedule, 0.5, 0.5).is_err() && Path::new(&schedule, 1.0, -0.1).is_err());
    }
}
