//! `application/x-www-form-urlencoded`, both ways, the same on the server and in the browser.

use std::fmt::Write as _;

/// Writes `pairs` in order, joined by `&`; only unreserved ASCII stays as it is, a space becomes `+`.
pub fn encode<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut out = String::new();
    for (key, value) in pairs {
        if !out.is_empty() {
            out.push('&');
        }
        escape(key, &mut out);
        out.push('=');
        escape(value, &mut out);
    }
    out
}

/// Reads the pairs of a query or form body. Never fails: a broken escape stays as typed, bytes that
/// are no UTF-8 become U+FFFD.
pub fn decode(query: &str) -> Vec<(String, String)> {
    query
        .split('&')
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            (unescape(key), unescape(value))
        })
        .collect()
}

fn escape(text: &str, out: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'*' | b',' | b':' => {
                out.push(char::from(byte));
            }
            b' ' => out.push('+'),
            _ => {
                // Writing into a String cannot fail.
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
}

fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        match first {
            b'+' => bytes.push(b' '),
            b'%' => match tail {
                [high, low, after @ ..] if hex(*high).is_some() && hex(*low).is_some() => {
                    bytes.push(hex(*high).unwrap_or(0) << 4 | hex(*low).unwrap_or(0));
                    rest = after;
                }
                _ => bytes.push(b'%'),
            },
            other => bytes.push(other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_broken_escape_stays_as_typed() {
        assert_eq!(
            decode("a=100%&b=%zz&c=%E4%BD%A0+x"),
            [("a".into(), "100%".into()), ("b".into(), "%zz".into()), ("c".into(), "你 x".into()),]
        );
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_read_back(key in "[a-z.]{1,8}", value in any::<String>()) {
            let query = encode([(key.as_str(), value.as_str())]);
            prop_assert_eq!(decode(&query), vec![(key, value)]);
        }

        #[test]
        fn any_text_can_be_read(query in any::<String>()) {
            decode(&query);
        }
    }
}
