//! Robust alternating minimisation: matrix completion in nearly linear time.
//!
//! Finds factors `U` (`m × k`) and `V` (`n × k`) with `U Vᵀ ≈ M` from entries `Ω` of `M`, by turns:
//!
//! ```text
//! U ← orthonormal basis,   V ≈ argmin ‖P_Ω(U Vᵀ − M)‖²
//! V ← orthonormal basis,   U ≈ argmin ‖P_Ω(U Vᵀ − M)‖²
//! ```
//!
//! Each line of a factor is a least-squares problem of its own with `k` unknowns. That inner errors do no harm is the
//! point: a few steps of conjugate gradients, from where the line is, take `O(|Ω| k)` operations a sweep where the normal
//! equations take `O(|Ω| k²)`, and the number of sweeps stays. For that the other factor is carried along whenever one is
//! made orthonormal, `U ← Q`, `V ← V Rᵀ`, so that the product stays what it is.
//!
//! With a ridge `λ > 0` the objective is `‖P_Ω(U Vᵀ − M)‖² + λ (‖U‖² + ‖V‖²)`, whose minimum over all factors of one
//! product `X` adds twice the sum of the singular values of `X`. Both factors are brought to that form before each half
//! of a sweep, by the singular value decomposition of their product, and the unknowns scaled such that the expected
//! normal equations are the identity.
//!
//! All entries take part in every sweep. The theory splits them into independent sets, one for each half-sweep; that is
//! [`AltMin::fit_split`], which needs many times the entries.
//!
//! Source: Gu, Song, Yin & Zhang 2024, arXiv:2302.11068; start and analysis of exact alternation: Jain, Netrapalli &
//! Sanghavi 2013, arXiv:1212.0467; the balanced form: Hastie, Mazumder, Lee & Zadeh 2015, arXiv:1410.2596.

use super::half_sweep::{Workers, half_sweep};
use super::inner::{Inner, Tally};
use super::observations::Lines;
use super::spectral::spectral_start;
use super::{Factors, Observations};
use ansatz_core::{Error, Result, Run, Seed, Stopped, Work};
use serde::{Deserialize, Serialize};

/// The ridge where none is set, relative to the share of entries that is known: it decides for the line of least norm
/// where a line has fewer entries than unknowns, and is far below every tolerance elsewhere.
const LEAST_RIDGE: f64 = 1e-10;

/// Alternating minimisation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AltMin {
    /// The rank `k`.
    pub rank: usize,
    /// How the lines of a half-sweep are solved for.
    pub inner: Inner,
    /// The ridge `λ ≥ 0`, for noisy data.
    pub ridge: f64,
    /// Stop when the root mean square of the residual on the known entries is at most this fraction of theirs.
    pub tol: f64,
    /// Stop when a sweep changes the objective by less than this fraction.
    pub change: f64,
    /// With entries held out: stop after so many sweeps without a better prediction of them.
    pub patience: u64,
    /// At most so many sweeps.
    pub max_sweeps: u64,
    /// So many threads; 0 for all cores. The result does not depend on it.
    pub threads: usize,
}

impl Default for AltMin {
    fn default() -> Self {
        Self {
            rank: 10,
            inner: Inner::default(),
            ridge: 0.0,
            tol: 1e-8,
            change: 1e-9,
            patience: 10,
            max_sweeps: 300,
            threads: 0,
        }
    }
}

/// What one sweep came to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sweep {
    /// The root mean square of the residual on the known entries.
    pub rmse: f64,
    /// The objective: the sum of the squares, and the ridge.
    pub objective: f64,
    /// The root mean square of the error on the entries held out, if there are any.
    pub holdout: Option<f64>,
    /// Multiplications and additions of the inner solves.
    pub operations: u64,
    /// Lines whose conjugate gradients were helped by a sketch.
    pub rescued: u64,
}

/// A completion, finished or half-way: it can be saved (serde), and goes on to the same bits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Completion {
    current: Factors,
    // The factors that predict the entries held out best so far, and in which sweep they were found.
    best: Option<(u64, Factors)>,
    /// All sweeps so far.
    pub history: Vec<Sweep>,
    /// Iterations are sweeps; operations those of the inner solves; "rescued lines" as in [`Sweep::rescued`].
    pub work: Work,
    /// Why it ended; `None` before it has run.
    pub stopped: Option<Stopped>,
}

impl Completion {
    /// The result: the last factors, or those that predict the entries held out best.
    pub fn factors(&self) -> &Factors {
        self.best.as_ref().map_or(&self.current, |(_, factors)| factors)
    }

    /// The factors of the last sweep, to be changed from outside before the next.
    pub fn current_mut(&mut self) -> &mut Factors {
        &mut self.current
    }

    /// The least error on the entries held out.
    pub fn holdout(&self) -> Option<f64> {
        self.history.iter().filter_map(|sweep| sweep.holdout).min_by(f64::total_cmp)
    }
}

impl AltMin {
    /// Completes the matrix of which `known` is known.
    ///
    /// # Errors
    /// As [`begin`](Self::begin) and [`advance`](Self::advance).
    pub fn fit(&self, known: &Observations, run: &mut Run) -> Result<Completion> {
        self.fit_with_holdout(known, None, run)
    }

    /// As [`fit`](Self::fit); the factors are those of the sweep that predicts `holdout` best.
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    pub fn fit_with_holdout(
        &self,
        known: &Observations,
        holdout: Option<&Observations>,
        run: &mut Run,
    ) -> Result<Completion> {
        let mut completion = self.begin(known, run)?;
        self.advance(known, holdout, &mut completion, run, |_| Ok(()))?;
        Ok(completion)
    }

    /// The start, from singular vectors.
    ///
    /// # Errors
    /// [`Error::Parameter`] if a parameter is out of range, or the rank larger than the matrix allows.
    pub fn begin(&self, known: &Observations, run: &Run) -> Result<Completion> {
        self.check(known)?;
        let current = spectral_start(known, self.rank, run.seed(), &Workers::new(self.threads)?)?;
        Ok(Completion { current, best: None, history: Vec::new(), work: Work::default(), stopped: None })
    }

    /// Makes sweeps until a criterion is met or the run says stop; `after` is called after each. A completion that is
    /// advanced in parts comes to the same bits as in one, with the same seed.
    ///
    /// The run counts one step a sweep; its error is the root mean square of the residual, relative to the entries.
    ///
    /// # Errors
    /// [`Error::Parameter`] if a parameter is out of range or `completion` belongs to another matrix or rank;
    /// [`Error::Refused`] if a line cannot be solved for; and those of `after`.
    pub fn advance(
        &self,
        known: &Observations,
        holdout: Option<&Observations>,
        completion: &mut Completion,
        run: &mut Run,
        mut after: impl FnMut(&Completion) -> Result<()>,
    ) -> Result<()> {
        self.check(known)?;
        let (m, n, k) = (completion.current.rows(), completion.current.columns(), completion.current.k);
        if (m, n, k) != (known.rows(), known.columns(), self.rank) {
            let allowed = format!("of rank {} and {} × {}", self.rank, known.rows(), known.columns());
            return Err(Error::parameter("the completion", format!("of rank {k} and {m} × {n}"), allowed));
        }
        let workers = Workers::new(self.threads)?;
        let scale = if known.square() > 0.0 { known.rms() } else { 1.0 };
        completion.stopped = Some(loop {
            // One that was saved when it was done is not made any better.
            if self.done(completion, scale) {
                break Stopped::Converged;
            }
            if completion.history.len() as u64 >= self.max_sweeps {
                break Stopped::EvaluationLimit;
            }
            let mut sweep = self.sweep([known, known], &mut completion.current, run.seed(), &workers)?;
            if let Some(holdout) = holdout {
                let error = completion.current.rmse(holdout)?;
                sweep.holdout = Some(error);
                if completion.holdout().is_none_or(|best| error < best) {
                    completion.best = Some((completion.history.len() as u64, completion.current.clone()));
                }
            }
            completion.record(sweep);
            after(completion)?;
            let why = run.step(&completion.work, sweep.rmse / scale);
            // Being done comes before being told to stop; not-a-number is not being done.
            if let Some(why) = why.filter(|_| !self.done(completion, scale)) {
                break why;
            }
        });
        Ok(())
    }

    /// Whether a criterion is met.
    fn done(&self, completion: &Completion, scale: f64) -> bool {
        let sweeps = completion.history.len() as u64;
        let Some(last) = completion.history.last() else { return false };
        let before = completion.history.iter().rev().nth(1).map_or(f64::INFINITY, |sweep| sweep.objective);
        let stale = completion.best.as_ref().is_some_and(|(at, _)| sweeps - 1 - at >= self.patience);
        last.rmse <= self.tol * scale || (before - last.objective).abs() < self.change * before || stale
    }

    /// The form of the theory: the entries are dealt to `2 sweeps + 1` independent sets, of which the first gives the
    /// start and each half-sweep sees one of the others. Needs many times the entries that [`fit`](Self::fit) needs.
    ///
    /// # Errors
    /// As [`fit`](Self::fit), and if there are too few entries for so many sets.
    pub fn fit_split(&self, known: &Observations, sweeps: u64, run: &mut Run) -> Result<Completion> {
        self.check(known)?;
        let sets = 2 * sweeps as usize + 1;
        let parts = known.split(&vec![1.0 / sets as f64; sets], run.seed())?;
        let mut completion = self.begin(&parts[0], run)?;
        let workers = Workers::new(self.threads)?;
        let scale = if known.square() > 0.0 { known.rms() } else { 1.0 };
        completion.stopped = Some(Stopped::Exhausted);
        for pair in parts[1..].chunks_exact(2) {
            let sweep = self.sweep([&pair[0], &pair[1]], &mut completion.current, run.seed(), &workers)?;
            completion.record(sweep);
            if let Some(why) = run.step(&completion.work, sweep.rmse / scale) {
                completion.stopped = Some(why);
                break;
            }
        }
        Ok(completion)
    }

    /// One sweep: `V` from the first set of entries, `U` from the second.
    fn sweep(&self, known: [&Observations; 2], factors: &mut Factors, seed: Seed, workers: &Workers) -> Result<Sweep> {
        let first = self.half(known[0], &known[0].by_columns, factors, seed, workers)?;
        factors.swap();
        let second = self.half(known[1], &known[1].by_rows, factors, seed, workers)?;
        factors.swap();
        Ok(Sweep {
            rmse: (second.square / known[1].count() as f64).sqrt(),
            objective: second.square + if self.ridge > 0.0 { self.ridge * factors.squares() } else { 0.0 },
            holdout: None,
            operations: first.operations + second.operations,
            rescued: first.rescued + second.rescued,
        })
    }

    /// Half a sweep: `V` from these lines.
    fn half(
        &self,
        known: &Observations,
        lines: &Lines,
        factors: &mut Factors,
        seed: Seed,
        workers: &Workers,
    ) -> Result<Tally> {
        if self.ridge == 0.0 {
            factors.orthonormalise();
            let ridge = vec![LEAST_RIDGE * known.density(); self.rank];
            half_sweep(lines, &factors.u, &mut factors.v, &ridge, self.inner, seed, workers)
        } else {
            // X = Q_U S Q_Vᵀ, and U = Q_U √S, V = Q_V √S; with T = (p S + λ)^−½ the unknowns w = T⁻¹ v have the
            // normal equations (T UᵀΩU T + λ T²) w = …, whose expectation is the identity.
            let s = factors.decompose()?;
            let weight: Vec<f64> = s.iter().map(|s| (known.density() * s + self.ridge).sqrt()).collect();
            let by_u: Vec<f64> = s.iter().zip(&weight).map(|(s, w)| s.sqrt() / w).collect();
            let by_v: Vec<f64> = s.iter().zip(&weight).map(|(s, w)| s.sqrt() * w).collect();
            factors.scale(&by_u, &by_v);
            let ridge: Vec<f64> = weight.iter().map(|w| self.ridge / (w * w)).collect();
            let tally = half_sweep(lines, &factors.u, &mut factors.v, &ridge, self.inner, seed, workers)?;
            let back: Vec<f64> = weight.iter().map(|w| 1.0 / w).collect();
            factors.scale(&weight, &back);
            Ok(tally)
        }
    }

    fn check(&self, known: &Observations) -> Result<()> {
        let most = known.rows().min(known.columns());
        if self.rank == 0 || self.rank > most {
            let allowed = format!("between 1 and {most}, the smaller side of the matrix");
            return Err(Error::parameter("rank", self.rank, allowed));
        }
        for (name, value) in [("ridge", self.ridge), ("tol", self.tol), ("change", self.change)] {
            if !(value >= 0.0 && value.is_finite()) {
                return Err(Error::parameter(name, value, "at least 0 and finite"));
            }
        }
        for (name, value) in [("max_sweeps", self.max_sweeps), ("patience", self.patience)] {
            if value == 0 {
                return Err(Error::parameter(name, value, "at least 1"));
            }
        }
        if self.inner == Inner::WarmCg(0) {
            return Err(Error::parameter("the steps of conjugate gradients", 0, "at least 1"));
        }
        Ok(())
    }
}

impl Completion {
    fn record(&mut self, sweep: Sweep) {
        self.history.push(sweep);
        self.work.iterations += 1;
        self.work.evaluations += 1;
        self.work.operations += sweep.operations;
        self.work.add("rescued lines", sweep.rescued);
    }
}

#[cfg(test)]
mod tests {
    use super::super::Planted;
    use super::*;

    fn planted(m: usize, n: usize, k: usize, oversampling: f64, noise: f64) -> (Planted, Observations) {
        let mut planted = Planted::gaussian(m, n, k, Seed(5), 0).unwrap();
        let count = (oversampling * (k * (m + n - k)) as f64) as usize;
        let known = planted.observe(count, noise, Seed(5), 0).unwrap();
        (planted, known)
    }

    fn fit(method: &AltMin, known: &Observations) -> Completion {
        method.fit(known, &mut Run::new(Seed(1))).unwrap()
    }

    #[test]
    fn a_matrix_is_recovered_with_every_inner_solver() {
        let (planted, known) = planted(150, 120, 4, 4.0, 0.0);
        for inner in [Inner::WarmCg(3), Inner::WarmCg(6), Inner::Exact, Inner::Sketched] {
            let method = AltMin { rank: 4, inner, ..AltMin::default() };
            let completion = fit(&method, &known);
            assert_eq!(completion.stopped, Some(Stopped::Converged), "{inner:?}");
            let error = planted.unseen_error(|i, j| completion.factors().entry(i, j));
            assert!(error < 1e-6, "{inner:?}: {error}");
            let last = completion.history.last().unwrap();
            let rmse = completion.factors().rmse(&known).unwrap();
            // What the inner solvers carry along is the residual.
            assert!((last.rmse / rmse - 1.0).abs() < 1e-3, "{} {rmse}", last.rmse);
        }
    }

    #[test]
    fn the_bits_do_not_depend_on_threads_nor_on_interruptions() {
        let (_, known) = planted(90, 70, 3, 3.0, 0.1);
        for ridge in [0.0, 0.5] {
            let method = AltMin { rank: 3, ridge, threads: 1, max_sweeps: 12, ..AltMin::default() };
            let whole = fit(&method, &known);
            assert_eq!(whole.history.len(), 12);
            for threads in [2, 3] {
                let other = fit(&AltMin { threads, ..method.clone() }, &known);
                assert_eq!(other, whole, "{threads} threads");
            }
            let mut parts = method.begin(&known, &Run::new(Seed(1))).unwrap();
            for limit in [5, 9, 12] {
                let mut run = Run::new(Seed(1)).evaluation_limit(limit);
                method.advance(&known, None, &mut parts, &mut run, |_| Ok(())).unwrap();
                assert_eq!((parts.history.len() as u64, parts.stopped), (limit, Some(Stopped::EvaluationLimit)));
                // As a checkpoint would keep it.
                parts = serde_json::from_str(&serde_json::to_string(&parts).unwrap()).unwrap();
            }
            assert_eq!(parts, whole);
        }
    }

    #[test]
    fn the_ridge_lowers_its_objective_to_a_stationary_point() {
        let (_, known) = planted(80, 60, 3, 3.0, 0.5);
        let method = AltMin { rank: 5, ridge: 5.0, change: 1e-13, max_sweeps: 3000, ..AltMin::default() };
        let completion = fit(&method, &known);
        for pair in completion.history.windows(2) {
            assert!(pair[1].objective <= pair[0].objective * (1.0 + 1e-12));
        }
        // Half the gradient in U: −Σ_j (M − X)_ij V_j + λ U_i.
        let x = completion.factors();
        let mut gradient: Vec<f64> = x.u.iter().map(|u| 5.0 * u).collect();
        for (i, j, value) in known.triplets() {
            let r = value - x.entry(i, j);
            crate::vector::add_scaled(-r, &x.v[5 * j..][..5], &mut gradient[5 * i..][..5]);
        }
        let scale = crate::vector::norm(&x.u);
        assert!(crate::vector::norm(&gradient) < 1e-4 * scale, "{}", crate::vector::norm(&gradient) / scale);
        // The same problem, convex: its solution is of rank 5 or less here, so both minima agree.
        let convex = super::super::SoftImpute { lambda: 5.0, change: 1e-9, max_steps: 20_000, max_rank: 0 };
        let convex = convex.fit(&known, None, &mut Run::new(Seed(1))).unwrap();
        assert!(convex.rank <= 5);
        let mut worst = 0.0f64;
        for i in 0..80 {
            for j in 0..60 {
                worst = worst.max((convex.entry(i, j) - x.entry(i, j)).abs());
            }
        }
        assert!(worst < 1e-3 * known.rms(), "{worst}");
    }

    #[test]
    fn entries_held_out_choose_the_sweep() {
        // Rank 8 fits the noise of a matrix of rank 2.
        let (_, known) = planted(60, 50, 2, 9.0, 1.0);
        let parts = known.split(&[0.8, 0.2], Seed(1)).unwrap();
        let method = AltMin { rank: 8, patience: 3, ..AltMin::default() };
        let held = method.fit_with_holdout(&parts[0], Some(&parts[1]), &mut Run::new(Seed(1))).unwrap();
        assert_eq!(held.stopped, Some(Stopped::Converged));
        assert_eq!(held.factors().rmse(&parts[1]).unwrap(), held.holdout().unwrap());
        let best = held.history.iter().position(|sweep| sweep.holdout == held.holdout()).unwrap();
        assert_eq!(held.history.len(), best + 4);
    }

    #[test]
    fn independent_sets_of_entries_recover_it_too() {
        let (planted, known) = planted(400, 300, 2, 60.0, 0.0);
        let method = AltMin { rank: 2, ..AltMin::default() };
        let split = method.fit_split(&known, 3, &mut Run::new(Seed(1))).unwrap();
        assert_eq!((split.stopped, split.history.len()), (Some(Stopped::Exhausted), 3));
        let error = planted.unseen_error(|i, j| split.factors().entry(i, j));
        let whole = method.fit(&known, &mut Run::new(Seed(1)).evaluation_limit(3)).unwrap();
        // Each half-sweep gains a factor; that with all entries gains more.
        assert!(error < 1e-2, "{error}");
        assert!(planted.unseen_error(|i, j| whole.factors().entry(i, j)) < error);
    }

    #[test]
    fn rows_and_columns_without_entries_are_predicted_as_zero() {
        let known = Observations::from_triplets(4, 3, &[0, 1, 2, 0], &[0, 0, 0, 1], &[1.0, 2.0, 3.0, 5.0]).unwrap();
        let completion = fit(&AltMin { rank: 1, ..AltMin::default() }, &known);
        let x = completion.factors();
        assert!((x.entry(1, 0) - 2.0).abs() < 1e-6 && (x.entry(2, 1) - 15.0).abs() < 1e-5);
        assert_eq!((x.entry(3, 0), x.entry(1, 2)), (0.0, 0.0));
        assert_eq!(known.warnings(1).len(), 3);
        let zero = Observations::from_triplets(2, 2, &[0, 1], &[0, 1], &[0.0, 0.0]).unwrap();
        let completion = fit(&AltMin { rank: 1, ..AltMin::default() }, &zero);
        assert_eq!((completion.stopped, completion.factors().entry(0, 1)), (Some(Stopped::Converged), 0.0));
    }

    #[test]
    fn bad_parameters_are_refused_in_a_sentence() {
        let (_, known) = planted(20, 10, 1, 3.0, 0.0);
        let refusal = |method: AltMin| method.fit(&known, &mut Run::new(Seed(1))).unwrap_err().to_string();
        let error = refusal(AltMin { rank: 11, ..AltMin::default() });
        assert_eq!(error, "rank is 11, but must be between 1 and 10, the smaller side of the matrix");
        assert!(refusal(AltMin { ridge: -1.0, ..AltMin::default() }).starts_with("ridge is -1"));
        assert!(refusal(AltMin { inner: Inner::WarmCg(0), ..AltMin::default() }).contains("at least 1"));
        let method = AltMin { rank: 2, ..AltMin::default() };
        let mut other = method.begin(&known, &Run::new(Seed(1))).unwrap();
        let method = AltMin { rank: 1, ..AltMin::default() };
        let error = method.advance(&known, None, &mut other, &mut Run::new(Seed(1)), |_| Ok(())).unwrap_err();
        assert!(error.to_string().starts_with("the completion is of rank 2 and 20 × 10, but must be of rank 1"));
    }
}
