//! A peer that is gone in the middle: each side is told where and why in time, and nothing is left over.

use crate::common::*;
use std::time::Duration;
use wifi_direct::api::{Cause, Event, Phase, Role};
use wifi_direct::simulation::{DeviceId, Fate, Meeting, Settings, World};

/// The longest that a failure may take: 120 s for a user's answer, 15 s for a formation, and what peers ask for.
const LIMIT: Duration = Duration::from_secs(150);

/// How a device's connection ended.
fn failure(world: &World, id: DeviceId) -> Option<(Phase, Cause)> {
    world.told_by(id).find_map(|e| match e {
        Event::ConnectFailed { phase, cause, .. } => Some((*phase, cause.clone())),
        _ => None,
    })
}

/// From a frame on, nothing is heard any more; what came before is as it was.
fn silent_from(kind: Kind, number: u64) -> (World, DeviceId, DeviceId) {
    let (mut world, a, b) = pair(1, kind, Settings::default());
    world.air_mut().set_hook(move |f| if f.number >= number { Fate::Lose } else { Fate::Natural });
    let meeting = Meeting::push_button(a, b);
    meet(&mut world, &meeting);
    world.run_until(LIMIT, |w| [a, b].into_iter().all(|id| is_over(w, id)));
    // What was made is given back.
    live(&mut world, s(3), |_, _, _| {});
    (world, a, b)
}

/// A device has failed, or has left its group, or owns one, or had never begun.
fn is_over(world: &World, id: DeviceId) -> bool {
    let left = told(world, id, |e| matches!(e, Event::GroupRemoved { .. }));
    let owns = world.group(id).is_some_and(|g| g.role == Role::Owner);
    failure(world, id).is_some() || left || owns || world.device(id).groups().is_empty()
}

#[test]
fn silence_from_any_frame_on_ends_in_a_named_failure_with_nothing_left() {
    for kind in KINDS {
        let (mut world, a, b) = pair(1, kind, Settings::default());
        let meeting = Meeting::push_button(a, b);
        let outcome = meet(&mut world, &meeting);
        let asked = world.now() - outcome.formed.expect("forms");
        // Every frame on the usual radio, every third on the others: what differs between them is where interfaces come from.
        let step = if kind == Kind::P2pDevice { 1 } else { 3 };
        for first_lost in unicast_since(&world, asked).into_iter().step_by(step) {
            let (world, a, b) = silent_from(kind, first_lost.number);
            for id in [a, b] {
                let context = format!("{kind:?}, silence from {first_lost}, {id:?}");
                let started = world.told_by(id).find_map(|e| match e {
                    Event::GroupStarted(info) => Some(info.role),
                    _ => None,
                });
                match started {
                    // Its group runs, and others may join; or the client never came, and it has ended as not formed.
                    Some(Role::Owner) => match world.group(id) {
                        Some(info) => assert!(info.stations.iter().all(|s| s.authorized), "{context}"),
                        None => {
                            let failed = |e: &Event| matches!(e, Event::GroupRemoved { formed: false, .. });
                            assert!(told(&world, id, failed), "{context}");
                            check_released(&world, id);
                        }
                    },
                    // It was in, and has noticed that the owner is gone.
                    Some(Role::Client) => check_released(&world, id),
                    None => {
                        let began = told(&world, id, |e| matches!(e, Event::InterfaceAdded { .. }));
                        assert_eq!(failure(&world, id).is_some(), began, "{context} is told");
                        check_released(&world, id);
                    }
                }
            }
        }
    }
}

#[test]
fn the_failure_names_its_phase() {
    /// The bytes that mark a frame, somewhere in it.
    fn from_first(kind: Kind, marker: &'static [u8]) -> (World, DeviceId, DeviceId) {
        let (mut world, a, b) = pair(1, kind, Settings::default());
        let meeting = Meeting::push_button(a, b);
        meet(&mut world, &meeting);
        let marked = |f: &&wifi_direct::simulation::OnAir| f.frame.windows(marker.len()).any(|w| w == marker);
        let number = world.air().recorded().iter().find(marked).expect("such a frame").number;
        silent_from(kind, number)
    }
    for kind in KINDS {
        // GO Negotiation Request: nobody is there.
        let (world, a, _) = from_first(kind, &[4, 9, 0x50, 0x6f, 0x9a, 9, 0]);
        assert!(matches!(failure(&world, a), Some((Phase::Negotiation, Cause::Timeout(_)))), "{kind:?}");
        // WSC M3: both are within WSC.
        let (world, a, b) = from_first(kind, &[0x10, 0x22, 0, 1, 7]);
        for id in [a, b] {
            assert!(matches!(failure(&world, id), Some((Phase::Wsc, _))), "{kind:?}: {:?}", failure(&world, id));
        }
    }
}
