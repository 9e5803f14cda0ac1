//! Process 1 of a sandbox: starts the command, watches it, and takes all of it along when it ends,
//! which is the kernel's promise for process 1 and leaves nothing to chase.

mod forward;
mod listening;
mod watch;

use std::ffi::OsString;
use std::io;
use std::sync::mpsc::channel;

use crate::report::Report;
use crate::shell::Shell;
use crate::spec::Inside;
use crate::supervise::{Event, watch_the_control_pipe, watch_the_shell};
use watch::Watch;

/// Runs a line to its end, or until there is a reason to end it. What is still alive by then dies when
/// this process does.
pub(crate) fn run(spec: Inside, line: OsString) -> io::Result<Report> {
    let (events, first) = channel();
    watch_the_control_pipe(events.clone())?;
    let proxy = spec.proxy.map(forward::start).transpose()?;
    let watch = Watch::new(spec.tree, spec.ready_millis, proxy);
    let shell = Shell::confined(spec.confined, line).env(proxy.map(by_proxy).unwrap_or_default());
    let (child, pid) = shell.start()?;
    watch.start(events.clone())?;
    watch_the_shell(child, pid, events)?;
    Ok(first.recv().unwrap_or(Event::Closed).report())
}

/// The variables by which programs find a proxy on this port.
fn by_proxy(port: u16) -> Vec<(&'static str, String)> {
    let address = format!("http://127.0.0.1:{port}");
    let names = [
        "http_proxy",
        "https_proxy",
        "all_proxy",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "npm_config_proxy",
        "npm_config_https_proxy",
        "PIP_PROXY",
        "CARGO_HTTP_PROXY",
    ];
    let own = "localhost,127.0.0.1,::1".to_owned();
    names
        .into_iter()
        .map(|name| (name, address.clone()))
        .chain([("no_proxy", own.clone()), ("NO_PROXY", own)])
        .collect()
}
