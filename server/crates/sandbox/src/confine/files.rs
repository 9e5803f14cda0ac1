//! Landlock: which files a process may change, and which processes it may signal.

use std::io;
use std::path::PathBuf;

use landlock::{
    ABI, Access as _, AccessFs, Ruleset, RulesetAttr as _, RulesetCreatedAttr as _, RulesetStatus,
    Scope, path_beneath_rules,
};

/// What is asked for: file rights up to Linux 6.10, and the scopes of 6.12. The crate leaves out what
/// this kernel does not know.
const NEWEST: ABI = ABI::V6;

/// From here on this process and its descendants read everything that is visible, but change nothing
/// outside `writable`. `false` where the kernel has no Landlock.
///
/// # Errors
/// What the system said.
pub(super) fn restrict(writable: &[PathBuf]) -> io::Result<bool> {
    let status = Ruleset::default()
        .handle_access(AccessFs::from_all(NEWEST))
        .and_then(|rules| rules.scope(Scope::AbstractUnixSocket | Scope::Signal))
        .and_then(|rules| rules.create())
        .and_then(|rules| rules.add_rules(path_beneath_rules(["/"], AccessFs::from_read(NEWEST))))
        .and_then(|rules| rules.add_rules(path_beneath_rules(writable, AccessFs::from_all(NEWEST))))
        .and_then(|rules| rules.restrict_self())
        .map_err(io::Error::other)?;
    Ok(status.ruleset != RulesetStatus::NotEnforced)
}
