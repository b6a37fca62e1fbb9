//! The ladder: hops from the client to the server, and their timers.

use serde::{Serialize, Serializer, ser::SerializeMap};

/// What a timer bounds. A setting may bound several things at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// How long an idle connection to the next hop is kept for reuse.
    PoolIdle,
    /// How long an idle connection from the hop before is kept open.
    KeepAlive,
    /// How long the answer of the next hop is waited for.
    Answer,
    /// How long an answer may take to be made here.
    Work,
    /// How long a connection to the next hop may take to be made.
    Connect,
    /// How long the head of a request, or a login, may take.
    Head,
    /// After which silence the state of a connection is forgotten without a word.
    PathIdle,
    /// After which silence an open stream is cut.
    StreamIdle,
    /// After which silence a TCP keepalive probe is sent.
    TcpKeepalive,
    /// How often the application sends a ping.
    Ping,
    /// Read and shown, and compared with nothing.
    Other,
}

impl Role {
    /// The word in files and JSON.
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "pool_idle" => Self::PoolIdle,
            "keep_alive" => Self::KeepAlive,
            "answer" => Self::Answer,
            "work" => Self::Work,
            "connect" => Self::Connect,
            "head" => Self::Head,
            "path_idle" => Self::PathIdle,
            "stream_idle" => Self::StreamIdle,
            "tcp_keepalive" => Self::TcpKeepalive,
            "ping" => Self::Ping,
            _ => return None,
        })
    }

    /// The word in files and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PoolIdle => "pool_idle",
            Self::KeepAlive => "keep_alive",
            Self::Answer => "answer",
            Self::Work => "work",
            Self::Connect => "connect",
            Self::Head => "head",
            Self::PathIdle => "path_idle",
            Self::StreamIdle => "stream_idle",
            Self::TcpKeepalive => "tcp_keepalive",
            Self::Ping => "ping",
            Self::Other => "other",
        }
    }
}

/// A timer's value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    /// It runs out after so many seconds; above 0.
    Seconds(f64),
    /// It never runs out.
    Never,
    /// The thing it bounds is switched off: no keep-alive, no probe.
    Off,
    /// Not a time: a count, a size or a word.
    Count(f64),
}

impl Limit {
    /// The seconds, if it is a time that runs out.
    pub fn seconds(self) -> Option<f64> {
        match self {
            Self::Seconds(seconds) => Some(seconds),
            _ => None,
        }
    }
}

impl Serialize for Limit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        match self {
            Self::Seconds(seconds) => map.serialize_entry("seconds", seconds)?,
            Self::Never => map.serialize_entry("state", "never")?,
            Self::Off => map.serialize_entry("state", "off")?,
            Self::Count(count) => map.serialize_entry("count", count)?,
        }
        map.end()
    }
}

/// Where a timer's value came from.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Origin {
    /// Written in the ladder's own file.
    Given,
    /// Read out of pasted configuration, on this line of it, from 1.
    Config {
        /// The line, from 1.
        line: usize,
    },
    /// A default of the knowledge base.
    Default {
        /// Id of the timeout entry.
        timeout: String,
        /// Day it was read in the vendor's document.
        date: String,
        /// Whether the document could not be checked.
        unsure: bool,
    },
    /// Calculated here.
    Calculated,
}

/// One timer of a hop.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Timer {
    /// Name of the setting, as the component calls it.
    pub setting: String,
    /// What it bounds.
    pub roles: Vec<Role>,
    /// Its value.
    pub limit: Limit,
    /// Where that came from.
    pub origin: Origin,
    /// The highest value that the component takes, seconds; none where it takes any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// How the setting is written, `{}` for the seconds.
    #[serde(skip)]
    pub snippet: String,
}

/// One station on the way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Hop {
    /// Id of the component, or the name that was given where the knowledge base has none.
    pub component: String,
    /// What the person calls it.
    pub name: String,
    /// Whether it only passes packets on: a NAT, a firewall, a balancer of the fourth layer.
    pub passes_packets: bool,
    /// Whether somebody else runs it: its machine takes no setting but those it offers.
    pub managed: bool,
    /// Its timers.
    pub timers: Vec<Timer>,
    /// What could not be read in its configuration, one sentence each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl Hop {
    /// The timer with this role: a calculated one, or else the first.
    pub fn timer(&self, role: Role) -> Option<&Timer> {
        self.timers.get(self.index(role)?)
    }

    /// Where that timer stands.
    pub(super) fn index(&self, role: Role) -> Option<usize> {
        let has = |timer: &Timer| timer.roles.contains(&role);
        let calculated = |timer: &Timer| has(timer) && timer.origin == Origin::Calculated;
        self.timers.iter().rposition(calculated).or_else(|| self.timers.iter().position(has))
    }

    /// What bounds `role`, if anything is known of it.
    pub fn limit(&self, role: Role) -> Option<Limit> {
        self.timer(role).map(|timer| timer.limit)
    }

    /// The seconds that bound `role`, if it runs out at all.
    pub fn seconds(&self, role: Role) -> Option<f64> {
        self.limit(role).and_then(Limit::seconds)
    }
}

/// The chain from client to server.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Ladder {
    /// The hops, the client first.
    pub hops: Vec<Hop>,
    /// After how many seconds of silence it breaks, where somebody measured that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut_off: Option<f64>,
}
