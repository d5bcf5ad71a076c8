//! `gonogo compile-plugin`: the child that compiles a plugin for the gonogo that started it. Nobody calls it by hand.

use std::{io::Write, time::Duration};

use super::{args, exit::Exit, failure::Failure};
use crate::{
    domain::limits::COMPILE_TIMEOUT,
    runtime::compiler::{Limits, Order, Refusal, serve},
};

/// Reads a component, writes its code. Where the component is at fault, standard error says why and nothing else.
pub fn compile(args: &args::CompilePlugin) -> Result<Exit, Failure> {
    let limits = Limits { memory: args.memory, cpu: Duration::from_secs(args.cpu), time: COMPILE_TIMEOUT };
    let order = Order { limits, bounded: args.bounded, parent: args.parent };
    match serve(order, std::io::stdin().lock(), std::io::stdout().lock()) {
        Ok(()) => Ok(Exit::Go),
        Err(Refusal::Invalid(why)) => {
            // Nothing is left to do where nobody listens.
            let _ = std::io::stderr().write_all(why.as_bytes());
            Ok(Exit::Invalid)
        }
        Err(refusal) => Err(Failure::new(Exit::Bug, "cannot compile a plugin").cause(refusal)),
    }
}
