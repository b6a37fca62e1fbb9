//! The whole report as Markdown, for a wiki, a ticket, a repository.

use std::fmt::Write as _;

use super::super::{
    HopState, RankedCause, Report, ReportFix, inert,
    message::markdown::{coded, escape, fenced},
    words::{bracketed, colon, percent, say, seconds, word},
};

/// Causes that get a ledger of their own; the others stand in the table.
const LEDGERS: usize = 3;
/// Below this probability causes are counted in one row. judgement: what a table would call "< 1 %".
const SHOWN: f64 = 0.01;

impl Report {
    /// The report in its own language. `link` is the address of the saved report, where it has one.
    pub fn markdown(&self, link: Option<&str>) -> String {
        let mut out = String::new();
        self.head(link, &mut out);
        self.hops(&mut out);
        self.ranking(&mut out);
        for cause in self.causes.iter().take(LEDGERS).filter(|cause| !cause.evidence.is_empty()) {
            self.ledger(cause, &mut out);
        }
        self.times(&mut out);
        self.remedies(&mut out);
        self.unknowns(&mut out);
        out
    }

    fn title(&self, id: &str, out: &mut String) {
        heading(&say(self.lang, id, &[]), out);
    }

    fn head(&self, link: Option<&str>, out: &mut String) {
        let (verdict, colon) = (&self.verdict, colon(self.lang));
        let _ = writeln!(out, "# {}\n", text(&verdict.sentence));
        let leading = self.causes.iter().find(|cause| Some(&cause.id) == verdict.cause.as_ref());
        let mut facts = Vec::new();
        if let Some(cause) = leading {
            facts.push(("confidence", percent(cause.probability, self.lang)));
        }
        if !verdict.owner.is_empty() {
            let mark = say(self.lang, "list-mark", &[]);
            let who: Vec<String> =
                verdict.owner.iter().map(|who| text(&word(self.lang, "who", who))).collect();
            facts.push(("concerns", who.join(&mark)));
        }
        if let Some(target) = &self.case.target {
            facts.push(("message-where", text(target)));
        }
        for (label, value) in facts {
            let _ = writeln!(out, "- **{}**{colon}{value}", say(self.lang, label, &[]));
        }
        if out.ends_with("\n\n") {
            out.pop();
        }
        let _ = writeln!(out, "\n{}", prose(&verdict.first_step));
        if let Some(cause) = leading {
            self.title("happened-title", out);
            let _ = writeln!(out, "{}", prose(&cause.plain));
        }
        if let Some(link) = link {
            let words = say(self.lang, "message-link", &[]);
            let _ = writeln!(out, "\n[{words}]({})", inert::address(link));
        }
    }

    fn hops(&self, out: &mut String) {
        self.title("chain-label", out);
        for hop in &self.chain {
            let state = match hop.state {
                HopState::Ok => "ok",
                HopState::Broken => "broken",
                HopState::Suspect => "suspect",
                HopState::NotVisible => "unseen",
            };
            let share = match hop.state {
                HopState::Broken | HopState::Suspect => {
                    bracketed(&percent(hop.probability, self.lang), self.lang)
                }
                HopState::Ok | HopState::NotVisible => String::new(),
            };
            let state = word(self.lang, "hop", state);
            let _ = writeln!(out, "- {}{}{state}{share}", text(&hop.label), colon(self.lang));
        }
    }

    fn ranking(&self, out: &mut String) {
        self.title("export-causes", out);
        let head = |id: &str| say(self.lang, id, &[]);
        let _ = writeln!(out, "| {} | {} |\n|---|---:|", head("export-cause"), head("confidence"));
        let is_shown = |cause: &&RankedCause| cause.probability >= SHOWN;
        let mut row = |name: String, probability: f64| {
            let _ = writeln!(out, "| {name} | {} |", percent(probability, self.lang));
        };
        for cause in self.causes.iter().filter(is_shown) {
            row(text(&cause.name), cause.probability);
        }
        let rest: Vec<&RankedCause> = self.causes.iter().filter(|cause| !is_shown(cause)).collect();
        if !rest.is_empty() {
            let n = rest.len().to_string();
            let sum = rest.iter().map(|cause| cause.probability).sum();
            row(say(self.lang, "export-rest", &[("n", &n)]), sum);
        }
    }

    fn ledger(&self, cause: &RankedCause, out: &mut String) {
        let why = say(self.lang, "ledger-title", &[]);
        heading(&format!("{why}{}{}", colon(self.lang), text(&cause.name)), out);
        let head = |id: &str| say(self.lang, id, &[]);
        let _ = writeln!(
            out,
            "| {} | {} | {} |\n|---|---|---:|",
            head("export-observation"),
            head("export-source"),
            head("export-bits")
        );
        for item in &cause.evidence {
            let source = word(self.lang, "source", item.source.as_str());
            let _ = writeln!(out, "| {} | {source} | {:+.1} |", text(&item.label), item.bits);
        }
    }

    fn times(&self, out: &mut String) {
        if self.constants.is_empty() {
            return;
        }
        self.title("constants-title", out);
        let time = |value: f64| say(self.lang, "n-seconds", &[("n", &seconds(value))]);
        for constant in &self.constants {
            let _ = writeln!(
                out,
                "- {} ≈ {}{}{} {}{}",
                time(constant.measured),
                time(constant.seconds),
                colon(self.lang),
                text(&constant.component),
                text(&constant.setting),
                source(&constant.source)
            );
        }
    }

    fn remedies(&self, out: &mut String) {
        if self.fixes.is_empty() {
            return;
        }
        self.title("fixes-title", out);
        for fix in &self.fixes {
            self.remedy(fix, out);
        }
    }

    fn remedy(&self, fix: &ReportFix, out: &mut String) {
        let mark = say(self.lang, "list-mark", &[]);
        let who: Vec<String> =
            fix.who.iter().map(|who| text(&word(self.lang, "who", who))).collect();
        let minutes = say(self.lang, "minutes", &[("n", &fix.minutes.to_string())]);
        let risk = word(self.lang, "risk", &fix.risk);
        let _ = writeln!(out, "### {}\n", prose(&fix.title));
        let _ = writeln!(
            out,
            "{} · {} · {minutes} · {}\n",
            text(&fix.stack),
            text(&risk),
            who.join(&mark)
        );
        for (step, number) in fix.steps.iter().zip(1..) {
            let _ = writeln!(out, "{number}. {}", prose(step));
        }
        for command in &fix.commands {
            let _ = write!(out, "\n{}", fenced(command));
        }
        let fitted = fix.fitted.iter().map(|fitted| (&fitted.value, &fitted.reason));
        self.notes("fits-title", fitted, out);
        self.notes("blanks-title", fix.blanks.iter().map(|blank| (&blank.name, &blank.put)), out);
        for (label, value) in [("verify", &fix.verify), ("rollback", &fix.rollback)] {
            let _ = write!(
                out,
                "\n**{}**{}{}\n",
                say(self.lang, label, &[]),
                colon(self.lang),
                prose(value)
            );
        }
        for url in &fix.sources {
            let _ = writeln!(out, "{}", source(url));
        }
        out.push('\n');
    }

    /// A list of words, each with what is to be said of it.
    fn notes<'a>(
        &self,
        title: &str,
        notes: impl Iterator<Item = (&'a String, &'a String)>,
        out: &mut String,
    ) {
        let colon = colon(self.lang);
        for (at, (word, note)) in notes.enumerate() {
            if at == 0 {
                let _ = write!(out, "\n**{}**\n\n", say(self.lang, title, &[]));
            }
            let _ = writeln!(out, "- {}{colon}{}", text(word), prose(note));
        }
    }

    fn unknowns(&self, out: &mut String) {
        let colon = colon(self.lang);
        if !self.ruled_out.is_empty() {
            self.title("ruled-out-title", out);
            for ruled in &self.ruled_out {
                let _ = writeln!(out, "- {}{colon}{}", text(&ruled.name), text(&ruled.why));
            }
        }
        if !self.not_visible.is_empty() {
            self.title("not-visible-title", out);
            for hidden in &self.not_visible {
                let _ = writeln!(out, "- {}{colon}{}", text(&hidden.label), text(&hidden.needs));
            }
        }
        if let Some(change) = &self.change_of_mind {
            self.title("change-of-mind-title", out);
            let _ = writeln!(out, "{}", prose(&change.sentence));
        }
    }
}

/// A heading between empty lines.
fn heading(words: &str, out: &mut String) {
    if !out.ends_with("\n\n") {
        out.push('\n');
    }
    let _ = writeln!(out, "## {words}\n");
}

/// One line of our own sentences, which may quote what is not: code in them stays code.
fn prose(value: &str) -> String {
    coded(&inert::one_line(value))
}

/// One line from outside.
fn text(value: &str) -> String {
    escape(&inert::one_line(value))
}

/// A source as a link where it is a web address, else as words, else nothing.
fn source(url: &str) -> String {
    if url.starts_with("https://") || url.starts_with("http://") {
        format!(" <{}>", inert::address(url))
    } else if url.is_empty() {
        String::new()
    } else {
        format!(" {}", text(url))
    }
}
