//! Scans: asking for one, and reading what was seen.

use crate::interface::OFDM_RATES;
use crate::netlink::Attributes;
use crate::nl80211 as nl;
use crate::request::{Request, Set};
use crate::wiphy::Features;
use core::time::Duration;
use radio::{Bss, InterfaceId, ScanRequest};

/// Most networks that are kept of one scan: the kernel's own default limit (`bss_entries_limit`, net/wireless/scan.c).
pub(crate) const MAX_BSS: usize = 1000;
/// Most octets of elements that are kept of one frame: more does not fit into a management frame (IEEE 802.11-2020
/// Table 9-25, maximum MMPDU).
const MAX_ELEMENTS: usize = 2304;

/// Starts a scan. `beaconing`: the interface is an owner at work.
pub(crate) fn trigger(iface: InterfaceId, scan: &ScanRequest, dwell: bool, f: &Features, beaconing: bool) -> Request {
    Request::interface(nl::NL80211_CMD_TRIGGER_SCAN, iface).with(|mut s| {
        if !scan.ssids.is_empty() {
            let ssids = scan.ssids.iter().zip(1..).fold(Set::default(), |s, (ssid, n)| s.bytes(n, ssid));
            s = s.nest(nl::NL80211_ATTR_SCAN_SSIDS, ssids);
        }
        if !scan.frequencies.is_empty() {
            let all = scan.frequencies.iter().zip(1..).fold(Set::default(), |s, (mhz, n)| s.u32(n, *mhz));
            s = s.nest(nl::NL80211_ATTR_SCAN_FREQUENCIES, all);
        }
        s = s.unless_empty(nl::NL80211_ATTR_IE, &scan.elements);
        if scan.no_cck {
            let rates = Set::default().bytes(nl::NL80211_BAND_2GHZ, &OFDM_RATES);
            s = s.nest(nl::NL80211_ATTR_SCAN_SUPP_RATES, rates).flag(nl::NL80211_ATTR_TX_NO_CCK_RATE, true);
        }
        if let Some(bssid) = scan.bssid {
            // Before Linux 4.7 it was called MAC, and newer ones still understand that.
            s = s.mac(nl::NL80211_ATTR_MAC, bssid).mac(nl::NL80211_ATTR_BSSID, bssid);
        }
        if let Some(tu) = scan.dwell_tu.filter(|_| dwell) {
            s = s.u16(nl::NL80211_ATTR_MEASUREMENT_DURATION, tu);
        }
        let flush = if scan.flush && f.scan_flush { nl::NL80211_SCAN_FLAG_FLUSH } else { 0 };
        let ap = if beaconing && f.ap_scan { nl::NL80211_SCAN_FLAG_AP } else { 0 };
        if flush | ap != 0 { s.u32(nl::NL80211_ATTR_SCAN_FLAGS, flush | ap) } else { s }
    })
}

/// Ends a scan early.
pub(crate) fn abort(iface: InterfaceId) -> Request {
    Request::interface(nl::NL80211_CMD_ABORT_SCAN, iface)
}

/// Asks for what was seen.
pub(crate) fn results(iface: InterfaceId) -> Request {
    Request::interface(nl::NL80211_CMD_GET_SCAN, iface).dump()
}

/// Reads one message of the dump. `now` is the time since boot (`CLOCK_BOOTTIME`).
pub(crate) fn parse(attributes: Attributes<'_>, now: Duration) -> Option<Bss> {
    let bss = attributes.nested(nl::NL80211_ATTR_BSS);
    let elements = |kind| bss.get(kind).map(truncated).unwrap_or_default();
    let best = elements(nl::NL80211_BSS_INFORMATION_ELEMENTS);
    // The kernel's "information elements" are those of the probe response if there was one, else of the beacon.
    let heard_response = bss.flag(nl::NL80211_BSS_PRESP_DATA);
    let beacon = match elements(nl::NL80211_BSS_BEACON_IES) {
        beacon if beacon.is_empty() && !heard_response => best.clone(),
        beacon => beacon,
    };
    let seen = bss.u64(nl::NL80211_BSS_LAST_SEEN_BOOTTIME).map(Duration::from_nanos);
    let age = seen.map(|seen| now.saturating_sub(seen).as_millis());
    let age = age.and_then(|ms| u32::try_from(ms).ok()).or_else(|| bss.u32(nl::NL80211_BSS_SEEN_MS_AGO));
    Some(Bss {
        bssid: bss.mac(nl::NL80211_BSS_BSSID)?,
        frequency: bss.u32(nl::NL80211_BSS_FREQUENCY)?,
        signal_dbm: signal(bss),
        age_ms: age.unwrap_or(0),
        tsf: bss.u64(nl::NL80211_BSS_TSF).unwrap_or(0),
        beacon_interval: bss.u16(nl::NL80211_BSS_BEACON_INTERVAL).unwrap_or(0),
        capability: bss.u16(nl::NL80211_BSS_CAPABILITY).unwrap_or(0),
        probe_response: if heard_response { best } else { Vec::new() },
        beacon,
    })
}

/// Its signal in dBm; a driver without units counts from 0 to 100, which is laid over -100 to -50 dBm.
fn signal(bss: Attributes<'_>) -> i8 {
    if let Some(mbm) = bss.i32(nl::NL80211_BSS_SIGNAL_MBM) {
        return i8::try_from(mbm / 100).unwrap_or(i8::MIN);
    }
    let unspecified = bss.u8(nl::NL80211_BSS_SIGNAL_UNSPEC).unwrap_or(0).min(100);
    i8::try_from(unspecified / 2).unwrap_or(0) - 100
}

fn truncated(bytes: &[u8]) -> Vec<u8> {
    bytes.get(..MAX_ELEMENTS).unwrap_or(bytes).to_vec()
}
