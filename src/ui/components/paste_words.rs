//! The words of the boxes that understand what is pasted.

use crate::ui::{
    i18n::Texts,
    islands::{DraftTexts, HitTexts, MaskTexts, PasteTexts},
};

/// The words of the first page's box, and of the reader's where `wide`.
pub fn draft_texts(texts: Texts, wide: bool) -> DraftTexts {
    let own = |start: &str, wide_one: &str| texts.t(if wide { wide_one } else { start });
    DraftTexts {
        label: own("start-label", "reader-label"),
        hint: own("start-hint", "reader-hint"),
        placeholder: texts.t("start-placeholder"),
        target: texts.t("start-target"),
        target_hint: texts.t("start-target-hint"),
        button: own("start-button", "reader-use"),
        read_button: texts.t("reader-read"),
        restored: texts.t("draft-restored"),
        clear: texts.t("draft-clear"),
        // The braces stay for the island, which knows the numbers.
        too_long: texts.with("too-long", &[("size", "{size}".into()), ("limit", "{limit}".into())]),
        binary: texts.t("binary-text"),
        empty: texts.t("empty-start"),
        paste: paste_texts(texts),
    }
}

/// The words below every box.
pub fn paste_texts(texts: Texts) -> PasteTexts {
    PasteTexts {
        read: texts.t("read-title"),
        nothing: texts.t("read-nothing"),
        config: texts.t("read-config"),
        ladder: texts.t("read-ladder"),
        hits: hit_texts(texts),
        masks: mask_texts(texts),
        stays: texts.t("paste-stays"),
        goes: texts.t("paste-goes"),
        unmasked: texts.t("paste-unmasked"),
    }
}

/// The words of a hit.
pub fn hit_texts(texts: Texts) -> HitTexts {
    HitTexts {
        line: texts.with("hit-line", &[("n", "{n}".into())]),
        times: texts.with("hit-times", &[("n", "{n}".into())]),
        dialect: texts.with("hit-dialect", &[("dialect", "{dialect}".into())]),
        side: texts.with("hit-side", &[("side", "{side}".into())]),
        either: texts.t("hit-either"),
        phase: texts.with("hit-phase", &[("phase", "{phase}".into())]),
        any: texts.t("hit-any"),
        output: texts.t("read-output"),
        rhythm: texts.t("read-rhythm"),
        ruled_out: texts.with("read-ruled-out", &[("value", "{value}".into())]),
        more: texts.with("more-of-them", &[("n", "{n}".into())]),
        colon: texts.t("probe-colon"),
    }
}

fn mask_texts(texts: Texts) -> MaskTexts {
    MaskTexts {
        title: texts.t("masks-title"),
        hint: texts.t("masks-hint"),
        always: texts.t("masks-always"),
        each: texts.with("masks-each", &[("n", "{n}".into())]),
        line: texts.with("hit-line", &[("n", "{n}".into())]),
        times: texts.with("masks-times", &[("n", "{n}".into())]),
        more: texts.with("masks-more", &[("n", "{n}".into())]),
        hide: texts.t("masks-hide"),
        hide_button: texts.t("masks-hide-button"),
        none: texts.t("masks-none"),
        on: texts.t("masks-on"),
        off: texts.t("masks-off"),
    }
}
