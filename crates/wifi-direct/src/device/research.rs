//! What a user does with the radio beside P2P: scans, frames of his own making, frames taken before we act on them.

use super::Device;
use crate::api::{Error, Event, GroupId, UserFrame, UserScan};
use crate::route::Route;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::time::Duration;
use ieee80211_ies::MacAddr;
use p2p_core::{SendToken, Want};
use radio::{Command, InterfaceId, ScanRequest, SendStatus, Transmission};

/// Tokens of the user's frames have this bit; discovery counts its own from zero and does not reach it.
const USERS: u32 = 1 << 31;
/// Most frames of the user that may be under way.
const MAX_FRAMES: usize = 16;
/// Longest stay on a channel after a frame: what mac80211 allows (`IEEE80211_MAX_ROC_DURATION` is 5 s).
const MAX_WAIT: Duration = Duration::from_secs(5);
/// Longest body: what fits into an MMPDU beside the header (IEEE 802.11-2020 §9.2.4.8).
const MAX_BODY: usize = 2304;
/// Frame control of an Action frame (IEEE 802.11-2020 Table 9-1: type 0, subtype 13).
const ACTION: [u8; 2] = [0xd0, 0x00];

/// The user's frames that are under way.
#[derive(Debug, Default)]
pub(super) struct UserFrames {
    /// Management frames go to the user and not to us: those of the base interface and discovery's, …
    external: bool,
    /// … and of the interfaces made for these groups.
    external_groups: BTreeSet<GroupId>,
    next: u32,
    flying: BTreeMap<SendToken, Flying>,
}

#[derive(Debug)]
struct Flying {
    group: Option<GroupId>,
    frequency: u32,
    destination: MacAddr,
    source: MacAddr,
    bssid: MacAddr,
}

impl UserFrames {
    pub(super) fn is_ours(&self, token: SendToken) -> bool {
        token.0 & USERS != 0
    }
}

impl Device {
    pub(super) fn scan_for_user(&mut self, now: Duration, scan: UserScan) -> Result<(), Error> {
        if !self.discovery.ready || self.pretended_down {
            return Err(Error::Unavailable("the radio is not ready for P2P"));
        }
        let UserScan { frequencies, passive, flush } = scan;
        let passive = passive.unwrap_or(self.config.passive_scan);
        if let Some(unknown) = frequencies.iter().find(|f| self.capabilities.channel(**f).is_none_or(|c| c.disabled)) {
            return Err(Error::ChannelUnsupported(*unknown));
        }
        if self.airtime.scanning() || self.airtime.scans_for_user() {
            return Err(Error::Busy("a scan runs"));
        }
        self.user_scan.1.clone_from(&frequencies);
        // The wildcard SSID asks every network to answer.
        let ssids = if passive { Vec::new() } else { alloc::vec![Vec::new()] };
        let request = ScanRequest { ssids, frequencies, flush, ..ScanRequest::default() };
        self.airtime.scan_for_user(now, request, &mut self.ids);
        Ok(())
    }

    pub(super) fn send_user_frame(&mut self, now: Duration, frame: UserFrame) -> Result<(), Error> {
        if self.user_frames.flying.len() >= MAX_FRAMES {
            return Err(Error::Busy("too many frames are under way"));
        }
        if frame.body.len() > MAX_BODY {
            return Err(Error::Invalid("the frame is too long"));
        }
        let UserFrame { group, frequency, destination, bssid, body, wait } = frame;
        let wait = wait.min(MAX_WAIT);
        // On an interface that a group is still being made on discovery speaks.
        let group = group.filter(|id| self.groups.get(id).is_none_or(|g| g.is_active()));
        let (source, own) = match group {
            Some(id) => {
                let info = self.groups.get(&id).ok_or(Error::UnknownGroup)?.info();
                (info.address, Some(info.frequency).filter(|f| *f != 0))
            }
            None => (self.discovery.address, None),
        };
        let frequency = frequency.or(own).ok_or(Error::Invalid("the channel is missing"))?;
        if self.capabilities.channel(frequency).is_none_or(|c| c.disabled) {
            return Err(Error::ChannelUnsupported(frequency));
        }
        let token = SendToken(USERS | self.user_frames.next);
        self.user_frames.next = (self.user_frames.next + 1) & !USERS;
        let mut bytes = Vec::with_capacity(24 + body.len());
        bytes.extend_from_slice(&ACTION);
        // Duration; the radio fills it in, and the sequence number behind the addresses.
        bytes.extend_from_slice(&[0, 0]);
        for address in [destination, source, bssid] {
            bytes.extend_from_slice(&address.0);
        }
        bytes.extend_from_slice(&[0, 0]);
        bytes.extend_from_slice(&body);
        self.user_frames.flying.insert(token, Flying { group, frequency, destination, source, bssid });
        match group {
            // On its own channel a group's interface needs no stay there.
            Some(_) if own == Some(frequency) => {
                let iface = self.interface_for(group)?;
                let wait_ms = wait.as_millis() as u32;
                let transmission = Transmission { frequency: None, frame: bytes, wait_ms, no_cck: true, no_ack: false };
                self.command(Command::Transmit { iface, transmission }, Route::User(token));
            }
            _ => {
                let want = Want::Send { token, frequency, frame: bytes, wait, urgent: false };
                self.airtime.want(now, want);
                self.airtime.settle(now, &mut self.ids);
            }
        }
        Ok(())
    }

    pub(super) fn end_user_frames(&mut self, now: Duration) {
        let tokens: Vec<SendToken> = self.user_frames.flying.keys().copied().collect();
        for token in tokens {
            self.airtime.want(now, Want::StopWaiting(token));
        }
        self.airtime.settle(now, &mut self.ids);
        self.user_frames.flying.clear();
    }

    /// A frame of the user's has met its fate.
    pub(super) fn user_frame_sent(&mut self, token: SendToken, status: Option<SendStatus>) {
        let Some(frame) = self.user_frames.flying.remove(&token) else { return };
        let Flying { group, frequency, destination, source, bssid } = frame;
        self.event(Event::FrameSent { group, frequency, destination, source, bssid, status });
    }

    /// Acts as if the base interface had gone down, or come up; all of P2P follows, on whichever interface it is.
    pub(super) fn pretend_interface(&mut self, now: Duration, up: bool) {
        self.pretended_down = !up;
        if !up {
            self.p2p.stop_find(now);
            // What it has not done by now would be seen when it is up again.
            self.airtime.abort_user_scan(&mut self.ids);
        }
        self.handle_input(now, radio::Event::InterfaceUp { iface: InterfaceId::BASE, up });
    }

    /// Hands an interface's frames to the user, or no longer.
    pub(super) fn take_frames(&mut self, group: Option<GroupId>, on: bool) -> Result<(), Error> {
        let Some(id) = group else {
            self.user_frames.external = on;
            return Ok(());
        };
        match self.groups.get(&id).map(|g| g.shared.created).ok_or(Error::UnknownGroup)? {
            false => self.user_frames.external = on,
            true if on => drop(self.user_frames.external_groups.insert(id)),
            true => drop(self.user_frames.external_groups.remove(&id)),
        }
        Ok(())
    }

    /// Whether the frames received on an interface are the user's.
    pub(super) fn frames_are_taken(&self, iface: InterfaceId) -> bool {
        match self.groups.values().find(|g| g.iface() == iface && g.shared.created) {
            Some(group) => self.user_frames.external_groups.contains(&group.shared.id),
            None => self.user_frames.external,
        }
    }

    /// The user takes no frames of the interface of a group that is gone.
    pub(super) fn forget_taken_frames(&mut self, group: GroupId) {
        self.user_frames.external_groups.remove(&group);
    }

    /// The interface of a group, or discovery's.
    pub(super) fn interface_for(&self, group: Option<GroupId>) -> Result<InterfaceId, Error> {
        match group {
            Some(id) => self.groups.get(&id).filter(|g| g.is_active()).map(|g| g.iface()).ok_or(Error::UnknownGroup),
            None => Ok(self.discovery.iface),
        }
    }
}
