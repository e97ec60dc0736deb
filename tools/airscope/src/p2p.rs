//! P2P action frames: provision discovery, GO negotiation, invitation, presence.

use ieee80211_ies::frame::{P2pPublicSubtype, P2pSubtype};
use ieee80211_ies::p2p::{ChannelAttr, GroupId, MAX_GROUP_OWNER_INTENT, P2p, Status, invitation_flags};
use ieee80211_ies::wsc::{ConfigMethods, DevicePasswordId, Wsc};
use ieee80211_ies::{Elements, p2p::group_capability};

use crate::conversation::{Mark, Phase};
use crate::devices::Devices;
use crate::talk::{At, Talk};

/// A channel for people, such as `channel 6 (2437 MHz)`.
pub(crate) fn channel_text(mhz: u32) -> String {
    match radio::frequency_to_channel(mhz) {
        Some(number) => format!("channel {number} ({mhz} MHz)"),
        None => format!("{mhz} MHz"),
    }
}

fn channel(attribute: ChannelAttr) -> String {
    match radio::channel_to_frequency(attribute.class, attribute.channel) {
        Some(mhz) => channel_text(mhz),
        None => format!("channel {} of class {}", attribute.channel, attribute.class),
    }
}

/// Ways to configure a device, for people.
fn methods(methods: ConfigMethods) -> String {
    let names = [
        (ConfigMethods::PUSH_BUTTON, "push button"),
        (ConfigMethods::DISPLAY, "display a PIN"),
        (ConfigMethods::KEYPAD, "enter a PIN"),
        (ConfigMethods::LABEL, "label"),
        (ConfigMethods::P2PS, "P2PS default PIN"),
        (ConfigMethods::NFC_INTERFACE, "NFC"),
    ];
    let known: Vec<_> = names.iter().filter(|(bits, _)| methods.contains(*bits)).map(|(_, name)| *name).collect();
    if known.is_empty() { format!("methods {methods:#06x}") } else { known.join(" or ") }
}

/// What a password ID says of the method, for people.
pub(crate) fn method(id: DevicePasswordId) -> String {
    match id {
        DevicePasswordId::PUSH_BUTTON => "by push button".into(),
        DevicePasswordId::USER_SPECIFIED | DevicePasswordId::REGISTRAR_SPECIFIED | DevicePasswordId::DEFAULT => {
            "by PIN".into()
        }
        DevicePasswordId::P2PS_DEFAULT => "by the default PIN of P2PS".into(),
        other => format!("by {other}"),
    }
}

fn group(id: &GroupId) -> String {
    format!("group {} of {}", crate::text::safe(id.ssid.as_bytes()), id.device_address)
}

/// Tells a P2P Public Action frame.
pub(crate) fn public(talk: &mut Talk, devices: &Devices, at: At, subtype: P2pPublicSubtype, elements: Elements<'_>) {
    let p2p = match elements.p2p() {
        Ok(p2p) => p2p,
        Err(error) => {
            talk.tell_marked(at, phase_of(subtype), subtype.to_string(), format!("malformed: {error}"), Mark::Bad);
            return;
        }
    };
    let wsc = elements.wsc().ok().flatten();
    let (p2p, wsc) = (p2p.as_ref(), wsc.as_ref());
    match subtype {
        P2pPublicSubtype::PROVISION_DISCOVERY_REQUEST | P2pPublicSubtype::PROVISION_DISCOVERY_RESPONSE => {
            provision_discovery(talk, at, subtype, p2p, wsc);
        }
        P2pPublicSubtype::GO_NEGOTIATION_REQUEST
        | P2pPublicSubtype::GO_NEGOTIATION_RESPONSE
        | P2pPublicSubtype::GO_NEGOTIATION_CONFIRMATION => negotiation(talk, devices, at, subtype, p2p, wsc),
        P2pPublicSubtype::INVITATION_REQUEST | P2pPublicSubtype::INVITATION_RESPONSE => {
            invitation(talk, devices, at, subtype, p2p);
        }
        other => {
            let status = p2p.and_then(P2p::status).map(|status| status.to_string()).unwrap_or_default();
            talk.tell(at, Phase::Connected, other.to_string(), status);
        }
    }
}

fn phase_of(subtype: P2pPublicSubtype) -> Phase {
    match subtype.0 {
        0..=2 => Phase::GoNegotiation,
        3..=4 => Phase::Invitation,
        7..=8 => Phase::ProvisionDiscovery,
        _ => Phase::Connected,
    }
}

fn provision_discovery(
    talk: &mut Talk,
    at: At,
    subtype: P2pPublicSubtype,
    p2p: Option<&P2p<'_>>,
    wsc: Option<&Wsc<'_>>,
) {
    const PHASE: Phase = Phase::ProvisionDiscovery;
    let mut details = Vec::new();
    let wanted = wsc.and_then(Wsc::config_methods);
    if let Some(group_id) = p2p.and_then(P2p::group_id) {
        details.push(format!("to join {}", group(&group_id)));
    }
    if p2p.is_some_and(|p2p| p2p.session_id().is_some()) {
        details.push("for a session of P2PS".into());
    }
    let status = p2p.and_then(P2p::status);
    if let Some(status) = status {
        details.push(status.to_string());
    }
    let what = subtype.to_string();
    if subtype == P2pPublicSubtype::PROVISION_DISCOVERY_REQUEST {
        details.extend(wanted.map(methods));
        if talk.tell(at, PHASE, &*what, details.join("; ")) {
            talk.asks(at, PHASE, &what);
        }
        return;
    }
    talk.answered();
    let refused = wanted.is_none_or(ConfigMethods::is_empty) && status.is_none()
        || status
            .is_some_and(|status| ![Status::SUCCESS, Status::SUCCESS_ACCEPTED_BY_USER, STATUS_LATER].contains(&status));
    if refused {
        details.push("the method is refused".into());
        talk.tell_marked(at, PHASE, what, details.join("; "), Mark::Bad);
        talk.fails(PHASE, "the method that was asked for is refused");
    } else {
        details.extend(wanted.filter(|wanted| !wanted.is_empty()).map(|wanted| format!("agreed: {}", methods(wanted))));
        talk.tell_marked(at, PHASE, what, details.join("; "), Mark::Good);
        talk.achieved(PHASE);
    }
}

/// The status that asks for patience: in P2P before, in P2PS while the user is asked.
const STATUS_LATER: Status = Status::INFORMATION_UNAVAILABLE;

fn negotiation(
    talk: &mut Talk,
    devices: &Devices,
    at: At,
    subtype: P2pPublicSubtype,
    p2p: Option<&P2p<'_>>,
    wsc: Option<&Wsc<'_>>,
) {
    const PHASE: Phase = Phase::GoNegotiation;
    let what = subtype.to_string();
    let mut details = Vec::new();
    let status = p2p.and_then(P2p::status);
    details.extend(status.map(|status| status.to_string()));
    let intent = p2p.and_then(P2p::group_owner_intent);
    if let Some(intent) = intent {
        let tie = if intent.tie_breaker { ", wins a tie" } else { "" };
        details.push(format!("intent {}{tie}", intent.intent));
    }
    // Who refuses says nothing of a method or a channel, and fills in zeros.
    if let Some(id) = wsc.and_then(Wsc::device_password_id).filter(|id| *id != DevicePasswordId::DEFAULT) {
        let method = method(id);
        details.push(method.clone());
        talk.agreed.method = Some(method);
    }
    let operating = p2p.and_then(P2p::operating_channel).filter(|operating| operating.class != 0);
    if let Some(operating) = operating {
        details.push(format!("wants {}", channel(operating)));
    }
    let capability = p2p.and_then(P2p::capability);
    if capability.is_some_and(|capability| capability.group & group_capability::PERSISTENT_GROUP != 0) {
        details.push("persistent".into());
    }
    let group_id = p2p.and_then(P2p::group_id);
    details.extend(group_id.as_ref().map(group));
    let good = status == Some(Status::SUCCESS) || status == Some(Status::SUCCESS_ACCEPTED_BY_USER);
    let mark = match status {
        Some(_) if good => Mark::Good,
        Some(STATUS_LATER) | None => Mark::Plain,
        Some(_) => Mark::Bad,
    };
    let new = talk.tell_marked(at, PHASE, &*what, details.join("; "), mark);

    if subtype == P2pPublicSubtype::GO_NEGOTIATION_REQUEST {
        talk.intent = intent.map(|intent| (at.from, intent.intent, intent.tie_breaker));
        if new {
            talk.asks(at, PHASE, &what);
        }
        return;
    }
    match status {
        None => talk.fails(PHASE, format!("the {what} has no status")),
        Some(STATUS_LATER) if subtype == P2pPublicSubtype::GO_NEGOTIATION_RESPONSE => {
            // The answer is a request of the other's own, once its user has agreed.
            let from = at.from.other();
            talk.waits_for_user(At { from, ..at }, PHASE, &what);
        }
        Some(_) if good => {
            talk.answered();
            if let (Some((asked, a, ties)), Some(b)) = (talk.intent, intent.map(|intent| intent.intent)) {
                match a.cmp(&b) {
                    _ if asked == at.from => {}
                    std::cmp::Ordering::Greater => talk.owned_by(asked),
                    std::cmp::Ordering::Less => talk.owned_by(at.from),
                    std::cmp::Ordering::Equal if a >= MAX_GROUP_OWNER_INTENT => {}
                    std::cmp::Ordering::Equal => talk.owned_by(if ties { asked } else { at.from }),
                }
            }
            if let Some(group_id) = &group_id {
                talk.in_group(group_id.ssid.as_bytes());
                if let Some(owner) = talk.side_of(devices, group_id.device_address) {
                    talk.owned_by(owner);
                }
            }
            if let Some(operating) = operating
                && (subtype == P2pPublicSubtype::GO_NEGOTIATION_CONFIRMATION || talk.agreed.owner == Some(at.from))
            {
                talk.agreed.frequency = radio::channel_to_frequency(operating.class, operating.channel);
            }
            if talk.agreed.owner == Some(at.from)
                && let Some(capability) = capability
            {
                talk.agreed.persistent = capability.group & group_capability::PERSISTENT_GROUP != 0;
            }
            if subtype == P2pPublicSubtype::GO_NEGOTIATION_RESPONSE {
                // The asker has to confirm.
                let from = at.from;
                talk.asks(At { from, ..at }, PHASE, &what);
            } else {
                talk.achieved(PHASE);
            }
        }
        Some(status) => {
            talk.refuses(at.from, PHASE, &status.to_string());
        }
    }
}

fn invitation(talk: &mut Talk, devices: &Devices, at: At, subtype: P2pPublicSubtype, p2p: Option<&P2p<'_>>) {
    const PHASE: Phase = Phase::Invitation;
    let what = subtype.to_string();
    let mut details = Vec::new();
    let status = p2p.and_then(P2p::status);
    details.extend(status.map(|status| status.to_string()));
    if let Some(flags) = p2p.and_then(P2p::invitation_flags) {
        talk.reinvocation = flags & invitation_flags::PERSISTENT != 0;
        details.push(if talk.reinvocation { "to take up a persistent group" } else { "into a running group" }.into());
    }
    if let Some(id) = p2p.and_then(P2p::group_id) {
        details.push(group(&id));
        talk.in_group(id.ssid.as_bytes());
        if let Some(owner) = talk.side_of(devices, id.device_address) {
            talk.owned_by(owner);
        }
    }
    if let Some(operating) = p2p.and_then(P2p::operating_channel) {
        details.push(channel(operating));
        talk.agreed.frequency = radio::channel_to_frequency(operating.class, operating.channel);
    }
    if subtype == P2pPublicSubtype::INVITATION_REQUEST {
        if talk.tell(at, PHASE, &*what, details.join("; ")) {
            talk.asks(at, PHASE, &what);
        }
        return;
    }
    talk.answered();
    match status {
        Some(Status::SUCCESS | Status::SUCCESS_ACCEPTED_BY_USER) => {
            talk.agreed.persistent |= talk.reinvocation;
            talk.tell_marked(at, PHASE, what, details.join("; "), Mark::Good);
            talk.achieved(PHASE);
        }
        Some(STATUS_LATER) => {
            talk.tell(at, PHASE, &*what, details.join("; "));
            let from = at.from.other();
            talk.waits_for_user(At { from, ..at }, PHASE, &what);
        }
        status => {
            talk.tell_marked(at, PHASE, what, details.join("; "), Mark::Bad);
            let why = status.map_or_else(|| "a response without status".into(), |status| status.to_string());
            talk.refuses(at.from, PHASE, &why);
        }
    }
}

/// Tells a P2P Action frame, which goes between members of a group.
pub(crate) fn member(talk: &mut Talk, at: At, subtype: P2pSubtype, elements: Elements<'_>) {
    let p2p = elements.p2p().ok().flatten();
    let mut details = Vec::new();
    if let Some(status) = p2p.as_ref().and_then(P2p::status) {
        details.push(status.to_string());
    }
    if let Some(absence) = p2p.as_ref().and_then(|p2p| p2p.notice_of_absence()) {
        for each in absence.descriptors().take(4) {
            details.push(format!("away {} µs of every {} µs, {} times", each.duration, each.interval, each.count));
        }
        if absence.opportunistic_power_save {
            details.push(format!("CTWindow {} TU", absence.ct_window));
        }
    }
    talk.tell(at, Phase::Connected, subtype.to_string(), details.join("; "));
}
