//! The managed local model by hand.
//!
//! `cargo run -p devika-llm --features providers --example local -- DIR pull|start|serve [IDLE_SECONDS]`

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example talks to a terminal")]

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use devika_llm::local::Local;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<OsString> = std::env::args_os().collect();
    let [program, dir, verb, rest @ ..] = args.as_slice() else {
        return Err("usage: local DIR pull|start|serve [IDLE_SECONDS]".into());
    };
    let idle = rest.first().and_then(|text| text.to_str()?.parse().ok()).unwrap_or(600);
    let local = Local::new(PathBuf::from(dir)).with_search_path(std::env::var_os("PATH"));
    match verb.to_str() {
        Some("pull") => {
            let show = |p: devika_llm::local::Progress| {
                eprintln!("{} {}/{} MB", p.what, p.done / 1_000_000, p.total / 1_000_000);
            };
            local.pull(&show).await?;
        }
        Some("start") => {
            let supervisor =
                [program.clone(), dir.clone(), "serve".into(), idle.to_string().into()];
            println!("{}", local.ensure_running(&supervisor, &|what| eprintln!("{what}")).await?);
        }
        Some("serve") => local.serve(Duration::from_secs(idle), None).await?,
        _ => return Err("pull, start or serve?".into()),
    }
    Ok(())
}
