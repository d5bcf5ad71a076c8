use gonogo_sdk::{
    Attributes, Check, JsonSchema, Report, Severity, Size, Stop,
    schemars::{Schema, SchemaGenerator, json_schema},
    system,
};
use serde::{Deserialize, Deserializer, de};

use crate::{
    figure::{Figure, Unit, get, need},
    system_wide,
};

/// Resource limits of the process and of the system leave room for the run
///
/// Judged are the soft limits, which stop a program; a declared one must be met. `unlimited` is met by nothing less.
///
/// Undeclared, two known failures of data loaders warn: fewer than 4,096 open files (each worker of PyTorch's `DataLoader` shares its batches through file
/// descriptors; the usual 1,024 end in "too many open files" or "received 0 items of ancdata"), and a /dev/shm of less than 1 GiB (with Docker's 64 MiB workers
/// die of "bus error"; PyTorch asks for `--ipc=host` or `--shm-size`, NVIDIA's containers for `--shm-size=1g`). A hard limit below 4,096 open files, which the run cannot raise itself, is a no-go.
///
/// For the whole system, 80 % of the files or of the process ids in use warn and 95 % are a no-go, as node checkers of large clusters (gpud) have it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limits {
    /// Least soft limits of this process.
    #[serde(default)]
    minimum: Minimum,
    /// Least size of /dev/shm.
    shm: Option<Size>,
    /// Fewest memory mappings that a process may have (vm.max_map_count).
    map_count: Option<u32>,
    /// Most bytes in one segment of shared memory must be at least this (kernel.shmmax).
    shm_segment: Option<Size>,
    /// Fewest threads that the system may have (kernel.threads-max).
    threads: Option<u32>,
}

/// Least soft limits: a number, a size such as `8 MiB`, or `unlimited`.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Minimum {
    /// Open files.
    nofile: Option<Amount>,
    /// Processes and threads of this user.
    nproc: Option<Amount>,
    /// Memory that may be locked: `unlimited` for RDMA and pinned buffers.
    memlock: Option<Amount>,
    /// Size of a core dump.
    core: Option<Amount>,
    /// Size of the stack.
    stack: Option<Amount>,
    /// Address space.
    r#as: Option<Amount>,
    /// Size of a file.
    fsize: Option<Amount>,
    /// Data segment.
    data: Option<Amount>,
    /// Real-time priority.
    rtprio: Option<Amount>,
    /// Bytes in POSIX message queues.
    msgqueue: Option<Amount>,
    /// Queued signals.
    sigpending: Option<Amount>,
}

impl Minimum {
    const fn each(&self) -> [(&'static str, Option<Amount>, Unit); 11] {
        [
            ("nofile", self.nofile, Unit::Count),
            ("nproc", self.nproc, Unit::Count),
            ("memlock", self.memlock, Unit::Bytes),
            ("core", self.core, Unit::Bytes),
            ("stack", self.stack, Unit::Bytes),
            ("as", self.r#as, Unit::Bytes),
            ("fsize", self.fsize, Unit::Bytes),
            ("data", self.data, Unit::Bytes),
            ("rtprio", self.rtprio, Unit::Count),
            ("msgqueue", self.msgqueue, Unit::Bytes),
            ("sigpending", self.sigpending, Unit::Count),
        ]
    }
}

/// How much: infinite for `unlimited`.
#[derive(Clone, Copy)]
struct Amount(f64);

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Count(u64),
            Text(String),
        }

        match Written::deserialize(deserializer)? {
            Written::Count(count) => Ok(Self(count as f64)),
            Written::Text(text) if text == "unlimited" => Ok(Self(f64::INFINITY)),
            Written::Text(text) => Size::deserialize(de::value::StringDeserializer::new(text))
                .map(|size| Self(size.bytes() as f64)),
        }
    }
}

impl JsonSchema for Amount {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Amount".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": "integer", "minimum": 0 }, { "const": "unlimited" }, Size::json_schema(generator)] })
    }
}

/// Open files below which data loaders are known to fail.
const FILES: f64 = 4096.0;

/// What NVIDIA's containers ask for when they start.
const SHM: f64 = 1_073_741_824.0;

impl Check for Limits {
    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        let limits = system::limits()?;
        let mut summary = Vec::new();
        for (name, least, unit) in self.minimum.each() {
            let judged = match (least, name) {
                (Some(Amount(least)), _) => soft(report, &limits, name, unit, least, Severity::NoGo),
                (None, "nofile") => files(report, &limits),
                (None, _) => continue,
            };
            summary.extend(judged);
        }
        report.summary(summary.join(", "));
        system_wide::used(report, &limits);
        for (attribute, least, key) in [
            ("map-count-maximum", self.map_count.map(f64::from), "vm.max_map_count"),
            ("shm-maximum", self.shm_segment.map(|size| size.bytes() as f64), "kernel.shmmax"),
            ("threads-maximum", self.threads.map(f64::from), "kernel.threads-max"),
        ] {
            if let Some(least) = least
                && let Some(found) = need(report, &limits, attribute, "limits")
            {
                let hint = format!("sudo sysctl {key}={least}, and a line for it in /etc/sysctl.d");
                Figure::new(key, found, Unit::Count).at_least(report, least, Severity::NoGo, &hint);
            }
        }
        self.shm(report);
        Ok(())
    }
}

impl Limits {
    fn shm(&self, report: &mut Report) {
        let memory = match system::memory() {
            Ok(memory) => memory,
            Err(error) => {
                report.unknown(format!("cannot tell the size of /dev/shm: {error}"));
                return;
            }
        };
        let hint = |size: f64| {
            format!(
                "`docker run --shm-size={size}` or --ipc=host, an emptyDir of medium Memory on /dev/shm in Kubernetes, else `sudo mount -o remount,size={size} /dev/shm`"
            )
        };
        match self.shm {
            Some(least) => {
                if let Some(found) = need(report, &memory, "shm-total", "limits") {
                    let least = least.bytes() as f64;
                    let figure = Figure::new("shared memory", found, Unit::Bytes);
                    figure.at_least(report, least, Severity::NoGo, &hint(least));
                }
            }
            None => {
                if let Some(found) = get(report, &memory, "shm-total", "limits") {
                    let figure = Figure::new("shared memory", found, Unit::Bytes);
                    figure.at_least(report, SHM, Severity::Warn, &hint(SHM));
                }
            }
        }
    }
}

/// The default rule on open files: a soft limit can be raised up to the hard one.
fn files(report: &mut Report, limits: &Attributes) -> Option<String> {
    let hard = get::<f64>(report, limits, "nofile-hard", "limits").unwrap_or(f64::INFINITY);
    let otherwise = if hard < FILES { Severity::NoGo } else { Severity::Warn };
    soft(report, limits, "nofile", Unit::Count, FILES, otherwise)
}

/// Holds one soft limit against its floor; the figure in words.
fn soft(
    report: &mut Report,
    limits: &Attributes,
    name: &str,
    unit: Unit,
    least: f64,
    otherwise: Severity,
) -> Option<String> {
    let found = match limits.get::<f64>(&format!("{name}-soft")) {
        Ok(found) => found,
        Err(error) => {
            report.unknown(format!("limits: cannot tell {name}: {error}"));
            return None;
        }
    };
    let wanted = if least.is_finite() { unit.show(least) } else { "unlimited".to_owned() };
    let title = format!("soft limit {name}");
    let Some(found) = found else {
        // Absent is unlimited: whatever the floor, it is met.
        report.fact(title, "unlimited").bound(format!(">= {wanted}"));
        return Some(format!("{name} unlimited"));
    };
    let shell = ulimit(name, least, unit).map_or_else(String::new, |line| {
        format!("`{line}` in the shell that starts the run (up to the hard limit), ")
    });
    let value = if least.is_finite() { format!("{least}") } else { "unlimited".to_owned() };
    let hint = format!(
        "{shell}`* - {name} {value}` in /etc/security/limits.conf (sizes there in KiB), Limit{}= in a systemd unit, `docker run --ulimit {name}={value}`",
        name.to_ascii_uppercase()
    );
    if least.is_finite() {
        Figure::new(&title, found, unit).at_least(report, least, otherwise, &hint);
    } else {
        report.fact(&*title, unit.show(found)).bound("= unlimited");
        report.finding(otherwise, format!("{title}: {}, unlimited wanted", unit.show(found))).hint(hint);
    }
    Some(format!("{name} {}", unit.show(found)))
}

/// The shell's command that raises a soft limit; it counts most sizes in KiB.
fn ulimit(name: &str, least: f64, unit: Unit) -> Option<String> {
    let (_, option) = [
        ("nofile", 'n'),
        ("nproc", 'u'),
        ("memlock", 'l'),
        ("core", 'c'),
        ("stack", 's'),
        ("as", 'v'),
        ("fsize", 'f'),
        ("data", 'd'),
    ]
    .into_iter()
    .find(|(other, _)| *other == name)?;
    Some(match least {
        least if !least.is_finite() => format!("ulimit -{option} unlimited"),
        least if unit == Unit::Bytes => format!("ulimit -{option} {:.0}", (least / 1024.0).ceil()),
        least => format!("ulimit -{option} {least}"),
    })
}
