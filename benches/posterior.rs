//! Evidence, posterior and time of labelled cases, for `benches/pgmpy/compare.py`.
//!
//! First line: the knowledge base as JSON. Then a line a case: its evidence, the posterior by cause
//! and the mean time of one posterior in nanoseconds.
//!
//! `cargo bench --no-default-features --bench posterior -- CASES.jsonl`
#![expect(clippy::print_stdout, reason = "the lines are what this is for")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot start may stop")]

use std::{collections::BTreeMap, hint::black_box, path::Path, sync::Arc, time::Instant};

use hangup::{
    knowledge::{built_in, load},
    report::{Diagnostician, LabelledCase},
};
use serde_json::json;

const ROUNDS: u32 = 200;

fn main() {
    let file = std::env::args().skip(1).find(|argument| Path::new(argument).is_file()).unwrap();
    let doctor = Diagnostician::new(Arc::new(load(&[built_in()]).base)).unwrap();
    println!("{}", serde_json::to_string(&**doctor.base()).unwrap());
    for line in std::fs::read_to_string(file).unwrap().lines() {
        let labelled: LabelledCase = serde_json::from_str(line).unwrap();
        let evidence = doctor.observe(&labelled.case().unwrap());
        let start = Instant::now();
        for _ in 0..ROUNDS {
            black_box(doctor.model().believe(black_box(&evidence)));
        }
        let nanoseconds = (start.elapsed() / ROUNDS).as_nanos();
        let posterior = doctor.model().believe(&evidence).posterior;
        let by_cause: BTreeMap<&String, f64> =
            doctor.model().causes().iter().zip(posterior).collect();
        println!(
            "{}",
            json!({"id": labelled.id(), "evidence": evidence, "posterior": by_cause, "nanoseconds": nanoseconds})
        );
    }
}
