//! Cloning from git's own server program.

use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use devika_vcs::{CloneRequest, Cloned, GitServer, Received, RemoteAddress, VcsError, clone};
use tempfile::TempDir;

/// `git upload-pack`, which is what answers behind every address.
struct UploadPack(PathBuf);

impl UploadPack {
    fn start(&self, options: &[&str], input: String) -> Box<dyn Read + '_> {
        let mut program = Command::new("git")
            .arg("upload-pack")
            .args(options)
            .arg(&self.0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        program.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let mut output = Vec::new();
        program.stdout.take().unwrap().read_to_end(&mut output).unwrap();
        program.wait().unwrap();
        Box::new(std::io::Cursor::new(output))
    }
}

impl GitServer for UploadPack {
    fn references(&mut self) -> Result<Box<dyn Read + '_>, String> {
        let service = b"001e# service=git-upload-pack\n0000".as_slice();
        let options = ["--stateless-rpc", "--http-backend-info-refs"];
        Ok(Box::new(service.chain(self.start(&options, String::new()))))
    }

    fn pack(&mut self, request: String) -> Result<Box<dyn Read + '_>, String> {
        Ok(self.start(&["--stateless-rpc"], request))
    }
}

/// A repository that was made by git itself, and a place to clone it to.
struct World {
    folder: TempDir,
}

impl World {
    fn new() -> Self {
        let world = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir(world.origin()).unwrap();
        world.git(&["init", "--quiet", "--initial-branch", "trunk"]);
        world
    }

    fn origin(&self) -> PathBuf {
        self.folder.path().join("origin")
    }

    fn target(&self) -> PathBuf {
        self.folder.path().join("target")
    }

    fn git(&self, args: &[&str]) -> &Self {
        let ran = Command::new("git")
            .args(["-c", "user.name=A", "-c", "user.email=a@example.org"])
            .args(args)
            .current_dir(self.origin())
            .status();
        assert!(ran.unwrap().success(), "{args:?}");
        self
    }

    fn commit(&self, path: &str, text: &str) -> &Self {
        let path = self.origin().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self.git(&["add", "--all"]).git(&["commit", "--quiet", "-m", text.trim()])
    }

    fn clone(
        &self,
        bytes: u64,
        go_on: &mut dyn FnMut(Received) -> bool,
    ) -> Result<Cloned, VcsError> {
        let address = RemoteAddress::parse("https://example.org/a/shop.git").unwrap();
        let request = CloneRequest { address: &address, folder: &self.target(), bytes };
        clone(&mut UploadPack(self.origin()), request, go_on)
    }

    fn cloned(&self) -> git2::Repository {
        git2::Repository::open(self.target()).unwrap()
    }
}

const PLENTY: u64 = 1_000_000;

fn read(folder: &Path, path: &str) -> String {
    std::fs::read_to_string(folder.join(path)).unwrap()
}

#[test]
fn a_clone_has_the_files_the_history_the_branches_and_the_tags() {
    let world = World::new();
    world.commit("a.txt", "one\n").commit("src/b.txt", "two\n").git(&["tag", "-am", "1", "v1"]);
    world.git(&["branch", "side"]);
    let mut told = Vec::new();
    let cloned = world.clone(PLENTY, &mut |received| {
        told.push(received);
        true
    });
    let git = world.cloned();
    let head = git.head().unwrap().peel_to_commit().unwrap();
    let expected = Cloned { branch: Some("trunk".to_owned()), commit: Some(head.id().to_string()) };
    assert_eq!(cloned, Ok(expected.clone()));
    let address = |text| RemoteAddress::parse(text).unwrap();
    let of = |text| devika_vcs::cloned(&world.target(), &address(text));
    assert_eq!(of("https://example.org/a/shop.git"), Some(expected));
    assert_eq!(of("https://example.org/b/shop.git"), None);
    assert_eq!(read(&world.target(), "a.txt") + &read(&world.target(), "src/b.txt"), "one\ntwo\n");
    assert_eq!(head.parent(0).unwrap().message().unwrap(), "one\n");
    let names: Vec<String> =
        git.references().unwrap().names().map(|name| name.unwrap().to_owned()).collect();
    assert_eq!(
        names,
        [
            "refs/heads/trunk",
            "refs/remotes/origin/side",
            "refs/remotes/origin/trunk",
            "refs/tags/v1"
        ]
    );
    assert_eq!(git.find_remote("origin").unwrap().url().unwrap(), "https://example.org/a/shop.git");
    let upstream = git.branch_upstream_name("refs/heads/trunk").unwrap();
    assert_eq!(upstream.as_str().unwrap(), "refs/remotes/origin/trunk");
    assert!(git.statuses(None).unwrap().is_empty(), "the work tree is clean");
    assert!(told.last().is_some_and(|last| last.objects > 0 && last.bytes > 0), "{told:?}");
}

#[test]
fn an_empty_repository_is_cloned_empty() {
    let world = World::new();
    assert_eq!(world.clone(PLENTY, &mut |_| true), Ok(Cloned { branch: None, commit: None }));
    let no_commit = world.cloned().head().err().map(|error| error.code());
    assert_eq!(no_commit, Some(git2::ErrorCode::UnbornBranch));
}

#[test]
fn a_repository_that_is_too_large_is_refused_however_small_it_travels() {
    let world = World::new();
    let zeros = "0".repeat(200_000);
    std::fs::write(world.origin().join("a"), &zeros).unwrap();
    world.commit("b", "b\n");
    let what = |limit| world.clone(limit, &mut |_| true).unwrap_err().to_string();
    assert_eq!(
        what(10),
        "https://example.org/a/shop.git is not cloned: what its server sends is larger than 0 MB"
    );
    std::fs::remove_dir_all(world.target()).unwrap();
    let what = what(100_000);
    assert!(what.contains("its work tree is larger than"), "{what}");
    assert!(!world.target().join("a").exists());
}

#[test]
fn a_clone_ends_when_the_user_wants_it_to() {
    let world = World::new();
    world.commit("a", "a\n");
    let why = world.clone(PLENTY, &mut |_| false).unwrap_err().to_string();
    assert_eq!(why, "https://example.org/a/shop.git cannot be cloned: it was cancelled");
}

#[test]
fn nothing_is_put_into_a_folder_that_is_there() {
    let world = World::new();
    world.commit("a", "a\n");
    std::fs::create_dir(world.target()).unwrap();
    assert!(matches!(world.clone(PLENTY, &mut |_| true), Err(VcsError::Other(_))));
    assert!(std::fs::read_dir(world.target()).unwrap().next().is_none());
}
