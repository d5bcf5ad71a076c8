//! The one integration-test binary: what only holds when all parts run together.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets what it did not expect ends, and says where"
)]

// How the tests work.
mod guest; // a guest made by hand: a core module in text, turned into a component
mod image; // what a guest says, laid out in its memory by the canonical ABI
mod sandbox; // runs a guest through the real runtime, beside others

// What must hold.
mod bindings; // what the SDKs of Go and C have of the contract, checked in, is up to date
mod c; // the C SDK by its own tests, its examples, and what is particular to building in C
mod cli; // the program as people run it, on real projects and real faults
mod conformance; // every SDK describes itself and decides as the Rust reference does
mod dist; // the built plugins are of these sources, small, and free of WASI
mod go; // the Go SDK by its own tests, and what is particular to building in Go
mod hostile; // every area of attacks on the sandbox, one file each
mod new; // what `plugin new` makes builds, passes and runs, in every language
mod python; // the Python SDK by its own tests, and what is particular to building in Python
mod tidy; // the source tree: layers, names, cases, lengths, reasons
