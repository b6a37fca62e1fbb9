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
    group.finish();
}

criterion_group!(benches, diagnosis);
criterion_main!(benches);
