//! Replays, forgeries and garbage.

mod pair;

use eapol::*;
use pair::*;
use proptest::prelude::*;

/// Drains a supplicant into the messages that it sends and whether it handed out a key.
fn drain(client: &mut Supplicant) -> (usize, usize) {
    let (mut sent, mut keys) = (0, 0);
    while let Some(output) = client.poll_output() {
        match output {
            Output::Send { .. } => sent += 1,
            Output::InstallPairwise { .. } | Output::InstallGroup { .. } => keys += 1,
            Output::Event(_) => {}
        }
    }
    (sent, keys)
}

fn sent_by_owner(pair: &Pair, which: Message) -> Frame {
    pair.sent.iter().find(|f| message(f) == which).unwrap().clone()
}

/// CVE-2017-13077, -13078, -13080: messages 3 and group messages 1 held back and replayed install nothing again.
#[test]
fn replayed_messages_install_no_key_again() {
    let mut pair = Pair::ordinary();
    // Message 4 is lost, so that several messages 3 with rising counters exist; the attacker keeps them all.
    let mut held = Vec::new();
    let mut lose = losing(Message::Pairwise4, 9);
    pair.start(|frame| {
        if message(frame) == Message::Pairwise3 {
            held.push(frame.clone());
        }
        lose(frame)
    });
    pair.owner.rekey_group(pair.now, group(2, 0x22));
    pair.run(|frame| {
        held.push(frame.clone());
        good(frame)
    });
    assert!(held.iter().filter(|f| message(f) == Message::Pairwise3).count() >= 3);
    let (tks, groups) = (pair.at_client.tks.clone(), pair.at_client.groups.clone());
    for frame in held.iter().chain(held.iter().rev()).filter(|f| f.from == Side::Owner) {
        pair.deliver(frame);
        let input = Input::Pdu { pdu: &frame.pdu, encrypted: None };
        pair.client.handle_input(pair.now, input);
        assert_eq!(drain(&mut pair.client), (0, 0));
    }
    assert_eq!((tks, groups), (pair.at_client.tks, pair.at_client.groups));
}

/// A message 3 with a fresh counter and the nonce in use is answered in the clear, but nothing is installed.
#[test]
fn a_repeated_message_3_is_answered_but_installs_nothing() {
    let mut pair = Pair::ordinary();
    // All messages 4 are lost: the owner repeats message 3 to the end.
    pair.start(losing(Message::Pairwise4, usize::MAX));
    let thirds = pair.sent.iter().filter(|f| message(f) == Message::Pairwise3).count();
    assert!(thirds > 3);
    assert_eq!((pair.at_client.tks.len(), pair.at_client.groups.len()), (1, 1));
    assert_eq!(pair.at_client.events.len(), 1);
    assert!(pair.sent.iter().all(|f| f.key.is_none()));
}

#[test]
fn plaintext_is_refused_once_the_owner_was_heard_encrypted() {
    let mut pair = Pair::ordinary();
    pair.start(losing(Message::Pairwise4, 1));
    pair.owner.rekey_group(pair.now, group(2, 0x22));
    pair.run(good);
    // A new handshake forged in the clear.
    let forged = KeyFrameRepr {
        protocol_version: 2,
        info: KeyInformation(2 | KeyInformation::PAIRWISE | KeyInformation::ACK),
        replay_counter: 1000,
        nonce: [9; 32],
        ..KeyFrameRepr::default()
    };
    pair.client.handle_input(pair.now, Input::Pdu { pdu: &forged.emit(), encrypted: Some(false) });
    assert_eq!(drain(&mut pair.client), (0, 0));
    assert_eq!(pair.client.drops().count(DropReason::Unprotected), 1);
}

/// CVE-2023-52424: the same passphrase under another SSID is another key, so that a client that was led into the wrong network
/// does not get through the handshake.
#[test]
fn a_passphrase_opens_only_the_network_of_its_ssid() {
    let psk = |ssid: &[u8]| crypto::passphrase_to_psk(b"12345678", ssid).unwrap();
    let owner = AuthenticatorConfig { psks: vec![psk(b"DIRECT-ab")], ..owner_config(Akm::Psk) };
    for (ssid, opens) in [(b"DIRECT-ab", true), (b"DIRECT-aB", false)] {
        let client = SupplicantConfig { psk: psk(ssid), ..client_config(Akm::Psk) };
        let mut pair = Pair::new(owner.clone(), client);
        pair.start(good);
        assert_eq!(pair.completed(), (opens, opens));
        assert_eq!(pair.at_client.tks.is_empty(), !opens);
    }
}

/// Messages 1 need no key to forge. They must neither break a handshake under way nor touch the keys in use.
#[test]
fn forged_messages_1_do_no_harm() {
    let forged = |n: u8| {
        KeyFrameRepr {
            protocol_version: 2,
            info: KeyInformation(2 | KeyInformation::PAIRWISE | KeyInformation::ACK),
            replay_counter: u64::from(n) + 100,
            nonce: [n; 32],
            ..KeyFrameRepr::default()
        }
        .emit()
    };
    let mut pair = Pair::ordinary();
    pair.client.handle_input(pair.now, Input::Start);
    pair.owner.handle_input(pair.now, Input::Start);
    let mut n = 0;
    // One before each message that the client gets.
    while pair.completed() != (true, true) {
        n += 1;
        assert!(n < 10);
        pair.client.handle_input(pair.now, Input::Pdu { pdu: &forged(n), encrypted: Some(false) });
        let answers = drain(&mut pair.client);
        assert_eq!(answers, (1, 0));
        pair.drain(&mut good);
        for frame in std::mem::take(&mut pair.sent) {
            pair.deliver(&frame);
        }
        pair.drain(&mut good);
    }
    assert_eq!(pair.at_owner.tks, pair.at_client.tks);
    // And after it: group messages under the keys in use are still understood.
    pair.client.handle_input(pair.now, Input::Pdu { pdu: &forged(50), encrypted: Some(false) });
    assert_eq!(drain(&mut pair.client), (1, 0));
    pair.owner.rekey_group(pair.now, group(2, 0x22));
    pair.run(good);
    assert_eq!(pair.at_owner.events.last(), Some(&Event::GroupRekeyed));
}

/// A message 1 needs no key to forge. With the counter of message 3 it has the station sign a message 2 that answers, by its
/// counter, message 3; it is no message 4, and the owner goes on as if it had not come. Found by the fuzz target `handshake`.
#[test]
fn a_message_2_with_the_counter_of_message_3_completes_nothing() {
    let mut pair = Pair::ordinary();
    pair.start(|frame| if message(frame) == Message::Pairwise3 { vec![] } else { good(frame) });
    let first = sent_by_owner(&pair, Message::Pairwise1);
    let third = sent_by_owner(&pair, Message::Pairwise3);
    let mut pair = Pair::ordinary();
    let mut lost = 1;
    pair.client.handle_input(pair.now, Input::Start);
    pair.owner.handle_input(pair.now, Input::Start);
    let mut lose_third = |frame: &Frame| {
        if message(frame) == Message::Pairwise3 && lost > 0 {
            lost -= 1;
            return vec![];
        }
        good(frame)
    };
    pair.drain(&mut lose_third);
    pair.deliver(&first);
    pair.drain(&mut lose_third);
    let second = pair.sent.last().unwrap().clone();
    pair.deliver(&second);
    pair.drain(&mut lose_third);
    let counter = KeyFrame::parse(&third.pdu).unwrap().replay_counter;
    let forged = KeyFrameRepr { replay_counter: counter, ..KeyFrame::parse(&first.pdu).unwrap().to_repr() };
    pair.client.handle_input(pair.now, Input::Pdu { pdu: &forged.emit(), encrypted: Some(false) });
    pair.drain(&mut lose_third);
    let answer = pair.sent.last().unwrap().clone();
    assert_eq!((answer.from, KeyFrame::parse(&answer.pdu).unwrap().replay_counter), (Side::Client, counter));
    pair.deliver(&answer);
    assert_eq!(pair.owner.drops().count(DropReason::WrongMessage), 1);
    pair.drain(&mut lose_third);
    assert!(pair.at_owner.tks.is_empty(), "no key before message 4");
    // Message 3 is sent again, and all is well.
    pair.run(good);
    assert_eq!(pair.completed(), (true, true));
    assert_eq!(pair.at_owner.tks, pair.at_client.tks);
}

/// CVE-2018-14526: key data of a frame with a wrong MIC are not looked at, and the frame leaves no trace but a count.
#[test]
fn a_message_3_with_a_wrong_mic_changes_nothing() {
    let mut pair = Pair::ordinary();
    pair.start(good);
    let third = sent_by_owner(&pair, Message::Pairwise3);
    let mut victim = Pair::ordinary();
    victim.client.handle_input(victim.now, Input::Start);
    let first = sent_by_owner(&pair, Message::Pairwise1);
    victim.deliver(&first);
    assert_eq!(drain(&mut victim.client), (1, 0));
    for at in 5..third.pdu.len() {
        let mut broken = third.clone();
        broken.pdu[at] ^= 0x10;
        victim.deliver(&broken);
        assert_eq!(drain(&mut victim.client), (0, 0), "octet {at}");
    }
    assert!(victim.client.drops().count(DropReason::BadMic) > 50);
    assert_eq!(victim.client.drops().count(DropReason::BadKeyData), 0);
    victim.deliver(&third);
    assert_eq!(drain(&mut victim.client), (1, 2), "the true one still counts");
}

#[test]
fn an_authenticator_takes_no_answer_to_what_it_did_not_ask() {
    let mut pair = Pair::ordinary();
    pair.start(good);
    let mut fresh = Pair::ordinary();
    fresh.owner.handle_input(fresh.now, Input::Start);
    // The first handshake's messages, from a machine with the same nonces; each one out of its place.
    let fourth = pair.sent.iter().find(|f| message(f) == Message::Pairwise4).unwrap().clone();
    fresh.deliver(&fourth);
    assert_eq!(fresh.owner.drops().count(DropReason::Replay), 1);
    assert_eq!(fresh.owner.phase(), Phase::Awaiting(Message::Pairwise2));
    // A second message 4 to a completed machine.
    pair.deliver(&fourth);
    assert_eq!(pair.owner.drops().count(DropReason::Duplicate), 1);
    assert!(pair.owner.poll_output().is_none());
}

/// A station that answers two messages 1 with two nonces may go on with either of its keys.
#[test]
fn crossing_messages_2_with_different_nonces() {
    for use_first in [true, false] {
        let mut pair = Pair::ordinary();
        pair.owner.handle_input(pair.now, Input::Start);
        pair.owner.handle_input(ms(100), Input::Timeout);
        pair.drain(&mut |_| vec![]);
        let firsts = pair.sent.clone();
        let mut seconds = Vec::new();
        let mut clients = Vec::new();
        for (i, first) in firsts.iter().enumerate() {
            use rand_core::SeedableRng;
            let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(100 + i as u64);
            let mut client = Supplicant::new(client_config(Akm::Psk), &mut rng);
            client.handle_input(ms(100), Input::Pdu { pdu: &first.pdu, encrypted: Some(false) });
            let Some(Output::Send { pdu, .. }) = client.poll_output() else { panic!("no message 2") };
            seconds.push(pdu);
            clients.push(client);
        }
        pair.sent.clear();
        for second in &seconds {
            pair.owner.handle_input(ms(101), Input::Pdu { pdu: second, encrypted: Some(false) });
        }
        pair.drain(&mut |_| vec![]);
        let which = usize::from(!use_first);
        let third = &pair.sent[which];
        clients[which].handle_input(ms(102), Input::Pdu { pdu: &third.pdu, encrypted: Some(false) });
        let Some(Output::Send { pdu: fourth, .. }) = clients[which].poll_output() else { panic!("no message 4") };
        let Some(Output::InstallPairwise { tk }) = clients[which].poll_output() else { panic!("no key") };
        pair.owner.handle_input(ms(103), Input::Pdu { pdu: &fourth, encrypted: Some(false) });
        pair.drain(&mut |_| vec![]);
        assert_eq!(pair.at_owner.tks, [tk]);
    }
}

/// Brings a pair to one of the states of a handshake.
fn at_stage(stage: usize) -> Pair {
    let mut pair = Pair::ordinary();
    pair.client.handle_input(pair.now, Input::Start);
    if stage > 0 {
        pair.owner.handle_input(pair.now, Input::Start);
        pair.drain(&mut |_| vec![]);
    }
    for i in 0..stage.saturating_sub(1).min(4) {
        let frame = pair.sent[i].clone();
        pair.deliver(&frame);
        pair.drain(&mut |_| vec![]);
    }
    if stage == 6 {
        pair.owner.rekey_group(pair.now, group(2, 0x22));
        pair.drain(&mut |_| vec![]);
    }
    pair
}

proptest! {
    /// Bytes, plain or shaped as EAPOL-Key frames, in each state: no panic, no key, no end of the handshake.
    #[test]
    fn any_bytes_in_any_state(
        stage in 0usize..=6,
        mut bytes in prop::collection::vec(any::<u8>(), 0..260),
        shaped: bool,
        info: u16,
        counter in 0u64..6,
        encrypted: Option<bool>,
    ) {
        let mut pair = at_stage(stage);
        if shaped {
            bytes.resize(bytes.len().max(99), 0);
            let length = bytes.len() - 4;
            bytes[..4].copy_from_slice(&[2, 3, (length >> 8) as u8, length as u8]);
            bytes[4] = 2;
            bytes[5..7].copy_from_slice(&(info & !7 | 2).to_be_bytes());
            bytes[9..17].copy_from_slice(&counter.to_be_bytes());
            let data = bytes.len() - 99;
            bytes[97..99].copy_from_slice(&(data as u16).to_be_bytes());
        }
        let phases = (pair.owner.phase(), pair.at_client.tks.len());
        let before = (pair.at_owner.clone(), pair.at_client.clone());
        let input = Input::Pdu { pdu: &bytes, encrypted };
        pair.owner.handle_input(pair.now, input);
        pair.client.handle_input(pair.now, input);
        pair.drain(&mut |_| vec![]);
        prop_assert_eq!(phases, (pair.owner.phase(), pair.at_client.tks.len()));
        prop_assert_eq!(before.0.tks, pair.at_owner.tks);
        prop_assert_eq!(before.1.groups, pair.at_client.groups);
        prop_assert_eq!(before.1.events, pair.at_client.events);
    }

    /// One octet of a true message changed, in any state: nothing is installed twice and nothing panics.
    #[test]
    fn mutated_messages(stage in 1usize..=6, from in 0usize..6, at in 0usize..300, flip in 1u8..) {
        let full = at_stage(6);
        let mut pair = at_stage(stage);
        let mut frame = full.sent[from % full.sent.len()].clone();
        let at = at % frame.pdu.len();
        frame.pdu[at] ^= flip;
        pair.deliver(&frame);
        pair.drain(&mut |_| vec![]);
        prop_assert!(pair.at_owner.tks.len() <= 1 && pair.at_client.tks.len() <= 1);
    }
}
