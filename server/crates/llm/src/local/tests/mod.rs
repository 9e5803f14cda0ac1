//! Downloads, servers and supervisors over real sockets and with real processes; only the model and
//! the programs that serve it are doubles.
#![cfg(unix)]

mod file_server;
mod pulling;
mod serving;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use super::places::{Origin, Places};
use super::{Local, LocalError, Progress};

/// The bytes that stand for a model: three parts of 400 bytes, the last one shorter.
fn model() -> Vec<u8> {
    (0..1000u32).flat_map(|i| (i * 7919).to_le_bytes()).take(1000).collect()
}

/// An address where nothing listens.
const NOWHERE: &str = "http://127.0.0.1:1/model.gguf";

/// A machine: the model's folder, a Python, a package mirror, programs on the `PATH`.
struct World {
    root: TempDir,
    local: Local,
}

impl World {
    /// With a Python and an empty mirror.
    fn new() -> Self {
        let root = TempDir::new().unwrap();
        for folder in ["local", "mirror", "bin"] {
            fs::create_dir(root.path().join(folder)).unwrap();
        }
        let local = local_in(root.path());
        let world = Self { root, local };
        let mirror = world.path("mirror");
        let python = include_str!("python3.sh").replace("MIRROR", mirror.to_str().unwrap());
        world.program("python3", &python);
        world
    }

    /// The official address.
    fn official(mut self, address: &str) -> Self {
        self.local.origin.address = address.to_owned();
        self
    }

    /// The model in wheels on the mirror.
    fn with_mirror(self) -> Self {
        for (index, part) in model().chunks(400).enumerate() {
            let wheel = self.path(&format!("mirror/part{}.whl", index + 1));
            let file = self.path("part.bin");
            fs::write(&file, part).unwrap();
            let zip = "import sys, zipfile\n\
                       z = zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED)\n\
                       z.writestr('m/__init__.py', '')\n\
                       z.write(sys.argv[2], 'm/data/part.bin')\n\
                       z.close()";
            let made = Command::new("python3").args(["-c", zip]).args([wheel, file]).status();
            assert!(made.unwrap().success());
        }
        self
    }

    /// With the model, verified, and a `llama-server`.
    fn installed(self, llama_server: &str) -> Self {
        fs::write(self.places().model(), model()).unwrap();
        fs::write(self.places().digest(), &self.local.origin.sha256).unwrap();
        self.program("llama-server", llama_server);
        self
    }

    fn program(&self, name: &str, script: &str) {
        let path = self.path("bin").join(name);
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn places(&self) -> &Places {
        &self.local.places
    }

    /// Pulls, and returns what was told: each activity once.
    async fn pull(&self) -> (Result<(), LocalError>, Vec<String>) {
        let said = Mutex::new(Vec::new());
        let outcome = self
            .local
            .pull(&|progress: Progress| {
                assert!(progress.done <= progress.total || progress.total == 0, "{progress:?}");
                said.lock().unwrap().push(progress.what);
            })
            .await;
        let mut said = said.into_inner().unwrap();
        said.dedup();
        (outcome, said)
    }
}

/// The local model as it is in the world of this folder.
fn local_in(root: &Path) -> Local {
    let sha256 = Sha256::digest(model()).iter().map(|byte| format!("{byte:02x}")).collect();
    Local {
        places: Places { dir: root.join("local") },
        origin: Origin {
            address: NOWHERE.to_owned(),
            package: "part".to_owned(),
            package_version: "1".to_owned(),
            part_bytes: 400,
            bytes: 1000,
            sha256,
            python: root.join("bin/python3"),
        },
        search_path: Some(root.join("bin").into_os_string()),
    }
}
