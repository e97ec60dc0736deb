//! Targets of `p2pd`: the configuration file and the control commands.

use ieee80211_ies::MacAddr;
use p2p_core::State;
use p2pd::backend::Radio;
use p2pd::commands::{MAX_REPLY, Session, interface_command, is_forwarded};
use p2pd::config::{ConfigFile, Settings};
use p2pd::events::{Context, Known, lines};
use p2pd::interface::Interface;
use radio::{Bss, Capabilities};
use std::time::Duration;
use wifi_direct::api::{Config, Error, Event, GroupInfo, GroupRecord, PeerView, Reply, Request, StationStatus};
use wifi_direct::simulation::{DeviceId, Profile, Settings as AirSettings, World};

/// A configuration file: what is shown of it and read again is the same and means the same.
pub(crate) fn config_file(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Ok(file) = ConfigFile::parse(&text) else { return };
    let settings = Settings::from_file(&file);
    let shown = file.show();
    let again = ConfigFile::parse(&shown).expect("what was shown can be read");
    assert_eq!(again.show(), shown, "shown twice it is the same");
    match (settings, Settings::from_file(&again)) {
        (Ok(first), Ok(second)) => assert_eq!(format!("{:?}", first.config()), format!("{:?}", second.config())),
        (Err(_), Err(_)) => {}
        (first, second) => panic!("read once {:?}, read again {:?}", first.is_ok(), second.is_ok()),
    }
    for network in file.networks() {
        let _ = (network.ssid(), network.bssid(), network.is_disabled(), network.record());
    }
}

/// A device on the simulated air as commands see it.
struct OnAir {
    world: World,
    id: DeviceId,
}

impl Radio for OnAir {
    fn request(&mut self, request: Request) -> Result<Reply, Error> {
        self.world.request(self.id, request)
    }

    fn config(&self) -> &Config {
        self.world.device(self.id).config()
    }

    fn address(&self) -> MacAddr {
        self.world.address(self.id)
    }

    fn base_address(&self) -> MacAddr {
        self.world.device(self.id).base_address()
    }

    fn peers(&self) -> Vec<PeerView> {
        self.world.device(self.id).peers(self.world.now()).collect()
    }

    fn peer(&self, address: MacAddr) -> Option<PeerView> {
        self.world.device(self.id).peer(self.world.now(), address)
    }

    fn groups(&self) -> Vec<GroupInfo> {
        self.world.device(self.id).groups()
    }

    fn station(&self) -> StationStatus {
        self.world.device(self.id).station()
    }

    fn state(&self) -> State {
        self.world.device(self.id).state()
    }

    fn is_scanning(&self) -> bool {
        self.world.device(self.id).is_scanning()
    }

    fn capabilities(&self) -> &Capabilities {
        self.world.device(self.id).capabilities()
    }

    fn on_p2p_device(&self) -> bool {
        self.world.device(self.id).has_discovery_interface()
    }

    fn uuid(&self) -> Option<[u8; 16]> {
        Some(self.world.device(self.id).uuid())
    }

    fn scan_results(&self) -> &[Bss] {
        self.world.device(self.id).scan_results()
    }

    fn flush_scan_results(&mut self) {
        self.world.device_mut(self.id).forget_scan_results();
    }

    fn set_records(&mut self, records: Vec<GroupRecord>) {
        self.world.device_mut(self.id).set_records(records);
    }
}

const CONFIG: &str =
    "device_name=fuzzed\nconfig_methods=virtual_push_button physical_display keypad\nupdate_config=0\n";
/// Most time that a line lets pass.
const MOMENT: Duration = Duration::from_millis(400);

/// Lines of text, each a command to a device that has a searching neighbour with a name meant to do harm.
pub(crate) fn control(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut world = World::new(1, AirSettings::default());
    let id = world.add(World::config("fuzzed"), Profile::P2pDevice);
    let neighbour = world.add(World::config("x\nP2P-GROUP-STARTED `$(id)`'\x1b[0m"), Profile::P2pDevice);
    world.get_ready();
    // It may be refused; then it is only listened to.
    let _ = world.request(neighbour, Request::Find(Default::default()));
    let file = ConfigFile::parse(CONFIG).expect("a configuration");
    let settings = Settings::from_file(&file).expect("valid settings");
    let mut interface = Interface::new("wlan0", file, settings);
    let mut radio = OnAir { world, id };
    let mut groups: Vec<Known> = Vec::new();
    let mut told = 0;
    for line in text.split('\n').take(16) {
        let on = groups.last().map_or_else(|| String::from("wlan0"), |group| group.interface.clone());
        let _ = is_forwarded(line);
        let (radio, interface) = (&mut radio, &mut interface);
        let mut session =
            Session { radio, interface, p2p_address: None, on: &on, told: Vec::new(), awaited: Vec::new() };
        let reply = interface_command(&mut session, line);
        assert!(reply.len() <= MAX_REPLY && !reply.starts_with('<'), "{line:?}: {reply:?}");
        assert!(reply.chars().all(|c| matches!(c, '\n' | '\t') || !c.is_control()), "{line:?}: {reply:?}");
        for line in session.told {
            one_line(&line.text);
        }
        radio.world.run_for(MOMENT);
        let events: Vec<Event> =
            radio.world.told().iter().skip(told).filter(|t| t.by == id).map(|t| t.event.clone()).collect();
        told = radio.world.told().len();
        for event in events {
            match &event {
                Event::InterfaceAdded { group, interface: name, .. } => {
                    groups.push(Known { id: *group, interface: name.clone(), role: None, started: false });
                }
                Event::InterfaceRemoved { group, .. } => groups.retain(|known| known.id != *group),
                Event::Save(record) => {
                    interface.store(record);
                }
                _ => {}
            }
            for line in lines(&Context::new(interface, &groups), &event) {
                one_line(&line.text);
            }
        }
    }
    // What the commands have left in the configuration can be read again.
    let shown = interface.file.show();
    assert!(ConfigFile::parse(&shown).is_ok(), "{shown}");
    assert_eq!(radio.world.spins(), 0, "a deadline was not met by what was due");
}

/// What clients read line by line is one line, and no terminal is moved by it (CVE-2016-4476, CVE-2014-3686).
fn one_line(text: &str) {
    assert!(!text.chars().any(char::is_control), "{text:?}");
}
