//! The airscope program.
#![forbid(unsafe_code)]

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use airscope::args::Arguments;
use airscope::run::{RunError, run};
use clap::{CommandFactory, Parser};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut out = BufWriter::new(io::stdout().lock());
    let done = if arguments.man {
        clap_mangen::Man::new(Arguments::command()).render(&mut out).map_err(RunError::Write)
    } else if let Some(shell) = arguments.completions {
        let mut text = Vec::new();
        clap_complete::generate(shell, &mut Arguments::command(), "airscope", &mut text);
        out.write_all(&text).map_err(RunError::Write)
    } else {
        run(&arguments, &mut out, &mut io::stderr())
    };
    let done = done.and_then(|()| out.flush().map_err(RunError::Write));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        // Who reads our output has had enough.
        Err(RunError::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            // What was read comes first.
            let _ = out.flush();
            eprintln!("airscope: {error}");
            ExitCode::from(error.code())
        }
    }
}
