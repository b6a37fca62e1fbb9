//! From an address to a whole case: drafts and findings are fetched, a finished run is taken in.

use serde_json::Value;

use crate::{
    evidence::Observation,
    store::Token,
    ui::{i18n::Texts, state::Wizard},
};

use super::{Desk, Trouble, probes::RunSoFar};

/// Longest text that the address itself holds, bytes; longer ones become drafts. Three times as much
/// when escaped, which still fits the 8 KiB that proxies allow for an address.
pub(super) const TEXT_IN_ADDRESS: usize = 1500;

/// A run of probes that is under way.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its id.
    pub id: String,
    /// Its events so far, as JSON.
    pub events: Vec<Value>,
}

/// Where an address leads.
#[derive(Clone, Debug)]
pub enum Arrived {
    /// Here: the whole state, and a run of probes that is still going.
    Here(Box<Wizard>, Option<Run>),
    /// Elsewhere: the state has moved on to this address.
    Moved(String),
}

impl Desk {
    /// Completes the state of an address with what the server keeps for it.
    ///
    /// A draft or run that is gone is left out: the rest of the address still stands.
    pub async fn arrive(&self, mut wizard: Wizard, texts: Texts) -> Result<Arrived, Trouble> {
        if let Some(text) = self.draft(wizard.draft.as_deref()).await {
            wizard.case.text = Some(text);
        } else {
            wizard.draft = None;
        }
        if let Some(found) = self.draft(wizard.seen.as_deref()).await {
            wizard.case.observations = serde_json::from_str(&found).unwrap_or_default();
        } else {
            wizard.seen = None;
        }
        let Some(id) = wizard.probe.clone() else {
            return Ok(Arrived::Here(Box::new(wizard), None));
        };
        match self.run_so_far(&id).await {
            None => {
                wizard.probe = None;
                Ok(Arrived::Here(Box::new(wizard), None))
            }
            Some(RunSoFar { events, observations: None }) => {
                Ok(Arrived::Here(Box::new(wizard), Some(Run { id, events })))
            }
            Some(RunSoFar { observations: Some(observations), .. }) => {
                self.take_in(wizard, &observations, texts).await.map(Arrived::Moved)
            }
        }
    }

    /// Keeps what a run found under a token, so that the address alone brings it back.
    async fn take_in(
        &self,
        mut wizard: Wizard,
        observations: &[Observation],
        texts: Texts,
    ) -> Result<String, Trouble> {
        wizard.probe = None;
        wizard.at = None;
        // Whatever came out, the probes have run and are not offered again.
        wizard.skipped.insert("probe".to_owned());
        if !observations.is_empty() {
            let found = serde_json::to_string(observations).unwrap_or_default();
            wizard.seen = Some(self.keep(&found, texts).await?);
        }
        Ok(wizard.href())
    }

    /// The address of `wizard`; a text too long for it is kept as a draft first.
    pub(super) async fn address(
        &self,
        mut wizard: Wizard,
        texts: Texts,
    ) -> Result<String, Trouble> {
        if let Some(text) = wizard.case.text.as_ref().filter(|text| text.len() > TEXT_IN_ADDRESS) {
            wizard.draft = Some(self.keep(text, texts).await?);
        }
        Ok(wizard.href())
    }

    /// Keeps a text for a day and gives the token that brings it back.
    async fn keep(&self, text: &str, texts: Texts) -> Result<String, Trouble> {
        let kept = self.state.store.save_draft(text, self.state.now()).await;
        kept.map(|token| token.as_str().to_owned())
            .map_err(|error| Trouble::with_store(&error, texts))
    }

    /// The text kept under `token`, where there is one.
    pub async fn draft(&self, token: Option<&str>) -> Option<String> {
        let token = Token::parse(token?)?;
        self.state.store.load_draft(&token, self.state.now()).await.ok()
    }
}
