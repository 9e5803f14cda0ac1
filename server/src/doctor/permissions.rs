//! Whether the configuration's file keeps what is in it to its owner.

use std::path::Path;

use devika_config::ConfigError;

use super::Finding;

/// The rule itself is the configuration's, which refuses a file that breaks it; `refused` is why.
pub(super) fn look(file: &Path, refused: Option<&ConfigError>) -> Finding {
    if let Some(ConfigError::Exposed { why, fix, .. }) = refused {
        let command = fix.strip_prefix("Run: ").map(str::to_owned);
        let found = match &command {
            Some(_) => format!("{} holds a key and {why}", file.display()),
            None => format!("{} holds a key and {why}. {fix}", file.display()),
        };
        return Finding::failed(found).mended_by(command);
    }
    match mode(file) {
        Ok(Some(mode)) if mode & 0o077 != 0 && refused.is_none() => {
            Finding::ok(format!("{mode:04o}: others may read the file, and it holds no key"))
        }
        Ok(Some(mode)) => Finding::ok(format!("{mode:04o}")),
        Ok(None) => Finding::ok("there is no file"),
        Err(error) => Finding::warning(format!("{}: {error}", file.display())),
    }
}

/// The file's permissions; none where there is no file, or the system has none.
fn mode(file: &Path) -> std::io::Result<Option<u32>> {
    match std::fs::metadata(file) {
        Ok(metadata) => Ok(mode_of(&metadata)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(unix)]
fn mode_of(metadata: &std::fs::Metadata) -> Option<u32> {
    Some(std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777)
}

#[cfg(not(unix))]
fn mode_of(_metadata: &std::fs::Metadata) -> Option<u32> {
    None
}
