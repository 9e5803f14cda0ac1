//! What the files of the machine look like to a command.

mod git;
mod home;
mod layers;
mod sockets;

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};

pub(crate) use home::toolchains;
use layers::Layers;

/// Where the program finds the proxy's socket inside.
pub(crate) const PROXY: &str = "/run/devika/proxy";

/// Folders where programs leave sockets and other programs' files, each empty and private inside.
const PRIVATE: [&str; 3] = ["/tmp", "/var/tmp", "/run"];

/// Files of the system with secrets in them, which a superuser could read.
const SYSTEM_SECRETS: [&str; 8] = [
    "/etc/shadow",
    "/etc/shadow-",
    "/etc/gshadow",
    "/etc/gshadow-",
    "/etc/sudoers",
    "/etc/sudoers.d",
    "/etc/ssh",
    "/etc/ssl/private",
];

/// From what the view is drawn.
#[derive(Debug, Clone)]
pub(crate) struct View<'a> {
    /// Writable; canonical.
    pub(crate) workspace: &'a Path,
    /// Inside the workspace, read-only; they exist.
    pub(crate) protected: &'a [PathBuf],
    /// The user's home.
    pub(crate) home: Option<&'a Path>,
    /// Devika's own folders and files.
    pub(crate) hidden: &'a [PathBuf],
    /// What has to be visible: our own program.
    pub(crate) program: &'a Path,
    /// Folders with programs, which have to be visible where they are not in a system folder.
    pub(crate) search_path: Vec<PathBuf>,
    /// The socket of the proxy.
    pub(crate) proxy: Option<&'a Path>,
    /// Where downloads are kept from command to command.
    pub(crate) downloads: Option<&'a Path>,
    /// Bytes of each private folder.
    pub(crate) private_bytes: u64,
}

impl View<'_> {
    /// The arguments of bubblewrap that make this view.
    pub(crate) fn arguments(&self) -> Vec<OsString> {
        let mut layers = Layers::new(self.private_bytes);
        for place in PRIVATE {
            layers.empty(Path::new(place));
        }
        for place in SYSTEM_SECRETS.map(Path::new).into_iter().filter(|place| is_readable(place)) {
            layers.conceal(place);
        }
        let homes = home::homes(self.home);
        for place in &homes {
            layers.empty(place);
        }
        let (around, others): (Vec<_>, Vec<_>) =
            self.hidden.iter().partition(|place| self.workspace.starts_with(place));
        for place in around {
            layers.empty(place);
        }
        if let Some(home) = self.home {
            home::show_toolchains(home, self.downloads, &mut layers);
        }
        home::show_programs(&self.search_path, &homes, &mut layers);
        layers.read_only(self.program);
        if let Some(proxy) = self.proxy {
            layers.show_at(proxy, Path::new(PROXY));
        }
        for socket in sockets::of_this_machine() {
            if !socket.starts_with(self.workspace) {
                layers.conceal(&socket);
            }
        }
        layers.writable(self.workspace);
        for place in git::shared_folders(self.workspace) {
            layers.read_only(&place);
        }
        for place in self.protected {
            match place.read_dir().map(|mut entries| entries.next().is_none()) {
                Ok(true) => layers.barred(place),
                Ok(false) | Err(_) => layers.read_only(place),
            }
        }
        // Last, because one may be in the workspace.
        for place in others {
            layers.conceal(place);
        }
        layers.arguments()
    }

    /// Where files may be written.
    pub(crate) fn writable(&self) -> Vec<PathBuf> {
        let mut places: Vec<PathBuf> = PRIVATE.map(PathBuf::from).to_vec();
        places.extend(["/dev", "/proc"].map(PathBuf::from));
        places.extend(self.home.map(Path::to_owned));
        places.push(self.workspace.to_owned());
        places
    }
}

fn is_readable(place: &Path) -> bool {
    match place.is_dir() {
        true => place.read_dir().is_ok(),
        false => File::open(place).is_ok(),
    }
}
