use gonogo_sdk::{Check, JsonSchema, Report, Stop, system};
use serde::Deserialize;

/// Enough logical cores are usable
///
/// Usable is the least of the affinity mask and the tightest cgroup quota: a board with 64 cores is no help to a container that may use 2.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cpu {
    /// Fewest usable logical cores.
    #[serde(default = "minimum")]
    minimum: f64,
}

fn minimum() -> f64 {
    4.0
}

impl Check for Cpu {
    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        let cpu = system::cpu()?;
        let usable: f64 = cpu.need("usable")?;
        report.fact("usable", usable).unit("1").bound(format!(">= {}", self.minimum));
        report.summary(format!("{usable} usable cores"));
        if usable < self.minimum {
            report.no_go(format!("{usable} usable cores, at least {} wanted", self.minimum));
        }
        Ok(())
    }
}
