//! What only the C library offers: signals, another network namespace, a TUN device.
#![expect(unsafe_code, reason = "calls into the C library; each says why it is sound")]

use std::{
    ffi::c_int,
    fs::{self, File, OpenOptions},
    io,
    mem::zeroed,
    os::fd::{AsRawFd, RawFd},
    os::unix::fs::OpenOptionsExt,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use anyhow::{Context, Result, ensure};

static STOP: AtomicBool = AtomicBool::new(false);

extern "C" fn on_signal(_: c_int) {
    STOP.store(true, Ordering::Relaxed);
}

/// From now on SIGINT, SIGTERM and SIGHUP are remembered instead of ending us.
pub(crate) fn catch_signals() {
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
        let handler = on_signal as extern "C" fn(c_int) as libc::sighandler_t;
        // SAFETY: the handler only stores into an atomic.
        unsafe { libc::signal(signal, handler) };
    }
}

/// Whether somebody asked us to stop.
pub(crate) fn is_stopped() -> bool {
    STOP.load(Ordering::Relaxed)
}

/// Sends `signal` to one process; that it is gone already is no error.
pub(crate) fn signal(pid: i32, signal: c_int) {
    if pid > 1 {
        // SAFETY: no memory is involved; the pid is that of one process.
        unsafe { libc::kill(pid, signal) };
    }
}

/// Whether we may make network namespaces and configure them.
pub(crate) fn is_admin() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let bits = line.and_then(|line| u64::from_str_radix(line.trim(), 16).ok()).unwrap_or(0);
    // CAP_NET_ADMIN is 12, CAP_SYS_ADMIN 21 (linux/capability.h).
    bits & (1 << 12) != 0 && bits & (1 << 21) != 0
}

/// Moves this thread into the named network namespace.
pub(crate) fn enter(namespace: &str) -> Result<()> {
    let file = File::open(format!("/run/netns/{namespace}"))
        .with_context(|| format!("there is no namespace `{namespace}`"))?;
    // SAFETY: the descriptor is open for the whole call.
    let done = unsafe { libc::setns(file.as_raw_fd(), libc::CLONE_NEWNET) };
    ensure!(done == 0, "cannot enter `{namespace}`: {}", io::Error::last_os_error());
    Ok(())
}

/// A TUN device of that name in the namespace of this thread; reads and writes whole IP packets,
/// without waiting.
pub(crate) fn tun(name: &str) -> Result<File> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(libc::O_NONBLOCK)
        .open("/dev/net/tun")
        .context("cannot open /dev/net/tun")?;
    // SAFETY: all zeroes is a valid `ifreq`.
    let mut request: libc::ifreq = unsafe { zeroed() };
    ensure!(name.len() < request.ifr_name.len(), "`{name}` is too long for a device");
    for (to, from) in request.ifr_name.iter_mut().zip(name.bytes()) {
        *to = from as libc::c_char;
    }
    request.ifr_ifru.ifru_flags = (libc::IFF_TUN | libc::IFF_NO_PI) as libc::c_short;
    // SAFETY: TUNSETIFF reads and writes one `ifreq`, which outlives the call.
    let done = unsafe { libc::ioctl(file.as_raw_fd(), libc::TUNSETIFF as _, &raw mut request) };
    ensure!(done == 0, "cannot make the device `{name}`: {}", io::Error::last_os_error());
    Ok(file)
}

/// Waits until one of two files can be read, at most `timeout`.
pub(crate) fn wait_readable(files: [RawFd; 2], timeout: Duration) -> [bool; 2] {
    let mut polled = files.map(|fd| libc::pollfd { fd, events: libc::POLLIN, revents: 0 });
    let span = libc::timespec {
        tv_sec: timeout.as_secs() as libc::time_t,
        tv_nsec: timeout.subsec_nanos().into(),
    };
    // SAFETY: the array holds two entries and outlives the call, as does the time.
    let ready = unsafe { libc::ppoll(polled.as_mut_ptr(), 2, &raw const span, std::ptr::null()) };
    if ready <= 0 {
        return [false; 2];
    }
    polled.map(|one| one.revents != 0)
}

/// The most file descriptors this process may have open.
pub(crate) fn limit_files(most: u64) -> io::Result<()> {
    let limit = libc::rlimit { rlim_cur: most, rlim_max: most };
    // SAFETY: the structure outlives the call.
    match unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
