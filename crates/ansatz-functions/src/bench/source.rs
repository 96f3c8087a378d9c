//! The code that is compiled: the emitted programs, and around each the loops that are timed.
//!
//! Every kernel is `fn(x: *const T, y: *mut T, n, times)` over `n` elements; `map` ignores `times`, `chain` and
//! `compose` apply the program so often to each element.

#![allow(clippy::format_push_string)] // it reads best, and compiling takes longer

use super::{Compiler, Options};
use crate::emit::{Emission, Language, emit};
use crate::program::Program;
use crate::target::{Format, Target, Weight};
use ansatz_core::Result;

/// Elements that `compose` works on at a time: 16 kB of doubles.
const STRIP: usize = 2000;

/// The source text in the language of the compiler.
///
/// # Errors
/// As [`emit`]: unsound programs, constants that do not fit the format.
pub(super) fn write(programs: &[Program], options: &Options) -> Result<String> {
    // The emitted documentation names a function; nobody reads this one.
    let target = Target::parse("x", "0..1", Weight::Absolute)?;
    let language = match options.compiler {
        Compiler::Rust => Language::Rust,
        Compiler::C => Language::C,
    };
    let [lo, hi] = options.interval;
    let mut text = match options.compiler {
        Compiler::Rust => rust_head(options.format, lo, hi),
        Compiler::C => c_head(options.format, lo, hi),
    };
    for (i, program) in programs.iter().enumerate() {
        let emission = Emission { format: options.format, ..Emission::new(language, format!("program_{i}"), &target) };
        let function = emit(program, &emission)?;
        match options.compiler {
            Compiler::Rust => {
                text += &format!("#[inline(always)]\n{function}");
                text += &format!("kernels!(program_{i} map_{i} chain_{i} compose_{i});\n");
            }
            Compiler::C => {
                // The kernels must have the function's options, or it is not inlined into them.
                text += &function.replace("#pragma GCC pop_options", "");
                text += &format!("KERNELS({i})\n");
            }
        }
    }
    Ok(text)
}

fn rust_head(format: Format, lo: f64, hi: f64) -> String {
    let (float, lo, hi) = match format {
        Format::F32 => ("f32", format!("{:?}", lo as f32), format!("{:?}", hi as f32)),
        Format::F64 => ("f64", format!("{lo:?}"), format!("{hi:?}")),
    };
    format!(
        "type T = {float};
const LO: T = {lo};
const HI: T = {hi};

/// Not-a-number stays what it is.
#[inline(always)]
fn clamp(y: T) -> T {{
    let y = if y < LO {{ LO }} else {{ y }};
    if y > HI {{ HI }} else {{ y }}
}}

macro_rules! kernels {{
    ($program:ident $map:ident $chain:ident $compose:ident) => {{
        #[unsafe(no_mangle)]
        pub unsafe extern \"C\" fn $map(x: *const T, y: *mut T, n: usize, _times: usize) {{
            let (x, y) = unsafe {{ (std::slice::from_raw_parts(x, n), std::slice::from_raw_parts_mut(y, n)) }};
            for (y, &x) in y.iter_mut().zip(x) {{
                *y = $program(x);
            }}
        }}
        #[unsafe(no_mangle)]
        pub unsafe extern \"C\" fn $chain(x: *const T, y: *mut T, n: usize, times: usize) {{
            let (x, y) = unsafe {{ (std::slice::from_raw_parts(x, n), std::slice::from_raw_parts_mut(y, n)) }};
            for (y, &x) in y.iter_mut().zip(x) {{
                let mut value = x;
                for _ in 0..times {{
                    value = clamp($program(value));
                }}
                *y = value;
            }}
        }}
        #[unsafe(no_mangle)]
        pub unsafe extern \"C\" fn $compose(x: *const T, y: *mut T, n: usize, times: usize) {{
            let (x, y) = unsafe {{ (std::slice::from_raw_parts(x, n), std::slice::from_raw_parts_mut(y, n)) }};
            y.copy_from_slice(x);
            for strip in y.chunks_mut({STRIP}) {{
                for _ in 0..times {{
                    for value in &mut *strip {{
                        *value = clamp($program(*value));
                    }}
                }}
            }}
        }}
    }};
}}
"
    )
}

fn c_head(format: Format, lo: f64, hi: f64) -> String {
    let (float, lo, hi) = match format {
        Format::F32 => ("float", format!("{:?}f", lo as f32), format!("{:?}f", hi as f32)),
        Format::F64 => ("double", format!("{lo:?}"), format!("{hi:?}")),
    };
    format!(
        "#include <stddef.h>
#include <string.h>
typedef {float} T;
#define LO ((T){lo})
#define HI ((T){hi})
#define EXPORT __attribute__((visibility(\"default\")))

/* Keeps the clamps of a chain apart, which GCC otherwise turns into branches: predicted, they hide the latency. */
#if defined(__x86_64__)
#define APART(v) __asm__(\"\" : \"+x\"(v))
#elif defined(__aarch64__)
#define APART(v) __asm__(\"\" : \"+w\"(v))
#else
#define APART(v) (void)0
#endif
#define CLAMP(v) do {{ v = v < LO ? LO : v; v = v > HI ? HI : v; }} while (0)

#define KERNELS(i) \\
EXPORT void map_##i(const T *restrict x, T *restrict y, size_t n, size_t times) \\
{{ \\
    (void)times; \\
    for (size_t j = 0; j < n; j++) \\
        y[j] = program_##i(x[j]); \\
}} \\
EXPORT void chain_##i(const T *restrict x, T *restrict y, size_t n, size_t times) \\
{{ \\
    for (size_t j = 0; j < n; j++) {{ \\
        T value = x[j]; \\
        for (size_t k = 0; k < times; k++) {{ \\
            value = program_##i(value); \\
            APART(value); \\
            value = value < LO ? LO : value; \\
            APART(value); \\
            value = value > HI ? HI : value; \\
            APART(value); \\
        }} \\
        y[j] = value; \\
    }} \\
}} \\
EXPORT void compose_##i(const T *restrict x, T *restrict y, size_t n, size_t times) \\
{{ \\
    memcpy(y, x, n * sizeof *y); \\
    for (size_t begin = 0; begin < n; begin += {STRIP}) {{ \\
        T *strip = y + begin; \\
        const size_t length = n - begin < {STRIP} ? n - begin : {STRIP}; \\
        for (size_t k = 0; k < times; k++) \\
            for (size_t j = 0; j < length; j++) {{ \\
                T value = program_##i(strip[j]); \\
                CLAMP(value); \\
                strip[j] = value; \\
            }} \\
    }} \\
}}
"
    )
}
