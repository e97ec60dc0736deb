//! Two hundred random commands a second from four clients, well-formed and broken, while groups form and end on a
//! simulated air: no wrong reply, no event lost for a reader that keeps up, memory flat.
//!
//! The time is the air's, so a minute takes much less. `P2PD_STRESS_SECONDS=60` makes it a whole one.

mod common;

use common::air::{Sky, Station, settle};
use common::words::WORDS;
use common::{Client, run};
use p2pd::commands::{COMMANDS, MAX_REPLY};
use rand_chacha::ChaCha12Rng;
use rand_core::{Rng, SeedableRng};
use std::collections::VecDeque;
use std::time::Duration;
use wifi_direct::simulation::Profile;

/// Commands a second.
const RATE: u32 = 200;
/// How long, where nobody says otherwise.
const SECONDS: u32 = 15;
/// Resident memory may grow by this much after the first quarter: what allocators keep back.
const GROWTH: u64 = 4 << 20;

/// Well-formed commands, whose replies are known whatever else happens.
const KNOWN: &[(&str, &str)] = &[
    ("PING", "PONG\n"),
    ("IFNAME", "p2p0"),
    ("NOTE x", "OK\n"),
    ("WPS_CHECK_PIN 12345670", "12345670"),
    ("WPS_CHECK_PIN 12345678", "FAIL-CHECKSUM\n"),
    ("P2P_STOP_FIND", "OK\n"),
    ("P2P_STOP_FIND x", "UNKNOWN COMMAND\n"),
    ("P2P_CONNECT 02:00:00:00:99:00 12345", "FAIL-INVALID-PIN\n"),
    ("P2P_PEER 02:00:00:00:99:00", "FAIL\n"),
    ("P2P_GROUP_REMOVE nowhere0", "FAIL\n"),
    ("SET p2p_go_intent 16", "FAIL\n"),
    ("GET nonsense", "FAIL\n"),
    ("NONSENSE", "UNKNOWN COMMAND\n"),
    ("", "UNKNOWN COMMAND\n"),
];
/// Commands that would end the test itself, or what it looks at.
const LEFT_OUT: &[&str] = &["TERMINATE", "SET", "P2P_SET", "FLUSH", "RECONFIGURE", "SET_NETWORK"];

struct Dice(ChaCha12Rng);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        (self.0.next_u32() as usize) % bound
    }

    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }

    /// A command of the table with words behind it that may or may not belong there.
    fn command(&mut self) -> String {
        let names: Vec<&str> = COMMANDS.iter().map(|c| c.name).filter(|n| !LEFT_OUT.contains(n)).collect();
        let mut text = self.pick(&names).to_owned();
        for _ in 0..self.below(4) {
            text.push(' ');
            text.push_str(self.pick(WORDS));
        }
        text
    }

    fn octets(&mut self) -> Vec<u8> {
        let mut bytes = vec![0; 1 + self.below(200)];
        self.0.fill_bytes(&mut bytes);
        bytes
    }
}

/// A reply that a client can tell from an event, short enough, and one of those that there are.
fn check(request: &str, reply: &str) {
    assert!(reply.len() <= MAX_REPLY, "{request:?}: {} octets", reply.len());
    assert!(!reply.starts_with('<') && !reply.starts_with("IFNAME="), "{request:?} -> {reply:?}");
    let word = reply.strip_suffix('\n').unwrap_or(reply);
    if word.starts_with("FAIL") || word.starts_with("UNKNOWN") {
        let known = [
            "FAIL",
            "FAIL-INVALID-PIN",
            "FAIL-CHANNEL-UNAVAILABLE",
            "FAIL-CHANNEL-UNSUPPORTED",
            "FAIL-PBC-OVERLAP",
            "FAIL-CHECKSUM",
            "FAIL-BUSY",
            "FAIL-NO-IFNAME-MATCH",
            "UNKNOWN COMMAND",
        ];
        assert!(known.contains(&word) && reply.ends_with('\n'), "{request:?} -> {reply:?}");
    }
}

/// Resident memory, octets.
fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").expect("status");
    let line = text.lines().find_map(|l| l.strip_prefix("VmRSS:")).expect("VmRSS");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1024
}

/// The two stations that form groups, and what their user does next.
struct Couple {
    stations: [Station; 2],
    clients: [Client; 2],
    monitors: [Client; 2],
    addresses: [String; 2],
    formed: u32,
}

impl Couple {
    async fn new(sky: &std::rc::Rc<Sky>) -> Self {
        let mut stations = Vec::new();
        for name in ["first", "second"] {
            let config = format!("device_name={name}\nupdate_config=1\n");
            stations.push(Station::start(sky, Profile::NoP2pDevice, &config).await);
        }
        let stations: [Station; 2] = stations.try_into().unwrap_or_else(|_| panic!("two"));
        let clients = [stations[0].global(), stations[1].global()];
        let monitors = [stations[0].client("p2p0"), stations[1].client("p2p0")];
        let mut addresses = [String::new(), String::new()];
        for n in 0..2 {
            assert_eq!(monitors[n].ask("ATTACH").await, "OK\n");
            let status = clients[n].ask("STATUS").await;
            addresses[n] = status.lines().next().expect("a line").trim_start_matches("p2p_device_address=").to_owned();
        }
        Self { stations, clients, monitors, addresses, formed: 0 }
    }

    /// Brings the two nearer to their next group, or ends the one that they have.
    async fn advance(&mut self) {
        let groups = self.clients[0].ask("INTERFACES").await.lines().count() > 1;
        if groups && self.monitors.iter().all(|m| m.rest().iter().any(|e| e.contains("P2P-GROUP-STARTED"))) {
            self.formed += 1;
        }
        if groups {
            for client in &self.clients {
                assert_eq!(client.ask("P2P_GROUP_REMOVE *").await, "OK\n");
            }
            return;
        }
        let mut known = 0;
        for n in 0..2 {
            let peer = self.clients[n].ask(&format!("P2P_PEER {}", self.addresses[1 - n])).await;
            known += usize::from(peer.starts_with(&self.addresses[1 - n]) && !peer.contains("PROBE_REQ_ONLY"));
        }
        for n in 0..2 {
            let command = match known {
                2 => format!("P2P_CONNECT {} pbc", self.addresses[1 - n]),
                _ => String::from("P2P_FIND"),
            };
            // With others' commands in between it may be refused; the next round tries again.
            check(&command, &self.clients[n].ask(&command).await);
        }
    }
}

/// Compares two monitors of the same socket: who keeps up misses nothing that the other one got.
struct Watch {
    quick: Client,
    other: Client,
    seen: VecDeque<String>,
    events: u64,
}

impl Watch {
    fn look(&mut self) {
        for event in self.quick.rest() {
            self.events += 1;
            self.seen.push_back(event);
        }
        for event in self.other.rest() {
            assert_eq!(self.seen.pop_front().as_ref(), Some(&event), "both are told the same, in the same order");
        }
        assert!(self.seen.is_empty(), "an event that one was not told: {:?}", self.seen);
    }
}

#[test]
fn four_clients_and_random_commands() {
    let seconds = std::env::var("P2PD_STRESS_SECONDS").ok().map_or(SECONDS, |s| s.parse().expect("seconds"));
    run(async {
        let sky = Sky::new(11);
        let mut couple = Couple::new(&sky).await;
        let station = &couple.stations[0];
        let clients = [station.client("p2p0"), station.client("p2p0"), station.global(), station.global()];
        let mut watch =
            Watch { quick: station.client("p2p0"), other: station.client("p2p0"), seen: VecDeque::new(), events: 0 };
        assert_eq!(watch.quick.ask("ATTACH").await, "OK\n");
        assert_eq!(watch.other.ask("ATTACH").await, "OK\n");
        let mut dice = Dice(ChaCha12Rng::from_seed([5; 32]));
        let total = seconds * RATE;
        let mut after_warming = 0;
        for number in 0..total {
            let which = dice.below(clients.len());
            let (client, global) = (&clients[which], which >= 2);
            match dice.below(8) {
                0 => {
                    let bytes = dice.octets();
                    client.send(&bytes).await;
                    check("octets", &client.next().await);
                }
                1..4 => {
                    let (request, wanted) = KNOWN[dice.below(KNOWN.len())];
                    let request = if global { format!("IFNAME=p2p0 {request}") } else { request.to_owned() };
                    assert_eq!(client.ask(&request).await, wanted, "{request:?}");
                }
                _ => {
                    let request = dice.command();
                    let request = if global && dice.below(2) == 0 { format!("IFNAME=p2p0 {request}") } else { request };
                    check(&request, &client.ask(&request).await);
                }
            }
            sky.pass(Duration::from_secs(1) / RATE);
            settle().await;
            if number % (RATE / 2) == 0 {
                couple.advance().await;
                settle().await;
            }
            watch.look();
            if number == total / 4 {
                after_warming = resident();
            }
        }
        watch.look();
        let growth = resident().saturating_sub(after_warming);
        println!(
            "{total} commands, {} groups formed, {} events, {} KiB more at the end",
            couple.formed,
            watch.events,
            growth / 1024
        );
        assert!(couple.formed > 0, "groups formed meanwhile");
        assert!(watch.events > u64::from(seconds), "there was something to be told");
        assert!(growth <= GROWTH, "memory grew by {growth} octets");
        for station in couple.stations {
            station.stop().await;
        }
    });
}
