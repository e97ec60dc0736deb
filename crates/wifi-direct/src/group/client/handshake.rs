//! The 4-way handshake as supplicant, and the keys that it leaves.

use super::{ClientGroup, Stage};
use crate::api::{Cause, GroupEvent, Phase};
use crate::group::{Output, ip_assignment};
use alloc::vec::Vec;
use core::time::Duration;
use eapol::{Akm, Supplicant, SupplicantConfig};
use ieee80211_ies::{KnownElement, MacAddr};
use radio::{Cipher, Command, Key, KeyKind, Refused, Reply, Secret};
use rand_core::CryptoRng;

/// Failed handshakes until the key counts as wrong (section 5.4: the second).
const WRONG_KEY_FAILURES: u32 = 2;

impl ClientGroup {
    pub(super) fn begin_handshake(
        &mut self,
        now: Duration,
        bssid: MacAddr,
        owner_rsn_element: Vec<u8>,
        rng: &mut dyn CryptoRng,
    ) {
        let Some(credentials) = &self.credentials else { return };
        let config = SupplicantConfig {
            supplicant: self.address,
            authenticator: bssid,
            psk: credentials.psk.clone(),
            akm: Akm::Psk,
            rsn_element: self.rsn.clone(),
            owner_rsn_element,
            want_ip: self.want_ip && self.ip_offered,
        };
        self.stage = Stage::Handshake;
        self.enrollee = None;
        self.in_flight.clear();
        let mut supplicant = Supplicant::new(config, rng);
        supplicant.handle_input(now, eapol::Input::Start);
        self.supplicant = Some(supplicant);
        self.drain_machines(now, rng);
    }

    pub(super) fn handshake_event(&mut self, now: Duration, event: eapol::Event, rng: &mut dyn CryptoRng) {
        match event {
            eapol::Event::Completed { ip, .. } => {
                self.ip = ip.map(ip_assignment);
                if let Some(address) = self.bssid {
                    self.outputs.push_back(Output::Event(GroupEvent::KeysNegotiated { bssid: address }));
                    self.open_port();
                }
            }
            eapol::Event::Failed { reason } => {
                tracing::info!(%reason, "handshake failed");
                if let Some(peer) = self.bssid {
                    self.outputs.push_back(Output::Event(GroupEvent::HandshakeFailed { peer }));
                }
                self.handshake_failed(now, rng);
            }
            eapol::Event::GroupRekeyed | eapol::Event::PossiblePskMismatch => {}
        }
    }

    pub(super) fn handshake_failed(&mut self, now: Duration, rng: &mut dyn CryptoRng) {
        self.wrong_keys += 1;
        self.supplicant = None;
        if self.wrong_keys >= WRONG_KEY_FAILURES || self.infrastructure {
            self.end(Phase::Handshake, Cause::WrongKey);
        } else {
            self.stage = Stage::JoinWithKey;
            self.begin_join(now, rng);
        }
    }

    pub(super) fn key_installed(&mut self, token: mlme::Token, result: Result<Reply, Refused>) {
        let Some(at) = self.unconfirmed.iter().position(|t| *t == token) else { return };
        self.unconfirmed.swap_remove(at);
        if let Err(refused) = result {
            self.end(Phase::Handshake, Cause::Radio { what: "to install a key", refused });
        } else if self.unconfirmed.is_empty() && self.stage == Stage::Keys {
            self.stage = Stage::Connected;
            self.deadline = None;
            self.lost_looks = None;
            self.wrong_keys = 0;
            if let Some(bssid) = self.bssid {
                self.outputs.push_back(Output::Event(GroupEvent::Connected { bssid }));
            }
            self.outputs.push_back(Output::Hold(false));
            self.outputs.push_back(Output::Started);
        }
    }

    pub(super) fn install(&mut self, kind: KeyKind, index: u8, material: &[u8; 16], receive_sequence: [u8; 6]) {
        let material = Secret::new(material.to_vec());
        let key = Key { kind, index, cipher: Cipher::Ccmp128, material, receive_sequence };
        let token = self.token();
        self.unconfirmed.push(token);
        self.outputs.push_back(Output::Command(token, Command::InstallKey { iface: self.iface, key }));
    }

    /// Data may pass: tells the radio so.
    pub(super) fn open_port(&mut self) {
        let Some(address) = self.bssid else { return };
        self.stage = Stage::Keys;
        let token = self.token();
        self.unconfirmed.push(token);
        let command = Command::SetAuthorized { iface: self.iface, address, authorized: true };
        self.outputs.push_back(Output::Command(token, command));
    }

    /// Whether the network protects nothing.
    pub(super) fn is_open(&self) -> bool {
        self.method.is_none() && self.credentials.is_none()
    }
}

/// The RSN element that we ask for: WPA2-PSK with CCMP, with its id and length octets.
pub(super) fn rsn_element() -> Vec<u8> {
    let mut element = Vec::new();
    ieee80211_ies::rsn::wpa2_psk_ccmp().emit(&mut element);
    element
}
