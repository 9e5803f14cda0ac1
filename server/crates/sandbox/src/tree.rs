//! Killing everything that a process has started.

#[cfg(target_os = "linux")]
pub(crate) use linux::{adopt_orphans, kill_all, wait_for};
#[cfg(not(target_os = "linux"))]
pub(crate) use other::{adopt_orphans, kill_all, wait_for};

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::HashMap;
    use std::fs;
    use std::path::Path;
    use std::process::{Child, ExitStatus};
    use std::thread;
    use std::time::Duration;

    use nix::errno::Errno;
    use nix::sys::prctl;
    use nix::sys::signal::{Signal, kill};
    use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
    use nix::unistd::{Pid, getpid};

    /// Between two passes over a tree that does not die.
    const LONGEST_PAUSE: Duration = Duration::from_millis(20);

    /// Makes this process the parent of every descendant whose own parent dies, so that none can
    /// leave the tree: neither by a new session nor by a double fork.
    pub(crate) fn adopt_orphans() -> nix::Result<()> {
        prctl::set_child_subreaper(true)
    }

    /// Waits until the shell has ended, and meanwhile reaps the orphans that end, so that a script
    /// which waits for its daemon to disappear does not wait for ever. `None` if all are dead
    /// already.
    pub(crate) fn wait_for(shell: &mut Child, pid: Pid) -> Option<ExitStatus> {
        loop {
            match waitid(Id::All, WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT) {
                Err(Errno::EINTR) => {}
                Err(Errno::ECHILD) => return None,
                Ok(orphan) if orphan.pid() != Some(pid) => {
                    waitpid(orphan.pid(), Some(WaitPidFlag::WNOHANG)).ok();
                }
                // The shell, or one killed by a real-time signal, which `nix` cannot name.
                Ok(_) | Err(_) => match shell.try_wait() {
                    Ok(None) => {
                        waitpid(None, Some(WaitPidFlag::WNOHANG)).ok();
                    }
                    ended => return ended.ok().flatten(),
                },
            }
        }
    }

    /// Kills every descendant of this process and returns when none is left.
    pub(crate) fn kill_all(_shell: Pid) {
        // No child means no descendant, since orphans become children; this is the common case and
        // costs one system call.
        let mut pause = Duration::from_millis(1);
        while reap_the_dead() == Children::Alive {
            // One pass is not enough: some fork while we look.
            if lists_children() {
                kill_descendants(getpid(), children);
            } else {
                let families = families();
                kill_descendants(getpid(), |pid| families.get(&pid).cloned().unwrap_or_default());
            }
            // Not a wait for the next death: another thread may reap that one, and leave us waiting
            // for a process that nobody has killed yet.
            thread::sleep(pause);
            pause = LONGEST_PAUSE.min(pause * 2);
        }
    }

    #[derive(PartialEq, Eq)]
    enum Children {
        Alive,
        Gone,
    }

    fn reap_the_dead() -> Children {
        loop {
            match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
                Ok(WaitStatus::StillAlive) => return Children::Alive,
                Err(Errno::ECHILD) => return Children::Gone,
                // One was reaped, perhaps one killed by a signal that `nix` cannot name.
                Ok(_) | Err(_) => {}
            }
        }
    }

    /// One pass over the tree: kills each process as it is found, and then what it has started.
    ///
    /// The time between finding and killing decides who survives of those that fork and end all the
    /// time, so this asks for the children of each and does not read all of `/proc` first, which on
    /// a machine with hundreds of processes takes longer than such a process lives.
    fn kill_descendants(root: Pid, children: impl Fn(Pid) -> Vec<Pid>) {
        let mut parents = vec![root];
        while let Some(parent) = parents.pop() {
            for child in children(parent) {
                // A failure means that it is dead already, or not ours to kill (set-user-ID).
                kill(child, Signal::SIGKILL).ok();
                parents.push(child);
            }
        }
    }

    /// The children of `parent`, those of all its threads. Some may be left out if others end
    /// meanwhile (proc_pid_task(5)).
    fn children(parent: Pid) -> Vec<Pid> {
        let threads = fs::read_dir(format!("/proc/{parent}/task")).into_iter().flatten().flatten();
        let lists =
            threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
        lists.flat_map(|list| pids_in(&list)).collect()
    }

    fn pids_in(list: &str) -> Vec<Pid> {
        list.split_ascii_whitespace()
            .filter_map(|pid| pid.parse().ok().map(Pid::from_raw))
            .collect()
    }

    /// Whether the kernel lists children (`CONFIG_PROC_CHILDREN`).
    fn lists_children() -> bool {
        Path::new("/proc/thread-self/children").exists()
    }

    /// Every process with children, and these: the slow way, for other kernels.
    fn families() -> HashMap<Pid, Vec<Pid>> {
        let mut children: HashMap<Pid, Vec<Pid>> = HashMap::new();
        for (pid, parent) in processes() {
            children.entry(parent).or_default().push(pid);
        }
        children
    }

    /// Every process of the machine that this one can see, with its parent.
    fn processes() -> impl Iterator<Item = (Pid, Pid)> {
        fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            // A name may hold any bytes, so this is not always UTF-8.
            let stat = fs::read(entry.path().join("stat")).ok()?;
            Some((Pid::from_raw(pid), parent_in(&stat)?))
        })
    }

    /// The parent in a line of `/proc/PID/stat`: `PID (NAME) STATE PARENT …`, where the name may
    /// hold blanks and parentheses (proc(5)).
    fn parent_in(stat: &[u8]) -> Option<Pid> {
        let after_name = stat.iter().rposition(|byte| *byte == b')')? + 1;
        let rest = str::from_utf8(stat.get(after_name..)?).ok()?;
        rest.split_ascii_whitespace().nth(1)?.parse().ok().map(Pid::from_raw)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn the_parent_is_found_behind_a_name_with_parentheses() {
            let stat = b"17 (a) S (\xff) S 42 17 17 0 -1";
            assert_eq!(parent_in(stat), Some(Pid::from_raw(42)));
        }

        #[test]
        fn a_child_is_found_with_and_without_the_kernels_lists() {
            let mut child = std::process::Command::new("sleep").arg("1000").spawn().unwrap();
            let pid = Pid::from_raw(child.id().try_into().unwrap());
            let found = (children(getpid()).contains(&pid), families()[&getpid()].contains(&pid));
            child.kill().unwrap();
            child.wait().unwrap();
            assert_eq!(found, (lists_children(), true));
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod other {
    use std::process::{Child, ExitStatus};

    use nix::errno::Errno;
    use nix::sys::signal::{Signal, killpg};
    use nix::sys::wait::waitpid;
    use nix::unistd::Pid;

    /// This system cannot adopt orphans.
    pub(crate) fn adopt_orphans() -> nix::Result<()> {
        Ok(())
    }

    /// Waits until the shell has ended; `None` if it is dead already.
    pub(crate) fn wait_for(shell: &mut Child, _pid: Pid) -> Option<ExitStatus> {
        shell.wait().ok()
    }

    /// Kills the command's process group; a descendant that has left the group lives on.
    pub(crate) fn kill_all(shell: Pid) {
        // A failure means that the group is empty.
        killpg(shell, Signal::SIGKILL).ok();
        while matches!(waitpid(None, None), Ok(_) | Err(Errno::EINTR)) {}
    }
}
