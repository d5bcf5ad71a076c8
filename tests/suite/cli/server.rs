//! A server of files over HTTPS, with a certificate of an authority of its own; it also misbehaves, where a path asks for it.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
};

use tempfile::TempDir;

use super::scratch::{folder, sh, shared};

/// An authority, and a certificate of it for this machine.
const MAKE: &str = r#"
set -eu
cd "$1"
command -v openssl >/dev/null || { echo 'these tests need openssl: apt-get install openssl' >&2; exit 1; }
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -keyout ca.key -out ca.pem -subj /CN=tests 2>/dev/null
openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem -out request.pem -subj /CN=localhost 2>/dev/null
printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n' >extensions
openssl x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 3650 -extfile extensions -out chain.pem 2>/dev/null
"#;

const SERVE: &str = r#"
import http.server, os, ssl, sys
certificates, folder = sys.argv[1:]

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        name = self.path.lstrip("/").split("?")[0]
        path = os.path.join(folder, name)
        if name == "to-plain":
            self.send_response(302); self.send_header("Location", "http://127.0.0.1:9/a.wasm"); self.end_headers()
        elif name.startswith("to/"):
            self.send_response(302); self.send_header("Location", "/" + name[3:]); self.end_headers()
        elif name == "round":
            self.send_response(302); self.send_header("Location", "/round"); self.end_headers()
        elif name == "huge":
            self.send_response(200); self.send_header("Content-Length", str(1 << 40)); self.end_headers()
        elif name == "endless":
            self.send_response(200); self.end_headers()
            try:
                while True: self.wfile.write(b"\0" * 65536)
            except OSError: pass
        elif name.startswith("cut/"):
            whole = open(os.path.join(folder, name[4:]), "rb").read()
            self.send_response(200); self.send_header("Content-Length", str(len(whole))); self.end_headers()
            self.wfile.write(whole[:len(whole) // 2])
        elif os.path.isfile(path):
            whole = open(path, "rb").read()
            self.send_response(200); self.send_header("Content-Length", str(len(whole))); self.end_headers()
            self.wfile.write(whole)
        else:
            self.send_error(404)
    def log_message(self, *arguments): pass

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificates + "/chain.pem", certificates + "/key.pem")
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()
"#;

/// The server. It ends when it is dropped.
pub struct Server {
    child: Child,
    port: u16,
    files: TempDir,
}

impl Server {
    /// A server without files.
    pub fn new() -> Self {
        let files = folder();
        let mut child = Command::new("python3")
            .args(["-c", SERVE])
            .args([certificates(), files.path()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("these tests need python3: apt-get install python3: {error}"));
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().parse().unwrap_or_else(|_| panic!("the server does not start: {line:?}"));
        Self { child, port, files }
    }

    /// Puts a file there.
    pub fn put(&self, name: &str, bytes: &[u8]) {
        fs::write(self.files.path().join(name), bytes).unwrap();
    }

    /// The address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("https://localhost:{}/{path}", self.port)
    }

    /// The certificate of the authority that whoever asks must trust.
    pub fn authority() -> PathBuf {
        certificates().join("ca.pem")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Made once for all tests of a run.
fn certificates() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        let made = shared().join(format!("certificates-{}", std::process::id()));
        fs::create_dir_all(&made).unwrap();
        sh(&made, MAKE, &[made.as_os_str()]);
        made
    })
}
