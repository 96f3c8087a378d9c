//! Notes the compiler and the profile for the record of a run.

use std::env;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let rustc = env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let version = Command::new(rustc).arg("--version").output().ok().and_then(|out| String::from_utf8(out.stdout).ok());
    println!("cargo::rustc-env=ANSATZ_RUSTC={}", version.as_deref().map_or("unknown", str::trim));
    for (name, variable) in
        [("ANSATZ_PROFILE", "PROFILE"), ("ANSATZ_OPT_LEVEL", "OPT_LEVEL"), ("ANSATZ_TARGET", "TARGET")]
    {
        println!("cargo::rustc-env={name}={}", env::var(variable).unwrap_or_default());
    }
}
