//! What the name of a column says of its values.

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// What it is, in the plural.
    pub what: &'static str,
    /// Whether the name alone is enough; `name` may be that of a product.
    pub is_certain: bool,
    /// Sorts of values that it would hold: where none matches, the values are something else, such as hashes.
    pub recognisers: &'static [&'static str],
}

struct Rule {
    what: &'static str,
    is_certain: bool,
    recognisers: &'static [&'static str],
    /// Words that follow each other in the name.
    words: &'static [&'static str],
    /// Names that are exactly so.
    names: &'static [&'static str],
}

const RULES: &[Rule] = &[
    Rule {
        what: "e-mail addresses",
        is_certain: true,
        recognisers: &["email"],
        words: &["email", "e mail", "mail address"],
        names: &["mail"],
    },
    Rule {
        what: "phone numbers",
        is_certain: true,
        recognisers: &["phone", "phone-national"],
        words: &[
            "phone",
            "telephone",
            "mobile number",
            "cell number",
            "phone number",
            "telefon",
            "msisdn",
            "fax",
        ],
        names: &["tel", "mobile", "cell", "handy"],
    },
    Rule {
        what: "IP addresses",
        is_certain: true,
        recognisers: &["ip"],
        words: &["ip address", "ip addr", "ipv4", "ipv6", "client ip", "remote ip", "user ip"],
        names: &["ip"],
    },
    Rule {
        what: "hardware addresses",
        is_certain: true,
        recognisers: &["mac"],
        words: &["mac address", "mac addr"],
        names: &[],
    },
    Rule {
        what: "payment cards",
        is_certain: true,
        recognisers: &["card"],
        words: &["credit card", "card number", "debit card", "pan number"],
        names: &["ccn"],
    },
    Rule {
        what: "bank accounts",
        is_certain: true,
        recognisers: &["iban"],
        words: &["iban", "bank account", "account number"],
        names: &[],
    },
    Rule {
        what: "identity numbers",
        is_certain: true,
        recognisers: &[],
        words: &[
            "ssn",
            "social security",
            "national insurance",
            "nino",
            "national id",
            "identity card",
            "id card",
            "passport",
            "driver license",
            "drivers license",
            "driving licence",
            "license plate",
            "tax id",
            "tax number",
            "steuer id",
            "codice fiscale",
            "dni",
            "nif",
            "pesel",
            "bsn",
            "aadhaar",
            "aadhar",
            "nhs number",
            "medical record",
            "patient id",
            "insurance number",
        ],
        names: &["mrn", "nir", "sin"],
    },
    Rule {
        what: "names of people",
        is_certain: true,
        recognisers: &[],
        words: &[
            "first name",
            "last name",
            "firstname",
            "lastname",
            "surname",
            "given name",
            "family name",
            "full name",
            "fullname",
            "middle name",
            "maiden name",
            "patient name",
            "customer name",
            "person name",
            "contact name",
            "vorname",
            "nachname",
            "nom de famille",
            "prenom",
            "apellido",
        ],
        names: &[],
    },
    Rule {
        what: "postal addresses",
        is_certain: true,
        recognisers: &[],
        words: &[
            "street",
            "home address",
            "postal address",
            "mailing address",
            "billing address",
            "shipping address",
            "street address",
        ],
        names: &["address", "addr"],
    },
    Rule {
        what: "dates of birth",
        is_certain: true,
        recognisers: &[],
        words: &["birth date", "birthdate", "date of birth", "birthday", "dob", "geburtsdatum"],
        names: &["born"],
    },
    Rule {
        what: "names, perhaps of people",
        is_certain: false,
        recognisers: &[],
        words: &["user name", "username", "screen name", "author name"],
        names: &["name", "author"],
    },
    Rule {
        what: "traits of people",
        is_certain: false,
        recognisers: &[],
        words: &[
            "gender",
            "ethnicity",
            "religion",
            "nationality",
            "marital status",
            "sexual orientation",
            "salary",
            "disability",
            "political",
        ],
        names: &["sex", "race", "age"],
    },
    Rule {
        what: "places of people, perhaps",
        is_certain: false,
        recognisers: &[],
        words: &["zip code", "zipcode", "postcode", "postal code", "latitude", "longitude", "geolocation"],
        names: &["zip", "plz"],
    },
];

/// What a column's name says, if anything.
pub fn meaning(name: &str) -> Option<Meaning> {
    let words = words(name);
    // Of a nested field its own name counts: `user.contact.email`.
    let last = name.rsplit(['.', '/']).next().map(self::words).unwrap_or_default();
    let padded = format!(" {} ", words.trim());
    RULES
        .iter()
        .find(|rule| {
            rule.names.contains(&words.as_str())
                || rule.names.contains(&last.as_str())
                || rule.words.iter().any(|sequence| padded.contains(&format!(" {sequence} ")))
        })
        .map(|rule| Meaning { what: rule.what, is_certain: rule.is_certain, recognisers: rule.recognisers })
}

/// The words of a name, in lower case: `firstName`, `first_name` and `FIRST NAME` are the same.
pub fn words(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 4);
    let mut before = ' ';
    for c in name.chars() {
        if c.is_alphanumeric() {
            if c.is_uppercase() && before.is_lowercase() {
                words.push(' ');
            }
            words.extend(c.to_lowercase());
        } else if !words.ends_with(' ') {
            words.push(' ');
        }
        before = c;
    }
    words.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_mean_something() {
        let what = |name: &str| meaning(name).map(|meaning| (meaning.what, meaning.is_certain));
        assert_eq!(what("customer_email"), Some(("e-mail addresses", true)));
        assert_eq!(what("EMail"), Some(("e-mail addresses", true)));
        assert_eq!(what("FIRST NAME"), Some(("names of people", true)));
        assert_eq!(what("firstName"), Some(("names of people", true)));
        assert_eq!(what("user.contact.phone"), Some(("phone numbers", true)));
        assert_eq!(what("user.name"), Some(("names, perhaps of people", false)));
        assert_eq!(what("ip"), Some(("IP addresses", true)));
        assert_eq!(what("date_of_birth"), Some(("dates of birth", true)));
        assert_eq!(what("address"), Some(("postal addresses", true)));
        assert_eq!(what("gender"), Some(("traits of people", false)));
        for other in [
            "",
            "label",
            "text",
            "file_name",
            "class_name",
            "memory_address",
            "tips",
            "page",
            "image",
            "mail_count_x",
            "zipped",
            "_",
            "é",
        ] {
            assert_eq!(what(other), None, "{other}");
        }
    }
}
