//! The probes by name, what each rests on, and which run unasked. Pure.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::event::text;
use crate::knowledge::Text;

/// The probes by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Probe {
    /// Looks the name up.
    Dns,
    /// Connects to every address.
    Tcp,
    /// Shakes hands and reads the certificate.
    Tls,
    /// Asks for the page.
    Http,
    /// Leaves connections quiet and watches who ends them.
    Idle,
    /// Reads what the server says first.
    Banner,
    /// Sends a second request on connections that were kept alive.
    Reuse,
    /// Asks for a WebSocket and reads how it is closed.
    Websocket,
    /// Closes its own side right after the request.
    Halfclose,
    /// Speaks HTTP/2 by hand and reads its GOAWAY.
    Http2,
    /// Opens ten connections at once.
    Burst,
    /// Traces the way to the port by SYNs that run out on it.
    Path,
    /// Sends a large request in normal and in small segments.
    Mtu,
    /// Finds out how far away the sender of a reset is.
    Reset,
    /// Repeats at the end what looked odd.
    Canary,
}

impl Probe {
    /// All probes, in the order they are shown.
    pub const ALL: [Self; 15] = [
        Self::Dns,
        Self::Tcp,
        Self::Tls,
        Self::Http,
        Self::Idle,
        Self::Banner,
        Self::Reuse,
        Self::Websocket,
        Self::Halfclose,
        Self::Http2,
        Self::Burst,
        Self::Path,
        Self::Mtu,
        Self::Reset,
        Self::Canary,
    ];
    /// Those that run where none is asked for by name. The others send more, or wait longer, than
    /// somebody would expect who only named a host.
    pub const STANDING: [Self; 6] =
        [Self::Dns, Self::Tcp, Self::Tls, Self::Http, Self::Idle, Self::Banner];

    /// The name on the command line and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::Http => "http",
            Self::Idle => "idle",
            Self::Banner => "banner",
            Self::Reuse => "reuse",
            Self::Websocket => "websocket",
            Self::Halfclose => "halfclose",
            Self::Http2 => "http2",
            Self::Burst => "burst",
            Self::Path => "path",
            Self::Mtu => "mtu",
            Self::Reset => "reset",
            Self::Canary => "canary",
        }
    }

    /// The probe of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|probe| probe.as_str() == name)
    }

    /// The probe without whose success this one can see nothing.
    pub fn rests_on(self) -> Option<Self> {
        match self {
            Self::Dns => None,
            Self::Tcp | Self::Path | Self::Reset | Self::Canary => Some(Self::Dns),
            Self::Banner | Self::Tls | Self::Burst | Self::Mtu => Some(Self::Tcp),
            Self::Http
            | Self::Idle
            | Self::Reuse
            | Self::Websocket
            | Self::Halfclose
            | Self::Http2 => Some(Self::Tls),
        }
    }

    /// Whether it takes one of the instance's places for runs that hold connections.
    pub fn holds(self) -> bool {
        matches!(self, Self::Idle | Self::Reuse | Self::Websocket | Self::Http2)
    }

    /// Whether `parent` is below this one, at any depth.
    pub(super) fn is_above(self, parent: Self) -> bool {
        std::iter::successors(self.rests_on(), |probe| probe.rests_on()).any(|on| on == parent)
    }

    /// The longest it may take. `max_idle` is the longest silence that was asked for.
    pub fn limit(self, max_idle: Duration) -> Duration {
        let seconds = match self {
            Self::Dns | Self::Tcp => 5,
            Self::Tls | Self::Http => 15,
            Self::Banner | Self::Canary => 20,
            Self::Halfclose => 30,
            Self::Burst => 25,
            Self::Path | Self::Mtu => 60,
            Self::Reset => 45,
            Self::Idle => return max_idle * 13 / 10 + Duration::from_secs(30),
            // A second round aims at the close that the first one saw.
            Self::Reuse => return 2 * max_idle + Duration::from_secs(20),
            Self::Websocket | Self::Http2 => return max_idle + Duration::from_secs(30),
        };
        Duration::from_secs(seconds)
    }

    /// One line on what it does.
    pub fn description(self) -> Text {
        let (en, zh) = match self {
            Self::Dns => {
                ("looks the name up, IPv4 and IPv6 apart", "查询域名，IPv4 和 IPv6 分开查")
            }
            Self::Tcp => (
                "connects to each address; tells refused, reset, silence and ICMP apart",
                "逐个地址建立连接；区分拒绝、重置、无响应和 ICMP 报错",
            ),
            Self::Tls => ("shakes hands and reads the certificate", "完成 TLS 握手并查看证书"),
            Self::Http => {
                ("asks for the page once and times each phase", "请求一次页面，记录每个阶段的耗时")
            }
            Self::Idle => (
                "leaves connections quiet and measures after how long, and how, they end",
                "让连接保持安静，测量多久以后、以什么方式断开",
            ),
            Self::Banner => (
                "reads the greeting of SSH, MySQL, PostgreSQL, SMTP, FTP, Redis, AMQP, Kafka, MongoDB and the like",
                "读取 SSH、MySQL、PostgreSQL、SMTP、FTP、Redis、AMQP、Kafka、MongoDB 等服务的问候语",
            ),
            Self::Reuse => (
                "sends a second request on kept connections of growing age, closely before the server closes too",
                "在保持的连接上隔不同时间再发请求，包括服务端关闭前的瞬间",
            ),
            Self::Websocket => (
                "upgrades to WebSocket, stays quiet, pings, and reads the close code",
                "升级到 WebSocket，保持安静，发 ping，读取关闭代码",
            ),
            Self::Halfclose => (
                "closes our side right after the request; tells whether the answer still comes",
                "发完请求立刻关闭我方发送；看响应是否还会来",
            ),
            Self::Http2 => (
                "speaks HTTP/2, stays quiet, pings, and reads the GOAWAY with its code",
                "用 HTTP/2 交流，保持安静，发 PING，读取 GOAWAY 及其代码",
            ),
            Self::Burst => (
                "opens ten connections at once and tells how many are served, refused, reset or left waiting",
                "同时打开十条连接，看有多少成功、被拒绝、被重置或一直等待",
            ),
            Self::Path => (
                "traces the way to this very port, and to another port of the host, without privileges; names the hop where it stops",
                "追踪到这个端口（以及同一主机另一端口）的路径，无需特权；指出在哪一跳中断",
            ),
            Self::Mtu => (
                "sends a large request in normal segments and, where that stalls, in small ones; tells an MTU black hole",
                "用正常分段发大请求，卡住时改用小分段；识别 MTU 黑洞",
            ),
            Self::Reset => (
                "tells whether a reset comes from the server or from a box in between, and whether our bytes had arrived",
                "判断重置来自服务端还是中间设备，以及我们的数据是否已送达",
            ),
            Self::Canary => (
                "repeats at the end what looked odd; tells what comes and goes, and whether our own probes are being limited",
                "最后重复异常之处；看它是否时有时无，以及我们的探测是否被限制",
            ),
        };
        text(en, zh)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::{LiveProbe, PROBES};

    #[test]
    fn every_probe_is_described_in_both_languages() {
        for probe in Probe::ALL {
            assert!(!probe.description().is_incomplete());
            assert_eq!(Probe::parse(probe.as_str()), Some(probe));
            let json = serde_json::to_value(probe).unwrap();
            assert_eq!(json.as_str(), Some(probe.as_str()));
        }
    }

    #[test]
    fn the_probes_are_those_the_planner_knows() {
        let known: Vec<&str> = PROBES.iter().map(|probe| probe.id).collect();
        assert_eq!(known.len(), Probe::ALL.len());
        for probe in Probe::ALL {
            let known = LiveProbe::of(probe.as_str()).unwrap();
            assert_eq!(known.is_standing(), Probe::STANDING.contains(&probe), "{probe:?}");
            let longest = probe.limit(Duration::from_secs(65)).as_secs();
            assert_eq!(known.rests_on, probe.rests_on().map(Probe::as_str), "{probe:?}");
            assert!(known.seconds <= longest, "{probe:?} is announced to take longer than it may");
        }
    }

    #[test]
    fn every_probe_rests_on_the_lookup_and_none_on_itself() {
        for probe in Probe::ALL {
            assert_eq!(probe == Probe::Dns, !probe.is_above(Probe::Dns), "{probe:?}");
            assert!(!probe.is_above(probe), "{probe:?}");
        }
        assert!(Probe::Http.is_above(Probe::Tcp) && !Probe::Banner.is_above(Probe::Tls));
    }
}
