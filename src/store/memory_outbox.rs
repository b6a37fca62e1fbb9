//! The outbox in memory; see `sqlite_outbox` for what each does.

use super::{DELIVERIES_KEPT, DeliveryState, Letter, Posted, Progress, memory::Shelves};

impl Shelves {
    pub(super) fn post(&mut self, letter: &Letter) -> u64 {
        let id = self.letters.last_key_value().map_or(1, |(last, _)| last + 1);
        let (tries, state, answer) = (0, DeliveryState::Waiting, String::new());
        let progress = Progress { tries, due_at: letter.at, state, answer };
        self.letters.insert(id, Posted { id, letter: letter.clone(), progress });
        id
    }

    pub(super) fn note_progress(&mut self, id: u64, progress: &Progress) {
        let Some(posted) = self.letters.get_mut(&id) else { return };
        posted.progress = progress.clone();
        if progress.state != DeliveryState::Waiting {
            posted.letter.sealed.clear();
        }
    }

    pub(super) fn waiting(&self) -> Vec<Posted> {
        let waits = |posted: &&Posted| posted.progress.state == DeliveryState::Waiting;
        self.letters.values().filter(waits).cloned().collect()
    }

    pub(super) fn latest(&self) -> Vec<Posted> {
        self.letters.values().rev().take(DELIVERIES_KEPT as usize).cloned().collect()
    }
}
