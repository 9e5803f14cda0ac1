//! What runs the model: the system's `llama-server`, or a private Python environment with the same
//! server as a package.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

use super::mirror::{last_words, run};
use super::{CONTEXT_TOKENS, Local, LocalError};

/// llama.cpp's server as a Python package, prebuilt. Pinned: its interface changes between versions.
const PACKAGE: &str = "xllamacpp==2026.10.11549";

/// Written into the private environment once the package is installed; names the package.
const INSTALLED: &str = "devika-installed";

const SERVE_SCRIPT: &str = include_str!("serve.py");

/// The shell script that ties `llama-server` to its supervisor's pipe.
const TIE_SCRIPT: &str = include_str!("serve.sh");

/// The name under which the server lists the model.
const MODEL_NAME: &str = "qwen2.5-coder-1.5b";

/// Mebibytes of memory for prompts that are kept beside the current one: about 18,000 tokens.
const CACHE_MIB: u32 = 512;

/// What runs the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Runtime {
    /// The system's `llama-server`.
    LlamaServer(PathBuf),
    /// The Python of the private environment.
    Python(PathBuf),
}

/// How the server is to run.
#[derive(Debug)]
pub(super) struct Serving {
    /// Its port on the loopback interface.
    pub(super) port: u16,
    /// The key that it asks for.
    pub(super) key: String,
    /// Its threads.
    pub(super) threads: u32,
}

impl Local {
    /// What would run the model now; none before [`Local::pull`].
    pub(super) fn runtime(&self) -> Option<Runtime> {
        if let Some(program) = self.llama_server() {
            return Some(Runtime::LlamaServer(program));
        }
        let marker = self.places.venv().join(INSTALLED);
        let installed = fs::read_to_string(marker).is_ok_and(|package| package == PACKAGE);
        installed.then(|| Runtime::Python(self.places.venv_python()))
    }

    fn llama_server(&self) -> Option<PathBuf> {
        // On Windows nothing ties a foreign program's life to ours; the package can do it.
        if cfg!(not(unix)) {
            return None;
        }
        let folders = std::env::split_paths(self.search_path.as_ref()?);
        folders.map(|folder| folder.join("llama-server")).find(|program| is_executable(program))
    }

    /// Makes the private environment, which the package mirror needs in any case, and installs the
    /// server in it where the system has none.
    pub(super) async fn install_runtime(
        &self,
        say: &(dyn Fn(String) + Send + Sync),
    ) -> Result<(), LocalError> {
        if self.runtime().is_some() {
            return Ok(());
        }
        say("installing the model's server".to_owned());
        self.make_venv().await?;
        let mut pip = Command::new(self.places.venv_python());
        pip.args(["-m", "pip", "install", "--quiet", "--no-cache-dir"])
            .args(["--disable-pip-version-check", "--only-binary=:all:", PACKAGE])
            .stdout(Stdio::piped());
        let output = run(&mut pip).await.map_err(|why| LocalError::Runtime { why })?;
        if !output.status.success() {
            return Err(LocalError::Runtime { why: last_words(&output) });
        }
        let marker = self.places.venv().join(INSTALLED);
        fs::write(&marker, PACKAGE).map_err(LocalError::file("write", &marker))
    }

    /// The private Python environment, made anew where its Python does not run any more.
    pub(super) async fn make_venv(&self) -> Result<(), LocalError> {
        let mut pip = Command::new(self.places.venv_python());
        pip.args(["-m", "pip", "--version"]).stdout(Stdio::piped());
        if run(&mut pip).await.is_ok_and(|output| output.status.success()) {
            return Ok(());
        }
        let mut make = Command::new(&self.origin.python);
        make.args(["-m", "venv", "--clear"]).arg(self.places.venv()).stdout(Stdio::piped());
        let output = run(&mut make).await.map_err(|why| LocalError::PythonMissing { why })?;
        if output.status.success() {
            return Ok(());
        }
        let why = format!("`python3 -m venv` says: {}", last_words(&output));
        Err(LocalError::PythonMissing { why })
    }

    /// The command that serves the model until its standard input ends, and what is written there
    /// first.
    pub(super) fn server_command(
        &self,
        runtime: &Runtime,
        serving: &Serving,
    ) -> Result<(Command, String), LocalError> {
        match runtime {
            Runtime::LlamaServer(program) => {
                Ok((self.llama_server_command(program, serving), String::new()))
            }
            Runtime::Python(python) => {
                let script = self.places.serve_script();
                fs::write(&script, SERVE_SCRIPT).map_err(LocalError::file("write", &script))?;
                let mut command = Command::new(python);
                command.arg("-I").arg(&script);
                let settings = serde_json::json!({
                    "model": self.places.model(),
                    "name": MODEL_NAME,
                    "port": serving.port,
                    "key": serving.key,
                    "threads": serving.threads,
                    "context": CONTEXT_TOKENS,
                    "cache_mib": CACHE_MIB,
                });
                Ok((command, format!("{settings}\n")))
            }
        }
    }

    fn llama_server_command(&self, program: &Path, serving: &Serving) -> Command {
        let mut command = Command::new("sh");
        command
            .args(["-c", TIE_SCRIPT, "llama-server"])
            .arg(program)
            .args(["--host", "127.0.0.1", "--port", &serving.port.to_string()])
            .args(["--ctx-size", &CONTEXT_TOKENS.to_string(), "--parallel", "1", "--jinja"])
            .args(["--threads", &serving.threads.to_string(), "--alias", MODEL_NAME, "--model"])
            .arg(self.places.model())
            // Not an argument: those are visible to other users.
            .env("LLAMA_API_KEY", &serving.key);
        command
    }
}

#[cfg(unix)]
fn is_executable(program: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    program.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(program: &Path) -> bool {
    program.is_file()
}
