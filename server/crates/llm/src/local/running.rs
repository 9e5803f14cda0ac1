//! Using the server: finding the one that runs, or having it started.

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, SystemTime};

use devika_config::{Key, Provider, ProviderKind};
use reqwest::Client;
use serde::{Deserialize, Serialize};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

use super::{CONTEXT_TOKENS, Local, LocalError};
use crate::providers::http::{root_cause, tls};

/// How long loading may take: 2 to 24 s were measured, a cold and slow disk takes longer.
const START_LIMIT: Duration = Duration::from_secs(180);

/// How often a starting server is asked.
const POLL: Duration = Duration::from_millis(100);

/// How long a server that is there may take to say that it is well.
const HEALTH_TIMEOUT: Duration = Duration::from_secs(2);

/// Where the server answers: the content of `server.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Server {
    /// Its port on the loopback interface.
    pub(super) port: u16,
    /// The process of its supervisor.
    pub(super) pid: u32,
    /// The key that it asks for, so that other users of the machine cannot use it.
    pub(super) key: String,
}

impl Server {
    pub(super) fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}/v1/", self.port)
    }

    pub(super) fn address(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/{path}", self.port)
    }

    /// Whether it has loaded the model and answers.
    pub(super) async fn is_healthy(&self, client: &Client) -> bool {
        let answer = client.get(self.address("health")).timeout(HEALTH_TIMEOUT).send().await;
        answer.is_ok_and(|answer| answer.status().is_success())
    }
}

impl Local {
    /// `base` with the address and the key of the running server, which is started where there is
    /// none: `spawn` is the command line that ends up in [`Local::serve`]. `say` is told when that
    /// takes a while.
    ///
    /// # Errors
    /// [`LocalError::NotInstalled`], or [`LocalError::Server`] where it does not come up in time.
    pub async fn provider(
        &self,
        base: &Provider,
        spawn: &[OsString],
        say: &(dyn Fn(String) + Send + Sync),
    ) -> Result<Provider, LocalError> {
        let server = self.running_server(spawn, say).await?;
        Ok(Provider {
            kind: ProviderKind::OpenAi,
            base_url: server.base_url(),
            key: Some(Key::fixed(server.key.into(), "the local model's own server")),
            context_tokens: base.context_tokens.min(CONTEXT_TOKENS),
            ..base.clone()
        })
    }

    /// The address of the running server's OpenAI protocol, e.g. `http://127.0.0.1:40123/v1/`. It is
    /// started where there is none, as [`Local::provider`] does.
    ///
    /// # Errors
    /// As [`Local::provider`].
    pub async fn ensure_running(
        &self,
        spawn: &[OsString],
        say: &(dyn Fn(String) + Send + Sync),
    ) -> Result<String, LocalError> {
        Ok(self.running_server(spawn, say).await?.base_url())
    }

    /// Whether its server runs and has loaded the model, so that the next turn begins at once.
    pub async fn is_loaded(&self) -> bool {
        let (Ok(true), Some(server)) = (self.is_supervised(), self.recorded_server()) else {
            return false;
        };
        match client() {
            Ok(client) => server.is_healthy(&client).await,
            Err(_) => false,
        }
    }

    /// Marks use: the server stays for another idle time.
    pub fn touch(&self) {
        let path = self.places.used();
        let mark = || File::create(&path)?.set_modified(SystemTime::now());
        if let Err(error) = mark() {
            tracing::warn!(path = %path.display(), %error, "cannot mark the local model as used");
        }
    }

    async fn running_server(
        &self,
        spawn: &[OsString],
        say: &(dyn Fn(String) + Send + Sync),
    ) -> Result<Server, LocalError> {
        if !self.installed() {
            return Err(LocalError::NotInstalled);
        }
        self.touch();
        let client = client()?;
        let deadline = Instant::now() + START_LIMIT;
        let mut supervisor: Option<Child> = None;
        let mut said = false;
        loop {
            let supervised = self.is_supervised()?;
            if supervised
                && let Some(server) = self.recorded_server()
                && server.is_healthy(&client).await
            {
                return Ok(server);
            }
            if !said {
                say("loading the local model".to_owned());
                said = true;
            }
            if Instant::now() > deadline {
                let why = format!("it was not ready after {} s", START_LIMIT.as_secs());
                return Err(self.server_error(why));
            }
            match supervisor.as_mut().map(Child::try_wait) {
                None if !supervised => supervisor = Some(self.spawn_supervisor(spawn)?),
                Some(Ok(Some(status))) if !supervised => return Err(self.ended(status)),
                Some(Err(error)) => return Err(self.server_error(error.to_string())),
                // It starts, or another process's supervisor does.
                _ => sleep(POLL).await,
            }
        }
    }

    /// Whether a supervisor lives: it holds the lock as long as it does. This asks with a shared
    /// lock, so that those who ask do not hinder each other.
    fn is_supervised(&self) -> Result<bool, LocalError> {
        let path = self.places.serve_lock();
        let file = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            opened => opened.map_err(LocalError::file("open", &path))?,
        };
        match file.try_lock_shared() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(source)) => Err(LocalError::file("lock", &path)(source)),
        }
    }

    /// What `server.json` says, where there is one.
    pub(super) fn recorded_server(&self) -> Option<Server> {
        serde_json::from_slice(&fs::read(self.places.server()).ok()?).ok()
    }

    /// Starts the supervisor. It outlives this process: it speaks to a log alone, and leaves the
    /// session as soon as it runs. Dropped unfinished, it is reaped by the runtime.
    fn spawn_supervisor(&self, spawn: &[OsString]) -> Result<Child, LocalError> {
        let [program, args @ ..] = spawn else {
            return Err(self.server_error("no command line to start it was given".to_owned()));
        };
        let path = self.places.supervisor_log();
        let log = File::create(&path).map_err(LocalError::file("create", &path))?;
        let errors = log.try_clone().map_err(LocalError::file("open", &path))?;
        Command::new(program)
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::from(log))
            .stderr(Stdio::from(errors))
            .spawn()
            .map_err(|error| {
                let program = Path::new(program).display();
                self.server_error(format!("cannot start its supervisor {program}: {error}"))
            })
    }

    fn ended(&self, status: ExitStatus) -> LocalError {
        let said = fs::read_to_string(self.places.supervisor_log()).unwrap_or_default();
        match said.lines().rfind(|line| !line.trim().is_empty()) {
            Some(line) => self.server_error(format!("its supervisor says: {line}")),
            None => self.server_error(format!("its supervisor ended with {status}")),
        }
    }

    pub(super) fn server_error(&self, why: String) -> LocalError {
        LocalError::Server { why, log: self.places.server_log() }
    }
}

/// A client for the loopback interface: no proxy, no encryption.
pub(super) fn client() -> Result<Client, LocalError> {
    let failed = |why: String| LocalError::Runtime { why };
    let tls = tls(false).map_err(|e| failed(e.to_string()))?;
    let builder = Client::builder().no_proxy().tls_backend_preconfigured(tls);
    builder.build().map_err(|e| failed(root_cause(&e)))
}
