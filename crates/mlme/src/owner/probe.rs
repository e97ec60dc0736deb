//! Whether a probe request asks for the group.

use super::config::OwnerConfig;
use ieee80211_ies::Elements;
use ieee80211_ies::p2p::{ClientInfoBuf, P2p, WILDCARD_SSID};

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
    if !named || request.has_dsss_rates_only() {
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
    let Ok(Some(wsc)) = request.wsc() else { return true };
    let mut wanted = wsc.requested_device_types().peekable();
    wanted.peek().is_none()
        || wanted.any(|wanted| {
            let own = &config.device;
            wanted == own.primary
                || own.secondary.contains(&wanted)
                || clients.clone().any(|client| client.primary == wanted || client.secondary.contains(&wanted))
        })
}
