//! Logs go to a rotating file, never to standard output, which carries the protocol.

use std::path::Path;

use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::EnvFilter;

/// Begins to log into `folder`, a file a day, `keep` of them at the most. `level` is a filter such
/// as `info` or `devika=debug`. Where the folder cannot be written there is no log, and that is
/// said on standard error: work goes on.
pub(crate) fn start(folder: &Path, level: &str, keep: usize) {
    // The library would tell standard error that a folder is missing, and make it then.
    let made = std::fs::create_dir_all(folder);
    let file = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("devika")
        .filename_suffix("log")
        .max_log_files(keep)
        .build(folder);
    match made.map_err(|error| error.to_string()).and(file.map_err(|error| error.to_string())) {
        Ok(file) => {
            let filter = EnvFilter::try_new(level).unwrap_or_else(|_| EnvFilter::new("info"));
            let log = tracing_subscriber::fmt().with_writer(std::sync::Mutex::new(file));
            // Only a second call could fail, and there is none.
            let _set = log.with_ansi(false).with_env_filter(filter).try_init();
        }
        Err(error) => {
            crate::cli::terminal::complain(&format!(
                "devika: no log: {}: {error}",
                folder.display()
            ));
        }
    }
}
