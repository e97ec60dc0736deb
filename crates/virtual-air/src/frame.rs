//! MAC headers of management and data frames (IEEE 802.11-2020 §9.3), as far as a radio reads and writes them itself.

use ieee80211_ies::MacAddr;

pub(crate) const ASSOCIATION_REQUEST: u16 = 0x0000;
pub(crate) const ASSOCIATION_RESPONSE: u16 = 0x0010;
pub(crate) const REASSOCIATION_REQUEST: u16 = 0x0020;
pub(crate) const REASSOCIATION_RESPONSE: u16 = 0x0030;
pub(crate) const PROBE_REQUEST: u16 = 0x0040;
pub(crate) const PROBE_RESPONSE: u16 = 0x0050;
pub(crate) const BEACON: u16 = 0x0080;
pub(crate) const DISASSOCIATION: u16 = 0x00a0;
pub(crate) const AUTHENTICATION: u16 = 0x00b0;
pub(crate) const DEAUTHENTICATION: u16 = 0x00c0;
pub(crate) const ACTION: u16 = 0x00d0;
pub(crate) const DATA: u16 = 0x0008;
pub(crate) const NULL: u16 = 0x0048;
pub(crate) const QOS_DATA: u16 = 0x0088;

/// Flags of the frame-control field.
pub(crate) const TO_DS: u16 = 0x0100;
pub(crate) const FROM_DS: u16 = 0x0200;
pub(crate) const PROTECTED: u16 = 0x4000;
pub(crate) const ORDER: u16 = 0x8000;

/// Type and subtype bits.
const KIND: u16 = 0x00fc;

/// Category of Public Action frames (IEEE 802.11-2020 Table 9-51).
pub(crate) const CATEGORY_PUBLIC: u8 = 4;

/// LLC and SNAP headers before an EtherType (IEEE 802-2014 §9.2.4 over RFC 1042).
const SNAP: [u8; 6] = [0xaa, 0xaa, 0x03, 0, 0, 0];

/// A received frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame<'a> {
    pub(crate) control: u16,
    pub(crate) address1: MacAddr,
    pub(crate) address2: MacAddr,
    pub(crate) address3: MacAddr,
    /// QoS control field, where there is one.
    pub(crate) qos: Option<u16>,
    pub(crate) header: &'a [u8],
    pub(crate) body: &'a [u8],
}

impl<'a> Frame<'a> {
    pub(crate) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let control = u16::from_le_bytes(*bytes.first_chunk()?);
        let address = |at: usize| bytes.get(at..).and_then(MacAddr::from_slice);
        let kind = control & KIND;
        let qos = match kind == QOS_DATA {
            true => Some(u16::from_le_bytes(*bytes.get(24..)?.first_chunk()?)),
            false => None,
        };
        let (header, body) = bytes.split_at_checked(if qos.is_some() { 26 } else { 24 })?;
        Some(Self { control, address1: address(4)?, address2: address(10)?, address3: address(16)?, qos, header, body })
    }

    /// Type and subtype.
    pub(crate) fn kind(&self) -> u16 {
        self.control & KIND
    }

    pub(crate) fn is_management(&self) -> bool {
        self.control & 0x000f == 0
    }

    pub(crate) fn is_data(&self) -> bool {
        self.control & 0x000f == DATA
    }

    pub(crate) fn has(&self, flag: u16) -> bool {
        self.control & flag != 0
    }
}

/// A frame's header with room for its sequence number, which the medium fills in.
pub(crate) fn header(control: u16, address1: MacAddr, address2: MacAddr, address3: MacAddr) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    out.extend(control.to_le_bytes());
    out.extend([0, 0]);
    for address in [address1, address2, address3] {
        out.extend(address.0);
    }
    out.extend([0, 0]);
    out
}

/// Puts the sequence number into a frame.
pub(crate) fn set_sequence(frame: &mut [u8], number: u16) {
    if let Some(field) = frame.get_mut(22..24) {
        field.copy_from_slice(&(number << 4).to_le_bytes());
    }
}

/// The body of a data frame.
pub(crate) fn snap(ethertype: u16, payload: &[u8]) -> Vec<u8> {
    [&SNAP[..], &ethertype.to_be_bytes(), payload].concat()
}

/// The EtherType and the payload of a data frame's body.
pub(crate) fn unsnap(body: &[u8]) -> Option<(u16, &[u8])> {
    let (ethertype, payload) = body.strip_prefix(&SNAP)?.split_first_chunk::<2>()?;
    Some((u16::from_be_bytes(*ethertype), payload))
}
