//! Check digits: what separates a number from an account, and a random text from a token.

use super::{national, pem, wallet};
use crate::domain::{Error, text};

/// How a value's last characters follow from the others.
///
/// | name | of what | standard |
/// |---|---|---|
/// | `luhn` | payment cards, IMEI, SIN of Canada | ISO/IEC 7812-1, annex B |
/// | `mod-97` | IBAN | ISO 13616, ISO/IEC 7064 MOD 97-10 |
/// | `mod-97-10` | LEI and other numbers that end with their check digits | ISO/IEC 7064 MOD 97-10 |
/// | `mod-11-2` | ORCID, ISNI, identity numbers of China | ISO/IEC 7064 MOD 11-2 |
/// | `mod-11-10` | tax numbers of Germany and Croatia | ISO/IEC 7064 MOD 11,10 |
/// | `mod-11-nhs` | NHS numbers of England | NHS data dictionary: weights 10 to 2 |
/// | `mod-11-isbn` | ISBN-10 | ISO 2108:1992: weights 10 to 1 |
/// | `verhoeff` | Aadhaar | Verhoeff 1969, dihedral group D5 |
/// | `crc32-base62` | tokens of GitHub and npm | the last 6 characters are the CRC-32 of those between the prefix `xxx_` and them, in base 62 |
/// | `nl-bsn`, `pl-pesel`, `fr-nir`, `es-nif`, `it-fiscal` | national numbers of the Netherlands, Poland, France, Spain, Italy | their own |
/// | `base58check`, `bech32` | addresses of Bitcoin | BIP 13, BIP 173, BIP 350 |
/// | `pem`, `pem-encrypted` | private keys from their first mark to their last | RFC 7468, OpenSSH's PROTOCOL.key: the body is as long as it says |
///
/// Spaces, hyphens and dots between digits do not count, except for `crc32-base62`, addresses and keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checksum {
    Luhn,
    Mod97,
    Mod97Of10,
    Mod11Of2,
    Mod11Of10,
    Mod11Nhs,
    Mod11Isbn,
    Verhoeff,
    Crc32Base62,
    Bsn,
    Pesel,
    Nir,
    Nif,
    Fiscal,
    Base58Check,
    Bech32,
    Pem,
    PemEncrypted,
}

impl Checksum {
    /// The checksum of that name.
    pub fn named(name: &str) -> Result<Self, Error> {
        Ok(match name {
            "luhn" => Self::Luhn,
            "mod-97" => Self::Mod97,
            "mod-97-10" => Self::Mod97Of10,
            "mod-11-2" => Self::Mod11Of2,
            "mod-11-10" => Self::Mod11Of10,
            "mod-11-nhs" => Self::Mod11Nhs,
            "mod-11-isbn" => Self::Mod11Isbn,
            "verhoeff" => Self::Verhoeff,
            "crc32-base62" => Self::Crc32Base62,
            "nl-bsn" => Self::Bsn,
            "pl-pesel" => Self::Pesel,
            "fr-nir" => Self::Nir,
            "es-nif" => Self::Nif,
            "it-fiscal" => Self::Fiscal,
            "base58check" => Self::Base58Check,
            "bech32" => Self::Bech32,
            "pem" => Self::Pem,
            "pem-encrypted" => Self::PemEncrypted,
            _ => return Err(Error::Unsupported(format!("there is no checksum '{}'", text::line(name, 50)))),
        })
    }

    /// Whether a value's check digits are right.
    pub fn fits(self, value: &[u8]) -> bool {
        match self {
            Self::Crc32Base62 => return crc32_base62(value),
            Self::Pem => return pem::key(value) == Some(pem::Key::Plain),
            Self::PemEncrypted => return pem::key(value) == Some(pem::Key::Encrypted),
            Self::Base58Check => return wallet::base58check(value),
            Self::Bech32 => return wallet::bech32(value),
            _ => {}
        }
        let letters = value.iter().filter(|byte| !b" -.".contains(byte)).map(u8::to_ascii_uppercase);
        let letters = letters.collect::<Vec<_>>();
        match self {
            Self::Bsn => return national::bsn(&letters),
            Self::Pesel => return national::pesel(&letters),
            Self::Nir => return national::nir(&letters),
            Self::Nif => return national::nif(&letters),
            Self::Fiscal => return national::fiscal(&letters),
            _ => {}
        }
        let digit = |letter: &u8| match letter {
            b'0'..=b'9' => Some(u32::from(letter - b'0')),
            b'A'..=b'Z' => Some(u32::from(letter - b'A') + 10),
            _ => None,
        };
        let Some(digits) = letters.iter().map(digit).collect::<Option<Vec<_>>>() else { return false };
        let Some((&check, before)) = digits.split_last() else { return false };
        let (first, decimal) = (before.iter().all(|&digit| digit < 10), check < 10);
        match self {
            Self::Luhn => first && decimal && digits.len() > 1 && luhn(&digits),
            // The country and the check digits go to the end.
            Self::Mod97 => digits.len() > 4 && mod_97(digits[4..].iter().chain(&digits[..4])),
            Self::Mod97Of10 => digits.len() > 2 && mod_97(digits.iter()),
            Self::Mod11Of2 => {
                let check = if letters.last() == Some(&b'X') { 10 } else { check };
                let sum = before.iter().fold(0, |sum, digit| (sum + digit) * 2 % 11);
                first && check <= 10 && !before.is_empty() && (sum + check) % 11 == 1
            }
            Self::Mod11Of10 => {
                let product = before.iter().fold(10, |product, digit| match (product + digit) % 10 {
                    0 => 10 * 2 % 11,
                    sum => sum * 2 % 11,
                });
                first && decimal && !before.is_empty() && (product + check) % 10 == 1
            }
            Self::Mod11Nhs | Self::Mod11Isbn => {
                let check = if self == Self::Mod11Isbn && letters.last() == Some(&b'X') { 10 } else { check };
                let sum =
                    before.iter().zip((2..=10).rev()).map(|(digit, weight)| digit * weight).sum::<u32>();
                first
                    && check <= 10
                    && digits.len() == 10
                    && (sum + check) % 11 == 0
                    && (check < 10 || self == Self::Mod11Isbn)
            }
            Self::Verhoeff => first && decimal && digits.len() > 1 && verhoeff(&digits),
            // Answered above.
            _ => false,
        }
    }
}

fn luhn(digits: &[u32]) -> bool {
    let doubled = |digit: u32| digit * 2 - if digit > 4 { 9 } else { 0 };
    let each = digits.iter().rev().enumerate();
    each.map(|(at, &digit)| if at % 2 == 1 { doubled(digit) } else { digit }).sum::<u32>() % 10 == 0
}

/// Letters count as two digits: A is 10.
fn mod_97<'a>(digits: impl Iterator<Item = &'a u32>) -> bool {
    digits.fold(0, |rest, &digit| (rest * if digit > 9 { 100 } else { 10 } + digit) % 97) == 1
}

/// The product of the dihedral group D5, in which `a + b` and `a - b` are those of a pentagon's turns and mirrors.
fn product(a: u32, b: u32) -> u32 {
    match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => (a + b - 5) % 5 + 5,
        (false, true) => (a - 5 + 5 - b) % 5 + 5,
        (false, false) => (a + 5 - b) % 5,
    }
}

fn verhoeff(digits: &[u32]) -> bool {
    /// Where each digit goes from one place to the next.
    const STEP: [u32; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    let placed = |(at, &digit): (usize, &u32)| {
        (0..at % 8).fold(digit, |digit, _| STEP.get(digit as usize).copied().unwrap_or(digit))
    };
    digits.iter().rev().enumerate().map(placed).fold(0, product) == 0
}

fn crc32_base62(value: &[u8]) -> bool {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    // `github_pat_` has more than one underscore: the last one ends the prefix.
    let body = match value.iter().rposition(|&byte| byte == b'_') {
        Some(at) => &value[at + 1..],
        None => value,
    };
    let Some((entropy, check)) = body.split_last_chunk::<6>() else { return false };
    let mut rest = crc32fast::hash(entropy);
    let mut expected = [b'0'; 6];
    for digit in expected.iter_mut().rev() {
        *digit = DIGITS.get((rest % 62) as usize).copied().unwrap_or(b'0');
        rest /= 62;
    }
    !entropy.is_empty() && *check == expected
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_numbers_fit_and_their_neighbours_do_not() {
        for (name, value) in [
            ("luhn", "4111 1111 1111 1111"),
            ("luhn", "378282246310005"),
            ("mod-97", "GB82 WEST 1234 5698 7654 32"),
            ("mod-97", "DE89370400440532013000"),
            ("mod-97-10", "5493001KJTIIGC8Y1R12"),
            ("mod-11-2", "0000-0002-1825-0097"),
            ("mod-11-2", "0000-0002-1694-233X"),
            ("mod-11-2", "11010519491231002X"),
            ("mod-11-10", "86095742719"),
            ("mod-11-nhs", "943 476 5919"),
            ("mod-11-isbn", "0-306-40615-2"),
            ("mod-11-isbn", "080442957X"),
            ("verhoeff", "2363"),
            ("verhoeff", "758722"),
        ] {
            let checksum = Checksum::named(name).unwrap();
            assert!(checksum.fits(value.as_bytes()), "{name} {value}");
            for (at, _) in value.char_indices().filter(|(_, c)| c.is_ascii_digit()) {
                let mut wrong = value.as_bytes().to_vec();
                wrong[at] = b'0' + (wrong[at] - b'0' + 1) % 10;
                assert!(!checksum.fits(&wrong), "{name} {}", String::from_utf8_lossy(&wrong));
            }
        }
        assert!(Checksum::named("crc").is_err());
    }

    #[test]
    fn tokens_end_with_their_checksum() {
        // Made for this test: thirty letters and their CRC-32.
        let body = "abcdefghijklmnopqrstuvwxyzABCD";
        let mut rest = crc32fast::hash(body.as_bytes());
        let digits = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let mut check = Vec::new();
        for _ in 0..6 {
            check.insert(0, digits[(rest % 62) as usize]);
            rest /= 62;
        }
        let token = format!("ghp_{body}{}", String::from_utf8(check).unwrap());
        assert!(Checksum::Crc32Base62.fits(token.as_bytes()));
        assert!(!Checksum::Crc32Base62.fits(token.replace("abc", "abd").as_bytes()));
        assert!(!Checksum::Crc32Base62.fits(b"ghp_"));
    }

    #[test]
    fn what_is_no_number_fits_nothing() {
        for name in [
            "luhn",
            "mod-97",
            "mod-97-10",
            "mod-11-2",
            "mod-11-10",
            "mod-11-nhs",
            "mod-11-isbn",
            "verhoeff",
            "crc32-base62",
        ] {
            let checksum = Checksum::named(name).unwrap();
            for value in ["", "0", "X", "é", "-", "....", "\u{ff11}", &"9".repeat(10_000)] {
                let fits = checksum.fits(value.as_bytes());
                assert!(!fits || value.len() > 100, "{name} {value}");
            }
        }
    }
}
