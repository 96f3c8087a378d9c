//! Python: works on NumPy arrays where NumPy is installed, and on plain floats without it.
//!
//! Single precision rounds after each operation. For `+ − × ÷ √` rounding a plain float's result a second time gives
//! the same as rounding once, since 53 ≥ 2·24 + 2 (Figueroa 1995); a fused multiply-add has no such luck and goes
//! through fractions.

use super::Code;
use crate::number::hex;
use crate::program::Op;
use crate::program::text::{Binding, Notation, Term, lines};

struct Python {
    /// Whether each result is rounded to single precision.
    rounds: bool,
}

impl Notation for Python {
    fn constant(&self, index: usize) -> String {
        format!("c{}", index + 1)
    }

    fn operation(&self, op: Op, args: &[&Term]) -> Term {
        use Binding::{Product, Sum};
        let scaled = |factor: &str| Term::infix(&Term::atom(factor), " * ", args[0], Product);
        let term = match op {
            Op::Add => Term::infix(args[0], " + ", args[1], Sum),
            Op::Sub => Term::infix(args[0], " - ", args[1], Sum),
            Op::Mul => Term::infix(args[0], " * ", args[1], Product),
            Op::Div => Term::infix(args[0], " / ", args[1], Product),
            Op::Fma | Op::Sqrt | Op::Exp => Term::call(&format!("_{}", op.name()), args),
            Op::Double => scaled("2.0"),
            Op::Half => scaled("0.5"),
            Op::Quadruple => scaled("4.0"),
            Op::Quarter => scaled("0.25"),
        };
        if self.rounds { Term::call("_round", &[&term]) } else { term }
    }
}

/// To single precision, from whatever arithmetic the operands had.
const ROUND: &str = r#"

def _round(v):
    if _np is not None:
        return _np.asarray(v, dtype=_np.float32)[()]
    try:
        return struct.unpack("<f", struct.pack("<f", v))[0]
    except OverflowError:
        return math.copysign(math.inf, v)
"#;

/// A NumPy double where there is one: it divides by zero as the certified program does.
const DOUBLE: &str = r"

def _double(v):
    return float(v) if _np is None else _np.asarray(v, dtype=_np.float64)[()]
";

const UNARY: &str = r"

def _NAME(v):
    return math.NAME(v) if _np is None else _np.NAME(v)
";

const FMA: &str = r"

def _fma(a, b, c):
    if _np is not None and any(map(_np.ndim, (a, b, c))):
        return _np.vectorize(_fma, otypes=[float])(a, b, c)
    a, b, c = float(a), float(b), float(c)
    if not (math.isfinite(a) and math.isfinite(b) and math.isfinite(c)):
        return a * b + c
    exact = Fraction(a) * Fraction(b) + Fraction(c)
    if exact == 0:
        return a * b + c
    try:
        y = float(exact)
    except OverflowError:
        return math.copysign(math.inf, exact)
ODD    return y
";

/// Rounds to odd, after which rounding to single precision is as if from the exact value (Boldo & Melquiond 2008).
const ODD: &str = r#"    even = struct.unpack("<Q", struct.pack("<d", y))[0] % 2 == 0
    if even and Fraction(y) != exact:
        y = math.nextafter(y, math.inf if exact > Fraction(y) else -math.inf)
"#;

pub(super) fn write(code: &Code) -> String {
    let name = &code.emission.name;
    let [target, bound, formula, origin] = code.description();
    let single = code.is_f32();
    let fused = code.has_op(Op::Fma);
    let unary: Vec<Op> = [Op::Sqrt, Op::Exp].into_iter().filter(|&op| code.has_op(op)).collect();
    let mut text = format!("\"\"\"{target}\n\n{bound}\n\n    {formula}\n\n{origin}\n\"\"\"\n");
    let imports = [
        ("import math\n", single || fused || !unary.is_empty()),
        ("import struct\n", single),
        ("from fractions import Fraction\n", fused),
    ];
    if imports[0].1 {
        text += "\n";
    }
    text.extend(imports.into_iter().filter(|(_, needed)| *needed).map(|(import, _)| import));
    text += "\ntry:\n    import numpy as _np\nexcept ImportError:\n    _np = None\n";
    text += if single { ROUND } else { DOUBLE };
    for op in unary {
        text += &UNARY.replace("NAME", op.name());
    }
    if fused {
        text += &FMA.replace("ODD", if single { ODD } else { "" });
    }
    let constants = code.constants();
    let table = format!("_{}", name.to_uppercase());
    let names: Vec<String> = constants.iter().map(|(i, _)| format!("c{}", i + 1)).collect();
    if !constants.is_empty() {
        let row =
            |(_, c): &(usize, f64)| format!("    float.fromhex(\"{}\"),  # {}\n", hex::format(*c), code.shortest(*c));
        let rows: String = constants.iter().map(row).collect();
        text += &format!("\n\n{table} = (\n{rows})\n");
    }
    text += &format!("\n\ndef {name}(x):\n    \"\"\"{target}\n\n    {bound}\n    \"\"\"\n");
    if !constants.is_empty() {
        let comma = if names.len() == 1 { "," } else { "" };
        text += &format!("    {}{comma} = {table}\n", names.join(", "));
    }
    text += &format!("    x = {}(x)\n", if single { "_round" } else { "_double" });
    let mut lines = lines(code.program, &Python { rounds: single });
    let result = lines.pop().map_or_else(|| "x".to_owned(), |line| line.text);
    for line in lines {
        text += &format!("    {} = {}\n", line.name, line.text);
    }
    text += &format!("    return {result}\n");
    if code.references.is_empty() { text } else { text + &test(code) }
}

fn test(code: &Code) -> String {
    let name = &code.emission.name;
    let rows: Vec<String> = code
        .references
        .iter()
        .map(|r| {
            let row = [r.x, r.y, r.hi, r.lo, r.tolerance].map(|v| format!("\"{}\"", hex::format(v)));
            format!("        ({}),\n", row.join(", "))
        })
        .collect();
    let same_bits = if code.bits_are_portable() {
        "        assert _y.hex() == _program.hex(), f\"the bits differ at {_x!r}\"\n"
    } else {
        ""
    };
    format!(
        "

if __name__ == \"__main__\":
    # Argument, the program's value, the function's value as a sum of two doubles, tolerance.
    _reference = [
{}    ]
    for _row in _reference:
        _x, _program, _hi, _lo, _tolerance = map(float.fromhex, _row)
        _y = float({name}(_x))
{same_bits}        _error = abs((_y - _hi) - _lo)
        assert _error <= _tolerance, f\"off by {{_error:.3e}} at {{_x!r}}\"
    print(\"{name}: no failure at {} points\")
",
        rows.concat(),
        rows.len(),
    )
}
