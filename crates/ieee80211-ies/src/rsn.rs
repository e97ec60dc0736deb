//! The RSN element (IEEE 802.11-2020 §9.4.2.24).

use core::fmt;

use crate::known::known;
use crate::{Malformed, Rule, cursor::Cursor};

/// A suite selector: an OUI and a type.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Suite(pub [u8; 4]);

impl Suite {
    /// A suite that IEEE 802.11 itself defines (OUI 00-0F-AC).
    pub const fn ieee(kind: u8) -> Self {
        Self([0x00, 0x0f, 0xac, kind])
    }

    /// The selector as one number, the OUI in its upper octets: the form of nl80211 (such as 0x000fac04).
    pub const fn to_u32(self) -> u32 {
        u32::from_be_bytes(self.0)
    }
}

impl fmt::Debug for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, kind] = self.0;
        write!(f, "{a:02X}-{b:02X}-{c:02X}:{kind}")
    }
}

/// Cipher suites (§9.4.2.24.2, Table 9-149).
pub mod cipher {
    use super::Suite;

    /// The group's.
    pub const USE_GROUP: Suite = Suite::ieee(0);
    /// WEP-40.
    pub const WEP_40: Suite = Suite::ieee(1);
    /// TKIP.
    pub const TKIP: Suite = Suite::ieee(2);
    /// CCMP-128.
    pub const CCMP_128: Suite = Suite::ieee(4);
    /// WEP-104.
    pub const WEP_104: Suite = Suite::ieee(5);
    /// BIP-CMAC-128, for group management frames.
    pub const BIP_CMAC_128: Suite = Suite::ieee(6);
    /// Group addressed traffic is not allowed.
    pub const NO_GROUP_TRAFFIC: Suite = Suite::ieee(7);
    /// GCMP-128.
    pub const GCMP_128: Suite = Suite::ieee(8);
    /// GCMP-256.
    pub const GCMP_256: Suite = Suite::ieee(9);
    /// CCMP-256.
    pub const CCMP_256: Suite = Suite::ieee(10);
    /// BIP-GMAC-128.
    pub const BIP_GMAC_128: Suite = Suite::ieee(11);
    /// BIP-GMAC-256.
    pub const BIP_GMAC_256: Suite = Suite::ieee(12);
    /// BIP-CMAC-256.
    pub const BIP_CMAC_256: Suite = Suite::ieee(13);
}

/// Authentication and key management suites (§9.4.2.24.3, Table 9-151).
pub mod akm {
    use super::Suite;

    /// IEEE 802.1X.
    pub const DOT1X: Suite = Suite::ieee(1);
    /// PSK.
    pub const PSK: Suite = Suite::ieee(2);
    /// IEEE 802.1X with fast transition.
    pub const FT_DOT1X: Suite = Suite::ieee(3);
    /// PSK with fast transition.
    pub const FT_PSK: Suite = Suite::ieee(4);
    /// IEEE 802.1X with SHA-256.
    pub const DOT1X_SHA256: Suite = Suite::ieee(5);
    /// PSK with SHA-256.
    pub const PSK_SHA256: Suite = Suite::ieee(6);
    /// SAE.
    pub const SAE: Suite = Suite::ieee(8);
    /// SAE with fast transition.
    pub const FT_SAE: Suite = Suite::ieee(9);
    /// IEEE 802.1X with Suite B.
    pub const SUITE_B: Suite = Suite::ieee(11);
    /// IEEE 802.1X with CNSA Suite.
    pub const SUITE_B_192: Suite = Suite::ieee(12);
    /// FILS with SHA-256.
    pub const FILS_SHA256: Suite = Suite::ieee(14);
    /// FILS with SHA-384.
    pub const FILS_SHA384: Suite = Suite::ieee(15);
    /// OWE.
    pub const OWE: Suite = Suite::ieee(18);
    /// PSK with SHA-384.
    pub const PSK_SHA384: Suite = Suite::ieee(20);
    /// PASN.
    pub const PASN: Suite = Suite::ieee(21);
    /// SAE with hash-to-element and group-dependent hash.
    pub const SAE_EXT_KEY: Suite = Suite::ieee(24);
    /// DPP of the Wi-Fi Alliance (Wi-Fi Easy Connect v3.0 §8.4).
    pub const DPP: Suite = Suite([0x50, 0x6f, 0x9a, 2]);
}

/// Bits of the RSN Capabilities field (§9.4.2.24.4).
pub mod capability {
    /// Preauthentication.
    pub const PREAUTHENTICATION: u16 = 0x0001;
    /// The two bits of the number of PTKSA replay counters.
    pub const PTKSA_REPLAY_COUNTERS: u16 = 0x000c;
    /// Management frame protection required.
    pub const MFP_REQUIRED: u16 = 0x0040;
    /// Management frame protection capable.
    pub const MFP_CAPABLE: u16 = 0x0080;
}

/// A list of suites.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Suites<'a>(&'a [[u8; 4]]);

impl<'a> Suites<'a> {
    /// These selectors.
    pub const fn new(selectors: &'a [[u8; 4]]) -> Self {
        Self(selectors)
    }

    /// Each in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Suite> + Clone + use<'a> {
        self.0.iter().copied().map(Suite)
    }

    /// Whether this one is among them.
    pub fn contains(&self, suite: Suite) -> bool {
        self.0.contains(&suite.0)
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn read(cursor: &mut Cursor<'a>, default: &'a [[u8; 4]]) -> Result<Self, Malformed> {
        if cursor.is_empty() {
            return Ok(Self(default));
        }
        let count = cursor.le16()?;
        Ok(Self(cursor.take(4 * usize::from(count))?.as_chunks().0))
    }
}

impl fmt::Debug for Suites<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// The RSN element. The element may end after any field; what is missing has the value that the standard gives it then:
/// CCMP-128, IEEE 802.1X, no capabilities.
///
/// ```
/// use ieee80211_ies::{Elements, KnownElement, rsn::{self, Rsn}};
///
/// let mut bytes = Vec::new();
/// rsn::wpa2_psk_ccmp().emit(&mut bytes);
/// let read = Elements::new(&bytes).get::<Rsn>()?.unwrap();
/// assert!(read.akms.contains(rsn::akm::PSK) && read.pairwise.contains(rsn::cipher::CCMP_128));
/// # Ok::<_, ieee80211_ies::Malformed>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rsn<'a> {
    /// Version, 1.
    pub version: u16,
    /// Group Data Cipher Suite.
    pub group: Suite,
    /// Pairwise Cipher Suites.
    pub pairwise: Suites<'a>,
    /// Authentication and key management suites.
    pub akms: Suites<'a>,
    /// RSN Capabilities, see [`capability`].
    pub capabilities: u16,
    /// PMKIDs.
    pub pmkids: &'a [[u8; 16]],
    /// Group Management Cipher Suite, where it is told.
    pub group_management: Option<Suite>,
}

const DEFAULT_CIPHER: [[u8; 4]; 1] = [cipher::CCMP_128.0];
const DEFAULT_AKM: [[u8; 4]; 1] = [akm::DOT1X.0];

known!(Rsn<'a> = RSN, "RSN element", c => {
    let version = c.le16()?;
    let group = if c.is_empty() { cipher::CCMP_128 } else { Suite(c.array()?) };
    let pairwise = Suites::read(c, &DEFAULT_CIPHER)?;
    let akms = Suites::read(c, &DEFAULT_AKM)?;
    let capabilities = if c.is_empty() { 0 } else { c.le16()? };
    let pmkids = if c.is_empty() { 0 } else { c.le16()? };
    let pmkids = c.take(16 * usize::from(pmkids))?.as_chunks().0;
    let group_management = if c.is_empty() { None } else { Some(Suite(c.array()?)) };
    Ok(Self { version, group, pairwise, akms, capabilities, pmkids, group_management })
}, this, out => {
    out.extend_from_slice(&this.version.to_le_bytes());
    out.extend_from_slice(&this.group.0);
    for Suites(list) in [this.pairwise, this.akms] {
        out.extend_from_slice(&(list.len() as u16).to_le_bytes());
        out.extend_from_slice(list.as_flattened());
    }
    out.extend_from_slice(&this.capabilities.to_le_bytes());
    if !this.pmkids.is_empty() || this.group_management.is_some() {
        out.extend_from_slice(&(this.pmkids.len() as u16).to_le_bytes());
        out.extend_from_slice(this.pmkids.as_flattened());
    }
    if let Some(suite) = this.group_management {
        out.extend_from_slice(&suite.0);
    }
});

/// The element of a P2P group: WPA2-Personal with CCMP-128 for everything (Wi-Fi P2P v1.7 §3.2.1).
pub const fn wpa2_psk_ccmp() -> Rsn<'static> {
    const PSK: [[u8; 4]; 1] = [akm::PSK.0];
    Rsn {
        version: 1,
        group: cipher::CCMP_128,
        pairwise: Suites::new(&DEFAULT_CIPHER),
        akms: Suites::new(&PSK),
        capabilities: 0,
        pmkids: &[],
        group_management: None,
    }
}

/// The RSN Extension element (IEEE 802.11-2020 §9.4.2.241): bits of which the first four are the number of octets less one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct RsnExtension<'a>(pub &'a [u8]);

impl RsnExtension<'_> {
    /// Bit: protected TWT operations.
    pub const PROTECTED_TWT: usize = 4;
    /// Bit: SAE hash-to-element.
    pub const SAE_HASH_TO_ELEMENT: usize = 5;
    /// Bit: secure long training field (IEEE 802.11az-2022).
    pub const SECURE_LTF: usize = 8;

    /// Whether this bit is set.
    pub fn has(&self, bit: usize) -> bool {
        self.0.get(bit / 8).is_some_and(|octet| octet >> (bit % 8) & 1 != 0)
    }
}

known!(RsnExtension<'a> = RSN_EXTENSION, "RSN Extension", c => {
    let wrong = c.error(Rule::InvalidValue);
    let first = { *c }.u8()?;
    // Octets behind those that the length field counts are of a later version (§9.4.2.1).
    let counted = 1 + usize::from(first & 0x0f);
    c.take(counted).map(Self).map_err(|_| wrong)
}, this, out => out.extend_from_slice(this.0));
