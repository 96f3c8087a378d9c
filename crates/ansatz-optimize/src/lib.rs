//! Optimisation where the evaluations, or the messages, are what it costs.
//!
//! * [`distributed`]: workers that hold parts of a sum and send compressed gradients; what they send is counted in
//!   bytes of real messages;
//! * [`inclusion`]: games, saddle points and constrained problems as monotone inclusions of finite sums; [`prox`]: the
//!   projections they need;
//! * [`problems`]: problems with known solutions to measure methods on.

mod bits;
pub mod distributed;
pub mod inclusion;
pub mod problems;
pub mod prox;
mod vector;
