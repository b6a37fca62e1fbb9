//! The ladder as a picture: one bar a timer, all on one axis of time.
//!
//! No `viewBox`: places are percentages and heights are pixels, so letters keep their size on a phone.
//! A measured cut-off is a line across all of them. What is in the wrong order has a sign and a number beside its colour.

use leptos::prelude::*;

use crate::{
    ladder::{Judgement, Limit, Role, Timer},
    ui::{figures, i18n::Texts},
};

/// Heights, pixels: of a hop's name, of a timer, of the axis.
const HOP: usize = 34;
const ROW: usize = 42;
const AXIS: usize = 30;
/// Seconds that the axis names.
const MARKS: [f64; 9] = [0.1, 1.0, 10.0, 60.0, 300.0, 3600.0, 86_400.0, 864_000.0, 31_536_000.0];

/// One line of the picture.
struct Line {
    y: usize,
    kind: Kind,
}

enum Kind {
    Hop(String),
    Bar { name: String, width: f64, open: bool, state: &'static str, sign: String },
}

/// The bars of every timer that bounds something.
#[component]
pub fn LadderChart(
    /// The texts in the reader's language.
    texts: Texts,
    /// The judged ladder.
    judgement: Judgement,
) -> impl IntoView {
    let longest = longest(&judgement);
    let mut y = 0;
    let mut lines = Vec::new();
    // Written last: the line of the cut-off must not run through a number.
    let mut values = Vec::new();
    for (at, hop) in judgement.hops.iter().enumerate() {
        let packets = if hop.passes_packets { texts.t("ladder-packets") } else { String::new() };
        lines.push(Line { y, kind: Kind::Hop(format!("{}. {} {packets}", at + 1, hop.name)) });
        y += HOP;
        for timer in hop.timers.iter().filter(|timer| is_drawn(timer)) {
            let numbers = inversions_of(&judgement, at, timer);
            let calculated =
                judgement.settings.iter().any(|own| own.hop == at && own.setting == timer.setting);
            let mut sign: Vec<String> = numbers.iter().map(|n| format!("✕{n}")).collect();
            sign.extend((!numbers.is_empty()).then(String::new));
            let sign = sign.join(" ");
            let (width, open) = match timer.limit {
                Limit::Seconds(seconds) => (share(seconds, longest), false),
                Limit::Never => (100.0, true),
                Limit::Off | Limit::Count(_) => (0.0, false),
            };
            let state = match (numbers.is_empty(), calculated) {
                (false, _) => "is-wrong",
                (true, true) => "is-moved",
                (true, false) => "is-fine",
            };
            let name = timer.setting.clone();
            lines.push(Line { y, kind: Kind::Bar { name, width, open, state, sign } });
            values.push((y, value(texts, timer.limit)));
            y += ROW;
        }
        y += 8;
    }
    let marks: Vec<f64> = MARKS.into_iter().filter(|mark| *mark <= longest).collect();
    let height = y + AXIS;
    let cut = judgement.cut_off.as_ref().map(|cut| percent(share(cut.seconds, longest)));
    let cut = cut.map(|x| view! { <line class="ladder-cut" x1=x.clone() x2=x y1="0" y2=y /> });
    view! {
        <figure class="ladder-chart">
            <svg width="100%" height=height role="img" aria-label=texts.t("ladder-chart")>
                {marks
                    .iter()
                    .map(|mark| {
                        let x = percent(share(*mark, longest));
                        view! { <line class="ladder-mark" x1=x.clone() x2=x y1="0" y2=y /> }
                    })
                    .collect_view()}
                {lines.into_iter().map(draw).collect_view()}
                {cut}
                {values
                    .into_iter()
                    .map(|(y, value)| {
                        view! { <text class="ladder-value" x="100%" y=y + 14 text-anchor="end">{value}</text> }
                    })
                    .collect_view()}
                {spread(&marks, longest)
                    .into_iter()
                    .map(|mark| {
                        let x = share(mark, longest);
                        let anchor = if x > 92.0 { "end" } else if x < 4.0 { "start" } else { "middle" };
                        view! {
                            <text class="ladder-axis" x=percent(x) y=y + 20 text-anchor=anchor>
                                {words(texts, mark)}
                            </text>
                        }
                    })
                    .collect_view()}
            </svg>
            <figcaption class="muted">{texts.t("ladder-legend")}</figcaption>
        </figure>
    }
}

fn draw(Line { y, kind }: Line) -> AnyView {
    match kind {
        Kind::Hop(name) => {
            view! { <text class="ladder-hop" x="0" y=y + 24>{name}</text> }.into_any()
        }
        Kind::Bar { name, width, open, state, sign } => view! {
            <g class=format!("ladder-timer {state}")>
                <text class="ladder-name" x="0" y=y + 14>
                    {sign}
                    {name}
                </text>
                <rect class="ladder-track" x="0" y=y + 21 width="100%" height="12" rx="3" />
                <rect
                    class="ladder-bar"
                    class:is-open=open
                    x="0"
                    y=y + 21
                    width=percent(width)
                    height="12"
                    rx="3"
                />
            </g>
        }
        .into_any(),
    }
}

fn is_drawn(timer: &Timer) -> bool {
    timer.roles.iter().any(|role| *role != Role::Other) && !matches!(timer.limit, Limit::Count(_))
}

/// The numbers, from 1, of the inversions that this timer is part of.
fn inversions_of(judgement: &Judgement, at: usize, timer: &Timer) -> Vec<usize> {
    let is_part = |hop: Option<&usize>, roles: &[Role]| {
        let chosen = roles.iter().find_map(|role| judgement.hops.get(at)?.timer(*role));
        hop == Some(&at) && chosen.is_some_and(|chosen| chosen.setting == timer.setting)
    };
    (1..)
        .zip(&judgement.inversions)
        .filter(|(_, found)| {
            let (early, late) = found.rule.roles();
            is_part(found.hops.first(), early) || is_part(found.hops.get(1), late)
        })
        .map(|(number, _)| number)
        .collect()
}

fn longest(judgement: &Judgement) -> f64 {
    let timers = judgement.hops.iter().flat_map(|hop| &hop.timers).filter(|timer| is_drawn(timer));
    let cut = judgement.cut_off.as_ref().map_or(0.0, |cut| cut.seconds);
    timers.filter_map(|timer| timer.limit.seconds()).fold(cut.max(10.0), f64::max)
}

/// Where `seconds` lies on the axis, per cent. Times span from milliseconds to days.
fn share(seconds: f64, longest: f64) -> f64 {
    let share = libm::log2(1.0 + seconds) / libm::log2(1.0 + longest.max(1.0));
    (share.clamp(0.0, 1.0) * 100.0).max(0.6)
}

/// Marks far enough apart for their words.
fn spread(marks: &[f64], longest: f64) -> Vec<f64> {
    let mut kept: Vec<f64> = Vec::new();
    for mark in marks {
        let far = |last: &f64| {
            let last = share(*last, longest);
            // A word at the very start of the axis stands to the right of its mark.
            share(*mark, longest) - last > if last < 4.0 { 17.0 } else { 13.0 }
        };
        if kept.last().is_none_or(far) {
            kept.push(*mark);
        }
    }
    kept
}

fn percent(share: f64) -> String {
    format!("{share:.2}%")
}

fn value(texts: Texts, limit: Limit) -> String {
    match limit {
        Limit::Seconds(seconds) => texts.seconds(seconds),
        Limit::Never => texts.t("ladder-never"),
        Limit::Off => texts.t("ladder-off"),
        Limit::Count(count) => format!("{count}"),
    }
}

fn words(texts: Texts, seconds: f64) -> String {
    let (n, unit) = match seconds {
        s if s >= 86_400.0 => (s / 86_400.0, "ladder-days"),
        s if s >= 3600.0 => (s / 3600.0, "ladder-hours"),
        s if s >= 60.0 => (s / 60.0, "n-minutes"),
        s => (s, "n-seconds"),
    };
    texts.with(unit, &[("n", figures::seconds(n).into())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_grows_and_its_words_stay_apart() {
        assert!(share(5.0, 3600.0) < share(60.0, 3600.0));
        assert!((share(3600.0, 3600.0) - 100.0).abs() < 0.01);
        let kept = spread(&MARKS, 86_400.0);
        assert!(kept.len() >= 4);
        assert!(
            kept.windows(2).all(|pair| share(pair[1], 86_400.0) - share(pair[0], 86_400.0) > 13.0)
        );
    }
}
