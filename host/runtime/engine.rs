//! The engine: which parts of WebAssembly are on, and how deadlines reach guests.

use std::{thread, time::Duration};

use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig, WasmFeatures,
};

use crate::domain::limits::{
    INSTANCES, JOBS_AT_ONCE, KEPT_MEMORY_BYTES, KEPT_TABLE_BYTES, MEMORIES, STACK_BYTES, TABLE_ELEMENTS, TICK,
};

/// The sandbox's configuration: the fewest features that the supported languages need. A test asserts what is on.
pub fn config() -> Config {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .wasm_bulk_memory(true)
        .wasm_multi_value(true)
        .wasm_simd(true)
        .wasm_extended_const(true)
        // Go's and Python's toolchains emit several memories through their adapters.
        .wasm_multi_memory(true)
        .wasm_relaxed_simd(false)
        .wasm_tail_call(false)
        .wasm_memory64(false)
        // On by default, and without setters of their own where the crate's feature `gc` is off.
        .wasm_features(WasmFeatures::GC | WasmFeatures::FUNCTION_REFERENCES, false)
        .wasm_custom_page_sizes(false)
        .wasm_wide_arithmetic(false)
        .shared_memory(false)
        // Guests run to their end on a thread of their own; nothing in the contract is asynchronous.
        .concurrency_support(false)
        .epoch_interruption(true)
        .max_wasm_stack(STACK_BYTES)
        // No report shows wasm frames, and maps from addresses to them double the compiled code.
        .wasm_backtrace_max_frames(None)
        .generate_address_map(false)
        .native_unwind_info(false)
        // Plugins come optimised by their own compiler: a second time makes the first run a quarter slower and no check faster.
        .cranelift_opt_level(OptLevel::None);
    config
}

/// With so few jobs each maps its own memory: to make the pool takes as long as it saves for ten.
const FEW: usize = 10;

/// Address space for the memories of as many jobs as can be at once, set aside once: a job takes a slot and gives it back wiped. Mapping and
/// unmapping memory for each job is what many short jobs would spend most of their time on, and each time the other cores are interrupted.
fn pool(jobs: usize) -> InstanceAllocationStrategy {
    // As many again, for jobs that were given up with their threads and still hold theirs.
    let jobs = 2 * jobs.min(usize::from(JOBS_AT_ONCE)) as u32;
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(jobs)
        .total_core_instances(jobs * INSTANCES)
        .total_memories(jobs * MEMORIES)
        .total_tables(jobs * MEMORIES)
        // Room for whatever a guest may ask for: that it gets no more than its limits is the limiter's to say.
        .max_memories_per_module(INSTANCES)
        .max_tables_per_module(INSTANCES)
        .max_memory_size(1 << 32)
        .table_elements(100 * TABLE_ELEMENTS)
        .max_core_instance_size(16 << 20)
        .max_component_instance_size(16 << 20)
        .linear_memory_keep_resident(KEPT_MEMORY_BYTES)
        .table_keep_resident(KEPT_TABLE_BYTES)
        .max_unused_warm_slots(0)
        // Nothing runs on a stack of its own, and each would be mapped and guarded before the first job.
        .total_stacks(1)
        .pagemap_scan(Enabled::Auto);
    InstanceAllocationStrategy::Pooling(pool)
}

/// Whether `ulimit -v` is set, as some batch systems do. Compiled code depends on it.
pub fn address_space_is_bounded() -> bool {
    rustix::process::getrlimit(rustix::process::Resource::As).current.is_some()
}

/// The configuration for a process whose address space is bounded, or not. With 4 GiB of addresses for each memory no bounds need be
/// checked; where addresses are scarce they are, and each job maps little.
fn config_for(bounded: bool) -> Config {
    let mut config = config();
    if bounded {
        config.memory_reservation(0).memory_reservation_for_growth(1 << 20).memory_guard_size(0);
    }
    config
}

/// An engine that only compiles: its code is for an engine of a process with such an address space.
///
/// # Errors
/// On a processor that Cranelift has no code for.
pub fn compiler(bounded: bool) -> wasmtime::Result<Engine> {
    Engine::new(&config_for(bounded))
}

/// Makes the engine that runs so many jobs in all, and the thread that moves its clock: without it no endless loop would ever end. It runs what
/// [`compiler`] compiled, and compiles nothing itself.
///
/// # Errors
/// On a processor that Cranelift has no code for, and where the system gives no thread.
pub fn engine(jobs: usize) -> wasmtime::Result<Engine> {
    let bounded = address_space_is_bounded();
    let mut config = config_for(bounded);
    config.enable_compiler(false);
    let engine = match bounded || jobs <= FEW {
        true => Engine::new(&config),
        false => Engine::new(config.clone().allocation_strategy(pool(jobs))).or_else(|error| {
            tracing::debug!("no pool of memories, each job maps its own: {error}");
            Engine::new(&config)
        }),
    }?;
    let clocked = engine.weak();
    let tick = move || {
        while let Some(engine) = clocked.upgrade() {
            engine.increment_epoch();
            drop(engine);
            thread::sleep(TICK);
        }
    };
    thread::Builder::new().name("clock".to_owned()).spawn(tick)?;
    Ok(engine)
}

/// Ticks needed for a timeout, rounded up.
pub fn ticks(timeout: Duration) -> u64 {
    (timeout.as_micros() / TICK.as_micros()) as u64 + 1
}

#[cfg(test)]
mod tests {
    use wasmtime::component::Component;

    use super::*;

    /// A feature that is on is code that an attacker can reach: whoever turns one on changes this list.
    #[test]
    fn the_features_that_are_on() {
        let on = Engine::new(&config()).unwrap().get_wasm_features();
        let expected = WasmFeatures::MUTABLE_GLOBAL
            | WasmFeatures::SATURATING_FLOAT_TO_INT
            | WasmFeatures::SIGN_EXTENSION
            | WasmFeatures::REFERENCE_TYPES
            | WasmFeatures::MULTI_VALUE
            | WasmFeatures::BULK_MEMORY
            | WasmFeatures::SIMD
            | WasmFeatures::MULTI_MEMORY
            | WasmFeatures::EXTENDED_CONST
            | WasmFeatures::FLOATS
            | WasmFeatures::COMPONENT_MODEL;
        assert_eq!(on, expected, "unexpected: {:?}, missing: {:?}", on - expected, expected - on);
    }

    #[test]
    #[expect(unsafe_code, reason = "the code was compiled here")]
    fn what_is_compiled_for_such_an_address_space_runs_with_few_jobs_and_many() {
        let component =
            wat::parse_str("(component (core module (memory 1) (func (export \"f\") nop)))").unwrap();
        let bounded = address_space_is_bounded();
        let [fitting, other] = [bounded, !bounded]
            .map(|bounded| compiler(bounded).unwrap().precompile_component(&component).unwrap());
        for jobs in [1, usize::MAX] {
            let engine = engine(jobs).unwrap();
            // SAFETY: it is what `compiler` just made.
            let loads = |code: &[u8]| unsafe { Component::deserialize(&engine, code) }.is_ok();
            assert!(loads(&fitting) && !loads(&other), "{jobs} jobs");
        }
    }

    #[test]
    fn a_timeout_is_never_cut_short() {
        assert_eq!(ticks(Duration::ZERO), 1);
        assert_eq!(ticks(TICK * 3), 4);
    }
}
