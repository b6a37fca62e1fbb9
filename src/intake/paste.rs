//! What may be pasted.

use thiserror::Error;

/// The longest text that is read, bytes.
///
/// judgement: the lines around an error fit many times over; a whole log belongs on the command line
/// (`hangup decode FILE`), which reads files of any size.
pub const MAX_TEXT: usize = 1024 * 1024;

/// A text that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PasteError {
    /// More than [`MAX_TEXT`].
    #[error(
        "the text has {bytes} bytes; at most {MAX_TEXT} are read: keep the lines around the error"
    )]
    TooLong {
        /// Its size, bytes.
        bytes: usize,
    },
    /// Not text: a picture, a program, a capture.
    #[error(
        "this is not text: byte {offset} is a control character; paste the words, not the file"
    )]
    Binary {
        /// Where the first control character lies, bytes from 0.
        offset: usize,
    },
}

/// Says whether `text` can be read as pasted text.
///
/// Escape sequences of terminals (ESC) are allowed: people paste coloured logs.
pub fn check_paste(text: &str) -> Result<(), PasteError> {
    if text.len() > MAX_TEXT {
        return Err(PasteError::TooLong { bytes: text.len() });
    }
    match binary_at(text) {
        Some(offset) => Err(PasteError::Binary { offset }),
        None => Ok(()),
    }
}

/// Where `text` shows that it never was text, bytes from 0: at a NUL, or at the first of very many
/// control characters.
pub fn binary_at(text: &str) -> Option<usize> {
    if let Some(offset) = text.find('\0') {
        return Some(offset);
    }
    let odd = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{1b}' | '\u{c}')) || c == '\u{fffd}'
    };
    let count = text.chars().filter(|c| odd(*c)).count();
    // A stray control character is a copy artefact; one in ten says that this never was text.
    (count > 8 && count * 10 > text.chars().count()).then(|| text.find(odd).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_is_wrong_with_a_paste() {
        assert_eq!(check_paste("upstream timed out\r\n\u{1b}[31mred\u{1b}[0m"), Ok(()));
        assert_eq!(check_paste("\u{89}PNG\0"), Err(PasteError::Binary { offset: 5 }));
        assert_eq!(check_paste(&"\u{1}\u{2}ab".repeat(10)), Err(PasteError::Binary { offset: 0 }));
        assert_eq!(
            check_paste(&"x".repeat(MAX_TEXT + 1)),
            Err(PasteError::TooLong { bytes: MAX_TEXT + 1 })
        );
        assert_eq!(check_paste(""), Ok(()));
    }
}
