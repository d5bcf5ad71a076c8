//! What must stay fast, and what budget each has: see README.md beside this file.
//!
//! One program, so that it is linked once. `cargo bench -- startup` runs one group.

#![expect(clippy::unwrap_used, reason = "where a bench cannot be set up, there is nothing to measure")]

#[cfg(feature = "dataset")]
mod dataset;
mod digest;
mod end_to_end;
mod guest;
mod host_calls;
mod instantiate;

mod pickles;
mod plan;
mod projects;
mod search;
mod startup;

use criterion::Criterion;

fn main() {
    let mut criterion = Criterion::default().sample_size(20).configure_from_args();
    startup::startup(&mut criterion);
    plan::plan(&mut criterion);
    instantiate::instantiate(&mut criterion);
    host_calls::host_calls(&mut criterion);
    digest::digest(&mut criterion);
    #[cfg(feature = "dataset")]
    dataset::dataset(&mut criterion);
    search::search(&mut criterion);
    pickles::pickles(&mut criterion);
    end_to_end::end_to_end(&mut criterion);
    criterion.final_summary();
}
