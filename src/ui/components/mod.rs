//! Pieces of pages that have more than one user, or a shape of their own.
//!
//! Plain data in, markup out: none of them fetches, sorts or decides.
#![expect(
    unreachable_pub,
    reason = "the types that `#[component]` and `#[island]` make are public inside private files"
)]
#![expect(
    clippy::needless_pass_by_value,
    reason = "a component owns its properties, whatever it does with them"
)]

mod capture_words;
mod case;
mod case_ladder;
mod chain;
mod check_fix;
mod chrome;
mod compare;
mod constants;
mod contents;
mod copy;
mod export;
mod fixes;
mod icons;
mod inversions;
mod ladder_chart;
mod ledger;
mod message;
mod opening;
mod paste_words;
mod prose;
mod ranking;
mod retry;
mod second_thoughts;
mod settle;
mod share;
mod ticket;
mod timeline;
mod to_scale;
mod verdict;

pub use capture_words::{capture_variables, capture_words};
pub use case::{Answers, Measured, ReadFromCapture, ReadFromText};
pub use case_ladder::CaseLadder;
pub use chain::ChainStrip;
pub use check_fix::CheckFixes;
pub use chrome::{Footer, Header};
pub use compare::CompareForm;
pub use constants::Constants;
pub use contents::{Contents, Jump};
pub use copy::{Command, CopyText};
pub use export::{SavedFiles, UnsavedFiles};
pub use fixes::Fixes;
pub use icons::{BrokenLine, Icon, Logo};
pub use inversions::Inversions;
pub use ladder_chart::LadderChart;
pub use ledger::Ledger;
pub use message::MessageToOps;
pub use opening::Opening;
pub use paste_words::{draft_texts, hit_texts, paste_texts};
pub use prose::prose;
pub use ranking::{families, ranked_rows};
pub use retry::RetryCode;
pub use second_thoughts::SecondThoughts;
pub use settle::Settle;
pub use share::{EXPIRIES, HiddenState, SealedPage, ShareForm, Shared};
pub use ticket::TicketBoard;
pub use timeline::Timeline;
pub use to_scale::ToScale;
pub use verdict::VerdictHead;
pub(in crate::ui) use verdict::{leading, state_id, sureness};
