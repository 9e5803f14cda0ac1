//! macOS: the profile for `sandbox-exec`. Its text is tested on every system; it has not been run on a
//! Mac yet.

use std::path::{Path, PathBuf};

/// The program that runs another with a profile.
pub(crate) const PROGRAM: &str = "/usr/bin/sandbox-exec";

/// The line that runs a line with a profile.
pub(crate) fn line(profile: &str, line: &str) -> String {
    format!("exec {PROGRAM} -p {} /bin/sh -c {}", word(profile), word(line))
}

/// One word of a shell's line.
pub(crate) fn word(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// From what a profile is written.
#[derive(Debug, Clone)]
pub(crate) struct Profile<'a> {
    /// The only folder that may be written in, besides that for temporary files.
    pub(crate) workspace: &'a Path,
    /// Places in the workspace that may not be written, whether they are there or not.
    pub(crate) protected: &'a [PathBuf],
    /// The folder for temporary files.
    pub(crate) temporary: &'a Path,
    /// The user's home, which is not read but for the workspace and [`Profile::toolchains`].
    pub(crate) home: &'a Path,
    /// Folders in the home that may be read.
    pub(crate) toolchains: &'a [PathBuf],
}

impl Profile<'_> {
    /// The text of the profile. All paths should be canonical: the system compares them as they are.
    /// Of two rules that match, the later one counts.
    pub(crate) fn text(&self) -> String {
        let mut rules = vec![
            "(version 1)".to_owned(),
            "(deny default)".to_owned(),
            "(import \"system.sb\")".to_owned(),
            "(allow process-fork process-exec)".to_owned(),
            "(allow signal process-info* (target same-sandbox))".to_owned(),
            "(allow sysctl-read)".to_owned(),
            "(allow file-read*)".to_owned(),
            format!("(deny file-read* {})", below(self.home)),
            // A path cannot be walked through without this.
            format!("(allow file-read-metadata {})", below(self.home)),
        ];
        for place in self.toolchains {
            rules.push(format!("(allow file-read* {})", below(place)));
        }
        rules
            .push("(allow file-write* (literal \"/dev/null\") (literal \"/dev/zero\"))".to_owned());
        for place in [self.temporary, self.workspace] {
            rules.push(format!("(allow file-read* file-write* {})", below(place)));
        }
        for place in self.protected {
            rules.push(format!("(deny file-write* {})", below(place)));
        }
        // A folder that holds a protected place must not be renamed, nor one made in its stead.
        for place in self.folders_above_protected() {
            let place = quoted(place);
            rules.push(format!("(deny file-write-unlink file-write-create (literal {place}))"));
        }
        rules.push("(deny network*)".to_owned());
        rules.join("\n") + "\n"
    }

    fn folders_above_protected(&self) -> Vec<&Path> {
        let mut above: Vec<&Path> = self
            .protected
            .iter()
            .flat_map(|place| place.ancestors().skip(1))
            .filter(|place| place.starts_with(self.workspace))
            .collect();
        above.sort_unstable();
        above.dedup();
        above
    }
}

/// Everything at and below a place.
fn below(place: &Path) -> String {
    format!("(subpath {})", quoted(place))
}

/// A string of the profile's language, in which a backslash and a quotation mark are special.
fn quoted(place: &Path) -> String {
    let text = place.to_string_lossy();
    format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_writes_its_workspace_and_reads_no_home() {
        let protected = ["/Users/ada/project/.git", "/Users/ada/project/web/.vscode"];
        let profile = Profile {
            workspace: Path::new("/Users/ada/project"),
            protected: &protected.map(PathBuf::from),
            temporary: Path::new("/private/tmp/devika-1"),
            home: Path::new("/Users/ada"),
            toolchains: &[PathBuf::from("/Users/ada/.cargo")],
        };
        insta::assert_snapshot!(profile.text(), @r#"
        (version 1)
        (deny default)
        (import "system.sb")
        (allow process-fork process-exec)
        (allow signal process-info* (target same-sandbox))
        (allow sysctl-read)
        (allow file-read*)
        (deny file-read* (subpath "/Users/ada"))
        (allow file-read-metadata (subpath "/Users/ada"))
        (allow file-read* (subpath "/Users/ada/.cargo"))
        (allow file-write* (literal "/dev/null") (literal "/dev/zero"))
        (allow file-read* file-write* (subpath "/private/tmp/devika-1"))
        (allow file-read* file-write* (subpath "/Users/ada/project"))
        (deny file-write* (subpath "/Users/ada/project/.git"))
        (deny file-write* (subpath "/Users/ada/project/web/.vscode"))
        (deny file-write-unlink file-write-create (literal "/Users/ada/project"))
        (deny file-write-unlink file-write-create (literal "/Users/ada/project/web"))
        (deny network*)
        "#);
    }

    #[test]
    fn a_line_is_one_word_for_the_shell_that_gets_it() {
        assert_eq!(
            line("(version 1)", "echo it's"),
            r"exec /usr/bin/sandbox-exec -p '(version 1)' /bin/sh -c 'echo it'\''s'"
        );
    }

    #[test]
    fn a_path_cannot_end_its_string() {
        assert_eq!(
            below(Path::new(r#"/a") (allow default) "\"#)),
            r#"(subpath "/a\") (allow default) \"\\")"#
        );
    }
}
