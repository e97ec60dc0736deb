//! Both machines against each other: what an owner and a client go through.

mod pair;

use eapol::*;
use pair::*;
use proptest::prelude::*;

fn assert_joined(pair: &Pair) {
    assert_eq!(pair.completed(), (true, true));
    assert_eq!(pair.at_owner.tks.len(), 1, "one pairwise key, installed once");
    assert_eq!(pair.at_owner.tks, pair.at_client.tks);
    assert_eq!(pair.at_client.groups, [(1, Gtk::new([0x11; 16]), [0x11, 0, 0, 0, 0, 0])]);
    assert_eq!(pair.at_client.events, [Event::Completed { psk: 0, ip: Some(IP) }]);
}

#[test]
fn four_messages_and_both_have_the_keys() {
    for akm in [Akm::Psk, Akm::PskSha256] {
        let mut pair = Pair::new(owner_config(akm), client_config(akm));
        pair.start(good);
        assert_joined(&pair);
        assert_eq!(pair.at_owner.events, [Event::Completed { psk: 0, ip: Some(IP) }]);
        let messages: Vec<_> = pair.sent.iter().map(message).collect();
        assert_eq!(messages, [Message::Pairwise1, Message::Pairwise2, Message::Pairwise3, Message::Pairwise4]);
        assert!(pair.sent.iter().all(|f| f.key.is_none()), "the first handshake is in the clear");
        assert_eq!((pair.owner.phase(), pair.client.phase()), (Phase::Completed, Phase::Completed));
        assert_eq!((pair.owner.poll_timeout(), pair.client.poll_timeout()), (None, None));
    }
}

#[test]
fn no_address_is_handed_out_unasked() {
    let mut pair = Pair::new(owner_config(Akm::Psk), SupplicantConfig { want_ip: false, ..client_config(Akm::Psk) });
    pair.start(good);
    assert_eq!(pair.at_client.events, [Event::Completed { psk: 0, ip: None }]);
    assert_eq!(pair.at_owner.events, [Event::Completed { psk: 0, ip: None }]);
}

#[test]
fn each_message_may_be_lost_three_times() {
    for lost in [Message::Pairwise1, Message::Pairwise2, Message::Pairwise3, Message::Pairwise4] {
        let mut pair = Pair::ordinary();
        pair.start(losing(lost, 3));
        assert_joined(&pair);
        assert!(pair.now < ms(1_000), "{lost} lost three times: {:?}", pair.now);
    }
}

#[test]
fn message_4_lost_although_acknowledged() {
    let mut lost = 0;
    let mut pair = Pair::ordinary();
    pair.start(|frame| {
        if message(frame) == Message::Pairwise4 && lost < 3 {
            lost += 1;
            // Arrives long after the handshake: to the sender this one looks well.
            return vec![ms(5_000)];
        }
        good(frame)
    });
    assert_joined(&pair);
    let fourth: Vec<_> = pair.sent.iter().filter(|f| message(f) == Message::Pairwise4).collect();
    assert_eq!(fourth.len(), 4);
    assert!(fourth.iter().all(|f| f.key.is_none()), "the owner has no key yet and could not decrypt it");
}

#[test]
fn a_message_4_that_comes_encrypted_is_heard_when_the_radio_can_have_the_key_ahead() {
    let lose_and_encrypt = |clear_beside_key, lost| {
        let mut pair =
            Pair::new(AuthenticatorConfig { clear_beside_key, ..owner_config(Akm::Psk) }, client_config(Akm::Psk));
        pair.client_encrypts_all = true;
        pair.start(losing(lost, 2));
        pair
    };
    for lost in [Message::Pairwise3, Message::Pairwise4] {
        let pair = lose_and_encrypt(true, lost);
        assert_joined(&pair);
        assert!(
            pair.sent.iter().filter(|f| f.from == Side::Owner).all(|f| f.key.is_none()),
            "message 3 stays in the clear"
        );
    }
    let pair = lose_and_encrypt(false, Message::Pairwise4);
    assert_eq!(pair.at_owner.events, [Event::Failed { reason: Failure::TimedOut(Message::Pairwise4) }]);
}

#[test]
fn a_key_in_use_is_not_replaced_ahead_of_message_4() {
    let mut pair =
        Pair::new(AuthenticatorConfig { clear_beside_key: true, ..owner_config(Akm::Psk) }, client_config(Akm::Psk));
    pair.start(good);
    pair.owner.handle_input(pair.now, Input::Start);
    let mut lost = 0;
    pair.run(|frame| match message(frame) {
        Message::Pairwise3 if lost < 2 => {
            lost += 1;
            vec![]
        }
        _ => good(frame),
    });
    assert_eq!(pair.at_owner.tks.len(), 2, "one key for each handshake");
    assert_eq!(pair.at_owner.tks, pair.at_client.tks);
}

#[test]
fn the_psk_of_the_station_is_found_among_several() {
    let owner = AuthenticatorConfig { psks: vec![psk(5), psk(6), psk(1), psk(7)], ..owner_config(Akm::Psk) };
    let mut pair = Pair::new(owner, client_config(Akm::Psk));
    pair.start(good);
    assert_eq!(pair.at_owner.events, [Event::Completed { psk: 2, ip: Some(IP) }]);
}

#[test]
fn another_passphrase_is_told_as_such_and_soon() {
    let mut pair = Pair::new(owner_config(Akm::Psk), SupplicantConfig { psk: psk(2), ..client_config(Akm::Psk) });
    pair.start(good);
    assert_eq!(pair.at_owner.events, [Event::PossiblePskMismatch, Event::Failed { reason: Failure::PskMismatch }]);
    assert_eq!(pair.sent.iter().filter(|f| f.from == Side::Owner).count(), 4);
    assert_eq!(
        pair.at_client.events,
        [Event::Failed { reason: Failure::TimedOut(Message::Pairwise3) }],
        "the client has no other sign"
    );
    assert!(pair.at_owner.tks.is_empty() && pair.at_client.tks.is_empty());
}

#[test]
fn a_silent_peer_is_given_up() {
    let mut pair = Pair::ordinary();
    pair.start(|_| vec![]);
    assert_eq!(pair.at_owner.events, [Event::Failed { reason: Failure::TimedOut(Message::Pairwise2) }]);
    assert_eq!(pair.at_client.events, [Event::Failed { reason: Failure::TimedOut(Message::Pairwise1) }]);
    let tries = pair.sent.len();
    assert!((8..=30).contains(&tries), "{tries} tries");

    let mut pair = Pair::ordinary();
    pair.start(losing(Message::Pairwise4, usize::MAX));
    assert_eq!(pair.at_owner.events, [Event::Failed { reason: Failure::TimedOut(Message::Pairwise4) }]);
}

#[test]
fn a_changed_rsn_element_ends_the_handshake() {
    let other = [&RSNE[..20], &[0x0c, 0]].concat();
    let owner = AuthenticatorConfig { station_rsn_element: other.clone(), ..owner_config(Akm::Psk) };
    let mut pair = Pair::new(owner, client_config(Akm::Psk));
    pair.start(good);
    let reason = Failure::RsnElementMismatch(Message::Pairwise2);
    assert_eq!(pair.at_owner.events, [Event::Failed { reason }]);
    assert_eq!(reason.reason_code(), 17);

    let client = SupplicantConfig { owner_rsn_element: other, ..client_config(Akm::Psk) };
    let mut pair = Pair::new(owner_config(Akm::Psk), client);
    pair.start(good);
    let reason = Failure::RsnElementMismatch(Message::Pairwise3);
    assert_eq!(pair.at_client.events, [Event::Failed { reason }]);
    assert!(pair.at_client.tks.is_empty() && pair.at_client.groups.is_empty());
}

#[test]
fn a_new_group_key_reaches_the_client_encrypted() {
    let mut pair = Pair::ordinary();
    pair.start(good);
    pair.sent.clear();
    pair.owner.rekey_group(pair.now, group(2, 0x22));
    pair.run(losing(Message::Group2, 2));
    assert_eq!(pair.at_client.groups.last(), Some(&(2, Gtk::new([0x22; 16]), [0x22, 0, 0, 0, 0, 0])));
    assert_eq!(pair.at_client.groups.len(), 2, "installed once in spite of repetition");
    assert_eq!(pair.at_owner.events.last(), Some(&Event::GroupRekeyed));
    assert!(pair.sent.iter().all(|f| f.key.as_ref() == pair.at_owner.tks.last()));

    pair.owner.rekey_group(pair.now, group(1, 0x33));
    pair.run(|_| vec![]);
    let reason = Failure::TimedOut(Message::Group2);
    assert_eq!(pair.at_owner.events.last(), Some(&Event::Failed { reason }));
    assert_eq!(reason.reason_code(), 16);
}

#[test]
fn a_group_key_that_changes_during_the_handshake_is_not_missed() {
    for at in [Message::Pairwise1, Message::Pairwise3] {
        let mut pair = Pair::ordinary();
        pair.client.handle_input(pair.now, Input::Start);
        pair.owner.handle_input(pair.now, Input::Start);
        pair.drain(&mut good);
        if at == Message::Pairwise3 {
            let first = pair.sent[0].clone();
            pair.deliver(&first);
            pair.drain(&mut good);
            let second = pair.sent[1].clone();
            pair.deliver(&second);
            pair.drain(&mut good);
        }
        pair.owner.rekey_group(pair.now, group(2, 0x22));
        pair.run(good);
        assert_eq!(pair.at_client.groups.last().map(|g| g.0), Some(2));
        assert_eq!(pair.completed(), (true, true));
    }
}

#[test]
fn a_second_handshake_runs_under_the_first_ones_keys() {
    let mut pair = Pair::ordinary();
    pair.start(good);
    pair.sent.clear();
    pair.owner.handle_input(pair.now, Input::Start);
    pair.run(good);
    assert_eq!(pair.at_owner.tks.len(), 2);
    assert_eq!(pair.at_owner.tks, pair.at_client.tks);
    assert_ne!(pair.at_owner.tks[0], pair.at_owner.tks[1]);
    assert!(pair.sent.iter().all(|f| f.key.as_ref() == Some(&pair.at_owner.tks[0])));
    assert_eq!(pair.at_client.groups.len(), 1, "the group key is the same and not installed again");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever the link does, both end with the same keys or say that they failed, and no key is installed twice.
    #[test]
    fn any_link(akm in prop_oneof![Just(Akm::Psk), Just(Akm::PskSha256)], dice in prop::collection::vec(any::<u8>(), 64)) {
        let mut pair = Pair::new(owner_config(akm), client_config(akm));
        let mut n = 0;
        pair.start(|_| {
            n += 1;
            let die = dice[n % dice.len()];
            match die % 8 {
                0..3 => vec![],
                3 => vec![ms(1), ms(u64::from(die))],
                4 => vec![ms(u64::from(die) * 4)],
                _ => vec![ms(1)],
            }
        });
        let failed = |s: &Station| s.events.iter().any(|e| matches!(e, Event::Failed { .. }));
        let (owner, client) = pair.completed();
        prop_assert!(owner != failed(&pair.at_owner));
        prop_assert!(client != failed(&pair.at_client));
        prop_assert!(pair.at_owner.tks.len() <= 1 && pair.at_client.groups.len() <= 1);
        if owner {
            prop_assert!(client, "an owner completes after its client");
            prop_assert_eq!(pair.at_owner.tks.last(), pair.at_client.tks.last());
        }
        for (i, tk) in pair.at_client.tks.iter().enumerate() {
            prop_assert!(!pair.at_client.tks[..i].contains(tk), "a key installed twice");
        }
    }
}

/// With 60 % of the attempts lost, of which a radio makes four for each frame, formations survive, and soon.
#[test]
fn heavy_loss() {
    use rand_core::{Rng, SeedableRng};
    let mut slowest = ms(0);
    for seed in 0..500 {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
        let mut pair = Pair::ordinary();
        pair.start(|_| if (0..4).all(|_| rng.next_u32() % 100 < 60) { vec![] } else { vec![ms(1)] });
        assert_joined(&pair);
        slowest = slowest.max(pair.now);
    }
    assert!(slowest < ms(1_000), "{slowest:?}");
}
