//! Entry points for fuzzers: a script of what the user, the air and the radio do. It must not panic, whatever the octets.

use crate::api::ProvisionFor;
use crate::{
    ChannelSet, DeviceDescription, FindParameters, InviteParameters, Method, Negotiate, Output, OwnGroup, P2p,
    Reception, SendToken, Settings, State, StoredGroup, Want,
};
use alloc::vec::Vec;
use core::convert::Infallible;
use core::time::Duration;
use ieee80211_ies::MacAddr;
use ieee80211_ies::frame::{Action, Body, Frame, P2pPublicSubtype, Subtype};
use ieee80211_ies::p2p::{
    self, Attribute, Capability, ChannelListBuf, ConfigurationTimeout, DeviceInfoBuf, DeviceName, GroupOwnerIntent,
    OperatingClassChannelsBuf, Status,
};
use ieee80211_ies::wsc::{self, ConfigMethods, DevicePasswordId, DeviceType};
use radio::{Bss, SendStatus};
use rand_core::{TryCryptoRng, TryRng};

const OWN: MacAddr = MacAddr([2, 0, 0, 0, 0, 1]);
const SSID: &[u8] = b"DIRECT-ab";

/// What a script has left; also where randomness comes from.
struct Script<'a>(&'a [u8]);

impl<'a> Script<'a> {
    fn octet(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// As many octets as the next one says, or as there are. 255 is for 255 and eight times the octet after it.
    fn octets(&mut self) -> &'a [u8] {
        let len = match self.octet() {
            255 => 255 + 8 * usize::from(self.octet()),
            len => usize::from(len),
        };
        let (taken, rest) = self.0.split_at_checked(len).unwrap_or((self.0, &[]));
        self.0 = rest;
        taken
    }

    fn peer(&mut self) -> MacAddr {
        MacAddr([2, 0, 0, 0, 0, self.octet() % 4])
    }

    fn method(&mut self) -> Method {
        match self.octet() % 3 {
            0 => Method::PushButton,
            1 => Method::Display,
            _ => Method::Keypad,
        }
    }
}

/// A generator that is quick and repeatable, nothing else.
struct Counter(u64);

impl TryRng for Counter {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|number| (number >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        Ok(self.0 ^ self.0 >> 29)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.iter_mut().for_each(|byte| *byte = self.try_next_u64().map_or(0, |number| number as u8));
        Ok(())
    }
}

impl TryCryptoRng for Counter {}

fn settings() -> Settings {
    let channels = ChannelSet([(81, (1..=11).collect()), (115, [36, 40].into())].into());
    Settings {
        device: DeviceDescription { address: OWN, name: b"fuzzed".to_vec(), ..DeviceDescription::default() },
        country: *b"XX\x04",
        listen: (81, 6),
        operating: None,
        go_channels: channels.clone(),
        client_channels: channels,
        announce: true,
        find_listen: None,
        other_frequencies: [5180, 5200].into(),
        passive_frequencies: [5260].into(),
        preferred: Vec::new(),
        intent: 7,
        persistent_reconnect: true,
        concurrent: true,
        intra_bss: true,
        discoverable: true,
        client_discoverable: true,
        managed: false,
        vendor_elements: Vec::new(),
    }
}

/// Runs a machine through a script and says how many outputs it had.
///
/// # Panics
/// When the machine does not come to rest: too many outputs to one input, or a deadline that does not move on.
pub fn machine(script: &[u8]) -> usize {
    play(script).1
}

/// Scripts that lead to every [`State`], to begin others with.
pub fn states() -> Vec<(State, Vec<u8>)> {
    let then = |before: &[u8], step: &[u8]| [before, &[0], step].concat();
    // The numbers are those of `step`.
    let idle = Vec::from([0]);
    let known = then(&idle, &[&[15, PEER, 0][..], &counted(&peer_elements(&[])), &[0]].concat());
    let connect = then(&known, &[1, 0, PEER, 0, 7]);
    let response = |status: Status| {
        let answer = response(&connect, status);
        then(&connect, &[&[16, 0, PEER][..], &counted(&answer)].concat())
    };
    let agreed = response(Status::SUCCESS);
    let waiting = response(Status::INFORMATION_UNAVAILABLE);
    let invite = then(&known, &[4, 3, PEER]);
    let (not_acked, acked) = ([12], [132]);
    Vec::from([
        (State::Search, then(&idle, &[0])),
        (State::ListenOnly, then(&idle, &[6])),
        (State::ConnectListen, then(&connect, &not_acked)),
        (State::GoNeg, agreed.clone()),
        (State::Provisioning, then(&agreed, &acked)),
        // The radio ends each listen at once, until the machine rests before it asks for the next.
        (State::WaitPeerIdle, (0..6).fold(waiting.clone(), |before, _| then(&before, &[11]))),
        (State::WaitPeerConnect, waiting),
        (State::PdDuringFind, then(&known, &[3, PEER, 0])),
        (State::InviteListen, then(&invite, &not_acked)),
        (State::Invite, invite),
        (State::Connect, connect),
        (State::Idle, idle),
    ])
}

/// Which of the peers that [`Script::peer`] names.
const PEER: u8 = 2;

/// As [`Script::octets`] reads it; what is beyond a multiple of eight of a long one is lost.
fn counted(octets: &[u8]) -> Vec<u8> {
    let (first, rest) = octets.split_at(octets.len().min(255));
    let mut out = Vec::from([first.len() as u8]);
    out.extend_from_slice(first);
    if first.len() == 255 {
        out.insert(1, (rest.len() / 8) as u8);
        out.extend_from_slice(rest);
    }
    out
}

/// The elements of a peer that listens on channel 6 and is to have its button pressed.
fn peer_elements(more: &[Attribute]) -> Vec<u8> {
    let device_info = DeviceInfoBuf {
        address: MacAddr([2, 0, 0, 0, 0, PEER]),
        config_methods: ConfigMethods::PUSH_BUTTON,
        primary: DeviceType::wfa(1, 1),
        secondary: Vec::new(),
        name: DeviceName::default(),
    };
    let capability = Capability { device: p2p::device_capability::INVITATION_PROCEDURE, group: 0 };
    let mut attributes = Vec::from(more);
    attributes.extend([Attribute::Capability(capability), Attribute::DeviceInfo(device_info)]);
    let mut elements = Vec::from(b"\0\x07DIRECT-".as_slice());
    p2p::emit(&attributes, &mut elements);
    let mut password = Vec::new();
    wsc::Writer::new(&mut password).version().device_password_id(DevicePasswordId::PUSH_BUTTON);
    wsc::emit_element(&password, &mut elements);
    elements
}

/// The GO Negotiation Response to the request that a script ends in, from its subtype on.
fn response(script: &[u8], status: Status) -> Vec<u8> {
    let sent = play(script).2;
    let dialog_token = match Frame::parse(&sent).map(|frame| frame.body) {
        Ok(Body::Action(Action::P2pPublic { dialog_token, .. })) => dialog_token,
        _ => 0,
    };
    let entries = [OperatingClassChannelsBuf { class: 81, channels: [1, 6, 11].into() }].into();
    let elements = peer_elements(&[
        Attribute::Status(status),
        Attribute::GroupOwnerIntent(GroupOwnerIntent { intent: 1, tie_breaker: false }),
        Attribute::ConfigurationTimeout(ConfigurationTimeout::default()),
        Attribute::IntendedInterfaceAddress(MacAddr([2, 0, 0, 0, 0, PEER])),
        Attribute::ChannelList(ChannelListBuf { country: *b"XX\x04", entries }),
    ]);
    [&[P2pPublicSubtype::GO_NEGOTIATION_RESPONSE.0, dialog_token], &elements[..]].concat()
}

/// The machine at the end of a script, the number of its outputs, the frame that it last wanted sent.
fn play(script: &[u8]) -> (P2p, usize, Vec<u8>) {
    let mut script = Script(script);
    let rng = &mut Counter(script.octet().into());
    let mut machine = P2p::new(settings());
    let group = |owner| StoredGroup { id: 1, owner, owner_address: OWN, ssid: SSID.to_vec() };
    machine.set_stored_groups([group(true)].into());
    let (mut now, mut outputs, mut last) = (Duration::from_secs(1), 0, SendToken(0));
    let mut sent = Vec::new();
    while !script.0.is_empty() {
        now += Duration::from_millis(u64::from(script.octet()) * 4);
        step(&mut machine, now, &mut script, last, rng);
        let mut here = 0;
        while let Some(output) = machine.poll_output() {
            here += 1;
            if let Output::Want(Want::Send { token, frame, .. }) = output {
                (last, sent) = (token, frame);
            }
        }
        assert!(here < 500, "{here} outputs to one input");
        outputs += here;
        machine.handle_timeout(now, rng);
        assert!(machine.poll_timeout().is_none_or(|at| at > now), "time stands still");
    }
    (machine, outputs, sent)
}

fn step(machine: &mut P2p, now: Duration, script: &mut Script<'_>, last: SendToken, rng: &mut Counter) {
    // A refusal is as good as anything else here.
    let what = script.octet();
    let _ = match what % 20 {
        0 => machine.find(now, FindParameters::default(), rng),
        1 => machine.negotiate(now, wish(script), rng),
        2 => machine.cancel(now),
        3 => {
            let purposes =
                [ProvisionFor::Negotiation, ProvisionFor::Group, ProvisionFor::FormerGroup, ProvisionFor::Either];
            let purpose = purposes[usize::from(what >> 6)];
            machine.provision_discovery(now, script.peer(), script.method(), purpose, rng)
        }
        4 => machine.invite(now, invitation(script), rng),
        5 => {
            machine.stop_find(now);
            Ok(())
        }
        6 => {
            machine.listen(now, None);
            Ok(())
        }
        7 => {
            machine.flush(now);
            Ok(())
        }
        8 => {
            machine.reject(now, script.peer());
            Ok(())
        }
        9 => {
            machine.formation_ended(now, script.peer(), true);
            Ok(())
        }
        10 => {
            machine.search_done(now, what & 128 != 0, rng);
            Ok(())
        }
        11 => {
            machine.listen_ended(now, rng);
            Ok(())
        }
        12 => {
            machine.sent(now, last, if what & 128 != 0 { SendStatus::Acked } else { SendStatus::NotAcked });
            Ok(())
        }
        13 => {
            machine.send_failed(now, last);
            Ok(())
        }
        14 => {
            machine.set_own_groups(now, [own_group()].into());
            Ok(())
        }
        15 => {
            scan_result(machine, now, script);
            Ok(())
        }
        _ => {
            frame(machine, now, script, rng);
            Ok(())
        }
    };
}

fn frame(machine: &mut P2p, now: Duration, script: &mut Script<'_>, rng: &mut Counter) {
    let kind = if script.octet() & 1 == 0 { Subtype::ACTION } else { Subtype::PROBE_REQUEST };
    let source = script.peer();
    let octets = script.octets();
    let mut body = Vec::new();
    if kind == Subtype::ACTION {
        body.extend_from_slice(&[4, 9, 0x50, 0x6f, 0x9a, 9]);
    }
    body.extend_from_slice(octets);
    if let Ok(body) = Body::parse(kind, &body) {
        let frame = Frame::new(OWN, source, OWN, body);
        machine.handle_frame(now, &frame, Reception { frequency: 2437, signal_dbm: -40 }, rng);
    }
}

fn scan_result(machine: &mut P2p, now: Duration, script: &mut Script<'_>) {
    let bss = Bss {
        bssid: script.peer(),
        frequency: 2437,
        signal_dbm: -40,
        age_ms: script.octet().into(),
        tsf: 0,
        beacon_interval: 100,
        capability: 0,
        probe_response: script.octets().to_vec(),
        beacon: script.octets().to_vec(),
    };
    machine.handle_bss(now, &bss, now.saturating_sub(Duration::from_millis(100)));
}

fn wish(script: &mut Script<'_>) -> Negotiate {
    let flags = script.octet();
    Negotiate {
        peer: script.peer(),
        method: script.method(),
        intent: script.octet() % 17,
        interface_address: OWN,
        ssid: SSID.to_vec(),
        persistent: flags & 1 != 0,
        forced_frequency: (flags & 2 != 0).then_some(2437),
        preferred_frequency: (flags & 4 != 0).then_some(5180),
        authorize_only: flags & 8 != 0,
        provision_first: flags & 16 != 0,
        shared_frequency: None,
        ht40: false,
    }
}

fn invitation(script: &mut Script<'_>) -> InviteParameters {
    let flags = script.octet();
    InviteParameters {
        peer: script.peer(),
        persistent: (flags & 1 != 0).then_some(1),
        owner: flags & 2 != 0,
        ssid: SSID.to_vec(),
        owner_address: OWN,
        bssid: None,
        frequency: (flags & 4 != 0).then_some(2437),
        preferred_frequency: None,
    }
}

fn own_group() -> OwnGroup {
    OwnGroup {
        id: 1,
        owner: true,
        ssid: SSID.to_vec(),
        owner_address: OWN,
        bssid: OWN,
        interface_address: OWN,
        frequency: 2437,
        persistent: true,
        clients: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;
    use proptest::prelude::*;

    #[test]
    fn scripts_lead_to_every_state() {
        let wrong: Vec<_> = super::states()
            .into_iter()
            .map(|(state, script)| (state, super::play(&script).0.state()))
            .filter(|(wanted, reached)| wanted != reached)
            .collect();
        assert_eq!(wrong, []);
    }

    proptest! {
        #[test]
        fn any_script_comes_to_rest(script in proptest::collection::vec(any::<u8>(), 0..600)) {
            super::machine(&script);
        }
    }
}
