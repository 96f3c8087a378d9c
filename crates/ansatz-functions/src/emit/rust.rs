//! Rust, which never contracts and whose decimal literals are rounded correctly: the shortest one is exact.

use super::Code;
use crate::number::hex;
use crate::program::Op;
use crate::program::text::{Binding, Notation, Term, lines};

struct Rust {
    /// The suffix that makes a scale factor a literal of the format, needed where a method is called on it.
    float: &'static str,
}

impl Notation for Rust {
    fn constant(&self, index: usize) -> String {
        format!("C{}", index + 1)
    }

    fn operation(&self, op: Op, args: &[&Term]) -> Term {
        use Binding::{Product, Sum};
        let float = self.float;
        let scaled = |factor: &str| Term::infix(&Term::atom(format!("{factor}_{float}")), " * ", args[0], Product);
        let method = |name: &str, rest: &str| Term::atom(format!("{}.{name}({rest})", args[0].closed()));
        match op {
            Op::Add => Term::infix(args[0], " + ", args[1], Sum),
            Op::Sub => Term::infix(args[0], " - ", args[1], Sum),
            Op::Mul => Term::infix(args[0], " * ", args[1], Product),
            Op::Div => Term::infix(args[0], " / ", args[1], Product),
            Op::Fma => method("mul_add", &format!("{}, {}", args[1].text, args[2].text)),
            Op::Sqrt => method("sqrt", ""),
            Op::Exp => method("exp", ""),
            Op::Double => scaled("2.0"),
            Op::Half => scaled("0.5"),
            Op::Quadruple => scaled("4.0"),
            Op::Quarter => scaled("0.25"),
        }
    }
}

pub(super) fn write(code: &Code) -> String {
    let name = &code.emission.name;
    let float = if code.is_f32() { "f32" } else { "f64" };
    let [target, bound, formula, origin] = code.description();
    let mut text = format!("/// {target}\n///\n/// {bound}\n///\n/// `{formula}`\n///\n/// {origin}\n#[must_use]\n");
    let input = if code.reads_input() { "x" } else { "_x" };
    text += &format!("pub fn {name}({input}: {float}) -> {float} {{\n");
    for (i, c) in code.constants() {
        text += &format!("    const C{}: {float} = {}; // {}\n", i + 1, code.shortest(c), hex::format(c));
    }
    let mut lines = lines(code.program, &Rust { float });
    let result = lines.pop();
    for line in lines {
        text += &format!("    let {} = {};\n", line.name, line.text);
    }
    text += &format!("    {}\n}}\n", result.map_or_else(|| "x".to_owned(), |line| line.text));
    if !code.references.is_empty() {
        text += &test(code, float);
    }
    text
}

fn test(code: &Code, float: &str) -> String {
    let name = &code.emission.name;
    let widened = if code.is_f32() { "f64::from(y)" } else { "y" };
    let rows: Vec<String> = code
        .references
        .iter()
        .map(|r| {
            let (x, y) = (code.shortest(r.x), code.shortest(r.y));
            format!("        ({x}, {y}, {:?}, {:?}, {:?}),\n", r.hi, r.lo, r.tolerance)
        })
        .collect();
    let (program, same_bits) = if code.bits_are_portable() {
        let assertion = "assert_eq!(y.to_bits(), program.to_bits(), \"the compiled bits differ at {x:?}\");";
        ("program", format!("            {assertion}\n"))
    } else {
        ("_", String::new())
    };
    format!(
        "
#[cfg(test)]
mod {name}_test {{
    /// Argument, the program's value, the function's value as a sum of two doubles, tolerance.
    const REFERENCE: [({float}, {float}, f64, f64, f64); {}] = [
{}    ];

    #[test]
    fn reference_points() {{
        for (x, {program}, hi, lo, tolerance) in REFERENCE {{
            let y = super::{name}(x);
{same_bits}            let error = (({widened} - hi) - lo).abs();
            assert!(error <= tolerance, \"off by {{error:e}} at {{x:?}}\");
        }}
    }}
}}
",
        rows.len(),
        rows.concat(),
    )
}
