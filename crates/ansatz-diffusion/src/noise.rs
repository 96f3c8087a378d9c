//! Where samplings start.

use crate::batch::Batch;
use crate::schedule::Level;
use ansatz_core::Seed;

/// `rows` start states from index `first` on: normal, of the size that data of variance 1 have at `level`, `√(α² + σ²)`.
///
/// Sample `i` has a stream of its own: it is the same whatever is drawn beside it.
pub fn start_noise(seed: Seed, first: usize, rows: usize, dim: usize, level: &Level) -> Batch {
    let scale = size(level);
    let mut batch = Batch::zeros(rows, dim);
    for i in 0..rows {
        let mut stream = seed.stream("start noise", (first + i) as u64);
        for value in batch.row_mut(i) {
            *value = scale * stream.normal();
        }
    }
    batch
}

/// The `k`-th draw of standard normal noise of a stochastic sampling, for `rows` samples from index `first` on.
///
/// Every draw of every sample has a stream of its own: it is the same whatever is drawn beside it, and can be had again.
pub fn step_noise(seed: Seed, k: usize, first: usize, rows: usize, dim: usize) -> Batch {
    let name = format!("step noise {k}");
    let mut batch = Batch::zeros(rows, dim);
    for i in 0..rows {
        let mut stream = seed.stream(&name, (first + i) as u64);
        for value in batch.row_mut(i) {
            *value = stream.normal();
        }
    }
    batch
}

/// Start states without chance: `Φ⁻¹(frac(i √p_j))`, `p_j` the `j`-th prime, for sample `i = 1, 2, …`; of the same size as
/// [`start_noise`]. Evenly spread over the normal distribution (a Kronecker sequence), and the same in every program.
pub fn start_points(rows: usize, dim: usize, level: &Level) -> Batch {
    let scale = size(level);
    let roots: Vec<f64> = primes(dim).iter().map(|&p| (p as f64).sqrt()).collect();
    let mut batch = Batch::zeros(rows, dim);
    for i in 0..rows {
        for (value, root) in batch.row_mut(i).iter_mut().zip(&roots) {
            *value = scale * normal_quantile(((i + 1) as f64 * root).fract());
        }
    }
    batch
}

fn size(level: &Level) -> f64 {
    level.alpha.hypot(level.sigma)
}

fn primes(n: usize) -> Vec<usize> {
    let mut primes: Vec<usize> = Vec::with_capacity(n);
    let mut candidate = 2;
    while primes.len() < n {
        if primes.iter().take_while(|&&p| p * p <= candidate).all(|&p| candidate % p != 0) {
            primes.push(candidate);
        }
        candidate += 1;
    }
    primes
}

/// `Φ⁻¹(p)` to about 1e-16, relative: the rational approximations of Wichura 1988, Appl. Statist. 37, algorithm AS 241.
fn normal_quantile(p: f64) -> f64 {
    const CENTRE: ([f64; 8], [f64; 8]) = (
        [
            3.387_132_872_796_366_5,
            133.141_667_891_784_38,
            1_971.590_950_306_551_3,
            13_731.693_765_509_46,
            45_921.953_931_549_87,
            67_265.770_927_008_7,
            33_430.575_583_588_13,
            2_509.080_928_730_122_7,
        ],
        [
            1.0,
            42.313_330_701_600_91,
            687.187_007_492_057_9,
            5_394.196_021_424_751,
            21_213.794_301_586_597,
            39_307.895_800_092_71,
            28_729.085_735_721_943,
            5_226.495_278_852_854,
        ],
    );
    const SHOULDER: ([f64; 8], [f64; 8]) = (
        [
            1.423_437_110_749_683_5,
            4.630_337_846_156_546,
            5.769_497_221_460_691,
            3.647_848_324_763_204_5,
            1.270_458_252_452_368_4,
            0.241_780_725_177_450_6,
            0.022_723_844_989_269_184,
            7.745_450_142_783_414e-4,
        ],
        [
            1.0,
            2.053_191_626_637_759,
            1.676_384_830_183_803_8,
            0.689_767_334_985_1,
            0.148_103_976_427_480_08,
            0.015_198_666_563_616_457,
            5.475_938_084_995_345e-4,
            1.050_750_071_644_416_9e-9,
        ],
    );
    const TAIL: ([f64; 8], [f64; 8]) = (
        [
            6.657_904_643_501_103,
            5.463_784_911_164_114,
            1.784_826_539_917_291_3,
            0.296_560_571_828_504_87,
            0.026_532_189_526_576_124,
            0.001_242_660_947_388_078_4,
            2.711_555_568_743_487_6e-5,
            2.010_334_399_292_288_1e-7,
        ],
        [
            1.0,
            0.599_832_206_555_888,
            0.136_929_880_922_735_8,
            0.014_875_361_290_850_615,
            7.868_691_311_456_133e-4,
            1.846_318_317_510_054_8e-5,
            1.421_511_758_316_446e-7,
            2.044_263_103_389_939_8e-15,
        ],
    );
    let ratio = |(above, below): ([f64; 8], [f64; 8]), r: f64| {
        let horner = |c: [f64; 8]| c.iter().rev().fold(0.0, |sum, c| sum * r + c);
        horner(above) / horner(below)
    };
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        return q * ratio(CENTRE, 0.180_625 - q * q);
    }
    let r = (-p.min(1.0 - p).ln()).sqrt();
    let value = if r <= 5.0 { ratio(SHOULDER, r - 1.6) } else { ratio(TAIL, r - 5.0) };
    value.copysign(q)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::{Schedule, VpLinear};

    #[test]
    fn quantiles_invert_the_distribution() {
        // Φ by its series ½ + φ(x) Σ x^(2k+1)/(2k+1)!!, all terms of one sign.
        let distribution = |x: f64| {
            let (mut term, mut sum) = (x, x);
            for k in 1..400 {
                term *= x * x / f64::from(2 * k + 1);
                sum += term;
            }
            0.5 + sum * (-0.5 * x * x).exp() / std::f64::consts::TAU.sqrt()
        };
        for i in 1..2000 {
            let p = f64::from(i) / 2000.0;
            let x = normal_quantile(p);
            assert!((distribution(x) - p).abs() < 2e-15, "{p}: {x}");
        }
        // Tables: Φ⁻¹(10⁻⁹), and the far tail.
        assert!((normal_quantile(1e-9) + 5.997_807_015_007_687).abs() < 1e-14);
        assert!((normal_quantile(1e-20) + 9.262_340_089_798_408).abs() < 1e-14);
    }

    #[test]
    fn points_are_those_of_the_sequence() {
        let points = start_points(3, 3, &VpLinear::default().level(1.0).unwrap());
        for (value, known) in points.row(0).iter().zip([-0.216719, 0.619027, -0.719008]) {
            assert!((value - known).abs() < 1e-6);
        }
    }

    #[test]
    fn noise_depends_on_seed_and_index_only() {
        let level = VpLinear::default().level(1.0).unwrap();
        let all = start_noise(Seed(3), 0, 10, 4, &level);
        let part = start_noise(Seed(3), 6, 4, 4, &level);
        assert_eq!(all.slice(6, 10), part);
        assert_ne!(start_noise(Seed(4), 0, 10, 4, &level), all);
    }
}
