//! What a job learns of its variables, and what it does not.

use std::{fs, path::Path};

use super::*;
use crate::domain::Origin;

fn environment() -> Environment {
    let authority = |name: &str, reveal| Authority {
        grant: Grant::Variable { name: name.to_owned(), reveal },
        parameter: "names".to_owned(),
        origin: Origin::Profile,
    };
    let authorities = [
        authority("TOKEN", false),
        authority("HOSTS", true),
        authority("UNSET", true),
        authority("RAW", true),
    ];
    let variables = [("TOKEN", &b"hunter2"[..]), ("HOSTS", b"a,b"), ("RAW", b"\xff"), ("OTHER", b"x")];
    let source = variables.map(|(name, value)| (name.into(), OsStr::from_bytes(value).to_owned()));
    Environment::new(&authorities, Arc::new(source.into()))
}

#[test]
fn length_is_in_bytes_and_absent_when_not_set() {
    let environment = environment();
    assert_eq!(environment.length("TOKEN"), Ok(Some(7)));
    assert_eq!(environment.length("RAW"), Ok(Some(1)));
    assert_eq!(environment.length("UNSET"), Ok(None));
}

#[test]
fn what_no_parameter_names_is_denied_whether_it_is_set_or_not() {
    let environment = environment();
    for name in ["OTHER", "MISSING", "", "TOKEN=", "token", "HOSTS\0"] {
        assert!(matches!(environment.length(name), Err(Error::Denied(_))), "{name}");
        assert!(matches!(environment.matches(name, ""), Err(Error::Denied(_))), "{name}");
        assert!(matches!(environment.reveal(name), Err(Error::Denied(_))), "{name}");
    }
    let text = environment.length("OTHER").unwrap_err().to_string();
    assert!(text.contains("OTHER") && text.contains("HOSTS, RAW, TOKEN, UNSET"), "{text}");
}

#[test]
fn the_whole_value_must_match() {
    let environment = environment();
    assert_eq!(environment.matches("TOKEN", "hunter[0-9]"), Ok(true));
    assert_eq!(environment.matches("TOKEN", "hunter"), Ok(false));
    assert_eq!(environment.matches("HOSTS", "a|a,b"), Ok(true));
    assert!(matches!(environment.matches("UNSET", ".*"), Err(Error::NotFound(_))));
    assert!(matches!(environment.matches("TOKEN", "("), Err(Error::Io(_))));
}

#[test]
fn a_value_cannot_be_guessed_pattern_by_pattern() {
    let environment = environment();
    for guess in 0..MOST_PATTERNS {
        assert_eq!(environment.matches("TOKEN", &format!("h{{{guess}}}.*")), Ok(guess < 2));
    }
    assert!(matches!(environment.matches("TOKEN", "hu.*"), Err(Error::Limit(_))));
    assert_eq!(environment.matches("TOKEN", "h{0}.*"), Ok(true), "a pattern again tells nothing new");
    assert_eq!(environment.matches("HOSTS", "hu.*"), Ok(false), "each variable has its own count");
}

#[test]
fn values_are_revealed_only_where_granted_and_remembered() {
    let environment = environment();
    let denied = environment.reveal("TOKEN").unwrap_err();
    assert!(matches!(denied, Error::Denied(_)) && !denied.to_string().contains("hunter2"));
    assert!(environment.revealed().is_empty());
    assert_eq!(environment.reveal("HOSTS"), Ok(Some("a,b".to_owned())));
    assert_eq!(environment.reveal("UNSET"), Ok(None));
    assert!(matches!(environment.reveal("RAW"), Err(Error::Io(_))));
    assert_eq!(environment.revealed(), ["a,b"]);
}

/// Files of a project with this `.env`.
fn project(text: &str) -> (tempfile::TempDir, Files) {
    let project = tempfile::tempdir().unwrap();
    fs::write(project.path().join(".env"), text).unwrap();
    let files = files(project.path());
    (project, files)
}

fn files(project: &Path) -> Files {
    let grant = Grant::Read { name: ".env".to_owned(), path: project.join(".env") };
    Files::new(project, &[Authority { grant, parameter: "file".to_owned(), origin: Origin::Profile }])
}

#[test]
fn what_is_loaded_stands_where_nothing_is_set() {
    let mut environment = environment();
    let (_project, files) =
        project("TOKEN=other\nUNSET=\"x ${TOKEN}\" # note\nOTHER=${OTHER}y\nBARE\nUNSET=${UNSET}z\n");
    assert_eq!(
        environment.load(".env", &files),
        Ok(["TOKEN", "UNSET", "OTHER", "BARE"].map(str::to_owned).to_vec())
    );
    assert_eq!(environment.length("TOKEN"), Ok(Some(7)), "what is set stays");
    assert_eq!(environment.matches("UNSET", "x hunter2z"), Ok(true));
    assert!(matches!(environment.length("OTHER"), Err(Error::Denied(_))), "a file grants no variable");
    let (_other, files) = project("UNSET=later\n");
    environment.load(".env", &files).unwrap();
    assert_eq!(environment.matches("UNSET", "x hunter2z"), Ok(true), "the first file counts");
    assert!(matches!(environment.load("secret", &files), Err(Error::Denied(_))));
}

#[test]
fn a_file_that_is_no_text_shows_nothing_of_itself() {
    let mut environment = environment();
    let project = tempfile::tempdir().unwrap();
    fs::write(project.path().join(".env"), b"A=hunter2\xff").unwrap();
    let error = environment.load(".env", &files(project.path())).unwrap_err().to_string();
    assert!(error.contains("at byte 9") && !error.contains("hunter2"), "{error}");
}

#[test]
fn numbers_are_found_in_parts_of_a_value() {
    // {"alg":"none"} . {"exp":1760000000,"sub":"hunter2"}
    let token = "eyJhbGciOiJub25lIn0.eyJleHAiOjE3NjAwMDAwMDAsInN1YiI6Imh1bnRlcjIifQ.c2ln";
    let (_project, files) = project(&format!("UNSET={token}\n"));
    let mut environment = environment();
    environment.load(".env", &files).unwrap();
    let mut number = |decode: &[&str], pattern: &str| {
        let decode = decode.iter().map(|&step| step.to_owned()).collect::<Vec<_>>();
        environment.number("UNSET", &decode, pattern)
    };
    assert_eq!(number(&["jwt-claims", "json:exp"], "^(\\d+)$"), Ok(Some(1_760_000_000)));
    assert_eq!(number(&["jwt-claims"], r#""exp":(\d+)"#), Ok(Some(1_760_000_000)));
    assert_eq!(number(&["jwt-claims", "json:iat"], "(\\d+)"), Ok(None));
    assert_eq!(number(&["jwt-header", "json:alg"], "(\\d+)"), Ok(None));
    assert_eq!(number(&["jwt-claims", "json:sub"], "([a-z]+)"), Ok(None), "only numbers leave");
    assert!(
        matches!(number(&["jwt-claims"], ":(\\d{6})"), Err(Error::Limit(_))),
        "a piece of a number is none"
    );
    assert!(matches!(number(&["rot13"], "(1)"), Err(Error::Unsupported(_))));
    assert!(matches!(number(&[], "1"), Err(Error::Io(_))));
    assert!(matches!(number(&[], "(a)(1)"), Ok(None)));
    assert!(matches!(number(&[], "(b)"), Ok(None)));
    assert!(matches!(number(&[], "(c)"), Err(Error::Limit(_))), "as many patterns as for matches");
}

#[test]
fn long_numbers_stay() {
    let (_project, files) = project("UNSET=1234567890123 -42 123456789012\n");
    let mut environment = environment();
    environment.load(".env", &files).unwrap();
    assert!(matches!(environment.number("UNSET", &[], "(\\d{13})"), Err(Error::Limit(_))));
    assert_eq!(environment.number("UNSET", &[], " (-\\d+)"), Ok(Some(-42)));
    assert_eq!(environment.number("UNSET", &[], " (\\d{12})$"), Ok(Some(123_456_789_012)));
    assert!(matches!(environment.number("OTHER", &[], "(1)"), Err(Error::Denied(_))));
}
