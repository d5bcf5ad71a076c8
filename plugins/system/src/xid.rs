//! What the NVIDIA driver's XID numbers in the kernel log mean, and what to do about each.

use gonogo_sdk::{Attributes, Report, Severity};

use crate::device;

/// What mends it.
#[derive(Clone, Copy)]
enum Action {
    /// The program did it.
    Program,
    /// Only the program that met it is lost.
    Restart,
    /// The GPU must start afresh.
    Reset,
    /// The machine must start afresh.
    Reboot,
    /// The link between GPUs.
    Link,
    /// It is in no table here.
    LookUp,
}

impl Action {
    const fn hint(self) -> &'static str {
        match self {
            Self::Program => {
                "look at the program first: run it under `compute-sanitizer`, with CUDA_LAUNCH_BLOCKING=1; if another program shows it too, run `dcgmi diag -r 3`"
            }
            Self::Restart => {
                "restart the program that met it from its last checkpoint; reset the GPU when it is idle: sudo nvidia-smi --gpu-reset -i {gpu}"
            }
            Self::Reset => {
                "stop what uses the GPU and reset it: sudo nvidia-smi --gpu-reset -i {gpu}; if it comes back, run `dcgmi diag -r 3` and have the GPU replaced"
            }
            Self::Reboot => {
                "drain the node and restart the machine: sudo systemctl reboot; if it comes back, reseat or replace the GPU"
            }
            Self::LookUp => "look it up in NVIDIA's XID catalogue (docs.nvidia.com/deploy/xid-errors)",
            Self::Link => {
                "see `nvidia-smi nvlink --status` and `nvidia-smi nvlink --errorcounters`; reset all GPUs of the link: sudo nvidia-smi --gpu-reset; if it comes back, have the link checked"
            }
        }
    }
}

/// Number, meaning, whether the run must not start, action. Sources: NVIDIA's XID catalogue, and the choice of no-go that the node
/// checkers of large clusters (gpud, Meta's gcm, azurehpc-health-checks) agree on.
const TABLE: &[(u32, &str, Severity, Action)] = &[
    (13, "graphics engine exception", Severity::Warn, Action::Program),
    (31, "GPU memory page fault", Severity::Warn, Action::Program),
    (43, "GPU stopped processing", Severity::Warn, Action::Program),
    (45, "work removed after an earlier error or an ended program", Severity::Warn, Action::Program),
    (48, "double-bit ECC error", Severity::NoGo, Action::Reset),
    (56, "display engine error", Severity::NoGo, Action::Reset),
    (57, "error while programming the video memory interface", Severity::NoGo, Action::Reset),
    (58, "unstable video memory interface", Severity::NoGo, Action::Reset),
    (62, "internal microcontroller halted", Severity::NoGo, Action::Reset),
    (63, "memory page retired or row remapped", Severity::NoGo, Action::Reset),
    (64, "memory page could not be retired or row not remapped", Severity::NoGo, Action::Reset),
    (65, "video processor exception", Severity::NoGo, Action::Reset),
    (68, "video decoder exception", Severity::NoGo, Action::Reset),
    (69, "graphics engine class error", Severity::NoGo, Action::Reset),
    (73, "video encoder error", Severity::NoGo, Action::Reset),
    (74, "NVLink error", Severity::NoGo, Action::Link),
    (79, "GPU has fallen off the bus", Severity::NoGo, Action::Reboot),
    (80, "corrupted data sent to the GPU", Severity::NoGo, Action::Reset),
    (81, "VGA subsystem error", Severity::NoGo, Action::Reset),
    (92, "high rate of single-bit ECC errors", Severity::NoGo, Action::Reset),
    (94, "contained memory error", Severity::Warn, Action::Restart),
    (95, "uncontained memory error", Severity::NoGo, Action::Reset),
    (109, "context switch timed out", Severity::NoGo, Action::Reset),
    (110, "security fault", Severity::NoGo, Action::Reset),
    (119, "GPU system processor does not answer", Severity::NoGo, Action::Reset),
    (120, "GPU system processor error", Severity::NoGo, Action::Reset),
    (136, "NVLink training failed", Severity::NoGo, Action::Link),
    (140, "unrecovered ECC error", Severity::NoGo, Action::Reset),
    (143, "GPU could not be initialised", Severity::NoGo, Action::Reset),
    (155, "NVLink software-defined error", Severity::NoGo, Action::Link),
    (156, "memory resource retired", Severity::NoGo, Action::Reset),
    (158, "fatal GPU timeout", Severity::NoGo, Action::Reset),
];

/// Judges the XIDs among kernel events: each number once for each GPU, and only those of GPUs that this run may use.
pub fn judge(report: &mut Report, events: &[Attributes], gpus: &[Attributes]) {
    let mut seen: Vec<(u32, String, usize)> = Vec::new();
    for event in events.iter().filter(|event| category(event) == "xid") {
        let number = match event.need::<u32>("xid") {
            Ok(number) => number,
            Err(error) => {
                report.unknown(format!("the kernel log has an XID whose number cannot be told: {error}"));
                continue;
            }
        };
        let pci = event.get::<String>("pci").ok().flatten().unwrap_or_default();
        match seen.iter_mut().find(|(other, place, _)| *other == number && bus(place) == bus(&pci)) {
            Some((_, _, times)) => *times += 1,
            None => seen.push((number, pci, 1)),
        }
    }
    let mut counted = 0;
    for (number, pci, times) in seen {
        let gpu = gpus.iter().find(|gpu| {
            let other = gpu.get::<String>("pci").ok().flatten().unwrap_or_default();
            !pci.is_empty() && bus(&other) == bus(&pci)
        });
        if gpu.is_some_and(|gpu| !device::visible(gpu)) {
            continue;
        }
        counted += times;
        let place = match (gpu, pci.as_str()) {
            (Some(gpu), _) => device::label(gpu),
            (None, "") => "a GPU".to_owned(),
            (None, pci) => format!("the GPU at {pci}"),
        };
        let times = if times == 1 { String::new() } else { format!(", {times} times") };
        let (meaning, severity, action) = TABLE
            .iter()
            .find(|(other, ..)| *other == number)
            .map_or(("not in the table of known ones", Severity::Warn, Action::LookUp), |row| {
                (row.1, row.2, row.3)
            });
        let id = match gpu {
            Some(_) => place.trim_start_matches("GPU "),
            None if pci.is_empty() => "ID",
            None => &pci,
        };
        report
            .finding(severity, format!("XID {number} on {place}: {meaning}{times}"))
            .hint(action.hint().replace("{gpu}", id));
    }
    report.fact("XIDs in the kernel log", counted).unit("1").bound("none of the table's no-go ones");
}

/// What a kernel event is about.
pub fn category(event: &Attributes) -> String {
    event.get("category").ok().flatten().unwrap_or_default()
}

/// A PCI address in the one form that all its spellings have: without domain and function.
fn bus(address: &str) -> String {
    let address = address.to_ascii_lowercase();
    let address = address.split('.').next().unwrap_or_default();
    let parts: Vec<&str> = address.split(':').collect();
    parts[parts.len().saturating_sub(2)..].join(":")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_unique_and_in_order() {
        assert!(TABLE.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn spellings_of_an_address_are_one() {
        assert_eq!(bus("00000000:3B:00.0"), bus("0000:3b:00"));
        assert_ne!(bus("0000:3b:00"), bus("0000:3c:00"));
    }
}
