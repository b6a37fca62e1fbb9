//! The operator's key: one token of the configuration, and the sessions it opened.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use sha2::{Digest, Sha256};

use super::{
    webhooks::Secret,
    windows::{Windows, bucket},
};
use crate::store::{StoreError, Token};

/// How long a session lasts. judgement: a working day with its breaks.
pub const SESSION: Duration = Duration::from_hours(12);

/// Wrong tokens of one client in a minute; more are told to wait. The right one always opens, or
/// strangers could keep the operator out: with its 20 characters or more nobody guesses it.
const TRIES: (u32, Duration) = (10, Duration::from_mins(1));

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
    /// It is another token, and there were too many; wait a minute.
    TooOften,
    /// The system gave no random bytes.
    Failed(StoreError),
}

/// Who may see the operator's pages.
pub struct Admin {
    token: Option<Hash>,
    sessions: Mutex<BTreeMap<Hash, Instant>>,
    wrong: Windows<IpAddr>,
}

impl Admin {
    /// Pages that `token` opens; none where it is absent.
    pub fn new(token: Option<&Secret>) -> Self {
        Self {
            token: token.map(|token| hash(token.reveal())),
            sessions: Mutex::default(),
            wrong: Windows::new(TRIES.0, TRIES.1),
        }
    }

    /// Whether there are operator's pages at all.
    pub fn exists(&self) -> bool {
        self.token.is_some()
    }

    /// Opens a session for `client`; gives the value of its cookie.
    ///
    /// Tokens are compared by their hashes, so that the time it takes tells nothing of the token.
    pub fn enter(&self, typed: &str, client: IpAddr) -> Result<String, NoEntry> {
        let wanted = self.token.ok_or(NoEntry::NoSuchPage)?;
        if hash(typed.trim()) != wanted {
            let counted = self.wrong.take(&bucket(client));
            return Err(counted.map_or(NoEntry::TooOften, |()| NoEntry::WrongToken));
        }
        let now = Instant::now();
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

    fn client(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn a_session_opens_with_the_token_and_closes() {
        let admin = Admin::new(Some(&Secret::from(TOKEN)));
        assert!(matches!(admin.enter("guess", client(1)), Err(NoEntry::WrongToken)));
        let cookie = admin.enter(TOKEN, client(1)).unwrap();
        assert!(admin.knows(&cookie) && !admin.knows("another"));
        admin.leave(&cookie);
        assert!(!admin.knows(&cookie));
    }

    #[test]
    fn guessing_ends_after_ten_tries_and_keeps_nobody_out() {
        let admin = Admin::new(Some(&Secret::from(TOKEN)));
        for _ in 0..TRIES.0 {
            assert!(matches!(admin.enter("guess", client(1)), Err(NoEntry::WrongToken)));
        }
        assert!(matches!(admin.enter("guess", client(1)), Err(NoEntry::TooOften)));
        assert!(matches!(admin.enter("guess", client(2)), Err(NoEntry::WrongToken)));
        for _ in 0..20 {
            assert!(admin.enter(TOKEN, client(1)).is_ok(), "the operator is behind the same proxy");
        }
    }

    #[test]
    fn without_a_token_there_is_nothing_to_enter() {
        assert!(matches!(Admin::new(None).enter("", client(1)), Err(NoEntry::NoSuchPage)));
    }
}
