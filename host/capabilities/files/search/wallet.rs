//! Check sums of addresses that hold money.

use sha2::{Digest, Sha256};

const BASE_58: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// Bytes of an address of Bitcoin: a version, a hash, and four bytes of check sum.
const ADDRESS: usize = 25;

/// Base58Check: the last four bytes are the first of the SHA-256 of the SHA-256 of the others.
pub fn base58check(text: &[u8]) -> bool {
    let mut bytes = [0_u8; ADDRESS];
    for letter in text {
        let Some(mut carry) = BASE_58.iter().position(|known| known == letter) else { return false };
        for byte in bytes.iter_mut().rev() {
            carry += usize::from(*byte) * 58;
            *byte = carry as u8;
            carry >>= 8;
        }
        if carry > 0 {
            return false;
        }
    }
    let (body, check) = bytes.split_at(ADDRESS - 4);
    !text.is_empty() && Sha256::digest(Sha256::digest(body)).starts_with(check)
}

/// Bech32 and Bech32m (BIP 173, BIP 350): a code over 32 letters that notices up to four wrong ones.
pub fn bech32(text: &[u8]) -> bool {
    const LETTERS: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    let text = text.to_ascii_lowercase();
    let Some(one) = text.iter().rposition(|letter| *letter == b'1').filter(|one| *one > 0) else {
        return false;
    };
    let (name, data) = (&text[..one], &text[one + 1..]);
    let step = |sum: u32, value: u32| {
        let top = sum >> 25;
        let bits = GENERATOR.iter().enumerate().filter(|(bit, _)| top >> bit & 1 == 1);
        bits.fold((sum & 0x01ff_ffff) << 5 ^ value, |sum, (_, generator)| sum ^ generator)
    };
    let high = name.iter().map(|letter| u32::from(letter >> 5));
    let low = name.iter().map(|letter| u32::from(letter & 31));
    let sum = high.chain([0]).chain(low).fold(1, step);
    let values = data.iter().map(|letter| LETTERS.iter().position(|known| known == letter));
    let Some(values) = values.collect::<Option<Vec<_>>>() else { return false };
    let sum = values.iter().fold(sum, |sum, value| step(sum, *value as u32));
    data.len() > 6 && matches!(sum, 1 | 0x2bc8_30a3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_changed_character_is_noticed() {
        // The first block's; BIP 173's and BIP 350's examples.
        let old = ["1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy"];
        let new = [
            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
            "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
            "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
        ];
        for (fits, texts) in [(base58check as fn(&[u8]) -> bool, &old[..]), (bech32, &new[..])] {
            for text in texts {
                assert!(fits(text.as_bytes()), "{text}");
                for at in 4..text.len() {
                    let mut changed = text.as_bytes().to_vec();
                    changed[at] = if changed[at].eq_ignore_ascii_case(&b'q') { b'p' } else { b'q' };
                    assert!(!fits(&changed), "{text} at {at}");
                }
            }
            assert!(!fits(b"") && !fits(b"1") && !fits(&[0xff; 40]) && !fits(&[b'z'; 500]));
        }
    }
}
