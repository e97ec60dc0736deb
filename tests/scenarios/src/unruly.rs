//! Users who say anything at any time: requests drawn at random to two daemons at once, while groups form and end on the kernel's radios.
//! Afterwards all is as at the start.

use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use harness::control::Control;
use harness::formation::{Ends, Wish, whole_life};
use harness::{Kind, Lab, Program, Scenario, Station};

use crate::draw::Draw;

/// Requests to each daemon.
const REQUESTS: u32 = 1000;
/// Between two of them.
const PAUSE: Duration = Duration::from_millis(10);
/// What was under way when the last was said may take this long.
const CALM: Duration = Duration::from_secs(3);

/// What is said; a word in braces stands for one drawn.
const SAYINGS: &[&str] = &[
    "P2P_FIND",
    "P2P_FIND 1 type=social",
    "P2P_FIND type=progressive",
    "P2P_FIND freq={frequency}",
    "P2P_STOP_FIND",
    "P2P_LISTEN 2",
    "P2P_LISTEN",
    "P2P_EXT_LISTEN 100 1000",
    "P2P_EXT_LISTEN",
    "P2P_CONNECT {peer} pbc",
    "P2P_CONNECT {peer} pbc",
    "P2P_CONNECT {peer} pbc{wishes}",
    "P2P_CONNECT {peer} pbc{wishes}",
    "P2P_CONNECT {peer} {pin}{wishes}",
    "P2P_CONNECT {stranger} pbc join",
    "P2P_PROV_DISC {peer} pbc",
    "P2P_PROV_DISC {peer} display join",
    "P2P_PROV_DISC {stranger} keypad auto",
    "P2P_GROUP_ADD",
    "P2P_GROUP_ADD{wishes}",
    "P2P_GROUP_REMOVE {group}",
    "P2P_GROUP_REMOVE *",
    "P2P_INVITE persistent=0 peer={peer}",
    "P2P_INVITE group={group} peer={peer}",
    "P2P_CANCEL",
    "P2P_REJECT {peer}",
    "P2P_UNAUTHORIZE {peer}",
    "P2P_REMOVE_CLIENT {peer}",
    "P2P_FLUSH",
    "P2P_PEER FIRST",
    "P2P_PEER {peer}",
    "P2P_SET listen_channel 6",
    "P2P_SET disallow_freq 2412",
    "P2P_SET disallow_freq ",
    "P2P_SET disabled 1",
    "P2P_SET disabled 0",
    "P2P_SET per_sta_psk 1",
    "P2P_PRESENCE_REQ",
    "SET p2p_no_group_iface 1",
    "SET p2p_no_group_iface 0",
    "SET country JP",
    "SET country US",
    "SET p2p_group_idle 2",
    "STATUS",
    "SCAN",
    "SCAN freq={frequency}",
    "ABORT_SCAN",
    "SCAN_RESULTS",
    "BSS_FLUSH 0",
    "LIST_NETWORKS",
    "REMOVE_NETWORK all",
    "SAVE_CONFIG",
    "ADD_NETWORK",
    "SELECT_NETWORK 0",
    "WPS_PBC",
    "WPS_PIN any {pin}",
    "WPS_CANCEL",
    "DISCONNECT",
    "RECONNECT",
    "REASSOCIATE",
    "MGMT_TX ff:ff:ff:ff:ff:ff ff:ff:ff:ff:ff:ff freq={frequency} wait_time=50 action=04097f0000",
    "IFNAME={group} STATUS",
    "IFNAME={group} WPS_PBC",
    "IFNAME={group} WPS_PIN any {pin}",
    "IFNAME={group} CHAN_SWITCH 5 {frequency}",
    "IFNAME={group} STOP_AP",
    "IFNAME={group} DISCONNECT",
    "IFNAME={group} REASSOCIATE",
    "IFNAME={group} STA-FIRST",
    "IFNAME={group} P2P_GET_PASSPHRASE",
    "FLUSH",
];
const FREQUENCIES: &[&str] = &["2412", "2437", "2462", "5180", "5260", "5745", "2484", "1", "99999"];
const PINS: &[&str] = &["12345670", "00000000", "1234", "pin", "nonsense"];
const WISHES: &[&str] = &[
    " go_intent=15",
    " go_intent=0",
    " freq=2437",
    " freq=5180",
    " persistent",
    " join",
    " auth",
    " auto",
    " ht40",
    " vht",
];

/// A user, and whom it has to do with.
struct User {
    control: Control,
    peer: String,
}

impl User {
    fn says(&self, draw: &mut Draw) -> String {
        let mut text = draw.pick(SAYINGS).to_owned();
        while let Some((before, rest)) = text.split_once('{') {
            let (name, after) = rest.split_once('}').unwrap_or((rest, ""));
            let word = match name {
                "peer" => self.peer.clone(),
                "stranger" => "02:00:00:00:99:00".to_owned(),
                "frequency" => draw.pick(FREQUENCIES).to_owned(),
                "pin" => draw.pick(PINS).to_owned(),
                "group" if draw.happens(20) => "wlan0".to_owned(),
                "group" => format!("p2p-wlan0-{}", draw.next() % 20),
                _ => (0..draw.next() % 3).map(|_| draw.pick(WISHES)).collect(),
            };
            text = format!("{before}{word}{after}");
        }
        // Now and then it stops in the middle.
        if draw.happens(3) {
            text.truncate((draw.next() % (text.len() as u64 + 1)) as usize);
        }
        text
    }
}

fn anything(lab: &mut Lab, kind: Kind) -> Result<()> {
    let config = "country=US\nupdate_config=1\npersistent_reconnect=1";
    let mut stations = Vec::new();
    for name in ["a", "b"] {
        let global = format!("/run/global-{name}");
        let station = lab.station_with(name, Program::Ours, kind, config, &["-g", &global])?;
        stations.push((station, Control::open(&format!("{name}/global"), global.as_ref())?));
    }
    let [(mut a, of_a), (mut b, of_b)] = <[(Station, Control); 2]>::try_from(stations).ok().context("two stations")?;
    let users = [User { control: of_a, peer: b.address()? }, User { control: of_b, peer: a.address()? }];
    let mut draw = Draw(lab.settings.seed);
    for _ in 0..REQUESTS {
        for (user, station) in users.iter().zip([&mut a, &mut b]) {
            let text = user.says(&mut draw);
            // Half of it by the interface's own socket, which knows all of this but whose it is.
            let reply = match text.strip_prefix("IFNAME=") {
                None if draw.happens(50) => station.control().request(&text)?,
                _ => user.control.request(&text)?,
            };
            if reply.starts_with('<') || reply.len() > 4096 {
                bail!("{text:?} was answered with {reply:?}");
            }
        }
        thread::sleep(PAUSE);
    }
    for (user, station) in users.iter().zip([&mut a, &mut b]) {
        // Whether there is something to cancel is nobody's business here.
        user.control.request("P2P_CANCEL")?;
        for command in
            ["FLUSH", "SET p2p_no_group_iface 0", "SET p2p_group_idle 0", "P2P_SET disallow_freq ", "SET country US"]
        {
            station.ok(command)?;
        }
    }
    thread::sleep(CALM);
    a.check_nothing_left()?;
    b.check_nothing_left()?;
    whole_life(lab, (&mut a, Wish::OWNER), (&mut b, Wish::CLIENT), CALM, Ends::Client)?;
    a.stop()?;
    b.stop()
}

pub(crate) fn scenarios() -> Vec<Scenario> {
    let one = |kind: Kind| Scenario::new(format!("unruly::{}::ours-ours", kind.name()), move |lab| anything(lab, kind));
    Kind::ALL.map(one).into_iter().map(|scenario| scenario.within(Duration::from_secs(180))).collect()
}
