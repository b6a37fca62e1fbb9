//! A client that opens connections and keeps them, so that a limit is reached.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    thread,
    time::Duration,
};

use anyhow::{Context, Result};

use crate::{bad::HOLD, options::Options};

/// `to=ADDRESS:PORT count=N`, and `say=TEXT` is sent on each; `hear=1` waits for an answer first;
/// `gap=S` between two. Says `held N` when all are tried.
pub(crate) fn run(options: &Options) -> Result<()> {
    let to: SocketAddr = options.need("to")?.parse().context("to is no address")?;
    let count = options.get("count", 10usize)?;
    let say = options.text("say").unwrap_or_default().replace("\\r\\n", "\r\n");
    let gap = options.seconds("gap")?.unwrap_or_default();
    let mut held = Vec::new();
    for _ in 0..count {
        let Ok(mut stream) = TcpStream::connect_timeout(&to, Duration::from_millis(500)) else {
            continue;
        };
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        let _refused = stream.write_all(say.as_bytes());
        if options.text("hear").is_some() {
            let _nothing = stream.read(&mut [0; 4096]);
        }
        held.push(stream);
        thread::sleep(gap);
    }
    println!("held {}", held.len());
    thread::sleep(HOLD);
    Ok(())
}
