//! The values of the configuration that are more than a word or a number.

use std::{str::FromStr, time::Duration};

use ipnet::IpNet;
use serde::{Deserialize, Deserializer, de::Error};

/// A private network that probes may look at, perhaps at other ports, perhaps for some visitors only:
/// `10.20.0.0/16`, `10.20.0.0/16:5432,6379` or `10.20.0.0/16:5432@192.168.7.0/24`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowRule {
    /// The network.
    pub network: IpNet,
    /// Its open ports; those of `probe.ports` where empty.
    pub ports: Vec<u16>,
    /// The visitors that it is opened to; everybody where empty.
    pub from: Vec<IpNet>,
}

impl FromStr for AllowRule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{text}` is no network such as `10.20.0.0/16`, `10.20.0.0/16:5432,6379` or `10.20.0.0/16:5432@192.168.7.0/24`"
            )
        };
        let (text, visitors) = text.split_once('@').map_or((text, None), |(text, visitors)| {
            (text, Some(visitors.split(',').map(|network| network.trim().parse())))
        });
        let from = visitors.into_iter().flatten().collect::<Result<_, _>>().map_err(|_| wrong())?;
        let (address, rest) = text.split_once('/').ok_or_else(wrong)?;
        let (length, ports) = rest.split_once(':').unwrap_or((rest, ""));
        let network = format!("{address}/{length}").parse().map_err(|_| wrong())?;
        let ports = ports.split(',').filter(|port| !port.is_empty());
        let ports =
            ports.map(|port| port.trim().parse()).collect::<Result<_, _>>().map_err(|_| wrong())?;
        Ok(Self { network, ports, from })
    }
}

impl<'de> Deserialize<'de> for AllowRule {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

/// The address people use: `http` or `https`, a host, perhaps a port, and no path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(url::Url);

impl BaseUrl {
    /// `https://hangup.example.com`, without a slash at the end.
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    /// The host without port, as in a `Host` header.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// Whether browsers reach us over TLS.
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }
}

impl FromStr for BaseUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no address such as `https://hangup.example.com`");
        let url = url::Url::parse(text).map_err(|_| wrong())?;
        if !matches!(url.scheme(), "http" | "https")
            || !url.username().is_empty()
            || url.password().is_some()
        {
            return Err(wrong());
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(format!("`{text}` has a path; Hangup needs a host name of its own"));
        }
        Ok(Self(url))
    }
}

impl<'de> Deserialize<'de> for BaseUrl {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Reads `90s`, `10m`, `12h` or `7d`.
pub(super) fn duration<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(from)?;
    parse_duration(&text).ok_or_else(|| {
        D::Error::custom(format!("`{text}` is no duration such as `90s`, `10m`, `12h` or `7d`"))
    })
}

/// A whole number above 0 with its unit; at most a hundred years, so that sums cannot overflow.
fn parse_duration(text: &str) -> Option<Duration> {
    const CENTURY: u64 = 100 * 366 * 24 * 60 * 60;
    let text = text.trim();
    let unit = text.chars().last()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        _ => return None,
    };
    let number: u64 = text.strip_suffix(unit)?.trim().parse().ok()?;
    let total = number.checked_mul(seconds).filter(|total| (1..=CENTURY).contains(total))?;
    Some(Duration::from_secs(total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_may_name_its_ports() {
        let rule: AllowRule = "10.0.0.0/8".parse().unwrap();
        assert!(rule.ports.is_empty());
        let rule: AllowRule = "fd00:1::/32:443,5432".parse().unwrap();
        assert_eq!(
            (rule.network.to_string().as_str(), rule.ports.as_slice()),
            ("fd00:1::/32", &[443, 5432][..])
        );
        let rule: AllowRule = "10.0.0.0/8:443@192.168.7.0/24,fd00::/8".parse().unwrap();
        assert_eq!((rule.ports.as_slice(), rule.from.len()), (&[443][..], 2));
        for wrong in [
            "10.0.0.0",
            "10.0.0.0/33",
            "10.0.0.0/8:https",
            "10.0.0.0/8:70000",
            "10.0.0.0/8@",
            "10.0.0.0/8@everybody",
            "",
            "/",
        ] {
            assert!(wrong.parse::<AllowRule>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn durations_have_a_unit() {
        assert_eq!(parse_duration("90s"), Some(Duration::from_secs(90)));
        assert_eq!(parse_duration("7d"), Some(Duration::from_hours(7 * 24)));
        for wrong in ["", "7", "0s", "-1s", "1.5h", "7 weeks", "99999999999999999999d", "d", "1天"]
        {
            assert_eq!(parse_duration(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_base_url_is_an_origin() {
        let url: BaseUrl = "https://hangup.example.com:8443/".parse().unwrap();
        assert_eq!(url.origin(), "https://hangup.example.com:8443");
        assert_eq!(url.host(), "hangup.example.com");
        for wrong in
            ["hangup.example.com", "ftp://a", "https://a/b", "https://u:p@a", "https://a?x=1"]
        {
            assert!(wrong.parse::<BaseUrl>().is_err(), "{wrong}");
        }
    }
}
