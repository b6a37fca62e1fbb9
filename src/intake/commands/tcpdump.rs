//! `tcpdump` as text: who ended each connection, and which were never let in.
//!
//! A dump on a screen is an excerpt. What is said of a connection is only what its lines show; a
//! capture file says more (`hangup capture`).

use std::collections::BTreeMap;

use super::{super::rhythm::stamp, Notes};

/// More connections than this are not followed.
const MAX_CONNECTIONS: usize = 2000;

/// A silence before the end that a timer may have measured, seconds.
const SILENCE: f64 = 5.0;

/// As many packets without an answer were not lost by chance.
const UNANSWERED: usize = 3;

/// The first port that systems give to clients (Linux, net.ipv4.ip_local_port_range; IANA has 49152).
const CLIENT_PORTS: u16 = 32_768;

/// One line: when, from whom to whom, flags, sequence number, payload.
struct Packet<'a> {
    seconds: Option<f64>,
    from: &'a str,
    to: &'a str,
    flags: &'a str,
    sequence: &'a str,
    length: u64,
}

/// What was seen of a connection.
#[derive(Default)]
struct Connection<'a> {
    client: Option<&'a str>,
    /// SYNs without an answer so far.
    knocks: usize,
    is_open: bool,
    over: bool,
    last: Option<f64>,
    /// Sequence number of the last segment with payload, who sent it, and how often in a row.
    sent: Option<(&'a str, &'a str, usize)>,
}

/// Who ended a connection; the later, the more it tells.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    ServerFin,
    Client,
    Nobody,
    ServerRst,
}

pub(super) fn read(lines: &[&str], notes: &mut Notes) {
    let mut connections: BTreeMap<(&str, &str), Connection<'_>> = BTreeMap::new();
    let mut worst: Option<(End, &str)> = None;
    let mut silences: Vec<(f64, &str)> = Vec::new();
    for line in lines {
        if line.contains(": ICMP ") && line.contains("unreachable - admin prohibited") {
            notes.seen("tcp.result", "prohibited", line);
        }
        let Some(packet) = packet(line) else { continue };
        let ends = (packet.from.min(packet.to), packet.from.max(packet.to));
        if connections.len() >= MAX_CONNECTIONS && !connections.contains_key(&ends) {
            continue;
        }
        let connection = connections.entry(ends).or_default();
        let gap = connection.last.zip(packet.seconds).map_or(0.0, |(last, now)| now - last);
        connection.last = packet.seconds.or(connection.last);
        if let Some(end) = step(connection, &packet, line, notes) {
            let ended = matches!(end, End::ServerFin | End::ServerRst);
            // An orderly end at once is how every answer ends.
            if end == End::ServerFin && gap < SILENCE {
                continue;
            }
            if ended && gap >= SILENCE {
                silences.push((gap, line));
            }
            if worst.is_none_or(|(most, _)| end > most) {
                worst = Some((end, line));
            }
        }
    }
    if let Some((end, line)) = worst {
        let closer = match end {
            End::ServerFin => "server_fin",
            End::Client => "client",
            End::Nobody => "nobody",
            End::ServerRst => "server_rst",
        };
        notes.seen("closer", closer, line);
    }
    silences.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    if let Some((median, line)) = silences.get(silences.len() / 2)
        && silences.iter().all(|(gap, _)| (gap - median).abs() <= (median * 0.04).max(1.0))
    {
        notes.seconds((median * 10.0).round() / 10.0, line);
    }
}

/// Takes one packet into account; says who ended the connection where it ends here.
fn step<'a>(
    connection: &mut Connection<'a>,
    packet: &Packet<'a>,
    line: &str,
    notes: &mut Notes,
) -> Option<End> {
    if packet.flags == "S" {
        // A new connection may use the ports of an old one.
        if connection.is_open || connection.over {
            *connection = Connection { last: packet.seconds, ..Connection::default() };
        }
        connection.client = Some(packet.from);
        connection.knocks += 1;
        if connection.knocks == UNANSWERED {
            notes.seen("tcp.result", "timeout", line);
            return Some(End::Nobody);
        }
        return None;
    }
    let from_client = is_client(connection, packet);
    if packet.flags.starts_with('R') {
        let was_open = connection.is_open;
        let first = !std::mem::replace(&mut connection.over, true);
        if connection.knocks > 0 && !was_open && !from_client {
            notes.seen("tcp.result", "refused", line);
            return None;
        }
        return first.then_some(if from_client { End::Client } else { End::ServerRst });
    }
    if packet.flags == "S." {
        notes.seen("tcp.result", "connected", line);
    }
    connection.is_open = true;
    if packet.flags.starts_with('F') {
        let first = !std::mem::replace(&mut connection.over, true);
        return (first && !from_client).then_some(End::ServerFin);
    }
    if packet.length == 0 {
        // An acknowledgement from the other end.
        if connection.sent.is_some_and(|(who, _, _)| who != packet.from) {
            connection.sent = None;
        }
        return None;
    }
    let times = match connection.sent {
        Some((who, sequence, times)) if who == packet.from && sequence == packet.sequence => {
            times + 1
        }
        _ => 1,
    };
    connection.sent = Some((packet.from, packet.sequence, times));
    (times == UNANSWERED + 1).then_some(End::Nobody)
}

/// Whether the client sent this: who knocked, or else who has the port of one.
fn is_client(connection: &Connection<'_>, packet: &Packet<'_>) -> bool {
    let port = |end: &str| end.rsplit('.').next().and_then(|port| port.parse::<u16>().ok());
    match connection.client {
        Some(client) => client == packet.from,
        None => port(packet.from).is_some_and(|port| port >= CLIENT_PORTS),
    }
}

/// `14:43:42.397038 IP 10.77.1.2.8080 > 10.77.0.2.44362: Flags [R.], seq 1, ack 3, win 64, length 0`.
fn packet<'a>(line: &'a str) -> Option<Packet<'a>> {
    let (before, rest) = line.split_once(" Flags [")?;
    let (flags, rest) = rest.split_once(']')?;
    let (_, ends) = before.split_once("IP6 ").or_else(|| before.split_once("IP "))?;
    let (from, to) = ends.trim_end_matches(':').split_once(" > ")?;
    let after = |name: &str| rest.split_once(name).map(|(_, value)| value);
    let word = |text: &'a str| text.split([',', ' ', ':']).next().unwrap_or("");
    Some(Packet {
        seconds: stamp(line).map(|(seconds, _, _)| seconds),
        from: from.split_whitespace().last()?,
        to: to.trim(),
        flags,
        sequence: after(", seq ").map_or("", word),
        length: after(", length ").map(word).and_then(|length| length.parse().ok()).unwrap_or(0),
    })
}
