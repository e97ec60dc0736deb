//! Probe requests: whether one asks for the group, and the answer.

use super::config::{Event, OwnerConfig};
use super::machine::Owner;
use ieee80211_ies::p2p::{ClientInfoBuf, P2p, WILDCARD_SSID};
use ieee80211_ies::{Elements, MacAddr, OUI_MICROSOFT, id, wsc};

impl Owner {
    pub(super) fn on_probe_request(&mut self, source: MacAddr, broadcast: bool, request: Elements<'_>, signal_dbm: i8) {
        if let Ok(Some(attributes)) = request.vendor(OUI_MICROSOFT, wsc::OUI_TYPE) {
            let p2p_wildcard = matches!(request.ssid(), Ok(Some(ssid)) if ssid.as_bytes() == WILDCARD_SSID);
            let wsc = attributes.bytes().to_vec();
            self.out.event(Event::ProbeRequest { source, signal_dbm, wsc, p2p_wildcard });
        }
        // A driver that answers by itself answers with the words it was given, which suit everybody alike. One whose MLME
        // is ours delivers those that ask for P2P or WSC nevertheless and leaves them to us (ath10k_mac_register in Linux'
        // drivers/net/wireless/ath/ath10k/mac.c; hostapd answers them too).
        let special = !matches!(request.p2p(), Ok(None)) || !matches!(request.wsc(), Ok(None));
        if self.config.device_ap_sme || (self.config.probe_response_offload && !special) {
            return;
        }
        if !asks_for_us(&self.config, self.stations.clients(), request) {
            self.dropped.not_for_us += 1;
            return;
        }
        // Who looks for any network at all is often gone by the time of the answer: no retransmissions for it.
        let wildcard = request.find(id::SSID).is_some_and(|ssid| ssid.body.is_empty());
        let frame = self.describe().probe_response(source);
        if self.answer(frame, broadcast && wildcard) {
            self.out.event(Event::ProbeRequestAnswered { source, signal_dbm });
        }
    }
}

/// Whether an owner answers (Wi-Fi P2P v1.7 §3.2.2, IEEE 802.11-2020 §11.1.4.3.4): the SSID is the wildcard, the group's,
/// or with a P2P element that of P2P discovery; a P2P Device ID names the owner or a client; a Requested Device Type is
/// that of the owner or of a client; and the sender is not an 802.11b device.
fn asks_for_us<'a>(
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
    let Ok(Some(attributes)) = request.wsc() else { return true };
    let mut wanted = attributes.requested_device_types().peekable();
    wanted.peek().is_none()
        || wanted.any(|wanted| {
            let own = &config.device;
            wanted == own.primary
                || own.secondary.contains(&wanted)
                || clients.clone().any(|client| client.primary == wanted || client.secondary.contains(&wanted))
        })
}
