//! `hangup healthcheck`: asks the server on this machine, and nobody else, whether it is ready.

use std::{
    io::{Read, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    path::Path,
    process::ExitCode,
    time::Duration,
};

use super::{Failure, serve::configuration};
use crate::server::ServeArgs;

/// How long a server may take to say how it is. judgement: orchestrators wait a few seconds.
const PATIENCE: Duration = Duration::from_secs(3);

/// More than this is no answer of ours, bytes.
const MOST_ANSWERED: u64 = 64 * 1024;

pub(super) fn run(args: ServeArgs, overlay: Option<&Path>) -> Result<ExitCode, Failure> {
    let (config, _) = configuration(args, overlay)?;
    let address = reachable(config.listen);
    match ask(address) {
        Ok(200) => {
            println!("{address} is ready");
            Ok(ExitCode::SUCCESS)
        }
        Ok(status) => Err(Failure::short(format!("{address} is not ready: it answers {status}"))),
        Err(error) => Err(Failure::short(format!("{address} does not answer: {error}"))),
    }
}

/// The address under which this machine reaches a server that listens there.
pub(super) fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

/// The status with which our own server says whether it is ready.
pub(super) fn ask(address: SocketAddr) -> std::io::Result<u16> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.take(MOST_ANSWERED).read_to_end(&mut answer)?;
    let head = String::from_utf8_lossy(&answer);
    let status = head.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok());
    status.ok_or_else(|| std::io::Error::other("it does not speak HTTP"))
}
