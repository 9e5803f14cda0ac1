//! How many threads the model's server gets.

use std::collections::HashSet;
use std::thread::available_parallelism;

/// As many threads as there are cores of silicon, at most those that this process may use, at most
/// what is configured. Threads that share a core slow each other down here: both wait for memory.
pub(super) fn threads(configured: Option<u32>) -> u32 {
    let usable = available_parallelism().map_or(1, |count| u32::try_from(count.get()).unwrap_or(1));
    let physical = std::fs::read_to_string("/proc/cpuinfo")
        .ok()
        .and_then(|cpuinfo| physical_cores(&cpuinfo))
        .unwrap_or(usable);
    physical.min(usable).min(configured.unwrap_or(u32::MAX)).max(1)
}

/// Distinct pairs of socket and core in Linux's list of processors; none where it does not say.
fn physical_cores(cpuinfo: &str) -> Option<u32> {
    let mut cores = HashSet::new();
    for processor in cpuinfo.split("\n\n") {
        let field = |name: &str| {
            processor.lines().find_map(|line| {
                let (key, value) = line.split_once(':')?;
                (key.trim() == name).then(|| value.trim().to_owned())
            })
        };
        if let Some(core) = field("core id") {
            cores.insert((field("physical id"), core));
        }
    }
    u32::try_from(cores.len()).ok().filter(|&count| count > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_threads_of_one_core_count_once() {
        let cpuinfo = "processor\t: 0\nphysical id\t: 0\ncore id\t\t: 0\n\n\
                       processor\t: 1\nphysical id\t: 0\ncore id\t\t: 0\n\n\
                       processor\t: 2\nphysical id\t: 0\ncore id\t\t: 1\n\n\
                       processor\t: 3\nphysical id\t: 1\ncore id\t\t: 1\n";
        assert_eq!(physical_cores(cpuinfo), Some(3));
    }

    #[test]
    fn a_list_without_cores_says_nothing() {
        assert_eq!(physical_cores("processor\t: 0\nBogoMIPS\t: 108.00\n"), None);
    }

    #[test]
    fn the_configuration_only_lowers_the_number() {
        assert_eq!(threads(Some(1)), 1);
        assert!(threads(Some(100_000)) <= threads(None));
    }
}
