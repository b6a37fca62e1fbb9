//! Passwords of reports: hashed, checked at the same cost whatever was typed, tried a few times only;
//! and the keys that a browser gets for the right one.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use axum::http::StatusCode;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::{
    limits,
    problem::Problem,
    windows::{Windows, bucket, too_often},
};
use crate::store::Token;

/// Longest password, bytes; longer ones would only cost time.
pub const LONGEST: usize = 256;
/// Hashes at once. Each takes 19 MiB, so a flood of passwords would be one of memory.
const AT_ONCE: usize = 4;
/// Wrong passwords of one client for one report, and of everybody for it. judgement: a person who
/// mistypes needs three; a thousand guesses a day find no password that is worth its name.
const OF_CLIENT: (u32, Duration) = (8, Duration::from_mins(10));
const OF_ALL: (u32, Duration) = (40, Duration::from_hours(1));
/// How long a browser may come back without typing it again.
pub const KEY_LIVES: Duration = Duration::from_hours(1);
/// Keys that are out at once; the oldest go first.
const KEYS: usize = 10_000;

/// The lock on every report that has a password.
#[derive(Debug)]
pub struct Locks {
    places: Semaphore,
    of_client: Windows<(i64, IpAddr)>,
    of_all: Windows<i64>,
    keys: Mutex<BTreeMap<String, (i64, Instant)>>,
}

impl Default for Locks {
    fn default() -> Self {
        Self {
            places: Semaphore::new(AT_ONCE),
            of_client: Windows::new(OF_CLIENT.0, OF_CLIENT.1),
            of_all: Windows::new(OF_ALL.0, OF_ALL.1),
            keys: Mutex::default(),
        }
    }
}

impl Locks {
    /// The hash of `password` with a salt of its own, in PHC form: argon2id, 19 MiB, 2 passes.
    pub async fn hash(self: &Arc<Self>, password: &str) -> Result<String, Problem> {
        if password.len() > LONGEST {
            return Err(too_long());
        }
        let password = password.to_owned();
        self.work(move || {
            let hash = Argon2::default().hash_password(password.as_bytes());
            hash.map(|hash| hash.to_string()).ok()
        })
        .await?
        .ok_or_else(Problem::internal)
    }

    /// Whether `typed` is the password behind `lock`; counts the wrong ones.
    pub async fn check(
        self: &Arc<Self>,
        report: i64,
        client: IpAddr,
        lock: &str,
        typed: &str,
    ) -> Result<bool, Problem> {
        let who = (report, bucket(client));
        let wait = self.of_client.wait(&who).or_else(|| self.of_all.wait(&report));
        if let Some(wait) = wait {
            return Err(too_often(wait));
        }
        // Counted before it is looked at, so that many at once get no further than one by one.
        let (_, _) = (self.of_client.take(&who), self.of_all.take(&report));
        if typed.len() > LONGEST {
            return Ok(false);
        }
        let (lock, typed) = (lock.to_owned(), typed.to_owned());
        self.work(move || {
            let hash = PasswordHash::new(&lock);
            hash.is_ok_and(|hash| {
                Argon2::default().verify_password(typed.as_bytes(), &hash).is_ok()
            })
        })
        .await
    }

    async fn work<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let Ok(Ok(_place)) =
            tokio::time::timeout(Duration::from_secs(5), self.places.acquire()).await
        else {
            return Err(limits::busy());
        };
        tokio::task::spawn_blocking(work).await.map_err(|_| Problem::internal())
    }

    /// A key to `report` for a browser that knew the password.
    pub fn key(&self, report: i64) -> Result<String, Problem> {
        let key = Token::generate()?.as_str().to_owned();
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        keys.retain(|_, (_, since)| since.elapsed() < KEY_LIVES);
        let oldest = keys.iter().min_by_key(|(_, (_, since))| *since).map(|(key, _)| key.clone());
        if let Some(oldest) = oldest
            && keys.len() >= KEYS
        {
            keys.remove(&oldest);
        }
        keys.insert(key.clone(), (report, Instant::now()));
        Ok(key)
    }

    /// Whether `key` is one to `report`.
    pub fn fits(&self, key: &str, report: i64) -> bool {
        let keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        keys.get(key).is_some_and(|(of, since)| *of == report && since.elapsed() < KEY_LIVES)
    }
}

/// The problem of a password that is longer than anybody types.
fn too_long() -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "wrong-value",
        format!("`password`: at most {LONGEST} bytes."),
        format!("`password`：最多 {LONGEST} 字节。"),
    )
    .with("field", "password")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_right_password_opens_and_wrong_ones_run_out() {
        let locks = Arc::new(Locks::default());
        let lock = locks.hash("三只猫").await.unwrap();
        assert!(lock.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{lock}");
        assert_ne!(lock, locks.hash("三只猫").await.unwrap(), "each has a salt of its own");
        let client: IpAddr = "192.0.2.1".parse().unwrap();
        assert!(locks.check(1, client, &lock, "三只猫").await.unwrap());
        for _ in 1..OF_CLIENT.0 {
            assert!(!locks.check(1, client, &lock, "四只猫").await.unwrap());
        }
        assert!(locks.check(1, client, &lock, "三只猫").await.is_err(), "that was too often");
        assert!(locks.check(2, client, &lock, "三只猫").await.unwrap());
    }

    #[test]
    fn a_key_fits_one_report() {
        let locks = Locks::default();
        let key = locks.key(7).unwrap();
        assert!(locks.fits(&key, 7) && !locks.fits(&key, 8) && !locks.fits("", 7));
    }
}
