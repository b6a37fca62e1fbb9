//! Which probes to run: each with one sentence on what it sends and how long that takes.

use std::collections::BTreeSet;

use leptos::prelude::*;

use crate::{
    knowledge::{LiveProbe, PROBES, ProbeGroup},
    ui::i18n::Texts,
};

/// The probes in groups, as boxes to tick; those that send more come with a tick of their own.
///
/// It belongs into a form. Its fields: `only` for every ticked probe, `agree`, and `choose`, which
/// tells a form without any ticked probe from one that does not ask.
#[component]
pub(super) fn ProbeChoice(
    /// The texts in the reader's language.
    texts: Texts,
    /// The probes ticked at first.
    chosen: BTreeSet<String>,
    /// The longest silence, seconds.
    silence: u64,
) -> impl IntoView {
    let standing_alone = chosen.iter().all(|id| is_standing(id));
    let more: Vec<_> = ProbeGroup::ALL
        .into_iter()
        .filter(|group| *group != ProbeGroup::Standing)
        .map(|group| view! { <Group texts group chosen=chosen.clone() silence /> })
        .collect();
    view! {
        <div class="probe-choice">
            <input type="hidden" name="choose" value="1" />
            <p>{texts.t("probe-intro")}</p>
            <Group texts group=ProbeGroup::Standing chosen=chosen.clone() silence />
            <details open=!standing_alone>
                <summary>{texts.t("probe-more")}</summary>
                {more}
                <label class="tick">
                    <input type="checkbox" name="agree" value="1" />
                    <span>{texts.t("probe-agree")}</span>
                </label>
            </details>
        </div>
    }
}

fn is_standing(id: &str) -> bool {
    LiveProbe::of(id).is_some_and(LiveProbe::is_standing)
}

#[component]
fn Group(texts: Texts, group: ProbeGroup, chosen: BTreeSet<String>, silence: u64) -> impl IntoView {
    let boxes: Vec<_> = PROBES
        .iter()
        .filter(|probe| probe.group == group)
        .map(|probe| {
            let ticked = chosen.contains(probe.id);
            view! { <OneProbe texts probe=*probe ticked silence /> }
        })
        .collect();
    view! {
        <fieldset class="probe-group">
            <legend>{texts.t(&format!("probe-group-{}", group.id()))}</legend>
            {boxes}
        </fieldset>
    }
}

#[component]
fn OneProbe(texts: Texts, probe: LiveProbe, ticked: bool, silence: u64) -> impl IntoView {
    let sent = texts.with(&format!("probe-{}", probe.id), &[("seconds", silence.into())]);
    let about = texts.with("probe-takes", &[("seconds", takes(probe, silence).into())]);
    view! {
        <label class="tick">
            <input type="checkbox" name="only" value=probe.id checked=ticked />
            <span>
                <strong>{texts.t(&format!("row-{}", probe.id))}</strong>
                {probe
                    .is_heavy
                    .then(|| {
                        view! {
                            " "
                            <span class="sends-more">{texts.t("probe-sends-more")}</span>
                        }
                    })}
                <span class="sent">{sent}" "<span class="takes">{about}</span></span>
            </span>
        </label>
    }
}

/// About how long the probe takes, seconds, where the longest silence is `silence`.
pub(super) fn takes(probe: LiveProbe, silence: u64) -> u64 {
    /// The silence that the table's figures assume, seconds.
    const USUAL: u64 = 65;
    match probe.seconds.checked_sub(USUAL) {
        Some(beyond) => beyond + silence,
        None => probe.seconds,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_keeps_silence_takes_as_long_as_the_silence_asked_for() {
        let of = |id: &str, silence| takes(*LiveProbe::of(id).unwrap(), silence);
        assert_eq!((of("idle", 65), of("idle", 10), of("mtu", 10)), (70, 15, 12));
    }
}
