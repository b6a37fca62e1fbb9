//! The ranking as rows for the live ranking island.

use crate::{
    report::Report,
    ui::{
        components::percent,
        i18n::Texts,
        islands::RankRow,
    },
};

/// How many causes the side panel shows.
pub(super) const SHOWN: usize = 5;

/// The leading causes of `report`, with the family in words.
pub fn ranked_rows(report: &Report, texts: Texts) -> Vec<RankRow> {
    report
        .causes
        .iter()
        .take(SHOWN)
        .map(|cause| RankRow {
            id: cause.id.clone(),
            name: cause.name.clone(),
            family: texts.word("family", &cause.family),
            probability: cause.probability,
            percent: percent(cause.probability),
        })
        .collect()
}
