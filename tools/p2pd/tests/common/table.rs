//! Command in, reply out: tables of both, and the stations that they are tried on.

use super::Client;
use super::air::{Sky, Station, settle};
use std::rc::Rc;
use std::time::Duration;
use wifi_direct::simulation::Profile;

pub const OK: &str = "OK\n";
pub const FAIL: &str = "FAIL\n";
pub const UNKNOWN: &str = "UNKNOWN COMMAND\n";
pub const NOBODY: &str = "02:00:00:00:99:00";

/// Sends each command and compares its reply, octet by octet.
#[track_caller]
pub fn check<'a>(client: &'a Client, table: &'a [(&'a str, &'a str)]) -> impl Future<Output = ()> + 'a {
    let caller = std::panic::Location::caller();
    async move {
        for (command, reply) in table {
            assert_eq!(client.ask(command).await, *reply, "{command:?}, of the table at {caller}");
        }
    }
}

pub async fn alone(config: &str) -> (Rc<Sky>, Station, Client) {
    let sky = Sky::new(1);
    let station = Station::start(&sky, Profile::NoP2pDevice, config).await;
    let client = station.client("p2p0");
    (sky, station, client)
}

/// Two devices that have found each other: stations, commands and monitors of each.
pub struct Two {
    pub sky: Rc<Sky>,
    pub stations: [Station; 2],
    pub clients: [Client; 2],
    pub monitors: [Client; 2],
    pub addresses: [String; 2],
}

pub async fn two(config: &str) -> Two {
    two_on(Profile::NoP2pDevice, config).await
}

pub async fn two_on(profile: Profile, config: &str) -> Two {
    let sky = Sky::new(7);
    let stations = [
        Station::start(&sky, profile, &format!("device_name=first\n{config}")).await,
        Station::start(&sky, profile, &format!("device_name=second\n{config}")).await,
    ];
    let clients = [stations[0].client("p2p0"), stations[1].client("p2p0")];
    let monitors = [stations[0].client("p2p0"), stations[1].client("p2p0")];
    let mut addresses = [String::new(), String::new()];
    for n in 0..2 {
        assert_eq!(monitors[n].ask("ATTACH").await, OK);
        assert_eq!(clients[n].ask("P2P_FIND").await, OK);
        let status = clients[n].ask("STATUS").await;
        addresses[n] = field(&status, "p2p_device_address").to_owned();
    }
    for n in 0..2 {
        let wanted = format!("P2P-DEVICE-FOUND {}", addresses[1 - n]);
        stations[n].until(&monitors[n], &wanted).await;
    }
    Two { sky, stations, clients, monitors, addresses }
}

impl Two {
    /// Lets the first own a group and the second join it; the names of their interfaces.
    pub async fn grouped(&self) -> [String; 2] {
        for (n, intent) in [15, 0].into_iter().enumerate() {
            let command = format!("P2P_CONNECT {} pbc go_intent={intent}", self.addresses[1 - n]);
            assert_eq!(self.clients[n].ask(&command).await, OK);
        }
        let mut names = [String::new(), String::new()];
        // The client last: its group starts last.
        for (n, name) in names.iter_mut().enumerate() {
            let started = self.stations[n].until(&self.monitors[n], "P2P-GROUP-STARTED").await;
            *name = started.split(' ').nth(1).expect("an interface").to_owned();
        }
        self.sky.pass(Duration::from_millis(200));
        settle().await;
        names
    }

    pub async fn stop(self) {
        for station in self.stations {
            station.stop().await;
        }
    }
}

pub fn field<'a>(reply: &'a str, key: &str) -> &'a str {
    let found = reply.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    found.unwrap_or_else(|| panic!("no {key} in {reply:?}"))
}
