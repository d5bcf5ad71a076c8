//! Processes that hint at trouble.

use procfs::{FromRead, process::Stat};

use super::Machine;
use crate::domain::{Attributes, Error, text};

/// The link that /proc shows for a process in the process namespace that the machine started with.
const FIRST_PROCESS_NAMESPACE: &str = "pid:[4026531836]";

impl Machine {
    /// See `troubled-processes` in `wit/system.wit`. Processes that end while this looks, or that other users hide, are left out.
    pub fn troubled_processes(&self) -> Result<Vec<Attributes>, Error> {
        let mut troubled = Vec::new();
        self.each_process(|process| {
            if matches!(process.state, 'Z' | 'D') {
                let mut attributes = Attributes::new();
                attributes.set("id", i64::from(process.pid));
                attributes.set("name", text::line(&process.comm, 64));
                attributes.set("state", process.state.to_string());
                attributes.set("parent", i64::from(process.ppid));
                troubled.push(attributes);
            }
        })?;
        Ok(troubled)
    }

    /// Whether a process runs whose name starts so. `None` where there is none to be seen but this process sees only those of its
    /// container.
    pub(super) fn runs(&self, name: &str) -> Result<Option<bool>, Error> {
        let mut found = false;
        self.each_process(|process| found |= process.comm.starts_with(name) && process.state != 'Z')?;
        let sees_all =
            self.link_name("/proc/self/ns/pid").is_some_and(|link| link == FIRST_PROCESS_NAMESPACE);
        Ok((found || sees_all).then_some(found))
    }

    fn each_process(&self, mut look: impl FnMut(Stat)) -> Result<(), Error> {
        let names = self.names("/proc")?.ok_or_else(|| Error::NotFound("/proc is missing".to_owned()))?;
        for id in names.iter().filter(|name| name.bytes().all(|byte| byte.is_ascii_digit())) {
            let stat = self.read(format!("/proc/{id}/stat")).ok().flatten();
            if let Some(stat) = stat.and_then(|stat| Stat::from_read(stat.as_bytes()).ok()) {
                look(stat);
            }
        }
        Ok(())
    }
}
