//! CCMP-128 (IEEE 802.11-2020 §12.5.3).

use crate::frame::{self, Frame};
use aes::Aes128;
use ccm::aead::{Aead, KeyInit, Payload};
use ccm::consts::{U8, U13};
use radio::Secret;

type Ccm = ccm::Ccm<Aes128, U8, U13>;

/// Octets of the CCMP header.
const HEADER_LEN: usize = 8;

/// Frame-control bits that the additional authentication data leave out: subtype bits 4 to 6, retry, power management and more
/// data (§12.5.3.3.3).
const MUTABLE: u16 = 0x0070 | 0x0800 | 0x1000 | 0x2000;

/// Receive counters: one for each TID and one for frames without QoS (§12.5.3.4.4).
const COUNTERS: usize = 17;

/// A temporal key with its packet numbers.
#[derive(Clone)]
pub(crate) struct CcmpKey {
    pub(crate) material: Secret,
    cipher: Ccm,
    /// Last packet number sent.
    sent: u64,
    /// Last packet number received, by TID.
    received: [u64; COUNTERS],
    /// Frames refused because of their packet number.
    pub(crate) replays: u32,
}

impl CcmpKey {
    /// `None` unless the key has 16 octets.
    pub(crate) fn new(material: &[u8], receive_sequence: [u8; 6]) -> Option<Self> {
        let cipher = Ccm::new_from_slice(material).ok()?;
        let [a, b, c, d, e, f] = receive_sequence;
        let last = u64::from_le_bytes([a, b, c, d, e, f, 0, 0]);
        let material = Secret::new(material.to_vec());
        Some(Self { material, cipher, sent: 0, received: [last; COUNTERS], replays: 0 })
    }

    /// Encrypts `body` under `header` (24 or 26 octets, the protected bit set) with the next packet number: the whole frame.
    pub(crate) fn encrypt(&mut self, header: &[u8], key_id: u8, body: &[u8]) -> Option<Vec<u8>> {
        self.sent += 1;
        seal(&self.cipher, header, key_id, self.sent, body)
    }

    /// Decrypts a frame and checks its packet number; `None` when either fails.
    pub(crate) fn decrypt(&mut self, received: &Frame<'_>) -> Option<Vec<u8>> {
        let (number, plain) = open(&self.cipher, received)?;
        let tid = received.qos.map_or(COUNTERS - 1, |qos| usize::from(qos & 0xf));
        let last = self.received.get_mut(tid)?;
        if number <= *last {
            self.replays += 1;
            return None;
        }
        *last = number;
        Some(plain)
    }
}

/// The key id of a protected body.
pub(crate) fn key_id(body: &[u8]) -> Option<usize> {
    body.get(3).map(|octet| usize::from(octet >> 6))
}

/// What a data frame says (IEEE 802.11-2020 §12.5.3.4), without a check of its packet number: for those who look at captures. `frame`
/// begins with its MAC header and has no FCS; `None` when it is not one encrypted under this key.
pub fn open_with(temporal_key: &[u8; 16], frame: &[u8]) -> Option<Vec<u8>> {
    open(&Ccm::new(temporal_key.into()), &Frame::parse(frame)?).map(|(_, plain)| plain)
}

/// A data frame as it goes over the air under this key (IEEE 802.11-2020 §12.5.3.3): `header` is its MAC header of 24 or 26 octets,
/// `number` the packet number, which is used once only.
pub fn seal_with(temporal_key: &[u8; 16], header: &[u8], number: u64, body: &[u8]) -> Option<Vec<u8>> {
    seal(&Ccm::new(temporal_key.into()), header, 0, number, body)
}

fn seal(cipher: &Ccm, header: &[u8], key_id: u8, number: u64, body: &[u8]) -> Option<Vec<u8>> {
    let [pn0, pn1, pn2, pn3, pn4, pn5, ..] = number.to_le_bytes();
    let frame = Frame::parse(header)?;
    let payload = Payload { msg: body, aad: &additional(&frame) };
    let sealed = cipher.encrypt(&nonce(&frame, number).into(), payload).ok()?;
    let ccmp_header = [pn0, pn1, 0, 0x20 | (key_id & 3) << 6, pn2, pn3, pn4, pn5];
    Some([header, &ccmp_header, &sealed].concat())
}

fn open(cipher: &Ccm, frame: &Frame<'_>) -> Option<(u64, Vec<u8>)> {
    let (&[pn0, pn1, _, flags, pn2, pn3, pn4, pn5], sealed) = frame.body.split_first_chunk::<HEADER_LEN>()?;
    if flags & 0x20 == 0 {
        return None;
    }
    let number = u64::from_le_bytes([pn0, pn1, pn2, pn3, pn4, pn5, 0, 0]);
    let payload = Payload { msg: sealed, aad: &additional(frame) };
    Some((number, cipher.decrypt(&nonce(frame, number).into(), payload).ok()?))
}

/// §12.5.3.3.4: priority, address 2, packet number with its most significant octet first.
fn nonce(frame: &Frame<'_>, number: u64) -> [u8; 13] {
    let mut nonce = [0; 13];
    let priority = frame.qos.map_or(0, |qos| (qos & 0xf) as u8);
    let [_, _, number @ ..] = number.to_be_bytes();
    let source = [priority].into_iter().chain(frame.address2.0).chain(number);
    nonce.iter_mut().zip(source).for_each(|(n, s)| *n = s);
    nonce
}

/// §12.5.3.3.3: the header with its mutable fields cleared.
fn additional(frame: &Frame<'_>) -> Vec<u8> {
    let mut control = frame.control & !MUTABLE | frame::PROTECTED;
    if frame.qos.is_some() {
        control &= !frame::ORDER;
    }
    let mut out = Vec::with_capacity(24);
    out.extend(control.to_le_bytes());
    out.extend(frame.header.iter().skip(4).take(18));
    // The fragment number stays, the sequence number does not.
    out.extend([frame.header.get(22).map_or(0, |octet| octet & 0x0f), 0]);
    if let Some(qos) = frame.qos {
        out.extend((qos & 0xf).to_le_bytes());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.chars().filter_map(|c| c.to_digit(16)).map(|d| d as u8).collect();
        digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
    }

    /// IEEE 802.11-2020 §J.6.4.
    #[test]
    fn annex_j() {
        let cipher = Ccm::new_from_slice(&hex("c97c1f67ce371185514a8a19f2bdd52f")).unwrap();
        let header = hex("0848 c32c 0fd2e128a57c 5030f1844408 abaea5b8fcba 8033");
        let plain = hex("f8ba1a55d02f85ae967bb62fb6cda8eb7e78a050");
        let frame = seal(&cipher, &header, 0, 0xb503_9776_e70c, &plain).unwrap();
        let expected = "0ce70020769703b5 f3d0a2fe9a3dbf2342a643e43246e80c3c04d019 7845ce0b16f97623";
        assert_eq!(frame[24..], hex(expected));
        assert_eq!(open(&cipher, &Frame::parse(&frame).unwrap()), Some((0xb503_9776_e70c, plain.clone())));
        let key = hex("c97c1f67ce371185514a8a19f2bdd52f").try_into().unwrap();
        assert_eq!(open_with(&key, &frame), Some(plain.clone()));
        assert_eq!(open_with(&[0; 16], &frame), None);
        assert_eq!(open_with(&key, &seal_with(&key, &header, 1, &plain).unwrap()), Some(plain));
    }

    #[test]
    fn replays_and_changes_are_refused() {
        let mut key = CcmpKey::new(&[7; 16], [0; 6]).unwrap();
        let header = frame::header(
            frame::DATA | frame::TO_DS | frame::PROTECTED,
            [2, 0, 0, 0, 0, 1].into(),
            [2, 0, 0, 0, 0, 2].into(),
            [2, 0, 0, 0, 0, 3].into(),
        );
        let first = key.encrypt(&header, 0, b"one").unwrap();
        let second = key.encrypt(&header, 0, b"two").unwrap();
        let mut changed = second.clone();
        *changed.last_mut().unwrap() ^= 1;
        assert_eq!(key.decrypt(&Frame::parse(&changed).unwrap()), None);
        assert_eq!(key.decrypt(&Frame::parse(&second).unwrap()), Some(b"two".to_vec()));
        assert_eq!(key.decrypt(&Frame::parse(&first).unwrap()), None);
        assert_eq!(key.decrypt(&Frame::parse(&second).unwrap()), None);
        assert_eq!(key.replays, 2);
    }
}
