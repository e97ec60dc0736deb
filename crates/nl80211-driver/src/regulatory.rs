//! The regulatory domain.

use crate::netlink::Attributes;
use crate::nl80211 as nl;
use crate::request::Request;

/// The world domain.
const WORLD: &str = "00";

/// A change that the kernel has reported.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Change {
    pub(crate) country: String,
    pub(crate) initiator: &'static str,
    pub(crate) kind: &'static str,
}

/// Asks which domain is in force, on this radio if it has one of its own.
pub(crate) fn get(wiphy: Option<u32>) -> Request {
    let request = Request::plain(nl::NL80211_CMD_GET_REG);
    match wiphy {
        Some(wiphy) => request.with(|s| s.u32(nl::NL80211_ATTR_WIPHY, wiphy)),
        None => request,
    }
}

/// Asks for a domain on behalf of the user.
pub(crate) fn set(country: [u8; 2]) -> Request {
    let [a, b] = country;
    Request::plain(nl::NL80211_CMD_REQ_SET_REG).with(|s| s.bytes(nl::NL80211_ATTR_REG_ALPHA2, &[a, b, 0]))
}

/// The country of an answer to [`get`]: two characters, the world domain when it names none.
pub(crate) fn country(attributes: Attributes<'_>) -> String {
    let text = attributes.text(nl::NL80211_ATTR_REG_ALPHA2);
    text.filter(|t| t.len() == 2 && t.bytes().all(|b| b.is_ascii_alphanumeric())).unwrap_or(WORLD).to_owned()
}

/// Reads `NL80211_CMD_REG_CHANGE` and `NL80211_CMD_WIPHY_REG_CHANGE`.
pub(crate) fn change(attributes: Attributes<'_>) -> Change {
    Change {
        country: country(attributes),
        initiator: match attributes.u8(nl::NL80211_ATTR_REG_INITIATOR) {
            Some(nl::NL80211_REGDOM_SET_BY_USER) => "USER",
            Some(nl::NL80211_REGDOM_SET_BY_DRIVER) => "DRIVER",
            Some(nl::NL80211_REGDOM_SET_BY_COUNTRY_IE) => "COUNTRY_IE",
            _ => "CORE",
        },
        kind: match attributes.u8(nl::NL80211_ATTR_REG_TYPE) {
            Some(nl::NL80211_REGDOM_TYPE_COUNTRY) => "COUNTRY",
            Some(nl::NL80211_REGDOM_TYPE_CUSTOM_WORLD) => "CUSTOM_WORLD",
            Some(nl::NL80211_REGDOM_TYPE_INTERSECTION) => "INTERSECTION",
            _ => "WORLD",
        },
    }
}
