//! Devika: an autonomous software engineer as a language server and a command line.

mod atlas;
mod cli;
mod doctor;
mod logging;
mod lsp;
mod memory;
mod models;
mod offers;
mod outside;
mod page;
mod printer;
mod reload;
mod setup;
mod web;
mod words;

fn main() -> std::process::ExitCode {
    cli::main()
}
