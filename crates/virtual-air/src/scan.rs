//! Scans (net/mac80211/scan.c in Linux 6.1) and their results.

use crate::air::{Air, Answer};
use crate::errno::{EBUSY, EINVAL, ENOENT, EOPNOTSUPP};
use crate::frame::{self, Frame};
use crate::medium::Purpose;
use crate::queue::Job;
use crate::state::{BSS_LIFETIME, BssEntry, MAX_BSS, Scan, ScanStep, Sort};
use ieee80211_ies::{MacAddr, emit_element, id};
use radio::{Bss, CommandId, Event, InterfaceId, InterfaceKind, Reply, ScanRequest};
use std::time::Duration;

/// Time on a channel before the probe requests (`IEEE80211_PROBE_DELAY`, 1/33 s).
const PROBE_DELAY: Duration = Duration::from_millis(30);
/// Time on a channel after them (`IEEE80211_CHANNEL_TIME`, 1/33 s).
const ACTIVE_DWELL: Duration = Duration::from_millis(30);
/// Time on a channel without them (`IEEE80211_PASSIVE_CHANNEL_TIME`, 1/9 s).
const PASSIVE_DWELL: Duration = Duration::from_millis(110);
/// Longest absence from the operating channel.
const MAX_ABSENCE: Duration = Duration::from_millis(125);
/// Time back on it.
const SUSPENSION: Duration = Duration::from_millis(200);
/// A time unit (IEEE 802.11-2020 §3.1).
const TU: Duration = Duration::from_micros(1024);

impl Air {
    pub(crate) fn start_scan(
        &mut self,
        radio: usize,
        id: CommandId,
        iface: InterfaceId,
        request: ScanRequest,
    ) -> Answer {
        let now = self.now;
        let Some(r) = self.radios.get_mut(radio) else { return Err(ENOENT.into()) };
        if r.running(iface)?.kind == InterfaceKind::Monitor {
            return Err(EOPNOTSUPP.into());
        }
        if r.scan.is_some() {
            return Err(EBUSY.because("a scan is going on"));
        }
        let capabilities = &r.settings.capabilities;
        if request.ssids.len() > usize::from(capabilities.max_scan_ssids)
            || request.ssids.iter().any(|ssid| ssid.len() > 32)
            || request.elements.len() > capabilities.max_scan_elements
        {
            return Err(EINVAL.because("too many or too long SSIDs or elements"));
        }
        let usable = |f: u32| capabilities.channel(f).is_some_and(|c| !c.disabled);
        let all = capabilities.bands.iter().flat_map(|b| &b.channels).map(|c| c.frequency);
        let channels = if request.frequencies.is_empty() {
            all.filter(|f| usable(*f)).collect()
        } else {
            request.frequencies.iter().copied().filter(|f| usable(*f)).collect::<std::collections::VecDeque<_>>()
        };
        if channels.is_empty() {
            return Err(EINVAL.because("no usable channel"));
        }
        r.scan = Some(Scan { id, iface, request, channels, step: ScanStep::Pending, began: now, left: now });
        self.resume_scan(radio);
        Ok(Reply::Ok)
    }

    pub(crate) fn abort_scan(&mut self, radio: usize, iface: InterfaceId) -> Answer {
        let Some(r) = self.radios.get_mut(radio) else { return Err(ENOENT.into()) };
        r.running(iface)?;
        if r.scan.as_ref().is_none_or(|scan| scan.iface != iface) {
            return Err(ENOENT.because("no scan"));
        }
        self.end_scan(radio, true);
        Ok(Reply::Ok)
    }

    /// Begins a scan that waits, unless the radio stays on another channel.
    pub(crate) fn resume_scan(&mut self, radio: usize) {
        let now = self.now;
        let Some(r) = self.radios.get_mut(radio).filter(|r| r.remains.is_empty()) else { return };
        if let Some(scan) = r.scan.as_mut().filter(|scan| scan.step == ScanStep::Pending) {
            scan.began = now;
            scan.left = now;
            self.next_channel(radio);
        }
    }

    /// Goes to the next channel, or ends.
    fn next_channel(&mut self, radio: usize) {
        let (now, switch) = (self.now, self.settings.switch_delay);
        let Some(r) = self.radios.get_mut(radio) else { return };
        let leaves = r.channels() < 2 && r.interfaces.values().any(|i| i.operating().is_some());
        let Some(scan) = &mut r.scan else { return };
        let Some(frequency) = scan.channels.front().copied() else { return self.end_scan(radio, false) };
        let suspended = scan.step == ScanStep::Suspended;
        if suspended {
            scan.left = now;
        }
        let quiet = r.settings.capabilities.channel(frequency).is_some_and(|c| c.no_ir);
        let stay = if quiet || scan.request.ssids.is_empty() { PASSIVE_DWELL } else { PROBE_DELAY + ACTIVE_DWELL };
        let (step, wait) = if leaves && !suspended && now.saturating_sub(scan.left) + stay > MAX_ABSENCE {
            (ScanStep::Suspended, SUSPENSION)
        } else {
            scan.channels.pop_front();
            (ScanStep::Tuning(frequency), switch)
        };
        scan.step = step;
        self.schedule_scan(radio, wait);
        if step == ScanStep::Suspended {
            self.release_held(radio);
        }
    }

    fn schedule_scan(&mut self, radio: usize, wait: Duration) {
        let epoch = self.new_epoch();
        if let Some(r) = self.radios.get_mut(radio) {
            r.scan_epoch = epoch;
            self.queue.push(self.now + wait, Job::Scan { radio, epoch });
        }
    }

    pub(crate) fn scan_step(&mut self, radio: usize, epoch: u64) {
        let Some(r) = self.radios.get_mut(radio).filter(|r| r.scan_epoch == epoch) else { return };
        let capabilities = &r.settings.capabilities;
        let Some(scan) = &mut r.scan else { return };
        match scan.step {
            ScanStep::Tuning(frequency) => {
                let passive = scan.request.ssids.is_empty() || capabilities.channel(frequency).is_some_and(|c| c.no_ir);
                let asked = scan.request.dwell_tu.filter(|_| capabilities.scan_dwell).map(|tu| TU * u32::from(tu));
                let wait = if passive {
                    scan.step = ScanStep::Dwelling(frequency);
                    asked.unwrap_or(PASSIVE_DWELL)
                } else {
                    scan.step = ScanStep::Settling(frequency);
                    PROBE_DELAY
                };
                self.schedule_scan(radio, wait);
            }
            ScanStep::Settling(frequency) => {
                scan.step = ScanStep::Dwelling(frequency);
                let asked = scan.request.dwell_tu.filter(|_| capabilities.scan_dwell).map(|tu| TU * u32::from(tu));
                let (iface, request) = (scan.iface, scan.request.clone());
                self.send_probe_requests(radio, iface, frequency, &request);
                self.schedule_scan(radio, asked.unwrap_or(ACTIVE_DWELL));
            }
            ScanStep::Dwelling(_) | ScanStep::Suspended => self.next_channel(radio),
            ScanStep::Pending => {}
        }
    }

    fn send_probe_requests(&mut self, radio: usize, iface: InterfaceId, frequency: u32, request: &ScanRequest) {
        let Some(r) = self.radios.get(radio) else { return };
        let Some(source) = r.interfaces.get(&iface).map(|i| i.address) else { return };
        let to = request.bssid.unwrap_or(MacAddr::BROADCAST);
        let no_cck = request.no_cck || frequency > 5000;
        let rates = r.settings.capabilities.band(frequency).map(|b| b.rates.clone()).unwrap_or_default();
        for ssid in &request.ssids {
            let mut out = frame::header(frame::PROBE_REQUEST, to, source, to);
            emit_element(id::SSID, ssid, &mut out);
            emit_rates(&rates, no_cck, &mut out);
            if let Some(channel) = radio::frequency_to_channel(frequency).filter(|_| frequency < 5000) {
                emit_element(id::DSSS_PARAMETER_SET, &[channel], &mut out);
            }
            out.extend(&request.elements);
            self.transmit(radio, iface, frequency, out, Purpose::Nothing, false);
        }
    }

    /// Ends the scan and reports what is known.
    pub(crate) fn end_scan(&mut self, radio: usize, aborted: bool) {
        let now = self.now;
        let Some(r) = self.radios.get_mut(radio) else { return };
        let Some(scan) = r.scan.take() else { return };
        let keep = r.interfaces.values().filter_map(|i| i.client.as_ref().map(|c| c.bssid)).collect::<Vec<_>>();
        r.results.retain(|(bssid, _), entry| {
            let fresh = now.saturating_sub(entry.heard) <= BSS_LIFETIME;
            let flushed = scan.request.flush && entry.heard < scan.began;
            keep.contains(bssid) || (fresh && !flushed)
        });
        let seen = r.results.values().map(|entry| {
            let age = now.saturating_sub(entry.heard).as_millis();
            Bss { age_ms: u32::try_from(age).unwrap_or(u32::MAX), ..entry.bss.clone() }
        });
        let event = Event::ScanDone { id: Some(scan.id), aborted, seen: seen.collect() };
        self.report(radio, Sort::Control, event);
        self.release_held(radio);
        self.run_stays(radio);
    }

    /// Remembers a beacon or a probe response that was heard during a scan, or from an own owner.
    pub(crate) fn note_bss(&mut self, radio: usize, frequency: u32, signal_dbm: i8, received: &Frame<'_>) {
        let now = self.now;
        let Some(r) = self.radios.get_mut(radio) else { return };
        let bssid = received.address3;
        let ours = |i: &crate::state::Interface| i.client.as_ref().is_some_and(|c| c.bssid == bssid);
        if r.scan.as_ref().and_then(Scan::on) != Some(frequency) && !r.interfaces.values().any(ours) {
            return;
        }
        let Some((fixed, elements)) = received.body.split_first_chunk::<12>() else { return };
        let &[a, b, c, d, e, f, g, h, interval0, interval1, capability0, capability1] = fixed;
        if r.results.len() >= MAX_BSS && !r.results.contains_key(&(bssid, frequency)) {
            let oldest = r.results.iter().min_by_key(|(_, entry)| entry.heard).map(|(key, _)| *key);
            oldest.and_then(|key| r.results.remove(&key));
        }
        let entry = r.results.entry((bssid, frequency)).or_insert_with(|| BssEntry {
            bss: Bss {
                bssid,
                frequency,
                signal_dbm,
                age_ms: 0,
                tsf: 0,
                beacon_interval: 0,
                capability: 0,
                probe_response: Vec::new(),
                beacon: Vec::new(),
            },
            heard: now,
        });
        entry.heard = now;
        entry.bss.signal_dbm = signal_dbm;
        entry.bss.tsf = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
        entry.bss.beacon_interval = u16::from_le_bytes([interval0, interval1]);
        entry.bss.capability = u16::from_le_bytes([capability0, capability1]);
        if received.kind() == frame::BEACON {
            entry.bss.beacon = elements.to_vec();
        } else {
            entry.bss.probe_response = elements.to_vec();
        }
    }
}

/// Appends the rates elements of a request, from rates in units of 100 kb/s.
pub(crate) fn emit_rates(rates: &[u16], no_cck: bool, out: &mut Vec<u8>) {
    const CCK: [u16; 4] = [10, 20, 55, 110];
    let rates: Vec<u8> =
        rates.iter().filter(|rate| !no_cck || !CCK.contains(rate)).map(|rate| (rate / 5).min(0x7f) as u8).collect();
    let (first, rest) = rates.split_at(rates.len().min(8));
    emit_element(id::SUPPORTED_RATES, first, out);
    if !rest.is_empty() {
        emit_element(id::EXTENDED_SUPPORTED_RATES, rest, out);
    }
}
