//! The data path: EAPOL and all other data, encrypted with the keys installed.

use crate::air::{Air, Answer, RadioId};
use crate::ccmp::{self, CcmpKey};
use crate::errno::{EINVAL, ENETDOWN, ENODEV, ENOENT, ENOLINK, ENOTCONN, EOPNOTSUPP};
use crate::frame::{self, Frame};
use crate::medium::Purpose;
use crate::queue::Job;
use crate::state::{Interface, Sort, Stage};
use ieee80211_ies::MacAddr;
use radio::{CommandId, Event, FrameKind, InterfaceId, Key, KeyKind, Refused, Reply, SendStatus};

/// EtherType of EAPOL.
const EAPOL: u16 = 0x888e;

/// Priority of EAPOL, as mac80211 sends it: voice.
const EAPOL_PRIORITY: u8 = 7;

/// A data frame as a host's network interface sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DataFrame {
    /// On which interface it came.
    pub iface: InterfaceId,
    /// From whom.
    pub source: MacAddr,
    /// To whom; this may be a group.
    pub destination: MacAddr,
    /// The EtherType.
    pub ethertype: u16,
    /// What follows the EtherType.
    pub payload: Vec<u8>,
}

impl Air {
    /// Sends data from a host's network interface.
    ///
    /// # Errors
    /// As [`Refused`]: `ENODEV` and `ENETDOWN` for the interface, `ENOTCONN` where a kernel would drop the frame: no connection, a
    /// port that is not open, an unknown station.
    pub fn send_data(
        &mut self,
        radio: RadioId,
        iface: InterfaceId,
        destination: MacAddr,
        ethertype: u16,
        payload: &[u8],
    ) -> Result<(), Refused> {
        let Some(r) = self.radios.get_mut(radio.0) else { return Err(ENODEV.into()) };
        let i = r.interface(iface)?;
        if !i.up {
            return Err(ENETDOWN.into());
        }
        let open = match (&i.ap, &i.client) {
            (Some(ap), _) => {
                let station = ap.stations.get(&destination);
                destination.is_group() || station.is_some_and(|s| s.parameters.flags.authorized)
            }
            (None, Some(client)) => client.authorized,
            (None, None) => false,
        };
        if !open {
            return Err(ENOTCONN.because("the port is not open"));
        }
        let source = i.address;
        let body = frame::snap(ethertype, payload);
        let (frequency, frame) = build(i, destination, source, 0, &body, true).ok_or(ENOTCONN)?;
        self.transmit(radio.0, iface, frequency, frame, Purpose::Nothing, destination.is_group());
        Ok(())
    }

    pub(crate) fn send_eapol(
        &mut self,
        radio: usize,
        id: CommandId,
        iface: InterfaceId,
        to: MacAddr,
        pdu: &[u8],
        encrypt: bool,
    ) -> Answer {
        let Some(r) = self.radios.get_mut(radio) else { return Err(ENOENT.into()) };
        let control_port = r.settings.capabilities.control_port;
        let i = r.running(iface)?;
        if !i.is_ap() && !i.is_client() {
            return Err(EOPNOTSUPP.into());
        }
        let connected = i.client.as_ref().is_some_and(|c| c.connected && c.bssid == to);
        if control_port && i.is_client() && !connected {
            return Err(ENOTCONN.into());
        }
        let source = i.address;
        let body = frame::snap(EAPOL, pdu);
        // A packet socket knows nothing of encryption: the kernel encrypts what it has a key for.
        match build(i, to, source, EAPOL_PRIORITY, &body, encrypt || !control_port) {
            Some((frequency, frame)) => {
                self.transmit(radio, iface, frequency, frame, Purpose::Command(id), false);
            }
            None => {
                let status = if control_port { SendStatus::NotAcked } else { SendStatus::Unknown };
                self.report(radio, Sort::Sent, Event::Sent { id, status });
            }
        }
        Ok(Reply::Ok)
    }

    pub(crate) fn receive_data(&mut self, radio: usize, frequency: u32, signal_dbm: i8, received: &Frame<'_>) {
        let Some(r) = self.radios.get(radio) else { return };
        let on = |i: &Interface| i.up && i.operating() == Some(frequency);
        let ifaces: Vec<InterfaceId> = r.interfaces.iter().filter(|(_, i)| on(i)).map(|(id, _)| *id).collect();
        for iface in ifaces {
            if received.has(frame::TO_DS) && !received.has(frame::FROM_DS) {
                self.receive_at_ap(radio, iface, signal_dbm, received);
            } else if received.has(frame::FROM_DS) && !received.has(frame::TO_DS) {
                self.receive_at_client(radio, iface, signal_dbm, received);
            }
        }
    }

    fn receive_at_ap(&mut self, radio: usize, iface: InterfaceId, signal_dbm: i8, received: &Frame<'_>) {
        let now = self.now;
        let (source, destination) = (received.address2, received.address3);
        let Some(i) = self.radios.get_mut(radio).and_then(|r| r.interfaces.get_mut(&iface)) else { return };
        let (own, tell) = (i.address, i.wants(&FrameKind::ApMlme));
        let Some(ap) = i.ap.as_mut().filter(|_| received.address1 == own) else { return };
        let isolate = ap.config.isolate;
        let Some(station) = ap.stations.get_mut(&source).filter(|s| s.parameters.flags.associated) else {
            if tell {
                self.report(radio, Sort::Mlme, Event::UnexpectedFrame { iface, address: source });
            }
            return;
        };
        station.heard = now;
        station.signal_dbm = signal_dbm;
        station.received.0 += received.body.len() as u64;
        station.received.1 += 1;
        let authorized = station.parameters.flags.authorized;
        let Some((ethertype, payload, encrypted)) = open(station.key.as_mut(), received, authorized) else { return };
        if ethertype == EAPOL {
            if destination == own {
                self.eapol(radio, iface, source, payload, encrypted);
            }
            return;
        }
        if destination == own || destination.is_group() {
            let data = DataFrame { iface, source, destination, ethertype, payload: payload.clone() };
            self.hand_data(radio, data);
        }
        let known = |a: &MacAddr| {
            let ap = self.radios.get(radio).and_then(|r| r.interfaces.get(&iface)).and_then(|i| i.ap.as_ref());
            ap.and_then(|ap| ap.stations.get(a)).is_some_and(|s| s.parameters.flags.authorized)
        };
        if destination != own && !isolate && (destination.is_group() || known(&destination)) {
            let body = frame::snap(ethertype, &payload);
            let Some(i) = self.radios.get_mut(radio).and_then(|r| r.interfaces.get_mut(&iface)) else { return };
            if let Some((frequency, frame)) = build(i, destination, source, 0, &body, true) {
                self.transmit(radio, iface, frequency, frame, Purpose::Nothing, destination.is_group());
            }
        }
    }

    fn receive_at_client(&mut self, radio: usize, iface: InterfaceId, signal_dbm: i8, received: &Frame<'_>) {
        let (destination, source) = (received.address1, received.address3);
        let Some(i) = self.radios.get_mut(radio).and_then(|r| r.interfaces.get_mut(&iface)) else { return };
        let own = i.address;
        let Some(client) = i.client.as_mut().filter(|c| c.bssid == received.address2) else { return };
        let mine = destination == own || destination.is_group();
        // A group frame that the owner passes on for us is none of ours.
        if !mine || source == own || client.stage != Stage::Associated {
            return;
        }
        client.signal_dbm = signal_dbm;
        client.received.0 += received.body.len() as u64;
        client.received.1 += 1;
        let authorized = client.authorized;
        let key = if destination.is_group() {
            let index = match received.has(frame::PROTECTED) {
                true => ccmp::key_id(received.body),
                false => i.groups.iter().position(Option::is_some),
            };
            index.and_then(|index| i.groups.get_mut(index)).and_then(Option::as_mut)
        } else {
            client.key.as_mut()
        };
        let Some((ethertype, payload, encrypted)) = open(key, received, authorized) else { return };
        if ethertype == EAPOL {
            self.eapol(radio, iface, source, payload, encrypted);
        } else {
            self.hand_data(radio, DataFrame { iface, source, destination, ethertype, payload });
        }
    }

    fn eapol(&mut self, radio: usize, iface: InterfaceId, source: MacAddr, pdu: Vec<u8>, encrypted: bool) {
        let tells = self.radios.get(radio).is_some_and(|r| r.settings.capabilities.control_port);
        let encrypted = tells.then_some(encrypted);
        self.report(radio, Sort::Eapol, Event::Eapol { iface, source, pdu, encrypted });
    }

    fn hand_data(&mut self, radio: usize, data: DataFrame) {
        let at = self.report_time(radio, Sort::Frame, false);
        self.queue.push(at, Job::Data { radio, data });
    }

    pub(crate) fn install_key(&mut self, radio: usize, iface: InterfaceId, key: &Key) -> Answer {
        let Some(r) = self.radios.get_mut(radio) else { return Err(ENOENT.into()) };
        let i = r.running(iface)?;
        if !i.is_ap() && !i.client.as_ref().is_some_and(|c| c.connected) {
            return Err(if i.is_client() { ENOLINK.into() } else { EINVAL.into() });
        }
        if key.cipher != radio::Cipher::Ccmp128 {
            return Err(EINVAL.because("cipher"));
        }
        let material = key.material.expose();
        let Some(new) = CcmpKey::new(material, key.receive_sequence) else { return Err(EINVAL.because("key length")) };
        let slot = key_slot(i, key.kind, key.index)?;
        // A key installed twice keeps its packet numbers (net/mac80211/key.c).
        if slot.as_ref().is_none_or(|old| old.material.expose() != material) {
            *slot = Some(new);
        }
        if key.kind == KeyKind::Group {
            i.group = Some(usize::from(key.index));
        }
        Ok(Reply::Ok)
    }

    pub(crate) fn remove_key(&mut self, radio: usize, iface: InterfaceId, kind: KeyKind, index: u8) -> Answer {
        let Some(r) = self.radios.get_mut(radio) else { return Err(ENOENT.into()) };
        let slot = key_slot(r.running(iface)?, kind, index)?;
        slot.take().map(|_| Reply::Ok).ok_or(ENOENT.into())
    }

    pub(crate) fn set_authorized(
        &mut self,
        radio: usize,
        iface: InterfaceId,
        peer: MacAddr,
        authorized: bool,
    ) -> Answer {
        let Some(r) = self.radios.get_mut(radio) else { return Err(ENOENT.into()) };
        let i = r.running(iface)?;
        if let Some(client) = i.client.as_mut().filter(|c| c.bssid == peer && c.stage == Stage::Associated) {
            client.authorized = authorized;
            return Ok(Reply::Ok);
        }
        let Some(station) = i.ap.as_mut().and_then(|ap| ap.stations.get_mut(&peer)) else { return Err(ENOENT.into()) };
        if !station.parameters.flags.associated {
            return Err(EINVAL.because("not associated"));
        }
        station.parameters.flags.authorized = authorized;
        Ok(Reply::Ok)
    }
}

/// Where a key lives.
fn key_slot(i: &mut Interface, kind: KeyKind, index: u8) -> Result<&mut Option<CcmpKey>, Refused> {
    let groups = match kind {
        KeyKind::Pairwise(_) if index != 0 => return Err(EINVAL.because("key index")),
        KeyKind::Group if index == 0 => return Err(EINVAL.because("key index")),
        KeyKind::Pairwise(peer) => {
            let slot = if let Some(ap) = &mut i.ap {
                let station = ap.stations.get_mut(&peer).filter(|s| s.parameters.flags.associated);
                station.map(|s| &mut s.key)
            } else {
                i.client.as_mut().filter(|client| client.bssid == peer).map(|client| &mut client.key)
            };
            return slot.ok_or(ENOENT.because("no such station"));
        }
        KeyKind::Group => &mut i.groups,
    };
    groups.get_mut(usize::from(index)).ok_or(EINVAL.because("key index"))
}

/// Builds a data frame of an interface; `None` when it has nobody to send it to.
fn build(
    i: &mut Interface,
    destination: MacAddr,
    source: MacAddr,
    priority: u8,
    body: &[u8],
    encrypt: bool,
) -> Option<(u32, Vec<u8>)> {
    let own = i.address;
    let (frequency, qos, addresses, flag, key_id, key) = match (&mut i.ap, &mut i.client) {
        (Some(ap), _) if destination.is_group() => {
            let index = i.group.unwrap_or(0);
            let key = i.groups.get_mut(index)?.as_mut();
            (ap.config.channel.frequency, false, [destination, own, source], frame::FROM_DS, index as u8, key)
        }
        (Some(ap), _) => {
            let station = ap.stations.get_mut(&destination).filter(|s| s.parameters.flags.associated)?;
            station.sent.0 += body.len() as u64;
            station.sent.1 += 1;
            let qos = station.parameters.flags.wme;
            let addresses = [destination, own, source];
            (ap.config.channel.frequency, qos, addresses, frame::FROM_DS, 0, station.key.as_mut())
        }
        (None, Some(client)) if client.stage == Stage::Associated => {
            client.sent.0 += body.len() as u64;
            client.sent.1 += 1;
            let addresses = [client.bssid, own, destination];
            (client.frequency, client.qos, addresses, frame::TO_DS, 0, client.key.as_mut())
        }
        _ => return None,
    };
    let key = key.filter(|_| encrypt);
    let kind = if qos { frame::QOS_DATA } else { frame::DATA };
    let protected = if key.is_some() { frame::PROTECTED } else { 0 };
    let [address1, address2, address3] = addresses;
    let mut header = frame::header(kind | flag | protected, address1, address2, address3);
    if qos {
        header.extend([priority, 0]);
    }
    let out = match key {
        Some(key) => key.encrypt(&header, key_id, body)?,
        None => [&header[..], body].concat(),
    };
    Some((frequency, out))
}

/// EtherType, payload and whether it was encrypted, of a frame that may pass: EAPOL always, other data through an open port, and
/// encrypted where there is a key.
fn open(key: Option<&mut CcmpKey>, received: &Frame<'_>, authorized: bool) -> Option<(u16, Vec<u8>, bool)> {
    let encrypted = received.has(frame::PROTECTED);
    let keyed = key.is_some();
    let decrypted = match key {
        Some(key) if encrypted => key.decrypt(received)?,
        None if encrypted => return None,
        _ => received.body.to_vec(),
    };
    let (ethertype, payload) = frame::unsnap(&decrypted)?;
    let passes = ethertype == EAPOL || (authorized && (encrypted || !keyed));
    passes.then(|| (ethertype, payload.to_vec(), encrypted))
}
