//! What a run has told so far, row by row, out of its events. Pure.

use serde_json::Value;

use crate::knowledge::{Lang, LiveProbe};

use super::ProbeTexts;

/// How far one probe is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum RowState {
    #[default]
    Waiting,
    Running,
    Ok,
    Failed,
    Unseen,
}

impl RowState {
    /// Its id in the words and styles of the page.
    pub(super) fn id(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Unseen => "unseen",
        }
    }
}

/// One probe of the run.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) state: RowState,
    /// How it ended, as the probe's own word.
    pub(super) outcome: String,
    /// Sentences about what was found, or why nothing can be.
    pub(super) lines: Vec<String>,
    /// What the sentences rest on.
    pub(super) raw: Vec<String>,
    /// What a long probe says while it goes on, and for how many seconds it has.
    pub(super) progress: Option<(String, f64)>,
}

/// Everything the run has told.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Told {
    pub(super) rows: Vec<Row>,
    pub(super) refused: Option<String>,
}

impl Told {
    /// Nothing yet: a row for every probe that `texts` name.
    pub(super) fn new(texts: &ProbeTexts) -> Self {
        let row = |(id, _): &(String, String)| Row { id: id.clone(), ..Row::default() };
        Self { rows: texts.rows.iter().map(row).collect(), refused: None }
    }

    /// Takes one event in; what it does not know, it leaves out.
    pub(super) fn take(&mut self, event: &Value, lang: Lang) {
        let words = |key: &str| {
            let text = event.get(key)?;
            text.get(if lang == Lang::Zh { "zh" } else { "en" })?.as_str().map(str::to_owned)
        };
        let kind = event.get("event").and_then(Value::as_str).unwrap_or_default();
        if kind == "refused" {
            self.refused = words("text");
            return;
        }
        let probe = event.get("probe").and_then(Value::as_str).unwrap_or_default();
        let Some(row) = self.rows.iter_mut().find(|row| row.id == probe) else { return };
        match kind {
            "started" => row.state = RowState::Running,
            "progress" => {
                let seconds = event.get("seconds").and_then(Value::as_f64).unwrap_or_default();
                row.state = RowState::Running;
                row.progress = words("text").map(|text| (text, seconds));
            }
            "finding" => {
                row.lines.extend(words("text"));
                let raw = event.get("raw").and_then(Value::as_str).unwrap_or_default();
                if !raw.is_empty() && !row.raw.iter().any(|known| known == raw) {
                    row.raw.push(raw.to_owned());
                }
            }
            "finished" => {
                let outcome = event.get("outcome").and_then(Value::as_str).unwrap_or_default();
                let known = LiveProbe::of(probe);
                let fine = known.is_some_and(|known| known.fine.contains(&outcome));
                row.state = if fine { RowState::Ok } else { RowState::Failed };
                outcome.clone_into(&mut row.outcome);
                row.progress = None;
            }
            "not_visible" => {
                row.state = RowState::Unseen;
                row.lines.extend(words("why"));
                row.progress = None;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(events: &[Value]) -> Told {
        let names = ["dns", "tcp", "idle"].map(|id| (id.to_owned(), id.to_owned()));
        let texts = ProbeTexts {
            go: String::new(),
            running: String::new(),
            cancel: String::new(),
            cancelled: String::new(),
            failed: String::new(),
            finished: String::new(),
            none: String::new(),
            agree: String::new(),
            raw: String::new(),
            colon: String::new(),
            outcomes: Vec::new(),
            rows: names.to_vec(),
            states: Vec::new(),
        };
        let mut told = Told::new(&texts);
        for event in events {
            told.take(event, Lang::En);
        }
        told
    }

    #[test]
    fn a_run_is_told_row_by_row() {
        let told = told(&[
            json!({"event": "started", "probe": "tcp"}),
            json!({"event": "finding", "probe": "tcp", "text": {"en": "connected", "zh": "连上了"}, "raw": "0.1 s"}),
            json!({"event": "finding", "probe": "tcp", "text": {"en": "refused", "zh": "被拒绝"}, "raw": "0.1 s"}),
            json!({"event": "finished", "probe": "tcp", "millis": 3, "outcome": "refused"}),
            json!({"event": "progress", "probe": "idle", "seconds": 20.0, "text": {"en": "still open", "zh": ""}}),
            json!({"event": "not_visible", "probe": "dns", "why": {"en": "an address", "zh": ""}}),
        ]);
        let states: Vec<_> = told.rows.iter().map(|row| row.state).collect();
        assert_eq!(states, [RowState::Unseen, RowState::Failed, RowState::Running]);
        assert_eq!(told.rows[1].lines, ["connected", "refused"]);
        assert_eq!((told.rows[1].raw.len(), told.rows[1].outcome.as_str()), (1, "refused"));
        assert_eq!(told.rows[2].progress, Some(("still open".to_owned(), 20.0)));
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let odd = [json!(null), json!({"event": 7}), json!({"event": "finding", "probe": "x"})];
        assert_eq!(told(&odd), told(&[]));
    }
}
