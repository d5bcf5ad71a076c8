//! What personal data looks like: expressions, check digits, and the words that stand beside what has neither.

use gonogo_sdk::files::Pattern;

/// Files that the host reads as rows and fields.
const TABLES: &[&str] = &["*.csv", "*.tsv", "*.jsonl", "*.ndjson", "*.parquet"];

/// The id of the pattern that finds every value, for the share of rows that have one.
pub const ANY: &str = "any";

/// One sort of personal data.
///
/// The value is the group `value`, else the whole match. Where a number could be anything (`context` is not empty), it counts in text only on a line with one of the words, and in a table only as a whole value: then the
/// column's name has one of the words, or the check digits are right far more often than by chance.
pub struct Recogniser {
    /// What parameters and matches call it.
    pub id: &'static str,
    /// What it is, in the plural.
    pub what: &'static str,
    pattern: &'static str,
    /// By the host's name.
    pub checksum: Option<&'static str>,
    exclude: &'static [&'static str],
    /// Words, in lower case.
    pub context: &'static [&'static str],
}

/// All sorts. Boundaries are those of ASCII, so that the host's expressions stay fast on any text.
pub const RECOGNISERS: &[Recogniser] = &[
    Recogniser {
        id: "email",
        what: "e-mail addresses",
        pattern: r"(?-u:\b)[A-Za-z0-9][A-Za-z0-9._%+'-]{0,63}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+(?:[A-Za-z]{2,24}|xn--[A-Za-z0-9-]{1,59})(?-u:\b)",
        checksum: None,
        // Addresses of nobody, and file names of images in two resolutions.
        exclude: &[
            r"(?i)@(?:[^@]*\.)?example\.(?:com|org|net)$",
            r"(?i)\.(?:test|invalid|local|localhost|example|png|jpe?g|gif|svg|webp)$",
            r"(?i)^(?:git|noreply|no-reply)@",
        ],
        context: &[],
    },
    Recogniser {
        id: "phone",
        what: "phone numbers",
        pattern: r"(?:^|[^0-9A-Za-z_+.-])(?P<value>\+[1-9](?:[ ().-]{0,2}[0-9]){7,14}|(?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}[.-])[2-9][0-9]{2}[.-][0-9]{4})(?-u:\b)",
        checksum: None,
        exclude: &[],
        context: &[],
    },
    Recogniser {
        id: "phone-national",
        what: "phone numbers",
        pattern: r"(?:^|[^0-9A-Za-z_+.-])(?P<value>\(?0[1-9][0-9]{0,3}\)?[ /-]?[0-9]{2,4}[ -]?[0-9]{3,5}|1[3-9][0-9]{9}|[2-9][0-9]{9})(?-u:\b)",
        checksum: None,
        exclude: &[],
        context: &["phone", "mobile", "cell", "tel", "telefon", "handy", "fax", "whatsapp"],
    },
    Recogniser {
        id: "card",
        what: "payment card numbers",
        pattern: r"(?:^|[^0-9A-Za-z_.-])(?P<value>4[0-9]{12}|(?:4[0-9]{3}|5[0-8][0-9]{2}|2[2-7][0-9]{2}|6[0-9]{3}|35[0-9]{2})(?:[ -]?[0-9]{4}){3}(?:[0-9]{3})?|3[47][0-9]{2}[ -]?[0-9]{6}[ -]?[0-9]{5}|3(?:0[0-5]|[689][0-9])[0-9][ -]?[0-9]{6}[ -]?[0-9]{4})(?-u:\b)",
        checksum: Some("luhn"),
        exclude: &[],
        context: &[],
    },
    Recogniser {
        id: "iban",
        what: "bank accounts (IBAN)",
        // Groups have a digit, so that the words after an account are none of it; those of a few countries may be of letters only.
        pattern: r"(?-u:\b)(?:(?:LI|MT|MU|QA|SC)[0-9]{2}(?: [A-Z0-9]{4}){4,6} [A-Z0-9]{1,3}|[A-Z]{2}[0-9]{2}(?:[A-Z0-9]{11,30}| [A-Z0-9]{4}(?: (?:[0-9][0-9A-Z]{3}|[A-Z][0-9][0-9A-Z]{2}|[A-Z]{2}[0-9][0-9A-Z]|[A-Z]{3}[0-9])){1,6}(?: (?:[0-9][0-9A-Z]{0,2}|[A-Z][0-9][0-9A-Z]?|[A-Z]{2}[0-9]))?))(?-u:\b)",
        checksum: Some("mod-97"),
        exclude: &[],
        context: &[],
    },
    Recogniser {
        id: "ip",
        what: "public IP addresses",
        pattern: r"(?:^|[^0-9A-Za-z_.:-])(?P<value>(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])|[23][0-9A-Fa-f]{3}:(?:[0-9A-Fa-f]{1,4}:){6}[0-9A-Fa-f]{1,4}|[23][0-9A-Fa-f]{3}:(?:[0-9A-Fa-f]{1,4}:){0,5}(?::[0-9A-Fa-f]{1,4}){1,6})(?-u:\b)",
        checksum: None,
        // Private, local and documentation networks, multicast, and version numbers.
        exclude: &[
            r"^(?:0|10|127)\.",
            r"^169\.254\.",
            r"^192\.168\.",
            r"^172\.(?:1[6-9]|2[0-9]|3[01])\.",
            r"^100\.(?:6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\.",
            r"^192\.0\.[02]\.",
            r"^198\.(?:1[89]\.|51\.100\.)",
            r"^203\.0\.113\.",
            r"^(?:22[4-9]|2[3-5][0-9])\.",
            r"^[0-9]\.[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{1,2}$",
            r"(?i)^2001:0?db8:",
        ],
        context: &[],
    },
    Recogniser {
        id: "mac",
        what: "hardware addresses (MAC)",
        pattern: r"(?-u:\b)(?:[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}|[0-9A-Fa-f]{2}(?:-[0-9A-Fa-f]{2}){5}|[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4})(?-u:\b)",
        checksum: None,
        exclude: &[r"^[0:.-]+$", r"(?i)^[f:.-]+$"],
        context: &[],
    },
    Recogniser {
        id: "crypto",
        what: "wallets of Ethereum",
        pattern: r"(?-u:\b)0x[0-9a-fA-F]{40}(?-u:\b)",
        checksum: None,
        exclude: &[r"^0x0+$"],
        context: &[],
    },
    Recogniser {
        id: "bitcoin",
        what: "wallets of Bitcoin",
        pattern: r"(?-u:\b)bc1[02-9ac-hj-np-z]{39}(?:[02-9ac-hj-np-z]{20})?(?-u:\b)",
        checksum: Some("bech32"),
        exclude: &[],
        context: &[],
    },
    Recogniser {
        id: "bitcoin-old",
        what: "wallets of Bitcoin",
        pattern: r"(?-u:\b)[13][1-9A-HJ-NP-Za-km-z]{25,33}(?-u:\b)",
        checksum: Some("base58check"),
        exclude: &[r"^[0-9]+$", r"^[0-9a-f]+$"],
        context: &["wallet", "bitcoin", "btc", "crypto"],
    },
    Recogniser {
        id: "us-ssn",
        what: "social security numbers of the USA",
        pattern: r"(?:^|[^0-9A-Za-z_.-])(?P<value>(?:00[1-9]|0[1-9][0-9]|[1-578][0-9]{2}|6(?:[0-57-9][0-9]|6[0-57-9]))(?:-(?:0[1-9]|[1-9][0-9])-|[.](?:0[1-9]|[1-9][0-9])[.]| (?:0[1-9]|[1-9][0-9]) )(?:000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3}))(?-u:\b)",
        checksum: None,
        // The one that was printed on a wallet's sample card.
        exclude: &[r"^078.05.1120$"],
        context: &[],
    },
    Recogniser {
        id: "us-ssn-plain",
        what: "social security numbers of the USA",
        pattern: r"(?:^|[^0-9A-Za-z_.-])(?P<value>[0-8][0-9]{8})(?-u:\b)",
        checksum: None,
        exclude: &[r"^(?:000|666)", r"^...00", r"0000$", r"^078051120$"],
        context: &["ssn", "social security"],
    },
    Recogniser {
        id: "uk-nino",
        what: "national insurance numbers of the UK",
        pattern: r"(?i)(?-u:\b)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D](?-u:\b)",
        checksum: None,
        exclude: &[r"(?i)^(?:BG|GB|KN|NK|NT|TN|ZZ)"],
        context: &[],
    },
    Recogniser {
        id: "uk-nhs",
        what: "NHS numbers of England",
        pattern: r"(?:^|[^0-9A-Za-z_.-])(?P<value>[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{4})(?-u:\b)",
        checksum: Some("mod-11-nhs"),
        exclude: &[r"^0+$"],
        context: &["nhs", "health service"],
    },
    Recogniser {
        id: "de-tax",
        what: "tax numbers of Germany",
        pattern: r"(?:^|[^0-9A-Za-z_.-])(?P<value>[1-9][0-9] ?[0-9]{3} ?[0-9]{3} ?[0-9]{3})(?-u:\b)",
        checksum: Some("mod-11-10"),
        exclude: &[r"^(?:0{4}|1{4}|2{4}|3{4}|4{4}|5{4}|6{4}|7{4}|8{4}|9{4})"],
        context: &["steuer", "idnr", "tax id", "tin", "identifikationsnummer"],
    },
    Recogniser {
        id: "fr-nir",
        what: "social security numbers of France",
        pattern: r"(?:^|[^0-9A-Za-z_.-])(?P<value>[12][ .]?[0-9]{2}[ .]?(?:0[1-9]|1[0-2]|[23][0-9]|4[0-2])[ .]?(?:[0-9]{2}|2[AB])[ .]?[0-9]{3}[ .]?[0-9]{3}[ .]?(?:0[1-9]|[1-8][0-9]|9[0-7]))(?-u:\b)",
        checksum: Some("fr-nir"),
        exclude: &[],
        context: &["nir", "insee", "securite sociale", "sécurité sociale", "social"],
    },
    Recogniser {
        id: "es-nif",
        what: "identity numbers of Spain",
        pattern: r"(?i)(?:^|[^0-9A-Za-z_.-])(?P<value>(?:[0-9]{7,8}|[XYZ][0-9]{7})-?[TRWAGMYFPDXBNJZSQVHLCKE])(?-u:\b)",
        checksum: Some("es-nif"),
        exclude: &[],
        context: &["dni", "nif", "nie", "identificación", "identidad"],
    },
    Recogniser {
        id: "it-fiscal",
        what: "tax codes of Italy",
        pattern: r"(?i)(?-u:\b)[A-Z]{6}[0-9LMNPQRSTUV]{2}[ABCDEHLMPRST][0-9LMNPQRSTUV]{2}[A-Z][0-9LMNPQRSTUV]{3}[A-Z](?-u:\b)",
        checksum: Some("it-fiscal"),
        exclude: &[],
        context: &[],
    },
    Recogniser {
        id: "nl-bsn",
        what: "citizen service numbers of the Netherlands",
        pattern: r"(?:^|[^0-9A-Za-z_.-])(?P<value>[0-9]{4}[ .]?[0-9]{2}[ .]?[0-9]{3})(?-u:\b)",
        checksum: Some("nl-bsn"),
        exclude: &[r"^0+$"],
        context: &["bsn", "sofinummer", "burgerservice"],
    },
    Recogniser {
        id: "pl-pesel",
        what: "PESEL numbers of Poland",
        pattern: r"(?:^|[^0-9A-Za-z_.-])(?P<value>[0-9]{2}(?:[02468][1-9]|[13579][0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{5})(?-u:\b)",
        checksum: Some("pl-pesel"),
        exclude: &[],
        context: &["pesel"],
    },
    Recogniser {
        id: "in-aadhaar",
        what: "Aadhaar numbers of India",
        pattern: r"(?:^|[^0-9A-Za-z_.-])(?P<value>[2-9][0-9]{3}[ -]?[0-9]{4}[ -]?[0-9]{4})(?-u:\b)",
        checksum: Some("verhoeff"),
        exclude: &[],
        context: &["aadhaar", "aadhar", "uidai"],
    },
    Recogniser {
        id: "in-pan",
        what: "PAN numbers of India",
        pattern: r"(?-u:\b)[A-Z]{3}[ABCFGHJLPT][A-Z][0-9]{4}[A-Z](?-u:\b)",
        checksum: None,
        exclude: &[],
        context: &["pan", "income tax"],
    },
    Recogniser {
        id: "ca-sin",
        what: "social insurance numbers of Canada",
        pattern: r"(?:^|[^0-9A-Za-z_.-])(?P<value>[1-79][0-9]{2}(?:-[0-9]{3}-| [0-9]{3} |[0-9]{3})[0-9]{3})(?-u:\b)",
        checksum: Some("luhn"),
        exclude: &[r"^(?:111.?111.?111|999.?999.?999)$"],
        context: &["sin", "nas", "social insurance", "assurance sociale"],
    },
];

impl Recogniser {
    /// The sort of that id.
    pub fn named(id: &str) -> Option<&'static Self> {
        RECOGNISERS.iter().find(|recogniser| recogniser.id == id)
    }

    /// Whether a number could be anything.
    pub fn needs_context(&self) -> bool {
        !self.context.is_empty()
    }

    /// Whether check digits are right by chance so often that they must be counted against those that are wrong.
    pub fn has_weak_checksum(&self) -> bool {
        self.checksum
            .is_some_and(|checksum| !matches!(checksum, "mod-97" | "base58check" | "bech32" | "it-fiscal"))
    }

    /// The id of the pattern without check digits.
    pub fn shape(&self) -> String {
        format!("{}-shape", self.id)
    }

    /// The id of the pattern for lines of text, where that is another.
    pub fn in_text(&self) -> String {
        format!("{}-text", self.id)
    }

    /// The expression for text: one of the words, and the value soon after it. Keywords alone would take `using` for `sin`.
    fn beside_a_word(&self) -> String {
        format!(r"(?-u:\b)(?i:{})(?-u:\b).{{0,40}}?(?:{})", self.context.join("|"), self.pattern)
    }

    /// The patterns that the host searches.
    pub fn patterns(&self) -> Vec<Pattern> {
        let of = |id: &str, pattern: &str| {
            let secret = if self.pattern.contains("?P<value>") { "value" } else { "0" };
            let pattern = Pattern::new(id, pattern).secret(secret);
            if self.exclude.is_empty() { pattern } else { pattern.with("exclude", texts(self.exclude)) }
        };
        let checked = |pattern: Pattern| match self.checksum {
            Some(checksum) => pattern.with("checksum", checksum),
            None => pattern,
        };
        let mut patterns = Vec::new();
        if self.needs_context() {
            let whole = format!(r"^\s*(?:{})\s*$", self.pattern);
            patterns.push(checked(of(self.id, &whole)).with("paths", texts(TABLES)));
            patterns.push(checked(of(&self.in_text(), &self.beside_a_word())).keywords(self.context));
        } else {
            patterns.push(checked(of(self.id, self.pattern)));
        }
        if self.has_weak_checksum() {
            let pattern = match self.needs_context() {
                true => format!(r"^\s*(?:{})\s*$", self.pattern),
                false => self.pattern.to_owned(),
            };
            patterns.push(of(&self.shape(), &pattern).with("paths", texts(TABLES)));
        }
        patterns
    }
}

/// The pattern that finds every value of a table.
pub fn any() -> Pattern {
    Pattern::new(ANY, r"\S").secret("0").with("paths", texts(TABLES))
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

#[cfg(test)]
#[path = "regression.rs"]
mod regression;
