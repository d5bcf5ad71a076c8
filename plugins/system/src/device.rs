//! The health of one GPU as its management library tells it.

use gonogo_sdk::{Attributes, Report, Severity, Value};

use crate::figure::{Figure, Unit, get};

/// A counter of errors and how high it may be.
struct Count {
    attribute: &'static str,
    words: &'static str,
    most: f64,
    otherwise: Severity,
    hint: &'static str,
}

const RESET: &str = "stop what uses the GPU and reset it: sudo nvidia-smi --gpu-reset -i {gpu}; if it comes back, run `dcgmi diag -r 3` and have the GPU replaced";
const WATCH: &str = "run `dcgmi diag -r 3 -i {gpu}` when the node is idle; have the GPU replaced if the count keeps rising: nvidia-smi -q -d ECC -i {gpu}";
const REPLACE: &str = "have the GPU replaced: `nvidia-smi -q -d PAGE_RETIREMENT,ROW_REMAPPER -i {gpu}` has the figures for the vendor";

/// Bounds of the node checkers of large clusters (gpud, Meta's gcm, azurehpc-health-checks).
const COUNTS: &[Count] = &[
    Count {
        attribute: "ecc-volatile-uncorrectable",
        words: "uncorrectable ECC errors",
        most: 0.0,
        otherwise: Severity::NoGo,
        hint: RESET,
    },
    Count {
        attribute: "ecc-volatile-correctable-sram",
        words: "correctable SRAM errors",
        most: 10_000.0,
        otherwise: Severity::Warn,
        hint: WATCH,
    },
    Count {
        attribute: "ecc-volatile-correctable-dram",
        words: "correctable DRAM errors",
        most: 20_000_000.0,
        otherwise: Severity::Warn,
        hint: WATCH,
    },
    Count {
        attribute: "retired-pages",
        words: "retired pages",
        most: 10.0,
        otherwise: Severity::NoGo,
        hint: REPLACE,
    },
    Count {
        attribute: "remap-uncorrectable",
        words: "rows remapped for uncorrectable errors",
        most: 512.0,
        otherwise: Severity::NoGo,
        hint: REPLACE,
    },
    Count {
        attribute: "nvlink-errors",
        words: "NVLink errors",
        most: 0.0,
        otherwise: Severity::Warn,
        hint: "see `nvidia-smi nvlink --errorcounters -i {gpu}`; reset the GPU, and have the link checked if the count rises again",
    },
];

/// Conditions that must not be, with what each means and what mends it.
const FLAGS: &[(&str, &str, &str)] = &[
    ("remap-pending", "row remap pending: a row of memory is bad and is replaced at the next reset", RESET),
    ("remap-failed", "row remap failed: a row of memory is bad and no spare is left", REPLACE),
];

/// NVML's throttle reasons that slow a GPU for trouble. Idle (0x1), application clocks (0x2) and the software power cap (0x4) are normal.
const THROTTLES: &[(i64, &str)] = &[
    (0x08, "hardware slowdown"),
    (0x20, "software thermal slowdown"),
    (0x40, "hardware thermal slowdown"),
    (0x80, "power brake"),
];

/// Whether this process may use a GPU; one of which that cannot be told counts as usable, so that it is judged.
pub fn visible(gpu: &Attributes) -> bool {
    gpu.get("visible").ok().flatten() != Some(false)
}

/// `GPU 3`.
pub fn label(gpu: &Attributes) -> String {
    let index = gpu.get::<i64>("index").ok().flatten().map(|index| index.to_string());
    format!(
        "GPU {}",
        index.unwrap_or_else(|| gpu.get("pci").ok().flatten().unwrap_or_else(|| "?".to_owned()))
    )
}

/// Why a GPU is not there any more although the driver lists it: lost from the bus, or waiting for a reset.
pub fn lost(gpu: &Attributes) -> Option<String> {
    let failures = || {
        gpu.iter().filter_map(|(name, value)| match value {
            Value::Failed { failed } => Some((name, failed.to_string())),
            _ => None,
        })
    };
    // What the driver's library says of such a device, in the words of its errors.
    let said = failures().map(|(_, why)| why).find(|why| {
        let why = why.to_ascii_lowercase();
        ["lost", "off the bus", "requires a reset"].iter().any(|words| why.contains(words))
    });
    said.or_else(|| {
        let failed: Vec<_> = failures().collect();
        let all = ["memory-total", "temperature"]
            .iter()
            .all(|name| failed.iter().any(|(failed, _)| failed == name));
        failed.into_iter().next().filter(|_| all).map(|(_, why)| why)
    })
}

/// Whether a GPU is there; one that is lost is a no-go.
pub fn there(report: &mut Report, gpu: &Attributes) -> bool {
    let lost = lost(gpu);
    if let Some(why) = &lost {
        report.no_go(format!("{} is lost or needs a reset: {why}", label(gpu))).hint(
            "drain the node and reset it: sudo nvidia-smi --gpu-reset, else sudo systemctl reboot; if it comes back, reseat or replace the GPU",
        );
    }
    lost.is_none()
}

/// Judges what a GPU says of its health. `warm` is the temperature from which on there is a warning.
pub fn judge(report: &mut Report, gpu: &Attributes, warm: Option<f64>, switches: bool) {
    let label = label(gpu);
    let index = label.trim_start_matches("GPU ");
    let hint = |hint: &str| hint.replace("{gpu}", index);
    for count in COUNTS {
        if let Some(value) = get(report, gpu, count.attribute, &label) {
            let name = format!("{label} {}", count.words);
            Figure::new(&name, value, Unit::Count).at_most(
                report,
                count.most,
                count.otherwise,
                &hint(count.hint),
            );
        }
    }
    for (attribute, words, mends) in FLAGS {
        if let Some(value) = get::<bool>(report, gpu, attribute, &label) {
            report.fact(format!("{label} {attribute}"), value).bound("= false");
            if value {
                report.no_go(format!("{label}: {words}")).hint(hint(mends));
            }
        }
    }
    temperature(report, gpu, &label, warm);
    throttling(report, gpu, &label);
    pcie(report, gpu, &label);
    nvlink(report, gpu, &label, switches);
}

fn temperature(report: &mut Report, gpu: &Attributes, label: &str, warm: Option<f64>) {
    let hint = format!(
        "check fans, airflow and the room; `nvidia-smi -q -d TEMPERATURE -i {}` has the limits",
        label.trim_start_matches("GPU ")
    );
    let Some(temperature) = get::<f64>(report, gpu, "temperature", label) else { return };
    let name = format!("{label} temperature");
    let figure = Figure::new(&name, temperature, Unit::Celsius);
    match warm {
        Some(most) => _ = figure.at_most(report, most, Severity::Warn, &hint),
        None => figure.fact(report),
    }
    if let Some(slowdown) = get::<f64>(report, gpu, "temperature-slowdown", label) {
        let name = format!("{label} margin to slowdown");
        let margin = slowdown - temperature;
        Figure::new(&name, margin, Unit::Celsius).at_least(report, 1.0, Severity::NoGo, &hint);
    }
}

fn throttling(report: &mut Report, gpu: &Attributes, label: &str) {
    let Some(bits) = get::<i64>(report, gpu, "throttle-reasons", label) else { return };
    report.fact(format!("{label} throttle reasons"), bits).unit("1").bound("none of 0x8, 0x20, 0x40, 0x80");
    let reasons: Vec<&str> =
        THROTTLES.iter().filter(|(bit, _)| bits & bit != 0).map(|(_, words)| *words).collect();
    if !reasons.is_empty() {
        report.warn(format!("{label} is throttled: {}", reasons.join(", "))).hint(
            "check cooling and power supply; `nvidia-smi -q -d PERFORMANCE,POWER,TEMPERATURE` says since when",
        );
    }
}

fn pcie(report: &mut Report, gpu: &Attributes, label: &str) {
    const HINT: &str = "reseat the GPU or its riser, and look at the slot's settings in the BIOS; `sudo lspci -vv` shows LnkSta against LnkCap";
    let mut pair =
        |now, most| Some((get::<f64>(report, gpu, now, label)?, get::<f64>(report, gpu, most, label)?));
    let width = pair("link-width", "link-width-maximum");
    let generation = pair("link-generation", "link-generation-maximum");
    if let Some((now, most)) = width {
        Figure::new(&format!("{label} PCIe lanes"), now, Unit::Count).at_least(
            report,
            most,
            Severity::Warn,
            HINT,
        );
    }
    if let Some((now, most)) = generation {
        // A GPU with nothing to do slows its link to save power: only one that works shows its link's speed.
        let works = get::<f64>(report, gpu, "utilisation", label).is_some_and(|share| share > 0.05);
        let (otherwise, hint) = match works {
            true => (Severity::Warn, HINT),
            false => (Severity::Note, "an idle GPU slows its link to save power: look again while it works"),
        };
        Figure::new(&format!("{label} PCIe generation"), now, Unit::Count)
            .at_least(report, most, otherwise, hint);
    }
}

fn nvlink(report: &mut Report, gpu: &Attributes, label: &str, switches: bool) {
    let active = get::<f64>(report, gpu, "nvlinks-active", label);
    if let Some(inactive) = get::<f64>(report, gpu, "nvlinks-inactive", label) {
        let name = format!("{label} inactive NVLinks");
        let figure = Figure::new(&name, inactive, Unit::Count);
        // A board without a bridge has none active, and nothing is wrong with it.
        if switches || active.is_some_and(|active| active > 0.0) {
            let hint = "see `nvidia-smi nvlink --status`; reset all GPUs (sudo nvidia-smi --gpu-reset), restart the fabric manager (sudo systemctl restart nvidia-fabricmanager)";
            figure.at_most(report, 0.0, Severity::NoGo, hint);
        } else {
            figure.fact(report);
        }
    }
    if switches && let Some(state) = get::<String>(report, gpu, "fabric-state", label) {
        let judged = match state == "completed" {
            true => Ok(()),
            false => Err((
                Severity::NoGo,
                "sudo systemctl restart nvidia-fabricmanager, then look at `nvidia-smi -q | grep -A3 Fabric` and its log",
            )),
        };
        crate::figure::matching(report, &format!("{label} fabric state"), &state, "= completed", judged);
    }
}
