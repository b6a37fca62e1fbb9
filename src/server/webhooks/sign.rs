//! Signatures, as each receiver checks them.

use std::fmt::Write as _;

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Generic: hexadecimal HMAC-SHA256 of `timestamp.body` under the secret; the timestamp lets a
/// receiver refuse what is replayed later.
pub(super) fn generic(secret: &str, timestamp: i64, body: &str) -> String {
    let mac = hmac(secret.as_bytes(), format!("{timestamp}.{body}").as_bytes());
    hexadecimal(&mac)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// DingTalk: base64 of HMAC-SHA256 of `timestamp\nsecret` under the secret; the timestamp is in
/// milliseconds and at most an hour off. Source: the section of DingTalk's page on custom robots as
/// https://apifox.com/apidoc/docs-site/467052/doc-3550006 repeats it, read 2026-11-28; unsure, since
/// DingTalk's own page could not be read.
pub(super) fn dingtalk(secret: &str, milliseconds: i64) -> String {
    STANDARD.encode(hmac(secret.as_bytes(), format!("{milliseconds}\n{secret}").as_bytes()))
}

/// Feishu: base64 of HMAC-SHA256 of nothing under `timestamp\nsecret`; the timestamp is in seconds.
/// It may be an hour off. Source: Gitea's change after Feishu's own sample,
/// https://github.com/go-gitea/gitea/pull/34802, read 2026-11-28; unsure, since Feishu's own page could
/// not be read.
pub(super) fn feishu(secret: &str, seconds: i64) -> String {
    STANDARD.encode(hmac(format!("{seconds}\n{secret}").as_bytes(), b""))
}

fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    // HMAC takes keys of any length: RFC 2104 §2.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test case 2.
    #[test]
    fn the_mac_is_hmac_sha256() {
        let mac = hmac(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(
            hexadecimal(&mac),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }
}
