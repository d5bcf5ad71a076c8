use gonogo_sdk::{
    Check, Duration, Error, JsonSchema, Readable, Report, Severity, Stop, Variable, clock, counted,
    environment,
};
use serde::Deserialize;

use crate::{
    expiry,
    kinds::{Kind, conventional},
    placeholder::is_placeholder,
    required::load,
};

/// Credentials are there, well formed, no placeholders, and do not expire during the run
///
/// Each variable is held against the format of its kind, which its name says by convention (`HF_TOKEN`, `WANDB_API_KEY`, `AWS_ACCESS_KEY_ID`, …) or `kind` does. Values are never seen:
/// the host answers length, matches, and the number that a JSON Web Token gives as `exp`. In the files of `files`, expiry is read from X.509 certificates (also those inside of a kubeconfig) and from what cloud SDKs write
/// (`expiresAt`, `aws_session_expiration`, …): what expires within `remaining` is a no-go. Whether a provider still accepts a credential cannot be told offline.
///
/// Without parameters, those of the conventional variables that are set are judged.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(crate = "gonogo_sdk::schemars")]
pub struct Credentials {
    /// The variables.
    #[serde(default = "variables")]
    variables: Vec<Credential>,
    /// Files that hold credentials or sessions, such as `${HOME}/.kube/config` or an SSO cache.
    #[serde(default)]
    files: Vec<Session>,
    /// A `.env` file that the run will load.
    env_file: Option<Readable>,
    /// How long each must still be valid: longer than the run takes.
    #[serde(default = "day")]
    remaining: Duration,
}

/// One credential in a variable.
#[derive(Deserialize, JsonSchema, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(crate = "gonogo_sdk::schemars")]
struct Credential {
    /// The variable.
    name: Variable,
    /// What it looks like; without it, what its name says.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<Kind>,
    /// Whether it need not be set.
    #[serde(default)]
    optional: bool,
}

/// One file.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(crate = "gonogo_sdk::schemars")]
struct Session {
    /// The file.
    path: Readable,
    /// Whether it need not be there.
    #[serde(default)]
    optional: bool,
}

fn variables() -> Vec<Credential> {
    conventional().map(|name| Credential { name: name.into(), kind: None, optional: true }).collect()
}

fn day() -> Duration {
    Duration::from_seconds(86_400.0)
}

impl Check for Credentials {
    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        load(self.env_file.as_deref(), report)?;
        let mut judged = 0;
        for credential in &self.variables {
            match self.variable(credential, report) {
                Ok(there) => judged += usize::from(there),
                Err(error) => drop(report.unknown(format!("{}: {error}", credential.name))),
            }
        }
        for session in &self.files {
            match self.file(session, report) {
                Ok(there) => judged += usize::from(there),
                Err(error) => drop(report.unknown(format!("{}: {error}", session.path))),
            }
        }
        if judged == 0 && report.findings() == 0 {
            return Err(Stop::not_applicable(
                "none of the conventional credentials is set, and no others are named in 'variables' or 'files'",
            ));
        }
        report.fact("credentials", judged).unit("1");
        let credentials = counted(judged as u64, "credential");
        report.summary(match report.worst() {
            None | Some(Severity::Note) => format!("{credentials} well formed"),
            Some(_) => format!("{credentials}, {}", counted(report.findings() as u64, "problem")),
        });
        Ok(())
    }
}

impl Credentials {
    /// Whether it is set.
    fn variable(&self, credential: &Credential, report: &mut Report) -> Result<bool, Error> {
        let name = &*credential.name;
        let kind = credential.kind.unwrap_or_else(|| Kind::of_variable(name));
        let Some(length) = environment::length(name)? else {
            if !credential.optional {
                report.no_go(format!("{name} is not set")).hint(format!("export {name}=…"));
            }
            return Ok(false);
        };
        report
            .fact(format!("{name} length"), length)
            .unit("B")
            .bound(format!("a {} credential", kind.name()));
        if length == 0 {
            report
                .no_go(format!("{name} is set to nothing"))
                .hint(format!("unset {name}, or give it its value"));
        } else if is_placeholder(name)? {
            report
                .no_go(format!("{name} holds a placeholder"))
                .hint(format!("export {name}=… with its real value"));
        } else if !environment::matches(name, kind.pattern())? {
            let message =
                format!("{name} is not of the form of a {} credential ({length} bytes)", kind.name());
            report.no_go(message).hint(format!("look for a cut or quoted value, or say 'kind' of {name}"));
        } else if environment::matches(name, Kind::Jwt.pattern())? {
            self.token(name, report)?;
        }
        Ok(true)
    }

    fn token(&self, name: &str, report: &mut Report) -> Result<(), Error> {
        let expiry = environment::number(name, &["jwt-claims"], r#""exp"\s*:\s*([0-9]{1,12})"#)?;
        let Some(at) = expiry else {
            report.note(format!("{name} is a token that says no expiry"));
            return Ok(());
        };
        self.expires(name, "the token", at as f64, None, report)
    }

    /// Whether it is there.
    fn file(&self, session: &Session, report: &mut Report) -> Result<bool, Error> {
        let path = &*session.path;
        let found = match expiry::of_file(path) {
            Err(Error::NotFound(_)) if session.optional => return Ok(false),
            Err(Error::NotFound(why)) => {
                report.no_go(why).at(path);
                return Ok(true);
            }
            found => found?,
        };
        for why in &found.unread {
            let hint = "make it readable, or name a text file; openssl x509 -inform der -in FILE -out FILE.pem writes a certificate as PEM";
            report.unknown(format!("whether {path} expires cannot be told: {why}")).at(path).hint(hint);
        }
        if found.expiries.is_empty() && found.unread.is_empty() {
            report.note(format!("{path} says nothing of an expiry")).at(path);
        }
        for expiry in found.expiries {
            if let Some(at) = expiry.at {
                self.expires(path, &expiry.what, at, Some(expiry.line), report)?;
            } else {
                let message = format!("'{}' in {path} is no time that can be read", expiry.what);
                report.unknown(message).at_line(path, expiry.line);
            }
        }
        Ok(true)
    }

    fn expires(
        &self,
        name: &str,
        what: &str,
        at: f64,
        line: Option<u32>,
        report: &mut Report,
    ) -> Result<(), Error> {
        let left = at - clock::now()?;
        let least = self.remaining.seconds();
        report.fact(format!("{name} remaining"), left.round()).unit("s").bound(format!(">= {least}"));
        if left < least {
            let message = match left > 0.0 {
                true => format!(
                    "{name}: {what} expires in {}, at least {} wanted",
                    Duration::from_seconds(left.round()),
                    self.remaining
                ),
                false => format!("{name}: {what} expired {} ago", Duration::from_seconds(-left.round())),
            };
            let finding = report.no_go(message).hint("log in again, or renew it");
            if let Some(line) = line {
                finding.at_line(name, line);
            }
        }
        Ok(())
    }
}
