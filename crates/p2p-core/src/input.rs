//! What the radio tells the machine.

use crate::airtime::{Air, LISTEN_WATCHDOG, Purpose};
use crate::api::*;
use crate::frames::Message;
use crate::machine::P2p;
use crate::timers::Timer;
use core::time::Duration;
use ieee80211_ies::Elements;
use ieee80211_ies::frame::{Action, Body, Frame, P2pPublicSubtype};
use radio::SendStatus;
use rand_core::CryptoRng;

/// A P2P element without attributes (Wi-Fi P2P v1.7 §4.1.1).
const NO_ATTRIBUTES: &[u8] = &[0xdd, 4, 0x50, 0x6f, 0x9a, 9];

impl P2p {
    /// A search has ended, or could not begin (`aborted`): all that it found was handed in before.
    pub fn search_done(&mut self, now: Duration, aborted: bool, rng: &mut dyn CryptoRng) {
        if self.air == Air::Search {
            tracing::trace!(aborted, "search is over");
            self.air_over(now);
            self.drive(now, rng);
        }
    }

    /// The radio is on the listen channel now.
    pub fn listen_started(&mut self, now: Duration) {
        // The time spent on getting there is added, so that the peers have the whole of it.
        if let Air::Listen { purpose: Purpose::Find, until } = self.air {
            self.timers.set(Timer::AirWatchdog, until.max(now) + LISTEN_WATCHDOG);
        }
    }

    /// The radio has left the listen channel.
    pub fn listen_ended(&mut self, now: Duration, rng: &mut dyn CryptoRng) {
        if let Air::Listen { .. } = self.air {
            self.air_over(now);
            self.drive(now, rng);
        }
    }

    /// A frame of ours was sent, and this became of it.
    pub fn sent(&mut self, now: Duration, token: SendToken, status: SendStatus) {
        let reached = status != SendStatus::NotAcked;
        self.transmission_over(now, token, reached);
    }

    /// The radio has refused to send a frame of ours.
    pub fn send_failed(&mut self, now: Duration, token: SendToken) {
        self.transmission_over(now, token, false);
    }

    fn transmission_over(&mut self, now: Duration, token: SendToken, reached: bool) {
        if let Some(place) = self.probe_responses.iter().position(|(each, ..)| *each == token) {
            self.probe_responses.swap_remove(place);
            return;
        }
        if self.answer_over(now, token, reached) {
            return;
        }
        if let Some((exchange, _)) = &mut self.exchange {
            exchange.sent(now, token, reached);
            self.arm_exchange();
        }
    }

    /// Something is due.
    pub fn handle_timeout(&mut self, now: Duration, rng: &mut dyn CryptoRng) {
        while let Some(timer) = self.timers.pop(now) {
            match timer {
                Timer::FindTimeout => self.end_find(),
                Timer::FindStep => {
                    if let Air::Listen { purpose: Purpose::Find, .. } = self.air {
                        self.air = Air::Rest;
                    }
                }
                Timer::ListenOnly => self.listen_until = None,
                Timer::AirWatchdog => {
                    tracing::debug!(air = ?self.air, "the radio has not told the end");
                    self.air = Air::Rest;
                }
                Timer::ExtendedListen => self.extended_listen_due(now),
                Timer::Exchange => self.exchange_due(now, rng),
                Timer::Repeat => self.repeat_due(now),
                Timer::Negotiation => self.negotiation_due(now, rng),
                Timer::PeerExpiry => self.expire_peers(now),
            }
        }
        self.drive(now, rng);
    }

    /// A management frame was received: probe requests and P2P public action frames are of interest.
    pub fn handle_frame(&mut self, now: Duration, frame: &Frame<'_>, reception: Reception, rng: &mut dyn CryptoRng) {
        let header = &frame.header;
        if header.source.is_group() {
            self.dropped.group_source += 1;
            return;
        }
        if header.source == self.settings.device.address || header.source.is_zero() {
            self.dropped.unexpected += 1;
            return;
        }
        match frame.body {
            Body::ProbeRequest { elements } => self.probe_request(now, header, elements, reception, rng),
            Body::Action(Action::P2pPublic { subtype, dialog_token, elements }) => {
                let own = |address| {
                    address == self.settings.device.address
                        || self.groups.iter().any(|group| group.interface_address == address)
                };
                if !own(header.destination) {
                    self.dropped.not_for_us += 1;
                    return;
                }
                let Some(message) = Message::read(elements) else {
                    // A response to a Provision Discovery Request carries a WSC element alone.
                    if subtype == P2pPublicSubtype::PROVISION_DISCOVERY_RESPONSE {
                        self.provision_discovery_response(now, header.source, dialog_token, elements, rng);
                        self.drive(now, rng);
                    } else if subtype == P2pPublicSubtype::GO_NEGOTIATION_REQUEST
                        && matches!(elements.p2p(), Ok(None))
                        && let Some(nothing) = Message::read(Elements::new(NO_ATTRIBUTES))
                    {
                        // It is told that it lacks what it should say.
                        self.go_negotiation_request(now, header.source, dialog_token, &nothing, reception, rng);
                        self.drive(now, rng);
                    } else {
                        self.dropped.malformed += 1;
                    }
                    return;
                };
                let source = header.source;
                match subtype {
                    P2pPublicSubtype::GO_NEGOTIATION_REQUEST => {
                        self.go_negotiation_request(now, source, dialog_token, &message, reception, rng);
                    }
                    P2pPublicSubtype::GO_NEGOTIATION_RESPONSE => {
                        self.go_negotiation_response(now, source, dialog_token, &message, reception, rng);
                    }
                    P2pPublicSubtype::GO_NEGOTIATION_CONFIRMATION => {
                        self.go_negotiation_confirm(source, dialog_token, &message);
                    }
                    P2pPublicSubtype::PROVISION_DISCOVERY_REQUEST => {
                        self.provision_discovery_request(now, source, dialog_token, &message, reception);
                    }
                    P2pPublicSubtype::PROVISION_DISCOVERY_RESPONSE => {
                        self.provision_discovery_response(now, source, dialog_token, elements, rng);
                    }
                    P2pPublicSubtype::DEVICE_DISCOVERABILITY_REQUEST => {
                        self.device_discoverability_request(now, source, dialog_token, &message, reception);
                    }
                    P2pPublicSubtype::DEVICE_DISCOVERABILITY_RESPONSE => {
                        self.device_discoverability_response(now, source, dialog_token, &message);
                    }
                    P2pPublicSubtype::INVITATION_REQUEST => {
                        self.invitation_request(now, source, dialog_token, &message, reception, rng);
                    }
                    P2pPublicSubtype::INVITATION_RESPONSE => {
                        self.invitation_response(now, source, dialog_token, &message, rng);
                    }
                    _ => self.dropped.unexpected += 1,
                }
                self.drive(now, rng);
            }
            _ => self.dropped.unexpected += 1,
        }
    }
}
