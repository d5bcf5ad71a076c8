//! Each version of each file: all commits that references lead to, oldest first, and the blobs that each brings.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashSet},
    io,
    sync::Arc,
    time::Instant,
};

use super::{Cache, Got, Id, Kind, Repository, abbreviated, id};
use crate::{
    capabilities::files::{in_time, search::totals::Totals, walk::Ignored},
    domain::Error,
};

/// Largest commit or tree that is read, in bytes.
const MOST_OBJECT: u64 = 64 << 20;

/// Deepest folder.
const MOST_DEPTH: usize = 512;

/// The blobs of a history, each once.
pub struct History {
    repository: Arc<Repository>,
    cache: Cache,
    exclude: Ignored,
    most: usize,
    /// The last is the oldest; none before they were looked for.
    commits: Option<Vec<(Id, Id)>>,
    commit: String,
    /// Trees that are being gone through: what is left of each, and the path's length at it.
    trees: Vec<(std::vec::IntoIter<Node>, usize)>,
    path: String,
    seen: HashSet<Id>,
}

/// A name in a tree.
struct Node {
    is_tree: bool,
    name: String,
    id: Id,
}

/// A blob that a commit brings.
pub struct Version {
    /// Where it is, in the repository.
    pub path: String,
    /// Its name.
    pub id: Id,
    /// The first commit that has it, abbreviated.
    pub commit: String,
}

impl History {
    /// The history of a repository, of at most so many commits.
    pub fn new(repository: Arc<Repository>, most: usize, exclude: Ignored) -> Self {
        Self {
            repository,
            cache: Cache::default(),
            exclude,
            most,
            commits: None,
            commit: String::new(),
            trees: Vec::new(),
            path: String::new(),
            seen: HashSet::new(),
        }
    }

    /// The repository.
    pub fn repository(&self) -> &Arc<Repository> {
        &self.repository
    }

    /// The next version that was not met before.
    pub fn next(&mut self, totals: &mut Totals, deadline: Instant) -> Result<Option<Version>, Error> {
        if self.commits.is_none() {
            let commits = self.commits(totals, deadline)?;
            totals.commits += commits.len() as u64;
            self.commits = Some(commits);
        }
        loop {
            let Some((tree, length)) = self.trees.last_mut() else {
                let Some((commit, tree)) = self.commits.as_mut().and_then(Vec::pop) else { return Ok(None) };
                in_time(deadline, "the", "search")?;
                self.commit = abbreviated(&commit);
                self.path.clear();
                self.enter(tree, totals);
                continue;
            };
            self.path.truncate(*length);
            let Some(node) = tree.next() else {
                self.trees.pop();
                continue;
            };
            if self.seen.contains(&node.id) {
                continue;
            }
            self.path += &node.name;
            // Not met, then: the same may be elsewhere, too.
            if self.exclude.matches(&self.path, node.is_tree) == Some(true) {
                continue;
            }
            if node.is_tree {
                self.path.push('/');
                self.enter(node.id, totals);
                continue;
            }
            self.seen.insert(node.id);
            return Ok(Some(Version { path: self.path.clone(), id: node.id, commit: self.commit.clone() }));
        }
    }

    /// Goes into a tree that was not met before.
    fn enter(&mut self, tree: Id, totals: &mut Totals) {
        if !self.seen.insert(tree) {
            return;
        }
        let nodes = match self.object(&tree, Kind::Tree) {
            Ok(_) if self.trees.len() > MOST_DEPTH => Err("its folders are nested too deep".to_owned()),
            Ok(bytes) => nodes(&bytes).ok_or_else(|| "it is damaged".to_owned()),
            Err(error) => Err(error.to_string()),
        };
        match nodes {
            Ok(nodes) => self.trees.push((nodes.into_iter(), self.path.len())),
            Err(why) => totals.unreadable(&unreadable(&format!("tree {}", abbreviated(&tree)), &why)),
        }
    }

    fn object(&mut self, id: &Id, wanted: Kind) -> io::Result<Vec<u8>> {
        match self.repository.find(id, MOST_OBJECT, &mut self.cache)? {
            Got::Object(kind, bytes) if kind == wanted => Ok(bytes),
            Got::Object(..) => Err(super::damaged("it is of another kind")),
            Got::Large => Err(super::damaged("it is too large")),
        }
    }

    /// The commits with their trees, newest first.
    fn commits(&mut self, totals: &mut Totals, deadline: Instant) -> Result<Vec<(Id, Id)>, Error> {
        let references = self.repository.references();
        let references = references.map_err(|error| Error::from_io("read", "references of .git", &error))?;
        let shallow = self.repository.shallow().into_iter().collect::<HashSet<_>>();
        // Of commits of one second, the one that was met first is the newer: a parent is met after its children.
        let mut heap = BinaryHeap::new();
        let mut seen = HashSet::new();
        for mut id in references {
            // A tag may be of a tag.
            for _ in 0..8 {
                match self.repository.find(&id, MOST_OBJECT, &mut self.cache) {
                    Ok(Got::Object(Kind::Tag, bytes)) => match header(&bytes, b"object ") {
                        Some(tagged) => id = tagged,
                        None => break,
                    },
                    Ok(Got::Object(Kind::Commit, bytes)) => {
                        if seen.insert(id) {
                            heap.push((time(&bytes), Reverse(seen.len()), id, bytes));
                        }
                        break;
                    }
                    Ok(_) => break,
                    Err(error) => {
                        totals.unreadable(&unreadable(
                            &format!("object {}", abbreviated(&id)),
                            &error.to_string(),
                        ));
                        break;
                    }
                }
            }
        }
        let mut commits = Vec::new();
        while commits.len() < self.most
            && let Some((.., id, bytes)) = heap.pop()
        {
            in_time(deadline, "the", "search")?;
            if let Some(tree) = header(&bytes, b"tree ") {
                commits.push((id, tree));
            }
            if shallow.contains(&id) {
                continue;
            }
            for parent in headers(&bytes).filter_map(|line| super::id(line.strip_prefix(b"parent ")?)) {
                if !seen.insert(parent) {
                    continue;
                }
                match self.object(&parent, Kind::Commit) {
                    Ok(bytes) => heap.push((time(&bytes), Reverse(seen.len()), parent, bytes)),
                    Err(error) => {
                        let what = format!("commit {}", abbreviated(&parent));
                        totals.unreadable(&unreadable(&what, &error.to_string()));
                    }
                }
            }
        }
        Ok(commits)
    }
}

fn unreadable(what: &str, why: &str) -> Error {
    Error::Io(format!("cannot read {what} in .git: {why}"))
}

/// The lines of a commit or tag before its message.
fn headers(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|&byte| byte == b'\n').take_while(|line| !line.is_empty())
}

fn header(bytes: &[u8], name: &[u8]) -> Option<Id> {
    headers(bytes).find_map(|line| id(line.strip_prefix(name)?))
}

/// When a commit was made, in seconds since the Unix epoch; 0 where it does not say.
fn time(bytes: &[u8]) -> i64 {
    let line = headers(bytes).find(|line| line.starts_with(b"committer ")).unwrap_or_default();
    let word = line.rsplit(|&byte| byte == b' ').nth(1).unwrap_or_default();
    std::str::from_utf8(word).ok().and_then(|word| word.parse().ok()).unwrap_or(0)
}

/// What a tree holds, but links and other repositories.
fn nodes(mut bytes: &[u8]) -> Option<Vec<Node>> {
    let mut nodes = Vec::new();
    while !bytes.is_empty() {
        let end = memchr::memchr(0, bytes)?;
        let (mode, name) = bytes.get(..end)?.split_at_checked(memchr::memchr(b' ', bytes)?)?;
        let (id, rest) = bytes.get(end + 1..)?.split_first_chunk::<20>()?;
        bytes = rest;
        let is_tree = matches!(mode, b"40000" | b"040000");
        if is_tree || mode.starts_with(b"100") {
            let name = String::from_utf8_lossy(name.get(1..)?).into_owned();
            nodes.push(Node { is_tree, name, id: *id });
        }
    }
    Some(nodes)
}
