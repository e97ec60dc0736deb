//! Two devices come to a group, or are told why not.

use crate::common::*;
use radio::Secret;
use std::time::Duration;
use wifi_direct::api::{AddGroup, Cause, Event, Invite, Phase, RecordId, Request, Role, WpsMethod};
use wifi_direct::simulation::{DeviceId, Meeting, Settings, World};

fn pin(text: &str) -> Secret {
    Secret::new(text.as_bytes().to_vec())
}

#[test]
fn the_greater_intent_owns_whoever_asks() {
    for kind in KINDS {
        for (asking, agreeing) in [(0, 15), (15, 0), (8, 7), (3, 4)] {
            let (mut world, a, b) = pair(u64::from(asking), kind, Settings::default());
            let mut meeting = Meeting::push_button(a, b);
            meeting.asks.intent = Some(asking);
            meeting.answers.intent = Some(agreeing);
            let (owner, _) = form(&mut world, &meeting, format_args!("{kind:?}, {asking} to {agreeing}"));
            assert_eq!(owner, if asking > agreeing { a } else { b }, "{kind:?}, {asking} to {agreeing}");
        }
    }
}

#[test]
fn devices_of_all_kinds_come_together() {
    for (n, first) in KINDS.into_iter().enumerate() {
        for second in KINDS {
            let mut world = World::new(n as u64, Settings::default());
            let a = add(&mut world, "a", first, |_| {});
            let b = add(&mut world, "b", second, |_| {});
            form(&mut world, &Meeting::push_button(a, b), format_args!("{first:?} and {second:?}"));
        }
    }
}

#[test]
fn both_may_ask_at_once() {
    for kind in KINDS {
        for seed in 0..6 {
            let (mut world, a, b) = pair(seed, kind, Settings::default());
            let meeting = Meeting { hesitation: None, ..Meeting::push_button(a, b) };
            form(&mut world, &meeting, format_args!("{kind:?}, seed {seed}"));
        }
    }
}

#[test]
fn the_responders_user_may_think_for_a_minute() {
    for kind in KINDS {
        for seconds in [1, 5, 20, 60] {
            let (mut world, a, b) = pair(seconds, kind, Settings::default());
            let meeting = Meeting { hesitation: Some(s(seconds)), ..Meeting::push_button(a, b) };
            let outcome = meet(&mut world, &meeting);
            let formed = outcome.formed.unwrap_or_else(|| panic!("{kind:?}, {seconds} s: {outcome:?}"));
            assert!(formed < s(seconds + 5), "{kind:?}: {formed:?} after {seconds} s of thought");
        }
    }
}

#[test]
fn a_user_who_never_answers_makes_the_negotiation_fail() {
    for kind in KINDS {
        let (mut world, a, b) = pair(3, kind, Settings::default());
        let meeting = Meeting { hesitation: Some(s(1000)), ..Meeting::push_button(a, b) };
        let outcome = meet(&mut world, &meeting);
        assert!(
            matches!(outcome.failed, Some((by, Phase::Negotiation, Cause::Timeout(_))) if by == a),
            "{kind:?}: {outcome:?}"
        );
        world.run_for(s(2));
        check_released(&world, a);
        check_released(&world, b);
    }
}

#[test]
fn a_peer_that_refuses_says_so() {
    for kind in KINDS {
        let (mut world, a, b) = pair(5, kind, Settings::default());
        let meeting = Meeting { hesitation: Some(s(1000)), ..Meeting::push_button(a, b) };
        let first = world.address(a);
        // Refused as soon as it is known, before it has asked.
        meet(&mut world, &Meeting { form_limit: Duration::ZERO, ..meeting.clone() });
        world.request(a, Request::Cancel).expect("it had just begun");
        world.run_for(s(1));
        world.request(b, Request::Reject(first)).expect("the peer is known");
        let outcome = meet(&mut world, &meeting);
        assert_eq!(outcome.failed, Some((a, Phase::Negotiation, Cause::Status(11))), "{kind:?}: {outcome:?}");
        world.run_for(s(2));
        check_released(&world, a);
        check_released(&world, b);
    }
}

#[test]
fn two_who_both_insist_do_not_come_together() {
    let (mut world, a, b) = pair(5, Kind::P2pDevice, Settings::default());
    let mut meeting = Meeting::push_button(a, b);
    meeting.asks.intent = Some(15);
    meeting.answers.intent = Some(15);
    let outcome = meet(&mut world, &meeting);
    assert!(matches!(outcome.failed, Some((_, Phase::Negotiation, Cause::Status(9)))), "{outcome:?}");
    world.run_for(s(130));
    check_released(&world, a);
    check_released(&world, b);
}

#[test]
fn a_pin_is_shown_on_either_side() {
    for kind in KINDS {
        for (asking, agreeing) in [
            (WpsMethod::Display(pin("12345670")), WpsMethod::Keypad(pin("12345670"))),
            (WpsMethod::Keypad(pin("12345670")), WpsMethod::Display(pin("12345670"))),
        ] {
            for intents in [(15, 0), (0, 15)] {
                let (mut world, a, b) = pair(9, kind, Settings::default());
                let mut meeting = Meeting::with((a, asking.clone()), (b, agreeing.clone()));
                meeting.asks.intent = Some(intents.0);
                meeting.answers.intent = Some(intents.1);
                form(&mut world, &meeting, format_args!("{kind:?} {asking:?} {intents:?}"));
            }
        }
    }
}

#[test]
fn a_wrong_pin_forms_nothing() {
    for intents in [(15, 0), (0, 15)] {
        let (mut world, a, b) = pair(9, Kind::P2pDevice, Settings::default());
        let methods = (WpsMethod::Display(pin("12345670")), WpsMethod::Keypad(pin("00000000")));
        let mut meeting = Meeting::with((a, methods.0), (b, methods.1));
        meeting.asks.intent = Some(intents.0);
        meeting.answers.intent = Some(intents.1);
        let outcome = meet(&mut world, &meeting);
        assert!(matches!(outcome.failed, Some((_, Phase::Wsc, _))), "{outcome:?}");
        world.run_for(s(30));
        for id in [a, b] {
            let failed = |e: &Event| matches!(e, Event::ConnectFailed { phase: Phase::Wsc, .. });
            assert!(told(&world, id, failed), "{intents:?}: {id:?} is told");
            assert!(!told(&world, id, |e| matches!(e, Event::GroupStarted(_))));
            check_released(&world, id);
        }
    }
}

/// What each of the two has told its user to save is stored, as record 0.
fn store(world: &mut World, owner: DeviceId, client: DeviceId) {
    for (id, role) in [(owner, Role::Owner), (client, Role::Client)] {
        let saved = world.told_by(id).filter_map(|e| match e {
            Event::Save(record) => Some(record.clone()),
            _ => None,
        });
        let mut record = saved.last().unwrap_or_else(|| panic!("{role:?} has nothing to save"));
        let info = group(world, id);
        assert_eq!((record.role, &record.ssid, record.owner), (role, &info.ssid, world.address(owner)));
        assert!(record.psk.is_some() || record.passphrase.is_some());
        record.id = Some(RecordId(0));
        world.device_mut(id).set_records(vec![record]);
    }
}

#[test]
fn either_member_may_invite_the_other_back() {
    for kind in KINDS {
        for by_owner in [true, false] {
            let mut world = World::new(12, Settings::default());
            let a = add(&mut world, "a", kind, |c| c.persistent_reconnect = true);
            let b = add(&mut world, "b", kind, |c| c.persistent_reconnect = true);
            let mut meeting = Meeting::push_button(a, b);
            meeting.asks.persistent = true;
            meeting.answers.persistent = true;
            let (owner, client) = form(&mut world, &meeting, format_args!("{kind:?}"));
            store(&mut world, owner, client);
            world.request(owner, Request::RemoveAllGroups).expect("accepted");
            world.run_for(s(3));

            let (inviting, invited) = if by_owner { (owner, client) } else { (client, owner) };
            let peer = Some(world.address(invited));
            // An invited device must be listening, or the invitation is never heard.
            world.request(invited, Request::Listen(None)).expect("accepted");
            let invite = Invite::Persistent { record: RecordId(0), peer, channel: Default::default() };
            world.request(inviting, Request::Invite(invite)).expect("accepted");
            let back = world.run_until(s(15), |w| w.group(owner).is_some() && w.group(client).is_some());
            assert!(back, "{kind:?}, by the owner: {by_owner}: {:?}", world.told().last());
            check_group(&mut world, owner, &[client]);
        }
    }
}

#[test]
fn provision_discovery_may_come_first() {
    for kind in KINDS {
        let (mut world, a, b) = pair(13, kind, Settings::default());
        let mut meeting = Meeting::push_button(a, b);
        meeting.asks.provision_first = true;
        form(&mut world, &meeting, format_args!("{kind:?}"));
        assert!(told(&world, b, |e| matches!(e, Event::P2p(p2p_core::Event::ProvisionRequested { .. }))), "{kind:?}");
    }
}

#[test]
fn a_persistent_group_is_saved_on_both_sides_and_comes_back() {
    for kind in KINDS {
        let (mut world, a, b) = pair(11, kind, Settings::default());
        let mut meeting = Meeting::push_button(a, b);
        meeting.asks.persistent = true;
        meeting.answers.persistent = true;
        let (owner, client) = form(&mut world, &meeting, format_args!("{kind:?}"));
        store(&mut world, owner, client);
        let ssid = group(&world, owner).ssid;
        world.request(owner, Request::RemoveAllGroups).expect("accepted");
        world.run_for(s(3));
        check_released(&world, owner);
        check_released(&world, client);

        let again = AddGroup { record: Some(RecordId(0)), persistent: true, ..Default::default() };
        world.request(owner, Request::AddGroup(again.clone())).expect("accepted");
        assert!(world.run_until(s(2), |w| w.group(owner).is_some()), "{kind:?}: the owner is back");
        world.request(client, Request::AddGroup(again)).expect("accepted");
        assert!(world.run_until(s(15), |w| w.group(client).is_some()), "{kind:?}: the client is back");
        assert_eq!(group(&world, client).ssid, ssid);
        check_group(&mut world, owner, &[client]);
    }
}

#[test]
fn a_user_may_change_their_mind_at_any_time() {
    for kind in KINDS {
        for milliseconds in [0, 5, 50, 150, 200, 230, 260, 280, 300] {
            let (mut world, a, b) = pair(2, kind, Settings::default());
            let meeting = Meeting { form_limit: Duration::from_millis(milliseconds), ..Meeting::push_button(a, b) };
            meet(&mut world, &meeting);
            if world.group(a).is_some() {
                continue;
            }
            world.request(a, Request::Cancel).expect("there is something to cancel");
            world.run_for(s(150));
            check_released(&world, a);
            if world.group(b).is_some_and(|g| g.role == Role::Owner) {
                // WSC was through on its side.
                world.request(b, Request::RemoveAllGroups).expect("accepted");
                world.run_for(s(1));
            }
            check_released(&world, b);
            let again = meet(&mut world, &Meeting::push_button(a, b));
            assert!(again.formed.is_some(), "{kind:?}, after {milliseconds} ms: {again:?}");
        }
    }
}
