//! The policeman and the burglar, with the published data and step sizes.

use super::{draw, solve};
use crate::lab::Lab;
use ansatz_core::{Error, Frontier, Result, Seed, shown};
use ansatz_optimize::inclusion::{
    Anchored, Budget, Extragradient, FiniteSum, HalpernForb, HalpernVr, Inclusion, Inner, Method, Solution,
    VrExtragradient,
};
use ansatz_optimize::problems::MatrixGame;

pub(super) const PUBLISHED: [&str; 2] = [
    "game: residuals of EG at 500 and 2000 epochs, distance from 4.7e-2 and 1.7e-2 beyond their rounding",
    "game: residuals of EAG at 500 and 2000 epochs, distance from 7.2e-2 and 2.2e-2 beyond their rounding",
];
pub(super) const RESIDUAL: &str = "game: residual of variance-reduced Halpern at 500 epochs, mean of 5 runs";
pub(super) const TO_EAG: &str = "game: residual of variance-reduced Halpern / EAG at 500 epochs";
pub(super) const FORB_TO_EAG: &str = "game: residual of Halpern with VR-FoRB / EAG at 500 epochs";
pub(super) const GAP: &str = "game: duality gap / residual, largest";

const N: usize = 500;
const RUNS: u64 = 5;

/// The residual after so many epochs.
fn at(solution: &Solution, epochs: u64) -> Result<f64> {
    let look = solution.at(epochs * N as u64);
    look.map(|look| look.residual).ok_or_else(|| Error::refused(format!("nobody looked before epoch {epochs}")))
}

pub(super) fn run(lab: &mut Lab) -> Result<()> {
    let game = MatrixGame::policeman_published(N, 1)?;
    let (spectral, frobenius, root) = (game.constant(), game.frobenius(), (N as f64).sqrt());
    let strategies = game.strategies();
    let problem = Inclusion::new(&game, &strategies, game.uniform())?;
    let seed = lab.seeds()[0];
    let budget = Budget::epochs(2000.0).look_every(4.0);
    let mut front = Frontier::new("policeman and burglar, 500 houses", "epochs", "operator residual");
    front.log_work = true;
    front.caption.push_str("The published step sizes, ten times those of the theory; one epoch is 500 components.");
    let mut published = Vec::new();
    let rivals: [(&dyn Method, [f64; 2]); 2] = [
        (&Extragradient { eta: 5.0 / spectral }, [4.7e-2, 1.7e-2]),
        (&Anchored { eta: 5.0 / spectral }, [7.2e-2, 2.2e-2]),
    ];
    for (k, (method, figures)) in rivals.into_iter().enumerate() {
        let solution = solve(lab, &problem, method, &budget, &mut lab.run(seed))?;
        for (epochs, figure) in [500, 2000].into_iter().zip(figures) {
            // The published figures have two digits.
            lab.measure(PUBLISHED[k], (((at(&solution, epochs)? - figure).abs() - 5e-4) / figure).max(0.0))?;
        }
        gap(lab, &game, &solution)?;
        draw(&mut front, method.name(), false, N, &solution)?;
        published.push(solution);
    }
    let eag = at(&published[1], 500)?;
    let p = 1.0 / N as f64;
    let forb = HalpernForb {
        eta: root / frobenius,
        gamma: 5.0 * (p * (1.0 - p)).sqrt() / (root + 1.0),
        inner: Inner::Steps(0.05),
    };
    let drawn: [(&dyn Method, bool); 3] = [
        (&HalpernVr { eta: 5.0 / frobenius, restart: false }, true),
        (&forb, true),
        (&VrExtragradient { gamma: 3.0 / (root * frobenius) }, false),
    ];
    for (k, (method, ours)) in drawn.into_iter().enumerate() {
        let mut sum = 0.0;
        for repeat in 0..RUNS {
            let mut run = lab.run(Seed(seed.0.wrapping_add(repeat)));
            // One run to the end, for the picture; the mean is taken at 500 epochs.
            let budget = if repeat == 0 { budget } else { Budget::epochs(500.0).look_every(4.0) };
            let solution = solve(lab, &problem, method, &budget, &mut run)?;
            sum += at(&solution, 500)? / RUNS as f64;
            gap(lab, &game, &solution)?;
            if repeat == 0 {
                let late = shown(at(&solution, 2000)?);
                lab.note(format!("game, {}: residual of the first run {late} at 2000 epochs", method.name()));
                draw(&mut front, method.name(), ours, N, &solution)?;
            }
        }
        match k {
            0 => {
                lab.measure(RESIDUAL, sum)?;
                lab.measure(TO_EAG, sum / eag)?;
            }
            1 => lab.measure(FORB_TO_EAG, sum / eag)?,
            _ => {}
        }
        lab.note(format!("game, {}: mean residual {} at 500 epochs", method.name(), shown(sum)));
    }
    for solution in &published {
        let (early, late) = (shown(at(solution, 500)?), shown(at(solution, 2000)?));
        lab.note(format!("game, deterministic: residual {early} at 500 epochs, {late} at 2000"));
    }
    lab.frontier(front);
    Ok(())
}

fn gap(lab: &mut Lab, game: &MatrixGame, solution: &Solution) -> Result<()> {
    lab.measure(GAP, game.gap(&solution.u)? / solution.residual())
}
