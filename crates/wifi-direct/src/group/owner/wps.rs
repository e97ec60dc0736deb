//! The group's WPS registrar: whom it lets in, what it hands out, what it shows of itself and tells.

use super::OwnerGroup;
use crate::api::{Cause, EnrolleeSeen, Error, GroupEvent, MAX_CLIENTS, StationPsk, WpsMethod};
use crate::group::{Output, read_pin};
use core::time::Duration;
use ieee80211_ies::{MacAddr, Ssid};
use radio::Secret;
use rand_core::CryptoRng;
use wsc::registrar::{self, Allowed, Method, SessionEvent, WALK_TIME};
use wsc::{Credential, NetworkKey};

/// A PIN stays valid for so long where nobody says otherwise: long enough to walk and type it (WSC 2.0 §10 gives the push
/// button 120 s; a PIN is used up by wrong tries instead).
const PIN_TIME: Duration = Duration::from_secs(3600);
/// A station that WSC has given the credential leaves by itself; one that does not is sent away after this long.
const AFTER_WSC: Duration = Duration::from_secs(5);
/// A group that is being formed ends so long after its WPS exchange has failed (section 5.4 of wpa_supplicant's surface).
const AFTER_FAILURE: Duration = Duration::from_millis(50);

/// M1, as wpa_supplicant counts messages.
const WPS_M1: u8 = 4;

impl OwnerGroup {
    /// Lets enrollees in by this method: by button only this P2P device, if one is named.
    pub(crate) fn enable_wps(
        &mut self,
        now: Duration,
        method: &WpsMethod,
        only: Option<MacAddr>,
        timeout: Option<Duration>,
    ) -> Result<(), Error> {
        let (method, walk_time) = match method {
            WpsMethod::PushButton => (Method::PushButton { only }, WALK_TIME),
            WpsMethod::Display(pin) | WpsMethod::Keypad(pin) => {
                let pin = read_pin(pin).ok_or(Error::Invalid("PIN"))?;
                let from = only.map_or(Allowed::Anyone, Allowed::Address);
                (Method::Pin { pin, from }, timeout.unwrap_or(PIN_TIME))
            }
        };
        let outcome = self.registrar.activate(now, method, walk_time).map_err(|_| Error::Overlap);
        self.drain_registrar(now);
        outcome
    }

    /// Lets no enrollee in any more.
    pub(crate) fn cancel_wps(&mut self, now: Duration) {
        self.registrar.cancel();
        self.drain_registrar(now);
    }

    /// What the registrar hands a station: a key of its own where the user wants that; else the group's, the PSK to P2P clients
    /// and the passphrase (if we have one) to others.
    pub(super) fn credential_for(
        &mut self,
        station: MacAddr,
        device: Option<MacAddr>,
        rng: &mut dyn CryptoRng,
    ) -> Credential {
        let key = match &self.credentials.passphrase {
            _ if self.per_station_psk => {
                let mut psk = [0; 32];
                rng.fill_bytes(&mut psk);
                let address = device.unwrap_or(station);
                self.station_psks.retain(|key| key.address != address);
                self.station_psks.truncate(MAX_CLIENTS - 1);
                let stored = Secret::new(psk.to_vec());
                self.station_psks.insert(0, StationPsk { address, by_device: device.is_some(), psk: stored });
                NetworkKey::Psk(psk)
            }
            Some(passphrase) if device.is_none() => NetworkKey::Passphrase(passphrase.expose().to_vec()),
            _ => NetworkKey::Psk(*self.credentials.psk.expose()),
        };
        Credential { ssid: Ssid::new(&self.credentials.ssid).unwrap_or_default(), key, address: MacAddr::ZERO }
    }

    pub(super) fn wsc_event(&mut self, now: Duration, address: MacAddr, event: SessionEvent) {
        let say = |event| Output::Event(event);
        match event {
            SessionEvent::Success { enrollee, .. } => {
                let uuid = enrollee.uuid;
                if self.enrollees.len() >= MAX_CLIENTS {
                    self.enrollees.retain(|address, _| self.stations.contains_key(address));
                }
                if self.enrollees.len() < MAX_CLIENTS {
                    self.enrollees.insert(address, *enrollee);
                }
                self.outputs.push_back(say(GroupEvent::WpsRegSuccess { address, uuid }));
                self.outputs.push_back(Output::WscSucceeded);
                self.drain_registrar(now);
                self.outputs.push_back(say(GroupEvent::WpsSuccess));
                if self.per_station_psk {
                    self.outputs.push_back(Output::KeysChanged);
                }
            }
            SessionEvent::Failed { message, config_error, reason } => {
                tracing::info!(station = %address, %reason, "WSC failed");
                self.drain_registrar(now);
                let (message, config_error) = (message.0, config_error.0);
                // An enrollee that was answered M2D leaves without a fault: it was told of by WpsPinNeeded.
                if (message, config_error) != (WPS_M1, 0) {
                    self.outputs.push_back(say(GroupEvent::WpsFail { message, config_error }));
                }
                if self.forming {
                    let at = now + AFTER_FAILURE;
                    self.formation_failed.get_or_insert((at, Cause::Wsc { message, config_error }));
                }
            }
            SessionEvent::ProtocolEnded => {
                if let Some(station) = self.stations.get_mut(&address) {
                    station.leave_by = Some(now + AFTER_WSC);
                }
                self.outputs.push_back(say(GroupEvent::EapFailure(Some(address))));
            }
        }
    }

    pub(super) fn tell_registrar(&mut self, now: Duration, input: registrar::Input<'_>) {
        if let Err(malformed) = self.registrar.handle_input(now, input) {
            tracing::debug!(%malformed, "WSC element of a probe request dropped");
        }
        self.drain_registrar(now);
    }

    pub(super) fn drain_registrar(&mut self, now: Duration) {
        let mut changed = false;
        while let Some(event) = self.registrar.poll_output() {
            use registrar::Event;
            let event = match event {
                Event::ElementsChanged => {
                    changed = true;
                    continue;
                }
                Event::PinUsedUp => {
                    tracing::warn!("the PIN was tried too often and is no longer valid");
                    continue;
                }
                Event::PinNeeded(enrollee) => GroupEvent::WpsPinNeeded(enrollee),
                Event::PbcActive => GroupEvent::WpsPbcActive,
                Event::PbcDisabled => GroupEvent::WpsPbcDisabled,
                Event::Timeout => GroupEvent::WpsTimeout,
                Event::Overlap => GroupEvent::WpsOverlap,
                Event::EnrolleeSeen(seen) => GroupEvent::WpsEnrolleeSeen(EnrolleeSeen {
                    address: seen.address,
                    uuid: seen.uuid,
                    device_type: seen.device_type.0,
                    config_methods: seen.config_methods.0,
                    device_password_id: seen.password.0,
                    request_type: seen.request_type.0,
                    name: seen.name.as_bytes().to_vec(),
                }),
            };
            if self.running {
                self.outputs.push_back(Output::Event(event));
            } else {
                self.early.push(event);
            }
        }
        if changed {
            self.show_registrar(now);
        }
    }

    /// Puts the registrar's state into the frames.
    pub(super) fn show_registrar(&mut self, now: Duration) {
        let beacon = self.registrar.beacon_element();
        let probe_response = self.registrar.probe_response_element();
        let association_response = self.registrar.association_response_element();
        self.mlme.set_wsc(beacon, probe_response, association_response);
        self.drain_mlme(now, None);
    }
}
