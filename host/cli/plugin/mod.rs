//! `gonogo plugin`: building, testing and looking into plugins.

mod build;
mod consent;
mod inspect;
mod list;
mod sources;
mod test;

use std::path::{Path, PathBuf};

use super::{
    args,
    exit::Exit,
    failure::Failure,
    output::Output,
    stages::{described, directory, runtime, surroundings},
    supply::contract,
};
use crate::{
    catalog::{Found, Plugin, Source},
    domain::id,
};

/// Does what the arguments say.
pub fn plugin(command: &args::Plugin, verbose: u8) -> Result<Exit, Failure> {
    match command {
        args::Plugin::Add(args) => sources::add(args),
        args::Plugin::Remove(args) => sources::remove(args),
        args::Plugin::Update(args) => sources::update(args),
        args::Plugin::List(args) => list::list(args, verbose),
        args::Plugin::Vendor(args) => sources::vendor(args),
        args::Plugin::Build(args) => build_plugin(args),
        args::Plugin::Test(args) => test_plugin(args),
        args::Plugin::Inspect(args) => {
            let (plugin, contract) = open(&args.file)?;
            let text = inspect::inspect(&plugin, &contract, &Output::Standard.style(verbose));
            Output::Standard.write(text.as_bytes())?;
            Ok(Exit::Go)
        }
    }
}

/// The component of that file, with the version of the contract that it needs.
fn open(path: &Path) -> Result<(Plugin, String), Failure> {
    let here = std::env::current_dir()
        .map_err(|error| Failure::usage("cannot tell the current directory").cause(error))?;
    let (surroundings, runtime) = (surroundings(&here), runtime()?);
    let plugin = described(found(path)?, &runtime, &surroundings)?;
    let contract = format!("gonogo:plugin@{}", contract(&plugin.description));
    Ok((plugin, contract))
}

/// A component in a file, named after the file.
fn found(path: &Path) -> Result<Found, Failure> {
    let stem = path
        .file_stem()
        .map(|stem| stem.to_string_lossy().to_lowercase().replace('_', "-"))
        .unwrap_or_default();
    let name = if id::is_name(&stem) { stem } else { "plugin".to_owned() };
    Found::in_file(&name, path.to_owned())
        .map_err(|error| Failure::usage("cannot open the plugin").cause(error))
}

/// `gonogo plugin build`.
fn build_plugin(args: &args::PluginBuild) -> Result<Exit, Failure> {
    let (built, beside) = built(&args.folder)?;
    let path = args.output.clone().unwrap_or(beside);
    Output::find(Some(&path))?.write(&built.component)?;
    let line = format!("{}  {} bytes, by {}\n", path.display(), built.component.len(), built.toolchain);
    Output::Standard.write(line.as_bytes())?;
    Ok(Exit::Go)
}

/// The component of that folder, and where it goes when nobody says otherwise.
fn built(folder: &Path) -> Result<(build::Built, PathBuf), Failure> {
    build::build(folder)
        .map_err(|error| Failure::invalid(format!("cannot build {}", folder.display())).cause(error))
}

/// `gonogo plugin test`.
fn test_plugin(args: &args::PluginTest) -> Result<Exit, Failure> {
    let (surroundings, runtime) = (surroundings(&directory(&args.folder)?), runtime()?);
    let found = if let Some(path) = &args.component {
        found(path)?
    } else {
        let (built, beside) = built(&args.folder)?;
        let name = beside.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        Found::new(name.unwrap_or_default(), Source::File(beside), built.component.into())
    };
    let plugin = described(found, &runtime, &surroundings)?;
    let cases =
        test::Cases { folder: args.folder.join("cases"), filter: args.filter.clone(), bless: args.bless };
    let unreadable = |error| Failure::usage("cannot run the cases").cause(error);
    let tried = test::test(&plugin, &cases, &runtime, &surroundings).map_err(unreadable)?;
    let passed = test::passed(&tried);
    Output::Standard.write(test::as_text(&tried, &Output::Standard.style(0)).as_bytes())?;
    Ok(if passed { Exit::Go } else { Exit::NoGo })
}
