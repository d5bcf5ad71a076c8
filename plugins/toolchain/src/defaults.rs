//! Defaults that several checks share. They carry authority: a person sees them in the plan.

use gonogo_sdk::Readable;

/// The project directory.
pub fn project() -> Readable {
    ".".into()
}

/// Where a project's Python environment may be: the active one first.
pub fn environments() -> Vec<Readable> {
    ["${VIRTUAL_ENV}", "${CONDA_PREFIX}", ".venv", "venv", "env"].map(Into::into).to_vec()
}
