//! Gzip, where a capture is packed in it; other files pass as they are.

use std::io::Write;

use flate2::write::MultiGzDecoder;

/// Packed bytes that are unpacked at once: gzip makes at most about a thousand of one.
const STEP: usize = 4096;

/// Takes a file's bytes and gives what they unpack to.
#[derive(Debug, Default)]
pub(super) struct Unpacker {
    state: State,
    /// Packed bytes that were unpacked without a fault.
    at: u64,
}

#[derive(Debug, Default)]
enum State {
    /// Not two bytes yet: they tell whether it is gzip (RFC 1952 §2.3.1).
    #[default]
    Empty,
    One(u8),
    Plain,
    Packed(Box<MultiGzDecoder<Vec<u8>>>),
    Broken,
}

impl Unpacker {
    /// Takes the next bytes; what they unpack to goes to `take`.
    pub(super) fn push(&mut self, chunk: &[u8], take: &mut impl FnMut(&[u8])) {
        match (&self.state, chunk) {
            (_, []) => {}
            (State::Empty, [one]) => self.state = State::One(*one),
            (State::Empty, [first, second, ..]) => {
                self.begin([*first, *second]);
                self.pass(chunk, take);
            }
            (State::One(first), [second, ..]) => {
                let first = *first;
                self.begin([first, *second]);
                self.pass(&[first], take);
                self.pass(chunk, take);
            }
            _ => self.pass(chunk, take),
        }
    }

    /// The end of the file: what is left goes to `take`. The packed byte near which the data is damaged
    /// or breaks off, where it does.
    pub(super) fn finish(&mut self, take: &mut impl FnMut(&[u8])) -> Option<u64> {
        match std::mem::take(&mut self.state) {
            State::One(byte) => take(&[byte]),
            State::Packed(mut gzip) => {
                let whole = gzip.try_finish().is_ok();
                take(gzip.get_ref());
                self.state = State::Plain;
                return (!whole).then_some(self.at);
            }
            State::Broken => return Some(self.at),
            State::Empty | State::Plain => {}
        }
        None
    }

    /// Whether the file is packed; known once two bytes are there.
    pub(super) fn is_packed(&self) -> bool {
        matches!(self.state, State::Packed(_) | State::Broken)
    }

    /// Whether nothing more can be unpacked.
    pub(super) fn is_broken(&self) -> bool {
        matches!(self.state, State::Broken)
    }

    fn begin(&mut self, first: [u8; 2]) {
        self.state = match first {
            [0x1f, 0x8b] => State::Packed(Box::new(MultiGzDecoder::new(Vec::new()))),
            _ => State::Plain,
        };
    }

    fn pass(&mut self, chunk: &[u8], take: &mut impl FnMut(&[u8])) {
        let State::Packed(gzip) = &mut self.state else {
            if matches!(self.state, State::Plain) {
                take(chunk);
            }
            return;
        };
        for piece in chunk.chunks(STEP) {
            let done = gzip.write_all(piece).and_then(|()| gzip.flush());
            take(gzip.get_ref());
            gzip.get_mut().clear();
            if done.is_err() {
                self.state = State::Broken;
                return;
            }
            self.at += piece.len() as u64;
        }
    }
}
