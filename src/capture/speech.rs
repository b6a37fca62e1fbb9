//! What the ends say to each other, as far as a first look at the payload tells: TLS, HTTP, MySQL.
//!
//! Each segment is looked at alone; a record that lies across two segments is followed by its length.

use super::bytes::{Order, u8, u16};

/// A TLS alert that was not encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Alert {
    /// 0 for `src`.
    pub(super) by: u8,
    pub(super) fatal: bool,
    /// The number of RFC 8446 §6.
    pub(super) description: u8,
}

/// How far a TLS handshake came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tls {
    pub(super) client_hello: bool,
    pub(super) server_hello: bool,
    /// Either end sent something encrypted.
    pub(super) encrypted: [bool; 2],
}

/// What was heard.
#[derive(Clone, Debug, Default)]
pub(super) struct Speech {
    pub(super) tls: Tls,
    /// Alerts, encrypted or not.
    pub(super) alerts: u32,
    pub(super) alert: Option<Alert>,
    /// Bytes of a TLS record that are still to come, of either end.
    pending: [u32; 2],
    /// HTTP/1 requests, and answers that are not interim.
    pub(super) requests: u32,
    pub(super) answers: u32,
    /// The last status, and the first of 500 or more.
    pub(super) status: Option<u16>,
    pub(super) server_error: Option<u16>,
    /// MySQL: a greeting was seen, and the first error's number.
    pub(super) mysql: bool,
    pub(super) mysql_error: Option<u16>,
    /// Who spoke last.
    pub(super) last_by: Option<u8>,
}

const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;

impl Speech {
    /// Hears payload that was not sent before.
    pub(super) fn hear(&mut self, from: usize, payload: &[u8]) {
        self.last_by = Some(u8::from(from != 0));
        if self.tls.client_hello || is_record(payload) {
            self.hear_tls(from, payload);
        } else if let Some(status) = http_status(payload) {
            self.answers += u32::from(status >= 200);
            self.status = Some(status);
            if status >= 500 {
                self.server_error = self.server_error.or(Some(status));
            }
        } else if is_request(payload) {
            self.requests += 1;
        } else if from == 1 {
            self.hear_mysql(payload);
        }
    }

    /// The ends were taken the wrong way round.
    pub(super) fn turn(&mut self) {
        self.pending.swap(0, 1);
        self.tls.encrypted.swap(0, 1);
        self.last_by = self.last_by.map(|by| by ^ 1);
        if let Some(alert) = &mut self.alert {
            alert.by ^= 1;
        }
    }

    /// Walks from record to record (RFC 8446 §5.1).
    fn hear_tls(&mut self, from: usize, mut payload: &[u8]) {
        let Some(pending) = self.pending.get_mut(from) else { return };
        let passed = (*pending as usize).min(payload.len());
        *pending -= u32::try_from(passed).unwrap_or(0);
        payload = payload.get(passed..).unwrap_or_default();
        while is_record(payload) {
            let length = usize::from(u16(payload, 3).unwrap_or(0));
            let body = payload.get(5..).unwrap_or_default();
            match u8(payload, 0) {
                Some(ALERT) => {
                    self.alerts = self.alerts.saturating_add(1);
                    if length == 2 {
                        self.hear_alert(from, body);
                    }
                }
                // A handshake message whose type is no known one is encrypted.
                Some(HANDSHAKE) => match (u8(body, 0), u8(body, 1)) {
                    (Some(1), Some(0)) => self.tls.client_hello = true,
                    (Some(2), Some(0)) => self.tls.server_hello = true,
                    (Some(0..=24), Some(0)) | (None, _) => {}
                    _ => self.mark_encrypted(from),
                },
                Some(23) => self.mark_encrypted(from),
                _ => {}
            }
            if body.len() < length {
                let missing = u32::try_from(length - body.len()).unwrap_or(0);
                if let Some(pending) = self.pending.get_mut(from) {
                    *pending = missing;
                }
                return;
            }
            payload = body.get(length..).unwrap_or_default();
        }
    }

    fn mark_encrypted(&mut self, from: usize) {
        if let Some(encrypted) = self.tls.encrypted.get_mut(from) {
            *encrypted = true;
        }
    }

    fn hear_alert(&mut self, from: usize, body: &[u8]) {
        let (Some(level @ 1..=2), Some(description)) = (u8(body, 0), u8(body, 1)) else { return };
        if alert_name(description).is_none() {
            return;
        }
        let alert = Alert { by: u8::from(from != 0), fatal: level == 2, description };
        // What is fatal says more than a goodbye.
        if self.alert.is_none_or(|before| !before.fatal && alert.fatal) {
            self.alert = Some(alert);
        }
    }

    /// A greeting of version 10, then error packets: length, number, 0xff, error.
    fn hear_mysql(&mut self, payload: &[u8]) {
        let (Some(length), Some(number)) = (Order::Little.u32(payload, 0), u8(payload, 3)) else {
            return;
        };
        let length = (length & 0x00ff_ffff) as usize;
        if payload.len() < 4 + length || length < 7 {
            return;
        }
        let body = payload.get(4..).unwrap_or_default();
        let version = body.iter().skip(1).take_while(|byte| **byte != 0);
        let digits = version.clone().all(u8::is_ascii_graphic) && version.count() > 2;
        match u8(body, 0) {
            Some(10) if number == 0 && digits => self.mysql = true,
            Some(0xff) if self.mysql || number == 0 => {
                let error = Order::Little.u16(body, 1);
                // Errors of the server begin at 1000, and the text is readable.
                if let Some(error) = error.filter(|error| (1000..10_000).contains(error))
                    && body.iter().skip(3).take(20).all(|byte| !byte.is_ascii_control())
                {
                    self.mysql_error = self.mysql_error.or(Some(error));
                }
            }
            _ => {}
        }
    }
}

/// Whether TLS begins here: a known content type and a version of SSL 3.0 to TLS 1.3.
fn is_record(payload: &[u8]) -> bool {
    matches!(payload, [20..=23, 3, 0..=4, high, ..] if *high < 0x48)
}

fn http_status(payload: &[u8]) -> Option<u16> {
    let rest = payload.strip_prefix(b"HTTP/1.")?;
    let digits = rest.get(2..5)?;
    let number = std::str::from_utf8(digits).ok()?.parse().ok()?;
    (rest.get(1) == Some(&b' ') && (100..600).contains(&number)).then_some(number)
}

fn is_request(payload: &[u8]) -> bool {
    const METHODS: [&[u8]; 9] = [
        b"GET ",
        b"POST ",
        b"PUT ",
        b"HEAD ",
        b"DELETE ",
        b"PATCH ",
        b"OPTIONS ",
        b"CONNECT ",
        b"TRACE ",
    ];
    METHODS.iter().any(|method| payload.starts_with(method))
}

/// The name of a TLS alert (RFC 8446 §6, RFC 5246 §7.2); `None` for numbers without one.
pub(super) fn alert_name(description: u8) -> Option<&'static str> {
    Some(match description {
        0 => "close_notify",
        10 => "unexpected_message",
        20 => "bad_record_mac",
        21 => "decryption_failed",
        22 => "record_overflow",
        30 => "decompression_failure",
        40 => "handshake_failure",
        41 => "no_certificate",
        42 => "bad_certificate",
        43 => "unsupported_certificate",
        44 => "certificate_revoked",
        45 => "certificate_expired",
        46 => "certificate_unknown",
        47 => "illegal_parameter",
        48 => "unknown_ca",
        49 => "access_denied",
        50 => "decode_error",
        51 => "decrypt_error",
        60 => "export_restriction",
        70 => "protocol_version",
        71 => "insufficient_security",
        80 => "internal_error",
        86 => "inappropriate_fallback",
        90 => "user_canceled",
        100 => "no_renegotiation",
        109 => "missing_extension",
        110 => "unsupported_extension",
        111 => "certificate_unobtainable",
        112 => "unrecognized_name",
        113 => "bad_certificate_status_response",
        114 => "bad_certificate_hash_value",
        115 => "unknown_psk_identity",
        116 => "certificate_required",
        120 => "no_application_protocol",
        _ => return None,
    })
}
