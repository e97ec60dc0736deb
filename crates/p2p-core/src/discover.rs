//! What frames tell of peers: probe requests, scan results, the P2P Device Info of action frames.

use crate::api::*;
use crate::frames::{Message, channels_of, frequency};
use crate::machine::P2p;
use crate::peers::Entry;
use crate::probe::{self, Unanswered};
use crate::wsc_ie::secondary_types;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::time::Duration;
use ieee80211_ies::frame::Header;
use ieee80211_ies::p2p::{ClientInfo, DeviceInfo, WILDCARD_SSID, group_capability};
use ieee80211_ies::{Elements, MacAddr, OUI_MICROSOFT, OUI_WFA};
use rand_core::CryptoRng;

/// Probe responses that the radio may have at a time; further requests go unanswered.
const MAX_PROBE_RESPONSES: usize = 8;
/// One whose end the radio does not tell is forgotten after this time.
const PROBE_RESPONSE_TIMEOUT: Duration = Duration::from_secs(1);
/// A kernel tells the age of a result in ticks, of at most 10 ms (100 Hz).
const AGE_SLACK: Duration = Duration::from_millis(20);
/// Clients of a group that are made peers from one Group Info attribute.
const MAX_GROUP_CLIENTS: usize = 32;
/// Octets kept of the vendor elements of a peer, and of its WFD subelements.
const MAX_VENDOR_ELEMENTS: usize = 1024;

impl P2p {
    /// A probe request: answered while listening; its sender searches, which a search of ours makes use of.
    pub(crate) fn probe_request(
        &mut self,
        now: Duration,
        header: &Header,
        elements: Elements<'_>,
        reception: Reception,
        rng: &mut dyn CryptoRng,
    ) {
        let (message, fits) = match probe::read_request(&self.settings, header, elements) {
            Ok(read) => read,
            Err(Unanswered::NotP2p) => return,
            Err(Unanswered::NotForUs) => {
                self.dropped.not_for_us += 1;
                return;
            }
        };
        let source = header.source;
        self.learn_from_probe_request(now, source, &message, reception);
        let here = self.may_listen() && reception.frequency == self.listen_frequency() && self.formation.is_none();
        // The owner's access point answers by the same address on its channel, and says more.
        let own = self.settings.device.address;
        let owner =
            |group: &OwnGroup| group.owner && group.interface_address == own && group.frequency == reception.frequency;
        let here = here && !self.groups.iter().any(owner);
        let answered = fits && here && self.settings.discoverable && self.answer_probe_request(now, source, reception);
        let known = self.peers.get(source).is_some_and(|entry| entry.known() && entry.peer.flags.reported);
        if let Some(find) = &mut self.find {
            if answered {
                find.schedule.answered(source);
            }
            let searched = |mhz: &u32| find.schedule.covers(*mhz);
            if let Some(mhz) = frequency(message.p2p.listen_channel()).filter(searched).filter(|_| !known) {
                find.schedule.heard(now, own, (source, mhz), answered, rng);
            }
            self.arm_find_step();
        }
        self.settle(now);
    }

    /// A probe request that was heard on the channel of a group that we are a client of, where we do not listen: whoever sent it is known
    /// from then on.
    pub fn hear_probe_request(&mut self, now: Duration, header: &Header, elements: Elements<'_>, reception: Reception) {
        if let Ok((message, _)) = probe::read_request(&self.settings, header, elements) {
            self.learn_from_probe_request(now, header.source, &message, reception);
            self.settle(now);
        }
    }

    fn answer_probe_request(&mut self, now: Duration, to: MacAddr, reception: Reception) -> bool {
        self.probe_responses.retain(|(.., at)| *at + PROBE_RESPONSE_TIMEOUT > now);
        if self.probe_responses.iter().any(|(_, each, _)| *each == to) {
            return true;
        }
        if self.probe_responses.len() >= MAX_PROBE_RESPONSES {
            self.dropped.table_full += 1;
            return false;
        }
        let frame = probe::response(&self.settings, to, reception.frequency, &self.probe_response_elements());
        let token = self.send(reception.frequency, frame, Duration::ZERO, true);
        self.probe_responses.push((token, to, now));
        true
    }

    fn learn_from_probe_request(&mut self, now: Duration, source: MacAddr, message: &Message<'_>, at: Reception) {
        let listen = message.p2p.listen_channel();
        let Some(entry) = self.enter(now, source) else { return };
        let first = entry.peer.source.is_zero();
        if first {
            entry.peer.flags.probe_request_only = true;
        }
        entry.seen(now, source, at.signal_dbm);
        if let (Some(channel), Some(mhz)) = (listen, frequency(listen)) {
            entry.peer.listen_frequency = mhz;
            entry.peer.country = channel.country;
        }
        if entry.peer.flags.probe_request_only {
            entry.learn_wsc(message);
            if let Some(capability) = message.p2p.capability() {
                (entry.peer.device_capability, entry.peer.group_capability) = (capability.device, capability.group);
            }
        }
    }

    /// A network that a scan has seen. `search_began` is when that scan began: what was last heard before is no discovery.
    pub fn handle_bss(&mut self, now: Duration, bss: &radio::Bss, search_began: Duration) {
        let heard = now.saturating_sub(Duration::from_millis(bss.age_ms.into()));
        let find_began = self.find.as_ref().map(|find| find.began);
        let fresh = heard + AGE_SLACK >= search_began.max(find_began.unwrap_or_default());
        let elements = Elements::new(bss.elements());
        let Some(message) = Message::read(elements).filter(|_| fresh) else { return };
        let info = message.p2p.device_info();
        let Some(address) = info.map(|info| info.address).or_else(|| message.p2p.device_id()) else { return };
        if address.is_group() || address.is_zero() || address == self.settings.device.address {
            return;
        }
        let beacon_only = bss.probe_response.is_empty() && info.is_none();
        let silent_channel = self.settings.passive_frequencies.contains(&bss.frequency);
        let Some(entry) = self.enter(now, address) else { return };
        let new = entry.peer.source.is_zero() || entry.peer.flags.probe_request_only;
        entry.seen(heard, bss.bssid, bss.signal_dbm);
        entry.learn(&message);
        entry.peer.flags.last_seen_as_group_client = false;
        if !bss.probe_response.is_empty() {
            entry.peer.vendor_elements = other_vendor_elements(elements);
        }
        let ssid = elements.ssid().ok().flatten().unwrap_or_default();
        if ssid.as_bytes() == WILDCARD_SSID {
            // Its listen channel. It is in no group, unless this very scan has heard its group as well: an owner may
            // answer twice, for its group and for the device, by one address.
            entry.peer.listen_frequency = bss.frequency;
            if entry.group_heard.is_none_or(|group| group < search_began) {
                entry.leave_group();
            }
        } else {
            entry.group_heard = Some(heard);
            entry.peer.operating_frequency = bss.frequency;
            entry.peer.operating_ssid = ssid.as_bytes().to_vec();
            entry.peer.interface_address = bss.bssid;
            entry.peer.group_capability |= group_capability::GROUP_OWNER;
        }
        // A beacon alone does not name the device. Where it may be asked it is asked once more first.
        let hold = beacon_only && new && !silent_channel && entry.beacon_only_since.is_none();
        entry.beacon_only_since = if beacon_only { entry.beacon_only_since.or(Some(heard)) } else { None };
        if let Some(group) = message.p2p.group_info() {
            for client in group.clients().take(MAX_GROUP_CLIENTS) {
                self.learn_group_client(heard, address, bss, &client);
            }
        }
        if hold {
            if let Some(find) = &mut self.find {
                find.schedule.look_at(bss.frequency);
            }
        } else if self.find.is_some() {
            self.report(now, address);
        }
        self.settle(now);
    }

    fn learn_group_client(&mut self, heard: Duration, owner: MacAddr, bss: &radio::Bss, client: &ClientInfo<'_>) {
        let address = client.device_address;
        if address.is_group() || address.is_zero() || address == self.settings.device.address {
            return;
        }
        let Some(entry) = self.enter(heard, address) else { return };
        let peer = &mut entry.peer;
        // What the client has said itself is better.
        if peer.source.is_zero() || peer.flags.group_client_only || peer.flags.probe_request_only {
            peer.flags.group_client_only = peer.source.is_zero() || peer.flags.group_client_only;
            peer.flags.probe_request_only = false;
            peer.name = client.name.as_bytes().to_vec();
            peer.config_methods = client.config_methods.0;
            peer.primary_type = client.primary.0;
            peer.secondary_types = secondary_types(client.secondary);
            peer.device_capability = client.device_capability;
        }
        peer.flags.last_seen_as_group_client = true;
        peer.interface_address = client.interface_address;
        peer.member_in_owner_device = owner;
        peer.member_in_owner_interface = bss.bssid;
        peer.operating_frequency = bss.frequency;
        // It is told of by its own address, as if it had answered.
        entry.seen(heard, address, bss.signal_dbm);
        if self.find.is_some() {
            self.report(heard, address);
        }
    }

    /// Takes in what an action frame says of its sender. `report` tells the user of a device that was not known so far.
    pub(crate) fn learn_from_action(
        &mut self,
        now: Duration,
        source: MacAddr,
        message: &Message<'_>,
        reception: Reception,
        report: bool,
    ) {
        let told = message.p2p.device_info().is_some_and(|info| info.address == source);
        let channels = message.p2p.channel_list().and_then(|list| channels_of(&list, &self.settings));
        let Some(entry) = self.enter(now, source) else { return };
        let new = entry.peer.source.is_zero() || entry.peer.flags.probe_request_only;
        if !told && new {
            // Of a stranger that does not introduce itself nothing is kept but its address.
            entry.peer.flags.probe_request_only = true;
        }
        entry.seen(now, source, reception.signal_dbm);
        if let Some(channels) = channels {
            entry.peer.channels = channels;
        }
        if told {
            let methods = entry.peer.config_methods;
            entry.learn(message);
            if !new {
                // A request names the one method that it is about; a known device has told all that it can.
                entry.peer.config_methods = methods;
            }
            entry.peer.flags.group_client_only = false;
        }
        if let Some(mhz) = frequency(message.p2p.listen_channel()) {
            entry.peer.listen_frequency = mhz;
        } else {
            // Where it asks us it may be found for a while.
            entry.asked_on = reception.frequency;
        }
        if report && told && !entry.peer.flags.user_rejected && !entry.peer.flags.reported {
            self.report(now, source);
        }
    }

    /// Tells the user of a peer, once in a search.
    fn report(&mut self, now: Duration, address: MacAddr) {
        let Some(entry) = self.peers.get_mut(address) else { return };
        if let Some(find) = &mut self.find {
            // Beacons and Group Info are heard of devices that were not asked for, too.
            if !is_wanted(&entry.peer, &find.parameters) {
                return;
            }
            let first = !entry.peer.flags.reported;
            if first && !entry.peer.flags.last_seen_as_group_client && entry.peer.operating_frequency == 0 {
                find.schedule.found(now, address);
            }
        }
        if core::mem::replace(&mut entry.peer.flags.reported, true) {
            return;
        }
        let new = !core::mem::replace(&mut entry.announced, true);
        let peer = Box::new(entry.peer.clone());
        self.event(Event::DeviceFound { peer, new });
        self.arm_find_step();
    }

    /// The entry of a device, made if there is room.
    fn enter(&mut self, now: Duration, address: MacAddr) -> Option<&mut Entry> {
        let in_use = self.in_use();
        let known = self.peers.get(address).is_some();
        let removed = match self.peers.enter(now, address, |address| in_use.contains(&address)) {
            Some((_, removed)) => removed,
            None => {
                self.dropped.table_full += 1;
                return None;
            }
        };
        if let Some(removed) = removed.filter(|_| !known) {
            self.lost(&removed);
        }
        self.peers.get_mut(address)
    }
}

impl Entry {
    fn seen(&mut self, at: Duration, source: MacAddr, signal_dbm: i8) {
        self.last_seen = self.last_seen.max(at);
        self.peer.source = source;
        if signal_dbm != 0 {
            self.peer.signal_dbm = signal_dbm;
        }
    }

    /// Takes in a device's description of itself.
    fn learn(&mut self, message: &Message<'_>) {
        self.peer.flags.probe_request_only = false;
        self.peer.flags.group_client_only = false;
        let name = self.peer.name.clone();
        self.learn_wsc(message);
        if let Some(info) = message.p2p.device_info() {
            self.learn_info(&info);
        }
        if self.announced && self.peer.name != name {
            // The user knows it by another name: told of once more.
            self.peer.flags.reported = false;
        }
        if let Some(capability) = message.p2p.capability() {
            (self.peer.device_capability, self.peer.group_capability) = (capability.device, capability.group);
        }
        let timing = message.p2p.extended_listen_timing();
        self.peer.extended_listen = timing.map(|timing| (timing.period, timing.interval)).or(self.peer.extended_listen);
        if let Some(channel) = message.p2p.listen_channel() {
            self.peer.country = channel.country;
        }
        if !message.wfd.is_empty() {
            self.peer.wfd = message.wfd.get(..MAX_VENDOR_ELEMENTS).unwrap_or(&message.wfd).to_vec();
        }
    }

    fn learn_info(&mut self, info: &DeviceInfo<'_>) {
        self.peer.name = info.name.as_bytes().to_vec();
        self.peer.config_methods = info.config_methods.0;
        self.peer.primary_type = info.primary.0;
        self.peer.secondary_types = secondary_types(info.secondary);
    }

    fn learn_wsc(&mut self, message: &Message<'_>) {
        let (wsc, peer) = (&message.wsc, &mut self.peer);
        let keep = |place: &mut Vec<u8>, text: &Vec<u8>| {
            if !text.is_empty() {
                place.clone_from(text);
            }
        };
        keep(&mut peer.manufacturer, &wsc.manufacturer);
        keep(&mut peer.model_name, &wsc.model_name);
        keep(&mut peer.model_number, &wsc.model_number);
        keep(&mut peer.serial_number, &wsc.serial_number);
        if let Some(name) = &wsc.device_name {
            peer.name.clone_from(name);
        }
        peer.primary_type = wsc.primary_type.unwrap_or(peer.primary_type);
        peer.config_methods = wsc.config_methods.map_or(peer.config_methods, |methods| methods.0);
        if !wsc.secondary_types.is_empty() {
            peer.secondary_types.clone_from(&wsc.secondary_types);
        }
    }

    fn leave_group(&mut self) {
        self.group_heard = None;
        self.peer.operating_frequency = 0;
        self.peer.operating_ssid.clear();
        self.peer.interface_address = MacAddr::ZERO;
        self.peer.member_in_owner_device = MacAddr::ZERO;
        self.peer.member_in_owner_interface = MacAddr::ZERO;
    }
}

/// Whether a search is for this device.
fn is_wanted(peer: &Peer, parameters: &FindParameters) -> bool {
    let kinds = || peer.secondary_types.iter().chain([&peer.primary_type]);
    parameters.device.is_none_or(|device| device == peer.address)
        && parameters.device_type.is_none_or(|asked| kinds().any(|kind| probe::fits_type(&asked, kind)))
}

/// The vendor elements that are not WPA, WMM, WSC, P2P or WFD, whole.
fn other_vendor_elements(elements: Elements<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    for element in elements.iter() {
        let Some((oui, kind, _)) = element.vendor() else { continue };
        let known = (oui == OUI_MICROSOFT && matches!(kind, 1 | 2 | 4)) || (oui == OUI_WFA && matches!(kind, 9 | 10));
        if !known && out.len() + element.body.len() + 2 <= MAX_VENDOR_ELEMENTS {
            ieee80211_ies::emit_element(element.id, element.body, &mut out);
        }
    }
    out
}
