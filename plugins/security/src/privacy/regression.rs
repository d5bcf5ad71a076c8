//! The texts of the recogniser tests of Presidio (<https://github.com/microsoft/presidio>, MIT, © Microsoft Corporation), and how many finds each has, held against the patterns here. The host's regular expressions and check digits are stood in for.
//!
//! Where the two mean to differ, the text is left out: Presidio knows no context here, finds private and documentation addresses, and takes a date for a phone number.

#[path = "regression/ibans.rs"]
mod ibans;

use regex::Regex;

use self::ibans::IBANS;
use super::{RECOGNISERS, Recogniser};

fn digits(value: &str) -> Vec<u32> {
    value.chars().filter_map(|c| c.to_digit(10)).collect()
}

fn luhn(value: &str) -> bool {
    let each = digits(value).into_iter().rev().enumerate();
    each.map(|(at, digit)| if at % 2 == 0 { digit } else { digit * 2 / 10 + digit * 2 % 10 }).sum::<u32>()
        % 10
        == 0
}

fn mod_97(value: &str) -> bool {
    let plain = value.replace(' ', "");
    let turned = format!("{}{}", &plain[4..], &plain[..4]);
    turned.chars().fold(0, |rest, c| {
        let digit = c.to_digit(36).unwrap();
        (rest * if digit > 9 { 100 } else { 10 } + digit) % 97
    }) == 1
}

fn mod_11_10(value: &str) -> bool {
    let digits = digits(value);
    let (check, before) = digits.split_last().unwrap();
    let product = before.iter().fold(10, |product, digit| {
        let sum = (product + digit) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    (product + check) % 10 == 1
}

fn mod_11_nhs(value: &str) -> bool {
    let digits = digits(value);
    digits.iter().zip([10, 9, 8, 7, 6, 5, 4, 3, 2, 1]).map(|(digit, weight)| digit * weight).sum::<u32>() % 11
        == 0
}

fn verhoeff(value: &str) -> bool {
    const STEP: [u32; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    let product = |a: u32, b: u32| match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => 5 + (a + b - 5) % 5,
        (false, true) => 5 + (a - b) % 5,
        (false, false) => (5 + a - b) % 5,
    };
    let each = digits(value).into_iter().rev().enumerate();
    each.fold(0, |sum, (at, digit)| product(sum, (0..at % 8).fold(digit, |digit, _| STEP[digit as usize])))
        == 0
}

fn finds(recogniser: &Recogniser, text: &str) -> usize {
    let pattern = Regex::new(recogniser.pattern).unwrap();
    let excludes = recogniser.exclude.iter().map(|exclude| Regex::new(exclude).unwrap()).collect::<Vec<_>>();
    let found = pattern
        .captures_iter(text)
        .map(|groups| groups.name("value").unwrap_or(groups.get(0).unwrap()).as_str());
    found
        .filter(|value| !excludes.iter().any(|exclude| exclude.is_match(value)))
        .filter(|value| match recogniser.checksum {
            Some("luhn") => luhn(value),
            Some("mod-97") => mod_97(value),
            Some("mod-11-10") => mod_11_10(value),
            Some("mod-11-nhs") => mod_11_nhs(value),
            Some("verhoeff") => verhoeff(value),
            // The host's own tests have them: here what has their form counts.
            None
            | Some("nl-bsn" | "pl-pesel" | "fr-nir" | "es-nif" | "it-fiscal" | "base58check" | "bech32") => {
                true
            }
            Some(other) => panic!("no {other} here"),
        })
        .count()
}

/// What each text should give, and what it gave instead.
fn wrong<'t>(ids: &[&str], texts: &[(&'t str, usize)]) -> Vec<(&'t str, usize, usize)> {
    let count = |text: &str| ids.iter().map(|id| finds(Recogniser::named(id).unwrap(), text)).sum::<usize>();
    texts
        .iter()
        .map(|&(text, wanted)| (text, wanted, count(text)))
        .filter(|(_, wanted, found)| wanted != found)
        .collect()
}

fn check(ids: &[&str], texts: &[(&str, usize)]) {
    let wrong = wrong(ids, texts);
    assert!(wrong.is_empty(), "text, wanted, found: {wrong:#?}");
}

#[test]
fn the_table_is_sound() {
    for (at, recogniser) in RECOGNISERS.iter().enumerate() {
        assert!(
            RECOGNISERS[..at].iter().all(|other| other.id != recogniser.id),
            "{} is twice there",
            recogniser.id
        );
        Regex::new(recogniser.pattern).unwrap();
        assert!(recogniser.context.iter().all(|word| word.to_lowercase() == *word), "{}", recogniser.id);
        assert!(!recogniser.patterns().is_empty());
    }
}

#[test]
fn numbers_count_beside_a_word() {
    let finds = |id: &str, text: &str| {
        Regex::new(&Recogniser::named(id).unwrap().beside_a_word()).unwrap().is_match(text)
    };
    assert!(finds("us-ssn-plain", "My SSN: 219099999"));
    assert!(finds("us-ssn-plain", "social security number of him is 219099999"));
    assert!(!finds("us-ssn-plain", "id 219099999"));
    assert!(finds("ca-sin", "sin 130692544"));
    assert!(!finds("ca-sin", "using 130692544"));
    assert!(!finds("phone-national", "hotel 0301234567"));
    assert!(finds("es-nif", "número de identificación 12345678Z"));
    for recogniser in RECOGNISERS.iter().filter(|recogniser| recogniser.needs_context()) {
        Regex::new(&recogniser.beside_a_word()).unwrap();
        Regex::new(&format!(r"^\s*(?:{})\s*$", recogniser.pattern)).unwrap();
    }
}

#[test]
fn cards() {
    check(
        &["card"],
        &[
            ("4012888888881881 4012-8888-8888-1881 4012 8888 8888 1881", 3),
            ("371449635398431", 1),
            ("5555555555554444", 1),
            ("5019717010103742", 1),
            ("30569309025904", 1),
            ("6011000400000000", 1),
            ("3528000700000000", 1),
            ("6759649826438453", 1),
            ("4111111111111111", 1),
            ("4917300800000000", 1),
            ("4484070000000000", 1),
            ("4012-8888-8888-1882", 0),
            ("my credit card number is 4012-8888-8888-1882", 0),
            ("36168002586008", 0),
            ("0.4111111111111111", 0),
        ],
    );
}

#[test]
fn emails() {
    check(
        &["email"],
        &[
            ("info@presidio.site", 1),
            ("my email address is info@presidio.site", 1),
            ("try one of these emails: info@presidio.site or anotherinfo@presidio.site", 2),
            ("user@xn--80ak6aa92e.com", 1),
            ("a@xn--d1acufc.xn--p1ai", 1),
            ("my email is user@xn--80ak6aa92e.com today", 1),
            ("my email is info@presidio.", 0),
            ("this is not an email: hello-world here", 0),
            ("jo@example.com git@github.com logo@2x.png", 0),
        ],
    );
}

#[test]
fn phones() {
    check(
        &["phone", "phone-national"],
        &[
            ("My US number is (415) 555-0132, and my international one is +1 415 555 0132", 2),
            ("My Israeli number is 09-7625400", 1),
            ("_: (415)555-0132", 1),
            ("United States: (415)555-0132", 1),
            ("US: 415-555-0132", 1),
            ("_: +55 11 98456 5666", 1),
            ("My Japanese number is 090-1234-5678", 1),
            ("My CN number is 13812345678", 1),
            ("one is +44 (20) 7123 4567", 1),
            ("one is +49 30 1234567", 1),
            ("one is +30 21 0 1234567", 1),
            ("one is +33 1 42 68 53 00", 1),
            ("one is415-555-0132", 0),
        ],
    );
}

#[test]
fn international_phones() {
    check(&["phone"], &[("one is +39 06 678 4343", 1), ("+1 and +22 are none", 0), ("1+1-2 3+4", 0)]);
}

#[test]
fn networks() {
    check(
        &["ip"],
        &[
            ("microsoft.com 192.168.0.1", 0),
            ("my ip: 192.168.0", 0),
            ("from 81.2.69.142 port 22", 1),
            ("2345:0425:2CA1:0000:0000:0567:5673:23b5", 1),
            ("2345:0425:2CA1::0567:5673:23b5", 1),
            ("2400:c401::5054:ff:fe1b:b031", 1),
            ("my ip is 2400:c401::5054:ff:fe1b:b031", 1),
            ("fe80::1", 0),
            ("2001:db8::8a2e:370:7334", 0),
            ("version 1.2.3.4, 2.10.0.1", 0),
            ("3456:x 12:34:56", 0),
        ],
    );
    check(
        &["mac"],
        &[
            ("My MAC address is 00:1A:2B:3C:4D:5E", 1),
            ("Lowercase MAC: 0a:23:f5:67:89:ac", 1),
            ("Hardware address: AA-BB-CC-DD-EE-FF", 1),
            ("Mixedcase MAC: 0d-B3-4a-6A-d9-cF", 1),
            ("Cisco MAC: 0012.3456.789A", 1),
            ("Physical address is aabb.ccdd.eeff", 1),
            ("MACs: 00:11:22:33:44:55 and AA-BB-CC-DD-EE-FF", 2),
            ("Not a MAC: 00:1A:2B:3C:4D", 0),
            ("Invalid: ZZ:ZZ:ZZ:ZZ:ZZ:ZZ", 0),
            ("Broadcast: FF:FF:FF:FF:FF:FF", 0),
            ("Invalid: 00:00:00:00:00:00", 0),
            ("Mixed test cases for hyphens and colons: 10:2F:33-AC-29-C3", 0),
        ],
    );
}

#[test]
fn wallets() {
    check(
        &["crypto", "bitcoin", "bitcoin-old"],
        &[
            ("16Yeky6GMjeNkAiNcBY7ZhrLoMSgg1BoyZ", 1),
            ("3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy", 1),
            ("bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", 1),
            ("bc1p5d7rjq7g6rdk2yhzks9smlaqtedr4dekq08ge8ztwac72sfr9rusxg3297", 1),
            ("16Yeky6GMjeNkAiNcBY7ZhrLoMSgg1BoyZ 3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy", 2),
            ("my wallet address is: 16Yeky6GMjeNkAiNcBY7ZhrLoMSgg1BoyZ", 1),
            ("16Yeky6GMjeNkAiNcBY7ZhrLoMSgg1BoyZ2", 0),
            ("", 0),
            ("8f953371d3e85eddb89b05ed6b9e680791055315c73e1025ab5dba7bb2aee189", 0),
        ],
    );
}

#[test]
fn numbers_of_north_america() {
    check(
        &["us-ssn", "us-ssn-plain"],
        &[
            ("078051121", 1),
            ("078-05-1123", 1),
            ("078.05.1123", 1),
            ("078 05 1123", 1),
            ("abc 078 05 1123 abc", 1),
            ("0780511201", 0),
            ("078051120", 0),
            ("000000000", 0),
            ("666000000", 0),
            ("078-05-0000", 0),
            ("078 00 1123", 0),
            ("693-09.4444", 0),
        ],
    );
    check(
        &["ca-sin"],
        &[
            ("130 692 544", 1),
            ("435 418 165", 1),
            ("948 584 792", 1),
            ("347-677-452", 1),
            ("731-530-150", 1),
            ("130692544", 1),
            ("550090112", 1),
            ("my SIN is 130-692-544", 1),
            ("mon NAS: 258 933 688", 1),
            ("130 692 545", 0),
            ("130692545", 0),
            ("435-418-166", 0),
            ("046 454 286", 0),
            ("812 345 678", 0),
            ("111 111 111", 0),
            ("999 999 999", 0),
            ("046-454 286", 0),
            ("046 454-286", 0),
            ("13069254", 0),
            ("1306925440", 0),
        ],
    );
}

#[test]
fn numbers_of_europe() {
    check(
        &["uk-nino"],
        &[
            ("AA 12 34 56 B", 1),
            ("hh 01 02 03 d", 1),
            ("tw987654a", 1),
            ("nino: PR 123612C", 1),
            ("Here is my National Insurance Number YZ 61 48 68 B", 1),
            ("AA 12 34 56 H", 0),
            ("AB 12 34 56 1", 0),
            ("ab1234561", 0),
            ("FQ 00 00 00 C", 0),
            ("BG123612A", 0),
            ("nino: nt 99 88 77 a", 0),
            ("This isn't a valid national insurance number UV 98 76 54 B", 0),
        ],
    );
    check(
        &["de-tax"],
        &[
            ("12345678903", 1),
            ("98765432106", 1),
            ("Meine Steuer-ID: 12345678903.", 1),
            ("IdNr. 98765432106 liegt vor.", 1),
            ("12345678901", 0),
            ("98765432100", 0),
            ("02345678901", 0),
            ("1234567890", 0),
            ("123456789030", 0),
            ("11111111111", 0),
            ("11112345678", 0),
        ],
    );
    // Without the check letter: those that only it unmakes are left out.
    check(
        &["es-nif"],
        &[
            ("55555555K", 1),
            ("55555555-K", 1),
            ("1111111-G", 1),
            ("1111111G", 1),
            ("55555555k", 1),
            ("12345678Z", 1),
            ("401-023-2138", 0),
            ("Z8078221M", 1),
            ("Y8063915-Z", 1),
            ("Mi NIE es X9613851N", 1),
            ("W8063915Q", 0),
        ],
    );
    check(
        &["it-fiscal"],
        &[
            ("AAAAAA00B11C333Y", 1),
            ("AAAAAA - 00B11C333N", 0),
            ("A55AAA00B11C333N", 0),
            ("AAAAAA00B11C333Y and AAAAAA00B11C333N", 2),
        ],
    );
    check(
        &["pl-pesel"],
        &[
            ("44051401458", 1),
            ("My pesel is 44051401458.", 1),
            ("02070803628", 1),
            ("11111111116", 1),
            ("1111321111", 0),
            ("11110021111", 0),
            ("11-11-11-11114", 0),
        ],
    );
}

#[test]
fn numbers_of_india() {
    check(
        &["in-aadhaar"],
        &[
            ("123456789012", 0),
            ("312345678909", 1),
            ("399876543211", 1),
            ("1234 5678 9012", 0),
            ("3123 4567 8909", 1),
            ("3998-7654-3211", 1),
            ("My Aadhaar number is 400123456787 with a lot of text beyond it", 1),
        ],
    );
    check(
        &["in-pan"],
        &[
            ("ABCPD1234Z", 1),
            ("ABCD1234", 0),
            ("My PAN number is ABBPM4567S with a lot of text beyond it", 1),
        ],
    );
}

#[test]
fn bank_accounts() {
    check(&["iban"], IBANS);
    check(&["iban"], &[("pay to DE89 3704 0044 0532 0130 00 IN TIME", 1)]);
}
