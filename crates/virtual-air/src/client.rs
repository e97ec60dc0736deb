//! A client's SME (net/mac80211/mlme.c in Linux 6.1): authentication, association, and whether the owner is still there.

use crate::air::{Air, Answer};
use crate::errno::{EALREADY, EBUSY, EINVAL, ENOENT, ENOTCONN, EOPNOTSUPP};
use crate::frame::{self, Frame};
use crate::medium::Purpose;
use crate::queue::Job;
use crate::scan::emit_rates;
use crate::state::{Client, Sort, Stage};
use ieee80211_ies::{Elements, MacAddr, OUI_MICROSOFT, emit_element, id};
use radio::{Association, Channel, Event, InterfaceId, Reply, channel_to_frequency};
use std::time::Duration;

/// Tries of a request (`IEEE80211_AUTH_MAX_TRIES`, `IEEE80211_ASSOC_MAX_TRIES`).
const MAX_TRIES: u32 = 3;
/// Wait for the answer to an acknowledged request (`IEEE80211_AUTH_TIMEOUT_SHORT`, 1/10 s).
const ANSWER_WAIT: Duration = Duration::from_millis(100);
/// An authentication is forgotten unless an association follows (`IEEE80211_AUTH_WAIT_ASSOC`).
const ASSOCIATION_WAIT: Duration = Duration::from_secs(5);
/// Beacons that may be missed (`beacon_loss_count`).
const MISSED_BEACONS: u32 = 7;
/// Null frames to a silent owner (`max_nullfunc_tries`), and the wait between them (`probe_wait_ms`).
const MAX_OWNER_PROBES: u32 = 2;
const OWNER_PROBE_WAIT: Duration = Duration::from_millis(500);
/// Reason code of a client that has lost its owner (IEEE 802.11-2020 Table 9-49, `DISASSOC_DUE_TO_INACTIVITY`).
const REASON_INACTIVITY: u16 = 4;
/// Vendor type of WMM elements.
const WMM: u8 = 2;
/// A time unit.
const TU: Duration = Duration::from_micros(1024);

impl Air {
    /// The client of an interface, if it is still the one that `epoch` stands for.
    pub(crate) fn client(&mut self, radio: usize, iface: InterfaceId, epoch: u64) -> Option<&mut Client> {
        let client = self.radios.get_mut(radio)?.interfaces.get_mut(&iface)?.client.as_mut()?;
        (client.epoch == epoch).then_some(client)
    }

    pub(crate) fn authenticate(
        &mut self,
        radio: usize,
        iface: InterfaceId,
        bssid: MacAddr,
        frequency: u32,
        ssid: &[u8],
    ) -> Answer {
        let now = self.now;
        let epoch = self.new_epoch();
        let Some(r) = self.radios.get_mut(radio) else { return Err(ENOENT.into()) };
        if !r.settings.capabilities.authenticate || !r.running(iface)?.is_client() {
            return Err(EOPNOTSUPP.into());
        }
        let interval = match r.result(bssid, frequency, ssid, now) {
            Some(entry) => TU * u32::from(entry.bss.beacon_interval.max(1)),
            None => return Err(ENOENT.because("no such BSS in the scan results")),
        };
        r.check_channel(iface, frequency)?;
        let i = r.running(iface)?;
        match i.client.as_ref().map(|c| (c.stage, c.bssid)) {
            Some((Stage::Authenticating | Stage::Associating, _)) => return Err(EBUSY.into()),
            Some((Stage::Associated, owner)) if owner == bssid => return Err(EALREADY.into()),
            _ if bssid == i.address => return Err(EINVAL.into()),
            _ => {}
        }
        let mut request = frame::header(frame::AUTHENTICATION, bssid, i.address, bssid);
        // Open system, transaction 1, status 0.
        request.extend([0, 0, 1, 0, 0, 0]);
        i.clear();
        i.client = Some(Client {
            bssid,
            frequency,
            stage: Stage::Authenticating,
            connected: false,
            authorized: false,
            qos: false,
            tries: 0,
            request: request.into(),
            epoch,
            since: now,
            last_beacon: now,
            beacon_interval: interval,
            probes: 0,
            following: false,
            key: None,
            received: (0, 0),
            sent: (0, 0),
            signal_dbm: -50,
        });
        self.try_request(radio, iface, epoch);
        Ok(Reply::Ok)
    }

    pub(crate) fn associate(&mut self, radio: usize, iface: InterfaceId, association: &Association) -> Answer {
        let now = self.now;
        let epoch = self.new_epoch();
        let Association { bssid, frequency, ssid, elements, rsn } = association;
        let Some(r) = self.radios.get_mut(radio) else { return Err(ENOENT.into()) };
        if !r.settings.capabilities.authenticate || !r.running(iface)?.is_client() {
            return Err(EOPNOTSUPP.into());
        }
        let Some(entry) = r.result(*bssid, *frequency, ssid, now) else {
            return Err(ENOENT.because("no such BSS in the scan results"));
        };
        let offered = Elements::new(entry.bss.elements());
        let wmm = offered.vendor_elements(OUI_MICROSOFT, WMM).next().is_some();
        let ht = offered.find(id::HT_CAPABILITIES).is_some();
        let band = r.settings.capabilities.band(*frequency).cloned().unwrap_or_default();
        let i = r.running(iface)?;
        let source = i.address;
        let Some(client) = &mut i.client else { return Err(ENOENT.because("not authenticated")) };
        match client.stage {
            Stage::Authenticating | Stage::Associating | Stage::Leaving => return Err(EBUSY.into()),
            Stage::Associated => return Err(EALREADY.into()),
            Stage::Authenticated if client.bssid != *bssid => return Err(ENOENT.because("not authenticated")),
            Stage::Authenticated => {}
        }
        let mut request = frame::header(frame::ASSOCIATION_REQUEST, *bssid, source, *bssid);
        // ESS and short slot time; privacy with keys. The listen interval is 5 beacons.
        let capability: u16 = 0x0401 | if *rsn { 0x0010 } else { 0 };
        request.extend(capability.to_le_bytes());
        request.extend([5, 0]);
        emit_element(id::SSID, ssid, &mut request);
        emit_rates(&band.rates, true, &mut request);
        // HT capabilities stand before the vendor-specific elements (IEEE 802.11-2020 Table 9-34).
        let vendor =
            Elements::new(elements).iter().find(|e| e.id == id::VENDOR_SPECIFIC).map_or(elements.len(), |e| e.offset);
        let (first, last) = elements.split_at(vendor.min(elements.len()));
        request.extend(first);
        if let Some(capabilities) = band.ht_capabilities.filter(|_| ht) {
            let mut body = capabilities.to_le_bytes().to_vec();
            body.push(band.ht_ampdu);
            body.extend(band.ht_mcs);
            body.resize(26, 0);
            emit_element(id::HT_CAPABILITIES, &body, &mut request);
        }
        request.extend(last);
        if wmm {
            emit_element(id::VENDOR_SPECIFIC, &[0x00, 0x50, 0xf2, WMM, 0, 1, 0], &mut request);
        }
        client.stage = Stage::Associating;
        client.qos = wmm;
        client.tries = 0;
        client.request = request.into();
        client.epoch = epoch;
        self.try_request(radio, iface, epoch);
        Ok(Reply::Ok)
    }

    /// Sends the request under way once more, or gives up: then the scan result is removed, too.
    fn try_request(&mut self, radio: usize, iface: InterfaceId, epoch: u64) {
        let Some(client) = self.client(radio, iface, epoch) else { return };
        client.tries += 1;
        let (stage, bssid, frequency) = (client.stage, client.bssid, client.frequency);
        if client.tries <= MAX_TRIES {
            let request = client.request.to_vec();
            let purpose = Purpose::Request { iface, epoch };
            return self.transmit(radio, iface, frequency, request, purpose, false);
        }
        self.forget_client(radio, iface);
        if let Some(r) = self.radios.get_mut(radio) {
            r.results.remove(&(bssid, frequency));
        }
        let event = match stage {
            Stage::Authenticating => Event::Authenticated { iface, bssid, status: None },
            _ => Event::Associated { iface, bssid, status: None, elements: Vec::new() },
        };
        self.report(radio, Sort::Mlme, event);
    }

    pub(crate) fn request_sent(&mut self, radio: usize, iface: InterfaceId, epoch: u64, acked: bool) {
        let Some(client) = self.client(radio, iface, epoch) else { return };
        match client.stage {
            Stage::Authenticating | Stage::Associating if acked => {
                self.queue.push(self.now + ANSWER_WAIT, Job::Answer { radio, iface, epoch });
            }
            Stage::Authenticating | Stage::Associating => self.try_request(radio, iface, epoch),
            _ => {}
        }
    }

    /// The wait for an answer is over, or that for an association.
    pub(crate) fn answer_missing(&mut self, radio: usize, iface: InterfaceId, epoch: u64) {
        let now = self.now;
        let Some(client) = self.client(radio, iface, epoch) else { return };
        match client.stage {
            Stage::Authenticating | Stage::Associating => self.try_request(radio, iface, epoch),
            Stage::Authenticated if now >= client.since + ASSOCIATION_WAIT => self.forget_client(radio, iface),
            _ => {}
        }
    }

    /// A management frame that may be from a client's owner.
    pub(crate) fn client_management(&mut self, radio: usize, frequency: u32, signal_dbm: i8, received: &Frame<'_>) {
        let owner = received.address2;
        let Some(r) = self.radios.get_mut(radio) else { return };
        let found = r.interfaces.iter_mut().find_map(|(id, i)| {
            let mine = i.up && (i.address == received.address1 || received.address1.is_group());
            i.client.as_mut().filter(|c| mine && c.bssid == owner && c.frequency == frequency).map(|c| (*id, c))
        });
        let Some((iface, client)) = found else { return };
        client.signal_dbm = signal_dbm;
        let word = |at: usize| received.body.get(at..at + 2).map(|b| u16::from_le_bytes([b[0], b[1]]));
        match (received.kind(), client.stage) {
            (frame::AUTHENTICATION, Stage::Authenticating) if word(2) == Some(2) => {
                let Some(status) = word(4) else { return };
                self.authenticated(radio, iface, owner, status);
            }
            (frame::ASSOCIATION_RESPONSE | frame::REASSOCIATION_RESPONSE, Stage::Associating) => {
                let Some(status) = word(2) else { return };
                let elements = received.body.get(6..).unwrap_or_default().to_vec();
                self.associated(radio, iface, owner, status, elements);
            }
            (frame::DEAUTHENTICATION | frame::DISASSOCIATION, Stage::Associating | Stage::Associated) => {
                let reason = word(0).unwrap_or(0);
                self.forget_client(radio, iface);
                let event = Event::Disconnected { iface, bssid: owner, reason, local: false };
                self.report(radio, Sort::Mlme, event);
            }
            _ => {}
        }
    }

    fn authenticated(&mut self, radio: usize, iface: InterfaceId, bssid: MacAddr, status: u16) {
        let (now, epoch) = (self.now, self.new_epoch());
        if status == 0 {
            let Some(client) = self.radios.get_mut(radio).and_then(|r| r.interfaces.get_mut(&iface)?.client.as_mut())
            else {
                return;
            };
            client.stage = Stage::Authenticated;
            client.epoch = epoch;
            client.since = now;
            self.queue.push(now + ASSOCIATION_WAIT, Job::Answer { radio, iface, epoch });
        } else {
            self.forget_client(radio, iface);
        }
        self.report(radio, Sort::Mlme, Event::Authenticated { iface, bssid, status: Some(status) });
    }

    fn associated(&mut self, radio: usize, iface: InterfaceId, bssid: MacAddr, status: u16, elements: Vec<u8>) {
        let (now, epoch) = (self.now, self.new_epoch());
        let event = Event::Associated { iface, bssid, status: Some(status), elements };
        if status != 0 {
            self.forget_client(radio, iface);
            return self.report(radio, Sort::Mlme, event);
        }
        let Some(client) = self.radios.get_mut(radio).and_then(|r| r.interfaces.get_mut(&iface)?.client.as_mut())
        else {
            return;
        };
        client.stage = Stage::Associated;
        client.epoch = epoch;
        client.since = now;
        client.last_beacon = now;
        let watch = now + client.beacon_interval * MISSED_BEACONS;
        self.queue.push(watch, Job::BeaconWatch { radio, iface, epoch });
        // Until the report is with the host, the connection does not exist for it, while frames may pass already.
        let reordered = self.chance(self.settings.reorder);
        let at = self.report_time(radio, Sort::Mlme, reordered);
        self.queue.push(at, Job::Connected { radio, iface, epoch, event });
    }

    pub(crate) fn disconnect(&mut self, radio: usize, iface: InterfaceId, bssid: MacAddr, reason: u16) -> Answer {
        let epoch = self.new_epoch();
        let Some(r) = self.radios.get_mut(radio) else { return Err(ENOENT.into()) };
        let i = r.running(iface)?;
        let source = i.address;
        let Some(client) = i.client.as_mut().filter(|c| c.bssid == bssid && c.stage != Stage::Leaving) else {
            return Err(ENOTCONN.into());
        };
        let mut frame = frame::header(frame::DEAUTHENTICATION, bssid, source, bssid);
        frame.extend(reason.to_le_bytes());
        let frequency = client.frequency;
        client.stage = Stage::Leaving;
        client.epoch = epoch;
        client.connected = false;
        client.authorized = false;
        self.transmit(radio, iface, frequency, frame, Purpose::Leave { iface, epoch }, false);
        self.report(radio, Sort::Mlme, Event::Disconnected { iface, bssid, reason, local: true });
        Ok(Reply::Ok)
    }

    pub(crate) fn left(&mut self, radio: usize, iface: InterfaceId, epoch: u64) {
        if self.client(radio, iface, epoch).is_some() {
            self.forget_client(radio, iface);
        }
    }

    pub(crate) fn forget_client(&mut self, radio: usize, iface: InterfaceId) {
        if let Some(i) = self.radios.get_mut(radio).and_then(|r| r.interfaces.get_mut(&iface)) {
            i.clear();
        }
    }

    /// A beacon or probe response: it may be from a client's owner, and say that it is about to move.
    pub(crate) fn heard_owner(&mut self, radio: usize, frequency: u32, received: &Frame<'_>) {
        let (now, owner) = (self.now, received.address3);
        let Some(r) = self.radios.get_mut(radio) else { return };
        for (iface, i) in &mut r.interfaces {
            let Some(client) = i.client.as_mut().filter(|c| c.bssid == owner && c.frequency == frequency) else {
                continue;
            };
            if client.stage != Stage::Associated || received.kind() != frame::BEACON {
                continue;
            }
            client.last_beacon = now;
            client.probes = 0;
            let elements = Elements::new(received.body.get(12..).unwrap_or_default());
            let Some((to, count)) = announced_switch(frequency, elements).filter(|_| !client.following) else {
                continue;
            };
            client.following = true;
            let at = now + client.beacon_interval * u32::from(count);
            let (iface, epoch) = (*iface, client.epoch);
            self.queue.push(at, Job::Follow { radio, iface, epoch, frequency: to, owner });
        }
    }

    pub(crate) fn follow(&mut self, radio: usize, iface: InterfaceId, epoch: u64, frequency: u32, owner: MacAddr) {
        let now = self.now;
        let Some(client) = self.client(radio, iface, epoch).filter(|c| c.bssid == owner) else { return };
        client.following = false;
        client.frequency = frequency;
        client.last_beacon = now;
        self.report(radio, Sort::Mlme, Event::ChannelSwitched { iface, channel: Channel::ht20(frequency) });
    }

    pub(crate) fn watch_beacons(&mut self, radio: usize, iface: InterfaceId, epoch: u64) {
        let now = self.now;
        let Some(client) = self.client(radio, iface, epoch).filter(|c| c.stage == Stage::Associated) else { return };
        let due = client.last_beacon + client.beacon_interval * MISSED_BEACONS;
        if now < due {
            return self.queue.push(due, Job::BeaconWatch { radio, iface, epoch });
        }
        let (frequency, owner) = (client.frequency, client.bssid);
        let Some(r) = self.radios.get(radio) else { return };
        if !r.listens_on(frequency) {
            // Away on another channel: that no beacon came means nothing.
            return self.queue.push(now + TU * 100, Job::BeaconWatch { radio, iface, epoch });
        }
        let Some(source) = r.interfaces.get(&iface).map(|i| i.address) else { return };
        let null = frame::header(frame::NULL | frame::TO_DS, owner, source, owner);
        self.transmit(radio, iface, frequency, null, Purpose::OwnerProbe { iface, epoch }, false);
    }

    pub(crate) fn owner_probed(&mut self, radio: usize, iface: InterfaceId, epoch: u64, acked: bool) {
        let now = self.now;
        let Some(client) = self.client(radio, iface, epoch).filter(|c| c.stage == Stage::Associated) else { return };
        let bssid = client.bssid;
        let wait = if acked {
            client.last_beacon = now;
            client.probes = 0;
            client.beacon_interval * MISSED_BEACONS
        } else {
            client.probes += 1;
            if client.probes >= MAX_OWNER_PROBES {
                self.forget_client(radio, iface);
                let event = Event::Disconnected { iface, bssid, reason: REASON_INACTIVITY, local: true };
                return self.report(radio, Sort::Mlme, event);
            }
            OWNER_PROBE_WAIT
        };
        self.queue.push(now + wait, Job::BeaconWatch { radio, iface, epoch });
    }
}

/// The channel (MHz) that a beacon's owner will move to, and after how many beacons (IEEE 802.11-2020 §9.4.2.18, §9.4.2.52).
fn announced_switch(frequency: u32, elements: Elements<'_>) -> Option<(u32, u8)> {
    if let Some(element) = elements.find(id::EXTENDED_CHANNEL_SWITCH_ANNOUNCEMENT)
        && let [_, class, channel, count, ..] = *element.body
    {
        return Some((channel_to_frequency(class, channel)?, count));
    }
    let element = elements.find(id::CHANNEL_SWITCH_ANNOUNCEMENT)?;
    let [_, channel, count, ..] = *element.body else { return None };
    let number = u32::from(channel);
    let to = match channel {
        14 if frequency < 5000 => 2484,
        _ if frequency < 5000 => 2407 + 5 * number,
        _ => 5000 + 5 * number,
    };
    Some((to, count))
}
