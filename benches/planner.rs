//! How many questions it takes to the right fix: the planner, a fixed order, a random order, and the
//! entropy floor, over users drawn from the knowledge base.
//!
//! `cargo bench --no-default-features --bench planner`
#![expect(clippy::print_stdout, reason = "the table is what this is for")]

use hangup::{
    engine::{
        Model,
        simulation::{Noise, Order},
    },
    knowledge::{built_in, load},
};

const USERS: usize = 1000;

fn main() {
    let base = load(&[built_in()]).base;
    let model = Model::new(&base);
    println!("{USERS} users; questions and floor are means over those who reached the right fix");
    println!("{:<34}{:>9}{:>11}{:>8}{:>8}", "", "reached", "questions", "floor", "ratio");
    for (name, noise) in [
        ("15 % don't know, 10 % wrong", Noise { dont_know: 0.15, wrong: 0.10 }),
        ("all known and right", Noise { dont_know: 0.0, wrong: 0.0 }),
    ] {
        for order in [Order::Planned, Order::Fixed, Order::Random] {
            let s = model.simulate(&base, USERS, order, noise, 7);
            println!(
                "{:<34}{:>9.3}{:>11.2}{:>8.2}{:>8.2}",
                format!("{order:?}: {name}"),
                s.reached,
                s.questions,
                s.floor,
                s.questions / s.floor
            );
        }
    }
}
