//! Special functions for arguments at which their plain values leave the range of doubles.

mod gamma;
pub mod log_bessel;
pub mod von_mises_fisher;

pub use log_bessel::{LogBessel, log_iv, log_ive, log_kv, log_kve};
pub use von_mises_fisher::VonMisesFisher;
