//! MD5, which the host does not have: DVC names files by it.

use std::io::Read;

use gonogo_sdk::Error;
use md5::{Digest, Md5};

use crate::stream::Stream;

/// Of a file, in lower-case hex.
pub fn of(path: &str) -> Result<String, Error> {
    let mut stream = Stream::open(path)?;
    let mut digest = Md5::new();
    let mut part = vec![0; 1 << 20];
    loop {
        match stream.read(&mut part) {
            Ok(0) => return Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()),
            Ok(length) => digest.update(&part[..length]),
            Err(error) => return Err(Error::Io(format!("{path}: {error}"))),
        }
    }
}
