//! Check digits of national numbers that follow no common standard. Letters are in upper case, and separators are gone.

/// The letters of identity numbers of Spain, by the rest modulo 23 (Real Decreto 1553/2005).
const LETTERS_OF_SPAIN: &[u8; 23] = b"TRWAGMYFPDXBNJZSQVHLCKE";

/// What characters in odd places of an Italian tax code count, the digits and letters from 0 or A on (Decreto Ministeriale 23/12/1976).
const ODD_PLACES: [u32; 26] =
    [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];

fn digits<const N: usize>(letters: &[u8]) -> Option<[u32; N]> {
    let letters: &[u8; N] = letters.try_into().ok()?;
    letters.iter().all(u8::is_ascii_digit).then(|| letters.map(|letter| u32::from(letter - b'0')))
}

/// Citizen service numbers of the Netherlands: the eleven-test with the last digit counted negatively.
pub fn bsn(letters: &[u8]) -> bool {
    digits::<9>(letters).is_some_and(|digits| {
        let sum = digits.iter().zip((2..=9).rev()).map(|(digit, weight)| digit * weight).sum::<u32>();
        sum > 0 && sum % 11 == digits[8]
    })
}

/// PESEL numbers of Poland: weights 1, 3, 7, 9.
pub fn pesel(letters: &[u8]) -> bool {
    digits::<11>(letters).is_some_and(|digits| {
        let weights = [1, 3, 7, 9].into_iter().cycle();
        let sum = digits.iter().take(10).zip(weights).map(|(digit, weight)| digit * weight).sum::<u32>();
        (sum + digits[10]) % 10 == 0
    })
}

/// Social security numbers of France: the last two digits are 97 less the rest modulo 97; Corsica's 2A counts as 19, 2B as 18.
pub fn nir(letters: &[u8]) -> bool {
    let Some((number, key)) = letters.split_at_checked(13).filter(|(_, key)| key.len() == 2) else {
        return false;
    };
    let mut number = number.to_vec();
    for (corsica, counts) in [(b"2A", b"19"), (b"2B", b"18")] {
        if let Some(place) = number.get_mut(5..7).filter(|place| *place == corsica) {
            place.copy_from_slice(counts);
        }
    }
    let read = |text: &[u8]| std::str::from_utf8(text).ok()?.parse::<u64>().ok();
    match (read(&number), read(key)) {
        (Some(number), Some(key)) => key == 97 - number % 97,
        _ => false,
    }
}

/// Identity numbers of Spain, and those of foreigners, whose X, Y or Z counts as 0, 1 or 2.
pub fn nif(letters: &[u8]) -> bool {
    let Some((last, before)) = letters.split_last() else { return false };
    let (first, rest) = match before {
        [first @ b'X'..=b'Z', rest @ ..] => (u64::from(first - b'X'), rest),
        all => (0, all),
    };
    let number = std::str::from_utf8(rest).ok().filter(|text| text.bytes().all(|it| it.is_ascii_digit()));
    let Some(number) = number.and_then(|text| text.parse::<u64>().ok()) else { return false };
    let whole = first * 10_u64.pow(rest.len().min(8) as u32) + number;
    LETTERS_OF_SPAIN.get((whole % 23) as usize) == Some(last)
}

/// Tax codes of Italy: characters in odd places count by a table, those in even places by themselves.
pub fn fiscal(letters: &[u8]) -> bool {
    let Some((last, before)) = letters.split_last().filter(|(_, before)| before.len() == 15) else {
        return false;
    };
    let value = |letter: u8| match letter {
        b'0'..=b'9' => Some(u32::from(letter - b'0')),
        b'A'..=b'Z' => Some(u32::from(letter - b'A')),
        _ => None,
    };
    let mut sum = 0;
    for (at, letter) in before.iter().enumerate() {
        let Some(value) = value(*letter) else { return false };
        sum += if at % 2 == 0 { ODD_PLACES.get(value as usize).copied().unwrap_or(0) } else { value };
    }
    u32::from(*last) == u32::from(b'A') + sum % 26
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that are right, and each of them with one character changed is wrong.
    #[test]
    fn one_changed_character_is_noticed() {
        for (name, fits, numbers) in [
            ("bsn", bsn as fn(&[u8]) -> bool, &["111222333", "123456782"][..]),
            ("pesel", pesel, &["44051401359", "02070803628"]),
            ("nir", nir, &["255081416802538", "180126955222380"]),
            ("nif", nif, &["12345678Z", "Y1234567X", "Z1234567R"]),
            ("fiscal", fiscal, &["RSSMRA85T10A562S", "MRTMTT91D08F205J"]),
        ] {
            for number in numbers {
                assert!(fits(number.as_bytes()), "{name} {number}");
                let mut changed = number.as_bytes().to_vec();
                let last = changed.len() - 1;
                changed[last] = if changed[last] == b'9' { b'0' } else { changed[last] + 1 };
                assert!(!fits(&changed), "{name} {number} with another end");
                assert!(!fits(&number.as_bytes()[1..]), "{name} {number} without its first");
            }
            assert!(!fits(b"") && !fits(b"?") && !fits(&[0xff; 16]), "{name}");
        }
        assert!(!bsn(b"000000000"));
    }

    #[test]
    fn corsica_counts_as_its_number() {
        for (place, counts) in [("2A", "19"), ("2B", "18")] {
            let number = |place: &str| format!("28408{place}011234");
            let key = 97 - number(counts).parse::<u64>().unwrap() % 97;
            assert!(nir(format!("{}{key:02}", number(place)).as_bytes()), "{place}");
        }
    }
}
