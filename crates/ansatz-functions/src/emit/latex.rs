//! LaTeX: the formula for people, a shared value a line, the constants below.

use super::Code;
use crate::program::Op;
use crate::program::text::{Binding, Notation, Term, decimal, lines, temporary};

struct Latex;

impl Notation for Latex {
    fn constant(&self, index: usize) -> String {
        format!("c_{{{}}}", index + 1)
    }

    fn temporary(&self, index: usize) -> String {
        match temporary(index) {
            letter if letter.len() == 1 => letter,
            numbered => format!("t_{{{}}}", &numbered[1..]),
        }
    }

    fn operation(&self, op: Op, args: &[&Term]) -> Term {
        use Binding::{Product, Sum};
        let product = |a: &Term, b: &Term| Term::infix(a, " \\cdot ", b, Product);
        let quotient = |a: &str, b: &str| Term::atom(format!("\\frac{{{a}}}{{{b}}}"));
        match op {
            Op::Add => Term::infix(args[0], " + ", args[1], Sum),
            Op::Sub => Term::infix(args[0], " - ", args[1], Sum),
            // Equal texts are the same value, and that has a name if it is more than a symbol.
            Op::Mul if args[0].text == args[1].text => Term::atom(format!("{}^{{2}}", args[0].closed())),
            Op::Mul => product(args[0], args[1]),
            Op::Div => quotient(&args[0].text, &args[1].text),
            Op::Fma => Term::infix(&product(args[0], args[1]), " + ", args[2], Sum),
            Op::Sqrt => Term::atom(format!("\\sqrt{{{}}}", args[0].text)),
            Op::Exp => Term::atom(format!("\\exp\\left({}\\right)", args[0].text)),
            Op::Double => product(&Term::atom("2"), args[0]),
            Op::Half => quotient(&args[0].text, "2"),
            Op::Quadruple => product(&Term::atom("4"), args[0]),
            Op::Quarter => quotient(&args[0].text, "4"),
        }
    }
}

pub(super) fn write(code: &Code) -> String {
    let [target, bound, _, origin] = code.description();
    let mut lines = lines(code.program, &Latex);
    let name = code.emission.name.replace('_', "\\_");
    if let Some(result) = lines.last_mut() {
        result.name = format!("\\mathrm{{{name}}}(x)");
    }
    let formulas: Vec<String> = lines.iter().map(|line| format!("  {} &= {}", line.name, line.text)).collect();
    let mut text = format!("% {target}\n% {bound}\n% {origin}\n{}", aligned(&formulas));
    let used = code.program.used_constants();
    if !used.is_empty() {
        let row = |&i: &usize| format!("  c_{{{}}} &= {}", i + 1, number(&decimal(code.program.constants[i])));
        let constants: Vec<String> = used.iter().map(row).collect();
        text += &format!("with\n{}", aligned(&constants));
    }
    text
}

fn aligned(rows: &[String]) -> String {
    format!("\\begin{{align*}}\n{}\n\\end{{align*}}\n", rows.join(" \\\\\n"))
}

/// `1.5e-9` as `1.5 \times 10^{-9}`.
pub(super) fn number(decimal: &str) -> String {
    decimal
        .split_once('e')
        .map_or_else(|| decimal.to_owned(), |(mantissa, exponent)| format!("{mantissa} \\times 10^{{{exponent}}}"))
}
