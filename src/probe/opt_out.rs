//! The list of those who asked not to be probed: one entry a line, a name or a network. Pure.

use std::str::FromStr;

use ipnet::IpNet;
use serde::{Deserialize, Deserializer, de::Error};

use super::{hostname::Host, target::Target};

/// One entry of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OptOut {
    /// A name in its ASCII form, and everything below it.
    Name(String),
    /// A network; one address is a network of its own.
    Network(IpNet),
}

impl FromStr for OptOut {
    type Err = String;

    /// Reads `example.com`, `192.0.2.7`, `2001:db8::/32`. A leading `*.` means the same as none.
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if let Ok(network) = text.parse::<IpNet>() {
            return Ok(Self::Network(network.trunc()));
        }
        let name = text.strip_prefix("*.").unwrap_or(text);
        let wrong = |why: &str| {
            let shown: String = text.chars().take(80).flat_map(char::escape_debug).collect();
            format!(
                "`{shown}` is no name, address or network such as `example.com` or `192.0.2.0/24`: {why}"
            )
        };
        // Only an IPv6 address has colons here: a port would seem to opt out one service.
        if name.contains(['/', '?', '#', '[']) || name.matches(':').count() == 1 {
            return Err(wrong("write it without scheme, port or path"));
        }
        match Target::parse(name).map_err(|invalid| wrong(&invalid.to_string()))?.host() {
            Host::Address(ip) => Ok(Self::Network((*ip).into())),
            Host::Name(name) => Ok(Self::Name(name.clone())),
        }
    }
}

impl<'de> Deserialize<'de> for OptOut {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_addresses_and_networks_are_read_in_their_normal_form() {
        let read = |text: &str| text.parse::<OptOut>();
        assert_eq!(read("*.EXAMPLE.com."), Ok(OptOut::Name("example.com".into())));
        assert_eq!(read("bücher.example"), Ok(OptOut::Name("xn--bcher-kva.example".into())));
        assert_eq!(read("192.0.2.7"), Ok(OptOut::Network("192.0.2.7/32".parse().unwrap())));
        assert_eq!(read("192.0.2.7/24"), Ok(OptOut::Network("192.0.2.0/24".parse().unwrap())));
        assert_eq!(read("2001:db8::1"), Ok(OptOut::Network("2001:db8::1/128".parse().unwrap())));
        for wrong in ["", "example.com:443", "https://example.com", "0x7f.1", "a b", "192.0.2.0/33"]
        {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
