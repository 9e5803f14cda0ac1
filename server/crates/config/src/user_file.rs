//! The user's file: the commented example, which is also where the defaults stand.

use std::path::Path;
use std::sync::LazyLock;

use crate::error::ConfigError;
use crate::layer::Layer;

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
    file.write_all(EXAMPLE.as_bytes()).and_then(|()| file.sync_all()).map_err(|error| {
        // Half an example is worse than none, and the next attempt would take it for the user's own.
        std::fs::remove_file(path).ok();
        unwritable(error)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::key::KeyTable;
    use crate::keys::{KEYS, Key};
    use crate::load::Sources;
    use crate::providers;
    use crate::values::Values;

    /// The example with everything uncommented: also the keys that have no default, and a provider
    /// of the user's own.
    fn all_uncommented() -> Layer {
        let is_key = |line: &str| {
            let name = line.split(" = ").next().unwrap_or_default();
            line.contains(" = ") && name.chars().all(|c| c.is_ascii_lowercase() || c == '_')
        };
        let lines = EXAMPLE.lines().map(|line| match line.trim_start_matches(['#', ' ']) {
            bare if is_key(bare)
                || bare.starts_with("[providers.")
                || bare == "[deploy.netlify]"
                || bare.starts_with("[publish.")
                || bare.starts_with("[research.") =>
            {
                bare
            }
            _ => line,
        });
        Layer::parse("config.example.toml", &lines.collect::<Vec<_>>().join("\n"))
    }

    #[test]
    fn the_example_documents_every_key_and_no_other() {
        let layer = all_uncommented();
        assert_eq!(layer.wrong, Vec::<String>::new());
        let general = |key: &String| {
            key.replace("providers.mine.", "providers.*.")
                .replace("prices.my-model.", "prices.*.")
                .replace("headers.X-Team", "headers.*")
        };
        let shown: BTreeSet<String> = layer.values.keys().map(general).collect();
        assert_eq!(shown, KEYS.iter().map(|key| key.name.to_owned()).collect());
    }

    #[test]
    fn the_example_shows_the_default_of_every_key_that_has_one() {
        const WITHOUT: [&str; 16] = [
            "models.default",
            "models.planner",
            "models.coder",
            "models.patcher",
            "models.answer",
            "models.fast",
            "projects.folder",
            "memory.embeddings",
            "memory.qdrant.shards",
            "git.remote",
            "memory.qdrant.replication",
            "memory.qdrant.write_consistency",
            "research.browser",
            "research.proxy",
            "report.browser",
            "local.threads",
        ];
        assert_eq!(DEFAULTS.wrong, Vec::<String>::new());
        let with = |key: &&Key| {
            let of_services = ["google", "brave", "searxng", "duckduckgo", "bing"]
                .iter()
                .any(|engine| key.name.starts_with(&format!("research.{engine}.")));
            let is_free = of_services
                || ["providers.", "deploy.netlify.", "publish.", "memory.qdrant.key"]
                    .iter()
                    .any(|it| key.name.starts_with(it));
            !is_free && !WITHOUT.contains(&key.name)
        };
        let with: BTreeSet<&str> = KEYS.iter().filter(with).map(|key| key.name).collect();
        assert_eq!(DEFAULTS.values.keys().map(String::as_str).collect::<BTreeSet<_>>(), with);
    }

    #[test]
    fn the_example_shows_the_defaults_of_a_provider_of_ones_own() {
        let mut wrong = Vec::new();
        let as_shown = Values::merged([all_uncommented()], &mut wrong);
        let bare = Layer::parse(
            "config.toml",
            "[providers.mine]\nkind = \"openai\"\nbase_url = \"http://127.0.0.1:8080/v1/\"\n\
             key_env = \"MY_API_KEY\"\nkey = \"…\"\ndefault_model = \"my-model\"\n",
        );
        let by_default = Values::merged([bare], &mut wrong);
        let [as_shown, by_default] = [as_shown, by_default].map(|values| {
            let home = Path::new("/home/ada");
            let sources = Sources::default();
            let keys = KeyTable::new(&values, &sources);
            let providers = providers::resolve(&values, &keys, Some(home), &mut wrong);
            let mut mine = providers.into_iter().next().unwrap();
            // These have no default, and the example shows what one could write.
            mine.key = None;
            mine.headers.clear();
            mine.ca_file = None;
            mine.proxy = None;
            mine.prices.clear();
            format!("{mine:?}")
        });
        assert_eq!((as_shown, wrong), (by_default, Vec::new()));
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
