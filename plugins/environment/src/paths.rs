use gonogo_sdk::{Check, Error, JsonSchema, Readable, Report, Severity, Stop, counted, files};
use serde::{Deserialize, Serialize};

/// Each path variable names something that is there, with the access that it needs
///
/// A path is written with its variable: `${DATA_DIR}`, `${SCRATCH}/cache`. A path that is named here and whose variable is not set leaves the item open. Access is that of the
/// user who runs gonogo, as the kernel answers it.
///
/// Without parameters, the conventional path variables that are set are judged: caches and temporary folders must be writable once they are there, toolkits readable.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(crate = "gonogo_sdk::schemars")]
pub struct Paths {
    /// The paths.
    #[serde(default = "conventional")]
    paths: Vec<Wanted>,
}

/// What must hold of one path.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(crate = "gonogo_sdk::schemars")]
struct Wanted {
    /// The path, such as `${DATA_DIR}`.
    path: Option<Readable>,
    /// The access that is needed.
    #[serde(default)]
    access: Access,
    /// What it must be.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<Kind>,
    /// Whether it need not be there: it is made at first use.
    #[serde(default)]
    optional: bool,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(crate = "gonogo_sdk::schemars")]
enum Access {
    /// Its content can be read, or its names listed.
    #[default]
    Read,
    /// It can be read and written.
    Write,
    /// It can be run, or entered.
    Execute,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(crate = "gonogo_sdk::schemars")]
enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
}

/// What training stacks call their folders: the variable, whether it is written to, whether it is made at first use.
const CONVENTIONAL: &[(&str, Access, bool)] = &[
    ("TMPDIR", Access::Write, false),
    ("DATA_DIR", Access::Read, false),
    ("DATASET_DIR", Access::Read, false),
    ("CHECKPOINT_DIR", Access::Write, false),
    ("OUTPUT_DIR", Access::Write, true),
    ("HF_HOME", Access::Write, true),
    ("HF_HUB_CACHE", Access::Write, true),
    ("HF_DATASETS_CACHE", Access::Write, true),
    ("TRANSFORMERS_CACHE", Access::Write, true),
    ("TORCH_HOME", Access::Write, true),
    ("TRITON_CACHE_DIR", Access::Write, true),
    ("TORCHINDUCTOR_CACHE_DIR", Access::Write, true),
    ("WANDB_DIR", Access::Write, true),
    ("XDG_CACHE_HOME", Access::Write, true),
    ("CUDA_HOME", Access::Read, false),
    ("ROCM_PATH", Access::Read, false),
];

fn conventional() -> Vec<Wanted> {
    let wanted = |&(variable, access, optional): &(&str, Access, bool)| Wanted {
        path: Some(Readable(format!("${{{variable}}}"))),
        access,
        kind: Some(Kind::Directory),
        optional,
    };
    CONVENTIONAL.iter().map(wanted).collect()
}

impl Check for Paths {
    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        let named = self.paths.iter().filter_map(|wanted| Some((wanted, wanted.path.as_deref()?)));
        let named = named.collect::<Vec<_>>();
        if named.is_empty() {
            return Err(Stop::not_applicable(
                "no conventional path variable is set, and no path is named in 'paths'",
            ));
        }
        for (wanted, path) in &named {
            if let Err(error) = wanted.judge(path, report) {
                report.unknown(format!("{path}: {error}")).at(*path);
            }
        }
        let paths = counted(named.len() as u64, "path");
        report.summary(match report.worst() {
            None | Some(Severity::Note) => format!("{paths} with the access needed"),
            Some(_) => format!("{paths}, {}", counted(report.findings() as u64, "problem")),
        });
        Ok(())
    }
}

impl Wanted {
    fn judge(&self, path: &str, report: &mut Report) -> Result<(), Error> {
        let found = match files::stat(path, true) {
            Err(Error::NotFound(_)) if self.optional => {
                report.note(format!("{path} is not there yet: it is made at first use")).at(path);
                return Ok(());
            }
            Err(Error::NotFound(_)) => {
                report.no_go(format!("{path} is not there")).at(path).hint(format!("mkdir -p {path}"));
                return Ok(());
            }
            found => found?,
        };
        let kind: String = found.need("kind")?;
        report.fact(path, kind.clone()).bound(self.bound());
        let wanted = match self.kind {
            Some(Kind::File) => "file",
            Some(Kind::Directory) => "directory",
            None => &kind,
        };
        if kind != wanted {
            report.no_go(format!("{path} is a {kind}, and a {wanted} is wanted")).at(path);
            return Ok(());
        }
        let missing = self.access.attributes().iter().filter_map(|name| match found.need::<bool>(name) {
            Ok(true) => None,
            Ok(false) => Some(Ok(*name)),
            Err(error) => Some(Err(error)),
        });
        let missing = missing.collect::<Result<Vec<_>, _>>()?;
        if !missing.is_empty() {
            let message = format!("{path} is not {} by this user", missing.join(" and "));
            report.no_go(message).at(path).hint(format!("ls -ld {path}"));
        }
        Ok(())
    }

    fn bound(&self) -> String {
        let kind = match self.kind {
            Some(Kind::File) => "a file, ",
            Some(Kind::Directory) => "a directory, ",
            None => "",
        };
        format!("{kind}{}", self.access.attributes().join(" and "))
    }
}

impl Access {
    /// The attributes of a path that must be true.
    fn attributes(self) -> &'static [&'static str] {
        match self {
            Self::Read => &["readable"],
            Self::Write => &["readable", "writable"],
            Self::Execute => &["executable"],
        }
    }
}
