//! A bad wire between two namespaces, for kernels without netem: two TUN devices, and this program
//! carries the packets from one to the other, or late, or twice, or not.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    fs::File,
    io::{Read, Write},
    os::fd::AsRawFd,
    time::{Duration, Instant},
};

use anyhow::Result;

use crate::{net::ip_batch, options::Options, sys};

/// What the wire does to packets of one direction.
#[derive(Clone, Copy, Debug, Default)]
struct Harm {
    delay: Duration,
    /// At most this much more or less.
    jitter: Duration,
    /// Shares from 0 to 1.
    loss: f64,
    duplicate: f64,
    corrupt: f64,
    reorder: f64,
    /// Packets above this size are lost, if it is set.
    longest: Option<usize>,
}

/// Numbers that look random and are the same in each run.
struct Dice(u64);

impl Dice {
    /// From 0 up to 1 (xorshift64*, Vigna 2016).
    fn throw(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11;
        high as f64 / (1u64 << 53) as f64
    }

    fn hits(&mut self, share: f64) -> bool {
        share > 0.0 && self.throw() < share
    }
}

/// `a=NAMESPACE b=NAMESPACE`, and `delay_ms jitter_ms loss duplicate corrupt reorder` (percent),
/// `longest` (bytes), `way=ab|ba` for one direction alone, `seed`.
pub(crate) fn run(options: &Options) -> Result<()> {
    let harm = Harm {
        delay: millis(options, "delay_ms")?,
        jitter: millis(options, "jitter_ms")?,
        loss: share(options, "loss")?,
        duplicate: share(options, "duplicate")?,
        corrupt: share(options, "corrupt")?,
        reorder: share(options, "reorder")?,
        longest: options.text("longest").map(str::parse).transpose()?,
    };
    let way = options.text("way").unwrap_or("both");
    let harms = [
        if way == "ba" { Harm::default() } else { harm },
        if way == "ab" { Harm::default() } else { harm },
    ];
    let mut ends = Vec::new();
    for (key, end) in [("a", 1), ("b", 2)] {
        let namespace = options.need(key)?;
        sys::enter(namespace)?;
        ends.push(sys::tun("w0")?);
        ip_batch(
            &["-n", namespace],
            &format!(
                "addr add 10.77.4.{end}/24 dev w0\naddr add fd77:4::{end}/64 dev w0 nodad\nlink set w0 up\n"
            ),
        )?;
    }
    println!("up");
    carry(&mut ends, harms, Dice(options.get("seed", 77u64)?.max(1)))
}

fn millis(options: &Options, key: &str) -> Result<Duration> {
    Ok(Duration::from_millis(options.get(key, 0)?))
}

fn share(options: &Options, key: &str) -> Result<f64> {
    Ok(options.get(key, 0.0)? / 100.0)
}

/// A packet under way: when it is due, its number, the end it goes to, its bytes.
type Due = Reverse<(Instant, u64, usize, Vec<u8>)>;

fn carry(ends: &mut [File], harms: [Harm; 2], mut dice: Dice) -> Result<()> {
    let mut under_way: BinaryHeap<Due> = BinaryHeap::new();
    let mut last = [Instant::now(); 2];
    let (mut number, mut lost, mut harmed) = (0u64, 0u64, 0u64);
    let mut buffer = vec![0; 65536];
    loop {
        let now = Instant::now();
        while under_way.peek().is_some_and(|Reverse((due, ..))| *due <= now) {
            if let Some(Reverse((_, _, to, packet))) = under_way.pop() {
                // A full device loses packets, as a wire does.
                let _lost = ends[to].write(&packet);
            }
        }
        let next = under_way.peek().map(|Reverse((due, ..))| due.saturating_duration_since(now));
        let patience = next.unwrap_or(Duration::from_millis(500));
        let ready = sys::wait_readable([ends[0].as_raw_fd(), ends[1].as_raw_fd()], patience);
        for from in [0, 1] {
            while ready[from]
                && let Ok(read @ 1..) = ends[from].read(&mut buffer)
            {
                let (harm, mut packet) = (&harms[from], buffer[..read].to_vec());
                let too_long = harm.longest.is_some_and(|longest| read > longest);
                if too_long || dice.hits(harm.loss) {
                    lost += 1;
                    println!("lost {lost}");
                    continue;
                }
                if dice.hits(harm.corrupt) && read > 60 {
                    // Behind the headers, so that the packet still finds its way.
                    packet[read - 1] ^= 0x10;
                    harmed += 1;
                    println!("corrupted {harmed}");
                }
                let jitter = harm.jitter.mul_f64(dice.throw() * 2.0);
                let mut due = Instant::now() + (harm.delay + jitter).saturating_sub(harm.jitter);
                if dice.hits(harm.reorder) {
                    // It overtakes those before it.
                    due = Instant::now();
                    println!("reordered");
                } else {
                    due = due.max(last[from]);
                    last[from] = due;
                }
                let copies = if dice.hits(harm.duplicate) { 2 } else { 1 };
                for _ in 0..copies {
                    number += 1;
                    under_way.push(Reverse((due, number, 1 - from, packet.clone())));
                }
            }
        }
    }
}
