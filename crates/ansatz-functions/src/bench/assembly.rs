//! What a kernel was compiled to, read from the assembly: how wide its vectors are, whether fused operations and
//! divisions are there. For x86-64; other processors' code is not read.

use serde::{Deserialize, Serialize};

/// The instructions of a kernel, its loops for remainders included: vectorised loops are unrolled, so that the counts
/// say what is there and not how often it runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// Bits of the widest vectors that it computes with; 0 if only with single numbers.
    pub vector_bits: u32,
    /// Fused multiply-adds.
    pub fused: usize,
    /// Divisions.
    pub divisions: usize,
    /// Calls, as of a mathematical library.
    pub calls: usize,
}

/// Reads the kernel of that name; `None` if it is not there, or the processor another.
pub(super) fn code(assembly: &str, symbol: &str) -> Option<Code> {
    if !cfg!(target_arch = "x86_64") {
        return None;
    }
    // Of equal functions the compiler keeps one, and sets the other names to it.
    let aliases = [format!(".set {symbol},"), format!("{symbol} =")];
    let alias = |line: &str| aliases.iter().any(|alias| line.trim().starts_with(alias));
    let kept = assembly.lines().find(|line| alias(line)).and_then(|line| line.split([',', '=']).nth(1));
    let symbol = kept.map_or(symbol, str::trim);
    let label = |line: &str, name: &str| line.trim_start_matches('_').strip_suffix(':') == Some(name);
    let mut code = Code::default();
    let mut lines = assembly.lines().skip_while(|line| !label(line, symbol));
    lines.next()?;
    for line in lines {
        // The next function; labels within one begin with a dot or an L.
        if line.ends_with(':') && !line.starts_with(['.', 'L']) {
            break;
        }
        let mut words = line.split_whitespace();
        let Some(mnemonic) = words.next() else { continue };
        let name = mnemonic.strip_prefix('v').unwrap_or(mnemonic);
        code.fused += usize::from(name.starts_with("fmadd") || name.starts_with("fmsub") || name.starts_with("fnm"));
        code.divisions += usize::from(name.starts_with("div"));
        code.calls += usize::from(name.starts_with("call"));
        // Moves and the zeroing of registers are no arithmetic.
        let computes = !name.starts_with("mov") && !name.starts_with("xor");
        if computes && (name.ends_with("ps") || name.ends_with("pd")) {
            let width = [("zmm", 512), ("ymm", 256), ("xmm", 128)].into_iter().find(|(r, _)| line.contains(r));
            code.vector_bits = code.vector_bits.max(width.map_or(0, |(_, bits)| bits));
        }
    }
    Some(code)
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::super::kernel::{Kernels, Loop};
    use super::super::{Compiler, Options, horner, reference};
    use super::*;
    use crate::anchors::literature::f10;

    #[test]
    fn instructions_are_counted_in_their_kernel_only() {
        let text = "map_0:\n\tvdivps\t%zmm0, %zmm1, %zmm2\n.LBB0_1:\n\tvfmadd213ss %xmm0, %xmm1, %xmm2\n\tretq\nmap_1:\n\
                    \tvmulps\t%ymm0, %ymm1, %ymm2\n\tcallq\texpf\n\t.set map_3, map_1\nmap_4 = map_1\n";
        assert_eq!(code(text, "map_0"), Some(Code { vector_bits: 512, fused: 1, divisions: 1, calls: 0 }));
        assert_eq!(code(text, "map_1"), Some(Code { vector_bits: 256, fused: 0, divisions: 0, calls: 1 }));
        assert_eq!(code(text, "map_2"), None);
        assert_eq!(code(text, "map_3"), code(text, "map_1"));
        assert_eq!(code(text, "map_4"), code(text, "map_1"));
    }

    #[test]
    fn fused_operations_are_there_exactly_where_a_program_has_them() {
        let programs = [reference(), horner(&[1.0, 0.7, 0.2, 0.1], true), f10().rounded()];
        for compiler in [Compiler::Rust, Compiler::C] {
            let options = Options { compiler, ..Options::default() };
            let kernels = match Kernels::<f64>::build(&programs, &options) {
                Err(_) if compiler == Compiler::C && std::process::Command::new("cc").output().is_err() => continue,
                other => other.unwrap(),
            };
            let [plain, fused, quotients] = [0, 1, 2].map(|i| code(&kernels.assembly, &Loop::Map.symbol(i)).unwrap());
            assert_eq!((plain.fused, plain.divisions, quotients.fused), (0, 0, 0), "{compiler:?}");
            // Without the instruction, a library computes it.
            assert!(fused.fused > 0 || !std::arch::is_x86_feature_detected!("fma"), "{compiler:?}");
            assert!(quotients.divisions >= 3, "{compiler:?}");
            assert!(plain.vector_bits >= 128, "{compiler:?}: the loop is not vectorised");
        }
    }
}
