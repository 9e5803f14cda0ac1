//! Cloning a repository from a server, over git's own protocol (version 0, `gitprotocol-pack`).
//!
//! libgit2 could do that itself with OpenSSL, which Devika does not have: what travels comes in here
//! through a port, as bytes, and libgit2 does the rest. So no credential helper, proxy command or
//! `insteadOf` of any configuration has a part in it, no hook is run and no submodule followed.

mod address;
mod advertised;
pub(crate) mod packets;

use std::io::{Read, Write as _};
use std::path::Path;

use git2::build::CheckoutBuilder;
use git2::{ObjectType, Oid, TreeWalkMode, TreeWalkResult};

pub use address::RemoteAddress;

use self::advertised::Advertised;
use self::packets::Packet;
use crate::{Repository, VcsError};

/// Files and folders of a work tree at the most.
const MOST_ENTRIES: usize = 500_000;

/// Bytes in a megabyte, as limits are told.
const MEGABYTE: u64 = 1 << 20;

/// The server of one repository. Its answers are read to their end before the next request.
pub trait GitServer {
    /// The answer to `GET info/refs?service=git-upload-pack`.
    ///
    /// # Errors
    /// Why there is none, as the end of a sentence.
    fn references(&mut self) -> Result<Box<dyn Read + '_>, String>;

    /// The answer to `POST git-upload-pack` with this body.
    ///
    /// # Errors
    /// Why there is none, as the end of a sentence.
    fn pack(&mut self, request: String) -> Result<Box<dyn Read + '_>, String>;
}

/// What is to be cloned.
#[derive(Debug, Clone, Copy)]
pub struct CloneRequest<'a> {
    /// Where it is.
    pub address: &'a RemoteAddress,
    /// The folder that is made; nothing is there yet.
    pub folder: &'a Path,
    /// Bytes that may be received, and that the files may have together.
    pub bytes: u64,
}

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// Objects that are there.
    pub objects: usize,
    /// Objects that there will be; 0 where that is not known yet.
    pub of: usize,
    /// Bytes that were received.
    pub bytes: u64,
}

/// What was cloned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cloned {
    /// The branch that is checked out; none in an empty repository.
    pub branch: Option<String>,
    /// Its commit.
    pub commit: Option<String>,
}

/// Clones a repository with all of its branches and tags, and checks out the server's own branch.
/// `go_on` is told how far it has come, and ends it by `false`. What was made stays where that fails.
///
/// # Errors
/// [`VcsError::Remote`], [`VcsError::TooLarge`], [`VcsError::Other`].
pub fn clone(
    server: &mut dyn GitServer,
    request: CloneRequest<'_>,
    go_on: &mut dyn FnMut(Received) -> bool,
) -> Result<Cloned, VcsError> {
    let remote = |why: String| VcsError::Remote { address: request.address.to_string(), why };
    let advertised = {
        let mut answer = server.references().map_err(remote)?;
        Advertised::read(&mut answer).map_err(|error| remote(told(&error)))?
    };
    std::fs::create_dir(request.folder).map_err(|error| {
        VcsError::Other(format!("{} cannot be made: {error}", request.folder.display()))
    })?;
    let repository = Repository::init(request.folder)?.git;
    repository.remote("origin", request.address.as_str())?;
    let Some((branch, commit)) = advertised.branch() else {
        return Ok(Cloned { branch: None, commit: None });
    };
    let mut answer = server.pack(advertised.request()).map_err(remote)?;
    receive(&repository, &mut answer, request, go_on)?;
    for (name, id) in &advertised.references {
        let name = match name.strip_prefix("refs/heads/") {
            Some(branch) => format!("refs/remotes/origin/{branch}"),
            None => name.clone(),
        };
        repository.reference(&name, *id, true, "clone")?;
    }
    check_size(&repository, commit, request)?;
    let mut local = repository.branch(branch, &repository.find_commit(commit)?, false)?;
    local.set_upstream(Some(&format!("origin/{branch}")))?;
    repository.set_head(&format!("refs/heads/{branch}"))?;
    repository.checkout_head(Some(CheckoutBuilder::new().force()))?;
    Ok(Cloned { branch: Some(branch.to_owned()), commit: Some(commit.to_string()) })
}

/// What a folder is a clone of, where it is one of this address.
pub fn cloned(folder: &Path, address: &RemoteAddress) -> Option<Cloned> {
    let repository = Repository::open(folder).ok()??.git;
    if repository.find_remote("origin").ok()?.url().ok()? != address.as_str() {
        return None;
    }
    let head = repository.head().ok();
    let branch = head.as_ref().and_then(|head| Some(head.shorthand().ok()?.to_owned()));
    let commit = head.and_then(|head| Some(head.peel_to_commit().ok()?.id().to_string()));
    Some(Cloned { branch, commit })
}

/// Writes the pack that the server sends to the repository, which checks each object's name.
fn receive(
    repository: &git2::Repository,
    from: &mut dyn Read,
    request: CloneRequest<'_>,
    go_on: &mut dyn FnMut(Received) -> bool,
) -> Result<(), VcsError> {
    let remote = |why: String| VcsError::Remote { address: request.address.to_string(), why };
    let objects = std::cell::Cell::new((0, 0));
    let database = repository.odb()?;
    let mut pack = database.packwriter()?;
    pack.progress(|progress| {
        objects.set((progress.received_objects(), progress.total_objects()));
        true
    });
    let mut bytes = 0;
    let mut whole = false;
    while let Some(packet) = packets::next(from).map_err(|error| remote(told(&error)))? {
        let Packet::Bytes(packet) = packet else {
            whole = true;
            break;
        };
        match packet.split_first() {
            Some((1, part)) => {
                bytes += part.len() as u64;
                if bytes > request.bytes {
                    return Err(too_large("what its server sends", request));
                }
                pack.write_all(part).map_err(|error| remote(told(&error)))?;
                let (objects, of) = objects.get();
                if !go_on(Received { objects, of, bytes }) {
                    return Err(remote("it was cancelled".to_owned()));
                }
            }
            Some((3, why)) => return Err(remote(String::from_utf8_lossy(why).trim().to_owned())),
            // What the server says of itself, and its `NAK` before the pack.
            _ => {}
        }
    }
    if !whole {
        return Err(remote("the server broke off".to_owned()));
    }
    pack.commit()?;
    Ok(())
}

/// Refuses a work tree that would fill the disk, which a pack of a few kilobytes can hold.
fn check_size(
    repository: &git2::Repository,
    commit: Oid,
    request: CloneRequest<'_>,
) -> Result<(), VcsError> {
    let database = repository.odb()?;
    let tree = repository.find_commit(commit)?.tree()?;
    let (mut entries, mut bytes) = (0, 0);
    let walked = tree.walk(TreeWalkMode::PreOrder, |_, entry| {
        entries += 1;
        if entry.kind() == Some(ObjectType::Blob) {
            bytes += database.read_header(entry.id()).map_or(0, |(size, _)| size as u64);
        }
        match entries > MOST_ENTRIES || bytes > request.bytes {
            true => TreeWalkResult::Abort,
            false => TreeWalkResult::Ok,
        }
    });
    match walked {
        _ if entries > MOST_ENTRIES || bytes > request.bytes => {
            Err(too_large("its work tree", request))
        }
        walked => Ok(walked?),
    }
}

fn too_large(what: &'static str, request: CloneRequest<'_>) -> VcsError {
    let limit = request.bytes / MEGABYTE;
    VcsError::TooLarge { address: request.address.to_string(), what, limit }
}

fn told(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof => "the server broke off".to_owned(),
        _ => error.to_string(),
    }
}
