//! Which process works on a task or makes a call, so that what a dead one left is recognised.
//!
//! A holder is written `PID@START`, where START is when the process began, in clock ticks since the
//! machine was booted: a process id alone is soon given to another process.

/// This process.
pub(crate) fn current() -> String {
    let pid = std::process::id();
    format!("{pid}@{}", start_ticks(pid).unwrap_or_default())
}

/// Whether the process that a task's holder names still runs.
///
/// Known on Linux. Elsewhere only this process itself is known to run, so that a task of a process
/// that died can be resumed there too; two servers at once would take over each other's tasks, and
/// count what the other's calls have set aside as spent.
pub(crate) fn is_alive(holder: &str) -> bool {
    let Some((pid, started)) = holder.split_once('@') else { return false };
    let Ok(pid) = pid.parse::<u32>() else { return false };
    match start_ticks(pid) {
        Some(ticks) => ticks.to_string() == started,
        None => holder == current(),
    }
}

/// The 22nd field of `/proc/PID/stat` (proc_pid_stat(5)), counted after the program's name, which
/// may itself contain spaces and parentheses. None for a process that is gone or only waits to be
/// reaped.
#[cfg(target_os = "linux")]
fn start_ticks(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
    let state = fields.next()?;
    if matches!(state, "Z" | "X") {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

#[cfg(not(target_os = "linux"))]
fn start_ticks(_pid: u32) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn this_process_is_alive_and_its_id_with_another_start_is_not() {
        assert!(is_alive(&current()));
        assert!(!is_alive(&format!("{}@1", std::process::id())));
        assert!(!is_alive("nonsense"));
    }

    #[test]
    fn a_process_that_ended_is_dead_even_before_it_is_reaped() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let holder = format!("{}@{}", child.id(), start_ticks(child.id()).unwrap());
        assert!(is_alive(&holder));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!is_alive(&holder));
    }
}
