//! Whether the configuration is there and valid.

use std::path::Path;

use devika_config::{ConfigError, Loaded};

use super::Finding;

pub(super) fn look(file: &Path, loaded: &Result<Loaded, ConfigError>) -> Finding {
    let exists = file.exists();
    let file = file.display();
    match loaded {
        Err(ConfigError::Exposed { .. }) => {
            Finding::failed(format!("{file}: not used, for others may see the key in it"))
        }
        Err(error) => Finding::failed(error.to_string()),
        Ok(loaded) if !loaded.warnings.is_empty() => {
            Finding::warning(format!("{file}: valid, but: {}", loaded.warnings.join("; ")))
        }
        Ok(_) if exists => Finding::ok(format!("{file}: valid")),
        Ok(_) => Finding::ok(format!("{file}: not there, which is fine; `devika init` writes it")),
    }
}
