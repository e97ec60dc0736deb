//! What drivers do otherwise than the standard's reader expects, each on a radio with our MLME and on one with the driver's: the whole
//! life passes nevertheless, by the protocol's timers.

use ieee80211_ies::MacAddr;
use scripted_kernel::pair::{Pair, config, connect, profile, variant, whole_life};
use scripted_kernel::{Peculiar, Profile, Statuses, World};
use std::time::Duration;
use wifi_direct::api::{
    AddGroup, ChannelWish, Config, Connect, ConnectHow, DeviceAddress, Error, Event, Find, GroupRecord, Invite,
    RecordId, Request,
};

/// One radio with our MLME and a P2P device interface, one with the driver's and off-channel transmission, one with neither.
const RADIOS: [&str; 3] = ["ath10k", "brcmfmac", "mwifiex"];

fn lives_with(peculiar: Peculiar) {
    for name in RADIOS {
        whole_life(&profile(name).with(peculiar));
    }
}

fn statuses(statuses: Statuses) {
    lives_with(Peculiar { statuses, ..Peculiar::default() });
}

#[test]
fn received_action_frames_may_have_no_bssid() {
    lives_with(Peculiar { zero_bssid: true, ..Peculiar::default() });
}

#[test]
fn an_answer_may_overtake_the_status_of_what_it_answers() {
    statuses(Statuses::AfterAnswer);
}

#[test]
fn a_status_may_come_late() {
    statuses(Statuses::Late(Duration::from_millis(80)));
    statuses(Statuses::Late(Duration::from_millis(700)));
}

#[test]
fn a_status_may_never_come() {
    statuses(Statuses::Missing);
}

#[test]
fn a_status_may_claim_what_is_not_so() {
    statuses(Statuses::Always(true));
    statuses(Statuses::Always(false));
}

#[test]
fn a_stay_may_be_short() {
    for name in RADIOS {
        whole_life(&variant(name, &[("max-remain-ms = 5000", "max-remain-ms = 100")]));
    }
}

/// ath10k without remain-on-channel: no driver of the field that has the P2P kinds is like this.
fn deaf() -> Profile {
    variant("ath10k", &[("commands = remain-on-channel @", "commands = probe-client @")])
}

/// … and without off-channel transmission.
fn confined() -> Profile {
    let words = [
        ("commands = remain-on-channel @", "commands = probe-client @"),
        ("flags = offchannel-tx @", "flags = ap-uapsd @"),
    ];
    variant("ath10k", &words)
}

#[test]
fn without_remain_on_channel_those_who_listen_are_found() {
    for intent in [15, 0] {
        let mut pair = Pair::new(3, &deaf(), &profile("ath10k"));
        let (deaf, peer) = (pair.owner, pair.client);
        let listen = pair.world.request(deaf, Request::Listen(None));
        assert_eq!(listen, Err(Error::Unavailable("the radio cannot stay on a channel to be found there")));
        for id in [deaf, peer] {
            pair.world.request(id, Request::Find(Find::default())).expect("a search begins");
        }
        pair.see(deaf, peer);
        let (its, ours) = (pair.world.address(peer), pair.world.address(deaf));
        pair.world.request(deaf, connect(its, intent)).expect("a connection begins");
        let asked = |e: &Event| matches!(e, Event::P2p(p2p_core::Event::GoNegotiationRequest { .. }));
        let asked = |w: &World| w.told(peer).iter().any(asked);
        assert!(pair.world.run_until(Duration::from_secs(10), asked), "{}", pair.report());
        // The peer's own request would not be heard: its user agrees, and ours asks again.
        let Request::Connect(agreed) = connect(ours, 15 - intent) else { unreachable!() };
        let agreed = Request::Connect(Connect { authorize_only: true, ..agreed });
        pair.world.request(peer, agreed).expect("the peer agrees");
        pair.world.request(deaf, Request::Cancel).expect("the first attempt ends");
        assert!(pair.world.run_until(Duration::from_secs(5), |w| w.device(deaf).groups().is_empty()));
        pair.world.request(deaf, connect(its, intent)).expect("a connection begins");
        if intent == 0 {
            (pair.owner, pair.client) = (peer, deaf);
        }
        pair.formed((pair.owner, pair.client));
        pair.end();
        pair.check(true);
    }
}

fn owns_alone(pair: &mut Pair) {
    let (owner, peer) = (pair.owner, pair.client);
    pair.world.request(owner, Request::AddGroup(AddGroup::default())).expect("a group begins");
    assert!(pair.world.run_until(Duration::from_secs(5), |w| w.group(owner).is_some()), "{}", pair.report());
    pair.world.request(peer, Request::Find(Find::default())).expect("a search begins");
    pair.see(peer, owner);
    let id = pair.world.group(owner).expect("a group").id;
    let pressed = Request::GroupPushButton { group: id, only: None };
    pair.world.request(owner, pressed).expect("the button is pressed");
    let Request::Connect(join) = connect(pair.world.address(owner), 0) else { unreachable!() };
    let join = Request::Connect(Connect { how: ConnectHow::Join, ..join });
    pair.world.request(peer, join).expect("joining begins");
    pair.formed((owner, peer));
    pair.end();
}

#[test]
fn without_remain_on_channel_an_owner_is_found_and_joined() {
    let mut pair = Pair::new(3, &deaf(), &profile("ath10k"));
    owns_alone(&mut pair);
    pair.check(true);
}

#[test]
fn a_radio_confined_to_its_channel_owns_groups_and_says_what_it_cannot() {
    let mut pair = Pair::new(3, &confined(), &profile("ath10k"));
    let said = pair.world.request(pair.owner, Request::Find(Find::default()));
    assert_eq!(said, Err(Error::Unavailable("the radio can neither stay on another channel nor send there")));
    owns_alone(&mut pair);
    assert_eq!(pair.world.wrong(pair.owner), Vec::<String>::new());
}

/// A persistent group of two, and what each of them stored of it.
fn stored(name: &str) -> (MacAddr, [GroupRecord; 2]) {
    let mut pair = Pair::new(3, &profile(name), &profile("hwsim"));
    pair.find();
    let (owner, client) = (pair.world.address(pair.owner), pair.world.address(pair.client));
    for (id, peer, intent) in [(pair.owner, client, 15), (pair.client, owner, 0)] {
        let Request::Connect(wish) = connect(peer, intent) else { unreachable!() };
        let wish = Request::Connect(Connect { persistent: true, ..wish });
        pair.world.request(id, wish).expect("a connection begins");
    }
    pair.formed((pair.owner, pair.client));
    let saved = |w: &World, id| {
        let mut records =
            w.told(id).iter().filter_map(|e| if let Event::Save(record) = e { Some(record.clone()) } else { None });
        records.next_back().map(|record| GroupRecord { id: Some(RecordId(0)), ..record })
    };
    let both = pair.world.run_until(Duration::from_secs(5), |w| {
        saved(w, pair.owner).is_some_and(|r| !r.clients.is_empty()) && saved(w, pair.client).is_some()
    });
    assert!(both, "{}", pair.report());
    (owner, [pair.owner, pair.client].map(|id| saved(&pair.world, id).expect("a record")))
}

/// The same two after the owner has booted anew: the owner invites its old client.
fn invites_again(name: &str) -> (MacAddr, Pair) {
    let (before, [owned, joined]) = stored(name);
    assert_eq!(owned.owner, before);
    let owner = profile(name).with(Peculiar { boot: 1, ..Peculiar::default() });
    let settings = Config { device_address: DeviceAddress::Stored(owned.owner), ..config("owner") };
    let mut world = World::new(3);
    let owner = world.add(&owner, settings);
    let client = world.add(&profile("hwsim"), Config { persistent_reconnect: true, ..config("client") });
    assert!(world.run_until(Duration::from_secs(2), |w| w.device(owner).is_ready() && w.device(client).is_ready()));
    world.set_records(owner, vec![owned]);
    world.set_records(client, vec![joined]);
    let mut pair = Pair { world, owner, client };
    pair.find();
    let peer = Some(pair.world.address(client));
    let invite = Invite::Persistent { record: RecordId(0), peer, channel: ChannelWish::default() };
    pair.world.request(owner, Request::Invite(invite)).expect("an invitation");
    (before, pair)
}

#[test]
fn a_stored_group_outlives_an_address_that_the_driver_draws_anew() {
    let (before, mut pair) = invites_again("brcmfmac");
    assert_eq!(pair.world.address(pair.owner), before);
    pair.formed((pair.owner, pair.client));
    pair.end();
    pair.check(true);
}

/// Where the address cannot be had back: invitations name the stored one, and so does what is stored afterwards.
#[test]
fn a_stored_group_outlives_another_address() {
    let (before, mut pair) = invites_again("mwifiex");
    assert_ne!(pair.world.address(pair.owner), before);
    pair.formed((pair.owner, pair.client));
    pair.end();
    assert_eq!(pair.world.wrong(pair.owner), Vec::<String>::new());
    for id in [pair.owner, pair.client] {
        let saved = pair
            .world
            .told(id)
            .iter()
            .filter_map(|e| if let Event::Save(record) = e { Some(record.owner) } else { None });
        assert!(saved.clone().all(|owner| owner == before), "{:?}", saved.collect::<Vec<_>>());
    }
}

/// CONNECT names the one owner that there is; a driver that leaves it by itself is brought back.
#[test]
fn a_client_that_its_driver_has_taken_elsewhere_joins_its_owner_again() {
    for name in ["qcacld", "brcmfmac", "mwifiex"] {
        let mut pair = Pair::new(3, &profile("hwsim"), &profile(name));
        pair.find();
        pair.form();
        let (owner, client) = (pair.owner, pair.client);
        let there = |w: &World| w.group(owner).is_some_and(|g| g.stations.iter().any(|s| s.authorized));
        assert!(pair.world.run_until(Duration::from_secs(5), there));
        let bssid = pair.world.group(owner).expect("a group").bssid;
        for to in [MacAddr([2, 9, 9, 9, 9, 9]), bssid] {
            // The client has its keys a moment after the owner has opened its port.
            pair.world.run_until(Duration::from_secs(1), |_| false);
            pair.world.roam(client, to);
            let lost = |w: &World| w.group(owner).is_some_and(|g| g.stations.is_empty());
            assert!(pair.world.run_until(Duration::from_secs(5), lost), "{name}: not left\n{}", pair.report());
            assert!(pair.world.run_until(Duration::from_secs(30), there), "{name}: not back\n{}", pair.report());
        }
        pair.end();
        assert_eq!(pair.world.wrong(client), Vec::<String>::new(), "{name}");
    }
}

/// `IFNAMSIZ` is 16 with the final zero; udev calls USB radios by their address. The double refuses longer names, and reports the removal
/// of its base interface.
#[test]
fn interfaces_of_a_radio_with_a_long_name_get_names_that_fit() {
    for name in RADIOS {
        let base = if name == "mwifiex" { "mlan0" } else { "wlan0" };
        let long = variant(name, &[(&format!("base-interface = {base}"), "base-interface = wlx02aabbccddee")]);
        whole_life(&long);
    }
}

/// The lab's kernel refuses it: an interface goes by its number, its name is for people.
#[test]
fn a_group_goes_on_when_its_interface_is_renamed_while_it_is_up() {
    for name in RADIOS {
        let mut pair = Pair::new(3, &profile(name), &profile(name));
        pair.find();
        pair.form();
        for id in [pair.owner, pair.client] {
            pair.world.rename(id, "wifi9");
        }
        let over = |w: &World| [pair.owner, pair.client].iter().any(|id| w.group(*id).is_none());
        assert!(!pair.world.run_until(Duration::from_secs(5), over), "{name}\n{}", pair.report());
        pair.end();
        pair.check(name != "mwifiex");
    }
}
