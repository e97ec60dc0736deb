//! What drivers do otherwise than the standard's reader expects, each on a radio with our MLME and on one with the driver's: the whole
//! life passes nevertheless, by the protocol's timers.

use scripted_kernel::pair::{Pair, connect, profile, variant, whole_life};
use scripted_kernel::{Peculiar, Profile, Statuses, World};
use std::time::Duration;
use wifi_direct::api::{AddGroup, Connect, ConnectHow, Error, Event, Find, Request};

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
