//! Values that stand for one that somebody forgot to put in.

use gonogo_sdk::{Error, environment};

/// Whole values, case apart, that no real setting has: words of templates, brackets to be filled, runs of one character.
const PLACEHOLDER: &str = concat!(
    r#"(?i)\s*["']?(?:"#,
    r"(?:please[-_ ]?)?(?:change|replace|fill|set|edit|update|insert|add|enter)[-_ ]?(?:me|this|it|in|here|your.*)[-_ ]?\w*",
    r"|(?:your|my|the)[-_ ].*|.*[-_ ](?:here|goes[-_ ]here)",
    r"|to[-_ ]?do|fix[-_ ]?me|tbd|tba|n/?a|none|null|nil|undefined|unset|empty",
    r"|(?:test|dummy|fake|sample|example|default|placeholder|redacted|hidden|foo|bar|foobar)(?:[-_ ]?(?:key|token|secret|password|value|api[-_ ]?key))?",
    r"|(?:api[-_ ]?key|token|secret|password|passwd|pass|pwd|admin|root|user|username)",
    r"|(?:\w{2,8}[-_])?x{3,}|\*{2,}|\.{2,}|-{2,}|_{2,}|\?+|0{3,}|(?:0?123456789?0?|1234|12345|abc123?|abcdef.*)",
    r"|<[^>]*>|\[[^\]]*\]|\{\{.*\}\}|\{[^}]*\}|\$\{[^}]*\}|\$\([^)]*\)|\$\w+|%\w+%",
    r#")["']?\s*"#
);

/// Whether a variable holds a placeholder.
///
/// # Errors
/// As [`environment::matches`].
pub fn is_placeholder(name: &str) -> Result<bool, Error> {
    environment::matches(name, PLACEHOLDER)
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::PLACEHOLDER;

    #[test]
    fn placeholders_and_real_values() {
        let pattern = Regex::new(&format!("^(?:{PLACEHOLDER})$")).unwrap();
        for placeholder in [
            "changeme",
            "CHANGE_ME",
            "change-this",
            "your-api-key",
            "<token>",
            "${HF_TOKEN}",
            "{{ token }}",
            "$TOKEN",
            "xxxx",
            "hf_xxxxxxxx",
            "sk-xxxx",
            "TODO",
            "none",
            "insert_your_key",
            "put your key here",
            "****",
            "...",
            "password",
            "dummy-token",
            "\"changeme\"",
            "000000",
            "%TOKEN%",
            "example_key",
            "12345",
        ] {
            assert!(pattern.is_match(placeholder), "{placeholder}");
        }
        for real in [
            "hf_AbCdEfGhIjKlMnOpQrStUvWxYzAbCdEfGh",
            "/data/train",
            "https://tracker.example/api",
            "0",
            "1",
            "true",
            "exchange",
            "cuda:0",
            "warn",
            "8f14e45fceea167a5a36dedd4bea2543",
            "node-here-1",
            "s3://bucket/key",
            "disabled",
            "user@host",
        ] {
            assert!(!pattern.is_match(real), "{real}");
        }
    }
}
