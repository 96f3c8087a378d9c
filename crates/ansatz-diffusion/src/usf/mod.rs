//! One framework for exponential integrators, in which every decision of a sampler may differ from step to step.
//!
//! DDIM, DPM-Solver, DPM-Solver++ and UniPC expand the same integral in `λ` and differ in a few choices: where the nodes are,
//! what is expanded (noise or data), from which point, to which order, from which earlier answers derivatives are estimated,
//! how the first of them is scaled, and whether a step is corrected once the next answer is known. A [`SolverSchedule`] is
//! these choices for every step. It is checked, compiled to a [`Plan`](crate::plan::Plan), written and read as JSON, and run
//! like every other [`Method`](crate::solver::Method). [`preset`] writes the known samplers in these terms;
//! [`search`](crate::search) looks for better ones.
//!
//! With `h = λ_t − λ_s`, `m` the predictions and `D_k` estimates of their `k`-th derivatives by `λ` at the start point `s`, a
//! step of order `o` to `t` is
//!
//! ```text
//! noise:  x_t = (α_t/α_s) x_s − σ_t Σ_{k<o} h^{k+1} φ_{k+1}(h) D_k,    D_0 = m_s
//! data:   x_t = (σ_t/σ_s) x_s + α_t Σ_{k<o} h^{k+1} φ_{k+1}(−h) D_k
//! D_k = Σ_a c_a (m_a − m_s),   Σ_a c_a δ_a^j/j! = [j = k]  for j = 1..q,   δ_a = λ_a − λ_s
//! ```
//!
//! over `q ≥ k` active nodes `a`. One evaluation a step; one less with an analytic first step, one more for each implicit
//! corrector.
//!
//! Source: Liu, Ning, Yang and Wang 2024, arXiv:2312.07243.

mod check;
mod compile;
mod decision;
mod file;
pub mod preset;
mod run;

pub use decision::{Afs, Corrector, Derivative, MAX_ORDER, Scale, SolverSchedule, StepDecision};
pub use run::ScheduleWalk;
