//! Two stations that go through a group's life, on kernels of any profiles.

use crate::{Profile, StationId, World};
use ieee80211_ies::MacAddr;
use radio::{InterfaceKind, Plan};
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;
use wifi_direct::api::{AddGroup, ChannelWish, Config, Connect, ConnectHow, Event, Find, Request, Role, WpsMethod};

fn text(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("profiles").join(format!("{name}.profile"));
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The profile of this name.
pub fn profile(name: &str) -> Profile {
    Profile::parse(&text(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// The profile without the fields that have no source.
pub fn sourced(name: &str) -> Profile {
    Profile::sourced(&text(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// The profile of this name with these words of its text replaced.
pub fn variant(name: &str, words: &[(&str, &str)]) -> Profile {
    let mut text = text(name);
    for (from, to) in words {
        assert!(text.contains(from), "{name} has no {from:?}");
        text = text.replace(from, to);
    }
    Profile::parse(&text).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// A device's configuration.
pub fn config(name: &str) -> Config {
    Config { device_name: name.into(), device_type: [0, 1, 0, 0x50, 0xf2, 4, 0, 1], ..Config::default() }
}

/// Wants a group with a peer, by push button.
pub fn connect(peer: MacAddr, intent: u8) -> Request {
    Request::Connect(Connect {
        peer,
        method: WpsMethod::PushButton,
        how: ConnectHow::Negotiate,
        intent: Some(intent),
        authorize_only: false,
        persistent: false,
        record: None,
        channel: Default::default(),
        provision_first: false,
        ssid: None,
    })
}

/// Wants to own a group on this channel (MHz), without negotiation.
pub fn own_on(frequency: u32) -> Request {
    let channel = ChannelWish { frequency: Some(frequency), ..ChannelWish::default() };
    Request::AddGroup(AddGroup { channel, ..AddGroup::default() })
}

/// Two stations on kernels of some profiles.
pub struct Pair {
    pub world: World,
    /// The one that is to own the group.
    pub owner: StationId,
    pub client: StationId,
}

impl Pair {
    /// Two stations that are ready.
    pub fn new(seed: u64, owner: &Profile, client: &Profile) -> Self {
        let mut world = World::new(seed);
        let owner = world.add(owner, config("owner"));
        let client = world.add(client, config("client"));
        let ready =
            world.run_until(Duration::from_secs(2), |w| w.device(owner).is_ready() && w.device(client).is_ready());
        assert!(ready, "not ready: {:?} {:?}", world.device(owner).failure(), world.device(client).failure());
        Self { world, owner, client }
    }

    /// What was told and what should not have been asked, for a failure.
    pub fn report(&self) -> String {
        let mut out = String::new();
        for id in [self.owner, self.client] {
            for line in self.world.wrong(id) {
                let _ = writeln!(out, "{id:?} was asked: {line}");
            }
            let noise = |e: &&Event| matches!(e, Event::NetworksSeen | Event::ScanStarted);
            for event in self.world.told(id).iter().filter(|e| !noise(e)) {
                let _ = writeln!(out, "{id:?} {event:?}");
            }
        }
        out
    }

    /// Both find each other.
    pub fn find(&mut self) {
        for id in [self.owner, self.client] {
            self.world.request(id, Request::Find(Find::default())).expect("a search begins");
        }
        self.see(self.owner, self.client);
        self.see(self.client, self.owner);
    }

    /// One finds the other.
    pub fn see(&mut self, by: StationId, whom: StationId) {
        let whom = self.world.address(whom);
        let is = |e: &Event| matches!(e, Event::P2p(p2p_core::Event::DeviceFound { peer, .. }) if peer.address == whom);
        let seen = self.world.run_until(Duration::from_secs(30), |w| w.told(by).iter().any(is));
        assert!(seen, "{whom} not found by {by:?}\n{}", self.report());
    }

    /// Both agree on a group.
    pub fn form(&mut self) {
        let (one, two) = (self.world.address(self.owner), self.world.address(self.client));
        self.world.request(self.owner, connect(two, 15)).expect("a connection begins");
        self.world.request(self.client, connect(one, 0)).expect("a connection begins");
        self.formed((self.owner, self.client));
    }

    /// A group comes about with these parts.
    pub fn formed(&mut self, (owner, client): (StationId, StationId)) {
        let formed = self.world.run_until(Duration::from_secs(120), |w| {
            let clients = w.group(owner).map_or(0, |g| g.stations.len());
            clients == 1 && w.group(client).is_some()
        });
        assert!(formed, "no group\n{}", self.report());
        let (owned, joined) = (self.world.group(owner).expect("a group"), self.world.group(client).expect("a group"));
        assert_eq!((owned.role, joined.role), (Role::Owner, Role::Client));
        assert_eq!((&owned.ssid, owned.frequency), (&joined.ssid, joined.frequency));
    }

    /// Ends it on the owner's side, and waits until the client knows.
    pub fn end(&mut self) {
        let (owner, client) = (self.owner, self.client);
        self.world.request(owner, Request::RemoveAllGroups).expect("a group ends");
        let ended = self.world.run_until(Duration::from_secs(30), |w| {
            w.device(owner).groups().is_empty() && w.device(client).groups().is_empty()
        });
        assert!(ended, "groups are left\n{}", self.report());
    }

    /// The client leaves, and the owner notices.
    pub fn leave(&mut self) {
        let (owner, client) = (self.owner, self.client);
        self.world.request(client, Request::RemoveAllGroups).expect("the client leaves");
        let gone = self.world.run_until(Duration::from_secs(30), |w| {
            w.device(client).groups().is_empty() && w.group(owner).is_none_or(|g| g.stations.is_empty())
        });
        assert!(gone, "the owner has not noticed\n{}", self.report());
    }

    /// That no driver was asked for what it has not, and nothing is left behind.
    pub fn check(&self, device: bool) {
        for id in [self.owner, self.client] {
            assert_eq!(self.world.wrong(id), Vec::<String>::new(), "{}", self.report());
            let mut expected = vec![InterfaceKind::Station];
            expected.extend(device.then_some(InterfaceKind::P2pDevice));
            assert_eq!(self.world.interfaces(id), expected);
        }
    }
}

/// Finding, a group and its end, on both sides on radios of one profile; then another that ends the other way.
pub fn whole_life(profile: &Profile) {
    let plan = Plan::new(&World::capabilities(profile), false);
    let mut pair = Pair::new(3, profile, profile);
    pair.find();
    pair.form();
    pair.end();
    pair.check(plan.p2p_device());
    // Once more, the other way to part.
    pair.find();
    pair.form();
    pair.leave();
}
