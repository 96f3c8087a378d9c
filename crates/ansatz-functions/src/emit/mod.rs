//! Turns a program into code that somebody can compile, run, read or load: Rust, C, Python/NumPy, LaTeX, JSON.
//!
//! The emitted function does the operations of the program in their order, in one format, and nothing else: constants
//! are written exactly, a fused multiply-add appears only where the program has one, and contraction is switched off
//! where a language has it. So it returns the bits of [`Program::eval`](crate::program::Program::eval) (except for
//! `exp`, which every mathematical library rounds in its own way). What the function is, its error bound and where the
//! bound comes from stand in its documentation; a test of it comes along on demand.

#![allow(clippy::format_push_string)] // it reads best, and nobody waits for an emission

mod c;
mod latex;
mod python;
mod reference;
mod rust;
#[cfg(test)]
mod tests;

use crate::certify::{Arithmetic, Certificate};
use crate::number::Scalar;
use crate::program::{About, Node, Op, Program, text::decimal};
use crate::target::{Format, Target, Weight};
use ansatz_core::{Error, Result};
use reference::Reference;

/// What to write a program in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the names say it
pub enum Language {
    Rust,
    C,
    Python,
    Latex,
    Json,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 5] = [Self::Rust, Self::C, Self::Python, Self::Latex, Self::Json];

    /// The lower-case name used on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::C => "c",
            Self::Python => "python",
            Self::Latex => "latex",
            Self::Json => "json",
        }
    }

    /// The usual ending of its files.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Rust => "rs",
            Self::C => "c",
            Self::Python => "py",
            Self::Latex => "tex",
            Self::Json => "json",
        }
    }

    /// The language of that [`name`](Self::name).
    ///
    /// # Errors
    /// [`Error::Unknown`] with the nearest name.
    pub fn from_name(name: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|language| language.name() == name)
            .ok_or_else(|| Error::unknown("language", name, Self::ALL.map(Self::name)))
    }
}

/// What an error bound is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Proved of the program as it is executed in the format, rounding included.
    Executed(Format),
    /// Proved of the program in real arithmetic; rounding comes on top.
    Real,
    /// The largest error found at sample points of the executed program; not proved.
    Sampled,
}

/// An upper bound of the error in the target's measure.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    /// The bound, in the target's [`Weight`].
    pub upper: f64,
    /// What it is worth.
    pub origin: Origin,
    /// It covers the points of the interval with `|x|` from here on.
    pub from: f64,
    /// Where it comes from, such as the name of the certificate's file.
    pub reference: String,
}

impl Bound {
    /// A bound of the whole interval.
    pub fn new(upper: f64, origin: Origin, reference: impl Into<String>) -> Self {
        Self { upper, origin, from: 0.0, reference: reference.into() }
    }

    /// What a certificate proves of `program`; `reference` is the name of its file.
    ///
    /// # Errors
    /// [`Error::Refused`] if the certificate is one of another program.
    pub fn certified(certificate: &Certificate, program: &Program, reference: impl Into<String>) -> Result<Self> {
        let reference = reference.into();
        if certificate.program != *program {
            return Err(Error::refused(format!(
                "{reference} is the certificate of another program or of other constants"
            )));
        }
        let origin = match certificate.arithmetic {
            Arithmetic::Real => Origin::Real,
            Arithmetic::F32 => Origin::Executed(Format::F32),
            Arithmetic::F64 => Origin::Executed(Format::F64),
        };
        Ok(Self { upper: certificate.bound, origin, from: certificate.executed_from, reference })
    }
}

/// What to emit.
#[derive(Clone, Debug)]
pub struct Emission<'a> {
    /// The language.
    pub language: Language,
    /// The format of argument, constants, intermediate values and result (Rust, C, Python).
    pub format: Format,
    /// The name of the function: lower-case letters, digits and underscores.
    pub name: String,
    /// What the program approximates, where, and in which measure of error.
    pub target: &'a Target,
    /// The error bound, if one is known.
    pub bound: Option<Bound>,
    /// Whether a test comes with the function (Rust `#[test]`, C `main` under `#ifdef`, Python `__main__`). It compares
    /// the function with the program's own bits and with the true values within the bound, at up to 33 points.
    pub test: bool,
}

impl<'a> Emission<'a> {
    /// Double precision, no bound, no test.
    pub fn new(language: Language, name: impl Into<String>, target: &'a Target) -> Self {
        Self { language, format: Format::F64, name: name.into(), target, bound: None, test: false }
    }
}

/// The text of `program` in the wanted language.
///
/// # Errors
/// [`Error::Parameter`] if the name is not fit to be a function's, if a bound is not a number ≥ 0, if a test is wanted
/// without a bound or in a language without tests, if the bound is proved for another format, or if code is wanted whose constants do not fit the format (see
/// [`Program::rounded_to`]); [`Error::Refused`] if the program is unsound or breaks the bound at a point of the test;
/// [`Error::NotFinite`] if program or function have no value at such a point.
pub fn emit(program: &Program, emission: &Emission) -> Result<String> {
    let Emission { language, format, name, target, bound, test } = emission;
    if let Some(fault) = program.fault() {
        return Err(Error::refused(format!("the program is unsound: {fault}")));
    }
    check_name(name, *language)?;
    if let Some(bound) = bound
        && !(bound.upper >= 0.0 && bound.upper.is_finite())
    {
        return Err(Error::parameter("bound", bound.upper, "a finite number that is not negative"));
    }
    let is_code = matches!(language, Language::Rust | Language::C | Language::Python);
    if let Some(Bound { origin: Origin::Executed(proved), .. }) = bound
        && proved != format
        && is_code
    {
        let allowed = format!("{}, for which the bound is proved", format_text(*proved));
        return Err(Error::parameter("format", format_text(*format), allowed));
    }
    if is_code {
        check_constants(program, *format)?;
    }
    let references = match bound {
        _ if !test => Vec::new(),
        _ if !is_code => return Err(Error::parameter("test", "true", "false for LaTeX and JSON")),
        None => return Err(Error::parameter("test", "true", "used together with an error bound to test against")),
        Some(bound) => reference::references(program, *format, target, bound)?,
    };
    let code = Code { program, emission, references };
    Ok(match language {
        Language::Rust => rust::write(&code),
        Language::C => c::write(&code),
        Language::Python => python::write(&code),
        Language::Latex => latex::write(&code),
        Language::Json => {
            let about = About { name: name.clone(), target: code.target_text(), bound: code.bound_text() };
            program.to_json(Some(&about))
        }
    })
}

/// What the writers of all languages share.
struct Code<'a> {
    program: &'a Program,
    emission: &'a Emission<'a>,
    references: Vec<Reference>,
}

impl Code<'_> {
    /// `2^x on (0, 1]`, or `exp2 = 2^x on (0, 1]` of a target with a name of its own.
    fn target_text(&self) -> String {
        let Target { name, interval, .. } = self.emission.target;
        let expression = self.emission.target.expression().map(ToString::to_string).filter(|text| text != name);
        let expression = expression.map_or_else(String::new, |text| format!(" = {text}"));
        one_line(&format!("{name}{expression} on {interval}"))
    }

    /// One sentence about the error.
    fn bound_text(&self) -> String {
        let measure = match self.emission.target.weight {
            Weight::Relative => "relative error",
            Weight::Absolute => "absolute error",
            Weight::Ulp(Format::F32) => "error in units of the last place of binary32",
            Weight::Ulp(Format::F64) => "error in units of the last place of binary64",
        };
        let Some(Bound { upper, origin, from, reference }) = &self.emission.bound else {
            return format!("No bound of the {measure} is known.");
        };
        let (upper, reference) = (upward(*upper), one_line(reference));
        let from = if *from > 0.0 { format!(" for |x| ≥ {from:e}") } else { String::new() };
        match origin {
            Origin::Executed(format) => {
                let format = format_text(*format);
                format!("The {measure} as executed in {format} is at most {upper}{from}, proved by {reference}.")
            }
            Origin::Real => {
                format!(
                    "The {measure} in real arithmetic is at most {upper}{from}, proved by {reference}; rounding adds to it."
                )
            }
            Origin::Sampled => {
                format!("The largest {measure} found by {reference} is {upper}{from}; this is no proof.")
            }
        }
    }

    /// The lines of documentation, the same in every language.
    fn description(&self) -> [String; 4] {
        let operations = self.program.shape.operations();
        let plural = if operations == 1 { "" } else { "s" };
        [
            format!("{} in {operations} operation{plural}, {}.", self.target_text(), format_text(self.emission.format)),
            self.bound_text(),
            self.program.to_string(),
            format!("Emitted by Ansatz {}.", env!("CARGO_PKG_VERSION")),
        ]
    }

    /// The constants that the code needs: index and value, which [`check_constants`] found exact in the format.
    fn constants(&self) -> Vec<(usize, f64)> {
        self.program.used_constants().into_iter().map(|i| (i, self.program.constants[i].hi)).collect()
    }

    /// Whether a node of that kind reaches the result.
    fn has(&self, wanted: impl Fn(&Node) -> bool) -> bool {
        let live = self.program.shape.live();
        self.program.shape.nodes.iter().zip(live).any(|(node, live)| live && wanted(node))
    }

    fn has_op(&self, wanted: Op) -> bool {
        self.has(|node| matches!(node, Node::Op(op, _) if *op == wanted))
    }

    fn reads_input(&self) -> bool {
        self.has(|node| *node == Node::Input)
    }

    /// `exp` is rounded differently by different libraries: no test may ask for its bits.
    fn bits_are_portable(&self) -> bool {
        !self.has_op(Op::Exp)
    }

    fn is_f32(&self) -> bool {
        self.emission.format == Format::F32
    }

    /// The shortest decimal of a number of the format; a `binary32` needs fewer digits than the same double.
    fn shortest(&self, x: f64) -> String {
        if self.is_f32() { format!("{:?}", x as f32) } else { format!("{x:?}") }
    }
}

/// Text from outside must not end the comment that it stands in.
fn one_line(text: &str) -> String {
    let text = text.replace(|c: char| c.is_control(), " ");
    text.replace("*/", "* /").replace("\"\"\"", "'''").replace('\\', "/")
}

fn format_text(format: Format) -> &'static str {
    match format {
        Format::F32 => "binary32",
        Format::F64 => "binary64",
    }
}

/// Four digits, rounded up: the printed bound must hold too.
fn upward(x: f64) -> String {
    let text = format!("{x:.3e}");
    if text.parse().is_ok_and(|rounded: f64| rounded >= x) {
        return text;
    }
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let digits = digits.replace('.', "").parse().unwrap_or(9999u32) + 1;
    let exponent = exponent.parse().unwrap_or(0i32);
    let (digits, exponent) = if digits == 10_000 { (1000, exponent + 1) } else { (digits, exponent) };
    format!("{}.{:03}e{exponent}", digits / 1000, digits % 1000)
}

fn check_constants(program: &Program, format: Format) -> Result<()> {
    let rounded = program.rounded_to(format);
    for i in program.used_constants() {
        if program.constants[i] != rounded.constants[i] || !rounded.constants[i].is_finite() {
            let value = decimal(program.constants[i]);
            let allowed = format!(
                "a number of {}: round the program's constants to the format, which is another program with its own bound",
                format_text(format)
            );
            return Err(Error::parameter(format!("constant c{}", i + 1), value, allowed));
        }
    }
    Ok(())
}

/// Words that are taken in at least one of Rust, C and Python.
const RESERVED: &str = "abstract alignas alignof and as assert async auto await become bool box break case char class \
    const constexpr continue crate def default del do double dyn elif else enum except extern f32 f64 false final \
    finally float fn for from gen global goto if impl import in inline int is lambda let long loop macro main match \
    memcmp mod move mut nonlocal not nullptr or override pass printf priv pub raise ref register restrict return self \
    short signed sizeof static struct super switch trait true try type typedef typeof union unsafe unsigned unsized \
    use virtual void volatile where while with yield float map abs any print math struct";

/// The functions of C's `math.h`, which come with `f` or `l` appended as well.
const C_MATH: &str = "acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh erf erfc exp exp2 expm1 fabs \
    fdim floor fma fmax fmin fmod frexp gamma hypot ilogb j0 j1 jn ldexp lgamma llrint llround log log10 log1p log2 \
    logb lrint lround modf nan nearbyint nextafter nexttoward pow remainder remquo rint round scalbln scalbn sin sinh \
    sqrt tan tanh tgamma trunc y0 y1 yn";

fn check_name(name: &str, language: Language) -> Result<()> {
    let refuse = |allowed: &str| Err(Error::parameter("name", format!("{name:?}"), allowed));
    let fit = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.chars().all(fit) || name.len() > 64 {
        return refuse("a lower-case letter, then at most 63 lower-case letters, digits and underscores");
    }
    let among = |words: &str, name: &str| words.split_whitespace().any(|word| word == name);
    if among(RESERVED, name) {
        return refuse("a name that no language reserves");
    }
    let stem = name.strip_suffix(['f', 'l']).unwrap_or(name);
    if language == Language::C && (among(C_MATH, name) || among(C_MATH, stem)) {
        return refuse("another one for C, whose mathematical library has that name");
    }
    Ok(())
}
