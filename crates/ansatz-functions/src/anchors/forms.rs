//! Ways to evaluate a polynomial or a quotient, as programs whose operations are counted.
//!
//! For degrees `p` and `q`, with what the structure costs on top:
//! Horner's rule `2p`; quotient by two Horner's rules, the denominator monic, `2(p + q)`; continued fraction
//! `2|p − q| + 3 min(p, q)`, so that `(k, k)` takes `3k` and `(k − 1, k)` takes `3k − 1`.

use super::polynomial;
use super::problem::Structure;
use super::remez::Approximant;
use crate::number::{Big, Dd, Scalar};
use crate::program::{Builder, Op, Program};
use ansatz_core::{Error, Result};

/// A polynomial's or a quotient's coefficients, constant first, under a structure.
#[derive(Clone, Debug)]
pub(super) struct Quotient {
    pub(super) structure: Structure,
    pub(super) numerator: Vec<Big>,
    pub(super) denominator: Vec<Big>,
}

impl From<&Approximant> for Quotient {
    fn from(a: &Approximant) -> Self {
        Self { structure: a.structure, numerator: a.numerator.clone(), denominator: a.denominator.clone() }
    }
}

/// A leading coefficient below this part of the largest one is a lower degree in disguise.
const DEGENERATE: f64 = 1e-30;

impl Quotient {
    /// By Horner's rule: `2(p + q)` operations.
    ///
    /// # Errors
    /// [`Error::Refused`] if a leading coefficient vanishes.
    pub(super) fn horner(&self) -> Result<Program> {
        let (n, d) = self.checked()?;
        let top = leading(d)?;
        let [n, d] = [n, d].map(|c| c.iter().map(|c| c.div(top)).collect::<Vec<_>>());
        Ok(self.structure.program(|p, u| {
            let numerator = horner(p, u, &n);
            if d.len() == 1 {
                return numerator;
            }
            let denominator = horner_monic(p, u, &d);
            p.op(Op::Div, &[numerator, denominator])
        }))
    }

    /// As a continued fraction of the type of Jacobi: `2|p − q| + 3 min(p, q)` operations.
    ///
    /// # Errors
    /// [`Error::Refused`] if a leading coefficient vanishes on the way.
    pub(super) fn fraction(&self) -> Result<Program> {
        let (n, d) = self.checked()?;
        let terms = expand(n.clone(), d.clone())?;
        Ok(self.structure.program(|p, u| evaluate(p, u, &terms)))
    }

    /// Numerator and denominator, neither of lower degree than it claims.
    fn checked(&self) -> Result<(&Vec<Big>, &Vec<Big>)> {
        leading(&self.numerator)?;
        leading(&self.denominator)?;
        Ok((&self.numerator, &self.denominator))
    }
}

/// The leading coefficient, unless it is negligible.
fn leading(c: &[Big]) -> Result<&Big> {
    let size = |v: &Big| v.to_f64().abs();
    let largest = c.iter().map(size).fold(0.0, f64::max);
    c.last().filter(|v| size(v) > DEGENERATE * largest).ok_or_else(|| {
        Error::refused(format!("the coefficient of degree {} vanishes: the form is one of lower degree", c.len() - 1))
    })
}

/// `c_0 + u (c_1 + u (…))`: two operations a degree.
fn horner(p: &mut Builder, u: u16, c: &[Big]) -> u16 {
    let mut constants = c.iter().rev();
    let first = constants.next().map_or(Dd::ZERO, Big::to_dd);
    let mut sum = p.constant(first);
    for c in constants {
        let product = p.op(Op::Mul, &[sum, u]);
        let c = p.constant(c.to_dd());
        sum = p.op(Op::Add, &[product, c]);
    }
    sum
}

/// The same for a leading coefficient of one: a product less. The degree is at least 1.
fn horner_monic(p: &mut Builder, u: u16, c: &[Big]) -> u16 {
    let d = c.len() - 1;
    let mut sum = u;
    for (i, c) in c[..d].iter().enumerate().rev() {
        if i + 1 < d {
            sum = p.op(Op::Mul, &[sum, u]);
        }
        let c = p.constant(c.to_dd());
        sum = p.op(Op::Add, &[sum, c]);
    }
    sum
}

/// A level of the expansion.
enum Term {
    /// Polynomial plus the rest.
    Polynomial(Vec<Big>),
    /// Constant over (monic polynomial plus the rest).
    Over(Big, Vec<Big>),
}

/// Euclid's algorithm: `N/D` as polynomial + b/(polynomial + b/(…)).
fn expand(mut n: Vec<Big>, mut d: Vec<Big>) -> Result<Vec<Term>> {
    let mut terms = Vec::new();
    if n.len() >= d.len() {
        let (quotient, rest) = divide(&n, &d)?;
        terms.push(Term::Polynomial(quotient));
        n = rest;
    }
    while !n.is_empty() {
        // N/D = (1/m)/(M/m + (R/m)/N) with D = M·N + R and m the leading coefficient of M.
        let (quotient, rest) = divide(&d, &n)?;
        let m = leading(&quotient)?.clone();
        let over = |c: &[Big]| c.iter().map(|c| c.div(&m)).collect::<Vec<_>>();
        terms.push(Term::Over(Big::from_f64(1.0).div(&m), over(&quotient)));
        (n, d) = (over(&rest), n);
    }
    Ok(terms)
}

/// Quotient and remainder; the remainder has as many coefficients as its generic degree.
fn divide(n: &[Big], d: &[Big]) -> Result<(Vec<Big>, Vec<Big>)> {
    let (mut rest, leading) = (n.to_vec(), leading(d)?);
    let degree = d.len() - 1;
    let mut quotient = vec![Big::from_f64(0.0); n.len() - degree];
    for i in (0..quotient.len()).rev() {
        let c = rest[i + degree].div(leading);
        for (j, d) in d.iter().enumerate() {
            rest[i + j] = rest[i + j].sub(&c.mul(d));
        }
        quotient[i] = c;
    }
    rest.truncate(degree);
    Ok((quotient, rest))
}

fn evaluate(p: &mut Builder, u: u16, terms: &[Term]) -> u16 {
    let mut tail: Option<u16> = None;
    for term in terms.iter().rev() {
        let value = match term {
            Term::Polynomial(c) => {
                let value = horner(p, u, c);
                plus(p, value, tail)
            }
            Term::Over(b, monic) => {
                let value = horner_monic(p, u, monic);
                let denominator = plus(p, value, tail);
                let b = p.constant(b.to_dd());
                p.op(Op::Div, &[b, denominator])
            }
        };
        tail = Some(value);
    }
    tail.unwrap_or(u)
}

fn plus(p: &mut Builder, value: u16, tail: Option<u16>) -> u16 {
    tail.map_or(value, |tail| p.op(Op::Add, &[value, tail]))
}

/// The preconditioned form of Knuth 1962 and Eve 1964 (The Art of Computer Programming, 4.6.4, theorem E) of a
/// polynomial of degree `d ≥ 4`: `d + ⌊d/2⌋ + 2` operations,
/// `y = u + c, w = y²`, then `z = (a y + b₀) y + b₁` or `a y + b₀`, then `z ← z (w − α) + β` for each `α`, the last `β`
/// being zero.
///
/// The shift `c` is such that all roots but one have real parts of one sign: the `α`, which are the roots of the odd
/// part as a polynomial in `w`, are then real. Of the two sides the one with the smaller constants is taken.
///
/// # Errors
/// [`Error::Refused`] below degree 4, where nothing is gained, and if the roots do not come out real to 25 digits.
pub(super) fn preconditioned(a: &Quotient) -> Result<Program> {
    let refused = |why: &str| Error::refused(format!("no preconditioned form: {why}"));
    let c = &a.numerator;
    if a.denominator.len() != 1 || c.len() < 5 {
        return Err(refused("it is for polynomials of degree 4 and above"));
    }
    leading(c)?;
    let c: Vec<Big> = c.iter().map(|v| v.div(&a.denominator[0])).collect();
    let mut roots = polynomial::roots(&c).ok_or_else(|| refused("the roots were not found"))?;
    roots.sort_by(|a, b| a.re.to_f64().total_cmp(&b.re.to_f64()));
    let left = precondition(&c, &roots);
    roots.reverse();
    let right = precondition(&c, &roots);
    let best = [left, right].into_iter().flatten().min_by(|a, b| a.size().total_cmp(&b.size()));
    let form = best.ok_or_else(|| refused("the odd part has complex roots"))?;
    Ok(a.structure.program(|p, u| {
        let [shift, a] = [&form.shift, &form.leading].map(|c| p.constant(c.to_dd()));
        let y = p.op(Op::Add, &[u, shift]);
        let w = p.op(Op::Mul, &[y, y]);
        let mut z = a;
        for b in &form.inner {
            let product = p.op(Op::Mul, &[z, y]);
            let b = p.constant(b.to_dd());
            z = p.op(Op::Add, &[product, b]);
        }
        for (i, (alpha, beta)) in form.levels.iter().enumerate() {
            let alpha = p.constant(alpha.to_dd());
            let factor = p.op(Op::Sub, &[w, alpha]);
            z = p.op(Op::Mul, &[z, factor]);
            if i + 1 < form.levels.len() {
                let beta = p.constant(beta.to_dd());
                z = p.op(Op::Add, &[z, beta]);
            }
        }
        z
    }))
}

struct Preconditioned {
    shift: Big,
    leading: Big,
    /// The lower coefficients of `z`, highest first.
    inner: Vec<Big>,
    /// `(α, β)`, innermost first; the last `β` is zero up to rounding.
    levels: Vec<(Big, Big)>,
}

impl Preconditioned {
    fn size(&self) -> f64 {
        let levels = self.levels.iter().flat_map(|(a, b)| [a, b]);
        self.inner.iter().chain(levels).map(|c| c.to_f64().abs()).fold(0.0, f64::max)
    }
}

/// `roots` are sorted by their real parts, the extreme ones first.
fn precondition(c: &[Big], roots: &[polynomial::Complex]) -> Option<Preconditioned> {
    let real = |z: &polynomial::Complex| z.im.to_f64().abs() < 1e-25 * z.re.to_f64().abs();
    // The two outermost roots that become ±√α by the shift.
    let (shift, last) = match roots {
        [first, second, ..] if real(first) && real(second) => {
            let half = Big::from_f64(0.5);
            let apart = first.re.sub(&second.re).mul(&half);
            (first.re.add(&second.re).mul(&half).neg(), apart.mul(&apart))
        }
        [first, second, ..] => {
            let z = if real(first) { second } else { first };
            (z.re.neg(), z.im.mul(&z.im).neg())
        }
        _ => return None,
    };
    // u = y − shift
    let mut rest = polynomial::compose_affine(c, &shift, &Big::from_f64(1.0));
    let odd: Vec<Big> = rest.iter().skip(1).step_by(2).cloned().collect();
    let mut alphas = Vec::new();
    for z in polynomial::roots(&odd)? {
        if z.im.to_f64().abs() > 1e-25 * z.re.to_f64().abs() {
            return None;
        }
        alphas.push(z.re);
    }
    // The one for which β vanishes is divided out first, so that it is applied last.
    alphas.sort_by(|a, b| a.sub(&last).to_f64().abs().total_cmp(&b.sub(&last).to_f64().abs()));
    let mut levels = Vec::new();
    for alpha in alphas {
        let one = Big::from_f64(1.0);
        let (quotient, remainder) = divide(&rest, &[alpha.neg(), Big::from_f64(0.0), one]).ok()?;
        levels.push((alpha, remainder[0].clone()));
        rest = quotient;
    }
    levels.reverse();
    let leading = rest.pop()?;
    rest.reverse();
    Some(Preconditioned { shift, leading, inner: rest, levels })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ansatz_core::Seed;

    fn random(stream: &mut ansatz_core::Stream, n: usize) -> Vec<Big> {
        (0..n).map(|_| Big::from_f64(stream.uniform_in(-2.0, 2.0))).collect()
    }

    fn agree(program: &Program, q: &Quotient, x: f64) {
        let x = Big::from_f64(x);
        let u = if matches!(q.structure, Structure::Odd) { x.mul(&x) } else { x.clone() };
        let r = polynomial::eval(&q.numerator, &u).div(&polynomial::eval(&q.denominator, &u));
        let exact = if matches!(q.structure, Structure::Odd) { r.mul(&x) } else { r };
        let e = program.eval(&x).sub(&exact).div(&exact).to_f64().abs();
        // Constants have 106 bits; forms may lose some of them.
        assert!(e < 1e-20, "{e:e} for {program}");
    }

    #[test]
    fn every_form_has_its_count_and_the_value_of_the_quotient() {
        let mut stream = Seed(3).stream("forms", 0);
        for p in 0..6 {
            for q in usize::from(p == 0)..6 {
                for structure in [Structure::Plain, Structure::Odd] {
                    let quotient = Quotient {
                        structure,
                        numerator: random(&mut stream, p + 1),
                        denominator: random(&mut stream, q + 1),
                    };
                    let (horner, fraction) = (quotient.horner().unwrap(), quotient.fraction().unwrap());
                    let extra = structure.operations();
                    assert_eq!(horner.shape.operations(), extra + 2 * (p + q));
                    let expected = match (p, q) {
                        _ if p >= q => 2 * (p - q) + 3 * q,
                        _ => 2 * (q - p) + 3 * p,
                    };
                    assert_eq!(fraction.shape.operations(), extra + expected, "({p}, {q})");
                    for x in [0.3, -0.7, 1.9] {
                        agree(&horner, &quotient, x);
                        agree(&fraction, &quotient, x);
                    }
                }
            }
        }
    }

    #[test]
    fn preconditioning_saves_products_and_keeps_the_value() {
        let mut stream = Seed(4).stream("forms", 0);
        for d in 4..=12 {
            for _ in 0..5 {
                let quotient = Quotient {
                    structure: Structure::Plain,
                    numerator: random(&mut stream, d + 1),
                    denominator: vec![Big::from_f64(1.0)],
                };
                let program = preconditioned(&quotient).unwrap();
                assert_eq!(program.shape.operations(), d + d / 2 + 2);
                for x in [0.1, 0.5, 0.9] {
                    agree(&program, &quotient, x);
                }
            }
        }
    }

    #[test]
    fn a_vanishing_leading_coefficient_is_refused() {
        let quotient = Quotient {
            structure: Structure::Plain,
            numerator: [1.0, 2.0, 0.0].map(Big::from_f64).to_vec(),
            denominator: vec![Big::from_f64(1.0)],
        };
        assert!(matches!(quotient.horner(), Err(Error::Refused { .. })));
        assert!(matches!(quotient.fraction(), Err(Error::Refused { .. })));
    }
}
