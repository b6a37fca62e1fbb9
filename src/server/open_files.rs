//! How many files, and so connections, the system lets us open.

/// Raises the soft limit of open files to the hard one; gives the limit that then holds.
#[expect(unsafe_code, reason = "getrlimit and setrlimit are system calls")]
pub(super) fn raise_limit() -> usize {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the pointer is to a live value of the right type, which the call fills.
    if unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) } != 0 {
        // POSIX guarantees far fewer; every Linux gives at least this.
        return 1024;
    }
    let raised = libc::rlimit { rlim_cur: limit.rlim_max, rlim_max: limit.rlim_max };
    // SAFETY: the pointer is to a live value of the right type, which the call only reads.
    let soft = if unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const raised) } == 0 {
        limit.rlim_max
    } else {
        limit.rlim_cur
    };
    usize::try_from(soft).unwrap_or(usize::MAX)
}
