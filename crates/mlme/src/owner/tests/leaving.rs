//! How stations leave, and how those that are silent are found.

use super::*;

fn deauthentication(code: u16) -> Body<'static> {
    Body::Deauthentication { reason: reason(code), elements: Elements::new(&[]) }
}

fn disassociation(code: u16) -> Body<'static> {
    Body::Disassociation { reason: reason(code), elements: Elements::new(&[]) }
}

#[test]
fn a_station_that_disassociates_may_associate_again_without_authentication() {
    let mut world = World::started();
    world.associate(station(1), &rsn_request(1));
    world.frame(station(1), disassociation(8));
    assert_eq!(world.said(), [Said::Remove(station(1)), left(1, LeftCause::Disassociated(reason(8)))]);
    world.frame(station(1), association(&rsn_request(1)));
    assert_eq!(
        world.said(),
        [Said::AddAssociated(station(1), 1), Said::Association(station(1), 0, 1), associated(1, rsn_mode())]
    );
    // Only members disassociate.
    world.frame(station(2), disassociation(8));
    world.frame(station(2), deauthentication(3));
    assert_eq!(world.said(), []);
    assert_eq!(world.owner.dropped().unexpected, 2);
}

#[test]
fn we_send_stations_away() {
    let mut world = World::started();
    world.associate(station(1), &rsn_request(1));
    world.fate = undecided;
    world.owner.deauthenticate(world.now, station(1), reason(23));
    world.owner.deauthenticate(world.now, station(1), reason(23));
    // The kernel's entry stays until the frame is sent.
    assert_eq!(world.said(), [Said::Deauthentication(station(1), 23), left(1, LeftCause::Ours(reason(23)))]);
    world.sent(SendStatus::NotAcked);
    assert_eq!(world.said(), [Said::Remove(station(1))]);

    world.fate = acked;
    world.associate(station(1), &rsn_request(1));
    world.owner.disassociate(world.now, station(1), reason(8));
    assert_eq!(
        world.said(),
        [Said::Disassociation(station(1), 8), left(1, LeftCause::Ours(reason(8))), Said::Remove(station(1))]
    );
    world.owner.deauthenticate(world.now, station(1), reason(3));
    assert_eq!(world.said(), [], "it is gone");

    for n in 1..=3 {
        world.associate(station(n), &rsn_request(n));
    }
    world.owner.deauthenticate_all(world.now, reason(5));
    let said = world.said();
    assert_eq!(said.iter().filter(|said| matches!(said, Said::Deauthentication(_, 5))).count(), 3);
    assert_eq!((world.kernel.len(), world.owner.stations().count()), (0, 0));
}

#[test]
fn a_station_that_comes_back_while_it_is_sent_away() {
    let mut world = World::started();
    world.associate(station(1), &rsn_request(1));
    world.fate = undecided;
    world.owner.deauthenticate(world.now, station(1), reason(23));
    world.frame(station(1), association(&rsn_request(1)));
    assert_eq!(world.said().len(), 2, "what it asks for before it has heard is not answered");
    world.frame(station(1), OPEN);
    let anew = [Said::Remove(station(1)), Said::Add(station(1)), Said::Authentication(station(1), 0)];
    assert_eq!(world.said(), anew);
    // The fate of the deauthentication is told only now.
    world.sent(SendStatus::Acked);
    assert_eq!(world.said(), []);
    world.fate = acked;
    world.frame(station(1), association(&rsn_request(1)));
    assert!(world.said().contains(&associated(1, rsn_mode())));
}

#[test]
fn a_radio_that_never_sends_does_not_keep_a_station() {
    let mut world = World::started();
    world.associate(station(1), &rsn_request(1));
    world.fate = undecided;
    world.owner.deauthenticate(world.now, station(1), reason(3));
    world.said();
    assert_eq!(world.wait(), ms(500));
    assert_eq!(world.said(), [Said::Remove(station(1))]);
}

#[test]
fn a_busy_station_is_left_in_peace_and_a_silent_one_probed() {
    let mut world = World::started();
    world.associate(station(1), &rsn_request(1));
    assert_eq!(world.wait(), Duration::from_secs(300));
    world.inactive_ms = Some(100_000);
    assert_eq!(world.said(), [Said::Query(station(1))]);
    assert_eq!(world.wait(), Duration::from_secs(200));
    world.inactive_ms = Some(300_000);
    assert_eq!(world.said(), [Said::Query(station(1)), Said::Probe(station(1))]);
    let probed = |world: &mut World, acked| {
        let event = radio::Event::StationProbed { iface: IFACE, address: station(1), acked };
        assert!(world.owner.handle_event(world.now, &event));
        world.said()
    };
    assert_eq!(probed(&mut world, true), []);
    assert_eq!(probed(&mut world, false), [], "once is enough");
    assert_eq!(world.wait(), Duration::from_secs(300));
    world.said();
    let gone = [Said::Deauthentication(station(1), 4), left(1, LeftCause::Inactive), Said::Remove(station(1))];
    assert_eq!(probed(&mut world, false), gone);
    assert_eq!(world.owner.poll_timeout(), None);

    // No answer at all is none.
    world.associate(station(1), &rsn_request(1));
    world.wait();
    world.said();
    assert_eq!(world.wait(), Duration::from_secs(3));
    assert_eq!(world.said(), gone);
}

#[test]
fn radios_that_know_less() {
    // No null frames.
    let mut c = config(Channel::ht20(2437));
    c.probe_client = false;
    let mut world = World::started_with(c);
    world.associate(station(1), &rsn_request(1));
    world.inactive_ms = None;
    world.wait();
    assert_eq!(world.said(), [Said::Query(station(1))]);
    assert_eq!(world.wait(), Duration::from_secs(300), "it may be there");
    world.inactive_ms = Some(300_000);
    let said = world.said();
    assert_eq!(said[..2], [Said::Query(station(1)), Said::Deauthentication(station(1), 4)]);

    // No time of the last frame.
    let mut world = World::started();
    world.associate(station(1), &rsn_request(1));
    world.inactive_ms = None;
    world.wait();
    assert_eq!(world.said(), [Said::Query(station(1)), Said::Probe(station(1))]);
}

#[test]
fn a_station_that_the_kernel_has_lost_has_left() {
    let mut world = World::started();
    world.associate(station(1), &rsn_request(1));
    world.kernel.clear();
    world.wait();
    assert_eq!(world.said(), [Said::Query(station(1)), Said::Remove(station(1)), left(1, LeftCause::Radio)]);

    world.associate(station(1), &rsn_request(1));
    world.inactive_ms = Some(400_000);
    world.wait();
    let query = world.owner.poll_output();
    let Some(Output::Command(query, Command::QueryStation { .. })) = query else { panic!() };
    let info = StationInfo { inactive_ms: Some(400_000), ..StationInfo::default() };
    world.owner.handle_done(world.now, query, Ok(Reply::Station(info)));
    let Some(Output::Command(probe, Command::ProbeStation { .. })) = world.owner.poll_output() else { panic!() };
    world.owner.handle_done(world.now, probe, Err(refused(errno::ENOENT)));
    assert_eq!(world.said(), [Said::Remove(station(1)), left(1, LeftCause::Radio)]);
}

#[test]
fn data_of_strangers_is_answered_with_the_truth() {
    let mut world = World::started();
    let unexpected = |world: &mut World, n| {
        let event = radio::Event::UnexpectedFrame { iface: IFACE, address: station(n) };
        assert!(world.owner.handle_event(world.now, &event));
        world.said()
    };
    assert_eq!(unexpected(&mut world, 1), [Said::Deauthentication(station(1), 6)]);
    world.frame(station(1), OPEN);
    world.said();
    assert_eq!(unexpected(&mut world, 1), [Said::Deauthentication(station(1), 7)]);
    world.frame(station(1), association(&rsn_request(1)));
    world.said();
    // The report may be older than the association, or the kernel may have lost it.
    assert_eq!(unexpected(&mut world, 1), [Said::Query(station(1))]);
    assert_eq!(world.owner.stations().count(), 1);
    world.kernel.clear();
    let said = unexpected(&mut world, 1);
    assert_eq!(said, [Said::Query(station(1)), Said::Remove(station(1)), left(1, LeftCause::Radio)]);
    assert_eq!(unexpected(&mut world, 1), [Said::Deauthentication(station(1), 6)]);
}
