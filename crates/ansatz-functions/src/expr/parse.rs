//! The grammar of expressions.
//!
//! ```text
//! expression = prefix and infix operators + − * / ^ ** over operands
//! operand    = number | "(" expression ")" | name [ "(" expression ")" ]
//! ```

use super::{Binary, Constant, Expr, Func};
use ansatz_core::{Error, Result};
use winnow::{
    Parser,
    ascii::{digit1, multispace0},
    combinator::{Infix, Prefix, alt, delimited, expression, fail, opt, preceded},
    error::{ErrMode, ParserError},
    stream::Stream,
    token::{one_of, take_while},
};

/// Bounds the depth of the tree and with it the stack of every recursion over it.
const LONGEST: usize = 1000;

/// A fault at the place after which `left` bytes are left.
#[derive(Debug)]
struct Fault {
    left: usize,
    what: What,
}

#[derive(Debug)]
enum What {
    Expected(&'static str),
    Unknown(Error),
}

impl<I: Stream> ParserError<I> for Fault {
    type Inner = Self;

    fn from_input(input: &I) -> Self {
        Self { left: input.eof_offset(), what: What::Expected("expected a number, x, a function or \"(\"") }
    }

    fn into_inner(self) -> std::result::Result<Self::Inner, Self> {
        Ok(self)
    }
}

type Parsed<T> = std::result::Result<T, ErrMode<Fault>>;

/// Reads the whole of `text`.
pub(super) fn parse(text: &str) -> Result<Expr> {
    let fault = |at: usize, reason: &str| Error::Syntax { input: text.to_owned(), at, reason: reason.to_owned() };
    if text.len() > LONGEST {
        return Err(Error::parameter(
            "length of the expression",
            format!("{} bytes", text.len()),
            format!("at most {LONGEST}"),
        ));
    }
    let mut rest = text;
    let parsed: Parsed<Expr> = preceded(multispace0, sum).parse_next(&mut rest);
    match parsed {
        Ok(expr) if rest.is_empty() => Ok(expr),
        Ok(_) => Err(fault(text.len() - rest.len(), "expected an operator or the end")),
        Err(ErrMode::Backtrack(error) | ErrMode::Cut(error)) => match error.what {
            What::Expected(reason) => Err(fault(text.len() - error.left, reason)),
            What::Unknown(error) => Err(error),
        },
        Err(ErrMode::Incomplete(_)) => Err(fault(text.len(), "unexpected end")),
    }
}

fn sum(input: &mut &str) -> Parsed<Expr> {
    // Binding powers; the minus sign stands between product and power.
    let infix = token(alt((
        '+'.value(Infix::Left(5, |_, a, b| Ok(Expr::binary(Binary::Add, a, b)))),
        one_of(['-', '−']).value(Infix::Left(5, |_, a, b| Ok(Expr::binary(Binary::Sub, a, b)))),
        alt(("**", "^")).value(Infix::Right(15, |_, a, b| Ok(Expr::binary(Binary::Pow, a, b)))),
        one_of(['*', '·', '×']).value(Infix::Left(7, |_, a, b| Ok(Expr::binary(Binary::Mul, a, b)))),
        one_of(['/', '÷']).value(Infix::Left(7, |_, a, b| Ok(Expr::binary(Binary::Div, a, b)))),
    )));
    let prefix = token(alt((
        one_of(['-', '−']).value(Prefix(12, |_, a| Ok(Expr::Neg(Box::new(a))))),
        '+'.value(Prefix(12, |_, a| Ok(a))),
    )));
    expression(token(operand)).prefix(prefix).infix(infix).parse_next(input)
}

/// The parser, and then any white space.
fn token<'i, T>(parser: impl Parser<&'i str, T, ErrMode<Fault>>) -> impl Parser<&'i str, T, ErrMode<Fault>> {
    winnow::combinator::terminated(parser, multispace0)
}

fn operand(input: &mut &str) -> Parsed<Expr> {
    alt((number, parenthesised, named, fail)).parse_next(input)
}

fn parenthesised(input: &mut &str) -> Parsed<Expr> {
    delimited(token('('), sum.map_err(ErrMode::cut), ')'.map_err(|e| expected(e, "expected \")\""))).parse_next(input)
}

fn number(input: &mut &str) -> Parsed<Expr> {
    let exponent = (one_of(['e', 'E']), opt(one_of(['+', '-'])), digit1);
    let mantissa = alt(((digit1, opt(('.', opt(digit1)))).void(), ('.', digit1).void()));
    (mantissa, opt(exponent)).take().map(|text: &str| Expr::Number(text.to_owned())).parse_next(input)
}

fn named(input: &mut &str) -> Parsed<Expr> {
    let start = input.eof_offset();
    let letter = one_of(|c: char| c.is_alphabetic() || c == '_');
    let name = (letter, take_while(0.., |c: char| c.is_alphanumeric() || c == '_')).take().parse_next(input)?;
    match name {
        "x" => return Ok(Expr::X),
        "pi" | "π" => return Ok(Expr::Constant(Constant::Pi)),
        "e" => return Ok(Expr::Constant(Constant::E)),
        "ln2" => return Ok(Expr::Constant(Constant::Ln2)),
        _ => {}
    }
    if name == "wavy" {
        return wavy(input);
    }
    let function =
        Func::from_name(name).map_err(|error| ErrMode::Cut(Fault { left: start, what: What::Unknown(error) }))?;
    let argument = opt(preceded(multispace0, parenthesised)).parse_next(input)?;
    Ok(Expr::Call(function, Box::new(argument.unwrap_or(Expr::X))))
}

/// `wavy(n)` is `1 + airy(-n*x)`, with as many waves as one likes.
fn wavy(input: &mut &str) -> Parsed<Expr> {
    let left = input.eof_offset();
    let n = preceded(multispace0, parenthesised)
        .parse_next(input)
        .map_err(|e| expected(e, "expected the number of waves, as in wavy(7)"))?;
    if n.depends_on_x() {
        return Err(ErrMode::Cut(Fault { left, what: What::Expected("expected a number without x, as in wavy(7)") }));
    }
    let argument = Expr::binary(Binary::Mul, Expr::Neg(Box::new(n)), Expr::X);
    let airy = Expr::Call(Func::Airy, Box::new(argument));
    Ok(Expr::binary(Binary::Add, Expr::Number("1".into()), airy))
}

/// The error, final and with a reason of its own.
fn expected(error: ErrMode<Fault>, reason: &'static str) -> ErrMode<Fault> {
    match error {
        ErrMode::Backtrack(fault) | ErrMode::Cut(fault) => {
            ErrMode::Cut(Fault { left: fault.left, what: What::Expected(reason) })
        }
        ErrMode::Incomplete(needed) => ErrMode::Incomplete(needed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(a: &str, b: &str) {
        assert_eq!(parse(a).unwrap(), parse(b).unwrap(), "{a} and {b}");
    }

    #[test]
    fn operators_bind_as_in_mathematics() {
        same("-x^2", "-(x^2)");
        same("2^-x*3", "(2^(-x))*3");
        same("2**3**x", "2^(3^x)");
        same("1-2-x", "(1-2)-x");
        same("8/2*x", "(8/2)*x");
        same("-x*2", "(-x)*2");
        same(" 1 +\t2*x ", "1+(2*x)");
        same("exp2", "exp2(x)");
        same("1+tanh", "1+tanh(x)");
        same("log(x)", "ln (x)");
        same("+x", "x");
        same("x·π", "x*pi");
        same("wavy(2*pi)", "1 + airy(-(2*pi)*x)");
        assert_eq!(parse("1e3").unwrap(), Expr::Number("1e3".into()));
        assert_eq!(
            parse("2e").unwrap_err().to_string(),
            r#"cannot read "2e" at position 2: expected an operator or the end"#
        );
    }

    #[test]
    fn what_is_written_is_read_back() {
        for text in [
            "2^x",
            "-x^2",
            "(-x)^2",
            "(2^x)^3",
            "2^3^x",
            "2^(-x)",
            "1 - (2 - x)",
            "1 - 2 - x",
            "x/(2*x)",
            "x/2*x",
            "-(x + 1)",
            "-(-x)",
            "1.50e-3*x + .5",
            "exp(sin(x)/pi)^e",
            "sqrt(1 - x*x)",
            "ln2*x",
        ] {
            let expr = parse(text).unwrap();
            assert_eq!(parse(&expr.to_string()).unwrap(), expr, "{text} written as {expr}");
        }
        assert_eq!(parse("((2)^((x)))+(1*(x))").unwrap().to_string(), "2^x + 1*x");
    }

    #[test]
    fn faults_are_at_their_position() {
        for (text, at, reason) in [
            ("", 0, "expected a number"),
            ("2^", 2, "expected a number"),
            ("2^^x", 2, "expected a number"),
            ("(x + 1", 6, "expected \")\""),
            ("x)", 1, "expected an operator"),
            ("x x", 2, "expected an operator"),
            ("sin()", 4, "expected a number"),
            ("x + $", 4, "expected a number"),
            ("exp(x,2)", 5, "expected \")\""),
            ("wavy", 4, "expected the number of waves"),
            ("1 + wavy(x)", 8, "expected a number without x"),
            ("3..x", 2, "expected an operator"),
        ] {
            match parse(text) {
                Err(Error::Syntax { at: found, reason: why, .. }) => {
                    assert_eq!(found, at, "{text}: {why}");
                    assert!(why.starts_with(reason), "{text}: {why}");
                }
                other => panic!("{text}: {other:?}"),
            }
        }
        assert_eq!(parse("1 + sinn(x)").unwrap_err().to_string(), r#"unknown function "sinn"; did you mean "sin"?"#);
    }

    #[test]
    fn no_depth_exhausts_the_stack() {
        for text in ["(".repeat(1000), "-".repeat(1000), "2^".repeat(500), "sin(".repeat(250)] {
            assert!(parse(&text).is_err());
        }
        let deep = [
            format!("{}x{}", "(".repeat(499), ")".repeat(499)),
            format!("{}x", "-".repeat(999)),
            format!("{}x", "1^".repeat(499)),
            format!("x{}", "+x".repeat(499)),
            format!("{}x{}", "sin(".repeat(199), ")".repeat(199)),
        ];
        for text in deep {
            let expr = parse(&text).unwrap();
            assert!(!expr.to_string().is_empty() && expr.eval_f64(0.5).is_finite());
        }
        assert!(parse(&"x".repeat(1001)).unwrap_err().to_string().contains("at most 1000"));
    }
}
