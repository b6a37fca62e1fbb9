//! The ranking as rows for the live ranking island.

use std::collections::BTreeMap;

use crate::{
    knowledge::Base,
    report::Report,
    ui::{i18n::Texts, islands::RankRow},
};

/// The leading causes of `report`, with the family in words.
pub fn ranked_rows(report: &Report, texts: Texts) -> Vec<RankRow> {
    let family = |id: &str| texts.word("family", id);
    RankRow::leading(report, family)
}

/// Every family of `base` in words, for the island that re-ranks in the browser.
pub fn families(base: &Base, texts: Texts) -> BTreeMap<String, String> {
    let ids = base.causes.values().map(|cause| cause.family.as_str()).chain(["something_else"]);
    ids.map(|id| (id.to_owned(), texts.word("family", id))).collect()
}
