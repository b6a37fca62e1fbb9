//! The time at the beginning of a line.

/// Seconds of a day.
pub(super) const DAY: f64 = 86_400.0;

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// So far into a line a time is looked for, bytes.
const REACH: usize = 64;

/// The time of a line: seconds from some fixed moment, whether it has a date, and what follows it.
///
/// Read are `2026-11-28T10:15:00.123Z`, `2026-11-28 10:15:00,123`, `2026/11/28 10:15:09`,
/// `[28/Nov/2026:10:15:01 +0000]`, `Nov 28 10:15:11` and `10:15:37.123`. Time zones are left out: what
/// counts is the gap between two lines of one log.
pub(in crate::intake) fn stamp(line: &str) -> Option<(f64, bool, &str)> {
    let bytes = line.as_bytes();
    let end = bytes.len().min(REACH);
    for at in 0..end {
        let is_edge = at == 0
            || !bytes.get(at - 1).is_some_and(u8::is_ascii_alphanumeric)
            || bytes.get(at - 1) == Some(&b'T');
        if !is_edge || !bytes.get(at).is_some_and(u8::is_ascii_digit) {
            continue;
        }
        let Some((seconds, length)) = clock(bytes.get(at..)?) else { continue };
        let rest = line.get(at + length..)?;
        let day = line.get(..at).and_then(day_before);
        return Some(match day {
            Some(day) => (day * DAY + seconds, true, rest),
            None => (seconds, false, rest),
        });
    }
    None
}

/// `10:15:37.123` at the beginning of `bytes`: seconds of the day, and how long it is.
fn clock(bytes: &[u8]) -> Option<(f64, usize)> {
    let two = |at: usize| -> Option<u32> {
        let (a, b) = (bytes.get(at)?, bytes.get(at + 1)?);
        (a.is_ascii_digit() && b.is_ascii_digit())
            .then(|| u32::from(a - b'0') * 10 + u32::from(b - b'0'))
    };
    let (hour, minute, second) = (two(0)?, two(3)?, two(6)?);
    let colons = bytes.get(2) == Some(&b':') && bytes.get(5) == Some(&b':');
    if !colons
        || hour > 23
        || minute > 59
        || second > 60
        || bytes.get(8).is_some_and(u8::is_ascii_digit)
    {
        return None;
    }
    let mut fraction = 0.0;
    let mut length = 8;
    if matches!(bytes.get(8), Some(b'.' | b',')) {
        let mut scale = 0.1;
        length = 9;
        while let Some(digit) = bytes.get(length).filter(|byte| byte.is_ascii_digit()) {
            fraction += f64::from(digit - b'0') * scale;
            scale /= 10.0;
            length += 1;
        }
    }
    Some((f64::from(hour * 3600 + minute * 60 + second) + fraction, length))
}

/// The day that ends `text`: `2026-11-28T`, `2026/11/28 `, `28/Nov/2026:`, `Nov 28 `; in days.
fn day_before(text: &str) -> Option<f64> {
    let text = text.trim_end_matches(['T', ' ', ':', '_']);
    let parts: Vec<&str> = text
        .rsplit(|c: char| !c.is_ascii_alphanumeric())
        .filter(|part| !part.is_empty())
        .take(3)
        .collect();
    let number = |at: usize| parts.get(at).and_then(|part| part.parse::<i64>().ok());
    let month = |at: usize| {
        let part = parts.get(at)?.to_ascii_lowercase();
        let short = part.get(..3)?;
        MONTHS.iter().position(|month| *month == short).and_then(|at| i64::try_from(at + 1).ok())
    };
    // Named from the end: day, month, year.
    if let (Some(day), Some(month), Some(year)) = (number(0), number(1), number(2)) {
        return (year > 1000).then(|| days(year, month, day)).flatten();
    }
    if let (Some(year), Some(month), Some(day)) = (number(0), month(1), number(2)) {
        return days(year, month, day);
    }
    // The system log names no year; any year does for gaps.
    let (day, month) = (number(0)?, month(1)?);
    days(2000, month, day)
}

/// Days since a fixed day (Howard Hinnant, `days_from_civil`).
fn days(year: i64, month: i64, day: i64) -> Option<f64> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || !(1..=9999).contains(&year) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    Some(days as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_common_form_is_read() {
        let seconds = |line: &str| stamp(line).map(|(seconds, dated, _)| (seconds, dated));
        let iso = seconds("2026-11-28T10:15:09Z x").unwrap();
        for same in [
            "2026-11-28 10:15:09,000 x",
            "2026/11/28 10:15:09 [error] x",
            "1.2.3.4 - - [28/Nov/2026:10:15:09 +0000] x",
        ] {
            assert_eq!(seconds(same), Some(iso), "{same}");
        }
        let (syslog, dated) = seconds("Nov 28 10:15:09 web sshd: x").unwrap();
        assert!(dated && ((syslog - iso.0).rem_euclid(DAY)).abs() < 1e-6);
        assert_eq!(seconds("10:15:09.5 IP a > b"), Some((36_909.5, false)));
        for none in ["no time here", "99:99:99 x", "ratio 10:15", "", "连接 10:1"] {
            assert_eq!(seconds(none), None, "{none}");
        }
        let (next, _) = seconds("2026-12-01T00:00:00 x").unwrap();
        assert!((next - (iso.0 - 36_909.0) - 3.0 * DAY).abs() < 1e-6);
    }
}
