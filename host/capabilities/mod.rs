//! The host side of each capability in `wit/`.

pub mod system;
