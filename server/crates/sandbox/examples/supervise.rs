//! The smallest supervisor; the tests use it.

use std::process::ExitCode;

fn main() -> ExitCode {
    devika_sandbox::supervise(std::env::args_os().skip(1).collect())
}
