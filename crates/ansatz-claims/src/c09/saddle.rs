//! The quadratic saddle point that lower bounds are proved with.

use super::{draw, solve};
use crate::lab::Lab;
use ansatz_core::{Frontier, Result, Scale, shown};
use ansatz_optimize::inclusion::{Anchored, Budget, Extragradient, HalpernForb, HalpernVr, Inclusion, Inner, Method};
use ansatz_optimize::problems::QuadraticSaddle;
use ansatz_optimize::prox::Free;

pub(super) const EXACT: &str = "saddle: residual of EAG after 1000 steps / 3.308962668621, distance from 1";
pub(super) const VR: &str = "saddle: residual of variance-reduced Halpern at 10⁴ epochs, mean of the seeds";
pub(super) const FORB: &str = "saddle: residual of Halpern with VR-FoRB at 10⁴ epochs, mean of the seeds";
pub(super) const EG: &str = "saddle: residual of EG at 10⁴ epochs";
pub(super) const EAG: &str = "saddle: residual of EAG at 10⁴ epochs";

const N: usize = 200;

pub(super) fn run(lab: &mut Lab) -> Result<()> {
    let saddle = QuadraticSaddle::new(N)?;
    let problem = Inclusion::new(&saddle, &Free, saddle.start())?;
    let seeds = lab.seeds();
    let anchored = Anchored { eta: 0.3 };
    let thousand = solve(lab, &problem, &anchored, &Budget::epochs(2000.0), &mut lab.run(seeds[0]))?;
    lab.measure(EXACT, (thousand.residual() / 3.308_962_668_621 - 1.0).abs())?;
    if lab.scale() == Scale::Smoke {
        return Ok(());
    }
    let budget = Budget::epochs(10_000.0).look_every(20.0);
    let mut front = Frontier::new(format!("quadratic saddle, n = {N}"), "epochs", "operator residual");
    let forb = HalpernForb { eta: (N as f64).sqrt(), gamma: 1e-3, inner: Inner::Steps(0.05) };
    let rivals: [(&str, &dyn Method); 2] = [(EG, &Extragradient { eta: 0.5 }), (EAG, &anchored)];
    for (bar, method) in rivals {
        let solution = solve(lab, &problem, method, &budget, &mut lab.run(seeds[0]))?;
        lab.measure(bar, solution.residual())?;
        draw(&mut front, method.name(), false, N, &solution)?;
    }
    let ours: [(&str, &dyn Method); 2] = [(VR, &HalpernVr { eta: 0.3, restart: false }), (FORB, &forb)];
    for (bar, method) in ours {
        let (mut sum, mut values) = (0.0, Vec::new());
        for &seed in &seeds {
            let solution = solve(lab, &problem, method, &budget, &mut lab.run(seed))?;
            sum += solution.residual();
            values.push(shown(solution.residual()));
            if seed == seeds[0] {
                draw(&mut front, method.name(), true, N, &solution)?;
            }
        }
        lab.measure(bar, sum / seeds.len() as f64)?;
        lab.note(format!("saddle, 10⁴ epochs, {}: {}", method.name(), values.join(", ")));
    }
    lab.frontier(front);
    Ok(())
}
