//! The one integration-test binary: what only holds when all parts run together.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets what it did not expect ends, and says where"
)]

// What must hold.
mod cli; // the program as people run it, on real projects and real faults
