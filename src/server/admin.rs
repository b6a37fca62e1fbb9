//! The operator's key: one token of the configuration, and the sessions it opened.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use sha2::{Digest, Sha256};

use super::webhooks::Secret;
use crate::store::{StoreError, Token};

/// How long a session lasts. judgement: a working day with its breaks.
pub const SESSION: Duration = Duration::from_hours(12);

/// Tries within [`TRIES_WITHIN`], by all clients together; more are refused unread.
const TRIES: usize = 10;
const TRIES_WITHIN: Duration = Duration::from_mins(1);

/// Sessions at once; the oldest goes first.
const SESSIONS: usize = 100;

type Hash = [u8; 32];

/// Why somebody was not let in.
#[derive(Debug)]
pub enum NoEntry {
    /// There is no token in the configuration, so there are no such pages.
    NoSuchPage,
    /// It is another token.
    WrongToken,
    /// Too many tries; wait a minute.
    TooOften,
    /// The system gave no random bytes.
    Failed(StoreError),
}

/// Who may see the operator's pages.
pub struct Admin {
    token: Option<Hash>,
    sessions: Mutex<BTreeMap<Hash, Instant>>,
    tries: Mutex<VecDeque<Instant>>,
}

impl Admin {
    /// Pages that `token` opens; none where it is absent.
    pub fn new(token: Option<&Secret>) -> Self {
        Self {
            token: token.map(|token| hash(token.reveal())),
            sessions: Mutex::default(),
            tries: Mutex::default(),
        }
    }

    /// Whether there are operator's pages at all.
    pub fn exists(&self) -> bool {
        self.token.is_some()
    }

    /// Opens a session; gives the value of its cookie.
    ///
    /// Tokens are compared by their hashes, so that the time it takes tells nothing of the token.
    pub fn enter(&self, typed: &str) -> Result<String, NoEntry> {
        let wanted = self.token.ok_or(NoEntry::NoSuchPage)?;
        let now = Instant::now();
        {
            let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
            tries.retain(|at| now.duration_since(*at) < TRIES_WITHIN);
            if tries.len() >= TRIES {
                return Err(NoEntry::TooOften);
            }
            tries.push_back(now);
        }
        if hash(typed.trim()) != wanted {
            return Err(NoEntry::WrongToken);
        }
        let session = Token::generate().map_err(NoEntry::Failed)?;
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|_, ends| *ends > now);
        if sessions.len() >= SESSIONS
            && let Some(oldest) = sessions.iter().min_by_key(|(_, ends)| **ends).map(|(id, _)| *id)
        {
            sessions.remove(&oldest);
        }
        sessions.insert(hash(session.as_str()), now + SESSION);
        Ok(session.as_str().to_owned())
    }

    /// Whether `cookie` is that of an open session.
    pub fn knows(&self, cookie: &str) -> bool {
        let sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.get(&hash(cookie)).is_some_and(|ends| *ends > Instant::now())
    }

    /// Ends the session of `cookie`.
    pub fn leave(&self, cookie: &str) {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.remove(&hash(cookie));
    }
}

fn hash(text: &str) -> Hash {
    Sha256::digest(text.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "a-token-of-twenty-four-ch";

    #[test]
    fn a_session_opens_with_the_token_and_closes() {
        let admin = Admin::new(Some(&Secret::from(TOKEN)));
        assert!(matches!(admin.enter("guess"), Err(NoEntry::WrongToken)));
        let cookie = admin.enter(TOKEN).unwrap();
        assert!(admin.knows(&cookie) && !admin.knows("another"));
        admin.leave(&cookie);
        assert!(!admin.knows(&cookie));
    }

    #[test]
    fn guessing_ends_after_ten_tries() {
        let admin = Admin::new(Some(&Secret::from(TOKEN)));
        for _ in 0..TRIES {
            assert!(matches!(admin.enter("guess"), Err(NoEntry::WrongToken)));
        }
        assert!(matches!(admin.enter(TOKEN), Err(NoEntry::TooOften)));
    }

    #[test]
    fn without_a_token_there_is_nothing_to_enter() {
        assert!(matches!(Admin::new(None).enter(""), Err(NoEntry::NoSuchPage)));
    }
}
