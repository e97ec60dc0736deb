//! The group key of an owner, and its change (IEEE 802.11-2020 §12.7.7): a new key is handed to every station first and used for
//! sending only when all have confirmed it, so that no frame goes out that one of them cannot read.

use alloc::collections::BTreeSet;
use eapol::{GroupKey, Gtk};
use ieee80211_ies::MacAddr;
use rand_core::CryptoRng;
use zeroize::Zeroize;

/// The key in use, and the one that is to follow while stations are being told.
#[derive(Debug)]
pub(super) struct GroupKeys {
    in_use: GroupKey,
    change: Option<Change>,
}

#[derive(Debug)]
struct Change {
    next: GroupKey,
    /// Who has not confirmed it yet.
    awaited: BTreeSet<MacAddr>,
}

impl GroupKeys {
    /// A first key, of index 1.
    pub(super) fn new(rng: &mut dyn CryptoRng) -> Self {
        Self { in_use: draw(1, rng), change: None }
    }

    /// The key that frames are sent with: what a station is told in message 3.
    pub(super) fn in_use(&self) -> &GroupKey {
        &self.in_use
    }

    /// The key that is being handed out.
    pub(super) fn next(&self) -> Option<&GroupKey> {
        self.change.as_ref().map(|c| &c.next)
    }

    /// Draws the next key, which all of `stations` are to confirm. While a change is under way nothing happens.
    pub(super) fn begin(&mut self, stations: impl Iterator<Item = MacAddr>, rng: &mut dyn CryptoRng) -> bool {
        if self.change.is_some() {
            return false;
        }
        // The index alternates, so that frames under the old key can still be read until the change (§12.7.4).
        let index = if self.in_use.index == 1 { 2 } else { 1 };
        self.change = Some(Change { next: draw(index, rng), awaited: stations.collect() });
        true
    }

    /// A station has completed its 4-way handshake during the change: it has to confirm the next key, too.
    pub(super) fn await_also(&mut self, station: MacAddr) {
        if let Some(change) = &mut self.change {
            change.awaited.insert(station);
        }
    }

    /// A station has confirmed the next key, or is gone.
    pub(super) fn settled(&mut self, station: MacAddr) {
        if let Some(change) = &mut self.change {
            change.awaited.remove(&station);
        }
    }

    /// Puts the next key into use once nobody is awaited; whether that is so.
    pub(super) fn finish(&mut self) -> bool {
        match self.change.take_if(|c| c.awaited.is_empty()) {
            Some(change) => self.in_use = change.next,
            None => return false,
        }
        true
    }
}

fn draw(index: u8, rng: &mut dyn CryptoRng) -> GroupKey {
    let mut octets = [0; 16];
    rng.fill_bytes(&mut octets);
    let key = GroupKey { index, key: Gtk::new(octets), rsc: [0; 6] };
    octets.zeroize();
    key
}
