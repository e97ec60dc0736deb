//! Where a command writes, whom it may ask, and how it ends.

use crate::attempt::{Failure, Phase};
use crate::control::ControlError;
use crate::table::{Space, table};
use crate::text::{Json, shown};
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;
use thiserror::Error;

/// Why a command did not do what it should.
#[derive(Debug, Error)]
pub enum Stop {
    /// The daemon cannot be spoken to.
    #[error("{0}")]
    Control(#[from] ControlError),
    /// There is no such device or group.
    #[error("{0}")]
    NotFound(String),
    /// The daemon refused at once.
    #[error("the daemon refused: {0}")]
    Refused(String),
    /// A connection failed.
    #[error("failed while {}: {}", .0.phase, .0.reason)]
    Failed(Failure),
    /// It took too long.
    #[error("gave up while {}: {}", .0.phase, .0.reason)]
    TimedOut(Failure),
    /// Something else went wrong.
    #[error("{0}")]
    Other(String),
    /// The user has pressed Ctrl-C.
    #[error("interrupted")]
    Interrupted,
    /// The output has gone.
    #[error("output: {0}")]
    Output(#[from] io::Error),
}

impl Stop {
    /// The exit code: see the help.
    pub fn code(&self) -> u8 {
        match self {
            Self::Failed(_) | Self::Other(_) | Self::Output(_) => 1,
            Self::Control(ControlError::Denied(_)) => 4,
            Self::Control(ControlError::Ambiguous(_)) => 2,
            Self::Control(_) => 3,
            Self::NotFound(_) => 5,
            Self::TimedOut(_) => 6,
            Self::Refused(_) => 7,
            Self::Interrupted => 130,
        }
    }

    /// What may help.
    fn hint(&self) -> &'static str {
        match self {
            Self::Failed(failure) | Self::TimedOut(failure) => failure.hint,
            _ => "",
        }
    }

    fn phase(&self) -> Option<Phase> {
        match self {
            Self::Failed(failure) | Self::TimedOut(failure) => Some(failure.phase),
            _ => None,
        }
    }

    /// For programs.
    fn json(&self) -> Json {
        let reason = match self {
            Self::Failed(failure) | Self::TimedOut(failure) => failure.reason.clone(),
            other => other.to_string(),
        };
        let error = Json::Object(vec![
            ("code", Json::Number(self.code().into())),
            ("phase", Json::maybe(self.phase().map(Phase::word))),
            ("reason", Json::text(reason)),
        ]);
        Json::Object(vec![("error", error)])
    }
}

/// Columns and lines of a terminal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Size {
    /// Columns.
    pub columns: usize,
    /// Lines.
    pub lines: usize,
}

/// Asks the user; `None` when the input has ended.
pub type Ask = fn(&str) -> io::Result<Option<String>>;

/// The user's side of a command.
pub struct Shell<'a> {
    /// Standard output.
    pub out: &'a mut dyn Write,
    /// Standard error.
    pub err: &'a mut dyn Write,
    /// JSON is wanted.
    pub json: bool,
    /// The terminal shows ASCII alone.
    pub ascii: bool,
    /// The output is a terminal, whose lines can be written over: how large it is now.
    pub live: Option<fn() -> Size>,
    /// Asks the user; `None` when there is nobody to ask.
    pub ask: Option<Ask>,
}

impl Shell<'_> {
    /// Says something to people; programs do not hear it.
    ///
    /// # Errors
    /// When the output has gone.
    pub fn say(&mut self, text: &str) -> Result<(), Stop> {
        if !self.json {
            writeln!(self.out, "{}", shown(text, self.ascii))?;
            self.out.flush()?;
        }
        Ok(())
    }

    /// Gives something to programs.
    ///
    /// # Errors
    /// When the output has gone.
    pub fn give(&mut self, value: &Json) -> Result<(), Stop> {
        if self.json {
            writeln!(self.out, "{value}")?;
            self.out.flush()?;
        }
        Ok(())
    }

    /// Says it to people, gives it to programs.
    ///
    /// # Errors
    /// When the output has gone.
    pub fn tell(&mut self, text: &str, value: &Json) -> Result<(), Stop> {
        self.say(text)?;
        self.give(value)
    }

    /// Text that is laid out already, and safe.
    ///
    /// # Errors
    /// When the output has gone.
    pub fn print(&mut self, text: &str) -> Result<(), Stop> {
        if !self.json {
            self.out.write_all(text.as_bytes())?;
            self.out.flush()?;
        }
        Ok(())
    }

    /// The size of the terminal, where the output is one for people.
    pub fn size(&self) -> Option<Size> {
        self.live.filter(|_| !self.json).map(|size| size())
    }

    /// What a table may take.
    pub fn space(&self) -> Space {
        Space { columns: self.size().map(|size| size.columns), ascii: self.ascii }
    }

    /// A table, for people.
    ///
    /// # Errors
    /// When the output has gone.
    pub fn table(&mut self, head: &[&str], rows: &[Vec<String>]) -> Result<(), Stop> {
        let text = table(head, rows, self.space());
        self.print(&text)
    }

    /// Asks the user something and waits for the answer without holding anything else up; `None` when there is nobody.
    ///
    /// # Errors
    /// When the input has ended instead.
    pub async fn question(&mut self, text: &'static str) -> Result<Option<String>, Stop> {
        let Some(ask) = self.ask.filter(|_| !self.json) else { return Ok(None) };
        match tokio::task::spawn_blocking(move || ask(text)).await {
            Ok(answer) => answer?.map(Some).ok_or(Stop::Interrupted),
            Err(_) => Err(Stop::Interrupted),
        }
    }

    /// Tells how the command has ended, and makes its exit code of that.
    pub fn end(&mut self, result: Result<(), Stop>) -> u8 {
        let Err(stop) = result else { return 0 };
        // There is nowhere to tell of an output that has gone, and who reads no more has meant it.
        if matches!(&stop, Stop::Output(error) if error.kind() == ErrorKind::BrokenPipe) {
            return stop.code();
        }
        if self.json {
            let _ = writeln!(self.out, "{}", stop.json());
        } else {
            // A terminal has `^C` on the line.
            let feed = if matches!(stop, Stop::Interrupted) && self.live.is_some() { "\n" } else { "" };
            let _ = writeln!(self.err, "{feed}p2pctl: {}", shown(&stop.to_string(), self.ascii));
            if !stop.hint().is_empty() {
                let _ = writeln!(self.err, "{}", shown(stop.hint(), self.ascii));
            }
        }
        stop.code()
    }
}

/// An exit code for the system.
pub fn exit(code: u8) -> ExitCode {
    ExitCode::from(code)
}
