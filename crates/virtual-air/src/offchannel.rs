//! Stays on other channels: remain-on-channel, and management frames sent there (net/mac80211/offchannel.c in Linux 6.1).

use crate::air::{Air, Answer};
use crate::errno::{EBUSY, EINVAL, ENOENT, ENOLINK, ENOTCONN, EOPNOTSUPP};
use crate::frame::{self, Frame};
use crate::medium::Purpose;
use crate::queue::Job;
use crate::state::{Remain, Scan, Sort, Stage};
use radio::{CommandId, Event, InterfaceId, InterfaceKind, Reply, SendStatus, Transmission};
use std::time::Duration;

/// Shortest stay that cfg80211 takes (`NL80211_MIN_REMAIN_ON_CHANNEL_TIME`); also that of a frame sent without a wait.
const MIN_REMAIN_MS: u32 = 10;

/// Categories of action frames that an access point may send to others than its stations (net/mac80211/offchannel.c).
const CATEGORIES_FOR_ALL: [u8; 3] = [0, frame::CATEGORY_PUBLIC, 15];

impl Air {
    pub(crate) fn remain_on_channel(
        &mut self,
        radio: usize,
        id: CommandId,
        iface: InterfaceId,
        frequency: u32,
        ms: u32,
    ) -> Answer {
        let Some(r) = self.radios.get_mut(radio) else { return Err(ENOENT.into()) };
        r.running(iface)?;
        let capabilities = &r.settings.capabilities;
        if !capabilities.remain_on_channel {
            return Err(EOPNOTSUPP.into());
        }
        if !(MIN_REMAIN_MS..=capabilities.max_remain_ms).contains(&ms) {
            return Err(EINVAL.because("duration"));
        }
        if capabilities.channel(frequency).is_none_or(|c| c.disabled) {
            return Err(EINVAL.because("channel"));
        }
        let duration = Duration::from_millis(u64::from(ms));
        self.stay(radio, Remain { id, iface, frequency, duration, frame: None, is_transmission: false, started: None });
        Ok(Reply::Ok)
    }

    pub(crate) fn transmit_frame(
        &mut self,
        radio: usize,
        id: CommandId,
        iface: InterfaceId,
        transmission: Transmission,
    ) -> Answer {
        let Some(r) = self.radios.get_mut(radio) else { return Err(ENOENT.into()) };
        let capabilities = r.settings.capabilities.clone();
        let i = r.running(iface)?;
        let Some(sent) = Frame::parse(&transmission.frame).filter(|f| f.is_management() && !f.body.is_empty()) else {
            return Err(EINVAL.because("not a management frame"));
        };
        if sent.has(frame::ORDER) {
            return Err(EINVAL.because("order bit"));
        }
        if sent.address2 != i.address {
            return Err(EINVAL.because("source address"));
        }
        let category = sent.body.first().copied().filter(|_| sent.kind() == frame::ACTION);
        if category.is_some_and(|c| c != frame::CATEGORY_PUBLIC) {
            match i.kind {
                InterfaceKind::P2pDevice => return Err(EOPNOTSUPP.because("only public action frames")),
                _ if i.is_ap() && sent.address3 != i.address => return Err(EINVAL.because("BSSID")),
                _ if i.is_client() => {
                    let owner = i.client.as_ref().filter(|c| c.connected).map(|c| c.bssid);
                    if owner != Some(sent.address1) || owner != Some(sent.address3) {
                        return Err(ENOTCONN.into());
                    }
                }
                _ => {}
            }
        }
        if i.is_ap() && category.is_some_and(|c| !CATEGORIES_FOR_ALL.contains(&c)) {
            let known = i.ap.as_ref().is_some_and(|ap| ap.stations.contains_key(&sent.address1));
            if !known {
                return Err(ENOLINK.because("no such station"));
            }
        }
        if transmission.wait_ms != 0 && !(MIN_REMAIN_MS..=capabilities.max_remain_ms).contains(&transmission.wait_ms) {
            return Err(EINVAL.because("wait"));
        }
        if let Some(frequency) = transmission.frequency
            && capabilities.channel(frequency).is_none_or(|c| c.disabled)
        {
            return Err(EINVAL.because("channel"));
        }
        let associated = i.client.as_ref().is_some_and(|c| c.stage == Stage::Associated);
        let mut operating = i.operating().filter(|_| i.ap.is_some() || associated);
        // A client's wait for somebody who is not its owner is a stay, even on its own channel.
        if transmission.frequency.is_some() && transmission.wait_ms > 0 {
            operating = operating.filter(|_| i.client.as_ref().is_none_or(|c| c.bssid == sent.address3));
        }
        match (operating, transmission.frequency) {
            (None, None) => Err(EINVAL.because("no channel")),
            (Some(own), asked) if i.kind != InterfaceKind::P2pDevice && asked.is_none_or(|f| f == own) => {
                self.transmit(radio, iface, own, transmission.frame, Purpose::Command(id), transmission.no_ack);
                Ok(Reply::Ok)
            }
            (_, None) => Err(EBUSY.because("off-channel")),
            (_, Some(frequency)) => {
                if !capabilities.offchannel_transmit {
                    return Err(EINVAL.because("no off-channel transmission"));
                }
                let duration = Duration::from_millis(u64::from(transmission.wait_ms.max(MIN_REMAIN_MS)));
                let frame = Some(transmission);
                self.stay(
                    radio,
                    Remain { id, iface, frequency, duration, frame, is_transmission: true, started: None },
                );
                Ok(Reply::Ok)
            }
        }
    }

    /// Queues a stay; one on the channel of the same interface's present stay begins at once.
    fn stay(&mut self, radio: usize, remain: Remain) {
        let now = self.now;
        let Some(r) = self.radios.get_mut(radio) else { return };
        let limit = Duration::from_millis(u64::from(r.settings.capabilities.max_remain_ms));
        let same = |other: &Remain| other.iface == remain.iface && other.frequency == remain.frequency;
        let position = r.remains.iter().position(same);
        match position {
            Some(at) => {
                let running = r.remains.get(at).and_then(|other| other.started);
                let fits = running.is_some_and(|since| now.saturating_sub(since) + remain.duration <= limit);
                let (iface, frequency) = (remain.iface, remain.frequency);
                if running.is_none() || fits {
                    r.remains.insert(at + 1, remain);
                } else {
                    r.remains.push(remain);
                }
                if fits {
                    self.begin_stays(radio, iface, frequency);
                }
            }
            None => r.remains.push(remain),
        }
        self.run_stays(radio);
    }

    pub(crate) fn cancel_remain(
        &mut self,
        radio: usize,
        iface: InterfaceId,
        id: CommandId,
        transmission: bool,
    ) -> Answer {
        let Some(r) = self.radios.get_mut(radio) else { return Err(ENOENT.into()) };
        r.running(iface)?;
        let found = r.remains.iter().position(|s| s.id == id && s.iface == iface && s.is_transmission == transmission);
        let Some(at) = found else { return Err(ENOENT.into()) };
        let ended = r.remains.remove(at);
        self.end_stay(radio, ended);
        self.run_stays(radio);
        Ok(Reply::Ok)
    }

    /// Ends all stays of an interface.
    pub(crate) fn drop_stays(&mut self, radio: usize, iface: InterfaceId) {
        let Some(r) = self.radios.get_mut(radio) else { return };
        let (ended, kept) = std::mem::take(&mut r.remains).into_iter().partition(|s| s.iface == iface);
        r.remains = kept;
        let ended: Vec<Remain> = ended;
        for stay in ended {
            self.end_stay(radio, stay);
        }
        self.run_stays(radio);
    }

    fn end_stay(&mut self, radio: usize, stay: Remain) {
        if stay.frame.is_some() {
            // It never came to be sent.
            self.report(radio, Sort::Sent, Event::Sent { id: stay.id, status: SendStatus::NotAcked });
        }
        let event =
            if stay.is_transmission { Event::WaitEnded { id: stay.id } } else { Event::RemainEnded { id: stay.id } };
        self.report(radio, Sort::Control, event);
    }

    /// A deadline of the stays has come.
    pub(crate) fn remain_step(&mut self, radio: usize, epoch: u64) {
        let now = self.now;
        let Some(r) = self.radios.get_mut(radio).filter(|r| r.remain_epoch == epoch) else { return };
        if r.tuning {
            r.tuning = false;
            if let Some((iface, frequency)) = r.remains.first().map(|s| (s.iface, s.frequency)) {
                r.remaining_on = Some(frequency);
                self.begin_stays(radio, iface, frequency);
            }
        } else {
            let over = |s: &Remain| s.started.is_some_and(|since| now >= since + s.duration);
            let (ended, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut r.remains).into_iter().partition(over);
            r.remains = kept;
            for stay in ended {
                self.end_stay(radio, stay);
            }
        }
        self.run_stays(radio);
    }

    /// Begins those of the leading stays that share the channel and the interface of the present one.
    fn begin_stays(&mut self, radio: usize, iface: InterfaceId, frequency: u32) {
        let now = self.now;
        let Some(r) = self.radios.get_mut(radio) else { return };
        let mut begun = Vec::new();
        for stay in r.remains.iter_mut().take_while(|s| s.iface == iface && s.frequency == frequency) {
            if stay.started.is_none() {
                stay.started = Some(now);
                begun.push((stay.id, stay.frame.take()));
            }
        }
        for (id, frame) in begun {
            match frame {
                Some(Transmission { frame, no_ack, .. }) => {
                    self.transmit(radio, iface, frequency, frame, Purpose::Command(id), no_ack);
                }
                None => self.report(radio, Sort::Control, Event::RemainStarted { id }),
            }
        }
    }

    /// Sets the next deadline of the stays: the end of one, or the change to the channel of the next. Scans come first.
    pub(crate) fn run_stays(&mut self, radio: usize) {
        let switch = self.settings.switch_delay;
        let epoch = self.new_epoch();
        let now = self.now;
        let Some(r) = self.radios.get_mut(radio) else { return };
        let running = r.remains.iter().filter_map(|s| s.started.map(|since| since + s.duration)).min();
        let at = match running {
            Some(end) => end,
            None => {
                let was_away = r.remaining_on.take().is_some();
                let scanning = r.scan.as_ref().is_some_and(Scan::active);
                if r.remains.is_empty() || scanning {
                    r.tuning = false;
                    r.remain_epoch = epoch;
                    if was_away {
                        self.release_held(radio);
                    }
                    return self.resume_scan(radio);
                }
                if r.tuning {
                    return;
                }
                r.tuning = true;
                now + switch
            }
        };
        r.remain_epoch = epoch;
        self.queue.push(at.max(now), Job::Remain { radio, epoch });
    }
}
