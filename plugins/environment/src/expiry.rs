//! When a credential expires, where that can be read offline.

use base64ct::{Base64, Encoding};
use gonogo_sdk::{
    Attributes, Error, counted,
    files::{self, Pattern},
};
use x509_cert::{Certificate, der::DateTime};

/// A point in time at which something in a file expires.
#[derive(Debug, PartialEq)]
pub struct Expiry {
    /// What expires: `certificate`, or the key that says when.
    pub what: String,
    /// The line, from 1.
    pub line: u32,
    /// Seconds since the Unix epoch; absent where the text is no time.
    pub at: Option<f64>,
}

/// What a file, or all files below a directory, say.
#[derive(Debug, Default)]
pub struct Found {
    /// Everything that says when it expires.
    pub expiries: Vec<Expiry>,
    /// Why some of it could not be looked into: what was not read may expire all the same.
    pub unread: Vec<String>,
}

/// Largest file that is looked into: kubeconfigs and SSO caches have kilobytes.
const MOST: u64 = 1 << 20;

/// A certificate as PEM has it.
const CERTIFICATE: &str =
    "-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----(?P<certificate>[A-Za-z0-9+/=\\s]+)-----END";

/// What session files call it: cloud SDKs, SSO caches, OAuth tokens, kubectl's exec plugins.
const KEY: &str = "(?P<key>expires_?at|expires_?on|expiry(?:_?date)?|expiration(?:_?timestamp)?|token_expiry|aws_session_expiration|x_security_token_expires|not_?after)";

/// Everything in a file that says when it expires. Keys and tokens beside it stay with the host.
pub fn of_file(path: &str) -> Result<Found, Error> {
    let patterns = [
        Pattern::new("certificate", CERTIFICATE).keywords(&["certificate-----"]),
        Pattern::new("kubeconfig", r"client-certificate-data:\s*(?P<kubeconfig>[A-Za-z0-9+/=]+)")
            .keywords(&["client-certificate-data"]),
        Pattern::new(
            "time",
            &format!(r#"(?i)["']?{KEY}["']?\s*[:=]\s*["']?(?P<at>[0-9][0-9TtZzUC:+. -]{{8,38}})"#),
        )
        .keywords(&["expir", "not_after", "notafter"]),
    ];
    let mut matches =
        files::search(path, "expiry").with("multi-line", true).with("size-maximum", MOST).start(&patterns)?;
    let expiries = matches.by_ref().map(|found| expiry(&found?)).collect::<Result<Vec<_>, _>>()?;
    Ok(Found { expiries, unread: unread(path, &matches.totals()?)? })
}

/// What the search passed over.
fn unread(path: &str, totals: &Attributes) -> Result<Vec<String>, Error> {
    let count = |name: &str| Ok::<_, Error>(totals.get::<u64>(name)?.unwrap_or(0));
    let mut unread = totals.get::<Vec<String>>("unreadable")?.unwrap_or_default();
    let unreadable = count("unreadable-count")?;
    if unreadable > unread.len() as u64 {
        unread.push(format!("{} of {path} cannot be read in all", counted(unreadable, "file")));
    }
    let mut passed_over = |number: u64, why: &str| {
        if number > 0 {
            let files = if number == 1 { "1 file".to_owned() } else { format!("{number} files") };
            unread.push(format!("{files} of {path} not looked into: {why}"));
        }
    };
    passed_over(count("skipped-large")?, &format!("larger than {} MiB", MOST >> 20));
    passed_over(count("skipped-binary")?, "binary; certificates are read as PEM");
    let suppressed = count("suppressed")?;
    if suppressed > 0 {
        unread.push(format!("{} more in {path} not looked at", counted(suppressed, "time")));
    }
    if count("files")? == 0 && unread.is_empty() {
        unread.push(format!("{path} holds no file that can be looked into"));
    }
    Ok(unread)
}

fn expiry(found: &Attributes) -> Result<Expiry, Error> {
    let groups = found.get::<Vec<String>>("groups")?.unwrap_or_default();
    let group = |name: &str| groups.iter().find_map(|group| group.strip_prefix(name)?.strip_prefix('='));
    let line = found.get::<u32>("line")?.unwrap_or(1);
    let certificate = match (group("certificate"), group("kubeconfig")) {
        (Some(body), _) => Some(of_certificate(body)),
        (None, Some(base64)) => Some(of_kubeconfig(base64).and_then(|body| of_certificate(&body))),
        (None, None) => None,
    };
    Ok(match certificate {
        Some(at) => Expiry { what: "certificate".to_owned(), line, at },
        None => Expiry {
            what: group("key").unwrap_or("expiry").to_owned(),
            line,
            at: group("at").and_then(point_in_time),
        },
    })
}

/// The first certificate's body out of base64 of a PEM file.
fn of_kubeconfig(base64: &str) -> Option<String> {
    let text = String::from_utf8(Base64::decode_vec(base64).ok()?).ok()?;
    let (_, after) = text.split_once("-----BEGIN CERTIFICATE-----")?;
    after.split_once("-----END").map(|(body, _)| body.to_owned())
}

fn of_certificate(body: &str) -> Option<f64> {
    let lines = body.split_whitespace().collect::<String>();
    let wrapped =
        lines.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line)).collect::<Vec<_>>().join("\n");
    let pem = format!("-----BEGIN CERTIFICATE-----\n{wrapped}\n-----END CERTIFICATE-----\n");
    let certificates = Certificate::load_pem_chain(pem.as_bytes()).ok()?;
    let validity = &certificates.first()?.tbs_certificate().validity();
    Some(validity.not_after.to_unix_duration().as_secs_f64())
}

/// RFC 3339, the forms near it that SDKs write (a space for `T`, `UTC`, no zone), and Unix seconds or milliseconds.
fn point_in_time(text: &str) -> Option<f64> {
    let text = text.trim();
    if let Ok(number) = text.parse::<f64>() {
        return match number {
            // Before 2001 in milliseconds, after 5138 in seconds.
            1e11.. => Some(number / 1e3),
            1e8.. => Some(number),
            _ => None,
        };
    }
    let (date, rest) = (text.get(..10)?, text.get(11..19)?);
    let zone = text.get(19..)?.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit()).trim();
    let offset = match zone {
        "" | "Z" | "z" | "UTC" => 0.0,
        zone => {
            let sign = match zone.get(..1)? {
                "+" => 1.0,
                "-" => -1.0,
                _ => return None,
            };
            let digits = zone.get(1..)?.replace(':', "");
            let (hours, minutes) =
                (digits.get(..2)?.parse::<f64>().ok()?, digits.get(2..4)?.parse::<f64>().ok()?);
            sign * (hours * 3600.0 + minutes * 60.0)
        }
    };
    let at = format!("{date}T{rest}Z").parse::<DateTime>().ok()?;
    Some(at.unix_duration().as_secs_f64() - offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_in_the_forms_that_sdks_write() {
        for text in [
            "2026-01-01T00:00:00Z",
            "2026-01-01 00:00:00",
            "2026-01-01T00:00:00UTC",
            "2026-01-01T01:00:00+01:00",
            "2025-12-31T16:00:00.123456-0800",
            "1767225600",
            "1767225600000",
        ] {
            assert_eq!(point_in_time(text), Some(1_767_225_600.0), "{text}");
        }
        for text in ["3600", "tomorrow", "2026-13-01T00:00:00Z", "2026-01-01", "2026-01-01T00:00:00+1", ""] {
            assert_eq!(point_in_time(text), None, "{text}");
        }
    }

    #[test]
    fn certificates_that_are_none_have_no_expiry() {
        assert_eq!(of_certificate("AAAA"), None);
        assert_eq!(of_certificate(""), None);
        assert_eq!(of_kubeconfig("AAAA"), None);
    }
}
