//! The machine's Unix sockets. A connection to one goes through a read-only mount, so each that could be
//! seen has to be concealed.

use std::fs;
use std::path::PathBuf;

/// More than any machine has; a list that is longer would not fit bubblewrap's command line.
const MOST: usize = 2_000;

/// The sockets with a place in the file system that something in our network namespace has open.
pub(super) fn of_this_machine() -> Vec<PathBuf> {
    fs::read_to_string("/proc/net/unix").map(|table| sockets(&table)).unwrap_or_default()
}

/// The paths in a table such as `/proc/net/unix`, whose eighth column they are. Abstract sockets begin
/// with `@` there, and belong to a network namespace.
fn sockets(table: &str) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = table
        .lines()
        .filter_map(|line| line.find(" /").map(|at| PathBuf::from(&line[at + 1..])))
        .collect();
    paths.sort();
    paths.dedup();
    paths.truncate(MOST);
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sockets_with_a_place_are_listed() {
        let table = "\
Num       RefCount Protocol Flags    Type St Inode Path
0000: 00000002 00000000 00010000 0001 01 1 /var/lib/my app/socket
0000: 00000002 00000000 00010000 0001 01 1 /var/lib/my app/socket
0000: 00000003 00000000 00000000 0001 03 2 @abstract
0000: 00000003 00000000 00000000 0001 03 3
";
        assert_eq!(sockets(table), [PathBuf::from("/var/lib/my app/socket")]);
    }
}
