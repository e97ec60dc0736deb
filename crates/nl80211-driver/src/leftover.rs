//! What a dead process has left on a radio.
//!
//! Interfaces that were made with `IFACE_SOCKET_OWNER` go with their process; others stay. Whether somebody still uses
//! one cannot be asked, but tried: frame registrations end with their process, and the kernel refuses one that
//! another process holds (`EALREADY`).

use crate::error::Error;
use crate::frames::{self, Registration};
use crate::interface;
use crate::netlink::{self, Answer};
use crate::opening::Opened;
use crate::request::{Request, Set};
use crate::{errno, nl80211 as nl};
use ieee80211_ies::MacAddr;
use radio::{InterfaceId, InterfaceKind};
use std::collections::VecDeque;
use zeroize::Zeroizing;

/// Public action, vendor specific, OUI 50-6F-9A, type 9: the P2P public action frames that every P2P device registers
/// for (Wi-Fi P2P v1.7 §4.2.8).
const P2P_PUBLIC_ACTION: [u8; 6] = [0x04, 0x09, 0x50, 0x6f, 0x9a, 0x09];
/// The frame type of action frames.
const ACTION: u16 = 0x00d0;

/// An interface that existed when the radio was opened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExistingInterface {
    /// Its name; of a P2P device, which has none, `wdev ` and its number.
    pub name: String,
    /// What it is.
    pub kind: InterfaceKind,
    /// Its address.
    pub address: MacAddr,
    pub(crate) wdev: u64,
}

impl ExistingInterface {
    /// Whether it looks like something that a process of ours made on the radio of `base`.
    pub(crate) fn is_leftover(&self, base: &str) -> bool {
        let number = self.name.strip_prefix("p2p-").and_then(|rest| rest.strip_prefix(base)?.strip_prefix('-'));
        let discovery = self.name.strip_prefix("p2p-dev-").is_some_and(|rest| rest == base);
        let named = discovery || number.is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
        named || self.kind == InterfaceKind::P2pDevice
    }
}

/// The interfaces that a radio had when it was opened, without the one that it was opened on.
pub(crate) fn existing(opened: &Opened) -> Vec<ExistingInterface> {
    let others = opened.interfaces.iter().filter(|i| i.wdev != opened.base.wdev);
    let named = others.map(|i| ExistingInterface {
        name: if i.name.is_empty() { format!("wdev {}", i.wdev & 0xffff_ffff) } else { i.name.clone() },
        kind: i.kind,
        address: i.address,
        wdev: i.wdev,
    });
    named.collect()
}

/// The removal of leftovers: one request at a time.
#[derive(Debug)]
pub(crate) struct Clearing {
    family: u16,
    sequence: u32,
    suspects: VecDeque<ExistingInterface>,
    /// The interface that is to be ours: whether it is free is tried, and it stays.
    kept: Option<u64>,
    /// Whether the request under way is the removal; it is the trial otherwise.
    removing: bool,
    waits: bool,
    removed: Vec<ExistingInterface>,
    problem: Option<Error>,
}

impl Clearing {
    pub(crate) fn new(family: u16, suspects: Vec<ExistingInterface>, kept: Option<ExistingInterface>) -> Self {
        Self {
            family,
            sequence: 0,
            kept: kept.as_ref().map(|base| base.wdev),
            suspects: suspects.into_iter().chain(kept).collect(),
            removing: false,
            waits: false,
            removed: Vec::new(),
            problem: None,
        }
    }

    /// What to send next; `None` when all is done.
    pub(crate) fn poll_request(&mut self) -> Option<Zeroizing<Vec<u8>>> {
        let suspect = self.suspects.front()?;
        // The id is ours alone: the interface is named by its wireless device.
        let request: Request = if self.removing {
            interface::remove(InterfaceId::BASE)
        } else {
            let registration = Registration { frame_type: ACTION, start: P2P_PUBLIC_ACTION.to_vec() };
            frames::register(InterfaceId::BASE, &registration)
        };
        self.sequence += 1;
        self.waits = true;
        request.encode(self.family, self.sequence, Set::default().u64(nl::NL80211_ATTR_WDEV, suspect.wdev)).ok()
    }

    /// Whether an answer is awaited.
    pub(crate) fn waits(&self) -> bool {
        self.waits
    }

    /// Takes a datagram.
    pub(crate) fn received(&mut self, datagram: &[u8]) {
        for message in netlink::messages(datagram) {
            if message.sequence != self.sequence || !self.waits {
                continue;
            }
            match message.answer() {
                Answer::Data | Answer::Noop => {}
                Answer::Acknowledged { .. } => self.answered(None),
                Answer::Refused { errno, text } => self.answered(Some(errno::refused(errno, text))),
            }
        }
    }

    fn answered(&mut self, refused: Option<radio::Refused>) {
        self.waits = false;
        match refused {
            None if !self.removing && self.suspects.front().is_some_and(|s| Some(s.wdev) == self.kept) => {
                self.suspects.pop_front();
            }
            None if !self.removing => self.removing = true,
            None => {
                self.removing = false;
                self.removed.extend(self.suspects.pop_front());
            }
            Some(refused) => {
                self.removing = false;
                let Some(suspect) = self.suspects.pop_front() else { return };
                self.problem.get_or_insert(match refused.errno {
                    libc::EALREADY => Error::InUse { name: suspect.name, kind: suspect.kind },
                    // It went by itself meanwhile.
                    libc::ENODEV => return,
                    // Whatever it has against the trial, the registration in earnest will say.
                    _ if Some(suspect.wdev) == self.kept => return,
                    _ => Error::Refused { what: "removing a leftover interface", refused },
                });
            }
        }
    }

    /// What was removed, and what went wrong.
    pub(crate) fn finish(self) -> (Vec<ExistingInterface>, Result<(), Error>) {
        (self.removed, self.problem.map_or(Ok(()), Err))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interface(name: &str, kind: InterfaceKind) -> ExistingInterface {
        ExistingInterface { name: name.to_owned(), kind, address: MacAddr::ZERO, wdev: 5 }
    }

    #[test]
    fn only_what_is_named_like_ours_is_suspected() {
        let go = InterfaceKind::P2pGo;
        assert!(interface("p2p-wlan0-12", go).is_leftover("wlan0"));
        assert!(interface("p2p-dev-wlan0", InterfaceKind::Station).is_leftover("wlan0"));
        assert!(interface("wdev 2", InterfaceKind::P2pDevice).is_leftover("wlan0"));
        for name in ["p2p-wlan0-", "p2p-wlan1-0", "wlan1", "p2p-wlan0-a"] {
            assert!(!interface(name, go).is_leftover("wlan0"), "{name}");
        }
    }

    fn answer(clearing: &mut Clearing, errno: i32) {
        let mut message = 36u32.to_ne_bytes().to_vec();
        message.extend(2u16.to_ne_bytes());
        message.extend(0x100u16.to_ne_bytes());
        message.extend(clearing.sequence.to_ne_bytes());
        message.extend([0; 4]);
        message.extend((-errno).to_ne_bytes());
        message.extend([0; 16]);
        clearing.received(&message);
    }

    #[test]
    fn the_interface_that_is_to_be_ours_is_tried_and_stays() {
        for (errno, taken) in [(0, false), (libc::EALREADY, true), (libc::EOPNOTSUPP, false)] {
            let base = interface("wlan0", InterfaceKind::Station);
            let mut clearing = Clearing::new(28, Vec::new(), Some(base));
            assert!(clearing.poll_request().is_some());
            answer(&mut clearing, errno);
            assert!(clearing.poll_request().is_none());
            let (removed, outcome) = clearing.finish();
            assert!(removed.is_empty());
            assert_eq!(matches!(outcome, Err(Error::InUse { .. })), taken, "{errno}");
        }
    }

    #[test]
    fn the_dead_are_removed_and_the_living_named() {
        let suspects =
            vec![interface("p2p-wlan0-0", InterfaceKind::P2pGo), interface("p2p-wlan0-1", InterfaceKind::P2pGo)];
        let base = interface("wlan0", InterfaceKind::Station);
        let kept = ExistingInterface { wdev: 1, ..base };
        let mut clearing = Clearing::new(28, suspects, Some(kept));
        let mut commands = Vec::new();
        for errno in [0, 0, libc::EALREADY, 0] {
            let bytes = clearing.poll_request().unwrap();
            commands.push(netlink::messages(&bytes).next().unwrap().generic().unwrap().0);
            answer(&mut clearing, errno);
            assert!(!clearing.waits());
        }
        assert_eq!(
            commands,
            [
                nl::NL80211_CMD_REGISTER_FRAME,
                nl::NL80211_CMD_DEL_INTERFACE,
                nl::NL80211_CMD_REGISTER_FRAME,
                nl::NL80211_CMD_REGISTER_FRAME
            ]
        );
        assert!(clearing.poll_request().is_none());
        let (removed, outcome) = clearing.finish();
        assert_eq!(removed[0].name, "p2p-wlan0-0");
        assert!(matches!(outcome, Err(Error::InUse { name, .. }) if name == "p2p-wlan0-1"));
    }
}
