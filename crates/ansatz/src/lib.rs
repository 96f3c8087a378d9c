//! Ansatz: a workbench of numerical methods.
pub use ansatz_core as core;
pub use ansatz_diffusion as diffusion;
pub use ansatz_functions as functions;
pub use ansatz_linear as linear;
pub use ansatz_optimize as optimize;
