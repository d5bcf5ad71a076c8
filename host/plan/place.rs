//! Paths in parameters: variables put in, then made absolute by their text alone.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// Why a path has no value.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoPath {
    /// It names a variable that is not set. An empty variable counts as not set: `${DATA}/x` must not become `/x`.
    Unset(String),
    /// It cannot be a path here.
    Wrong(String),
}

/// Puts variables in. What they hold is not looked at again, and a `$` without braces is a `$`.
pub(super) fn put_in(text: &str, variables: &BTreeMap<String, String>) -> Result<String, NoPath> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        out.push_str(&rest[..start]);
        let Some(length) = rest[start + 2..].find('}') else {
            return Err(NoPath::Wrong(format!("'{text}' has a '${{' without its '}}'")));
        };
        let name = &rest[start + 2..start + 2 + length];
        match variables.get(name).filter(|value| !value.is_empty()) {
            Some(value) => out.push_str(value),
            None => return Err(NoPath::Unset(name.to_owned())),
        }
        rest = &rest[start + 2 + length + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

/// A path without `.` and `..`, as the plugin will name it, and the same made absolute below the project.
///
/// A relative path must stay below the project: what lies elsewhere is named by an absolute path, so that one reads in
/// gonogo.toml how far a check can see.
pub(super) fn locate(project: &Path, text: &str) -> Result<(String, PathBuf), NoPath> {
    if text.contains('\0') {
        return Err(NoPath::Wrong("a path cannot hold a NUL character".to_owned()));
    }
    let absolute = text.starts_with('/');
    let mut parts = Vec::new();
    for part in text.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.pop().is_some() => {}
            ".." if absolute => return Err(NoPath::Wrong(format!("'{text}' climbs above '/'"))),
            ".." => {
                let message = format!("'{text}' leads out of the project: write it as an absolute path");
                return Err(NoPath::Wrong(message));
            }
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    let name = match (absolute, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined.clone(),
    };
    let path = match (absolute, joined.is_empty()) {
        (true, _) => PathBuf::from(&name),
        (false, true) => project.to_owned(),
        (false, false) => project.join(joined),
    };
    Ok((name, path))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn located(text: &str) -> Result<(String, String), NoPath> {
        locate(Path::new("/srv/project"), text).map(|(name, path)| (name, path.display().to_string()))
    }

    #[test]
    fn paths_are_made_absolute_by_their_text() {
        let both = |name: &str, path: &str| Ok((name.to_owned(), path.to_owned()));
        assert_eq!(located("data/train"), both("data/train", "/srv/project/data/train"));
        assert_eq!(located("./data//x/../train/"), both("data/train", "/srv/project/data/train"));
        assert_eq!(located("."), both(".", "/srv/project"));
        assert_eq!(located("a/.."), both(".", "/srv/project"));
        assert_eq!(located("/"), both("/", "/"));
        assert_eq!(located("/scratch/../data"), both("/data", "/data"));
        for wrong in ["..", "../x", "a/../../x", "/..", "/a/../../b", "a\0b"] {
            assert!(matches!(located(wrong), Err(NoPath::Wrong(_))), "{wrong}");
        }
    }

    #[test]
    fn variables_are_put_in_once() {
        let variables = BTreeMap::from([
            ("HOME".to_owned(), "/srv/x".to_owned()),
            ("ODD".to_owned(), "${HOME}".to_owned()),
            ("EMPTY".to_owned(), String::new()),
        ]);
        let put = |text: &str| put_in(text, &variables);
        assert_eq!(put("${HOME}/a/${HOME}"), Ok("/srv/x/a//srv/x".to_owned()));
        assert_eq!(put("${ODD}/a"), Ok("${HOME}/a".to_owned()));
        assert_eq!(put("$HOME/${"), Err(NoPath::Wrong("'$HOME/${' has a '${' without its '}'".to_owned())));
        assert_eq!(put("$HOME"), Ok("$HOME".to_owned()));
        assert_eq!(put("${EMPTY}/etc"), Err(NoPath::Unset("EMPTY".to_owned())));
        assert_eq!(put("${NONE}"), Err(NoPath::Unset("NONE".to_owned())));
    }

    proptest! {
        #[test]
        fn what_is_located_holds_no_dots_and_stays_where_it_may(text in "(/|[a.]{0,3}/){0,6}[a.]{0,3}") {
            if let Ok((name, path)) = locate(Path::new("/p"), &text) {
                prop_assert!(path.is_absolute());
                prop_assert!(name.split('/').all(|part| part != "..") && path.iter().all(|part| part != ".."));
                prop_assert!(text.starts_with('/') || path.starts_with("/p"));
                prop_assert_eq!(locate(Path::new("/p"), &name), Ok((name.clone(), path)));
            }
        }
    }
}
