//! Times as configuration writes them.

/// Longer than any timer: about three hundred years, seconds. It keeps sums finite.
const LONGEST: f64 = 1e10;

/// The unit of a number that has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Seconds,
    Millis,
    Minutes,
}

impl Unit {
    fn seconds(self) -> f64 {
        match self {
            Self::Seconds => 1.0,
            Self::Millis => 0.001,
            Self::Minutes => 60.0,
        }
    }
}

/// Seconds in `text`: `75`, `75s`, `1h 30m`, `500ms`, `5min`, `1.5s`, `7 days`; `bare` is the unit of
/// a number without one. None where it is no time, below 0, or absurd.
pub(super) fn seconds(text: &str, bare: Unit) -> Option<f64> {
    let text = text.trim().trim_matches(['"', '\'']).trim();
    let mut rest = text;
    let mut total = 0.0;
    let mut parts = 0;
    while !rest.is_empty() {
        let digits =
            rest.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_').unwrap_or(rest.len());
        let number: f64 = rest.get(..digits)?.replace('_', "").parse().ok()?;
        let tail = rest.get(digits..)?.trim_start();
        let letters = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
        let unit = match tail.get(..letters)?.to_ascii_lowercase().as_str() {
            "" => bare.seconds(),
            "us" => 1e-6,
            "ms" | "msec" | "millis" | "milliseconds" => 0.001,
            "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
            "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
            "h" | "hour" | "hours" => 3600.0,
            "d" | "day" | "days" => 86_400.0,
            "w" | "week" | "weeks" => 604_800.0,
            _ => return None,
        };
        total += number * unit;
        parts += 1;
        rest = tail.get(letters..)?.trim_start();
        if parts > 8 {
            return None;
        }
    }
    (parts > 0 && total.is_finite() && (0.0..=LONGEST).contains(&total)).then_some(total)
}

/// Seconds for a person: `65`, `0.5`, `28800`.
pub(super) fn shown(seconds: f64) -> String {
    let rounded = (seconds * 1000.0).round() / 1000.0;
    format!("{rounded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dialect_has_its_unit() {
        assert_eq!(seconds("75", Unit::Seconds), Some(75.0));
        assert_eq!(seconds("50000", Unit::Millis), Some(50.0));
        assert_eq!(seconds("1h 30m", Unit::Seconds), Some(5400.0));
        assert_eq!(seconds("1m30s", Unit::Millis), Some(90.0));
        assert_eq!(seconds("'5min'", Unit::Millis), Some(300.0));
        assert_eq!(seconds("65_000", Unit::Millis), Some(65.0));
        assert_eq!(seconds("0.5s", Unit::Seconds), Some(0.5));
        for bad in
            ["", "abc", "5 parsecs", "-1", "1e999", "99999999999999999999", "1 2 3 4 5 6 7 8 9 10"]
        {
            assert_eq!(seconds(bad, Unit::Seconds), None, "{bad}");
        }
    }
}
