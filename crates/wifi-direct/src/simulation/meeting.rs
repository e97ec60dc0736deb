//! Two devices whose users want a group: they search, one asks, the other agrees.

use super::{DeviceId, World};
use crate::api::{Cause, ChannelWish, Connect, ConnectHow, Event, Find, Phase, Request, WpsMethod};
use core::ops::ControlFlow;
use core::time::Duration;
use ieee80211_ies::MacAddr;

/// A group to be formed by two devices.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Meeting {
    /// Whose user asks first.
    pub initiator: DeviceId,
    /// What it asks; the peer is filled in.
    pub asks: Connect,
    /// Whose user agrees.
    pub responder: DeviceId,
    /// What it answers; the peer is filled in.
    pub answers: Connect,
    /// How long the responder's user thinks about it; `None`: both ask at once.
    pub hesitation: Option<Duration>,
    /// How long they search for each other.
    pub find_limit: Duration,
    /// How long the formation may take.
    pub form_limit: Duration,
}

/// How it went.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Outcome {
    /// From the beginning of both searches until each has found the other.
    pub found: Option<Duration>,
    /// From the initiator's request until the group runs on both sides.
    pub formed: Option<Duration>,
    /// The first connection that failed.
    pub failed: Option<(DeviceId, Phase, Cause)>,
}

/// What a user asks who has no further wishes.
fn connect(method: WpsMethod) -> Connect {
    Connect {
        peer: MacAddr::ZERO,
        method,
        how: ConnectHow::Negotiate,
        intent: None,
        authorize_only: false,
        persistent: false,
        record: None,
        channel: ChannelWish::default(),
        provision_first: false,
        ssid: None,
    }
}

impl Meeting {
    /// Both press their buttons, the responder as soon as it is asked.
    pub fn push_button(initiator: DeviceId, responder: DeviceId) -> Self {
        Self::with((initiator, WpsMethod::PushButton), (responder, WpsMethod::PushButton))
    }

    /// Each with a method of its own, the responder as soon as it is asked.
    pub fn with(initiator: (DeviceId, WpsMethod), responder: (DeviceId, WpsMethod)) -> Self {
        Self {
            initiator: initiator.0,
            asks: connect(initiator.1),
            responder: responder.0,
            answers: connect(responder.1),
            hesitation: Some(Duration::ZERO),
            find_limit: Duration::from_secs(30),
            form_limit: Duration::from_secs(150),
        }
    }

    /// Lets it happen; `watch` is shown every event. Ends when the group runs on both sides or either has failed.
    pub fn run(&self, world: &mut World, mut watch: impl FnMut(&World, DeviceId, &Event)) -> Outcome {
        let mut outcome = Outcome::default();
        world.get_ready();
        let (first, second) = (world.address(self.initiator), world.address(self.responder));
        let asks = Connect { peer: second, ..self.asks.clone() };
        let answers = Connect { peer: first, ..self.answers.clone() };

        let begun = world.now();
        for id in [self.initiator, self.responder] {
            if world.request(id, Request::Find(Find::default())).is_err() {
                return outcome;
            }
        }
        let (mut one, mut other) = (false, false);
        let found = world.run(begun + self.find_limit, |world, by, event| {
            watch(world, by, event);
            if let Event::P2p(p2p_core::Event::DeviceFound { peer, .. }) = event {
                one |= by == self.initiator && peer.address == second;
                other |= by == self.responder && peer.address == first;
            }
            if one && other { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        if !found {
            return outcome;
        }
        outcome.found = Some(world.now() - begun);

        let asked = world.now();
        if let Err(error) = world.request(self.initiator, Request::Connect(asks)) {
            tracing::info!(%error, "the initiator's request was refused");
            return outcome;
        }
        let mut answer_at = self.hesitation.is_none().then_some(asked);
        let mut answered = false;
        let (mut one, mut other) = (false, false);
        let limit = asked + self.form_limit;
        loop {
            if answer_at.is_some_and(|at| at <= world.now()) && !answered {
                answered = true;
                // A responder that is connecting already, or cannot, says so by its events.
                if let Err(error) = world.request(self.responder, Request::Connect(answers.clone())) {
                    tracing::info!(%error, "the responder's request was refused");
                }
            }
            let until = if answered { limit } else { answer_at.unwrap_or(limit).min(limit) };
            world.run(until, |world, by, event| {
                watch(world, by, event);
                match event {
                    Event::P2p(p2p_core::Event::GoNegotiationRequest { peer, .. })
                        if by == self.responder && *peer == first && answer_at.is_none() =>
                    {
                        answer_at = self.hesitation.map(|h| world.now() + h);
                        return ControlFlow::Break(());
                    }
                    Event::GroupStarted(_) if by == self.initiator => one = true,
                    Event::GroupStarted(_) if by == self.responder => other = true,
                    Event::ConnectFailed { phase, cause, .. } => {
                        outcome.failed = Some((by, *phase, cause.clone()));
                        return ControlFlow::Break(());
                    }
                    _ => {}
                }
                if one && other { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            if one && other {
                outcome.formed = Some(world.now() - asked);
            }
            if outcome.formed.is_some() || outcome.failed.is_some() || world.now() >= limit {
                return outcome;
            }
        }
    }
}
