//! The stations of an access point, and a client's view of its owner.

use crate::netlink::Attributes;
use crate::nl80211 as nl;
use crate::request::{Request, Set};
use ieee80211_ies::MacAddr;
use radio::{BitRate, Capabilities, InterfaceId, StationFlags, StationInfo, StationParameters};

/// The association id of an entry for a station that has not associated: the kernel wants one (1 to 2007) and does not
/// look at it before the association.
const UNASSOCIATED_AID: u16 = 1;
/// The frame subtypes that a driver's own SME can be asked to send (`NL80211_ATTR_MGMT_SUBTYPE`).
const SUBTYPE_DISASSOCIATION: u8 = 10;
/// See [`SUBTYPE_DISASSOCIATION`].
const SUBTYPE_DEAUTHENTICATION: u8 = 12;

/// Adds a station. `rates` are the channel's, units of 500 kb/s, for one of which nothing is known yet.
pub(crate) fn add(iface: InterfaceId, station: &StationParameters, rates: &[u8], c: &Capabilities) -> Request {
    Request::interface(nl::NL80211_CMD_NEW_STATION, iface).with(|s| {
        let s = s.mac(nl::NL80211_ATTR_MAC, station.address);
        let s = put_flags(s, station.flags, c);
        if station.rates.is_some() {
            return put_rates(s, station);
        }
        s.u16(nl::NL80211_ATTR_STA_AID, UNASSOCIATED_AID)
            .u16(nl::NL80211_ATTR_STA_LISTEN_INTERVAL, 0)
            .bytes(nl::NL80211_ATTR_STA_SUPPORTED_RATES, rates)
    })
}

/// Changes a station.
pub(crate) fn set(iface: InterfaceId, station: &StationParameters, c: &Capabilities) -> Request {
    Request::interface(nl::NL80211_CMD_SET_STATION, iface).with(|s| {
        let s = s.mac(nl::NL80211_ATTR_MAC, station.address);
        put_rates(put_flags(s, station.flags, c), station)
    })
}

/// Opens or closes the controlled port towards `address`.
pub(crate) fn set_authorized(iface: InterfaceId, address: MacAddr, authorized: bool) -> Request {
    Request::interface(nl::NL80211_CMD_SET_STATION, iface).with(|s| {
        let flag = 1 << nl::NL80211_STA_FLAG_AUTHORIZED;
        flags2(s.mac(nl::NL80211_ATTR_MAC, address), flag, if authorized { flag } else { 0 })
    })
}

/// Removes a station.
pub(crate) fn remove(iface: InterfaceId, address: MacAddr, reason: u16, deauthenticate: bool) -> Request {
    let subtype = if deauthenticate { SUBTYPE_DEAUTHENTICATION } else { SUBTYPE_DISASSOCIATION };
    Request::interface(nl::NL80211_CMD_DEL_STATION, iface).with(|s| {
        s.mac(nl::NL80211_ATTR_MAC, address)
            .u8(nl::NL80211_ATTR_MGMT_SUBTYPE, subtype)
            .u16(nl::NL80211_ATTR_REASON_CODE, reason)
    })
}

/// Asks about a station.
pub(crate) fn get(iface: InterfaceId, address: MacAddr) -> Request {
    Request::interface(nl::NL80211_CMD_GET_STATION, iface).with(|s| s.mac(nl::NL80211_ATTR_MAC, address))
}

/// Sends a null frame to a station.
pub(crate) fn probe(iface: InterfaceId, address: MacAddr) -> Request {
    Request::interface(nl::NL80211_CMD_PROBE_CLIENT, iface).with(|s| s.mac(nl::NL80211_ATTR_MAC, address))
}

/// Reads what is known of a station.
pub(crate) fn parse(attributes: Attributes<'_>) -> StationInfo {
    let info = attributes.nested(nl::NL80211_ATTR_STA_INFO);
    let bytes = |wide, narrow| info.u64(wide).or_else(|| info.u32(narrow).map(u64::from));
    StationInfo {
        inactive_ms: info.u32(nl::NL80211_STA_INFO_INACTIVE_TIME),
        signal_dbm: info.u8(nl::NL80211_STA_INFO_SIGNAL).map(u8::cast_signed),
        rx_bytes: bytes(nl::NL80211_STA_INFO_RX_BYTES64, nl::NL80211_STA_INFO_RX_BYTES),
        tx_bytes: bytes(nl::NL80211_STA_INFO_TX_BYTES64, nl::NL80211_STA_INFO_TX_BYTES),
        rx_packets: info.u32(nl::NL80211_STA_INFO_RX_PACKETS),
        tx_packets: info.u32(nl::NL80211_STA_INFO_TX_PACKETS),
        connected_s: info.u32(nl::NL80211_STA_INFO_CONNECTED_TIME),
        signal_average_dbm: info.u8(nl::NL80211_STA_INFO_SIGNAL_AVG).map(u8::cast_signed),
        tx_failed: info.u32(nl::NL80211_STA_INFO_TX_FAILED),
        rx_rate: bit_rate(info.nested(nl::NL80211_STA_INFO_RX_BITRATE)),
        tx_rate: bit_rate(info.nested(nl::NL80211_STA_INFO_TX_BITRATE)),
    }
}

fn bit_rate(rate: Attributes<'_>) -> Option<BitRate> {
    let wide = rate.u32(nl::NL80211_RATE_INFO_BITRATE32);
    let streams = rate.u8(nl::NL80211_RATE_INFO_VHT_NSS).unwrap_or(1);
    Some(BitRate {
        rate: wide.or_else(|| rate.u16(nl::NL80211_RATE_INFO_BITRATE).map(u32::from))?,
        mcs: rate.u8(nl::NL80211_RATE_INFO_MCS),
        vht: rate.u8(nl::NL80211_RATE_INFO_VHT_MCS).map(|mcs| (mcs, streams)),
        short_gi: rate.get(nl::NL80211_RATE_INFO_SHORT_GI).is_some(),
    })
}

fn put_rates(s: Set, station: &StationParameters) -> Set {
    let Some(rates) = &station.rates else { return s };
    let mut s = s
        .u16(nl::NL80211_ATTR_STA_AID, rates.aid)
        .u16(nl::NL80211_ATTR_STA_LISTEN_INTERVAL, rates.listen_interval)
        .u16(nl::NL80211_ATTR_STA_CAPABILITY, rates.capability)
        .bytes(nl::NL80211_ATTR_STA_SUPPORTED_RATES, &rates.rates);
    if let Some(ht) = &rates.ht {
        s = s.bytes(nl::NL80211_ATTR_HT_CAPABILITY, ht);
    }
    if let Some(vht) = &rates.vht {
        s = s.bytes(nl::NL80211_ATTR_VHT_CAPABILITY, vht);
    }
    if let Some((queues, max_sp)) = rates.uapsd {
        let wme = Set::default().u8(nl::NL80211_STA_WME_UAPSD_QUEUES, queues).u8(nl::NL80211_STA_WME_MAX_SP, max_sp);
        s = s.nest(nl::NL80211_ATTR_STA_WME, wme);
    }
    s
}

fn put_flags(s: Set, flags: StationFlags, c: &Capabilities) -> Set {
    let port = [(nl::NL80211_STA_FLAG_AUTHORIZED, flags.authorized)];
    let properties =
        [(nl::NL80211_STA_FLAG_SHORT_PREAMBLE, flags.short_preamble), (nl::NL80211_STA_FLAG_WME, flags.wme)];
    let state = [
        (nl::NL80211_STA_FLAG_AUTHENTICATED, flags.authenticated),
        (nl::NL80211_STA_FLAG_ASSOCIATED, flags.associated),
    ];
    // A driver with its own SME takes nothing but the port's state; the progress of a station only one that wants
    // the entry before the association. Others refuse what they do not take (`cfg80211_check_station_change`).
    let all = port
        .into_iter()
        .chain(properties.into_iter().filter(|_| !c.device_ap_sme))
        .chain(state.into_iter().filter(|_| !c.device_ap_sme && c.full_ap_client_state));
    let (mask, set) = all.fold((0, 0), |(mask, set), (flag, on)| {
        let bit = 1u32 << flag;
        (mask | bit, if on { set | bit } else { set })
    });
    flags2(s, mask, set)
}

/// `struct nl80211_sta_flag_update`
fn flags2(s: Set, mask: u32, set: u32) -> Set {
    let mut update = mask.to_ne_bytes().to_vec();
    update.extend(set.to_ne_bytes());
    s.bytes(nl::NL80211_ATTR_STA_FLAGS2, &update)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netlink;
    use radio::StationRates;

    fn flags_of(c: &Capabilities) -> (u32, u32) {
        let flags = StationFlags {
            authenticated: true,
            associated: false,
            authorized: false,
            wme: true,
            short_preamble: false,
        };
        let station = StationParameters { address: MacAddr([2; 6]), flags, rates: None };
        let bytes = add(InterfaceId::BASE, &station, &[12], c).encode(28, 1, Set::default()).unwrap();
        let (_, attributes) = netlink::messages(&bytes).next().unwrap().generic().unwrap();
        let update = attributes.get(nl::NL80211_ATTR_STA_FLAGS2).unwrap();
        (netlink::u32_at(update, 0).unwrap(), netlink::u32_at(update, 4).unwrap())
    }

    #[test]
    fn each_kind_of_driver_is_told_the_flags_that_it_takes() {
        // AUTHORIZED is bit 1, SHORT_PREAMBLE 2, WME 3, AUTHENTICATED 5, ASSOCIATED 7 (nl80211_sta_flags).
        let full = Capabilities { full_ap_client_state: true, ..Capabilities::default() };
        assert_eq!(flags_of(&full), (0b1010_1110, 0b0010_1000));
        assert_eq!(flags_of(&Capabilities::default()), (0b0000_1110, 0b0000_1000));
        let own_sme = Capabilities { device_ap_sme: true, ..full };
        assert_eq!(flags_of(&own_sme), (0b0000_0010, 0));
    }

    #[test]
    fn an_association_completes_an_entry() {
        let rates = StationRates {
            aid: 7,
            listen_interval: 10,
            capability: 0x431,
            rates: vec![12, 24],
            ht: Some(vec![9; 26]),
            vht: None,
            uapsd: Some((0x0f, 2)),
        };
        let flags = StationFlags::default();
        let station = StationParameters { address: MacAddr([2; 6]), flags, rates: Some(rates) };
        let bytes = set(InterfaceId::BASE, &station, &Capabilities::default()).encode(28, 1, Set::default()).unwrap();
        let (command, attributes) = netlink::messages(&bytes).next().unwrap().generic().unwrap();
        assert_eq!(command, nl::NL80211_CMD_SET_STATION);
        assert_eq!(attributes.u16(nl::NL80211_ATTR_STA_AID), Some(7));
        assert_eq!(attributes.get(nl::NL80211_ATTR_STA_SUPPORTED_RATES), Some(&[12, 24][..]));
        assert_eq!(attributes.get(nl::NL80211_ATTR_HT_CAPABILITY), Some(&[9; 26][..]));
        assert!(!attributes.flag(nl::NL80211_ATTR_VHT_CAPABILITY));
        let wme = attributes.nested(nl::NL80211_ATTR_STA_WME);
        assert_eq!(
            (wme.u8(nl::NL80211_STA_WME_UAPSD_QUEUES), wme.u8(nl::NL80211_STA_WME_MAX_SP)),
            (Some(0x0f), Some(2))
        );
    }

    #[test]
    fn what_is_known_of_a_station_is_read() {
        let info = Set::default()
            .u32(nl::NL80211_STA_INFO_INACTIVE_TIME, 30)
            .u8(nl::NL80211_STA_INFO_SIGNAL, (-50i8).cast_unsigned())
            .u32(nl::NL80211_STA_INFO_RX_BYTES, 5)
            .u64(nl::NL80211_STA_INFO_TX_BYTES64, 1 << 40);
        let set = Set::default().nest(nl::NL80211_ATTR_STA_INFO, info);
        let bytes = Request::plain(nl::NL80211_CMD_NEW_STATION).encode(28, 1, set).unwrap();
        let (_, attributes) = netlink::messages(&bytes).next().unwrap().generic().unwrap();
        let expected = StationInfo {
            inactive_ms: Some(30),
            signal_dbm: Some(-50),
            rx_bytes: Some(5),
            tx_bytes: Some(1 << 40),
            ..StationInfo::default()
        };
        assert_eq!(parse(attributes), expected);
    }
}
