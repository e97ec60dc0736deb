//! EAPOL-Key frames (IEEE 802.11-2020 §12.7.2) with a MIC of 16 octets.

use crate::pdu::{Malformed, PacketType, Pdu};
use crate::{Akm, Kck, Nonce, crypto};
use alloc::vec::Vec;
use core::fmt;

/// Octets of an EAPOL-Key PDU without key data: EAPOL header and the fixed fields of the descriptor.
pub const KEY_FRAME_MIN_LEN: usize = 4 + FIXED_LEN;

/// Most octets of key data that an EAPOL length field leaves room for.
pub const MAX_KEY_DATA_LEN: usize = u16::MAX as usize - FIXED_LEN;

/// Octets of the descriptor before the key data.
const FIXED_LEN: usize = 95;

/// Octets of the PDU before the MIC.
const MIC_OFFSET: usize = 4 + 77;

/// Descriptor type of RSN (IEEE 802.11-2020 §12.7.2 a)).
const DESCRIPTOR_RSN: u8 = 2;

/// The Key Information field (IEEE 802.11-2020 Figure 12-34).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct KeyInformation(pub u16);

impl KeyInformation {
    /// Pairwise rather than group handshake.
    pub const PAIRWISE: u16 = 1 << 3;
    /// The key is to be installed.
    pub const INSTALL: u16 = 1 << 6;
    /// An answer is expected: set by the authenticator.
    pub const ACK: u16 = 1 << 7;
    /// A MIC is present.
    pub const MIC: u16 = 1 << 8;
    /// Keys are in place on both sides after this.
    pub const SECURE: u16 = 1 << 9;
    /// A MIC failure is reported.
    pub const ERROR: u16 = 1 << 10;
    /// The supplicant asks for a handshake.
    pub const REQUEST: u16 = 1 << 11;
    /// Key data are encrypted.
    pub const ENCRYPTED: u16 = 1 << 12;
    /// SMK handshake; deprecated.
    pub const SMK: u16 = 1 << 13;

    /// Whether all of `flags` are set.
    pub const fn has(self, flags: u16) -> bool {
        self.0 & flags == flags
    }

    /// Whether any of `flags` is set.
    pub const fn has_any(self, flags: u16) -> bool {
        self.0 & flags != 0
    }

    /// Key descriptor version: 2 with [`Akm::Psk`], 3 with [`Akm::PskSha256`].
    pub const fn version(self) -> u16 {
        self.0 & 7
    }
}

impl fmt::Debug for KeyInformation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#06x}", self.0)
    }
}

/// A received EAPOL-Key frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeyFrame<'a> {
    /// Version in the EAPOL header.
    pub protocol_version: u8,
    /// Key information.
    pub info: KeyInformation,
    /// Length of the key to be installed, octets.
    pub key_length: u16,
    /// Key replay counter.
    pub replay_counter: u64,
    /// ANonce or SNonce.
    pub nonce: &'a Nonce,
    /// Key IV; zero with AES key wrap.
    pub iv: &'a [u8; 16],
    /// Receive sequence counter of the group key, least significant octet first.
    pub rsc: &'a [u8; 8],
    /// The MIC as received.
    pub mic: &'a [u8; 16],
    /// Key data, still encrypted where `info` says so.
    pub key_data: &'a [u8],
    /// The PDU up to the MIC, and from behind it.
    around_mic: (&'a [u8], &'a [u8]),
}

/// Splits `N` octets off the front of `rest`.
fn take<'a, const N: usize>(rest: &mut &'a [u8], total: usize) -> Result<&'a [u8; N], Malformed> {
    let (head, tail) = rest
        .split_first_chunk::<N>()
        .ok_or(Malformed { offset: total, what: "an EAPOL-Key descriptor of 95 octets" })?;
    *rest = tail;
    Ok(head)
}

impl<'a> KeyFrame<'a> {
    /// Reads an EAPOL PDU that carries an RSN key descriptor.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let pdu = Pdu::parse(bytes)?;
        if pdu.kind != PacketType::Key {
            return Err(Malformed { offset: 1, what: "packet type EAPOL-Key" });
        }
        let total = 4 + pdu.body.len();
        let mut rest = pdu.body;
        let [descriptor] = take(&mut rest, total)?;
        if *descriptor != DESCRIPTOR_RSN {
            return Err(Malformed { offset: 4, what: "descriptor type RSN" });
        }
        let info = KeyInformation(u16::from_be_bytes(*take(&mut rest, total)?));
        let key_length = u16::from_be_bytes(*take(&mut rest, total)?);
        let replay_counter = u64::from_be_bytes(*take(&mut rest, total)?);
        let nonce = take(&mut rest, total)?;
        let iv = take(&mut rest, total)?;
        let rsc = take(&mut rest, total)?;
        let _reserved: &[u8; 8] = take(&mut rest, total)?;
        let mic = take(&mut rest, total)?;
        let behind_mic = rest;
        let data_length = usize::from(u16::from_be_bytes(*take(&mut rest, total)?));
        let key_data =
            rest.get(..data_length).ok_or(Malformed { offset: 97, what: "a key data length within the frame" })?;
        // The MIC covers the PDU and no octet of padding behind it.
        let before_mic = bytes.get(..MIC_OFFSET).unwrap_or_default();
        Ok(Self {
            protocol_version: pdu.version,
            info,
            key_length,
            replay_counter,
            nonce,
            iv,
            rsc,
            mic,
            key_data,
            around_mic: (before_mic, behind_mic),
        })
    }

    /// Whether the MIC is right under `kck`; in constant time.
    pub fn verify(&self, akm: Akm, kck: &Kck) -> bool {
        let (before, behind) = self.around_mic;
        crypto::mic_equal(&crypto::mic(akm, kck, &[before, &[0; 16], behind]), self.mic)
    }

    /// An owned description of it.
    pub fn to_repr(&self) -> KeyFrameRepr {
        KeyFrameRepr {
            protocol_version: self.protocol_version,
            info: self.info,
            key_length: self.key_length,
            replay_counter: self.replay_counter,
            nonce: *self.nonce,
            iv: *self.iv,
            rsc: *self.rsc,
            mic: *self.mic,
            key_data: self.key_data.to_vec(),
        }
    }
}

/// An EAPOL-Key frame to send.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct KeyFrameRepr {
    /// Version in the EAPOL header.
    pub protocol_version: u8,
    /// Key information.
    pub info: KeyInformation,
    /// Length of the key to be installed, octets.
    pub key_length: u16,
    /// Key replay counter.
    pub replay_counter: u64,
    /// ANonce or SNonce.
    pub nonce: Nonce,
    /// Key IV; zero with AES key wrap.
    pub iv: [u8; 16],
    /// Receive sequence counter of the group key, least significant octet first.
    pub rsc: [u8; 8],
    /// The MIC; [`KeyFrameRepr::emit_signed`] makes it.
    pub mic: [u8; 16],
    /// Key data, encrypted already where `info` says so; at most [`MAX_KEY_DATA_LEN`].
    pub key_data: Vec<u8>,
}

impl KeyFrameRepr {
    /// The PDU with the MIC as it stands in `mic`. Key data beyond [`MAX_KEY_DATA_LEN`] are cut off.
    pub fn emit(&self) -> Vec<u8> {
        let data = self.key_data.get(..MAX_KEY_DATA_LEN).unwrap_or(&self.key_data);
        let data_length = u16::try_from(data.len()).unwrap_or(u16::MAX);
        let mut body = Vec::with_capacity(FIXED_LEN + data.len());
        body.push(DESCRIPTOR_RSN);
        body.extend(self.info.0.to_be_bytes());
        body.extend(self.key_length.to_be_bytes());
        body.extend(self.replay_counter.to_be_bytes());
        body.extend(self.nonce);
        body.extend(self.iv);
        body.extend(self.rsc);
        body.extend([0; 8]);
        body.extend(self.mic);
        body.extend(data_length.to_be_bytes());
        body.extend(data);
        Pdu { version: self.protocol_version, kind: PacketType::Key, body: &body }.emit()
    }

    /// The PDU with the MIC made by `kck` in its place.
    pub fn emit_signed(&self, akm: Akm, kck: &Kck) -> Vec<u8> {
        let mut bytes = Self { mic: [0; 16], ..self.clone() }.emit();
        let mic = crypto::mic(akm, kck, &[&bytes]);
        bytes.iter_mut().skip(MIC_OFFSET).zip(mic).for_each(|(b, m)| *b = m);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn emitted_is_read_back(
            protocol_version: u8, info: u16, key_length: u16, replay_counter: u64, nonce: [u8; 32], iv: [u8; 16],
            rsc: [u8; 8], mic: [u8; 16], key_data: Vec<u8>,
        ) {
            let info = KeyInformation(info);
            let repr =
                KeyFrameRepr { protocol_version, info, key_length, replay_counter, nonce, iv, rsc, mic, key_data };
            let bytes = repr.emit();
            prop_assert_eq!(KeyFrame::parse(&bytes).unwrap().to_repr(), repr);
        }

        #[test]
        fn any_bytes(mut bytes in proptest::collection::vec(any::<u8>(), 0..150), length in 0u8..150) {
            let _ = KeyFrame::parse(&bytes);
            // The same with a plausible header, so that the fields behind it are reached.
            bytes.iter_mut().zip([2, 3, 0, length, 2]).for_each(|(b, h)| *b = h);
            let _ = KeyFrame::parse(&bytes);
        }

        #[test]
        fn a_flipped_bit_breaks_the_mic(at in 0usize..110, bit in 0u8..8) {
            let kck = Kck::new([7; 16]);
            for akm in [Akm::Psk, Akm::PskSha256] {
                let repr = KeyFrameRepr { key_data: alloc::vec![1; 11], ..KeyFrameRepr::default() };
                let mut bytes = repr.emit_signed(akm, &kck);
                prop_assert!(KeyFrame::parse(&bytes).unwrap().verify(akm, &kck));
                bytes[at] ^= 1 << bit;
                prop_assert!(!KeyFrame::parse(&bytes).is_ok_and(|f| f.verify(akm, &kck)));
            }
        }
    }

    #[test]
    fn padding_behind_the_pdu_is_not_part_of_the_mic() {
        let kck = Kck::new([7; 16]);
        let mut bytes = KeyFrameRepr::default().emit_signed(Akm::Psk, &kck);
        bytes.extend([0xee; 5]);
        assert!(KeyFrame::parse(&bytes).unwrap().verify(Akm::Psk, &kck));
    }

    #[test]
    fn key_data_longer_than_the_frame_are_refused() {
        let mut bytes = KeyFrameRepr::default().emit();
        bytes[98] = 1;
        assert_eq!(KeyFrame::parse(&bytes).unwrap_err().offset, 97);
    }
}
