//! The strict way to read a series of elements.

use crate::bss::{
    Country, DsssParameterSet, Erp, ExtendedCapabilities, Interworking, OperatingModeNotification, PowerCapability, Tim,
};
use crate::channel_switch::{ChannelSwitch, ExtendedChannelSwitch, SecondaryChannelOffset, WideBandwidthChannelSwitch};
use crate::p2p::{self, P2p};
use crate::rsn::{Rsn, RsnExtension};
use crate::wfd::{self, Wfd};
use crate::wsc::{self, Wsc};
use crate::{
    Element, Elements, KnownElement, Malformed, OUI_MICROSOFT, OUI_WFA, Rule, Ssid, eht, he, ht, id, vht, wmm,
};

/// Reads a series of elements strictly: every element is whole, every one that this crate knows has the form that its
/// standard gives it, and so have the attributes in P2P, WSC and WFD elements: none is longer than it is known to be, none comes
/// twice that may come once, nothing stands behind the last. A tool that judges frames wants this; a
/// device that has to get along with others reads leniently ([`Elements`]) and looks at what it needs.
///
/// ```
/// use ieee80211_ies::{Malformed, Rule, check};
///
/// // An SSID, then an RSN element whose list of pairwise ciphers is cut off.
/// let bytes = b"\x00\x01a\x30\x08\x01\x00\x00\x0f\xac\x04\x02\x00";
/// assert_eq!(check(bytes), Err(Malformed { offset: 13, what: "RSN element", rule: Rule::TooShort }));
/// ```
///
/// # Errors
/// The first element that breaks a rule, with where in `bytes` and which.
pub fn check(bytes: &[u8]) -> Result<(), Malformed> {
    let series = Elements::new(bytes);
    let mut elements = series.iter();
    for element in elements.by_ref() {
        check_element(&element)?;
    }
    if !elements.rest().is_empty() {
        let offset = bytes.len() - elements.rest().len();
        return Err(Malformed { offset, what: "element", rule: Rule::TooShort });
    }
    series.vendor_as(OUI_WFA, p2p::OUI_TYPE, P2p::check)?;
    series.vendor_as(OUI_MICROSOFT, wsc::OUI_TYPE, Wsc::check)?;
    series.vendor_as(OUI_WFA, wfd::OUI_TYPE, Wfd::check)?;
    Ok(())
}

/// Which of up to 256 IDs have been seen.
#[derive(Default)]
pub(crate) struct Seen([u128; 2]);

impl Seen {
    /// Takes note of an ID.
    pub(crate) fn once(&mut self, id: u8, what: &'static str, offset: usize) -> Result<(), Malformed> {
        let [low, high] = &mut self.0;
        let (half, bit) = (if id < 128 { low } else { high }, 1 << (id & 127));
        if *half & bit != 0 {
            return Err(Malformed { offset, what, rule: Rule::Repeated });
        }
        *half |= bit;
        Ok(())
    }
}

fn check_element(element: &Element<'_>) -> Result<(), Malformed> {
    let fault = |what, rule| Err(Malformed { offset: element.offset, what, rule });
    match element.id {
        id::SSID if element.body.len() > Ssid::MAX_LEN => fault("SSID", Rule::TooLong),
        id::SUPPORTED_RATES if element.body.is_empty() => fault("Supported Rates", Rule::TooShort),
        id::SUPPORTED_RATES if element.body.len() > 8 => fault("Supported Rates", Rule::TooLong),
        id::EXTENDED_SUPPORTED_RATES if element.body.is_empty() => fault("Extended Supported Rates", Rule::TooShort),
        id::TIM if element.body.len() < 4 => fault("TIM", Rule::TooShort),
        id::COUNTRY if element.body.len() < 6 => fault("Country", Rule::TooShort),
        id::EXTENSION if element.extension.is_none() => fault("extension element", Rule::TooShort),
        id::VENDOR_SPECIFIC if element.body.len() < 3 => fault("vendor specific element", Rule::TooShort),
        id::VENDOR_SPECIFIC => match element.vendor() {
            Some((OUI_MICROSOFT, wmm::OUI_TYPE, body)) => {
                at(element, 4, wmm::Information::parse(body).and(wmm::Parameter::parse(body)))
            }
            _ => Ok(()),
        },
        id::DSSS_PARAMETER_SET => known::<DsssParameterSet>(element),
        id::TIM => known::<Tim<'_>>(element),
        id::COUNTRY => known::<Country<'_>>(element),
        id::CHANNEL_SWITCH_ANNOUNCEMENT => known::<ChannelSwitch>(element),
        id::ERP => known::<Erp>(element),
        id::POWER_CAPABILITY => known::<PowerCapability>(element),
        id::OPERATING_MODE_NOTIFICATION => known::<OperatingModeNotification>(element),
        id::HT_CAPABILITIES => known::<ht::Capabilities>(element),
        id::RSN => known::<Rsn<'_>>(element),
        id::EXTENDED_CHANNEL_SWITCH_ANNOUNCEMENT => known::<ExtendedChannelSwitch>(element),
        id::HT_OPERATION => known::<ht::Operation>(element),
        id::SECONDARY_CHANNEL_OFFSET => known::<SecondaryChannelOffset>(element),
        id::INTERWORKING => known::<Interworking>(element),
        id::EXTENDED_CAPABILITIES => known::<ExtendedCapabilities<'_>>(element),
        id::VHT_CAPABILITIES => known::<vht::Capabilities>(element),
        id::VHT_OPERATION => known::<vht::Operation>(element),
        id::RSN_EXTENSION => known::<RsnExtension<'_>>(element),
        id::EXTENSION => match element.extension {
            Some(id::extension::HE_CAPABILITIES) => known::<he::Capabilities<'_>>(element),
            Some(id::extension::HE_OPERATION) => known::<he::Operation>(element),
            Some(id::extension::HE_6GHZ_CAPABILITIES) => known::<he::SixGhzCapabilities>(element),
            Some(id::extension::EHT_CAPABILITIES) => known::<eht::Capabilities<'_>>(element),
            Some(id::extension::EHT_OPERATION) => known::<eht::Operation>(element),
            _ => Ok(()),
        },
        id::WIDE_BANDWIDTH_CHANNEL_SWITCH => known::<WideBandwidthChannelSwitch>(element),
        _ => Ok(()),
    }
}

fn known<'a, T: KnownElement<'a>>(element: &Element<'a>) -> Result<(), Malformed> {
    at(element, 0, T::parse(element.body))
}

/// Puts the offset of an error in an element's body in relation to the series.
fn at<T>(element: &Element<'_>, skipped: usize, result: Result<T, Malformed>) -> Result<(), Malformed> {
    let offset = element.body_offset() + skipped;
    result.map(drop).map_err(|error| Malformed { offset: offset + error.offset, ..error })
}

#[cfg(test)]
mod tests {
    use std::vec;
    use std::vec::Vec;

    use super::*;

    /// An element cut in each possible way, and the first length at which it is valid.
    fn shortest(id: u8, body: &[u8]) -> Option<usize> {
        (0..=body.len()).find(|&len| {
            let mut bytes = vec![0, 1, b'a', id, len as u8];
            bytes.extend_from_slice(&body[..len]);
            match check(&bytes) {
                Ok(()) => true,
                Err(error) => {
                    assert!(error.offset >= 3 && error.offset <= bytes.len(), "{error}");
                    false
                }
            }
        })
    }

    #[test]
    fn how_long_elements_are_at_least() {
        let lengths = [
            (id::SUPPORTED_RATES, 1),
            (id::DSSS_PARAMETER_SET, 1),
            (id::TIM, 4),
            (id::COUNTRY, 6),
            (id::CHANNEL_SWITCH_ANNOUNCEMENT, 3),
            (id::ERP, 1),
            (id::HT_CAPABILITIES, 26),
            (id::RSN, 2),
            (id::EXTENDED_CHANNEL_SWITCH_ANNOUNCEMENT, 4),
            (id::HT_OPERATION, 22),
            (id::INTERWORKING, 1),
            (id::VHT_CAPABILITIES, 12),
            (id::VHT_OPERATION, 5),
            (id::VENDOR_SPECIFIC, 3),
            (id::EXTENSION, 1),
            (id::RSN_EXTENSION, 1),
        ];
        for (id, len) in lengths {
            assert_eq!(shortest(id, &[0; 40]), Some(len), "element {id}");
        }
    }

    /// What the lenient reading lets pass.
    #[test]
    fn p2p_attributes_that_are_too_long_or_repeated() {
        let element =
            |attributes: &[u8]| [&[0xdd, attributes.len() as u8 + 4, 0x50, 0x6f, 0x9a, 9][..], attributes].concat();
        let long = element(&[2, 3, 0, 0x25, 0, 7]);
        assert!(Elements::new(&long).p2p().is_ok());
        assert_eq!(check(&long), Err(Malformed { offset: 11, what: "P2P Capability", rule: Rule::TooLong }));
        let twice = element(&[2, 2, 0, 0x25, 0, 2, 2, 0, 0x25, 1]);
        let read = Elements::new(&twice).p2p().unwrap().unwrap();
        assert_eq!(read.capability().map(|capability| capability.group), Some(1), "the last counts");
        assert_eq!(check(&twice), Err(Malformed { offset: 11, what: "P2P Capability", rule: Rule::Repeated }));
        // Those that are not known may be anything.
        assert_eq!(check(&element(&[200, 1, 0, 0, 200, 1, 0, 0])), Ok(()));
    }

    #[test]
    fn attributes_are_found_where_they_lie() {
        // A P2P Capability that is too short, begun in the first of two P2P elements.
        let first = b"\xdd\x05\x50\x6f\x9a\x09\x02";
        let bytes = [&b"\x00\x01a"[..], first, b"\x00\x01b", b"\xdd\x07\x50\x6f\x9a\x09\x01\x00\x05"].concat();
        let error = check(&bytes).unwrap_err();
        assert_eq!(error, Malformed { offset: bytes.len(), what: "P2P Capability", rule: Rule::TooShort });
        let wsc: Vec<u8> = [&b"\x00\x01a"[..], b"\xdd\x09\x00\x50\xf2\x04\x10\x4a\x00\x02\x10"].concat();
        assert_eq!(check(&wsc), Err(Malformed { offset: 9, what: "WSC attribute", rule: Rule::TooShort }));
        let wfd: Vec<u8> = [&b"\x00\x01a"[..], b"\xdd\x05\x50\x6f\x9a\x0a\x00"].concat();
        assert_eq!(check(&wfd), Err(Malformed { offset: 9, what: "WFD subelement", rule: Rule::TooShort }));
    }
}
