//! Solver schedules have the orders that their decisions promise.

use ansatz_core::{Run, Seed};
use ansatz_diffusion::model::gmm8_smooth;
use ansatz_diffusion::schedule::VpLinear;
use ansatz_diffusion::usf::preset::{Multistep, multistep};
use ansatz_diffusion::usf::{Corrector, Derivative, Scale, SolverSchedule, StepDecision};
use ansatz_diffusion::{Grid, Path, Prediction, Problem, start_points};

/// The observed order from 192 to 384 steps.
fn observed(make: impl Fn(Vec<f64>) -> SolverSchedule) -> f64 {
    let (model, schedule) = (gmm8_smooth().unwrap(), VpLinear::default());
    let path = Path::whole(&schedule).unwrap();
    let problem = Problem::new(&model, path, start_points(6, 8, &path.from), 1e-12).unwrap();
    let error = |n| {
        let nodes = Grid::LogSnr.nodes(&path, n).unwrap().iter().map(|level| level.t).collect();
        problem.score(&make(nodes), &mut Run::new(Seed(1))).unwrap().rmse
    };
    (error(192) / error(384)).log2()
}

#[test]
fn steps_have_their_order_and_correctors_one_more() {
    for prediction in [Prediction::Noise, Prediction::Data] {
        for order in 1..=3 {
            for scale in [Scale::Taylor, Scale::Bh1, Scale::Bh2] {
                let method = Multistep { scale, ..Multistep::taylor(prediction, order) };
                let plain = observed(|nodes| multistep(&method, nodes).unwrap());
                assert!((plain - order as f64).abs() < 0.25, "{prediction}, order {order}, {scale:?}: {plain}");
                if order < 3 {
                    let method = Multistep { corrector: true, ..method };
                    let corrected = observed(|nodes| multistep(&method, nodes).unwrap());
                    assert!(
                        (corrected - order as f64 - 1.0).abs() < 0.25,
                        "{prediction}, {order}, {scale:?}: {corrected}"
                    );
                }
            }
        }
    }
}

#[test]
fn an_implicit_corrector_asks_twice_and_has_one_order_more() {
    let with = |implicit: bool| {
        move |nodes: Vec<f64>| {
            let mut sampler = multistep(&Multistep::taylor(Prediction::Data, 1), nodes).unwrap();
            let last = sampler.steps.len() - 1;
            for step in &mut sampler.steps[..last] {
                step.corrector = Some(Corrector { implicit, ..Corrector::default() });
            }
            let calls = if implicit { 2 * last + 1 } else { last + 1 };
            assert_eq!(sampler.evaluations(), calls);
            sampler
        }
    };
    for implicit in [false, true] {
        let order = observed(with(implicit));
        assert!((order - 2.0).abs() < 0.25, "{implicit}: {order}");
    }
}

#[test]
fn a_relaxation_and_fewer_nodes_than_allowed_keep_the_order_that_is_left() {
    // Order 3 with the first derivative from one node only is of order 2, as is order 2 with a factor 1 + r h.
    let low = |nodes: Vec<f64>| {
        let mut sampler = multistep(&Multistep::taylor(Prediction::Data, 3), nodes).unwrap();
        for step in &mut sampler.steps {
            if let Some(first) = step.derivatives.first_mut() {
                *first = Derivative { active: vec![2], scale: Scale::Taylor };
            }
        }
        sampler
    };
    let relaxed = |nodes: Vec<f64>| {
        let mut sampler = multistep(&Multistep::taylor(Prediction::Data, 2), nodes).unwrap();
        for step in &mut sampler.steps {
            *step = StepDecision { relaxation: 0.3, ..step.clone() };
        }
        sampler
    };
    for order in [observed(low), observed(relaxed)] {
        assert!((order - 2.0).abs() < 0.25, "{order}");
    }
}
