//! Beside a station's connection on the same radio: `wlan0` belongs to another program, the P2P interfaces are ours.

use std::net::Ipv4Addr;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use harness::control::Control;
use harness::formation::{Ends, FORMED_WITHIN, REMOVED_WITHIN, Wish, discover, dissolve, form};
use harness::station::WLAN;
use harness::{
    AccessPoint, Group, Holder, Hostapd, IwdStation, Kind, Lab, Program, Scenario, Station, rtnetlink, traffic,
};

use crate::join::{autonomous, autonomous_with, join};

/// The access point that the other program's station is connected to.
const HOME: AccessPoint<'_> =
    AccessPoint { ssid: "home", passphrase: Some("correct horse"), channel: ('g', 6), more: "" };
/// Its channel, MHz.
const THERE: u32 = 2437;
/// What the other program is told: no P2P of its own.
const NETWORK: &str = "p2p_disabled=1\nnetwork={\n  ssid=\"home\"\n  psk=\"correct horse\"\n}";
/// Two users who do not press at the same moment.
const PAUSE: Duration = Duration::from_millis(300);
/// How long a group may take to move with its clients.
const MOVED_WITHIN: Duration = Duration::from_secs(10);
/// The addresses of the access point and of the station.
const ADDRESSES: [Ipv4Addr; 2] = [Ipv4Addr::new(192, 168, 77, 1), Ipv4Addr::new(192, 168, 77, 2)];
/// How long a packet through the connection may take while the radio is away from it.
const REACHED_WITHIN: Duration = Duration::from_secs(3);

/// An access point, and a station of ours on a radio whose `wlan0` another program has connected to it.
struct Scene {
    home: Hostapd,
    ours: Station,
    holder: Holder,
}

impl Scene {
    fn new(lab: &mut Lab, kind: Kind) -> Result<Self> {
        let home = lab.access_point("home", HOME)?;
        let mut ours = lab.idle_station("ours", Program::Ours, kind, "country=US", &[])?;
        let mut holder = Holder::start("holder", ours.namespace(), lab.directory(), NETWORK)?;
        holder.connected()?;
        // wpa_supplicant takes the P2P frames of its interface, told to use P2P or not.
        ours.expect_second_station();
        for (namespace, address) in [home.namespace(), ours.namespace()].into_iter().zip(ADDRESSES) {
            namespace.run(|| rtnetlink::add_address("wlan0", address, 24))?;
        }
        ours.start()?;
        let mut scene = Self { home, ours, holder };
        scene.check(THERE)?;
        Ok(scene)
    }

    /// Demands that the other program's connection stands on this channel (MHz), was never lost, and carries data.
    fn check(&mut self, frequency: u32) -> Result<()> {
        let there = self.holder.frequency()?;
        ensure!(there == Some(frequency), "the station is on {there:?} instead of {frequency} MHz");
        self.holder.control().expect_none("^CTRL-EVENT-DISCONNECTED", Duration::ZERO)?;
        traffic::ping(self.ours.namespace(), ADDRESSES[0], REACHED_WITHIN)?;
        Ok(())
    }
}

/// The other program is named where it holds the interface that discovery would run on.
fn check_named(lab: &Lab, kind: Kind) -> Result<()> {
    let log = std::fs::read_to_string(lab.directory().join("ours.log"))?;
    let named = log.contains("wlan0 is left to another program; wpa_supplicant (process ");
    ensure!(named == (kind == Kind::Plain), "the log names the other program: {named}");
    Ok(())
}

/// Forms a group with traffic; it must be on this channel (MHz).
pub(crate) fn land(
    lab: &mut Lab,
    (ours, wish): (&mut Station, Wish<'_>),
    (peer, other): (&mut Station, Wish<'_>),
    frequency: u32,
) -> Result<(Group, Group)> {
    discover(ours, peer)?;
    let (one, two) = form((&mut *ours, wish), (&mut *peer, other), PAUSE)?;
    ensure!(one.frequency == frequency, "{one:?}");
    lab.check_traffic(&[(&*ours, &one), (&*peer, &two)])?;
    Ok((one, two))
}

/// A group in either role lands on the connection's channel, and leaves it alone.
fn lands(lab: &mut Lab, kind: Kind, theirs: Program) -> Result<()> {
    let mut scene = Scene::new(lab, kind)?;
    check_named(lab, kind)?;
    let mut peer = lab.station("peer", theirs, Kind::P2pDevice, "country=US")?;
    for (ours, other) in [(Wish::OWNER, Wish::CLIENT), (Wish::CLIENT, Wish::OWNER)] {
        let (one, two) = land(lab, (&mut scene.ours, ours), (&mut peer, other), THERE)?;
        scene.check(THERE)?;
        dissolve((&mut scene.ours, &one), (&mut peer, &two), Ends::Owner)?;
    }
    let (owned, _) = autonomous(&mut scene.ours)?;
    ensure!(owned.frequency == THERE, "{owned:?}");
    scene.check(THERE)
}

/// iwd holds the station.
fn beside_iwd(lab: &mut Lab, kind: Kind) -> Result<()> {
    let home = lab.access_point("home", HOME)?;
    let mut ours = lab.idle_station("ours", Program::Ours, kind, "country=US", &[])?;
    let mut iwd = IwdStation::start("iwd", ours.namespace(), lab.directory(), ("home", "correct horse"))?;
    let end = Instant::now() + FORMED_WITHIN;
    let connected = |station: &Station| -> Result<bool> {
        Ok(station.interfaces()?.iter().any(|i| i.name.as_deref() == Some(WLAN) && i.frequency == Some(THERE)))
    };
    while !connected(&ours)? {
        ensure!(Instant::now() < end, "iwd does not connect");
        thread::sleep(PAUSE);
    }
    for (namespace, address) in [home.namespace(), ours.namespace()].into_iter().zip(ADDRESSES) {
        namespace.run(|| rtnetlink::add_address(WLAN, address, 24))?;
    }
    ours.start()?;
    let mut peer = lab.station("peer", Program::Theirs, Kind::P2pDevice, "country=US")?;
    for (wish, other) in [(Wish::OWNER, Wish::CLIENT), (Wish::CLIENT, Wish::OWNER)] {
        let (one, two) = land(lab, (&mut ours, wish), (&mut peer, other), THERE)?;
        traffic::ping(ours.namespace(), ADDRESSES[0], REACHED_WITHIN)?;
        dissolve((&mut ours, &one), (&mut peer, &two), Ends::Owner)?;
    }
    ensure!(connected(&ours)? && iwd.runs()?, "iwd has lost its connection");
    traffic::ping(ours.namespace(), ADDRESSES[0], REACHED_WITHIN)?;
    Ok(())
}

/// A group elsewhere is refused, with the reason.
fn refused(lab: &mut Lab) -> Result<()> {
    let mut scene = Scene::new(lab, Kind::Qca)?;
    let said = scene.ours.control().request("P2P_GROUP_ADD freq=2412")?;
    ensure!(said == "FAIL", "{said:?}");
    let mut peer = lab.station("peer", Program::Theirs, Kind::P2pDevice, "country=US")?;
    let (owned, _on_group) = autonomous_with(&mut peer, "freq=2462")?;
    scene.ours.control().forget();
    scene.ours.ok(&format!("P2P_CONNECT {} pbc join", owned.owner))?;
    scene.ours.control().expect("^P2P-GROUP-FORMATION-FAILURE reason=FREQ_CONFLICT$", FORMED_WITHIN)?;
    let log = std::fs::read_to_string(lab.directory().join("ours.log"))?;
    for words in ["wlan0 is on 2437 MHz for another program", "2412 MHz is not possible"] {
        ensure!(log.contains(words), "the log does not say {words:?}");
    }
    scene.check(THERE)?;
    scene.ours.check_nothing_left()
}

/// A group of ours with one client beside the connection.
fn with_client(lab: &mut Lab, kind: Kind, words: &str) -> Result<(Scene, Station, Group, Group, Control)> {
    let mut scene = Scene::new(lab, kind)?;
    let mut client = lab.station("client", Program::Theirs, Kind::P2pDevice, "country=US")?;
    let (owned, mut on_group) = autonomous_with(&mut scene.ours, words)?;
    let joined = join(&mut scene.ours, &owned, &mut on_group, &mut client)?;
    lab.check_traffic(&[(&scene.ours, &owned), (&client, &joined)])?;
    Ok((scene, client, owned, joined, on_group))
}

/// The access point moves to another channel: the station and the group move together.
fn follows(lab: &mut Lab, kind: Kind) -> Result<()> {
    let (mut scene, client, owned, joined, mut on_group) = with_client(lab, kind, "")?;
    on_group.forget();
    scene.home.switch(2412)?;
    on_group.expect("^CTRL-EVENT-CHANNEL-SWITCH freq=2412 ", MOVED_WITHIN)?;
    scene.holder.control().expect("^CTRL-EVENT-CHANNEL-SWITCH freq=2412 ", MOVED_WITHIN)?;
    lab.check_traffic(&[(&scene.ours, &owned), (&client, &joined)])?;
    ensure!(on_group.value("STATUS", "freq")? == "2412");
    scene.check(2412)?;
    scene.ours.ok(&format!("P2P_GROUP_REMOVE {}", owned.interface))?;
    scene.ours.control().expect("^P2P-GROUP-REMOVED \\S+ GO reason=REQUESTED$", REMOVED_WITHIN)?;
    scene.ours.check_nothing_left()
}

/// A client's group cannot take its owner along: it ends, and the connection goes on.
fn gives_way(lab: &mut Lab) -> Result<()> {
    let mut scene = Scene::new(lab, Kind::P2pDevice)?;
    let mut owner = lab.station("owner", Program::Theirs, Kind::P2pDevice, "country=US")?;
    let (owned, mut on_group) = autonomous_with(&mut owner, "freq=2437")?;
    join(&mut owner, &owned, &mut on_group, &mut scene.ours)?;
    scene.ours.control().forget();
    scene.home.switch(2462)?;
    scene.ours.control().expect("^P2P-GROUP-REMOVED \\S+ client reason=FREQ_CONFLICT$", MOVED_WITHIN)?;
    scene.ours.check_nothing_left()?;
    scene.holder.control().expect("^CTRL-EVENT-CHANNEL-SWITCH freq=2462 ", MOVED_WITHIN)?;
    scene.check(2462)
}

/// With two channels each stays where it is, and follows nobody.
fn two_channels(lab: &mut Lab) -> Result<()> {
    let (mut scene, client, owned, joined, mut on_group) = with_client(lab, Kind::TwoChannels, "freq=2412")?;
    ensure!(owned.frequency == 2412, "{owned:?}");
    scene.check(THERE)?;
    on_group.forget();
    // The simulated driver's station cannot follow an announced switch here (no `switch_vif_chanctx`): it goes to another access point.
    let office = lab.access_point("office", AccessPoint { channel: ('g', 11), ..HOME })?;
    office.namespace().run(|| rtnetlink::add_address("wlan0", ADDRESSES[0], 24))?;
    scene.holder.control().forget();
    scene.holder.control().ok("SCAN")?;
    scene.holder.control().expect("^CTRL-EVENT-SCAN-RESULTS", FORMED_WITHIN)?;
    scene.holder.control().forget();
    scene.holder.control().ok(&format!("ROAM {}", office.bssid()))?;
    scene.holder.control().expect("^CTRL-EVENT-CONNECTED ", FORMED_WITHIN)?;
    on_group.expect_none("^CTRL-EVENT-(STARTED-)?CHANNEL-SWITCH", Duration::from_secs(3))?;
    scene.check(2462)?;
    lab.check_traffic(&[(&scene.ours, &owned), (&client, &joined)])
}

/// By p2p_go_freq_change_policy a group comes to the connection's channel, half a minute after its begin, although the radio could be on two.
fn shares(lab: &mut Lab) -> Result<()> {
    let mut scene = Scene::new(lab, Kind::TwoChannels)?;
    scene.ours.ok("SET p2p_go_freq_change_policy 0")?;
    let (owned, mut on_group) = autonomous_with(&mut scene.ours, "freq=2412")?;
    ensure!(owned.frequency == 2412, "{owned:?}");
    // The simulated driver announces no switch onto a channel that it is on already: the group begins anew there.
    on_group.expect("^P2P-REMOVE-AND-REFORM-GROUP", Duration::from_secs(35))?;
    on_group.expect("^AP-ENABLED", MOVED_WITHIN)?;
    ensure!(on_group.value("STATUS", "freq")? == THERE.to_string());
    scene.check(THERE)
}

/// A search and listening leave the connection its time.
fn find_yields(lab: &mut Lab, kind: Kind) -> Result<()> {
    let mut scene = Scene::new(lab, kind)?;
    for command in ["P2P_FIND", "P2P_LISTEN"] {
        scene.ours.ok(command)?;
        for _ in 0..10 {
            scene.check(THERE)?;
        }
        scene.ours.ok("P2P_STOP_FIND")?;
    }
    scene.check(THERE)
}

/// Another program uses the radio for P2P: it is named, and nothing is taken from it.
fn other_owner(lab: &mut Lab, kind: Kind) -> Result<()> {
    let mut ours = lab.idle_station("ours", Program::Ours, kind, "", &[])?;
    let _home = lab.access_point("home", HOME)?;
    let network = NETWORK.replace("p2p_disabled=1\n", "");
    let mut holder = Holder::start("holder", ours.namespace(), lab.directory(), &network)?;
    holder.connected()?;
    let before = ours.interfaces()?;
    let said = ours.start().err().map(|error| error.to_string()).unwrap_or_default();
    for words in ["another process that is alive and uses it for P2P", "wpa_supplicant (process ", "p2p_disabled=1"] {
        ensure!(said.contains(words), "{words:?} is not in {said:?}");
    }
    let after = ours.interfaces()?;
    ensure!(before == after, "{before:?} became {after:?}");
    ensure!(holder.frequency()? == Some(THERE));
    holder.control().expect_none("^CTRL-EVENT-DISCONNECTED", Duration::ZERO)
}

pub(crate) fn scenarios() -> Vec<Scenario> {
    let mut list = Vec::new();
    for kind in Kind::ALL {
        list.push(Scenario::new(format!("beside::lands::{}::ours-theirs", kind.name()), move |lab| {
            lands(lab, kind, Program::Theirs)
        }));
        list.push(Scenario::new(format!("beside::find-yields::{}::ours", kind.name()), move |lab| {
            find_yields(lab, kind)
        }));
    }
    list.push(Scenario::new("beside::other-owner::p2p-device::ours", |lab| other_owner(lab, Kind::P2pDevice)));
    for kind in [Kind::Plain, Kind::P2pDevice] {
        list.push(Scenario::new(format!("beside::iwd::{}::ours-theirs", kind.name()), move |lab| {
            beside_iwd(lab, kind)
        }));
    }
    // Only this kind's station can follow an announced switch.
    list.push(Scenario::new("beside::follows::p2p-device::ours", |lab| follows(lab, Kind::P2pDevice)));
    list.push(Scenario::new("beside::refused::ours", refused));
    list.push(Scenario::new("beside::gives-way::ours", gives_way));
    list.push(Scenario::new("beside::two-channels::ours", two_channels));
    list.push(Scenario::new("beside::shares::ours", shares));
    list
}
