//! The supervisor: the one process that owns the model's server.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use reqwest::Client;
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, ChildStdin};
use tokio::time::{Instant, sleep, timeout};

use super::cores::threads;
use super::running::{Server, client};
use super::runtime::Serving;
use super::{Local, LocalError};

/// How long the lock may be held by those who only look whether it is.
const LOCK_PATIENCE: Duration = Duration::from_secs(2);

/// How often a loading server is asked whether it is ready.
const POLL: Duration = Duration::from_millis(100);

/// How long an ending server may take before it is killed.
const END_PATIENCE: Duration = Duration::from_secs(2);

/// The server, and the pipe whose end is its end.
struct Tied {
    child: Child,
    pipe: ChildStdin,
}

impl Local {
    /// Runs the model's server until nobody has used it for `idle`, or this process is told to end
    /// (SIGTERM, Ctrl-C). Returns at once where another process already does. It leaves the session
    /// of the terminal it was started in.
    ///
    /// `threads` is the most that the server may use; without it, one for each core.
    ///
    /// # Errors
    /// [`LocalError::NotInstalled`]; [`LocalError::Server`] where the server ends by itself.
    pub async fn serve(&self, idle: Duration, threads: Option<u32>) -> Result<(), LocalError> {
        if !self.installed() {
            return Err(LocalError::NotInstalled);
        }
        let Some(_lock) = self.serve_lock().await? else { return Ok(()) };
        leave_session();
        self.touch();
        let record = self.places.server();
        remove(&record)?;
        let (server, mut tied) = self.start_server(threads).await?;
        let outcome = tokio::select! {
            outcome = self.watch(&server, &mut tied.child, idle) => outcome,
            () = told_to_end() => Ok(()),
        };
        remove(&record)?;
        tied.end().await;
        outcome
    }

    /// The lock that a supervisor holds while it lives; none where another holds it.
    async fn serve_lock(&self) -> Result<Option<File>, LocalError> {
        let path = self.places.serve_lock();
        let file = File::create(&path).map_err(LocalError::file("create", &path))?;
        let deadline = Instant::now() + LOCK_PATIENCE;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Some(file)),
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                    // Another supervisor keeps it, one who looks has it for an instant.
                    sleep(Duration::from_millis(20)).await;
                }
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(source)) => {
                    return Err(LocalError::file("lock", &path)(source));
                }
            }
        }
    }

    async fn start_server(&self, limit: Option<u32>) -> Result<(Server, Tied), LocalError> {
        let runtime = self.runtime().ok_or(LocalError::NotInstalled)?;
        let port = free_port().map_err(|e| self.server_error(format!("no free port: {e}")))?;
        let key = random_key().map_err(|e| self.server_error(format!("no random key: {e}")))?;
        let serving = Serving { port, key: key.clone(), threads: threads(limit) };
        let (mut command, first_line) = self.server_command(&runtime, &serving)?;
        let path = self.places.server_log();
        let log = File::create(&path).map_err(LocalError::file("create", &path))?;
        let errors = log.try_clone().map_err(LocalError::file("open", &path))?;
        command.stdin(Stdio::piped()).stdout(log).stderr(errors).kill_on_drop(true);
        let mut child = command
            .spawn()
            .map_err(|error| self.server_error(format!("cannot start it: {error}")))?;
        let no_pipe = || self.server_error("it has no standard input".to_owned());
        let mut pipe = child.stdin.take().ok_or_else(no_pipe)?;
        if let Err(error) = pipe.write_all(first_line.as_bytes()).await {
            return Err(self.server_error(format!("it took no settings: {error}")));
        }
        Ok((Server { port, pid: std::process::id(), key }, Tied { child, pipe }))
    }

    /// Tells where the server is once it is ready, and returns when it is idle.
    async fn watch(
        &self,
        server: &Server,
        child: &mut Child,
        idle: Duration,
    ) -> Result<(), LocalError> {
        let client = client()?;
        let used = async {
            while !server.is_healthy(&client).await {
                sleep(POLL).await;
            }
            // Loading may have taken longer than the idle time.
            self.touch();
            self.publish(server)?;
            self.until_idle(server, &client, idle).await;
            Ok(())
        };
        tokio::select! {
            outcome = used => outcome,
            ended = child.wait() => {
                let how = ended.map_or_else(|e| e.to_string(), |status| status.to_string());
                Err(self.server_error(format!("it ended with {how}")))
            }
        }
    }

    /// Writes `server.json` whole, for its owner alone.
    fn publish(&self, server: &Server) -> Result<(), LocalError> {
        let path = self.places.server();
        let fresh = path.with_extension("new");
        remove(&fresh)?;
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let written = options
            .open(&fresh)
            .and_then(|mut file| file.write_all(serde_json::to_string(server)?.as_bytes()));
        written.map_err(LocalError::file("write", &fresh))?;
        fs::rename(&fresh, &path).map_err(LocalError::file("write", &path))
    }

    /// Waits until the last use is `idle` ago and no turn is being answered.
    async fn until_idle(&self, server: &Server, client: &Client, idle: Duration) {
        loop {
            // A clock that was set back counts as use.
            let unused = self.last_use().and_then(|last| last.elapsed().ok()).unwrap_or_default();
            match idle.checked_sub(unused).filter(|left| !left.is_zero()) {
                Some(left) => sleep(left).await,
                None if is_answering(server, client).await => self.touch(),
                None => return,
            }
        }
    }

    fn last_use(&self) -> Option<SystemTime> {
        self.places.used().metadata().and_then(|used| used.modified()).ok()
    }
}

impl Tied {
    /// Ends the server by ending its pipe; by force where that does not help.
    async fn end(mut self) {
        drop(self.pipe);
        if timeout(END_PATIENCE, self.child.wait()).await.is_err()
            && let Err(error) = self.child.kill().await
        {
            tracing::warn!(%error, "cannot kill the local model's server");
        }
    }
}

/// Whether the server is in the middle of a turn; a long one may outlast the idle time.
async fn is_answering(server: &Server, client: &Client) -> bool {
    let request = client.get(server.address("slots")).bearer_auth(&server.key);
    let Ok(answer) = request.timeout(Duration::from_secs(2)).send().await else { return false };
    let slots: Value = answer.json().await.unwrap_or_default();
    slots.as_array().is_some_and(|slots| slots.iter().any(|slot| slot["is_processing"] == true))
}

/// A port that was free a moment ago. Should another take it first, the server ends with an error
/// and the next start takes another.
fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// 128 random bits in hexadecimal.
fn random_key() -> io::Result<String> {
    let mut bits = [0; 16];
    rustls::crypto::ring::default_provider()
        .secure_random
        .fill(&mut bits)
        .map_err(|_| io::Error::other("the system gives no random bits"))?;
    Ok(bits.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A terminal that closes, or its Ctrl-C, is not meant for the supervisor.
#[cfg(unix)]
fn leave_session() {
    if let Err(error) = nix::unistd::setsid() {
        tracing::debug!(%error, "stays in its session: it already leads one or its process group");
    }
}

#[cfg(not(unix))]
fn leave_session() {}

#[cfg(unix)]
async fn told_to_end() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        },
        Err(_) => drop(tokio::signal::ctrl_c().await),
    }
}

#[cfg(not(unix))]
async fn told_to_end() {
    drop(tokio::signal::ctrl_c().await);
}

fn remove(path: &Path) -> Result<(), LocalError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(LocalError::file("remove", path)(error))
        }
        _ => Ok(()),
    }
}
