//! The registrar of an owner: which method is active, what the frames say of it, who may be registered.

mod pbc;
mod session;

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

use ieee80211_ies::wsc::{
    ConfigMethods, DevicePasswordId, DeviceType, RequestType, ResponseType, VERSION_2_0, Writer, WscState, attr,
};
use ieee80211_ies::{MacAddr, Malformed, Octets};

use crate::device::Device;
use crate::element::element;
use crate::error::Reason;
use crate::message::{Checked, put_device, text};
use crate::pin::Pin;
use pbc::Monitor;
pub use pbc::WALK_TIME;
pub use session::{Input as SessionInput, Output, Session, SessionEvent, Station};

/// How often the proof of a PIN's first half is given away before the PIN is dropped. From each of them the half can be
/// computed; the third would complete the PIN for somebody who did not know it (deployed registrars allow two as well).
const MAX_PIN_USES: u8 = 2;
/// Events that wait to be fetched; more are dropped, the oldest first.
const MAX_EVENTS: usize = 32;

/// How enrollees are registered at present.
#[derive(Clone, Debug)]
pub enum Method {
    /// The push button.
    PushButton {
        /// The one device that is meant, by its P2P Device Address. With it others in push-button mode do no harm; without
        /// it a second one is session overlap.
        only: Option<MacAddr>,
    },
    /// A PIN: the enrollee's that was typed here, or ours that is shown here.
    Pin {
        /// The PIN.
        pin: Pin,
        /// The one enrollee that is meant.
        from: Allowed,
    },
}

/// Which enrollee may use a PIN.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Allowed {
    /// Whoever knows it.
    #[default]
    Anyone,
    /// The one with this address: of its interface, or its P2P Device Address.
    Address(MacAddr),
    /// The one with this UUID-E.
    Uuid([u8; 16]),
}

/// The push-button method was not started: more than one device is in push-button mode.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("more than one device is in push-button mode")]
pub struct SessionOverlap;

/// What happened at the registrar as a whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// The push-button method was started (`WPS-PBC-ACTIVE`).
    PbcActive,
    /// The push-button method has ended: an enrollee was registered, the walk time is over, or it was cancelled
    /// (`WPS-PBC-DISABLE`).
    PbcDisabled,
    /// The method's time ran out before anybody was registered (`WPS-TIMEOUT`).
    Timeout,
    /// More than one device is in push-button mode (`WPS-OVERLAP-DETECTED`).
    Overlap,
    /// The PIN was given away too often and is no longer valid.
    PinUsedUp,
    /// An enrollee asks for registration with a PIN, and there is none for it (`WPS-PIN-NEEDED`).
    PinNeeded(Box<Device>),
    /// An enrollee showed itself in a probe request (`WPS-ENROLLEE-SEEN`).
    EnrolleeSeen(Box<EnrolleeSeen>),
    /// [`Registrar::beacon_element`] and [`Registrar::probe_response_element`] give something else than before.
    ElementsChanged,
}

/// What a probe request says of an enrollee.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EnrolleeSeen {
    /// The sender.
    pub address: MacAddr,
    /// UUID-E.
    pub uuid: [u8; 16],
    /// Primary Device Type.
    pub device_type: DeviceType,
    /// Config Methods.
    pub config_methods: ConfigMethods,
    /// Device Password ID.
    pub password: DevicePasswordId,
    /// Request Type.
    pub request_type: RequestType,
    /// Device Name.
    pub name: Octets<32>,
}

/// What is told to a [`Registrar`].
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// A probe request with WSC elements came.
    ProbeRequest {
        /// Its sender.
        source: MacAddr,
        /// The joined bodies of its WSC elements.
        wsc: &'a [u8],
        /// Whether it asks for the P2P wildcard SSID: then it is discovery, and tells of no enrollee.
        p2p_wildcard: bool,
    },
    /// The time of [`Registrar::poll_timeout`] has come; harmless when early.
    Timeout,
}

/// The registrar of one owner.
#[derive(Debug)]
pub struct Registrar {
    device: Device,
    dual_band: bool,
    active: Option<Active>,
    activations: u32,
    monitor: Monitor,
    events: VecDeque<Event>,
}

#[derive(Debug)]
struct Active {
    method: Method,
    until: Duration,
    /// Set by session overlap; what is under way then ends.
    overlap: bool,
    pin_uses: u8,
    number: u32,
}

/// Leave to register an enrollee.
#[derive(Debug)]
struct Admission {
    pin: Pin,
    /// Which activation gave it.
    number: u32,
}

impl Registrar {
    /// A registrar without an active method. `dual_band` says that the same network is on a second band too, which adds RF
    /// Bands and, with the push button, UUID-E to the beacon (WSC 2.0 §8.2).
    pub fn new(device: Device, dual_band: bool) -> Self {
        Self { device, dual_band, active: None, activations: 0, monitor: Monitor::default(), events: VecDeque::new() }
    }

    /// What this registrar says of itself.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The active method.
    pub fn method(&self) -> Option<&Method> {
        self.active.as_ref().map(|active| &active.method)
    }

    /// Makes a method active for `walk_time` (usually [`WALK_TIME`]), in place of the one before.
    ///
    /// # Errors
    /// Push button without a chosen device, while several are in push-button mode; nothing changes then.
    pub fn activate(&mut self, now: Duration, method: Method, walk_time: Duration) -> Result<(), SessionOverlap> {
        let push_button = matches!(method, Method::PushButton { .. });
        if matches!(method, Method::PushButton { only: None }) && self.monitor.overlap(now, None) {
            self.report(Event::Overlap);
            return Err(SessionOverlap);
        }
        self.deactivate();
        self.activations = self.activations.wrapping_add(1);
        let until = now.saturating_add(walk_time);
        self.active = Some(Active { method, until, overlap: false, pin_uses: 0, number: self.activations });
        if push_button {
            self.report(Event::PbcActive);
        }
        self.report(Event::ElementsChanged);
        Ok(())
    }

    /// Ends the active method. Sessions that were let in go on. Says whether there was one.
    pub fn cancel(&mut self) -> bool {
        self.deactivate()
    }

    /// Takes in what happened.
    ///
    /// # Errors
    /// A probe request whose WSC attributes are cut off; it changes nothing.
    pub fn handle_input(&mut self, now: Duration, input: Input<'_>) -> Result<(), Malformed> {
        match input {
            Input::ProbeRequest { source, wsc, p2p_wildcard } => {
                self.on_probe_request(now, source, wsc, p2p_wildcard)?
            }
            Input::Timeout => {}
        }
        if self.active.as_ref().is_some_and(|active| active.until <= now) {
            self.report(Event::Timeout);
            self.deactivate();
        }
        Ok(())
    }

    /// The next event, oldest first.
    pub fn poll_output(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When [`Input::Timeout`] is due.
    pub fn poll_timeout(&self) -> Option<Duration> {
        self.active.as_ref().map(|active| active.until)
    }

    /// The WSC element of the beacon (WSC 2.0 §8.2), complete from its element ID on; several when it is long.
    pub fn beacon_element(&self) -> Vec<u8> {
        element(|writer| {
            writer.wsc_state(WscState::CONFIGURED);
            self.put_selected(writer);
            if self.dual_band && matches!(self.method(), Some(Method::PushButton { .. })) {
                writer.uuid_e(&self.device.uuid);
            }
            if self.dual_band {
                writer.rf_bands(self.device.rf_bands);
            }
            self.put_extension(writer);
            // A group owner says who it is in beacons too (Wi-Fi P2P v1.7 §4.2.2).
            writer
                .device_name(text(self.device.device_name.as_bytes()))
                .primary_device_type(self.device.primary_device_type);
        })
    }

    /// The WSC element of the probe response (WSC 2.0 §8.2), complete from its element ID on; several when it is long.
    pub fn probe_response_element(&self) -> Vec<u8> {
        element(|writer| {
            writer.wsc_state(WscState::CONFIGURED);
            self.put_selected(writer);
            writer.response_type(ResponseType::AP).uuid_e(&self.device.uuid);
            put_device(writer, &self.device);
            // The methods by which an external registrar could be added, among which is no push button.
            writer.config_methods(without_push_button(self.device.config_methods));
            if self.dual_band {
                writer.rf_bands(self.device.rf_bands);
            }
            self.put_extension(writer);
        })
    }

    /// The WSC element of the association response (WSC 2.0 §8.2) to a station that had one in its request.
    pub fn association_response_element(&self) -> Vec<u8> {
        element(|writer| {
            writer.response_type(ResponseType::AP).version2();
        })
    }

    fn put_selected(&self, writer: &mut Writer<'_>) {
        let Some(method) = self.method() else { return };
        let others = without_push_button(self.device.config_methods);
        let (password, methods) = match method {
            Method::PushButton { .. } => {
                (DevicePasswordId::PUSH_BUTTON, others | push_button_methods(self.device.config_methods))
            }
            Method::Pin { .. } => (DevicePasswordId::DEFAULT, others),
        };
        writer.selected_registrar(true).device_password_id(password).selected_registrar_config_methods(methods);
    }

    /// Version2, and AuthorizedMACs while a method is active: everybody, since neither a P2P Device Address nor a UUID says
    /// with which address the enrollee will associate.
    fn put_extension(&self, writer: &mut Writer<'_>) {
        if self.active.is_some() {
            let everybody = MacAddr::BROADCAST.octets();
            writer.wfa_extension(&[(attr::wfa::VERSION2, &[VERSION_2_0]), (attr::wfa::AUTHORIZED_MACS, &everybody)]);
        } else {
            writer.version2();
        }
    }

    fn on_probe_request(
        &mut self,
        now: Duration,
        source: MacAddr,
        wsc: &[u8],
        p2p_wildcard: bool,
    ) -> Result<(), Malformed> {
        let attributes = Checked::new(wsc)?;
        let (Some(config_methods), Some(password), Some(uuid)) = (
            attributes.u16(attr::CONFIG_METHODS).map(ConfigMethods),
            attributes.u16(attr::DEVICE_PASSWORD_ID).map(DevicePasswordId),
            attributes.array(attr::UUID_E),
        ) else {
            return Ok(());
        };
        let device_type = attributes.array(attr::PRIMARY_DEVICE_TYPE).map(DeviceType);
        let request_type = attributes.array(attr::REQUEST_TYPE).map(|[request]| RequestType(request));
        if let (Some(device_type), Some(request_type), false) = (device_type, request_type, p2p_wildcard) {
            self.report(Event::EnrolleeSeen(Box::new(EnrolleeSeen {
                address: source,
                uuid,
                device_type,
                config_methods,
                password,
                request_type,
                name: attributes.text(attr::DEVICE_NAME),
            })));
        }
        if password == DevicePasswordId::PUSH_BUTTON {
            self.monitor.saw(now, uuid);
            self.find_overlap(now, uuid);
        }
        Ok(())
    }

    /// Notes overlap with `uuid` while the push-button method is active for anybody.
    fn find_overlap(&mut self, now: Duration, uuid: [u8; 16]) -> bool {
        let overlap = self.monitor.overlap(now, Some(uuid));
        let Some(Active { method: Method::PushButton { only: None }, overlap: noted, .. }) = &mut self.active else {
            return overlap;
        };
        let news = overlap && !*noted;
        *noted |= overlap;
        let result = *noted;
        if news {
            self.report(Event::Overlap);
        }
        result
    }

    /// Whether the enrollee of an M1 may be registered, and with which password.
    fn admit(
        &mut self,
        now: Duration,
        station: &Station,
        enrollee: &Device,
        password: DevicePasswordId,
    ) -> Result<Admission, Reason> {
        let addresses = [Some(station.address), Some(enrollee.address), station.p2p_device_address];
        let active = self.active.as_ref().filter(|active| now < active.until);
        let (pin, number) = match active.map(|active| (active.method.clone(), active.number)) {
            Some((Method::PushButton { only }, number)) if password == DevicePasswordId::PUSH_BUTTON => {
                match only {
                    Some(only) if station.p2p_device_address == Some(only) => {}
                    Some(_) => {
                        self.report(Event::Overlap);
                        return Err(Reason::Overlap);
                    }
                    None if self.find_overlap(now, enrollee.uuid) => return Err(Reason::Overlap),
                    None => {}
                }
                self.monitor.saw(now, enrollee.uuid);
                (Pin::push_button(), number)
            }
            Some((Method::Pin { pin, from }, number)) if is_pin(password) => {
                let meant = match from {
                    Allowed::Anyone => true,
                    Allowed::Address(address) => addresses.contains(&Some(address)),
                    Allowed::Uuid(uuid) => uuid == enrollee.uuid,
                };
                if !meant {
                    return Err(Reason::NotSelected);
                }
                (pin, number)
            }
            _ => {
                if is_pin(password) {
                    self.report(Event::PinNeeded(Box::new(enrollee.clone())));
                }
                return Err(Reason::NotSelected);
            }
        };
        Ok(Admission { pin, number })
    }

    /// Whether an admitted enrollee may go on; `uses_pin` when the next message gives away a proof of the first half.
    fn confirm(&mut self, number: u32, uses_pin: bool) -> Result<(), Reason> {
        let Some(active) = self.active.as_mut().filter(|active| active.number == number) else { return Ok(()) };
        if active.overlap {
            return Err(Reason::Overlap);
        }
        if uses_pin && matches!(active.method, Method::Pin { .. }) {
            if active.pin_uses >= MAX_PIN_USES {
                self.report(Event::PinUsedUp);
                self.deactivate();
                return Err(Reason::PinUsedUp);
            }
            active.pin_uses += 1;
        }
        Ok(())
    }

    /// An enrollee was registered: the method has done its work.
    fn complete(&mut self, now: Duration, number: u32, uuid: [u8; 16]) {
        self.monitor.completed(now, uuid);
        if self.active.as_ref().is_some_and(|active| active.number == number) {
            self.deactivate();
        }
    }

    fn deactivate(&mut self) -> bool {
        let Some(active) = self.active.take() else { return false };
        if matches!(active.method, Method::PushButton { .. }) {
            self.report(Event::PbcDisabled);
        }
        self.report(Event::ElementsChanged);
        true
    }

    fn report(&mut self, event: Event) {
        if self.events.len() >= MAX_EVENTS {
            self.events.pop_front();
        }
        self.events.push_back(event);
    }
}

/// Whether the password is a PIN that both users can know.
fn is_pin(id: DevicePasswordId) -> bool {
    matches!(
        id,
        DevicePasswordId::DEFAULT
            | DevicePasswordId::USER_SPECIFIED
            | DevicePasswordId::MACHINE_SPECIFIED
            | DevicePasswordId::REGISTRAR_SPECIFIED
            | DevicePasswordId::P2PS_DEFAULT
    )
}

/// The three bits that stand for a push button of any kind.
pub(crate) const PUSH_BUTTON_BITS: u16 = ConfigMethods::VIRTUAL_PUSH_BUTTON.0 | ConfigMethods::PHYSICAL_PUSH_BUTTON.0;

fn without_push_button(methods: ConfigMethods) -> ConfigMethods {
    ConfigMethods(methods.0 & !PUSH_BUTTON_BITS)
}

/// The push button as WSC 2.0 wants it named: with its kind, a physical one when the device does not say.
fn push_button_methods(methods: ConfigMethods) -> ConfigMethods {
    let kinds = [ConfigMethods::VIRTUAL_PUSH_BUTTON, ConfigMethods::PHYSICAL_PUSH_BUTTON];
    let named = kinds.into_iter().filter(|kind| methods.contains(*kind)).fold(ConfigMethods::NONE, |a, b| a | b);
    if named.is_empty() { ConfigMethods::PHYSICAL_PUSH_BUTTON } else { named }
}
