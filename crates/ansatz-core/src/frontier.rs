//! The work–error curve of several methods on one problem, and who leads on it.

use crate::{Error, Result};
use serde::{Deserialize, Serialize};

/// One result: what it cost and how wrong it is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Work, in the frontier's unit.
    pub work: f64,
    /// Error, in the frontier's norm.
    pub error: f64,
}

/// The results of one method.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// The method's name.
    pub name: String,
    /// Whether it is the method under test rather than one that it is compared with.
    pub ours: bool,
    /// Its results, by ascending work.
    pub points: Vec<Point>,
}

/// Work–error points of several methods on one problem.
///
/// ```
/// use ansatz_core::Frontier;
/// let mut front = Frontier::new("2^x on [0, 1]", "operations", "max relative error");
/// front.ours("found", [(2.0, 3.0e-2), (4.0, 2.2e-4)])?;
/// front.rival("Taylor", [(2.0, 1.5e-1), (4.0, 3.3e-2)])?;
/// assert_eq!(front.leads("found"), [(2.0, 4.0)]);
/// assert_eq!(front.gain("found", 4.0), Some(150.0));
/// # Ok::<(), ansatz_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Frontier {
    /// The problem.
    pub title: String,
    /// The unit of work, such as "operations".
    pub work: String,
    /// The norm of the error and what it is relative to, such as "max relative error".
    pub error: String,
    /// Whether pictures show the work on a logarithmic axis; the error always is.
    pub log_work: bool,
    /// The error of the reference solution: nothing below it means anything. Pictures show it as a line.
    pub floor: Option<f64>,
    /// What must be known to read the numbers: machine, threads, number format, what was left out.
    pub caption: String,
    /// The methods.
    pub series: Vec<Series>,
}

impl Frontier {
    /// An empty frontier with a linear work axis.
    pub fn new(title: impl Into<String>, work: impl Into<String>, error: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            work: work.into(),
            error: error.into(),
            log_work: false,
            floor: None,
            caption: String::new(),
            series: Vec::new(),
        }
    }

    /// Adds the results of the method under test, as pairs (work, error) in any order.
    ///
    /// # Errors
    /// See [`Frontier::rival`].
    pub fn ours(&mut self, name: &str, points: impl IntoIterator<Item = (f64, f64)>) -> Result<()> {
        self.add(name, true, points)
    }

    /// Adds the results of a method that ours is compared with, as pairs (work, error) in any order.
    ///
    /// # Errors
    /// [`Error::NotFinite`] for a point that is not finite, [`Error::Parameter`] for a negative one or a name that is
    /// taken: a failed run is left out by its caller and listed as an omission, never drawn as a point.
    pub fn rival(&mut self, name: &str, points: impl IntoIterator<Item = (f64, f64)>) -> Result<()> {
        self.add(name, false, points)
    }

    fn add(&mut self, name: &str, ours: bool, points: impl IntoIterator<Item = (f64, f64)>) -> Result<()> {
        if self.series.iter().any(|series| series.name == name) {
            return Err(Error::parameter("method", format!("{name:?}"), "named once in a frontier"));
        }
        let mut kept = Vec::new();
        for (work, error) in points {
            if !work.is_finite() || !error.is_finite() {
                let place = format!("the point ({work}, {error}) of {name:?}");
                return Err(Error::NotFinite { quantity: "a work–error point".to_owned(), place });
            }
            // On logarithmic paper no work has no place; an error of 0 does (exact).
            if work < 0.0 || error < 0.0 || (self.log_work && work == 0.0) {
                return Err(Error::parameter(format!("a point of {name:?}"), format!("({work}, {error})"), "positive"));
            }
            kept.push(Point { work, error });
        }
        kept.sort_by(|a, b| a.work.total_cmp(&b.work).then(a.error.total_cmp(&b.error)));
        self.series.push(Series { name: name.to_owned(), ours, points: kept });
        Ok(())
    }

    /// The points of all methods that no other point beats in both work and error, by ascending work; each with the
    /// index of its method in [`Frontier::series`].
    pub fn pareto(&self) -> Vec<(usize, Point)> {
        let mut all: Vec<(usize, Point)> =
            self.series.iter().enumerate().flat_map(|(i, s)| s.points.iter().map(move |&p| (i, p))).collect();
        all.sort_by(|(_, a), (_, b)| a.work.total_cmp(&b.work).then(a.error.total_cmp(&b.error)));
        let mut best = f64::INFINITY;
        all.retain(|(_, point)| {
            let better = point.error < best;
            best = best.min(point.error);
            better
        });
        all
    }

    /// The ranges of work, over the values that occur, in which `name` reaches a strictly smaller error than every
    /// other method does with as much work or less. Each range is (first, last) value.
    pub fn leads(&self, name: &str) -> Vec<(f64, f64)> {
        let mut works: Vec<f64> = self.series.iter().flat_map(|s| s.points.iter().map(|p| p.work)).collect();
        works.sort_by(f64::total_cmp);
        works.dedup();
        let mut ranges: Vec<(f64, f64)> = Vec::new();
        let mut open = false;
        for work in works {
            let leads = self.best(work, |s| s.name == name) < self.best(work, |s| s.name != name);
            match (leads, ranges.last_mut()) {
                (true, Some(range)) if open => range.1 = work,
                (true, _) => ranges.push((work, work)),
                (false, _) => {}
            }
            open = leads;
        }
        ranges
    }

    /// How many times smaller the error of `name` is than that of the best other method with at most `work`;
    /// `None` if either has no result there.
    pub fn gain(&self, name: &str, work: f64) -> Option<f64> {
        let (own, other) = (self.best(work, |s| s.name == name), self.best(work, |s| s.name != name));
        (own.is_finite() && other.is_finite() && own > 0.0).then(|| other / own)
    }

    /// The smallest error with at most `work` among the chosen methods; infinity if there is none.
    fn best(&self, work: f64, chosen: impl Fn(&Series) -> bool) -> f64 {
        let points = self.series.iter().filter(|s| chosen(s)).flat_map(|s| &s.points);
        points.filter(|p| p.work <= work).map(|p| p.error).fold(f64::INFINITY, f64::min)
    }
}

impl Series {
    /// The points that no other point of this method beats in both work and error, by ascending work.
    pub fn pareto(&self) -> Vec<Point> {
        let mut best = f64::INFINITY;
        let mut front = self.points.clone();
        front.retain(|point| {
            let better = point.error < best;
            best = best.min(point.error);
            better
        });
        front
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Frontier {
        let mut front = Frontier::new("problem", "operations", "max error");
        front.ours("a", [(4.0, 1e-4), (2.0, 1e-2), (3.0, 5e-2), (4.0, 2e-4), (6.0, 1e-4)]).unwrap();
        front.rival("b", [(1.0, 1.0), (3.0, 1e-3), (5.0, 1e-5)]).unwrap();
        front
    }

    #[test]
    fn the_filter_keeps_exactly_the_undominated_points() {
        let front = example();
        let pairs = |points: Vec<Point>| points.iter().map(|p| (p.work, p.error)).collect::<Vec<_>>();
        assert_eq!(pairs(front.series[0].pareto()), [(2.0, 1e-2), (4.0, 1e-4)]);
        let all: Vec<_> = front.pareto().into_iter().map(|(i, p)| (i, p.work)).collect();
        assert_eq!(all, [(1, 1.0), (0, 2.0), (1, 3.0), (0, 4.0), (1, 5.0)]);
        // Against the definition, on random points.
        let mut stream = crate::Seed(3).stream("frontier", 0);
        let mut random = Frontier::new("p", "w", "e");
        for name in ["x", "y", "z"] {
            random.rival(name, (0..60).map(|_| (stream.below(12) as f64, stream.below(12) as f64))).unwrap();
        }
        let points: Vec<Point> = random.series.iter().flat_map(|s| s.points.clone()).collect();
        let dominated = |p: &Point| {
            points.iter().any(|q| q.work <= p.work && q.error <= p.error && (q.work < p.work || q.error < p.error))
        };
        let kept = random.pareto();
        for point in &points {
            assert_eq!(kept.iter().any(|(_, k)| k == point), !dominated(point));
        }
    }

    #[test]
    fn leads_and_gain_compare_at_equal_work() {
        let front = example();
        assert_eq!(front.leads("a"), [(2.0, 2.0), (4.0, 4.0)]);
        assert_eq!(front.leads("b"), [(1.0, 1.0), (3.0, 3.0), (5.0, 6.0)]);
        assert_eq!(front.gain("a", 4.0), Some(1e-3 / 1e-4));
        assert_eq!(front.gain("a", 1.0), None);
    }

    #[test]
    fn impossible_points_are_refused() {
        let mut front = example();
        let mut refuse = |point, sentence: &str| {
            let error = front.rival("c", [point]).unwrap_err().to_string();
            assert_eq!(error, sentence);
        };
        refuse((1.0, f64::NAN), "a work–error point is not finite at the point (1, NaN) of \"c\"");
        refuse((-1.0, 1.0), "a point of \"c\" is (-1, 1), but must be positive");
        assert!(front.rival("a", []).is_err());
        assert_eq!(front.series.len(), 2);
    }
}
