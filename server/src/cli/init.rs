//! `devika init`: writes a commented configuration file.

use std::process::ExitCode;

use super::{Complaint, terminal};
use crate::setup::Setup;

/// Options of `devika init`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

/// Writes the file, readable by the user alone; never over an existing one.
pub(super) fn init(setup: &Setup, _args: Args) -> anyhow::Result<ExitCode> {
    let path = &setup.paths.config_file;
    devika_config::write_user_file(path).map_err(Complaint::usage)?;
    terminal::say(&format!("Wrote {}. Every key is in it, commented out.", path.display()));
    Ok(ExitCode::SUCCESS)
}
