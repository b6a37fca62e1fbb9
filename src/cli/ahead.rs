//! A file read ahead: two threads copy it from the system while the caller works on what they copied.
//!
//! Copying takes three times as long as looking into packets of full size, so that it decides how fast
//! a capture is read.

use std::{
    fs::File,
    io::{self, Read},
    os::unix::fs::FileExt,
    sync::{
        Arc,
        mpsc::{Receiver, Sender, SyncSender, channel, sync_channel},
    },
    thread,
};

/// Bytes of a chunk of a file, and of a stream.
const CHUNK: usize = 1024 * 1024;
const STREAM: usize = 256 * 1024;
/// Threads that read, each every second chunk. judgement: more would wait for each other.
const THREADS: u8 = 2;
/// Chunks of each thread: one is filled, one waits, one is worked on.
const CHUNKS: usize = 3;

/// A source of chunks, in order.
pub(super) enum Chunks {
    /// A file, read ahead.
    Ahead {
        /// Those who read, and whose turn it is.
        lanes: Vec<Lane>,
        turn: usize,
        /// What is worked on.
        chunk: Vec<u8>,
        over: bool,
    },
    /// Anything else: a pipe, a terminal.
    Stream(Box<dyn Read>, Vec<u8>),
}

/// One thread: what it filled, and where emptied chunks go.
pub(super) struct Lane {
    full: Receiver<io::Result<Vec<u8>>>,
    spare: Sender<Vec<u8>>,
}

impl Chunks {
    /// Chunks of a file; of one that is no regular file as they come.
    pub(super) fn of_file(file: File) -> io::Result<Self> {
        if !file.metadata()?.is_file() {
            return Ok(Self::of_stream(Box::new(file)));
        }
        let file = Arc::new(file);
        let lanes = (0..THREADS).map(|first| Lane::start(Arc::clone(&file), first)).collect();
        Ok(Self::Ahead { lanes, turn: 0, chunk: Vec::new(), over: false })
    }

    /// Chunks of a stream, as they come.
    pub(super) fn of_stream(stream: Box<dyn Read>) -> Self {
        Self::Stream(stream, vec![0; STREAM])
    }

    /// The next bytes; `None` at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<&[u8]>> {
        match self {
            Self::Stream(stream, chunk) => loop {
                match stream.read(chunk) {
                    Ok(0) => return Ok(None),
                    Ok(read) => return Ok(chunk.get(..read)),
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            },
            Self::Ahead { lanes, turn, chunk, over } => {
                let Some(lane) = lanes.get(*turn).filter(|_| !*over) else { return Ok(None) };
                // A thread that has ended was at the end of the file.
                let Ok(next) = lane.full.recv() else { return Ok(None) };
                let before = std::mem::replace(chunk, next?);
                // The chunk before came from the thread before, and its room goes back to this one: all
                // chunks are alike. It fails where the thread is at its end.
                if !before.is_empty() {
                    let _ = lane.spare.send(before);
                }
                *turn = (*turn + 1) % lanes.len();
                // A file that grows meanwhile ends where it was found to end first.
                *over = chunk.len() < CHUNK;
                Ok((!chunk.is_empty()).then_some(chunk.as_slice()))
            }
        }
    }
}

impl Lane {
    fn start(file: Arc<File>, first: u8) -> Self {
        let (filled, full) = sync_channel(1);
        let (spare, empty) = channel();
        for _ in 0..CHUNKS {
            // The other end is in this very function.
            let _ = spare.send(Vec::new());
        }
        thread::spawn(move || fill(&file, u64::from(first), &empty, &filled));
        Self { full, spare }
    }
}

/// Fills every second chunk from `number` on, until the end, a mistake, or nobody wants more.
fn fill(
    file: &File,
    mut number: u64,
    empty: &Receiver<Vec<u8>>,
    filled: &SyncSender<io::Result<Vec<u8>>>,
) {
    while let Ok(mut chunk) = empty.recv() {
        chunk.resize(CHUNK, 0);
        let read = fill_one(file, number * CHUNK as u64, &mut chunk);
        let over = !matches!(read, Ok(CHUNK));
        let full = read.map(|read| {
            chunk.truncate(read);
            chunk
        });
        if filled.send(full).is_err() || over {
            return;
        }
        number += u64::from(THREADS);
    }
}

/// Reads at `offset` until `chunk` is full or the file ends; how many bytes that were.
fn fill_one(file: &File, offset: u64, chunk: &mut [u8]) -> io::Result<usize> {
    let mut read = 0;
    while let Some(rest) = chunk.get_mut(read..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, offset + read as u64) {
            Ok(0) => break,
            Ok(more) => read += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_file_comes_whole_and_in_order_whatever_its_length() {
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 7 * CHUNK + 5] {
            let bytes: Vec<u8> = (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect();
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(&bytes).unwrap();
            let mut chunks = Chunks::of_file(file).unwrap();
            let mut found = Vec::new();
            while let Some(chunk) = chunks.next().unwrap() {
                found.extend_from_slice(chunk);
            }
            assert!(found == bytes, "{length}");
        }
    }
}
