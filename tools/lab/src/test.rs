//! `lab test`: everything that has to be true of the project, in one command on a bare Debian.

use std::env;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use crate::kernel;

/// Programs that the scenarios need, and the packages that have them.
const PROGRAMS: [(&str, &str); 5] = [
    ("wpa_supplicant", "wpasupplicant"),
    ("hostapd", "hostapd"),
    ("iwd", "iwd"),
    ("dbus-daemon", "dbus-daemon"),
    ("tshark", "tshark"),
];
/// Where programs for administrators are, which may not be in the user's PATH.
const SYSTEM_PATH: [&str; 4] = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/libexec"];

/// Run all tests: installs what is missing (by apt-get, with sudo if need be), builds the kernel once, runs
/// `cargo test` and all scenarios
#[derive(Args)]
pub(crate) struct Test {
    /// Passed on to `lab run`
    #[arg(last = true)]
    run: Vec<String>,
}

impl Test {
    /// Returns only when a step failed; the last step takes this process over.
    pub(crate) fn run(self) -> Result<i32> {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut missing = missing(&PROGRAMS);
        missing.extend(kernel::missing_packages()?);
        install(&missing)?;
        kernel::find_or_build()?;
        // The daemon under test is of the same profile as this program.
        let own = env::current_exe().context("path of this program")?;
        let release = own.parent().is_some_and(|directory| directory.ends_with("release"));
        let profile: &[&str] = if release { &["--release"] } else { &[] };
        step(Command::new(&cargo).arg("test").args(profile).args(["--workspace", "--quiet"]))?;
        step(
            Command::new(&cargo)
                .arg("build")
                .args(profile)
                .args(["--quiet", "-p", "p2pd", "-p", "p2pctl", "-p", "lab"]),
        )?;
        // What was built may be newer than this process.
        let mut last = Command::new(&cargo);
        last.args(["run", "--quiet"]).args(profile).args(["-p", "lab", "--", "run"]);
        // Two of the peers among themselves try the harness, not the project: for `lab run theirs-theirs` by hand.
        last.args(["--skip", "theirs-theirs"]).args(self.run);
        Err(last.exec()).context("start the scenarios")
    }
}

/// Packages of programs that are not there.
fn missing(programs: &[(&str, &'static str)]) -> Vec<&'static str> {
    programs.iter().filter(|(program, _)| find_program(program).is_none()).map(|(_, package)| *package).collect()
}

/// The file of a program, in PATH or where the system keeps its own.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let directories = env::split_paths(&path).chain(SYSTEM_PATH.iter().map(PathBuf::from));
    directories.map(|directory| directory.join(name)).find(|file| file.is_file())
}

fn install(packages: &[&str]) -> Result<()> {
    if packages.is_empty() {
        return Ok(());
    }
    ensure!(find_program("apt-get").is_some(), "these Debian packages are needed: {}", packages.join(" "));
    println!("lab: installing {}", packages.join(" "));
    step(apt_get(&["update", "-q"])?.stdout(std::io::stderr()))?;
    let words = ["install", "-q", "-y", "--no-install-recommends"];
    step(apt_get(&words)?.args(packages).stdout(std::io::stderr()))
}

fn apt_get(words: &[&str]) -> Result<Command> {
    let mut command = if nix::unistd::geteuid().is_root() {
        Command::new("env")
    } else {
        ensure!(Path::new("/usr/bin/sudo").exists(), "neither root nor sudo: install the packages by hand");
        let mut sudo = Command::new("sudo");
        sudo.arg("env");
        sudo
    };
    command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]).args(words);
    Ok(command)
}

fn step(command: &mut Command) -> Result<()> {
    let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy().into_owned()).collect();
    let line = format!("{} {}", command.get_program().to_string_lossy(), words.join(" "));
    println!("lab: {line}");
    let status = command.status().with_context(|| line.clone())?;
    if !status.success() {
        bail!("{line}: {status}");
    }
    Ok(())
}
