//! What importing, and calling, a global of a pickle means.
//!
//! A pickle can only do what the globals do that it imports. So the standard library is judged by what is known to be harmless: all the rest of it can evaluate, import, open,
//! write, spawn or connect, now or in the next version. Libraries that models are made with are trusted with their classes and rebuilders, and not with functions that read, run or load. Everything
//! else is unknown: nobody can tell what a class of somebody's own project does.

mod tables;
mod words;

pub use tables::glob;
pub use words::{class_like, code_like, forbidden_attribute, verb};

/// What an import means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// Harmless, called or not.
    Safe,
    /// Harmless to refer to; what it does when it is called is not known.
    Reference,
    /// Depends on what it is called with.
    Argued(Argued),
    /// Not known.
    Unknown,
    /// Runs code, or reaches files, processes or the network: why.
    Dangerous(&'static str),
}

/// Functions that are judged by their arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argued {
    /// `getattr(object, name)`.
    Attribute,
    /// `functools.partial(function, …)`.
    Partial,
    /// `type(object)` is harmless, `type(name, bases, dict)` makes a class.
    Type,
    /// NumPy's import of a function by module and name.
    Import,
    /// Loads the pickle in its argument, which is looked into.
    Load,
}

/// The names of today of modules that had others, or that are written in C.
fn today(module: &str) -> &str {
    match module {
        "__builtin__" | "exceptions" | "__builtins__" => "builtins",
        "posix" | "nt" => "os",
        "copy_reg" => "copyreg",
        "_operator" => "operator",
        "_functools" => "functools",
        "_collections" | "_collections_abc" | "UserDict" | "UserList" | "UserString" => "collections",
        "_io" | "_pyio" | "StringIO" | "cStringIO" => "io",
        "_datetime" | "_pydatetime" => "datetime",
        "_decimal" | "_pydecimal" => "decimal",
        "_random" => "random",
        "_struct" => "struct",
        "pathlib._local" | "pathlib._abc" => "pathlib",
        _ => module,
    }
}

/// Judges the import of `name` from `module`.
pub fn judge(module: &str, name: &str) -> Judgement {
    let module = today(module);
    if let Some(argued) = argued(module, name) {
        return Judgement::Argued(argued);
    }
    if let Some(reason) = attributes(module, name) {
        return Judgement::Dangerous(reason);
    }
    if tables::safe(module, name) {
        return Judgement::Safe;
    }
    if let Some(reason) = tables::dangerous(module, name) {
        return Judgement::Dangerous(reason);
    }
    let top = module.split('.').next().unwrap_or_default();
    // A method of a harmless class.
    if let Some((class, method)) = name.rsplit_once('.')
        && tables::safe(module, class)
        && !verb(method)
        && !matches!(top, "pathlib" | "io" | "logging")
    {
        return Judgement::Reference;
    }
    if tables::standard(top) {
        return if module == "builtins" && class_like(name) || tables::quiet(top) {
            Judgement::Reference
        } else {
            Judgement::Dangerous("is of the standard library and not known to be harmless")
        };
    }
    if tables::trusted(top) {
        return library(name);
    }
    Judgement::Unknown
}

/// What belongs to a library that models are made with.
fn library(name: &str) -> Judgement {
    let last = name.rsplit('.').next().unwrap_or_default();
    if words::rebuilder(last) || class_like(last) && !words::acts(last) {
        Judgement::Safe
    } else if verb(last) && !class_like(last) {
        Judgement::Dangerous("loads, runs, reads or writes by its name")
    } else {
        Judgement::Reference
    }
}

fn argued(module: &str, name: &str) -> Option<Argued> {
    Some(match (module, name) {
        ("builtins", "getattr") => Argued::Attribute,
        ("builtins", "type") => Argued::Type,
        ("functools", "partial") => Argued::Partial,
        ("numpy.core" | "numpy._core", "_ufunc_reconstruct") => Argued::Import,
        ("torch.storage", "_load_from_bytes") => Argued::Load,
        _ => return None,
    })
}

/// What the attributes on the way lead to: `os.system` of any module, or the inside of Python's objects.
fn attributes(module: &str, name: &str) -> Option<&'static str> {
    if forbidden_attribute(module.rsplit('.').next().unwrap_or_default())
        || name.split('.').any(forbidden_attribute)
    {
        return Some("reaches into the inside of Python's objects");
    }
    let mut parts = name.split('.');
    let first = parts.next().unwrap_or_default();
    // A module that another one imported: `os` of `shutil`.
    if tables::dangerous_module(first)
        && (name.contains('.') || !tables::trusted(module.split('.').next().unwrap_or_default()))
    {
        return Some("is a module that runs code, taken from another one");
    }
    let inner = name.split('.').collect::<Vec<_>>();
    let through = inner.windows(2).any(|pair| match pair {
        [module, name] => {
            let module = today(module);
            tables::standard(module)
                && !class_like(module)
                && !tables::safe(module, name)
                && !tables::quiet(module)
        }
        _ => false,
    });
    through.then_some("reaches a module of the standard library through another one")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dangerous(module: &str, name: &str) -> bool {
        matches!(judge(module, name), Judgement::Dangerous(_))
    }

    #[test]
    fn what_runs_code_is_dangerous_under_any_name() {
        for (module, name) in [
            ("os", "system"),
            ("posix", "system"),
            ("nt", "system"),
            ("builtins", "eval"),
            ("__builtin__", "eval"),
            ("builtins", "__import__"),
            ("shutil", "os.system"),
            ("torch", "serialization.os.system"),
            ("torch.serialization", "load"),
            ("torch.hub", "load"),
            ("numpy", "load"),
            ("numpy.f2py.crackfortran", "getlincoef"),
            ("numpy.testing._private.utils", "runstring"),
            ("pandas", "read_pickle"),
            ("pandas", "eval"),
            ("sklearn.datasets", "fetch_openml"),
            ("collections", "OrderedDict.__init__.__globals__"),
            ("functools", "reduce"),
            ("operator", "methodcaller"),
            ("idlelib.run", "Executive.runcode"),
            ("uuid", "_get_command_stdout"),
            ("logging", "FileHandler"),
            ("_io", "FileIO"),
            ("cloudpickle.cloudpickle", "_make_function"),
            ("torch.utils._config_module", "ConfigModule.load_config"),
            ("pip._internal.cli.main", "main"),
            ("linecache", "os"),
            ("commands", "getoutput"),
            ("types", "CodeType"),
        ] {
            assert!(dangerous(module, name), "{module}.{name}: {:?}", judge(module, name));
        }
    }

    #[test]
    fn what_models_are_made_of_is_safe() {
        for (module, name) in [
            ("collections", "OrderedDict"),
            ("torch._utils", "_rebuild_tensor_v2"),
            ("torch", "FloatStorage"),
            ("torch", "float32"),
            ("torch.nn.modules.linear", "Linear"),
            ("numpy", "ndarray"),
            ("numpy", "dtype"),
            ("numpy._core.multiarray", "_reconstruct"),
            ("numpy.core.multiarray", "scalar"),
            ("numpy.random._pickle", "__randomstate_ctor"),
            ("sklearn.ensemble._forest", "RandomForestClassifier"),
            ("sklearn.tree._tree", "Tree"),
            ("sklearn._loss._loss", "__pyx_unpickle_CyHalfBinomialLoss"),
            ("pandas.core.frame", "DataFrame"),
            ("pandas._libs.internals", "_unpickle_block"),
            ("scipy.sparse._csr", "csr_matrix"),
            ("joblib.numpy_pickle", "NumpyArrayWrapper"),
            ("copy_reg", "_reconstructor"),
            ("__builtin__", "object"),
            ("builtins", "set"),
            ("datetime", "datetime"),
            ("pathlib", "PosixPath"),
            ("argparse", "Namespace"),
            ("transformers.training_args", "TrainingArguments"),
        ] {
            assert_eq!(judge(module, name), Judgement::Safe, "{module}.{name}");
        }
    }

    #[test]
    fn what_nobody_knows_is_unknown() {
        assert_eq!(judge("__main__", "Model"), Judgement::Unknown);
        assert_eq!(judge("acme.layers", "Attention"), Judgement::Unknown);
    }
}
