//! From arguments to output.

use std::fs::{self, File};
use std::io::{self, IsTerminal, Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use crate::args::{Arguments, When};
use crate::capture::{CaptureReader, Next, ReadError};
use crate::conversation::Conversation;
use crate::follow::{Follower, News};
use crate::keys::{InvalidSecret, Keys, Secret};
use crate::live::{Live, LiveError};
use crate::render;

/// The most conversations in a chart; more would be of use to nobody.
const MAX_IN_CHART: usize = 1000;

/// The most devices that are listed at the end.
const MAX_LISTED: usize = 50;

/// Packets between two looks at the clock.
const BETWEEN_LOOKS: u64 = 4096;

/// Why there is nothing to show, or not all.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The capture.
    #[error("{0}: {1}")]
    Read(String, ReadError),
    /// The interface.
    #[error(transparent)]
    Live(#[from] LiveError),
    /// A file with a secret.
    #[error("{0}: {1}")]
    File(String, io::Error),
    /// The passphrase or PSK.
    #[error(transparent)]
    Secret(#[from] InvalidSecret),
    /// What is written.
    #[error("writing: {0}")]
    Write(#[from] io::Error),
}

impl RunError {
    /// The program's exit code.
    pub fn code(&self) -> u8 {
        match self {
            Self::Read(_, ReadError::Foreign(_)) => 3,
            Self::Read(_, ReadError::Truncated(_) | ReadError::Damaged { .. }) => 4,
            Self::Live(LiveError::Down(_) | LiveError::Gone(_)) => 5,
            Self::Secret(_) => 2,
            Self::Read(..) | Self::Live(_) | Self::File(..) | Self::Write(_) => 1,
        }
    }
}

fn first_line(path: &Path) -> Result<Zeroizing<String>, RunError> {
    let text = fs::read_to_string(path).map_err(|error| RunError::File(path.display().to_string(), error))?;
    let text = Zeroizing::new(text);
    Ok(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()))
}

/// The secret that the command line gives, or else the environment, as `variable` tells it.
fn keys(arguments: &Arguments, variable: impl Fn(&str) -> Option<String>) -> Result<Option<Keys>, RunError> {
    let secret = if let Some(path) = &arguments.passphrase_file {
        Secret::passphrase(&first_line(path)?)?
    } else if let Some(path) = &arguments.psk_file {
        Secret::psk(first_line(path)?.trim())?
    } else if let Some(passphrase) = &arguments.passphrase {
        Secret::passphrase(passphrase)?
    } else if let Some(psk) = &arguments.psk {
        Secret::psk(psk)?
    } else {
        let of = |name| variable(name).map(Zeroizing::new);
        match (of("AIRSCOPE_PASSPHRASE"), of("AIRSCOPE_PSK")) {
            (None, None) => return Ok(None),
            (Some(passphrase), None) => Secret::passphrase(&passphrase)?,
            (None, Some(psk)) => Secret::psk(&psk)?,
            (Some(_), Some(_)) => return Err(InvalidSecret::Two.into()),
        }
    };
    Ok(Some(Keys::new(secret)))
}

/// What is done with conversations.
struct Output<'a> {
    arguments: &'a Arguments,
    out: &'a mut dyn Write,
    /// For the charts.
    kept: Vec<Conversation>,
    shown: u64,
    not_in_chart: u64,
}

impl Output<'_> {
    fn is_wanted(&self, conversation: &Conversation) -> bool {
        let wanted = &self.arguments.device;
        wanted.is_empty() || wanted.iter().any(|wanted| conversation.devices.iter().any(|device| device.is(wanted)))
    }

    fn news(&mut self, follower: &mut Follower) -> io::Result<()> {
        for news in follower.news() {
            match news {
                News::Said(number, step) => {
                    let Some(conversation) = follower.conversation(number) else { continue };
                    if self.is_wanted(&conversation) {
                        let line = match self.arguments.json {
                            true => render::json::step(number, &step),
                            false => format!("{number:>4} {}", render::text::step(&conversation, &step)),
                        };
                        writeln!(self.out, "{line}")?;
                        self.out.flush()?;
                    }
                }
                News::Ended(conversation) => {
                    if self.is_wanted(&conversation) {
                        self.ended(*conversation)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn ended(&mut self, conversation: Conversation) -> io::Result<()> {
        self.shown += 1;
        if self.arguments.json {
            writeln!(self.out, "{}", render::json::conversation(&conversation))?;
        } else if self.arguments.live.is_some() {
            writeln!(self.out, "{:>4} {}", conversation.number, conversation.verdict())?;
        } else {
            writeln!(self.out, "{}", render::text::conversation(&conversation))?;
        }
        // Who reads from a pipe wants to see what is over.
        self.out.flush()?;
        if self.arguments.svg.is_some() || self.arguments.html.is_some() {
            if self.kept.len() < MAX_IN_CHART {
                self.kept.push(conversation);
            } else {
                self.not_in_chart += 1;
            }
        }
        Ok(())
    }
}

/// Does what the arguments say. Text and JSON go to `out`, progress to `err`.
///
/// # Errors
/// Anything that keeps it from showing all; what could be read has been shown before.
pub fn run(arguments: &Arguments, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), RunError> {
    let mut follower =
        Follower::new(keys(arguments, |name| std::env::var(name).ok())?, arguments.all, arguments.live.is_some());
    let mut output = Output { arguments, out, kept: Vec::new(), shown: 0, not_in_chart: 0 };
    if let Some(name) = &arguments.live {
        let mut live = Live::open(name)?;
        let trouble = loop {
            match live.packet() {
                Ok(packet) => follower.packet(&packet),
                Err(error) => break error,
            }
            output.news(&mut follower)?;
        };
        follower.finish();
        output.news(&mut follower)?;
        finish(&mut output, &follower, name, Some(&trouble.to_string()))?;
        return Err(trouble.into());
    }
    let Some(path) = &arguments.file else { return Ok(()) };
    let name = if path.as_os_str() == "-" { "standard input".to_owned() } else { path.display().to_string() };
    let named = |error| RunError::Read(name.clone(), error);
    let opened: io::Result<(Box<dyn Read>, Option<u64>)> = match path.as_os_str() == "-" {
        true => Ok((Box::new(io::stdin().lock()), None)),
        false => File::open(path).map(|file| {
            let size = file.metadata().ok().filter(|metadata| metadata.is_file()).map(|metadata| metadata.len());
            (Box::new(file) as Box<dyn Read>, size)
        }),
    };
    let (source, size) = opened.map_err(|error| named(error.into()))?;
    let mut reader = CaptureReader::new(source).map_err(named)?;
    let show = match arguments.progress {
        When::Always => true,
        When::Never => false,
        When::Auto => io::stderr().is_terminal(),
    };
    let mut meter = show.then(|| Meter::new(size));
    let trouble = loop {
        match reader.next() {
            Ok(Next::Packet(packet)) => {
                follower.packet(&packet);
                output.news(&mut follower)?;
                let packets = follower.counts().packets;
                if packets.is_multiple_of(BETWEEN_LOOKS)
                    && let Some(meter) = &mut meter
                {
                    meter.show(err, packets, reader.progress().read())?;
                }
            }
            Ok(Next::Other) => {}
            Ok(Next::End) => break None,
            Err(error) => break Some(error),
        }
    };
    if let Some(meter) = &meter {
        meter.clear(err)?;
    }
    follower.finish();
    output.news(&mut follower)?;
    let said = trouble.as_ref().map(ToString::to_string);
    finish(&mut output, &follower, &name, said.as_deref())?;
    match trouble {
        Some(error) => Err(named(error)),
        None => Ok(()),
    }
}

fn finish(output: &mut Output<'_>, follower: &Follower, name: &str, trouble: Option<&str>) -> Result<(), RunError> {
    let counts = follower.counts();
    if output.arguments.json {
        writeln!(output.out, "{}", render::json::end(counts, trouble))?;
    } else {
        summary(output, follower)?;
    }
    if let Some(path) = &output.arguments.svg {
        write_file(path, &render::chart::file(&output.kept))?;
    }
    if let Some(path) = &output.arguments.html {
        write_file(path, &render::html::page(name, &output.kept, counts, trouble))?;
    }
    output.out.flush()?;
    Ok(())
}

fn write_file(path: &Path, text: &str) -> Result<(), RunError> {
    fs::write(path, text).map_err(|error| RunError::File(path.display().to_string(), error))
}

fn summary(output: &mut Output<'_>, follower: &Follower) -> io::Result<()> {
    let counts = follower.counts();
    let mut devices: Vec<_> = follower.devices().p2p().collect();
    devices.sort_by_key(|device| (device.first_heard, device.address));
    if !devices.is_empty() && output.arguments.device.is_empty() {
        writeln!(output.out, "Wi-Fi Direct devices heard:")?;
        for device in devices.iter().take(MAX_LISTED) {
            writeln!(output.out, "{}", render::text::heard(device))?;
        }
        if devices.len() > MAX_LISTED {
            writeln!(output.out, "            and {} more", devices.len() - MAX_LISTED)?;
        }
    }
    let mut line = format!("{} packets", counts.packets);
    for (count, what) in [
        (counts.bad_fcs, "damaged on the air"),
        (counts.malformed, "malformed"),
        (counts.foreign, "not of 802.11"),
        (follower.devices().forgotten, "devices forgotten for want of room"),
        (output.not_in_chart, "conversations not in the chart"),
    ] {
        if count > 0 {
            line.push_str(&format!(", {count} {what}"));
        }
    }
    writeln!(output.out, "{line}; conversations shown: {}", output.shown)?;
    if let Some(link) = follower.foreign_link().filter(|_| counts.foreign == counts.packets) {
        writeln!(
            output.out,
            "The capture has no 802.11 frames (its link type is {link}, not 105 or 127): record on an interface in monitor mode."
        )?;
    }
    Ok(())
}

/// How far the reading has come, as a line that is written over itself.
struct Meter {
    size: Option<u64>,
    began: Instant,
    shown: Instant,
}

impl Meter {
    fn new(size: Option<u64>) -> Self {
        let now = Instant::now();
        Self { size, began: now, shown: now }
    }

    fn show(&mut self, err: &mut dyn Write, packets: u64, read: u64) -> io::Result<()> {
        if self.shown.elapsed() < Duration::from_millis(200) {
            return Ok(());
        }
        self.shown = Instant::now();
        let rate = packets as f64 / self.began.elapsed().as_secs_f64();
        let part = match self.size {
            Some(size) if size > 0 => format!("{} % of {} MB", read.saturating_mul(100) / size, size / 1_000_000),
            _ => format!("{} MB", read / 1_000_000),
        };
        write!(err, "\r{part}, {packets} packets, {rate:.0} a second\x1b[K")?;
        err.flush()
    }

    fn clear(&self, err: &mut dyn Write) -> io::Result<()> {
        write!(err, "\r\x1b[K")?;
        err.flush()
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[test]
    fn which_secret_counts() {
        let asked = |line: &str, passphrase: Option<&str>, psk: Option<&str>| {
            let arguments = Arguments::try_parse_from(line.split(' ')).unwrap();
            keys(&arguments, |name| match name {
                "AIRSCOPE_PASSPHRASE" => passphrase.map(str::to_owned),
                "AIRSCOPE_PSK" => psk.map(str::to_owned),
                _ => None,
            })
        };
        let psk = "00".repeat(32);
        let line = format!("airscope --psk {psk} file");
        let key = |keys: Result<Option<Keys>, RunError>| keys.unwrap().unwrap().of(None).map(|psk| psk.expose()[0]);
        assert_eq!(key(asked(&line, Some("of the environment"), None)), Some(0), "the command line goes first");
        assert_eq!(key(asked("airscope file", None, Some(&"11".repeat(32)))), Some(0x11));
        assert_eq!(key(asked("airscope file", Some("passphrase"), None)), None, "the network's name is wanted");
        assert!(asked("airscope file", None, None).unwrap().is_none());
        let both = asked("airscope file", Some("passphrase"), Some(&psk)).err().unwrap();
        assert_eq!((both.code(), both.to_string().contains("AIRSCOPE_PSK")), (2, true));
        assert_eq!(asked("airscope file", Some("short"), None).err().unwrap().code(), 2);
    }

    #[test]
    fn exit_codes() {
        for (error, code) in
            [(LiveError::Down("mon0".into()), 5), (LiveError::Gone("mon0".into()), 5), (LiveError::NotAllowed, 1)]
        {
            assert_eq!(RunError::from(error).code(), code);
        }
    }
}
