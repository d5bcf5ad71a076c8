//! What DVC's `.dvc` files say of the outputs beside them.

use gonogo_sdk::Report;

use super::{
    Expected, There,
    manifest::{Algorithm, Wanted},
};

/// One output.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Output {
    md5: String,
    size: Option<u64>,
    path: String,
}

/// Adds the outputs of a `.dvc` file in the root to what is expected.
pub(super) fn read(
    path: &str,
    text: &str,
    root: &str,
    there: &There,
    expected: &mut Expected,
    report: &mut Report,
) {
    let outputs = outputs(text);
    if outputs.is_empty() {
        report.no_go(format!("{path} names no output with an MD5")).at(path).hint("dvc commit");
    }
    for output in outputs {
        if output.md5.strip_suffix(".dir").is_some() {
            expected.partial = true;
            let below = format!("{}/", output.path);
            if there.keys().any(|name| name.starts_with(&below)) {
                report
                    .unknown(format!("{path} tracks the directory {}, whose list of files is in DVC's cache: it is not compared", output.path))
                    .at(path)
                    .hint("dvc status; or write a manifest of the files and name it: manifest = \"…\"");
            } else {
                report
                    .no_go(format!("{} is tracked by {path} and not there", output.path))
                    .at(format!("{root}/{}", output.path))
                    .hint("dvc pull");
            }
            continue;
        }
        expected
            .files
            .insert(output.path, Wanted { algorithm: Algorithm::Md5, digest: output.md5, size: output.size });
    }
}

/// The items below `outs:`. These files are written by DVC, one key to a line.
fn outputs(text: &str) -> Vec<Output> {
    let mut found: Vec<Output> = Vec::new();
    let mut below: Option<usize> = None;
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        let item = line.trim();
        // A list stands below its key at the same depth, or deeper.
        if below.is_some_and(|at| indent < at || indent == at && !item.starts_with('-')) {
            below = None;
        }
        if item == "outs:" {
            below = Some(indent);
            continue;
        }
        if below.is_none() {
            continue;
        }
        if item.starts_with('-') {
            found.push(Output::default());
        }
        let (Some(output), Some((key, value))) =
            (found.last_mut(), item.trim_start_matches("- ").split_once(':'))
        else {
            continue;
        };
        let value = value.trim().trim_matches(['\'', '"']);
        match key {
            "md5" => output.md5 = value.to_ascii_lowercase(),
            "size" => output.size = value.parse().ok(),
            "path" => value.trim_start_matches("./").clone_into(&mut output.path),
            _ => {}
        }
    }
    found.retain(|output| {
        let hex = output.md5.strip_suffix(".dir").unwrap_or(&output.md5);
        hex.len() == 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()) && !output.path.is_empty()
    });
    for output in &mut found {
        // The size of a directory is that of its files.
        if output.md5.strip_suffix(".dir").is_some() {
            output.size = None;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn outputs_and_not_dependencies() {
        let text = "deps:\n- md5: 44444444444444444444444444444444\n  path: src\nouts:\n- md5: 22e1d61a6a5a1a3c9c8f3c2b0a7f0f1e\n  size: 5\n  hash: md5\n  path: a.csv\n- md5: 33333333333333333333333333333333.dir\n  size: 9\n  path: images\nmd5: 66666666666666666666666666666666\n";
        let output =
            |md5: &str, size, path: &str| Output { md5: md5.to_owned(), size, path: path.to_owned() };
        assert_eq!(
            outputs(text),
            [
                output("22e1d61a6a5a1a3c9c8f3c2b0a7f0f1e", Some(5), "a.csv"),
                output("33333333333333333333333333333333.dir", None, "images")
            ]
        );
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[ -]{0,4}(outs:|md5: |path: |[\\PC\\n]){0,20}") {
            outputs(&text);
        }
    }
}
