//! The p2pd program.
#![forbid(unsafe_code)]

use p2pd::background::{self, PidFile};
use p2pd::cli::{self, Invocation, Options};
use p2pd::daemon::Daemon;
use p2pd::log::Log;
use std::io;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};

fn main() -> ExitCode {
    match cli::parse(std::env::args_os().skip(1)) {
        Ok(Invocation::Daemon(options)) => daemon(*options),
        #[cfg(feature = "demo")]
        Ok(Invocation::Demo { seed }) => p2pd::demo::run(seed),
        #[cfg(not(feature = "demo"))]
        Ok(Invocation::Demo { .. }) => failed("this build has no demo"),
        Ok(Invocation::Help) => said(cli::USAGE),
        Ok(Invocation::Version) => said(&format!("p2pd v{}\n", env!("CARGO_PKG_VERSION"))),
        Ok(Invocation::License) => said("MIT or Apache-2.0, at your choice\n"),
        Err(error) => {
            eprint!("{}", cli::USAGE);
            failed(&error.to_string())
        }
    }
}

fn said(text: &str) -> ExitCode {
    print!("{text}");
    ExitCode::SUCCESS
}

fn failed(reason: &str) -> ExitCode {
    eprintln!("p2pd: {reason}");
    ExitCode::FAILURE
}

fn daemon(mut options: Options) -> ExitCode {
    if options.background && !options.announce {
        return background::launch(std::env::args_os().skip(1)).unwrap_or_else(|error| failed(&error.to_string()));
    }
    if let Err(error) = absolute_paths(&mut options) {
        return failed(&error.to_string());
    }
    if options.announce
        && let Err(error) = background::detach()
    {
        return failed(&error.to_string());
    }
    let log = match Log::open(options.log_file.clone(), options.verbosity, options.timestamps) {
        Ok(log) => log,
        Err(error) => return failed(&format!("log: {error}")),
    };
    // Fails only when there is a log already: there is not.
    let _ = tracing::subscriber::set_global_default(log.clone());
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.to_string()),
    };
    match runtime.block_on(serve(options, log)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            tracing::error!("{reason}");
            failed(&reason)
        }
    }
}

async fn serve(options: Options, log: Log) -> Result<(), String> {
    let text = |error: io::Error| error.to_string();
    // Before the radio is touched: from here on a signal ends in order.
    let mut terminate = signal(SignalKind::terminate()).map_err(text)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(text)?;
    let mut hang_up = signal(SignalKind::hangup()).map_err(text)?;
    let (announce, pid_path) = (options.announce, options.pid_file.clone());
    let waits = options.wait_for_monitor;
    let daemon = tokio::select! {
        daemon = Daemon::start(options, p2pd::kernel::Kernel::default(), log.clone()) => daemon.map_err(|e| e.to_string())?,
        // Who waits for a monitor may wait for long.
        _ = terminate.recv(), if waits => return Ok(()),
        _ = interrupt.recv(), if waits => return Ok(()),
    };
    let _pid_file = pid_path.map(|path| PidFile::write(&path)).transpose().map_err(text)?;
    if announce {
        background::announce().map_err(text)?;
    }
    daemon
        .run(async {
            loop {
                tokio::select! {
                    _ = terminate.recv() => return,
                    _ = interrupt.recv() => return,
                    _ = hang_up.recv() => {
                        if let Err(error) = log.reopen() {
                            tracing::error!("log: {error}");
                        }
                    }
                }
            }
        })
        .await;
    Ok(())
}

/// Paths are as seen from where the command was given; the background process leaves that place.
fn absolute_paths(options: &mut Options) -> io::Result<()> {
    let absolute = |path: &mut std::path::PathBuf| -> io::Result<()> {
        *path = std::path::absolute(&*path)?;
        Ok(())
    };
    options.pid_file.as_mut().map(absolute).transpose()?;
    options.log_file.as_mut().map(absolute).transpose()?;
    for interface in &mut options.interfaces {
        for path in [&mut interface.config, &mut interface.p2p_config, &mut interface.extra_config] {
            path.as_mut().map(absolute).transpose()?;
        }
    }
    Ok(())
}
