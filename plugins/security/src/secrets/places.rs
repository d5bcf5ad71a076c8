//! What a path says about what is in it.

/// What no person writes, or what belongs to others: left out of the search unless `exclude` says otherwise.
pub const EXCLUDED: &[&str] = &[
    ".git/",
    ".hg/",
    ".svn/",
    "node_modules/",
    "bower_components/",
    "site-packages/",
    ".venv/",
    "venv/",
    ".tox/",
    ".nox/",
    "__pycache__/",
    ".mypy_cache/",
    ".pytest_cache/",
    ".ruff_cache/",
    ".terraform/",
    ".gradle/",
    "*.min.js",
    "*.min.css",
    "*.map",
    "*.lock",
    "package-lock.json",
    "npm-shrinkwrap.json",
    "pnpm-lock.yaml",
    "go.sum",
    "go.work.sum",
    "gradle.lockfile",
    "pylock.toml",
    "*.svg",
    "*.png",
    "*.jpg",
    "*.jpeg",
    "*.gif",
    "*.ico",
    "*.webp",
    "*.woff",
    "*.woff2",
    "*.ttf",
    "*.otf",
    "*.eot",
    "*.pdf",
];

/// Where tools keep logins that Git may ignore: searched although it does.
pub const PRIVATE: &[&str] = &[
    ".env",
    ".env.*",
    "*.env",
    ".envrc",
    ".netrc",
    "_netrc",
    ".npmrc",
    ".pypirc",
    ".pgpass",
    ".my.cnf",
    ".git-credentials",
    ".dockercfg",
    ".htpasswd",
    ".s3cfg",
    ".boto",
    "credentials",
    "credentials.json",
    "client_secret*.json",
    "service-account*.json",
    "kaggle.json",
    "secrets.toml",
    "secrets.yml",
    "secrets.yaml",
    "*.tfvars",
    "*.pem",
    "*.key",
    "*.ppk",
    "id_rsa",
    "id_dsa",
    "id_ecdsa",
    "id_ed25519",
];

/// Parts of names that say so: what is in it is made up, more often than not.
const TRIALS: &[&str] = &[
    "test",
    "tests",
    "testing",
    "testdata",
    "spec",
    "specs",
    "example",
    "examples",
    "sample",
    "samples",
    "demo",
    "demos",
    "doc",
    "docs",
    "documentation",
    "fixture",
    "fixtures",
    "mock",
    "mocks",
    "tutorial",
    "tutorials",
    "readme",
    "changelog",
    "template",
    "templates",
    "dist",
];

/// Ends of names of documents.
const DOCUMENTS: &[&str] = &["md", "markdown", "rst", "adoc", "mdx"];

/// Whether a file is a test, an example or a document, by its path.
pub fn is_trial(path: &str) -> bool {
    let mut names = path.rsplit('/');
    let file = names.next().unwrap_or_default();
    let document =
        file.rsplit_once('.').is_some_and(|(_, end)| DOCUMENTS.iter().any(|it| end.eq_ignore_ascii_case(it)));
    document || has_trial(file) || names.any(has_trial)
}

/// `test_model.py`, `model-test.go`, `ModelTest.java`, `model.spec.ts`, `.env.example`.
fn has_trial(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let words = lower.split(|it: char| !it.is_ascii_alphanumeric());
    let camel = ["Test.", "Tests.", "Spec.", "Mock."].iter().any(|end| name.contains(end));
    camel || words.into_iter().any(|word| TRIALS.contains(&word))
}

/// Whether a file is a notebook, whose outputs are text as well.
pub fn is_notebook(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, end)| end.eq_ignore_ascii_case("ipynb"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_tell_tests_examples_and_documents() {
        for path in [
            "tests/a.py",
            "a/test_b.py",
            "b_test.go",
            "src/ModelTest.java",
            "web/login.spec.ts",
            ".env.example",
            "docs/use.html",
            "README.md",
            "x/fixtures/y.json",
        ] {
            assert!(is_trial(path), "{path}");
        }
        for path in [
            "src/latest.py",
            "contest/run.py",
            ".env",
            "config/production.yml",
            "attestation.rs",
            "a/protest.txt",
            "",
        ] {
            assert!(!is_trial(path), "{path}");
        }
    }
}
