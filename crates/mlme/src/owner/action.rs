//! P2P action frames between an owner and its clients: presence, discoverability.

use super::config::Event;
use super::machine::{Owner, Pending};
use alloc::vec::Vec;
use core::time::Duration;
use ieee80211_ies::frame::{Action, Body, Frame, P2pSubtype};
use ieee80211_ies::p2p::{self, Attribute, NoticeOfAbsenceBuf, Status, device_capability};
use ieee80211_ies::{Elements, MacAddr};
use radio::SendStatus;

impl Owner {
    /// Wakes a client for somebody that has asked for it with a Device Discoverability Request (Wi-Fi P2P v1.7 §3.2.6):
    /// [`Event::Discoverability`] follows with the status for the answer. `device` is the client's P2P Device Address.
    pub fn device_discoverability(&mut self, _now: Duration, device: MacAddr) {
        let client = self.stations.clients().find(|client| client.device_address == device);
        let able = |capability: u8| capability & device_capability::CLIENT_DISCOVERABILITY != 0;
        match client.filter(|client| able(client.device_capability)).map(|client| client.interface_address) {
            Some(to) => {
                let action = Action::P2p {
                    subtype: P2pSubtype::GO_DISCOVERABILITY_REQUEST,
                    dialog_token: 0,
                    elements: Elements::default(),
                };
                let frame = self.action_frame(to, action);
                self.transmit(frame, false, Pending::Discoverability(device));
            }
            None => self.out.event(Event::Discoverability { device, status: Status::UNABLE_TO_ACCOMMODATE }),
        }
    }

    pub(super) fn on_discoverability_sent(&mut self, device: MacAddr, status: SendStatus) {
        let status = match status {
            SendStatus::Acked | SendStatus::Unknown => Status::SUCCESS,
            SendStatus::NotAcked => Status::UNABLE_TO_ACCOMMODATE,
        };
        self.out.event(Event::Discoverability { device, status });
    }

    pub(super) fn on_action(&mut self, source: MacAddr, action: Action<'_>) {
        match action {
            Action::P2p { subtype: P2pSubtype::PRESENCE_REQUEST, dialog_token, elements }
                if self.stations.get(source).is_some_and(|station| station.is_associated()) =>
            {
                let status = presence_status(elements);
                // The radio cannot be told of absences, so that there are none: the timing in force is the empty one.
                let notice = Attribute::NoticeOfAbsence(NoticeOfAbsenceBuf::default());
                let mut body = Vec::new();
                p2p::emit(&[Attribute::Status(status), notice], &mut body);
                let subtype = P2pSubtype::PRESENCE_RESPONSE;
                let frame =
                    self.action_frame(source, Action::P2p { subtype, dialog_token, elements: Elements::new(&body) });
                self.answer(frame, false);
            }
            // The others are not the MLME's.
            Action::P2pPublic { .. } | Action::Other { .. } => {}
            _ => self.dropped.unexpected += 1,
        }
    }

    fn action_frame(&self, to: MacAddr, action: Action<'_>) -> Vec<u8> {
        let own = self.config.address;
        Frame::new(to, own, own, Body::Action(action)).to_vec()
    }
}

/// The answer to a Presence Request (Wi-Fi P2P v1.7 §3.3.3): it must say what presence is wanted, and cannot be had.
fn presence_status(request: Elements<'_>) -> Status {
    match request.p2p() {
        Ok(Some(p2p)) if p2p.notice_of_absence().is_some() => Status::UNABLE_TO_ACCOMMODATE,
        _ => Status::INVALID_PARAMETERS,
    }
}
