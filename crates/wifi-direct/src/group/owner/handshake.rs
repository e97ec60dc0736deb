//! The keys of the group's stations: what comes of their 4-way handshakes, and the group key and its changes.

use super::OwnerGroup;
use crate::api::{GroupEvent, StationPsk};
use crate::group::Output;
use alloc::vec::Vec;
use core::time::Duration;
use eapol::{GroupKey, Psk};
use ieee80211_ies::MacAddr;
use radio::{Cipher, Command, Key, KeyKind, Secret};
use rand_core::CryptoRng;

impl OwnerGroup {
    /// The keys that a station may have: its own ones first, then the group's.
    pub(super) fn psks_of(&self, station: MacAddr, device: Option<MacAddr>) -> Vec<Psk> {
        let own = |key: &&StationPsk| if key.by_device { Some(key.address) == device } else { key.address == station };
        let own = self.station_psks.iter().filter(own).filter_map(|key| key.psk.expose().first_chunk());
        own.map(|octets| Psk::new(*octets)).chain([self.credentials.psk.clone()]).collect()
    }

    pub(super) fn handshake_event(&mut self, now: Duration, address: MacAddr, event: eapol::Event) {
        match event {
            eapol::Event::Completed { ip, .. } => {
                self.mlme.authorize(now, address);
                let device = self.stations.get_mut(&address).and_then(|s| {
                    s.authorized = true;
                    s.device
                });
                let ip = ip.map(|i| i.client);
                self.outputs.push_back(Output::Event(GroupEvent::StationConnected { address, device, ip }));
                self.outputs.push_back(Output::Event(GroupEvent::HandshakeCompleted(address)));
                self.outputs.push_back(Output::Member(device));
                self.drain_mlme(now, None);
                self.outputs.push_back(Output::StationsChanged);
                if let Some(next) = self.keys.next().cloned() {
                    self.keys.await_also(address);
                    self.hand_out_group_key(now, address, &next);
                }
            }
            eapol::Event::GroupRekeyed => {
                self.keys.settled(address);
                self.use_next_group_key(now);
            }
            eapol::Event::PossiblePskMismatch => {
                tracing::info!(station = %address, "the station seems to have another passphrase");
                self.outputs.push_back(Output::Event(GroupEvent::HandshakeFailed { peer: address }));
            }
            eapol::Event::Failed { reason } => {
                tracing::info!(station = %address, %reason, "handshake failed");
                self.outputs.push_back(Output::HandshakeFailed);
                self.deauthenticate(now, address, reason.reason_code());
            }
        }
    }

    pub(super) fn install_group_key(&mut self) {
        let group = self.keys.in_use();
        let key = Key {
            kind: KeyKind::Group,
            index: group.index,
            cipher: Cipher::Ccmp128,
            material: Secret::new(group.key.expose().to_vec()),
            receive_sequence: [0; 6],
        };
        self.tell("installing the group key", Command::InstallKey { iface: self.iface, key });
    }

    /// Draws a new group key and hands it to all stations that have the present one; those that are in their 4-way handshake get it
    /// right after that.
    pub(super) fn change_group_key(&mut self, now: Duration, rng: &mut dyn CryptoRng) {
        self.rekey_at = Some(now + self.rekey);
        let keyed: Vec<MacAddr> = self.stations.iter().filter(|(_, s)| s.authorized).map(|(a, _)| *a).collect();
        if !self.keys.begin(keyed.iter().copied(), rng) {
            return;
        }
        let Some(next) = self.keys.next().cloned() else { return };
        for address in keyed {
            self.hand_out_group_key(now, address, &next);
        }
        self.use_next_group_key(now);
    }

    pub(super) fn hand_out_group_key(&mut self, now: Duration, address: MacAddr, key: &GroupKey) {
        if let Some(handshake) = self.stations.get_mut(&address).and_then(|s| s.handshake.as_mut()) {
            handshake.rekey_group(now, key.clone());
        }
        self.drain_station(now, address);
    }

    /// Sends with the next group key from now on, if all stations have it.
    pub(super) fn use_next_group_key(&mut self, now: Duration) {
        if self.stopping || !self.keys.finish() {
            return;
        }
        self.install_group_key();
        // Those whose 4-way handshake is not complete have been or would be told the old one.
        let key = self.keys.in_use().clone();
        let joining: Vec<MacAddr> = self.stations.iter().filter(|(_, s)| !s.authorized).map(|(a, _)| *a).collect();
        for address in joining {
            self.hand_out_group_key(now, address, &key);
        }
    }
}
