//! The user's file: the commented example, which is also where the defaults stand, and the rule
//! that a file with a key in it is the user's alone.

use std::path::Path;
use std::sync::LazyLock;

use crate::error::ConfigError;
use crate::value::Layer;

/// The commented example; `devika init` writes it.
pub const EXAMPLE: &str = include_str!("../../../../config.example.toml");

/// The defaults: the example with its keys uncommented. One text holds key, default and words.
pub(crate) static DEFAULTS: LazyLock<Layer> =
    LazyLock::new(|| Layer::parse("config.example.toml", &uncommented(EXAMPLE)));

/// The example with every key uncommented: such lines begin with `#` and no space.
fn uncommented(example: &str) -> String {
    let lines = example.lines().map(|line| match line.strip_prefix('#') {
        Some(rest) if !rest.starts_with(' ') && !rest.is_empty() => rest,
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Writes the example for the user alone to read, never over an existing file.
///
/// # Errors
/// [`ConfigError::Exists`], [`ConfigError::Unwritable`].
pub fn write_user_file(path: &Path) -> Result<(), ConfigError> {
    use std::io::Write as _;
    let unwritable = |error: std::io::Error| ConfigError::Unwritable {
        path: path.to_path_buf(),
        why: error.to_string(),
    };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(unwritable)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => ConfigError::Exists(path.to_path_buf()),
        _ => unwritable(error),
    })?;
    file.write_all(EXAMPLE.as_bytes()).map_err(unwritable)
}

/// Refuses a file with a key in it that others may read, or that lies in a repository.
pub(crate) fn check_secrecy(path: &Path) -> Result<(), ConfigError> {
    let exposed = |why: &str, fix: String| {
        Err(ConfigError::Exposed { path: path.to_path_buf(), why: why.to_owned(), fix })
    };
    #[cfg(unix)]
    if let Ok(meta) = std::fs::metadata(path)
        && std::os::unix::fs::PermissionsExt::mode(&meta.permissions()) & 0o077 != 0
    {
        return exposed(
            "other users of this machine may read it",
            format!("Run: chmod 600 {}", path.display()),
        );
    }
    if path.ancestors().skip(1).any(|folder| folder.join(".git").exists()) {
        return exposed(
            "lies in a git repository",
            "Move the file out of it, or name an environment variable with `key_env` instead"
                .to_owned(),
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::KEYS;

    /// Keys without a default, which the example shows under an example provider or empty.
    const WITHOUT_DEFAULT: [&str; 3] = ["models.default", "projects.folder", "local.threads"];

    #[test]
    fn the_example_documents_every_key_and_no_other() {
        assert_eq!(DEFAULTS.wrong, Vec::<String>::new());
        for key in KEYS {
            let shown = match key.name.strip_prefix("providers.*.") {
                Some(name) => EXAMPLE.lines().any(|line| {
                    line.trim_start_matches(['#', ' ']).starts_with(&format!("{name} = "))
                }),
                None if WITHOUT_DEFAULT.contains(&key.name) => {
                    let name = key.name.rsplit('.').next().unwrap();
                    EXAMPLE.lines().any(|line| line.starts_with(&format!("# {name} = ")))
                }
                None => DEFAULTS.values.contains_key(key.name),
            };
            assert!(shown, "{} is missing from config.example.toml", key.name);
        }
    }

    #[test]
    fn the_example_as_it_stands_sets_nothing() {
        let layer = Layer::parse("config.example.toml", EXAMPLE);
        assert!(layer.values.is_empty() && layer.wrong.is_empty(), "{layer:?}");
    }

    #[test]
    fn a_new_file_is_the_users_alone_and_an_existing_one_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/config.toml");
        write_user_file(&path).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        std::fs::write(&path, "mine").unwrap();
        assert_eq!(write_user_file(&path), Err(ConfigError::Exists(path.clone())));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    }
}
