//! The command line: wpa_supplicant's option letters, and a few long options of ours.

use std::ffi::OsString;
use std::path::PathBuf;
use thiserror::Error;

/// What the command line asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Invocation {
    /// Run the daemon.
    Daemon(Box<Options>),
    /// Form a group on a simulated medium and tell how it went.
    Demo {
        /// Seed of everything random.
        seed: u64,
    },
    /// Print the usage and end.
    Help,
    /// Print the version and end.
    Version,
    /// Print the licence and end.
    License,
}

/// How the daemon is to run.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Options {
    /// `-i`, `-c`, … once for each interface; they are separated by `-N`.
    pub interfaces: Vec<InterfaceOptions>,
    /// `-g`: path of the global control socket, or `@abstract:NAME`.
    pub global: Option<String>,
    /// `-G`: the group that may use it.
    pub global_group: Option<String>,
    /// `-O`: control directory for all interfaces, over what their configuration files say.
    pub override_control: Option<String>,
    /// `-B`: go to the background once all sockets are there.
    pub background: bool,
    /// Given by `-B`'s first process to its second: tell on standard output when ready.
    pub announce: bool,
    /// `-P`: where our process id is written.
    pub pid_file: Option<PathBuf>,
    /// `-f`: where the log goes instead of standard output.
    pub log_file: Option<PathBuf>,
    /// `-t`: a time in front of each log line.
    pub timestamps: bool,
    /// `-d` counted up, `-q` counted down; 0 logs what wpa_supplicant calls INFO.
    pub verbosity: i8,
    /// `-W`: nothing is done before a monitor is attached to the socket of each interface.
    pub wait_for_monitor: bool,
    /// Options that are accepted for compatibility and change nothing, as they were given.
    pub without_effect: Vec<String>,
    /// `--without`: abilities of the radio not to be used, so that the ways around them can be tried.
    pub without: Vec<Ability>,
}

/// The options that belong to one interface.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct InterfaceOptions {
    /// `-i`.
    pub ifname: String,
    /// `-c`.
    pub config: Option<PathBuf>,
    /// `-m`: the configuration file of the P2P device; it takes the place of `-c`, whose station is not ours.
    pub p2p_config: Option<PathBuf>,
    /// `-I`: a second file, read after the first and never written.
    pub extra_config: Option<PathBuf>,
    /// `-C`: the control directory when there is no `-c`.
    pub control: Option<String>,
    /// `-D`.
    pub driver: Option<String>,
}

/// An ability of a radio that `--without` turns off.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Ability {
    /// EAPOL over nl80211: the packet socket is used.
    ControlPort,
    /// Interfaces and connections that end with their socket: the clean-up at start is used.
    SocketOwner,
    /// Frames sent on another channel in one command: remain-on-channel comes first.
    OffchannelTx,
    /// The P2P_DEVICE interface type: discovery runs on the base interface.
    P2pDevice,
    /// AUTHENTICATE and ASSOCIATE: CONNECT is used.
    Authenticate,
    /// Station entries from the authentication on: they are made at the association.
    FullApClientState,
}

impl Ability {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::ControlPort,
        Self::SocketOwner,
        Self::OffchannelTx,
        Self::P2pDevice,
        Self::Authenticate,
        Self::FullApClientState,
    ];

    /// Its word on the command line.
    pub const fn word(self) -> &'static str {
        match self {
            Self::ControlPort => "control-port",
            Self::SocketOwner => "socket-owner",
            Self::OffchannelTx => "offchannel-tx",
            Self::P2pDevice => "p2p-device",
            Self::Authenticate => "authenticate",
            Self::FullApClientState => "full-ap-client-state",
        }
    }
}

/// A command line that cannot be followed.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum CliError {
    /// No such option.
    #[error("unknown option {0}")]
    Unknown(String),
    /// An option without its argument.
    #[error("option {0} needs an argument")]
    NoArgument(String),
    /// An argument that its option cannot take.
    #[error("{option}: {reason}")]
    Argument {
        /// The option.
        option: String,
        /// What is wrong.
        reason: String,
    },
    /// Something that is no option.
    #[error("unexpected argument {0}")]
    Unexpected(String),
    /// Neither an interface nor a global socket.
    #[error("at least one interface (-i) or the global control socket (-g) is needed")]
    Nothing,
}

/// The hidden option that the first process of `-B` gives to the second.
pub const ANNOUNCE: &str = "--announce-ready";

/// Reads the arguments that follow the program's name.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Invocation, CliError> {
    let mut arguments = arguments.into_iter().peekable();
    if arguments.peek().is_some_and(|first| first == "demo") {
        arguments.next();
        return parse_demo(arguments);
    }
    let mut options = Options::default();
    let mut interface = InterfaceOptions::default();
    let mut described = false;
    while let Some(argument) = arguments.next() {
        let text = argument.to_string_lossy().into_owned();
        if let Some(long) = text.strip_prefix("--") {
            match long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value.to_owned()))) {
                ("without", value) => {
                    let value = match value {
                        Some(value) => value,
                        None => next_text(&mut arguments, &text)?,
                    };
                    for word in value.split(',').filter(|w| !w.is_empty()) {
                        options.without.push(ability(word)?);
                    }
                }
                ("announce-ready", None) => options.announce = true,
                ("help", None) => return Ok(Invocation::Help),
                ("version", None) => return Ok(Invocation::Version),
                _ => return Err(CliError::Unknown(text)),
            }
            continue;
        }
        let Some(cluster) = text.strip_prefix('-').filter(|c| !c.is_empty()) else {
            return Err(CliError::Unexpected(text));
        };
        let mut letters = cluster.chars();
        while let Some(letter) = letters.next() {
            if "bcCDefgGiImoOpPz".contains(letter) {
                let attached: String = letters.by_ref().collect();
                let value =
                    if attached.is_empty() { next_text(&mut arguments, &format!("-{letter}"))? } else { attached };
                match letter {
                    'i' => interface.ifname = checked_ifname(value)?,
                    'c' => interface.config = Some(PathBuf::from(value)),
                    'm' => interface.p2p_config = Some(PathBuf::from(value)),
                    'I' => interface.extra_config = Some(PathBuf::from(value)),
                    'C' => interface.control = Some(value),
                    'D' => interface.driver = Some(checked_driver(value)?),
                    'g' => options.global = Some(value),
                    'G' => options.global_group = Some(value),
                    'O' => options.override_control = Some(value),
                    'f' => options.log_file = Some(PathBuf::from(value)),
                    'P' => options.pid_file = Some(PathBuf::from(value)),
                    _ => options.without_effect.push(format!("-{letter} {value}")),
                }
                described |= "icmI".contains(letter);
                continue;
            }
            match letter {
                'B' => options.background = true,
                'd' => options.verbosity = options.verbosity.saturating_add(1),
                'q' => options.verbosity = options.verbosity.saturating_sub(1),
                't' => options.timestamps = true,
                'h' => return Ok(Invocation::Help),
                'v' => return Ok(Invocation::Version),
                'L' => return Ok(Invocation::License),
                'N' => {
                    options.interfaces.push(finished(std::mem::take(&mut interface))?);
                    described = false;
                }
                'W' => options.wait_for_monitor = true,
                'K' | 'M' | 's' | 'T' | 'u' | 'y' => options.without_effect.push(format!("-{letter}")),
                _ => return Err(CliError::Unknown(format!("-{letter}"))),
            }
        }
    }
    if described || !options.interfaces.is_empty() {
        options.interfaces.push(finished(interface)?);
    }
    if options.interfaces.is_empty() && options.global.is_none() {
        return Err(CliError::Nothing);
    }
    Ok(Invocation::Daemon(Box::new(options)))
}

fn parse_demo(mut arguments: impl Iterator<Item = OsString>) -> Result<Invocation, CliError> {
    let mut seed = 1;
    while let Some(argument) = arguments.next() {
        let text = argument.to_string_lossy().into_owned();
        let value = match text.strip_prefix("--seed") {
            Some("") => next_text(&mut arguments, &text)?,
            Some(rest) => rest.strip_prefix('=').ok_or(CliError::Unknown(text.clone()))?.to_owned(),
            None => return Err(CliError::Unknown(text)),
        };
        seed = value.parse().map_err(|_| CliError::Argument {
            option: String::from("--seed"),
            reason: String::from("not a number from 0 to 2^64-1"),
        })?;
    }
    Ok(Invocation::Demo { seed })
}

fn next_text(arguments: &mut impl Iterator<Item = OsString>, option: &str) -> Result<String, CliError> {
    let value = arguments.next().ok_or_else(|| CliError::NoArgument(option.to_owned()))?;
    value.into_string().map_err(|_| CliError::Argument { option: option.to_owned(), reason: String::from("not UTF-8") })
}

fn ability(word: &str) -> Result<Ability, CliError> {
    Ability::ALL.into_iter().find(|a| a.word() == word).ok_or_else(|| CliError::Argument {
        option: String::from("--without"),
        reason: format!("no such ability: {word}"),
    })
}

fn finished(interface: InterfaceOptions) -> Result<InterfaceOptions, CliError> {
    if interface.ifname.is_empty() {
        return Err(CliError::NoArgument(String::from("-i")));
    }
    Ok(interface)
}

/// Longest interface name in octets (Linux `IFNAMSIZ` less its terminating zero).
pub const MAX_IFNAME: usize = 15;

/// Whether Linux would take this as an interface's name (`dev_valid_name`), and it is safe as a file name.
pub fn valid_ifname(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= MAX_IFNAME
        && name != "."
        && name != ".."
        && !name.bytes().any(|b| b == b'/' || b == b':' || b.is_ascii_whitespace() || b.is_ascii_control())
}

fn checked_ifname(name: String) -> Result<String, CliError> {
    if valid_ifname(&name) {
        return Ok(name);
    }
    Err(CliError::Argument { option: String::from("-i"), reason: String::from("not an interface name") })
}

fn checked_driver(drivers: String) -> Result<String, CliError> {
    if drivers.split(',').any(|d| d == "nl80211") {
        return Ok(drivers);
    }
    Err(CliError::Argument { option: String::from("-D"), reason: String::from("only nl80211 is there") })
}

/// The usage text.
pub const USAGE: &str = "\
usage:
  p2pd -i IFACE [-c CONFIG] [-C CONTROL_DIR] [-m P2P_CONFIG] [-I CONFIG] [-N -i IFACE …]
       [-g GLOBAL_SOCKET] [-G GROUP] [-O CONTROL_DIR] [-B] [-P PIDFILE] [-f LOGFILE] [-t] [-d…] [-q…]
       [--without ABILITY[,ABILITY]]
  p2pd demo [--seed N]

  -i  network interface                     -c  configuration file
  -C  control directory (without -c)        -O  control directory for all interfaces
  -m  configuration file of the P2P device  -I  second configuration file, never written
  -N  begin another interface               -D  driver: nl80211
  -g  global control socket                 -G  group that may use it
  -B  run in the background                 -P  write the process id to a file
  -f  log to a file                         -t  with times
  -d  log more (-dd still more)             -q  log less
  -W  wait for a monitor of each interface
  -h  this text    -v  version    -L  licence
  -b -e -o -p -z (with an argument) -K -M -s -T -u -y are accepted and change nothing.
  ABILITY: control-port, socket-owner, offchannel-tx, p2p-device, authenticate, full-ap-client-state
";

#[cfg(test)]
mod tests {
    use super::*;

    fn run(line: &str) -> Result<Invocation, CliError> {
        parse(line.split_whitespace().map(OsString::from))
    }

    fn options(line: &str) -> Options {
        match run(line) {
            Ok(Invocation::Daemon(options)) => *options,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn the_start_lines_of_the_contract() {
        let o = options("-ip2p0 -Dnl80211 -c p2p_supplicant.conf");
        assert_eq!(o.interfaces.len(), 1);
        assert_eq!(o.interfaces[0].ifname, "p2p0");
        assert_eq!(o.interfaces[0].config, Some(PathBuf::from("p2p_supplicant.conf")));

        let o = options("-Dnl80211 -iwlan0 -c F -g /run/g -G adm -ddKt -f LOG -B -P PID -u");
        assert_eq!(o.global.as_deref(), Some("/run/g"));
        assert_eq!(o.global_group.as_deref(), Some("adm"));
        assert_eq!((o.verbosity, o.timestamps, o.background), (2, true, true));
        assert_eq!(o.without_effect, ["-K", "-u"]);

        let o = options("-g @abstract:x");
        assert!(o.interfaces.is_empty());
    }

    #[test]
    fn several_interfaces() {
        let o = options("-i a -c 1 -N -ib -c2 -m 3 --without=p2p-device,control-port --without authenticate");
        assert_eq!(o.interfaces.iter().map(|i| i.ifname.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(o.interfaces[1].p2p_config, Some(PathBuf::from("3")));
        assert_eq!(o.without, [Ability::P2pDevice, Ability::ControlPort, Ability::Authenticate]);
    }

    #[test]
    fn what_is_refused() {
        assert_eq!(run("-i p2p0 -x"), Err(CliError::Unknown(String::from("-x"))));
        assert_eq!(run("-i"), Err(CliError::NoArgument(String::from("-i"))));
        assert_eq!(run("p2p0"), Err(CliError::Unexpected(String::from("p2p0"))));
        assert_eq!(run(""), Err(CliError::Nothing));
        assert!(run("-i a/b").is_err());
        assert!(run("-i abcdefghijklmnop").is_err());
        assert!(run("-i p2p0 -Dwext").is_err());
        assert!(run("-i p2p0 --without flight").is_err());
        assert!(run("-i p2p0 -N").is_err());
        assert_eq!(run("-h"), Ok(Invocation::Help));
        assert_eq!(run("demo --seed 7"), Ok(Invocation::Demo { seed: 7 }));
        assert_eq!(run("demo"), Ok(Invocation::Demo { seed: 1 }));
        assert!(run("demo --sed 7").is_err());
    }
}
