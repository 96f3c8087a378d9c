//! A small network for ranking: two hidden layers with rectifiers, trained on pairs by Adam, in plain `f64`.

use ansatz_core::Stream;

/// `y = w₃·relu(W₂ relu(W₁ x + b₁) + b₂)`; one vector of parameters, layer by layer, the weights of an input side by side, so that
/// the sums over the neurons of a layer run in vectors.
#[derive(Clone, Debug)]
pub(super) struct Mlp {
    inputs: usize,
    width: usize,
    parameters: Vec<f64>,
    // Moments of Adam.
    first: Vec<f64>,
    second: Vec<f64>,
    steps: i32,
}

/// Values of one pass, kept for the way back.
#[derive(Default)]
pub(super) struct Pass {
    one: Vec<f64>,
    two: Vec<f64>,
    towards_one: Vec<f64>,
    towards_two: Vec<f64>,
}

impl Mlp {
    /// With weights of the variance `2/inputs` of each layer.
    pub(super) fn new(inputs: usize, width: usize, stream: &mut Stream) -> Self {
        let mut parameters = Vec::new();
        // The last layer has no bias, as ranks do not change with it.
        for (rows, columns, biases) in [(width, inputs, width), (width, width, width), (1, width, 0)] {
            let size = (2.0 / columns as f64).sqrt();
            parameters.extend((0..rows * columns).map(|_| size * stream.normal()));
            parameters.extend(vec![0.0; biases]);
        }
        let count = parameters.len();
        Self { inputs, width, parameters, first: vec![0.0; count], second: vec![0.0; count], steps: 0 }
    }

    pub(super) fn parameters(&self) -> usize {
        self.parameters.len()
    }

    /// Where the second layer and the last begin.
    fn offsets(&self) -> (usize, usize) {
        let two = self.width * (self.inputs + 1);
        (two, two + self.width * (self.width + 1))
    }

    pub(super) fn value(&self, x: &[f64], pass: &mut Pass) -> f64 {
        let (two, last) = self.offsets();
        layer(&self.parameters[..two], x, self.width, &mut pass.one);
        layer(&self.parameters[two..last], &pass.one, self.width, &mut pass.two);
        self.parameters[last..].iter().zip(&pass.two).map(|(w, v)| w * v).sum()
    }

    /// Adds `c ∂y/∂parameters` at `x` to `gradient`, after [`Mlp::value`] with the same pass.
    pub(super) fn back(&self, x: &[f64], pass: &mut Pass, c: f64, gradient: &mut [f64]) {
        let (two, last) = self.offsets();
        let width = self.width;
        pass.towards_two.clear();
        for j in 0..width {
            gradient[last + j] += c * pass.two[j];
            pass.towards_two.push(if pass.two[j] > 0.0 { c * self.parameters[last + j] } else { 0.0 });
        }
        pass.towards_one.clear();
        for (weights, one) in self.parameters[two..last - width].chunks_exact(width).zip(&pass.one) {
            let sum: f64 = weights.iter().zip(&pass.towards_two).map(|(w, t)| w * t).sum();
            pass.towards_one.push(if *one > 0.0 { sum } else { 0.0 });
        }
        layer_back(&mut gradient[two..last], &pass.one, &pass.towards_two);
        layer_back(&mut gradient[..two], x, &pass.towards_one);
    }

    /// A step of Adam (Kingma and Ba 2015, arXiv:1412.6980) with decoupled decay of the weights.
    pub(super) fn step(&mut self, gradient: &[f64], rate: f64, decay: f64) {
        self.steps += 1;
        let (c1, c2) = (1.0 - 0.9f64.powi(self.steps), 1.0 - 0.999f64.powi(self.steps));
        let moments = self.first.iter_mut().zip(&mut self.second);
        for ((p, g), (first, second)) in self.parameters.iter_mut().zip(gradient).zip(moments) {
            *first = 0.9 * *first + 0.1 * g;
            *second = 0.999 * *second + 0.001 * g * g;
            *p -= rate * ((*first / c1) / ((*second / c2).sqrt() + 1e-8) + decay * *p);
        }
    }
}

fn layer(parameters: &[f64], x: &[f64], width: usize, out: &mut Vec<f64>) {
    let (weights, biases) = parameters.split_at(width * x.len());
    out.clear();
    out.extend_from_slice(biases);
    for (weights, x) in weights.chunks_exact(width).zip(x) {
        for (out, w) in out.iter_mut().zip(weights) {
            *out += w * x;
        }
    }
    for out in out {
        *out = out.max(0.0);
    }
}

/// Adds the gradient of a layer, whose neurons have the gradients `towards`.
fn layer_back(gradient: &mut [f64], x: &[f64], towards: &[f64]) {
    let width = towards.len();
    let (weights, biases) = gradient.split_at_mut(width * x.len());
    for (weights, x) in weights.chunks_exact_mut(width).zip(x) {
        for (g, t) in weights.iter_mut().zip(towards) {
            *g += t * x;
        }
    }
    for (g, t) in biases.iter_mut().zip(towards) {
        *g += t;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ansatz_core::Seed;

    #[test]
    fn gradients_are_differences() {
        let mut stream = Seed(1).stream("mlp", 0);
        let mut net = Mlp::new(5, 7, &mut stream);
        for p in &mut net.parameters {
            *p += 0.1 * stream.normal();
        }
        let x: Vec<f64> = (0..5).map(|_| stream.normal()).collect();
        let mut pass = Pass::default();
        net.value(&x, &mut pass);
        let mut gradient = vec![0.0; net.parameters()];
        net.back(&x, &mut pass, 2.0, &mut gradient);
        for (i, exact) in gradient.iter().enumerate() {
            let at = |shift: f64| {
                let mut moved = net.clone();
                moved.parameters[i] += shift;
                moved.value(&x, &mut Pass::default())
            };
            let difference = 2.0 * (at(1e-6) - at(-1e-6)) / 2e-6;
            assert!((difference - exact).abs() < 1e-7, "parameter {i}: {exact} for {difference}");
        }
        assert!(gradient.iter().filter(|g| **g != 0.0).count() > 30);
    }
}
