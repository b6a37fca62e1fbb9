//! Whether a case can be read at all, before it is diagnosed.

use crate::{
    intake::{MAX_TEXT, PasteError, check_paste},
    knowledge::{Base, Lang},
};

use super::{Case, DONT_KNOW, words::say};

/// Something in a case that cannot be used. Names the field as the JSON calls it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseError {
    /// Path of the field: `facts.phase`, `answers.load`.
    pub field: String,
    /// One sentence, in the language asked for.
    pub message: String,
}

impl std::fmt::Display for CaseError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for CaseError {}

impl Case {
    /// Checks every value against `base`. The first thing wrong is returned, as a sentence in `lang`.
    pub fn check(&self, base: &Base, lang: Lang) -> Result<(), CaseError> {
        let facts = &self.facts;
        check_text("text", self.text.as_deref(), lang)?;
        check_text("facts.notes", facts.notes.as_deref(), lang)?;
        check_option(base, "facts.phase", "phase", facts.phase.as_deref(), lang)?;
        check_option(base, "facts.scope", "scope", facts.scope.as_deref(), lang)?;
        if facts.after_seconds.is_some_and(|seconds| !seconds.is_finite() || seconds < 0.0) {
            return Err(CaseError {
                field: "facts.after_seconds".to_owned(),
                message: say(lang, "case-bad-seconds", &[]),
            });
        }
        for (id, option) in &self.answers {
            let field = format!("answers.{}", shown(id));
            match base.questions.get(id) {
                None => {
                    let message = say(lang, "case-unknown-question", &[("field", &field)]);
                    return Err(CaseError { field, message });
                }
                Some(_) if option == DONT_KNOW => {}
                Some(question) => {
                    check_option(base, &field, &question.variable, Some(option), lang)?;
                }
            }
        }
        Ok(())
    }
}

/// The beginning of what somebody sent, on one line.
fn shown(text: &str) -> String {
    text.chars().take(40).flat_map(char::escape_debug).collect()
}

fn check_text(field: &str, text: Option<&str>, lang: Lang) -> Result<(), CaseError> {
    check_paste(text.unwrap_or("")).map_err(|error| {
        let message = match error {
            PasteError::TooLong { bytes } => say(
                lang,
                "case-too-long",
                &[("field", field), ("bytes", &bytes.to_string()), ("most", &MAX_TEXT.to_string())],
            ),
            PasteError::Binary { offset } => {
                say(lang, "case-binary", &[("field", field), ("offset", &offset.to_string())])
            }
        };
        CaseError { field: field.to_owned(), message }
    })
}

fn check_option(
    base: &Base,
    field: &str,
    variable: &str,
    option: Option<&str>,
    lang: Lang,
) -> Result<(), CaseError> {
    let (Some(option), Some(variable)) = (option, base.variables.get(variable)) else {
        return Ok(());
    };
    if variable.options.is_empty() || variable.options.iter().any(|known| known.id == option) {
        return Ok(());
    }
    let options: Vec<String> =
        variable.options.iter().map(|known| format!("`{}`", known.id)).collect();
    let message = say(
        lang,
        "case-unknown-option",
        &[("field", field), ("value", &shown(option)), ("options", &options.join(", "))],
    );
    Err(CaseError { field: field.to_owned(), message })
}
