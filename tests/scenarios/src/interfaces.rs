//! Several interfaces of one radio in one daemon, as products with a QCA9377 have them: `wlan0` for the network at home, `p2p0` for P2P.

use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::control::Control;
use harness::formation::{Ends, Wish, dissolve, found};
use harness::{AccessPoint, Kind, Lab, Program, Scenario, rtnetlink, station::WLAN, traffic};

use crate::beside::land;
use crate::pairing;

const HOME: AccessPoint<'_> =
    AccessPoint { ssid: "home", passphrase: Some("correct horse"), channel: ('g', 6), more: "" };
/// Its channel, MHz.
const THERE: u32 = 2437;
/// What the file of `wlan0` says.
const NETWORK: &str = "country=US\np2p_disabled=1\nnetwork={\n  ssid=\"home\"\n  psk=\"correct horse\"\n}";
const P2P: &str = "p2p0";
/// Where the station and the access point are.
const ADDRESSES: [Ipv4Addr; 2] = [Ipv4Addr::new(192, 168, 77, 100), Ipv4Addr::new(192, 168, 77, 1)];
/// A scan of all channels and a handshake.
const CONNECTED_WITHIN: Duration = Duration::from_secs(30);
/// How long a packet may take while the radio is away from the connection.
const REACHED_WITHIN: Duration = Duration::from_secs(3);

/// `-i wlan0 … -N -i p2p0 …`: a group in either role beside the connection, driven by either interface's socket.
fn station_and_p2p(lab: &mut Lab, kind: Kind, programs: [Program; 2]) -> Result<()> {
    let [program, peers] = programs;
    let home = lab.access_point("home", HOME)?;
    home.namespace().run(|| rtnetlink::add_address(WLAN, ADDRESSES[1], 24))?;
    let file = lab.directory().join("p2p0.conf");
    std::fs::write(&file, "ctrl_interface=/run/a\ncountry=US\ndevice_name=a\np2p_no_group_iface=1\n")?;
    let file = file.to_str().context("a path of text")?;
    let options = ["-N", "-Dnl80211", "-i", P2P, "-c", file];
    let mut a = lab.idle_station("a", program, kind, NETWORK, &options)?;
    a.add_p2p_interface(P2P)?;
    a.start()?;
    a.namespace().run(|| rtnetlink::add_address(WLAN, ADDRESSES[0], 24))?;
    let mut station = a.other_control(WLAN)?;
    if station.value("STATUS", "wpa_state")? != "COMPLETED" {
        station.expect("^CTRL-EVENT-CONNECTED ", CONNECTED_WITHIN)?;
    }
    ensure!(station.value("STATUS", "p2p_device_address")? == a.address()?, "P2P has one address");
    let mut b = lab.station("b", peers, Kind::P2pDevice, "country=US")?;
    // The interface that does P2P takes its commands, and tells its events, whichever was asked.
    a.control().forget();
    station.forget();
    station.ok("P2P_FIND")?;
    b.ok("P2P_LISTEN")?;
    found(&mut a, &b.address()?, "b")?;
    station.ok("P2P_STOP_FIND")?;
    for (ours, other) in [(Wish::OWNER, Wish::CLIENT), (Wish::CLIENT, Wish::OWNER)] {
        let (one, two) = land(lab, (&mut a, ours), (&mut b, other), THERE)?;
        ensure!(one.interface == P2P, "{one:?}");
        traffic::ping(a.namespace(), ADDRESSES[1], REACHED_WITHIN)?;
        dissolve((&mut a, &one), (&mut b, &two), Ends::Owner)?;
    }
    station.expect_none("^(P2P-|CTRL-EVENT-DISCONNECTED)", Duration::from_secs(1))?;
    traffic::ping(a.namespace(), ADDRESSES[1], REACHED_WITHIN)?;
    a.stop()?;
    a.check_nothing_left()
}

/// `INTERFACE_ADD … create sta`: an interface that the daemon makes, connects, and takes away.
fn made(lab: &mut Lab, kind: Kind, program: Program) -> Result<()> {
    const GLOBAL: &str = "/run/global";
    const MADE: &str = "sta9";
    let home = lab.access_point("home", HOME)?;
    home.namespace().run(|| rtnetlink::add_address(WLAN, ADDRESSES[1], 24))?;
    let file = lab.directory().join("made.conf");
    std::fs::write(&file, NETWORK)?;
    let mut a = lab.station_with("a", program, kind, "country=US", &["-g", GLOBAL])?;
    let global = Control::open("a/global", GLOBAL.as_ref())?;
    let add = |kind: &str| format!("INTERFACE_ADD {MADE}\t{}\tnl80211\tDIR=/run/a\t\t\tcreate\t{kind}", file.display());
    let refused = global.request(&add("mesh"))?;
    ensure!(refused == "FAIL", "{refused:?}");
    global.ok(&add("sta"))?;
    // wpa_supplicant loses its interface that way.
    if program == Program::Ours {
        let again = global.request(&add("sta"))?;
        ensure!(again == "FAIL", "{again:?}");
    }
    ensure!(global.request("INTERFACES")?.lines().any(|name| name == MADE));
    let mut station = a.other_control(MADE)?;
    if station.value("STATUS", "wpa_state")? != "COMPLETED" {
        station.expect("^CTRL-EVENT-CONNECTED ", CONNECTED_WITHIN)?;
    }
    a.namespace().run(|| rtnetlink::add_address(MADE, ADDRESSES[0], 24))?;
    traffic::ping(a.namespace(), ADDRESSES[1], REACHED_WITHIN)?;
    global.ok(&format!("INTERFACE_REMOVE {MADE}"))?;
    a.check_nothing_left()?;
    a.stop()
}

pub(crate) fn scenarios() -> Vec<Scenario> {
    let mut list = Vec::new();
    for kind in Kind::ALL {
        for programs in [[Program::Ours; 2], [Program::Ours, Program::Theirs]] {
            let name = format!("interfaces::station-and-p2p::{}::{}", kind.name(), pairing::name(programs));
            list.push(Scenario::new(name, move |lab| station_and_p2p(lab, kind, programs)));
        }
        let name = format!("interfaces::made::{}::ours", kind.name());
        list.push(Scenario::new(name, move |lab| made(lab, kind, Program::Ours)));
    }
    list.push(Scenario::new("interfaces::made::plain::theirs", |lab| made(lab, Kind::Plain, Program::Theirs)));
    list
}
