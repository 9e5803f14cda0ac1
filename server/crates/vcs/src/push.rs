//! Pushing a branch to a server, over git's own protocol (version 0, `gitprotocol-pack`), as cloning is
//! done: what travels goes through a port. Nothing is ever forced.

use std::io::Read;

use git2::{ErrorCode, Oid};

use crate::clone::packets::{self, Packet};
use crate::{Repository, VcsError};

/// Bytes that are sent at the most: a task's work is far less.
const MOST_BYTES: usize = 256 << 20;

/// What is said of Devika, and asked for.
const ABILITIES: &str = concat!("report-status agent=devika/", env!("CARGO_PKG_VERSION"));

/// The server of one repository that may be pushed to. Its answers are read to their end before the
/// next request.
pub trait PushServer {
    /// The answer to `GET info/refs?service=git-receive-pack`.
    ///
    /// # Errors
    /// Why there is none, as the end of a sentence.
    fn references(&mut self) -> Result<Box<dyn Read + '_>, String>;

    /// The answer to `POST git-receive-pack` with this body.
    ///
    /// # Errors
    /// Why there is none, as the end of a sentence.
    fn receive(&mut self, request: Vec<u8>) -> Result<Box<dyn Read + '_>, String>;
}

/// A branch as the server has it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// Its commit.
    pub commit: String,
    /// Whether the server had it already.
    pub was_there: bool,
}

/// Another repository that work is exchanged with, as the repository's configuration has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// What the user calls it.
    pub name: String,
    /// Where it is.
    pub address: String,
}

impl Repository {
    /// The remote of that name; without a name the one that one of these branches follows, the first
    /// before the others; else `origin`; else the only one.
    ///
    /// # Errors
    /// [`VcsError::NoRemote`] with the remotes that there are; [`VcsError::Other`].
    pub fn remote(&self, name: Option<&str>, branches: &[&str]) -> Result<Remote, VcsError> {
        let names = self.git.remotes()?;
        let names: Vec<&str> = names.iter().filter_map(|name| name.ok().flatten()).collect();
        let there = |name: &str| names.iter().find(|known| **known == name).copied();
        let followed = |branch: &&str| {
            let name = self.git.branch_upstream_remote(&format!("refs/heads/{branch}")).ok()?;
            there(name.as_str().ok()?)
        };
        let only = || match names.as_slice() {
            [only] => Some(*only),
            _ => None,
        };
        let chosen = match name {
            Some(name) => there(name),
            None => branches.iter().find_map(followed).or_else(|| there("origin")).or_else(only),
        };
        let address = chosen.map(|name| self.git.find_remote(name)).transpose()?;
        let address = address.and_then(|remote| remote.url().ok().map(str::to_owned));
        chosen
            .zip(address)
            .map(|(name, address)| Remote { name: name.to_owned(), address })
            .ok_or_else(|| VcsError::NoRemote {
                name: name.map(str::to_owned),
                there: names.iter().map(|name| (*name).to_owned()).collect(),
            })
    }

    /// The commit of a branch; none where there is no such branch.
    ///
    /// # Errors
    /// [`VcsError::Other`].
    pub fn tip_of(&self, branch: &str) -> Result<Option<String>, VcsError> {
        match self.git.find_reference(&format!("refs/heads/{branch}")) {
            Ok(reference) => Ok(Some(reference.peel_to_commit()?.id().to_string())),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Pushes a branch under its own name. A server that has commits in it that are not here is left as
    /// it is.
    ///
    /// # Errors
    /// [`VcsError::Push`], [`VcsError::Other`].
    pub fn push(&self, server: &mut dyn PushServer, branch: &str) -> Result<Pushed, VcsError> {
        let name = format!("refs/heads/{branch}");
        let tip = self.git.find_reference(&name)?.peel_to_commit()?.id();
        let advertised = {
            let mut answer = server.references().map_err(refused)?;
            advertised(&mut answer)?
        };
        let there = advertised.iter().find(|(known, _)| *known == name).map(|(_, id)| *id);
        if there == Some(tip) {
            return Ok(Pushed { commit: tip.to_string(), was_there: true });
        }
        if let Some(there) = there
            && !self.git.graph_descendant_of(tip, there).unwrap_or(false)
        {
            return Err(refused(format!(
                "the server's `{branch}` has commits that are not in yours; fetch and merge them first"
            )));
        }
        let ids = advertised.into_iter().map(|(_, id)| id);
        let mut request = command(there.unwrap_or(Oid::ZERO_SHA1), tip, &name);
        request.extend_from_slice(&self.pack(tip, ids)?);
        let mut answer = server.receive(request).map_err(refused)?;
        reported(&mut answer, &name)?;
        Ok(Pushed { commit: tip.to_string(), was_there: false })
    }

    /// The objects of a commit that a server lacks, which has these.
    fn pack(&self, tip: Oid, there: impl Iterator<Item = Oid>) -> Result<git2::Buf, VcsError> {
        let mut walk = self.git.revwalk()?;
        walk.push(tip)?;
        for id in there.filter(|id| self.git.find_commit(*id).is_ok()) {
            walk.hide(id)?;
        }
        let mut builder = self.git.packbuilder()?;
        builder.insert_walk(&mut walk)?;
        let mut pack = git2::Buf::new();
        builder.write_buf(&mut pack)?;
        if pack.len() > MOST_BYTES {
            return Err(refused(format!(
                "it is larger than {} MB; push it with git",
                MOST_BYTES >> 20
            )));
        }
        Ok(pack)
    }
}

/// What is to become of a reference, with the end of the section.
fn command(old: Oid, new: Oid, name: &str) -> Vec<u8> {
    let line = format!("{old} {new} {name}\0{ABILITIES}");
    format!("{:04x}{line}0000", line.len() + 4).into_bytes()
}

/// The references of a server.
fn advertised(from: &mut dyn Read) -> Result<Vec<(String, Oid)>, VcsError> {
    let wrong = || refused("its server does not speak git's protocol".to_owned());
    let mut references = Vec::new();
    let mut flushes = 0;
    while let Some(packet) = packets::next(from).map_err(broken)? {
        let bytes = match packet {
            Packet::Bytes(bytes) => bytes,
            // The first section names the service.
            Packet::Flush if flushes == 0 => {
                flushes += 1;
                continue;
            }
            Packet::Flush => return Ok(references),
        };
        let line = String::from_utf8_lossy(&bytes);
        let line = line.trim_end_matches('\n');
        if flushes == 0 {
            if line != "# service=git-receive-pack" {
                return Err(wrong());
            }
            continue;
        }
        if let Some(why) = line.strip_prefix("ERR ") {
            return Err(refused(why.to_owned()));
        }
        let reference = line.split_once('\0').map_or(line, |(reference, _)| reference);
        let (id, name) = reference.split_once(' ').ok_or_else(wrong)?;
        let id = Oid::from_str(id).map_err(|_| wrong())?;
        if !id.is_zero() {
            references.push((name.to_owned(), id));
        }
    }
    Err(refused("the server broke off".to_owned()))
}

/// What a server says of a push.
fn reported(from: &mut dyn Read, name: &str) -> Result<(), VcsError> {
    let mut is_unpacked = false;
    while let Some(Packet::Bytes(bytes)) = packets::next(from).map_err(broken)? {
        let line = String::from_utf8_lossy(&bytes);
        let line = line.trim_end();
        if line == "unpack ok" {
            is_unpacked = true;
        } else if let Some(why) = line.strip_prefix("unpack ") {
            return Err(refused(format!("the server cannot read what was sent ({why})")));
        } else if let Some(why) = line.strip_prefix(&format!("ng {name} ")) {
            return Err(refused(format!("the server says: {why}")));
        } else if is_unpacked && line == format!("ok {name}") {
            return Ok(());
        }
    }
    Err(refused("the server broke off before it said whether it has it".to_owned()))
}

fn refused(why: String) -> VcsError {
    VcsError::Push { why }
}

fn broken(error: std::io::Error) -> VcsError {
    refused(format!("the server's answer cannot be read ({error})"))
}
