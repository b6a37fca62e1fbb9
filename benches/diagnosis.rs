//! How long a diagnosis takes: making ready, weighing, planning, reading a log.
//!
//! `cargo bench --no-default-features --bench diagnosis`
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot start may stop")]

use std::{collections::BTreeSet, hint::black_box, sync::Arc};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use hangup::{
    knowledge::{Lang, built_in, load},
    report::{Case, Diagnostician, Facts},
};

fn case() -> Case {
    Case {
        text: Some(
            "upstream prematurely closed connection while reading response header from upstream"
                .to_owned(),
        ),
        facts: Facts {
            phase: Some("reuse_keepalive".to_owned()),
            after_seconds: Some(60.0),
            scope: Some("all".to_owned()),
            stack: vec!["nginx".to_owned(), "node".to_owned()],
            between: vec!["aws-alb".to_owned()],
            notes: Some("started after we moved behind the load balancer".to_owned()),
        },
        ..Case::default()
    }
}

/// Ordinary access log lines with an error line among every hundred.
fn log(bytes: usize) -> String {
    let plain = "203.0.113.7 - - [22/Nov/2026:10:00:00 +0000] \"GET /api/v1/items?page=3 HTTP/1.1\" 200 5123 \"-\" \"Mozilla/5.0\"\n";
    let error = "2026/11/22 10:00:00 [error] 7#7: *1 recv() failed (104: Connection reset by peer) while reading response header from upstream\n";
    let block = plain.repeat(99) + error;
    block.repeat(bytes / block.len() + 1)
}

/// A log of many programs in both languages, every line another; one in twenty tells of trouble.
/// `end2end/tests/bench.spec.ts` makes the same kind for the browser.
fn mixed_log(bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 400);
    for n in 0_u64.. {
        if text.len() >= bytes {
            break;
        }
        let (hour, minute, second) = (n / 36_000 % 24, n / 600 % 60, n / 10 % 60);
        let time = format!("{hour:02}:{minute:02}:{second:02}");
        let line = match n % 20 {
            0..=9 => format!(
                "203.0.113.{} - - [22/Nov/2026:{time} +0000] \"GET /api/v1/items/{n}?page={} HTTP/1.1\" 200 {} \"https://shop.example.com/\" \"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\"",
                n % 250,
                n % 7,
                n % 90_000
            ),
            10..=12 => format!(
                "2026-11-22T{time}.{:03}Z INFO  [pool-{}-thread-{}] com.example.shop.OrderService - order {n} stored in {} ms",
                n % 1000,
                n % 9,
                n % 32,
                n % 300
            ),
            13 | 14 => format!(
                "Nov 22 {time} web-{} systemd[1]: Started Session {n} of user deploy.",
                n % 5
            ),
            15 => format!(
                "{{\"level\":\"info\",\"ts\":\"2026-11-22T{time}Z\",\"caller\":\"server/handler.go:{}\",\"msg\":\"request done\",\"request_id\":\"{:016x}\",\"elapsed_ms\":{}}}",
                n % 400,
                n.wrapping_mul(0x9e37_79b9),
                n % 700
            ),
            16 => format!(
                "2026-11-22 {time} [信息] 订单 {n} 已写入，用时 {} 毫秒，连接池空闲 {}",
                n % 300,
                n % 10
            ),
            17 => format!(
                "haproxy[912]: 203.0.113.{}:{} [22/Nov/2026:{time}.100] web~ app/s{} 0/0/1/{}/{} 200 {} - - ---- 12/12/3/1/0 0/0 \"GET /x/{n} HTTP/1.1\"",
                n % 250,
                1024 + n % 60_000,
                n % 4,
                n % 90,
                n % 90,
                n % 5000
            ),
            18 => format!(
                "{time}.{:06} IP 10.0.0.{}.443 > 10.0.0.9.{}: Flags [.], ack {n}, win 501, length 0",
                n % 1_000_000,
                n % 250,
                1024 + n % 60_000
            ),
            _ => match n / 20 % 4 {
                0 => format!(
                    "2026/11/22 {time} [error] 7#7: *{n} recv() failed (104: Connection reset by peer) while reading response header from upstream, client: 203.0.113.{}",
                    n % 250
                ),
                1 => format!(
                    "2026-11-22 {time},101 ERROR [http-nio-8080-exec-{}] HikariPool-1 - Connection is not available, request timed out after 30000ms.",
                    n % 20
                ),
                2 => format!(
                    "Nov 22 {time} db-1 mysqld: Aborted connection {n} to db: 'shop' user: 'app' host: '10.0.0.{}' (Got timeout reading communication packets)",
                    n % 250
                ),
                _ => format!(
                    "2026-11-22T{time}Z error Error: read ECONNRESET at TCP.onStreamRead (node:internal/stream_base_commons:{})",
                    n % 300
                ),
            },
        };
        text.push_str(&line);
        text.push('\n');
    }
    text
}

fn diagnosis(c: &mut Criterion) {
    let base = Arc::new(load(&[built_in()]).base);
    c.bench_function("load the knowledge", |b| b.iter(|| load(black_box(&[built_in()]))));
    c.bench_function("compile patterns and tables", |b| {
        b.iter(|| Diagnostician::new(Arc::clone(&base)).unwrap());
    });
    let diagnostician = Diagnostician::new(Arc::clone(&base)).unwrap();
    let case = case();
    let evidence = diagnostician.think(&case, &BTreeSet::new()).evidence;
    let model = diagnostician.model();
    c.bench_function("posterior", |b| b.iter(|| model.believe(black_box(&evidence))));
    c.bench_function("posterior and next step", |b| {
        b.iter(|| {
            let belief = model.believe(black_box(&evidence));
            model.plan(&base, &belief, &evidence, &hangup::engine::Situation::default())
        });
    });
    c.bench_function("whole report", |b| {
        b.iter(|| diagnostician.diagnose(black_box(&case), Lang::En));
    });
    let text = log(1024 * 1024);
    let mut group = c.benchmark_group("decode");
    group.sample_size(10).throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("1 MiB of log", |b| b.iter(|| diagnostician.decode(black_box(&text))));
    let text = mixed_log(10_000_000);
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("10 MB of log", |b| b.iter(|| diagnostician.decode(black_box(&text))));
    group.finish();
    let mut group = c.benchmark_group("mask");
    group.sample_size(10).throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("10 MB of log", |b| b.iter(|| hangup::redact::redact(black_box(&text))));
    group.finish();
}

criterion_group!(benches, diagnosis);
criterion_main!(benches);
