//! Where Devika keeps its own files.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// Where Devika keeps its own files; none of them in a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// The user's configuration.
    pub config_file: PathBuf,
    /// The database and the leases.
    pub state_dir: PathBuf,
    /// The local model.
    pub cache_dir: PathBuf,
    /// New projects, where the configuration names no other folder.
    pub projects_dir: PathBuf,
    /// Log files.
    pub log_dir: PathBuf,
}

impl Paths {
    /// The platform's places, from a captured environment. `DEVIKA_HOME` puts everything under one
    /// folder; `DEVIKA_CONFIG` names the configuration file.
    ///
    /// Without `HOME` the places are below the root of the file system, where only a superuser can
    /// write: the folder that Devika happens to be started in may belong to a hostile repository.
    pub fn from_env(env: &BTreeMap<String, String>) -> Self {
        let get = |name: &str| env.get(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let mut paths = match get("DEVIKA_HOME") {
            Some(home) => Self {
                config_file: home.join("config.toml"),
                state_dir: home.join("state"),
                cache_dir: home.join("cache"),
                projects_dir: home.join("projects"),
                log_dir: home.join("log"),
            },
            None => Self::of_platform(env),
        };
        if let Some(file) = get("DEVIKA_CONFIG") {
            paths.config_file = file;
        }
        paths
    }

    fn of_platform(env: &BTreeMap<String, String>) -> Self {
        let get = |name: &str| folder(env, name);
        let home = home(env).unwrap_or_else(|| PathBuf::from("/"));
        let (config, state, cache) = if cfg!(target_os = "macos") {
            let library = home.join("Library");
            let support = library.join("Application Support");
            (support.clone(), support, library.join("Caches"))
        } else if cfg!(windows) {
            let roaming = get("APPDATA").unwrap_or_else(|| home.clone());
            let local = get("LOCALAPPDATA").unwrap_or_else(|| home.clone());
            (roaming, local.clone(), local)
        } else {
            // The XDG base directory specification, version 0.8, which also says to ignore relative
            // paths.
            (
                get("XDG_CONFIG_HOME").unwrap_or_else(|| home.join(".config")),
                get("XDG_STATE_HOME").unwrap_or_else(|| home.join(".local/state")),
                get("XDG_CACHE_HOME").unwrap_or_else(|| home.join(".cache")),
            )
        };
        Self {
            config_file: config.join("devika").join("config.toml"),
            state_dir: state.join("devika"),
            cache_dir: cache.join("devika"),
            projects_dir: home.join("devika"),
            log_dir: state.join("devika").join("log"),
        }
    }
}

/// The user's home, from a captured environment.
pub(crate) fn home(env: &BTreeMap<String, String>) -> Option<PathBuf> {
    folder(env, "HOME").or_else(|| folder(env, "USERPROFILE"))
}

/// The folder that a variable names; a relative one would depend on where the program was started.
fn folder(env: &BTreeMap<String, String>, name: &str) -> Option<PathBuf> {
    env.get(name).map(PathBuf::from).filter(|path| path.is_absolute())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(env: &[(&str, &str)]) -> Paths {
        Paths::from_env(&env.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
    }

    #[test]
    fn one_folder_can_hold_everything() {
        let paths = paths(&[("DEVIKA_HOME", "/d"), ("HOME", "/home/u")]);
        assert_eq!(paths.config_file, PathBuf::from("/d/config.toml"));
        assert_eq!(paths.state_dir, PathBuf::from("/d/state"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn on_linux_the_xdg_folders_are_used() {
        let paths = paths(&[("HOME", "/home/u"), ("XDG_STATE_HOME", "/s")]);
        assert_eq!(paths.config_file, PathBuf::from("/home/u/.config/devika/config.toml"));
        assert_eq!(paths.state_dir, PathBuf::from("/s/devika"));
        assert_eq!(paths.projects_dir, PathBuf::from("/home/u/devika"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn nothing_depends_on_the_folder_that_devika_is_started_in() {
        for env in [&[][..], &[("HOME", "")], &[("HOME", "."), ("XDG_CONFIG_HOME", "here")]] {
            let paths = paths(env);
            assert_eq!(paths.config_file, PathBuf::from("/.config/devika/config.toml"));
            assert_eq!(paths.state_dir, PathBuf::from("/.local/state/devika"));
        }
    }
}
