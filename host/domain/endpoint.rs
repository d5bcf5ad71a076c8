//! Servers that parameters name, and the addresses behind their names.
//!
//! What is accepted is written plainly: a name, four decimal numbers, or an IPv6 address in brackets. Forms that only some programs read as addresses (`0x7f.1`,
//! `2130706433`, `127.1`) are refused, as are users in front of a host and letters that look like others.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

use serde::{Deserialize, Serialize};

/// How a server is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scheme {
    /// Without encryption: to this machine only.
    Http,
    /// With TLS.
    Https,
}

impl Scheme {
    /// As URLs begin.
    pub fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// A server: `https://data.example`, `http://127.0.0.1:9000`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Endpoint {
    /// How it is spoken to.
    pub scheme: Scheme,
    /// A name in lower case, or an address; IPv6 without brackets.
    pub host: String,
    /// Where it listens.
    pub port: u16,
}

/// Longest host name there can be.
const MOST_NAME: usize = 253;

/// Longest part of one.
const MOST_LABEL: usize = 63;

/// Addresses at which clouds tell who is on a machine what it may do, besides those that are link-local: Alibaba's, Azure's, and AWS's for IPv6.
const METADATA: [IpAddr; 3] = [
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
];

impl Endpoint {
    /// Reads a server and what follows it: `https://data.example/a/b.csv` is the server and `/a/b.csv`. The error says what is wrong.
    pub fn of_url(url: &str) -> Result<(Self, &str), String> {
        let (scheme, rest) = match url.split_once("://") {
            Some(("https", rest)) => (Scheme::Https, rest),
            Some(("http", rest)) => (Scheme::Http, rest),
            _ => return Err("it must begin with https://".to_owned()),
        };
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len()));
        if authority.contains('@') {
            return Err("it has a user in it: name variables that hold the login, not the login".to_owned());
        }
        let (host, port) = if let Some(rest) = authority.strip_prefix('[') {
            let (address, after) = rest.split_once(']').ok_or("its '[' has no ']'")?;
            address.parse::<Ipv6Addr>().map_err(|_| format!("[{address}] is no IPv6 address"))?;
            (address.to_ascii_lowercase(), after)
        } else {
            let (host, port) = authority.split_at(authority.find(':').unwrap_or(authority.len()));
            (host_name(host)?, port)
        };
        let port = match port.strip_prefix(':') {
            None if port.is_empty() => scheme.port(),
            Some(digits) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                u16::from_str(digits).ok().filter(|port| *port > 0).ok_or(format!("{digits} is no port"))?
            }
            _ => return Err(format!("'{port}' is no port")),
        };
        let endpoint = Self { scheme, host, port };
        if scheme == Scheme::Http && !endpoint.is_loopback() {
            return Err(
                "without TLS only this machine is asked (127.0.0.1, [::1], localhost): write https://"
                    .to_owned(),
            );
        }
        if let Some(why) = endpoint.address().and_then(refused) {
            return Err(format!("{} {why}", endpoint.host));
        }
        Ok((endpoint, path))
    }

    /// The address where the host is written as one.
    pub fn address(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }

    /// Whether this machine is meant, by its very name.
    pub fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.address().is_some_and(|address| plain(address).is_loopback())
    }

    /// Whether an address that its name leads to may be connected to. The error says why not.
    pub fn may_connect(&self, address: IpAddr) -> Result<(), String> {
        if let Some(why) = refused(address) {
            return Err(format!("{} leads to {address}, which {why}", self.host));
        }
        // A name of somebody's that leads here could be made to reach what listens for this machine only.
        if plain(address).is_loopback() && !self.is_loopback() {
            return Err(format!(
                "{} leads to {address}, which is this machine: name it as 127.0.0.1, [::1] or localhost",
                self.host
            ));
        }
        Ok(())
    }
}

impl FromStr for Endpoint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match Self::of_url(text)? {
            (endpoint, "" | "/") => Ok(endpoint),
            (endpoint, path) => Err(format!("an endpoint is a server alone: {endpoint} without '{path}'")),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.scheme.name();
        match self.host.contains(':') {
            true => write!(f, "{name}://[{}]", self.host)?,
            false => write!(f, "{name}://{}", self.host)?,
        }
        if self.port != self.scheme.port() {
            write!(f, ":{}", self.port)?;
        }
        Ok(())
    }
}

/// A name or four decimal numbers.
fn host_name(host: &str) -> Result<String, String> {
    let host = host.to_ascii_lowercase();
    if !host.is_ascii() {
        return Err(
            "its host has letters that are not ASCII: write the form that begins with xn--".to_owned()
        );
    }
    let label = |label: &str| {
        let inner = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        !label.is_empty()
            && label.len() <= MOST_LABEL
            && inner
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if host.len() > MOST_NAME || !host.split('.').all(label) {
        return Err(format!("'{host}' is no host"));
    }
    let last = host.rsplit('.').next().unwrap_or_default();
    let numeric = last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x");
    if numeric && host.parse::<Ipv4Addr>().is_err() {
        return Err(format!("'{host}' is no address: write four decimal numbers"));
    }
    Ok(host)
}

/// An IPv4 address that is written as one of IPv6, as itself.
fn plain(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    match v6.segments() {
        // Mapped (::ffff:0:0/96), and what a gateway translates (64:ff9b::/96).
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            IpAddr::V4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)))
        }
        // 6to4 (2002::/16).
        [0x2002, high, low, ..] => IpAddr::V4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low))),
        _ => address.to_canonical(),
    }
}

/// Why nobody may be connected to at an address.
fn refused(address: IpAddr) -> Option<&'static str> {
    let address = plain(address);
    if METADATA.contains(&address) {
        return Some("is where a cloud tells a machine its credentials: it is never asked");
    }
    let link_local = match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    };
    if link_local {
        return Some("is link-local, where clouds tell machines their credentials: it is never asked");
    }
    let nobody = match address {
        IpAddr::V4(v4) => v4.octets()[0] == 0 || v4.is_broadcast() || v4.is_multicast(),
        IpAddr::V6(v6) => v6.is_unspecified() || v6.is_multicast(),
    };
    nobody.then_some("is no address of a server")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<String, String> {
        text.parse::<Endpoint>().map(|endpoint| format!("{endpoint} {}", endpoint.port))
    }

    #[test]
    fn servers_are_read_as_they_are_written() {
        for (text, expected) in [
            ("https://data.example", "https://data.example 443"),
            ("https://Data.Example/", "https://data.example 443"),
            ("https://data.example:443", "https://data.example 443"),
            ("https://data.example:9000", "https://data.example:9000 9000"),
            ("https://10.0.0.7", "https://10.0.0.7 443"),
            ("https://[2001:db8::1]:9000/", "https://[2001:db8::1]:9000 9000"),
            ("http://127.0.0.1:9000", "http://127.0.0.1:9000 9000"),
            ("http://localhost", "http://localhost 80"),
            ("http://[::1]", "http://[::1] 80"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_could_be_taken_for_another_server_is_refused() {
        for (text, why) in [
            ("data.example", "https://"),
            ("ftp://data.example", "https://"),
            ("http://data.example", "without TLS"),
            ("http://10.0.0.7", "without TLS"),
            ("https://user:secret@data.example", "user"),
            ("https://data.example@evil.example", "user"),
            ("https://data.example/path", "without '/path'"),
            ("https://data.example?x", "without"),
            ("https://data.example\\evil", "without"),
            ("https://", "no host"),
            ("https://a..b", "no host"),
            ("https://a b", "no host"),
            ("https://exаmple.com", "xn--"),
            ("https://2130706433", "four decimal"),
            ("https://0x7f.0.0.1", "four decimal"),
            ("https://0x7f000001", "four decimal"),
            ("https://0177.0.0.1", "four decimal"),
            ("https://127.1", "four decimal"),
            ("https://[::1", "']'"),
            ("https://[1:2]", "no IPv6"),
            ("https://data.example:0", "no port"),
            ("https://data.example:", "no port"),
            ("https://data.example:70000", "no port"),
            ("https://data.example:+80", "no port"),
            ("https://169.254.169.254", "credentials"),
            ("https://[fd00:ec2::254]", "credentials"),
            ("https://[fe80::1]", "credentials"),
            ("https://[::ffff:169.254.169.254]", "credentials"),
            ("https://0.0.0.0", "no address of a server"),
        ] {
            assert!(read(text).is_err_and(|said| said.contains(why)), "{text}: {:?}", read(text));
        }
    }

    #[test]
    fn names_lead_nowhere_that_they_should_not() {
        let named = "https://data.example".parse::<Endpoint>().unwrap();
        let here = "http://localhost:1".parse::<Endpoint>().unwrap();
        let may = |endpoint: &Endpoint, address: &str| endpoint.may_connect(address.parse().unwrap()).is_ok();
        for address in ["10.1.2.3", "192.0.2.1", "2001:db8::1", "fd12::1"] {
            assert!(may(&named, address), "{address}");
        }
        for address in ["127.0.0.1", "::1", "::ffff:127.0.0.1", "64:ff9b::127.0.0.1"] {
            assert!(!may(&named, address), "{address}");
        }
        for address in [
            "169.254.169.254",
            "169.254.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "2002:a9fe:a9fe::1",
            "fe80::1",
            "fd00:ec2::254",
            "100.100.100.200",
            "168.63.129.16",
            "0.0.0.0",
            "224.0.0.1",
        ] {
            assert!(!may(&named, address) && !may(&here, address), "{address}");
        }
        assert!(may(&here, "127.0.0.1") && may(&here, "::1"));
    }

    proptest! {
        #[test]
        fn what_is_read_is_read_again(text in "https?://[a-z0-9.:@\\[\\]-]{1,20}(/[a-z]{0,3})?") {
            if let Ok((endpoint, path)) = Endpoint::of_url(&text) {
                prop_assert_eq!(endpoint.to_string().parse::<Endpoint>(), Ok(endpoint.clone()));
                prop_assert!(path.is_empty() || path.starts_with('/'));
                prop_assert!(endpoint.scheme == Scheme::Https || endpoint.is_loopback());
            }
        }
    }
}
