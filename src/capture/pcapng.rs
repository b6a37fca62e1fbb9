//! The blocks of a pcapng file: sections, interfaces and the three kinds of packet.

use super::{
    bytes::{self, Order},
    container::{Frame, MAX_PACKET, Step},
};

const SECTION: u32 = 0x0a0d_0d0a;
const INTERFACE: u32 = 1;
const OBSOLETE_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const ENHANCED_PACKET: u32 = 6;

/// The longest block that is read at once: a packet of the greatest length with many options.
const MAX_BLOCK: u32 = 16 * 1024 * 1024;
/// The most interfaces of a section that are kept. judgement: no machine has as many.
const MAX_INTERFACES: usize = 65_536;

/// The section that is being read, and its interfaces.
#[derive(Debug)]
pub(super) struct Sections {
    order: Order,
    interfaces: Vec<Interface>,
}

impl Default for Sections {
    fn default() -> Self {
        Self { order: Order::Little, interfaces: Vec::new() }
    }
}

/// What a packet's interface number leads to.
#[derive(Clone, Copy, Debug)]
struct Interface {
    link: u16,
    snap: u32,
    resolution: Resolution,
    /// Seconds to add (`if_tsoffset`).
    offset: i64,
}

/// Units of a second: `if_tsresol`.
#[derive(Clone, Copy, Debug)]
enum Resolution {
    PowerOfTen(u8),
    PowerOfTwo(u8),
}

impl Resolution {
    /// Nanoseconds in so many units; what does not fit becomes the nearest that does.
    fn nanoseconds(self, units: u64) -> i64 {
        let wide = i128::from(units);
        let time = match self {
            Self::PowerOfTen(power @ 0..=9) => wide * 10_i128.pow(u32::from(9 - power)),
            Self::PowerOfTen(power @ 10..=28) => wide / 10_i128.pow(u32::from(power - 9)),
            Self::PowerOfTwo(power @ 0..=63) => (wide * 1_000_000_000) >> power,
            // Finer than 2⁻⁶³ s or 10⁻²⁸ s: 64 bits of it are less than a nanosecond, or nearly so.
            _ => 0,
        };
        i64::try_from(time).unwrap_or(i64::MAX)
    }
}

impl Sections {
    /// Looks at one block.
    pub(super) fn step<'a>(&mut self, data: &'a [u8]) -> Step<'a> {
        let Some(kind) = self.order.u32(data, 0) else { return Step::Need(12) };
        if kind == SECTION {
            return self.section(data);
        }
        let Some(length) = self.order.u32(data, 4) else { return Step::Need(12) };
        if length < 12 {
            return Step::Broken("a block is said to be shorter than its own header");
        }
        // Some writers say the length without the padding to four bytes.
        let length = length.checked_next_multiple_of(4).unwrap_or(u32::MAX);
        if !matches!(kind, INTERFACE | OBSOLETE_PACKET | SIMPLE_PACKET | ENHANCED_PACKET) {
            return Step::Pass(u64::from(length));
        }
        if length > MAX_BLOCK {
            return Step::Broken("a block is said to be longer than 16 MiB");
        }
        let length = length as usize;
        let Some(body) = data.get(8..length.saturating_sub(4)) else { return Step::Need(length) };
        if data.len() < length {
            return Step::Need(length);
        }
        let frame = match kind {
            INTERFACE => return self.interface(body, length),
            ENHANCED_PACKET => self.enhanced(body, false),
            OBSOLETE_PACKET => self.enhanced(body, true),
            _ => self.simple(body),
        };
        match frame {
            Some(frame) => Step::Frame(frame, length),
            None => Step::Broken("a packet block does not hold what it says"),
        }
    }

    fn section<'a>(&mut self, data: &[u8]) -> Step<'a> {
        let Some(mark) = Order::Big.u32(data, 8) else { return Step::Need(12) };
        self.order = match mark {
            0x1a2b_3c4d => Order::Big,
            0x4d3c_2b1a => Order::Little,
            _ => return Step::Broken("a section header without its byte-order mark"),
        };
        let length = self.order.u32(data, 4).unwrap_or(0);
        if length < 28 {
            return Step::Broken("a section header that is too short");
        }
        self.interfaces.clear();
        Step::Pass(u64::from(length))
    }

    fn interface<'a>(&mut self, body: &[u8], length: usize) -> Step<'a> {
        let (Some(link), Some(snap)) = (self.order.u16(body, 0), self.order.u32(body, 4)) else {
            return Step::Broken("an interface block that is too short");
        };
        let mut interface =
            Interface { link, snap, resolution: Resolution::PowerOfTen(6), offset: 0 };
        let mut options = body.get(8..).unwrap_or_default();
        while let (Some(code), Some(size)) =
            (self.order.u16(options, 0), self.order.u16(options, 2))
        {
            let size = usize::from(size);
            let Some(value) = options.get(4..4 + size) else { break };
            match code {
                0 => break,
                9 => interface.resolution = resolution(value),
                14 => {
                    let seconds = self.order.u64(value, 0).unwrap_or(0).cast_signed();
                    interface.offset = seconds.saturating_mul(1_000_000_000);
                }
                _ => {}
            }
            options = options.get(4 + size.next_multiple_of(4)..).unwrap_or_default();
        }
        if self.interfaces.len() >= MAX_INTERFACES {
            return Step::Broken("more than 65,536 interfaces");
        }
        self.interfaces.push(interface);
        Step::Pass(length as u64)
    }

    /// An enhanced packet block, or the obsolete one, whose interface number has two bytes.
    fn enhanced<'a>(&self, body: &'a [u8], obsolete: bool) -> Option<Frame<'a>> {
        let number =
            if obsolete { u32::from(self.order.u16(body, 0)?) } else { self.order.u32(body, 0)? };
        let interface = self.interfaces.get(number as usize)?;
        let high = u64::from(self.order.u32(body, 4)?);
        let units = high << 32 | u64::from(self.order.u32(body, 8)?);
        let kept = self.order.u32(body, 12)?;
        if kept > MAX_PACKET {
            return None;
        }
        let data = body.get(20..20 + kept as usize)?;
        let time = interface.resolution.nanoseconds(units).saturating_add(interface.offset);
        let wire = self.order.u32(body, 16)?.max(kept);
        Some(Frame { time, link: interface.link, data, wire })
    }

    /// A packet without a time: of the first interface, cut at its snap length.
    fn simple<'a>(&self, body: &'a [u8]) -> Option<Frame<'a>> {
        let interface = self.interfaces.first()?;
        let wire = self.order.u32(body, 0)?;
        let kept = if interface.snap == 0 { wire } else { wire.min(interface.snap) };
        let stored = body.get(4..)?;
        let data = stored.get(..kept as usize).unwrap_or(stored);
        (data.len() <= MAX_PACKET as usize).then_some(Frame {
            time: interface.offset,
            link: interface.link,
            data,
            wire,
        })
    }
}

fn resolution(value: &[u8]) -> Resolution {
    match bytes::u8(value, 0) {
        Some(power) if power & 0x80 != 0 => Resolution::PowerOfTwo(power & 0x7f),
        Some(power) => Resolution::PowerOfTen(power),
        None => Resolution::PowerOfTen(6),
    }
}
