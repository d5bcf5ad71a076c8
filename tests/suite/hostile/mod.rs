//! Guests and inputs that attack, one file for each area. The expected end is always the same: that one job is unknown with the
//! reason named, or the plugin is refused with a clear error; every other job gives its outcome; nothing hangs.

mod advisories; // classes of past faults of the engine, so that an upgrade cannot bring one back unseen
mod archives; // archives that are bombs, broken, endless, or lie about themselves
mod bulk; // walks, searches, digests and contents: without end, without bound, and out of the grant
mod cache; // compiled code that somebody else wrote
mod compile; // components that exhaust a compiler
mod cpu; // code that never ends, in each place that runs code
mod environment; // secrets that a job was shown, on their way out
mod features; // parts of WebAssembly that are off
mod files; // bytes outside of what a job was granted
mod memory; // memory, tables, stack, and data handed to the host
mod packages; // files that are no plugin of this contract
mod resources; // handles to what the host keeps for a guest, and what a guest leaves behind
mod semantics; // guests that lie about what they found, who they are, and what they are
mod text; // characters that act, and bytes that are no text
mod wall_clock; // host calls that wait
mod wasi; // what a language's runtime gets of WASI: nothing
