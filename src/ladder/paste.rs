//! Configuration of several components in one paste: told apart, and each read by its own reader.
//!
//! Needs no knowledge base, so that a browser reads a configuration without loading anything, and
//! without sending it anywhere.

use super::{
    input::read_config,
    model::{Hop, Limit, Origin, Timer},
    readers::Dialect,
    sketch::{Sketch, SketchHop, SketchTimer},
    units::shown,
    written::ladder_file,
};

/// More pieces than anybody pastes; what follows stays in the last one.
const MAX_PIECES: usize = 2000;

/// The components that `text` configures, in the order of their first lines, with the timers that it
/// sets. Never fails; a text without any timer gives nothing.
pub fn hops_in(text: &str) -> Vec<SketchHop> {
    sketch_in(text).hops
}

/// The same, with what a ladder's own file (`[[hop]]`, JSON) says of the whole.
pub fn sketch_in(text: &str) -> Sketch {
    if let Some(sketch) = ladder_file(text) {
        return sketch;
    }
    let mut hops = Vec::new();
    for (dialect, own) in by_dialect(text) {
        let component = dialect.component().to_owned();
        let timers = timers_set(&component, dialect, &own);
        if !timers.is_empty() {
            hops.push(SketchHop { component, timers, ..SketchHop::default() });
        }
    }
    Sketch { hops, ..Sketch::default() }
}

/// The timers of `component` that `config` sets.
pub(super) fn timers_set(component: &str, dialect: Dialect, config: &str) -> Vec<SketchTimer> {
    let mut hop = Hop {
        component: component.to_owned(),
        name: String::new(),
        passes_packets: false,
        managed: false,
        timers: Vec::new(),
        notes: Vec::new(),
    };
    read_config(&mut hop, dialect, config);
    let timer = |timer: &Timer| {
        let line = match timer.origin {
            Origin::Config { line } => Some(line),
            _ => None,
        };
        let value = match timer.limit {
            Limit::Seconds(seconds) => format!("{}s", shown(seconds)),
            Limit::Never => "never".to_owned(),
            Limit::Off => "off".to_owned(),
            Limit::Count(_) => return None,
        };
        Some(SketchTimer { setting: timer.setting.clone(), value, line })
    };
    hop.timers.iter().filter_map(timer).collect()
}

/// The text of each dialect, the other lines empty so that line numbers stay.
fn by_dialect(text: &str) -> Vec<(Dialect, String)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut pieces: Vec<(Dialect, Vec<(usize, usize)>)> = Vec::new();
    let mut last: Option<Dialect> = None;
    // What stands before the first piece that tells what it is belongs to that piece.
    let mut waiting: Vec<(usize, usize)> = Vec::new();
    for (from, to) in blocks(&lines) {
        let block = lines.get(from..to).unwrap_or_default().join("\n");
        let Some(dialect) = Dialect::guess(&block).or(last) else {
            waiting.push((from, to));
            continue;
        };
        last = Some(dialect);
        let at = pieces.iter().position(|(known, _)| *known == dialect);
        let at = at.unwrap_or_else(|| {
            pieces.push((dialect, Vec::new()));
            pieces.len() - 1
        });
        if let Some((_, ranges)) = pieces.get_mut(at) {
            ranges.append(&mut waiting);
            ranges.push((from, to));
        }
    }
    let only = |ranges: Vec<(usize, usize)>| {
        let mut own = vec![""; lines.len()];
        for (from, to) in ranges {
            if let (Some(own), Some(lines)) = (own.get_mut(from..to), lines.get(from..to)) {
                own.copy_from_slice(lines);
            }
        }
        own.join("\n")
    };
    pieces.into_iter().map(|(dialect, ranges)| (dialect, only(ranges))).collect()
}

/// Whether `line` is the head of a section, such as `[mysqld]`.
fn is_section(line: &str) -> bool {
    let name = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    name.is_some_and(|name| {
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
    })
}

/// The pieces between empty lines, `---`, the heads of files and of sections, and around the properties of
/// Spring, outside of brackets: line numbers from 0, the end exclusive.
fn blocks(lines: &[&str]) -> Vec<(usize, usize)> {
    let mut blocks = Vec::new();
    let (mut start, mut depth) = (0, 0_usize);
    let mut was_spring = false;
    for (at, line) in lines.iter().enumerate() {
        let bare = line.trim();
        // `nginx -T` heads each file; `tail` and `head` do; people fence what they paste.
        let is_head = bare.starts_with("# configuration file ")
            || (bare.starts_with("==> ") && bare.ends_with(" <=="))
            || bare.starts_with("```");
        // A person pastes the lines of several files under each other, without a space.
        let is_spring = bare.starts_with("spring.");
        let changes = is_section(bare) || is_spring != was_spring;
        was_spring = is_spring;
        let is_border = depth == 0 && (bare.is_empty() || bare == "---" || changes);
        if is_head {
            depth = 0;
        }
        if (is_head || is_border) && blocks.len() < MAX_PIECES {
            if start < at {
                blocks.push((start, at));
            }
            start = at;
        }
        let code = bare.split(" #").next().unwrap_or("");
        if !bare.starts_with('#') && !bare.starts_with("//") {
            depth += code.matches(['{', '(']).count();
            depth = depth.saturating_sub(code.matches(['}', ')']).count());
        }
    }
    if start < lines.len() {
        blocks.push((start, lines.len()));
    }
    blocks
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NGINX: &str = "upstream app {\n    server 10.0.0.1:3000;\n    keepalive 32;\n\n    keepalive_timeout 60s;\n}\n\nserver {\n    location / {\n        proxy_pass http://app;\n        proxy_read_timeout 90s;\n    }\n}\n";
    const NODE: &str = "const server = http.createServer(app);\n\nserver.keepAliveTimeout = 5000;\nserver.listen(3000);\n";

    fn read(text: &str) -> Vec<(String, Vec<String>)> {
        let timer = |timer: &SketchTimer| {
            format!("{}={}@{}", timer.setting, timer.value, timer.line.unwrap_or(0))
        };
        hops_in(text)
            .iter()
            .map(|hop| (hop.component.clone(), hop.timers.iter().map(timer).collect()))
            .collect()
    }

    #[test]
    fn files_pasted_under_each_other_are_told_apart() {
        let spring = "spring.datasource.hikari.maxLifetime=600000";
        let mysql = "[mysqld]\nwait_timeout = 300";
        for text in [
            format!("HikariPool-1: MySQL server has gone away\n{mysql}\n{spring}\n"),
            format!("{mysql}\n{spring}\n"),
            format!("{spring}\n{mysql}\n"),
        ] {
            let mut found: Vec<(String, String)> = hops_in(&text)
                .into_iter()
                .flat_map(|hop| {
                    hop.timers.into_iter().map(move |one| (hop.component.clone(), one.value))
                })
                .collect();
            found.sort();
            let mysql = ("mysql".to_owned(), "300".to_owned());
            assert!(
                found
                    .iter()
                    .any(|(of, value)| *of == mysql.0 && value.trim_end_matches('s') == mysql.1),
                "{text}: {found:?}"
            );
            assert!(found.iter().any(|(of, _)| of == "hikari"), "{text}: {found:?}");
        }
    }

    #[test]
    fn two_configurations_in_one_paste_are_told_apart_with_their_lines() {
        let nginx = (
            "nginx".to_owned(),
            vec![
                "upstream.keepalive_timeout=60s@5".to_owned(),
                "proxy_read_timeout=90s@11".to_owned(),
            ],
        );
        let node = |line: usize| ("node".to_owned(), vec![format!("keepAliveTimeout=5s@{line}")]);
        assert_eq!(read(&format!("{NGINX}\n{NODE}")), [nginx, node(17)]);
        let (first, second) = (read(&format!("{NODE}\n{NGINX}")), read(NODE));
        assert_eq!(first.first(), Some(&node(3)));
        assert_eq!(second, [node(3)]);
        assert_eq!(first.get(1).map(|hop| hop.0.as_str()), Some("nginx"));
    }

    #[test]
    fn each_dialect_is_found_beside_the_others() {
        let text = "==> haproxy.cfg <==\ndefaults\n    timeout client 30s\n    timeout server 50s\n\n\
            ==> my.cnf <==\n[mysqld]\nwait_timeout = 600\n\n\
            ---\nkind: VirtualService\nspec:\n  http:\n  - timeout: 15s\n\n\
            idle_timeout.timeout_seconds = 60\n";
        let found: Vec<String> = read(text).into_iter().map(|(component, _)| component).collect();
        assert_eq!(found, ["haproxy", "mysql", "istio", "aws-alb"]);
    }

    #[test]
    fn a_log_is_no_configuration() {
        assert!(hops_in("upstream timed out (110: Connection timed out)\nall well").is_empty());
        assert!(hops_in(include_str!("../../tests/data/clean-lines.txt")).is_empty());
    }

    proptest! {
        #[test]
        fn anything_is_read(text in "(\\PC|\n|[{}() =;:#-]){0,300}") {
            hops_in(&text);
        }
    }
}
