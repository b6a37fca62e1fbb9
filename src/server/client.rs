//! Whose request it is, behind whatever proxies stand in front.

use std::net::{IpAddr, SocketAddr};

use axum::http::{Extensions, HeaderMap};
use ipnet::IpNet;

/// The TCP peer of a connection, put into every request by the accept loop.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(pub(super) SocketAddr);

/// The client's address, as far as it can be believed.
///
/// `X-Forwarded-For` is read from the right, and only as long as the speaker is one of our own
/// proxies; whatever a client wrote to the left of that is its own invention.
pub fn client_address(extensions: &Extensions, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    let peer = extensions.get::<Peer>().map(|peer| peer.0.ip().to_canonical());
    // Without a peer there was no connection: a test, or a request made inside the program.
    let mut speaker = peer.unwrap_or(IpAddr::from([127, 0, 0, 1]));
    let lines = headers.get_all("x-forwarded-for").iter().filter_map(|line| line.to_str().ok());
    let hops: Vec<&str> = lines.flat_map(|line| line.split(',')).map(str::trim).collect();
    for hop in hops.into_iter().rev() {
        if !is_trusted(&speaker) {
            break;
        }
        let Some(address) = address_in(hop) else { break };
        speaker = address.to_canonical();
    }
    speaker
}

/// The address in one hop: bare, in brackets, or with a port behind it, as some proxies write.
fn address_in(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(hop);
    let with_port = || hop.parse::<SocketAddr>().ok().map(|hop| hop.ip());
    bare.parse().ok().or_else(with_port)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn seen(peer: &str, forwarded: &'static str, trusted: &[&str]) -> String {
        let mut extensions = Extensions::new();
        extensions.insert(Peer(format!("{peer}:1").parse().unwrap()));
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", HeaderValue::from_static(forwarded));
        let trusted: Vec<IpNet> = trusted.iter().map(|network| network.parse().unwrap()).collect();
        client_address(&extensions, &headers, &trusted).to_string()
    }

    #[test]
    fn only_our_own_proxies_are_believed() {
        assert_eq!(seen("192.0.2.9", "203.0.113.1", &[]), "192.0.2.9");
        assert_eq!(seen("10.0.0.1", "203.0.113.1", &["10.0.0.0/8"]), "203.0.113.1");
        assert_eq!(
            seen("10.0.0.1", "6.6.6.6, 203.0.113.1, 10.0.0.2", &["10.0.0.0/8"]),
            "203.0.113.1"
        );
        assert_eq!(seen("10.0.0.1", "6.6.6.6, nonsense", &["10.0.0.0/8"]), "10.0.0.1");
        for (hop, client) in [
            ("203.0.113.1:51234", "203.0.113.1"),
            ("[2001:db8::7]:51234", "2001:db8::7"),
            ("[2001:db8::7]", "2001:db8::7"),
            ("2001:db8::7", "2001:db8::7"),
            ("203.0.113.1:", "10.0.0.1"),
            ("[203.0.113.1", "10.0.0.1"),
        ] {
            assert_eq!(seen("10.0.0.1", hop, &["10.0.0.0/8"]), client, "{hop}");
        }
    }
}
