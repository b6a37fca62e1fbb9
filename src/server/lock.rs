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
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

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
///
/// A report is known here by its *lock*, the PHC string with a salt of its own: the number of a report
/// that is gone may be given to another one.
#[derive(Debug)]
pub struct Locks {
    places: Arc<Semaphore>,
    of_client: Windows<(String, IpAddr)>,
    of_all: Windows<String>,
    keys: Mutex<BTreeMap<String, (String, Instant)>>,
}

impl Default for Locks {
    fn default() -> Self {
        Self {
            places: Arc::new(Semaphore::new(AT_ONCE)),
            of_client: Windows::new(OF_CLIENT.0, OF_CLIENT.1),
            of_all: Windows::new(OF_ALL.0, OF_ALL.1),
            keys: Mutex::default(),
        }
    }
}

impl Locks {
    /// The hash of `password` with a salt of its own, in PHC form: argon2id, 19 MiB, 2 passes.
    pub async fn hash(&self, password: &str) -> Result<String, Problem> {
        if password.len() > LONGEST {
            return Err(too_long());
        }
        let password = password.to_owned();
        let hash = move || {
            let hash = Argon2::default().hash_password(password.as_bytes());
            hash.map(|hash| hash.to_string()).ok()
        };
        work(self.place().await?, hash).await?.ok_or_else(Problem::internal)
    }

    /// Whether `typed` is the password behind `lock`; counts the wrong ones.
    pub async fn check(&self, lock: &str, client: IpAddr, typed: &str) -> Result<bool, Problem> {
        let who = (lock.to_owned(), bucket(client));
        self.may_try(&who)?;
        let place = self.place().await?;
        // Counted before it is looked at, so that many at once get no further than one by one; with
        // the place in hand, so that right ones at once are never more than the places.
        self.may_try(&who)?;
        let (_, _) = (self.of_client.take(&who), self.of_all.take(&who.0));
        if typed.len() > LONGEST {
            return Ok(false);
        }
        let (lock, typed) = (lock.to_owned(), typed.to_owned());
        let verify = move || {
            let hash = PasswordHash::new(&lock);
            hash.is_ok_and(|hash| {
                Argon2::default().verify_password(typed.as_bytes(), &hash).is_ok()
            })
        };
        let fits = work(place, verify).await?;
        if fits {
            self.of_client.give_back(&who);
            self.of_all.give_back(&who.0);
        }
        Ok(fits)
    }

    fn may_try(&self, who: &(String, IpAddr)) -> Result<(), Problem> {
        let wait = self.of_client.wait(who).or_else(|| self.of_all.wait(&who.0));
        wait.map_or(Ok(()), |wait| Err(too_often(wait)))
    }

    async fn place(&self) -> Result<OwnedSemaphorePermit, Problem> {
        let place = Arc::clone(&self.places).acquire_owned();
        match tokio::time::timeout(Duration::from_secs(5), place).await {
            Ok(Ok(place)) => Ok(place),
            _ => Err(limits::busy()),
        }
    }

    /// A key to the report behind `lock`, for a browser that knew the password.
    pub fn key(&self, lock: &str) -> Result<String, Problem> {
        let key = Token::generate()?.as_str().to_owned();
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        keys.retain(|_, (_, since)| since.elapsed() < KEY_LIVES);
        let oldest = keys.iter().min_by_key(|(_, (_, since))| *since).map(|(key, _)| key.clone());
        if let Some(oldest) = oldest
            && keys.len() >= KEYS
        {
            keys.remove(&oldest);
        }
        keys.insert(key.clone(), (lock.to_owned(), Instant::now()));
        Ok(key)
    }

    /// Whether `key` is one to the report behind `lock`.
    pub fn fits(&self, key: &str, lock: &str) -> bool {
        let keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        keys.get(key).is_some_and(|(of, since)| of == lock && since.elapsed() < KEY_LIVES)
    }
}

/// Hashes in `place`, which is held until the work is done, even if whoever asked is gone.
async fn work<T: Send + 'static>(
    place: OwnedSemaphorePermit,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let work = move || {
        let _place = place;
        work()
    };
    tokio::task::spawn_blocking(work).await.map_err(|_| Problem::internal())
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
        let locks = Locks::default();
        let lock = locks.hash("三只猫").await.unwrap();
        assert!(lock.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{lock}");
        let other = locks.hash("三只猫").await.unwrap();
        assert_ne!(lock, other, "each has a salt of its own");
        let client: IpAddr = "192.0.2.1".parse().unwrap();
        for _ in 0..=OF_CLIENT.0 {
            assert!(locks.check(&lock, client, "三只猫").await.unwrap(), "right ones cost nothing");
        }
        for _ in 0..OF_CLIENT.0 {
            assert!(!locks.check(&lock, client, "四只猫").await.unwrap());
        }
        assert!(locks.check(&lock, client, "三只猫").await.is_err(), "that was too often");
        assert!(locks.check(&other, client, "三只猫").await.unwrap());
    }

    #[test]
    fn a_key_fits_one_report() {
        let locks = Locks::default();
        let key = locks.key("$one").unwrap();
        assert!(locks.fits(&key, "$one") && !locks.fits(&key, "$two") && !locks.fits("", "$one"));
    }
}
