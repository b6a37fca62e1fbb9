//! Counts beside their limits: connection tracking, open files, local ports, dangerous settings.

use super::{Notes, number_in, share};

/// From here on a table is as good as full.
const FULL: f64 = 0.95;

/// Up to here there is room for a burst.
const ROOMY: f64 = 0.7;

/// A number and the line it stands on, from 0.
pub(super) type Counted = (u64, usize);

pub(super) fn read(lines: &[&str], notes: &mut Notes) {
    let setting = |name: &str| -> Option<Counted> {
        lines.iter().enumerate().rev().find_map(|(at, line)| {
            let (_, rest) = line.split_once(name)?;
            let value = rest.trim_start().strip_prefix(['=', ':']).unwrap_or(rest);
            Some((number_in(value)?, at))
        })
    };
    // `cat` of the file in /proc prints the number alone, one line below; of two files, two lines.
    let (count_name, max_name) = ("nf_conntrack_count", "nf_conntrack_max");
    let both = lines.windows(3).enumerate().find_map(|(at, three)| {
        let [line, count, max] = three else { return None };
        let are_both = line.contains(count_name) && line.contains(max_name);
        let (count, max) = (count.trim().parse().ok()?, max.trim().parse().ok()?);
        are_both.then_some(((count, at + 1), (max, at + 2)))
    });
    let tracked = setting(count_name).or_else(|| answer(lines, &["conntrack -C", count_name]));
    let most = setting(max_name).or_else(|| answer(lines, &[max_name]));
    let counted = both.or_else(|| tracked.zip(most));
    if let Some((count, max)) = counted {
        compare(lines, count, max, "conntrack", notes);
    }
    dropped(lines, notes);
    if let Some((0, at)) = setting("tcp_tw_recycle") {
        notes.harmless(at);
    }
    listing(lines, notes);
    files(lines, notes);
    ports(lines, notes);
}

/// Says whether `count` is up against `limit`. Where there is room, neither line is a sign of anything.
pub(super) fn compare(
    lines: &[&str],
    count: Counted,
    limit: Counted,
    option: &str,
    notes: &mut Notes,
) {
    let raw = lines.get(count.1).copied().unwrap_or("");
    match share(count.0, limit.0) {
        _ if limit.0 == 0 => {}
        used if used >= FULL => notes.seen("limit", option, raw),
        used if used <= ROOMY => {
            notes.ruled_out("limit", option, raw);
            notes.harmless(count.1);
            notes.harmless(limit.1);
        }
        _ => {}
    }
}

/// Settings that say nothing by being listed.
const SETTINGS: &[&str] = &[
    "net.core.somaxconn",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_max_syn_backlog",
    "net.ipv4.tcp_mtu_probing",
    "net.ipv4.tcp_retries2",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_tw_reuse",
    "net.netfilter.nf_conntrack_tcp_timeout_established",
    "fs.file-nr",
    "fs.file-max",
];

/// So many settings were listed, not picked out.
const LISTED: usize = 4;

/// A whole list of settings speaks of no trouble by their names, as one that somebody picked out does;
/// nor do the headings of `hangup collect`.
fn listing(lines: &[&str], notes: &mut Notes) {
    let named: Vec<usize> = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| {
            let name = line.split(['=', ' ']).next().unwrap_or("");
            SETTINGS.contains(&name) && line.contains('=')
        })
        .map(|(at, _)| at)
        .collect();
    if named.len() < LISTED {
        return;
    }
    for at in &named {
        notes.harmless(*at);
    }
    for (at, line) in lines.iter().enumerate() {
        let is_heading =
            ["# TCP sockets by", "# counters since", "# open files of", "# kernel log"];
        if is_heading.iter().any(|heading| line.starts_with(heading)) {
            notes.harmless(at);
        }
    }
}

/// The number that stands alone on the line after a command that holds one of these words.
fn answer(lines: &[&str], words: &[&str]) -> Option<Counted> {
    lines.windows(2).enumerate().rev().find_map(|(at, pair)| {
        let [line, next] = pair else { return None };
        words.iter().any(|word| line.contains(word)).then_some(())?;
        Some((next.trim().parse().ok()?, at + 1))
    })
}

/// `cpu=0 found=27 invalid=130 insert_failed=0 drop=8 early_drop=8 …` of `conntrack -S`: entries that
/// found no place since the start.
fn dropped(lines: &[&str], notes: &mut Notes) {
    let value = |line: &str, name: &str| -> Option<u64> {
        line.split_whitespace().find_map(|word| word.strip_prefix(name)?.parse().ok())
    };
    let rows =
        || lines.iter().filter(|line| line.starts_with("cpu=") && line.contains("early_drop="));
    let lost = rows().find(|line| {
        ["drop=", "early_drop="].iter().any(|name| value(line, name).is_some_and(|count| count > 0))
    });
    match (lost, rows().next()) {
        (Some(line), _) => notes.seen("limit", "conntrack", line),
        (None, Some(line)) => notes.ruled_out("limit", "conntrack", line),
        (None, None) => {}
    }
}

/// `ulimit`: bash has `open files  (-n) 1024`, dash `nofiles  1024`.
fn soft_limit(lines: &[&str]) -> Option<Counted> {
    let listed = lines.iter().enumerate().find_map(|(at, line)| {
        let is_it =
            line.starts_with("open files") && line.contains("-n)") || line.starts_with("nofile");
        let value = line.split_whitespace().last().filter(|_| is_it)?;
        Some((value.parse().ok()?, at))
    });
    listed.or_else(|| answer(lines, &["ulimit -n", "ulimit -Sn"]))
}

/// `Max open files  1024  524288  files`, and the number of open ones on a line of its own after it;
/// `ulimit`, and the answer of `ls /proc/PID/fd | wc -l`; `fs.file-nr` of the whole machine.
fn files(lines: &[&str], notes: &mut Notes) {
    let open = answer(lines, &["/fd | wc -l", "/fd/ | wc -l", "/fd|wc -l", "/fd/|wc -l"]);
    match (soft_limit(lines), open) {
        (Some(limit), Some(open)) => compare(lines, open, limit, "files", notes),
        // A limit alone says nothing, whatever its words sound like.
        (Some((_, at)), None) => notes.harmless(at),
        _ => {}
    }
    for (at, line) in lines.iter().enumerate() {
        let Some(rest) = line.split_once("file-nr").map(|(_, rest)| rest) else { continue };
        let mut numbers =
            rest.split(|c: char| !c.is_ascii_digit()).filter_map(|word| word.parse::<u64>().ok());
        if let (Some(open), Some(_), Some(most)) = (numbers.next(), numbers.next(), numbers.next())
            && share(open, most) >= FULL
        {
            compare(lines, (open, at), (most, at), "files", notes);
        }
    }
    for (at, line) in lines.iter().enumerate() {
        let Some(rest) = line.trim_start().strip_prefix("Max open files") else { continue };
        let limit = rest.split_whitespace().next().and_then(|word| word.parse().ok());
        let mut after = lines.iter().enumerate().skip(at + 1).take(3);
        let open = after.find_map(|(at, next)| Some((next.trim().parse().ok()?, at))).or(open);
        if let (Some(limit), Some(open)) = (limit, open) {
            compare(lines, open, (limit, at), "files", notes);
        }
    }
}

/// How many local ports wait to be free again, where somebody counted, against the range of ports.
fn ports(lines: &[&str], notes: &mut Notes) {
    let range = lines.iter().enumerate().find_map(|(at, line)| {
        let (_, rest) = line.split_once("ip_local_port_range")?;
        let mut numbers =
            rest.split(|c: char| !c.is_ascii_digit()).filter_map(|word| word.parse::<u64>().ok());
        let (low, high) = (numbers.next()?, numbers.next()?);
        let range = high.checked_sub(low).filter(|_| high <= 65_535)?;
        Some((range + 1, at))
    });
    let waiting = lines.iter().enumerate().find_map(|(at, line)| {
        let plain = line.to_ascii_lowercase().replace(['-', '_'], "");
        // `ss -s` has the count behind the word.
        if plain.starts_with("tcp:") && plain.contains("estab") {
            return Some((number_in(plain.split_once("timewait")?.1)?, at));
        }
        let count = number_in(&plain)?;
        let is_count = plain.contains("timewait") && plain.split_whitespace().count() == 2;
        is_count.then_some((count, at))
    });
    if let (Some(range), Some(waiting)) = (range, waiting) {
        compare(lines, waiting, range, "ports", notes);
    }
}
