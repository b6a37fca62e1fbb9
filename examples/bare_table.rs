//! The measure beside `hangup capture` as a program of its own: see `benches/throughput.py`.
#![expect(clippy::unwrap_used, reason = "a measure that cannot start may stop")]
#![expect(clippy::print_stdout, reason = "its result is a line")]

#[path = "../benches/bare/mod.rs"]
mod bare;

fn main() {
    let file = std::env::args().nth(1).unwrap();
    println!("{}", bare::bare(std::fs::File::open(file).unwrap()));
}
