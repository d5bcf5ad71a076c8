//! gonogo.toml as a JSON Schema, for editors.

use serde_json::{Value, json};

use crate::domain::SignaturePolicy;

/// JSON Schema (2020-12) of gonogo.toml.
pub fn schema() -> Value {
    let duration = json!({
        "type": "string",
        "pattern": r"^\s*[0-9][0-9.]*\s*(ms|s|sec|min|m|h|d|w)\s*$",
        "examples": ["30 s", "5 min"],
    });
    let id = r"^[a-z0-9][a-z0-9_-]*(\.[a-z0-9][a-z0-9_-]*)+$";
    let text = |description: &str| json!({ "type": "string", "pattern": r"\S", "description": description });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "gonogo.toml",
        "description": "What gonogo checks before a training run",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "profile": text("The name of a built-in profile, or the path of a profile file"),
            "timeout": described(&duration, "How long a job may take, where neither its item nor its check says so"),
            "vendor": text("The folder, relative to that of gonogo.toml, where `gonogo plugin vendor` puts components; vendor/gonogo without it"),
            "plugins": {
                "type": "object",
                "description": "Plugins besides the built-in ones, by name",
                "propertyNames": { "pattern": "^[a-z0-9][a-z0-9-]*$" },
                "additionalProperties": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["source"],
                    "properties": {
                        "source": {
                            "type": "string",
                            "pattern": r"^(path:.*\S.*|file:.*\S.*|https://.*#sha256=[0-9a-f]{64}|oci://[^/]+/.+)$",
                            "description": "Where the component comes from; paths are relative to the folder of gonogo.toml",
                            "examples": ["oci://registry.example/acme/checks:1.2", "file:acme-1.2.0.bundle", "path:checks/acme.wasm"],
                        },
                        "signature": {
                            "enum": SignaturePolicy::ALL.map(SignaturePolicy::name),
                            "description": "What must hold of signatures before anything is written or compiled; if-present without it",
                        },
                        "signers": text("Who may sign: a file in the format of OpenSSH's allowed_signers; .gonogo/allowed_signers without it, where that is there"),
                        "insecure-http": {
                            "type": "boolean",
                            "description": "Whether a registry that is not on this machine may be asked over plain HTTP",
                        },
                    },
                },
            },
            "items": {
                "type": "object",
                "description": "What is said of items, by id",
                "propertyNames": { "pattern": id, "maxLength": 200 },
                "additionalProperties": {
                    "type": "object",
                    "additionalProperties": false,
                    "properties": {
                        "with": {
                            "type": "object",
                            "description": "The check's parameters; a path, program or variable written here is granted to this item's job. `gonogo explain CHECK` lists them",
                        },
                        "required": { "type": "boolean", "description": "Whether the decision depends on this item" },
                        "not-applicable": text("Why this item does not apply"),
                        "title": text("What must hold, in one line"),
                        "check": {
                            "type": "string",
                            "pattern": "^[a-z0-9][a-z0-9-]*/[a-z0-9][a-z0-9-]*$",
                            "description": "The check that decides this item",
                            "examples": ["system/paths"],
                        },
                        "how": { "enum": ["auto", "evidence", "attest"], "description": "How this item is decided" },
                        "needs": {
                            "type": "array",
                            "items": { "type": "string", "pattern": id },
                            "description": "Items that must hold before this one is asked",
                        },
                        "owner": text("Who sees to this item"),
                        "timeout": described(&duration, "How long this item's job may take"),
                    },
                },
            },
        },
    })
}

fn described(schema: &Value, description: &str) -> Value {
    let mut schema = schema.clone();
    schema["description"] = description.into();
    schema
}
