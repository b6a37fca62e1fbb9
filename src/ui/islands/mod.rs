//! The few places where script adds something: a draft kept, a ranking that moves before the answer
//! is sent, progress as it comes, number keys, copy buttons.
//!
//! Islands are small and get their words as properties. Everything they do is an extra: the markup
//! they start from works without script.
#![expect(
    unreachable_pub,
    reason = "the types that `#[component]` and `#[island]` make are public inside private files"
)]
#![cfg_attr(
    not(feature = "capture-page"),
    expect(
        clippy::needless_pass_by_value,
        reason = "an island owns its properties, whatever it does with them"
    )
)]

#[cfg(feature = "browser")]
pub mod browser;
#[cfg(not(feature = "browser"))]
#[path = "no_browser.rs"]
pub mod browser;
// The capture page has a program of its own, and the other pages another; the server has all.
#[cfg(not(feature = "capture-page"))]
mod answer_capture;
#[cfg(not(feature = "hydrate"))]
mod capture;
mod capture_words;
#[cfg(not(feature = "capture-page"))]
mod config;
mod copy;
#[cfg(not(feature = "capture-page"))]
mod draft;
mod drop_area;
#[cfg(not(feature = "capture-page"))]
mod from_browser;
#[cfg(not(feature = "capture-page"))]
mod hits;
#[cfg(not(feature = "capture-page"))]
mod keys;
#[cfg(not(feature = "capture-page"))]
mod live_ticket;
#[cfg(not(feature = "capture-page"))]
mod masks;
#[cfg(not(feature = "capture-page"))]
mod paste;
#[cfg(not(feature = "capture-page"))]
mod probe;
#[cfg(not(feature = "capture-page"))]
mod ranking;
#[cfg(not(feature = "capture-page"))]
mod sealed;
#[cfg(not(feature = "capture-page"))]
mod told;

#[cfg(not(feature = "capture-page"))]
pub use answer_capture::AnswerCapture;
#[cfg(not(feature = "hydrate"))]
pub use capture::CaptureIsland;
pub use capture_words::{CaptureTexts, VariableWords, WORDS};
#[cfg(not(feature = "capture-page"))]
pub use config::{ConfigBox, ConfigTexts};
pub use copy::CopyButtons;
#[cfg(not(feature = "capture-page"))]
pub use draft::{DraftBox, DraftTexts};
#[cfg(not(feature = "capture-page"))]
pub use from_browser::{BrowserTexts, FromBrowser};
#[cfg(not(feature = "capture-page"))]
pub use hits::{HitTexts, hit_list};
#[cfg(not(feature = "capture-page"))]
pub use keys::StepKeys;
#[cfg(not(feature = "capture-page"))]
pub use live_ticket::{Head, LiveTicket, Moment, Moved, Side, TicketTexts};
#[cfg(not(feature = "capture-page"))]
pub use masks::MaskTexts;
#[cfg(not(feature = "capture-page"))]
pub use paste::{BoxShape, PasteBox, PasteReading, PasteTexts};
#[cfg(not(feature = "capture-page"))]
pub use probe::{ProbeLive, ProbeTexts};
#[cfg(not(feature = "capture-page"))]
pub use ranking::{LiveRanking, RankRow, RankTexts};
#[cfg(not(feature = "capture-page"))]
pub use sealed::{SealButton, SealTexts, SealedReport, UnsealTexts};
