//! `devika lsp`: the language server on standard input and output.

use std::process::ExitCode;

use crate::lsp;
use crate::setup::Setup;

/// Options of `devika lsp`. Editors' clients add `--stdio`, which is what it does anyway.
#[derive(Debug, Default, clap::Args)]
pub(super) struct Args {
    #[arg(long, hide = true)]
    stdio: bool,
}

/// Serves until the client says `exit` or goes away.
pub(super) async fn lsp(setup: Setup, _args: Args) -> anyhow::Result<ExitCode> {
    lsp::serve(tokio::io::stdin(), tokio::io::stdout(), setup).await?;
    Ok(ExitCode::SUCCESS)
}
