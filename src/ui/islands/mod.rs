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
mod config;
mod copy;
mod draft;
mod hits;
mod keys;
mod masks;
mod paste;
mod probe;
mod ranking;

pub use config::{ConfigBox, ConfigTexts};
pub use copy::CopyButtons;
pub use draft::{DraftBox, DraftTexts};
pub use hits::{HitTexts, hit_list};
pub use keys::StepKeys;
pub use masks::MaskTexts;
pub use paste::{BoxShape, PasteBox, PasteReading, PasteTexts};
pub use probe::{ProbeLive, ProbeTexts};
pub use ranking::{LiveRanking, RankRow, RankTexts};
