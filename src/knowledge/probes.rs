//! The live probes as knowledge: what each can settle, what it costs, what is asked before it runs.
//!
//! One table for the planner, the pages and the lint; the probes themselves are checked against it.
//! Nothing here opens a socket.

/// What a probe sends, as a person decides about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProbeGroup {
    /// Runs where none is asked for by name.
    Standing,
    /// A longer look at HTTP.
    Http,
    /// Where on the way something is lost or cut.
    Way,
    /// What many connections, or a second look, change.
    Again,
}

impl ProbeGroup {
    /// All groups, in the order they are shown.
    pub const ALL: [Self; 4] = [Self::Standing, Self::Http, Self::Way, Self::Again];

    /// Its id in the texts of the pages.
    pub fn id(self) -> &'static str {
        match self {
            Self::Standing => "standing",
            Self::Http => "http",
            Self::Way => "way",
            Self::Again => "again",
        }
    }
}

/// One live probe.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LiveProbe {
    /// Its name on the command line, in the API and in the texts.
    pub id: &'static str,
    /// The variables that it settles, the one that its outcome is a value of first.
    pub settles: &'static [&'static str],
    /// The probe without whose success this one can see nothing.
    pub rests_on: Option<&'static str>,
    /// Outcomes after which what rests on it sees nothing, and how the connection ends is known.
    pub halts: &'static [&'static str],
    /// What it costs a person to wait for it, seconds; those that keep silence, with the usual 65 s.
    pub seconds: u64,
    /// How often it can say anything at all, 0 to 1. judgement: a reset must come before its sender
    /// can be looked for, and not every server speaks HTTP/2 or WebSocket.
    pub visible: f64,
    /// How it is offered.
    pub group: ProbeGroup,
    /// Whether it sends so much that it is asked for with a tick of its own.
    pub is_heavy: bool,
    /// Outcomes that are no trouble, that of a connection with nothing wrong first; what is measured is no
    /// trouble either.
    pub fine: &'static [&'static str],
}

impl LiveProbe {
    /// The probe of that name.
    pub fn of(id: &str) -> Option<&'static Self> {
        PROBES.iter().find(|probe| probe.id == id)
    }

    /// Whether it runs where none is asked for by name.
    pub fn is_standing(&self) -> bool {
        self.group == ProbeGroup::Standing
    }

    /// The probes below this one, the nearest first.
    pub fn parents(&self) -> impl Iterator<Item = &'static Self> {
        let parent = |probe: &Self| probe.rests_on.and_then(Self::of);
        std::iter::successors(parent(self), move |probe| parent(probe))
    }
}

const fn probe(
    id: &'static str,
    settles: &'static [&'static str],
    seconds: u64,
    fine: &'static [&'static str],
) -> LiveProbe {
    let group = ProbeGroup::Standing;
    LiveProbe {
        id,
        settles,
        rests_on: None,
        halts: &[],
        seconds,
        visible: 1.0,
        group,
        is_heavy: false,
        fine,
    }
}

impl LiveProbe {
    const fn asked(self, group: ProbeGroup, visible: f64) -> Self {
        Self { visible, group, ..self }
    }

    const fn on(self, parent: &'static str) -> Self {
        Self { rests_on: Some(parent), ..self }
    }

    const fn halting(self, halts: &'static [&'static str]) -> Self {
        Self { halts, ..self }
    }

    const fn heavy(self) -> Self {
        Self { is_heavy: true, ..self }
    }
}

/// Every live probe, in the order of a connection.
pub const PROBES: [LiveProbe; 15] = [
    probe("dns", &["dns.result", "dns.resolvers"], 3, &["ok"]).halting(&[
        "nxdomain",
        "servfail",
        "timeout",
        "no_address",
    ]),
    probe("tcp", &["tcp.result", "tcp.families", "tcp.addresses"], 5, &["connected"])
        .on("dns")
        .halting(&["refused", "reset", "timeout", "unreachable", "prohibited"]),
    // A client of today goes no further with a certificate it does not trust.
    probe("tls", &["tls.result"], 6, &["ok"]).on("tcp").halting(&[
        "not_tls",
        "alert",
        "cut",
        "timeout",
        "cert_expired",
        "cert_name",
        "cert_untrusted",
    ]),
    probe("http", &["http.result"], 8, &["ok"]).on("tls"),
    probe("banner", &["banner.result"], 6, &["greeting"]).on("tcp"),
    probe(
        "idle",
        &["idle.end", "idle.keepalive", "idle.ping"],
        70,
        &["open", "fin", "rst", "silent"],
    )
    .on("tls"),
    probe("reuse", &["reuse.result", "reuse.announced"], 70, &["answered", "closes_first"])
        .on("tls")
        .asked(ProbeGroup::Http, 0.8),
    probe("websocket", &["websocket.result"], 67, &["open", "closed"])
        .on("tls")
        .asked(ProbeGroup::Http, 0.4),
    probe("http2", &["http2.result"], 67, &["open", "goaway", "not_h2"])
        .on("tls")
        .asked(ProbeGroup::Http, 0.5),
    probe("halfclose", &["halfclose.result"], 4, &["answers"])
        .on("tls")
        .asked(ProbeGroup::Http, 0.8),
    probe("reset", &["reset.origin", "request.arrival"], 13, &["same", "silent"])
        .on("dns")
        .asked(ProbeGroup::Way, 0.3),
    probe("path", &["path.result"], 12, &["reaches"]).on("dns").asked(ProbeGroup::Way, 0.9).heavy(),
    probe("mtu", &["mtu.result"], 12, &["passes"]).on("tcp").asked(ProbeGroup::Way, 0.8).heavy(),
    probe("burst", &["burst.result"], 8, &["all_served"])
        .on("tcp")
        .asked(ProbeGroup::Again, 0.9)
        .heavy(),
    probe("canary", &["canary.result"], 3, &["same"]).on("dns").asked(ProbeGroup::Again, 0.9),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::{built_in, load};

    #[test]
    fn every_probe_settles_variables_of_the_base_and_its_fine_outcomes_are_options() {
        let base = load(&[built_in()]).base;
        for probe in &PROBES {
            let known: Vec<_> =
                probe.settles.iter().filter_map(|id| base.variables.get(*id)).collect();
            assert_eq!(known.len(), probe.settles.len(), "{}", probe.id);
            let is_option = |id: &str| known[0].options.iter().any(|option| option.id == id);
            // `silent` is what the reset probe says where a request is left unanswered.
            let odd: Vec<_> = probe.fine.iter().filter(|id| !is_option(id)).collect();
            assert!(odd.is_empty() || probe.id == "reset", "{}: {odd:?}", probe.id);
            for id in probe.halts {
                assert!(is_option(id) && !probe.fine.contains(id), "{}: {id}", probe.id);
            }
        }
    }
}
