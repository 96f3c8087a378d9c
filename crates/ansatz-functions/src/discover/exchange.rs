//! Remez–Newton exchange: from a least-squares fit to the minimax constants of a program.
//!
//! With k free constants, the k+1 largest alternating extrema x_i of the weighted error are levelled by Newton's method
//! on `w_i P(c, x_i) − g_i = ±E` in the unknowns c and E; then the extrema are found anew. Quadratic near the optimum.
//! [`level`] works in double-double on the grid of the search; [`polish`] in 57 digits with the extrema located between
//! the grid points, until the extrema agree to 1e-6 (Remez 1934; for programs that are nonlinear in c: Braess 1986).

use super::lanes::Double;
use super::problem::{GRID, NODES, Problem};
use super::tape::{Tape, Workspace, gradient};
use crate::number::{Big, Dd, Scalar};
use crate::program::Shape;
use ansatz_core::Result;

/// Memory of an exchange.
#[derive(Debug)]
pub(crate) struct Scratch {
    work: Workspace<Double<NODES>, NODES>,
    errors: Vec<f64>,
}

impl Scratch {
    pub(crate) fn new() -> Self {
        Self { work: Workspace::new(), errors: Vec::new() }
    }
}

/// The largest magnitude; infinite if any entry is not finite.
fn largest(errors: &[f64]) -> f64 {
    errors.iter().fold(0.0, |max: f64, e| if e.is_finite() { max.max(e.abs()) } else { f64::INFINITY })
}

/// Indices of the largest error in each run of equal sign.
fn alternation(errors: &[f64]) -> Vec<usize> {
    let mut peaks: Vec<usize> = Vec::new();
    for (i, e) in errors.iter().enumerate() {
        match peaks.last_mut() {
            Some(last) if (errors[*last] < 0.0) == (*e < 0.0) => {
                if e.abs() > errors[*last].abs() {
                    *last = i;
                }
            }
            _ => peaks.push(i),
        }
    }
    peaks
}

/// Thins an alternation to `count` members that keep alternating and keep the largest.
fn thin(mut peaks: Vec<usize>, errors: &[f64], count: usize) -> Vec<usize> {
    while peaks.len() > count {
        let size = |i: usize| errors[peaks[i]].abs();
        let last = peaks.len() - 1;
        if peaks.len() == count + 1 {
            // One too many: one of the ends goes.
            let end = if size(0) < size(last) { 0 } else { last };
            peaks.remove(end);
        } else {
            // Two or more too many: the smallest goes, with its smaller neighbour, or alone at an end.
            let least = (0..=last).min_by(|&a, &b| size(a).total_cmp(&size(b))).unwrap_or(0);
            if least == 0 || least == last {
                peaks.remove(least);
            } else {
                let neighbour = if size(least - 1) < size(least + 1) { least - 1 } else { least };
                peaks.drain(neighbour..neighbour + 2);
            }
        }
    }
    peaks
}

/// Solves the square system in place by Gaussian elimination with column scaling and partial pivoting; rows are
/// `[coefficients…, right-hand side]`. `None` if singular.
fn solve<R: Scalar>(rows: &mut [Vec<R>]) -> Option<Vec<R>> {
    let n = rows.len();
    let magnitude = |value: &R| value.to_f64().abs();
    // Powers of two, so that scaling is exact.
    let scales: Vec<f64> = (0..n)
        .map(|j| {
            let max = rows.iter().map(|row| magnitude(&row[j])).fold(0.0, f64::max);
            if max > 0.0 && max.is_finite() { 2f64.powi(-(max.log2() as i32).clamp(-1000, 1000)) } else { 0.0 }
        })
        .collect();
    if scales.contains(&0.0) {
        return None;
    }
    for row in rows.iter_mut() {
        for (value, &scale) in row.iter_mut().zip(&scales) {
            *value = value.mul(&R::from_f64(scale));
        }
    }
    for j in 0..n {
        let pivot = (j..n).max_by(|&a, &b| magnitude(&rows[a][j]).total_cmp(&magnitude(&rows[b][j])))?;
        rows.swap(j, pivot);
        if magnitude(&rows[j][j]) == 0.0 || !rows[j][j].is_finite() {
            return None;
        }
        let (upper, lower) = rows.split_at_mut(j + 1);
        let pivot_row = &upper[j];
        for row in lower {
            let factor = row[j].div(&pivot_row[j]);
            for m in j..=n {
                row[m] = row[m].sub(&factor.mul(&pivot_row[m]));
            }
        }
    }
    let mut solution: Vec<R> = vec![R::from_f64(0.0); n];
    for j in (0..n).rev() {
        let mut s = rows[j][n].clone();
        for m in j + 1..n {
            s = s.sub(&rows[j][m].mul(&solution[m]));
        }
        solution[j] = s.div(&rows[j][j]);
    }
    for (value, &scale) in solution.iter_mut().zip(&scales) {
        *value = value.mul(&R::from_f64(scale));
    }
    solution.iter().all(Scalar::is_finite).then_some(solution)
}

/// The Newton step of the free constants and the levelled error, at the reference points with the signs of `errors`.
/// Each reference is (x, w, e = w P − g).
fn newton<R: Scalar>(shape: &Shape, constants: &[R], free: &[usize], references: &[(R, R, R)]) -> Option<(Vec<R>, R)> {
    let mut rows: Vec<Vec<R>> = references
        .iter()
        .map(|(x, weight, error)| {
            let (_, slope) = gradient(shape, x, constants);
            let mut row: Vec<R> = free.iter().map(|&j| weight.mul(&slope[j])).collect();
            row.push(R::from_f64(if error.to_f64() < 0.0 { 1.0 } else { -1.0 }));
            row.push(error.neg());
            row
        })
        .collect();
    let mut solution = solve(&mut rows)?;
    let level = solution.pop()?;
    Some((solution, level))
}

/// Lowers the largest error on the grid by exchange; returns it. Constants outside `free` stay as they are.
///
/// If the error does not alternate often enough (more constants than the form can use) the constants stay where the
/// last improvement left them.
pub(crate) fn level(
    problem: &Problem,
    shape: &Shape,
    tape: &Tape,
    constants: &mut Vec<Dd>,
    free: &[usize],
    scratch: &mut Scratch,
) -> f64 {
    let Scratch { work, errors } = scratch;
    problem.residuals(tape, constants, work, errors);
    let mut best = largest(errors);
    for _ in 0..30 {
        if !best.is_finite() || best == 0.0 {
            break;
        }
        let references = thin(alternation(errors), errors, free.len() + 1);
        if references.len() < free.len() + 1 {
            break;
        }
        let least = references.iter().map(|&i| errors[i].abs()).fold(f64::INFINITY, f64::min);
        if best - least < 1e-6 * best {
            break;
        }
        let samples: Vec<(Dd, Dd, Dd)> = references
            .iter()
            .map(|&i| {
                let point = &problem.grid[i];
                let mut values = Vec::new();
                shape.eval_into(&point.x, constants, &mut values);
                (point.x, point.weight, point.weight * values[values.len() - 1] - point.goal)
            })
            .collect();
        let Some((step, _)) = newton(shape, constants, free, &samples) else { break };
        // The full step, or a part of it if that is what lowers the largest error.
        let improved = [0, -1, -2, -4].into_iter().find_map(|e| {
            let mut trial = constants.clone();
            free.iter().zip(&step).for_each(|(&j, &d)| trial[j] = trial[j] + d.scaled(e));
            problem.residuals(tape, &trial, work, errors);
            let max = largest(errors);
            (max < best).then_some((trial, max))
        });
        let Some((trial, max)) = improved else { break };
        let gain = best - max;
        (*constants, best) = (trial, max);
        if gain < 1e-9 * best {
            break;
        }
    }
    best
}

/// The result of [`polish`].
#[derive(Clone, Debug)]
pub(crate) struct Polished {
    pub(crate) constants: Vec<Dd>,
    /// The largest error found, over the extrema between the grid points.
    pub(crate) error: f64,
}

/// Finds the extremum of the weighted error near grid point `i`, by repeated parabolic interpolation in 57 digits.
fn extremum(problem: &Problem, shape: &Shape, constants: &[Big], i: usize) -> Result<(Big, Big, Big)> {
    let mut values = Vec::new();
    let mut sample = |x: &Big| -> Result<(Big, Big, Big)> {
        let (weight, goal) = Problem::sample(&problem.target, x)?;
        shape.eval_into(x, constants, &mut values);
        let error = weight.mul(&values[values.len() - 1]).sub(&goal);
        Ok((x.clone(), weight, error))
    };
    let at = |i: usize| Big::from_dd(problem.grid[i].x);
    let mut middle = sample(&at(i))?;
    if i == 0 || i == GRID - 1 {
        return Ok(middle);
    }
    let (mut left, mut right) = (sample(&at(i - 1))?, sample(&at(i + 1))?);
    for _ in 0..6 {
        // Vertex of the parabola through the three.
        let (a, b) = (middle.0.sub(&left.0), middle.0.sub(&right.0));
        let (p, q) = (a.mul(&middle.2.sub(&right.2)), b.mul(&middle.2.sub(&left.2)));
        let denominator = p.sub(&q).mul(&Big::from_f64(2.0));
        let shift = a.mul(&p).sub(&b.mul(&q)).div(&denominator);
        let x = middle.0.sub(&shift);
        if !(x.is_finite() && x > left.0 && x < right.0) {
            break;
        }
        let moved = shift.to_f64().abs() / (right.0.sub(&left.0)).to_f64();
        if moved < 1e-5 {
            break;
        }
        let new = sample(&x)?;
        if new.2.abs() >= middle.2.abs() {
            if x > middle.0 {
                left = std::mem::replace(&mut middle, new);
            } else {
                right = std::mem::replace(&mut middle, new);
            }
        } else if x > middle.0 {
            right = new;
        } else {
            left = new;
        }
    }
    Ok(middle)
}

/// Levels the error in 57 digits with the extrema located between the grid points.
///
/// # Errors
/// If the target is not finite at a point.
pub(crate) fn polish(problem: &Problem, shape: &Shape, start: &[Dd], free: &[usize]) -> Result<Polished> {
    let Some(tape) = Tape::new(shape) else {
        return Ok(Polished { constants: start.to_vec(), error: f64::INFINITY });
    };
    let (mut work, mut errors) = (Workspace::new(), Vec::new());
    let mut constants: Vec<Big> = start.iter().map(|&c| Big::from_dd(c)).collect();
    let mut best: Option<Polished> = None;
    for _ in 0..8 {
        let rounded: Vec<Dd> = constants.iter().map(Big::to_dd).collect();
        problem.residuals(&tape, &rounded, &mut work, &mut errors);
        if !largest(&errors).is_finite() {
            break;
        }
        let peaks = alternation(&errors);
        // What is reported is the error of the constants that are returned, rounded to double-double.
        let exact: Vec<Big> = rounded.iter().map(|&c| Big::from_dd(c)).collect();
        let samples = peaks.iter().map(|&i| extremum(problem, shape, &exact, i)).collect::<Result<Vec<_>>>()?;
        let error = samples.iter().map(|s| s.2.to_f64().abs()).fold(0.0, f64::max);
        if best.as_ref().is_some_and(|b| error >= b.error * (1.0 - 1e-12)) {
            break;
        }
        best = Some(Polished { constants: rounded, error });
        let sizes: Vec<f64> = samples.iter().map(|s| s.2.to_f64()).collect();
        let chosen = thin((0..samples.len()).collect(), &sizes, free.len() + 1);
        if chosen.len() < free.len() + 1 {
            break;
        }
        let least = chosen.iter().map(|&i| sizes[i].abs()).fold(f64::INFINITY, f64::min);
        if error - least < 1e-9 * error {
            break;
        }
        let references: Vec<(Big, Big, Big)> = chosen.iter().map(|&i| samples[i].clone()).collect();
        let Some((step, _)) = newton(shape, &exact, free, &references) else { break };
        free.iter().zip(&step).for_each(|(&j, d)| constants[j] = constants[j].add(d));
    }
    Ok(best.unwrap_or(Polished { constants: start.to_vec(), error: f64::INFINITY }))
}

/// Rounds the constants to doubles one by one, the most sensitive first, re-optimising those still free after each.
///
/// For each constant both neighbouring doubles are tried. Returns constants whose low parts are zero.
///
/// # Errors
/// If the target is not finite at a point.
pub(crate) fn round(problem: &Problem, shape: &Shape, start: &[Dd], scratch: &mut Scratch) -> Result<Polished> {
    let Some(tape) = Tape::new(shape) else {
        return Ok(Polished { constants: start.to_vec(), error: f64::INFINITY });
    };
    let mut constants = start.to_vec();
    let mut free: Vec<usize> = (0..constants.len()).collect();
    while !free.is_empty() {
        // Sensitivity: the error that half a unit in the last place of the constant causes.
        let harm = |j: usize| -> f64 {
            let ulp = (constants[j].hi.next_up() - constants[j].hi).abs();
            let worst = problem.grid.iter().step_by(8).map(|p| {
                let (_, slope) = gradient(shape, &p.x, &constants);
                (p.weight * slope[j]).hi.abs()
            });
            worst.fold(0.0, f64::max) * ulp
        };
        let Some(position) = (0..free.len()).max_by(|&a, &b| harm(free[a]).total_cmp(&harm(free[b]))) else { break };
        let j = free.remove(position);
        let value = constants[j];
        let other = if value.lo < 0.0 { value.hi.next_down() } else { value.hi.next_up() };
        let mut best: Option<(f64, Vec<Dd>)> = None;
        for candidate in [value.hi, other] {
            let mut trial = constants.clone();
            trial[j] = Dd::from(candidate);
            let error = level(problem, shape, &tape, &mut trial, &free, scratch);
            if best.as_ref().is_none_or(|(least, _)| error < *least) {
                best = Some((error, trial));
            }
        }
        if let Some((_, trial)) = best {
            constants = trial;
        }
    }
    // The error between the grid points too.
    polish(problem, shape, &constants, &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alternation_keeps_the_largest_and_alternates() {
        let errors = [0.5, 1.0, -0.2, -0.7, 0.1, -0.9, 2.0, 1.5];
        let peaks = alternation(&errors);
        assert_eq!(peaks, [1, 3, 4, 5, 6]);
        for count in 2..=5 {
            let thinned = thin(peaks.clone(), &errors, count);
            assert_eq!(thinned.len(), count);
            assert!(thinned.contains(&6));
            assert!(thinned.windows(2).all(|w| (errors[w[0]] < 0.0) != (errors[w[1]] < 0.0)), "{thinned:?}");
        }
    }

    #[test]
    fn elimination_solves_a_badly_scaled_system() {
        let mut rows = vec![vec![1e-12, 1e3, 1.0], vec![2e-12, -1e3, 0.5]];
        let x = solve::<f64>(&mut rows).unwrap();
        assert!((x[0] * 1e-12 + x[1] * 1e3 - 1.0).abs() < 1e-12 && (x[0] * 2e-12 - x[1] * 1e3 - 0.5).abs() < 1e-12);
        assert!(solve::<f64>(&mut [vec![1.0, 2.0, 0.0], vec![2.0, 4.0, 1.0]]).is_none());
    }
}
