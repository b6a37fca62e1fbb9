//! A conversation as a picture: where each arrow lies, and how long each silence is drawn.
//!
//! Every arrow takes the same room, so that all can be read; what lies between them grows with the
//! time that passed. A silence so long that nothing else could be told apart is cut, and says so.

use crate::{
    capture::{Act, Event, Lane, Trace, seconds, size, step},
    knowledge::Lang,
};

use super::protocol::{Gap, Picture, Step};

/// Room of an arrow with its words, pixels.
const ROOM: f64 = 30.0;
/// The head with the names of the lanes, pixels.
const HEAD: f64 = 24.0;
/// The longest silence that is drawn to scale, pixels.
const LONGEST: f64 = 120.0;
/// All of them together, pixels. judgement: two screens.
const TOGETHER: f64 = 1200.0;
/// A silence that was cut, pixels.
const CUT: f64 = 46.0;
/// A silence shorter than this in the picture is not drawn, pixels: its words would not fit.
const LEAST: f64 = 14.0;
/// What a person would call a silence, seconds; what is shorter is how long a packet takes.
const SILENCE: f64 = 0.2;
/// A silence that is so many times the next shorter one is cut. judgement: the shorter one would
/// otherwise take a few pixels.
const OUTSHINES: f64 = 12.0;
/// How many silences are cut at most; with more of them the others are the exception.
const MOST_CUTS: usize = 3;

/// The picture of `trace`; `id` is the number of its conversation.
pub(super) fn picture(id: u32, trace: &Trace, lang: Lang) -> Picture {
    let events: Vec<&Event> = trace.first.iter().chain(&trace.last).collect();
    let edge = trace.left_out.map(|_| trace.first.len());
    let silences: Vec<f64> = (0..events.len())
        .map(|at| match (at.checked_sub(1).and_then(|at| events.get(at)), events.get(at)) {
            // What lies between the first and the last steps is no silence.
            (Some(before), Some(event)) if Some(at) != edge => (event.at - before.until).max(0.0),
            _ => 0.0,
        })
        .collect();
    let Scale { pixels, longest } = Scale::of(&silences);
    let mut picture = Picture { id, height: HEAD, ..Picture::default() };
    for ((at, event), silence) in (0..).zip(&events).zip(silences) {
        let top = picture.height;
        let cut = silence > longest;
        let length = if cut { CUT } else { silence * pixels };
        let gap = (length >= LEAST).then(|| Gap {
            top,
            bottom: top + length,
            text: seconds(silence, lang),
            cut,
            silence: silence >= SILENCE,
        });
        let room = if Some(at) == edge { 2.0 * ROOM } else { ROOM };
        picture.height = top + length + room;
        picture.steps.push(Step {
            y: picture.height - ROOM / 3.0,
            at: seconds(event.at, lang),
            from: lane(event.from),
            to: lane(event.to),
            text: step(event, lang),
            kind: kind(event.act).to_owned(),
            gap,
        });
    }
    picture.height += HEAD;
    picture.scale = round_below(LONGEST / pixels.max(1e-9))
        .filter(|_| longest > 0.0)
        .map(|length| (seconds(length, lang), length * pixels));
    picture.left_out = trace.left_out.map(|left| {
        let (steps, packets, bytes) = (left.steps, left.packets, size(left.bytes));
        let text = match (lang, left.again) {
            (Lang::En, 0) => format!("{steps} steps left out: {packets} packets, {bytes}"),
            (Lang::En, again) => format!(
                "{steps} steps left out: {packets} packets, {bytes}; {again} of them sent again"
            ),
            (Lang::Zh, 0) => format!("省略 {steps} 步：{packets} 个包，{bytes}"),
            (Lang::Zh, again) => {
                format!("省略 {steps} 步：{packets} 个包，{bytes}，其中重传 {again} 个")
            }
        };
        (trace.first.len(), text)
    });
    picture
}

/// How time becomes length.
struct Scale {
    /// Pixels of a second.
    pixels: f64,
    /// The longest silence that is drawn to scale, seconds; 0 where there is none.
    longest: f64,
}

impl Scale {
    fn of(silences: &[f64]) -> Self {
        let mut sorted: Vec<f64> = silences.iter().copied().filter(|gap| *gap > 0.0).collect();
        sorted.sort_by(|a, b| b.total_cmp(a));
        // The cuts are only worth it where they end at something much shorter.
        let outshone = (0..MOST_CUTS).find(|at| match (sorted.get(*at), sorted.get(at + 1)) {
            (Some(longest), Some(next)) => *longest > OUTSHINES * next,
            _ => false,
        });
        if let Some(at) = outshone {
            sorted.drain(..=at);
        }
        let longest = sorted.first().copied().unwrap_or(0.0);
        let all: f64 = sorted.iter().sum();
        let pixels = if longest > 0.0 { (LONGEST / longest).min(TOGETHER / all) } else { 0.0 };
        Self { pixels, longest }
    }
}

/// The greatest of 1, 2 and 5 times a power of ten that is no more than `value`.
fn round_below(value: f64) -> Option<f64> {
    let power = libm::pow(10.0, libm::floor(libm::log10(value)));
    [5.0, 2.0, 1.0].into_iter().map(|digit| digit * power).find(|round| *round <= value)
}

fn lane(lane: Lane) -> u8 {
    match lane {
        Lane::Src => 0,
        Lane::Way => 1,
        Lane::Dst => 2,
    }
}

fn kind(act: Act) -> &'static str {
    match act {
        Act::Syn | Act::SynAck | Act::Ack => "open",
        Act::Data => "data",
        Act::Again => "again",
        Act::ZeroWindow | Act::WindowOpen | Act::KeepAlive => "wait",
        Act::Fin => "fin",
        Act::Rst { .. } | Act::Icmp(..) => "rst",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(at: f64) -> Event {
        let (from, to, act) = (Lane::Src, Lane::Dst, Act::Data);
        Event { at, until: at, from, to, act, packets: 1, bytes: 1, words: Vec::new() }
    }

    fn gaps(times: &[f64]) -> Vec<Option<Gap>> {
        let first = times.iter().map(|at| event(*at)).collect();
        let trace = Trace { first, ..Trace::default() };
        picture(0, &trace, Lang::En).steps.into_iter().map(|step| step.gap).collect()
    }

    #[test]
    fn twice_the_time_is_twice_the_length() {
        let gaps = gaps(&[0.0, 1.0, 3.0]);
        let length =
            |at: usize| gaps.get(at).unwrap().as_ref().map(|gap| gap.bottom - gap.top).unwrap();
        assert!((length(2) - 2.0 * length(1)).abs() < 1e-9, "{gaps:?}");
        assert_eq!(
            gaps.get(2).unwrap().as_ref().map(|gap| (gap.text.as_str(), gap.cut)),
            Some(("2.0 s", false))
        );
    }

    #[test]
    fn a_silence_that_outshines_the_others_is_cut_and_says_how_long_it_was() {
        let gaps = gaps(&[0.0, 0.02, 0.03, 60.03]);
        let cut: Vec<_> = gaps.iter().flatten().map(|gap| gap.cut).collect();
        assert_eq!(cut, [false, false, true], "{gaps:?}");
        assert_eq!(gaps.get(3).unwrap().as_ref().unwrap().text, "60 s");
    }

    #[test]
    fn an_even_rhythm_is_drawn_to_scale() {
        let times: Vec<f64> = (0..30).map(|at| f64::from(at) * 75.0).collect();
        let gaps = gaps(&times);
        assert!(gaps.iter().flatten().all(|gap| !gap.cut));
        assert_eq!(gaps.iter().flatten().count(), 29);
    }

    #[test]
    fn the_scale_is_a_round_time() {
        assert_eq!(round_below(0.034), Some(0.02));
        assert_eq!(round_below(1.0), Some(1.0));
        assert_eq!(round_below(99.0), Some(50.0));
    }
}
