//! Runs the compiler: once for all programs.

use super::Compiler;
use ansatz_core::{Error, Result};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the compiler made.
pub(super) struct Compiled {
    /// The library to load.
    pub(super) library: PathBuf,
    /// The assembly that it was made of.
    pub(super) assembly: String,
}

/// Compiles the source in `folder`, for the processor of this machine.
///
/// # Errors
/// [`Error::Environment`] if the compiler cannot be started or fails, [`Error::Io`] if the folder cannot be used.
pub(super) fn compile(source: &str, compiler: Compiler, folder: &Path) -> Result<Compiled> {
    use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
    let library = folder.join(format!("{DLL_PREFIX}kernels{DLL_SUFFIX}"));
    let assembly = folder.join("kernels.s");
    match compiler {
        Compiler::Rust => {
            let file = folder.join("kernels.rs");
            std::fs::write(&file, source).map_err(|e| Error::io("write", &file, e))?;
            let mut command = tool("RUSTC", "rustc");
            command.args(["--crate-type", "cdylib", "--crate-name", "kernels", "--edition", "2024"]);
            command.args(["-C", "opt-level=3", "-C", "target-cpu=native", "-C", "panic=abort"]);
            command.args(["-C", "codegen-units=1", "--cap-lints", "allow", "--emit", "link,asm", "--out-dir"]);
            run(command.arg(folder).arg(&file), "rustc")?;
        }
        Compiler::C => {
            let file = folder.join("kernels.c");
            std::fs::write(&file, source).map_err(|e| Error::io("write", &file, e))?;
            let mut command = tool("CC", "cc");
            // Neither errno nor the order of exceptions is looked at; without them square roots and clamps vectorise.
            // No option here changes a result.
            command.args(["-std=gnu11", "-O3", "-march=native", "-ffp-contract=off", "-fPIC", "-fvisibility=hidden"]);
            command.args(["-fno-math-errno", "-fno-trapping-math", "-w", "-S", "-o"]);
            run(command.arg(&assembly).arg(&file), "cc")?;
            run(tool("CC", "cc").args(["-shared", "-o"]).arg(&library).arg(&assembly).arg("-lm"), "cc")?;
        }
    }
    let text = std::fs::read_to_string(&assembly).map_err(|e| Error::io("read", &assembly, e))?;
    Ok(Compiled { library, assembly: text })
}

fn tool(variable: &str, usual: &str) -> Command {
    Command::new(std::env::var_os(variable).unwrap_or_else(|| usual.into()))
}

fn run(command: &mut Command, name: &str) -> Result<()> {
    let missing = |reason: String| Error::Environment { what: format!("the compiler {name}"), reason };
    let output = command.output().map_err(|e| {
        let program = command.get_program().display().to_string();
        missing(format!("programs are compiled to be timed, and {program:?} cannot be started ({e})"))
    })?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let first = text.lines().find(|line| line.contains("error")).or_else(|| text.lines().next());
    Err(missing(format!("it ended with {}: {}", output.status, first.unwrap_or("no message").trim())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_compiler_is_a_sentence() {
        let error = run(&mut Command::new("no-such-compiler"), "rustc").unwrap_err();
        assert!(matches!(error, Error::Environment { .. }));
        let text = error.to_string();
        assert!(
            text.starts_with("the compiler rustc is not available: ") && text.contains("no-such-compiler"),
            "{text}"
        );
    }

    #[test]
    fn what_the_compiler_says_is_passed_on() {
        for (compiler, word) in [(Compiler::Rust, "error"), (Compiler::C, "error")] {
            let folder = tempfile::tempdir().unwrap();
            match compile("this is no code", compiler, folder.path()) {
                Err(Error::Environment { reason, .. }) => {
                    // A machine without a C compiler says that instead.
                    assert!(reason.contains(word) || reason.contains("cannot be started"), "{reason}");
                }
                _ => panic!("compiled"),
            }
        }
    }
}
