//! What somebody may add to a saved report: read, bounded and stripped of secrets before it counts.

use std::collections::BTreeMap;

use super::{json::bad_field, limits::check_paste, problem::Problem, state::AppState};
use crate::{
    evidence::{Observation, Source, Value},
    redact::{Redaction, redact},
    report::Happening,
};

/// Longest name, characters.
pub const NAME_CHARS: usize = 80;
/// Longest comment, characters. judgement: what fits on a screen.
pub const COMMENT_CHARS: usize = 2_000;
/// Most facts at once, and the longest texts in them, characters.
const MOST_FACTS: usize = 200;
const VALUE_CHARS: usize = 200;
const RAW_CHARS: usize = 2_000;

/// The name that somebody gives: one line without control characters. Empty where none was given.
pub fn name(field: &str, typed: &str) -> Result<String, Problem> {
    let name: String = typed.chars().filter(|c| !c.is_control()).collect();
    let name = name.trim();
    if name.chars().count() > NAME_CHARS {
        return Err(bad_field(
            field,
            &format!("at most {NAME_CHARS} characters"),
            &format!("最多 {NAME_CHARS} 个字符"),
        ));
    }
    Ok(name.to_owned())
}

/// A comment, without secrets.
pub fn comment(typed: &str) -> Result<Happening, Problem> {
    let keep = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
    let text: String = typed.replace("\r\n", "\n").chars().filter(keep).collect();
    let text = text.trim();
    let length = text.chars().count();
    if length == 0 {
        return Err(bad_field("text", "must not be empty", "不能为空"));
    }
    if length > COMMENT_CHARS {
        return Err(bad_field(
            "text",
            &format!("at most {COMMENT_CHARS} characters"),
            &format!("最多 {COMMENT_CHARS} 个字符"),
        ));
    }
    Ok(Happening::Comment { text: without_secrets(text) })
}

fn without_secrets(text: &str) -> String {
    let Redaction { text, .. } = redact(text);
    text
}

impl AppState {
    /// Answers whose questions and options exist; the opening questions are facts, and not among them.
    pub fn answers(&self, given: BTreeMap<String, String>) -> Result<Happening, Problem> {
        if given.is_empty() {
            return Err(bad_field("answers", "must hold an answer", "至少需要一个回答"));
        }
        let diagnostician = self.learner.as_ref().ok_or_else(Problem::internal)?.now();
        let base = diagnostician.base();
        for (id, option) in &given {
            let shown: String = id.chars().take(40).flat_map(char::escape_debug).collect();
            let field = format!("answers.{shown}");
            let question = base.questions.get(id).filter(|question| !question.opening);
            let question = question
                .ok_or_else(|| bad_field(&field, "there is no such question", "没有这个问题"))?;
            let variable = base.variables.get(&question.variable);
            let known = variable.is_some_and(|v| v.options.iter().any(|known| known.id == *option));
            if !known {
                return Err(bad_field(&field, "there is no such option", "没有这个选项"));
            }
        }
        Ok(Happening::Answer { answers: given })
    }

    /// Facts in the text that `hangup collect` or another command printed.
    pub fn facts_in(&self, text: &str, vantage: &str) -> Result<Happening, Problem> {
        check_paste(text, self.config.limits.paste_bytes).map_err(|said| {
            Problem::from_text(axum::http::StatusCode::PAYLOAD_TOO_LARGE, "too-large", said)
                .with("field", "text")
        })?;
        let diagnostician = self.learner.as_ref().ok_or_else(Problem::internal)?.now();
        let read = diagnostician.decode(&without_secrets(text)).observations;
        let from = |seen: Observation| Observation {
            source: Source::Collect,
            ..seen.from_vantage(vantage)
        };
        self.facts(Source::Collect, vantage, read.into_iter().map(from).collect())
    }

    /// Facts as such, each of a variable that is known.
    pub fn facts(
        &self,
        source: Source,
        vantage: &str,
        mut seen: Vec<Observation>,
    ) -> Result<Happening, Problem> {
        let diagnostician = self.learner.as_ref().ok_or_else(Problem::internal)?.now();
        let base = diagnostician.base();
        if seen.is_empty() {
            return Err(bad_field(
                "text",
                "nothing in it is known to us; paste the whole output of the command",
                "未识别出任何内容；请粘贴命令的完整输出",
            ));
        }
        if seen.len() > MOST_FACTS {
            seen.truncate(MOST_FACTS);
        }
        for (at, fact) in seen.iter_mut().enumerate() {
            let field = |name: &str| format!("observations[{at}].{name}");
            if !base.variables.contains_key(&fact.variable) {
                return Err(bad_field(
                    &field("variable"),
                    "there is no such variable",
                    "没有这个变量",
                ));
            }
            match &fact.value {
                Value::Word(word) if word.chars().count() > VALUE_CHARS => {
                    return Err(bad_field(&field("value"), "is too long", "过长"));
                }
                Value::Number(number) if !number.is_finite() => {
                    return Err(bad_field(&field("value"), "is no number", "不是数字"));
                }
                _ => {}
            }
            fact.source = source;
            vantage.clone_into(&mut fact.vantage);
            fact.raw = fact.raw.take().map(|raw| {
                let short: String = raw.chars().take(RAW_CHARS).collect();
                without_secrets(&short)
            });
        }
        Ok(Happening::Observations { source, vantage: vantage.to_owned(), observations: seen })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_comments_are_bounded_and_clean() {
        assert_eq!(name("who", " 王\u{7}工 \n").unwrap(), "王工");
        assert!(name("who", &"x".repeat(NAME_CHARS + 1)).is_err());
        assert!(comment(" \r\n ").is_err() && comment(&"断".repeat(COMMENT_CHARS + 1)).is_err());
        let secret = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";
        let Happening::Comment { text } = comment(&format!("a\r\nb {secret}")).unwrap() else {
            panic!("that was a comment")
        };
        assert!(text.starts_with("a\nb ") && !text.contains(secret), "{text}");
    }
}
