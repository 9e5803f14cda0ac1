//! `scripted-model --script FILE.json [--port-file FILE] [--loop] [--until-stdin-closes]`: the
//! scripted model server as a program, for tests in other languages and for benchmarks.
//!
//! Its first line on stdout is `listening on URL`. `--loop` starts the script over when it is
//! exhausted. With `--until-stdin-closes` it ends with its standard input, and fails where a
//! request was wrong; without it, it serves until it is killed. `GET /script/problems` and
//! `GET /script/requests` show what it saw.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use scripted_model::{Reply, ScriptedModel};

const USAGE: &str =
    "usage: scripted-model --script FILE.json [--port-file FILE] [--loop] [--until-stdin-closes]";

fn main() -> ExitCode {
    match run(std::env::args().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            // Nowhere is left to say that standard error is closed.
            drop(writeln!(std::io::stderr(), "scripted-model: {message}"));
            ExitCode::from(2)
        }
    }
}

fn run(arguments: impl Iterator<Item = String>) -> Result<(), String> {
    let arguments = Arguments::parse(arguments)?;
    let script = std::fs::read_to_string(&arguments.script)
        .map_err(|e| format!("cannot read {}: {e}", arguments.script.display()))?;
    let replies: Vec<Reply> = serde_json::from_str(&script)
        .map_err(|e| format!("{} is no script: {e}", arguments.script.display()))?;
    let server = if arguments.start_over {
        ScriptedModel::start_endless(replies).map_err(|e| e.to_string())?
    } else {
        ScriptedModel::start_blocking(replies)
    };
    announce(&server, &arguments).map_err(|e| format!("cannot say where it listens: {e}"))?;
    if arguments.until_stdin_closes {
        let mut rest = Vec::new();
        std::io::stdin().read_to_end(&mut rest).map_err(|e| e.to_string())?;
        let problems = server.take_problems();
        return if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) };
    }
    loop {
        std::thread::park();
    }
}

fn announce(server: &ScriptedModel, arguments: &Arguments) -> std::io::Result<()> {
    let url = server.openai_url();
    if let Some(file) = &arguments.port_file {
        std::fs::write(file, &url)?;
    }
    let mut out = std::io::stdout();
    writeln!(out, "listening on {url}")?;
    out.flush()
}

struct Arguments {
    script: PathBuf,
    port_file: Option<PathBuf>,
    start_over: bool,
    until_stdin_closes: bool,
}

impl Arguments {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let (mut script, mut port_file) = (None, None);
        let (mut start_over, mut until_stdin_closes) = (false, false);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--script" => script = arguments.next().map(PathBuf::from),
                "--port-file" => port_file = arguments.next().map(PathBuf::from),
                "--loop" => start_over = true,
                "--until-stdin-closes" => until_stdin_closes = true,
                other => return Err(format!("unknown argument `{other}`\n{USAGE}")),
            }
        }
        let script = script.ok_or(USAGE)?;
        Ok(Self { script, port_file, start_over, until_stdin_closes })
    }
}
