//! The command line.

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use std::path::PathBuf;
use std::time::Duration;
use wsc::{InvalidPin, Pin};

/// Behind the help.
const AFTER: &str = "\
A first connection, on both devices:
  p2pctl find                      see who is there (on the other device: open Wi-Fi Direct)
  p2pctl connect \"Living room TV\"  by push button; the other side has to agree
  p2pctl groups                    the group, its interface and its channel
  p2pctl leave                     end it

Exit codes:
  0  done                          5  no such device or group
  1  it did not succeed            6  it took too long
  2  the command line is wrong     7  the daemon refused
  3  no daemon answers           130  interrupted
  4  not allowed to use its socket";

/// Wi-Fi Direct on the command line: find devices, connect to them, look after groups.
///
/// A daemon has to run: p2pd, or wpa_supplicant.
#[derive(Parser, Clone, Debug)]
#[command(name = "p2pctl", version, after_help = AFTER, after_long_help = AFTER, max_term_width = 110)]
pub struct Cli {
    /// What all commands understand.
    #[command(flatten)]
    pub global: Global,
    /// What is to be done.
    #[command(subcommand)]
    pub command: Command,
}

/// What all commands understand.
#[derive(Args, Clone, Debug)]
pub struct Global {
    /// Directory of the daemon's control sockets [default: p2pd's or wpa_supplicant's usual one]
    #[arg(short, long, global = true, value_name = "DIRECTORY")]
    pub path: Option<PathBuf>,
    /// Interface that has P2P [default: the only one]
    #[arg(short, long, global = true, value_name = "INTERFACE")]
    pub interface: Option<String>,
    /// Write JSON, one object a line, for programs
    #[arg(long, global = true)]
    pub json: bool,
}

/// What is to be done.
#[derive(Subcommand, Clone, Debug)]
pub enum Command {
    /// Show the devices nearby, as they come and go
    Find {
        /// Stop after so many seconds [default: at Ctrl-C; 10 when the output is no terminal]
        #[arg(value_parser = seconds)]
        seconds: Option<Duration>,
        /// Look on the channels 1, 6 and 11 only
        #[arg(long)]
        social: bool,
    },
    /// Connect to a device, and wait until the group runs
    Connect(Connect),
    /// Wait for a device that wants to connect, and let it
    Accept(Accept),
    /// Own a group, for others to join
    Create {
        /// Store it, so that it can be brought back
        #[arg(long)]
        persistent: bool,
        /// Channel in MHz, or 2 or 5 for a band
        #[arg(long, value_name = "MHZ")]
        freq: Option<u32>,
    },
    /// Invite a device into a group that runs here, or into a stored one
    Invite {
        /// The device: its name or address
        device: String,
        /// The group that runs on this interface [default: the only one]
        #[arg(long, value_name = "INTERFACE", conflicts_with = "saved")]
        group: Option<String>,
        /// The stored group: its number or SSID [default: the one shared with the device]
        #[arg(long, value_name = "GROUP")]
        saved: Option<String>,
        /// Give up after so many seconds
        #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
        timeout: Duration,
    },
    /// List the groups that run here
    Groups,
    /// Leave a group, or end it where we own it
    Leave {
        /// Its interface or SSID [default: the only one]
        group: Option<String>,
        /// All groups
        #[arg(long, conflicts_with = "group")]
        all: bool,
    },
    /// List the stored groups
    Saved,
    /// Forget a stored group
    Forget {
        /// Its number or SSID
        #[arg(required_unless_present = "all")]
        group: Option<String>,
        /// All stored groups
        #[arg(long, conflicts_with = "group")]
        all: bool,
    },
    /// Tell what happens, until Ctrl-C
    Monitor {
        /// The daemon's own lines
        #[arg(long)]
        raw: bool,
        /// Stop after so many seconds
        #[arg(value_parser = seconds)]
        seconds: Option<Duration>,
    },
    /// Tell what a radio can do for Wi-Fi Direct and what it cannot, and why; no daemon is needed
    Radio {
        /// Its network interface [default: all radios]
        ifname: Option<String>,
        /// Write what its driver says of it to this file, without addresses, for a bug report
        #[arg(long, value_name = "FILE")]
        record: Option<PathBuf>,
    },
    /// Print the shell's completions of this program: p2pctl completions bash > /etc/bash_completion.d/p2pctl
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the man page: p2pctl man | man -l -
    #[command(hide = true)]
    Man,
}

/// How to connect.
#[derive(Args, Clone, Debug)]
pub struct Connect {
    /// The device: its name or address, as `p2pctl find` shows them
    pub device: String,
    /// By push button on both sides (the default)
    #[arg(long, conflicts_with_all = ["pin", "show_pin"])]
    pub pbc: bool,
    /// With a PIN that is shown here, to be typed on the other device
    #[arg(long, conflicts_with = "pin")]
    pub show_pin: bool,
    /// Join the group that the device owns, and do not negotiate
    #[arg(long, conflicts_with_all = ["go", "client"])]
    pub join: bool,
    /// Channel in MHz
    #[arg(long, value_name = "MHZ")]
    pub freq: Option<u32>,
    /// What is to be agreed.
    #[command(flatten)]
    pub terms: Terms,
}

/// How to accept.
#[derive(Args, Clone, Debug)]
pub struct Accept {
    /// Only this device: its name or address
    pub device: Option<String>,
    /// Accept the first that asks, without a question
    #[arg(short, long)]
    pub yes: bool,
    /// What is to be agreed.
    #[command(flatten)]
    pub terms: Terms,
}

/// On which terms, whoever asks first.
#[derive(Args, Clone, Debug)]
pub struct Terms {
    /// With the PIN that the other device shows
    #[arg(long, value_name = "PIN", value_parser = pin)]
    pub pin: Option<String>,
    /// Own the group by all means
    #[arg(long, conflicts_with = "client")]
    pub go: bool,
    /// Be its client by all means
    #[arg(long)]
    pub client: bool,
    /// Store the group, so that it can be brought back without button or PIN
    #[arg(long)]
    pub persistent: bool,
    /// Give up after so many seconds
    #[arg(long, value_name = "SECONDS", default_value = "120", value_parser = seconds)]
    pub timeout: Duration,
}

fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<u32>() {
        Ok(0) | Err(_) => Err(String::from("a number of seconds, 1 or more")),
        Ok(seconds) => Ok(Duration::from_secs(seconds.into())),
    }
}

/// 4 digits, or 8 with a right checksum (WSC 2.0 §7.4.1).
///
/// # Errors
/// What is wrong with it, in words.
pub fn pin(text: &str) -> Result<String, String> {
    match Pin::checked(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(InvalidPin::Checksum) => Err(String::from("a digit of this PIN is wrong")),
        Err(InvalidPin::Length(_) | InvalidPin::NotADigit(_)) => Err(String::from("a PIN has 4 or 8 digits")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn pins_are_checked_before_they_are_sent() {
        assert_eq!(pin("12345670"), Ok("12345670".into()));
        assert_eq!(pin("1234"), Ok("1234".into()));
        for wrong in ["12345671", "123", "123456789", "abcd", ""] {
            assert!(pin(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        let parse = |line: &str| Cli::try_parse_from(line.split(' '));
        assert!(parse("p2pctl connect tv --pbc --pin 1234").is_err());
        assert!(parse("p2pctl connect tv --go --client").is_err());
        assert!(parse("p2pctl forget").is_err());
        assert!(parse("p2pctl find 0").is_err());
        assert!(parse("p2pctl connect tv --show-pin --go --persistent -p /run/x").is_ok());
    }
}
