use ansatz_core::*;
use ansatz_diffusion::model::*;
use ansatz_diffusion::search::*;
use ansatz_diffusion::*;
use std::time::Instant;
fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().collect();
    let model = digits()?;
    let schedule = schedule::VpLinear::default();
    let path = Path::whole(&schedule)?;
    let t = Instant::now();
    let rows = 128;
    let obj = FlowError::new(&model, path, start_points(rows, 64, &path.from), Some(model.mean()), 1e-7)?;
    let held = FlowError::new(&model, path, start_noise(Seed(99), 0, 128, 64, &path.from), None, 1e-7)?;
    println!("references {:.1?}", t.elapsed());
    match args[1].as_str() {
        "a" => {
            for nfe in [5usize, 8, 10] {
                for pred in [true, false] {
                    let t = Instant::now();
                    let m = S3 { evaluations: vec![nfe], predictor: pred.then(Predictor::default), ..S3::default() };
                    let f = m.search(&obj, &mut Run::new(Seed(1)), 0)?;
                    let p = &f.populations[0];
                    let presets = usf::preset::all(&path, nfe, obj.mean())?;
                    let bp = presets
                        .iter()
                        .map(|(n, s)| (held.score(s).unwrap_or(1e6), n))
                        .min_by(|a, b| a.0.total_cmp(&b.0))
                        .unwrap();
                    let h = held.score(&p.best().unwrap().sampler)?;
                    println!(
                        "nfe {nfe} pred {pred}: search {:.4} preset {:.4} | held-out {:.4} best preset {:.4} ({}) ratio {:.3} {:.1?} {} tau {:.2?} div {}",
                        p.best().unwrap().score,
                        p.best_preset().unwrap().score,
                        h,
                        bp.0,
                        bp.1,
                        h / bp.0,
                        t.elapsed(),
                        f.work,
                        f.agreement.iter().map(|x| (x * 100.).round() / 100.).collect::<Vec<_>>(),
                        p.members.iter().filter(|c| c.diverged).count()
                    );
                    let curve: Vec<_> = [100, 200, 300, 450, 600, 900, 1200, 1500]
                        .iter()
                        .map(|&n| (n, p.members[..n].iter().map(|c| c.score).fold(1e9, f64::min)))
                        .collect();
                    println!("   {curve:.4?}");
                    println!("   {}", serde_json::to_string(&p.best().unwrap().sampler.nodes).unwrap());
                    for s in &p.best().unwrap().sampler.steps {
                        println!(
                            "   {:?} o{} s{} {:?} r{:.3} {:?}",
                            s.prediction,
                            s.order,
                            s.start,
                            s.derivatives.iter().map(|d| (d.active.len(), d.scale)).collect::<Vec<_>>(),
                            s.relaxation,
                            s.corrector.map(|c| (c.scale, c.relaxation))
                        );
                    }
                }
            }
        }
        "b" => {
            let nfe = 5;
            for seed in 1..=5u64 {
                let plain = S3 {
                    evaluations: vec![nfe],
                    predictor: None,
                    initial: 60,
                    budget: 1000,
                    children: 20,
                    ..S3::default()
                };
                let p = plain.search(&obj, &mut Run::new(Seed(seed)), 0)?;
                let p = &p.populations[0];
                for feat in [Features::Both, Features::Response, Features::Decisions] {
                    let guided = S3 {
                        predictor: Some(Predictor { features: feat, ..Predictor::default() }),
                        budget: 300,
                        ..plain.clone()
                    };
                    let t = Instant::now();
                    let g = guided.search(&obj, &mut Run::new(Seed(seed)), 0)?;
                    let level = g.populations[0].best().unwrap().score;
                    let ranked: Vec<&Candidate> = p.members[..300].iter().collect();
                    let tr = Predictor { features: feat, ..Predictor::default() }.train(
                        &g.populations[0].members.iter().collect::<Vec<_>>(),
                        &schedule,
                        |i| Seed(5).stream("x", i as u64),
                    )?;
                    let (a, b): (Vec<f64>, Vec<f64>) = ranked
                        .iter()
                        .filter(|c| !c.diverged)
                        .map(|c| (tr.value(&c.sampler, &schedule).unwrap(), c.score))
                        .unzip();
                    println!(
                        "seed {seed} {feat:?}: guided 300 → {level:.4}; plain 300 {:.4} reached {:?}; tau {:.3} agreement {:.2?} {:.1?}",
                        p.members[..300].iter().map(|c| c.score).fold(1e9, f64::min),
                        p.reached(level),
                        kendall_tau(&a, &b),
                        g.agreement,
                        t.elapsed()
                    );
                }
            }
        }
        _ => {}
    }
    Ok(())
}
