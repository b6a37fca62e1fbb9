//! A conversation as a sequence diagram, and the same as a table for those who read it.

use leptos::prelude::*;

use crate::worker::protocol::{Gap, Picture, Step};

use super::Scene;

/// Where the lanes lie: of the one who opened, in the middle, of the one who was called.
const LANES: [f64; 3] = [58.0, 184.0, 310.0];
/// Width of the picture: a phone's screen.
const WIDTH: f64 = 340.0;

/// Picture and table, or that they are being made.
pub(super) fn picture(scene: Scene, src: String, dst: String) -> impl IntoView {
    move || match scene.picture.get() {
        None => {
            view! { <p class="muted" role="status">{scene.t("cap-picture-wait")}</p> }.into_any()
        }
        Some(found) => both(scene, &found, src.clone(), dst.clone()).into_any(),
    }
}

fn both(scene: Scene, picture: &Picture, src: String, dst: String) -> impl IntoView + use<> {
    let scale = picture.scale.as_ref().map(|(time, length)| {
        let text = scene.with("cap-picture-scale", &[("time", time.clone())]);
        view! {
            <p class="scale">
                <svg viewBox=format!("0 0 8 {length:.1}") width="8" height=format!("{length:.1}") aria-hidden="true">
                    <path d=format!("M1 .5h6M4 .5v{:.1}M1 {:.1}h6", length - 1.0, length - 0.5) />
                </svg>
                <span>{text}</span>
            </p>
        }
    });
    view! {
        <div class="sequence">
            <figure aria-labelledby="picture-name">
                <figcaption id="picture-name">
                    <h3>{scene.t("cap-picture")}</h3>
                    <p class="hint">{scene.t("cap-picture-how")}</p>
                </figcaption>
                <p class="lane-names" aria-hidden="true">
                    <span>
                        <strong>{scene.t("cap-src")}</strong>
                        <bdi>{src}</bdi>
                    </span>
                    <span>
                        <strong>{scene.t("cap-dst")}</strong>
                        <bdi>{dst}</bdi>
                    </span>
                </p>
                {drawing(scene, picture)}
                {scale}
            </figure>
            {steps(scene, picture)}
        </div>
    }
}

fn drawing(scene: Scene, picture: &Picture) -> impl IntoView + use<> {
    let height = picture.height;
    let [left, _, right] = LANES;
    let left_out = picture.left_out.as_ref().and_then(|(after, text)| {
        // It lies in the room that the step behind it has for it.
        let y = picture.steps.get(*after)?.y - 28.0;
        Some(view! {
            <path class="left-out" d=format!("M{left} {y:.1}H{right}") />
            <text class="middle" x=LANES[1] y=format!("{:.1}", y - 5.0)>{text.clone()}</text>
        })
    });
    view! {
        <svg
            class="picture"
            viewBox=format!("0 0 {WIDTH} {height:.0}")
            role="img"
            aria-label=scene.t("cap-picture")
        >
            <path class="lane" d=format!("M{left} 4V{height:.0}M{right} 4V{height:.0}") />
            {picture
                .steps
                .iter()
                .map(|step| {
                    let gap = step.gap.clone().map(silence);
                    view! {
                        {gap}
                        {arrow(step)}
                    }
                })
                .collect_view()}
            {left_out}
        </svg>
    }
}

/// The time that passed: as long as it was, or with a break where it was too long.
fn silence(gap: Gap) -> impl IntoView {
    let [left, middle, right] = LANES;
    let Gap { top, bottom, text, cut, .. } = gap;
    let center = f64::midpoint(top, bottom);
    let height = bottom - top;
    let sign = cut.then(|| {
        let zigzag = |x: f64| format!("M{:.1} {:.1}l10 5l-10 5l10 5", x - 5.0, center - 8.0);
        view! { <path class="break" d=format!("{}{}", zigzag(left), zigzag(right)) /> }
    });
    view! {
        <rect class="gap" x=left y=format!("{top:.1}") width=right - left height=format!("{height:.1}") />
        {sign}
        <text class="middle gap-text" x=middle y=format!("{:.1}", center + 4.0)>{text}</text>
    }
}

fn arrow(step: &Step) -> impl IntoView + use<> {
    let lane = |at: u8| LANES.get(usize::from(at)).copied().unwrap_or(LANES[1]);
    let (from, to, y) = (lane(step.from), lane(step.to), step.y);
    let back = if to > from { -7.0 } else { 7.0 };
    let tip = to + back / 7.0;
    let middle = f64::midpoint(from, to);
    // A hard end is crossed out, so that colour is not the only sign of it.
    let cross = (step.kind == "rst").then(|| {
        let x = from - back;
        view! { <path class="cross" d=format!("M{:.1} {:.1}l8 8m0 -8l-8 8", x - 4.0, y - 4.0) /> }
    });
    view! {
        <g class=format!("arrow arrow-{}", step.kind)>
            <path class="shaft" d=format!("M{from:.1} {y:.1}H{tip:.1}") />
            <path class="head" d=format!("M{tip:.1} {y:.1}l{back:.1} -4v8z") />
            {cross}
            <text class="middle" x=middle y=format!("{:.1}", y - 5.0)>{step.text.clone()}</text>
            <text class="at" x=LANES[0] - 8.0 y=format!("{:.1}", y + 3.5)>{step.at.clone()}</text>
        </g>
    }
}

/// The same in words.
fn steps(scene: Scene, picture: &Picture) -> impl IntoView + use<> {
    let lane = |at: u8| match at {
        0 => scene.t("cap-src"),
        2 => scene.t("cap-dst"),
        _ => "…".to_owned(),
    };
    let left_out = picture.left_out.clone();
    let rows: Vec<_> = (0..)
        .zip(&picture.steps)
        .map(|(at, step)| {
            let note = left_out.as_ref().filter(|(after, _)| *after == at);
            let note = note.map(|(_, text)| text.clone());
            let gap = step.gap.as_ref().filter(|gap| gap.silence);
            let gap = gap.map(|gap| scene.with("cap-silence", &[("time", gap.text.clone())]));
            let extra = note.into_iter().chain(gap).map(|text| {
                view! {
                    <tr class="step-gap">
                        <td colspan="3">{text}</td>
                    </tr>
                }
            });
            let who = format!("{} → {}", lane(step.from), lane(step.to));
            view! {
                {extra.collect_view()}
                <tr class=format!("step-{}", step.kind)>
                    <td class="number">{step.at.clone()}</td>
                    <td>{who}</td>
                    <td>{step.text.clone()}</td>
                </tr>
            }
        })
        .collect();
    view! {
        <div class="steps-table" tabindex="0" role="region" aria-label=scene.t("cap-what")>
            <table>
                <caption class="visually-hidden">{scene.t("cap-picture")}</caption>
                <thead>
                    <tr>
                        <th scope="col">{scene.t("cap-when")}</th>
                        <th scope="col">{scene.t("cap-who")}</th>
                        <th scope="col">{scene.t("cap-what")}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}
