//! A board of the tutorial: a radio called `p2p0`, a `/run` of its own, and terminals with p2pd, wpa_cli and a shell.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use harness::{Kind, Lab, Terminal, rtnetlink, station};

use super::SCREEN;

/// What a configuration begins with; the device's number follows.
pub(super) const CONFIG: &str = "ctrl_interface=/var/run/p2p_supplicant\ncountry=JP\ndevice_name=Test device";
/// A user reads what stands there before the next line is typed.
const THINKS: Duration = Duration::from_millis(700);
/// How long a step may take.
const WITHIN: Duration = Duration::from_secs(60);
/// How long a daemon may take to open its socket.
const OPEN_WITHIN: Duration = Duration::from_secs(20);

/// Names of a station's configuration, network device and directory of sockets.
const STATION: [&str; 3] = ["wpa_supplicant", station::WLAN, "/var/run/wpa_supplicant"];

/// A board with p2pd at one terminal, wpa_cli at another one, and a shell.
pub(super) struct Board {
    name: String,
    /// Names of the configuration, the network device and the control sockets' directory.
    what: [&'static str; 3],
    screens: PathBuf,
    run: PathBuf,
    daemon: Terminal,
    cli: Terminal,
    shell: Terminal,
}

impl Board {
    /// A board with this configuration, on which nothing runs yet.
    pub(super) fn new(lab: &mut Lab, name: &str, config: &str) -> Result<Self> {
        Self::with(lab, name, Kind::Plain, ["p2p_supplicant", "p2p0", "/var/run/p2p_supplicant"], config)
    }

    /// A board of one channel and with a P2P device, whose one daemon serves `wlan0` as a station, too.
    pub(super) fn of_a_network(lab: &mut Lab, name: &str, config: &str) -> Result<Self> {
        Self::with(lab, name, Kind::Qca, STATION, config)
    }

    /// A machine that knows nothing of P2P: wpa_supplicant on `wlan0`.
    pub(super) fn laptop(lab: &mut Lab) -> Result<Self> {
        let config = "ctrl_interface=/var/run/wpa_supplicant\np2p_disabled=1\n";
        let mut laptop = Self::with(lab, "laptop", Kind::Plain, STATION, config)?;
        laptop.start_program("wpa_supplicant")?;
        Ok(laptop)
    }

    fn with(lab: &mut Lab, name: &str, kind: Kind, what: [&'static str; 3], config: &str) -> Result<Self> {
        let [file, interface, _] = what;
        let (_, namespace) = lab.radio(name, kind)?;
        if interface != station::WLAN {
            namespace.run(|| rtnetlink::rename(station::WLAN, interface))?;
        }
        let screens = lab.directory().to_owned();
        let home = screens.join(name);
        let run = Path::new("/run/boards").join(name);
        fs::create_dir_all(&home)?;
        fs::create_dir_all(&run)?;
        fs::write(home.join(format!("{file}.conf")), config)?;
        let programs = lab.settings.p2pd.parent().context("the daemon's directory")?;
        let terminal = |what: &str| Terminal::open(&format!("{name}/{what}"), &namespace, &run, &home, programs);
        let (daemon, cli, shell) = (terminal("daemon")?, terminal("cli")?, terminal("shell")?);
        Ok(Self { name: name.to_owned(), what, screens, run, daemon, cli, shell })
    }

    /// The name in the daemon's configuration.
    pub(super) fn device(&self) -> String {
        self.name.replace("device", "Test device")
    }

    /// Starts p2pd and wpa_cli, by the tutorial's command lines.
    pub(super) fn start(&mut self) -> Result<()> {
        self.start_program("p2pd")
    }

    fn start_program(&mut self, program: &str) -> Result<()> {
        let [file, interface, directory] = self.what;
        self.daemon.enter(&format!("{program} -i{interface} -Dnl80211 -c {file}.conf"))?;
        let socket = self.run.join(file).join(interface);
        let end = Instant::now() + OPEN_WITHIN;
        while !socket.exists() {
            ensure!(Instant::now() < end, "{}: no socket; the daemon's screen:\n{}", self.name, self.daemon.screen());
            thread::sleep(Duration::from_millis(10));
        }
        self.cli.enter(&format!("wpa_cli -i{interface} -p{directory}"))?;
        self.cli.expect("^Interactive mode", WITHIN)?;
        Ok(())
    }

    /// Types a line into wpa_cli, after a moment.
    pub(super) fn enter(&mut self, line: &str) -> Result<()> {
        thread::sleep(THINKS);
        self.cli.enter(line)
    }

    /// Waits for a line on wpa_cli's screen.
    pub(super) fn see(&mut self, pattern: &str) -> Result<String> {
        self.cli.expect(pattern, WITHIN)
    }

    /// Runs a command in the shell and keeps what this shows.
    pub(super) fn shell(&mut self, line: &str, name: &str) -> Result<()> {
        self.shell.enter(line)?;
        self.shell.enter("")?;
        self.write(name, &self.shell.screen())?;
        self.shell.clear();
        Ok(())
    }

    /// Keeps what wpa_cli's screen shows under the name of the session and of the board, and clears it.
    pub(super) fn keep(&mut self, session: &str) -> Result<()> {
        self.keep_as(&format!("{session}.{}", self.name))
    }

    /// Keeps what wpa_cli's screen shows under this name, and clears it.
    pub(super) fn keep_as(&mut self, name: &str) -> Result<()> {
        // What is still coming belongs to it.
        thread::sleep(THINKS);
        self.write(name, &self.cli.screen())?;
        self.cli.clear();
        Ok(())
    }

    /// Clears wpa_cli's screen.
    pub(super) fn clear(&mut self) {
        thread::sleep(THINKS);
        self.cli.clear();
    }

    /// Keeps what p2pd has shown at its own terminal.
    pub(super) fn keep_daemon(&self, name: &str) -> Result<()> {
        self.write(name, &self.daemon.screen())
    }

    /// Ends wpa_cli and, by the interrupt key, the daemon, which must end well.
    pub(super) fn stop(mut self) -> Result<()> {
        self.enter("quit")?;
        self.daemon.press("\u{3}")?;
        self.daemon.enter("echo ended: $?")?;
        self.daemon.expect("^ended: 0", WITHIN)?;
        Ok(())
    }

    fn write(&self, name: &str, screen: &str) -> Result<()> {
        let path = self.screens.join(format!("{name}.{SCREEN}"));
        let text = screen.trim_end_matches([' ', '\n', '>', '$']);
        fs::write(&path, format!("{text}\n")).with_context(|| path.display().to_string())
    }
}

/// The P2P Device Address in a line.
pub(super) fn address(line: &str) -> Result<String> {
    let (_, rest) = line.split_once("p2p_dev_addr=").with_context(|| format!("no device in {line:?}"))?;
    Ok(rest.split(' ').next().unwrap_or_default().to_owned())
}
