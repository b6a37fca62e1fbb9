//! Writes what each target begins with into `FOLDER/TARGET`: the examples of the knowledge, the tables
//! of the tests, small captures made on the spot.
#![expect(clippy::expect_used, reason = "a tool of the developer's; it stops with what is wrong")]

use std::{fs, path::Path};

use hangup_fuzz::BASE;
// The library counts the edges it takes; who counts along is linked for that alone.
#[cfg(feature = "libfuzzer")]
use libfuzzer_sys as _;

#[path = "../../../tests/captures/writer.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a file of the tests"
)]
mod writer;

#[path = "../../../tests/redaction/lots.rs"]
#[allow(dead_code, reason = "a file of the tests")]
mod lots;

#[path = "../../../tests/redaction/recipes.rs"]
mod recipes;

fn main() {
    let folder = std::env::args().nth(1).expect("usage: seeds FOLDER");
    let folder = Path::new(&folder);
    for (target, seeds) in [
        ("decoder", texts()),
        ("redactor", texts()),
        ("ladder", ladders()),
        ("capture", captures()),
        ("target", targets()),
        ("case", cases()),
    ] {
        let folder = folder.join(target);
        fs::create_dir_all(&folder).expect("the folder of the seeds can be made");
        for (at, seed) in seeds.iter().enumerate() {
            fs::write(folder.join(format!("{at:04}")), seed).expect("a seed can be written");
        }
    }
}

/// Examples of signatures and phrases, lines with secrets, and the output of commands.
fn texts() -> Vec<Vec<u8>> {
    let signatures = BASE.signatures.values().map(|known| known.example.clone());
    let phrases = BASE.phrases.values().flat_map(|p| [p.example.en.clone(), p.example.zh.clone()]);
    let mut lots = lots::Lots(7);
    let secrets: Vec<String> = recipes::RECIPES
        .iter()
        .flat_map(|(_, make, lines)| lines.iter().map(move |line| (make, line)))
        .map(|(make, line)| line.replace('@', &make(&mut lots)))
        .collect();
    let outputs = OUTPUTS.iter().map(|text| (*text).to_owned());
    signatures.chain(phrases).chain(secrets).chain(outputs).map(String::into_bytes).collect()
}

/// The beginnings of outputs and reports, one of each kind.
const OUTPUTS: &[&str] = &[
    "CLOSE-WAIT 12 0 10.0.0.5:8080 10.0.0.9:50112\nLISTEN 6 5 0.0.0.0:80 0.0.0.0:*",
    "TCP:   1204 (estab 15, closed 1100, orphaned 0, timewait 1090)",
    "TcpExtListenOverflows 12 0.0\nTcpRetransSegs 900 0.0\nTcpOutSegs 20000 0.0",
    "net.netfilter.nf_conntrack_count = 262100\nnet.netfilter.nf_conntrack_max = 262144",
    "HOST: a Loss% Snt Last Avg\n  1.|-- 10.0.0.1 0.0% 100 1.0\n  2.|-- 10.1.0.1 80.0% 100 1.0",
    "traceroute to a (203.0.113.9), 30 hops max\n 1  10.0.0.1  0.3 ms\n 2  192.0.2.1  5 ms !X\n 3  * * *",
    "* Trying 203.0.113.9:443...\n* Connected to a (203.0.113.9) port 443\n> GET / HTTP/1.1\n< HTTP/1.1 502 Bad Gateway",
    "CONNECTED(00000003)\nwrite:errno=104\nno peer certificate available",
    ";; ->>HEADER<<- opcode: QUERY, status: SERVFAIL, id: 7\n;; flags: qr rd ra; QUERY: 1, ANSWER: 0, AUTHORITY: 0",
    "| Max_used_connections | 151 |\n| max_connections | 151 |",
    "    Last State:     Terminated\n      Reason:       OOMKilled\n    Restart Count:  4",
    "10:15:00.1 IP 10.0.0.5.443 > 10.0.0.9.5000: Flags [R.], seq 1, ack 2, win 0, length 0",
    "{\"log\":{\"entries\":[{\"startedDateTime\":\"2026-11-28T10:15:00Z\",\"time\":9,\"request\":{\"url\":\"https://a/\"},\"response\":{\"status\":0,\"_error\":\"net::ERR_CONNECTION_RESET\"},\"timings\":{\"connect\":1,\"wait\":7}}]}}",
];

/// A line of configuration for every dialect, and hops in both file formats.
fn ladders() -> Vec<Vec<u8>> {
    [
        "http {\n keepalive_timeout 65 60;\n upstream a { server b; keepalive 32; }\n location / { proxy_pass http://a; proxy_read_timeout 1m30s; } }",
        "Timeout 300\nKeepAlive Off\nProxyPass /a http://b/ ttl=60 timeout=5",
        "defaults\n timeout client 50s\n timeout server 50s\n timeout http-keep-alive 10s\nbackend a\n server b 10.0.0.1:80",
        "[mysqld]\nwait_timeout = 600\ninteractive_timeout=28800\nnet_read_timeout=30",
        "idle_session_timeout = '5min'\ntcp_keepalives_idle = 60\nstatement_timeout = 30s",
        "timeout 300\ntcp-keepalive 60\nmaxclients 10000",
        "ClientAliveInterval 60\nClientAliveCountMax 3\nLoginGraceTime 2m",
        "server.keepAliveTimeout = 5000;\nserver.headersTimeout = 60_000;\nserver.listen(3000)",
        "static_resources:\n  clusters:\n  - name: a\n    connect_timeout: 0.25s\n    common_http_protocol_options:\n      idle_timeout: 1h",
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  annotations:\n    nginx.ingress.kubernetes.io/proxy-read-timeout: \"60\"",
        "idle_timeout.timeout_seconds 60\nclient_keep_alive.seconds 3600",
        "gunicorn app:app --timeout 30 --keep-alive 2",
        "maximumPoolSize=10\nmaxLifetime=1800000\nidleTimeout=600000",
        "cut_off = \"60s\"\n[[hop]]\ncomponent = \"nginx\"\ntimers = { keepalive_timeout = \"65s\" }\n[[hop]]\ncomponent = \"node\"",
        "{\"slowest_answer\": 30, \"hops\": [{\"component\": \"aws-alb\"}, {\"component\": \"nginx\", \"dialect\": \"nginx\", \"config\": \"keepalive_timeout 75s;\"}]}",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}

/// A short connection in every container and behind every kind of link; the first byte is the length
/// of the chunks.
fn captures() -> Vec<Vec<u8>> {
    use writer::{ACK, Client, FIN, PSH, RST, SYN, Server, Wire, behind, ethernet, gzip, pcap};
    let mut wire = Wire::open(443);
    wire.send(Client, PSH | ACK, &[22, 3, 1, 0, 1, 1]).send(Server, RST | ACK, b"");
    let mut other = Wire::to(3306);
    other.send(Client, SYN, b"").icmp(3, 4, 1400).send(Server, FIN | ACK, b"");
    let first = &wire.packets[3..];
    let links: [(u32, &[u8]); 6] = [
        (1, &[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x81, 0, 0, 7, 8, 0]),
        (113, &[0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0]),
        (276, &[8, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0]),
        (101, &[]),
        (0, &[2, 0, 0, 0]),
        (108, &[0, 0, 0, 2]),
    ];
    let mut files: Vec<Vec<u8>> =
        links.iter().map(|(link, header)| pcap(*link, &behind(header, first))).collect();
    files.push(pcap(1, &ethernet(&wire.packets)));
    files.push(pcap(1, &ethernet(&other.packets)));
    files.push(gzip(&pcap(101, first)));
    files.push(next_generation(first));
    files.into_iter().map(|file| [vec![255], file].concat()).collect()
}

/// A pcapng file: section header, interface, one enhanced packet each.
fn next_generation(packets: &[writer::Packet]) -> Vec<u8> {
    let mut file = vec![0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0, 0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0];
    file.extend([255; 8]);
    file.extend([28, 0, 0, 0]);
    file.extend([1, 0, 0, 0, 20, 0, 0, 0, 101, 0, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0]);
    for (_, packet) in packets {
        let mut padded = packet.clone();
        padded.resize(packet.len().next_multiple_of(4), 0);
        let length = u32::try_from(padded.len() + 32).expect("a packet is short").to_le_bytes();
        let captured = u32::try_from(packet.len()).expect("a packet is short").to_le_bytes();
        file.extend([6, 0, 0, 0]);
        file.extend(length);
        file.extend([0; 12]);
        file.extend(captured);
        file.extend(captured);
        file.extend(padded);
        file.extend(length);
    }
    file
}

/// What the tables of the policy's tests name, redirects on a line of their own.
fn targets() -> Vec<Vec<u8>> {
    lines("tests/policy")
        .iter()
        .filter_map(|line| {
            let row: serde_json::Value = serde_json::from_str(line).ok()?;
            let redirect = row["redirects"].get(0).and_then(|to| to.as_str());
            let redirect = redirect.map_or_else(String::new, |to| format!("\n{to}"));
            Some(format!("{}{redirect}", row["input"].as_str()?).into_bytes())
        })
        .collect()
}

/// The scenarios and near misses of the tests, as cases.
fn cases() -> Vec<Vec<u8>> {
    lines("tests/cases")
        .iter()
        .filter_map(|line| {
            let mut row: serde_json::Value = serde_json::from_str(line).ok()?;
            let known = ["text", "facts", "answers", "target", "lang", "observations"];
            row.as_object_mut()?.retain(|name, _| known.contains(&name.as_str()));
            Some(row.to_string().into_bytes())
        })
        .collect()
}

/// The lines of every `*.jsonl` in a folder of the project.
fn lines(folder: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder);
    let mut files: Vec<_> = fs::read_dir(&folder)
        .expect("the tests have this folder")
        .map(|entry| entry.expect("a folder can be read").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "jsonl"))
        .collect();
    files.sort();
    files
        .iter()
        .flat_map(|path| {
            let text = fs::read_to_string(path).expect("a table can be read");
            text.lines().map(str::to_owned).collect::<Vec<_>>()
        })
        .collect()
}
