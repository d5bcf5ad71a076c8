//! Kinds of credentials: what each looks like, and which variables hold one by convention.

use gonogo_sdk::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a credential looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(crate = "gonogo_sdk::schemars")]
pub enum Kind {
    /// Hugging Face user access token.
    HuggingFace,
    /// Weights & Biases API key.
    Wandb,
    /// Comet API key.
    Comet,
    /// ClearML access key or secret key.
    Clearml,
    /// Kaggle API key.
    Kaggle,
    /// OpenAI API key.
    Openai,
    /// Anthropic API key.
    Anthropic,
    /// NVIDIA NGC API key.
    Ngc,
    /// AWS access key id.
    AwsAccessKey,
    /// AWS secret access key.
    AwsSecretKey,
    /// Google API key.
    GoogleApiKey,
    /// GitHub token.
    Github,
    /// GitLab token.
    Gitlab,
    /// PyPI token.
    Pypi,
    /// Slack token or webhook.
    Slack,
    /// JSON Web Token; its expiry is read.
    Jwt,
    /// A URL with user and password.
    Url,
    /// Anything of at least 8 bytes that is no placeholder.
    Opaque,
}

/// One row: the kind, its pattern, the variables that hold one.
type Row = (Kind, &'static str, &'static [&'static str]);

/// The formats that the providers document or have issued.
const KINDS: &[Row] = &[
    (
        Kind::HuggingFace,
        "(?:hf|api_org)_[A-Za-z0-9]{30,64}",
        &["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HUGGINGFACE_TOKEN", "HUGGINGFACEHUB_API_TOKEN"],
    ),
    // 40 hexadecimal digits, for a local server after `local-`; newer ones begin with `wandb_v1_`.
    (Kind::Wandb, "(?:local-)?[0-9a-f]{40}|wandb_v1_[A-Za-z0-9_]{40,120}", &["WANDB_API_KEY"]),
    (Kind::Comet, "[A-Za-z0-9]{25,64}", &["COMET_API_KEY"]),
    (Kind::Clearml, "[A-Za-z0-9_-]{20,80}", &["CLEARML_API_ACCESS_KEY", "CLEARML_API_SECRET_KEY"]),
    (Kind::Kaggle, "[0-9a-f]{32}|KGAT_[A-Za-z0-9_-]{20,80}", &["KAGGLE_KEY", "KAGGLE_API_TOKEN"]),
    (Kind::Openai, "sk-(?:proj-|svcacct-|admin-|None-)?[A-Za-z0-9_-]{20,220}", &["OPENAI_API_KEY"]),
    (Kind::Anthropic, "sk-ant-[A-Za-z0-9_-]{20,160}", &["ANTHROPIC_API_KEY"]),
    (Kind::Ngc, "nvapi-[A-Za-z0-9_-]{40,100}|[A-Za-z0-9]{84}", &["NGC_API_KEY", "NVIDIA_API_KEY"]),
    (Kind::AwsAccessKey, "(?:AKIA|ASIA)[A-Z2-7]{16}", &["AWS_ACCESS_KEY_ID"]),
    (Kind::AwsSecretKey, "[A-Za-z0-9/+]{40}", &["AWS_SECRET_ACCESS_KEY"]),
    (Kind::GoogleApiKey, "AIza[A-Za-z0-9_-]{35}", &["GOOGLE_API_KEY", "GEMINI_API_KEY"]),
    (
        Kind::Github,
        "gh[pousr]_[A-Za-z0-9]{36,251}|github_pat_[A-Za-z0-9_]{82}|[0-9a-f]{40}|ghs_[A-Za-z0-9._-]{36,600}",
        &["GITHUB_TOKEN", "GH_TOKEN"],
    ),
    (
        Kind::Gitlab,
        "gl[a-z]{2,6}-[A-Za-z0-9_.-]{20,320}|[A-Za-z0-9_-]{20,64}",
        &["GITLAB_TOKEN", "CI_JOB_TOKEN"],
    ),
    (Kind::Pypi, "pypi-[A-Za-z0-9_-]{80,250}", &["PYPI_TOKEN", "UV_PUBLISH_TOKEN"]),
    (
        Kind::Slack,
        "xox[abeoprs]-[A-Za-z0-9-]{10,250}|xapp-[A-Za-z0-9-]{20,250}|https://hooks\\.slack\\.com/\\S{20,200}",
        &["SLACK_TOKEN", "SLACK_BOT_TOKEN", "SLACK_WEBHOOK_URL"],
    ),
    (
        Kind::Jwt,
        r"[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*",
        &["NEPTUNE_API_TOKEN_JWT", "ID_TOKEN"],
    ),
    (Kind::Url, r"[a-z][a-z0-9+.-]*://[^\s:/@]*:[^\s@]+@[^\s/]+\S*", &["DATABASE_URL"]),
    (Kind::Opaque, r"\S.{6,}\S", &[]),
];

impl Kind {
    /// The pattern that the whole value matches.
    pub fn pattern(self) -> &'static str {
        KINDS.iter().find(|(kind, ..)| *kind == self).map_or(r"\S.{6,}\S", |(_, pattern, _)| pattern)
    }

    /// The kind that a variable of this name holds by convention.
    pub fn of_variable(name: &str) -> Self {
        KINDS
            .iter()
            .find(|(.., variables)| variables.contains(&name))
            .map_or(Self::Opaque, |(kind, ..)| *kind)
    }

    /// What a reader would call it: `hugging-face`.
    pub fn name(self) -> String {
        let mut name = String::new();
        for c in format!("{self:?}").chars() {
            if c.is_ascii_uppercase() && !name.is_empty() {
                name.push('-');
            }
            name.push(c.to_ascii_lowercase());
        }
        name
    }
}

/// The variables that hold a credential by convention.
pub fn conventional() -> impl Iterator<Item = &'static str> {
    KINDS.iter().flat_map(|(.., variables)| *variables).copied()
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::*;

    #[test]
    fn patterns_take_what_providers_issue_and_nothing_shorter() {
        let token = |prefix: &str, length: usize| {
            format!("{prefix}{}", "aB3dE6gH9jK2".repeat(30).get(..length).unwrap())
        };
        for (kind, value, short) in [
            (Kind::HuggingFace, token("hf_", 34), token("hf_", 20)),
            (
                Kind::Wandb,
                "0123456789abcdef0123456789abcdef01234567".to_owned(),
                "0123456789abcdef".to_owned(),
            ),
            (Kind::Openai, token("sk-proj-", 48), token("sk-", 10)),
            (Kind::AwsAccessKey, "AKIAIOSFODNN7EXAMPLE".to_owned(), "AKIAIOSFODNN7".to_owned()),
            (Kind::Github, token("ghp_", 36), token("ghp_", 30)),
            (Kind::Opaque, "eight888".to_owned(), "seven77".to_owned()),
            (Kind::Jwt, "eyJhbGciOiJub25lIn0.eyJleHAiOjF9.".to_owned(), "eyJhbGciOiJub25lIn0".to_owned()),
            (Kind::Url, "postgres://u:p@host/db".to_owned(), "postgres://host/db".to_owned()),
        ] {
            let pattern = Regex::new(&format!("^(?:{})$", kind.pattern())).unwrap();
            assert!(pattern.is_match(&value) && !pattern.is_match(&short), "{kind:?}");
        }
        assert_eq!(Kind::of_variable("HF_TOKEN").name(), "hugging-face");
        assert_eq!(Kind::of_variable("SITE_TOKEN"), Kind::Opaque);
    }
}
