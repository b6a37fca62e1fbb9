//! From a case to a report: intake, engine and wording joined.

use std::sync::Arc;

use crate::{
    knowledge::{Base, Lang},
    report::{Case, Report},
};

/// Knowledge made ready for diagnoses: patterns compiled, tables computed. Cheap to share.
pub struct Diagnostician {
    base: Arc<Base>,
}

impl Diagnostician {
    /// Compiles the patterns and tables of `base`.
    pub fn new(base: Arc<Base>) -> Self {
        Self { base }
    }

    /// The knowledge it works with.
    pub fn base(&self) -> &Arc<Base> {
        &self.base
    }
}
