//! `openssl s_client`: how the TLS handshake ended.

use super::Notes;

pub(super) fn read(lines: &[&str], notes: &mut Notes) {
    let has = |word: &str| lines.iter().find(|line| line.contains(word)).copied();
    if has("CONNECTED(").is_none() {
        return;
    }
    if let Some(line) = has("CONNECTED(") {
        notes.seen("tcp.result", "connected", line);
    }
    let verified = lines.iter().rev().find_map(|line| {
        let (_, rest) = line
            .split_once("erify return code:")
            .or_else(|| line.split_once("erification error:"))?;
        Some((rest.trim(), *line))
    });
    // Codes of X509_verify_cert_error_string(3).
    let code = |text: &str| {
        text.split(|c: char| !c.is_ascii_digit()).next().and_then(|word| word.parse::<u32>().ok())
    };
    if let Some(line) =
        has("wrong version number").or(has("packet length too long")).or(has("unknown protocol"))
    {
        notes.seen("tls.result", "not_tls", line);
    } else if let Some(line) = lines.iter().find(|line| {
        line.contains("alert") && (line.contains("error:") || line.contains("SSL alert number"))
    }) {
        notes.seen("tls.result", "alert", line);
    } else if let (Some(line), Some(_)) =
        (has("errno=").or(has("unexpected eof")), has("no peer certificate available"))
    {
        notes.seen("tls.result", "cut", line);
    } else if let Some((text, line)) = verified {
        let result = match code(text) {
            Some(10) => "cert_expired",
            Some(62 | 64) => "cert_name",
            Some(2 | 18..=21 | 27) => "cert_untrusted",
            Some(0) => "ok",
            _ if text.contains("expired") => "cert_expired",
            _ if text.contains("self") || text.contains("issuer") => "cert_untrusted",
            _ => return,
        };
        notes.seen("tls.result", result, line);
    }
}
