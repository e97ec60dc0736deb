//! The 4-way and the group-key handshake, and whether their MICs are right.

use eapol::crypto::{derive_ptk, unwrap_key_data};
use eapol::{Akm, Kde, Kdes, KeyFrame, KeyInformation, Nonce, Psk, Ptk};
use ieee80211_ies::MacAddr;

use crate::conversation::{Mark, Phase};
use crate::talk::{At, Stage, Talk};

/// How far a handshake has come, and its keys where they can be known.
#[derive(Default)]
pub(crate) struct Handshake {
    anonce: Option<Nonce>,
    snonce: Option<Nonce>,
    ptk: Option<Ptk>,
    /// Messages seen, by bits 1 to 4.
    seen: u8,
    /// What the MIC of message 2 was.
    second_right: Option<bool>,
}

impl std::fmt::Debug for Handshake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handshake").field("seen", &self.seen).finish_non_exhaustive()
    }
}

/// The two ends of a handshake, and the network's key where it can be known.
pub(crate) struct Ends {
    pub(crate) authenticator: MacAddr,
    pub(crate) supplicant: MacAddr,
    pub(crate) psk: Option<Psk>,
}

/// A message of a handshake.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Message {
    Pairwise(u8),
    Group(u8),
    Request,
}

impl Message {
    /// IEEE 802.11-2020 §12.7.6, §12.7.7.
    fn of(frame: &KeyFrame<'_>) -> Self {
        let info = frame.info;
        if info.has(KeyInformation::REQUEST) {
            return Self::Request;
        }
        if !info.has(KeyInformation::PAIRWISE) {
            return Self::Group(if info.has(KeyInformation::ACK) { 1 } else { 2 });
        }
        match (info.has(KeyInformation::ACK), info.has(KeyInformation::MIC)) {
            (true, false) => Self::Pairwise(1),
            (true, true) => Self::Pairwise(3),
            // Only message 2 has key data.
            (false, _) if frame.key_data.is_empty() => Self::Pairwise(4),
            (false, _) => Self::Pairwise(2),
        }
    }
}

impl Handshake {
    /// The temporal key, where a MIC has shown that it is the right one.
    pub(crate) fn temporal_key(&self) -> Option<&[u8; 16]> {
        self.ptk.as_ref().filter(|_| self.second_right == Some(true)).map(|ptk| ptk.tk.expose())
    }

    /// Why a handshake that did not end has come no further, as far as can be told.
    pub(crate) fn diagnosis(&self) -> Option<&'static str> {
        match (self.seen, self.second_right) {
            (_, Some(false)) => Some("the client's key is another than the one given"),
            (0b00010, _) => Some("the client did not answer message 1"),
            (0b00110, Some(true)) => Some("the owner did not take message 2, whose MIC is right: its key is another"),
            (0b00110 | 0b00100, None) => {
                Some("the owner did not take message 2: most likely the two have different keys")
            }
            (seen, _) if seen & 0b01000 != 0 => Some("the client did not answer message 3"),
            _ => None,
        }
    }

    fn derive(&mut self, akm: Akm, ends: &Ends) {
        let (Some(anonce), Some(snonce), Some(psk)) = (&self.anonce, &self.snonce, &ends.psk) else { return };
        self.ptk = Some(derive_ptk(akm, psk, ends.authenticator, ends.supplicant, anonce, snonce));
    }

    fn check(&self, akm: Akm, frame: &KeyFrame<'_>) -> Option<bool> {
        self.ptk.as_ref().map(|ptk| frame.verify(akm, &ptk.kck))
    }
}

/// Tells an EAPOL-Key frame; `encrypted` where it came in an encrypted data frame.
pub(crate) fn key_frame(talk: &mut Talk, at: At, frame: &KeyFrame<'_>, ends: &Ends, encrypted: bool) {
    let akm = match frame.info.version() {
        2 => Some(Akm::Psk),
        3 => Some(Akm::PskSha256),
        // Of SAE and others, whose keys no passphrase gives.
        _ => None,
    };
    let message = Message::of(frame);
    let phase = match (message, talk.stage) {
        (Message::Pairwise(_), stage) if stage < Stage::Connected => Phase::Handshake,
        _ => Phase::Connected,
    };
    let mut details = Vec::new();
    if encrypted {
        details.push("encrypted".to_owned());
    }
    let hand = &mut talk.handshake;
    let mut right = None;
    match message {
        Message::Pairwise(1) => {
            // Repeated with the same nonce, or begun anew.
            if hand.anonce != Some(*frame.nonce) {
                *hand = Handshake { anonce: Some(*frame.nonce), ..Handshake::default() };
            }
            hand.seen |= 1 << 1;
        }
        Message::Pairwise(2) => {
            hand.snonce = Some(*frame.nonce);
            hand.seen |= 1 << 2;
            if let Some(akm) = akm {
                hand.derive(akm, ends);
                right = hand.check(akm, frame);
                hand.second_right = right;
            }
        }
        Message::Pairwise(3) => {
            if hand.anonce.is_none() {
                hand.anonce = Some(*frame.nonce);
            }
            hand.seen |= 1 << 3;
            if let Some(akm) = akm {
                if hand.ptk.is_none() {
                    hand.derive(akm, ends);
                }
                right = hand.check(akm, frame);
                // Message 2 came before the nonce of the owner was known.
                if hand.second_right.is_none() {
                    hand.second_right = right;
                }
            }
            if hand.seen & 1 << 2 != 0 && hand.second_right == Some(false) {
                details.push("the owner took message 2: the key given is not this group's".into());
            }
            if hand.anonce != Some(*frame.nonce) {
                details.push("with another nonce than message 1".into());
            }
            details.extend(hand.ptk.as_ref().filter(|_| right == Some(true)).and_then(|ptk| address(ptk, frame)));
        }
        Message::Pairwise(_) => {
            hand.seen |= 1 << 4;
            right = akm.and_then(|akm| hand.check(akm, frame));
        }
        Message::Group(_) | Message::Request => right = akm.and_then(|akm| hand.check(akm, frame)),
    }
    let (what, expects) = match message {
        Message::Pairwise(number) => (format!("EAPOL-Key {number} of 4"), number < 4),
        Message::Group(number) => (format!("EAPOL-Key group {number} of 2"), false),
        Message::Request => ("EAPOL-Key request".to_owned(), false),
    };
    // Whether the owner took it does not depend on the key that we were given.
    let done = message == Message::Pairwise(4) && talk.handshake.seen & 0b01000 != 0;
    let mark = if done { Mark::Good } else { Mark::Plain };
    if talk.tell_marked(at, phase, &*what, details.join("; "), mark) {
        talk.note_mic(right);
    }
    if phase == Phase::Handshake {
        talk.stage = talk.stage.max(Stage::Handshake);
        if let Message::Pairwise(1 | 3) = message {
            talk.owned_by(at.from);
        }
        if done {
            talk.connects(at);
        } else if expects {
            talk.asks(at, phase, &what);
        }
    }
}

/// The address that an owner hands out in message 3 (Wi-Fi P2P v1.7 §4.2.8).
fn address(ptk: &Ptk, frame: &KeyFrame<'_>) -> Option<String> {
    let data = unwrap_key_data(&ptk.kek, frame.key_data)?;
    Kdes::new(&data).map_while(Result::ok).find_map(|kde| match kde {
        Kde::IpAllocation(ip) => Some(format!("gives the address {}", std::net::Ipv4Addr::from(ip.client))),
        _ => None,
    })
}
