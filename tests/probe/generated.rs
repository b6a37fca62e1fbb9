//! Targets made up by a grammar and bent by mutations: what people, scanners and attackers write.

use std::net::IpAddr;

use crate::sealed::Random;

/// One text, the same for the same `random`.
pub(crate) fn target_text(random: &mut Random) -> String {
    let mut host = host(random);
    // Most of what surrounds the host is plain, or hardly any host would be looked at.
    if random.chance(60) {
        let scheme = random.pick(&["", "http://", "https://"]);
        let port = random.pick(&["", "", ":80", ":443", ":8080", ":22"]);
        return format!("{scheme}{host}{port}{}", random.pick(&["", "/", "/a?b=c"]));
    }
    if random.chance(20) {
        host = disguise(random, &host);
    }
    let mut text = String::new();
    text.push_str(random.pick(&[
        "",
        "",
        "",
        "http://",
        "https://",
        "HTTP://",
        "https:",
        "//",
        "http:///",
        "ftp://",
        "file:",
        "javascript:",
        " ",
        "http:\\\\",
        "gopher://",
        "https://user@",
        "http://a:b@",
    ]));
    if random.chance(5) {
        let decoy = random.pick(&["example.com@", "8.8.8.8:80#@", "example.com\\@", "a%40"]);
        text.push_str(decoy);
    }
    text.push_str(&host);
    text.push_str(random.pick(&[
        "", "", "", "", ":80", ":443", ":8080", ":8443", ":22", ":0", ":00443", ":65536", ":",
        ":80:80", ".", "..", ":６４",
    ]));
    text.push_str(random.pick(&[
        "",
        "",
        "",
        "/",
        "/a?b=c",
        "/24",
        "?x",
        "#y",
        "/%2e%2e/",
        "\\",
        "/@10.0.0.1",
        ";x",
        "/\u{202e}",
    ]));
    if random.chance(10) {
        text = mutate(random, &text);
    }
    text
}

fn host(random: &mut Random) -> String {
    let v6 = random.chance(35);
    let ip = if random.chance(60) { random.forbidden(v6) } else { random.public(v6) };
    match random.below(10) {
        0..=2 => name(random),
        3 => embedded(random, ip),
        4 => echoed(random, ip),
        _ => match ip {
            IpAddr::V4(v4) => number(random, v4.octets()),
            IpAddr::V6(v6) => {
                let text = match random.below(10) {
                    0 => format!("{v6}%{}", random.pick(&["eth0", "25eth0", "1", "lo"])),
                    1 => v6.segments().map(|part| format!("{part:04X}")).join(":"),
                    _ => v6.to_string(),
                };
                if random.chance(80) { format!("[{text}]") } else { text }
            }
        },
    }
}

/// An IPv4 address in one of the forms that programs read: decimal, octal, hexadecimal, short.
fn number(random: &mut Random, octets: [u8; 4]) -> String {
    let [a, b, c, d] = octets;
    let whole = u32::from_be_bytes(octets);
    let tail = u32::from_be_bytes([0, b, c, d]);
    match random.below(20) {
        0 => whole.to_string(),
        1 => format!("{whole:#x}"),
        2 => format!("0{whole:o}"),
        3 => format!("{a}.{tail}"),
        4 => format!("{a:#x}.{b:#X}.{c}.{d}"),
        5 => format!("0{a:o}.0{b:o}.0{c:o}.0{d:o}"),
        6 => format!("{a}.{b}.{}", u16::from_be_bytes([c, d])),
        7 => format!("{a:03}.{b:03}.{c:03}.{d:03}"),
        8 => format!("{}", u64::from(whole) + (1 << 32)),
        9 => format!("{a}.{b}.{c}.{}", u32::from(d) + 256),
        _ => format!("{a}.{b}.{c}.{d}"),
    }
}

/// An IPv4 address inside an IPv6 one.
fn embedded(random: &mut Random, ip: IpAddr) -> String {
    let IpAddr::V4(v4) = ip else { return format!("[{ip}]") };
    let [a, b, c, d] = v4.octets();
    let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
    let text = match random.below(10) {
        0 => format!("::ffff:{v4}"),
        1 => format!("::ffff:{high:x}:{low:x}"),
        2 => format!("::{v4}"),
        3 => format!("::ffff:0:{v4}"),
        4 => format!("64:ff9b::{v4}"),
        5 => format!("64:ff9b:1::{high:x}:{low:x}"),
        6 => format!("2002:{high:x}:{low:x}::1"),
        7 => format!("2001:0:4136:e378:8000:63bf:{:x}:{:x}", !high, !low),
        8 => format!("2a00:1::5efe:{high:x}:{low:x}"),
        _ => format!("2a00:1::200:5efe:{high:x}:{low:x}"),
    };
    format!("[{text}]")
}

/// A name that a public service answers with the address in it.
fn echoed(random: &mut Random, ip: IpAddr) -> String {
    let address = ip.to_string().replace(':', "-");
    let address = if random.chance(50) { address.replace('.', "-") } else { address };
    let service = random.pick(&["nip.io", "sslip.io", "xip.io", "localtest.me", "lvh.me"]);
    format!("{}{address}.{service}", random.pick(&["", "app.", "a-", "x.y."]))
}

fn name(random: &mut Random) -> String {
    const LABELS: [&str; 16] = [
        "www",
        "app",
        "example",
        "localhost",
        "metadata",
        "google",
        "internal",
        "intranet",
        "bücher",
        "xn--bcher-kva",
        "пример",
        "例子",
        "a_b",
        "-x",
        "x-",
        "instance-data",
    ];
    const ENDS: [&str; 14] = [
        "com",
        "net",
        "中国",
        "local",
        "internal",
        "localhost",
        "onion",
        "home.arpa",
        "lan",
        "0x7f",
        "123",
        "corp",
        "xn--p1ai",
        "goog",
    ];
    let labels: Vec<&str> = (0..random.below(3)).map(|_| random.pick(&LABELS)).collect();
    let mut parts = labels;
    if random.chance(30) {
        parts.extend(["example", "com"]);
    } else if random.chance(80) {
        parts.extend([random.pick(&LABELS), random.pick(&ENDS)]);
    } else {
        parts.push(random.pick(&["localhost", "metadata", "metadata.google.internal", "printer"]));
    }
    parts.join(".")
}

/// The same host in other letters: other dots, full-width or circled digits, escapes, capitals.
fn disguise(random: &mut Random, host: &str) -> String {
    let kind = random.below(7);
    host.chars()
        .map(|c| match (kind, c) {
            (0, '.') => random.pick(&["\u{3002}", "\u{ff0e}", "\u{ff61}", "."]).to_owned(),
            (1, '0'..='9') => char::from_u32(u32::from(c) - 0x30 + 0xff10).unwrap().to_string(),
            (2, '1'..='9') => char::from_u32(u32::from(c) - 0x31 + 0x2460).unwrap().to_string(),
            (3, c) if random.chance(30) => format!("%{:02x}", u32::from(c) & 0xff),
            (4, c) => c.to_uppercase().to_string(),
            (5, c) if random.chance(20) => format!("{c}\u{200b}"),
            (6, c) if random.chance(10) => format!("{c}\u{ad}"),
            _ => c.to_string(),
        })
        .collect()
}

/// One to three characters put in, taken out or doubled.
fn mutate(random: &mut Random, text: &str) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for _ in 0..=random.below(3) {
        let at = random.below(chars.len() + 1);
        match random.below(3) {
            0 if at < chars.len() => {
                chars.remove(at);
            }
            1 if at < chars.len() => chars.insert(at, chars[at]),
            _ => chars.insert(
                at,
                random.pick(&[
                    '.', ':', '@', '/', '\\', '%', '[', ']', '0', 'x', '\t', '\0', ' ', '#', '?',
                    '-', '１', '。', '\u{202e}', 'é',
                ]),
            ),
        }
    }
    chars.into_iter().collect()
}
