//! Seccomp: system calls that no build and no test needs, and that have led out of sandboxes.

use std::collections::BTreeMap;
use std::io;

use nix::libc;
use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition,
    SeccompFilter, SeccompRule, TargetArch, apply_filter,
};

/// Denied whatever their arguments are.
const DENIED: [i64; 42] = [
    // Looking into and steering other processes.
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_kcmp,
    libc::SYS_pidfd_getfd,
    libc::SYS_perf_event_open,
    // Large interfaces of the kernel with a record of faults.
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_bpf,
    libc::SYS_userfaultfd,
    libc::SYS_fanotify_init,
    // Keys that the kernel keeps for the user.
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    // What is mounted where.
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_setns,
    libc::SYS_open_by_handle_at,
    // The machine itself.
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_acct,
    libc::SYS_quotactl,
];

/// Flags of `clone` and `unshare` that make a namespace.
const NAMESPACES: [i32; 7] = [
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWNS,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWNET,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWUTS,
    libc::CLONE_NEWCGROUP,
];

/// Requests of `ioctl` that type at a terminal as if the user did.
const TYPING: [u64; 2] = [libc::TIOCSTI, libc::TIOCLINUX];

/// The bit that marks a system call of the x32 ABI, by which a filter for x86-64 could be passed by.
#[cfg(target_arch = "x86_64")]
const X32: i64 = 0x4000_0000;

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// Any of these rules refuses a call.
type AnyOf = Result<Vec<SeccompRule>, BackendError>;

/// From here on this process and its descendants get "operation not permitted" for all of these.
/// `internet` is whether they may make sockets of the internet.
///
/// # Errors
/// That this processor or kernel has no filters.
pub(super) fn restrict(internet: bool) -> io::Result<()> {
    let mut rules: Rules = DENIED.iter().map(|number| (*number, Vec::new())).collect();
    for (number, any_of) in [
        (libc::SYS_clone, namespaces()),
        (libc::SYS_unshare, namespaces()),
        (libc::SYS_socket, sockets(internet)),
        (libc::SYS_ioctl, typing()),
    ] {
        rules.insert(number, any_of.map_err(io::Error::other)?);
    }
    apply(rules, libc::EPERM)?;
    // Its flags are in memory, where a filter cannot look; without it, libc uses `clone`.
    apply(Rules::from([(libc::SYS_clone3, Vec::new())]), libc::ENOSYS)
}

/// A flag that makes a namespace, in the first argument.
fn namespaces() -> AnyOf {
    let flags = NAMESPACES.iter().map(|flag| u64::from(flag.cast_unsigned()));
    flags.map(|flag| rule([(0, SeccompCmpOp::MaskedEq(flag), flag)])).collect()
}

/// A family of sockets that programs have no use for.
fn sockets(internet: bool) -> AnyOf {
    let word = |number: i32| u64::from(number.cast_unsigned());
    let mut families = vec![libc::AF_UNIX];
    if internet {
        families.extend([libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK]);
    }
    let others = families.iter().map(|known| (0, SeccompCmpOp::Ne, word(*known)));
    // Netlink is for listing the network's interfaces, not for the kernel's other services.
    let services = [
        (0, SeccompCmpOp::Eq, word(libc::AF_NETLINK)),
        (2, SeccompCmpOp::Ne, word(libc::NETLINK_ROUTE)),
    ];
    Ok(vec![rule(others)?, rule(services)?])
}

/// A request that types at a terminal, in the second argument.
fn typing() -> AnyOf {
    TYPING.iter().map(|request| rule([(1, SeccompCmpOp::Eq, *request)])).collect()
}

/// All of these conditions on an argument, compared as 32 bits.
fn rule(
    conditions: impl IntoIterator<Item = (u8, SeccompCmpOp, u64)>,
) -> Result<SeccompRule, BackendError> {
    let conditions = conditions
        .into_iter()
        .map(|(argument, op, value)| {
            SeccompCondition::new(argument, SeccompCmpArgLen::Dword, op, value)
        })
        .collect::<Result<_, _>>()?;
    SeccompRule::new(conditions)
}

fn apply(mut rules: Rules, errno: i32) -> io::Result<()> {
    #[cfg(target_arch = "x86_64")]
    rules.extend(rules.clone().into_iter().map(|(number, rule)| (number | X32, rule)));
    let filter: BpfProgram = SeccompFilter::new(
        rules,
        SeccompAction::Allow,
        SeccompAction::Errno(errno.cast_unsigned()),
        TargetArch::try_from(std::env::consts::ARCH).map_err(io::Error::other)?,
    )
    .and_then(BpfProgram::try_from)
    .map_err(io::Error::other)?;
    apply_filter(&filter).map_err(io::Error::other)
}
