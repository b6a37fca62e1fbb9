//! An HTTP server with faults to choose from.

use std::{
    io::Write,
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::Result;

use crate::{
    bad::{HOLD, end, hear},
    options::Options,
};

/// The plainest good answer.
pub(crate) const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// Options, all of which may be left out:
///
/// - `accept=fin|rst`: ends each connection as soon as it is there
/// - `unread=1`: closes with the request unread
/// - `answer=fin|rst|hold`: no answer; reads the request and ends, or never says a word;
///   `wait=S` before that
/// - `after=S`: answers only after S seconds
/// - `cut=fin|rst at=N`: promises 1000 bytes and ends after N
/// - `status=TEXT`, `head=NAME: VALUE` (several): of the answer; `body=N` bytes
/// - `idle=S end=fin|rst|hold`: what happens to a quiet connection
/// - `age=S`: the most a connection may live, whatever it does; `requests=N`: the most it may ask
/// - `workers=N`: so many connections at a time, the others wait for the first request's answer
/// - `max=N over=fin|rst|say`: what becomes of connections above N
struct Fault {
    options: Arc<Options>,
    open: AtomicUsize,
    turn: Mutex<()>,
}

/// Serves on `listener` for ever.
pub(crate) fn serve(listener: &TcpListener, options: &Arc<Options>) -> Result<()> {
    println!("up");
    let options = Arc::clone(options);
    let fault = Arc::new(Fault { options, open: AtomicUsize::new(0), turn: Mutex::new(()) });
    for stream in listener.incoming() {
        let (stream, fault) = (stream?, Arc::clone(&fault));
        thread::spawn(move || {
            let open = fault.open.fetch_add(1, Ordering::Relaxed) + 1;
            if let Err(error) = fault.converse(stream, open) {
                eprintln!("ended: {error:#}");
            }
            fault.open.fetch_sub(1, Ordering::Relaxed);
        });
    }
    Ok(())
}

impl Fault {
    fn converse(&self, mut stream: TcpStream, open: usize) -> Result<()> {
        let text = |key: &str| self.options.text(key);
        if let Some(how) = text("accept") {
            return end(stream, how);
        }
        if text("unread").is_some() {
            // The request arrives while we look away.
            thread::sleep(Duration::from_millis(100));
            println!("unread");
            return Ok(());
        }
        if open > self.options.get("max", usize::MAX)? {
            return self.over(stream);
        }
        let _turn =
            text("workers").map(|_| self.turn.lock().unwrap_or_else(PoisonError::into_inner));
        let (born, idle) = (Instant::now(), self.options.seconds("idle")?.unwrap_or(HOLD));
        let age = self.options.seconds("age")?.unwrap_or(HOLD);
        let mut left = self.options.get("requests", usize::MAX)?;
        loop {
            let patience = idle.min(age.saturating_sub(born.elapsed()));
            match request(&mut stream, patience) {
                None if born.elapsed() >= age => {
                    println!("age");
                    return end(stream, text("end").unwrap_or("fin"));
                }
                None => {
                    println!("idle");
                    return end(stream, text("end").unwrap_or("fin"));
                }
                Some(request) if request.is_empty() => return Ok(()),
                Some(request) => println!("{}", request.lines().next().unwrap_or_default()),
            }
            if let Some(how) = text("answer") {
                thread::sleep(self.options.seconds("wait")?.unwrap_or_default());
                return end(stream, how);
            }
            thread::sleep(self.options.seconds("after")?.unwrap_or_default());
            if let Some(how) = text("cut") {
                let at = self.options.get("at", 300)?;
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")?;
                stream.write_all(&vec![b'x'; at])?;
                // A reset would overtake the bytes.
                thread::sleep(Duration::from_millis(50));
                return end(stream, how);
            }
            left = left.saturating_sub(1);
            self.answer(&mut stream, left == 0)?;
            if left == 0 {
                println!("last");
                return end(stream, text("end").unwrap_or("fin"));
            }
        }
    }

    fn answer(&self, stream: &mut TcpStream, last: bool) -> Result<()> {
        let status = self.options.text("status").unwrap_or("200 OK");
        let body = self.options.get("body", 2usize)?;
        let mut head = format!("HTTP/1.1 {status}\r\nContent-Length: {body}\r\n");
        for line in self.options.all("head") {
            head.push_str(line);
            head.push_str("\r\n");
        }
        if last && self.options.text("announce").is_some() {
            head.push_str("Connection: close\r\n");
        }
        head.push_str("\r\n");
        stream.write_all(head.as_bytes())?;
        stream.write_all(&vec![b'x'; body])?;
        Ok(())
    }

    fn over(&self, mut stream: TcpStream) -> Result<()> {
        match self.options.text("over").unwrap_or("fin") {
            "say" => {
                request(&mut stream, Duration::from_secs(5));
                stream.write_all(b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 21\r\n\r\ntoo many connections\n")?;
                end(stream, "fin")
            }
            how => end(stream, how),
        }
    }
}

/// Reads one request up to its blank line; empty when the peer has closed, `None` after a silence.
fn request(stream: &mut TcpStream, patience: Duration) -> Option<String> {
    let mut text = Vec::new();
    let mut buffer = [0; 16384];
    while !text.windows(4).any(|window| window == b"\r\n\r\n") {
        let read = hear(stream, &mut buffer, patience)?;
        if read == 0 {
            return Some(String::new());
        }
        text.extend_from_slice(&buffer[..read]);
    }
    Some(String::from_utf8_lossy(&text).into_owned())
}
