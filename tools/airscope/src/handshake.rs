//! The 4-way and the group-key handshake, and whether their MICs are right.

use eapol::crypto::{derive_ptk, unwrap_key_data};
use eapol::{Akm, Kde, Kdes, KeyFrame, KeyInformation, Nonce, Psk, Ptk};
use ieee80211_ies::rsn::{Rsn, Suite, akm};
use ieee80211_ies::{Elements, MacAddr};

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
    /// What the client chose, from the RSN element of message 2.
    chosen: Option<Suite>,
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
    if message == Message::Pairwise(2) {
        hand.chosen = chosen(frame.key_data);
    }
    let akm = method(hand.chosen, frame);
    if let (Message::Pairwise(2), Err(other)) = (message, &akm) {
        let given = if ends.psk.is_some() { ", so that the MICs are not checked" } else { "" };
        details.push(format!("{other}: no passphrase or PSK tells its keys{given}"));
    }
    let akm = akm.ok();
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

/// The method that the RSN element of message 2 chooses, where there is one alone.
fn chosen(key_data: &[u8]) -> Option<Suite> {
    let rsn = Elements::new(key_data).get::<Rsn<'_>>().ok()??;
    let mut akms = rsn.akms.iter();
    akms.next().filter(|_| akms.next().is_none())
}

/// The method by which keys are made, or the name of one whose keys no passphrase gives. Where message 2 was not heard the
/// version of the key descriptor tells it, as far as it does (IEEE 802.11-2020 Table 12-8).
fn method(chosen: Option<Suite>, frame: &KeyFrame<'_>) -> Result<Akm, String> {
    let named = |name: &str| Err(format!("by {name}"));
    match (chosen, frame.info.version()) {
        (Some(akm::PSK), 2) | (None, 2) => Ok(Akm::Psk),
        (Some(akm::PSK_SHA256), 3) | (None, 3) => Ok(Akm::PskSha256),
        (Some(akm::PSK), 1) => named("TKIP"),
        (Some(akm::SAE | akm::SAE_EXT_KEY | akm::FT_SAE), _) => named("SAE (WPA3)"),
        (Some(akm::FT_PSK), _) => named("FT-PSK"),
        (Some(akm::OWE), _) => named("OWE"),
        (Some(akm::DPP), _) => named("DPP"),
        (Some(akm::PASN), _) => named("PASN"),
        (Some(akm::DOT1X | akm::DOT1X_SHA256 | akm::FT_DOT1X | akm::SUITE_B | akm::SUITE_B_192), _) => named("802.1X"),
        (Some(other), version) => Err(format!("by the method {other:?} with key descriptor {version}")),
        (None, version) => Err(format!("by a method with key descriptor {version}")),
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
