//! A server of files and buckets on this machine, well-mannered or not.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    ops::Range,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::Duration,
};

/// How it answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Manner {
    /// As it should.
    Good,
    /// All of a file, whatever range is asked for.
    WithoutRanges,
    /// Only requests that are signed with this key.
    Login(&'static str),
    /// Elsewhere.
    Redirect(String),
    /// Never.
    Silent,
    /// A byte every now and then.
    Drip,
    /// Without end.
    Endless,
    /// Half of what it announces.
    Half,
    /// Less than it said there would be, when it was only asked how much.
    Boast,
    /// Another file each time.
    Changing,
    /// That it may not.
    Forbidden,
    /// The first time that it is busy.
    BusyOnce,
}

/// A request that it got.
#[derive(Clone, Debug)]
pub struct Asked {
    /// `HEAD`, `GET`.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// The bytes that are wanted, where it says so.
    pub range: Option<Range<u64>>,
    /// By name in lower case.
    pub headers: BTreeMap<String, String>,
}

/// Keys on each page of a listing.
const PAGE: usize = 2;

/// A server, until the test ends.
pub struct Server {
    /// Where it listens.
    pub url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

struct Content {
    /// By path, from the root: `/x.csv`, `/bucket/a/x.csv`.
    files: BTreeMap<String, Vec<u8>>,
    manner: Manner,
    count: AtomicU32,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    pub fn start(manner: Manner, files: &[(&str, &[u8])]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::<Mutex<Vec<Asked>>>::default();
        let files = files.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())).collect();
        let content = Content { files, manner, count: AtomicU32::new(0), asked: Arc::clone(&asked) };
        let content = Arc::new(content);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let content = Arc::clone(&content);
                // Whoever asked may be gone.
                thread::spawn(move || content.answer(&stream).ok());
            }
        });
        Self { url, asked }
    }

    /// What it was asked for.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Forgets what it was asked for.
    pub fn forget(&self) {
        self.asked.lock().unwrap().clear();
    }
}

impl Content {
    fn answer(&self, mut stream: &TcpStream) -> std::io::Result<()> {
        let Some(asked) = request(stream)? else { return Ok(()) };
        self.asked.lock().unwrap().push(asked.clone());
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let status = |stream: &mut &TcpStream, status: &str| {
            write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        };
        match &self.manner {
            Manner::Silent => {
                thread::sleep(Duration::from_secs(30));
                return Ok(());
            }
            Manner::Redirect(to) => {
                return write!(
                    stream,
                    "HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                );
            }
            Manner::Forbidden => return status(&mut stream, "403 Forbidden"),
            Manner::BusyOnce if number == 0 => return status(&mut stream, "503 Service Unavailable"),
            Manner::Login(key) => {
                let said = asked.headers.get("authorization").map(String::as_str).unwrap_or_default();
                if !said.starts_with(&format!("AWS4-HMAC-SHA256 Credential={key}/"))
                    || !said.contains("Signature=")
                {
                    return status(&mut stream, "403 Forbidden");
                }
            }
            _ => {}
        }
        let (path, query) = asked.target.split_once('?').unwrap_or((&asked.target, ""));
        if query.contains("list-type=2") {
            let listing = self.listing(path, query);
            let length = listing.len();
            return write!(
                stream,
                "HTTP/1.1 200 OK\r\ncontent-type: application/xml\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{listing}"
            );
        }
        let Some(bytes) = self.files.get(&decoded(path)) else { return status(&mut stream, "404 Not Found") };
        self.send(stream, &asked, bytes, number)
    }

    fn send(&self, mut stream: &TcpStream, asked: &Asked, bytes: &[u8], number: u32) -> std::io::Result<()> {
        let size = bytes.len() as u64;
        let range = asked.range.clone().filter(|_| self.manner != Manner::WithoutRanges);
        let range = range.map(|range| range.start.min(size)..range.end.min(size));
        let (status, part) = match &range {
            None => ("200 OK", bytes),
            Some(range) => ("206 Partial Content", &bytes[range.start as usize..range.end as usize]),
        };
        let tag = if self.manner == Manner::Changing { number } else { 1 };
        let mut head =
            format!("HTTP/1.1 {status}\r\netag: \"{tag}\"\r\naccept-ranges: bytes\r\nconnection: close\r\n");
        if let Some(range) = &range {
            write!(head, "content-range: bytes {}-{}/{size}\r\n", range.start, range.end.saturating_sub(1))
                .unwrap();
        }
        if asked.method == "HEAD" {
            let more = if self.manner == Manner::Boast { 1_000 } else { 0 };
            return write!(stream, "{head}content-length: {}\r\n\r\n", size + more);
        }
        if self.manner == Manner::Endless {
            write!(stream, "{head}content-length: {}\r\n\r\n", 1_u64 << 40)?;
            loop {
                stream.write_all(&[b'x'; 4096])?;
            }
        }
        write!(stream, "{head}content-length: {}\r\n\r\n", part.len())?;
        match self.manner {
            Manner::Half => stream.write_all(&part[..part.len() / 2]),
            Manner::Drip => part.iter().try_for_each(|byte| {
                thread::sleep(Duration::from_millis(50));
                stream.write_all(&[*byte])
            }),
            _ => stream.write_all(part),
        }
    }

    /// One page of the keys of a bucket.
    fn listing(&self, path: &str, query: &str) -> String {
        let value = |name: &str| {
            let found = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
            decoded(found.unwrap_or_default())
        };
        let bucket = format!("{}/", path.trim_end_matches('/'));
        let keys =
            self.files.iter().filter_map(|(name, bytes)| Some((name.strip_prefix(&bucket)?, bytes.len())));
        let keys = keys.filter(|(key, _)| key.starts_with(&value("prefix"))).collect::<Vec<_>>();
        let from = value("continuation-token").parse::<usize>().unwrap_or(0);
        let mut xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ListBucketResult>".to_owned();
        for (key, size) in keys.iter().skip(from).take(PAGE) {
            write!(
                xml,
                "<Contents><Key>{key}</Key><Size>{size}</Size><ETag>&quot;1&quot;</ETag><LastModified>2026-01-31T09:30:00.000Z</LastModified></Contents>"
            )
            .unwrap();
        }
        if from + PAGE < keys.len() {
            let next = from + PAGE;
            write!(
                xml,
                "<IsTruncated>true</IsTruncated><NextContinuationToken>{next}</NextContinuationToken>"
            )
            .unwrap();
        }
        xml + "</ListBucketResult>"
    }
}

/// `%20` as the character that it stands for.
fn decoded(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).unwrap());
        bytes.extend_from_slice(&part.as_bytes()[2..]);
    }
    String::from_utf8(bytes).unwrap()
}

fn request(stream: &TcpStream) -> std::io::Result<Option<Asked>> {
    let mut lines = BufReader::new(stream).lines();
    let Some(first) = lines.next().transpose()? else { return Ok(None) };
    let mut words = first.split(' ').map(str::to_owned);
    let (Some(method), Some(target)) = (words.next(), words.next()) else { return Ok(None) };
    let mut headers = BTreeMap::new();
    for line in lines {
        let line = line?;
        let Some((name, value)) = line.split_once(": ") else { break };
        headers.insert(name.to_lowercase(), value.to_owned());
    }
    let range = headers.get("range").and_then(|range| {
        let (start, end) = range.strip_prefix("bytes=")?.split_once('-')?;
        Some(start.parse().ok()?..end.parse::<u64>().ok()? + 1)
    });
    Ok(Some(Asked { method, target, range, headers }))
}
