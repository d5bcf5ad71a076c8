//! Every exit code. They are an interface: scripts, Slurm prologs and CI jobs decide by them.

use std::process::ExitCode;

use crate::domain::Decision;

/// How the process ends. A reader that closes the pipe early changes nothing: the code is that of the decision.
///
/// A run that is interrupted (Ctrl-C, SIGTERM) reports what is known by then; what was not asked is unknown, so its code is
/// [`Exit::Incomplete`] or [`Exit::NoGo`], never that of a signal and never [`Exit::Go`] unless every required item had been decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: GO, warnings and waivers included; or a command other than `check` did what it should.
    Go,
    /// 1: NO-GO, a required item does not hold. Also `plugin test` with a case that gives something else.
    NoGo,
    /// 2: wrong usage: unknown arguments, a directory or file that is not there, an output that cannot be written.
    Usage,
    /// 3: INCOMPLETE, a required item is open or could not be told, and none is known not to hold.
    Incomplete,
    /// 4: the configuration, the profile, a recording or a plugin is invalid. Nothing ran.
    Invalid,
    /// 70: a bug of ours (`EX_SOFTWARE`).
    Bug,
}

impl Exit {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Go, Self::NoGo, Self::Usage, Self::Incomplete, Self::Invalid, Self::Bug];

    /// The number.
    pub const fn code(self) -> u8 {
        match self {
            Self::Go => 0,
            Self::NoGo => 1,
            Self::Usage => 2,
            Self::Incomplete => 3,
            Self::Invalid => 4,
            Self::Bug => 70,
        }
    }
}

impl From<Decision> for Exit {
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::Go => Self::Go,
            Decision::NoGo => Self::NoGo,
            Decision::Incomplete => Self::Incomplete,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_that_are_documented_and_only_go_is_zero() {
        assert_eq!(Exit::ALL.map(Exit::code), [0, 1, 2, 3, 4, 70]);
        let zero = [Decision::Go, Decision::Incomplete, Decision::NoGo]
            .map(|decision| Exit::from(decision).code() == 0);
        assert_eq!(zero, [true, false, false]);
    }
}
