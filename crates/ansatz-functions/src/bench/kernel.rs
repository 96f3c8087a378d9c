//! Loads compiled kernels and calls them.

// Loading a library and calling a function by its address cannot be checked by the compiler. Everything that makes it
// sound is in this file: the library is one that was compiled a moment ago, in a folder that only this process knows,
// from kernels of one known signature; and the slices that are passed are of equal length.
#![allow(unsafe_code)]

use super::Options;
use super::compile::compile;
use super::source;
use crate::number::Scalar;
use crate::program::Program;
use crate::target::Format;
use ansatz_core::{Error, Result};
use libloading::{Library, Symbol};
use std::marker::PhantomData;
use tempfile::TempDir;

/// A format that kernels compute in.
pub(super) trait Float: Scalar + Copy + Send + Sync + PartialOrd + 'static {
    /// Its name in programs and options.
    const FORMAT: Format;
}

impl Float for f32 {
    const FORMAT: Format = Format::F32;
}

impl Float for f64 {
    const FORMAT: Format = Format::F64;
}

/// What the source defines for each program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loop {
    /// `y[i] = f(x[i])`.
    Map,
    /// `times` dependent steps for each element, one after another.
    Chain,
    /// `times` passes over the elements.
    Compose,
}

impl Loop {
    /// The name of the kernel of a program.
    pub(super) fn symbol(self, program: usize) -> String {
        match self {
            Self::Map => format!("map_{program}"),
            Self::Chain => format!("chain_{program}"),
            Self::Compose => format!("compose_{program}"),
        }
    }
}

/// The compiled kernels of some programs, which compute in `T`.
pub(super) struct Kernels<T> {
    library: Library,
    /// The assembly, for counting instructions.
    pub(super) assembly: String,
    // After the library: it is unloaded before its file goes.
    _folder: TempDir,
    _format: PhantomData<T>,
}

type Raw<T> = unsafe extern "C" fn(*const T, *mut T, usize, usize);

/// One kernel.
pub(super) struct Kernel<'l, T>(Symbol<'l, Raw<T>>);

impl<T: Float> Kernels<T> {
    /// Compiles and loads the kernels of the programs.
    ///
    /// # Errors
    /// Those of [`source::write`] and [`compile`]; [`Error::Environment`] if the system does not load the library.
    pub(super) fn build(programs: &[Program], options: &Options) -> Result<Self> {
        let options = &Options { format: T::FORMAT, ..options.clone() };
        let source = source::write(programs, options)?;
        let folder = tempfile::Builder::new()
            .prefix("ansatz-bench-")
            .tempdir()
            .map_err(|e| Error::io("create", std::env::temp_dir().join("ansatz-bench-…"), e))?;
        let compiled = compile(&source, options.compiler, folder.path())?;
        // SAFETY: The library was made from `source`, which has no initialisers or finalisers beyond those of the
        // language's runtime.
        let library = unsafe { Library::new(&compiled.library) }.map_err(|e| refused(&e))?;
        Ok(Self { library, assembly: compiled.assembly, _folder: folder, _format: PhantomData })
    }

    /// A kernel of the program of that index.
    ///
    /// # Errors
    /// [`Error::Environment`] if the library does not have it.
    pub(super) fn get(&self, kind: Loop, program: usize) -> Result<Kernel<'_, T>> {
        // SAFETY: Every symbol of these names has this signature in the source, with `T` for the format.
        let symbol = unsafe { self.library.get::<Raw<T>>(kind.symbol(program).as_bytes()) };
        symbol.map(Kernel).map_err(|e| refused(&e))
    }
}

fn refused(error: &libloading::Error) -> Error {
    Error::Environment { what: "compiled code".into(), reason: format!("the system does not load it ({error})") }
}

impl<T: Float> Kernel<'_, T> {
    /// Runs the kernel.
    ///
    /// # Panics
    /// If the slices differ in length.
    #[inline]
    pub(super) fn run(&self, x: &[T], y: &mut [T], times: usize) {
        assert_eq!(x.len(), y.len());
        // SAFETY: The kernel reads `x.len()` elements of `x` and writes as many of `y`; both are valid for that, and
        // do not overlap because one is borrowed mutably.
        unsafe { (self.0)(x.as_ptr(), y.as_mut_ptr(), x.len(), times) }
    }
}
