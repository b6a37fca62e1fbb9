//! Servers that misbehave, one kind each; a thread for each connection.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use socket2::{Domain, SockRef, Socket, Type};

use crate::{bad_http, options::Options, sys};

/// How long a connection is kept that nobody ends; longer than any scenario.
pub(crate) const HOLD: Duration = Duration::from_secs(600);

/// `serve-bad KIND listen=PORT …`:
///
/// - `http`: see [`bad_http`]
/// - `no-accept backlog=N`: listens and never accepts
/// - `talk say=TEXT idle=S end=fin|rst`: says a greeting, answers nothing, ends after a silence
/// - `echo reply=TEXT idle=S end=fin|rst`: answers each message with the text
/// - `tls-cut end=fin|rst|hold above=N`: cuts every TLS hello longer than N bytes
/// - `hog-files most=N`: an HTTP server with N descriptors that never closes
/// - `flap up=S down=S`: an HTTP server that is gone half of the time
pub(crate) fn serve(arguments: &[String]) -> Result<()> {
    let (kind, rest) = arguments.split_first().context("serve-bad needs a kind")?;
    let options = Arc::new(Options::parse(rest)?);
    let port = options.get("listen", 80)?;
    let backlog = options.get("backlog", 128)?;
    match kind.as_str() {
        "http" => bad_http::serve(&listen(options.text("host"), port, backlog)?, &options),
        "no-accept" => {
            let _queue_that_fills = listen(options.text("host"), port, backlog)?;
            println!("up");
            thread::sleep(HOLD);
            Ok(())
        }
        "talk" => each(&listen(None, port, backlog)?, options, talk),
        "echo" => each(&listen(None, port, backlog)?, options, echo),
        "tls-cut" => each(&listen(None, port, backlog)?, options, tls_cut),
        "hog-files" => hog_files(&listen(None, port, backlog)?, options.get("most", 16)?),
        "flap" => flap(port, &options),
        other => bail!("there is no bad server `{other}`"),
    }
}

/// Listens on one port: on every address of both families unless `host` says otherwise.
pub(crate) fn listen(host: Option<&str>, port: u16, backlog: i32) -> Result<TcpListener> {
    let address: SocketAddr = match host {
        Some(host) => SocketAddr::new(host.parse().context("host is no address")?, port),
        None => SocketAddr::from(([0u16; 8], port)),
    };
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    socket.bind(&address.into()).with_context(|| format!("cannot listen on {address}"))?;
    socket.listen(backlog)?;
    Ok(socket.into())
}

/// Serves every connection by a thread of its own.
pub(crate) fn each(
    listener: &TcpListener,
    options: Arc<Options>,
    serve: fn(TcpStream, &Options) -> Result<()>,
) -> Result<()> {
    println!("up");
    for stream in listener.incoming() {
        let (stream, options) = (stream?, Arc::clone(&options));
        thread::spawn(move || {
            if let Err(error) = serve(stream, &options) {
                eprintln!("ended: {error:#}");
            }
        });
    }
    Ok(())
}

/// Ends a connection as `how` says: `fin`, `rst` or `hold`.
pub(crate) fn end(stream: TcpStream, how: &str) -> Result<()> {
    match how {
        "rst" => SockRef::from(&stream).set_linger(Some(Duration::ZERO))?,
        "hold" => thread::sleep(HOLD),
        _ => {}
    }
    println!("{how}");
    drop(stream);
    Ok(())
}

/// Reads what comes, at most `patience`; 0 bytes is the peer's end, `None` a silence.
pub(crate) fn hear(stream: &mut TcpStream, buffer: &mut [u8], patience: Duration) -> Option<usize> {
    stream.set_read_timeout(Some(patience.max(Duration::from_millis(1)))).ok()?;
    match stream.read(buffer) {
        Ok(read) => Some(read),
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => None,
        Err(_) => Some(0),
    }
}

fn talk(mut stream: TcpStream, options: &Options) -> Result<()> {
    let greeting = options.text("say").unwrap_or_default().replace("\\r\\n", "\r\n");
    stream.write_all(greeting.as_bytes())?;
    let idle = options.seconds("idle")?.unwrap_or(HOLD);
    let mut buffer = [0; 4096];
    while hear(&mut stream, &mut buffer, idle).is_some_and(|read| read > 0) {}
    end(stream, options.text("end").unwrap_or("fin"))
}

fn echo(mut stream: TcpStream, options: &Options) -> Result<()> {
    let reply = options.text("reply").unwrap_or("+PONG\\r\\n").replace("\\r\\n", "\r\n");
    let idle = options.seconds("idle")?.unwrap_or(HOLD);
    let mut buffer = [0; 4096];
    while hear(&mut stream, &mut buffer, idle).is_some_and(|read| read > 0) {
        stream.write_all(reply.as_bytes())?;
    }
    end(stream, options.text("end").unwrap_or("fin"))
}

fn tls_cut(mut stream: TcpStream, options: &Options) -> Result<()> {
    let above = options.get("above", 0usize)?;
    let mut buffer = [0; 16384];
    let mut heard = 0;
    while let Some(read) = hear(&mut stream, &mut buffer, Duration::from_millis(300)) {
        heard += read;
        if read == 0 {
            break;
        }
    }
    println!("hello of {heard} bytes");
    if heard <= above {
        // A fatal alert, handshake_failure: the server is there and speaks TLS.
        stream.write_all(&[0x15, 3, 3, 0, 2, 2, 40])?;
        return end(stream, "fin");
    }
    end(stream, options.text("end").unwrap_or("fin"))
}

/// Keeps every connection for ever, so that its few descriptors run out.
fn hog_files(listener: &TcpListener, most: u64) -> Result<()> {
    sys::limit_files(most)?;
    println!("up");
    let kept = Arc::new(Mutex::new(Vec::new()));
    let mut said = false;
    loop {
        match listener.accept() {
            Ok((mut stream, _)) => {
                let kept = Arc::clone(&kept);
                thread::spawn(move || {
                    let mut buffer = [0; 4096];
                    while hear(&mut stream, &mut buffer, HOLD).is_some_and(|read| read > 0) {
                        let _gone = stream.write_all(bad_http::OK);
                    }
                    // The leak: the peer has closed, and this end never does.
                    kept.lock().unwrap_or_else(PoisonError::into_inner).push(stream);
                });
            }
            Err(error) => {
                if !said {
                    println!("accept4: {error}");
                }
                said = true;
                thread::sleep(Duration::from_millis(200));
            }
        }
    }
}

/// Listens for a while and is gone for a while, cutting what is open.
fn flap(port: u16, options: &Options) -> Result<()> {
    let up = options.seconds("up")?.unwrap_or(Duration::from_secs(1));
    let down = options.seconds("down")?.unwrap_or(Duration::from_secs(1));
    println!("up");
    loop {
        let listener = listen(None, port, 128)?;
        listener.set_nonblocking(true)?;
        let until = Instant::now() + up;
        let mut open = Vec::new();
        while Instant::now() < until {
            if let Ok((stream, _)) = listener.accept() {
                stream.set_nonblocking(true)?;
                open.push(stream);
            }
            for stream in &mut open {
                let mut buffer = [0; 4096];
                if stream.read(&mut buffer).is_ok_and(|read| read > 0) {
                    let _gone = stream.write_all(bad_http::OK);
                }
            }
            thread::sleep(Duration::from_millis(5));
        }
        println!("down");
        drop((listener, open));
        thread::sleep(down);
    }
}
