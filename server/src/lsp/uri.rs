//! `file:` URIs and paths.

use std::path::{Path, PathBuf};

use tower_lsp::ls_types::Uri;

/// The absolute path of a `file:` URI of this machine; none for any other URI, and for paths that
/// hold a NUL or are not UTF-8.
pub(super) fn to_path(uri: &Uri) -> Option<PathBuf> {
    let is_file = uri.scheme().as_str().eq_ignore_ascii_case("file");
    let host = uri.authority().map_or("", |authority| authority.host());
    if !is_file || !(host.is_empty() || host.eq_ignore_ascii_case("localhost")) {
        return None;
    }
    let path = uri.path().decode().to_string().ok()?;
    if path.contains('\0') {
        return None;
    }
    let path = without_slash_before_drive(&path);
    Path::new(path).is_absolute().then(|| PathBuf::from(path))
}

/// The `file:` URI of an absolute path.
pub(super) fn from_path(path: &Path) -> Option<Uri> {
    Uri::from_file_path(path)
}

/// The path with its parent's symbolic links resolved, so that one file has one path. The last part
/// stays: a link is a file of its own.
pub(super) fn canonical(path: &Path) -> PathBuf {
    let resolved = path.parent().and_then(|parent| parent.canonicalize().ok());
    match (resolved, path.file_name()) {
        (Some(parent), Some(name)) => parent.join(name),
        _ => path.to_path_buf(),
    }
}

/// `/c:/folder` is `c:/folder` on Windows, and a folder named `c:` elsewhere.
fn without_slash_before_drive(path: &str) -> &str {
    let is_drive =
        matches!(path.as_bytes(), [b'/', letter, b':', ..] if letter.is_ascii_alphabetic());
    if cfg!(windows) && is_drive { &path[1..] } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn only_file_uris_of_this_machine_have_a_path() {
        let cases = [
            ("file:///project/src/main.py", Some("/project/src/main.py")),
            ("file://localhost/project/a.py", Some("/project/a.py")),
            ("FILE:///project/a%20b%C3%A9.py", Some("/project/a bé.py")),
            ("file://host/share/a.py", None),
            ("file:///project/a%00.py", None),
            ("file:///project/a%FF.py", None),
            ("untitled:Untitled-1", None),
            ("vscode-notebook-cell:/project/a.ipynb#W0", None),
        ];
        for (uri, path) in cases {
            assert_eq!(to_path(&uri.parse().unwrap()), path.map(PathBuf::from), "{uri}");
        }
    }

    #[test]
    #[cfg(unix)]
    fn a_path_survives_the_way_there_and_back() {
        for path in ["/project/a b.py", "/project/100%.py", "/project/ü#?.py"] {
            let uri = from_path(Path::new(path)).unwrap();
            assert_eq!(to_path(&uri), Some(PathBuf::from(path)));
        }
    }
}
