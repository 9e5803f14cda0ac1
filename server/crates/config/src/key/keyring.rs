//! The system's keyring, asked by the system's own program: `secret-tool` (Secret Service: GNOME
//! Keyring, KWallet, KeePassXC) on Linux, `security` on macOS.

use std::process::Command;

use secrecy::SecretString;

use super::command::{Told, Untold, run, too_slow};
use super::{Env, KeyError};

/// The key of an entry.
pub(super) fn ask(
    service: &str,
    user: &str,
    env: &Env,
    source: &str,
) -> Result<SecretString, KeyError> {
    let unreadable = |why: String, fix: String| KeyError::Unreadable {
        source_name: source.to_owned(),
        why,
        fix,
    };
    let Some(lookup) = lookup(service, user) else {
        let fix = "Use `key_command` with a program that prints the key".to_owned();
        return Err(unreadable("no program of this system prints its entries".to_owned(), fix));
    };
    match run(lookup, env) {
        Ok(Told::Key(key)) => Ok(key),
        // Both programs fail where there is no such entry, and do not say which it was.
        Ok(Told::Nothing | Told::Failed(_)) => Err(KeyError::Missing {
            source_name: source.to_owned(),
            fix: format!("Put it there: {}", store(service, user)),
        }),
        Err(Untold::Broken(why)) => Err(unreadable(why, install())),
        Err(Untold::TooSlow) => Err(too_slow(source)),
    }
}

/// The program that prints an entry.
fn lookup(service: &str, user: &str) -> Option<Command> {
    if cfg!(target_os = "macos") {
        let mut security = Command::new("security");
        security.args(["find-generic-password", "-s", service, "-a", user, "-w"]);
        Some(security)
    } else if cfg!(unix) {
        let mut secret_tool = Command::new("secret-tool");
        secret_tool.args(["lookup", "service", service, "username", user]);
        Some(secret_tool)
    } else {
        None
    }
}

/// The command that makes an entry; it asks for the key.
fn store(service: &str, user: &str) -> String {
    if cfg!(target_os = "macos") {
        format!("security add-generic-password -s '{service}' -a '{user}' -w")
    } else {
        format!("secret-tool store --label=Devika service '{service}' username '{user}'")
    }
}

fn install() -> String {
    if cfg!(target_os = "macos") {
        "It belongs to macOS: is PATH complete?".to_owned()
    } else {
        "Install secret-tool (package libsecret-tools), or use `key_command`".to_owned()
    }
}
