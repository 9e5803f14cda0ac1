//! Whether a commit could take a file: asked of files that hold keys.

use std::path::Path;

use git2::RepositoryOpenFlags;

/// How the repository around a file holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// No commit takes it: it is ignored, and neither staged nor committed.
    Ignored,
    /// A commit of everything would take it. Also where the repository cannot be asked.
    Untracked,
    /// It is staged, or in the last commit.
    Tracked,
}

/// How the repository around `file` holds it.
pub fn held(file: &Path) -> Held {
    ask(file).unwrap_or(Held::Untracked)
}

fn ask(file: &Path) -> Result<Held, git2::Error> {
    let none: [&Path; 0] = [];
    let folder = file.parent().unwrap_or(file);
    let git = git2::Repository::open_ext(folder, RepositoryOpenFlags::empty(), none)?;
    // The work tree's path has no symbolic links; the file itself may be one.
    let place = folder.canonicalize().ok().zip(file.file_name()).map(|(at, name)| at.join(name));
    let workdir = git.workdir().and_then(|workdir| workdir.canonicalize().ok());
    let path = place
        .zip(workdir)
        .and_then(|(place, workdir)| place.strip_prefix(workdir).map(Path::to_path_buf).ok());
    let Some(path) = path else { return Ok(Held::Untracked) };
    let committed = git.head().and_then(|head| head.peel_to_tree());
    if git.index()?.get_path(&path, 0).is_some()
        || committed.is_ok_and(|tree| tree.get_path(&path).is_ok())
    {
        return Ok(Held::Tracked);
    }
    Ok(if git.is_path_ignored(&path)? { Held::Ignored } else { Held::Untracked })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_held_as_the_repository_says() {
        let folder = tempfile::tempdir().unwrap();
        let git = git2::Repository::init(folder.path()).unwrap();
        let file = folder.path().join("config.toml");
        std::fs::write(&file, "").unwrap();
        assert_eq!(held(&file), Held::Untracked);

        std::fs::write(folder.path().join(".gitignore"), "config.toml\n").unwrap();
        assert_eq!(held(&file), Held::Ignored);

        let mut index = git.index().unwrap();
        index.add_path(Path::new("config.toml")).unwrap();
        index.write().unwrap();
        assert_eq!(held(&file), Held::Tracked, "staged, though it is ignored");

        let tree = git.find_tree(index.write_tree().unwrap()).unwrap();
        let who = git2::Signature::now("A", "a@example.org").unwrap();
        git.commit(Some("HEAD"), &who, &who, "m", &tree, &[]).unwrap();
        index.remove_path(Path::new("config.toml")).unwrap();
        index.write().unwrap();
        assert_eq!(held(&file), Held::Tracked, "committed, though it is staged no more");
    }

    #[test]
    fn a_file_whose_repository_cannot_be_asked_is_not_safe() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(".git")).unwrap();
        assert_eq!(held(&folder.path().join("config.toml")), Held::Untracked);
    }
}
