//! The browser outside of the tests: `chrome measure` tells how long reading takes and how much memory
//! ten pages need; `chrome read ADDRESS` shows a page; `chrome hold FOLDER ADDRESS` opens a page and
//! waits to be killed. Run as the superuser, the browser has no sandbox of its own.

mod chrome {
    pub(crate) mod measure;
    pub(crate) mod setup;
}

use std::io::{Write as _, stdout};
use std::process::ExitCode;

use chrome::{measure, setup};
use devika_browser::{Render as _, readable};

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args_os().skip(1).collect();
    if args.first().is_some_and(|word| word == "supervise") {
        return devika_sandbox::supervise(args[1..].to_vec());
    }
    let words: Vec<&str> = args.iter().filter_map(|word| word.to_str()).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            writeln!(std::io::stderr(), "{error}").ok();
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run(words: &[&str]) -> Result<(), Box<dyn std::error::Error>> {
    match words {
        ["measure"] => measure::measure().await,
        ["read", address] => {
            let folder = tempfile::tempdir()?;
            let browser = setup::browser(folder.path(), &[])?;
            let page = browser.render(address).await?;
            let read = readable(&page.html, &page.address);
            writeln!(stdout(), "{}\n\n{}", read.title, read.markdown)?;
            Ok(())
        }
        ["hold", folder, address] => {
            let host = url_host(address);
            let browser = setup::browser(folder.as_ref(), &[host])?;
            let page = browser.render(address).await?;
            writeln!(stdout(), "open: {}", page.title)?;
            stdout().flush()?;
            std::future::pending().await
        }
        _ => Err("usage: chrome measure | read ADDRESS | hold FOLDER ADDRESS".into()),
    }
}

fn url_host(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}
