//! `curl -v` and `curl -w`: how far one request came.

use super::Notes;

/// How far a request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Start,
    Connected,
    Tls,
    Asked,
    Answered,
}

pub(super) fn read(lines: &[&str], notes: &mut Notes) {
    let is_trace = lines.iter().filter(|line| line.starts_with("* ")).count() >= 2
        || lines.iter().any(|line| {
            line.starts_with("> GET") || line.starts_with("> POST") || line.starts_with("> HEAD")
        });
    if is_trace {
        trace(lines, notes);
    }
    for (at, line) in lines.iter().enumerate() {
        // With a line for each, as many guides have it.
        let is_first = line.contains("namelookup") && !line.contains("total");
        if is_first {
            let block: Vec<&str> = lines.iter().skip(at).take(9).copied().collect();
            times(&block.join(" "), notes);
        } else {
            times(line, notes);
        }
    }
}

fn trace(lines: &[&str], notes: &mut Notes) {
    let mut stage = Stage::Start;
    let mut status = None;
    // The last line of newer versions does not repeat why each address failed.
    let mut reason = String::new();
    for line in lines {
        let lower = line.to_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
        if line.starts_with("* ")
            && has(&["connected to ", "established connection to "])
            && stage < Stage::Connected
        {
            stage = Stage::Connected;
            notes.seen("tcp.result", "connected", line);
        } else if line.starts_with("* ") && has(&["ssl connection using"]) {
            stage = stage.max(Stage::Tls);
            notes.seen("tls.result", "ok", line);
        } else if line.starts_with("> ") {
            stage = stage.max(Stage::Asked);
        } else if let Some(code) =
            lower.strip_prefix("< http/").and_then(|rest| rest.split_whitespace().nth(1))
        {
            // Informational answers and proxies' answers to CONNECT come before the one that counts.
            if !code.starts_with('1') {
                stage = Stage::Answered;
                status = code.parse::<u16>().ok();
            }
        } else if let Some(by) = lower.strip_prefix("< server:")
            && status.is_some_and(|code| code >= 500)
        {
            written_by(by, line, notes);
        } else if line.starts_with("* ")
            && has(&["failed: connection refused", "failed: no route", "unreachable"])
        {
            reason.clone_from(&lower);
        } else if line.starts_with("curl: (") {
            failure(&format!("{lower} {reason}"), stage, line, notes);
        }
    }
    if let Some(code) = status {
        let line = lines
            .iter()
            .rev()
            .find(|line| line.to_lowercase().starts_with("< http/"))
            .copied()
            .unwrap_or("");
        answered(code, line, notes);
    }
}

/// Whose name stands on an error.
pub(super) fn written_by(server: &str, line: &str, notes: &mut Notes) {
    let known = [
        ("awselb", "alb"),
        ("cloudflare", "cdn"),
        ("cloudfront", "cdn"),
        ("akamai", "cdn"),
        ("fastly", "cdn"),
        ("envoy", "envoy"),
        ("nginx", "nginx"),
        ("openresty", "nginx"),
        ("apache", "apache"),
        ("microsoft-iis", "iis"),
    ];
    if let Some((_, by)) = known.iter().find(|(word, _)| server.contains(word)) {
        notes.seen("error_page_by", by, line);
    }
}

/// What a status says of the one who sent it.
pub(super) fn answered(code: u16, line: &str, notes: &mut Notes) {
    let result = match code {
        502 => "bad_gateway",
        503 => "unavailable",
        504 => "gateway_timeout",
        429 => "limited",
        403 => "forbidden",
        200..=499 => "ok",
        500..=599 => "server_error",
        _ => return,
    };
    notes.seen("http.result", result, line);
}

/// The last line of a failed run, read by how far it had come.
fn failure(lower: &str, stage: Stage, line: &str, notes: &mut Notes) {
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let found = match stage {
        Stage::Start if has(&["(6)", "could not resolve host"]) => ("dns.result", "nxdomain"),
        Stage::Start if has(&["refused"]) => ("tcp.result", "refused"),
        Stage::Start if has(&["no route to host", "unreachable"]) => ("tcp.result", "unreachable"),
        Stage::Start if has(&["(28)", "timed out"]) && !has(&["resolv"]) => {
            ("tcp.result", "timeout")
        }
        Stage::Connected if has(&["expired"]) => ("tls.result", "cert_expired"),
        Stage::Connected if has(&["no alternative certificate subject name", "does not match"]) => {
            ("tls.result", "cert_name")
        }
        Stage::Connected
            if has(&["(60)", "self-signed", "self signed", "unable to get local issuer"]) =>
        {
            ("tls.result", "cert_untrusted")
        }
        Stage::Connected if has(&["wrong version number", "packet length too long"]) => {
            ("tls.result", "not_tls")
        }
        Stage::Connected if has(&["alert"]) => ("tls.result", "alert"),
        Stage::Connected if has(&["(35)", "ssl_error_syscall", "unexpected eof"]) => {
            ("tls.result", "cut")
        }
        Stage::Asked | Stage::Tls if has(&["(52)", "empty reply"]) => {
            ("http.result", "closed_empty")
        }
        Stage::Asked | Stage::Tls if has(&["reset"]) => ("http.result", "reset"),
        Stage::Asked | Stage::Tls if has(&["(28)", "timed out"]) => ("http.result", "timeout"),
        Stage::Answered if has(&["(18)", "bytes remaining", "reset", "partial"]) => {
            ("http.result", "truncated")
        }
        _ => return,
    };
    notes.seen(found.0, found.1, line);
}

/// `dns 0.004 tcp 0.010 tls 0.052 first 60.011 total 60.012 code 504 ip …`, as the check asks for it, and
/// the names of curl(1) in any shape: `time_namelookup: 0.004`, `connect=0.021`, `http_code 504`.
fn times(line: &str, notes: &mut Notes) {
    let words: Vec<&str> = line
        .split(|c: char| c.is_whitespace() || matches!(c, '=' | ':' | ',' | '"' | '{' | '}'))
        .filter(|word| !word.is_empty())
        .take(40)
        .collect();
    let value = |names: &[&str]| {
        let at =
            words.iter().position(|word| names.contains(&word.to_ascii_lowercase().as_str()))?;
        let number = words.get(at + 1)?.trim_end_matches('s').parse::<f64>().ok()?;
        (number.is_finite() && number >= 0.0).then_some(number)
    };
    let (Some(dns), Some(tcp), Some(total)) = (
        value(&["dns", "time_namelookup", "namelookup", "dns_lookup"]),
        value(&["tcp", "connect", "time_connect", "tcp_connect"]),
        value(&["total", "time_total"]),
    ) else {
        return;
    };
    // Without a code nothing is said of the answer, least of all that there was none.
    let code = value(&["code", "http_code", "response_code", "status"]).unwrap_or(1.0);
    if dns >= 2.0 {
        notes.seen("dns.result", "slow", line);
    }
    if tcp > 0.0 {
        notes.seen("tcp.result", "connected", line);
    }
    let codes = [
        (502.0, 502),
        (503.0, 503),
        (504.0, 504),
        (429.0, 429),
        (403.0, 403),
        (200.0, 200),
        (500.0, 500),
    ];
    if let Some((_, code)) = codes.iter().find(|(known, _)| (code - known).abs() < 0.5) {
        answered(*code, line, notes);
    }
    // A wait that ended in an error is the time after which it breaks.
    if total >= 1.0 && !(1.0..500.0).contains(&code) {
        notes.seconds(total, line);
    }
}
