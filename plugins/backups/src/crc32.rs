//! CRC-32 of IEEE 802.3, eight bytes at a time: what borg writes before each entry.

/// The remainders of each byte, followed by 0 to 7 zero bytes.
const TABLES: [[u32; 256]; 8] = tables();

const fn tables() -> [[u32; 256]; 8] {
    let mut tables = [[0; 256]; 8];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            // 0xEDB88320 is the polynomial with its lowest power first.
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
            bit += 1;
        }
        tables[0][byte] = crc;
        byte += 1;
    }
    let mut table = 1;
    while table < 8 {
        let mut byte = 0;
        while byte < 256 {
            let before = tables[table - 1][byte];
            tables[table][byte] = before >> 8 ^ tables[0][(before & 0xff) as usize];
            byte += 1;
        }
        table += 1;
    }
    tables
}

/// A checksum in the making.
#[derive(Clone, Copy, Debug)]
pub struct Crc32(u32);

impl Crc32 {
    /// Of nothing.
    pub const fn new() -> Self {
        Self(!0)
    }

    /// Takes more bytes in.
    pub fn update(&mut self, bytes: &[u8]) {
        let mut crc = self.0;
        let (words, rest) = bytes.as_chunks::<8>();
        let at = |table: usize, value: u32, shift: u32| TABLES[table][(value >> shift & 0xff) as usize];
        for [a, b, c, d, e, f, g, h] in words {
            let low = crc ^ u32::from_le_bytes([*a, *b, *c, *d]);
            let high = u32::from_le_bytes([*e, *f, *g, *h]);
            crc = at(7, low, 0) ^ at(6, low, 8) ^ at(5, low, 16) ^ at(4, low, 24);
            crc ^= at(3, high, 0) ^ at(2, high, 8) ^ at(1, high, 16) ^ at(0, high, 24);
        }
        for byte in rest {
            crc = crc >> 8 ^ at(0, crc ^ u32::from(*byte), 0);
        }
        self.0 = crc;
    }

    /// The checksum of what was taken in.
    pub const fn value(self) -> u32 {
        !self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn crc(bytes: &[u8]) -> u32 {
        let mut crc = Crc32::new();
        crc.update(bytes);
        crc.value()
    }

    #[test]
    fn known_values() {
        assert_eq!(crc(b""), 0);
        assert_eq!(crc(b"123456789"), 0xcbf4_3926);
        // An entry of tag COMMIT in a borg segment: size 9, tag 2.
        assert_eq!(crc(&[9, 0, 0, 0, 2]), 0x253c_f440);
    }

    proptest! {
        #[test]
        fn parts_give_the_same(bytes in prop::collection::vec(any::<u8>(), 0..100), at in 0_usize..100) {
            let at = at.min(bytes.len());
            let mut parts = Crc32::new();
            parts.update(&bytes[..at]);
            parts.update(&bytes[at..]);
            prop_assert_eq!(parts.value(), crc(&bytes));
        }
    }
}
