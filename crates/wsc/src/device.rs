//! What a device says of itself (WSC 2.0 §12).

use alloc::vec::Vec;

use ieee80211_ies::wsc::{ConfigMethods, DeviceType};
use ieee80211_ies::{MacAddr, Octets};
use sha1::{Digest, Sha1};

/// The name space of UUIDs made from a MAC address.
const MAC_NAME_SPACE: [u8; 16] =
    [0x52, 0x64, 0x80, 0xf8, 0xc9, 0x9b, 0x4b, 0xe5, 0xa6, 0x55, 0x58, 0xed, 0x5f, 0x5d, 0x60, 0x84];

/// A device: ours, or what the peer told of itself.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Device {
    /// UUID-E or UUID-R, see [`uuid_from_mac`].
    pub uuid: [u8; 16],
    /// The address of the interface that takes part in the registration; it goes into the keys.
    pub address: MacAddr,
    /// Manufacturer.
    pub manufacturer: Octets<64>,
    /// Model Name.
    pub model_name: Octets<32>,
    /// Model Number.
    pub model_number: Octets<32>,
    /// Serial Number.
    pub serial_number: Octets<32>,
    /// Device Name, the one that users see.
    pub device_name: Octets<32>,
    /// Primary Device Type.
    pub primary_device_type: DeviceType,
    /// Secondary Device Types; they go only into the elements of P2P discovery.
    pub secondary_device_types: Vec<DeviceType>,
    /// Config Methods.
    pub config_methods: ConfigMethods,
    /// RF Bands, see [`rf_band`](ieee80211_ies::wsc::rf_band).
    pub rf_bands: u8,
    /// OS Version without the reserved bit 31, which is set on the air.
    pub os_version: u32,
    /// Vendor Extension of M1, at most 1024 octets from the vendor's number on; empty for none. For the enrollee that we are.
    pub vendor_extension: Vec<u8>,
    /// The push button is among the methods in the M1 of our access point: an external registrar that sees it there may take it for
    /// pressed, so that it is left out otherwise.
    pub push_button_in_m1: bool,
}

/// The UUID that deployed devices derive from a MAC address when none is configured: version 5 of RFC 4122 §4.3 in a name
/// space of its own. A device keeps its UUID when it changes its address only if this is called with a permanent one.
pub fn uuid_from_mac(address: MacAddr) -> [u8; 16] {
    let digest: [u8; 20] = Sha1::new().chain_update(MAC_NAME_SPACE).chain_update(address).finalize().into();
    let mut uuid = [0; 16];
    for (slot, octet) in uuid.iter_mut().zip(digest) {
        *slot = octet;
    }
    uuid[6] = uuid[6] & 0x0f | 0x50;
    uuid[8] = uuid[8] & 0x3f | 0x80;
    uuid
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_uuid_of_a_mac_address_is_that_of_deployed_devices() {
        // `hostapd -u 02:11:22:33:44:55` (hostapd 2.10).
        let expected = [0x3a, 0x04, 0x4d, 0x6b, 0x14, 0xa1, 0x55, 0xe7, 0xac, 0x06, 0x6a, 0xb9, 0xa0, 0xb0, 0x3b, 0x0d];
        assert_eq!(uuid_from_mac(MacAddr([0x02, 0x11, 0x22, 0x33, 0x44, 0x55])), expected);
    }
}
