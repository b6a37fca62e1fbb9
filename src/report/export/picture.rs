//! The verdict as a picture: a badge of one line, and a card. SVG with shapes and text alone: no
//! script, no style, no link, nothing fetched, so that it may stand in any page.
//!
//! Both say the cause and how sure that is, and nothing a person typed: whoever may embed the
//! picture need not see the host, the log or the answers.

use std::fmt::Write as _;

use super::super::{
    Report, VerdictState, inert,
    words::{colon, percent, say, word},
};

/// The fonts of the reader's own system, Chinese ones among them.
const FONT: &str = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif";
/// Width of an average letter, in hundredths of the font's size. judgement: measured on DejaVu and
/// Noto, and rounded up, since a gap looks better than text that runs out of its box.
const LETTER: usize = 58;
/// Width of a Chinese character, the same way.
const IDEOGRAPH: usize = 100;

/// Paper, ink, quiet ink and the colour of the state. Fixed, not the reader's scheme: a picture
/// must be legible on any page.
const PAPER: &str = "#ffffff";
const INK: &str = "#16191d";
const QUIET: &str = "#626a74";

impl Report {
    /// The badge: `hangup | Likely 81 %: …`, 20 units high.
    pub fn badge(&self) -> String {
        let (state, colour) = self.state();
        let leading = self.leading();
        let said = match leading {
            Some((name, sure)) => {
                format!("{state} {sure}{}{}", colon(self.lang), shortened(name, 5_200))
            }
            None => state.clone(),
        };
        let (left, right) = (width("hangup", 11) + 14, width(&said, 11) + 14);
        let whole = left + right;
        let title = inert::xml(&self.verdict.sentence);
        let said = inert::xml(&said);
        format!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="20" viewBox="0 0 {whole} 20" role="img" xml:lang="{lang}"><title>{title}</title><rect width="{left}" height="20" fill="#474e57"/><rect x="{left}" width="{right}" height="20" fill="{colour}"/><g fill="#ffffff" font-family="{FONT}" font-size="11"><text x="7" y="14">hangup</text><text x="{at}" y="14">{said}</text></g></svg>"##,
            lang = self.lang.tag(),
            at = left + 7,
        )
    }

    /// The card: state, cause, how sure, whom it concerns, and where the line is broken; 600 by 240.
    pub fn card(&self) -> String {
        let (state, colour) = self.state();
        let title = inert::xml(&self.verdict.sentence);
        let mut out = format!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" width="600" height="240" viewBox="0 0 600 240" role="img" xml:lang="{}"><title>{title}</title><rect x="0.5" y="0.5" width="599" height="239" rx="12" fill="{PAPER}" stroke="#c8c5bb"/><rect width="8" height="216" y="12" fill="{colour}"/><g font-family="{FONT}">"##,
            self.lang.tag(),
        );
        text(&mut out, (28, 40), 15, colour, &state, true);
        let leading = self.leading();
        let name = leading
            .as_ref()
            .map_or_else(|| say(self.lang, "verdict-unclear", &[]), |(name, _)| (*name).to_owned());
        for (at, line) in wrapped(&name, 22, 540).into_iter().take(2).enumerate() {
            text(&mut out, (28, 76 + at * 30), 22, INK, &line, true);
        }
        if let Some((_, sure)) = &leading {
            let says = format!("{} {sure}", say(self.lang, "confidence", &[]));
            text(&mut out, (28, 140), 15, INK, &says, false);
        }
        let owners: Vec<String> =
            self.verdict.owner.iter().map(|who| word(self.lang, "who", who)).collect();
        if !owners.is_empty() {
            let mark = say(self.lang, "list-mark", &[]);
            let says = [say(self.lang, "concerns", &[]), owners.join(&mark)].join(colon(self.lang));
            text(&mut out, (28, 164), 15, QUIET, &shortened(&says, 3_500), false);
        }
        self.strip(&mut out);
        text(&mut out, (528, 40), 13, QUIET, "hangup", false);
        out.push_str("</g></svg>");
        out
    }

    /// The five hops as dots on a line, by their general names: a person's own hop may be secret.
    fn strip(&self, out: &mut String) {
        let step = 130;
        for (at, hop) in self.chain.iter().take(5).enumerate() {
            use super::super::HopState;
            let x = 40 + at * step;
            let (fill, sign) = match hop.state {
                HopState::Ok => ("#17693f", "✓"),
                HopState::Broken => ("#b3261e", "✕"),
                HopState::Suspect => ("#855000", "!"),
                HopState::NotVisible => (QUIET, "–"),
            };
            if at > 0 {
                let (from, to) = (x - step + 12, x - 12);
                let _ = write!(
                    out,
                    r##"<path d="M{from} 196H{to}" stroke="#c8c5bb" stroke-width="2"/>"##
                );
            }
            let _ = write!(out, r#"<circle cx="{x}" cy="196" r="10" fill="{fill}"/>"#);
            let _ = write!(
                out,
                r#"<text x="{x}" y="200" text-anchor="middle" font-size="12" fill="{PAPER}">{sign}</text>"#
            );
            let name = inert::xml(&word(self.lang, "hop", &hop.id));
            let _ = write!(
                out,
                r#"<text x="{x}" y="224" text-anchor="middle" font-size="12" fill="{QUIET}">{name}</text>"#
            );
        }
    }

    /// The state in a word, and its colour.
    fn state(&self) -> (String, &'static str) {
        let (id, colour) = match self.verdict.state {
            VerdictState::Likely => ("likely", "#b3261e"),
            VerdictState::Possible => ("possible", "#855000"),
            VerdictState::NotEnoughEvidence => ("not-enough", QUIET),
            VerdictState::NoFault => ("no-fault", "#17693f"),
        };
        (word(self.lang, "state", id), colour)
    }

    /// The cause of the verdict and how sure it is.
    fn leading(&self) -> Option<(&str, String)> {
        let id = self.verdict.cause.as_ref()?;
        let cause = self.causes.iter().find(|cause| &cause.id == id)?;
        Some((&cause.name, percent(cause.probability, self.lang)))
    }
}

fn text(out: &mut String, (x, y): (usize, usize), size: usize, fill: &str, says: &str, bold: bool) {
    let weight = if bold { r#" font-weight="700""# } else { "" };
    let _ = write!(
        out,
        r#"<text x="{x}" y="{y}" font-size="{size}" fill="{fill}"{weight}>{}</text>"#,
        inert::xml(says)
    );
}

/// Hundredths of the font's size that `c` takes.
fn wide(c: char) -> usize {
    if u32::from(c) < 0x1100 { LETTER } else { IDEOGRAPH }
}

/// Units that `text` takes at `size`.
fn width(text: &str, size: usize) -> usize {
    text.chars().map(wide).sum::<usize>() * size / 100
}

/// `text` within `most` hundredths of the font's size.
fn shortened(text: &str, most: usize) -> String {
    let mut taken = 0;
    let end = text.char_indices().find(|(_, c)| {
        taken += wide(*c);
        taken > most
    });
    match end {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// `text` at `size` broken into lines of at most `most` units: at spaces, or between ideographs.
fn wrapped(text: &str, size: usize, most: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut word = String::new();
    let mut put = |word: &mut String| {
        if let Some(line) = lines.last_mut() {
            if line.is_empty() || width(line, size) + width(word, size) <= most {
                line.push_str(word);
            } else {
                let next = word.trim_start().to_owned();
                lines.push(next);
            }
        }
        word.clear();
    };
    for c in text.chars() {
        if c == ' ' || wide(c) == IDEOGRAPH {
            put(&mut word);
        }
        word.push(c);
    }
    put(&mut word);
    lines
}
