//! A device driven by iwd, over D-Bus, with a bus of its own.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::dbus::{Answer, Bus, Method, Value};
use crate::namespace::Namespace;
use crate::station::find_program;
use crate::transcript::note;

const SERVICE: &str = "net.connman.iwd";
const DEVICE: &str = "net.connman.iwd.p2p.Device";
/// Where Debian keeps the daemon.
const DAEMON: &str = "/usr/libexec/iwd";
/// How long iwd may take from its start until it can be told to use P2P.
const READY_WITHIN: Duration = Duration::from_secs(20);
/// How often a condition without an event is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// A radio with iwd; the discovery lasts as long as this does.
pub struct Iwd {
    namespace: Namespace,
    bus: Bus,
    device: String,
    daemons: Vec<Child>,
}

impl Iwd {
    /// Starts a bus and iwd, and enables P2P.
    pub(crate) fn start(name: &str, phy: u32, namespace: Namespace, logs: &Path) -> Result<Self> {
        let settings = "[General]\nEnableNetworkConfiguration=true\n[Scan]\nDisablePeriodicScan=true\n";
        let Daemons { bus, daemons } = launch(name, &namespace, logs, settings, None)?;
        let mut iwd = Self { namespace, bus, device: format!("/net/connman/iwd/{phy}"), daemons };
        until(READY_WITHIN, || iwd.set("Enabled", Value::Flag(true))).context("iwd enables no P2P")?;
        until(READY_WITHIN, || iwd.set("Name", Value::Name(name)))?;
        Ok(iwd)
    }

    fn set(&mut self, property: &str, value: Value<'_>) -> Result<()> {
        let path = self.device.clone();
        let interface = "org.freedesktop.DBus.Properties";
        let method = Method { service: SERVICE, path: &path, interface, member: "Set" };
        self.bus.call(method, &[Value::Text(DEVICE), Value::Text(property), value])?;
        Ok(())
    }

    /// Where the device is.
    pub fn namespace(&self) -> &Namespace {
        &self.namespace
    }

    /// Begins to search, and to be found.
    pub fn discover(&mut self) -> Result<()> {
        let path = self.device.clone();
        let method = Method { service: SERVICE, path: &path, interface: DEVICE, member: "RequestDiscovery" };
        self.bus.call(method, &[])?;
        Ok(())
    }

    /// Waits until the device of this address is found; its object.
    pub fn found(&mut self, address: &str, within: Duration) -> Result<String> {
        let end = format!("/{}", address.replace(':', "_"));
        let path = self.device.clone();
        let method = Method { service: SERVICE, path: &path, interface: DEVICE, member: "GetPeers" };
        until(within, || {
            let mut body = self.bus.call(method, &[])?;
            let length = body.u32()?;
            ensure!(length > 0, "no peer");
            body.align(8);
            let peer = body.text()?;
            ensure!(peer.ends_with(&end), "{peer} instead of {end}");
            Ok(peer)
        })
    }

    /// The user presses the button for this peer; [`Iwd::outcome`] tells what came of it.
    pub fn push_button(&mut self, peer: &str) -> Result<u32> {
        note(self.namespace.name(), "> PushButton");
        self.bus.send(configuration(peer, "PushButton"), &[])
    }

    /// The user types this PIN for this peer; [`Iwd::outcome`] tells what came of it.
    pub fn type_pin(&mut self, peer: &str, pin: &str) -> Result<u32> {
        note(self.namespace.name(), "> StartPin");
        self.bus.send(configuration(peer, "StartPin"), &[Value::Text(pin)])
    }

    /// Waits for the end of a connection attempt: connected, with an IP address, or the error's name.
    pub fn outcome(&mut self, attempt: u32, within: Duration) -> Result<Answer> {
        let answer = self.bus.answer(attempt, within)?;
        note(self.namespace.name(), &format!("< {:?}", answer.as_ref().map(|_| ())));
        Ok(answer)
    }

    /// Leaves the group with this peer, or ends it.
    pub fn disconnect(&mut self, peer: &str) -> Result<()> {
        let interface = "net.connman.iwd.p2p.Peer";
        self.bus.call(Method { service: SERVICE, path: peer, interface, member: "Disconnect" }, &[])?;
        Ok(())
    }
}

/// A bus, and the processes on it, the bus itself first; they end with this.
struct Daemons {
    bus: Bus,
    daemons: Vec<Child>,
}

/// Starts a bus and iwd with these settings; it knows the network, of this name and passphrase, if any.
fn launch(
    name: &str,
    namespace: &Namespace,
    logs: &Path,
    settings: &str,
    network: Option<(&str, &str)>,
) -> Result<Daemons> {
    let home = logs.join(format!("{name}-iwd"));
    fs::create_dir_all(&home)?;
    let socket = PathBuf::from(format!("/run/{name}.bus"));
    fs::write(home.join("bus.conf"), bus_configuration(&socket))?;
    fs::write(home.join("main.conf"), settings)?;
    if let Some((ssid, passphrase)) = network {
        fs::write(home.join(format!("{ssid}.psk")), format!("[Security]\nPassphrase={passphrase}\n"))?;
    }
    let mut bus_daemon = Command::new(find_program("dbus-daemon")?);
    bus_daemon.arg("--nofork").arg(format!("--config-file={}", home.join("bus.conf").display()));
    let bus_daemon = namespace.spawn(quietly(bus_daemon, &logs.join(format!("{name}-bus.log")))?)?;
    let mut daemons = vec![bus_daemon];
    let bus = until(READY_WITHIN, || Bus::open(&socket)).context("no bus")?;
    note(name, "start iwd");
    let mut iwd = Command::new(DAEMON);
    iwd.arg("-d")
        .env("DBUS_SYSTEM_BUS_ADDRESS", format!("unix:path={}", socket.display()))
        .env("CONFIGURATION_DIRECTORY", &home)
        .env("STATE_DIRECTORY", &home);
    daemons.push(namespace.spawn(quietly(iwd, &logs.join(format!("{name}.log")))?)?);
    Ok(Daemons { bus, daemons })
}

/// iwd as the holder of a radio's `wlan0`, which it connects to the one network that it knows.
pub struct IwdStation(Daemons);

impl IwdStation {
    /// Starts it in a station's namespace; it connects by itself.
    pub fn start(name: &str, namespace: &Namespace, logs: &Path, network: (&str, &str)) -> Result<Self> {
        launch(name, namespace, logs, "[General]\nUseDefaultInterface=true\n", Some(network)).map(Self)
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> Result<bool> {
        Ok(self.0.daemons.iter_mut().map(Child::try_wait).collect::<Result<Vec<_>, _>>()?.iter().all(Option::is_none))
    }
}

impl Drop for IwdStation {
    fn drop(&mut self) {
        end(&mut self.0.daemons);
    }
}

impl Drop for Iwd {
    fn drop(&mut self) {
        end(&mut self.daemons);
    }
}

fn end(daemons: &mut [Child]) {
    for daemon in daemons.iter_mut().rev() {
        _ = daemon.kill();
        _ = daemon.wait();
    }
}

fn configuration<'a>(peer: &'a str, member: &'a str) -> Method<'a> {
    Method { service: SERVICE, path: peer, interface: "net.connman.iwd.SimpleConfiguration", member }
}

fn quietly(mut command: Command, log: &Path) -> Result<Command> {
    let log = File::create(log)?;
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    Ok(command)
}

/// Tries until it succeeds, or the last error.
fn until<T>(within: Duration, mut attempt: impl FnMut() -> Result<T>) -> Result<T> {
    let end = Instant::now() + within;
    loop {
        match attempt() {
            Err(_) if Instant::now() < end => thread::sleep(LOOK),
            outcome => return outcome,
        }
    }
}

/// A bus on which everybody may do everything.
fn bus_configuration(socket: &Path) -> String {
    let policy = r#"<allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/>"#;
    format!(
        "<busconfig><type>system</type><listen>unix:path={}</listen><auth>EXTERNAL</auth>\
         <policy context=\"default\">{policy}</policy></busconfig>\n",
        socket.display()
    )
}
