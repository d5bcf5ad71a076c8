//! The command line as types. What clap prints about it comes from here and nowhere else.

mod bundle;
mod plugin;
mod supply;

use std::{path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint, builder::PossibleValuesParser};
use clap_complete::Shell;

pub use bundle::{
    Artifact, Bundle, BundleInspect, BundlePack, BundlePull, BundlePush, BundleSign, BundleVerify, Trusting,
};
pub use plugin::{Plugin, PluginBench, PluginBuild, PluginCheck, PluginInspect, PluginNew, PluginTest};
pub use supply::{Place, PluginAdd, PluginList, PluginRemove, PluginUpdate, PluginVendor};

use crate::{
    domain::{duration, limits::JOBS_AT_ONCE},
    report::FORMATS,
    run,
};

/// GO or NO-GO for an AI training run
///
/// Runs sandboxed checks on the machine, the project and its data, and merges what they find into one decision: GO, NO-GO or
/// INCOMPLETE. A check sees exactly what gonogo.toml or the profile names for it. What could not be told is never GO.
#[derive(Debug, Parser)]
#[command(name = "gonogo", version, arg_required_else_help = true, after_help = EXAMPLES, after_long_help = EXIT_CODES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,

    /// What holds for every command.
    #[command(flatten)]
    pub global: Global,
}

const EXAMPLES: &str = "\
Examples:
  gonogo check                            decide on the project in this directory
  gonogo check --only 'system.*' -v       the machine alone, with every fact and its bound
  gonogo plan                             what would run, and what each check may touch
  gonogo explain system.hardware.memory   what an item measures and how to set its bounds

'gonogo --help' lists the exit codes.";

const EXIT_CODES: &str = "\
Examples:
  gonogo check                            decide on the project in this directory
  gonogo check --only 'system.*' -v       the machine alone, with every fact and its bound
  gonogo plan                             what would run, and what each check may touch
  gonogo explain system.hardware.memory   what an item measures and how to set its bounds

Exit codes:
   0  GO, warnings and waivers included; for other commands: done
   1  NO-GO
   2  wrong usage, or an output that cannot be written
   3  INCOMPLETE: a required item is open or could not be told
   4  the configuration, the profile or a plugin is invalid
  70  a bug of gonogo";

/// What holds for every command.
#[derive(Debug, Args)]
pub struct Global {
    /// Show more: once for facts with their bounds, twice for what happens inside, on standard error
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub verbose: u8,

    /// When to colour; `auto` looks at the terminal, NO_COLOR and CLICOLOR_FORCE
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Color::Auto, global = true, hide_possible_values = true)]
    pub color: Color,
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless the environment says otherwise
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
// Arguments are read out of these types for the one command that is called. Its own help then begins with the sentence of its type, which is the one here.
#[command(defer = true)]
pub enum Command {
    /// Run the checks and decide: GO, NO-GO or INCOMPLETE
    #[command(after_help = "\
Examples:
  gonogo check --project ~/runs/llama
  gonogo check --only 'system.hardware.*' --skip '*.gpu'
  gonogo check --format json --output report.json
  gonogo check --record node.rec && gonogo check --replay node.rec")]
    Check(Check),

    /// Show what would run: each job with everything it may touch, and who said so
    #[command(after_help = "\
Examples:
  gonogo plan --only system.development.venv
  gonogo plan --format json | jq '.items[].id'")]
    Plan(Plan),

    /// List the items of the profile, or the checks of the plugins
    #[command(after_help = "\
Examples:
  gonogo list
  gonogo list --checks")]
    List(List),

    /// Explain an item or a check: what it measures, its parameters, how to write them into gonogo.toml
    #[command(after_help = "\
Examples:
  gonogo explain system.hardware.memory
  gonogo explain toolchain/venv")]
    Explain(Explain),

    /// Look into tables of data before any check decides on them
    #[command(subcommand)]
    Data(Data),

    /// Build, test and look into plugins
    #[command(subcommand)]
    Plugin(Plugin),

    /// Pack, sign and share plugins, profiles and their documentation
    #[command(subcommand)]
    Bundle(Bundle),

    /// Print the JSON Schema of the JSON report or of gonogo.toml
    #[command(after_help = "\
Examples:
  gonogo schema report > report.schema.json
  gonogo schema config > gonogo.schema.json")]
    Schema(Schema),

    /// Print a completion script for a shell
    #[command(after_help = "\
Examples:
  gonogo completions bash > ~/.local/share/bash-completion/completions/gonogo
  gonogo completions fish > ~/.config/fish/completions/gonogo.fish")]
    Completions {
        /// The shell
        shell: Shell,
    },

    /// What gonogo starts to compile a plugin: a component on standard input, its code on standard output
    #[command(hide = true)]
    CompilePlugin(CompilePlugin),
}

/// What gonogo starts to compile a plugin: a component on standard input, its code on standard output
#[derive(Debug, Args)]
pub struct CompilePlugin {
    /// Bytes of memory that it may write to
    #[arg(long)]
    pub memory: u64,

    /// Seconds of processor time
    #[arg(long)]
    pub cpu: u64,

    /// The process that it ends with
    #[arg(long)]
    pub parent: u32,

    /// Whether the code is for a process whose address space is bounded
    #[arg(long, action = clap::ArgAction::Set)]
    pub bounded: bool,
}

/// Which project, which configuration, which items.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "What to look at")]
pub struct Selecting {
    /// The project's directory
    #[arg(long, value_name = "DIR", default_value = ".", value_hint = ValueHint::DirPath)]
    pub project: PathBuf,

    /// The configuration; without it DIR/gonogo.toml, where there is one
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,

    /// The profile, built in or a file, in place of the configuration's
    #[arg(long, value_name = "NAME|FILE")]
    pub profile: Option<String>,

    /// Refuse where gonogo.lock is missing, incomplete or would change: for CI
    #[arg(long)]
    pub locked: bool,

    /// Only items whose id matches one of these: `system.*`
    #[arg(long, value_name = "GLOB", num_args = 1..)]
    pub only: Vec<String>,

    /// No items whose id matches one of these
    #[arg(long, value_name = "GLOB", num_args = 1..)]
    pub skip: Vec<String>,
}

/// Where the result goes.
#[derive(Debug, Args)]
#[command(next_help_heading = "What comes out")]
pub struct Output {
    /// How to write it
    #[arg(long, value_name = "FORMAT", value_parser = PossibleValuesParser::new(FORMATS.iter().map(|format| format.name)), default_value = FORMATS[0].name)]
    pub format: String,

    /// Write to this file, whole or not at all, in place of standard output
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
}

/// Where a list or a plan goes.
#[derive(Debug, Args)]
#[command(next_help_heading = "What comes out")]
pub struct Listing {
    /// How to write it
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = ListingFormat::Text, hide_possible_values = true, help = "How to write it: text or json")]
    pub format: ListingFormat,

    /// Write to this file, whole or not at all, in place of standard output
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
}

/// How a list or a plan is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ListingFormat {
    /// For people
    Text,
    /// For programs
    Json,
}

/// Run the checks and decide: GO, NO-GO or INCOMPLETE
#[derive(Debug, Args)]
pub struct Check {
    /// Which project and items.
    #[command(flatten)]
    pub selecting: Selecting,

    /// Where the report goes.
    #[command(flatten)]
    pub output: Output,

    /// How it runs.
    #[command(flatten)]
    pub running: Running,
}

/// How the checks run.
#[derive(Debug, Args)]
#[command(next_help_heading = "How to run")]
pub struct Running {
    /// Keep every answer of this machine in a file, to be replayed anywhere
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "replay")]
    pub record: Option<PathBuf>,

    /// Take every answer from a recording in place of this machine
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub replay: Option<PathBuf>,

    /// How many checks run at once: most of a check is waiting
    #[arg(long, value_name = "N", default_value_t = run::JOBS, value_parser = clap::value_parser!(u16).range(1..=i64::from(JOBS_AT_ONCE)))]
    pub jobs: u16,

    /// How long each check may take, such as '30 s' or '5 min', in place of its own limit
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    pub timeout: Option<Duration>,
}

/// Show what would run: each job with everything it may touch, and who said so
#[derive(Debug, Args)]
pub struct Plan {
    /// Which project and items.
    #[command(flatten)]
    pub selecting: Selecting,

    /// Where the plan goes.
    #[command(flatten)]
    pub output: Listing,
}

/// List the items of the profile, or the checks of the plugins
#[derive(Debug, Args)]
pub struct List {
    /// The checks of the plugins in place of the items of the profile
    #[arg(long)]
    pub checks: bool,

    /// Which project and items.
    #[command(flatten)]
    pub selecting: Selecting,

    /// Where the list goes.
    #[command(flatten)]
    pub output: Listing,
}

/// Explain an item or a check: what it measures, its parameters, how to write them into gonogo.toml
#[derive(Debug, Args)]
pub struct Explain {
    /// An item, such as system.hardware.cpu, or a check, such as system/cpu
    #[arg(value_name = "ITEM|CHECK")]
    pub name: String,

    /// Which project and items.
    #[command(flatten)]
    pub selecting: Selecting,
}

/// What to do with data.
#[derive(Debug, Subcommand)]
pub enum Data {
    /// Print what tables hold: types, nulls, different values, ranges, histograms, frequent values, repeated rows
    Profile(DataProfile),
}

/// Arguments of `data profile`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gonogo data profile data/train.csv               one table
  gonogo data profile data/train data/test.parquet a directory of files is one table, too
  gonogo data profile 'logs/**/*.jsonl.gz' --format json")]
pub struct DataProfile {
    /// Tables: CSV, JSON Lines, JSON, Parquet, Arrow, also compressed; a directory or a quoted pattern is one table of all its files. Remote ones too: https://…, s3://…
    #[arg(value_name = "FILES", required = true, value_hint = ValueHint::AnyPath)]
    pub files: Vec<String>,

    /// What the files are, in place of what they look like: csv, jsonl, json, parquet, arrow
    #[arg(long = "as", value_name = "FORMAT")]
    pub read_as: Option<String>,

    /// What stands between the cells of CSV
    #[arg(long, value_name = "CHARACTER")]
    pub delimiter: Option<String>,

    /// What text is written in, such as windows-1252
    #[arg(long, value_name = "NAME")]
    pub encoding: Option<String>,

    /// A cell of CSV that is null, besides empty ones; as often as there are
    #[arg(long = "null", value_name = "TEXT")]
    pub nulls: Vec<String>,

    /// The first row of CSV holds values, not names
    #[arg(long)]
    pub no_header: bool,

    /// The S3 service of s3:// tables. Requests are signed where AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are set
    #[arg(long, value_name = "URL")]
    pub endpoint: Option<String>,

    /// The region of that service
    #[arg(long, value_name = "NAME")]
    pub region: Option<String>,

    /// Where the profile goes.
    #[command(flatten)]
    pub output: Listing,
}

/// Print the JSON Schema of the JSON report or of gonogo.toml
#[derive(Debug, Args)]
pub struct Schema {
    /// Of what
    pub of: SchemaOf,
}

/// What has a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// The JSON report
    Report,
    /// gonogo.toml
    Config,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_command_says_the_same_of_itself_as_the_list_of_commands() {
        let listed = Cli::command();
        let mut whole = listed.clone();
        whole.build();
        for command in listed.get_subcommands() {
            let own = whole.find_subcommand(command.get_name()).unwrap();
            let said = |command: &clap::Command| command.get_about().map(ToString::to_string);
            assert_eq!(said(own), said(command), "{}", command.get_name());
        }
    }

    /// Every example in the help texts, as the words after `gonogo`.
    fn examples(command: &clap::Command) -> Vec<Vec<String>> {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let own = help.lines().filter_map(|line| line.strip_prefix("  ")?.strip_prefix("gonogo "));
        let own = own.flat_map(|line| line.split(" && gonogo ").map(words).collect::<Vec<_>>());
        own.chain(command.get_subcommands().flat_map(examples)).collect()
    }

    /// As far as a shell would read it, for the words that the examples use.
    fn words(line: &str) -> Vec<String> {
        let command =
            line.split("   ").next().unwrap().split(" | ").next().unwrap().split(" > ").next().unwrap();
        command.split_whitespace().map(|word| word.trim_matches('\'').to_owned()).collect()
    }

    #[test]
    fn every_example_is_understood() {
        let mut command = Cli::command();
        command.build();
        let examples = examples(&command);
        assert!(examples.len() > 12, "{examples:?}");
        for example in examples {
            let words = std::iter::once("gonogo".to_owned()).chain(example.clone());
            assert!(Cli::try_parse_from(words).is_ok(), "{example:?}");
        }
    }

    #[test]
    fn recording_and_replaying_exclude_each_other() {
        assert!(Cli::try_parse_from(["gonogo", "check", "--record", "a", "--replay", "b"]).is_err());
        assert!(Cli::try_parse_from(["gonogo", "check", "--jobs", "0"]).is_err());
        assert!(Cli::try_parse_from(["gonogo", "check", "--timeout", "soon"]).is_err());
        assert!(Cli::try_parse_from(["gonogo", "check", "--timeout", "30 s"]).is_ok());
    }
}
