//! What the kernel tells of what it has.

use super::{IFLA_ADDRESS, IFLA_IFNAME, Interface, RTM_NEWLINK, WIPHY};
use crate::nl;
use crate::wire::{self, Out};
use ieee80211_ies::MacAddr;
use radio::{Bss, InterfaceKind, StationInfo};

pub(super) fn kind_of(iftype: u32) -> InterfaceKind {
    match iftype {
        nl::IFTYPE_STATION => InterfaceKind::Station,
        nl::IFTYPE_AP => InterfaceKind::Ap,
        nl::IFTYPE_P2P_CLIENT => InterfaceKind::P2pClient,
        nl::IFTYPE_P2P_GO => InterfaceKind::P2pGo,
        nl::IFTYPE_P2P_DEVICE => InterfaceKind::P2pDevice,
        _ => InterfaceKind::Other,
    }
}

pub(super) fn iftype_of(kind: InterfaceKind) -> u32 {
    match kind {
        InterfaceKind::Ap => nl::IFTYPE_AP,
        InterfaceKind::P2pClient => nl::IFTYPE_P2P_CLIENT,
        InterfaceKind::P2pGo => nl::IFTYPE_P2P_GO,
        InterfaceKind::P2pDevice => nl::IFTYPE_P2P_DEVICE,
        _ => nl::IFTYPE_STATION,
    }
}

pub(super) fn is_ap(kind: InterfaceKind) -> bool {
    matches!(kind, InterfaceKind::Ap | InterfaceKind::P2pGo)
}

pub(super) fn describe(i: &Interface) -> Out {
    let mut out = Out::default().u32(nl::ATTR_WIPHY, WIPHY);
    if let Some(ifindex) = i.ifindex {
        out = out.u32(nl::ATTR_IFINDEX, ifindex).text(nl::ATTR_IFNAME, &i.name);
    }
    let out =
        out.u64(nl::ATTR_WDEV, i.wdev).u32(nl::ATTR_IFTYPE, iftype_of(i.kind)).bytes(nl::ATTR_MAC, &i.address.octets());
    match i.held {
        Some(frequency) => out.u32(nl::ATTR_WIPHY_FREQ, frequency).bytes(nl::ATTR_SSID, b"home"),
        None => out,
    }
}

/// `RTM_NEWLINK`
pub(super) fn link(i: &Interface, sequence: u32) -> Vec<u8> {
    let mut payload = vec![0; 4];
    payload.extend(i.ifindex.unwrap_or_default().to_ne_bytes());
    payload.extend(u32::from(i.up).to_ne_bytes());
    payload.extend([0; 4]);
    payload.extend(Out::default().text(IFLA_IFNAME, &i.name).bytes(IFLA_ADDRESS, &i.address.octets()).0);
    wire::message(RTM_NEWLINK, 0, sequence, &payload)
}

pub(super) fn station_info(address: MacAddr, info: &StationInfo) -> Out {
    let mut out = Out::default();
    if let Some(ms) = info.inactive_ms {
        out = out.u32(nl::STA_INFO_INACTIVE_TIME, ms);
    }
    if let Some(dbm) = info.signal_dbm {
        out = out.u8(nl::STA_INFO_SIGNAL, dbm.cast_unsigned());
    }
    for (kind, value) in [(nl::STA_INFO_RX_BYTES64, info.rx_bytes), (nl::STA_INFO_TX_BYTES64, info.tx_bytes)] {
        if let Some(value) = value {
            out = out.u64(kind, value);
        }
    }
    let numbers = [
        (nl::STA_INFO_RX_PACKETS, info.rx_packets),
        (nl::STA_INFO_TX_PACKETS, info.tx_packets),
        (nl::STA_INFO_CONNECTED_TIME, info.connected_s),
    ];
    for (kind, value) in numbers {
        if let Some(value) = value {
            out = out.u32(kind, value);
        }
    }
    Out::default().bytes(nl::ATTR_MAC, &address.octets()).nest(nl::ATTR_STA_INFO, out)
}

/// One network of the scan results.
pub(super) fn network(bss: &Bss) -> Out {
    let mut out = Out::default()
        .bytes(nl::BSS_BSSID, &bss.bssid.octets())
        .u32(nl::BSS_FREQUENCY, bss.frequency)
        .u64(nl::BSS_TSF, bss.tsf)
        .u16(nl::BSS_BEACON_INTERVAL, bss.beacon_interval)
        .u16(nl::BSS_CAPABILITY, bss.capability)
        .u32(nl::BSS_SIGNAL_MBM, (i32::from(bss.signal_dbm) * 100).cast_unsigned())
        .u32(nl::BSS_SEEN_MS_AGO, bss.age_ms)
        .bytes(nl::BSS_INFORMATION_ELEMENTS, bss.elements());
    if !bss.beacon.is_empty() {
        out = out.bytes(nl::BSS_BEACON_IES, &bss.beacon);
    }
    let out = out.flag(nl::BSS_PRESP_DATA, !bss.probe_response.is_empty());
    Out::default().u32(nl::ATTR_WIPHY, WIPHY).nest(nl::ATTR_BSS, out)
}
