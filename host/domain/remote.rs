//! Names of remote tables: `s3://bucket/key`, `https://host/path`.

use super::Endpoint;

/// A remote table, or several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remote<'a> {
    /// What a server gives under one URL.
    Url {
        /// The server.
        server: Endpoint,
    },
    /// Objects of a bucket: of this key, below it, or whose keys match it.
    Bucket {
        /// The bucket.
        bucket: &'a str,
        /// A key, the beginning of some, or a pattern.
        key: &'a str,
    },
}

/// Whether a name is that of something remote.
pub fn is_remote(name: &str) -> bool {
    name.contains("://")
}

/// Reads a name. The error says what is wrong with it.
pub fn read(name: &str) -> Result<Remote<'_>, String> {
    if name.chars().any(char::is_control) {
        return Err("it has control characters".to_owned());
    }
    if let Some(rest) = name.strip_prefix("s3://") {
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        if bucket.is_empty() || !bucket.bytes().all(fits) || bucket.contains("..") || bucket.starts_with('.')
        {
            return Err(format!("'{bucket}' is no bucket"));
        }
        if key.split('/').any(|part| matches!(part, "." | "..")) || key.starts_with('/') || key.contains("//")
        {
            return Err("its key has parts that are empty, '.' or '..'".to_owned());
        }
        return Ok(Remote::Bucket { bucket, key });
    }
    if !name.starts_with("https://") && !name.starts_with("http://") {
        return Err("remote tables begin with s3:// or https://".to_owned());
    }
    let (server, path) = Endpoint::of_url(name)?;
    // Plans and reports show names.
    if path.contains(['?', '#']) {
        return Err(
            "it has a '?' or '#': what follows could be a secret, and reports would show it".to_owned()
        );
    }
    if path.contains(['*', '[', '{', '\\']) {
        return Err("servers do not tell what they have: name each file, or use s3://".to_owned());
    }
    if path.trim_end_matches('/').is_empty() || path.ends_with('/') {
        return Err("it names no file".to_owned());
    }
    Ok(Remote::Url { server })
}

/// Whether a name can be read.
pub fn check(name: &str) -> Result<(), String> {
    read(name).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_where_tables_are() {
        assert_eq!(read("s3://b/a/x.csv"), Ok(Remote::Bucket { bucket: "b", key: "a/x.csv" }));
        assert_eq!(
            read("s3://b-1.x/a/*.parquet"),
            Ok(Remote::Bucket { bucket: "b-1.x", key: "a/*.parquet" })
        );
        assert_eq!(read("s3://b"), Ok(Remote::Bucket { bucket: "b", key: "" }));
        let server = "https://h.example:8443".parse().unwrap();
        assert_eq!(read("https://h.example:8443/a%20b/x.parquet"), Ok(Remote::Url { server }));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (name, why) in [
            ("gs://b/x", "s3:// or https://"),
            ("file:///etc/passwd", "s3:// or https://"),
            ("s3:///x", "no bucket"),
            ("s3://a@b/x", "no bucket"),
            ("s3://../x", "no bucket"),
            ("s3://b/a/../x", "'..'"),
            ("s3://b//x", "empty"),
            ("https://h.example", "no file"),
            ("https://h.example/a/", "no file"),
            ("https://h.example/a?X-Amz-Signature=1", "secret"),
            ("https://h.example/*.csv", "name each file"),
            ("https://u:p@h.example/a", "user"),
            ("http://h.example/a.csv", "without TLS"),
            ("https://169.254.169.254/latest/meta-data", "credentials"),
            ("https://h.example/a\n", "control"),
        ] {
            assert!(read(name).is_err_and(|said| said.contains(why)), "{name}: {:?}", read(name));
        }
    }
}
