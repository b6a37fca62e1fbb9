//! The engine as it stands: the built-in knowledge, shifted by what was confirmed on this server.
//!
//! What is confirmed counts from the next diagnosis on, and so does what is forgotten.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use crate::{
    knowledge::Experience,
    report::Diagnostician,
    store::{ReportStore, StoreError},
};

/// The engine and what it was made from.
pub struct Learner {
    /// Without anything learned.
    plain: Arc<Diagnostician>,
    now: RwLock<Arc<Diagnostician>>,
    /// Pseudo-cases behind the base rates; 0 where nothing is to be learned.
    strength: f64,
    /// One at a time reads and replaces, so that an older reading never takes the place of a newer one.
    turn: tokio::sync::Mutex<()>,
}

impl Learner {
    /// Knows what `plain` knows.
    pub(super) fn new(plain: Arc<Diagnostician>, strength: f64) -> Self {
        let now = RwLock::new(Arc::clone(&plain));
        Self { plain, now, strength, turn: tokio::sync::Mutex::default() }
    }

    /// The engine for the next diagnosis.
    pub fn now(&self) -> Arc<Diagnostician> {
        Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes in what `store` knows to be confirmed. Nothing happens where learning is off.
    pub(super) async fn learn(&self, store: &dyn ReportStore) -> Result<(), StoreError> {
        if self.strength <= 0.0 {
            return Ok(());
        }
        let _turn = self.turn.lock().await;
        let mut confirmed: BTreeMap<String, u64> = BTreeMap::new();
        for proved in store.confirmed_causes().await? {
            *confirmed.entry(proved.cause).or_default() += 1;
        }
        let experience = Experience { strength: self.strength, confirmed };
        let same = self.now().base().experience == experience;
        let neither = experience.is_off() && self.now().base().experience.is_off();
        if same || neither {
            return Ok(());
        }
        let cases: u64 = experience.confirmed.values().sum();
        let plain = Arc::clone(&self.plain);
        // The tables are calculated anew: work for a thread that serves no connection.
        let work = tokio::task::spawn_blocking(move || plain.with_experience(experience));
        let Ok(learned) = work.await else { return Ok(()) };
        tracing::info!(
            cases,
            strength = self.strength,
            "base rates follow the cases confirmed here"
        );
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(learned);
        Ok(())
    }
}
