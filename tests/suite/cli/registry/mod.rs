//! Plugins and bundles in a real registry: Debian's docker-registry, started by each test.

// How the tests work.
mod daemon; // the registry, its storage on disk, and what is put there by hand
mod proxy; // a line that breaks

// What must hold.
mod large; // a gigabyte goes through in bounded memory
mod signatures; // ssh-keygen agrees, cosign's are verified, and policies hold
mod transfers; // push, pull, tags, digests, lines that break, registries that lie
