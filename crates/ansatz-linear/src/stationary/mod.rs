//! Stationary iterations: `x ← x + M⁻¹ (b − A x)` with a fixed `M`.

mod jacobi;
mod sor;

pub use jacobi::Jacobi;
pub use sor::Sor;
