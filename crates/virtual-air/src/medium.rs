//! Frames through the air: attempts, loss, acknowledgements.

use crate::air::{Air, RadioId};
use crate::frame;
use crate::queue::Job;
use crate::state::Sort;
use crate::trace::{Fate, OnAir};
use ieee80211_ies::MacAddr;
use radio::{CommandId, Event, InterfaceId, SendStatus};
use std::sync::Arc;
use std::time::Duration;

/// Longest backoff before an attempt: some tens of slots of 9 µs (IEEE 802.11-2020 §10.3.3).
const BACKOFF: Duration = Duration::from_micros(300);

/// Why a frame is sent, and so who is told how it ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Purpose {
    /// A command: the host is told.
    Command(CommandId),
    /// The request of a client's SME.
    Request { iface: InterfaceId, epoch: u64 },
    /// A question whether a station is there.
    Probe { iface: InterfaceId, station: MacAddr },
    /// A client's question whether its owner is there.
    OwnerProbe { iface: InterfaceId, epoch: u64 },
    /// A client's last frame, after which it is gone.
    Leave { iface: InterfaceId, epoch: u64 },
    /// Nobody.
    Nothing,
}

/// A frame on its way.
#[derive(Clone, Debug)]
pub(crate) struct Flight {
    pub(crate) radio: usize,
    pub(crate) iface: InterfaceId,
    pub(crate) frequency: u32,
    pub(crate) frame: Arc<[u8]>,
    pub(crate) purpose: Purpose,
    /// Whether no acknowledgement is expected.
    pub(crate) no_ack: bool,
    number: u64,
    attempt: u32,
    /// Who has it already from an earlier attempt.
    delivered: Option<usize>,
}

impl Air {
    /// Sends a frame on a channel that the radio is on, or will come back to.
    pub(crate) fn transmit(
        &mut self,
        radio: usize,
        iface: InterfaceId,
        frequency: u32,
        mut frame: Vec<u8>,
        purpose: Purpose,
        no_ack: bool,
    ) {
        let Some(r) = self.radios.get_mut(radio) else { return };
        // Data frames have had their number before they were encrypted, which does not matter: it is not protected.
        r.sequence = r.sequence.wrapping_add(1) & 0x0fff;
        frame::set_sequence(&mut frame, r.sequence);
        let number = self.frames;
        self.frames += 1;
        let frame = frame.into();
        let flight = Flight { radio, iface, frequency, frame, purpose, no_ack, number, attempt: 0, delivered: None };
        self.fly(flight);
    }

    fn fly(&mut self, flight: Flight) {
        let backoff = self.jitter(BACKOFF);
        // 20 µs of preamble and 6 Mb/s, the lowest rate without 802.11b.
        let airtime = Duration::from_micros(20 + flight.frame.len() as u64 * 8 / 6);
        self.queue.push(self.now + backoff + airtime, Job::Attempt(Box::new(flight)));
    }

    /// Lets those transmissions go that waited for the radio to be where it is now.
    pub(crate) fn release_held(&mut self, radio: usize) {
        let Some(r) = self.radios.get_mut(radio) else { return };
        for flight in std::mem::take(&mut r.held) {
            self.fly(flight);
        }
    }

    pub(crate) fn attempt(&mut self, mut flight: Flight) {
        let Some(sender) = self.radios.get_mut(flight.radio) else { return };
        if sender.gone {
            return;
        }
        let Some(iface) = sender.interfaces.get(&flight.iface).filter(|i| i.up) else {
            return self.finish(&flight, false);
        };
        if !sender.is_on(flight.frequency) {
            // Queues of an interface are stopped while the radio is away from its channel.
            if iface.operating() == Some(flight.frequency) {
                return sender.held.push(flight);
            }
            return self.finish(&flight, false);
        }
        let Some(receiver) = flight.frame.get(4..).and_then(MacAddr::from_slice) else { return };
        let on_air = self.cast(&flight, receiver);
        let frame = flight.frame.clone();
        for RadioId(heard_by) in on_air.delivered.iter().copied() {
            if flight.delivered == Some(heard_by) {
                continue;
            }
            if !receiver.is_group() {
                flight.delivered = Some(heard_by);
            }
            let signal = self.link(flight.radio, heard_by).signal_dbm;
            self.receive(heard_by, flight.frequency, signal, &frame);
            if self.chance(self.settings.duplication) {
                self.receive(heard_by, flight.frequency, signal, &frame);
            }
        }
        let acked = on_air.acked;
        if let Some(trace) = &mut self.trace {
            trace.push(on_air);
        }
        flight.attempt += 1;
        if acked || flight.no_ack || receiver.is_group() || flight.attempt > self.settings.retries {
            self.finish(&flight, acked);
        } else {
            self.fly(flight);
        }
    }

    /// Lets the dice fall, and the hook.
    fn cast(&mut self, flight: &Flight, receiver: MacAddr) -> OnAir {
        let mut heard = Vec::new();
        let mut lost = Vec::new();
        for other in (0..self.radios.len()).filter(|other| *other != flight.radio) {
            let meant = self
                .radios
                .get(other)
                .is_some_and(|r| r.is_on(flight.frequency) && (receiver.is_group() || r.owns(receiver)));
            let loss = self.link(flight.radio, other).loss;
            if !meant || loss >= 1.0 {
                continue;
            }
            if self.chance(loss) { lost.push(RadioId(other)) } else { heard.push(RadioId(other)) }
        }
        let unicast = !receiver.is_group() && !flight.no_ack;
        let acked = unicast && !heard.is_empty() && !self.chance(self.settings.ack_loss);
        let mut on_air = OnAir {
            at: self.now,
            frequency: flight.frequency,
            transmitter: RadioId(flight.radio),
            number: flight.number,
            attempt: flight.attempt,
            frame: flight.frame.clone(),
            delivered: heard,
            lost,
            acked,
        };
        match self.hook.as_mut().map_or(Fate::Natural, |hook| hook(&on_air)) {
            Fate::Natural => {}
            Fate::Lose => {
                on_air.lost.append(&mut on_air.delivered);
                on_air.acked = false;
            }
            Fate::Keep => {
                on_air.delivered.append(&mut on_air.lost);
                on_air.acked = unicast && !on_air.delivered.is_empty();
            }
        }
        on_air
    }

    /// The end of a transmission.
    pub(crate) fn finish(&mut self, flight: &Flight, acked: bool) {
        match flight.purpose {
            Purpose::Command(id) => {
                let status = match (flight.no_ack, acked) {
                    (true, _) => SendStatus::Unknown,
                    (false, true) => SendStatus::Acked,
                    (false, false) => SendStatus::NotAcked,
                };
                self.report(flight.radio, Sort::Sent, Event::Sent { id, status });
            }
            Purpose::Request { iface, epoch } => self.request_sent(flight.radio, iface, epoch, acked),
            Purpose::Probe { iface, station } => {
                let event = Event::StationProbed { iface, address: station, acked };
                self.report(flight.radio, Sort::Mlme, event);
            }
            Purpose::OwnerProbe { iface, epoch } => self.owner_probed(flight.radio, iface, epoch, acked),
            Purpose::Leave { iface, epoch } => self.left(flight.radio, iface, epoch),
            Purpose::Nothing => {}
        }
    }
}
