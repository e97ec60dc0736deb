//! Key data: elements and key data encapsulations (IEEE 802.11-2020 §12.7.2 j), Table 12-6; Wi-Fi P2P v1.7 §4.2.8).

use crate::{GroupKey, Gtk, Malformed, Pmkid};
use alloc::vec::Vec;
use ieee80211_ies::MacAddr;
use zeroize::Zeroizing;

/// Element id of a KDE: vendor specific.
const VENDOR: u8 = 0xdd;
/// Element id of RSN.
const RSN: u8 = 48;
/// Selectors: OUI and data type.
const GTK: [u8; 4] = [0x00, 0x0f, 0xac, 1];
const MAC_ADDRESS: [u8; 4] = [0x00, 0x0f, 0xac, 3];
const PMKID: [u8; 4] = [0x00, 0x0f, 0xac, 4];
const IP_REQUEST: [u8; 4] = [0x50, 0x6f, 0x9a, 4];
const IP_ALLOCATION: [u8; 4] = [0x50, 0x6f, 0x9a, 5];

/// IPv4 addresses that an owner hands out in message 3 (Wi-Fi P2P v1.7 §4.2.8, IP Address Allocation KDE).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct IpAllocation {
    /// The client's address.
    pub client: [u8; 4],
    /// The subnet mask.
    pub mask: [u8; 4],
    /// The owner's address.
    pub go: [u8; 4],
}

/// One item of key data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kde<'a> {
    /// An RSN element, whole, with its id and length octets.
    Rsn(&'a [u8]),
    /// GTK KDE.
    Gtk {
        /// Key index, 0 to 3 as it stands in the frame; 1 to 3 are valid.
        index: u8,
        /// Whether the receiver may send with it; never set in an infrastructure network.
        tx: bool,
        /// The key.
        key: &'a [u8],
    },
    /// MAC address KDE.
    MacAddress(MacAddr),
    /// PMKID KDE.
    Pmkid(&'a Pmkid),
    /// IP Address Request KDE: whether an address is wanted.
    IpRequest(bool),
    /// IP Address Allocation KDE.
    IpAllocation(IpAllocation),
    /// A KDE of another kind, or one of the above with contents too short for it.
    Unknown {
        /// OUI and data type.
        selector: [u8; 4],
        /// The rest.
        data: &'a [u8],
    },
    /// Another element.
    Element {
        /// Element id.
        id: u8,
        /// Its body.
        body: &'a [u8],
    },
}

/// The items of decrypted key data, in their order. Ends after the first malformed one, or at padding.
#[derive(Clone, Debug)]
pub struct Kdes<'a> {
    rest: &'a [u8],
    offset: usize,
}

impl<'a> Kdes<'a> {
    /// Reads `key_data`.
    pub fn new(key_data: &'a [u8]) -> Self {
        Self { rest: key_data, offset: 0 }
    }
}

impl<'a> Iterator for Kdes<'a> {
    type Item = Result<Kde<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.rest {
            [] | [VENDOR] | [VENDOR, 0, ..] => {
                self.rest = &[];
                None
            }
            [id, length, tail @ ..] if tail.len() >= usize::from(*length) => {
                let length = usize::from(*length);
                let (body, rest) = tail.split_at(length);
                let whole = self.rest.get(..2 + length).unwrap_or_default();
                self.rest = rest;
                self.offset += 2 + length;
                Some(Ok(read(*id, body, whole)))
            }
            _ => {
                self.rest = &[];
                Some(Err(Malformed { offset: self.offset, what: "an element within the key data" }))
            }
        }
    }
}

/// Reads one item.
fn read<'a>(id: u8, body: &'a [u8], whole: &'a [u8]) -> Kde<'a> {
    if id == RSN {
        return Kde::Rsn(whole);
    }
    let Some((selector, data)) = body.split_first_chunk::<4>().filter(|_| id == VENDOR) else {
        return Kde::Element { id, body };
    };
    match (*selector, data) {
        (GTK, [flags, _, key @ ..]) => Kde::Gtk { index: flags & 3, tx: flags & 4 != 0, key },
        (MAC_ADDRESS, &[a, b, c, d, e, f]) => Kde::MacAddress(MacAddr([a, b, c, d, e, f])),
        (PMKID, data) if let Ok(id) = data.try_into() => Kde::Pmkid(id),
        (IP_REQUEST, [wanted, ..]) => Kde::IpRequest(*wanted != 0),
        (IP_ALLOCATION, &[a, b, c, d, e, f, g, h, i, j, k, l, ..]) => {
            Kde::IpAllocation(IpAllocation { client: [a, b, c, d], mask: [e, f, g, h], go: [i, j, k, l] })
        }
        (selector, data) => Kde::Unknown { selector, data },
    }
}

/// What the handshake machines need of key data: the first of each kind.
#[derive(Debug, Default)]
pub(crate) struct KeyData<'a> {
    pub(crate) rsn: Option<&'a [u8]>,
    pub(crate) gtk: Option<(u8, Gtk)>,
    pub(crate) ip_wanted: bool,
    pub(crate) ip: Option<IpAllocation>,
}

impl<'a> KeyData<'a> {
    pub(crate) fn parse(key_data: &'a [u8]) -> Result<Self, Malformed> {
        let mut found = Self::default();
        let mut kdes = Kdes::new(key_data);
        loop {
            let offset = kdes.offset;
            let Some(kde) = kdes.next() else { return Ok(found) };
            match kde? {
                Kde::Rsn(element) => _ = found.rsn.get_or_insert(element),
                Kde::Gtk { index, key, .. } => {
                    let what = "a GTK of 16 octets with key index 1 to 3";
                    let key =
                        <[u8; 16]>::try_from(key).ok().filter(|_| index != 0).ok_or(Malformed { offset, what })?;
                    found.gtk.get_or_insert((index, Gtk::new(key)));
                }
                Kde::IpRequest(wanted) => found.ip_wanted |= wanted,
                Kde::IpAllocation(ip) => _ = found.ip.get_or_insert(ip),
                Kde::MacAddress(_) | Kde::Pmkid(_) | Kde::Unknown { .. } | Kde::Element { .. } => {}
            }
        }
    }
}

/// Writes key data, which are wiped when dropped.
#[derive(Clone, Default)]
pub struct KeyDataWriter(Zeroizing<Vec<u8>>);

impl KeyDataWriter {
    /// Starts with nothing.
    pub fn new() -> Self {
        // Room for an RSN element, a GTK and an IP allocation, so that no secret is left behind by growing.
        Self(Zeroizing::new(Vec::with_capacity(320)))
    }

    /// Adds whole elements (such as an RSN element with its id and length octets) as they are.
    pub fn elements(mut self, elements: &[u8]) -> Self {
        self.0.extend(elements);
        self
    }

    /// Adds a GTK KDE; its transmit bit is clear.
    pub fn gtk(self, group: &GroupKey) -> Self {
        self.kde(GTK, &[&[group.index & 3, 0], group.key.expose()])
    }

    /// Adds an IP Address Request KDE.
    pub fn ip_request(self) -> Self {
        self.kde(IP_REQUEST, &[&[1]])
    }

    /// Adds an IP Address Allocation KDE.
    pub fn ip_allocation(self, ip: &IpAllocation) -> Self {
        self.kde(IP_ALLOCATION, &[&ip.client, &ip.mask, &ip.go])
    }

    /// Adds a PMKID KDE.
    pub fn pmkid(self, pmkid: &Pmkid) -> Self {
        self.kde(PMKID, &[pmkid])
    }

    /// Adds a MAC address KDE.
    pub fn mac_address(self, address: MacAddr) -> Self {
        self.kde(MAC_ADDRESS, &[&address.0])
    }

    /// The key data so far, unpadded.
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }

    fn kde(mut self, selector: [u8; 4], pieces: &[&[u8]]) -> Self {
        let length: usize = 4 + pieces.iter().map(|p| p.len()).sum::<usize>();
        // Every KDE written here has at most 22 octets.
        self.0.extend([VENDOR, length as u8]);
        self.0.extend(selector);
        pieces.iter().for_each(|p| self.0.extend(*p));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RSNE: [u8; 4] = [48, 2, 1, 0];

    #[test]
    fn all_kinds_are_read_back() {
        let group = GroupKey { index: 2, key: Gtk::new([9; 16]), rsc: [0; 6] };
        let ip = IpAllocation { client: [10, 0, 0, 2], mask: [255, 255, 255, 0], go: [10, 0, 0, 1] };
        let address = MacAddr([2, 0, 0, 0, 0, 7]);
        let data = KeyDataWriter::new()
            .elements(&RSNE)
            .gtk(&group)
            .ip_request()
            .ip_allocation(&ip)
            .pmkid(&[3; 16])
            .mac_address(address)
            .elements(&[244, 1, 0x20])
            .elements(&[0xdd, 5, 1, 2, 3, 4, 5]);
        let read: Vec<_> = Kdes::new(data.as_slice()).collect::<Result<_, _>>().unwrap();
        assert_eq!(
            read,
            [
                Kde::Rsn(&RSNE),
                Kde::Gtk { index: 2, tx: false, key: &[9; 16] },
                Kde::IpRequest(true),
                Kde::IpAllocation(ip),
                Kde::Pmkid(&[3; 16]),
                Kde::MacAddress(address),
                Kde::Element { id: 244, body: &[0x20] },
                Kde::Unknown { selector: [1, 2, 3, 4], data: &[5] },
            ]
        );
    }

    #[test]
    fn padding_ends_the_key_data() {
        for padding in [&[0xdd][..], &[0xdd, 0], &[0xdd, 0, 0, 0, 0, 0, 0]] {
            let data = [&RSNE, padding].concat();
            assert_eq!(Kdes::new(&data).collect::<Vec<_>>(), [Ok(Kde::Rsn(&RSNE))]);
        }
    }

    #[test]
    fn an_item_cut_short_is_an_error_with_its_place() {
        let data = [&RSNE[..], &[0xdd, 22, 0, 0x0f, 0xac, 1]].concat();
        let read: Vec<_> = Kdes::new(&data).collect();
        assert_eq!(read.len(), 2);
        assert_eq!(read[1].unwrap_err().offset, 4);
        assert_eq!(KeyData::parse(&data).unwrap_err().offset, 4);
    }

    #[test]
    fn a_gtk_of_the_wrong_size_or_index_is_an_error() {
        let bad_size = [&[0xdd, 6 + 15, 0, 0x0f, 0xac, 1, 1, 0][..], &[1; 15]].concat();
        let bad_index = [&[0xdd, 6 + 16, 0, 0x0f, 0xac, 1, 0, 0][..], &[1; 16]].concat();
        assert!(KeyData::parse(&bad_size).is_err());
        assert!(KeyData::parse(&bad_index).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes(bytes: Vec<u8>) {
            prop_assert!(Kdes::new(&bytes).count() <= bytes.len());
            let _ = KeyData::parse(&bytes);
        }
    }
}
