//! WebSocket and HTTP/2 frames, as far as the probes read and write them. Pure, and bounded: no
//! length that comes from outside is allocated, payloads beyond what is kept are passed over.

/// Payload bytes kept of a frame; a WebSocket control frame has no more (RFC 6455 §5.5).
const KEPT: usize = 125;

/// A frame that was read, with the first 125 bytes of its payload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Frame {
    /// WebSocket opcode or HTTP/2 frame type.
    pub(super) kind: u8,
    /// HTTP/2 flags; the FIN bit of a WebSocket frame.
    pub(super) flags: u8,
    /// HTTP/2 stream.
    pub(super) stream: u32,
    pub(super) payload: Vec<u8>,
}

/// The two framings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// RFC 6455 §5.2, as a server sends it: unmasked.
    WebSocket,
    /// RFC 9113 §4.1.
    Http2,
}

/// Takes frames out of the bytes of one connection as they come.
#[derive(Debug)]
pub(super) struct Frames {
    framing: Framing,
    bytes: Vec<u8>,
    /// Payload bytes still to come that are not kept.
    passed_over: u64,
}

impl Frames {
    /// Reads `framing`; `already` came with the handshake.
    pub(super) fn new(framing: Framing, already: Vec<u8>) -> Self {
        Self { framing, bytes: already, passed_over: 0 }
    }

    /// Adds what was read.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        let over = usize::try_from(self.passed_over).unwrap_or(usize::MAX).min(bytes.len());
        self.passed_over -= over as u64;
        self.bytes.extend_from_slice(bytes.get(over..).unwrap_or_default());
    }

    /// The next frame, `None` while it is not complete as far as it is kept.
    ///
    /// # Errors
    /// What breaks the framing, in words.
    pub(super) fn next(&mut self) -> Result<Option<Frame>, &'static str> {
        let header = match self.framing {
            Framing::WebSocket => websocket_header(&self.bytes)?,
            Framing::Http2 => http2_header(&self.bytes)?,
        };
        let Some((mut frame, size, length)) = header else { return Ok(None) };
        let kept = usize::try_from(length).unwrap_or(usize::MAX).min(KEPT);
        let Some(payload) = self.bytes.get(size..size + kept) else { return Ok(None) };
        frame.payload = payload.to_vec();
        let there = (self.bytes.len() - size) as u64;
        self.passed_over = length.saturating_sub(there);
        // No more than what is there: the rest is passed over as it comes.
        let end = size + usize::try_from(length.min(there)).unwrap_or(usize::MAX);
        self.bytes.drain(..end.min(self.bytes.len()));
        Ok(Some(frame))
    }
}

/// The frame without its payload, the size of its header, and the length of its payload.
type Header = Option<(Frame, usize, u64)>;

fn websocket_header(bytes: &[u8]) -> Result<Header, &'static str> {
    let [first, second, rest @ ..] = bytes else { return Ok(None) };
    if second & 0x80 != 0 {
        return Err("a server may not mask its frames");
    }
    if first & 0x70 != 0 {
        return Err("a reserved bit is set, though no extension was agreed on");
    }
    let kind = first & 0x0f;
    let (length, size) = match second {
        126 => match rest {
            [a, b, ..] => (u64::from(u16::from_be_bytes([*a, *b])), 4),
            _ => return Ok(None),
        },
        127 => match rest.first_chunk::<8>() {
            Some(eight) => (u64::from_be_bytes(*eight), 10),
            None => return Ok(None),
        },
        short => (u64::from(*short), 2),
    };
    if kind >= 8 && length > KEPT as u64 {
        return Err("a control frame is longer than 125 bytes");
    }
    if length > i64::MAX.unsigned_abs() {
        return Err("a length has its highest bit set");
    }
    Ok(Some((Frame { kind, flags: first >> 7, ..Frame::default() }, size, length)))
}

fn http2_header(bytes: &[u8]) -> Result<Header, &'static str> {
    let Some([a, b, c, kind, flags, stream @ ..]) = bytes.first_chunk::<9>() else {
        return Ok(None);
    };
    let length = u64::from(u32::from_be_bytes([0, *a, *b, *c]));
    // We leave SETTINGS_MAX_FRAME_SIZE at its first value (RFC 9113 §6.5.2).
    if length > 16_384 {
        return Err("a frame is longer than 16 KiB");
    }
    let stream = u32::from_be_bytes(*stream) & 0x7fff_ffff;
    Ok(Some((Frame { kind: *kind, flags: *flags, stream, ..Frame::default() }, 9, length)))
}

/// A WebSocket frame as a client sends it: whole, and masked. At most 125 bytes of payload.
pub(super) fn websocket_frame(opcode: u8, payload: &[u8], mask: [u8; 4]) -> Vec<u8> {
    let payload = payload.get(..payload.len().min(KEPT)).unwrap_or_default();
    let length = u8::try_from(payload.len()).unwrap_or_default();
    let masked = payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask);
    [0x80 | opcode, 0x80 | length].into_iter().chain(mask).chain(masked).collect()
}

/// RFC 9113 §4.2: what every peer takes.
const MAX_FRAME: usize = 16_384;

/// An HTTP/2 frame. At most 16 KiB of payload.
pub(super) fn http2_frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let payload = payload.get(..payload.len().min(MAX_FRAME)).unwrap_or_default();
    let [_, high, middle, low] = u32::try_from(payload.len()).unwrap_or_default().to_be_bytes();
    let mut frame = vec![high, middle, low, kind, flags];
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn websocket_frames_come_out_in_pieces_of_any_size() {
        let mut bytes = vec![0x89, 2, b'h', b'i', 0x82, 126, 1, 0];
        bytes.extend([7; 256]);
        bytes.extend([0x88, 2, 3, 0xe8]);
        for piece in [1, 3, 1000] {
            let mut frames = Frames::new(Framing::WebSocket, Vec::new());
            let mut found = Vec::new();
            for part in bytes.chunks(piece) {
                frames.push(part);
                while let Some(frame) = frames.next().unwrap() {
                    found.push((frame.kind, frame.payload.len()));
                }
            }
            assert_eq!(found, [(9, 2), (2, 125), (8, 2)], "{piece}");
        }
    }

    #[test]
    fn what_breaks_the_framing_is_refused() {
        let next = |framing, bytes: &[u8]| Frames::new(framing, bytes.to_vec()).next();
        assert!(next(Framing::WebSocket, &[0x81, 0x81, 0, 0, 0, 0, 0]).is_err());
        assert!(next(Framing::WebSocket, &[0x89, 126, 1, 0]).is_err());
        assert!(next(Framing::WebSocket, &[0xc1, 0]).is_err());
        assert!(next(Framing::Http2, b"HTTP/1.1 400 Bad").is_err());
        assert_eq!(next(Framing::Http2, &[0, 0, 0, 4]), Ok(None));
    }

    #[test]
    fn our_own_frames_are_as_the_rfcs_show_them() {
        // RFC 6455 §5.7: a masked "Hello".
        let hello = websocket_frame(1, b"Hello", [0x37, 0xfa, 0x21, 0x3d]);
        assert_eq!(hello, b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
        let ping = http2_frame(6, 0, 0, &[1; 8]);
        let read = Frames::new(Framing::Http2, ping).next().unwrap().unwrap();
        assert_eq!((read.kind, read.payload), (6, vec![1; 8]));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_are_too_strange(parts: Vec<Vec<u8>>, http2: bool) {
            let framing = if http2 { Framing::Http2 } else { Framing::WebSocket };
            let mut frames = Frames::new(framing, Vec::new());
            for part in parts {
                frames.push(&part);
                while let Ok(Some(frame)) = frames.next() {
                    proptest::prop_assert!(frame.payload.len() <= KEPT);
                }
            }
        }
    }
}
