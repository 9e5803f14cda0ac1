//! The files of a site: what is uploaded of a project, and what never is.

use std::path::Path;

use ignore::{DirEntry, WalkBuilder};
use sha2::{Digest, Sha256};

use super::below;
use crate::outside::SiteFile;

/// Files of a site at the most: what Netlify takes in one archive.
const MOST_FILES: usize = 25_000;

/// How many folders below the built one the first page may be.
const DEPTH: usize = 3;

/// Folders that hold what is needed to build a site, and are no part of it.
const NOT_OF_A_SITE: [&str; 4] = ["node_modules", "target", "__pycache__", "venv"];

/// What begins a private key, whosever it is.
const PRIVATE_KEY: &[u8] = b"PRIVATE KEY-----";

/// The files of a site, in the order of their paths.
#[derive(Debug)]
pub(super) struct Collected {
    pub(super) files: Vec<SiteFile>,
    hidden: usize,
    links: usize,
}

/// The folder that is a site, relative to the project's root: the one that the user names, else the
/// first that has a page to begin with, else the root itself.
///
/// # Errors
/// Why there is none, as the end of a sentence.
pub(super) fn find(root: &Path, named: Option<&str>, built: &[String]) -> Result<String, String> {
    if let Some(named) = named {
        let named = named.trim_start_matches("./").trim_end_matches('/');
        let named = if named == "." { "" } else { named };
        is_folder(root, named)?;
        return Ok(named.to_owned());
    }
    let with_page = |folder: &String| {
        is_folder(root, folder).ok()?;
        let inner = with_page(&root.join(folder), DEPTH)?;
        Some(if inner.is_empty() { folder.clone() } else { format!("{folder}/{inner}") })
    };
    if let Some(found) = built.iter().find_map(with_page) {
        return Ok(found);
    }
    if root.join("index.html").is_file() {
        return Ok(String::new());
    }
    Err("there is no page to begin with, such as `index.html` or `dist/index.html`. Say which folder has the pages by `deploy.netlify.folder`.".to_owned())
}

/// Where the page to begin with is: here, or in the only folder.
fn with_page(folder: &Path, depth: usize) -> Option<String> {
    if folder.join("index.html").is_file() {
        return Some(String::new());
    }
    let mut inner = std::fs::read_dir(folder).ok()?.flatten();
    let (only, None) = (inner.next()?, inner.next()) else { return None };
    if depth == 0 || !only.file_type().ok()?.is_dir() {
        return None;
    }
    let name = only.file_name().into_string().ok()?;
    let rest = with_page(&only.path(), depth - 1)?;
    Some(if rest.is_empty() { name } else { format!("{name}/{rest}") })
}

/// Makes sure that a folder is one of the project, and that no symbolic link leads to it.
fn is_folder(root: &Path, folder: &str) -> Result<(), String> {
    let mut path = root.to_path_buf();
    for part in folder.split('/').filter(|part| !matches!(*part, "" | ".")) {
        path.push(part);
        let metadata = std::fs::symlink_metadata(&path)
            .map_err(|_| format!("there is no folder `{folder}`."))?;
        if part == ".." || part == ".git" || !metadata.is_dir() {
            return Err(format!("`{folder}` is no folder of the project."));
        }
    }
    Ok(())
}

impl Collected {
    /// Reads the files of a folder of the project. Links are not followed, and hidden files stay; of
    /// the root itself, also what git ignores.
    ///
    /// # Errors
    /// Why they may not be uploaded, as the end of a sentence.
    pub(super) fn of(
        root: &Path,
        folder: &str,
        most_bytes: u64,
        key_in: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, String> {
        is_folder(root, folder)?;
        let top = below(root, folder);
        let is_root = folder.is_empty();
        let mut collected = Self { files: Vec::new(), hidden: 0, links: 0 };
        let mut bytes = 0;
        for entry in walk(&top, is_root) {
            let entry = entry.map_err(|error| format!("{error}."))?;
            let Some(kind) = entry.file_type().filter(|_| entry.depth() > 0) else { continue };
            if is_hidden(&entry) {
                collected.hidden += 1;
                continue;
            }
            if kind.is_symlink() {
                collected.links += 1;
                continue;
            }
            if !kind.is_file() {
                continue;
            }
            let path = name_of(&entry, &top)?;
            bytes += entry.metadata().map_or(0, |metadata| metadata.len());
            if bytes > most_bytes || collected.files.len() == MOST_FILES {
                return Err(format!(
                    "it is larger than {} or {MOST_FILES} files (`deploy.site_mb`).",
                    size(most_bytes)
                ));
            }
            let bytes = std::fs::read(entry.path())
                .map_err(|error| format!("`{path}` cannot be read ({error})."))?;
            refuse_secrets(&path, &bytes, key_in)?;
            collected.files.push(SiteFile { path, bytes });
        }
        if collected.files.is_empty() {
            return Err("there are no files.".to_owned());
        }
        collected.files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(collected)
    }

    /// Bytes of all files together.
    pub(super) fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes.len() as u64).sum()
    }

    /// Of all names and contents.
    pub(super) fn digest(&self) -> String {
        let mut digest = Sha256::new();
        for file in &self.files {
            for part in [file.path.as_bytes(), &file.bytes] {
                digest.update((part.len() as u64).to_le_bytes());
                digest.update(part);
            }
        }
        digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// What is left out, for the user to know.
    pub(super) fn notes(&self) -> Vec<String> {
        let note = |(count, what): (usize, &str)| {
            (count > 0).then(|| format!("Left out of the site: {what} ({count})."))
        };
        let kinds = [(self.hidden, "hidden files and folders"), (self.links, "symbolic links")];
        kinds.into_iter().filter_map(note).collect()
    }
}

/// The entries of a folder. What was built is often ignored by git; the root's own files are not
/// uploaded where they are.
fn walk(top: &Path, is_root: bool) -> ignore::Walk {
    let mut walk = WalkBuilder::new(top);
    walk.standard_filters(false).follow_links(false).require_git(false).git_ignore(is_root);
    walk.filter_entry(move |entry| {
        let name = entry.file_name().to_str();
        let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
        let within_hidden = entry
            .path()
            .parent()
            .and_then(Path::file_name)
            .is_some_and(|parent| entry.depth() > 1 && hides(&parent.to_string_lossy()));
        let builds_it = is_root && is_folder && name.is_some_and(|it| NOT_OF_A_SITE.contains(&it));
        !(within_hidden || builds_it)
    });
    walk.build()
}

fn is_hidden(entry: &DirEntry) -> bool {
    hides(&entry.file_name().to_string_lossy())
}

/// Whether a name hides a file: all that begin with a dot but the folder that the web itself defines
/// (RFC 8615).
fn hides(name: &str) -> bool {
    name.starts_with('.') && name != ".well-known"
}

/// The path of an entry in the site.
fn name_of(entry: &DirEntry, top: &Path) -> Result<String, String> {
    let path = entry.path().strip_prefix(top).unwrap_or(entry.path());
    let parts: Option<Vec<&str>> = path.iter().map(|part| part.to_str()).collect();
    let path = parts.map(|parts| parts.join("/"));
    path.filter(|path| !path.contains(char::is_control))
        .ok_or_else(|| format!("the name of {} is no plain text.", entry.path().display()))
}

/// A key that found its way into a file is not shown to the world.
fn refuse_secrets(
    path: &str,
    bytes: &[u8],
    key_in: &dyn Fn(&str) -> Option<String>,
) -> Result<(), String> {
    if let Some(owner) = key_in(&String::from_utf8_lossy(bytes)) {
        return Err(format!(
            "`{path}` holds the key of {owner}. Take it out, and think about replacing it."
        ));
    }
    match bytes.windows(PRIVATE_KEY.len()).any(|part| part == PRIVATE_KEY) {
        true => Err(format!("`{path}` holds a private key. Take it out.")),
        false => Ok(()),
    }
}

/// Bytes in words: `12.3 kB`.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        root
    }

    fn found(files: &[(&str, &str)], named: Option<&str>) -> Result<String, String> {
        let built = ["dist", "build"].map(str::to_owned);
        find(project(files).path(), named, &built)
    }

    fn collected(root: &Path, folder: &str) -> Result<Collected, String> {
        let key_in = |text: &str| text.contains("sk-secret").then(|| "openai".to_owned());
        Collected::of(root, folder, 1_000, &key_in)
    }

    fn paths(collected: &Collected) -> Vec<&str> {
        collected.files.iter().map(|file| file.path.as_str()).collect()
    }

    #[test]
    fn the_folder_is_the_one_with_the_first_page() {
        let page = |path| [(path, "<p>")];
        assert_eq!(found(&page("build/index.html"), None), Ok("build".to_owned()));
        let nested = "dist/app/browser/index.html";
        assert_eq!(found(&page(nested), None), Ok("dist/app/browser".to_owned()));
        assert_eq!(found(&page("index.html"), None), Ok(String::new()));
        assert_eq!(found(&page("web/a.html"), Some("./web/")), Ok("web".to_owned()));
        assert!(
            found(&page("web/index.html"), None).unwrap_err().contains("no page to begin with")
        );
        assert_eq!(
            found(&page("index.html"), Some("web")),
            Err("there is no folder `web`.".to_owned())
        );
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed_wherever_they_stand() {
        let secret = project(&[("index.html", "outside")]);
        let root = project(&[("dist/index.html", "inside")]);
        std::os::unix::fs::symlink(secret.path(), root.path().join("dist/more")).unwrap();
        let page = secret.path().join("index.html");
        std::os::unix::fs::symlink(page, root.path().join("dist/a.html")).unwrap();
        std::os::unix::fs::symlink(secret.path(), root.path().join("build")).unwrap();
        let site = collected(root.path(), "dist").unwrap();
        assert_eq!(paths(&site), ["index.html"]);
        assert_eq!(site.notes(), ["Left out of the site: symbolic links (2)."]);
        assert_eq!(
            collected(root.path(), "build").unwrap_err(),
            "`build` is no folder of the project."
        );
        assert_eq!(
            find(root.path(), None, &["build".to_owned()]).unwrap_err()[..17],
            *"there is no page "
        );
    }

    #[test]
    fn hidden_files_stay_and_of_the_root_what_builds_it_and_what_git_ignores() {
        let files = [
            (".gitignore", "private.html\n"),
            (".env", "TOKEN=1"),
            (".git/config", ""),
            (".well-known/security.txt", "me"),
            ("a/.hidden/b.html", ""),
            ("index.html", "<p>"),
            ("node_modules/x/index.js", ""),
            ("private.html", ""),
        ];
        let root = project(&files);
        let site = collected(root.path(), "").unwrap();
        assert_eq!(paths(&site), [".well-known/security.txt", "index.html"]);
        assert_eq!(site.notes(), ["Left out of the site: hidden files and folders (4)."]);
        let root = project(&[(".gitignore", "dist\n"), ("dist/index.html", "<p>")]);
        assert_eq!(paths(&collected(root.path(), "dist").unwrap()), ["index.html"]);
    }

    #[test]
    fn a_file_with_a_key_in_it_is_refused() {
        let refused = |text: &str| {
            let root = project(&[("index.html", "<p>"), ("js/app.js", text)]);
            collected(root.path(), "").unwrap_err()
        };
        assert!(
            refused("const key = 'sk-secret';").starts_with("`js/app.js` holds the key of openai.")
        );
        assert_eq!(
            refused("-----BEGIN RSA PRIVATE KEY-----\nMII"),
            "`js/app.js` holds a private key. Take it out."
        );
    }

    #[test]
    fn what_is_too_large_is_refused() {
        let root = project(&[("index.html", &"a".repeat(2_000))]);
        let why = collected(root.path(), "").unwrap_err();
        assert_eq!(why, "it is larger than 1.0 kB or 25000 files (`deploy.site_mb`).");
    }

    #[test]
    fn another_name_or_content_is_another_digest() {
        let digest = |path, text| collected(project(&[(path, text)]).path(), "").unwrap().digest();
        let first = digest("index.html", "a");
        assert_eq!(first, digest("index.html", "a"));
        assert_ne!(first, digest("index.html", "b"));
        assert_ne!(first, digest("index.htm", "a"));
    }
}
