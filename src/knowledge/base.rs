//! The knowledge base in memory: every entry, by id.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::entry::{
    Cause, Check, Client, Component, Fix, Phrase, Question, Signature, Timeout, Variable,
};
use super::experience::Experience;

/// Everything that is known, loaded and cross-checked.
///
/// Maps are ordered by id, so that whatever is derived from them is the same on every machine.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Base {
    /// Causes by id.
    pub causes: BTreeMap<String, Cause>,
    /// Variables by id.
    pub variables: BTreeMap<String, Variable>,
    /// Questions by id.
    pub questions: BTreeMap<String, Question>,
    /// Checks by id.
    pub checks: BTreeMap<String, Check>,
    /// Components by id.
    pub components: BTreeMap<String, Component>,
    /// Signatures by id.
    pub signatures: BTreeMap<String, Signature>,
    /// Phrases by id.
    pub phrases: BTreeMap<String, Phrase>,
    /// Timeouts by id.
    pub timeouts: BTreeMap<String, Timeout>,
    /// Fixes by id, those of the cause files among them.
    pub fixes: BTreeMap<String, Fix>,
    /// Client libraries by id.
    #[serde(default)]
    pub clients: BTreeMap<String, Client>,
    /// What this instance has learned.
    #[serde(default, skip_serializing_if = "Experience::is_off")]
    pub experience: Experience,
}

impl Base {
    /// The component that `name` means: an id, or one of the aliases. Case, spaces and hyphens do
    /// not matter: `nat网关` is `NAT 网关`, and `aws elb` is `aws-elb`.
    pub fn component_named(&self, name: &str) -> Option<&Component> {
        let name = name.trim().to_lowercase();
        let exact = self.components.get(&name).or_else(|| {
            self.components.values().find(|component| component.aliases.contains(&name))
        });
        exact.or_else(|| {
            let wanted = squeezed(&name);
            self.components.values().find(|component| {
                squeezed(&component.id) == wanted
                    || component.aliases.iter().any(|alias| squeezed(alias) == wanted)
            })
        })
    }

    /// Removes every mention of the cause `id`, so that nothing points into the void.
    pub(super) fn forget_cause(&mut self, id: &str) {
        for signature in self.signatures.values_mut() {
            signature.points.remove(id);
            signature.against.retain(|cause| cause != id);
        }
        for timeout in self.timeouts.values_mut() {
            timeout.causes.retain(|cause| cause != id);
        }
        for fix in self.fixes.values_mut() {
            fix.causes.retain(|cause| cause != id);
        }
        for cause in self.causes.values_mut() {
            cause.lookalikes.retain(|lookalike| lookalike.cause != id);
        }
    }
}

/// `name` without what people write or leave out: spaces, hyphens, underscores.
fn squeezed(name: &str) -> String {
    name.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '_')).collect()
}
