//! What somebody may add to a saved report: read, bounded and stripped of secrets before it counts.

use std::collections::BTreeMap;

use axum::http::StatusCode;

use super::{json::bad_field, limits::check_paste, problem::Problem, state::AppState};
use crate::{
    evidence::{Observation, Source, Value},
    knowledge::{Base, Lang},
    redact::{Redaction, high_confidence, redact},
    report::{Case, Happening, without_repeats},
};

/// Longest name, characters.
pub const NAME_CHARS: usize = 80;
/// Longest comment, characters. judgement: what fits on a screen.
pub const COMMENT_CHARS: usize = 2_000;
/// Most facts at once, and the longest texts in them, characters.
const MOST_FACTS: usize = 200;
const VALUE_CHARS: usize = 200;
const RAW_CHARS: usize = 2_000;
/// Most facts of a whole case, and most bytes of them. judgement: three machines, a capture and a run
/// of probes have some 200; a report holds each twice, and every version of it holds them all.
const MOST_OF_CASE: usize = 400;
const BYTES_OF_CASE: usize = 256 * 1024;
/// Most names of a stack, and the longest of them, characters.
const MOST_NAMES: usize = 100;
/// Longest target, bytes; a longer one is none.
const TARGET_BYTES: usize = 2048;

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

/// A name without what its own shape gives away; addresses and the like tell one machine from another.
fn without_shapes(name: &str) -> String {
    if high_confidence(name).is_empty() { name.to_owned() } else { without_secrets(name) }
}

fn without_secrets(text: &str) -> String {
    let Redaction { text, .. } = redact(text);
    text
}

fn bytes_of(facts: &[Observation]) -> usize {
    let text = |fact: &Observation| {
        let raw = fact.raw.as_ref().map_or(0, String::len);
        let value = fact.value.word().map_or(8, str::len);
        fact.variable.len() + fact.vantage.len() + value + raw
    };
    facts.iter().map(text).sum()
}

fn is_full(facts: &[Observation]) -> bool {
    facts.len() > MOST_OF_CASE || bytes_of(facts) > BYTES_OF_CASE
}

/// Refuses facts that make a case larger than one may be; what does not make it larger may come.
pub(super) fn check_room(before: &Case, after: &Case) -> Result<(), Problem> {
    let (before, after) = (&before.observations, &after.observations);
    let grows = after.len() > before.len() || bytes_of(after) > bytes_of(before);
    if !(grows && is_full(after)) {
        return Ok(());
    }
    let most = BYTES_OF_CASE / 1024;
    Err(Problem::new(
        StatusCode::CONFLICT,
        "too-many-facts",
        format!(
            "A report holds at most {MOST_OF_CASE} facts and {most} KiB of them; these are too many. Start a new diagnosis from it."
        ),
        format!(
            "一份报告最多包含 {MOST_OF_CASE} 条事实、共 {most} KiB；已超出上限，请据此新建诊断。"
        ),
    ))
}

/// Checks each of `facts`, and cuts what it rests on to its length. `at` names the field they lie in.
fn check_facts(facts: &mut [Observation], base: &Base, at: &str) -> Result<(), Problem> {
    for (index, fact) in facts.iter_mut().enumerate() {
        let field = |name: &str| format!("{at}[{index}].{name}");
        if !base.variables.contains_key(&fact.variable) {
            return Err(bad_field(&field("variable"), "there is no such variable", "没有这个变量"));
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
        if fact.course.as_ref().is_some_and(|course| !course.is_sound()) {
            return Err(bad_field(
                &field("course"),
                "holds times that nobody can have measured",
                "包含不可能测到的时间",
            ));
        }
        name(&field("vantage"), &fact.vantage)?;
        if let Some(raw) = &mut fact.raw
            && let Some((end, _)) = raw.char_indices().nth(RAW_CHARS)
        {
            raw.truncate(end);
        }
    }
    Ok(())
}

/// Refuses what a case may not hold beside its texts, and cuts what its facts rest on.
fn check_bounds(case: &mut Case, base: &Base) -> Result<(), Problem> {
    let facts = &case.facts;
    for (field, names) in [("facts.stack", &facts.stack), ("facts.between", &facts.between)] {
        if names.len() > MOST_NAMES || names.iter().any(|own| own.chars().count() > MOST_NAMES) {
            return Err(bad_field(
                field,
                &format!("at most {MOST_NAMES} names of {MOST_NAMES} characters"),
                &format!("最多 {MOST_NAMES} 个名称，每个最多 {MOST_NAMES} 个字符"),
            ));
        }
    }
    if case.target.as_ref().is_some_and(|target| target.len() > TARGET_BYTES) {
        return Err(bad_field(
            "target",
            &format!("at most {TARGET_BYTES} bytes"),
            &format!("最多 {TARGET_BYTES} 字节"),
        ));
    }
    if let Some((id, _)) = case.answers.iter().find(|(_, option)| option.len() > VALUE_CHARS) {
        return Err(bad_field(&format!("answers.{id}"), "is too long", "过长"));
    }
    check_facts(&mut case.observations, base, "observations")?;
    if is_full(&case.observations) {
        let most = BYTES_OF_CASE / 1024;
        return Err(bad_field(
            "observations",
            &format!("at most {MOST_OF_CASE} facts and {most} KiB of them"),
            &format!("最多 {MOST_OF_CASE} 条事实，共 {most} KiB"),
        ));
    }
    Ok(())
}

impl AppState {
    /// Refuses values of a case that have their type and still make no sense, as the command line
    /// does; bounds the rest.
    pub(super) fn check_case(&self, case: &mut Case) -> Result<(), Problem> {
        let texts = [("text", &case.text), ("facts.notes", &case.facts.notes)];
        for (field, text) in texts {
            check_paste(text.as_deref().unwrap_or(""), self.config.limits.paste()).map_err(
                |said| {
                    Problem::from_text(StatusCode::PAYLOAD_TOO_LARGE, "too-large", said)
                        .with("field", field)
                },
            )?;
        }
        if case.facts.after_seconds.is_some_and(|seconds| !(0.0..=1e9).contains(&seconds)) {
            return Err(bad_field(
                "facts.after_seconds",
                "must be between 0 and 1e9",
                "须在 0 到 1e9 之间",
            ));
        }
        // A server without knowledge has nothing to hold a case against.
        let Some(learner) = &self.learner else { return Ok(()) };
        let diagnostician = learner.now();
        let base = diagnostician.base();
        if let Err(said) = case.check(base, Lang::En) {
            let zh = case.check(base, Lang::Zh).err().map(|said| said.message);
            let problem = Problem::new(
                StatusCode::BAD_REQUEST,
                "wrong-value",
                format!("{}.", said.message),
                format!("{}。", zh.unwrap_or_default()),
            );
            return Err(problem.with("field", said.field));
        }
        check_bounds(case, base)
    }

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
        check_paste(text, self.config.limits.paste()).map_err(|said| {
            Problem::from_text(StatusCode::PAYLOAD_TOO_LARGE, "too-large", said)
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
        check_facts(&mut seen, base, "observations")?;
        let vantage = without_shapes(vantage);
        for fact in &mut seen {
            fact.source = source;
            vantage.clone_into(&mut fact.vantage);
            if let Value::Word(word) = &mut fact.value {
                *word = without_secrets(word);
            }
            fact.raw = fact.raw.take().map(|raw| without_secrets(&raw));
        }
        let observations = without_repeats(seen);
        Ok(Happening::Observations { source, vantage, observations })
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
