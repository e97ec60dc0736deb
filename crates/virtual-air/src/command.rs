//! Commands, carried out.

use crate::air::{Air, Answer};
use crate::errno::{EBUSY, EEXIST, EINVAL, ENODEV, EOPNOTSUPP};
use crate::state::{Interface, Sort};
use ieee80211_ies::MacAddr;
use radio::{Command, CommandId, Event, FrameKind, InterfaceId, InterfaceKind, Reply};

/// Longest name of an interface (`IFNAMSIZ` less the end).
const MAX_NAME: usize = 15;

/// Most registrations of frames for an interface.
const MAX_FILTERS: usize = 64;

impl Air {
    pub(crate) fn execute(&mut self, radio: usize, id: CommandId, command: Command) -> Answer {
        let Some(r) = self.radios.get_mut(radio).filter(|r| !r.gone) else { return Err(ENODEV.into()) };
        match command {
            Command::CreateInterface { iface, kind, name, address } => {
                self.create_interface(radio, iface, kind, name, address)
            }
            Command::SetInterfaceKind { iface, kind } => self.set_kind(radio, iface, kind),
            Command::SetInterfaceAddress { iface, address } => {
                let i = r.interface(iface)?;
                if address.is_group() || address.is_zero() {
                    return Err(EINVAL.because("address"));
                }
                if i.kind == InterfaceKind::P2pDevice {
                    return Err(EOPNOTSUPP.into());
                }
                let up = i.up;
                self.lower(radio, iface);
                if let Some(i) = self.radios.get_mut(radio).and_then(|r| r.interfaces.get_mut(&iface)) {
                    i.address = address;
                    i.up = up;
                }
                Ok(Reply::Ok)
            }
            Command::SetInterfaceUp { iface, up } => {
                let i = r.interface(iface)?;
                let (was, kind) = (i.up, i.kind);
                if up && !was {
                    self.check_combination(radio, iface, kind)?;
                    if let Ok(i) = self.radios.get_mut(radio).ok_or(ENODEV.into()).and_then(|r| r.interface(iface)) {
                        i.up = true;
                    }
                } else if !up && was {
                    self.lower(radio, iface);
                }
                Ok(Reply::Ok)
            }
            Command::RemoveInterface { iface } => {
                r.interface(iface)?;
                if iface == InterfaceId::BASE {
                    return Err(EOPNOTSUPP.because("it was not made by us"));
                }
                self.lower(radio, iface);
                if let Some(r) = self.radios.get_mut(radio) {
                    r.interfaces.remove(&iface);
                }
                Ok(Reply::Ok)
            }
            Command::Scan { iface, scan } => self.start_scan(radio, id, iface, scan),
            Command::AbortScan { iface } => self.abort_scan(radio, iface),
            Command::RemainOnChannel { iface, frequency, duration_ms } => {
                self.remain_on_channel(radio, id, iface, frequency, duration_ms)
            }
            Command::CancelRemain { iface, remain } => self.cancel_remain(radio, iface, remain, false),
            Command::ReceiveFrames { iface, kinds } => {
                let i = r.interface(iface)?;
                // A kernel forgets a registration only with its socket, or when the interface changes its kind.
                for kind in kinds {
                    if !i.filters.contains(&kind) && i.filters.len() < MAX_FILTERS {
                        i.filters.push(kind);
                    }
                }
                let is_ap_kind = i.is_ap();
                if !is_ap_kind && i.filters.contains(&FrameKind::ApMlme) {
                    i.filters.retain(|kind| *kind != FrameKind::ApMlme);
                    return Err(EINVAL.because("only an access point receives these"));
                }
                Ok(Reply::Ok)
            }
            Command::Transmit { iface, transmission } => self.transmit_frame(radio, id, iface, transmission),
            Command::CancelWait { iface, transmission } => self.cancel_remain(radio, iface, transmission, true),
            Command::StartAp { iface, ap } => self.start_ap(radio, iface, ap),
            Command::UpdateBeacon { iface, beacon } => self.update_beacon(radio, iface, beacon),
            Command::StopAp { iface } => self.stop_ap(radio, iface),
            Command::SwitchChannel { iface, switch } => self.switch_channel(radio, iface, switch),
            Command::AddStation { iface, station } => self.add_station(radio, iface, station),
            Command::SetStation { iface, station } => self.set_station(radio, iface, station),
            Command::RemoveStation { iface, address, .. } => self.remove_station(radio, iface, address),
            Command::QueryStation { iface, address } => self.query_station(radio, iface, address),
            Command::ProbeStation { iface, address } => self.probe_station(radio, iface, address),
            Command::Authenticate { iface, bssid, frequency, ssid } => {
                self.authenticate(radio, iface, bssid, frequency, &ssid)
            }
            Command::Associate { iface, association } => self.associate(radio, iface, &association),
            Command::Connect { iface, .. } => {
                r.running(iface)?;
                Err(EOPNOTSUPP.because("the SME is the host's"))
            }
            Command::Disconnect { iface, bssid, reason } => self.disconnect(radio, iface, bssid, reason),
            Command::InstallKey { iface, key } => self.install_key(radio, iface, &key),
            Command::RemoveKey { iface, kind, index } => self.remove_key(radio, iface, kind, index),
            Command::SetAuthorized { iface, address, authorized } => {
                self.set_authorized(radio, iface, address, authorized)
            }
            Command::SendEapol { iface, destination, pdu, encrypt } => {
                self.send_eapol(radio, id, iface, destination, &pdu, encrypt)
            }
            Command::SetPowerSave { iface, .. } | Command::ForbidCck { iface } => r.interface(iface).map(|_| Reply::Ok),
            Command::SetCountry { country } => self.set_country(radio, country),
        }
    }

    fn create_interface(
        &mut self,
        radio: usize,
        iface: InterfaceId,
        kind: InterfaceKind,
        name: String,
        address: Option<MacAddr>,
    ) -> Answer {
        let Some(r) = self.radios.get_mut(radio) else { return Err(ENODEV.into()) };
        if !r.settings.capabilities.supports(kind) {
            return Err(EOPNOTSUPP.because("kind of interface"));
        }
        let taken = r.interfaces.values().any(|i| i.name == name);
        if r.interfaces.contains_key(&iface) || (taken && kind != InterfaceKind::P2pDevice) {
            return Err(EEXIST.into());
        }
        if name.is_empty() || name.len() > MAX_NAME || address.is_some_and(|a| a.is_group() || a.is_zero()) {
            return Err(EINVAL.because("name or address"));
        }
        self.check_combination(radio, iface, kind)?;
        let Some(r) = self.radios.get_mut(radio) else { return Err(ENODEV.into()) };
        let address = address.unwrap_or_else(|| {
            // Locally administered, and another one each time.
            r.addresses = r.addresses.wrapping_add(1);
            let [first, second, rest @ ..] = r.settings.capabilities.address.0;
            let [c, d, e, f] = rest;
            MacAddr([first | 2, second ^ r.addresses, c, d, e, f])
        });
        let mut i = Interface::new(name.clone(), kind, address);
        i.up = true;
        r.interfaces.insert(iface, i);
        Ok(Reply::Interface { name, address })
    }

    fn set_kind(&mut self, radio: usize, iface: InterfaceId, kind: InterfaceKind) -> Answer {
        let Some(r) = self.radios.get_mut(radio) else { return Err(ENODEV.into()) };
        if !r.settings.capabilities.supports(kind) {
            return Err(EOPNOTSUPP.because("kind of interface"));
        }
        let i = r.interface(iface)?;
        let (up, old) = (i.up, i.kind);
        if old == kind {
            return Ok(Reply::Ok);
        }
        if old == InterfaceKind::P2pDevice || kind == InterfaceKind::P2pDevice {
            return Err(EOPNOTSUPP.because("a P2P device stays one"));
        }
        if up {
            self.check_combination(radio, iface, kind)?;
        }
        self.lower(radio, iface);
        if let Some(i) = self.radios.get_mut(radio).and_then(|r| r.interfaces.get_mut(&iface)) {
            i.kind = kind;
            i.up = up;
            i.filters.clear();
        }
        Ok(Reply::Ok)
    }

    /// Refuses an interface that may not be up together with the others.
    fn check_combination(&self, radio: usize, iface: InterfaceId, kind: InterfaceKind) -> Result<(), radio::Refused> {
        let Some(r) = self.radios.get(radio) else { return Err(ENODEV.into()) };
        let others = r.interfaces.iter().filter(|(id, i)| **id != iface && i.up).map(|(_, i)| i.kind);
        let wanted: Vec<InterfaceKind> = others.chain([kind]).collect();
        match r.settings.capabilities.channels_for(&wanted) {
            Some(_) => Ok(()),
            None => Err(EBUSY.because("combination of interfaces")),
        }
    }

    /// Ends all that an interface does, and lowers it.
    fn lower(&mut self, radio: usize, iface: InterfaceId) {
        let Some(r) = self.radios.get_mut(radio) else { return };
        let Some(i) = r.interfaces.get_mut(&iface) else { return };
        if let Some(client) = i.clear().filter(|c| c.connected) {
            let event = Event::Disconnected { iface, bssid: client.bssid, reason: 3, local: true };
            self.report(radio, Sort::Mlme, event);
        }
        let Some(r) = self.radios.get_mut(radio) else { return };
        if r.scan.as_ref().is_some_and(|scan| scan.iface == iface) {
            self.end_scan(radio, true);
        }
        self.drop_stays(radio, iface);
        if let Some(i) = self.radios.get_mut(radio).and_then(|r| r.interfaces.get_mut(&iface)) {
            i.up = false;
        }
    }

    fn set_country(&mut self, radio: usize, country: [u8; 2]) -> Answer {
        let Some(r) = self.radios.get_mut(radio) else { return Err(ENODEV.into()) };
        if !country.iter().all(u8::is_ascii_uppercase) && country != *b"00" {
            return Err(EINVAL.because("country"));
        }
        let country: String = country.iter().map(|c| char::from(*c)).collect();
        r.settings.capabilities.country.clone_from(&country);
        let channels = r.settings.capabilities.bands.iter().flat_map(|b| b.channels.iter().copied()).collect();
        let event = Event::Regulatory { country, initiator: "USER", kind: "COUNTRY", channels };
        self.report(radio, Sort::Control, event);
        Ok(Reply::Ok)
    }
}
