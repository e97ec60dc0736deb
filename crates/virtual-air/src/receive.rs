//! What a radio does with a frame that it hears.

use crate::air::Air;
use crate::frame::{self, Frame};
use crate::state::Sort;
use ieee80211_ies::MacAddr;
use radio::{Event, FrameKind, InterfaceId, InterfaceKind};

impl Air {
    /// A frame was heard on a channel that the radio is on; it is for one of its addresses or for all.
    pub(crate) fn receive(&mut self, radio: usize, frequency: u32, signal_dbm: i8, bytes: &[u8]) {
        let Some(received) = Frame::parse(bytes) else { return };
        if received.is_data() {
            return self.receive_data(radio, frequency, signal_dbm, &received);
        }
        if !received.is_management() {
            return;
        }
        match received.kind() {
            frame::BEACON | frame::PROBE_RESPONSE => {
                self.note_bss(radio, frequency, signal_dbm, &received);
                self.heard_owner(radio, frequency, &received);
            }
            // On whatever channel, in a scan too: mac80211 passes them to whoever has registered for them
            // (`ieee80211_accept_frame`, `ieee80211_rx_h_userspace_mgmt`).
            frame::PROBE_REQUEST => {
                self.hand_up(radio, frequency, signal_dbm, bytes, &received, |i| i.wants(&FrameKind::ProbeRequest));
            }
            frame::ACTION => {
                let public = received.body.first() == Some(&frame::CATEGORY_PUBLIC);
                let body = received.body;
                self.hand_up(radio, frequency, signal_dbm, bytes, &received, |i| {
                    i.wants_action(body) && (public || i.kind != InterfaceKind::P2pDevice)
                });
            }
            frame::ASSOCIATION_REQUEST
            | frame::REASSOCIATION_REQUEST
            | frame::AUTHENTICATION
            | frame::DEAUTHENTICATION
            | frame::DISASSOCIATION
            | frame::ASSOCIATION_RESPONSE
            | frame::REASSOCIATION_RESPONSE => {
                self.station_heard(radio, received.address2, signal_dbm);
                self.hand_up(radio, frequency, signal_dbm, bytes, &received, |i| {
                    i.ap.is_some() && i.wants(&FrameKind::ApMlme)
                });
                self.client_management(radio, frequency, signal_dbm, &received);
            }
            _ => {}
        }
    }

    /// Reports a frame on each interface that it is for and that `wants` it.
    fn hand_up(
        &mut self,
        radio: usize,
        frequency: u32,
        signal_dbm: i8,
        bytes: &[u8],
        received: &Frame<'_>,
        wants: impl Fn(&crate::state::Interface) -> bool,
    ) {
        let to = received.address1;
        let Some(r) = self.radios.get(radio) else { return };
        let on = r.interfaces.iter().filter(|(_, i)| (to.is_group() || i.address == to) && wants(i));
        let ifaces: Vec<InterfaceId> = on.map(|(id, _)| *id).collect();
        for iface in ifaces {
            let frame = bytes.to_vec();
            self.report(radio, Sort::Frame, Event::Received { iface, frequency, signal_dbm, frame });
        }
    }

    /// Notes that a station of one of the radio's access points is alive.
    pub(crate) fn station_heard(&mut self, radio: usize, address: MacAddr, signal_dbm: i8) {
        let now = self.now;
        let Some(r) = self.radios.get_mut(radio) else { return };
        for ap in r.interfaces.values_mut().filter_map(|i| i.ap.as_mut()) {
            if let Some(station) = ap.stations.get_mut(&address) {
                station.heard = now;
                station.signal_dbm = signal_dbm;
            }
        }
    }
}
