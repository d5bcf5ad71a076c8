use gonogo_sdk::{Check, JsonSchema, Report, Size, Stop, system};
use serde::Deserialize;

/// Memory is as large as asked for
///
/// Usable memory is the least of the board's and the cgroup's.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(crate = "gonogo_sdk::schemars")]
pub struct Memory {
    /// Least memory that this run may use.
    #[serde(default = "minimum")]
    minimum: Size,
}

fn minimum() -> Size {
    Size::gib(16)
}

impl Check for Memory {
    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        let usable = Size::from(system::memory()?.need::<u64>("usable")?);
        let bound = format!(">= {}", self.minimum.bytes());
        report.fact("usable memory", usable.bytes()).unit("B").bound(bound);
        report.summary(format!("{usable} of memory"));
        if usable < self.minimum {
            report
                .no_go(format!("{usable} of memory, at least {} wanted", self.minimum))
                .hint("raise the memory limit of its cgroup, or run it on a larger machine");
        }
        Ok(())
    }
}
