//! The outcomes as a table: on the terminal and in Markdown.

use std::fmt::Write;

use serde::Serialize;

use crate::judge::{Outcome, Verdict};

/// The promise: of the scenarios that probing decides, this share has the truth first.
const DECIDABLE: f64 = 0.95;

/// Sums over all scenarios.
#[derive(Debug, Serialize)]
pub(crate) struct Totals {
    /// Decidable scenarios, and those with the truth first.
    pub(crate) decidable: usize,
    pub(crate) first: usize,
    /// Undecidable scenarios, and those with the truth among three and what settles it named.
    pub(crate) undecidable: usize,
    pub(crate) settled: usize,
    /// Scenarios that tested nothing.
    pub(crate) errors: usize,
    pub(crate) families: usize,
}

impl Totals {
    pub(crate) fn of(outcomes: &[Outcome]) -> Self {
        let count = |fits: &dyn Fn(&Outcome) -> bool| outcomes.iter().filter(|o| fits(o)).count();
        let mut families: Vec<&str> = outcomes.iter().map(|o| o.family.as_str()).collect();
        families.sort_unstable();
        families.dedup();
        Self {
            decidable: count(&|o| o.decidable),
            first: count(&|o| o.verdict == Verdict::First),
            undecidable: count(&|o| !o.decidable),
            settled: count(&|o| o.verdict == Verdict::Settled),
            errors: count(&|o| o.verdict == Verdict::Error),
            families: families.len(),
        }
    }

    /// Whether the promise is kept, and every scenario tested something.
    pub(crate) fn is_kept(&self) -> bool {
        self.errors == 0
            && self.settled == self.undecidable
            && self.first as f64 >= DECIDABLE * self.decidable as f64
    }

    fn sentence(&self) -> String {
        let percent = |part: usize, of: usize| 100.0 * part as f64 / of.max(1) as f64;
        format!(
            "{} scenarios of {} families. Decidable by probing: {} of {} have the truth first ({:.1} %, \
             promised {:.0} %). Not decidable from outside: {} of {} have the truth among the first \
             three and name what settles it ({:.1} %, promised 100 %). {} did not fire.",
            self.decidable + self.undecidable,
            self.families,
            self.first,
            self.decidable,
            percent(self.first, self.decidable),
            DECIDABLE * 100.0,
            self.settled,
            self.undecidable,
            percent(self.settled, self.undecidable),
            self.errors
        )
    }
}

fn top(outcome: &Outcome) -> String {
    let shown = outcome.top.iter().map(|(id, share)| format!("{id} {:.0}", share * 100.0));
    shown.collect::<Vec<_>>().join(", ")
}

/// One scenario on one line.
pub(crate) fn line(outcome: &Outcome) -> String {
    let mut line = format!(
        "{:<34} {:<32} {:5.1} s  {:<8} {}",
        outcome.name,
        outcome.truth.join("|"),
        outcome.seconds,
        outcome.verdict.as_str(),
        top(outcome)
    );
    if let Some(step) = &outcome.settled_by {
        let _ = write!(line, "  [{step}]");
    }
    if let Some(why) = &outcome.why {
        let _ = write!(line, "\n    {why}");
    }
    if outcome.verdict == Verdict::Missed {
        let _ = write!(line, "\n    seen: {}", outcome.seen.join(" "));
    }
    line
}

/// The table for a terminal.
pub(crate) fn plain(outcomes: &[Outcome], totals: &Totals) -> String {
    let mut text = String::new();
    for outcome in outcomes {
        let _ = writeln!(text, "{}", line(outcome));
    }
    let _ = writeln!(text, "\n{}", totals.sentence());
    text
}

/// `docs/lab.md`.
pub(crate) fn markdown(outcomes: &[Outcome], totals: &Totals, repeated: Option<&str>) -> String {
    let repeated = repeated.map_or_else(String::new, |said| format!(" {said}"));
    let mut text = format!(
        "# The fault lab\n\n\
         Written by `cargo xtask lab --markdown`; do not edit. The scenarios lie in `lab/scenarios`, one file \
         each: what a person would say, the fault, how one knows that it fired, what is run, and the truth.\n\n\
         The program runs as nobody, without any capability, in a network namespace of its own. A scenario whose \
         fault did not fire counts as an error. *Settled by* stands where probing from outside cannot tell the \
         truth from its neighbours: it is what the report names that would.\n\n{}{repeated}\n\n\
         | scenario | what is broken | truth | first three, % | settled by | s | verdict |\n\
         |---|---|---|---|---|---|---|\n",
        totals.sentence()
    );
    for outcome in outcomes {
        let near = outcome.near_miss_of.as_ref().map(|of| format!(" (near miss of `{of}`)"));
        let _ = writeln!(
            text,
            "| `{}` | {}{} | {} | {} | {} | {:.0} | {} |",
            outcome.name,
            outcome.title,
            near.unwrap_or_default(),
            outcome.truth.join(" or "),
            top(outcome),
            outcome.settled_by.as_deref().unwrap_or(""),
            outcome.seconds,
            outcome.verdict.as_str(),
        );
    }
    let cut_offs: Vec<String> = outcomes.iter().filter_map(cut_off).collect();
    if !cut_offs.is_empty() {
        text.push_str(
            "\nWhere a timer ends quiet connections: what the `idle` probe measured, and what it took by the wall \
             (promised: within a second, in at most 1.3 times the cut-off).\n\n\
             | scenario | cut-off, s | measured, s | probe took, s | of the cut-off |\n|---|---|---|---|---|\n",
        );
        text.extend(cut_offs);
    }
    text
}

fn cut_off(outcome: &Outcome) -> Option<String> {
    let (set, measured, waited) = (outcome.cut_off?, outcome.measured?, outcome.waited?);
    let name = &outcome.name;
    Some(format!("| `{name}` | {set} | {measured} | {waited:.2} | {:.2} |\n", waited / set))
}
