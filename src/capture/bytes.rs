//! Numbers out of foreign bytes, checked: `None` where the bytes end before the number does.

/// Whether a file or header stores the high byte first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Big,
    Little,
}

impl Order {
    /// Two bytes at `at`.
    pub(super) fn u16(self, data: &[u8], at: usize) -> Option<u16> {
        let bytes = data.get(at..)?.first_chunk()?;
        Some(match self {
            Self::Big => u16::from_be_bytes(*bytes),
            Self::Little => u16::from_le_bytes(*bytes),
        })
    }

    /// Four bytes at `at`.
    pub(super) fn u32(self, data: &[u8], at: usize) -> Option<u32> {
        let bytes = data.get(at..)?.first_chunk()?;
        Some(match self {
            Self::Big => u32::from_be_bytes(*bytes),
            Self::Little => u32::from_le_bytes(*bytes),
        })
    }

    /// Eight bytes at `at`.
    pub(super) fn u64(self, data: &[u8], at: usize) -> Option<u64> {
        let bytes = data.get(at..)?.first_chunk()?;
        Some(match self {
            Self::Big => u64::from_be_bytes(*bytes),
            Self::Little => u64::from_le_bytes(*bytes),
        })
    }
}

/// One byte at `at`.
pub(super) fn u8(data: &[u8], at: usize) -> Option<u8> {
    data.get(at).copied()
}

/// Two bytes at `at`, high byte first.
pub(super) fn u16(data: &[u8], at: usize) -> Option<u16> {
    Order::Big.u16(data, at)
}

/// Four bytes at `at`, high byte first.
pub(super) fn u32(data: &[u8], at: usize) -> Option<u32> {
    Order::Big.u32(data, at)
}
