//! Single precision: computed in double precision and rounded once, hence within half an ulp and a little.

use super::{log_iv, log_ive, log_kv, log_kve};

/// [`log_iv`] in single precision.
pub fn log_iv_f32(v: f32, x: f32) -> f32 {
    log_iv(v.into(), x.into()) as f32
}

/// [`log_kv`] in single precision.
pub fn log_kv_f32(v: f32, x: f32) -> f32 {
    log_kv(v.into(), x.into()) as f32
}

/// [`log_ive`] in single precision.
pub fn log_ive_f32(v: f32, x: f32) -> f32 {
    log_ive(v.into(), x.into()) as f32
}

/// [`log_kve`] in single precision.
pub fn log_kve_f32(v: f32, x: f32) -> f32 {
    log_kve(v.into(), x.into()) as f32
}
