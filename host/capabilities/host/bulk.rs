//! The resources of the interface files. A recording knows each by what was asked for, so that it has no numbers in it.

use serde_json::{Value as Json, json};
use wasmtime::component::Resource;

use super::{Answered, Host, answered};
use crate::{
    bindings::{self, attributes, files as contract},
    capabilities::{
        files::{archive, search, walk},
        session::{Broken, Bytes, Session},
    },
    domain::{self, Error},
};

/// A walk that a guest holds.
pub struct Entries {
    asked: Json,
    /// Absent in a replay.
    live: Option<walk::Walk>,
}

/// A search that a guest holds.
pub struct Matches {
    asked: Json,
    live: Option<search::Search>,
}

/// A content that a guest holds.
pub struct Content {
    path: String,
    members: Vec<u32>,
    live: Option<archive::Content>,
}

impl Content {
    fn asked(&self, more: &Json) -> Json {
        let mut asked = json!({"path": self.path, "members": self.members});
        if let (Some(asked), Json::Object(more)) = (asked.as_object_mut(), more) {
            asked.extend(more.clone());
        }
        asked
    }
}

fn gone() -> Error {
    Error::Unsupported("a recording cannot be asked further".to_owned())
}

/// What the host keeps under a guest's number.
fn held<C: 'static, T: 'static>(resource: &Resource<C>) -> Resource<T> {
    Resource::new_own(resource.rep())
}

impl Host {
    /// Starts a walk.
    pub(super) fn start_walk(
        &mut self,
        path: String,
        options: bindings::Attributes,
    ) -> Answered<Resource<contract::Entries>> {
        let options = domain::Attributes::from(options);
        let asked = json!({"path": path, "options": options});
        let mut live = None;
        let work = |_: &Session| {
            live = Some(self.files.walk(&path, &options)?);
            Ok(())
        };
        let answer = self.session.ask("files.walk", &path, || asked.clone(), work)?;
        self.hold(answer, Entries { asked, live })
    }

    /// Starts a search.
    pub(super) fn start_search(
        &mut self,
        path: String,
        patterns: Vec<bindings::Attributes>,
        options: bindings::Attributes,
    ) -> Answered<Resource<contract::Matches>> {
        let options = domain::Attributes::from(options);
        let patterns = patterns.into_iter().map(Into::into).collect::<Vec<_>>();
        let asked = json!({"path": path, "options": options});
        let mut live = None;
        let work = |_: &Session| {
            live = Some(self.files.search(&path, &patterns, &options)?);
            Ok(())
        };
        let answer = self.session.ask("files.search", &path, || asked.clone(), work)?;
        self.hold(answer, Matches { asked, live })
    }

    /// Starts a search of processes.
    pub(super) fn start_search_of_processes(
        &mut self,
        patterns: Vec<bindings::Attributes>,
    ) -> Answered<Resource<contract::Matches>> {
        let patterns = patterns.into_iter().map(Into::into).collect::<Vec<_>>();
        let asked = json!({"processes": true});
        let mut live = None;
        let work = |_: &Session| {
            live = Some(self.files.search_processes(&patterns)?);
            Ok(())
        };
        let answer = self.session.ask("files.search-processes", "", || asked.clone(), work)?;
        self.hold(answer, Matches { asked, live })
    }

    /// Opens a content.
    pub(super) fn open_content(&mut self, path: String) -> Answered<Resource<contract::Content>> {
        let mut live = None;
        let work = |_: &Session| {
            live = Some(self.files.open(&path)?);
            Ok(())
        };
        let answer = self.session.ask("files.open", &path, || json!({"path": path}), work)?;
        self.hold(answer, Content { path, members: Vec::new(), live })
    }

    /// Keeps a thing for the guest, which knows it by its number as a `C`.
    fn hold<T: Send + 'static, C: 'static>(
        &mut self,
        answer: Result<(), Error>,
        thing: T,
    ) -> Answered<Resource<C>> {
        match answer {
            Ok(()) => Ok(Ok(Resource::new_own(self.resources.push(thing)?.rep()))),
            Err(error) => Ok(Err(error.into())),
        }
    }

    /// Asks a content.
    fn ask_content<T: serde::Serialize + serde::de::DeserializeOwned>(
        &mut self,
        call: &'static str,
        content: &Resource<contract::Content>,
        more: &Json,
        work: impl FnOnce(&archive::Content, &Session) -> Result<T, Error>,
    ) -> wasmtime::Result<Result<T, Error>> {
        let content: &Content = self.resources.get(&held(content))?;
        let work = |session: &Session| work(content.live.as_ref().ok_or_else(gone)?, session);
        let answer: Result<_, Broken> = self.session.ask(call, &content.path, || content.asked(more), work);
        Ok(answer?)
    }
}

impl contract::HostEntries for Host {
    fn next(&mut self, entries: Resource<contract::Entries>) -> Answered<Vec<bindings::files::Entry>> {
        let Entries { asked, live } = self.resources.get_mut(&held(&entries))?;
        let work = |session: &Session| live.as_mut().ok_or_else(gone)?.next(session.deadline());
        let subject = asked["path"].as_str().unwrap_or_default().to_owned();
        let answer = self.session.ask("files.walk.next", &subject, || asked.clone(), work);
        answered(answer, |batch| batch.into_iter().map(Into::into).collect())
    }

    fn drop(&mut self, entries: Resource<contract::Entries>) -> wasmtime::Result<()> {
        self.resources.delete::<Entries>(held(&entries))?;
        Ok(())
    }
}

impl contract::HostMatches for Host {
    fn next(&mut self, matches: Resource<contract::Matches>) -> Answered<Vec<bindings::Attributes>> {
        let Matches { asked, live } = self.resources.get_mut(&held(&matches))?;
        let work = |session: &Session| live.as_mut().ok_or_else(gone)?.next(session.deadline());
        let subject = asked["path"].as_str().unwrap_or_default().to_owned();
        let answer = self.session.ask("files.search.next", &subject, || asked.clone(), work);
        answered(answer, |batch| batch.into_iter().map(attributes).collect())
    }

    fn totals(&mut self, matches: Resource<contract::Matches>) -> Answered<bindings::Attributes> {
        let Matches { asked, live } = self.resources.get(&held(&matches))?;
        let work = |_: &Session| Ok(live.as_ref().ok_or_else(gone)?.totals());
        answered(self.session.ask("files.search.totals", "", || asked.clone(), work), attributes)
    }

    fn counts(&mut self, matches: Resource<contract::Matches>) -> Answered<Vec<bindings::Attributes>> {
        let Matches { asked, live } = self.resources.get(&held(&matches))?;
        let work = |_: &Session| Ok(live.as_ref().ok_or_else(gone)?.counts());
        let answer = self.session.ask("files.search.counts", "", || asked.clone(), work);
        answered(answer, |counts| counts.into_iter().map(attributes).collect())
    }

    fn drop(&mut self, matches: Resource<contract::Matches>) -> wasmtime::Result<()> {
        self.resources.delete::<Matches>(held(&matches))?;
        Ok(())
    }
}

impl contract::HostContent for Host {
    fn format(&mut self, content: Resource<contract::Content>) -> Answered<String> {
        let format = |content: &archive::Content, session: &Session| content.format(session.deadline());
        Ok(self.ask_content("files.content.format", &content, &Json::Null, format)?.map_err(Into::into))
    }

    fn size(&mut self, content: Resource<contract::Content>) -> Answered<u64> {
        let size = |content: &archive::Content, session: &Session| content.size(session.deadline());
        Ok(self.ask_content("files.content.size", &content, &Json::Null, size)?.map_err(Into::into))
    }

    fn read(&mut self, content: Resource<contract::Content>, offset: u64, length: u32) -> Answered<Vec<u8>> {
        let more = json!({"offset": offset, "length": length});
        let read = |content: &archive::Content, session: &Session| {
            content.read(offset, length, session.deadline()).map(Bytes)
        };
        let answer = self.ask_content("files.content.read", &content, &more, read)?;
        Ok(answer.map(|bytes| bytes.0).map_err(Into::into))
    }

    fn members(&mut self, content: Resource<contract::Content>) -> Answered<Vec<bindings::Attributes>> {
        let members = |content: &archive::Content, session: &Session| content.members(session.deadline());
        let answer = self.ask_content("files.content.members", &content, &Json::Null, members)?;
        Ok(answer.map(|members| members.into_iter().map(attributes).collect()).map_err(Into::into))
    }

    fn member(
        &mut self,
        content: Resource<contract::Content>,
        index: u32,
    ) -> Answered<Resource<contract::Content>> {
        let mut live = None;
        let member = |content: &archive::Content, session: &Session| {
            live = Some(content.member(index, session.deadline())?);
            Ok(())
        };
        let answer = self.ask_content("files.content.member", &content, &json!({"index": index}), member)?;
        let outer: &Content = self.resources.get(&held(&content))?;
        let members = outer.members.iter().copied().chain([index]).collect();
        let inner = Content { path: outer.path.clone(), members, live };
        self.hold(answer, inner)
    }

    fn drop(&mut self, content: Resource<contract::Content>) -> wasmtime::Result<()> {
        self.resources.delete::<Content>(held(&content))?;
        Ok(())
    }
}

impl From<walk::Entry> for bindings::files::Entry {
    fn from(entry: walk::Entry) -> Self {
        Self {
            path: entry.path,
            kind: entry.kind.into(),
            size: entry.size,
            mode: entry.mode,
            owner: entry.owner,
            group: entry.group,
            modified: entry.modified,
            links: entry.links,
            device: entry.device,
            target: entry.target,
            failed: entry.failed.map(Into::into),
        }
    }
}
