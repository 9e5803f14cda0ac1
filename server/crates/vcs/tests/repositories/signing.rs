//! Commits that the user's own program signs, as their git verifies them.

use std::{
    collections::BTreeMap, fs, os::unix::fs::PermissionsExt as _, path::Path, process::Command,
};

use devika_vcs::{Repository, Signing, VcsError};
use tempfile::TempDir;

use crate::world::{World, git, step};

/// A repository that is set to sign with a key of ssh, and where that lies.
fn with_ssh_key(passphrase: &str) -> (World, TempDir) {
    let keys = TempDir::new().unwrap();
    let key = keys.path().join("key");
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", passphrase, "-C", "ada@example.org", "-f"])
        .arg(&key)
        .status();
    assert!(made.unwrap().success());
    let public = fs::read_to_string(key.with_extension("pub")).unwrap();
    let allowed = keys.path().join("allowed");
    fs::write(&allowed, format!("ada@example.org {public}")).unwrap();
    let world = World::with(&[("a", "1\n")]);
    set(&world, "commit.gpgsign", "true");
    set(&world, "gpg.format", "ssh");
    set(&world, "user.signingkey", key.to_str().unwrap());
    set(&world, "gpg.ssh.allowedSignersFile", allowed.to_str().unwrap());
    (world, keys)
}

fn set(world: &World, name: &str, value: &str) {
    world.git.config().unwrap().set_str(name, value).unwrap();
}

fn opened(world: &World, home: &Path, is_optional: bool) -> Repository {
    let path = std::env::var("PATH").unwrap();
    let home = home.display().to_string();
    let env = [("PATH", path), ("HOME", home.clone()), ("GNUPGHOME", home)];
    let env: BTreeMap<_, _> =
        env.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    world.open().signed_by(Signing { env, is_optional })
}

#[test]
fn a_commit_is_signed_with_the_users_key_of_ssh_as_git_verifies() {
    let (world, keys) = with_ssh_key("");
    let request = step([world.devika_writes("a", "2\n")]);
    let made = opened(&world, keys.path(), false).commit(&request).unwrap();
    assert_eq!(made.unsigned, None);
    let verified = git(&world.root(), &["verify-commit", &made.id]);
    assert!(verified.contains("Good \"git\" signature for ada@example.org"), "{verified}");
    assert_eq!(world.open().find("7", "1/2").unwrap().unwrap().id, made.id);
}

#[test]
fn a_public_key_that_is_written_out_is_looked_for_in_the_agent() {
    let (world, keys) = with_ssh_key("");
    let public = fs::read_to_string(keys.path().join("key.pub")).unwrap();
    set(&world, "user.signingkey", &format!("key::{}", public.trim()));
    let request = step([world.devika_writes("a", "2\n")]);
    let why = opened(&world, keys.path(), false).commit(&request).unwrap_err();
    assert!(why.to_string().contains("agent"), "there is none: {why}");
}

#[test]
fn a_key_with_a_passphrase_is_not_asked_about_and_nothing_is_committed() {
    let (world, keys) = with_ssh_key("a secret");
    let before = world.open().head().unwrap();
    let request = step([world.devika_writes("a", "2\n")]);
    let why = opened(&world, keys.path(), false).commit(&request).unwrap_err();
    assert!(matches!(why, VcsError::Unsigned { .. }), "{why:?}");
    assert!(why.to_string().contains("passphrase, which Devika never asks for"), "{why}");
    assert_eq!(world.open().head().unwrap(), before);
    assert_eq!(world.staged("a").unwrap(), "1\n");
}

#[test]
fn it_is_committed_without_a_signature_where_the_user_wants_that() {
    let (world, keys) = with_ssh_key("a secret");
    let request = step([world.devika_writes("a", "2\n")]);
    let made = opened(&world, keys.path(), true).commit(&request).unwrap();
    assert!(made.unsigned.unwrap().contains("passphrase"));
    assert_eq!(world.committed(), [("a".to_owned(), "2\n".to_owned())]);
}

#[test]
fn a_program_that_the_repository_names_is_not_run() {
    let (world, keys) = with_ssh_key("");
    let trap = keys.path().join("trap");
    world.write("trap.sh", &format!("#!/bin/sh\ntouch {}\n", trap.display()));
    let program = world.root().join("trap.sh");
    for name in ["gpg.program", "gpg.ssh.program", "gpg.openpgp.program", "gpg.x509.program"] {
        set(&world, name, program.to_str().unwrap());
    }
    let request = step([world.devika_writes("a", "2\n")]);
    opened(&world, keys.path(), false).commit(&request).unwrap();
    assert!(!trap.exists());
}

#[test]
fn a_key_that_is_not_there_and_an_unknown_format_are_told() {
    let (world, keys) = with_ssh_key("");
    let request = step([world.devika_writes("a", "2\n")]);
    let why = |name, value| {
        set(&world, name, value);
        opened(&world, keys.path(), false).commit(&request).unwrap_err().to_string()
    };
    assert!(why("user.signingkey", "/nowhere/key").contains("`ssh-keygen` cannot sign: "));
    assert!(why("user.signingkey", "").contains("`user.signingkey` names no key"));
    assert!(why("gpg.format", "pgp3").contains("\"pgp3\", which Devika does not know"));
}

#[test]
fn a_commit_is_signed_with_the_users_key_of_gpg_as_git_verifies() {
    let world = World::with(&[("a", "1\n")]);
    // The socket of gpg's agent has to fit into a short path.
    let home = tempfile::Builder::new().prefix("g").tempdir_in("/tmp").unwrap();
    let gpg = |args: &[&str]| {
        let done = Command::new("gpg").args(args).env("GNUPGHOME", home.path()).output();
        // Without gpg on the machine there is nothing to be shown.
        done.ok().map(|done| done.status.success())
    };
    fs::set_permissions(home.path(), std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let identity = "Ada <ada@example.org>";
    let Some(made) = gpg(&["--batch", "--passphrase", "", "--quick-gen-key", identity, "ed25519"])
    else {
        return;
    };
    assert!(made);
    set(&world, "commit.gpgsign", "true");
    let request = step([world.devika_writes("a", "2\n")]);
    let made = opened(&world, home.path(), false).commit(&request).unwrap();
    let verified = Command::new("git")
        .args(["verify-commit", &made.id])
        .current_dir(world.root())
        .env("GNUPGHOME", home.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&verified.stderr).into_owned();
    assert!(verified.status.success() && said.contains("Good signature from \"Ada"), "{said}");
    // Its agent ends with its home.
    let ended =
        Command::new("gpgconf").args(["--kill", "all"]).env("GNUPGHOME", home.path()).status();
    assert!(ended.unwrap().success());
}

#[test]
fn a_commit_is_signed_with_the_users_certificate_by_gpgsm_called_as_git_calls_it() {
    let world = World::with(&[("a", "1\n")]);
    let home = TempDir::new().unwrap();
    let program = home.path().join("gpgsm");
    let says = "#!/bin/sh\nprintf '%s ' \"$@\" > \"$HOME/asked\"\ncat > \"$HOME/signed\"\n\
        printf -- '-----BEGIN SIGNED MESSAGE-----\\nMIIB\\n-----END SIGNED MESSAGE-----\\n'\n";
    fs::write(&program, says).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    for (name, value) in
        [("commit.gpgsign", "true"), ("gpg.format", "x509"), ("user.signingkey", "0xADA")]
    {
        set(&world, name, value);
    }
    let path = format!("{}:{}", home.path().display(), std::env::var("PATH").unwrap());
    let home = home.path().display().to_string();
    let env = [("PATH", path), ("HOME", home.clone())];
    let env = env.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let repository = world.open().signed_by(Signing { env, is_optional: false });
    let made = repository.commit(&step([world.devika_writes("a", "2\n")])).unwrap();
    let asked = fs::read_to_string(Path::new(&home).join("asked")).unwrap();
    assert!(asked.ends_with("-bsau 0xADA "), "{asked}");
    let kept = git(&world.root(), &["cat-file", "commit", &made.id]);
    assert!(kept.contains("gpgsig -----BEGIN SIGNED MESSAGE-----\n MIIB\n"), "{kept}");
    let signed = fs::read_to_string(Path::new(&home).join("signed")).unwrap();
    assert_eq!(kept.split("\n\n").nth(1), signed.split("\n\n").nth(1), "all but the signature");
}
