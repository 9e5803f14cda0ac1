//! The user's home is empty inside, but for the toolchains that commands need.

use std::fs;
use std::path::{Path, PathBuf};

use super::layers::Layers;

/// Folders of toolchains below the home. None of them holds credentials, but for [`CREDENTIALS`].
const TOOLCHAINS: [&str; 34] = [
    ".rustup",
    ".cargo",
    ".npm",
    ".nvm",
    ".fnm",
    ".volta",
    ".bun",
    ".deno",
    ".yarn",
    ".pyenv",
    ".rbenv",
    ".asdf",
    ".conda",
    "miniconda3",
    "anaconda3",
    "go/bin",
    "go/pkg",
    ".sdkman",
    ".jdks",
    ".m2/repository",
    ".m2/wrapper",
    ".gradle/wrapper",
    ".gradle/caches",
    ".ghcup",
    ".opam",
    ".dotnet",
    ".cache/pip",
    ".cache/ms-playwright",
    ".local/bin",
    ".local/lib",
    ".local/pipx",
    ".local/share/mise",
    ".local/share/pnpm",
    ".local/share/uv",
];

/// Files that may hold credentials in folders that are shown.
const CREDENTIALS: [&str; 5] = [
    ".cargo/credentials",
    ".cargo/credentials.toml",
    ".bun/.npmrc",
    ".yarn/.yarnrc.yml",
    ".conda/.condarc",
];

/// What is shown of [`TOOLCHAINS`]' `.cargo` where downloads go to a folder of our own.
const CARGO: [&str; 4] = [".cargo/bin", ".cargo/env", ".cargo/config", ".cargo/config.toml"];

/// Where package managers keep what they have downloaded, by the name of our own folder for it.
const DOWNLOADS: [(&str, &str); 5] = [
    ("cache", ".cache"),
    ("npm", ".npm"),
    ("cargo-registry", ".cargo/registry"),
    ("cargo-git", ".cargo/git"),
    ("go", "go/pkg"),
];

/// The toolchains that a home holds.
pub(crate) fn toolchains(home: &Path) -> Vec<PathBuf> {
    TOOLCHAINS.iter().map(|place| home.join(place)).filter(|place| place.exists()).collect()
}

/// Every home that there may be on this machine.
pub(super) fn homes(home: Option<&Path>) -> Vec<PathBuf> {
    ["/home", "/root"].map(PathBuf::from).into_iter().chain(home.map(Path::to_owned)).collect()
}

/// Shows the toolchains, read-only. Where there is a folder for downloads, commands may download, and
/// write there instead of in the user's own.
pub(super) fn show_toolchains(home: &Path, downloads: Option<&Path>, layers: &mut Layers) {
    let is_for_downloads = |place: &&str| {
        let meet =
            |own: &str| Path::new(place).starts_with(own) || Path::new(own).starts_with(place);
        DOWNLOADS.iter().any(|(_, own)| meet(own))
    };
    let shown: Vec<&str> = match downloads {
        None => TOOLCHAINS.to_vec(),
        Some(_) => TOOLCHAINS.into_iter().filter(|p| !is_for_downloads(p)).chain(CARGO).collect(),
    };
    for place in shown {
        layers.read_only(&home.join(place));
    }
    for place in CREDENTIALS {
        layers.conceal(&home.join(place));
    }
    for place in [".cargo/config", ".cargo/config.toml"] {
        let file = home.join(place);
        if fs::read_to_string(&file).is_ok_and(|text| text.contains("token")) {
            layers.conceal(&file);
        }
    }
    for (own, place) in DOWNLOADS {
        if let Some(own) = downloads.map(|downloads| downloads.join(own))
            && fs::create_dir_all(&own).is_ok()
        {
            layers.writable_at(&own, &home.join(place));
        }
    }
}

/// Shows the programs of the search path that lie in a folder which is empty otherwise, and beside
/// them their libraries.
pub(super) fn show_programs(search_path: &[PathBuf], homes: &[PathBuf], layers: &mut Layers) {
    let is_hidden = |place: &Path| {
        let hidden = homes.iter().map(PathBuf::as_path).chain(super::PRIVATE.map(Path::new));
        hidden.into_iter().any(|hidden| place.starts_with(hidden) && place != hidden)
    };
    for folder in search_path.iter().filter(|folder| folder.is_absolute() && is_hidden(folder)) {
        layers.read_only(folder);
        if let Some(parent) = folder.parent().filter(|parent| is_hidden(parent)) {
            for library in ["lib", "lib64", "libexec", "include", "versions", "pyvenv.cfg"] {
                layers.read_only(&parent.join(library));
            }
        }
    }
}
