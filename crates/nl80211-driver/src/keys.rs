//! Keys.

use crate::nl80211 as nl;
use crate::request::{Request, Set};
use radio::{InterfaceId, Key, KeyKind};

/// Installs a key. Its material is written last, so that only the finished message holds it.
pub(crate) fn install(iface: InterfaceId, key: &Key) -> Request {
    Request::interface(nl::NL80211_CMD_NEW_KEY, iface).with(|s| with_peer(s, key.kind)).with_secret(
        nl::NL80211_ATTR_KEY,
        Set::default()
            .u8(nl::NL80211_KEY_IDX, key.index)
            .u32(nl::NL80211_KEY_CIPHER, key.cipher.suite())
            .bytes(nl::NL80211_KEY_SEQ, &key.receive_sequence),
        nl::NL80211_KEY_DATA,
        key.material.clone(),
    )
}

/// Makes a group key the one to send with.
pub(crate) fn set_default_group(iface: InterfaceId, index: u8) -> Request {
    Request::interface(nl::NL80211_CMD_SET_KEY, iface).with(|s| {
        let multicast = Set::default().flag(nl::NL80211_KEY_DEFAULT_TYPE_MULTICAST, true);
        let key = Set::default()
            .u8(nl::NL80211_KEY_IDX, index)
            .flag(nl::NL80211_KEY_DEFAULT, true)
            .nest(nl::NL80211_KEY_DEFAULT_TYPES, multicast);
        s.nest(nl::NL80211_ATTR_KEY, key)
    })
}

/// Removes a key.
pub(crate) fn remove(iface: InterfaceId, kind: KeyKind, index: u8) -> Request {
    Request::interface(nl::NL80211_CMD_DEL_KEY, iface)
        .with(|s| with_peer(s, kind).nest(nl::NL80211_ATTR_KEY, Set::default().u8(nl::NL80211_KEY_IDX, index)))
}

/// Names whom a pairwise key is shared with.
fn with_peer(s: Set, kind: KeyKind) -> Set {
    match kind {
        KeyKind::Pairwise(peer) => s.mac(nl::NL80211_ATTR_MAC, peer),
        KeyKind::Group => s,
    }
}
