//! The Mersenne twister and the polar normal numbers of NumPy's legacy generator, for problems that were published with
//! its seeds. For nothing else: everything that is random here comes from a run's seed.
//!
//! Source: Matsumoto & Nishimura 1998, ACM TOMACS 8; Marsaglia & Bray 1964, SIAM Review 6.

const N: usize = 624;
const M: usize = 397;

pub(super) struct Mersenne {
    state: [u32; N],
    at: usize,
    spare: Option<f64>,
}

impl Mersenne {
    pub(super) fn new(seed: u32) -> Self {
        let mut state = [seed; N];
        for i in 1..N {
            let last = state[i - 1];
            state[i] = 1_812_433_253u32.wrapping_mul(last ^ (last >> 30)).wrapping_add(i as u32);
        }
        Self { state, at: N, spare: None }
    }

    fn bits(&mut self) -> u32 {
        if self.at == N {
            for i in 0..N {
                let y = (self.state[i] & 0x8000_0000) | (self.state[(i + 1) % N] & 0x7fff_ffff);
                let twist = if y & 1 == 1 { 0x9908_b0df } else { 0 };
                self.state[i] = self.state[(i + M) % N] ^ (y >> 1) ^ twist;
            }
            self.at = 0;
        }
        let mut y = self.state[self.at];
        self.at += 1;
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c_5680;
        y ^= (y << 15) & 0xefc6_0000;
        y ^ (y >> 18)
    }

    /// Uniform in [0, 1), 53 bits.
    fn uniform(&mut self) -> f64 {
        let (a, b) = (self.bits() >> 5, self.bits() >> 6);
        (f64::from(a) * 67_108_864.0 + f64::from(b)) / 9_007_199_254_740_992.0
    }

    /// Standard normal.
    pub(super) fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        loop {
            let (x, y) = (2.0 * self.uniform() - 1.0, 2.0 * self.uniform() - 1.0);
            let square = x * x + y * y;
            if square < 1.0 && square != 0.0 {
                let factor = (-2.0 * square.ln() / square).sqrt();
                self.spare = Some(factor * x);
                return factor * y;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_the_published_ones() {
        // The 10,000th output for the seed 5489, as the C++ standard gives it.
        let mut twister = Mersenne::new(5489);
        let last = (0..10_000).map(|_| twister.bits()).last();
        assert_eq!(last, Some(4_123_659_995));
        // numpy.random.seed(1); numpy.random.randn(4)
        let mut legacy = Mersenne::new(1);
        let expected = [1.6243453636632417, -0.6117564136500754, -0.5281717522634557, -1.0729686221561705];
        for value in expected {
            assert!((legacy.normal() - value).abs() < 1e-15);
        }
    }
}
