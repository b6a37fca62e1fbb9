//! What the reader's own browser may be pointed at. Pure: nothing is looked up or dialled here.
//!
//! The grammar is that of every target. The policy is not that of the server: a browser in somebody's
//! own network reaches what that person reaches anyway, so private and loopback addresses are
//! allowed. What no probe may touch, a page of ours does not send a browser to either.

use super::{
    hostname::Host,
    names,
    ranges::{self, Class},
    rules::{self, Rule},
    target::{Scheme, Target},
};

/// Ports that browsers refuse to request, of those a person may mean: Fetch standard, "bad port".
const BAD_PORTS: [u16; 30] = [
    1, 7, 9, 13, 19, 20, 21, 22, 23, 25, 53, 69, 110, 111, 119, 123, 135, 137, 139, 143, 161, 389,
    465, 515, 587, 993, 995, 2049, 5060, 6000,
];

/// One target for a browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrowserTarget {
    /// The address to request.
    pub url: String,
    /// The same for a WebSocket.
    pub socket_url: String,
    /// Scheme, host and port, as a content security policy names them.
    pub origin: String,
    /// The same for a WebSocket.
    pub socket_origin: String,
    /// Whether it names a private network or the reader's own machine.
    pub is_private: bool,
}

/// Judges what a person typed.
///
/// # Errors
/// The rule that refuses.
pub fn judge(typed: &str) -> Result<BrowserTarget, Rule> {
    let target = Target::parse(typed).map_err(|invalid| invalid.rule())?;
    let judged = match target.host() {
        // A content security policy has no words for an IPv6 address (CSP 3, host-source).
        Host::Address(ip) if ip.is_ipv6() => return Err(rules::BROWSER_IPV6),
        Host::Address(ip) => Some(ranges::classify(*ip)),
        Host::Name(name) => names::judge(name).map(|listed| (listed.class, listed.rule)),
    };
    let is_private = match judged {
        Some((Class::Never, rule)) => return Err(rule),
        Some((Class::Admin | Class::Loopback, _)) => true,
        Some((Class::Public, _)) | None => false,
    };
    if BAD_PORTS.contains(&target.port()) {
        return Err(rules::BROWSER_PORT);
    }
    let is_tls = target
        .scheme()
        .map_or(matches!(target.port(), 443 | 8443), |scheme| scheme == Scheme::Https);
    let (web, socket) = if is_tls { ("https", "wss") } else { ("http", "ws") };
    let (host, path) = (target.normalized(), target.path());
    Ok(BrowserTarget {
        url: format!("{web}://{host}{path}"),
        socket_url: format!("{socket}://{host}{path}"),
        origin: format!("{web}://{host}"),
        socket_origin: format!("{socket}://{host}"),
        is_private,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_may_look_at_its_own_network_and_never_at_metadata() {
        for (typed, url, is_private) in [
            ("example.com", "https://example.com:443/", false),
            ("http://192.168.0.1/x?y", "http://192.168.0.1:80/x?y", true),
            ("127.0.0.1:3000", "http://127.0.0.1:3000/", true),
            ("printer.lan:8443", "https://printer.lan:8443/", true),
        ] {
            let target = judge(typed).unwrap();
            assert_eq!((target.url.as_str(), target.is_private), (url, is_private));
            assert!(target.url.starts_with(&target.origin));
        }
        for (typed, rule) in [
            ("169.254.169.254", "metadata"),
            ("metadata.google.internal", "metadata_name"),
            ("224.0.0.1", "multicast"),
            ("[2606:4700::1]", "browser_ipv6"),
            ("example.com:25", "browser_port"),
            ("example.com; script-src *", "space"),
            ("http://example.com@evil.example", "userinfo"),
        ] {
            assert_eq!(judge(typed).unwrap_err().id, rule, "{typed}");
        }
    }

    #[test]
    fn an_origin_holds_nothing_that_could_end_a_directive() {
        for typed in ["a.example/;,' x", "a.example/%3b", "münchen.example", "a_b.example:8080"] {
            let Ok(target) = judge(typed) else { continue };
            let plain = |c: char| c.is_ascii_alphanumeric() || ":/.-_".contains(c);
            assert!(target.origin.chars().all(plain), "{}", target.origin);
        }
    }
}
