//! The same lots for the same seed, and what is drawn with them.

/// A small generator (SplitMix64, Steele, Lea, Flood 2014), so that the same seed gives the same text.
pub(crate) struct Lots(pub(crate) u64);

impl Lots {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    pub(crate) fn text(&mut self, alphabet: &str, length: usize) -> String {
        let alphabet: Vec<char> = alphabet.chars().collect();
        (0..length).map(|_| self.pick(&alphabet)).collect()
    }

    pub(crate) fn alnum(&mut self, length: usize) -> String {
        self.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", length)
    }

    pub(crate) fn hex(&mut self, length: usize) -> String {
        self.text("0123456789abcdef", length)
    }

    pub(crate) fn digits(&mut self, length: usize) -> String {
        self.text("0123456789", length)
    }

    pub(crate) fn upper(&mut self, length: usize) -> String {
        self.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", length)
    }

    /// A password as people and generators make them.
    pub(crate) fn password(&mut self) -> String {
        match self.below(4) {
            0 => format!(
                "{}{}",
                self.pick(&["hunter", "Sommer", "dragon", "Welcome", "tr0ub4dor", "monkey"]),
                self.digits(4)
            ),
            1 => self.alnum(16),
            2 => format!(
                "{}-{}-{}",
                self.pick(&["correct", "purple", "silent"]),
                self.pick(&["horse", "kettle", "otter"]),
                self.digits(3)
            ),
            _ => format!("{}!{}", self.alnum(6), self.alnum(5)),
        }
    }
}

/// ISO/IEC 7812-1.
pub(crate) fn check_digit(digits: &str) -> char {
    let sum: u32 = digits
        .chars()
        .rev()
        .enumerate()
        .map(|(at, c)| {
            let d = c.to_digit(10).unwrap() * if at % 2 == 0 { 2 } else { 1 };
            if d > 9 { d - 9 } else { d }
        })
        .sum();
    char::from_digit((10 - sum % 10) % 10, 10).unwrap()
}

/// GB 11643-1999.
pub(crate) fn citizen_number(l: &mut Lots) -> String {
    let body = format!(
        "110105{}{:02}{:02}{}",
        1950 + l.below(55),
        1 + l.below(12),
        1 + l.below(28),
        l.digits(3)
    );
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = body.chars().zip(weights).map(|(c, w)| c.to_digit(10).unwrap() * w).sum();
    format!("{body}{}", b"10X98765432"[sum as usize % 11] as char)
}
