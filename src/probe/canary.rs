//! The `canary` probe: repeats, when all is over, what looked odd, and the first connect whatever it
//! was. What has become worse meanwhile was done by our own probes; what has become better comes and
//! goes.

use std::{net::IpAddr, time::Duration};

use tokio::time::timeout;

use super::{
    answer,
    event::{Finding, Reading},
    permit::{Account, DialFailure, Permit, Shape},
    talk::{self, Cut},
    target::Scheme,
    tcp,
};

/// How long the repeated request may take.
const ANSWER: Duration = Duration::from_secs(10);

/// One thing as it was first and as it is now, in the words of its variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pair {
    /// `tcp.result` or `http.result`.
    pub(super) variable: &'static str,
    pub(super) first: String,
    pub(super) now: String,
}

impl Pair {
    fn was_good(&self) -> bool {
        is_good(&self.first)
    }
}

fn is_good(word: &str) -> bool {
    matches!(word, "connected" | "ok")
}

/// Connects once more; asks once more where the first answer looked odd or is worth guarding.
pub(super) async fn send(
    permit: &Permit,
    ip: IpAddr,
    scheme: Option<Scheme>,
    first_connect: &str,
    first_answer: Option<&str>,
) -> Vec<Pair> {
    let dialled = permit.dial_as(ip, tcp::LIMIT, Account::Repeat, Shape::default()).await;
    let now = match &dialled {
        Ok(_) => "connected",
        Err(error) => match error.kind {
            DialFailure::Refused => "refused",
            DialFailure::Reset => "reset",
            DialFailure::Timeout => "timeout",
            DialFailure::Prohibited => "prohibited",
            DialFailure::Unreachable => "unreachable",
            DialFailure::NotFromHere | DialFailure::Limit | DialFailure::Proxy(_) => {
                return Vec::new();
            }
        },
    };
    let connect =
        Pair { variable: "tcp.result", first: first_connect.to_owned(), now: now.to_owned() };
    // A tunnel is the proxy's word.
    let mut pairs: Vec<Pair> = (!permit.is_proxied()).then_some(connect).into_iter().collect();
    drop(dialled);
    if let (Some(first), Some(scheme), "connected") = (first_answer, scheme, now) {
        let answer = ask(permit, ip, scheme).await;
        pairs.extend(answer.map(|now| Pair {
            variable: "http.result",
            first: first.to_owned(),
            now: now.to_owned(),
        }));
    }
    pairs
}

/// One GET, in the words of `http.result`; `None` where it cannot be said.
async fn ask(permit: &Permit, ip: IpAddr, scheme: Scheme) -> Option<&'static str> {
    let request = talk::request("GET", permit, scheme, &[("Connection", "close")]);
    let asking = async {
        let mut stream = talk::open(permit, ip, scheme, Account::Repeat, Shape::default()).await?;
        talk::ask(&mut *stream, &request).await
    };
    // An end without a word may be the proxy's own.
    let wordless = |word| (!permit.is_proxied()).then_some(word);
    match timeout(ANSWER, asking).await {
        Err(_) => wordless("timeout"),
        Ok(Ok(head)) => head.status.map(answer::word),
        Ok(Err(error)) => match Cut::of(&error) {
            Cut::Rst => wordless("reset"),
            Cut::Fin => wordless("closed_empty"),
            Cut::Other => None,
        },
    }
}

/// Reads meaning into the pairs. Pure.
pub(super) fn interpret(pairs: &[Pair]) -> Reading {
    if pairs.is_empty() {
        return Reading::not_visible("nothing could be repeated", "没有可以重复的探测");
    }
    let raw: Vec<String> = pairs
        .iter()
        .map(|pair| format!("{}: {} at first, {} now", pair.variable, pair.first, pair.now))
        .collect();
    let raw = raw.join("; ");
    let worse = pairs.iter().any(|pair| pair.was_good() && !is_good(&pair.now));
    let other = pairs.iter().any(|pair| pair.first != pair.now);
    let odd = pairs.iter().any(|pair| !pair.was_good());
    let (value, en, zh) = if worse {
        (
            "limited",
            "what worked at first fails after our own probes: they are being limited, so what came late in this run is not to be trusted",
            "起初正常、探测之后却失败：我们的探测正在被限制，这次后半部分的结果不可信",
        )
    } else if other {
        (
            "changes",
            "what looked odd does not come again in the same way: it comes and goes",
            "异常没有以同样的方式再现：时有时无",
        )
    } else if odd {
        ("same", "what looked odd comes again in the same way", "异常以同样的方式再现")
    } else {
        ("same", "nothing has changed in the course of the probes", "探测前后没有变化")
    };
    let mut reading = Reading::default();
    reading.observe("canary.result", value, &raw);
    reading.findings.push(Finding::new(en, zh).raw(raw));
    value.clone_into(&mut reading.outcome);
    reading
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(first: &str, now: &str) -> Pair {
        Pair { variable: "http.result", first: first.to_owned(), now: now.to_owned() }
    }

    #[test]
    fn worse_is_our_doing_and_better_comes_and_goes() {
        let word = |pairs: &[Pair]| interpret(pairs).outcome;
        assert_eq!(word(&[pair("connected", "connected"), pair("ok", "limited")]), "limited");
        assert_eq!(word(&[pair("connected", "timeout")]), "limited");
        assert_eq!(word(&[pair("connected", "connected"), pair("reset", "ok")]), "changes");
        assert_eq!(word(&[pair("reset", "timeout")]), "changes");
        assert_eq!(word(&[pair("refused", "refused")]), "same");
        assert_eq!(word(&[pair("connected", "connected")]), "same");
        assert!(interpret(&[]).not_visible.is_some());
    }
}
