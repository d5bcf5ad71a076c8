//! Parameters that carry authority: whoever writes one into gonogo.toml grants it to that job.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

macro_rules! grant {
    ($(#[$documentation:meta])* $name:ident, $kind:literal) => {
        $(#[$documentation])*
        #[derive(Clone, Debug, PartialEq, Eq, Deserialize, serde::Serialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl std::ops::Deref for $name {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "minLength": 1, "x-gonogo-grant": $kind })
            }
        }
    };
}

grant!(
    /// A file, or a directory and all below it, that the check may read. Relative to the project; `${VARIABLE}` is put in by the
    /// host, and a path with a variable that is not set is left out of a list.
    Readable, "read"
);
grant!(
    /// A directory in which the check may have a probe file written.
    Writable, "write"
);
grant!(
    /// A program that the check may look up: a name, or a path.
    Program, "program"
);
grant!(
    /// An environment variable whose presence and length the check may see, and whose value it may match.
    Variable, "variable"
);
grant!(
    /// An environment variable whose value the check may see.
    Revealed, "reveal"
);

grant!(
    /// A directory that the host makes for this job and removes after it; the job's commands may fill it.
    Scratch, "scratch"
);

grant!(
    /// A server that remote tables may be read from: `https://data.example`, `http://127.0.0.1:9000`.
    Endpoint, "endpoint"
);

/// Whether the arguments of running processes may be searched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(transparent)]
pub struct Processes(pub bool);

impl JsonSchema for Processes {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Processes".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "boolean", "x-gonogo-grant": "processes" })
    }
}

/// A command that the check may run, word for word.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(transparent)]
pub struct Command(pub Vec<String>);

impl JsonSchema for Command {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Command".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "array", "items": { "type": "string" }, "minItems": 1, "x-gonogo-grant": "command" })
    }
}
