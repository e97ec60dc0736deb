//! Entry points for fuzzers: scripts of happenings. None may panic, whatever the octets.

use crate::client::{Join, JoinConfig, Mode, Sme};
use crate::owner::{Owner, OwnerConfig};
use crate::{Output, Token};
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use ieee80211_ies::MacAddr;
use ieee80211_ies::frame::{Body, Frame, ReasonCode, Subtype};
use ieee80211_ies::p2p::{DeviceInfoBuf, DeviceName};
use ieee80211_ies::wsc::{ConfigMethods, DeviceType};
use radio::{Band, Bss, Capabilities, Channel, ChannelInfo, Command, InterfaceId, Refused, Reply, SendStatus};
use radio::{StationInfo, Width};

const OWN: MacAddr = MacAddr([2, 0, 0, 0, 0, 1]);
const SSID: &[u8] = b"DIRECT-ab";
const IFACE: InterfaceId = InterfaceId::BASE;

/// What a script has left.
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

    fn station(&mut self) -> MacAddr {
        MacAddr([2, 0, 0, 0, 1, self.octet() % 8])
    }

    fn refusal(&mut self) -> Option<Refused> {
        let errno = self.octet().into();
        (errno != 0).then(|| Refused { errno, text: String::new() })
    }
}

fn capabilities(bits: u8) -> Capabilities {
    let channel = |frequency| ChannelInfo {
        frequency,
        disabled: false,
        no_ir: false,
        radar: false,
        no_ht40_plus: false,
        no_ht40_minus: false,
        no_80mhz: false,
        max_power_dbm: 20,
    };
    let band = |frequency| Band {
        channels: [channel(frequency)].to_vec(),
        ht_capabilities: Some(0x107e),
        vht_capabilities: Some(0x0380_04fa),
        ..Band::default()
    };
    Capabilities {
        bands: [band(2437), band(5180)].to_vec(),
        device_ap_sme: bits & 1 != 0,
        full_ap_client_state: bits & 2 != 0,
        probe_client: bits & 4 != 0,
        probe_response_offload: bits & 8 != 0,
        ..Capabilities::default()
    }
}

/// An owner to which a script sends frames, and whose commands it ends as it likes. Says how many stations there are in the
/// end.
///
/// # Panics
/// When there are more than the owner was told to take.
pub fn owner(script: &[u8]) -> usize {
    let mut script = Script(script);
    let bits = script.octet();
    let wide = Channel { frequency: 5180, width: Width::Mhz80, centre: 5210 };
    let channel = if bits & 16 == 0 { Channel::ht20(2437) } else { wide };
    let device = DeviceInfoBuf {
        address: OWN,
        config_methods: ConfigMethods::PUSH_BUTTON,
        primary: DeviceType::wfa(1, 1),
        secondary: Vec::new(),
        name: DeviceName::EMPTY,
    };
    let mut config = OwnerConfig::new(IFACE, OWN, device, SSID.to_vec(), channel, &capabilities(bits));
    config.max_stations = 3;
    let mut owner = Owner::new(config);
    let mut now = Duration::ZERO;
    let mut open: Vec<(Token, Command)> = Vec::new();
    owner.start(now);
    while !script.0.is_empty() {
        let station = script.station();
        match script.octet() % 16 {
            0..=4 => {
                let subtype = Subtype(script.octet() % 16);
                if let Ok(body) = Body::parse(subtype, script.octets()) {
                    owner.handle_frame(now, &Frame::new(OWN, station, OWN, body), 2437, 0);
                }
            }
            5 => {
                if let Ok(frame) = Frame::parse(script.octets()) {
                    owner.handle_frame(now, &frame, 2437, 0);
                }
            }
            6 => owner.station_joined(now, station, script.octets()),
            7 => owner.station_left(now, station),
            8 => owner.unexpected_frame(now, station),
            9 => owner.heard(now, station),
            10 => owner.station_probed(now, station, script.octet() & 1 == 0),
            11 => owner.deauthenticate(now, station, ReasonCode::UNSPECIFIED),
            12 => owner.set_wsc(script.octets().to_vec(), Vec::new(), Vec::new()),
            13 => owner.switch_channel(now, if script.octet() & 1 == 0 { channel } else { wide }, 3, false),
            14 => match script.octet() {
                0 => owner.stop(now),
                1 => owner.start(now),
                2 => owner.channel_switched(now, wide),
                3 => owner.ap_stopped(now),
                _ => owner.device_discoverability(now, station),
            },
            _ => {
                now += Duration::from_millis(u64::from(script.octet()) * 100);
                owner.handle_timeout(now);
            }
        }
        while let Some(output) = owner.poll_output() {
            if let Output::Command(token, command) = output {
                open.push((token, command));
            }
        }
        // Some of what is open ends, not always in its order.
        for _ in 0..script.octet() % 4 {
            if open.is_empty() {
                break;
            }
            let (token, command) = open.swap_remove(usize::from(script.octet()) % open.len());
            let reply = match command {
                Command::QueryStation { .. } => {
                    let inactive_ms = Some(u32::from(script.octet()) * 10_000);
                    Reply::Station(StationInfo { inactive_ms, ..StationInfo::default() })
                }
                _ => Reply::Ok,
            };
            let refusal = script.refusal();
            let accepted = refusal.is_none();
            owner.handle_done(now, token, refusal.map_or(Ok(reply), Err));
            if let (true, Command::Transmit { .. }) = (accepted, command) {
                let status = if script.octet() & 1 == 0 { SendStatus::Acked } else { SendStatus::NotAcked };
                owner.handle_sent(now, token, status);
            }
        }
    }
    let stations = owner.stations().count();
    assert!(stations <= 3, "{stations} stations");
    stations
}

/// A join to which a script says what the radio says. Says whether there is an association in the end.
///
/// # Panics
/// When a timer remains in the past.
pub fn join(script: &[u8]) -> bool {
    let mut script = Script(script);
    let bits = script.octet();
    let mut join = Join::new(JoinConfig {
        iface: IFACE,
        bssid: (bits & 1 == 0).then_some(OWN),
        ssid: if bits & 2 == 0 { SSID.to_vec() } else { Vec::new() },
        frequency: 2437,
        sme: if bits & 4 == 0 { Sme::Userspace } else { Sme::Driver },
    });
    let mut now = Duration::ZERO;
    let mut last = Token(0);
    while !script.0.is_empty() {
        match script.octet() % 10 {
            0 => {
                let elements = script.octets().to_vec();
                let mode = if script.octet() & 1 == 0 { Mode::Wsc(elements) } else { Mode::Rsn(elements) };
                let limit = Duration::from_millis(u64::from(script.octet()) * 20);
                join.join(now, mode, Vec::new(), Vec::new(), now + limit);
            }
            1 => join.leave(now, ReasonCode::LEAVING_NETWORK_DEAUTH),
            2 => {
                let bss = Bss {
                    bssid: OWN,
                    frequency: 2437,
                    signal_dbm: 0,
                    age_ms: u32::from(script.octet()) * 100,
                    tsf: 0,
                    beacon_interval: 100,
                    capability: 0,
                    probe_response: [b"\x00\x09DIRECT-ab", script.octets()].concat(),
                    beacon: script.octets().to_vec(),
                };
                join.bss_found(now, &bss);
            }
            3 => join.scan_failed(now),
            4 => {
                let refusal = script.refusal();
                join.handle_done(now, last, refusal.map_or(Ok(Reply::Ok), Err));
            }
            5 => join.authenticated(now, OWN, Some(u16::from(script.octet() % 3))),
            6 => join.associated(now, OWN, Some(u16::from(script.octet() % 3)), script.octets()),
            7 => match script.octet() & 1 {
                0 => join.authenticated(now, OWN, None),
                _ => join.associated(now, OWN, None, &[]),
            },
            8 => join.disconnected(now, OWN, 3, script.octet() & 1 == 0),
            _ => now += Duration::from_millis(script.octet().into()),
        }
        if join.poll_timeout().is_some_and(|at| at <= now) {
            join.handle_timeout(now);
            assert!(join.poll_timeout().is_none_or(|at| at > now), "a timer remains in the past");
        }
        while let Some(output) = join.poll_output() {
            if let Output::Command(token, _) = output {
                last = token;
            }
        }
    }
    join.is_associated()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn scripts(script in proptest::collection::vec(any::<u8>(), 0..2000)) {
            owner(&script);
            join(&script);
        }
    }
}
