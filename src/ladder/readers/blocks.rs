//! nginx: statements that end in `;`, in blocks.

use super::Reading;

/// Deeper blocks are not told apart.
const MAX_DEPTH: usize = 64;

/// What `nginx -T` prints, or any part of a configuration.
pub(super) fn nginx(text: &str) -> Vec<Reading> {
    let mut found = Vec::new();
    let mut blocks: Vec<String> = Vec::new();
    let mut upstreams = Upstreams::default();
    let mut skipped = 0_usize;
    for (statement, end, line) in statements(text) {
        let mut words = statement.split_whitespace();
        let Some(name) = words.next() else {
            if end == '}' && skipped > 0 {
                skipped -= 1;
            } else if end == '}' {
                blocks.pop();
            }
            continue;
        };
        match end {
            '{' if blocks.len() < MAX_DEPTH => {
                blocks.push(name.to_owned());
                if name == "upstream" {
                    upstreams.seen.get_or_insert(line);
                }
            }
            '{' => skipped += 1,
            ';' => {
                let in_upstream = blocks.last().is_some_and(|block| block == "upstream");
                let value = words.next().unwrap_or("");
                if in_upstream && name.starts_with("keepalive") {
                    upstreams.keeps |= name == "keepalive" && value != "0";
                    found.push(Reading::new(format!("upstream.{name}"), value, line));
                } else if !in_upstream {
                    if name == "proxy_pass" {
                        upstreams.seen.get_or_insert(line);
                    }
                    found.push(Reading::new(name, value, line));
                }
            }
            _ => {
                blocks.pop();
            }
        }
    }
    // Before 1.29.7 a connection to an upstream is used once, unless `keepalive` says otherwise.
    if let (Some(line), false) = (upstreams.seen, upstreams.keeps) {
        found.retain(|reading| reading.name != "upstream.keepalive_timeout");
        found.push(Reading::new("upstream.keepalive_timeout", "0", line));
    }
    found
}

#[derive(Default)]
struct Upstreams {
    /// The first line that passes requests on.
    seen: Option<usize>,
    keeps: bool,
}

/// Statements with the sign that ends them and the line they begin on; comments and quotes are
/// understood.
fn statements(text: &str) -> Vec<(String, char, usize)> {
    let mut out = Vec::new();
    let (mut current, mut line, mut begun) = (String::new(), 1, 1);
    let (mut quote, mut comment, mut escaped) = (None, false, false);
    for c in text.chars() {
        if c == '\n' {
            line += 1;
            comment = false;
        }
        if comment {
            continue;
        }
        match (quote, c) {
            (Some(_), _) if escaped => {
                escaped = false;
                current.push(c);
            }
            (_, '\\') => {
                escaped = quote.is_some();
                current.push(c);
            }
            (Some(open), _) => {
                if c == open {
                    quote = None;
                }
                current.push(c);
            }
            (None, '"' | '\'') => {
                quote = Some(c);
                current.push(c);
            }
            (None, '#') => comment = true,
            (None, ';' | '{' | '}') => {
                out.push((std::mem::take(&mut current), c, begun));
            }
            _ => {
                if current.trim().is_empty() {
                    begun = line;
                    current.clear();
                }
                current.push(c);
            }
        }
    }
    out
}
