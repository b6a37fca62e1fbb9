//! The delivery log: the last deliveries, in memory.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use super::Occasion;

/// How many deliveries are remembered.
const REMEMBERED: usize = 200;

/// What became of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// Under way, or waiting for the next try.
    Waiting,
    /// The receiver took it.
    Delivered,
    /// Given up.
    Failed,
}

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Counts up from 1.
    pub id: u64,
    /// When it began, Unix seconds.
    pub at: i64,
    /// Name of the receiver.
    pub receiver: String,
    /// What it tells.
    pub occasion: Occasion,
    /// How often it was tried.
    pub tries: u32,
    /// What became of it.
    pub state: DeliveryState,
    /// What the receiver said last, in short.
    pub answer: String,
}

#[derive(Default)]
pub(super) struct Log {
    lines: Mutex<Lines>,
}

#[derive(Default)]
struct Lines {
    last: u64,
    kept: VecDeque<Delivery>,
}

impl Log {
    pub(super) fn begin(&self, receiver: &str, occasion: Occasion, at: i64) -> u64 {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.last += 1;
        let id = lines.last;
        if lines.kept.len() == REMEMBERED {
            lines.kept.pop_front();
        }
        lines.kept.push_back(Delivery {
            id,
            at,
            receiver: receiver.to_owned(),
            occasion,
            tries: 0,
            state: DeliveryState::Waiting,
            answer: String::new(),
        });
        id
    }

    pub(super) fn tried(&self, id: u64, answer: String) {
        self.change(id, |line| {
            line.tries += 1;
            line.answer = answer;
        });
    }

    /// Ends a delivery; an empty `why` leaves the receiver's last answer.
    pub(super) fn end(&self, id: u64, state: DeliveryState, why: &str) {
        self.change(id, |line| {
            line.state = state;
            if !why.is_empty() {
                why.clone_into(&mut line.answer);
            }
        });
    }

    pub(super) fn newest_first(&self) -> Vec<Delivery> {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.kept.iter().rev().cloned().collect()
    }

    fn change(&self, id: u64, change: impl FnOnce(&mut Delivery)) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = lines.kept.iter_mut().find(|line| line.id == id) {
            change(line);
        }
    }
}
