//! Reading files and standard input, with sentences that name them.

use std::io::Read;

use super::Failure;

/// The most that a command reads at once, bytes.
const MAX_INPUT: u64 = 512 * 1024 * 1024;

/// Reads `name`, or standard input for `-`. Bytes that are no UTF-8 become U+FFFD.
pub(super) fn read(name: &str) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let read = if name == "-" {
        std::io::stdin().lock().take(MAX_INPUT).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(name).and_then(|file| file.take(MAX_INPUT).read_to_end(&mut bytes))
    };
    read.map_err(|error| Failure::usage(format!("cannot read {}: {error}", shown(name))))?;
    Ok(match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    })
}

/// How a source of input is called in a message.
pub(super) fn shown(name: &str) -> &str {
    if name == "-" { "standard input" } else { name }
}
