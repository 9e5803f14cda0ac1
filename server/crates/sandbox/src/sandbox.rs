//! The runner that keeps commands from the rest of the machine.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{env, fs, io};

use async_trait::async_trait;
use nix::libc;
use tokio::sync::OnceCell;
use tokio::time::Instant;

use crate::audit::{self, Audit};
use crate::bubblewrap::Bubblewrap;
use crate::mounts::{self, PROXY, View};
use crate::owner::{self, Owned};
use crate::plain::{PlainRunner, outcome};
use crate::port::{Command, Exit, Limit, Outcome, RunError, Runner};
use crate::proxy::{Allowed, Proxy, Rules, is_inside};
use crate::seatbelt::{self, Profile};
use crate::settings::{Fallback, Sandbox};
use crate::spec::{Confined, Inside, TreeLimits};
use crate::supervise::{INSIDE, WEAKER};
use crate::text::Reader;

/// Threads that a command may have for each process, where the system counts threads.
const THREADS_A_PROCESS: u64 = 16;

/// Runs commands in a sandbox: they write in their workspace and nowhere else, not in its protected
/// places, and see neither the user's files, nor other processes, nor the network, but for the hosts
/// that are allowed.
///
/// Where bubblewrap does not work, it does what [`Sandbox::fallback`] says. Clones share what was found
/// out about this machine.
#[derive(Debug, Clone)]
pub struct SandboxRunner {
    sandbox: Arc<Sandbox>,
    isolation: Arc<OnceCell<Result<Isolation, String>>>,
}

/// How commands are kept from the rest of the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Isolation {
    Namespaces(Bubblewrap),
    Landlock,
    Seatbelt,
    None,
}

impl SandboxRunner {
    /// A runner; nothing is tried before the first command.
    #[must_use]
    pub fn new(sandbox: Sandbox) -> Self {
        Self { sandbox: Arc::new(sandbox), isolation: Arc::default() }
    }

    pub(crate) fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// How commands are isolated here; found out once.
    ///
    /// # Errors
    /// Why they cannot be, and what to do.
    pub(crate) async fn isolation(&self) -> Result<&Isolation, &str> {
        let found = self.isolation.get_or_init(|| async {
            let sandbox = Arc::clone(&self.sandbox);
            tokio::task::spawn_blocking(move || find(&sandbox))
                .await
                .unwrap_or_else(|lost| Err(format!("the attempt was lost: {lost}")))
        });
        found.await.as_ref().map_err(String::as_str)
    }

    async fn in_namespaces(
        &self,
        bubblewrap: &Bubblewrap,
        command: &Command,
        workspace: PathBuf,
        on_output: &(dyn for<'a> Fn(&'a str) + Send + Sync),
    ) -> Result<Outcome, RunError> {
        let not_started = |source| RunError::NotStarted { line: command.line.clone(), source };
        let started = Instant::now();
        let (proxy, socket) = self.proxy(command).map_err(not_started)?;
        let plan = Plan {
            sandbox: Arc::clone(&self.sandbox),
            bubblewrap: bubblewrap.clone(),
            command: command.clone(),
            workspace,
            socket: socket.path().join(SOCKET),
        };
        let Owned { streams, undone } =
            owner::start(move || plan.prepare()).await.map_err(not_started)?;
        let mut reader = Reader::new(command.output_bytes);
        let ending = streams.follow(command, started, &mut reader, on_output).await;
        // It is lost only where the thread has panicked, and its slips with it.
        let slipped = undone.await.unwrap_or_default();
        match ending {
            Err(why) if why.contains("bwrap: ") => Err(RunError::NotIsolated {
                line: command.line.clone(),
                why: format!("bubblewrap could not make its sandbox: {why}"),
            }),
            ending => outcome(command, ending, reader, started).map(|outcome| Outcome {
                exit: by_limit(outcome.exit),
                refused_hosts: proxy.refused(),
                slipped,
                ..outcome
            }),
        }
    }

    /// A proxy for one command, and the folder with its socket.
    fn proxy(&self, command: &Command) -> io::Result<(Proxy, tempfile::TempDir)> {
        fs::create_dir_all(&self.sandbox.scratch)?;
        let folder = tempfile::Builder::new().prefix("p").tempdir_in(&self.sandbox.scratch)?;
        let rules = Rules {
            allowed: Allowed::new(self.sandbox.hosts.iter().chain(&command.hosts)),
            private: Allowed::new(
                self.sandbox
                    .private_hosts
                    .iter()
                    .chain(command.hosts.iter().filter(|host| is_inside(host))),
            ),
        };
        Ok((Proxy::start(&folder.path().join(SOCKET), rules)?, folder))
    }

    async fn in_landlock(
        &self,
        command: &Command,
        workspace: PathBuf,
        on_output: &(dyn for<'a> Fn(&'a str) + Send + Sync),
    ) -> Result<Outcome, RunError> {
        let not_started = |source| RunError::NotStarted { line: command.line.clone(), source };
        let temporary = command.env.get("TMPDIR").map_or("/tmp", String::as_str);
        let writable = vec![workspace.clone(), temporary.into(), "/dev".into(), "/proc".into()];
        let spec = confined(&self.sandbox, writable, Layer::Only)
            .and_then(|spec| Ok(serde_json::to_string(&spec)?))
            .map_err(not_started)?;
        let audit = tokio::task::spawn_blocking(move || Audit::of_writable(&workspace));
        let audit = audit.await.map_err(|lost| not_started(io::Error::other(lost)))?;
        let runner =
            PlainRunner::with(&self.sandbox.supervisor, [WEAKER.into(), OsString::from(spec)]);
        audited(audit, runner, command, on_output).await
    }

    async fn in_seatbelt(
        &self,
        command: &Command,
        workspace: PathBuf,
        on_output: &(dyn for<'a> Fn(&'a str) + Send + Sync),
    ) -> Result<Outcome, RunError> {
        let not_started = |source| RunError::NotStarted { line: command.line.clone(), source };
        let audited_workspace = workspace.clone();
        let audit = tokio::task::spawn_blocking(move || Audit::of_writable(&audited_workspace));
        let audit = audit.await.map_err(|lost| not_started(io::Error::other(lost)))?;
        let temporary = tempfile::tempdir().map_err(not_started)?;
        let canonical = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let home = canonical(self.sandbox.home.as_deref().unwrap_or(Path::new("/Users")));
        let profile = Profile {
            workspace: &workspace,
            protected: &audit::forbidden(&workspace),
            temporary: &canonical(temporary.path()),
            home: &home,
            toolchains: &mounts::toolchains(&home),
        };
        let mut command = command.clone();
        command.line = seatbelt::line(&profile.text(), &command.line);
        command.env.insert("TMPDIR".into(), temporary.path().to_string_lossy().into_owned());
        let runner = PlainRunner::with(&self.sandbox.supervisor, []);
        audited(audit, runner, &command, on_output).await
    }
}

#[async_trait]
impl Runner for SandboxRunner {
    async fn run(
        &self,
        command: &Command,
        on_output: &(dyn for<'a> Fn(&'a str) + Send + Sync),
    ) -> Result<Outcome, RunError> {
        let not_isolated =
            |why: &str| RunError::NotIsolated { line: command.line.clone(), why: why.to_owned() };
        let isolation = self.isolation().await.map_err(not_isolated)?;
        if *isolation == Isolation::None {
            return PlainRunner::with(&self.sandbox.supervisor, []).run(command, on_output).await;
        }
        let workspace = workspace(command, &self.sandbox)?;
        match isolation {
            Isolation::Namespaces(bubblewrap) => {
                for _ in 1..LOOKS {
                    let workspace = workspace.clone();
                    match self.in_namespaces(bubblewrap, command, workspace, on_output).await {
                        Err(RunError::NotIsolated { why, .. }) => tracing::info!(why, "again"),
                        ended => return ended,
                    }
                }
                self.in_namespaces(bubblewrap, command, workspace, on_output).await
            }
            Isolation::Seatbelt => self.in_seatbelt(command, workspace, on_output).await,
            Isolation::Landlock | Isolation::None => {
                self.in_landlock(command, workspace, on_output).await
            }
        }
    }
}

/// Runs a command that could write protected places, and undoes what it has done to them.
async fn audited(
    audit: Audit,
    runner: PlainRunner,
    command: &Command,
    on_output: &(dyn for<'a> Fn(&'a str) + Send + Sync),
) -> Result<Outcome, RunError> {
    let ended = runner.run(command, on_output).await;
    let slipped = tokio::task::spawn_blocking(move || audit.undo()).await.unwrap_or_default();
    ended.map(|outcome| Outcome { exit: by_limit(outcome.exit), slipped, ..outcome })
}

/// How often a sandbox is put together at the most: a file of another program may come or go between
/// the look at the file system and the mounts. Nothing of the command has run by then.
const LOOKS: u32 = 3;

/// The name of a proxy's socket in its folder.
const SOCKET: &str = "s";

fn find(sandbox: &Sandbox) -> Result<Isolation, String> {
    if cfg!(target_os = "macos") && Path::new(seatbelt::PROGRAM).exists() {
        return Ok(Isolation::Seatbelt);
    }
    let why = match Bubblewrap::find(sandbox.search_path.as_deref()) {
        Ok(bubblewrap) => return Ok(Isolation::Namespaces(bubblewrap)),
        Err(why) => why,
    };
    match sandbox.fallback {
        Fallback::Landlock if cfg!(target_os = "linux") => Ok(Isolation::Landlock),
        Fallback::None => Ok(Isolation::None),
        Fallback::Landlock | Fallback::Refuse => Err(format!(
            "{why}. Until then you can accept less by `sandbox.fallback` in your configuration: \
             \"landlock\" (on Linux: commands write only in the workspace and have no network, but \
             read all that you can read) or \"none\" (commands can do what you can do)"
        )),
    }
}

/// The canonical workspace of a command.
fn workspace(command: &Command, sandbox: &Sandbox) -> Result<PathBuf, RunError> {
    let canonical = |path: &Path| {
        path.canonicalize()
            .ok()
            .filter(|path| path.is_dir())
            .ok_or_else(|| RunError::NoSuchDirectory { cwd: path.to_owned() })
    };
    let workspace = canonical(&command.workspace)?;
    let cwd = canonical(&command.cwd)?;
    let refuse = |why: &str| RunError::NotIsolated {
        line: command.line.clone(),
        why: format!("{} {why}", workspace.display()),
    };
    if !cwd.starts_with(&workspace) {
        return Err(refuse("does not hold the directory in which it is to run"));
    }
    let home = sandbox.home.as_ref().and_then(|home| home.canonicalize().ok());
    if workspace.parent().is_none() || home.is_some_and(|home| home == workspace) {
        return Err(refuse("is all of your files; open a project's own folder instead"));
    }
    Ok(workspace)
}

/// A limit that the system keeps, by the signal that it sends; a shell tells that of its child as
/// 128 + n.
fn by_limit(exit: Exit) -> Exit {
    let signal = match exit {
        Exit::Signal(signal) => signal,
        Exit::Code(code @ 129..) => code - 128,
        _ => return exit,
    };
    match signal {
        libc::SIGXFSZ => Exit::Limit(Limit::FileSize),
        libc::SIGXCPU => Exit::Limit(Limit::CpuTime),
        _ => exit,
    }
}

/// What rights that a command gives up stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layer {
    /// All there is.
    Only,
    /// What is left if namespaces fail.
    Second,
}

fn confined(sandbox: &Sandbox, writable: Vec<PathBuf>, layer: Layer) -> io::Result<Confined> {
    let word = |word: &OsString| {
        word.clone().into_string().map_err(|_| io::Error::other("the program's path is not text"))
    };
    Ok(Confined {
        program: sandbox.supervisor.iter().map(word).collect::<io::Result<_>>()?,
        writable,
        is_second_layer: layer == Layer::Second,
        // In namespaces there is a network, but it leads nowhere.
        internet: layer == Layer::Second,
        cpu_seconds: sandbox.limits.cpu_time.as_secs().max(1),
        file_bytes: sandbox.limits.file_bytes,
        threads: (sandbox.limits.processes as u64).saturating_mul(THREADS_A_PROCESS),
    })
}

/// Everything that the thread of a command needs.
struct Plan {
    sandbox: Arc<Sandbox>,
    bubblewrap: Bubblewrap,
    command: Command,
    workspace: PathBuf,
    socket: PathBuf,
}

impl Plan {
    /// The sandbox that is ready to be started.
    fn prepare(self) -> io::Result<(Audit, std::process::Command)> {
        let Self { sandbox, bubblewrap, command, workspace, socket } = self;
        let audit = Audit::of_read_only(&workspace, &sandbox.scratch.join("records"))?;
        let protected = audit.places();
        let (program, words) = sandbox
            .supervisor
            .split_first()
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "no supervisor is set"))?;
        let may_download = !sandbox.hosts.is_empty()
            || !sandbox.private_hosts.is_empty()
            || !command.hosts.is_empty();
        let home = sandbox.home.as_ref().and_then(|home| home.canonicalize().ok());
        let view = View {
            workspace: &workspace,
            protected: &protected,
            home: home.as_deref(),
            hidden: &sandbox.hidden,
            program: Path::new(program),
            search_path: folders(&command.env),
            proxy: Some(&socket),
            downloads: sandbox.downloads.as_deref().filter(|_| may_download),
            private_bytes: sandbox.limits.memory_bytes,
        };
        let limits = sandbox.limits;
        let spec = Inside {
            confined: confined(&sandbox, view.writable(), Layer::Second)?,
            tree: TreeLimits {
                cpu_seconds: limits.cpu_time.as_secs(),
                memory_bytes: limits.memory_bytes,
                processes: limits.processes,
                disk_bytes: limits.disk_bytes,
            },
            ready_millis: command
                .ready
                .as_ref()
                .filter(|ready| ready.port)
                .map(|ready| u64::try_from(ready.settle.as_millis()).unwrap_or(u64::MAX)),
            proxy: Some(PROXY.into()),
        };
        let mut starts = bubblewrap.command(view.arguments());
        starts
            .arg("--chdir")
            .arg(command.cwd.canonicalize()?)
            .arg("--")
            .arg(program)
            .args(words)
            .args([INSIDE, &serde_json::to_string(&spec)?, &command.line])
            // Not by arguments of bubblewrap, which every user of the machine can read.
            .env_clear()
            .envs(command.env)
            .env("TMPDIR", "/tmp");
        Ok((audit, starts))
    }
}

/// The folders of a command's `PATH`.
fn folders(env: &BTreeMap<String, String>) -> Vec<PathBuf> {
    env.get("PATH").into_iter().flat_map(|path| env::split_paths(path)).collect()
}
