//! The frames in which the group describes itself: beacon, probe response, association response.

use super::config::OwnerConfig;
use super::elements::{self, HtProtection};
use alloc::vec::Vec;
use ieee80211_ies::bss::ExtendedCapabilities;
use ieee80211_ies::frame::{Body, Frame, StatusCode, capability, emit_beacon_head};
use ieee80211_ies::p2p::{self, Attribute, Capability, ClientInfoBuf, Status, group_capability};
use ieee80211_ies::{Elements, KnownElement, MacAddr, emit_element, id};
use radio::{Beacon, Channel, ChannelSwitch};

/// The most octets of client descriptors that a probe response carries, so that the whole frame stays within the 2304
/// octets that every station handles (IEEE 802.11-2020 §9.2.4.8). Some 20 clients; the rest is left out.
const MAX_GROUP_INFO: usize = 1280;

/// Whole WSC elements, as the registrar wants them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct WscElements {
    pub(super) beacon: Vec<u8>,
    pub(super) probe_response: Vec<u8>,
    pub(super) association_response: Vec<u8>,
}

/// All that the frames say; they are functions of it.
pub(super) struct Description<'a> {
    pub(super) config: &'a OwnerConfig,
    pub(super) channel: Channel,
    pub(super) wsc: &'a WscElements,
    pub(super) forming: bool,
    pub(super) full: bool,
    pub(super) protection: HtProtection,
    pub(super) clients: Vec<ClientInfoBuf>,
}

/// A channel switch to announce: where to, silence until then, beacons until then.
type Switch = (Channel, bool, u8);

impl Description<'_> {
    pub(super) fn capability(&self) -> u16 {
        let slot = if elements::is_2ghz(&self.channel) { capability::SHORT_SLOT_TIME } else { 0 };
        capability::ESS | capability::PRIVACY | slot
    }

    /// The beacon and what goes with it.
    pub(super) fn beacon(&self) -> Beacon {
        self.beacon_and_counter(None).0
    }

    /// A switch to `to`: the beacon until then with the announcement, and the one after it.
    pub(super) fn channel_switch(&self, to: Channel, count: u8, block_transmission: bool) -> ChannelSwitch {
        let (during, counter_offset) = self.beacon_and_counter(Some((to, block_transmission, count)));
        let after = Description { channel: to, clients: self.clients.clone(), ..*self }.beacon();
        ChannelSwitch { channel: to, count, block_transmission, during, counter_offset, after }
    }

    fn beacon_and_counter(&self, switch: Option<Switch>) -> (Beacon, u16) {
        let mut head = Vec::new();
        let mut first = Vec::new();
        self.emit_first(&mut first);
        emit_beacon_head(self.config.address, self.config.beacon_interval, self.capability(), &first, &mut head);

        let mut tail = Vec::new();
        let counter = self.emit_second(switch, &mut tail);
        let mut vendor = Vec::new();
        vendor.extend_from_slice(&self.wsc.beacon);
        let device_id = Attribute::DeviceId(self.config.device.address);
        p2p::emit(&[Attribute::Capability(self.p2p_capability()), device_id], &mut vendor);
        vendor.extend_from_slice(&self.config.beacon_elements);
        tail.extend_from_slice(&vendor);

        let mut beacon = Beacon { head, tail, beacon_elements: vendor, ..Beacon::default() };
        if self.config.probe_response_offload {
            beacon.probe_response = self.probe_response(MacAddr::ZERO);
        }
        // Only a driver that builds the frames uses these; for others they would change the beacon with every client.
        if self.config.device_ap_sme {
            self.emit_probe_response_vendor(&mut beacon.probe_response_elements);
            self.emit_association_response_vendor(Status::SUCCESS, true, &mut beacon.association_response_elements);
        }
        (beacon, counter as u16)
    }

    /// The whole Probe Response.
    pub(super) fn probe_response(&self, to: MacAddr) -> Vec<u8> {
        let mut elements = Vec::new();
        self.emit_first(&mut elements);
        self.emit_second(None, &mut elements);
        self.emit_probe_response_vendor(&mut elements);
        let own = self.config.address;
        let body = Body::ProbeResponse {
            timestamp: 0,
            interval: self.config.beacon_interval,
            capability: self.capability(),
            elements: Elements::new(&elements),
        };
        Frame::new(to, own, own, body).to_vec()
    }

    /// The whole (Re)Association Response.
    pub(super) fn association_response(&self, to: MacAddr, answer: &Answer) -> Vec<u8> {
        let mut elements = Vec::new();
        elements::emit_rates(&mut elements);
        if answer.qos {
            self.emit_ht_and_vht(&mut elements);
            elements::emit_wmm(self.config.uapsd, &mut elements);
        }
        if answer.wsc {
            elements.extend_from_slice(&self.wsc.association_response);
        }
        if answer.p2p {
            let status = match answer.status {
                StatusCode::SUCCESS => Status::SUCCESS,
                StatusCode::NO_MORE_STATIONS => Status::LIMIT_REACHED,
                _ => Status::INVALID_PARAMETERS,
            };
            self.emit_association_response_vendor(status, false, &mut elements);
        }
        let (capability, status, aid, elements) =
            (self.capability(), answer.status, answer.aid, Elements::new(&elements));
        let body = if answer.reassociation {
            Body::ReassociationResponse { capability, status, aid, elements }
        } else {
            Body::AssociationResponse { capability, status, aid, elements }
        };
        let own = self.config.address;
        Frame::new(to, own, own, body).to_vec()
    }

    /// What stands before the TIM.
    fn emit_first(&self, out: &mut Vec<u8>) {
        emit_element(id::SSID, &self.config.ssid, out);
        elements::emit_rates(out);
        elements::emit_dsss(&self.channel, out);
    }

    /// What follows the TIM, in the order of IEEE 802.11-2020 Table 9-32, without WSC and P2P elements. Gives back where
    /// the counter of a channel switch is.
    fn emit_second(&self, switch: Option<Switch>, out: &mut Vec<u8>) -> usize {
        let (bands, channel) = (&self.config.bands, &self.channel);
        let mut counter = 0;
        if let Some(country) = self.config.country {
            elements::emit_country(country, bands, channel, out);
        }
        // The plain announcement has a channel number only, and means one of the same band.
        let (within, across) = match switch {
            Some((to, ..)) if elements::is_2ghz(&to) == elements::is_2ghz(channel) => (switch, None),
            _ => (None, switch),
        };
        if let Some((to, silent, count)) = within {
            counter = elements::emit_channel_switch(&to, silent, count, out);
        }
        if elements::is_2ghz(channel) {
            elements::emit_erp(out);
        }
        elements::emit_rsn(self.config.psk_sha256, out);
        if let Some((to, silent, count)) = across {
            counter = elements::emit_extended_channel_switch(&to, silent, count, out);
        }
        if let Some(band) = elements::ht_band(bands, channel) {
            elements::emit_ht(band, channel, self.protection, out);
        }
        if let Some((to, ..)) = switch.filter(|(to, ..)| elements::ht_band(bands, to).is_some()) {
            elements::emit_secondary_channel_offset(&to, out);
        }
        self.emit_extended_capabilities(out);
        if let Some(interworking) = &self.config.interworking {
            interworking.emit(out);
        }
        if let Some(band) = elements::vht_band(bands, channel) {
            elements::emit_vht(band, channel, out);
        }
        if let Some((to, ..)) = switch.filter(|(to, ..)| elements::vht_band(bands, to).is_some()) {
            elements::emit_channel_switch_wrapper(&to, out);
        }
        elements::emit_wmm(self.config.uapsd, out);
        counter
    }

    fn emit_ht_and_vht(&self, out: &mut Vec<u8>) {
        let (bands, channel) = (&self.config.bands, &self.channel);
        if let Some(band) = elements::ht_band(bands, channel) {
            elements::emit_ht(band, channel, self.protection, out);
        }
        self.emit_extended_capabilities(out);
        if let Some(band) = elements::vht_band(bands, channel) {
            elements::emit_vht(band, channel, out);
        }
    }

    /// A VHT group understands operating mode notifications.
    fn emit_extended_capabilities(&self, out: &mut Vec<u8>) {
        let interworking = self.config.interworking.map(|_| ExtendedCapabilities::INTERWORKING);
        let vht = elements::vht_band(&self.config.bands, &self.channel);
        let vht = vht.map(|_| ExtendedCapabilities::OPERATING_MODE_NOTIFICATION);
        elements::emit_extended_capabilities(interworking.into_iter().chain(vht), out);
    }

    /// WSC, P2P and others' elements of probe responses.
    fn emit_probe_response_vendor(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.wsc.probe_response);
        let mut attributes =
            [Attribute::Capability(self.p2p_capability()), Attribute::DeviceInfo(self.config.device.clone())].to_vec();
        let clients = self.descriptors();
        if !clients.is_empty() {
            attributes.push(Attribute::GroupInfo(clients));
        }
        p2p::emit(&attributes, out);
        out.extend_from_slice(&self.config.probe_response_elements);
    }

    /// P2P, others' and (for a driver that adds all of them itself) WSC elements of association responses. The P2P Status
    /// stands there only when it is not a success.
    fn emit_association_response_vendor(&self, status: Status, with_wsc: bool, out: &mut Vec<u8>) {
        if with_wsc {
            out.extend_from_slice(&self.wsc.association_response);
        }
        match status {
            Status::SUCCESS => p2p::emit(&[], out),
            status => p2p::emit(&[Attribute::Status(status)], out),
        }
        out.extend_from_slice(&self.config.association_response_elements);
    }

    fn p2p_capability(&self) -> Capability {
        let mut group = self.config.group_capability | group_capability::GROUP_OWNER;
        for (bit, set) in
            [(group_capability::GROUP_LIMIT, self.full), (group_capability::GROUP_FORMATION, self.forming)]
        {
            group = if set { group | bit } else { group & !bit };
        }
        Capability { device: self.config.device_capability, group }
    }

    /// The descriptors of as many clients as there is room for.
    fn descriptors(&self) -> Vec<ClientInfoBuf> {
        let mut room = MAX_GROUP_INFO;
        let fits = |client: &&ClientInfoBuf| {
            // Length, two addresses, capability, methods, type, count, name with its header.
            let len = 1 + 6 + 6 + 1 + 2 + 8 + 1 + 8 * client.secondary.len() + 4 + client.name.len();
            let fits = len <= room;
            room = room.saturating_sub(len);
            fits
        };
        self.clients.iter().take_while(fits).cloned().collect()
    }
}

/// What a (Re)Association Response says beside what the group is.
pub(super) struct Answer {
    pub(super) reassociation: bool,
    pub(super) status: StatusCode,
    pub(super) aid: u16,
    /// The station does QoS.
    pub(super) qos: bool,
    /// There was a WSC element in its request.
    pub(super) wsc: bool,
    /// There was a P2P element in its request.
    pub(super) p2p: bool,
}
