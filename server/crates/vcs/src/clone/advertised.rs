//! What a server has: its references, and which of them is its HEAD.

use std::io::{Error, ErrorKind, Read};

use git2::Oid;

use super::packets::{self, Packet};

/// References at the most.
const MOST: usize = 100_000;

/// What a server has.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Advertised {
    /// The commit of its HEAD.
    head: Option<Oid>,
    /// The branch that its HEAD is, where it says so.
    symbolic: Option<String>,
    /// Branches and tags by their whole names.
    pub(super) references: Vec<(String, Oid)>,
}

impl Advertised {
    /// Reads the answer to `info/refs`.
    pub(super) fn read(from: &mut dyn Read) -> Result<Self, Error> {
        let wrong = |text: &str| Error::new(ErrorKind::InvalidData, text.to_owned());
        let mut advertised = Self::default();
        let mut flushes = 0;
        let mut first = true;
        while let Some(packet) = packets::next(from)? {
            let bytes = match packet {
                Packet::Bytes(bytes) => bytes,
                // The first section names the service.
                Packet::Flush if flushes == 0 => {
                    flushes += 1;
                    continue;
                }
                Packet::Flush => return Ok(advertised),
            };
            let line = String::from_utf8_lossy(&bytes);
            let line = line.trim_end_matches('\n');
            if flushes == 0 {
                if line != "# service=git-upload-pack" {
                    return Err(wrong("there is no git repository at this address"));
                }
                continue;
            }
            if let Some(why) = line.strip_prefix("ERR ") {
                return Err(wrong(why));
            }
            let (reference, abilities) = line.split_once('\0').unwrap_or((line, ""));
            if std::mem::take(&mut first) {
                advertised.take_abilities(abilities)?;
            }
            advertised.take(reference)?;
            if advertised.references.len() > MOST {
                return Err(wrong("it has too many branches and tags"));
            }
        }
        Err(wrong("the server broke off"))
    }

    fn take_abilities(&mut self, abilities: &str) -> Result<(), Error> {
        for ability in abilities.split(' ') {
            if let Some(format) = ability.strip_prefix("object-format=")
                && format != "sha1"
            {
                let text = format!("its objects are named by {format}, which Devika cannot read");
                return Err(Error::new(ErrorKind::Unsupported, text));
            }
            if let Some(branch) = ability.strip_prefix("symref=HEAD:") {
                self.symbolic = Some(branch.to_owned());
            }
        }
        Ok(())
    }

    fn take(&mut self, line: &str) -> Result<(), Error> {
        let wrong =
            || Error::new(ErrorKind::InvalidData, "the server does not speak git's protocol");
        let (id, name) = line.split_once(' ').ok_or_else(wrong)?;
        let id = Oid::from_str(id).map_err(|_| wrong())?;
        if name == "HEAD" {
            self.head = Some(id);
        } else if is_wanted(name) && !id.is_zero() {
            self.references.push((name.to_owned(), id));
        }
        Ok(())
    }

    /// The name of the branch to check out, without `refs/heads/`, and its commit.
    pub(super) fn branch(&self) -> Option<(&str, Oid)> {
        let branches = || {
            let all = self.references.iter();
            all.filter_map(|(name, id)| Some((name.strip_prefix("refs/heads/")?, *id)))
        };
        let named = self.symbolic.as_deref().and_then(|it| it.strip_prefix("refs/heads/"));
        let is_usual = |name: &str| matches!(name, "main" | "master");
        let of_head = |id: Oid| Some(id) == self.head;
        branches()
            .find(|(name, _)| Some(*name) == named)
            .or_else(|| branches().find(|(name, id)| of_head(*id) && is_usual(name)))
            .or_else(|| branches().find(|(_, id)| of_head(*id)))
            .or_else(|| branches().next())
    }

    /// The request for everything.
    pub(super) fn request(&self) -> String {
        let mut ids: Vec<Oid> = self.references.iter().map(|(_, id)| *id).collect();
        ids.sort();
        ids.dedup();
        let abilities =
            concat!(" side-band-64k ofs-delta agent=devika/", env!("CARGO_PKG_VERSION"));
        let want = |(index, id): (usize, &Oid)| {
            packets::line(&format!("want {id}{}", if index == 0 { abilities } else { "" }))
        };
        let wants: String = ids.iter().enumerate().map(want).collect();
        format!("{wants}0000{}", packets::line("done"))
    }
}

/// Branches and tags; what a tag leads to comes with it, and other references are the server's own.
fn is_wanted(name: &str) -> bool {
    (name.starts_with("refs/heads/") || name.starts_with("refs/tags/"))
        && git2::Reference::is_valid_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "1111111111111111111111111111111111111111";
    const B: &str = "2222222222222222222222222222222222222222";

    fn advertised(lines: &[String]) -> Result<Advertised, String> {
        let lines: String = lines.iter().map(|line| packets::line(line)).collect();
        let text = format!("{}0000{lines}0000", packets::line("# service=git-upload-pack"));
        Advertised::read(&mut text.as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn branches_and_tags_are_wanted_and_the_rest_is_not() {
        let read = advertised(&[
            format!("{A} HEAD\0side-band-64k symref=HEAD:refs/heads/trunk object-format=sha1"),
            format!("{B} refs/heads/other"),
            format!("{A} refs/heads/trunk"),
            format!("{B} refs/pull/1/head"),
            format!("{B} refs/tags/v1"),
            format!("{A} refs/tags/v1^{{}}"),
            format!("{A} refs/heads/../../config"),
        ])
        .unwrap();
        let names: Vec<&str> = read.references.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["refs/heads/other", "refs/heads/trunk", "refs/tags/v1"]);
        assert_eq!(read.branch().unwrap().0, "trunk");
        assert_eq!(read.request().matches("want ").count(), 2, "each commit once");
    }

    #[test]
    fn an_old_server_is_understood_by_the_commit_of_its_head() {
        let read = advertised(&[
            format!("{A} HEAD\0"),
            format!("{A} refs/heads/aaa"),
            format!("{A} refs/heads/master"),
            format!("{B} refs/heads/zzz"),
        ]);
        assert_eq!(read.unwrap().branch().unwrap().0, "master");
    }

    #[test]
    fn an_empty_repository_has_no_branch() {
        let zero = "0".repeat(40);
        let read = advertised(&[format!("{zero} capabilities^{{}}\0side-band-64k")]).unwrap();
        assert_eq!(read.branch(), None);
    }

    #[test]
    fn what_is_no_repository_says_so() {
        let page = Advertised::read(&mut "<html>".as_bytes()).unwrap_err().to_string();
        assert_eq!(page, "the server does not speak git's protocol");
        let cut = packets::line("# service=git-upload-pack");
        let cut = Advertised::read(&mut cut.as_bytes()).unwrap_err().to_string();
        assert_eq!(cut, "the server broke off");
        let sha256 = advertised(&[format!("{A} HEAD\0object-format=sha256")]).unwrap_err();
        assert!(sha256.contains("sha256"), "{sha256}");
    }
}
