//! What a program costs.

use crate::program::{Node, Op, Shape};
use ansatz_core::{Error, Result};
use serde::{Deserialize, Serialize};

/// The cost that a search trades against the error.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cost {
    /// The number of operations.
    #[default]
    Count,
    /// A weight for each operation; those that are not listed weigh 1.
    Weighted(Vec<(Op, f64)>),
}

impl Cost {
    /// The weight of one operation.
    pub fn weight(&self, op: Op) -> f64 {
        match self {
            Self::Count => 1.0,
            Self::Weighted(table) => table.iter().find(|(o, _)| *o == op).map_or(1.0, |(_, weight)| *weight),
        }
    }

    /// The cost of a shape: the weights of the operations that depend on the input and reach the result.
    pub fn of(&self, shape: &Shape) -> f64 {
        let live = shape.live();
        let mut depends = vec![false; shape.nodes.len()];
        let mut sum = 0.0;
        for (i, node) in shape.nodes.iter().enumerate() {
            depends[i] = matches!(node, Node::Input) || node.operands().iter().any(|&a| depends[usize::from(a)]);
            if let (Node::Op(op, _), true, true) = (node, live[i], depends[i]) {
                sum += self.weight(*op);
            }
        }
        sum
    }

    /// Reads `count`, or a table such as `add=1,mul=1,div=5`.
    ///
    /// # Errors
    /// If an operation is unknown or a weight is not positive and finite.
    pub fn parse(text: &str) -> Result<Self> {
        if text == "count" {
            return Ok(Self::Count);
        }
        let mut table = Vec::new();
        for pair in text.split(',') {
            let (name, weight) = pair.split_once('=').ok_or_else(|| {
                Error::parameter("cost", format!("{text:?}"), "count, time, or a table such as add=1,div=5")
            })?;
            let op = Op::from_name(name.trim())
                .ok_or_else(|| Error::unknown("operation", name.trim(), Op::ALL.map(Op::name)))?;
            let weight: f64 = weight.trim().parse().unwrap_or(f64::NAN);
            table.push((op, weight));
        }
        let cost = Self::Weighted(table);
        cost.validate()?;
        Ok(cost)
    }

    /// Checks the weights.
    ///
    /// # Errors
    /// If one is not positive and finite.
    pub fn validate(&self) -> Result<()> {
        let Self::Weighted(table) = self else { return Ok(()) };
        match table.iter().find(|(_, weight)| !(weight.is_finite() && *weight > 0.0)) {
            Some((op, weight)) => {
                Err(Error::parameter(format!("cost of {}", op.name()), weight, "positive and finite"))
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::Program;

    #[test]
    fn weights_add_up_over_what_depends_on_the_input() {
        let mut b = Program::builder();
        let x = b.input();
        let c = b.constant(2.0);
        let constant = b.op(Op::Mul, &[c, c]);
        let q = b.op(Op::Div, &[constant, x]);
        b.op(Op::Mul, &[x, x]);
        let y = b.op(Op::Add, &[q, x]);
        let mut program = b.finish(y);
        program.shape.nodes.push(Node::Op(Op::Mul, [y, y, 0]));
        assert_eq!(Cost::Count.of(&program.shape), 3.0);
        assert_eq!(Cost::parse("div=5,mul=2").unwrap().of(&program.shape), 8.0);
        assert!(Cost::parse("div=-1").is_err());
        assert!(Cost::parse("div").is_err());
        assert!(Cost::parse("dvi=1").unwrap_err().to_string().contains("div"));
    }
}
