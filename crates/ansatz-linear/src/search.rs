//! The best value of one parameter by trying: golden sections, and profiles.
//!
//! The cost of a solve over its relaxation parameter falls to one minimum and rises again, in steps, since iterations are
//! whole numbers. [`golden_section`] finds the minimum in a dozen evaluations, from a few starting points that bracket
//! it; [`profile`] evaluates a grid. Both are what a learner's choices are compared with.
//!
//! Source: Kiefer 1953, Proc. AMS 4, 502–506; from several starting points as in the experiments of Khodak et al. 2024,
//! arXiv:2310.02246.

use ansatz_core::{Error, Result};

/// A value and what it costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trial {
    /// The parameter's value.
    pub value: f64,
    /// The cost.
    pub cost: f64,
}

/// Where the search for the best relaxation parameter starts.
pub const OMEGA_STARTS: [f64; 5] = [1.0, 1.3, 1.5, 1.75, 1.95];

/// The value of least `cost` found with `evaluations` evaluations, of which the first are at `starts`, ascending: the best
/// of them and its neighbours bracket the minimum, and golden sections narrow the bracket. All trials, in order; the best
/// is their minimum, the first of equal ones.
///
/// # Errors
/// [`Error::Parameter`] for fewer than three starts, starts that do not ascend, or fewer evaluations than starts;
/// [`Error::NotFinite`] for a cost that is not a number; and those of `cost`.
///
/// ```
/// use ansatz_linear::search::{best, golden_section};
/// let trials = golden_section(&[0.0, 1.0, 4.0], 30, |x| Ok((x - 2.0f64).powi(2)))?;
/// assert!((best(&trials).unwrap().value - 2.0).abs() < 1e-4);
/// # Ok::<(), ansatz_core::Error>(())
/// ```
pub fn golden_section(
    starts: &[f64],
    evaluations: usize,
    mut cost: impl FnMut(f64) -> Result<f64>,
) -> Result<Vec<Trial>> {
    if starts.len() < 3 || starts.windows(2).any(|pair| pair[0] >= pair[1]) || starts.iter().any(|s| !s.is_finite()) {
        return Err(Error::parameter("the starts", format!("{starts:?}"), "three ascending, finite numbers or more"));
    }
    if evaluations < starts.len() {
        let allowed = format!("at least {}, one for each start", starts.len());
        return Err(Error::parameter("the number of evaluations", evaluations, allowed));
    }
    let mut trials = profile(starts, &mut cost)?;
    let at = (0..trials.len()).min_by(|&i, &j| trials[i].cost.total_cmp(&trials[j].cost)).unwrap_or(0);
    let (mut lo, mut hi) = (starts[at.saturating_sub(1)], starts[(at + 1).min(starts.len() - 1)]);
    let mut middle = trials[at];
    while trials.len() < evaluations {
        // The next point divides the larger part of the bracket in the golden ratio, seen from the middle.
        let golden = 0.5 * (3.0 - 5f64.sqrt());
        let (left, right) = (middle.value - lo, hi - middle.value);
        let value = if right > left { middle.value + golden * right } else { middle.value - golden * left };
        if value == middle.value {
            break;
        }
        let trial = one(value, &mut cost)?;
        trials.push(trial);
        // Of equal costs the newer one: in a valley whose floor is flat the bracket shrinks all the same.
        if trial.cost <= middle.cost {
            if value > middle.value {
                lo = middle.value;
            } else {
                hi = middle.value;
            }
            middle = trial;
        } else if value > middle.value {
            hi = value;
        } else {
            lo = value;
        }
    }
    Ok(trials)
}

/// What each of `values` costs.
///
/// # Errors
/// [`Error::NotFinite`] for a cost that is not a number; and those of `cost`.
pub fn profile(values: &[f64], mut cost: impl FnMut(f64) -> Result<f64>) -> Result<Vec<Trial>> {
    values.iter().map(|&value| one(value, &mut cost)).collect()
}

fn one(value: f64, cost: &mut impl FnMut(f64) -> Result<f64>) -> Result<Trial> {
    let cost = cost(value)?;
    if cost.is_nan() {
        return Err(Error::NotFinite { quantity: "the cost".to_owned(), place: format!("the value {value}") });
    }
    Ok(Trial { value, cost })
}

/// The cheapest trial, the first of equal ones; `None` without trials.
pub fn best(trials: &[Trial]) -> Option<Trial> {
    trials.iter().copied().min_by(|a, b| a.cost.total_cmp(&b.cost))
}

/// The cost at `value` by the straight line between the neighbouring trials, which ascend in value; `None` outside them.
pub fn interpolate(trials: &[Trial], value: f64) -> Option<f64> {
    let right = trials.iter().position(|trial| trial.value >= value)?;
    let (b, a) = (trials[right], trials[right.saturating_sub(1)]);
    if b.value == value {
        return Some(b.cost);
    }
    (right > 0).then(|| a.cost + (value - a.value) / (b.value - a.value) * (b.cost - a.cost))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_minimum_is_found_wherever_it_is() {
        for centre in [1.0, 1.02, 1.4, 1.5, 1.6, 1.9, 1.95, 2.5] {
            let mut count = 0;
            let trials = golden_section(&OMEGA_STARTS, 25, |x| {
                count += 1;
                Ok((x - centre).abs() + 1.0)
            });
            let trials = trials.unwrap();
            assert!(count == trials.len() && count <= 25);
            let expected = f64::min(centre, 1.95);
            assert!((best(&trials).unwrap().value - expected).abs() < 1e-3, "{centre}: {:?}", best(&trials));
        }
    }

    #[test]
    fn steps_and_floors_do_not_stop_it() {
        let cost = |x: f64| (40.0 * (x - 1.62).abs()).ceil() + 20.0;
        let trials = golden_section(&OMEGA_STARTS, 12, |x| Ok(cost(x))).unwrap();
        let least = profile(&crate::bandit::grid(1.0, 1.95, 96).unwrap(), |x| Ok(cost(x))).unwrap();
        assert!(best(&trials).unwrap().cost <= best(&least).unwrap().cost + 1.0);
        let flat = golden_section(&[0.0, 1.0, 2.0], 10, |_| Ok(7.0)).unwrap();
        assert_eq!((flat.len(), best(&flat).unwrap().value), (10, 0.0));
    }

    #[test]
    fn a_profile_is_read_between_its_points() {
        let trials = profile(&[1.0, 2.0, 4.0], |x| Ok(x * x)).unwrap();
        let read = |x| interpolate(&trials, x);
        assert_eq!((read(1.0), read(3.0), read(4.0)), (Some(1.0), Some(10.0), Some(16.0)));
        assert_eq!((read(0.5), read(4.5)), (None, None));
    }

    #[test]
    fn bad_input_is_refused() {
        let refusal = |starts: &[f64], n, c: f64| golden_section(starts, n, |_| Ok(c)).unwrap_err().to_string();
        assert!(refusal(&[1.0, 2.0], 5, 0.0).starts_with("the starts is [1.0, 2.0]"));
        assert!(refusal(&[1.0, 1.0, 2.0], 5, 0.0).contains("ascending"));
        assert!(refusal(&[1.0, 2.0, 3.0], 2, 0.0).contains("at least 3, one for each start"));
        assert!(refusal(&[1.0, 2.0, 3.0], 5, f64::NAN).contains("the cost is not finite at the value 1"));
    }
}
