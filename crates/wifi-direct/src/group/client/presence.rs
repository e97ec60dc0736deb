//! When a client is there and when it is not (Wi-Fi P2P v1.7 §3.3.3).

use super::{ClientGroup, Stage};
use crate::api::{GroupEvent, PresencePeriod};
use crate::group::Output;
use alloc::vec::Vec;
use ieee80211_ies::Elements;
use ieee80211_ies::frame::{Action, Body, Frame, P2pSubtype};
use ieee80211_ies::p2p::{self, AbsenceDescriptor, Attribute, AttributeId, NoticeOfAbsenceBuf};
use radio::{Command, Transmission};

impl ClientGroup {
    /// A management frame for us: of those only the answer to a Presence Request is not the radio's or discovery's.
    pub(crate) fn handle_frame(&mut self, frame: &Frame<'_>) {
        let Body::Action(Action::P2p { subtype: P2pSubtype::PRESENCE_RESPONSE, dialog_token, elements }) = frame.body
        else {
            return;
        };
        let source = frame.header.source;
        if self.stage != Stage::Connected || Some(source) != self.bssid || dialog_token != self.presence_token {
            return;
        }
        let Ok(Some(p2p)) = elements.p2p() else { return };
        let Some(status) = p2p.status() else { return };
        let notice = p2p.attributes().find(|attribute| attribute.id == AttributeId::NOTICE_OF_ABSENCE);
        let notice = notice.map(|attribute| attribute.body.to_vec()).unwrap_or_default();
        let event = GroupEvent::PresenceResponse { source, status: status.0, notice };
        self.outputs.push_back(Output::Event(event));
    }

    /// Tells the owner when we want it to be present (Wi-Fi P2P v1.7 §3.3.3); whether we are connected.
    pub(crate) fn request_presence(&mut self, periods: &[PresencePeriod]) -> bool {
        let (Stage::Connected, Some(bssid)) = (self.stage, self.bssid) else { return false };
        self.presence_token = self.presence_token.checked_add(1).unwrap_or(1);
        let descriptor = |n: usize, period: &PresencePeriod| AbsenceDescriptor {
            // Preferred is 1, acceptable 2 (Wi-Fi P2P v1.7 §4.1.14).
            count: if n == 0 { 1 } else { 2 },
            duration: period.duration_us,
            interval: period.interval_us,
            start: 0,
        };
        let descriptors = periods.iter().take(2).enumerate().map(|(n, period)| descriptor(n, period)).collect();
        let notice = NoticeOfAbsenceBuf { descriptors, ..Default::default() };
        let mut elements = Vec::new();
        p2p::emit(&[Attribute::NoticeOfAbsence(notice)], &mut elements);
        let action = Action::P2p {
            subtype: P2pSubtype::PRESENCE_REQUEST,
            dialog_token: self.presence_token,
            elements: Elements::new(&elements),
        };
        let frame = Frame::new(bssid, self.address, bssid, Body::Action(action)).to_vec();
        let transmission = Transmission { frequency: None, frame, wait_ms: 0, no_cck: true, no_ack: false };
        self.outputs
            .push_back(Output::Tell("a Presence Request", Command::Transmit { iface: self.iface, transmission }));
        true
    }
}
