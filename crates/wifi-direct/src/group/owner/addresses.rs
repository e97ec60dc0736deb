//! IPv4 addresses that an owner hands out in the 4-way handshake (Wi-Fi P2P v1.7 §4.2.8).

use crate::api::IpPool;
use alloc::vec::Vec;
use eapol::IpAllocation;
use ieee80211_ies::MacAddr;

/// Most addresses of a pool that are used (wpa_supplicant's bound).
const MAX_ADDRESSES: usize = 1000;

/// A pool, and who has which of its addresses. A station gets the same address again as long as nobody else needed it.
#[derive(Debug)]
pub(super) struct Addresses {
    pool: IpPool,
    /// Oldest first: station, offset from the first address.
    given: Vec<(MacAddr, u32)>,
}

impl Addresses {
    pub(super) fn new(pool: IpPool) -> Self {
        Self { pool, given: Vec::new() }
    }

    /// The address of a station; where all are given away, that of the station that got its own longest ago.
    pub(super) fn give(&mut self, station: MacAddr) -> Option<IpAllocation> {
        let (first, last) = (u32::from_be_bytes(self.pool.first), u32::from_be_bytes(self.pool.last));
        let size = last.checked_sub(first)?.saturating_add(1).min(MAX_ADDRESSES as u32);
        let known = self.given.iter().position(|(owner, _)| *owner == station).map(|at| self.given.remove(at).1);
        let offset = known
            .or_else(|| (0..size).find(|offset| self.given.iter().all(|(_, taken)| taken != offset)))
            .or_else(|| (!self.given.is_empty()).then(|| self.given.remove(0).1))?;
        self.given.push((station, offset));
        let client = first.checked_add(offset)?.to_be_bytes();
        Some(IpAllocation { client, mask: self.pool.mask, go: self.pool.owner })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(last: u8) -> Addresses {
        let [owner, first, last] = [1, 10, last].map(|n| [192, 168, 42, n]);
        Addresses::new(IpPool { owner, mask: [255, 255, 255, 0], first, last })
    }

    fn given(addresses: &mut Addresses, station: u8) -> Option<u8> {
        addresses.give(MacAddr([2, 0, 0, 0, 0, station])).map(|it| it.client[3])
    }

    #[test]
    fn every_station_has_its_own_address_and_keeps_it() {
        let mut addresses = addresses(12);
        assert_eq!([1, 2, 1, 3, 2].map(|n| given(&mut addresses, n)), [10, 11, 10, 12, 11].map(Some));
        assert_eq!(given(&mut addresses, 4), Some(10), "the one given longest ago");
        assert_eq!(given(&mut addresses, 1), Some(12));
    }

    #[test]
    fn a_pool_turned_round_is_empty() {
        assert_eq!(given(&mut addresses(9), 1), None);
    }
}
