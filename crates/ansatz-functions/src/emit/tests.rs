//! Emitted code is compiled and run, and its bits are compared with those of the program.

use super::*;
use crate::certify::{Options, certify};
use crate::program::samples;
use ansatz_core::Seed;
use std::path::{Path, PathBuf};
use std::process::Command;

const FORMATS: [Format; 2] = [Format::F32, Format::F64];

fn exp2(weight: Weight) -> Target {
    Target::parse("2^x", "(0, 1]", weight).unwrap()
}

/// A folder of its own that disappears with the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("ansatz-emit-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Standard output of a command, if it could be started; `Err` holds standard error of a failure.
fn run(tool: &str, args: &[&str]) -> Option<Result<String, String>> {
    match Command::new(tool).args(args).output() {
        Ok(output) if output.status.success() => Some(Ok(String::from_utf8(output.stdout).unwrap())),
        Ok(output) => {
            let text = [output.stdout, output.stderr].concat();
            Some(Err(String::from_utf8_lossy(&text).into_owned()))
        }
        Err(error) => {
            eprintln!("NOT CHECKED: {tool} is not available ({error})");
            None
        }
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn rustc() -> String {
    std::env::var("RUSTC").unwrap_or_else(|_| "rustc".into())
}

/// About a thousand doubles that are exact in both formats: moderate, of all magnitudes, special.
fn points() -> Vec<f64> {
    let mut stream = Seed(3).stream("points", 0);
    let mut points = vec![0.0, -0.0, 1.0, f64::INFINITY, f64::NEG_INFINITY, 1e-40, -3e38, 0.5, 2.0];
    points.extend((0..600).map(|_| stream.uniform_in(-4.0, 4.0)));
    points.extend((0..400).map(|_| stream.uniform_in(-1.0, 1.0) * 2f64.powi(stream.below(200) as i32 - 100)));
    points.into_iter().map(|x| f64::from(x as f32)).collect()
}

/// The program's value, as the bits of a double; all not-a-numbers alike.
fn expected(program: &Program, format: Format, x: f64) -> String {
    let y = match format {
        Format::F32 => f64::from(program.eval(&(x as f32))),
        Format::F64 => program.eval(&x),
    };
    bits(y)
}

fn bits(y: f64) -> String {
    if y.is_nan() { "nan".into() } else { format!("{:016x}", y.to_bits()) }
}

/// Every sample in a format, and the code of all of them as functions `sample_0`, `sample_1`, ….
fn samples_in(language: Language, format: Format) -> (Vec<Program>, String) {
    let target = exp2(Weight::Absolute);
    let programs: Vec<Program> = samples::all()
        .iter()
        .map(|program| program.rounded_to(format))
        .filter(|program| check_constants(program, format).is_ok())
        .collect();
    assert!(programs.len() >= 25);
    let mut code = String::new();
    for (i, program) in programs.iter().enumerate() {
        let emission = Emission { format, ..Emission::new(language, format!("sample_{i}"), &target) };
        code += &emit(program, &emission).unwrap();
    }
    (programs, code)
}

/// Lines of bits: all points of the first program, then of the second, …
fn compare(programs: &[Program], format: Format, output: &str, may_raise: bool) {
    let mut lines = output.lines();
    let mut raised = 0;
    for (i, program) in programs.iter().enumerate() {
        for x in points() {
            let got = lines.next().unwrap();
            if got == "raised" && may_raise {
                // Plain Python floats raise where IEEE arithmetic goes through an infinity or a not-a-number.
                let constants: Vec<f64> = program.constants.iter().map(|c| c.hi).collect();
                let mut values = Vec::new();
                program.shape.eval_into(&x, &constants, &mut values);
                let single = constants.iter().map(|&c| c as f32).collect::<Vec<_>>();
                let mut single_values = Vec::new();
                program.shape.eval_into(&(x as f32), &single, &mut single_values);
                assert!(values.iter().any(|v| !v.is_finite()) || single_values.iter().any(|v| !v.is_finite()));
                raised += 1;
                continue;
            }
            assert_eq!(got, expected(program, format, x), "program {i} ({program:#}) at {x:?} in {format:?}");
        }
    }
    assert_eq!(lines.next(), None);
    assert!(raised < 2000, "{raised} of {} evaluations raised", programs.len() * points().len());
}

#[test]
fn rust_computes_the_same_bits() {
    for format in FORMATS {
        let (programs, mut code) = samples_in(Language::Rust, format);
        let float = if format == Format::F32 { "f32" } else { "f64" };
        let list: Vec<String> = (0..programs.len()).map(|i| format!("sample_{i}")).collect();
        let points: Vec<String> = points().iter().map(|x| format!("{:#x}", x.to_bits())).collect();
        code += &format!(
            "fn main() {{
                let points: &[u64] = &[{}];
                for f in [{}] as [fn({float}) -> {float}; {}] {{
                    for &x in points {{
                        #[allow(clippy::all)]
                        let y = f64::from(f(std::hint::black_box(f64::from_bits(x)) as {float}));
                        if y.is_nan() {{ println!(\"nan\") }} else {{ println!(\"{{:016x}}\", y.to_bits()) }}
                    }}
                }}
            }}",
            points.join(", "),
            list.join(", "),
            list.len()
        );
        let scratch = Scratch::new(&format!("rust-{float}"));
        let source = scratch.write("samples.rs", &code);
        let program = scratch.0.join("samples");
        let flags = ["--edition=2021", "-O", "-Ctarget-cpu=native", "-Dwarnings", text(&source), "-o", text(&program)];
        let Some(compiled) = run(&rustc(), &flags) else { return };
        compiled.unwrap();
        compare(&programs, format, &run(text(&program), &[]).unwrap().unwrap(), false);
    }
}

#[test]
fn c_computes_the_same_bits_even_where_compilers_contract() {
    for format in FORMATS {
        let (programs, mut code) = samples_in(Language::C, format);
        let float = if format == Format::F32 { "float" } else { "double" };
        let list: Vec<String> = (0..programs.len()).map(|i| format!("sample_{i}")).collect();
        let points: Vec<String> =
            points()
                .iter()
                .map(|x| {
                    if x.is_finite() { hex::format(*x) } else { format!("{}HUGE_VAL", if *x < 0.0 { "-" } else { "" }) }
                })
                .collect();
        code += &format!(
            "#include <stdio.h>
            #include <string.h>
            static const double points[] = {{{}}};
            static {float} (*const functions[])({float}) = {{{}}};
            int main(void) {{
                for (unsigned f = 0; f < sizeof functions / sizeof *functions; f++)
                    for (unsigned i = 0; i < sizeof points / sizeof *points; i++) {{
                        volatile {float} x = ({float})points[i];
                        const double y = functions[f](x);
                        unsigned long long bits;
                        memcpy(&bits, &y, sizeof bits);
                        if (y != y) puts(\"nan\"); else printf(\"%016llx\\n\", bits);
                    }}
                return 0;
            }}
            ",
            points.join(", "),
            list.join(", ")
        );
        let scratch = Scratch::new(&format!("c-{float}"));
        let source = scratch.write("samples.c", &code);
        let program = scratch.0.join("samples");
        let strict = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-O1"];
        let eager = ["-O3", "-march=native", "-ffp-contract=fast"];
        for flags in [&strict[..], &eager[..]] {
            let args = [flags, &[text(&source), "-o", text(&program), "-lm"]].concat();
            let Some(compiled) = run("cc", &args) else { return };
            compiled.unwrap();
            compare(&programs, format, &run(text(&program), &[]).unwrap().unwrap(), false);
        }
    }
}

#[test]
fn python_computes_the_same_bits_with_and_without_numpy() {
    for format in FORMATS {
        let (programs, mut code) = samples_in(Language::Python, format);
        let points: Vec<String> = points().iter().map(|x| format!("\"{}\"", hex::format(*x))).collect();
        code += &format!(
            "
import struct as _s
_points = [float.fromhex(p) for p in [{}]]
for _i in range({}):
    _f = globals()[f\"sample_{{_i}}\"]
    for _x in _points:
        try:
            _y = float(_f(_x))
            print(\"nan\" if _y != _y else _s.pack(\">d\", _y).hex())
        except (ZeroDivisionError, ValueError):
            print(\"raised\")
",
            points.join(", "),
            programs.len()
        );
        let scratch = Scratch::new(&format!("python-{format:?}"));
        let source = scratch.write("samples.py", &code);
        let plain = scratch.write("plain.py", &format!("import sys\nsys.modules['numpy'] = None\n{code}"));
        let Some(output) = run("python3", &["-W", "ignore", text(&plain)]) else { return };
        compare(&programs, format, &output.unwrap(), true);
        if run("python3", &["-c", "import numpy"]).is_some_and(|result| result.is_ok()) {
            compare(&programs, format, &run("python3", &["-W", "ignore", text(&source)]).unwrap().unwrap(), false);
        } else {
            eprintln!("NOT CHECKED: NumPy is not installed");
        }
    }
}

/// The emitted test of `program` in each language: whether it passes, and its output.
fn emitted_test(
    program: &Program,
    emission: &Emission,
    change: impl Fn(&str) -> String,
) -> Option<Result<String, String>> {
    let code = change(&emit(program, emission).unwrap());
    let language = emission.language;
    let scratch = Scratch::new(&format!("test-{}-{}-{}", emission.name, language.name(), code.len()));
    let source = scratch.write(&format!("code.{}", language.extension()), &code);
    let binary = scratch.0.join("code");
    let built = match language {
        Language::Rust => {
            run(&rustc(), &["--test", "--edition=2021", "-Dwarnings", text(&source), "-o", text(&binary)])
        }
        Language::C => {
            let guard = format!("-D{}_TEST", emission.name.to_uppercase());
            run("cc", &["-std=c99", "-Wall", "-Wextra", "-Werror", &guard, text(&source), "-o", text(&binary), "-lm"])
        }
        _ => return run("python3", &[text(&source)]),
    };
    built?.unwrap();
    run(text(&binary), &[])
}

const CODE: [Language; 3] = [Language::Rust, Language::C, Language::Python];

#[test]
fn the_emitted_test_passes_and_a_changed_constant_fails_it() {
    let bound = |upper, origin| Some(Bound::new(upper, origin, "five.cert.json"));
    let target = exp2(Weight::Absolute);
    for language in CODE {
        for (format, origin) in
            [(Format::F64, Origin::Executed(Format::F64)), (Format::F64, Origin::Real), (Format::F32, Origin::Real)]
        {
            let program = samples::five().rounded_to(format);
            // 6.3386e-6 is the published program's error; rounding its constants to binary32 costs about 1e-6.
            let upper = if format == Format::F64 { 6.34e-6 } else { 8.0e-6 };
            let emission = Emission {
                format,
                bound: bound(upper, origin),
                test: true,
                ..Emission::new(language, "exp2_5", &target)
            };
            let Some(result) = emitted_test(&program, &emission, str::to_owned) else { continue };
            let output = result.unwrap();
            assert!(
                output.contains("33 points") || output.contains("32 points") || output.contains("1 passed"),
                "{output}"
            );
            // One constant moved by about 1e-5: off the bound as well as the bits.
            let wrong = |code: &str| {
                let index = if language == Language::Rust { "C2" } else { "c2" };
                assert!(code.contains(index));
                match language {
                    Language::Rust => code.replacen("= 17.746", "= 17.747", 1),
                    _ => code.replacen("0x1.1bf", "0x1.1b0", 1),
                }
            };
            assert!(emitted_test(&program, &emission, wrong).unwrap().is_err(), "{language:?} {format:?}");
        }
    }
}

#[test]
fn a_program_with_exp_is_tested_by_its_error_alone() {
    let mut p = Program::builder();
    let x = p.input();
    let c = p.constant(std::f64::consts::LN_2);
    let product = p.op(Op::Mul, &[c, x]);
    let f = p.op(Op::Exp, &[product]);
    let program = p.finish(f);
    let target = exp2(Weight::Ulp(Format::F64));
    let bound = Some(Bound::new(3.0, Origin::Sampled, "33 points"));
    for language in CODE {
        let emission = Emission { bound: bound.clone(), test: true, ..Emission::new(language, "power", &target) };
        let code = emit(&program, &emission).unwrap();
        assert!(!code.contains("bits differ"));
        if let Some(result) = emitted_test(&program, &emission, str::to_owned) {
            result.unwrap();
        }
    }
}

#[test]
fn constants_are_exact_and_documentation_tells_the_bound() {
    let target = exp2(Weight::Relative);
    let bound = Some(Bound::new(6.33861e-6, Origin::Executed(Format::F64), "a.json"));
    let emission = |language| Emission { bound: bound.clone(), ..Emission::new(language, "exp2_5", &target) };
    let program = samples::five();
    let rust = emit(&program, &emission(Language::Rust)).unwrap();
    assert!(rust.contains("2^x on (0, 1] in 5 operations, binary64."), "{rust}");
    assert!(
        rust.contains("The relative error as executed in binary64 is at most 6.339e-6, proved by a.json."),
        "{rust}"
    );
    assert!(rust.contains("const C1: f64 = 25.59674974014482; // 0x1.998c49749d189p+4"), "{rust}");
    assert!(rust.contains("C2 / (C3 + (x + C1 / x)) - C4"), "{rust}");
    let c = emit(&program, &emission(Language::C)).unwrap();
    assert!(c.contains("const double c1 = 0x1.998c49749d189p+4;"), "{c}");
    let python = emit(&program, &emission(Language::Python)).unwrap();
    assert!(python.contains("float.fromhex(\"0x1.998c49749d189p+4\")"), "{python}");
    let json = emit(&program, &emission(Language::Json)).unwrap();
    assert_eq!(Program::from_json(&json, "x.json").unwrap(), program);
}

#[test]
fn a_certificate_gives_the_bound_of_its_program_only() {
    let target = Target::parse("2^x", "(0, 1]", Weight::Relative).unwrap();
    let program = samples::ten();
    let options = Options::default();
    let real = certify(&program, &target, Arithmetic::Real, &options).unwrap();
    let bound = Bound::certified(&real, &program, "real.json").unwrap();
    assert!(bound.origin == Origin::Real && bound.upper < 3.56e-15 && bound.upper >= 3.52e-15, "{bound:?}");
    let mut other = program.clone();
    other.constants[0].hi = other.constants[0].hi.next_up();
    assert!(Bound::certified(&real, &other, "real.json").unwrap_err().to_string().contains("another program"));
    let executed = certify(&program, &target, Arithmetic::F64, &options).unwrap();
    for certificate in [real, executed] {
        let bound = Some(Bound::certified(&certificate, &program, "ten.json").unwrap());
        for language in CODE {
            let emission = Emission { bound: bound.clone(), test: true, ..Emission::new(language, "exp2_10", &target) };
            if let Some(result) = emitted_test(&program, &emission, str::to_owned) {
                result.unwrap();
            }
        }
    }
}

#[test]
fn latex_has_shared_lines_and_squares() {
    let target = exp2(Weight::Relative);
    let latex = emit(&samples::ten(), &Emission::new(Language::Latex, "exp2_10", &target)).unwrap();
    for part in [
        "  t &= x + \\frac{c_{1}}{x} \\\\\n",
        "  u &= \\frac{c_{4}}{c_{2} + (t + \\frac{c_{3}}{t})} - c_{5} \\\\\n",
        "  v &= u^{2} \\\\\n",
        "  \\mathrm{exp2\\_10}(x) &= w^{2}\n",
        "  c_{2} &= -250.5524749497206 \\\\\n",
    ] {
        assert!(latex.contains(part), "{latex}");
    }
    assert_eq!(latex.matches('{').count(), latex.matches('}').count());
    assert_eq!(number("-1.5e-9"), "-1.5 \\times 10^{-9}");
}

#[test]
fn what_cannot_be_emitted_is_refused_with_a_sentence() {
    let target = exp2(Weight::Relative);
    let refusal = |program: &Program, emission: Emission| emit(program, &emission).unwrap_err().to_string();
    let base = |language| Emission::new(language, "f5", &target);
    let bound = |upper| Some(Bound::new(upper, Origin::Executed(Format::F64), "r"));
    let five = samples::five();
    for name in ["", "Exp", "2x", "a-b", "while", "é", "_x", "main"] {
        let sentence = refusal(&five, Emission { name: name.into(), ..base(Language::Rust) });
        assert!(sentence.starts_with(&format!("name is {name:?}, but must be ")), "{sentence}");
    }
    for name in ["exp2", "exp2f", "sqrtl"] {
        assert!(refusal(&five, Emission { name: name.into(), ..base(Language::C) }).contains("mathematical library"));
        assert!(emit(&five, &Emission { name: name.into(), ..base(Language::Rust) }).is_ok());
    }
    let precise = refusal(&samples::precise(), base(Language::C));
    assert!(precise.starts_with("constant c1 is 2.559674974014"), "{precise}");
    assert!(precise.contains("but must be a number of binary64"), "{precise}");
    assert!(refusal(&five, Emission { format: Format::F32, ..base(Language::Rust) }).contains("a number of binary32"));
    let other = Emission { format: Format::F32, bound: bound(1.0), ..base(Language::C) };
    let rounded = samples::five().rounded_to(Format::F32);
    assert!(refusal(&rounded, other).starts_with("format is binary32, but must be binary64, for which"));
    assert!(emit(&samples::precise(), &base(Language::Latex)).is_ok());
    for upper in [f64::NAN, f64::INFINITY, -1.0] {
        assert!(refusal(&five, Emission { bound: bound(upper), ..base(Language::Rust) }).starts_with("bound is "));
    }
    assert!(refusal(&five, Emission { test: true, ..base(Language::Rust) }).contains("together with an error bound"));
    assert!(
        refusal(&five, Emission { test: true, bound: bound(1.0), ..base(Language::Json) }).contains("LaTeX and JSON")
    );
    let broken = refusal(&five, Emission { test: true, bound: bound(1e-9), ..base(Language::C) });
    assert!(broken.starts_with("refused: at x = ") && broken.contains("more than the bound's"), "{broken}");
    let mut unsound = five.clone();
    unsound.constants.pop();
    assert!(refusal(&unsound, base(Language::Rust)).contains("unsound"));
    // A pole on a point of the test.
    let mut p = Program::builder();
    let x = p.input();
    let half = p.constant(1.0);
    let d = p.op(Op::Sub, &[x, half]);
    let f = p.op(Op::Div, &[half, d]);
    let pole = refusal(&p.finish(f), Emission { test: true, bound: bound(1e6), ..base(Language::C) });
    assert_eq!(pole, "the program as executed in binary64 is not finite at x = 1.0");
    assert!(Language::from_name("rusty").unwrap_err().to_string().contains("did you mean \"rust\""));
    assert_eq!(Language::from_name("latex").unwrap(), Language::Latex);
}

#[test]
fn printed_bounds_are_rounded_up() {
    for (x, text) in
        [(6.33861e-6, "6.339e-6"), (0.5, "5.000e-1"), (9.99999, "1.000e1"), (0.0, "0.000e0"), (1.0, "1.000e0")]
    {
        assert_eq!(upward(x), text);
    }
    let mut stream = Seed(1).stream("bounds", 0);
    for _ in 0..10_000 {
        let x = 10f64.powf(stream.uniform_in(-300.0, 300.0));
        let printed: f64 = upward(x).parse().unwrap();
        assert!(printed >= x && printed <= x * 1.001_000_1);
    }
}

#[test]
fn text_from_outside_cannot_leave_its_comment() {
    let mut target = exp2(Weight::Relative);
    target.name = "x */ int y; /* \"\"\" \n y = 1".into();
    for language in CODE {
        let code = emit(&samples::five(), &Emission::new(language, "f5", &target)).unwrap();
        assert!(code.contains("x * / int y; /* ''' "), "{code}");
        for escape in ["x */", "\n y = 1", "/* \"\"\""] {
            assert!(!code.contains(escape), "{code}");
        }
    }
}

use super::latex::number;
use crate::number::hex;
