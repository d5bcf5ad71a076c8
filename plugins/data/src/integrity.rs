mod dvc;
mod manifest;
mod md5;

use std::collections::{BTreeMap, BTreeSet};

use gonogo_sdk::{
    Check, Error, JsonSchema, Readable, Report, Severity, Stop,
    files::{self, Kind},
};
use serde::Deserialize;

use self::manifest::{Algorithm, Manifest, Wanted};
use crate::words::class;

/// Every file matches its manifest's checksum (SHA-256, BLAKE3, MD5); nothing missing, nothing extra
///
/// The manifest is what `manifest` names, or else what is found in `root`: a list that sha256sum, b3sum or md5sum writes (`SHA256SUMS`, `*.sha256`, `B3SUMS`, `checksums.txt`, …), BagIt's `manifest-sha256.txt`, or DVC's `*.dvc` files. Names in it are relative to
/// `root` or to the manifest, whichever fits. Every file that it lists is read by the host on all cores and compared; one that is missing or different is a no-go, and so is one that it does not list (`extra` says
/// that there may be such).
///
/// A file that is a pointer of Git LFS, as a clone without `git lfs pull` has it, is a no-go: it is not the data. `pointers` names a checkout that has the pointers; the files of `root` are then compared with what they say.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(crate = "gonogo_sdk::schemars")]
pub struct Integrity {
    /// The directory of the data, or one file.
    root: Readable,
    /// The list of checksums.
    manifest: Option<Readable>,
    /// A checkout with Git LFS' pointers to the files.
    pointers: Option<Readable>,
    /// What the checksums are, where it cannot be told: SHA-256 and BLAKE3 look the same.
    algorithm: Option<Algorithm>,
    /// Whether there may be files that the manifest does not list.
    #[serde(default)]
    extra: bool,
    /// Files that are not looked at: patterns of .gitignore, relative to the root.
    #[serde(default)]
    exclude: Vec<String>,
}

/// Most findings of one sort that are shown.
const SHOWN: usize = 20;

/// Most files of which one call asks the digests.
const BATCH: usize = 10_000;

/// A pointer is smaller than this, and begins so.
const POINTER: (u64, &str) = (1024, "version https://git-lfs.github.com/spec/v1");

/// Names of manifests that are looked for.
const MANIFESTS: [&str; 12] = [
    "manifest-sha256.txt",
    "SHA256SUMS",
    "SHA256SUM",
    "sha256sums.txt",
    "sha256sum.txt",
    "checksums.sha256",
    "checksums.txt",
    "CHECKSUMS",
    "B3SUMS",
    "b3sums.txt",
    "MD5SUMS",
    "manifest-md5.txt",
];

/// The files below the root, by their names there, with their sizes.
type There = BTreeMap<String, u64>;

/// What files should be, and where that is said.
#[derive(Default)]
struct Expected {
    files: BTreeMap<String, Wanted>,
    /// The files that say so, relative to the root: they are not extra.
    sources: BTreeSet<String>,
    /// Names of directories below which nothing can be told.
    partial: bool,
}

impl Check for Integrity {
    const TIMEOUT: Option<f64> = Some(3600.0);

    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        let root = &*self.root;
        let there = match self.walk(report) {
            Ok(there) => there,
            Err(Error::NotFound(_)) => {
                report
                    .no_go(format!("{root} does not exist"))
                    .at(root)
                    .hint("put the data there, or mend 'root'");
                report.summary(format!("{root} is not there"));
                return Ok(());
            }
            Err(error) => return Err(Stop::unknown(format!("cannot look at {root}: {error}"))),
        };
        let expected = self.expected(&there, report)?;
        if expected.files.is_empty() && report.worst().is_none() {
            return Err(Stop::unknown(format!(
                "no checksums are named for {root}: write them (sha256sum) and name them: manifest = \"…\""
            )));
        }
        let pointers = self.pointers_in(&there, report);
        let (missing, different, unread) = self.compare(&expected, &there, &pointers, report)?;
        let extra = there.keys().filter(|name| {
            !expected.files.contains_key(*name) && !expected.sources.contains(*name) && !is_marker(name)
        });
        let extra = if expected.partial { Vec::new() } else { extra.collect::<Vec<_>>() };
        let fact = report.fact("files that are not listed", extra.len());
        fact.unit("1");
        if !self.extra {
            fact.bound("= 0");
            for name in extra.iter().take(SHOWN) {
                report
                    .no_go(format!("{} is not listed in the manifest", class(name)))
                    .at(join(root, name))
                    .hint("take it out, list it, or allow such files: extra = true");
            }
            if extra.len() > SHOWN {
                report.no_go(format!("{} more files are not listed in the manifest", extra.len() - SHOWN));
            }
        }
        let listed = expected.files.len();
        report.summary(match report.worst() {
            None | Some(Severity::Note) => format!("{listed} files are as their checksums say"),
            _ => format!(
                "of {listed} files {missing} are missing, {different} are different, {unread} cannot be read; {} are not listed",
                extra.len()
            ),
        });
        Ok(())
    }
}

/// What BagIt and version control keep beside the data.
fn is_marker(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or(name);
    let is_tag = !name.contains('/')
        && (last == "bagit.txt"
            || last == "bag-info.txt"
            || last.starts_with("tagmanifest-")
            || last.starts_with("manifest-"));
    is_tag
        || [".gitignore", ".gitattributes", ".gitkeep", ".dvcignore"].contains(&last)
        || name.starts_with(".git/")
        || name.starts_with(".dvc/")
}

fn join(root: &str, name: &str) -> String {
    if name.is_empty() { root.to_owned() } else { format!("{}/{name}", root.trim_end_matches('/')) }
}

impl Integrity {
    fn walk(&self, report: &mut Report) -> Result<There, Error> {
        let root = &*self.root;
        let stat = files::stat(root, true)?;
        if stat.need::<String>("kind")? != "directory" {
            return Ok(There::from([(String::new(), stat.need("size")?)]));
        }
        let mut walk = files::walk(root).kinds(&["file", "link"]);
        if !self.exclude.is_empty() {
            walk = walk.exclude(&self.exclude.iter().map(String::as_str).collect::<Vec<_>>());
        }
        let mut there = There::new();
        for entry in walk.start()? {
            let entry = entry?;
            if let Some(error) = entry.failed {
                report.unknown(format!("cannot look at {}: {error}", entry.path)).at(&entry.path);
                continue;
            }
            let name =
                entry.path.strip_prefix(root).unwrap_or(&entry.path).trim_start_matches('/').to_owned();
            if entry.kind == Kind::Link {
                match files::stat(&entry.path, true) {
                    Ok(stat) if stat.need::<String>("kind")? == "file" => {
                        _ = there.insert(name, stat.need("size")?);
                    }
                    Ok(_) => {}
                    Err(error) => {
                        _ = report
                            .no_go(format!("{} is a link that cannot be followed: {error}", entry.path))
                            .at(&entry.path);
                    }
                }
                continue;
            }
            there.insert(name, entry.size);
        }
        Ok(there)
    }

    /// What the manifests say.
    fn expected(&self, there: &There, report: &mut Report) -> Result<Expected, Stop> {
        let root = &*self.root;
        let mut expected = Expected::default();
        let mut paths = self.manifest.iter().map(ToString::to_string).collect::<Vec<_>>();
        if paths.is_empty() && self.pointers.is_none() {
            let found = MANIFESTS.iter().find(|name| there.contains_key(**name));
            let listed = there.keys().filter(|name| {
                !name.contains('/')
                    && [".sha256", ".b3", ".blake3", ".md5", ".dvc"]
                        .iter()
                        .any(|end| name.ends_with(end) && name.len() > end.len())
            });
            paths.extend(found.map(|name| join(root, name)));
            if paths.is_empty() {
                paths.extend(listed.map(|name| join(root, name)));
            }
        }
        for path in &paths {
            let is_inside = path.strip_prefix(root).is_some_and(|rest| rest.starts_with('/'));
            if is_inside {
                expected.sources.insert(path[root.len()..].trim_start_matches('/').to_owned());
            }
            let text = match manifest::text(path) {
                Ok(text) => text,
                Err(Error::NotFound(_)) => {
                    report
                        .no_go(format!("the manifest {path} does not exist"))
                        .at(path)
                        .hint("write it where the data is known to be whole: sha256sum");
                    continue;
                }
                Err(error) => return Err(Stop::unknown(format!("cannot read the manifest {path}: {error}"))),
            };
            if path.strip_suffix(".dvc").is_some() {
                dvc::read(path, &text, root, there, &mut expected, report);
                continue;
            }
            let manifest = Manifest::parse(&text, self.algorithm.or_else(|| Algorithm::of_name(path)));
            for line in manifest.wrong.iter().take(SHOWN) {
                report
                    .no_go(format!("line {line} of {path} is no checksum and name"))
                    .at_line(path, *line)
                    .hint("write the manifest again");
            }
            if manifest.files.is_empty() {
                report.no_go(format!("the manifest {path} lists nothing")).at(path).hint("write it again");
            }
            expected.files.extend(placed(manifest.files, root, path, there));
        }
        if let Some(pointers) = &self.pointers {
            Self::pointed(pointers, &mut expected, report)?;
        }
        Ok(expected)
    }

    /// What the pointers of a checkout say.
    fn pointed(pointers: &str, expected: &mut Expected, report: &mut Report) -> Result<(), Stop> {
        let listed = crate::missing::there(pointers)
            .map_err(|error| Stop::unknown(format!("cannot walk {pointers}: {error}")))?;
        for (name, size) in listed.into_iter().filter(|(name, _)| !name.starts_with(".git/")) {
            if size >= POINTER.0 {
                continue;
            }
            let Ok(text) = files::read_text(&join(pointers, &name)) else { continue };
            if let Some(wanted) = pointer(&text) {
                expected.files.insert(name, wanted);
            }
        }
        if expected.files.is_empty() {
            report.unknown(format!("{pointers} has no pointers of Git LFS")).at(pointers);
        }
        Ok(())
    }

    /// Files that are pointers where the data should be.
    fn pointers_in(&self, there: &There, report: &mut Report) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for (name, _) in there.iter().filter(|(_, size)| (100..POINTER.0).contains(*size)) {
            let path = join(&self.root, name);
            let Ok(begin) = files::read(&path, 0, POINTER.1.len() as u32) else { continue };
            if begin == POINTER.1.as_bytes() {
                found.insert(name.clone());
            }
        }
        report.fact("pointers of Git LFS in place of data", found.len()).unit("1").bound("= 0");
        for name in found.iter().take(SHOWN) {
            let path = join(&self.root, name);
            report
                .no_go(format!("{path} is a pointer of Git LFS, not the data"))
                .at(&path)
                .hint("git lfs pull");
        }
        if found.len() > SHOWN {
            report
                .no_go(format!("{} more files are pointers of Git LFS", found.len() - SHOWN))
                .hint("git lfs pull");
        }
        found
    }

    /// Reads and compares. How many are missing, different, unread.
    fn compare(
        &self,
        expected: &Expected,
        there: &There,
        pointers: &BTreeSet<String>,
        report: &mut Report,
    ) -> Result<(usize, usize, usize), Stop> {
        let root = &*self.root;
        let mut by = Algorithm::ALL.map(|algorithm| (algorithm, Vec::<(&String, &Wanted)>::new()));
        let (mut missing, mut different, mut unread) = (Vec::new(), Vec::new(), Vec::new());
        let mut bytes = 0_u64;
        for (name, wanted) in &expected.files {
            match there.get(name) {
                None => missing.push(name),
                Some(_) if pointers.contains(name) => {}
                Some(size) if wanted.size.is_some_and(|wanted| wanted != *size) => {
                    different.push((
                        name,
                        format!("has {size} bytes, {} wanted", wanted.size.unwrap_or_default()),
                    ));
                }
                Some(size) => {
                    bytes += size;
                    by[wanted.algorithm as usize].1.push((name, wanted));
                }
            }
        }
        let mut matching = 0;
        for (algorithm, files) in by {
            for batch in files.chunks(BATCH) {
                let paths = batch.iter().map(|(name, _)| join(root, name)).collect::<Vec<_>>();
                for (&(name, wanted), digest) in batch.iter().zip(algorithm.digests(&paths)?) {
                    match digest {
                        Ok(digest) if digest == wanted.digest => matching += 1,
                        Ok(digest) => different.push((
                            name,
                            format!(
                                "has the {} {}…, {}… wanted",
                                algorithm.name(),
                                short(&digest),
                                short(&wanted.digest)
                            ),
                        )),
                        Err(error) => unread.push((name, error)),
                    }
                }
            }
        }
        report.fact("files listed", expected.files.len()).unit("1").bound(">= 1");
        report
            .fact("files that match", matching as u64)
            .unit("1")
            .bound(format!("= {}", expected.files.len()));
        report.fact("bytes compared", bytes).unit("B");
        for name in missing.iter().take(SHOWN) {
            report
                .no_go(format!("{} is listed and missing", class(name)))
                .at(join(root, name))
                .hint("get it again from where it comes");
        }
        for (name, what) in different.iter().take(SHOWN) {
            report.no_go(format!("{} {what}", class(name))).at(join(root, name)).hint(
                "get it again from where it comes; if it was changed on purpose, write the manifest again",
            );
        }
        for (name, error) in unread.iter().take(SHOWN) {
            report
                .unknown(format!("cannot read {}: {error}", class(name)))
                .at(join(root, name))
                .hint("make it readable for the user who trains");
        }
        for (count, what, severity) in [
            (missing.len(), "files are missing", Severity::NoGo),
            (different.len(), "files are different", Severity::NoGo),
            (unread.len(), "files cannot be read", Severity::Unknown),
        ] {
            report.fact(what, count).unit("1").bound("= 0");
            if count > SHOWN {
                report.finding(severity, format!("{} more {what}", count - SHOWN));
            }
        }
        Ok((missing.len(), different.len(), unread.len()))
    }
}

/// Enough of a digest to tell it from another.
fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

/// What a pointer of Git LFS says.
fn pointer(text: &str) -> Option<Wanted> {
    let mut lines = text.lines();
    if lines.next()? != POINTER.1 {
        return None;
    }
    let value = |key: &str| text.lines().find_map(|line| line.strip_prefix(key)).map(str::trim);
    let digest = value("oid sha256:")?;
    let is_digest = digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_digest.then(|| Wanted {
        algorithm: Algorithm::Sha256,
        digest: digest.to_ascii_lowercase(),
        size: value("size ").and_then(|size| size.parse().ok()),
    })
}

/// Names relative to the root: as they are, or where they are relative to the manifest, without the way to the root.
fn placed(
    files: BTreeMap<String, Wanted>,
    root: &str,
    manifest: &str,
    there: &There,
) -> BTreeMap<String, Wanted> {
    let beside = manifest.rsplit_once('/').map_or("", |(beside, _)| beside);
    let from_manifest = |name: &String| {
        let path = join_plain(beside, name);
        if path == root {
            return Some(String::new());
        }
        path.strip_prefix(root.trim_end_matches('/'))?.strip_prefix('/').map(str::to_owned)
    };
    let one_file = there.len() == 1 && there.contains_key("");
    let fits = |place: &dyn Fn(&String) -> Option<String>| {
        files.keys().filter_map(place).filter(|name| there.contains_key(name)).count()
    };
    let (plain, relative) = (fits(&|name| Some(name.clone())), fits(&from_manifest));
    if one_file {
        // The manifest may list others beside this one file.
        let last = root.rsplit('/').next().unwrap_or(root);
        let mut files = files;
        let own = files.keys().find(|name| from_manifest(name).as_deref() == Some("")).cloned();
        let own = own.or_else(|| files.keys().find(|name| name.rsplit('/').next() == Some(last)).cloned());
        return own
            .and_then(|name| files.remove(&name))
            .map(|wanted| (String::new(), wanted))
            .into_iter()
            .collect();
    }
    if relative > plain {
        return files
            .into_iter()
            .map(|(name, wanted)| (from_manifest(&name).unwrap_or(name), wanted))
            .collect();
    }
    files
}

fn join_plain(beside: &str, name: &str) -> String {
    if beside.is_empty() || name.starts_with('/') { name.to_owned() } else { format!("{beside}/{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted() -> Wanted {
        Wanted { algorithm: Algorithm::Sha256, digest: "0".repeat(64), size: None }
    }

    #[test]
    fn names_are_relative_to_the_root_or_to_the_manifest() {
        let list = |names: &[&str]| {
            names.iter().map(|&name| (name.to_owned(), wanted())).collect::<BTreeMap<_, _>>()
        };
        let there = |names: &[&str]| names.iter().map(|&name| (name.to_owned(), 1)).collect::<There>();
        let names = |files: BTreeMap<String, Wanted>| files.into_keys().collect::<Vec<_>>();
        let root = "data/train";
        assert_eq!(
            names(placed(list(&["a", "b/c"]), root, "data/train.sha256", &there(&["a", "b/c"]))),
            ["a", "b/c"]
        );
        assert_eq!(names(placed(list(&["train/a"]), root, "data/train.sha256", &there(&["a"]))), ["a"]);
        assert_eq!(names(placed(list(&["x.csv", "train"]), root, "data/sums", &there(&[""]))), [""]);
        assert_eq!(names(placed(list(&["gone"]), root, "data/train/SHA256SUMS", &there(&["a"]))), ["gone"]);
    }

    #[test]
    fn pointers_are_read() {
        let text = format!("{}\noid sha256:{}\nsize 12\n", POINTER.1, "A".repeat(64));
        assert_eq!(
            pointer(&text),
            Some(Wanted { algorithm: Algorithm::Sha256, digest: "a".repeat(64), size: Some(12) })
        );
        assert_eq!(pointer("version 1"), None);
        assert_eq!(pointer(&format!("{}\noid sha256:xyz\n", POINTER.1)), None);
    }
}
