use std::{env, fs, net::TcpStream, process::Command};

use gonogo_sdk::{Check, JsonSchema, Report, Stop, log};
use serde::Deserialize;

/// The language's own library reaches nothing
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(crate = "gonogo_sdk::schemars")]
pub struct Escape {}

impl Check for Escape {
    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        let tries = [
            ("file", fs::read("/etc/hostname").map(drop).map_err(|error| error.to_string())),
            // To list all variables is a panic where there is no environment.
            ("variable", env::var("PATH").map(drop).map_err(|error| error.to_string())),
            ("socket", TcpStream::connect("127.0.0.1:9").map(drop).map_err(|error| error.to_string())),
            ("process", Command::new("/bin/true").status().map(drop).map_err(|error| error.to_string())),
        ];
        let mut refused = 0;
        for (what, tried) in tries {
            match tried {
                Ok(()) => {
                    report.no_go(format!("{what} could be had"));
                }
                Err(error) => {
                    log::log(log::Level::Debug, &error);
                    report.fact(what, "refused");
                    refused += 1;
                }
            }
        }
        report.summary(format!("{refused} of 4 refused"));
        Ok(())
    }
}
