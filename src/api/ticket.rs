//! What the forms of a report add to it.

use std::collections::BTreeMap;

use crate::{
    evidence::{Observation, Source},
    report::{Happening, ReportFix},
    server::{Problem, bad_field, comment, name},
    store::Token,
};

use super::{Desk, Visitor};

/// What somebody says on the page: answers, a comment, or both.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// The name given.
    pub who: String,
    /// Question id → option id.
    pub answers: BTreeMap<String, String>,
    /// The comment; none where blank.
    pub comment: String,
}

/// A fix that somebody has applied.
#[derive(Clone, Debug, Default)]
pub struct Tried {
    /// The name given.
    pub who: String,
    /// Id of the fix.
    pub fix: String,
    /// Whether it worked, where a person looked; a probe looks where absent.
    pub worked: Option<bool>,
}

fn token_of(text: &str) -> Result<Token, Problem> {
    Token::parse(text).ok_or_else(Problem::not_found)
}

impl Desk {
    /// Adds what was said to the report under an answer token.
    pub async fn say(&self, token: &str, said: Said, visitor: &Visitor) -> Result<(), Problem> {
        let token = token_of(token)?;
        let (who, caller) = (name("who", &said.who)?, visitor.caller());
        let given = (!said.answers.is_empty()).then_some(said.answers);
        let answers = given.map(|given| self.state.answers(given)).transpose()?;
        let comment = match said.comment.trim() {
            "" if answers.is_some() => None,
            text => Some(comment(text)?),
        };
        for happening in answers.into_iter().chain(comment) {
            self.state.may_write(visitor.client)?;
            self.state.happen(&token, &caller, &who, happening).await?;
        }
        Ok(())
    }

    /// Reads the output of commands into the report under an answer token. The machine is named as
    /// whoever ran them is, unless it has a name of its own.
    pub async fn paste(
        &self,
        token: &str,
        who: &str,
        text: &str,
        visitor: &Visitor,
    ) -> Result<(), Problem> {
        let read = |vantage: &str| self.state.facts_in(text, vantage);
        self.add_facts(token, who, "ops", read, visitor).await
    }

    /// Adds what the reader's browser found in a capture, as JSON, to the report under an answer token.
    pub async fn captured(
        &self,
        token: &str,
        who: &str,
        json: &str,
        visitor: &Visitor,
    ) -> Result<(), Problem> {
        let read = |vantage: &str| {
            let seen: Vec<Observation> = serde_json::from_str(json).map_err(|_| {
                bad_field("observations", "is no list of observations", "不是观测列表")
            })?;
            self.state.facts(Source::Capture, vantage, seen)
        };
        self.add_facts(token, who, "capture", read, visitor).await
    }

    /// Adds what `read` makes of the name of the vantage: that of whoever adds it, else `nameless`.
    async fn add_facts(
        &self,
        token: &str,
        who: &str,
        nameless: &str,
        read: impl FnOnce(&str) -> Result<Happening, Problem>,
        visitor: &Visitor,
    ) -> Result<(), Problem> {
        let token = token_of(token)?;
        let who = name("who", who)?;
        let facts = read(if who.is_empty() { nameless } else { &who })?;
        self.state.may_write(visitor.client)?;
        self.state.happen(&token, &visitor.caller(), &who, facts).await?;
        Ok(())
    }

    /// Records that a fix was applied, and checks it.
    pub async fn tried(&self, token: &str, tried: Tried, visitor: &Visitor) -> Result<(), Problem> {
        let token = token_of(token)?;
        let who = name("who", &tried.who)?;
        self.state.may_write(visitor.client)?;
        let caller = visitor.caller();
        self.state.check_fix(&token, &caller, &who, &tried.fix, tried.worked).await?;
        Ok(())
    }

    /// Whether a probe can show that `fix` worked.
    pub fn can_probe(&self, fix: &ReportFix, has_target: bool) -> bool {
        self.state.can_probe(fix, has_target)
    }
}
