//! The command line.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

const AFTER: &str = "\
Examples:
  airscope air.pcapng                                what was said, as text
  airscope --device Phone air.pcapng                 only conversations of devices with Phone in their name
  airscope --html air.html air.pcapng                charts, as one page for a browser
  airscope --passphrase-file key air.pcapng          also: are the MICs of the handshakes right?
  airscope --live mon0                               what goes on now, from an interface in monitor mode
  tcpdump -i mon0 -w - | airscope -                  from a pipe

A capture has to be of 802.11 frames (of an interface in monitor mode, link type 802.11 or radiotap), and on the channels
where the devices are: they meet on 1, 6 and 11, and go on where their group is.

The passphrase or the PSK may be in the variable AIRSCOPE_PASSPHRASE or AIRSCOPE_PSK, too: one of the two, which counts where
the command line gives neither.

Exit code: 0 all was read, 1 trouble, 2 wrong arguments, 3 not a capture, 4 the capture is truncated or damaged, 5 the
interface went down or away (what could be read has been shown).";

/// Reads a capture of the air and tells what was said in Wi-Fi Direct: who asked whom for what, what the two agreed on, every
/// step until the devices are connected, and where and why it failed.
#[derive(Parser, Debug)]
#[command(name = "airscope", version, after_help = AFTER, arg_required_else_help = true)]
pub struct Arguments {
    /// The capture: a pcap or pcapng file, or - for standard input
    #[arg(required_unless_present_any = ["live", "man", "completions"])]
    pub file: Option<PathBuf>,

    /// Follow this interface, which has to be in monitor mode, instead of reading a file
    #[arg(long, value_name = "INTERFACE", conflicts_with = "file")]
    pub live: Option<String>,

    /// Only conversations of this device: one of its addresses, or a part of its name; may be given several times
    #[arg(short, long, value_name = "ADDRESS|NAME")]
    pub device: Vec<String>,

    /// Networks and stations that are not of Wi-Fi Direct, too
    #[arg(long)]
    pub all: bool,

    /// Write one line of JSON for every conversation, and one at the end with what was read
    #[arg(long)]
    pub json: bool,

    /// Write a chart of the conversations to this SVG file
    #[arg(long, value_name = "FILE", conflicts_with = "live")]
    pub svg: Option<PathBuf>,

    /// Write a page with charts of the conversations to this HTML file
    #[arg(long, value_name = "FILE", conflicts_with = "live")]
    pub html: Option<PathBuf>,

    /// The group's passphrase, to check the MICs of handshakes. Other users of this machine can see it; better use
    /// --passphrase-file, or the variable AIRSCOPE_PASSPHRASE
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["passphrase_file", "psk", "psk_file"])]
    pub passphrase: Option<String>,

    /// A file with the group's passphrase in its first line
    #[arg(long, value_name = "FILE", conflicts_with_all = ["psk", "psk_file"])]
    pub passphrase_file: Option<PathBuf>,

    /// The group's PSK instead of its passphrase, as 64 hexadecimal digits; or in the variable AIRSCOPE_PSK
    #[arg(long, value_name = "HEX", conflicts_with = "psk_file")]
    pub psk: Option<String>,

    /// A file with the group's PSK in its first line
    #[arg(long, value_name = "FILE")]
    pub psk_file: Option<PathBuf>,

    /// Whether to show how far the reading has come
    #[arg(long, value_enum, default_value = "auto", value_name = "WHEN")]
    pub progress: When,

    /// Print the manual page in roff, and end
    #[arg(long, hide = true)]
    pub man: bool,

    /// Print a shell's completions, and end
    #[arg(long, hide = true, value_name = "SHELL")]
    pub completions: Option<clap_complete::Shell>,
}

/// When to do something.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum When {
    /// If standard error is a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
        for wrong in
            ["airscope --live mon0 file", "airscope --psk 00 --psk-file x file", "airscope --svg x --live mon0"]
        {
            assert!(Arguments::try_parse_from(wrong.split(' ')).is_err(), "{wrong}");
        }
        assert!(Arguments::try_parse_from(["airscope", "-d", "a", "-d", "b", "-"]).is_ok());
    }
}
