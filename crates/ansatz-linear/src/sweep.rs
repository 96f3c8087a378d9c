//! Triangular sweeps by rows, the inner loops of relaxation.
//!
//! Row after row waits for the row before, so a sweep is as slow as the chain from one unknown to the next. Where the
//! next unknown is a direct neighbour, as on grids, it is handed on in a register, and the factor of the row is
//! multiplied in beforehand: the chain is then one multiplication and one subtraction a row.

use crate::Csr;

/// `zᵢ = sᵢ (f rᵢ − Σ_{j<i} aᵢⱼ zⱼ)`, `i` ascending.
pub(crate) fn forward(a: &Csr, scale: &[f64], factor: f64, r: &[f64], z: &mut [f64]) {
    let mut before = 0.0;
    for (i, (&scale, &r)) in scale.iter().zip(r).enumerate() {
        let (columns, values) = a.lower(i);
        let value = match (columns.split_last(), values.split_last()) {
            (Some((&last, columns)), Some((&near, values))) => {
                let far = columns.iter().zip(values).fold(factor * r, |sum, (&j, &a)| sum - a * z[j as usize]);
                let neighbour = if last as usize + 1 == i { before } else { z[last as usize] };
                scale * far - (scale * near) * neighbour
            }
            _ => scale * (factor * r),
        };
        z[i] = value;
        before = value;
    }
}

/// `zᵢ ← zᵢ − sᵢ Σ_{j>i} aᵢⱼ zⱼ`, `i` descending.
pub(crate) fn backward(a: &Csr, scale: &[f64], z: &mut [f64]) {
    let mut before = 0.0;
    for (i, &scale) in scale.iter().enumerate().rev() {
        let (columns, values) = a.strictly_upper(i);
        if let (Some((&first, columns)), Some((&near, values))) = (columns.split_first(), values.split_first()) {
            let far = columns.iter().zip(values).fold(0.0, |sum, (&j, &a)| sum + a * z[j as usize]);
            let neighbour = if first as usize == i + 1 { before } else { z[first as usize] };
            z[i] = (z[i] - scale * far) - (scale * near) * neighbour;
        }
        before = z[i];
    }
}
