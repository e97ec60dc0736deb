//! `lab kernel`: the user-mode kernel, built once from the distribution's kernel source and kept.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};

use crate::test::find_program;
use crate::vm::Scratch;

/// Names a kernel that is used as it is.
const OVERRIDE: &str = "LAB_KERNEL";
/// Where Debian's packages put the source.
const SOURCES: &str = "/usr/src";
const SOURCE_PREFIX: &str = "linux-source-";
const SOURCE_SUFFIX: &str = ".tar.xz";
/// The package that brings the release's source package.
const SOURCE_PACKAGE: &str = "linux-source";
/// What the lab's kernel has beyond the default configuration.
const FRAGMENT: &str = include_str!("../kernel.config");
/// The project's directory in the user's cache.
const CACHE: &str = "wifi-direct-lab";
/// Steps of the build between two lines of progress.
const PROGRESS: usize = 250;
/// Programs that the build needs, and the packages that have them.
const TOOLS: [(&str, &str); 8] = [
    ("make", "make"),
    ("gcc", "gcc"),
    ("ld", "binutils"),
    ("tar", "tar"),
    ("xz", "xz-utils"),
    ("flex", "flex"),
    ("bison", "bison"),
    ("bc", "bc"),
];
/// Files that the build needs, and the packages that have them.
const FILES: [(&str, &str); 2] =
    [("/lib/firmware/regulatory.db", "wireless-regdb"), ("/usr/include/stdio.h", "libc6-dev")];

/// The kernel to boot: the one named by the environment, or the one of the cache, which is built if it is missing.
pub(crate) fn find_or_build() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os(OVERRIDE).map(PathBuf::from) {
        ensure!(path.is_file(), "{OVERRIDE} names {}, which is no file", path.display());
        return Ok(path);
    }
    let (version, source) = newest_source()?;
    let cache = cache()?;
    fs::create_dir_all(&cache).with_context(|| cache.display().to_string())?;
    let kernel = kernel_path(&version, &source)?;
    if !kernel.exists() {
        let lock = File::create(cache.join("lock"))?;
        lock.lock().context("wait for another build")?;
        if !kernel.exists() {
            build(&source, &cache, &kernel)?;
        }
    }
    Ok(kernel)
}

/// Where the kernel of this source and configuration is kept.
fn kernel_path(version: &str, source: &Path) -> Result<PathBuf> {
    Ok(cache()?.join(format!("linux-{version}-{:016x}", fingerprint(source)?)))
}

fn cache() -> Result<PathBuf> {
    let base = match std::env::var_os("XDG_CACHE_HOME").filter(|path| !path.is_empty()) {
        Some(path) => PathBuf::from(path),
        None => {
            PathBuf::from(std::env::var_os("HOME").context("neither XDG_CACHE_HOME nor HOME is set")?).join(".cache")
        }
    };
    Ok(base.join(CACHE))
}

/// Version and path of the newest source package that is installed.
fn newest_source() -> Result<(String, PathBuf)> {
    let mut found: Vec<(Vec<u32>, String, PathBuf)> = Vec::new();
    for entry in fs::read_dir(SOURCES).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let version = name.strip_prefix(SOURCE_PREFIX).and_then(|name| name.strip_suffix(SOURCE_SUFFIX));
        if let Some(version) = version {
            found.push((numbers(version), version.to_owned(), entry.path()));
        }
    }
    let newest = found.into_iter().max();
    let (_, version, path) = newest.with_context(|| format!("no kernel source: apt-get install {SOURCE_PACKAGE}"))?;
    Ok((version, path))
}

fn numbers(version: &str) -> Vec<u32> {
    version.split('.').map(|part| part.parse().unwrap_or(0)).collect()
}

/// What the kernel depends on: the configuration, and the source package by its size and date.
fn fingerprint(source: &Path) -> Result<u64> {
    let metadata = fs::metadata(source)?;
    let modified = metadata.modified()?.duration_since(std::time::UNIX_EPOCH)?.as_secs();
    let parts = [FRAGMENT.as_bytes(), &metadata.len().to_le_bytes(), &modified.to_le_bytes()];
    // FNV-1a, 64 bit: the same in every build of this program.
    Ok(parts
        .iter()
        .flat_map(|part| part.iter())
        .fold(0xcbf2_9ce4_8422_2325, |hash, octet| (hash ^ u64::from(*octet)).wrapping_mul(0x0000_0100_0000_01b3)))
}

fn build(source: &Path, cache: &Path, kernel: &Path) -> Result<()> {
    let missing = missing_tools();
    ensure!(missing.is_empty(), "the kernel's build needs: apt-get install {}", missing.join(" "));
    let started = Instant::now();
    let scratch = Scratch::new(cache, "build")?;
    let log = cache.join("build.log");
    fs::write(&log, "")?;
    let tree = scratch.path();
    println!("lab: building {} once, from {}; log: {}", kernel.display(), source.display(), log.display());

    step("unpack", Command::new("tar").arg("-xf").arg(source).args(["--strip-components=1", "-C"]).arg(tree), &log)?;
    step("configure", make(tree).arg("defconfig"), &log)?;
    let config = tree.join(".config");
    // The last word on an option counts.
    fs::OpenOptions::new().append(true).open(&config)?.write_all(FRAGMENT.as_bytes())?;
    step("configure", make(tree).arg("olddefconfig"), &log)?;
    check_config(&fs::read_to_string(&config)?)?;
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    step("compile", make(tree).arg(format!("-j{jobs}")).arg("linux"), &log)?;
    step("strip", Command::new("strip").arg(tree.join("linux")), &log)?;
    let fresh = kernel.with_extension("new");
    fs::copy(tree.join("linux"), &fresh)?;
    fs::rename(&fresh, kernel)?;
    println!("lab: built in {} s", started.elapsed().as_secs());
    Ok(())
}

fn make(tree: &Path) -> Command {
    let mut command = Command::new("make");
    command.arg("ARCH=um").current_dir(tree);
    command
}

/// Packages that are needed before a kernel can be had: none when there is one.
pub(crate) fn missing_packages() -> Result<Vec<&'static str>> {
    if std::env::var_os(OVERRIDE).is_some() {
        return Ok(Vec::new());
    }
    match newest_source() {
        Ok((version, source)) if kernel_path(&version, &source)?.exists() => Ok(Vec::new()),
        Ok(_) => Ok(missing_tools()),
        Err(_) => Ok([vec![SOURCE_PACKAGE], missing_tools()].concat()),
    }
}

fn missing_tools() -> Vec<&'static str> {
    let tools = TOOLS.iter().filter(|(tool, _)| find_program(tool).is_none());
    let files = FILES.iter().filter(|(file, _)| !Path::new(file).exists());
    tools.chain(files).map(|(_, package)| *package).collect()
}

/// Demands that the configuration took every option of the fragment.
fn check_config(config: &str) -> Result<()> {
    let wanted = FRAGMENT.lines().filter(|line| line.starts_with("CONFIG_"));
    let lost: Vec<_> = wanted
        .filter(|line| match line.strip_suffix("=n") {
            Some(option) => config.lines().any(|l| l.strip_prefix(option).is_some_and(|rest| rest.starts_with('='))),
            None => !config.lines().any(|l| l == *line),
        })
        .collect();
    ensure!(lost.is_empty(), "this kernel's configuration does not take: {}", lost.join(", "));
    Ok(())
}

/// Runs one step of the build, with its output in the log and a line of progress now and then.
fn step(name: &str, command: &mut Command, log: &Path) -> Result<()> {
    println!("lab: {name}");
    let mut file = fs::OpenOptions::new().append(true).open(log)?;
    let stderr = file.try_clone()?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(stderr)
        .spawn()
        .with_context(|| format!("{name}: {}", command.get_program().to_string_lossy()))?;
    let output = child.stdout.take().context("no output")?;
    for (number, line) in (1..).zip(BufReader::new(output).split(b'\n')) {
        file.write_all(&line?)?;
        file.write_all(b"\n")?;
        if number % PROGRESS == 0 {
            println!("lab: {name}: {number} steps done");
        }
    }
    let status = child.wait()?;
    if !status.success() {
        let text = fs::read_to_string(log).unwrap_or_default();
        let lines: Vec<_> = text.lines().collect();
        let tail = lines.get(lines.len().saturating_sub(15)..).unwrap_or_default().join("\n    ");
        bail!("{name}: {status}; the end of {}:\n    {tail}", log.display());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_is_the_greatest_by_number() {
        let mut versions = ["6.9", "6.12", "6.1"];
        versions.sort_by_key(|version| numbers(version));
        assert_eq!(versions, ["6.1", "6.9", "6.12"]);
    }

    #[test]
    fn options_that_were_not_taken_are_named() {
        let taken: String = FRAGMENT.lines().filter(|line| !line.ends_with("=n")).map(|l| format!("{l}\n")).collect();
        assert!(check_config(&taken).is_ok());
        let error = check_config(&taken.replace("CONFIG_MAC80211_HWSIM=y", "")).unwrap_err().to_string();
        assert!(error.contains("CONFIG_MAC80211_HWSIM=y"), "{error}");
        assert!(check_config(&format!("{taken}CONFIG_BLOCK=y\n")).is_err());
    }
}
