//! C99. Contraction of `a*b + c` is switched off; options that break IEEE arithmetic are refused at compile time.

use super::Code;
use crate::number::hex;
use crate::program::Op;
use crate::program::text::{Binding, Notation, Term, lines};

struct C {
    /// `f` for single precision.
    suffix: &'static str,
}

impl Notation for C {
    fn constant(&self, index: usize) -> String {
        format!("c{}", index + 1)
    }

    fn operation(&self, op: Op, args: &[&Term]) -> Term {
        use Binding::{Product, Sum};
        let suffix = self.suffix;
        let scaled = |factor: &str| Term::infix(&Term::atom(format!("{factor}{suffix}")), " * ", args[0], Product);
        match op {
            Op::Add => Term::infix(args[0], " + ", args[1], Sum),
            Op::Sub => Term::infix(args[0], " - ", args[1], Sum),
            Op::Mul => Term::infix(args[0], " * ", args[1], Product),
            Op::Div => Term::infix(args[0], " / ", args[1], Product),
            Op::Fma | Op::Sqrt | Op::Exp => Term::call(&format!("{}{suffix}", op.name()), args),
            Op::Double => scaled("2.0"),
            Op::Half => scaled("0.5"),
            Op::Quadruple => scaled("4.0"),
            Op::Quarter => scaled("0.25"),
        }
    }
}

pub(super) fn write(code: &Code) -> String {
    let name = &code.emission.name;
    let (float, suffix) = if code.is_f32() { ("float", "f") } else { ("double", "") };
    let [target, bound, formula, origin] = code.description();
    // In double precision, a float that is evaluated as a double makes no difference.
    let sound_method =
        if code.is_f32() { "FLT_EVAL_METHOD != 0" } else { "FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 1" };
    let mut body = String::new();
    for (i, c) in code.constants() {
        body += &format!("    const {float} c{} = {}{suffix}; /* {} */\n", i + 1, hex::format(c), code.shortest(c));
    }
    if !code.reads_input() {
        body += "    (void)x;\n";
    }
    let mut lines = lines(code.program, &C { suffix });
    let result = lines.pop().map_or_else(|| "x".to_owned(), |line| line.text);
    for line in lines {
        body += &format!("    const {float} {} = {};\n", line.name, line.text);
    }
    // GCC does not know the standard pragma, and contracts by default where the machine can.
    let text = format!(
        "/* {target}
 *
 * {bound}
 *
 * {formula}
 *
 * {origin}
 */
#include <float.h>
#include <math.h>

#ifdef __FAST_MATH__
#error \"-ffast-math voids the error bound\"
#endif
#if defined(FLT_EVAL_METHOD) && {sound_method}
#error \"intermediate results must have the format's own precision: try -msse2 -mfpmath=sse\"
#endif
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC optimize(\"fp-contract=off\")
#else
#pragma STDC FP_CONTRACT OFF
#endif

{float} {name}({float} x)
{{
{body}    return {result};
}}

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC pop_options
#endif
"
    );
    if code.references.is_empty() { text } else { text + &test(code, float, suffix) }
}

fn test(code: &Code, float: &str, suffix: &str) -> String {
    let name = &code.emission.name;
    let guard = format!("{}_TEST", name.to_uppercase());
    let rows: Vec<String> = code
        .references
        .iter()
        .map(|r| {
            let [x, y, hi, lo, tolerance] = [r.x, r.y, r.hi, r.lo, r.tolerance].map(hex::format);
            format!("    {{{x}{suffix}, {y}{suffix}, {hi}, {lo}, {tolerance}}},\n")
        })
        .collect();
    let same_bits = if code.bits_are_portable() {
        "        if (memcmp(&y, &reference[i].program, sizeof y) != 0) {
            printf(\"the compiled bits differ at %a\\n\", (double)x);
            failures++;
        }
"
    } else {
        ""
    };
    // The volatile argument keeps the compiler from working the answer out at compile time.
    format!(
        "
/* cc -D{guard} {name}.c -lm && ./a.out */
#ifdef {guard}
#include <stdio.h>
#include <string.h>

/* Argument, the program's value, the function's value as a sum of two doubles, tolerance. */
static const struct {{ {float} x, program; double hi, lo, tolerance; }} reference[] = {{
{}}};

int main(void)
{{
    int failures = 0;
    for (unsigned i = 0; i < sizeof reference / sizeof *reference; i++) {{
        volatile {float} x = reference[i].x;
        const {float} y = {name}(x);
        const double error = fabs(((double)y - reference[i].hi) - reference[i].lo);
{same_bits}        if (!(error <= reference[i].tolerance)) {{
            printf(\"off by %g at %a\\n\", error, (double)x);
            failures++;
        }}
    }}
    printf(\"{name}: %d failures at {} points\\n\", failures);
    return failures != 0;
}}
#endif
",
        rows.concat(),
        rows.len(),
    )
}
