//! The p2pctl program.
#![forbid(unsafe_code)]

use clap::{CommandFactory, Parser};
use p2pctl::args::{Cli, Command};
use p2pctl::commands;
use p2pctl::manual;
use p2pctl::shell::{Ask, Shell, Size, exit};
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut out = io::stdout();
    let mut err = io::stderr();
    let ascii = out.is_terminal() && !shows_unicode(|name| std::env::var(name).ok());
    let live: Option<fn() -> Size> = out.is_terminal().then_some(size);
    let ask: Option<Ask> = io::stdin().is_terminal().then_some(question);
    let mut shell = Shell { out: &mut out, err: &mut err, json: cli.global.json, ascii, live, ask };
    match &cli.command {
        Command::Completions { shell: of } => {
            // Into memory first: clap_complete panics when the output has gone.
            let mut text = Vec::new();
            clap_complete::generate(*of, &mut Cli::command(), "p2pctl", &mut text);
            let written = io::stdout().write_all(&text);
            return exit(shell.end(written.map_err(Into::into)));
        }
        Command::Man => {
            let rendered = manual::write(&mut io::stdout());
            return exit(shell.end(rendered.map_err(Into::into)));
        }
        _ => {}
    }
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return exit(shell.end(Err(error.into()))),
    };
    let code = runtime.block_on(commands::run(&cli, &mut shell, interrupt()));
    // A question that was not answered holds nobody up.
    runtime.shutdown_background();
    exit(code)
}

/// Ends when the user or the system wants the program to end: Ctrl-C, `kill`, a terminal that is closed.
async fn interrupt() {
    let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
    match kinds.map(signal) {
        [Ok(mut interrupt), Ok(mut terminate), Ok(mut hangup)] => tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        },
        // Without a handler the signal itself ends the program.
        _ => std::future::pending().await,
    }
}

/// Whether a terminal shows more than ASCII: what the locale says (POSIX.1-2017, Base Definitions §8.2).
fn shows_unicode(variable: impl Fn(&str) -> Option<String>) -> bool {
    let set = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(variable).find(|value| !value.is_empty());
    let locale = set.unwrap_or_default().to_lowercase();
    locale.ends_with("utf-8") || locale.ends_with("utf8")
}

/// How large the terminal is; the usual size where it does not say.
fn size() -> Size {
    let told = rustix::termios::tcgetwinsize(io::stdout()).ok();
    let told = told.filter(|size| size.ws_col > 0 && size.ws_row > 0);
    told.map_or(Size { columns: 80, lines: 24 }, |size| Size {
        columns: usize::from(size.ws_col),
        lines: usize::from(size.ws_row),
    })
}

/// Asks the user at the terminal.
fn question(text: &str) -> io::Result<Option<String>> {
    print!("{text}");
    io::stdout().flush()?;
    let mut answer = String::new();
    Ok((io::stdin().read_line(&mut answer)? > 0).then_some(answer))
}

#[cfg(test)]
mod tests {
    use super::shows_unicode;

    #[test]
    fn the_locale_says_what_a_terminal_shows() {
        let locale = |all: &str, ctype: &str, lang: &str| {
            shows_unicode(|name| {
                let value = match name {
                    "LC_ALL" => all,
                    "LC_CTYPE" => ctype,
                    _ => lang,
                };
                Some(value.to_owned())
            })
        };
        assert!(locale("", "", "ja_JP.UTF-8") && locale("C.utf8", "", "C") && locale("", "en_GB.UTF-8", "C"));
        assert!(!locale("", "", "ja_JP.eucJP") && !locale("C", "", "ja_JP.UTF-8") && !locale("", "", ""));
    }
}
