//! A file read ahead: a thread copies it from the system, and the caller copies too rather than wait.
//!
//! Copying takes twice as long as looking into packets of full size, so that it decides how fast a capture
//! is read. Mapping the file instead was tried: bringing in its pages one by one costs as much as copying.

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, Read},
    os::unix::fs::FileExt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, Sender, SyncSender, channel, sync_channel},
    },
    thread,
};

/// Bytes of a chunk.
const CHUNK: usize = 256 * 1024;
/// Chunks that wait at most. judgement: enough that neither side often waits, few enough for the processor's caches.
const AHEAD: usize = 4;

/// A source of chunks, in order.
pub(super) enum Chunks {
    /// A regular file, read ahead.
    Ahead(Box<Ahead>),
    /// Anything else: a pipe, a terminal.
    Stream(Box<dyn Read>, Vec<u8>),
}

/// A file whose chunks are copied by whoever comes first: a thread, or the caller who would wait otherwise.
pub(super) struct Ahead {
    file: Arc<File>,
    /// The number of the first chunk that nobody copies yet.
    unclaimed: Arc<AtomicU64>,
    /// What the thread copied, its chunks in their order, and where emptied ones go.
    full: Receiver<io::Result<Vec<u8>>>,
    spare: Sender<Vec<u8>>,
    /// What the caller copied while the thread was busy with an earlier chunk, with their numbers.
    own: VecDeque<(u64, Vec<u8>)>,
    own_spare: Vec<Vec<u8>>,
    /// The chunk that is worked on, whether the caller copied it, and the number of the next.
    chunk: Vec<u8>,
    by_caller: bool,
    next: u64,
    over: bool,
}

impl Chunks {
    /// Chunks of a file; of one that is no regular file as they come.
    pub(super) fn of_file(file: File) -> io::Result<Self> {
        if !file.metadata()?.is_file() {
            return Ok(Self::of_stream(Box::new(file)));
        }
        Ok(Self::Ahead(Box::new(Ahead::start(file))))
    }

    /// Chunks of a stream, as they come.
    pub(super) fn of_stream(stream: Box<dyn Read>) -> Self {
        Self::Stream(stream, vec![0; CHUNK])
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
            Self::Ahead(ahead) => ahead.next(),
        }
    }
}

impl Ahead {
    fn start(file: File) -> Self {
        let (file, unclaimed) = (Arc::new(file), Arc::new(AtomicU64::new(0)));
        let (filled, full) = sync_channel(AHEAD);
        let (spare, empty) = channel();
        let (its_file, its_number) = (Arc::clone(&file), Arc::clone(&unclaimed));
        thread::spawn(move || fill(&its_file, &its_number, &empty, &filled));
        Self {
            file,
            unclaimed,
            full,
            spare,
            own: VecDeque::new(),
            own_spare: Vec::new(),
            chunk: Vec::new(),
            by_caller: false,
            next: 0,
            over: false,
        }
    }

    fn next(&mut self) -> io::Result<Option<&[u8]>> {
        if self.over {
            return Ok(None);
        }
        let before = std::mem::take(&mut self.chunk);
        if self.by_caller {
            self.own_spare.push(before);
        } else if before.capacity() > 0 {
            // It fails where the thread is at its end.
            let _ = self.spare.send(before);
        }
        self.chunk = self.take()?;
        self.next += 1;
        // A file that grows meanwhile ends where it was found to end first.
        self.over = self.chunk.len() < CHUNK;
        Ok((!self.chunk.is_empty()).then_some(self.chunk.as_slice()))
    }

    /// The chunk whose turn it is, from whoever copied it. The thread claims one chunk after the other and
    /// hands them over in that order, so that its next is the one that is wanted, if the caller has not got it.
    fn take(&mut self) -> io::Result<Vec<u8>> {
        loop {
            if self.own.front().is_some_and(|(number, _)| *number == self.next) {
                self.by_caller = true;
                return Ok(self.own.pop_front().map(|(_, chunk)| chunk).unwrap_or_default());
            }
            self.by_caller = false;
            if let Ok(full) = self.full.try_recv() {
                return full;
            }
            if self.own.len() >= AHEAD {
                // A thread that has ended was at the end of the file.
                return self.full.recv().unwrap_or_else(|_| Ok(Vec::new()));
            }
            let number = self.unclaimed.fetch_add(1, Ordering::Relaxed);
            let mut chunk = self.own_spare.pop().unwrap_or_default();
            copy(&self.file, number, &mut chunk)?;
            self.own.push_back((number, chunk));
        }
    }
}

/// Copies chunk after chunk that nobody else does, until the end, a mistake, or nobody wants more.
fn fill(
    file: &File,
    unclaimed: &AtomicU64,
    empty: &Receiver<Vec<u8>>,
    filled: &SyncSender<io::Result<Vec<u8>>>,
) {
    loop {
        let number = unclaimed.fetch_add(1, Ordering::Relaxed);
        let mut chunk = empty.try_recv().unwrap_or_default();
        let done = copy(file, number, &mut chunk).map(|()| chunk);
        let over = !done.as_ref().is_ok_and(|chunk| chunk.len() == CHUNK);
        if filled.send(done).is_err() || over {
            return;
        }
    }
}

/// Copies chunk `number` of a file; it is short, or empty, where the file ends.
fn copy(file: &File, number: u64, chunk: &mut Vec<u8>) -> io::Result<()> {
    chunk.resize(CHUNK, 0);
    let read = fill_one(file, number.saturating_mul(CHUNK as u64), chunk)?;
    chunk.truncate(read);
    Ok(())
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
