//! Dense linear systems in multiprecision: small ones, solved directly.

use crate::number::{Big, Scalar};

/// Solves `a·x = b` by Gaussian elimination with scaled partial pivoting; `None` if a pivot vanishes.
/// `a` is a list of rows. Costs `n³/3` products.
pub(super) fn solve(mut a: Vec<Vec<Big>>, mut b: Vec<Big>) -> Option<Vec<Big>> {
    let n = b.len();
    let scale: Vec<f64> = a.iter().map(|row| row.iter().map(|v| v.to_f64().abs()).fold(0.0, f64::max)).collect();
    let mut order: Vec<usize> = (0..n).collect();
    for k in 0..n {
        let weight = |&row: &usize| a[row][k].to_f64().abs() / scale[row];
        let best = (k..n).max_by(|&i, &j| weight(&order[i]).total_cmp(&weight(&order[j])))?;
        order.swap(k, best);
        let pivot = order[k];
        let size = a[pivot][k].to_f64();
        if size == 0.0 || !size.is_finite() {
            return None;
        }
        for &row in &order[k + 1..] {
            let factor = a[row][k].div(&a[pivot][k]);
            for j in k + 1..n {
                a[row][j] = a[row][j].sub(&factor.mul(&a[pivot][j]));
            }
            b[row] = b[row].sub(&factor.mul(&b[pivot]));
        }
    }
    let mut x = vec![Big::from_f64(0.0); n];
    for k in (0..n).rev() {
        let row = order[k];
        let rest = (k + 1..n).fold(b[row].clone(), |sum, j| sum.sub(&a[row][j].mul(&x[j])));
        x[k] = rest.div(&a[row][k]);
    }
    x.iter().all(Scalar::is_finite).then_some(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hilbert_system_is_solved_and_a_singular_one_refused() {
        let n = 8;
        let one = Big::from_f64(1.0);
        let hilbert: Vec<Vec<Big>> =
            (0..n).map(|i| (0..n).map(|j| one.div(&Big::from_f64(f64::from(i + j + 1)))).collect()).collect();
        let sums: Vec<Big> = hilbert.iter().map(|row| row.iter().fold(Big::from_f64(0.0), |s, v| s.add(v))).collect();
        for x in solve(hilbert, sums).unwrap() {
            // The condition number is 1.5e10, so 57 digits leave 46.
            assert!(x.sub(&one).to_f64().abs() < 1e-44);
        }
        let row = vec![one.clone(), one.clone()];
        assert!(solve(vec![row.clone(), row], vec![one.clone(), one]).is_none());
    }
}
