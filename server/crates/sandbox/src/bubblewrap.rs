//! bubblewrap: finding it, and what it is told to do.

use std::ffi::{OsStr, OsString};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The name of the program.
const NAME: &str = "bwrap";

/// Namespaces of its own for everything there is, no capabilities, no terminal, and death with the
/// server.
const ALWAYS: [&str; 11] = [
    "--unshare-user",
    "--unshare-pid",
    "--unshare-net",
    "--unshare-ipc",
    "--unshare-uts",
    "--unshare-cgroup-try",
    "--die-with-parent",
    "--new-session",
    "--as-pid-1",
    "--cap-drop",
    "ALL",
];

/// Known from bubblewrap 0.8 on. The filter of system calls refuses the same, without it.
const NO_USER_NAMESPACES: &str = "--disable-userns";

/// A view with every kind of mount that commands get; some are known from bubblewrap 0.7 on.
const TRIED: [&str; 13] = [
    "--ro-bind",
    "/",
    "/",
    "--dev",
    "/dev",
    "--proc",
    "/proc",
    "--perms",
    "0555",
    "--size",
    "4096",
    "--tmpfs",
    "/tmp",
];

/// A bubblewrap that works on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bubblewrap {
    program: PathBuf,
    disables_user_namespaces: bool,
}

impl Bubblewrap {
    /// Looks for it and tries it.
    ///
    /// # Errors
    /// Why there is none, and what to do.
    pub(crate) fn find(search_path: Option<&OsStr>) -> Result<Self, String> {
        let program = search_path
            .into_iter()
            .flat_map(std::env::split_paths)
            .map(|folder| folder.join(NAME))
            .find(|path| path.is_absolute() && is_program(path))
            .ok_or("the program `bwrap` is not in PATH; install the package `bubblewrap`")?;
        let best = Self { program, disables_user_namespaces: true };
        let Err(why) = best.works() else { return Ok(best) };
        let plainer = Self { disables_user_namespaces: false, ..best };
        match plainer.works() {
            Ok(()) => Ok(plainer),
            Err(_) => Err(format!(
                "{} does not work here ({why}); the system has to let users make namespaces",
                plainer.program.display()
            )),
        }
    }

    fn works(&self) -> Result<(), String> {
        let tried = self
            .command(TRIED.map(Into::into))
            .args(["--", "/bin/true"])
            .env_clear()
            .stdin(Stdio::null())
            .output()
            .map_err(|why| why.to_string())?;
        match tried.status.success() {
            true => Ok(()),
            false => Err(String::from_utf8_lossy(&tried.stderr).trim().to_owned()),
        }
    }

    /// A command in a sandbox with this view of the files; the program to run comes behind it.
    pub(crate) fn command(&self, view: impl IntoIterator<Item = OsString>) -> Command {
        let mut command = Command::new(&self.program);
        command.args(ALWAYS);
        if self.disables_user_namespaces {
            command.arg(NO_USER_NAMESPACES);
        }
        command.args(view);
        command
    }
}

fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}
