//! The few places where script adds something: a draft kept, a ranking that moves before the answer
//! is sent, progress as it comes, number keys, copy buttons.
//!
//! Islands are small and get their words as properties. Everything they do is an extra: the markup
//! they start from works without script.
#![expect(
    unreachable_pub,
    reason = "the types that `#[component]` and `#[island]` make are public inside private files"
)]
#![expect(
    clippy::needless_pass_by_value,
    reason = "an island owns its properties, whatever it does with them"
)]

#[cfg(feature = "hydrate")]
pub mod browser;
#[cfg(not(feature = "hydrate"))]
#[path = "no_browser.rs"]
pub mod browser;
mod capture;
mod config;
mod copy;
mod draft;
mod from_browser;
mod hits;
mod keys;
mod live_ticket;
mod masks;
mod paste;
mod probe;
mod ranking;
mod sealed;
mod told;

pub use capture::{CaptureIsland, CaptureTexts, VariableWords, WORDS};
pub use config::{ConfigBox, ConfigTexts};
pub use copy::CopyButtons;
pub use draft::{DraftBox, DraftTexts};
pub use from_browser::{BrowserTexts, FromBrowser};
pub use hits::{HitTexts, hit_list};
pub use keys::StepKeys;
pub use live_ticket::{LiveTicket, Moment, Moved, Side, TicketTexts};
pub use masks::MaskTexts;
pub use paste::{BoxShape, PasteBox, PasteReading, PasteTexts};
pub use probe::{ProbeLive, ProbeTexts};
pub use ranking::{LiveRanking, RankRow, RankTexts};
pub use sealed::{SealButton, SealTexts, SealedReport, UnsealTexts};
