//! Asks the real web, to see whether the engines still answer as they did, and how a page reads:
//! `web search duckduckgo|bing|SEARXNG_ADDRESS QUERY` or `web read ADDRESS [HOST…]`, where the hosts
//! may be on this machine.

use std::io::{Write, stdout};
use std::time::Instant;

use devika_browser::{Engine, Reader, Settings, Web};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let begin = Instant::now();
    match &args[..] {
        ["search", engine, query] => {
            let engine = match *engine {
                "duckduckgo" => Engine::duckduckgo(),
                "bing" => Engine::bing(),
                address => Engine::searxng(address),
            };
            let settings = Settings { engines: vec![engine], ..Settings::default() };
            for hit in Reader::new(settings, None).search(query).await? {
                writeln!(stdout(), "{}\n  {}\n  {}", hit.title, hit.address, hit.snippet)?;
            }
        }
        ["read", address, hosts @ ..] => {
            let hosts = hosts.iter().map(ToString::to_string).collect();
            let settings = Settings { hosts, ..Settings::default() };
            let page = Reader::new(settings, None).read(address).await?;
            writeln!(stdout(), "{} ({})\n\n{}", page.title, page.address, page.markdown)?;
        }
        _ => return Err("usage: web search ENGINE QUERY | web read ADDRESS [HOST…]".into()),
    }
    writeln!(stdout(), "took {:.1?}", begin.elapsed())?;
    Ok(())
}
