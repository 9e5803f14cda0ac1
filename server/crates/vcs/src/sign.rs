//! Commits signed by the user's own program, where their git is set so: libgit2 makes the commit, the
//! program signs its text. Which program that is, only the user's own configuration says: one that a
//! repository names is never run. Nobody is asked for a passphrase.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use git2::{Commit, Config, ConfigLevel, Oid, Signature, Tree};
use tempfile::NamedTempFile;

use crate::{Repository, VcsError};

/// How long the program may take: a key on a token may want to be touched.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// The time between two looks at whether it has ended.
const LOOK: Duration = Duration::from_millis(10);

/// Characters of its own words that are shown.
const WORDS: usize = 300;

/// What signing needs from outside of the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signing {
    /// The whole environment of the program, `PATH` and `HOME` among it, and where its agent is.
    pub env: BTreeMap<String, String>,
    /// Whether to commit without a signature where there can be none.
    pub is_optional: bool,
}

/// A commit that no branch has yet.
pub(crate) struct WrittenCommit {
    pub(crate) id: Oid,
    /// Why it is not signed, though the user's git is set so.
    pub(crate) unsigned: Option<String>,
}

impl Repository {
    /// The same repository, whose commits are signed where the user's git is set so.
    #[must_use]
    pub fn signed_by(mut self, signing: Signing) -> Self {
        self.signing = Some(signing);
        self
    }

    /// Writes a commit by this author, signed where it is to be.
    pub(crate) fn write_commit(
        &self,
        author: &Signature<'_>,
        message: &str,
        tree: &Tree<'_>,
        parents: &[&Commit<'_>],
    ) -> Result<WrittenCommit, VcsError> {
        let committer = self.signature()?;
        let unsigned = match (&self.signing, self.wanted_signer(&committer)?) {
            (None, _) | (_, None) => None,
            (Some(signing), Some(signer)) => {
                let text =
                    self.git.commit_create_buffer(author, &committer, message, tree, parents)?;
                let text = std::str::from_utf8(&text)
                    .map_err(|error| VcsError::Other(format!("a commit is no text: {error}")))?;
                match signer.and_then(|signer| signer.sign(text.as_bytes(), &signing.env)) {
                    Ok(signature) => {
                        let id = self.git.commit_signed(text, &signature, None)?;
                        return Ok(WrittenCommit { id, unsigned: None });
                    }
                    Err(why) if signing.is_optional => Some(why),
                    Err(why) => return Err(VcsError::Unsigned { why }),
                }
            }
        };
        let id = self.git.commit(None, author, &committer, message, tree, parents)?;
        Ok(WrittenCommit { id, unsigned })
    }

    /// Who signs, or why nobody can; `None` where nothing is to be signed.
    fn wanted_signer(
        &self,
        author: &Signature<'_>,
    ) -> Result<Option<Result<Signer, String>>, VcsError> {
        let config = self.git.config()?.snapshot()?;
        if !config.get_bool("commit.gpgsign").unwrap_or(false) {
            return Ok(None);
        }
        let own = users_own()?;
        let named = |name: &str| own.get_string(name).ok().filter(|value| !value.is_empty());
        let key = config.get_string("user.signingkey").ok().filter(|key| !key.is_empty());
        let format = config.get_string("gpg.format").unwrap_or_else(|_| "openpgp".to_owned());
        let signer = match format.as_str() {
            "ssh" => match key {
                Some(key) => Ok(Signer::Ssh {
                    program: named("gpg.ssh.program").unwrap_or_else(|| "ssh-keygen".to_owned()),
                    key,
                }),
                None => Err("`user.signingkey` names no key".to_owned()),
            },
            "openpgp" => Ok(Signer::Gpg {
                program: named("gpg.openpgp.program")
                    .or_else(|| named("gpg.program"))
                    .unwrap_or_else(|| "gpg".to_owned()),
                key: key.unwrap_or_else(|| author.to_string()),
            }),
            // `gpgsm` is called as `gpg` is.
            "x509" => Ok(Signer::Gpg {
                program: named("gpg.x509.program").unwrap_or_else(|| "gpgsm".to_owned()),
                key: key.unwrap_or_else(|| author.to_string()),
            }),
            other => Err(format!("`gpg.format` is {other:?}, which Devika does not know")),
        };
        Ok(Some(signer))
    }
}

/// The user's own configuration, without the repository's.
fn users_own() -> Result<Config, VcsError> {
    let mut config = Config::new()?;
    let files = [
        (Config::find_xdg().ok(), ConfigLevel::XDG),
        (Config::find_global().ok(), ConfigLevel::Global),
    ];
    for (file, level) in files {
        if let Some(file) = file.filter(|file| file.is_file()) {
            config.add_file(&file, level, true)?;
        }
    }
    Ok(config.snapshot()?)
}

/// A program with its key.
enum Signer {
    Gpg { program: String, key: String },
    Ssh { program: String, key: String },
}

impl Signer {
    /// The signature of a text.
    ///
    /// # Errors
    /// Why there is none, as the end of a sentence.
    fn sign(&self, text: &[u8], env: &BTreeMap<String, String>) -> Result<String, String> {
        let text = temporary(text)?;
        let signature = match self {
            Self::Gpg { program, key } => by_gpg(&program_at(program, env), key, &text, env)?,
            Self::Ssh { program, key } => by_ssh(&program_at(program, env), key, &text, env)?,
        };
        match signature.contains("-----BEGIN ") {
            true => Ok(signature.replace("\r\n", "\n")),
            false => Err("the program gave no signature".to_owned()),
        }
    }
}

fn by_gpg(
    program: &Path,
    key: &str,
    text: &NamedTempFile,
    env: &BTreeMap<String, String>,
) -> Result<String, String> {
    let mut command = Command::new(program);
    command.args(["--batch", "--no-tty", "--pinentry-mode=error", "--status-fd=2", "-bsau", key]);
    command.stdin(text.reopen().map_err(broken)?);
    run(command, env)
}

/// `ssh-keygen` puts the signature into a file beside the signed one.
fn by_ssh(
    program: &Path,
    key: &str,
    text: &NamedTempFile,
    env: &BTreeMap<String, String>,
) -> Result<String, String> {
    let literal = key.strip_prefix("key::").or_else(|| key.starts_with("ssh-").then_some(key));
    let written = literal.map(|key| temporary(format!("{key}\n").as_bytes())).transpose()?;
    let key = match &written {
        Some(file) => file.path().to_path_buf(),
        None => program_at(key, env),
    };
    let mut command = Command::new(program);
    command.args(["-Y", "sign", "-n", "git", "-f"]).arg(key);
    if written.is_some() {
        command.arg("-U");
    }
    command.arg(text.path()).stdin(Stdio::null());
    // It asks this program instead of the terminal, and gets no answer.
    command.env("SSH_ASKPASS_REQUIRE", "force").env("SSH_ASKPASS", "false");
    run(command, env)?;
    let made = PathBuf::from(format!("{}.sig", text.path().display()));
    let signature = std::fs::read_to_string(&made).map_err(broken);
    if let Err(error) = std::fs::remove_file(&made) {
        tracing::warn!(%error, file = %made.display(), "a signature is left behind");
    }
    signature
}

/// What a program prints; it gets no terminal to ask on, and is ended at its time limit.
fn run(mut command: Command, env: &BTreeMap<String, String>) -> Result<String, String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let (out, complaint) = (temporary(b"")?, temporary(b"")?);
    let asked: Vec<_> = command
        .get_envs()
        .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
        .collect();
    command.env_clear().envs(env).envs(asked);
    command.stdout(out.reopen().map_err(broken)?).stderr(complaint.reopen().map_err(broken)?);
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child =
        command.spawn().map_err(|error| format!("`{program}` cannot be run ({error})"))?;
    let end = Instant::now() + TIME_LIMIT;
    let status = loop {
        match child.try_wait().map_err(broken)? {
            Some(status) => break status,
            None if Instant::now() < end => thread::sleep(LOOK),
            None => {
                child.kill().and_then(|()| child.wait()).map_err(broken)?;
                return Err(format!("`{program}` did not end within {} s", TIME_LIMIT.as_secs()));
            }
        }
    };
    if status.success() {
        return read(out.reopen());
    }
    let said = read(complaint.reopen())?;
    let wants_passphrase =
        ["passphrase", "pinentry", "Operation cancelled"].iter().any(|word| said.contains(word));
    Err(match wants_passphrase {
        true => format!(
            "`{program}` needs the key's passphrase, which Devika never asks for: give it to the key's \
             agent (`ssh-add`, or sign something with `gpg`), then try again"
        ),
        false => format!("`{program}` cannot sign: {}", words(&said)),
    })
}

/// What it says, without gpg's lines for programs.
fn words(said: &str) -> String {
    let lines = said.lines().filter(|line| !line.starts_with("[GNUPG:]"));
    let said: Vec<&str> = lines.map(str::trim).filter(|line| !line.is_empty()).collect();
    match said.join("; ") {
        said if said.is_empty() => "it does not say why".to_owned(),
        said => said.chars().filter(|c| !c.is_control()).take(WORDS).collect(),
    }
}

/// A path of the configuration, in which `~/` is the user's home. A plain name is looked for in `PATH`.
fn program_at(named: &str, env: &BTreeMap<String, String>) -> PathBuf {
    match (named.strip_prefix("~/"), env.get("HOME")) {
        (Some(rest), Some(home)) => Path::new(home).join(rest),
        _ => PathBuf::from(named),
    }
}

fn temporary(content: &[u8]) -> Result<NamedTempFile, String> {
    let mut file = NamedTempFile::new().map_err(broken)?;
    file.write_all(content).and_then(|()| file.flush()).map_err(broken)?;
    Ok(file)
}

fn read(file: io::Result<File>) -> Result<String, String> {
    file.and_then(io::read_to_string).map_err(broken)
}

fn broken(error: io::Error) -> String {
    format!("the text to sign cannot be passed on ({error})")
}
