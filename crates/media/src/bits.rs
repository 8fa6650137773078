//! Reads bits, most significant first, from bytes that nobody vouches for.
//!
//! Every read answers `None` past the end; nothing panics and nothing allocates. Exp-Golomb codes as in ITU-T H.264, 9.1.

/// A cursor over the bits of a slice.
#[derive(Clone, Debug)]
pub(crate) struct Bits<'a> {
    data: &'a [u8],
    /// Position in bits from the start of `data`.
    at: usize,
}

impl<'a> Bits<'a> {
    pub(crate) const fn new(data: &'a [u8]) -> Self {
        Self { data, at: 0 }
    }

    /// Bits not yet read.
    pub(crate) fn left(&self) -> usize {
        (self.data.len().saturating_mul(8)).saturating_sub(self.at)
    }

    pub(crate) fn flag(&mut self) -> Option<bool> {
        let byte = *self.data.get(self.at / 8)?;
        let shift = 7 - self.at % 8;
        self.at += 1;
        Some((byte >> shift) & 1 == 1)
    }

    /// The next `count` bits (at most 32) as a number.
    pub(crate) fn number(&mut self, count: u32) -> Option<u32> {
        let mut value = 0_u32;
        for _ in 0..count.min(32) {
            value = (value << 1) | u32::from(self.flag()?);
        }
        Some(value)
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        self.number(8).and_then(|value| u8::try_from(value).ok())
    }

    pub(crate) fn skip(&mut self, count: usize) -> Option<()> {
        if count > self.left() {
            return None;
        }
        self.at += count;
        Some(())
    }

    /// Moves to the next whole byte, if not at one.
    pub(crate) fn align(&mut self) {
        self.at = self.at.div_ceil(8) * 8;
    }

    /// Unsigned exp-Golomb code, `ue(v)`; `None` also for codes of more than 32 leading zeros, which no syntax element uses.
    pub(crate) fn ue(&mut self) -> Option<u32> {
        let mut zeros = 0_u32;
        while !self.flag()? {
            zeros += 1;
            if zeros > 32 {
                return None;
            }
        }
        let tail = u64::from(self.number(zeros)?);
        u32::try_from((1_u64 << zeros) - 1 + tail).ok()
    }

    /// `ue(v)` that must not be above `most`.
    pub(crate) fn ue_up_to(&mut self, most: u32) -> Option<u32> {
        self.ue().filter(|value| *value <= most)
    }

    /// Signed exp-Golomb code, `se(v)`.
    pub(crate) fn se(&mut self) -> Option<i32> {
        let code = i64::from(self.ue()?);
        let magnitude = (code + 1) / 2;
        i32::try_from(if code % 2 == 1 { magnitude } else { -magnitude }).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::Bits;

    #[test]
    fn exp_golomb_codes_follow_the_tables_of_the_standard() {
        // 1 010 011 00100 00101 00110 00111 0001000
        let data = [
            0b1010_0110,
            0b0100_0010,
            0b1001_1000,
            0b1110_0010,
            0b0000_0000,
        ];
        let mut bits = Bits::new(&data);
        let codes: Vec<_> = (0..8).map(|_| bits.ue()).collect();
        assert_eq!(codes, (0..8).map(Some).collect::<Vec<_>>());

        let mut bits = Bits::new(&data);
        let codes: Vec<_> = (0..8).map(|_| bits.se()).collect();
        assert_eq!(codes, [0, 1, -1, 2, -2, 3, -3, 4].map(Some));
    }

    #[test]
    fn reads_past_the_end_answer_none() {
        let mut bits = Bits::new(&[0x0f]);
        assert_eq!(bits.number(4), Some(0));
        assert_eq!(bits.number(5), None);
        assert_eq!(Bits::new(&[]).flag(), None);
        assert_eq!(Bits::new(&[0; 16]).ue(), None, "a code without an end");
        assert_eq!(Bits::new(&[1]).skip(9), None);
    }
}
