//! Writing management frames.

use alloc::vec::Vec;

use super::{Action, Body, Frame, FrameControl, Header, category, public_action};
use crate::{MacAddr, OUI_WFA, nan, p2p};

impl Frame<'_> {
    /// Appends the frame without FCS. The kind in the Frame Control field is that of the body, the +HTC flag is set where
    /// there is an HT Control field.
    pub fn emit(&self, out: &mut Vec<u8>) {
        let FrameControl(kind) = FrameControl::management(self.body.subtype());
        let flags = self.header.frame_control.0 & 0x7f00;
        let order = if self.header.ht_control.is_some() { FrameControl::HTC } else { 0 };
        let Header { duration, destination, source, bssid, sequence, ht_control, .. } = self.header;
        out.extend_from_slice(&(kind | flags | order).to_le_bytes());
        out.extend_from_slice(&duration.to_le_bytes());
        for address in [destination, source, bssid] {
            out.extend_from_slice(&address.0);
        }
        out.extend_from_slice(&sequence.to_le_bytes());
        out.extend_from_slice(ht_control.as_ref().map_or(&[], |field| field));
        self.body.emit(out);
    }

    /// The frame as bytes without FCS.
    pub fn to_vec(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.emit(&mut out);
        out
    }
}

impl Body<'_> {
    /// Appends the body alone.
    pub fn emit(&self, out: &mut Vec<u8>) {
        match *self {
            Self::AssociationRequest { capability, listen_interval, elements } => {
                fields(&[capability, listen_interval], out);
                out.extend_from_slice(elements.bytes());
            }
            Self::AssociationResponse { capability, status, aid, elements }
            | Self::ReassociationResponse { capability, status, aid, elements } => {
                // Both upper bits of an AID field are set (IEEE 802.11-2020 §9.4.1.8).
                fields(&[capability, status.0, aid | 0xc000], out);
                out.extend_from_slice(elements.bytes());
            }
            Self::ReassociationRequest { capability, listen_interval, current_ap, elements } => {
                fields(&[capability, listen_interval], out);
                out.extend_from_slice(&current_ap.0);
                out.extend_from_slice(elements.bytes());
            }
            Self::ProbeRequest { elements } => out.extend_from_slice(elements.bytes()),
            Self::ProbeResponse { timestamp, interval, capability, elements }
            | Self::Beacon { timestamp, interval, capability, elements } => {
                out.extend_from_slice(&timestamp.to_le_bytes());
                fields(&[interval, capability], out);
                out.extend_from_slice(elements.bytes());
            }
            Self::Disassociation { reason, elements } | Self::Deauthentication { reason, elements } => {
                fields(&[reason.0], out);
                out.extend_from_slice(elements.bytes());
            }
            Self::Authentication { algorithm, transaction, status, elements } => {
                fields(&[algorithm.0, transaction, status.0], out);
                out.extend_from_slice(elements.bytes());
            }
            Self::Action(action) | Self::ActionNoAck(action) => action.emit(out),
            Self::Other { body, .. } => out.extend_from_slice(body),
        }
    }
}

impl Action<'_> {
    /// Appends the body of an action frame, from the category on.
    pub fn emit(&self, out: &mut Vec<u8>) {
        let [a, b, c] = OUI_WFA;
        match *self {
            Self::P2pPublic { subtype, dialog_token, elements } => {
                out.extend_from_slice(&[category::PUBLIC, public_action::VENDOR_SPECIFIC]);
                out.extend_from_slice(&[a, b, c, p2p::OUI_TYPE, subtype.0, dialog_token]);
                out.extend_from_slice(elements.bytes());
            }
            Self::P2p { subtype, dialog_token, elements } => {
                out.extend_from_slice(&[category::VENDOR_SPECIFIC, a, b, c, p2p::OUI_TYPE, subtype.0, dialog_token]);
                out.extend_from_slice(elements.bytes());
            }
            Self::Gas(gas) => {
                out.push(category::PUBLIC);
                gas.emit(out);
            }
            Self::NanServiceDiscovery { attributes } => {
                out.extend_from_slice(&[category::PUBLIC, public_action::VENDOR_SPECIFIC, a, b, c, nan::OUI_TYPE]);
                out.extend_from_slice(attributes);
            }
            Self::ProtectedDual { body } => {
                out.push(category::PROTECTED_DUAL);
                out.extend_from_slice(body);
            }
            Self::Other { category, body } => {
                out.push(category);
                out.extend_from_slice(body);
            }
        }
    }

    /// The body of an action frame as bytes, from the category on.
    pub fn to_vec(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.emit(&mut out);
        out
    }
}

fn fields(values: &[u16], out: &mut Vec<u8>) {
    values.iter().for_each(|value| out.extend_from_slice(&value.to_le_bytes()));
}

/// Appends a beacon up to where its TIM element goes, which the driver fills in (nl80211 `NL80211_ATTR_BEACON_HEAD`).
/// `elements` are those before the TIM: SSID, Supported Rates, DSSS Parameter Set.
pub fn emit_beacon_head(bssid: MacAddr, interval: u16, capability: u16, elements: &[u8], out: &mut Vec<u8>) {
    let body = Body::Beacon { timestamp: 0, interval, capability, elements: elements.into() };
    Frame::new(MacAddr::BROADCAST, bssid, bssid, body).emit(out);
}
