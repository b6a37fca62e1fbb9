//! What the capture page's worker answers, as the page asks it: JSON in, JSON out.

use hangup::{
    capture::Closer,
    worker::{
        CaptureDesk,
        protocol::{Ask, Page, Query, Say, Sort, Summary},
    },
};

use crate::writer::{ACK, Client, FIN, PSH, Packet, RST, SYN, Server, Wire, ethernet, gzip, pcap};

/// `count` connections: every third is refused, every third reset, the others are in order.
fn many(count: u16) -> Vec<u8> {
    let mut packets: Vec<Packet> = Vec::new();
    for at in 0..count {
        let mut wire = Wire::to(if at % 2 == 0 { 80 } else { 8080 });
        wire.ports[0] = 20_000 + at;
        wire.wait(f64::from(at) * 0.01).send(Client, SYN, b"");
        match at % 3 {
            0 => wire.send(Server, RST | ACK, b""),
            1 => {
                wire.wait(0.02).send(Server, SYN | ACK, b"").send(Client, ACK, b"");
                wire.send(Client, PSH | ACK, &vec![b'x'; usize::from(at)]);
                wire.wait(0.02).send(Server, RST, b"")
            }
            _ => {
                wire.wait(0.02).send(Server, SYN | ACK, b"").send(Client, ACK, b"");
                wire.close(Server)
            }
        };
        packets.append(&mut wire.packets);
    }
    pcap(1, &ethernet(&packets))
}

fn said(json: &str) -> Say {
    serde_json::from_str(json).unwrap()
}

fn read(desk: &mut CaptureDesk, slot: u32, file: &[u8]) -> Summary {
    desk.open(slot);
    for chunk in file.chunks(999) {
        if desk.push(chunk) {
            break;
        }
    }
    match said(&desk.finish()) {
        Say::Read(summary) => summary,
        other => panic!("{other:?}"),
    }
}

fn ask(desk: &mut CaptureDesk, ask: &Ask) -> Say {
    said(&desk.ask(&serde_json::to_string(ask).unwrap()))
}

fn rows(desk: &mut CaptureDesk, query: Query) -> Page {
    match ask(desk, &Ask::Rows(query)) {
        Say::Rows(page) => page,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_table_is_sorted_filtered_and_cut_into_pages() {
    let mut desk = CaptureDesk::new("en");
    let summary = read(&mut desk, 0, &gzip(&many(300)));
    assert_eq!((summary.conversations, summary.failed, summary.not_kept), (300, 200, 0));
    let first = rows(&mut desk, Query::default());
    assert_eq!((first.rows.len(), first.matching, first.all), (50, 300, 300));
    assert!(first.rows.iter().all(|row| row.failed && row.findings[0] == "refused"));
    let last = rows(&mut desk, Query { page: 99, ..Query::default() });
    assert_eq!((last.page, last.from, last.rows[49].failed), (5, 250, false));
    let by_bytes =
        rows(&mut desk, Query { sort: Sort::Bytes, descending: true, ..Query::default() });
    assert_eq!(by_bytes.rows[0].sent[0], "298 B");
    let ports = rows(&mut desk, Query { text: "80".to_owned(), ..Query::default() });
    assert_eq!(ports.matching, 150, "a port is meant whole");
    let none = Query { closer: Some(Closer::Src), ..Query::default() };
    assert_eq!(rows(&mut desk, none).matching, 0);
    let found = Query { findings_only: true, text: "192.0.2.10".to_owned(), ..Query::default() };
    assert_eq!(rows(&mut desk, found).matching, 200);
}

#[test]
fn a_conversation_is_told_drawn_and_turned_into_evidence() {
    let mut wire = Wire::open(443);
    wire.wait(0.01).send(Client, PSH | ACK, b"ask").wait(0.03).send(Server, PSH | ACK, b"answer");
    wire.wait(60.0).send(Client, PSH | ACK, b"again").wait(0.02).send(Server, RST, b"");
    let file = pcap(1, &ethernet(&wire.packets));
    let mut desk = CaptureDesk::new("zh-CN");
    read(&mut desk, 0, &file);
    let Say::One(one) = ask(&mut desk, &Ask::One { id: 0 }) else { panic!("one conversation") };
    assert!(one.row.sentence.contains("静默 60 秒"), "{}", one.row.sentence);
    assert!(one.observations.iter().any(|seen| seen.variable == "closer"));
    assert!(desk.trace(0));
    file.chunks(100).for_each(|chunk| {
        desk.trace_push(chunk);
    });
    let Say::Picture(picture) = said(&desk.trace_finish()) else { panic!("a picture") };
    let cut: Vec<_> = picture.steps.iter().filter_map(|step| step.gap.as_ref()).collect();
    assert_eq!(picture.steps.len(), 7);
    assert_eq!(cut.iter().filter(|gap| gap.cut).count(), 1);
    assert!(picture.steps.windows(2).all(|pair| pair[0].y < pair[1].y));
    assert!(!desk.trace(7));
    assert!(matches!(said(&desk.trace_finish()), Say::Failed { .. }));
}

#[test]
fn what_is_no_capture_and_what_is_damaged_get_sentences() {
    let mut desk = CaptureDesk::new("en");
    let refused = read(&mut desk, 0, b"dear diary, today").refusal.unwrap();
    assert!(refused.starts_with("This is no packet capture: byte 0: it begins like a text;"));
    assert!(refused.contains("HAR"));
    let refused = read(&mut desk, 0, &[0x89, b'P', b'N', b'G', 13, 10]).refusal.unwrap();
    assert_eq!(
        refused,
        "This is no packet capture: byte 0: neither pcap nor pcapng begins like this."
    );
    let file = many(9);
    let summary = read(&mut desk, 0, &file[..file.len() - 5]);
    assert_eq!(summary.warnings.len(), 1);
    assert_eq!(rows(&mut desk, Query::default()).all, 9);
    assert!(matches!(said(&desk.ask("{")), Say::Failed { .. }));
}

#[test]
fn two_ends_are_compared() {
    let mut wire = Wire::open(443);
    wire.send(Client, PSH | ACK, b"ask").send(Server, FIN | ACK, b"");
    let here = pcap(1, &ethernet(&wire.packets));
    wire.ttl[1] = 99;
    wire.send(Server, RST, b"");
    let there = pcap(1, &ethernet(&wire.packets));
    let mut desk = CaptureDesk::new("en");
    read(&mut desk, 0, &there);
    read(&mut desk, 1, &here);
    let Say::Differences(found) = ask(&mut desk, &Ask::Differences { page: 0 }) else {
        panic!("differences")
    };
    assert_eq!((found.all, found.differing), (1, 1));
    assert!(found.rows[0].sentence.contains("RST"), "{}", found.rows[0].sentence);
}
