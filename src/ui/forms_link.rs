//! What the forms of a saved report do: open it, answer, comment, paste, check a fix.

use axum::{
    body::Bytes,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};

use crate::{
    api::{Desk, Path, Problem, Said, Tried, Visitor, redirect_keeping},
    ui::state::decode,
};

/// Fields of an answer are called `answer.` and the question.
const ANSWER: &str = "answer.";

/// The fields of a form.
struct Fields(Vec<(String, String)>);

impl Fields {
    fn of(body: &[u8]) -> Self {
        Self(decode(&String::from_utf8_lossy(body)))
    }

    fn get(&self, name: &str) -> String {
        let found = self.0.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    }

    /// Back to the page that the form stood on; to that of `token` where it names none.
    fn back(&self, token: &str) -> String {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let back = self.get("back");
        let back = if back.len() == token.len() && back.chars().all(fits) { &back } else { token };
        format!("/d/{back}#ticket")
    }

    /// Back there when `done`, or to a page that says what was wrong and leads back there.
    fn then(&self, token: &str, done: Result<(), Problem>) -> Result<Response, Problem> {
        let back = self.back(token);
        match done {
            Ok(()) => Ok(Redirect::to(&back).into_response()),
            Err(problem) => Err(problem.back_to_report(back)),
        }
    }
}

/// `POST /d/{token}/answers`: answers, a comment, or both.
pub async fn answers(
    desk: Desk,
    visitor: Visitor,
    Path(token): Path<String>,
    body: Bytes,
) -> Result<Response, Problem> {
    let fields = Fields::of(&body);
    let answer = |(key, value): &(String, String)| {
        let question = key.strip_prefix(ANSWER)?;
        (!value.is_empty()).then(|| (question.to_owned(), value.clone()))
    };
    let said = Said {
        who: fields.get("who"),
        answers: fields.0.iter().filter_map(answer).collect(),
        comment: fields.get("comment"),
    };
    if said.answers.is_empty() && said.comment.trim().is_empty() {
        let nothing = Problem::new(
            StatusCode::BAD_REQUEST,
            "nothing-said",
            "Nothing was sent: choose an answer or write a comment first.",
            "还没有填写内容：请先回答一个问题，或写一条留言。",
        );
        return fields.then(&token, Err(nothing));
    }
    let done = desk.say(&token, said, &visitor).await;
    fields.then(&token, done.map(drop))
}

/// `POST /d/{token}/observations`: the output of commands, or what a capture is evidence of.
pub async fn observations(
    desk: Desk,
    visitor: Visitor,
    Path(token): Path<String>,
    body: Bytes,
) -> Result<Response, Problem> {
    let fields = Fields::of(&body);
    let (who, captured) = (fields.get("who"), fields.get("observations"));
    let done = if captured.is_empty() {
        desk.paste(&token, &who, &fields.get("text"), &visitor).await.map(drop)
    } else {
        desk.captured(&token, &who, &captured, &visitor).await.map(drop)
    };
    fields.then(&token, done)
}

/// `POST /d/{token}/verify`: a fix was applied, look again.
pub async fn verify(
    desk: Desk,
    visitor: Visitor,
    Path(token): Path<String>,
    body: Bytes,
) -> Result<Response, Problem> {
    let fields = Fields::of(&body);
    let worked = match fields.get("worked").as_str() {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    };
    let tried = Tried { who: fields.get("who"), fix: fields.get("fix"), worked };
    let done = desk.tried(&token, tried, &visitor).await;
    fields.then(&token, done.map(drop))
}

/// `POST /d/{token}/unlock`: the password of a report.
pub async fn unlock(
    desk: Desk,
    visitor: Visitor,
    Path(token): Path<String>,
    body: Bytes,
) -> Result<Response, Problem> {
    let fields = Fields::of(&body);
    let page = format!("/d/{token}");
    let opened = desk.unlock(&token, &fields.get("password"), &visitor).await;
    let cookies = opened.map_err(|why| Problem::from(why).back_to_report(page.clone()))?;
    Ok(redirect_keeping(&page, &cookies))
}

/// The password in the form that opens a report which burns.
pub fn password_in(body: &[u8]) -> String {
    Fields::of(body).get("password")
}
