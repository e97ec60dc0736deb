//! Targets that hold two readings against each other.

use ieee80211_ies::frame::{Body, Frame, Subtype};
use ieee80211_ies::p2p::{self, P2p};
use ieee80211_ies::wfd::Wfd;
use ieee80211_ies::{Elements, Rule, check};

/// The strict reading against the lenient one.
///
/// * What the strict one takes, the lenient one reads to its end, and all of its views are there.
/// * A fault lies within the bytes, and what stands before the faulty element is without fault.
pub(crate) fn strict_lenient(bytes: &[u8]) {
    let elements = Elements::new(bytes);
    let mut iter = elements.iter();
    let lengths: usize = iter.by_ref().map(|e| 2 + e.body.len() + usize::from(e.extension.is_some())).sum();
    assert_eq!(lengths + iter.rest().len(), bytes.len(), "the lenient reading loses nothing");
    match check(bytes) {
        Ok(()) => {
            assert!(iter.rest().is_empty());
            assert!(elements.ssid().is_ok() && elements.p2p().is_ok() && elements.wsc().is_ok());
            assert!(Wfd::find(elements).is_ok());
            for element in elements {
                let end = element.offset + 2 + element.body.len() + usize::from(element.extension.is_some());
                // Attributes may go on in a later element of the same kind.
                if let Err(error) = check(bytes.get(element.offset..end).unwrap_or_default()) {
                    assert!(
                        element.vendor().is_some() && error.rule != Rule::InvalidValue || is_list(&element),
                        "{error}"
                    );
                }
            }
        }
        Err(error) => {
            assert!(error.offset <= bytes.len(), "{error} in {} octets", bytes.len());
            let sound = elements.iter().take_while(|e| e.offset + 2 + e.body.len() < error.offset).count();
            assert!(sound <= elements.iter().count());
        }
    }
}

/// An element that may hold the beginning of what ends in the next of its kind.
fn is_list(element: &ieee80211_ies::Element<'_>) -> bool {
    element.vendor().is_some()
}

/// Parse against emit, for a frame body of the kind that the first octet says.
pub(crate) fn parse_emit(bytes: &[u8]) {
    let Some((&kind, body)) = bytes.split_first() else { return };
    let Ok(body) = Body::parse(Subtype(kind & 15), body) else { return };
    let address = ieee80211_ies::MacAddr([2, 0, 0, 0, 0, 1]);
    frame_survives(&Frame::new(address, address, address, body));
    if let Ok(Some(read)) = body.elements().p2p() {
        attributes_survive(&read);
    }
}

pub(crate) fn frame_survives(frame: &Frame<'_>) {
    let written = frame.to_vec();
    let again = Frame::parse(&written).expect("what was written can be read");
    assert_eq!(again, *frame);
    assert_eq!(again.to_vec(), written, "written twice it is the same");
}

/// Owned, written and read again the attributes are the same, in their order.
pub(crate) fn attributes_survive(read: &P2p<'_>) {
    let owned = read.to_attributes();
    assert_eq!(owned.len(), read.attributes().count(), "no attribute is lost");
    let mut written = Vec::new();
    p2p::emit_attributes(&owned, &mut written);
    let again = P2p::parse(&written).expect("what was written can be read");
    assert_eq!(again.to_attributes(), owned);
    let mut elements = Vec::new();
    p2p::emit(&owned, &mut elements);
    if let Ok(joined) = Elements::new(&elements).p2p() {
        assert_eq!(joined.map(|joined| joined.bytes().to_vec()), Some(written), "split into elements and joined again");
    }
}
