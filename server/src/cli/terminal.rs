//! Writing to the terminal. A reader that has gone away (`devika … | head`) is no error.

use std::io::Write as _;

/// Prints a line on standard output.
pub(crate) fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    // Nobody is left to be told when standard output is closed.
    let _closed = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Prints a line on standard error.
pub(crate) fn complain(text: &str) {
    let _closed = writeln!(std::io::stderr().lock(), "{text}");
}

/// Asks on the terminal and returns the line that the user types; `None` at its end.
pub(crate) async fn ask(question: &str) -> Option<String> {
    complain(question);
    let line = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        match std::io::stdin().read_line(&mut line) {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(line.trim().to_owned()),
        }
    });
    line.await.ok().flatten()
}
