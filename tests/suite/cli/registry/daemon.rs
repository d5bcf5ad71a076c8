//! The registry: a process of its own, with its storage where a test can change it.

use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::super::{
    scratch::{Ran, folder, gonogo},
    site::sha256,
};

/// `ann` with the password `secret`.
const LOGINS: &str = "ann:$2b$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n";

/// A registry, and a folder to work in.
pub struct Daemon {
    folder: TempDir,
    port: u16,
    child: Option<Child>,
}

impl Daemon {
    /// A registry that lets everybody.
    pub fn new() -> Self {
        Self::with("")
    }

    /// A registry that lets `ann` with the password `secret`.
    pub fn with_logins() -> Self {
        Self::with("auth: {htpasswd: {realm: tests, path: LOGINS}}\n")
    }

    fn with(more: &str) -> Self {
        let folder = folder();
        // Free now, and nobody else is given the same one soon.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let at = |name: &str| folder.path().join(name).display().to_string();
        fs::write(at("logins"), LOGINS).unwrap();
        let config = format!(
            "version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\nstorage: {{filesystem: {{rootdirectory: {}}}, delete: {{enabled: true}}}}\nhttp: {{addr: \"127.0.0.1:{port}\"}}\n{}",
            at("storage"),
            more.replace("LOGINS", &at("logins"))
        );
        fs::write(at("config.yml"), config).unwrap();
        let mut daemon = Self { folder, port, child: None };
        daemon.start();
        daemon
    }

    /// Starts it, and waits until it answers.
    pub fn start(&mut self) {
        let mut command = Command::new("docker-registry");
        let command = command.arg("serve").arg(self.folder.path().join("config.yml"));
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        self.child = Some(child.unwrap_or_else(|error| {
            panic!("these tests need docker-registry ({error}): apt-get install docker-registry")
        }));
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(20), "docker-registry does not answer");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends it at once, as a machine that loses power would.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `oci://…/NAME`.
    pub fn reference(&self, name: &str) -> String {
        format!("oci://127.0.0.1:{}/{name}", self.port)
    }

    /// A path to work at.
    pub fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The file in which it keeps the bytes of this digest.
    pub fn blob(&self, sha256: &str) -> PathBuf {
        self.at(&format!("storage/docker/registry/v2/blobs/sha256/{}/{sha256}/data", &sha256[..2]))
    }

    /// Runs the program in the folder.
    pub fn run(&self, words: &[&str]) -> Ran {
        gonogo().args(words).current_dir(self.folder.path()).output().unwrap().into()
    }

    /// Runs the program, which must do what it should: what it says.
    pub fn done(&self, words: &[&str]) -> String {
        let ran = self.run(words);
        assert_eq!(ran.code, Some(0), "{words:?}\n{}\n{}", ran.out, ran.err);
        ran.out
    }

    /// Runs the program, which must refuse with a reason and something to do: what it says.
    pub fn refused(&self, words: &[&str]) -> String {
        let ran = self.run(words);
        assert_eq!(ran.code, Some(4), "{words:?}\n{}\n{}", ran.out, ran.err);
        assert!(ran.err.contains("hint: "), "{}", ran.err);
        ran.err
    }

    /// Pushes a file: the digest of its manifest.
    pub fn push(&self, file: &str, name: &str) -> String {
        let said = self.done(&["bundle", "push", file, &self.reference(name)]);
        let digest = said.split('@').nth(1).and_then(|rest| rest.split(',').next());
        digest.unwrap_or_else(|| panic!("{said}")).to_owned()
    }

    /// Asks the registry by hand: status and body.
    pub fn http(&self, method: &str, path: &str, content_type: &str, body: &[u8]) -> (u16, String, Vec<u8>) {
        let mut line = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\nAccept: application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json\r\n\r\n",
            self.port,
            body.len()
        );
        line.write_all(head.as_bytes()).unwrap();
        line.write_all(body).unwrap();
        let mut answer = Vec::new();
        line.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
        let head = String::from_utf8_lossy(&answer[..end]).into_owned();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, head, answer[end + 4..].to_vec())
    }

    /// A manifest by its digest.
    pub fn manifest(&self, name: &str, digest: &str) -> Value {
        let (status, head, body) =
            self.http("GET", &format!("/v2/{name}/manifests/{digest}"), "text/plain", b"");
        assert_eq!(status, 200, "{head}");
        serde_json::from_slice(&body).unwrap()
    }

    /// Puts a blob into a repository by hand: its descriptor.
    pub fn put_blob(&self, name: &str, media_type: &str, bytes: &[u8]) -> Value {
        let (status, head, _) = self.http("POST", &format!("/v2/{name}/blobs/uploads/"), "text/plain", b"");
        assert_eq!(status, 202, "{head}");
        let location = head.lines().find_map(|line| line.strip_prefix("Location: ")).unwrap().trim();
        let path = &location[location.find("/v2/").unwrap()..];
        let digest = format!("sha256:{}", sha256(bytes));
        let url = format!("{path}&digest={digest}");
        assert_eq!(self.http("PUT", &url, "application/octet-stream", bytes).0, 201);
        json!({ "mediaType": media_type, "digest": digest, "size": bytes.len() })
    }

    /// Puts a manifest into a repository by hand.
    pub fn put_manifest(&self, name: &str, tag: &str, manifest: &Value) {
        let media_type = manifest["mediaType"].as_str().unwrap();
        let path = format!("/v2/{name}/manifests/{tag}");
        let (status, head, body) = self.http("PUT", &path, media_type, manifest.to_string().as_bytes());
        assert_eq!(status, 201, "{head}\n{}", String::from_utf8_lossy(&body));
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.stop();
    }
}
