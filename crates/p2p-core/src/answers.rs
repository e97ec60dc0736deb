//! Answers of ours: the same again to a request that comes again; and those that matter, sent again until the radio says that
//! they have arrived.
//!
//! A requester that got no answer asks again, but the sender of the last frame of an exchange hears nothing more. So a
//! GO Negotiation Response and Confirm and the answer that accepts an invitation are sent several times within the time
//! that deployed devices wait for them (500 ms). At the end one without acknowledgement counts as received: what was
//! lost may be the acknowledgement (Wi-Fi P2P v1.7 §3.1.4.2).

use crate::api::{Event, Invited, Negotiated, Output, SendToken, Want};
use crate::machine::P2p;
use crate::timers::Timer;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::time::Duration;
use ieee80211_ies::MacAddr;
use ieee80211_ies::frame::P2pPublicSubtype;

/// Answers of ours that are kept for repeated requests.
const MAX_ANSWERS: usize = 8;
/// For how long a repeated request gets the same answer: longer than any exchange of deployed devices lasts.
const ANSWER_LIFETIME: Duration = Duration::from_secs(5);
/// Transmissions after the first.
const REPEATS: u32 = 5;
/// Pause between two.
const REPEAT_PAUSE: Duration = Duration::from_millis(10);
/// A Confirm that nobody has acknowledged is kept at hand for so long: a peer that lacks it sends its Response again.
const CONFIRM_GRACE: Duration = Duration::from_millis(350);
/// Confirms on repeated Responses in that time.
const MAX_CONFIRMS: u32 = 8;
/// The end of a transmission is taken for granted after this time.
const SEND_TIMEOUT: Duration = Duration::from_secs(2);

/// What follows when the answer has arrived, or may have.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Then {
    /// Nothing: the peer's confirm is awaited.
    AwaitConfirm,
    /// The negotiation has succeeded.
    Succeed(Box<Negotiated>),
    /// The invitation is accepted.
    Accept(MacAddr, Box<Invited>),
}

/// An answer being sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Repeat {
    token: SendToken,
    frequency: u32,
    frame: Vec<u8>,
    wait: Duration,
    left: u32,
    /// How often the peer may still ask for it.
    askable: u32,
    then: Then,
}

impl Repeat {
    fn is_last(&self) -> bool {
        self.left == 0
    }

    /// How long the radio stays where it was sent.
    fn stay(&self) -> Duration {
        if self.is_last() && matches!(self.then, Then::Succeed(_)) { CONFIRM_GRACE } else { self.wait }
    }
}

/// An answer of ours, kept in case its request comes again.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    peer: MacAddr,
    subtype: P2pPublicSubtype,
    dialog_token: u8,
    frame: Vec<u8>,
    at: Duration,
}

impl P2p {
    /// Has an answer sent and keeps it, in case its request comes again.
    pub(crate) fn answer(
        &mut self,
        now: Duration,
        (peer, frequency): (MacAddr, u32),
        (subtype, dialog_token): (P2pPublicSubtype, u8),
        frame: Vec<u8>,
        wait: Duration,
    ) -> SendToken {
        self.answers.retain(|answer| (answer.peer, answer.subtype) != (peer, subtype));
        if self.answers.len() >= MAX_ANSWERS {
            self.answers.pop_front();
        }
        self.answers.push_back(Answer { peer, subtype, dialog_token, frame: frame.clone(), at: now });
        self.send(frequency, frame, wait, true)
    }

    /// Gives a repeated request the answer that it has had; the transmission, if it was one.
    pub(crate) fn answer_again(
        &mut self,
        now: Duration,
        (peer, frequency): (MacAddr, u32),
        (subtype, dialog_token): (P2pPublicSubtype, u8),
        wait: Duration,
    ) -> Option<SendToken> {
        let same = |answer: &&Answer| {
            (answer.peer, answer.subtype, answer.dialog_token) == (peer, subtype, dialog_token)
                && answer.at + ANSWER_LIFETIME > now
        };
        let frame = self.answers.iter().find(same)?.frame.clone();
        Some(self.send(frequency, frame, wait, true))
    }

    /// Forgets the answers to a peer: something has changed that they would not tell.
    pub(crate) fn forget_answers(&mut self, peer: MacAddr) {
        self.answers.retain(|answer| answer.peer != peer);
    }

    /// Sees to it that the answer just sent arrives.
    pub(crate) fn repeat_until_received(
        &mut self,
        now: Duration,
        (token, frequency): (SendToken, u32),
        frame: Vec<u8>,
        wait: Duration,
        then: Then,
    ) {
        self.finish_repeat();
        self.repeat = Some(Repeat { token, frequency, frame, wait, left: REPEATS, askable: MAX_CONFIRMS, then });
        self.timers.set(Timer::Repeat, now + SEND_TIMEOUT);
    }

    /// A transmission has ended; whether it was such an answer.
    pub(crate) fn answer_over(&mut self, now: Duration, token: SendToken, reached: bool) -> bool {
        let Some(repeat) = self.repeat.as_mut().filter(|repeat| repeat.token == token) else { return false };
        if !reached && repeat.is_last() && matches!(repeat.then, Then::Succeed(_)) {
            self.timers.set(Timer::Repeat, now + CONFIRM_GRACE);
        } else if reached || repeat.is_last() {
            self.finish_repeat();
            self.settle(now);
        } else {
            self.timers.set(Timer::Repeat, now + REPEAT_PAUSE);
        }
        true
    }

    /// The pause is over, or the radio has forgotten to tell the end of a transmission.
    pub(crate) fn repeat_due(&mut self, now: Duration) {
        let Some(mut repeat) = self.repeat.take() else { return };
        if repeat.is_last() {
            self.repeat = Some(repeat);
            self.finish_repeat();
            return;
        }
        repeat.left -= 1;
        self.out(Output::Want(Want::StopWaiting(repeat.token)));
        repeat.token = self.send(repeat.frequency, repeat.frame.clone(), repeat.stay(), true);
        self.repeat = Some(repeat);
        self.timers.set(Timer::Repeat, now + SEND_TIMEOUT);
    }

    /// The peer has shown that it has the answer, or lacks it: sends it once more now, if it is still being sent.
    pub(crate) fn repeat_now(&mut self, now: Duration) {
        let Some(repeat) = &mut self.repeat else { return };
        if repeat.is_last() && repeat.askable > 0 {
            repeat.askable -= 1;
            repeat.left = 1;
        }
        if !repeat.is_last() {
            self.repeat_due(now);
        }
    }

    /// Drops the answer being sent without what would follow.
    pub(crate) fn drop_repeat(&mut self) {
        self.timers.clear(Timer::Repeat);
        if let Some(repeat) = self.repeat.take() {
            self.out(Output::Want(Want::StopWaiting(repeat.token)));
        }
    }

    fn finish_repeat(&mut self) {
        self.timers.clear(Timer::Repeat);
        let Some(repeat) = self.repeat.take() else { return };
        if repeat.then != Then::AwaitConfirm {
            self.out(Output::Want(Want::StopWaiting(repeat.token)));
        }
        match repeat.then {
            Then::AwaitConfirm => self.awaiting_confirm = Some(repeat.token),
            Then::Succeed(negotiated) => self.negotiation_succeeded(*negotiated),
            Then::Accept(source, invited) => {
                self.end_discovery();
                self.event(Event::InvitationAccepted { source, invited: *invited });
            }
        }
    }
}
