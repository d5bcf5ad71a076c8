//! WASI 0.2, inert: what guests get whose language's runtime imports it.
//!
//! Go, Python, C and Rust's std ask for a whole system when they start, and check code rarely uses any of it. So all of it is there and
//! gives nothing: no directory, no argument, no variable, no socket; standard input is at its end, what is printed goes to the job's
//! log. There are clocks and random bytes, which harm nobody. A program that opens a file or a socket gets its language's ordinary error.
//!
//! What wasmtime-wasi offers is linked whole, then the parts are replaced that could wait or allocate without bound: `wasi:io/poll`, the only way to
//! wait, ends at the job's deadline; streams, of which there are only these three, never wait; random bytes are counted.
//!
//! While a plugin describes itself, and in a replay, random bytes are the same every time; while it describes itself the wall clock stands
//! still, too. The monotonic clock always begins at zero and moves: runtimes that wait for it would otherwise wait for ever.

use std::time::{Duration, Instant};

use bytes::Bytes;
use wasmtime::{
    Result,
    component::{HasData, Linker, Resource, ResourceTable},
};
use wasmtime_wasi::{
    Deterministic, HostWallClock, WasiCtx, WasiCtxView, WasiView, async_trait,
    cli::{IsTerminal, StdoutStream},
    p2::{
        self, DynPollable, OutputStream, Pollable, StreamError, StreamResult,
        bindings::{
            random::{insecure, random},
            sync::io::{
                poll,
                streams::{self, HostInputStream, HostOutputStream, InputStream},
            },
        },
        pipe::{ClosedInputStream, SinkOutputStream},
    },
};

use super::State;
use crate::{
    capabilities::{
        host::{Journal, Output, resources},
        session::{Broken, Session},
    },
    domain::limits::{LOG_BYTES, RANDOM_BYTES},
};

/// The interfaces, below `wasi:` and before `@0.2.`. A test holds them to what is linked.
pub const INTERFACES: &[&str] = &[
    "cli/environment",
    "cli/exit",
    "cli/stderr",
    "cli/stdin",
    "cli/stdout",
    "cli/terminal-input",
    "cli/terminal-output",
    "cli/terminal-stderr",
    "cli/terminal-stdin",
    "cli/terminal-stdout",
    "clocks/monotonic-clock",
    "clocks/wall-clock",
    "filesystem/preopens",
    "filesystem/types",
    "io/error",
    "io/poll",
    "io/streams",
    "random/insecure",
    "random/insecure-seed",
    "random/random",
    "sockets/instance-network",
    "sockets/ip-name-lookup",
    "sockets/network",
    "sockets/tcp",
    "sockets/tcp-create-socket",
    "sockets/udp",
    "sockets/udp-create-socket",
];

/// Whether an import is of WASI at all.
pub fn is_wasi(import: &str) -> bool {
    import.starts_with("wasi:")
}

/// Whether an import is one of these interfaces, in any release of WASI 0.2.
pub fn offered(import: &str) -> bool {
    let Some((interface, version)) = import.strip_prefix("wasi:").and_then(|rest| rest.split_once('@'))
    else {
        return false;
    };
    let patch = version.strip_prefix("0.2.").is_some_and(|patch| patch.parse::<u32>().is_ok());
    patch && INTERFACES.contains(&interface)
}

/// The contract and WASI, for guests that import both.
///
/// # Errors
/// Where two definitions do not go together, which a test would show.
pub fn linker(contract: &Linker<State>) -> Result<Linker<State>> {
    let mut linker = contract.clone();
    p2::add_to_linker_sync(&mut linker)?;
    linker.allow_shadowing(true);
    poll::add_to_linker::<State, Inert<'static>>(&mut linker, Inert::of)?;
    streams::add_to_linker::<State, Inert<'static>>(&mut linker, Inert::of)?;
    random::add_to_linker::<State, Inert<'static>>(&mut linker, Inert::of)?;
    insecure::add_to_linker::<State, Inert<'static>>(&mut linker, Inert::of)?;
    linker.allow_shadowing(false);
    Ok(linker)
}

/// What WASI knows of one job.
pub struct Wasi {
    context: WasiCtx,
    /// Streams and what is waited for.
    resources: ResourceTable,
}

impl Wasi {
    fn new(journal: &Journal, session: &Session) -> Self {
        let mut builder = WasiCtx::builder();
        builder
            .stdin(ClosedInputStream)
            .stdout(Printed { journal: journal.clone(), output: Output::Standard })
            .stderr(Printed { journal: journal.clone(), output: Output::Error })
            .allow_tcp(false)
            .allow_udp(false)
            .allow_ip_name_lookup(false)
            .max_random_size(RANDOM_BYTES);
        if session.repeats() {
            builder
                .secure_random(Deterministic::new(CHANCE.to_vec()))
                .insecure_random(Deterministic::new(CHANCE.to_vec()))
                .insecure_random_seed(0);
        }
        if session.describes() {
            builder.wall_clock(StandsStill);
        }
        Self { context: builder.build(), resources: resources() }
    }
}

/// Random bytes where they must be the same every time: those of π, which are as good as any.
const CHANCE: [u8; 16] =
    [0x24, 0x3f, 0x6a, 0x88, 0x85, 0xa3, 0x08, 0xd3, 0x13, 0x19, 0x8a, 0x2e, 0x03, 0x70, 0x73, 0x44];

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let Inert { wasi, .. } = Inert::of(self);
        WasiCtxView { ctx: &mut wasi.context, table: &mut wasi.resources }
    }
}

/// A wall clock for plugins that describe themselves: it is always the beginning of the year 2000.
struct StandsStill;

impl HostWallClock for StandsStill {
    fn resolution(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn now(&self) -> Duration {
        // Thirty years and their leap days.
        Duration::from_hours(24 * (30 * 365 + 7))
    }
}

/// A stream into the job's log. It takes everything at once.
#[derive(Clone)]
struct Printed {
    journal: Journal,
    output: Output,
}

impl IsTerminal for Printed {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Printed {
    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }

    /// Of WASI 0.3, which is not linked.
    fn async_stream(&self) -> Box<dyn tokio::io::AsyncWrite + Send + Sync> {
        SinkOutputStream.async_stream()
    }
}

#[async_trait]
impl Pollable for Printed {
    async fn ready(&mut self) {}
}

impl OutputStream for Printed {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.journal.print(self.output, &bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(LOG_BYTES)
    }
}

/// What is waited for beside whatever a guest waits for.
struct Deadline(Instant);

#[async_trait]
impl Pollable for Deadline {
    async fn ready(&mut self) {
        tokio::time::sleep_until(self.0.into()).await;
    }
}

/// The replaced parts, for one call.
struct Inert<'a> {
    wasi: &'a mut Wasi,
    session: &'a mut Session,
}

impl HasData for Inert<'static> {
    type Data<'a> = Inert<'a>;
}

impl Inert<'_> {
    /// Made at a job's first call: most jobs, also of guests that import WASI, never make one.
    fn of(state: &mut State) -> Inert<'_> {
        let State { host, wasi, .. } = state;
        let wasi = wasi.get_or_insert_with(|| Box::new(Wasi::new(&host.journal, &host.session)));
        Inert { wasi, session: &mut host.session }
    }

    fn chance(&mut self, length: u64) -> Result<&mut wasmtime_wasi::random::WasiRandomCtx> {
        if length > RANDOM_BYTES {
            return Err(Broken::Random(length).into());
        }
        Ok(self.wasi.context.random())
    }

    /// What a program writes at once, in bounds: more than it was told that there is room for breaks its contract.
    fn zeroes(length: u64) -> StreamResult<Vec<u8>> {
        match usize::try_from(length) {
            Ok(length) if length <= LOG_BYTES => Ok(vec![0; length]),
            _ => Err(StreamError::trap("writes more zeroes at once than there is room for")),
        }
    }
}

impl poll::Host for Inert<'_> {
    fn poll(&mut self, mut waited: Vec<Resource<DynPollable>>) -> Result<Vec<u32>> {
        self.session.begin("wasi.poll", "")?;
        let table = &mut self.wasi.resources;
        if waited.is_empty() {
            return poll::Host::poll(table, waited);
        }
        let deadline = table.push(Deadline(self.session.deadline()))?;
        let deadline = p2::subscribe(table, deadline)?;
        let last = waited.len();
        waited.push(Resource::new_borrow(deadline.rep()));
        let ready = poll::Host::poll(table, waited);
        poll::HostPollable::drop(table, deadline)?;
        let mut ready = ready?;
        ready.retain(|&at| at as usize != last);
        if ready.is_empty() { Err(Broken::Deadline.into()) } else { Ok(ready) }
    }
}

impl poll::HostPollable for Inert<'_> {
    fn ready(&mut self, pollable: Resource<DynPollable>) -> Result<bool> {
        poll::HostPollable::ready(&mut self.wasi.resources, pollable)
    }

    fn block(&mut self, pollable: Resource<DynPollable>) -> Result<()> {
        poll::Host::poll(self, vec![pollable]).map(|_| ())
    }

    fn drop(&mut self, pollable: Resource<DynPollable>) -> Result<()> {
        poll::HostPollable::drop(&mut self.wasi.resources, pollable)
    }
}

impl random::Host for Inert<'_> {
    fn get_random_bytes(&mut self, length: u64) -> Result<Vec<u8>> {
        random::Host::get_random_bytes(self.chance(length)?, length)
    }

    fn get_random_u64(&mut self) -> Result<u64> {
        random::Host::get_random_u64(self.chance(8)?)
    }
}

impl insecure::Host for Inert<'_> {
    fn get_insecure_random_bytes(&mut self, length: u64) -> Result<Vec<u8>> {
        insecure::Host::get_insecure_random_bytes(self.chance(length)?, length)
    }

    fn get_insecure_random_u64(&mut self) -> Result<u64> {
        insecure::Host::get_insecure_random_u64(self.chance(8)?)
    }
}

impl streams::Host for Inert<'_> {
    fn convert_stream_error(&mut self, error: StreamError) -> Result<streams::StreamError> {
        streams::Host::convert_stream_error(&mut self.wasi.resources, error)
    }
}

impl HostOutputStream for Inert<'_> {
    fn check_write(&mut self, stream: Resource<streams::OutputStream>) -> StreamResult<u64> {
        self.wasi.resources.check_write(stream)
    }

    fn write(&mut self, stream: Resource<streams::OutputStream>, bytes: Vec<u8>) -> StreamResult<()> {
        HostOutputStream::write(&mut self.wasi.resources, stream, bytes)
    }

    fn blocking_write_and_flush(
        &mut self,
        stream: Resource<streams::OutputStream>,
        bytes: Vec<u8>,
    ) -> StreamResult<()> {
        HostOutputStream::write(self, stream, bytes)
    }

    fn flush(&mut self, stream: Resource<streams::OutputStream>) -> StreamResult<()> {
        HostOutputStream::flush(&mut self.wasi.resources, stream)
    }

    fn blocking_flush(&mut self, stream: Resource<streams::OutputStream>) -> StreamResult<()> {
        HostOutputStream::flush(self, stream)
    }

    fn subscribe(&mut self, stream: Resource<streams::OutputStream>) -> Result<Resource<DynPollable>> {
        HostOutputStream::subscribe(&mut self.wasi.resources, stream)
    }

    fn write_zeroes(&mut self, stream: Resource<streams::OutputStream>, length: u64) -> StreamResult<()> {
        HostOutputStream::write(self, stream, Self::zeroes(length)?)
    }

    fn blocking_write_zeroes_and_flush(
        &mut self,
        stream: Resource<streams::OutputStream>,
        length: u64,
    ) -> StreamResult<()> {
        HostOutputStream::write(self, stream, Self::zeroes(length)?)
    }

    fn splice(
        &mut self,
        to: Resource<streams::OutputStream>,
        from: Resource<InputStream>,
        length: u64,
    ) -> StreamResult<u64> {
        HostOutputStream::splice(&mut self.wasi.resources, to, from, length)
    }

    fn blocking_splice(
        &mut self,
        to: Resource<streams::OutputStream>,
        from: Resource<InputStream>,
        length: u64,
    ) -> StreamResult<u64> {
        HostOutputStream::splice(self, to, from, length)
    }

    fn drop(&mut self, stream: Resource<streams::OutputStream>) -> Result<()> {
        self.wasi.resources.delete(stream)?;
        Ok(())
    }
}

impl HostInputStream for Inert<'_> {
    fn read(&mut self, stream: Resource<InputStream>, length: u64) -> StreamResult<Vec<u8>> {
        HostInputStream::read(&mut self.wasi.resources, stream, length)
    }

    fn blocking_read(&mut self, stream: Resource<InputStream>, length: u64) -> StreamResult<Vec<u8>> {
        HostInputStream::read(self, stream, length)
    }

    fn skip(&mut self, stream: Resource<InputStream>, length: u64) -> StreamResult<u64> {
        HostInputStream::skip(&mut self.wasi.resources, stream, length)
    }

    fn blocking_skip(&mut self, stream: Resource<InputStream>, length: u64) -> StreamResult<u64> {
        HostInputStream::skip(self, stream, length)
    }

    fn subscribe(&mut self, stream: Resource<InputStream>) -> Result<Resource<DynPollable>> {
        HostInputStream::subscribe(&mut self.wasi.resources, stream)
    }

    fn drop(&mut self, stream: Resource<InputStream>) -> Result<()> {
        self.wasi.resources.delete(stream)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use wasmtime::{
        Engine,
        component::{Component, HasSelf},
    };

    use super::*;
    use crate::{bindings::Plugin, runtime::engine};

    /// Whether a component that imports one function of an interface can be linked.
    fn links(engine: &Engine, linker: &Linker<State>, interface: &str, item: &str) -> bool {
        let text = format!(r#"(component (import "wasi:{interface}@0.2.0" (instance {item})))"#);
        linker.instantiate_pre(&Component::new(engine, wat::parse_str(text).unwrap()).unwrap()).is_ok()
    }

    #[test]
    fn what_is_offered_is_what_is_linked() {
        let engine = Engine::new(&engine::config()).unwrap();
        let mut contract = Linker::new(&engine);
        Plugin::add_to_linker::<_, HasSelf<_>>(&mut contract, |state: &mut State| &mut state.host).unwrap();
        let linker = linker(&contract).unwrap();
        let resources = [
            ("io/error", "error"),
            ("io/poll", "pollable"),
            ("io/streams", "input-stream"),
            ("cli/terminal-input", "terminal-input"),
            ("cli/terminal-output", "terminal-output"),
            ("filesystem/types", "descriptor"),
            ("sockets/network", "network"),
            ("sockets/tcp", "tcp-socket"),
            ("sockets/udp", "udp-socket"),
            ("sockets/ip-name-lookup", "resolve-address-stream"),
        ];
        let functions = [
            ("cli/environment", "get-arguments", "(result (list string))"),
            ("random/random", "get-random-u64", "(result u64)"),
            ("random/insecure", "get-insecure-random-u64", "(result u64)"),
            ("random/insecure-seed", "insecure-seed", "(result (tuple u64 u64))"),
            ("clocks/monotonic-clock", "now", "(result u64)"),
        ];
        for (interface, resource) in resources {
            assert!(INTERFACES.contains(&interface), "{interface}");
            let item = format!(r#"(export "{resource}" (type (sub resource)))"#);
            assert!(links(&engine, &linker, interface, &item), "{interface}");
            assert!(!links(&engine, &contract, interface, &item), "{interface} without WASI");
        }
        for (interface, function, signature) in functions {
            assert!(INTERFACES.contains(&interface), "{interface}");
            let item = format!(r#"(export "{function}" (func {signature}))"#);
            assert!(links(&engine, &linker, interface, &item), "{interface}");
        }
        let http = r#"(export "fields" (type (sub resource)))"#;
        assert!(!links(&engine, &linker, "http/types", http));
    }

    #[test]
    fn releases_of_wasi_two_are_offered_and_nothing_else() {
        for import in ["wasi:cli/environment@0.2.0", "wasi:io/streams@0.2.12"] {
            assert!(offered(import), "{import}");
        }
        for import in [
            "wasi:cli/environment",
            "wasi:cli/environment@0.3.0",
            "wasi:cli/environment@0.2.0-rc-2023",
            "wasi:http/types@0.2.0",
            "wasi:cli/run@0.2.0",
            "gonogo:cli/environment@0.2.0",
        ] {
            assert!(!offered(import), "{import}");
        }
    }
}
