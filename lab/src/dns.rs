//! A name server that answers by a table, well or badly, over UDP and TCP.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::{IpAddr, TcpListener, UdpSocket},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use anyhow::{Context, Result};

use crate::options::Options;

const A: u16 = 1;
const AAAA: u16 = 28;

/// What a name gets.
#[derive(Clone, Debug, Default)]
struct Entry {
    addresses: Vec<IpAddr>,
    code: u8,
    drop: Vec<u16>,
    delay: Duration,
    every_other: Option<u8>,
}

/// `host=ADDRESS`, and for each name one `NAME=WORDS` where the words, separated by commas, are
/// addresses, `servfail`, `refused`, `nxdomain`, `drop`, `drop-aaaa`, `slow:SECONDS`, or
/// `half-servfail` (every other question). Unknown names do not exist.
pub(crate) fn serve(options: &Options) -> Result<()> {
    let host = options.text("host").unwrap_or("0.0.0.0");
    let mut table = BTreeMap::new();
    for line in options.all("name") {
        let (name, words) = line.split_once(':').context("a name needs `NAME:WORDS`")?;
        table.insert(name.to_lowercase(), entry(words)?);
    }
    let table = Arc::new(table);
    let count = Arc::new(AtomicUsize::new(0));
    let udp = Arc::new(UdpSocket::bind((host, 53)).context("cannot bind UDP port 53")?);
    let tcp = TcpListener::bind((host, 53)).context("cannot bind TCP port 53")?;
    println!("up");
    let (tcp_table, tcp_count) = (Arc::clone(&table), Arc::clone(&count));
    thread::spawn(move || {
        for mut stream in tcp.incoming().flatten() {
            let mut length = [0; 2];
            if stream.read_exact(&mut length).is_err() {
                continue;
            }
            let mut query = vec![0; usize::from(u16::from_be_bytes(length))];
            if stream.read_exact(&mut query).is_err() {
                continue;
            }
            if let Some(answer) = answer(&query, &tcp_table, &tcp_count) {
                let length = u16::try_from(answer.len()).unwrap_or(u16::MAX).to_be_bytes();
                let _gone = stream.write_all(&[&length[..], &answer].concat());
            }
        }
    });
    let mut buffer = [0; 4096];
    loop {
        let (read, from) = udp.recv_from(&mut buffer)?;
        let (query, udp) = (buffer[..read].to_vec(), Arc::clone(&udp));
        let (table, count) = (Arc::clone(&table), Arc::clone(&count));
        thread::spawn(move || {
            if let Some(answer) = answer(&query, &table, &count) {
                let _gone = udp.send_to(&answer, from);
            }
        });
    }
}

fn entry(words: &str) -> Result<Entry> {
    let mut entry = Entry::default();
    for word in words.split(',').filter(|word| !word.is_empty()) {
        match word {
            "servfail" => entry.code = 2,
            "nxdomain" => entry.code = 3,
            "refused" => entry.code = 5,
            "nodata" => {}
            "drop" => entry.drop = vec![A, AAAA],
            "drop-aaaa" => entry.drop = vec![AAAA],
            "half-servfail" => entry.every_other = Some(2),
            _ => match word.split_once("slow=") {
                Some((_, seconds)) => {
                    entry.delay = Duration::try_from_secs_f64(seconds.parse()?)?;
                }
                None => {
                    let address = word.parse();
                    entry.addresses.push(address.with_context(|| format!("`{word}` is no word"))?);
                }
            },
        }
    }
    Ok(entry)
}

/// The answer to a query; `None` where it is dropped or cannot be read.
fn answer(query: &[u8], table: &BTreeMap<String, Entry>, count: &AtomicUsize) -> Option<Vec<u8>> {
    let (name, kind, end) = question(query)?;
    let entry = table.get(&name).cloned().unwrap_or(Entry { code: 3, ..Entry::default() });
    println!("asked {name} type {kind}");
    if entry.drop.contains(&kind) {
        println!("dropped {name} type {kind}");
        return None;
    }
    thread::sleep(entry.delay);
    let odd = count.fetch_add(1, Ordering::Relaxed) % 2 == 1;
    let code = entry.every_other.filter(|_| odd).unwrap_or(entry.code);
    let fits = |address: &&IpAddr| kind == if address.is_ipv4() { A } else { AAAA };
    let records: Vec<&IpAddr> =
        entry.addresses.iter().filter(|address| code == 0 && fits(address)).collect();
    println!("answered {name} type {kind} code {code} records {}", records.len());
    let mut out = query[..2].to_vec();
    // A response, authoritative, recursion available.
    out.extend_from_slice(&[0x85, 0x80 | code]);
    out.extend_from_slice(&[0, 1]);
    out.extend_from_slice(&u16::try_from(records.len()).ok()?.to_be_bytes());
    out.extend_from_slice(&[0, 0, 0, 0]);
    out.extend_from_slice(&query[12..end]);
    for address in records {
        let bytes = match address {
            IpAddr::V4(v4) => v4.octets().to_vec(),
            IpAddr::V6(v6) => v6.octets().to_vec(),
        };
        // The name by pointer, class IN, 60 seconds.
        out.extend_from_slice(&[0xc0, 12]);
        out.extend_from_slice(&kind.to_be_bytes());
        out.extend_from_slice(&[0, 1, 0, 0, 0, 60]);
        out.extend_from_slice(&u16::try_from(bytes.len()).ok()?.to_be_bytes());
        out.extend_from_slice(&bytes);
    }
    Some(out)
}

/// Name, type and the end of the first question.
fn question(query: &[u8]) -> Option<(String, u16, usize)> {
    let mut labels = Vec::new();
    let mut at = 12;
    loop {
        let length = usize::from(*query.get(at)?);
        at += 1;
        if length == 0 {
            break;
        }
        labels.push(String::from_utf8_lossy(query.get(at..at + length)?).to_lowercase());
        at += length;
    }
    let kind = u16::from_be_bytes([*query.get(at)?, *query.get(at + 1)?]);
    query.get(at + 3)?;
    Some((labels.join("."), kind, at + 4))
}
