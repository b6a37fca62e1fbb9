//! Tokens: the capability to see or to manage something, and nothing else.
//!
//! Out of the operating system's random numbers and into a link; the store keeps only the hash.
//! Invariant: a token never appears in a log, so its `Debug` form shows none of it.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use super::StoreError;

/// Random bytes in a token: 160 bits, so that guessing stays hopeless for every link ever made.
const TOKEN_BYTES: usize = 20;

/// Characters of a token in base64url without padding: ⌈20 · 8 / 6⌉.
const TOKEN_CHARS: usize = 27;

/// A capability, 27 characters of base64url.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Draws a new token from the operating system.
    ///
    /// Fails with [`StoreError::Random`] where the operating system gives no random bytes.
    pub fn generate() -> Result<Self, StoreError> {
        let mut bytes = [0_u8; TOKEN_BYTES];
        getrandom::fill(&mut bytes).map_err(|_| StoreError::Random)?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// Reads a token as typed or clicked; `None` where it cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let decoded = (text.len() == TOKEN_CHARS).then(|| URL_SAFE_NO_PAD.decode(text).ok())??;
        (decoded.len() == TOKEN_BYTES).then(|| Self(text.to_owned()))
    }

    /// The 27 characters, for a link.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the store keeps instead of the token. A lookup by hash has no timing to learn from.
    pub(super) fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_back_and_no_two_are_alike() {
        let token = Token::generate().unwrap();
        assert_eq!(token.as_str().len(), TOKEN_CHARS);
        assert_eq!(Token::parse(token.as_str()), Some(token.clone()));
        assert_ne!(Token::generate().unwrap(), token);
    }

    #[test]
    fn what_is_no_token_is_refused() {
        let long = "A".repeat(10_000);
        for text in
            ["", "1", "-1", ":token", "{token}", "..", "%00", "AAAAAAAAAAAAAAAAAAAAAAAAAA!", &long]
        {
            assert_eq!(Token::parse(text), None, "{text:.40}");
        }
    }

    #[test]
    fn debug_output_shows_nothing_of_it() {
        let token = Token::generate().unwrap();
        assert!(!format!("{token:?}").contains(&token.as_str()[..4]));
    }
}
