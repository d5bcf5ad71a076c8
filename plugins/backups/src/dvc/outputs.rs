//! The outputs that `.dvc` and `dvc.lock` files name, and what a `dvc.yaml` says of them.

use super::yaml::Yaml;

/// Whether `dvc push` takes an output to a remote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It does.
    Pushed(Pushed),
    /// It would, but no MD5 is named.
    Unclear,
    /// It does not, by choice.
    Left(Reason),
}

/// An output in a remote.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pushed {
    /// Its MD5, which ends in `.dir` where it is a list of files.
    pub object: String,
    /// The remote of its own, where one is named.
    pub remote: Option<String>,
    /// Where it lies, from the directory of the file that names it on.
    pub path: String,
}

/// Why an output is in no remote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// `cache: false`
    Uncached,
    /// `push: false`
    Unpushed,
    /// It comes from another repository, and can be fetched from there again.
    Imported,
    /// `dvc.yaml` has its stage no more.
    Gone,
}

impl Reason {
    /// What a fact says of such outputs.
    pub fn counted(self) -> &'static str {
        match self {
            Self::Uncached => "outputs not cached by choice",
            Self::Unpushed => "outputs not pushed by choice",
            Self::Imported => "outputs imported from other repositories",
            Self::Gone => "outputs of stages that are no more",
        }
    }
}

/// The outputs of a `.dvc` file.
pub fn of_file(text: &str) -> Result<Vec<Fate>, String> {
    let file = Yaml::parse(text)?;
    let imported = list(&file, "deps").iter().any(|dependency| dependency.get("repo").is_some());
    let outputs = list(&file, "outs").iter();
    Ok(outputs
        .map(|output| if imported { Fate::Left(Reason::Imported) } else { fate(output, output, &file) })
        .collect())
}

/// The outputs of a `dvc.lock`, by what the `dvc.yaml` beside it says.
pub fn of_lock(lock: &str, pipeline: Option<&str>) -> Result<Vec<Fate>, String> {
    let lock = Yaml::parse(lock)?;
    let pipeline = pipeline.map(Yaml::parse).transpose()?;
    let stages = lock.get("stages").map(Yaml::entries).unwrap_or_default();
    let mut fates = Vec::new();
    for (name, stage) in stages {
        let outputs = list(stage, "outs").iter();
        let Some(pipeline) = &pipeline else {
            fates.extend(outputs.map(|output| fate(output, &Yaml::Other, &Yaml::Other)));
            continue;
        };
        match declared(pipeline, name) {
            None => fates.extend(outputs.map(|_| Fate::Left(Reason::Gone))),
            Some(stage) => fates.extend(outputs.map(|output| {
                let path = output.get("path").and_then(Yaml::text).unwrap_or_default();
                fate(output, options(stage, path), stage)
            })),
        }
    }
    Ok(fates)
}

fn list<'y>(of: &'y Yaml, key: &str) -> &'y [Yaml] {
    of.get(key).map(Yaml::items).unwrap_or_default()
}

/// What becomes of an output, by its options and the working directory of its stage.
fn fate(output: &Yaml, options: &Yaml, stage: &Yaml) -> Fate {
    if options.denies("cache") {
        return Fate::Left(Reason::Uncached);
    }
    if options.denies("push") {
        return Fate::Left(Reason::Unpushed);
    }
    let md5 = output.get("md5").and_then(Yaml::text).unwrap_or_default();
    let hex = md5.strip_suffix(".dir").unwrap_or(md5);
    if hex.len() != 32 || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Fate::Unclear;
    }
    let text = |of: &Yaml, key: &str| of.get(key).and_then(Yaml::text).map(str::to_owned);
    let path = text(output, "path").unwrap_or_default();
    let path = match text(stage, "wdir") {
        Some(directory) => format!("{directory}/{path}"),
        None => path,
    };
    Fate::Pushed(Pushed { object: md5.to_owned(), remote: text(options, "remote"), path })
}

/// A stage of a `dvc.yaml` by its name in `dvc.lock`: `train`, or `train@a` of one that is there for many.
fn declared<'y>(pipeline: &'y Yaml, name: &str) -> Option<&'y Yaml> {
    let stages = pipeline.get("stages")?;
    let (base, many) = name.split_once('@').map_or((name, false), |(base, _)| (base, true));
    let stage = stages.get(name).or_else(|| stages.get(base).filter(|_| many))?;
    Some(stage.get("do").unwrap_or(stage))
}

/// What a stage says of the output at a path: nothing where it says nothing, or more than one thing.
fn options<'y>(stage: &'y Yaml, path: &str) -> &'y Yaml {
    let mut found: Option<&Yaml> = None;
    for output in ["outs", "metrics", "plots"].iter().flat_map(|kind| list(stage, kind)) {
        let (pattern, options) = match output {
            Yaml::Text(pattern) => (pattern, &Yaml::Other),
            Yaml::Map(entries) => match entries.first() {
                Some((pattern, options)) => (pattern, options),
                None => continue,
            },
            _ => continue,
        };
        if plain(pattern) == plain(path) {
            return options;
        }
        if matches(plain(pattern), plain(path)) {
            let other = |before: &Yaml| {
                ["cache", "push"].iter().any(|key| before.denies(key) != options.denies(key))
                    || before.get("remote") != options.get("remote")
            };
            if found.is_some_and(other) {
                return &Yaml::Other;
            }
            found = Some(options);
        }
    }
    found.unwrap_or(&Yaml::Other)
}

fn plain(path: &str) -> &str {
    path.trim_start_matches("./").trim_end_matches('/')
}

/// Whether a path can be of a pattern in which `${…}` stands for anything.
fn matches(pattern: &str, path: &str) -> bool {
    let Some((head, rest)) = pattern.split_once("${") else { return pattern == path };
    let Some(mut left) = path.strip_prefix(head) else { return false };
    let mut rest = rest;
    loop {
        let Some((_, after)) = rest.split_once('}') else { return false };
        let Some((literal, next)) = after.split_once("${") else { return left.ends_with(after) };
        let Some((_, behind)) = left.split_once(literal) else { return false };
        (left, rest) = (behind, next);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ONE: &str = "11111111111111111111111111111111";

    fn pushed(md5: &str, path: &str) -> Fate {
        Fate::Pushed(Pushed { object: md5.to_owned(), remote: None, path: path.to_owned() })
    }

    #[test]
    fn outputs_and_not_dependencies() {
        let file = format!("outs:\n- md5: {ONE}.dir\n  size: 5\n  hash: md5\n  path: data\n");
        assert_eq!(of_file(&file), Ok(vec![pushed(&format!("{ONE}.dir"), "data")]));
        let file = format!("wdir: ../other\nouts:\n- md5: {ONE}\n  path: a\n");
        assert_eq!(of_file(&file), Ok(vec![pushed(ONE, "../other/a")]));
        let lock = format!(
            "schema: '2.0'\nstages:\n  train:\n    cmd: python train.py\n    deps:\n    - path: train.py\n      md5: 2{}\n    outs:\n    - path: model.pt\n      hash: md5\n      md5: {ONE}\n  next:\n    deps:\n    - path: x\n",
            &ONE[1..]
        );
        assert_eq!(of_lock(&lock, None), Ok(vec![pushed(ONE, "model.pt")]));
        let pipeline = "stages:\n  train:\n    wdir: out\n    outs: [model.pt]\n  next: {}\n";
        assert_eq!(of_lock(&lock, Some(pipeline)), Ok(vec![pushed(ONE, "out/model.pt")]));
    }

    #[test]
    fn options_of_a_file() {
        for (options, fate) in [
            ("persist: true", pushed(ONE, "data")),
            ("cache: true", pushed(ONE, "data")),
            ("cache: false", Fate::Left(Reason::Uncached)),
            ("push: false", Fate::Left(Reason::Unpushed)),
            ("push: no-idea", pushed(ONE, "data")),
            (
                "remote: cold",
                Fate::Pushed(Pushed {
                    object: ONE.to_owned(),
                    remote: Some("cold".to_owned()),
                    path: "data".to_owned(),
                }),
            ),
        ] {
            let file = format!("outs:\n- md5: {ONE}\n  {options}\n  path: data\n");
            assert_eq!(of_file(&file), Ok(vec![fate]), "{options}");
        }
        let imported = format!(
            "frozen: true\ndeps:\n- path: a\n  repo:\n    url: https://example.org\nouts:\n- md5: {ONE}\n  path: a\n"
        );
        assert_eq!(of_file(&imported), Ok(vec![Fate::Left(Reason::Imported)]));
        let fetched =
            format!("deps:\n- path: https://example.org/a\n  checksum: x\nouts:\n- md5: {ONE}\n  path: a\n");
        assert_eq!(of_file(&fetched), Ok(vec![pushed(ONE, "a")]));
        assert_eq!(of_file("outs:\n- path: a\n"), Ok(vec![Fate::Unclear]));
        assert_eq!(of_file(""), Ok(Vec::new()));
        assert!(of_file("outs: [").is_err());
    }

    /// Each as DVC 3.67 pushes it, or does not.
    #[test]
    fn options_of_a_pipeline() {
        const PIPELINE: &str = "
stages:
  train:
    cmd: train
    outs: [a, ./b/, {c: {push: false}}, d: {persist: true}]
    metrics:
    - m.json:
        cache: false
    plots:
    - p.csv: {cache: false, x: step}
  each:
    foreach: [x, y]
    do:
      outs:
      - ${item}.log: {cache: false}
      - ${item}.bin
      - ${dir}/a-${item}.txt: {push: false}
      - ${dir}/${item}
";
        for (stage, path, fate) in [
            ("train", "a", pushed(ONE, "a")),
            ("train", "b", pushed(ONE, "b")),
            ("train", "c", Fate::Left(Reason::Unpushed)),
            ("train", "d", pushed(ONE, "d")),
            ("train", "m.json", Fate::Left(Reason::Uncached)),
            ("train", "p.csv", Fate::Left(Reason::Uncached)),
            ("train", "unknown", pushed(ONE, "unknown")),
            ("each@x", "x.log", Fate::Left(Reason::Uncached)),
            ("each@x", "x.bin", pushed(ONE, "x.bin")),
            // Two patterns that say different things.
            ("each@x", "out/a-x.txt", pushed(ONE, "out/a-x.txt")),
            ("each@x", "out/x", pushed(ONE, "out/x")),
            ("gone", "a", Fate::Left(Reason::Gone)),
            ("gone@x", "a", Fate::Left(Reason::Gone)),
        ] {
            let lock = format!("stages:\n  {stage}:\n    outs:\n    - path: {path}\n      md5: {ONE}\n");
            assert_eq!(of_lock(&lock, Some(PIPELINE)), Ok(vec![fate]), "{stage} {path}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(outs:|md5: |stages:|  |- |\\$\\{|[\\PC\\n]){0,20}", path in "\\PC{0,8}") {
            drop(of_file(&text));
            drop(of_lock(&text, Some(&text)));
            matches(&text, &path);
        }
    }
}
