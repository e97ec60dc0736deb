//! Bad links: lost, doubled and late frames.

use crate::common::*;
use std::time::Duration;
use wifi_direct::simulation::{DeviceId, Fate, Meeting, OnAir, Outcome, Settings, World, losing_nth};

/// A formation by push button, as long as it lasts.
fn push_button(world: &mut World, a: DeviceId, b: DeviceId) -> Outcome {
    let meeting = Meeting::push_button(a, b);
    meet(world, &meeting)
}

/// EAPOL-Key message 4: a data frame with a signed, secure pairwise key frame that wants no answer.
fn is_message_4(frame: &OnAir) -> bool {
    let eapol = [0xaa, 0xaa, 3, 0, 0, 0, 0x88, 0x8e];
    let Some(at) = frame.frame.windows(8).position(|w| w == eapol) else { return false };
    matches!(frame.frame.get(at + 8..at + 15), Some([_, 3, _, _, _, high, low]) if high & 3 == 3 && low & 0x88 == 0x08)
}

#[test]
fn any_one_frame_may_be_lost() {
    for kind in KINDS {
        let (mut world, a, b) = pair(1, kind, Settings::default());
        let outcome = push_button(&mut world, a, b);
        let asked = world.now() - outcome.formed.expect("forms when nothing is lost");
        let frames = unicast_since(&world, asked);
        assert!(frames.len() > 30, "{kind:?}: a formation has its frames: {}", frames.len());
        for lost in frames {
            let (mut world, a, b) = pair(1, kind, Settings::default());
            let number = lost.number;
            world.air_mut().set_hook(move |f| if f.number == number { Fate::Lose } else { Fate::Natural });
            let outcome = push_button(&mut world, a, b);
            let formed = outcome.formed.unwrap_or_else(|| panic!("{kind:?} without {lost}: {outcome:?}"));
            assert!(formed < s(12), "{kind:?} without {lost}: {formed:?}");
            let (owner, client) = owner_of(&world, a, b);
            check_group(&mut world, owner, &[client]);
        }
    }
}

#[test]
fn message_4_may_be_lost_three_times() {
    for kind in KINDS {
        let (mut world, a, b) = pair(1, kind, Settings::default());
        world.air_mut().set_hook(losing_nth(0, 3, is_message_4));
        let outcome = push_button(&mut world, a, b);
        assert!(outcome.formed.is_some(), "{kind:?}: {outcome:?}");
        world.run_for(s(5));
        let sent = world.air().recorded().iter().filter(|f| is_message_4(f) && f.attempt == 0).count();
        assert!(sent > 3, "{kind:?}: {sent} messages");
        let (owner, client) = owner_of(&world, a, b);
        check_group(&mut world, owner, &[client]);
    }
}

/// How many of these seeds form a group at this loss of each attempt.
fn formed_of(seeds: std::ops::Range<u64>, settings: &Settings) -> (usize, Vec<String>) {
    let mut formed = 0;
    let mut failures = Vec::new();
    for seed in seeds {
        let (mut world, a, b) = pair(seed, KINDS[(seed % 4) as usize], settings.clone());
        let outcome = push_button(&mut world, a, b);
        match outcome.formed {
            Some(_) => formed += 1,
            None => failures.push(format!("seed {seed}: {outcome:?}")),
        }
    }
    (formed, failures)
}

#[test]
fn a_group_forms_at_30_percent_loss() {
    for percent in [10, 20, 30] {
        let loss = f64::from(percent) / 100.0;
        let settings = Settings { loss, ack_loss: loss / 10.0, ..Settings::default() };
        let (formed, failures) = formed_of(0..16, &settings);
        assert_eq!(formed, 16, "{percent} %: {failures:#?}");
    }
}

#[test]
fn most_groups_form_at_60_percent_loss() {
    let settings = Settings { loss: 0.6, ack_loss: 0.06, ..Settings::default() };
    let (formed, failures) = formed_of(0..16, &settings);
    assert!(formed >= 13, "{formed} of 16: {failures:#?}");
}

#[test]
fn doubled_and_late_frames_do_no_harm() {
    let settings = Settings {
        duplication: 0.3,
        reorder: 0.3,
        reorder_delay: Duration::from_millis(20),
        late_reply: 0.5,
        ack_loss: 0.1,
        ..Settings::default()
    };
    let (formed, failures) = formed_of(0..16, &settings);
    assert_eq!(formed, 16, "{failures:#?}");
}

#[test]
fn a_crowded_room_is_no_obstacle() {
    let (formed, failures) = formed_of(0..16, &Settings::crowded());
    assert_eq!(formed, 16, "{failures:#?}");
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let run = |seed| {
        let (mut world, a, b) = pair(seed, Kind::P2pDevice, Settings::crowded());
        push_button(&mut world, a, b);
        (world.air().recorded().to_vec(), world.told().to_vec())
    };
    let (first, second, third) = (run(17), run(17), run(18));
    assert!(first == second);
    assert!(first.0 != third.0);
}
