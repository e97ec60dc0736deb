//! WSC as enrollee: when a registrar is asked, and what becomes of the credential.

use super::{ClientGroup, Stage};
use crate::api::{Cause, GroupEvent, Phase, Protection, WpsMethod};
use crate::group::{Credentials, Output, read_pin};
use alloc::vec::Vec;
use core::time::Duration;
use eapol::Psk;
use ieee80211_ies::wsc::{DevicePasswordId, MessageType, RequestType};
use ieee80211_ies::{Elements, MacAddr};
use radio::{Bss, Secret};
use rand_core::CryptoRng;
use wsc::NetworkKey;
use wsc::enrollee::{self, Password};

/// So often an owner is looked at before a PIN is tried that it has not shown to wait for.
pub(crate) const LOOKS: u32 = 4;
/// From the credential to the keys (section 5.4 of wpa_supplicant's surface: 10 s).
const AFTER_WSC: Duration = Duration::from_secs(10);
/// From an owner's answer that nobody there expects us to the next look at it.
const ASK_AGAIN: Duration = Duration::from_secs(1);
/// What the owner is given to end a registration that failed.
const FAREWELL: Duration = Duration::from_secs(1);

impl ClientGroup {
    /// Whether the owner's user has agreed: its registrar is selected, for the method that we use (WSC 2.0 §7.6, §10.4).
    /// Another registrar in push-button mode is no session overlap for us: the user has named the owner. With a PIN an owner is
    /// asked all the same after a while: its user hears of us by that (`WPS-PIN-NEEDED`), and some never show that they wait.
    pub(super) fn registrar_is_ready(&self, bss: &Bss) -> bool {
        match (&self.stage, &self.method) {
            (Stage::JoinForWsc, Some(method)) => {
                let push_button = matches!(method, WpsMethod::PushButton);
                registrar_is_selected(bss.elements(), push_button) || (!push_button && self.looks >= LOOKS)
            }
            _ => true,
        }
    }

    /// Elements of the directed probe request: WSC while it is to run, and the P2P element by which an owner knows us.
    pub(super) fn probe_elements(&self) -> Vec<u8> {
        let mut elements = self.p2p_element.clone();
        if let Some(method) = &self.method {
            elements.extend(wsc_probe_element(&self.device, method));
        }
        elements
    }

    pub(super) fn begin_wsc(&mut self, now: Duration, rng: &mut dyn CryptoRng) {
        let Some(method) = &self.method else { return };
        let Some(password) = password(method) else {
            return self.end(Phase::Wsc, Cause::Protocol("the PIN is not a WSC PIN"));
        };
        let key_pair = self.key_pair.take().unwrap_or_else(|| wsc::KeyPair::generate(rng));
        self.stage = Stage::Wsc;
        self.in_flight.clear();
        let device = wsc::Device { address: self.address, ..self.device.clone() };
        let mut session = enrollee::Session::new(device, password, key_pair, rng);
        session.handle_input(now, enrollee::Input::Start);
        self.enrollee = Some(session);
        self.proposed = false;
        self.outputs.push_back(Output::Event(GroupEvent::EapStarted(None)));
        self.drain_machines(now, rng);
    }

    pub(super) fn enrollee_event(&mut self, now: Duration, event: enrollee::Event, rng: &mut dyn CryptoRng) {
        match event {
            enrollee::Event::Credential(credential) => match read_credential(&credential) {
                Some(credentials) => {
                    let attribute = Secret::new(credential.attribute().to_vec());
                    self.ssid.clone_from(&credentials.ssid);
                    self.credentials = Some(credentials);
                    self.outputs.push_back(Output::Event(GroupEvent::WpsCredReceived { attribute }));
                    self.outputs.push_back(Output::Event(GroupEvent::WpsSuccess));
                    self.outputs.push_back(Output::WscSucceeded);
                }
                None => self.end(Phase::Wsc, Cause::Protocol("the passphrase of the credential is not one")),
            },
            enrollee::Event::M2d { password, config_error, .. } => {
                let (device_password_id, config_error) = (password.0, config_error.0);
                self.outputs.push_back(Output::Event(GroupEvent::WpsM2d { device_password_id, config_error }));
            }
            // Its user may agree any moment, and hears of us by this.
            enrollee::Event::Failed { message: MessageType::M2D, config_error, .. } if !self.infrastructure => {
                let (message, config_error) = (MessageType::M2D.0, config_error.0);
                self.unexpected = Some(Cause::Wsc { message, config_error });
            }
            enrollee::Event::Failed { message, config_error, reason } => {
                tracing::info!(%reason, "WSC failed");
                let (message, config_error) = (message.0, config_error.0);
                self.outputs.push_back(Output::Event(GroupEvent::WpsFail { message, config_error }));
                // The owner is told before we leave.
                self.failure = Some(Cause::Wsc { message, config_error });
                self.deadline = self.deadline.map(|deadline| deadline.min(now + FAREWELL));
            }
            enrollee::Event::Done => {
                self.outputs.push_back(Output::Event(GroupEvent::EapFailure(None)));
                match self.failure.clone() {
                    Some(cause) => self.end(Phase::Wsc, cause),
                    None if self.unexpected.is_some() && self.credentials.is_none() => self.ask_again(now, rng),
                    None => self.rejoin_with_key(now, rng),
                }
            }
        }
    }

    /// Looks after a pause whether the owner's user has agreed by now.
    fn ask_again(&mut self, now: Duration, rng: &mut dyn CryptoRng) {
        if let Some(bssid) = self.bssid {
            self.tell_left(bssid);
        }
        self.enrollee = None;
        self.stage = Stage::JoinForWsc;
        (self.looks, self.head_start) = (0, Some(ASK_AGAIN));
        self.join.forget();
        self.begin_join(now, rng);
    }

    /// WSC is over: associates anew with what it brought, at once. The station's network is kept first.
    pub(super) fn rejoin_with_key(&mut self, now: Duration, rng: &mut dyn CryptoRng) {
        if self.credentials.is_none() || self.stage == Stage::Ended {
            return;
        }
        self.enrollee = None;
        if let Some(bssid) = self.bssid {
            self.tell_left(bssid);
        }
        if self.infrastructure {
            return self.end(Phase::Wsc, Cause::Requested);
        }
        self.stage = Stage::JoinWithKey;
        self.deadline = Some(now + AFTER_WSC);
        self.begin_join(now, rng);
    }

    /// The network's SSID and key, once they are known.
    pub(crate) fn credential(&self) -> Option<(Vec<u8>, Protection)> {
        let Credentials { ssid, passphrase, psk } = self.credentials.as_ref()?;
        let key = || Protection::Psk(Secret::new(psk.expose().to_vec()));
        Some((ssid.clone(), passphrase.clone().map_or_else(key, Protection::Passphrase)))
    }
}

/// The password of a method, as the enrollee uses it; `None` when the PIN is no PIN.
pub(super) fn password(method: &WpsMethod) -> Option<Password> {
    Some(match method {
        WpsMethod::PushButton => Password::push_button(),
        WpsMethod::Display(pin) => Password::shown_here(read_pin(pin)?),
        WpsMethod::Keypad(pin) => Password::typed_here(read_pin(pin)?),
    })
}

/// The element by which a probe request tells that WSC is to run.
pub(crate) fn wsc_probe_element(device: &wsc::Device, method: &WpsMethod) -> Vec<u8> {
    let id = match method {
        WpsMethod::PushButton => DevicePasswordId::PUSH_BUTTON,
        _ => DevicePasswordId::DEFAULT,
    };
    enrollee::probe_request_element(device, RequestType::ENROLLEE, id, device.config_methods, &[])
}

/// What users are told when WSC is to run.
pub(crate) fn wps_active(method: &WpsMethod) -> GroupEvent {
    match method {
        WpsMethod::PushButton => GroupEvent::WpsPbcActive,
        _ => GroupEvent::WpsPinActive,
    }
}

/// Whether these elements are of an access point with WPS.
pub(crate) fn has_registrar(elements: &[u8]) -> bool {
    Elements::new(elements).wsc().is_ok_and(|wsc| wsc.is_some())
}

/// Whether the registrar in these elements is selected, and for the push button where that is ours.
pub(crate) fn registrar_is_selected(elements: &[u8], push_button: bool) -> bool {
    let Ok(Some(wsc)) = Elements::new(elements).wsc() else { return false };
    let button = wsc.device_password_id() == Some(DevicePasswordId::PUSH_BUTTON);
    wsc.selected_registrar() == Some(true) && button == push_button
}

/// Whether the selected registrar in these elements lets us in by name, or any device: one without a list of those that it
/// lets in is of version 1, and lets in whoever has the PIN (WSC 2.0 §12, AuthorizedMACs).
pub(crate) fn registrar_lets_in(elements: &[u8], address: MacAddr) -> bool {
    let Ok(Some(wsc)) = Elements::new(elements).wsc() else { return false };
    let mut named = wsc.authorized_macs().peekable();
    let any = named.peek().is_none();
    wsc.selected_registrar() == Some(true) && (any || named.any(|mac| mac == address || mac == MacAddr::BROADCAST))
}

/// A credential's name and keys; `None` when the passphrase is not one.
pub(super) fn read_credential(credential: &wsc::Credential) -> Option<Credentials> {
    let ssid = credential.ssid.as_bytes().to_vec();
    Some(match &credential.key {
        NetworkKey::Psk(psk) => Credentials { ssid, passphrase: None, psk: Psk::new(*psk) },
        NetworkKey::Passphrase(passphrase) => {
            let psk = Psk::from_passphrase(passphrase, &ssid).ok()?;
            Credentials { ssid, passphrase: Some(Secret::new(passphrase.clone())), psk }
        }
    })
}
