//! Whether a probe request asks for the group.

use super::association::is_only_11b;
use super::config::OwnerConfig;
use ieee80211_ies::p2p::{ClientInfoBuf, P2p, WILDCARD_SSID};
use ieee80211_ies::wsc::DeviceType;
use ieee80211_ies::{Elements, OUI_MICROSOFT};

use super::association::WSC_TYPE;

/// Requested Device Type (WSC 2.0 §12).
const REQUESTED_DEVICE_TYPE: u16 = 0x106a;

/// Whether an owner answers (Wi-Fi P2P v1.7 §3.2.2, IEEE 802.11-2020 §11.1.4.3.4): the SSID is the wildcard, the group's,
/// or with a P2P element that of P2P discovery; a P2P Device ID names the owner or a client; a Requested Device Type is
/// that of the owner or of a client; and the sender is not an 802.11b device.
pub(super) fn asks_for_us<'a>(
    config: &OwnerConfig,
    clients: impl Iterator<Item = &'a ClientInfoBuf> + Clone,
    request: Elements<'_>,
) -> bool {
    // A P2P element that cannot be read asks for nothing.
    let Ok(p2p) = request.p2p() else { return false };
    let named = match request.ssid() {
        Ok(Some(ssid)) => {
            let ssid = ssid.as_bytes();
            ssid.is_empty() || ssid == config.ssid || (p2p.is_some() && ssid == WILDCARD_SSID)
        }
        _ => false,
    };
    if !named || is_only_11b(request) {
        return false;
    }
    let Some(device) = p2p.as_ref().and_then(P2p::device_id) else { return is_of_type(config, clients, request) };
    let known = device == config.device.address || clients.clone().any(|client| client.device_address == device);
    known && is_of_type(config, clients, request)
}

fn is_of_type<'a>(
    config: &OwnerConfig,
    clients: impl Iterator<Item = &'a ClientInfoBuf> + Clone,
    request: Elements<'_>,
) -> bool {
    let Ok(Some(wsc)) = request.vendor(OUI_MICROSOFT, WSC_TYPE) else { return true };
    let mut wanted = requested_types(&wsc).peekable();
    wanted.peek().is_none()
        || wanted.any(|wanted| {
            let own = &config.device;
            wanted == own.primary
                || own.secondary.contains(&wanted)
                || clients.clone().any(|client| client.primary == wanted || client.secondary.contains(&wanted))
        })
}

/// The Requested Device Types among WSC attributes.
fn requested_types(mut attributes: &[u8]) -> impl Iterator<Item = DeviceType> + '_ {
    core::iter::from_fn(move || {
        loop {
            let (&[a, b, c, d], rest) = attributes.split_first_chunk::<4>()?;
            let (body, rest) = rest.split_at_checked(u16::from_be_bytes([c, d]).into())?;
            attributes = rest;
            if let (REQUESTED_DEVICE_TYPE, Ok(body)) = (u16::from_be_bytes([a, b]), body.try_into()) {
                return Some(DeviceType(body));
            }
        }
    })
}
