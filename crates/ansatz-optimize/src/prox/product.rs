//! Blocks of a vector, each with an operator of its own.

use super::Resolvent;

/// Consecutive blocks.
pub struct Product {
    blocks: Vec<(usize, Box<dyn Resolvent + Send>)>,
}

impl Product {
    /// Lengths and operators of the blocks; what lies beyond the last one is left alone.
    pub fn new(blocks: Vec<(usize, Box<dyn Resolvent + Send>)>) -> Self {
        Self { blocks }
    }
}

impl Resolvent for Product {
    fn name(&self) -> String {
        let names: Vec<String> =
            self.blocks.iter().map(|(length, block)| format!("{} ({length})", block.name())).collect();
        names.join(" × ")
    }

    fn apply(&self, eta: f64, u: &mut [f64]) {
        let mut rest = u;
        for (length, block) in &self.blocks {
            let (head, tail) = rest.split_at_mut((*length).min(rest.len()));
            block.apply(eta, head);
            rest = tail;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{L1, Simplex};
    use super::*;

    #[test]
    fn blocks_do_not_touch_each_other() {
        let product = Product::new(vec![(2, Box::new(Simplex::default())), (1, Box::new(L1::new(1.0).unwrap()))]);
        let mut u = [3.0, 3.0, -2.5, 9.0];
        product.apply(1.0, &mut u);
        assert_eq!(u, [0.5, 0.5, -1.5, 9.0]);
    }
}
