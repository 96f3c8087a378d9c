//! What all learners must do.

use super::*;
use ansatz_core::Seed;

/// Iterations of a solver whose best parameter depends on the context.
fn cost(action: f64, context: f64, stream: &mut Stream) -> f64 {
    (20.0 + 120.0 * (action - 1.2 - 0.6 * context).abs() + 3.0 * stream.normal()).round().max(0.0)
}

fn learners() -> Vec<(&'static str, Box<dyn Learner>)> {
    let actions = grid(1.0, 1.95, 20).unwrap();
    vec![
        ("tsallis-inf", Box::new(TsallisInf::new(actions.clone()).unwrap())),
        ("bins", Box::new(TsallisInfBins::new(&actions, (0.0, 1.0), 5).unwrap())),
        ("chebcb", Box::new(ChebCb::new(actions.clone(), (0.0, 1.0)).unwrap())),
        ("epsilon", Box::new(EpsilonGreedy::new(actions.clone(), 0.1).unwrap())),
        ("ucb", Box::new(Ucb::new(actions).unwrap())),
    ]
}

/// Mean costs over the second half of `rounds`, with this context.
fn late_mean(learner: &mut dyn Learner, rounds: u64, context: impl Fn(&mut Stream) -> f64) -> f64 {
    let (mut draws, mut world) = (Seed(1).stream("draws", 0), Seed(1).stream("world", 0));
    let mut sum = 0.0;
    for t in 0..rounds {
        let c = context(&mut world);
        let loss = cost(learner.choose(c, &mut draws).unwrap().value, c, &mut world);
        learner.observe(loss).unwrap();
        if t >= rounds / 2 {
            sum += loss;
        }
    }
    sum / (rounds - rounds / 2) as f64
}

#[test]
fn stationary_costs_are_learnt_by_all() {
    // Best 20; a random choice costs 49. UCB1's bonus is for costs spread over their whole range, and slow to fade.
    let bars = [("tsallis-inf", 23.0), ("bins", 26.0), ("chebcb", 23.0), ("epsilon", 24.0), ("ucb", 37.0)];
    for ((name, mut learner), (_, bar)) in learners().into_iter().zip(bars) {
        let mean = late_mean(learner.as_mut(), 8000, |_| 0.5);
        assert!(mean < bar, "{name}: {mean}");
    }
}

#[test]
fn contexts_are_used_by_those_that_see_them() {
    // Instance-optimal 20 to 21 on the grid; the best fixed action costs 38.
    let mean = |index: usize| late_mean(learners()[index].1.as_mut(), 8000, Stream::uniform);
    let (plain, bins, chebyshev) = (mean(0), mean(1), mean(2));
    assert!(chebyshev < 25.0 && bins < 29.0 && plain > 36.0 && plain < 42.0, "{plain} {bins} {chebyshev}");
}

#[test]
fn regret_of_tsallis_inf_is_of_the_order_of_the_square_root() {
    let actions = grid(1.0, 1.95, 20).unwrap();
    for rounds in [2000u32, 8000, 32000] {
        let mut learner = TsallisInf::new(actions.clone()).unwrap();
        let mut draws = Seed(5).stream("draws", 0);
        let mut regret = 0.0;
        for _ in 0..rounds {
            // Costs 1 to 2 in units of the scale; the best is exactly 1 above the offset.
            let loss = 2.0 + (learner.choose(0.0, &mut draws).unwrap().value - 1.5).abs() * 2.0;
            learner.observe(loss).unwrap();
            regret += loss - 2.0;
        }
        let bound = 4.0 * (20.0 * f64::from(rounds)).sqrt() + 1.0;
        assert!(regret < bound, "{rounds}: {regret} {bound}");
    }
}

#[test]
fn the_probabilities_lie_on_the_simplex() {
    let mut stream = Seed(9).stream("simplex", 0);
    for t in [1, 10, 1_000_000] {
        for _ in 0..200 {
            let k: Vec<f64> = (0..20).map(|_| 1e6 * stream.uniform()).collect();
            let p = tsallis_probabilities(&k, t);
            let sum: f64 = p.iter().sum();
            assert!((sum - 1.0).abs() <= 1e-12 && p.iter().all(|&p| p > 0.0), "{t}: {sum}");
            // The definition: 1/√p − η k / 2 is the same number for all.
            let eta = 2.0 / (t as f64).sqrt();
            let x: Vec<f64> = p.iter().zip(&k).map(|(p, k)| k - 2.0 / (eta * p.sqrt())).collect();
            assert!(x.iter().all(|v| (v - x[0]).abs() < 1e-6), "{x:?}");
        }
    }
    assert_eq!(tsallis_probabilities(&[3.0; 4], 100), [0.25; 4]);
}

#[test]
fn a_split_run_is_the_whole_run() {
    fn check<L: Learner + Clone + Serialize + for<'a> Deserialize<'a> + PartialEq + std::fmt::Debug>(start: &L) {
        let play = |learner: &mut L, draws: &mut Stream, world: &mut Stream, rounds: usize| -> Vec<(usize, u64)> {
            (0..rounds)
                .map(|_| {
                    let c = world.uniform();
                    let choice = learner.choose(c, draws).unwrap();
                    learner.observe(cost(choice.value, c, world)).unwrap();
                    (choice.index, choice.probability.to_bits())
                })
                .collect()
        };
        let (mut whole, mut draws, mut world) = (start.clone(), Seed(3).stream("draws", 0), Seed(3).stream("world", 0));
        let expected = play(&mut whole, &mut draws, &mut world, 600);
        let (mut half, mut draws, mut world) = (start.clone(), Seed(3).stream("draws", 0), Seed(3).stream("world", 0));
        let mut got = play(&mut half, &mut draws, &mut world, 251);
        // Saved between a choice and its cost, too.
        let c = world.uniform();
        let choice = half.choose(c, &mut draws).unwrap();
        got.push((choice.index, choice.probability.to_bits()));
        let (saved, state) = (serde_json::to_string(&half).unwrap(), draws.state());
        let mut restored: L = serde_json::from_str(&saved).unwrap();
        assert_eq!(restored, half);
        restored.observe(cost(choice.value, c, &mut world)).unwrap();
        got.extend(play(&mut restored, &mut Stream::from_state(&state).unwrap(), &mut world, 348));
        assert_eq!(got, expected);
        assert_eq!(restored, whole);
    }
    let actions = grid(1.0, 1.95, 20).unwrap();
    check(&TsallisInf::new(actions.clone()).unwrap());
    check(&TsallisInfBins::new(&actions, (0.0, 1.0), 5).unwrap());
    check(&ChebCb::new(actions.clone(), (0.0, 1.0)).unwrap());
    check(&EpsilonGreedy::new(actions.clone(), 0.1).unwrap());
    check(&Ucb::new(actions).unwrap());
}

#[test]
fn misuse_is_refused_and_changes_nothing() {
    for (name, mut learner) in learners() {
        let mut stream = Seed(1).stream("draws", 0);
        assert!(learner.observe(3.0).unwrap_err().to_string().contains("preceded by a choice"), "{name}");
        learner.choose(0.5, &mut stream).unwrap();
        assert!(learner.choose(0.5, &mut stream).unwrap_err().to_string().contains("cost of the one before"), "{name}");
        assert!(learner.observe(f64::NAN).unwrap_err().to_string().contains("is not finite"), "{name}");
        assert!(learner.observe(-1.0).unwrap_err().to_string().contains("at least 0"), "{name}");
        learner.observe(0.0).unwrap();
        // All costs 0: nothing to learn, and nothing breaks.
        for _ in 0..50 {
            let choice = learner.choose(0.5, &mut stream).unwrap();
            assert!(choice.probability > 0.0 && choice.probability <= 1.0 + 1e-12, "{name}");
            learner.observe(0.0).unwrap();
        }
    }
    for index in [1, 2] {
        let mut learner = learners().swap_remove(index).1;
        let error = learner.choose(1.5, &mut Seed(1).stream("draws", 0)).unwrap_err().to_string();
        assert_eq!(error, "the context is 1.5, but must be in [0, 1], the learner's interval");
    }
    assert!(TsallisInf::new(Vec::new()).is_err() && ChebCb::new(vec![1.0], (1.0, 1.0)).is_err());
    assert!(EpsilonGreedy::new(vec![1.0], 1.5).is_err() && TsallisInf::new(vec![f64::NAN]).is_err());
    assert!(grid(1.0, 2.0, 1).is_err() && grid(2.0, 1.0, 5).is_err() && grid(1.0, f64::NAN, 5).is_err());
    assert_eq!(grid(1.0, 2.0, 3).unwrap(), [1.0, 1.5, 2.0]);
}

#[test]
fn predictions_of_chebcb_follow_smooth_costs() {
    let actions = grid(1.0, 1.9, 4).unwrap();
    let truth = |action: f64, c: f64| 30.0 + 40.0 * (action - 1.0 - 0.8 * c).powi(2);
    let mut learner = ChebCb::new(actions.clone(), (0.0, 1.0)).unwrap();
    let (mut draws, mut world) = (Seed(2).stream("draws", 0), Seed(2).stream("world", 0));
    for _ in 0..500 {
        let c = world.uniform();
        let action = learner.choose(c, &mut draws).unwrap().value;
        learner.observe(truth(action, c)).unwrap();
    }
    for c in [0.1, 0.5, 0.9] {
        let predicted = learner.predicted_costs(c).unwrap();
        for (action, value) in actions.iter().zip(predicted) {
            assert!((value - truth(*action, c)).abs() < 1e-6, "{action} {c}: {value}");
        }
    }
}
