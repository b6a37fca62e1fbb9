//! The published account of how often Hangup is right: figures, slices, calibration, every miss.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use crate::{engine::scale::Scale, knowledge::Lang};

use super::{Case, Diagnostician, Facts, Figures, Labelled, Outcome, evaluation::bins};

/// How many observations a miss is explained with.
const SHOWN_OBSERVATIONS: usize = 3;

/// A cause that all of a case favours by less than this, bits, has nothing that speaks for it.
const SPEAKS: f64 = 1.0;

/// One slice of the cases with its figures.
type Row = (String, Figures);

impl Diagnostician {
    /// The account of `cases` as Markdown, under the heading `name`. All figures are out of fold: each
    /// case is judged on the scale that was fitted without it, on `folds` parts.
    pub fn accuracy(&self, name: &str, cases: &[Labelled], folds: usize) -> String {
        let validation = self.cross_validate(cases, folds);
        let mut out = format!("## {name}\n\n");
        let _ = writeln!(
            out,
            "{} cases, {folds} folds. Scale fitted on all of them: {}; the program uses {}.\n",
            cases.len(),
            told(&validation.fitted),
            told(self.model().scale()),
        );
        table(&self.slices(cases, &validation.outcomes), &mut out);
        calibration(&validation.outcomes, &mut out);
        confusions(&validation.outcomes, &mut out);
        out.push_str("### Misses\n\n");
        for (labelled, outcome) in cases.iter().zip(&validation.outcomes) {
            if outcome.rank != Some(1) {
                out.push_str(&self.miss(labelled, outcome));
            }
        }
        out.push('\n');
        out
    }

    fn slices(&self, cases: &[Labelled], outcomes: &[Outcome]) -> Vec<Row> {
        let judged = || cases.iter().zip(outcomes);
        let some = |holds: &dyn Fn(&Labelled) -> bool| -> Figures {
            let kept = judged().filter(|(labelled, _)| holds(labelled));
            Figures::of(&kept.map(|(_, outcome)| outcome.clone()).collect::<Vec<_>>())
        };
        let again = |part: fn(&Case) -> Case| -> Figures {
            let of = |c: &Labelled| self.judge(&c.id, &part(&c.case), &c.label);
            Figures::of(&cases.iter().map(of).collect::<Vec<_>>())
        };
        let whole: Vec<Outcome> =
            cases.iter().map(|c| self.judge(&c.id, &c.case, &c.label)).collect();
        let mut rows = vec![
            ("out of fold".to_owned(), some(&|_| true)),
            ("as published (not out of fold)".to_owned(), Figures::of(&whole)),
        ];
        for (lang, word) in [(Lang::En, "English"), (Lang::Zh, "简体中文")] {
            rows.push((word.to_owned(), some(&|c| c.case.lang.unwrap_or_default() == lang)));
        }
        let levels: BTreeSet<&str> =
            cases.iter().filter_map(|labelled| labelled.specificity.as_deref()).collect();
        for level in levels {
            let name = format!("text is {}", level.replace('_', " "));
            rows.push((name, some(&|c| c.specificity.as_deref() == Some(level))));
        }
        rows.push(("text alone".to_owned(), again(text_alone)));
        rows.push(("facts alone, without text and notes".to_owned(), again(facts_alone)));
        rows.retain(|(_, figures)| figures.n > 0);
        rows
    }

    /// Why the true cause was not first: what spoke more for the leader, and whether anything spoke
    /// for the truth at all.
    fn miss(&self, labelled: &Labelled, outcome: &Outcome) -> String {
        let thought = self.think(&labelled.case, &BTreeSet::new());
        let index = |id: &str| self.model().causes().iter().position(|known| known == id);
        let truth = index(&outcome.label.cause);
        let Some((leader, p)) = outcome.top.first() else { return String::new() };
        let place = outcome.rank.map_or_else(|| "unknown".to_owned(), |rank| rank.to_string());
        let mut out = format!(
            "- `{}`: `{}` came at place {place}; first was `{leader}` ({:.0} %).",
            labelled.id.replace('`', "'"),
            outcome.label.cause,
            p * 100.0
        );
        let (Some(truth), Some(leader)) = (truth, index(leader)) else {
            out.push('\n');
            return out;
        };
        let weight = |weights: &[f64], cause: usize| weights.get(cause).copied().unwrap_or(0.0);
        let mut ahead: Vec<(f64, String)> = thought
            .belief
            .weighed
            .iter()
            .filter_map(|item| {
                let o = thought.evidence.get(item.observation)?;
                let lead = weight(&item.weights, leader) - weight(&item.weights, truth);
                Some((lead, format!("{} = {}", o.variable, o.value)))
            })
            .filter(|(lead, _)| *lead >= 0.3)
            .collect();
        ahead.sort_by(|(a, x), (b, y)| b.total_cmp(a).then_with(|| x.cmp(y)));
        if !ahead.is_empty() {
            let said: Vec<String> = ahead
                .iter()
                .take(SHOWN_OBSERVATIONS)
                .map(|(bits, seen)| format!("`{seen}` (+{bits:.1})"))
                .collect();
            let _ = write!(out, " For it rather than the truth: {}.", said.join(", "));
        } else if let (Some(a), Some(b)) =
            (thought.belief.prior.get(leader), thought.belief.prior.get(truth))
            && a > b
        {
            out.push_str(" Nothing but its higher prior.");
        }
        let favour: f64 =
            thought.belief.weighed.iter().map(|item| weight(&item.weights, truth).max(0.0)).sum();
        if favour < SPEAKS {
            out.push_str(" Nothing that was read speaks for the truth.");
        }
        out.push('\n');
        out
    }
}

/// The fitted numbers of a scale.
fn told(scale: &Scale) -> String {
    let Scale { temper, doubt, prior_power, text, answer, .. } = scale;
    format!(
        "temper {temper}, doubt {doubt}, prior power {prior_power}, text {text}, answer {answer}"
    )
}

fn text_alone(case: &Case) -> Case {
    Case { text: case.text.clone(), lang: case.lang, ..Case::default() }
}

fn facts_alone(case: &Case) -> Case {
    Case { text: None, facts: Facts { notes: None, ..case.facts.clone() }, ..case.clone() }
}

fn table(rows: &[Row], out: &mut String) {
    out.push_str(
        "| cases | n | cause first | in top 3 | family first | in top 3 | questions | replay | floor | ECE | Brier | abstained |\n\
         |---|---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    for (name, f) in rows {
        let _ = writeln!(
            out,
            "| {name} | {} | {:.3} | {:.3} | {:.3} | {:.3} | {:.2} | {:.3} | {:.2} | {:.3} | {:.3} | {:.3} |",
            f.n,
            f.top1_cause,
            f.top3_cause,
            f.top1_family,
            f.top3_family,
            f.mean_questions,
            f.top1_cause_replay,
            f.floor_questions,
            f.ece,
            f.brier,
            f.abstained
        );
    }
    out.push('\n');
}

fn calibration(outcomes: &[Outcome], out: &mut String) {
    out.push_str(
        "### Does a probability mean what it says?\n\n\
         | said | cases | mean said | came true |\n|---|---|---|---|\n",
    );
    for (at, bin) in (0_u8..).zip(bins(outcomes)).filter(|(_, bin)| bin.size > 0.0) {
        let _ = writeln!(
            out,
            "| {} to {} % | {} | {:.2} | {:.2} |",
            at * 10,
            (at + 1) * 10,
            bin.size,
            bin.said / bin.size,
            bin.true_ / bin.size
        );
    }
    out.push('\n');
}

/// Which cause was taken for which, more than once.
fn confusions(outcomes: &[Outcome], out: &mut String) {
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for outcome in outcomes.iter().filter(|outcome| outcome.rank != Some(1)) {
        if let Some((first, _)) = outcome.top.first() {
            *counts.entry((&outcome.label.cause, first)).or_default() += 1;
        }
    }
    let mut counts: Vec<_> = counts.into_iter().filter(|(_, count)| *count > 1).collect();
    counts.sort_by(|(a, x), (b, y)| y.cmp(x).then(a.cmp(b)));
    if counts.is_empty() {
        return;
    }
    out.push_str("### What is taken for what, more than once\n\n");
    for ((truth, first), count) in counts {
        let _ = writeln!(out, "- {count} ×: it was `{truth}`, first was `{first}`");
    }
    out.push('\n');
}
