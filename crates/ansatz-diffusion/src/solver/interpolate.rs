//! Derivatives from values at other nodes: what multistep methods are made of.

/// `w` with `g^(k) ≈ Σ_j w[k−1][j] (g_j − g_0)`, the derivatives at 0 of the polynomial through 0 and all `δ_j`.
pub(super) fn derivatives(deltas: &[f64]) -> Vec<Vec<f64>> {
    let n = deltas.len();
    let mut weights = vec![vec![0.0; n]; n];
    for j in 0..n {
        // The j-th basis polynomial δ/δ_j Π (δ − δ_i)/(δ_j − δ_i), its coefficients by rising power.
        let mut basis = vec![0.0, 1.0 / deltas[j]];
        for (i, &at) in deltas.iter().enumerate().filter(|&(i, _)| i != j) {
            let scale = 1.0 / (deltas[j] - deltas[i]);
            let mut product = vec![0.0; basis.len() + 1];
            for (power, c) in basis.iter().enumerate() {
                product[power + 1] += c * scale;
                product[power] -= c * scale * at;
            }
            basis = product;
        }
        let mut factorial = 1.0;
        for k in 1..=n {
            factorial *= k as f64;
            weights[k - 1][j] = factorial * basis[k];
        }
    }
    weights
}

/// The same with the `k`-th from 0 and the first `k` of the `δ_j` alone: `k!` times their divided difference.
pub(super) fn pseudo_derivatives(deltas: &[f64]) -> Vec<Vec<f64>> {
    let n = deltas.len();
    let mut weights = vec![vec![0.0; n]; n];
    for k in 1..=n {
        // The highest derivative of the polynomial through these is constant.
        let own = derivatives(&deltas[..k]);
        weights[k - 1][..k].copy_from_slice(&own[k - 1]);
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derivatives_are_those_of_polynomials() {
        let deltas = [-0.3, -0.7, 0.4];
        let weights = derivatives(&deltas);
        // g = 2 δ − 3 δ² + 5 δ³
        let g = |d: f64| 2.0 * d - 3.0 * d * d + 5.0 * d.powi(3);
        for (k, exact) in [2.0, -6.0, 30.0].into_iter().enumerate() {
            let value: f64 = deltas.iter().enumerate().map(|(j, &d)| weights[k][j] * g(d)).sum();
            assert!((value - exact).abs() < 1e-12, "derivative {}: {value}", k + 1);
        }
        // Pseudo: the divided differences by their table.
        let nodes = [0.0, -0.3, -0.7, 0.4];
        let mut table: Vec<f64> = nodes.iter().map(|&d| g(d)).collect();
        let pseudo = pseudo_derivatives(&deltas);
        let mut factorial = 1.0;
        for k in 1..=3 {
            table = (0..table.len() - 1).map(|i| (table[i + 1] - table[i]) / (nodes[i + k] - nodes[i])).collect();
            factorial *= k as f64;
            let value: f64 = deltas.iter().enumerate().map(|(j, &d)| pseudo[k - 1][j] * g(d)).sum();
            assert!((value - factorial * table[0]).abs() < 1e-12);
        }
    }
}
