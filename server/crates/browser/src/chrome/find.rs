//! Where the browser is.

use std::ffi::OsStr;
use std::path::PathBuf;

/// The names that it has, the likeliest first.
const NAMES: [&str; 6] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "chromium-headless-shell",
];

/// The oldest version that is used: the first whose headless mode is the browser itself.
const OLDEST: u32 = 112;

/// The browser that is `named`, else the first that is found in `search_path`, the value of `PATH`.
#[must_use]
pub fn find_browser(named: Option<PathBuf>, search_path: Option<&OsStr>) -> Option<PathBuf> {
    if named.is_some() {
        return named;
    }
    let folders: Vec<PathBuf> = std::env::split_paths(search_path?).collect();
    let found =
        |name: &&str| folders.iter().map(|folder| folder.join(name)).find(|it| it.is_file());
    NAMES.iter().find_map(found)
}

/// Why a browser that calls itself so is not used: `HeadlessChrome/156.0.8078.79`.
pub(super) fn too_old(product: &str) -> Option<String> {
    let version = product.split_once('/').map_or(product, |(_, version)| version);
    let major: Option<u32> = version.split('.').next().and_then(|major| major.parse().ok());
    match major {
        Some(major) if major >= OLDEST => None,
        _ => Some(format!(
            "it is {product}, and version {OLDEST} is the oldest that works; update it"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_version_is_told() {
        assert_eq!(too_old("HeadlessChrome/156.0.8078.79"), None);
        assert_eq!(
            too_old("Chrome/90.0.1").as_deref(),
            Some("it is Chrome/90.0.1, and version 112 is the oldest that works; update it")
        );
        assert!(too_old("Something").is_some());
    }

    #[test]
    fn the_named_browser_goes_before_one_that_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = Some(folder.path().as_os_str());
        assert_eq!(find_browser(None, path), None);
        std::fs::write(folder.path().join("chrome"), "").unwrap();
        assert_eq!(find_browser(None, path), Some(folder.path().join("chrome")));
        assert_eq!(find_browser(Some("/opt/c".into()), path), Some("/opt/c".into()));
    }
}
