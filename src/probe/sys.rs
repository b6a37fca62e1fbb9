//! What the Linux kernel tells an unprivileged process about its own sockets and interfaces.
//!
//! In: a socket. Out: plain values. Invariant: the only module of the station with `unsafe`; it
//! opens no socket and sends nothing.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    os::fd::{AsRawFd, BorrowedFd},
    time::Duration,
};

/// What `TCP_INFO` says of one connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TcpFacts {
    /// Smoothed round-trip time; zero before the handshake is complete.
    pub rtt: Duration,
    /// Segments sent again since the start; while connecting these are repeated SYNs.
    pub retransmits: u32,
    /// Segments sent and not acknowledged yet.
    pub unacknowledged: u32,
    /// Bytes of ours that the other side has acknowledged, where the kernel counts them (4.1).
    pub acknowledged: Option<u64>,
    /// The largest segment that is sent, bytes.
    pub mss: u32,
}

/// An ICMP message about one of our segments, from the socket's error queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Icmp {
    /// Whether it is ICMPv6.
    pub v6: bool,
    /// ICMP type (IANA registry).
    pub kind: u8,
    /// ICMP code.
    pub code: u8,
    /// Who sent it; our own address where the local firewall refused.
    pub from: Option<IpAddr>,
}

impl Icmp {
    /// Whether it says that a rule forbids the packet, rather than that no path exists.
    ///
    /// ICMP: RFC 1122 §3.2.2.1 and RFC 1812 §5.2.7.1 codes 9, 10, 13. ICMPv6: RFC 4443 §3.1 codes
    /// 1 (prohibited), 5 (source policy), 6 (reject route).
    pub fn is_prohibition(&self) -> bool {
        match (self.v6, self.kind) {
            (false, 3) => matches!(self.code, 9 | 10 | 13),
            (true, 1) => matches!(self.code, 1 | 5 | 6),
            _ => false,
        }
    }

    /// Whether it says that a packet ran out of time to live on the way: RFC 792 type 11 code 0,
    /// RFC 4443 §3.3 type 3 code 0.
    pub fn is_time_exceeded(&self) -> bool {
        self.code == 0 && self.kind == if self.v6 { 3 } else { 11 }
    }
}

impl std::fmt::Display for Icmp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let family = if self.v6 { "ICMPv6" } else { "ICMP" };
        write!(f, "{family} {}/{}", self.kind, self.code)?;
        self.from.map_or(Ok(()), |from| write!(f, " from {from}"))
    }
}

/// Reads `TCP_INFO`. `None` where the socket is no TCP socket.
///
/// Read by offset: the kernel only ever appends to `struct tcp_info`, while the one in libc is an
/// older subset. Offsets from `include/uapi/linux/tcp.h`.
#[expect(unsafe_code, reason = "getsockopt has no safe wrapper for TCP_INFO")]
pub(super) fn tcp_facts(socket: BorrowedFd<'_>) -> Option<TcpFacts> {
    let mut info = [0_u8; 128];
    let mut length = libc::socklen_t::try_from(info.len()).ok()?;
    // SAFETY: the kernel writes at most `length` bytes into `info`, which is that long.
    let result = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_INFO,
            info.as_mut_ptr().cast(),
            &raw mut length,
        )
    };
    if result != 0 || (length as usize) < 104 {
        return None;
    }
    let counted = (length as usize) >= info.len();
    let word = |at: usize| info.get(at..at + 4)?.try_into().ok().map(u32::from_ne_bytes);
    Some(TcpFacts {
        unacknowledged: word(24)?,
        rtt: Duration::from_micros(u64::from(word(68)?)),
        retransmits: word(100)?,
        // The SYN counts as one byte.
        acknowledged: info
            .get(120..128)
            .filter(|_| counted)
            .and_then(|bytes| bytes.try_into().ok())
            .map(|bytes| u64::from_ne_bytes(bytes).saturating_sub(1)),
        mss: word(16)?,
    })
}

/// Asks the kernel to queue ICMP errors for this socket, or to stop.
///
/// On while connecting, so that the sender of an ICMP error is known. Off afterwards: on an
/// established connection it turns a passing ICMP error into a hard one.
pub(super) fn queue_icmp_errors(socket: BorrowedFd<'_>, v6: bool, on: bool) {
    let (level, name) = if v6 {
        (libc::IPPROTO_IPV6, libc::IPV6_RECVERR)
    } else {
        (libc::IPPROTO_IP, libc::IP_RECVERR)
    };
    // A failure costs detail only.
    let _ = set_option(socket, level, name, libc::c_int::from(on));
}

/// Has the kernel drop what comes for this socket with less time to live than `least`.
///
/// RFC 5082 made it for routing daemons; a search over it shows the time to live of an answer.
pub(super) fn set_min_ttl(socket: BorrowedFd<'_>, v6: bool, least: u8) -> io::Result<()> {
    // include/uapi/linux/in6.h: IPV6_MINHOPCOUNT 73.
    let (level, name) =
        if v6 { (libc::IPPROTO_IPV6, 73) } else { (libc::IPPROTO_IP, libc::IP_MINTTL) };
    set_option(socket, level, name, libc::c_int::from(least))
}

#[expect(unsafe_code, reason = "setsockopt has no safe wrapper for these options")]
fn set_option(
    socket: BorrowedFd<'_>,
    level: libc::c_int,
    name: libc::c_int,
    value: libc::c_int,
) -> io::Result<()> {
    let length = libc::socklen_t::try_from(size_of::<libc::c_int>()).unwrap_or(4);
    // SAFETY: the kernel reads one int, `length` bytes, behind the pointer.
    let result = unsafe {
        libc::setsockopt(socket.as_raw_fd(), level, name, (&raw const value).cast(), length)
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Takes one ICMP error from the socket's error queue, if there is one.
#[expect(unsafe_code, reason = "recvmsg with MSG_ERRQUEUE has no safe wrapper")]
pub(super) fn take_icmp_error(socket: BorrowedFd<'_>) -> Option<Icmp> {
    let mut data = [0_u8; 256];
    // u64 elements, so that the control messages are aligned as CMSG_FIRSTHDR expects.
    let mut control = [0_u64; 64];
    let mut slice = libc::iovec { iov_base: data.as_mut_ptr().cast(), iov_len: data.len() };
    // SAFETY: all-zero is a valid msghdr; the pointers set below outlive the call; CMSG_* walk
    // within `msg_controllen`, which the kernel sets to what it wrote into `control`.
    unsafe {
        let mut message: libc::msghdr = std::mem::zeroed();
        message.msg_iov = &raw mut slice;
        message.msg_iovlen = 1;
        message.msg_control = control.as_mut_ptr().cast();
        message.msg_controllen = size_of_val(&control) as _;
        let flags = libc::MSG_ERRQUEUE | libc::MSG_DONTWAIT;
        if libc::recvmsg(socket.as_raw_fd(), &raw mut message, flags) < 0 {
            return None;
        }
        let header = libc::CMSG_FIRSTHDR(&raw const message);
        if header.is_null() {
            return None;
        }
        let length = ((*header).cmsg_len as usize).saturating_sub(libc::CMSG_LEN(0) as usize);
        let payload = std::slice::from_raw_parts(libc::CMSG_DATA(header), length.min(256));
        match ((*header).cmsg_level, (*header).cmsg_type) {
            (libc::IPPROTO_IP, libc::IP_RECVERR) | (libc::IPPROTO_IPV6, libc::IPV6_RECVERR) => {
                read_extended_error(payload)
            }
            _ => None,
        }
    }
}

/// Reads `struct sock_extended_err` (16 bytes: errno 4, origin, type, code, pad, info 4, data 4)
/// and the sender's socket address behind it. `None` unless an ICMP message is the origin.
fn read_extended_error(payload: &[u8]) -> Option<Icmp> {
    let (origin, kind, code) = (*payload.get(4)?, *payload.get(5)?, *payload.get(6)?);
    // include/uapi/linux/errqueue.h: SO_EE_ORIGIN_ICMP 2, SO_EE_ORIGIN_ICMP6 3.
    let v6 = match origin {
        2 => false,
        3 => true,
        _ => return None,
    };
    let family = u16::from_ne_bytes(payload.get(16..18)?.try_into().ok()?);
    let from = match i32::from(family) {
        libc::AF_INET => payload
            .get(20..24)
            .and_then(|bytes| <[u8; 4]>::try_from(bytes).ok())
            .map(|octets| IpAddr::from(Ipv4Addr::from(octets))),
        libc::AF_INET6 => payload
            .get(24..40)
            .and_then(|bytes| <[u8; 16]>::try_from(bytes).ok())
            .map(|octets| IpAddr::from(Ipv6Addr::from(octets))),
        _ => None,
    };
    Some(Icmp { v6, kind, code, from })
}

/// The addresses of this machine's interfaces, for the policy's list of own addresses.
#[expect(unsafe_code, reason = "getifaddrs has no safe wrapper among our dependencies")]
pub fn own_addresses() -> Vec<IpAddr> {
    let mut found = Vec::new();
    let mut first: *mut libc::ifaddrs = std::ptr::null_mut();
    // SAFETY: on success `first` heads a list that stays valid until freeifaddrs; each address is
    // read as the type that its family says, after a null check.
    unsafe {
        if libc::getifaddrs(&raw mut first) != 0 {
            return found;
        }
        let mut entry = first;
        while !entry.is_null() {
            let address = (*entry).ifa_addr;
            if !address.is_null() {
                match i32::from((*address).sa_family) {
                    libc::AF_INET => {
                        let v4 = address.cast::<libc::sockaddr_in>().read_unaligned();
                        let octets = v4.sin_addr.s_addr.to_ne_bytes();
                        found.push(Ipv4Addr::from(octets).into());
                    }
                    libc::AF_INET6 => {
                        let v6 = address.cast::<libc::sockaddr_in6>().read_unaligned();
                        found.push(Ipv6Addr::from(v6.sin6_addr.s6_addr).into());
                    }
                    _ => {}
                }
            }
            entry = (*entry).ifa_next;
        }
        libc::freeifaddrs(first);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_among_our_own_addresses() {
        assert!(own_addresses().contains(&IpAddr::from([127, 0, 0, 1])));
    }

    #[test]
    fn a_router_that_forbids_is_told_from_one_that_has_no_path() {
        let mut bytes = vec![113, 0, 0, 0, 2, 3, 13, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        bytes.extend([2, 0, 0, 0, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
        let icmp = read_extended_error(&bytes).unwrap();
        assert_eq!(icmp.to_string(), "ICMP 3/13 from 10.0.0.1");
        assert!(icmp.is_prohibition());
        bytes[6] = 1;
        assert!(!read_extended_error(&bytes).unwrap().is_prohibition());
        assert!(read_extended_error(&bytes[..10]).is_none());
    }
}
