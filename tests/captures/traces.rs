//! One conversation step by step, from a second look at the file.

use hangup::capture::{Act, Conversation, Lane, Reader, Trace, Tracer, Word};

use crate::writer::{ACK, Client, FIN, PSH, Packet, RST, SYN, Server, Wire, ethernet, gzip, pcap};

/// Reads the file for conversation `at`, then again for its steps, in chunks of `size`.
fn trace(file: &[u8], at: usize, size: usize) -> (Conversation, Trace) {
    let mut reader = Reader::default();
    reader.push(file);
    let mut all = reader.take_finished();
    all.extend(reader.finish().unwrap().0);
    all.sort_by(|a, b| a.first_ts.total_cmp(&b.first_ts));
    let conversation = all.remove(at);
    let mut tracer = Tracer::new(&conversation);
    file.chunks(size).for_each(|chunk| tracer.push(chunk));
    (conversation, tracer.finish().unwrap())
}

fn of(packets: &[Packet]) -> Trace {
    trace(&pcap(1, &ethernet(packets)), 0, 1000).1
}

fn acts(trace: &Trace) -> Vec<(Lane, Act)> {
    trace.first.iter().chain(&trace.last).map(|event| (event.from, event.act)).collect()
}

#[test]
fn every_kind_of_step_is_told_with_who_and_when() {
    let mut wire = Wire::open(80);
    wire.wait(0.001).send(Client, PSH | ACK, b"GET / HTTP/1.1\r\n\r\n");
    wire.wait(0.02).send(Server, PSH | ACK, b"HTTP/1.1 502 Bad Gateway\r\n\r\n");
    wire.send(Server, PSH | ACK, b"more").send(Client, ACK, b"");
    wire.wait(75.0);
    let seq = wire.seq[0].wrapping_sub(1);
    wire.raw(Client, ACK, seq, b"").send(Server, ACK, b"");
    wire.wait(5.0).send(Client, PSH | ACK, b"again");
    wire.wait(0.5);
    let seq = wire.seq[0].wrapping_sub(5);
    wire.raw(Client, PSH | ACK, seq, b"again");
    wire.window[1] = 0;
    wire.wait(0.3).send(Server, ACK, b"");
    wire.window[1] = 500;
    wire.wait(1.0).send(Server, ACK, b"").send(Server, FIN | ACK, b"");
    wire.ttl[1] = 250;
    wire.wait(0.1).send(Server, RST, b"");
    let trace = of(&wire.packets);
    let rst = Act::Rst { ttl: 250, usual: Some(52) };
    let expected = [
        (Lane::Src, Act::Syn),
        (Lane::Dst, Act::SynAck),
        (Lane::Src, Act::Ack),
        (Lane::Src, Act::Data),
        (Lane::Dst, Act::Data),
        (Lane::Src, Act::KeepAlive),
        (Lane::Src, Act::Data),
        (Lane::Src, Act::Again),
        (Lane::Dst, Act::ZeroWindow),
        (Lane::Dst, Act::WindowOpen),
        (Lane::Dst, Act::Fin),
        (Lane::Dst, rst),
    ];
    assert_eq!(acts(&trace), expected);
    let [.., request, answer] = &trace.first[..5] else { panic!("five steps") };
    assert_eq!((&request.words[..], request.bytes), (&[Word::Request][..], 18));
    assert_eq!(
        (&answer.words[..], answer.packets, answer.bytes),
        (&[Word::Status(502)][..], 2, 32)
    );
    assert!((trace.first[5].at - 75.0411).abs() < 1e-6, "{:?}", trace.first[5]);
}

#[test]
fn of_several_conversations_of_the_same_ports_the_right_one_is_told() {
    let mut wire = Wire::open(443);
    wire.send(Client, PSH | ACK, b"one").close(Client);
    wire.seq = [5_000_000, 7_000_000];
    wire.wait(1.0).send(Client, SYN, b"").wait(0.02).send(Server, RST | ACK, b"");
    wire.seq = [9_000_000, 3_000_000];
    wire.wait(1.0).send(Client, SYN, b"").wait(0.02).send(Server, SYN | ACK, b"");
    let file = gzip(&pcap(1, &ethernet(&wire.packets)));
    for size in [1, 7, 100_000] {
        let (_, second) = trace(&file, 1, size);
        let kinds: Vec<_> = acts(&second).into_iter().map(|(lane, _)| lane).collect();
        assert_eq!(kinds, [Lane::Src, Lane::Dst]);
        assert!(matches!(second.first[1].act, Act::Rst { ttl: 52, usual: None }));
        let (_, third) = trace(&file, 2, size);
        assert_eq!(acts(&third), [(Lane::Src, Act::Syn), (Lane::Dst, Act::SynAck)]);
    }
}

#[test]
fn of_very_many_steps_the_first_and_the_last_are_kept() {
    let mut wire = Wire::open(443);
    for _ in 0..1000 {
        wire.wait(1.0).send(Client, PSH | ACK, b"ask").wait(1.0).send(Server, PSH | ACK, b"answer");
    }
    wire.close(Server);
    let trace = of(&wire.packets);
    let left = trace.left_out.unwrap();
    assert_eq!(trace.first.len() as u64 + left.steps + trace.last.len() as u64, 3 + 2000 + 2);
    assert!(trace.first.len() + trace.last.len() <= 200);
    assert_eq!(trace.first[0].act, Act::Syn);
    assert_eq!(trace.last.last().unwrap().act, Act::Fin);
    assert_eq!((left.packets, left.again), (left.steps, 0));
}

#[test]
fn an_icmp_error_comes_from_the_way() {
    let mut wire = Wire::to(443);
    wire.send(Client, SYN, b"").wait(0.1).icmp(3, 13, 0);
    let trace = of(&wire.packets);
    let ends: Vec<_> = trace.first.iter().map(|event| (event.from, event.to)).collect();
    assert_eq!(ends, [(Lane::Src, Lane::Dst), (Lane::Way, Lane::Src)]);
}
