//! A conversation while it goes on.

use std::time::Duration;

use ieee80211_ies::MacAddr;

use crate::conversation::{Agreement, Conversation, MAX_STEPS, Mark, Outcome, Phase, Side, Step};
use crate::devices::{DeviceId, Devices};
use crate::handshake::Handshake;
use crate::text::safe;
use crate::wps::Registration;

/// A frame that is being told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At {
    /// Since the first packet.
    pub(crate) time: Duration,
    /// The packet's number.
    pub(crate) packet: u64,
    /// Who sent it.
    pub(crate) from: Side,
    /// Where it was heard, MHz.
    pub(crate) frequency: Option<u32>,
}

/// How far a client has come on its way into a group.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Stage {
    Outside,
    Associating,
    Associated,
    Provisioning,
    Provisioned,
    Handshake,
    Connected,
}

/// The same question within this time after it was refused is part of one attempt.
const SOON: Duration = Duration::from_secs(10);

/// A question that waits for its answer.
#[derive(Clone, Debug)]
struct Pending {
    phase: Phase,
    what: String,
    from: Side,
    /// The answer was that the user has to agree first.
    user: bool,
}

/// A conversation and what must be known to go on with it.
#[derive(Debug)]
pub(crate) struct Talk {
    pub(crate) number: u64,
    /// Who spoke first, and the other.
    pub(crate) devices: [DeviceId; 2],
    pub(crate) agreed: Agreement,
    pub(crate) stage: Stage,
    /// Whether it is about Wi-Fi Direct at all, as far as is known.
    pub(crate) is_p2p: bool,
    pub(crate) last_heard: Duration,
    pub(crate) handshake: Handshake,
    pub(crate) registration: Registration,
    /// What the sender of a GO Negotiation Request said: who, intent, tie breaker.
    pub(crate) intent: Option<(Side, u8, bool)>,
    /// Whether an invitation that waits for its answer is to take up a persistent group again.
    pub(crate) reinvocation: bool,
    pub(crate) data_frames: [u64; 2],
    steps: Vec<Step>,
    left_out: u64,
    pending: Option<Pending>,
    end: Option<Outcome>,
    good: Option<Phase>,
    began: Option<Duration>,
    connected: Option<Duration>,
    /// The last sequence number of each and where its step is.
    sequences: [Option<(u16, usize)>; 2],
}

impl Talk {
    pub(crate) fn new(number: u64, devices: [DeviceId; 2], now: Duration) -> Self {
        Self {
            number,
            devices,
            agreed: Agreement::default(),
            stage: Stage::Outside,
            is_p2p: false,
            last_heard: now,
            handshake: Handshake::default(),
            registration: Registration::default(),
            intent: None,
            reinvocation: false,
            data_frames: [0; 2],
            steps: Vec::new(),
            left_out: 0,
            pending: None,
            end: None,
            good: None,
            began: None,
            connected: None,
            sequences: [None; 2],
        }
    }

    /// Whether it has come to an end, so that a new question begins a new conversation.
    pub(crate) fn has_ended(&self) -> bool {
        self.end.is_some()
    }

    /// Goes on where it failed when the same is asked again soon after: it is one attempt for the user.
    pub(crate) fn tries_again(&mut self, phase: Phase, now: Duration) -> bool {
        match &self.end {
            Some(Outcome::Failed { phase: failed, .. }) if *failed == phase => {
                let soon = now.saturating_sub(self.last_heard) < SOON;
                if soon {
                    self.end = None;
                }
                soon
            }
            _ => false,
        }
    }

    /// Puts what was said before in front: the two were known by other addresses then.
    pub(crate) fn continues(&mut self, before: Self) {
        let turned = before.devices[0] != self.devices[0];
        let side = |side: Side| if turned { side.other() } else { side };
        for place in self.sequences.iter_mut().flatten() {
            place.1 += before.steps.len();
        }
        let steps = before.steps.into_iter().map(|step| Step { from: side(step.from), ..step });
        self.steps = steps.chain(std::mem::take(&mut self.steps)).collect();
        self.number = before.number;
        self.began = before.began.or(self.began);
        self.left_out += before.left_out;
        self.is_p2p |= before.is_p2p;
        self.good = self.good.or(before.good);
        let agreed = before.agreed;
        self.agreed.owner = self.agreed.owner.or(agreed.owner.map(side));
        self.agreed.ssid = self.agreed.ssid.take().or(agreed.ssid);
        self.agreed.frequency = self.agreed.frequency.or(agreed.frequency);
        self.agreed.method = self.agreed.method.take().or(agreed.method);
        self.agreed.persistent |= agreed.persistent;
    }

    /// How many steps were told.
    pub(crate) fn steps(&self) -> usize {
        self.steps.len()
    }

    pub(crate) fn last_step(&self) -> Option<&Step> {
        self.steps.last()
    }

    /// Whether a frame is the radio's repetition of one that was told; then it is counted.
    pub(crate) fn is_repetition(&mut self, from: Side, sequence: u16, retry: bool) -> bool {
        match self.sequences[from.index()] {
            Some((last, step)) if retry && last == sequence => {
                if let Some(step) = self.steps.get_mut(step) {
                    step.times = step.times.saturating_add(1);
                }
                true
            }
            _ => {
                // The step that is told next, if any is.
                self.sequences[from.index()] = Some((sequence, self.steps.len()));
                false
            }
        }
    }

    /// Tells one frame; `true` when it is a new step, not the repetition of the last ones.
    pub(crate) fn tell(&mut self, at: At, phase: Phase, what: impl Into<String>, detail: impl Into<String>) -> bool {
        self.tell_marked(at, phase, what, detail, Mark::Plain)
    }

    /// As [`tell`](Self::tell), good or bad.
    pub(crate) fn tell_marked(
        &mut self,
        at: At,
        phase: Phase,
        what: impl Into<String>,
        detail: impl Into<String>,
        mark: Mark,
    ) -> bool {
        let (what, detail) = (what.into(), detail.into());
        // The same again, with at most one word of the other side between.
        let recent = self.steps.iter_mut().rev().take(2);
        let same = |step: &&mut Step| step.from == at.from && step.what == what && step.detail == detail;
        if let Some(step) = { recent }.find(same) {
            step.times = step.times.saturating_add(1);
            return false;
        }
        if self.steps.len() >= MAX_STEPS {
            self.left_out += 1;
            return false;
        }
        let (time, packet, from) = (at.time, at.packet, at.from);
        self.steps.push(Step { time, packet, from, phase, what, detail, mark, times: 1, mic_right: None });
        true
    }

    /// Notes on the step that was told last whether its MIC is right.
    pub(crate) fn note_mic(&mut self, right: Option<bool>) {
        if let Some(step) = self.steps.last_mut() {
            step.mic_right = right;
            if right == Some(false) {
                step.mark = Mark::Bad;
            }
        }
    }

    /// A question was asked.
    pub(crate) fn asks(&mut self, at: At, phase: Phase, what: &str) {
        self.began.get_or_insert(at.time);
        self.pending = Some(Pending { phase, what: what.to_owned(), from: at.from, user: false });
    }

    /// The question that waits, if any, has its answer.
    pub(crate) fn answered(&mut self) {
        self.pending = None;
    }

    /// A part ended well.
    pub(crate) fn achieved(&mut self, phase: Phase) {
        self.good = Some(phase);
    }

    /// It failed; the first reason is the one that counts.
    pub(crate) fn fails(&mut self, phase: Phase, why: impl Into<String>) {
        self.pending = None;
        self.end.get_or_insert(Outcome::Failed { phase, by: None, why: why.into() });
        if let Some(step) = self.steps.last_mut() {
            step.mark = Mark::Bad;
        }
    }

    /// One of the two refuses.
    pub(crate) fn refuses(&mut self, by: Side, phase: Phase, why: &str) {
        self.fails(phase, why);
        if let Some(Outcome::Failed { by: who, .. }) = &mut self.end {
            who.get_or_insert(by);
        }
    }

    /// The answer was to wait for the user.
    pub(crate) fn waits_for_user(&mut self, at: At, phase: Phase, what: &str) {
        self.asks(at, phase, what);
        if let Some(pending) = &mut self.pending {
            pending.user = true;
        }
    }

    /// The client is in the group.
    pub(crate) fn connects(&mut self, at: At) {
        self.pending = None;
        self.stage = Stage::Connected;
        self.connected.get_or_insert(at.time);
        self.good = Some(Phase::Connected);
        if at.frequency.is_some() {
            self.agreed.frequency = at.frequency;
        }
    }

    /// The client left the group, or had to.
    pub(crate) fn leaves(&mut self, by: Side, why: impl Into<String>) {
        self.end.get_or_insert(Outcome::Left { by, why: why.into() });
    }

    /// Notes who owns the group.
    pub(crate) fn owned_by(&mut self, side: Side) {
        self.agreed.owner = Some(side);
    }

    /// Notes the group's name.
    pub(crate) fn in_group(&mut self, ssid: &[u8]) {
        if !ssid.is_empty() {
            self.agreed.ssid = Some(safe(ssid));
        }
    }

    /// Which side has this address.
    pub(crate) fn side_of(&self, devices: &Devices, address: MacAddr) -> Option<Side> {
        let id = devices.known(address)?;
        [Side::First, Side::Second].into_iter().find(|side| self.devices[side.index()] == id)
    }

    fn outcome(&self) -> Outcome {
        if let Some(end) = &self.end {
            return end.clone();
        }
        if self.stage == Stage::Connected {
            return Outcome::Connected;
        }
        if let Some(Pending { phase, what, from, user }) = self.pending.clone() {
            return if user { Outcome::NotAccepted { phase, from } } else { Outcome::Unanswered { phase, what, from } };
        }
        match (self.good, self.steps.last()) {
            (Some(phase @ (Phase::ServiceDiscovery | Phase::ProvisionDiscovery)), _) => Outcome::Talked { phase },
            (Some(phase), _) => Outcome::Agreed { phase },
            (None, Some(step)) => Outcome::Talked { phase: step.phase },
            (None, None) => Outcome::Talked { phase: Phase::Association },
        }
    }

    /// What there is to tell, as it stands.
    pub(crate) fn conversation(&self, devices: &Devices) -> Conversation {
        let took = self.connected.map(|end| end.saturating_sub(self.began.unwrap_or(end)));
        Conversation {
            number: self.number,
            devices: self.devices.map(|id| devices.summary(id)),
            agreed: self.agreed.clone(),
            outcome: self.outcome(),
            took,
            steps: self.steps.clone(),
            left_out: self.left_out,
            data_frames: self.data_frames,
        }
    }

    /// Whether anything was told.
    pub(crate) fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}
