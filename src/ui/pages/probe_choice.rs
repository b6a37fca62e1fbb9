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
    /// The one that the planner asks for; it alone is shown unfolded, where it alone is ticked.
    single: Option<&'static LiveProbe>,
    /// The longest silence, seconds.
    silence: u64,
) -> impl IntoView {
    let alone = single.is_some_and(|probe| chosen.len() == 1 && chosen.contains(probe.id));
    let single = single.filter(|_| alone);
    let group = |group: ProbeGroup| {
        let chosen = chosen.clone();
        let except = single.map(|probe| probe.id);
        view! { <Group texts group chosen except silence /> }
    };
    let others = ProbeGroup::ALL.into_iter().filter(|group| *group != ProbeGroup::Standing);
    let others: Vec<_> = others.map(group).collect();
    let standing = group(ProbeGroup::Standing);
    let is_open = single.is_none() && !chosen.iter().all(|id| is_standing(id));
    let early = single.is_some_and(|probe| probe.is_heavy);
    let (above, within, summary) = match single {
        Some(probe) => {
            let first = view! { <OneProbe texts probe=*probe ticked=true silence /> };
            (first.into_any(), Some(standing), "probe-others")
        }
        None => (standing.into_any(), None, "probe-more"),
    };
    view! {
        <div class="probe-choice">
            <input type="hidden" name="choose" value="1" />
            <p>{texts.t("probe-intro")}</p>
            {above}
            {early.then(|| view! { <Agree texts /> })}
            <details open=is_open>
                <summary>{texts.t(summary)}</summary>
                {within}
                {others}
                {(!early).then(|| view! { <Agree texts /> })}
            </details>
        </div>
    }
}

/// The tick without which nothing that sends more is sent.
#[component]
fn Agree(texts: Texts) -> impl IntoView {
    view! {
        <label class="tick">
            <input type="checkbox" name="agree" value="1" />
            <span>{texts.t("probe-agree")}</span>
        </label>
    }
}

fn is_standing(id: &str) -> bool {
    LiveProbe::of(id).is_some_and(LiveProbe::is_standing)
}

#[component]
fn Group(
    texts: Texts,
    group: ProbeGroup,
    chosen: BTreeSet<String>,
    except: Option<&'static str>,
    silence: u64,
) -> impl IntoView {
    let boxes: Vec<_> = PROBES
        .iter()
        .filter(|probe| probe.group == group && Some(probe.id) != except)
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
