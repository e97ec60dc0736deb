//! Management frames: being on a channel, sending, and asking to receive.

use crate::netlink::Attributes;
use crate::nl80211 as nl;
use crate::request::Request;
use ieee80211_ies::MacAddr;
use radio::{FrameKind, InterfaceId, Transmission};

/// Shortest remain-on-channel and shortest wait, ms (`NL80211_MIN_REMAIN_ON_CHANNEL_TIME`).
pub(crate) const MIN_REMAIN_MS: u32 = 10;
/// Longest management frame that is sent or delivered (IEEE 802.11-2020 Table 9-25: 2304 octets of body, and the
/// header).
const MAX_FRAME: usize = 2304 + 24;

/// The frame types of an access point's MLME, as the first octet of the frame-control field: authentication,
/// association and reassociation request, disassociation, deauthentication.
const AP_MLME_TYPES: [u16; 5] = [0x00b0, 0x0000, 0x0020, 0x00a0, 0x00c0];
/// Probe request.
const PROBE_REQUEST: u16 = 0x0040;
/// Action.
const ACTION: u16 = 0x00d0;

/// A registration for frames.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Registration {
    /// The frame type, as in the frame-control field.
    pub(crate) frame_type: u16,
    /// What the body starts with.
    pub(crate) start: Vec<u8>,
}

/// The registrations that deliver these kinds of frames, apart from probe requests, and whether those are wanted.
pub(crate) fn registrations(kinds: &[FrameKind]) -> (Vec<Registration>, bool) {
    let mut all: Vec<Registration> = Vec::new();
    let mut probes = false;
    for kind in kinds {
        match kind {
            FrameKind::ProbeRequest => probes = true,
            FrameKind::ApMlme => {
                all.extend(AP_MLME_TYPES.map(|frame_type| Registration { frame_type, start: Vec::new() }));
            }
            FrameKind::Action(start) => all.push(Registration { frame_type: ACTION, start: start.clone() }),
        }
    }
    (all, probes)
}

/// The registration for probe requests.
pub(crate) fn probe_requests() -> Registration {
    Registration { frame_type: PROBE_REQUEST, start: Vec::new() }
}

/// Asks for frames; they go to the socket that asks.
pub(crate) fn register(iface: InterfaceId, registration: &Registration) -> Request {
    Request::interface(nl::NL80211_CMD_REGISTER_FRAME, iface).with(|s| {
        s.u16(nl::NL80211_ATTR_FRAME_TYPE, registration.frame_type)
            .bytes(nl::NL80211_ATTR_FRAME_MATCH, &registration.start)
    })
}

/// Asks for word of class-3 frames from strangers.
pub(crate) fn register_unexpected(iface: InterfaceId) -> Request {
    Request::interface(nl::NL80211_CMD_UNEXPECTED_FRAME, iface)
}

/// Asks to stay on a channel.
pub(crate) fn remain(iface: InterfaceId, frequency: u32, duration_ms: u32) -> Request {
    Request::interface(nl::NL80211_CMD_REMAIN_ON_CHANNEL, iface)
        .with(|s| s.u32(nl::NL80211_ATTR_WIPHY_FREQ, frequency).u32(nl::NL80211_ATTR_DURATION, duration_ms))
}

/// Ends that.
pub(crate) fn cancel_remain(iface: InterfaceId, cookie: u64) -> Request {
    Request::interface(nl::NL80211_CMD_CANCEL_REMAIN_ON_CHANNEL, iface).with(|s| s.u64(nl::NL80211_ATTR_COOKIE, cookie))
}

/// Sends a frame. `offchannel`: the radio may leave its channel for it; with `wait_ms` it then stays for an answer.
pub(crate) fn transmit(iface: InterfaceId, t: &Transmission, offchannel: bool, wait_ms: Option<u32>) -> Request {
    Request::interface(nl::NL80211_CMD_FRAME, iface).with(|mut s| {
        if let Some(frequency) = t.frequency {
            s = s.u32(nl::NL80211_ATTR_WIPHY_FREQ, frequency);
        }
        if let Some(wait_ms) = wait_ms {
            s = s.u32(nl::NL80211_ATTR_DURATION, wait_ms);
        }
        s.flag(nl::NL80211_ATTR_OFFCHANNEL_TX_OK, offchannel)
            .flag(nl::NL80211_ATTR_TX_NO_CCK_RATE, t.no_cck)
            .flag(nl::NL80211_ATTR_DONT_WAIT_FOR_ACK, t.no_ack)
            .bytes(nl::NL80211_ATTR_FRAME, &t.frame)
    })
}

/// Ends the wait for an answer.
pub(crate) fn cancel_wait(iface: InterfaceId, cookie: u64) -> Request {
    Request::interface(nl::NL80211_CMD_FRAME_WAIT_CANCEL, iface).with(|s| s.u64(nl::NL80211_ATTR_COOKIE, cookie))
}

/// A received frame, its channel in MHz and its signal in dBm.
pub(crate) fn received(attributes: Attributes<'_>) -> Option<(u32, i8, Vec<u8>)> {
    let frame = attributes.get(nl::NL80211_ATTR_FRAME).filter(|frame| frame.len() <= MAX_FRAME)?;
    let signal = attributes.i32(nl::NL80211_ATTR_RX_SIGNAL_DBM).unwrap_or(0);
    let frequency = attributes.u32(nl::NL80211_ATTR_WIPHY_FREQ).unwrap_or(0);
    Some((frequency, i8::try_from(signal).unwrap_or(0), frame.to_vec()))
}

/// The fields of a management frame's header and body that reports are made of (IEEE 802.11-2020 §9.3.3.1).
#[derive(Clone, Copy, Debug)]
pub(crate) struct ManagementFrame<'a>(pub(crate) &'a [u8]);

impl<'a> ManagementFrame<'a> {
    /// Address 2, who sent it.
    pub(crate) fn sender(self) -> Option<MacAddr> {
        self.0.get(10..).and_then(MacAddr::from_slice)
    }

    /// Address 3, the BSSID.
    pub(crate) fn bssid(self) -> Option<MacAddr> {
        self.0.get(16..).and_then(MacAddr::from_slice)
    }

    /// The 16-bit field at `offset` of the body.
    pub(crate) fn field(self, offset: usize) -> Option<u16> {
        self.0.get(offset.checked_add(24)?..)?.first_chunk().copied().map(u16::from_le_bytes)
    }

    /// The body from `offset` on.
    pub(crate) fn body(self, offset: usize) -> &'a [u8] {
        self.0.get(24usize.saturating_add(offset)..).unwrap_or_default()
    }
}
