//! Git bundles as backups of repositories.

use gonogo_sdk::{Report, Stop, files};

use crate::{
    backup::Backup,
    commands::{About, HEAD, filled, run, said},
    integrity::Header,
};

/// Whether the checked-out commit of a repository is in a bundle.
pub fn holds_commit(source: &str, backup: &Backup, report: &mut Report) -> Result<bool, Stop> {
    let (path, place) = (source, &*backup.path);
    let header = Header::parse(&files::read(place, 0, files::MOST_BYTES)?)
        .map_err(|why| Stop::unknown(format!("cannot read {place}: {why}")))?;
    let Some(command) = filled(HEAD, backup, About::default()) else {
        let message = format!("whether {path} is in {place} cannot be told: the bundle has no 'source'");
        report.unknown(message).at(place).hint(format!("source = \"{path}\" in this backup, in gonogo.toml"));
        return Ok(false);
    };
    let output = match run(&command)? {
        Ok(output) if output.succeeded() => output,
        Ok(output) => {
            return Err(Stop::unknown(format!(
                "git rev-parse HEAD in {path} ended with {}: {}",
                output.ending(),
                said(&output)
            )));
        }
        Err(why) => return Err(Stop::unknown(format!("cannot tell the commit of {path}: {why}"))),
    };
    let head = output.stdout.trim();
    report.fact(format!("{path}: commit"), head).bound(format!("a reference of {place}"));
    let found = header.references.iter().any(|(id, _)| id == head);
    if !found {
        let message = format!("{path} is at commit {head}, and no reference of {place} is");
        report.no_go(message).at(place).hint(format!("git -C {path} bundle create {place} --all"));
    }
    Ok(found)
}
