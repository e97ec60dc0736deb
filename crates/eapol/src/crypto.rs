//! The functions of keys: PRF and KDF, MIC, key wrap, passphrase to PSK (IEEE 802.11-2020 §12.7.1, §12.7.2, Annex J).

use crate::{Akm, InvalidPassphrase, Kck, Kek, Nonce, Pmkid, Psk, Ptk, Tk};
use aes_kw::KwAes128;
use alloc::vec::Vec;
use cmac::Cmac;
use hmac::{Hmac, KeyInit, Mac};
use ieee80211_ies::MacAddr;
use rand_core::CryptoRng;
use sha1::Sha1;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

/// Octets that AES key wrap adds (RFC 3394 §2.2.1).
pub const WRAP_OVERHEAD: usize = 8;

/// The padding marker of key data: a vendor-specific element id without anything behind it but zeros
/// (IEEE 802.11-2020 §12.7.2 j)).
const PADDING: u8 = 0xdd;

/// Bounds of a passphrase (IEEE 802.11-2020 §J.4.1).
const PASSPHRASE_LEN: core::ops::RangeInclusive<usize> = 8..=63;

/// PBKDF2 rounds (IEEE 802.11-2020 §J.4.1).
const PBKDF2_ROUNDS: u32 = 4096;

/// Octets of a PTK: KCK, KEK and TK of 128 bits each.
const PTK_LEN: usize = 48;

/// A keyed MAC of several pieces, one after the other. HMAC takes a key of any length, CMAC one of its own, so that the key is
/// never refused by the callers below; a refused one would give the MAC of nothing, which matches no frame.
fn mac<M: Mac + KeyInit>(key: &[u8], pieces: &[&[u8]], out: &mut [u8]) {
    out.fill(0);
    if let Ok(mut mac) = <M as KeyInit>::new_from_slice(key) {
        pieces.iter().for_each(|p| mac.update(p));
        let mut tag = mac.finalize().into_bytes();
        out.iter_mut().zip(tag.iter()).for_each(|(o, t)| *o = *t);
        tag.as_mut_slice().zeroize();
    }
}

/// PRF-n of IEEE 802.11-2020 §12.7.1.2, on HMAC-SHA1: fills `out`.
pub fn prf_sha1(key: &[u8], label: &[u8], data: &[u8], out: &mut [u8]) {
    for (i, chunk) in (0u8..).zip(out.chunks_mut(20)) {
        mac::<Hmac<Sha1>>(key, &[label, &[0], data, &[i]], chunk);
    }
}

/// KDF-SHA256-n of IEEE 802.11-2020 §12.7.1.7.2: fills `out`. At most 8,191 octets can be had; the rest stays zero.
pub fn kdf_sha256(key: &[u8], label: &[u8], context: &[u8], out: &mut [u8]) {
    out.fill(0);
    let Some(bits) = out.len().checked_mul(8).and_then(|bits| u16::try_from(bits).ok()) else { return };
    for (i, chunk) in (1u16..).zip(out.chunks_mut(32)) {
        mac::<Hmac<Sha256>>(key, &[&i.to_le_bytes(), label, context, &bits.to_le_bytes()], chunk);
    }
}

/// The PTK of a PMK, both addresses and both nonces (IEEE 802.11-2020 §12.7.1.3).
pub fn derive_ptk(akm: Akm, psk: &Psk, aa: MacAddr, spa: MacAddr, anonce: &Nonce, snonce: &Nonce) -> Ptk {
    let mut data = Vec::with_capacity(76);
    data.extend(aa.min(spa).0);
    data.extend(aa.max(spa).0);
    data.extend(anonce.min(snonce));
    data.extend(anonce.max(snonce));
    let mut out = Zeroizing::new([0; PTK_LEN]);
    let label = b"Pairwise key expansion";
    match akm {
        Akm::Psk => prf_sha1(psk.expose(), label, &data, out.as_mut()),
        Akm::PskSha256 => kdf_sha256(psk.expose(), label, &data, out.as_mut()),
    }
    let part = |at: usize| {
        let mut key = [0; 16];
        key.iter_mut().zip(out.iter().skip(at)).for_each(|(k, o)| *k = *o);
        key
    };
    Ptk { kck: Kck::new(part(0)), kek: Kek::new(part(16)), tk: Tk::new(part(32)) }
}

/// The PMKID of a PSK between two stations (IEEE 802.11-2020 §12.7.1.3).
pub fn pmkid(akm: Akm, psk: &Psk, aa: MacAddr, spa: MacAddr) -> Pmkid {
    let pieces: [&[u8]; 3] = [b"PMK Name", &aa.0, &spa.0];
    let mut out = [0; 16];
    match akm {
        Akm::Psk => mac::<Hmac<Sha1>>(psk.expose(), &pieces, &mut out),
        Akm::PskSha256 => mac::<Hmac<Sha256>>(psk.expose(), &pieces, &mut out),
    }
    out
}

/// The MIC of an EAPOL-Key PDU given as pieces, its MIC field zero (IEEE 802.11-2020 §12.7.2 h)).
pub fn mic(akm: Akm, kck: &Kck, pieces: &[&[u8]]) -> [u8; 16] {
    let mut out = [0; 16];
    match akm {
        Akm::Psk => mac::<Hmac<Sha1>>(kck.expose(), pieces, &mut out),
        Akm::PskSha256 => mac::<Cmac<aes::Aes128>>(kck.expose(), pieces, &mut out),
    }
    out
}

/// Whether two MICs are the same, in constant time.
pub fn mic_equal(a: &[u8; 16], b: &[u8; 16]) -> bool {
    a.ct_eq(b).into()
}

/// Wraps key data, padded as IEEE 802.11-2020 §12.7.2 j) demands: 0xdd and zeros up to a multiple of 8 and to 16 octets.
pub fn wrap_key_data(kek: &Kek, key_data: &[u8]) -> Vec<u8> {
    let mut plain = Zeroizing::new(Vec::with_capacity(key_data.len() + 16));
    plain.extend(key_data);
    if plain.len() < 16 || plain.len() % 8 != 0 {
        plain.push(PADDING);
        let padded = plain.len().next_multiple_of(8).max(16);
        plain.resize(padded, 0);
    }
    let mut out = alloc::vec![0; plain.len() + WRAP_OVERHEAD];
    // Refused only for lengths that the padding above has ruled out.
    match KwAes128::new(kek.expose().into()).wrap_key(&plain, &mut out) {
        Ok(_) => out,
        Err(_) => Vec::new(),
    }
}

/// Unwraps key data, with its padding; `None` when the wrap's own integrity check fails or the length is impossible.
pub fn unwrap_key_data(kek: &Kek, wrapped: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let plain_len = wrapped.len().checked_sub(WRAP_OVERHEAD).filter(|len| *len >= 16)?;
    let mut out = Zeroizing::new(alloc::vec![0; plain_len]);
    KwAes128::new(kek.expose().into()).unwrap_key(wrapped, &mut out).ok()?;
    Some(out)
}

/// The PSK of a passphrase and an SSID (IEEE 802.11-2020 §J.4.1).
pub fn passphrase_to_psk(passphrase: &[u8], ssid: &[u8]) -> Result<Psk, InvalidPassphrase> {
    if !PASSPHRASE_LEN.contains(&passphrase.len())
        || !passphrase.iter().all(|c| (32..=126).contains(c))
        || ssid.len() > 32
    {
        return Err(InvalidPassphrase);
    }
    let mut out = Zeroizing::new([0; 32]);
    pbkdf2::pbkdf2::<Hmac<Sha1>>(passphrase, ssid, PBKDF2_ROUNDS, out.as_mut()).map_err(|_| InvalidPassphrase)?;
    Ok(Psk::new(*out))
}

/// Makes nonces that never repeat from one random key: PRF-256(key, "Init Counter", address || counter), as
/// IEEE 802.11-2020 §12.7.5 proposes, with a count in the place of the time.
#[derive(Clone, Debug)]
pub(crate) struct NonceSource {
    key: Psk,
    address: MacAddr,
    count: u64,
}

impl NonceSource {
    pub(crate) fn new(address: MacAddr, rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        rng.fill_bytes(key.as_mut());
        Self { key: Psk::new(*key), address, count: 0 }
    }

    pub(crate) fn next(&mut self) -> Nonce {
        self.count = self.count.wrapping_add(1);
        let mut data = [0; 14];
        data.iter_mut().zip(self.address.0.into_iter().chain(self.count.to_be_bytes())).for_each(|(d, s)| *d = s);
        let mut nonce = [0; 32];
        prf_sha1(self.key.expose(), b"Init Counter", &data, &mut nonce);
        nonce
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::KeyFrame;
    use proptest::prelude::*;

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.chars().filter_map(|c| c.to_digit(16)).map(|d| d as u8).collect();
        digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
    }

    fn array<const N: usize>(text: &str) -> [u8; N] {
        hex(text).try_into().unwrap()
    }

    /// IEEE 802.11-2020 §J.4.2.
    #[test]
    fn psk_of_a_passphrase() {
        for (passphrase, ssid, psk) in [
            ("password", "IEEE", "f42c6fc52df0ebef9ebb4b90b38a5f902e83fe1b135a70e23aed762e9710a12e"),
            ("ThisIsAPassword", "ThisIsASSID", "0dc0d6eb90555ed6419756b9a15ec3e3209b63df707dd508d14581f8982721af"),
            (
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                "ZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZ",
                "becb93866bb8c3832cb777c2f559807c8c59afcb6eae734885001300a981cc62",
            ),
        ] {
            let made = passphrase_to_psk(passphrase.as_bytes(), ssid.as_bytes()).unwrap();
            assert_eq!(made.expose()[..], hex(psk));
        }
    }

    #[test]
    fn passphrases_that_the_standard_forbids() {
        for passphrase in [&b"seven77"[..], &[b'x'; 64], b"tab\tinside", "Gr\u{fc}nkohl".as_bytes()] {
            assert!(passphrase_to_psk(passphrase, b"ssid").is_err());
        }
        assert!(passphrase_to_psk(b"12345678", &[b's'; 33]).is_err());
    }

    /// IEEE 802.11-2020 §J.3.2.
    #[test]
    fn prf() {
        let mut out = [0; 64];
        prf_sha1(&[0x0b; 20], b"prefix", b"Hi There", &mut out);
        let expected = "bcd4c650b30b9684951829e0d75f9d54 b862175ed9f00606e17d8da35402ffee
                        75df78c3d31e0f889f012120c0862beb 67753e7439ae242edb8373698356cf5a";
        assert_eq!(out[..], hex(expected));
        let mut out = [0; 32];
        prf_sha1(b"Jefe", b"prefix-2", b"what do ya want for nothing?", &mut out);
        assert_eq!(out[..20], hex("47c4908e30c947521ad20be9053450ecbea23d3a"));
    }

    fn annex_j_ptk(akm: Akm) -> Ptk {
        let psk = Psk::new(array("0dc0d6eb90555ed6419756b9a15ec3e3209b63df707dd508d14581f8982721af"));
        let anonce = array("e0e1e2e3e4e5e6e7e8e9f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff000102030405");
        let snonce = array("c0c1c2c3c4c5c6c7c8c9d0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5");
        let (aa, spa) = (MacAddr(array("a0a1a1a3a4a5")), MacAddr(array("b0b1b2b3b4b5")));
        derive_ptk(akm, &psk, aa, spa, &anonce, &snonce)
    }

    /// IEEE 802.11-2020 §J.7.1, §J.7.2.
    #[test]
    fn ptk_by_sha1() {
        let ptk = annex_j_ptk(Akm::Psk);
        assert_eq!(ptk.kck.expose()[..], hex("379f9852d0199236b94e407ce4c00ec8"));
        assert_eq!(ptk.kek.expose()[..], hex("47c9edc01c2c6e5b4910caddfb3e51a7"));
        assert_eq!(ptk.tk.expose()[..], hex("b2360c79e9710fdd58bea93deaf06599"));
    }

    /// The inputs of §J.7.1 through §12.7.1.7.2, computed apart from this code with Python's `hmac` and `hashlib`.
    #[test]
    fn ptk_by_sha256() {
        let ptk = annex_j_ptk(Akm::PskSha256);
        assert_eq!(ptk.kck.expose()[..], hex("ef4540918946a492df873642a391980e"));
        assert_eq!(ptk.kek.expose()[..], hex("9d2175fc13f083e38d96b3d450b1d698"));
        assert_eq!(ptk.tk.expose()[..], hex("c1d8551e9b4a744376a33e8ebf50290c"));
    }

    /// A captured message 2, hashcat's example for its mode 22000: passphrase "hashcat!", MIC and nonces from the air.
    #[test]
    fn mic_of_a_captured_message_2() {
        let psk = passphrase_to_psk(b"hashcat!", b"TP-LINK_HASHCAT_TEST").unwrap();
        let (aa, spa) = (MacAddr(array("6466b38ec3fc")), MacAddr(array("225edc49b7aa")));
        let anonce = array("10e3be3b005a629e89de088d6a2fdc489db83ad4764f2d186b9cde15446e972e");
        let mut pdu =
            hex("0103007502010a0000000000000000000148ce2ccba9c1fda130ff2fbbfb4fd3b063d1a93920b0f7df54a5cbf787b16171");
        pdu.extend([0; 32]);
        pdu.extend(hex("024022795224bffca545276c3762686f"));
        pdu.extend(hex("001630140100000fac040100000fac040100000fac028000"));
        let frame = KeyFrame::parse(&pdu).unwrap();
        let ptk = derive_ptk(Akm::Psk, &psk, aa, spa, &anonce, frame.nonce);
        assert!(frame.verify(Akm::Psk, &ptk.kck));
        assert_eq!(frame.key_data[..2], [48, 20]);
        let wrong = passphrase_to_psk(b"hashcat?", b"TP-LINK_HASHCAT_TEST").unwrap();
        let ptk = derive_ptk(Akm::Psk, &wrong, aa, spa, &anonce, frame.nonce);
        assert!(!frame.verify(Akm::Psk, &ptk.kck));
    }

    /// hashcat's example for a PMKID.
    #[test]
    fn pmkid_of_a_captured_message_1() {
        let psk = passphrase_to_psk(b"hashcat!", b"hashcat-essid").unwrap();
        let (aa, spa) = (MacAddr(array("fc690c158264")), MacAddr(array("f4747f87f9f4")));
        assert_eq!(pmkid(Akm::Psk, &psk, aa, spa)[..], hex("4d4fe7aac3a2cecab195321ceb99a7d0"));
    }

    /// RFC 4493 §4, examples 1, 3: and that pieces count as one.
    #[test]
    fn mic_by_cmac() {
        let kck = Kck::new(array("2b7e151628aed2a6abf7158809cf4f3c"));
        assert_eq!(mic(Akm::PskSha256, &kck, &[])[..], hex("bb1d6929e95937287fa37d129b756746"));
        let message = hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411");
        let (a, b) = message.split_at(17);
        assert_eq!(mic(Akm::PskSha256, &kck, &[a, b])[..], hex("dfa66747de9ae63030ca32611497c827"));
    }

    /// RFC 3394 §4.1.
    #[test]
    fn key_wrap() {
        let kek = Kek::new(array("000102030405060708090a0b0c0d0e0f"));
        let wrapped = wrap_key_data(&kek, &hex("00112233445566778899aabbccddeeff"));
        assert_eq!(wrapped, hex("1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5"));
    }

    #[test]
    fn nonces_do_not_repeat() {
        use rand_core::SeedableRng;
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
        let mut source = NonceSource::new(MacAddr::ZERO, &mut rng);
        let mut other = NonceSource::new(MacAddr::ZERO, &mut rng);
        let (a, b, c) = (source.next(), source.next(), other.next());
        assert!(a != b && a != c && b != c);
    }

    proptest! {
        #[test]
        fn wrapped_is_unwrapped(kek: [u8; 16], data in proptest::collection::vec(1u8.., 0..300)) {
            let kek = Kek::new(kek);
            let wrapped = wrap_key_data(&kek, &data);
            prop_assert!(wrapped.len() >= 24 && wrapped.len().is_multiple_of(8) && wrapped.len() < data.len() + 8 + 16 + 8);
            let plain = unwrap_key_data(&kek, &wrapped).unwrap();
            prop_assert_eq!(&plain[..data.len()], &data[..]);
            let padding = &plain[data.len()..];
            prop_assert!(padding.is_empty() || padding[0] == 0xdd && padding[1..].iter().all(|b| *b == 0));
        }

        #[test]
        fn what_was_not_wrapped_is_not_unwrapped(kek: [u8; 16], wrapped: Vec<u8>) {
            prop_assert!(unwrap_key_data(&Kek::new(kek), &wrapped).is_none());
        }

        #[test]
        fn kdf_of_any_length(key: Vec<u8>, length in 0usize..10_000) {
            let mut out = alloc::vec![1; length];
            kdf_sha256(&key, b"label", b"context", &mut out);
            prop_assert_eq!(length > 8191, !out.is_empty() && out.iter().all(|b| *b == 0));
        }
    }
}
