//! The HTTP proxy that an operator puts between the probes and their targets, where a network lets nothing
//! out otherwise.
//!
//! In: its URL, and an address that the policy has judged. Out: a tunnel to that address, or what the proxy
//! said instead, which is never taken for the target's word.
//! Invariant: the proxy is told the address, never the name, so that its own lookup cannot move the target.

use std::{fmt, io, net::SocketAddr, str::FromStr};

use base64::Engine as _;
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Deserializer, de::Error};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{conn::Conn, talk::Head};

/// Bytes of the proxy's answer that are read; those of squid and its like have some hundred.
const MAX_HEAD: usize = 8 * 1024;
/// Addresses of a proxy's name that are tried.
const MAX_PEERS: usize = 2;

/// An HTTP proxy that takes CONNECT (RFC 9110 §9.3.6), with its login.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    host: String,
    port: u16,
    /// The value of `Proxy-Authorization`.
    login: Option<String>,
}

/// Why a proxy gave no tunnel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// No connection to the proxy itself.
    Unreachable,
    /// 407: it wants a login, or another one.
    Login,
    /// 403: its rules do not allow the address or the port.
    Forbidden,
    /// 502, 503, 504, and 500 of tinyproxy: it could not connect in its turn.
    NoWay,
    /// Another status.
    Status(u16),
    /// What answers there is no HTTP proxy.
    Garbage,
    /// Its answer has no end.
    Endless,
    /// It hung up before an answer.
    Closed,
    /// No answer in time.
    Silent,
    /// The address means another machine to the proxy than to us.
    Local,
}

impl Proxy {
    /// Where it is to be found.
    ///
    /// # Errors
    /// The system's resolver has no address for its name.
    pub(super) async fn addresses(&self) -> io::Result<Vec<SocketAddr>> {
        let found = tokio::net::lookup_host((self.host.as_str(), self.port)).await?;
        Ok(found.take(MAX_PEERS).collect())
    }

    /// Asks on an open connection for a tunnel to `address`.
    ///
    /// # Errors
    /// What kept it from giving one, and the raw finding behind that. Hostile text.
    pub(super) async fn ask(
        &self,
        conn: &mut Conn,
        address: SocketAddr,
        agent: &str,
    ) -> Result<(), (Trouble, String)> {
        let login = self
            .login
            .as_ref()
            .map_or_else(String::new, |login| format!("Proxy-Authorization: {login}\r\n"));
        let request = format!(
            "CONNECT {address} HTTP/1.1\r\nHost: {address}\r\nUser-Agent: {agent}\r\n{login}\r\n"
        );
        let hung_up = |error: io::Error| (Trouble::Closed, error.to_string());
        conn.write_all(request.as_bytes()).await.map_err(hung_up)?;
        conn.flush().await.map_err(hung_up)?;
        // A byte at a time: what comes behind the head is the target's.
        let (mut head, mut read) = (Vec::new(), 0);
        let head = loop {
            head.push(conn.read_u8().await.map_err(hung_up)?);
            read += 1;
            if read > MAX_HEAD {
                return Err((Trouble::Endless, format!("a head of more than {MAX_HEAD} bytes")));
            }
            if !head.starts_with(b"HTTP/1.") && !b"HTTP/1.".starts_with(&head) {
                return Err((Trouble::Garbage, "what answers does not speak HTTP/1".to_owned()));
            }
            if head.ends_with(b"\r\n\r\n") {
                let whole = Head::parse(&head).unwrap_or_default();
                // RFC 9110 §15.2: more comes behind an interim answer.
                if !matches!(whole.status, Some(100..=199)) {
                    break whole;
                }
                head.clear();
            }
        };
        let trouble = match head.status {
            Some(200..=299) => return Ok(()),
            Some(407) => Trouble::Login,
            Some(403) => Trouble::Forbidden,
            Some(500 | 502..=504) => Trouble::NoWay,
            Some(other) => Trouble::Status(other),
            None => Trouble::Garbage,
        };
        Err((trouble, head.first_line().chars().take(100).collect()))
    }
}

impl Trouble {
    /// One sentence, about the proxy alone.
    pub(super) fn sentence(self) -> (String, String) {
        let (en, zh) = match self {
            Self::Unreachable => ("the proxy itself cannot be reached", "代理本身连不上"),
            Self::Login => {
                ("the proxy wants a login, or another one", "代理要求登录，或不接受现有的登录")
            }
            Self::Forbidden => (
                "the proxy's rules do not allow this address or port",
                "代理的规则不允许这个地址或端口",
            ),
            Self::NoWay => (
                "the proxy says that it could not connect; why, only its log tells",
                "代理说它连不上；原因只有代理的日志知道",
            ),
            Self::Status(status) => {
                return (
                    format!("the proxy answered {status} in place of a tunnel"),
                    format!("代理返回 {status}，没有建立隧道"),
                );
            }
            Self::Garbage => (
                "what answers at the proxy's address is no HTTP proxy",
                "代理地址上回应的不是 HTTP 代理",
            ),
            Self::Endless => ("the proxy's answer does not end", "代理的回应没完没了"),
            Self::Closed => ("the proxy hung up in place of an answer", "代理没有回应就断开了连接"),
            Self::Silent => (
                "no answer from the proxy in time: it is slow, or waits for the target",
                "代理没有及时回应：代理太慢，或者它还在等目标",
            ),
            Self::Local => (
                "the name leads to this machine, which the proxy would take for itself",
                "这个域名指向本机，而代理会当成它自己",
            ),
        };
        (en.to_owned(), zh.to_owned())
    }
}

impl FromStr for Proxy {
    type Err = String;

    /// Reads `http://[user:password@]host:port`. What is wrong is said without repeating the text, which
    /// may hold a password.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = "is no address of an HTTP proxy such as `http://proxy.example.com:3128` or `http://user:password@10.0.0.1:3128`";
        let url = url::Url::parse(text).map_err(|_| wrong.to_owned())?;
        if url.scheme() != "http" {
            return Err(format!("{wrong}; other kinds of proxies are not spoken to"));
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(format!("{wrong}, without a path"));
        }
        let host = match url.host() {
            Some(url::Host::Domain(name)) => name.to_owned(),
            Some(url::Host::Ipv4(ip)) => ip.to_string(),
            Some(url::Host::Ipv6(ip)) => ip.to_string(),
            None => return Err(wrong.to_owned()),
        };
        let part = |text| percent_decode_str(text).collect::<Vec<u8>>();
        let login = (!url.username().is_empty() || url.password().is_some()).then(|| {
            // RFC 7617 §2.
            let pair = [part(url.username()), part(url.password().unwrap_or_default())].join(&b':');
            format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
        });
        Ok(Self { host, port: url.port_or_known_default().unwrap_or(80), login })
    }
}

impl<'de> Deserialize<'de> for Proxy {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

impl fmt::Display for Proxy {
    /// Host and port, and whether there is a login; never the login itself.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let login = if self.login.is_some() { "(login)@" } else { "" };
        let host =
            if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        write!(f, "{login}{host}:{}", self.port)
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_read_and_its_login_never_shown() {
        let proxy: Proxy = "http://bob:p%40ss%3a%E5%AF%86@proxy.example.com:3128".parse().unwrap();
        // RFC 7617: `bob:p@ss:密`.
        assert_eq!(proxy.login.as_deref(), Some("Basic Ym9iOnBAc3M65a+G"));
        assert_eq!(format!("{proxy:?}"), "(login)@proxy.example.com:3128");
        let plain: Proxy = "http://[2001:db8::1]:8080/".parse().unwrap();
        assert_eq!(plain.to_string(), "[2001:db8::1]:8080");
        for wrong in [
            "",
            "proxy:3128",
            "proxy.example.com",
            "https://bob:hunter2@proxy:3128",
            "socks5://bob:hunter2@proxy:1080",
            "http://bob:hunter2@proxy/path",
            "http://bob:hunter2@proxy/?hunter2",
            "http://",
        ] {
            let said = wrong.parse::<Proxy>().unwrap_err();
            assert!(!said.contains("hunter2") && said.contains("http://proxy"), "{wrong}: {said}");
        }
    }
}
