//! What names and texts say about what they do.

/// Whether a name is written as classes are: `CamelCase`, perhaps with underscores before it.
pub fn class_like(name: &str) -> bool {
    let name = name.trim_start_matches('_');
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.contains(|it: char| it.is_ascii_lowercase())
        || name.len() > 1 && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// The words of a name, in lower case: `_load_from_bytes`, `PyTorchFileReader`.
fn words(name: &str) -> impl Iterator<Item = String> {
    let mut all = vec![String::new()];
    let mut lower = false;
    for character in name.chars() {
        let breaks = !character.is_ascii_alphanumeric();
        if breaks || character.is_ascii_uppercase() && lower {
            all.push(String::new());
        }
        lower = character.is_ascii_lowercase();
        if !breaks && let Some(word) = all.last_mut() {
            word.push(character.to_ascii_lowercase());
        }
    }
    all.into_iter().filter(|word| !word.is_empty())
}

/// Names of functions that evaluate, import, open, write, spawn or connect. Begin with one of these, or are one.
const VERBS: &[&str] = &[
    "eval",
    "evaluate",
    "execute",
    "run",
    "system",
    "popen",
    "spawn",
    "shell",
    "sh",
    "bash",
    "cmd",
    "command",
    "commands",
    "compile",
    "import",
    "importer",
    "subimport",
    "load",
    "loads",
    "read",
    "open",
    "write",
    "save",
    "savez",
    "savetxt",
    "dump",
    "dumps",
    "tofile",
    "fromfile",
    "file",
    "fetch",
    "download",
    "urlopen",
    "urlretrieve",
    "request",
    "requests",
    "connect",
    "socket",
    "getattr",
    "setattr",
    "delattr",
    "globals",
    "unlink",
    "rmtree",
    "kill",
    "fork",
    "subprocess",
    "runcode",
    "runstring",
    "install",
    "pager",
    "deserialize",
    "unpickle",
    "inline",
    "lambdify",
    "sympify",
    "loadtxt",
    "genfromtxt",
    "breakpoint",
    "invoke",
    "locate",
    "execwrapper",
];

/// Whether a function's name says that it does more than compute.
pub fn verb(name: &str) -> bool {
    words(name)
        .any(|word| VERBS.contains(&word.as_str()) || word.starts_with("exec") || word.ends_with("eval"))
}

/// Whether a class's name says that making one reaches outside: `SummaryWriter`, `ExcelFile`.
pub fn acts(name: &str) -> bool {
    const ACTS: &[&str] = &[
        "file",
        "writer",
        "reader",
        "server",
        "client",
        "socket",
        "connection",
        "popen",
        "thread",
        "importer",
        "shell",
        "command",
        "session",
        "request",
        "download",
        "downloader",
        "interpreter",
        "compilation",
        "exec",
        "runner",
        "lambda",
    ];
    words(name).any(|word| ACTS.contains(&word.as_str()))
}

/// Names by which libraries put their own objects together again.
pub fn rebuilder(name: &str) -> bool {
    const STARTS: &[&str] =
        &["__pyx_unpickle_", "_rebuild_", "_reconstruct", "_unpickle_", "_new_", "new_block", "_restore_"];
    STARTS.iter().any(|start| name.starts_with(start))
        || name.ends_with("_unpickle")
        || name.ends_with("_ctor")
        || matches!(name, "newObj" | "_unpickle" | "_from_pickle" | "_reconstructor")
}

/// Attributes that lead from any object to all of Python.
pub fn forbidden_attribute(name: &str) -> bool {
    let harmless = matches!(
        name,
        "__main__"
            | "__doc__"
            | "__name__"
            | "__module__"
            | "__qualname__"
            | "__annotations__"
            | "__newobj__"
            | "__newobj_ex__"
            | "__version__"
            | "__init__"
            | "__future__"
    );
    name.len() > 4 && name.starts_with("__") && name.ends_with("__") && !harmless
        || matches!(
            name,
            "f_globals"
                | "f_locals"
                | "f_builtins"
                | "f_code"
                | "f_back"
                | "gi_frame"
                | "gi_code"
                | "cr_frame"
                | "tb_frame"
                | "func_globals"
                | "func_code"
                | "im_func"
                | "co_code"
        )
}

/// Whether a text looks like code or a command line: what a model's own text hardly holds, and an attack's nearly always.
pub fn code_like(text: &str) -> bool {
    const MARKS: &[&str] = &[
        "__import__",
        "import os",
        "import subprocess",
        "import socket",
        "import sys",
        "os.system",
        "os.popen",
        "subprocess.",
        "exec(",
        "eval(",
        "compile(",
        "/bin/sh",
        "/bin/bash",
        "bash -",
        "sh -c",
        "curl ",
        "wget ",
        "powershell",
        "cmd.exe",
        "cmd /c",
        "/etc/passwd",
        "nc -",
        "__builtins__",
        "__subclasses__",
        "__globals__",
        "whoami",
        "rm -rf",
        "$(",
        "chmod ",
    ];
    // Nearly no place begins one: looking for each in turn would take ten times as long.
    let begins = |rest: &[u8]| {
        MARKS.iter().any(|mark| rest.first() == mark.as_bytes().first() && rest.starts_with(mark.as_bytes()))
    };
    (0..text.len()).any(|at| text.as_bytes().get(at..).is_some_and(begins))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_words() {
        assert!(verb("_run_pip") && verb("load_config") && verb("getlincoef_eval"));
        assert!(!verb("log1p") && !verb("accuracy_score"));
        assert!(class_like("RandomForest") && class_like("_PipelineX") && !class_like("csr_matrix"));
        assert!(acts("SummaryWriter") && !acts("DataFrame"));
    }
}
