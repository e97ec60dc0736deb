//! The p2pctl program.
#![forbid(unsafe_code)]

use clap::{CommandFactory, Parser};
use p2pctl::args::{Cli, Command};
use p2pctl::commands;
use p2pctl::shell::{Shell, exit};
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut out = io::stdout();
    let mut err = io::stderr();
    let live = out.is_terminal() && !cli.global.json;
    let ask: Option<fn(&str) -> io::Result<String>> = (io::stdin().is_terminal()).then_some(question);
    let mut shell = Shell { out: &mut out, err: &mut err, json: cli.global.json, live, ask };
    match &cli.command {
        Command::Completions { shell: of } => {
            // Into memory first: clap_complete panics when the output has gone.
            let mut text = Vec::new();
            clap_complete::generate(*of, &mut Cli::command(), "p2pctl", &mut text);
            let written = io::stdout().write_all(&text);
            return exit(shell.end(written.map_err(Into::into)));
        }
        Command::Man => {
            let rendered = clap_mangen::Man::new(Cli::command()).render(&mut io::stdout());
            return exit(shell.end(rendered.map_err(Into::into)));
        }
        _ => {}
    }
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return exit(shell.end(Err(error.into()))),
    };
    let code = runtime.block_on(commands::run(&cli, &mut shell, async {
        if tokio::signal::ctrl_c().await.is_err() {
            // Without the signal's handler the signal itself ends the program.
            std::future::pending::<()>().await;
        }
    }));
    exit(code)
}

/// Asks the user at the terminal.
fn question(text: &str) -> io::Result<String> {
    print!("{text}");
    io::stdout().flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(answer)
}
