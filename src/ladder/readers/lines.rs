//! Configuration of one setting a line.

use super::Reading;

/// The lines that hold something, with their numbers; `#` begins a comment.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..).zip(text.lines()).filter_map(|(number, line)| {
        let line = line.trim();
        (!line.is_empty() && !line.starts_with('#')).then_some((number, line))
    })
}

/// A word without the comment behind it.
fn first_word(text: &str) -> &str {
    text.split_whitespace().next().unwrap_or("")
}

/// `Directive value`, in any case.
pub(super) fn apache(text: &str) -> Vec<Reading> {
    let mut found = Vec::new();
    let mut timeout: Option<(String, usize)> = None;
    for (number, line) in lines(text) {
        let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let name = name.to_lowercase();
        let value = first_word(rest);
        match name.as_str() {
            "keepalive" if value.eq_ignore_ascii_case("off") => {
                found.push(Reading::new("keepalivetimeout", "0", number));
            }
            "timeout" => {
                timeout = Some((value.to_owned(), number));
                found.push(Reading::new(name, value, number));
            }
            "requestreadtimeout" | "proxypass" | "proxyset" | "balancermember"
            | "proxypassmatch" => {
                let prefix =
                    if name == "requestreadtimeout" { "requestreadtimeout" } else { "proxypass" };
                for (key, value) in rest.split_whitespace().filter_map(|word| word.split_once('='))
                {
                    // `header=20-40,MinRate=500`: 20 s, and up to 40 s while data comes.
                    let value = value.split([',', '-']).next().unwrap_or("");
                    found.push(Reading::new(
                        format!("{prefix}.{}", key.to_lowercase()),
                        value,
                        number,
                    ));
                }
            }
            _ => found.push(Reading::new(name, value, number)),
        }
    }
    // Where ProxyTimeout is not set, Timeout holds for proxied requests too.
    if let Some((value, line)) = timeout
        && !found.iter().any(|reading| reading.name == "proxytimeout")
    {
        found.push(Reading::new("proxytimeout", value, line));
    }
    found
}

/// `timeout client 30s`; a number alone is in milliseconds.
pub(super) fn haproxy(text: &str) -> Vec<Reading> {
    let mut found: Vec<Reading> = Vec::new();
    for (number, line) in lines(text) {
        let mut words = line.split_whitespace();
        let name = match words.next() {
            Some("timeout") => format!("timeout {}", words.next().unwrap_or("").to_lowercase()),
            Some("clitimeout") => "timeout client".to_owned(),
            Some("srvtimeout") => "timeout server".to_owned(),
            Some("contimeout") => "timeout connect".to_owned(),
            _ => continue,
        };
        found.push(Reading::new(name, words.next().unwrap_or(""), number));
    }
    // Between two requests `http-request` holds where `http-keep-alive` is not set, and `client` where
    // neither is.
    let is = |name: &str| found.iter().find(|reading| reading.name == name).cloned();
    if is("timeout http-keep-alive").is_none()
        && let Some(instead) = is("timeout http-request").or_else(|| is("timeout client"))
    {
        found.push(Reading { name: "timeout http-keep-alive".to_owned(), ..instead });
    }
    found
}

/// `name = value`, `name value`, `| name | value |`; in the named sections only, where there are any.
pub(super) fn pairs(text: &str, sections: &[&str]) -> Vec<Reading> {
    let mut found = Vec::new();
    let mut counts = true;
    let mut above: Option<String> = None;
    for (number, line) in lines(text) {
        if let Some(section) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            let section = section.to_lowercase();
            counts = sections.is_empty()
                || sections
                    .iter()
                    .any(|name| section == *name || section.starts_with(&format!("{name}-")));
            continue;
        }
        if !counts || line.starts_with(';') {
            continue;
        }
        // `Match User backup` of sshd holds for some only.
        if line.to_lowercase().starts_with("match ") {
            counts = false;
            continue;
        }
        let line = statement(line.trim_matches('|').trim());
        // `CONFIG GET` of Redis prints the name, and its value on the line below.
        if let Some(name) = numbered(line, "1)") {
            above = Some(name.to_lowercase());
            continue;
        }
        if let (Some(name), Some(value)) = (above.take(), numbered(line, "2)")) {
            found.push(Reading::new(name, value, number));
            continue;
        }
        let Some(end) = line.find(|c: char| c.is_whitespace() || matches!(c, '=' | '|')) else {
            continue;
        };
        let (name, rest) = line.split_at(end);
        let rest =
            rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '=' | '|')).trim();
        let value = match rest.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                rest.get(1..).and_then(|inner| inner.split(quote).next()).unwrap_or("")
            }
            _ => rest.split(['#', '|', ';']).next().unwrap_or("").trim(),
        };
        found.push(Reading::new(name.to_lowercase(), value, number));
    }
    found
}

/// `SET GLOBAL wait_timeout = 60;`, `ALTER SYSTEM SET idle_session_timeout = '5min';`: the rest of it.
fn statement(line: &str) -> &str {
    let heads =
        ["set global ", "set persist ", "set session ", "set @@global.", "alter system set "];
    let head = heads
        .into_iter()
        .find(|head| line.get(..head.len()).is_some_and(|own| own.eq_ignore_ascii_case(head)));
    head.and_then(|head| line.get(head.len()..)).unwrap_or(line).trim_end_matches(';')
}

/// The words behind `number`, without quotes.
fn numbered<'a>(line: &'a str, number: &str) -> Option<&'a str> {
    let value = line.strip_prefix(number)?.trim().trim_matches('"');
    (!value.is_empty()).then_some(value)
}

/// `server.keepAliveTimeout = 65 * 1000;`
pub(super) fn node(text: &str) -> Vec<Reading> {
    let mut found = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.split("//").next().unwrap_or("");
        for name in ["keepAliveTimeout", "headersTimeout", "requestTimeout"] {
            let Some((_, rest)) = line.split_once(name) else { continue };
            let Some(value) = rest.trim_start().strip_prefix(['=', ':']) else { continue };
            let value = value.split([';', ',', '}']).next().unwrap_or("").trim();
            found.push(Reading::new(
                name.to_lowercase(),
                product(value).unwrap_or_else(|| value.to_owned()),
                number,
            ));
        }
    }
    found
}

/// `65 * 1000`, `65_000`, `65e3`: a product of numbers.
fn product(text: &str) -> Option<String> {
    let mut total = 1.0;
    for factor in text.split('*') {
        total *=
            factor.trim().trim_matches(['(', ')', ' ']).replace('_', "").parse::<f64>().ok()?;
    }
    (total.is_finite() && total >= 0.0).then(|| format!("{total}"))
}

/// `timeout = 30`, `--timeout 30`, `--timeout=30`, `maximum-lifetime: 30`, `setMaxLifetime(30)`.
pub(super) fn options(text: &str) -> Vec<Reading> {
    let mut found = Vec::new();
    for (number, line) in lines(text) {
        let words: Vec<&str> = line
            .split(|c: char| {
                c.is_whitespace()
                    || matches!(c, '=' | ':' | '(' | ')' | ',' | ';' | '"' | '\'' | '[' | ']')
            })
            .filter(|word| !word.is_empty())
            .collect();
        for pair in words.windows(2) {
            let [name, value] = pair else { continue };
            if !value.starts_with(|c: char| c.is_ascii_digit() || c == '-')
                || value.starts_with("--")
            {
                continue;
            }
            let name = match *name {
                "-t" => "timeout",
                name => name.trim_start_matches('-').rsplit('.').next().unwrap_or(name),
            };
            let name = name
                .strip_prefix("set")
                .filter(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))
                .unwrap_or(name);
            let name = if name == "keep-alive" { "keepalive" } else { name };
            found.push(Reading::new(name.to_lowercase(), *value, number));
        }
    }
    found
}
