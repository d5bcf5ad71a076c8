//! Holds a job's memory to its limits.

use wasmtime::ResourceLimiter;

use crate::domain::limits::{INSTANCES, MEMORIES, MEMORY_BYTES, TABLE_ELEMENTS};

/// Holds all memories and tables of one store, together, to the limits.
#[derive(Debug, Default)]
pub struct Limiter {
    memory: usize,
    elements: usize,
    /// The first limit that was met, in words.
    pub met: Option<&'static str>,
}

impl Limiter {
    /// Bytes of all memories together. They never shrink.
    pub fn memory(&self) -> usize {
        self.memory
    }

    fn allow(&mut self, within: bool, limit: &'static str) -> bool {
        if !within {
            self.met.get_or_insert(limit);
        }
        within
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let memory = self.memory.saturating_add(desired.saturating_sub(current));
        let allowed = self.allow(memory <= MEMORY_BYTES, "256 MiB of memory");
        if allowed {
            self.memory = memory;
        }
        Ok(allowed)
    }

    fn table_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let elements = self.elements.saturating_add(desired.saturating_sub(current));
        let allowed = self.allow(elements <= TABLE_ELEMENTS, "200,000 table elements");
        if allowed {
            self.elements = elements;
        }
        Ok(allowed)
    }

    fn instances(&self) -> usize {
        INSTANCES as usize
    }

    fn tables(&self) -> usize {
        MEMORIES as usize
    }

    fn memories(&self) -> usize {
        MEMORIES as usize
    }
}
