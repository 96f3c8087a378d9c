//! The published programs for 2^x, other functions, and what must be refused.

use super::check::verify;
use super::*;
use crate::anchors::literature::{f2, f3, f5, f10, f10_tuned};
use crate::number::Dd;
use crate::program::{Builder, Op};
use crate::target::Weight;

fn exp2() -> Target {
    target("2^x", "(0, 1]", Weight::Relative)
}

fn target(function: &str, interval: &str, weight: Weight) -> Target {
    Target::parse(function, interval, weight).unwrap()
}

fn real(program: &Program, target: &Target) -> Result<Certificate> {
    certify(program, target, Arithmetic::Real, &Options::default())
}

/// Certifies, has the second checker agree, and compares with the largest error on a grid.
fn certified(program: &Program, target: &Target, arithmetic: Arithmetic) -> Certificate {
    let certificate = certify(program, target, arithmetic, &Options::default()).unwrap();
    verify(&certificate).unwrap();
    assert!(certificate.lower <= certificate.bound);
    certificate
}

/// `Σ c_k x^k` by Horner's rule; `finish` makes the result of the sum and `x`.
fn polynomial(c: &[f64], finish: impl Fn(&mut Builder, u16, u16) -> u16) -> Program {
    let mut p = Program::builder();
    let x = p.input();
    let mut sum = p.constant(c[c.len() - 1]);
    for &c in c.iter().rev().skip(1) {
        let product = p.op(Op::Mul, &[sum, x]);
        let c = p.constant(c);
        sum = p.op(Op::Add, &[product, c]);
    }
    let result = finish(&mut p, sum, x);
    p.finish(result)
}

fn times_x(p: &mut Builder, sum: u16, x: u16) -> u16 {
    p.op(Op::Mul, &[sum, x])
}

#[test]
fn the_ten_operation_program_over_the_reals() {
    let certificate = certified(&f10(), &exp2(), Arithmetic::Real);
    assert!((3.5200e-15..=3.56e-15).contains(&certificate.bound), "{:e}", certificate.bound);
    assert!(certificate.lower > 3.51e-15);
    let certificate = certified(&f10_tuned(), &exp2(), Arithmetic::Real);
    assert!((2.1917e-15..=2.21e-15).contains(&certificate.bound), "{:e}", certificate.bound);
}

#[test]
fn the_smaller_published_programs() {
    let absolute = target("2^x", "(0, 1]", Weight::Absolute);
    for (program, error) in [(f2(), 4.138e-2), (f3(), 1.2266e-3), (f5(), 6.3386e-6)] {
        let certificate = certified(&program, &absolute, Arithmetic::Real);
        assert!(certificate.lower < error * 1.0002 && certificate.bound > error * 0.9998, "{error:e}");
        assert!(certificate.bound < error * 1.005);
    }
}

#[test]
fn the_ten_operation_program_as_executed() {
    let certificate = certified(&f10(), &exp2(), Arithmetic::F64);
    assert!(certificate.bound <= 5.6e-15 && certificate.lower > 4.3e-15);
    // For the least x, c/x overflows to infinity, and the result is the right limit nevertheless.
    assert_eq!(certificate.executed_from, 0.0);
    assert!(certificate.analysed_from > 0.0 && f10().eval(&1e-320) > 1.0 - 4e-15);
    assert_eq!(certificate.program, f10().rounded());
    let sample = (1..2000).map(|i| f64::from(i) / 2000.0).map(|x| (f10().eval(&x) / x.exp2() - 1.0).abs());
    assert!(sample.fold(0.0, f64::max) <= certificate.bound);
}

#[test]
fn a_claim_below_the_error_is_refused() {
    let refused = prove(&f10(), &exp2(), Arithmetic::Real, 3.5e-15).unwrap_err().to_string();
    assert!(refused.contains("at least 3.51") || refused.contains("at least 3.52"), "{refused}");
    assert!(prove(&f10(), &exp2(), Arithmetic::Real, 3.54e-15).unwrap().bound <= 3.54e-15);
    assert!(prove(&f10(), &exp2(), Arithmetic::F64, 5.6e-15).is_ok());
}

#[test]
fn a_pole_is_refused_with_its_enclosure() {
    let quotient = |c: f64| {
        let mut p = Program::builder();
        let x = p.input();
        let (one, c) = (p.constant(1.0), p.constant(c));
        let d = p.op(Op::Sub, &[x, c]);
        let q = p.op(Op::Div, &[one, d]);
        p.finish(q)
    };
    // At a number that is no double, at a double, at the open end.
    let third = Program { constants: vec![Dd::ONE, Dd::ONE / Dd::from(3.0)], ..quotient(0.0) };
    let refused = real(&third, &exp2()).unwrap_err().to_string();
    assert!(refused.contains("a pole in [3.333333333333333e-1, 3.3333333333333337e-1]"), "{refused}");
    assert_eq!(
        real(&quotient(0.375), &exp2()).unwrap_err().to_string(),
        "refused: the program has a pole at x = 3.75e-1"
    );
    assert_eq!(real(&quotient(0.0), &exp2()).unwrap_err().to_string(), "refused: the program has a pole at x = 0e0");
    // A pole that the fraction hides until it is turned round: 1/(x + c/x) with c = −1/4.
    let mut p = Program::builder();
    let x = p.input();
    let (one, c) = (p.constant(1.0), p.constant(-0.23));
    let q = p.op(Op::Div, &[c, x]);
    let s = p.op(Op::Add, &[x, q]);
    let r = p.op(Op::Div, &[one, s]);
    let refused = real(&p.finish(r), &exp2()).unwrap_err().to_string();
    assert!(refused.contains("a pole in [4.79583152331271"), "{refused}");
}

#[test]
fn what_cancels_is_no_pole() {
    // (x + c/x)·x = x² + c, at 0 inside the interval; and y/(y² + 1) from 1/(y + 1/y) with y = x − 0.3.
    let mut p = Program::builder();
    let x = p.input();
    let c = p.constant(2.0);
    let q = p.op(Op::Div, &[c, x]);
    let s = p.op(Op::Add, &[x, q]);
    let r = p.op(Op::Mul, &[s, x]);
    let certificate = certified(&p.finish(r), &target("x^2 + 1", "[-1, 1.5]", Weight::Absolute), Arithmetic::Real);
    assert!(certificate.bound < 1.01 && certificate.lower > 0.99);
    let mut p = Program::builder();
    let x = p.input();
    let (one, shift) = (p.constant(1.0), p.constant(0.3));
    let y = p.op(Op::Sub, &[x, shift]);
    let q = p.op(Op::Div, &[one, y]);
    let s = p.op(Op::Add, &[y, q]);
    let r = p.op(Op::Div, &[one, s]);
    let certificate = certified(
        &p.finish(r),
        &target("(x - 0.3)/(1.21 + (x - 0.3)^2)", "[0, 1]", Weight::Absolute),
        Arithmetic::Real,
    );
    assert!(certificate.bound < 0.1);
}

#[test]
fn relative_error_where_the_function_vanishes() {
    // sin x ≈ x (c₀ + c₁ x²) vanishes where sin does; c₀ + … does not.
    let c = [0.9998, 0.0, -0.1661];
    let sine = target("sin(x)", "(0, 1]", Weight::Relative);
    let certificate = certified(&polynomial(&c, times_x), &sine, Arithmetic::Real);
    assert!(certificate.bound < 2.5e-2 && certificate.bound >= 2e-4);
    let refused = real(&polynomial(&c, |_, sum, _| sum), &sine).unwrap_err().to_string();
    assert!(refused.contains("relative error has no bound"), "{refused}");
    let executed = certified(&polynomial(&c, times_x), &sine, Arithmetic::F64);
    assert!(
        executed.bound < certificate.bound * 1.01 && executed.executed_from > 0.0 && executed.executed_from < 1e-200
    );
}

#[test]
fn roots_next_to_their_branch_point() {
    // √x·(c₀ + c₁ x), and √(c x) next to it.
    let with_root = polynomial(&[1.0, 0.1], |p, sum, x| {
        let root = p.op(Op::Sqrt, &[x]);
        p.op(Op::Mul, &[root, sum])
    });
    let goal = target("sqrt(x)*(1 + x/9.9)", "[0, 1]", Weight::Absolute);
    let certificate = certified(&with_root, &goal, Arithmetic::Real);
    assert!((1.01e-3..1.02e-3).contains(&certificate.bound));
    let inside = polynomial(&[1.01], |p, sum, x| {
        let product = p.op(Op::Mul, &[x, sum]);
        p.op(Op::Sqrt, &[product])
    });
    let goal = target("sqrt(x)", "[0, 1]", Weight::Absolute);
    let certificate = certified(&inside, &goal, Arithmetic::F64);
    assert!((4.98e-3..5.01e-3).contains(&certificate.bound));
}

#[test]
fn units_in_the_last_place_and_single_precision() {
    let c = [
        1.0,
        0.69314706325531005859375,
        0.240229070186614990234375,
        5.54862879216670989990234375e-2,
        9.67352092266082763671875e-3,
        1.248489017598330974578857421875e-3,
        2.15564403333701193332672119140625e-4,
    ];
    let program = polynomial(&c, |_, sum, _| sum);
    let ulps = target("2^x", "[0, 1]", Weight::Ulp(Format::F32));
    let certificate = certified(&program, &ulps, Arithmetic::Real);
    assert!(certificate.bound < 1.0 && certificate.lower > 0.01, "{}", certificate.bound);
    // The running error is at least what occurs, and not much more than the half unit of each of the last operations.
    let executed = certified(&program, &ulps, Arithmetic::F32);
    assert!(executed.lower > 0.7 && executed.bound < 2.5, "{} {}", executed.lower, executed.bound);
}

#[test]
fn a_changed_certificate_is_refused() {
    let c = real(&f10(), &exp2()).unwrap();
    let refused = |change: &dyn Fn(&mut Certificate)| {
        let mut changed = c.clone();
        change(&mut changed);
        // Once as an accident, once with everything put right that can be put right without a proof.
        assert!(Certificate::parse(&changed.to_json()).is_err());
        let sealed = changed.sealed();
        assert!(Certificate::parse(&sealed.to_json()).is_ok());
        assert!(verify(&sealed).is_err());
    };
    for (i, piece) in c.pieces.iter().enumerate() {
        if i % 9 == 0 || piece.bound == c.bound {
            refused(&|c| {
                c.pieces.remove(i);
            });
            refused(&|c| c.pieces[i].bound *= 0.2);
            refused(&|c| c.pieces[i].hi = c.pieces[i].hi.next_down());
        }
    }
    refused(&|c| c.bound *= 0.999);
    refused(&|c| c.pieces.iter_mut().for_each(|p| p.bound = p.bound.min(3.51e-15)));
    refused(&|c| c.lower = c.bound * 1.01);
    refused(&|c| c.lower = c.bound * 0.9999);
    refused(&|c| c.worst = 1.5);
    refused(&|c| c.function = "2.0000000001^x".into());
    refused(&|c| c.function = "3^y".into());
    refused(&|c| c.weight = Weight::Ulp(Format::F64));
    refused(&|c| c.arithmetic = Arithmetic::F64);
    refused(&|c| c.interval.hi = 2.0);
    refused(&|c| c.pieces.clear());
    // One unit in the last place of a constant, away from the best: c5 shifts the whole error.
    refused(&|c| c.program.constants[4] = Dd::from(-(1.0 - 2f64.powi(-51) - 2f64.powi(-52))));
    refused(&|c| c.program.constants[3] = Dd::from(c.program.constants[3].hi * (1.0 + 2f64.powi(-40))));
}

#[test]
fn a_rounding_term_that_is_too_small_is_refused() {
    let c = certify(&f10(), &exp2(), Arithmetic::F64, &Options::default()).unwrap();
    for change in [
        &(|c: &mut Certificate| c.pieces.iter_mut().for_each(|p| p.rounding *= 0.9)) as &dyn Fn(&mut Certificate),
        &|c| c.pieces[3].rounding = 0.0,
        &|c| c.analysed_from = 0.0,
        &|c| c.program = f10(),
        &|c| c.lower = 5.2e-15,
    ] {
        let mut changed = c.clone();
        change(&mut changed);
        assert!(verify(&changed.sealed()).is_err());
    }
}

#[test]
fn unusable_files_are_refused_with_a_sentence() {
    let c = real(&f3(), &exp2()).unwrap();
    let text = c.to_json();
    assert_eq!(Certificate::parse(&text).unwrap(), c);
    let reason = |text: &str| Certificate::parse(text).unwrap_err();
    assert_eq!(reason(&text[..text.len() / 2]), "the file is truncated");
    assert_eq!(reason("{\"a\": 1}"), "it is not a certificate");
    assert!(reason("PK\u{3}\u{4}").starts_with("it is not JSON"));
    assert_eq!(
        reason(&text.replace("\"version\": 1", "\"version\": 7")),
        "its version is 7, but this program reads version 1"
    );
    assert!(reason(&text.replace("\"lower\"", "\"lowest\"")).starts_with("it is malformed"));
    let reseal = |change: &dyn Fn(&mut Certificate)| {
        let mut c = c.clone();
        change(&mut c);
        reason(&c.sealed().to_json())
    };
    assert!(reseal(&|c| c.bound = f64::INFINITY).contains("not finite"));
    assert!(reseal(&|c| c.program.constants.clear()).contains("does not exist"));
    assert!(reseal(&|c| c.program.shape.nodes.clear()).contains("no node"));
    let path = std::env::temp_dir().join(format!("ansatz-certificate-{}.json", std::process::id()));
    c.write(&path).unwrap();
    assert_eq!(check::check(&path).unwrap(), c);
    std::fs::write(&path, &text[..100]).unwrap();
    assert!(matches!(check::check(&path), Err(Error::Format { .. })));
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(check::check(&path), Err(Error::Io { .. })));
}

#[test]
fn every_changed_byte_is_noticed_or_harmless() {
    let c = real(&f2(), &target("2^x", "(0, 1]", Weight::Absolute)).unwrap();
    let text = c.to_json();
    for i in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[i] ^= 1;
        let Ok(changed) = String::from_utf8(bytes) else { continue };
        // What still reads is the same certificate: white space, or the case of a hexadecimal digit.
        assert!(
            Certificate::parse(&changed).is_err_and(|e| !e.is_empty()) || Certificate::parse(&changed).unwrap() == c
        );
    }
}
#[test]
fn an_exact_program_has_a_negligible_error() {
    let certificate = certified(
        &polynomial(&[0.5, 3.0], |_, sum, _| sum),
        &target("1/2 + 3*x", "[-1, 2]", Weight::Absolute),
        Arithmetic::Real,
    );
    assert!(certificate.bound < 1e-28 && certificate.pieces.len() < 50);
}

#[test]
fn bad_options_and_targets_are_refused() {
    let fails =
        |target: &Target, options: &Options| certify(&f3(), target, Arithmetic::Real, options).unwrap_err().to_string();
    assert!(fails(&exp2(), &Options { order: 2, ..Options::default() }).starts_with("order is 2"));
    assert!(fails(&exp2(), &Options { slack: f64::NAN, ..Options::default() }).starts_with("slack is NaN"));
    let reversed = Target { interval: crate::target::Interval { hi: -1.0, ..exp2().interval }, ..exp2() };
    let callback = Target::callback("mine", f64::exp2, exp2().interval, Weight::Relative);
    assert!(fails(&callback, &Options::default()).contains("callback"));
    assert!(fails(&reversed, &Options::default()).contains("interval"));
    assert!(prove(&f3(), &exp2(), Arithmetic::Real, f64::NAN).is_err());
    let mut broken = f3();
    broken.constants[0] = Dd::from(f64::INFINITY);
    assert!(real(&broken, &exp2()).is_err());
    broken.constants.clear();
    assert!(real(&broken, &exp2()).unwrap_err().to_string().contains("does not exist"));
}
