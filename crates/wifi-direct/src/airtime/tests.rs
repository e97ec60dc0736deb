//! The airtime against a radio that is written out by hand: every command that it gives is looked at.

use super::*;

const DISCOVERY: InterfaceId = InterfaceId(1);

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

struct Bench {
    airtime: Airtime,
    ids: CommandIds,
}

impl Bench {
    fn new() -> Self {
        Self { airtime: Airtime::new(DISCOVERY, Some(1000), true), ids: CommandIds::default() }
    }

    fn want(&mut self, now: Duration, want: Want) {
        self.airtime.want(now, want);
        self.airtime.settle(now, &mut self.ids);
    }

    fn listen(&mut self, now: Duration, frequency: u32, duration: u64) {
        self.want(now, Want::Listen { frequency, duration: ms(duration) });
    }

    fn search(&mut self, now: Duration) {
        self.want(now, Want::Search { frequencies: alloc::vec![2412], elements: Vec::new(), enough: Some(ms(60)) });
    }

    fn send(&mut self, now: Duration, token: u32, frequency: u32, wait: u64) {
        let frame = alloc::vec![token as u8];
        self.want(now, Want::Send { token: SendToken(token), frequency, frame, wait: ms(wait), urgent: false });
    }

    /// What came out: the commands with their ids, and the rest in words.
    fn outputs(&mut self) -> Vec<(Option<CommandId>, alloc::string::String)> {
        let mut all = Vec::new();
        while let Some(output) = self.airtime.poll_output() {
            all.push(match output {
                Output::Command(id, command) => {
                    let text = alloc::format!("{command:?}");
                    (Some(id), text.split([' ', '{']).next().unwrap_or_default().into())
                }
                other => (None, alloc::format!("{other:?}")),
            });
        }
        all
    }

    /// The only output, which must be this command.
    #[track_caller]
    fn command(&mut self, name: &str) -> CommandId {
        let outputs = self.outputs();
        match outputs.as_slice() {
            [(Some(id), text)] if text == name => *id,
            other => panic!("expected {name}, got {other:?}"),
        }
    }

    #[track_caller]
    fn nothing(&mut self) {
        assert_eq!(self.outputs(), []);
    }

    #[track_caller]
    fn words(&mut self, words: &[&str]) {
        let got: Vec<_> = self.outputs().into_iter().map(|(_, text)| text).collect();
        assert_eq!(got, words);
    }
}

#[test]
fn a_search_waits_until_the_stay_has_really_ended() {
    let mut bench = Bench::new();
    bench.listen(ms(0), 2437, 300);
    let stay = bench.command("RemainOnChannel");
    bench.airtime.remain_started(ms(0), stay, &mut bench.ids);
    bench.words(&["ListenStarted"]);
    bench.search(ms(100));
    bench.command("CancelRemain");
    bench.airtime.remain_ended(ms(102), stay, &mut bench.ids);
    bench.words(&["Scan", "SearchStarted"]);
}

#[test]
fn a_long_listen_is_made_of_stays_that_the_radio_allows() {
    let mut bench = Bench::new();
    bench.listen(ms(0), 2437, 2500);
    for (from, to) in [(0, 1000), (1000, 2000), (2000, 2500)] {
        let stay = bench.command("RemainOnChannel");
        bench.airtime.remain_started(ms(0), stay, &mut bench.ids);
        bench.words(&["ListenStarted"]);
        bench.airtime.handle_timeout(ms(from + 1), &mut bench.ids);
        bench.nothing();
        bench.airtime.remain_ended(ms(to), stay, &mut bench.ids);
    }
    bench.words(&["ListenEnded"]);
}

#[test]
fn others_get_the_radio_between_a_listening_and_the_next_search() {
    let mut bench = Bench::new();
    bench.airtime.be_courteous(alloc::vec![5180]);
    bench.listen(ms(0), 2437, 300);
    let stay = bench.command("RemainOnChannel");
    bench.airtime.remain_started(ms(0), stay, &mut bench.ids);
    bench.words(&["ListenStarted"]);
    bench.airtime.remain_ended(ms(300), stay, &mut bench.ids);
    bench.words(&["ListenEnded"]);
    bench.search(ms(300));
    bench.nothing();
    // What is urgent does not wait.
    bench.send(ms(310), 1, 2412, 0);
    let id = bench.command("Transmit");
    bench.airtime.sent(ms(312), id, SendStatus::Acked, &mut bench.ids);
    bench.words(&["Sent(SendToken(1), Acked)"]);
    bench.airtime.wait_ended(ms(313), id, &mut bench.ids);
    bench.nothing();
    assert_eq!(bench.airtime.poll_timeout(), Some(ms(800)));
    bench.airtime.handle_timeout(ms(800), &mut bench.ids);
    bench.words(&["Scan", "SearchStarted"]);
}

#[test]
fn a_long_listen_away_from_another_s_channel_is_made_of_pieces_with_pauses() {
    for (theirs, pieces) in
        [(5180, alloc::vec![(0, 500), (603, 1103), (1206, 1500)]), (2437, alloc::vec![(0, 1000), (1000, 1500)])]
    {
        let mut bench = Bench::new();
        bench.airtime.be_courteous(alloc::vec![theirs]);
        bench.listen(ms(0), 2437, 1500);
        for (from, to) in pieces {
            bench.airtime.handle_timeout(ms(from), &mut bench.ids);
            let stay = bench.command("RemainOnChannel");
            bench.airtime.remain_started(ms(from), stay, &mut bench.ids);
            bench.words(&["ListenStarted"]);
            bench.airtime.remain_ended(ms(to), stay, &mut bench.ids);
        }
        bench.words(&["ListenEnded"]);
    }
}

#[test]
fn a_long_listen_leaves_a_group_of_ours_most_of_the_time_and_a_find_does_not_notice() {
    let pieces = |group: u32, duration: u64, pieces: &[(u64, u64)]| {
        let mut bench = Bench::new();
        bench.airtime.serve_groups([group].into_iter());
        bench.listen(ms(0), 2437, duration);
        for (from, to) in pieces {
            bench.airtime.handle_timeout(ms(*from), &mut bench.ids);
            let stay = bench.command("RemainOnChannel");
            bench.airtime.remain_started(ms(*from), stay, &mut bench.ids);
            bench.words(&["ListenStarted"]);
            bench.airtime.remain_ended(ms(*to), stay, &mut bench.ids);
        }
        bench.words(&["ListenEnded"]);
    };
    pieces(5180, 900, &[(0, 103), (412, 515), (824, 900)]);
    pieces(5180, 308, &[(0, 308)]);
    pieces(2437, 900, &[(0, 900)]);
}

#[test]
fn a_frame_for_the_channel_of_the_stay_goes_at_once() {
    let mut bench = Bench::new();
    bench.listen(ms(0), 2437, 300);
    let stay = bench.command("RemainOnChannel");
    bench.airtime.remain_started(ms(1), stay, &mut bench.ids);
    bench.words(&["ListenStarted"]);
    bench.send(ms(10), 7, 2437, 0);
    let id = bench.command("Transmit");
    bench.airtime.sent(ms(12), id, SendStatus::Acked, &mut bench.ids);
    bench.words(&["Sent(SendToken(7), Acked)"]);
    // The stay goes on.
    bench.airtime.wait_ended(ms(22), id, &mut bench.ids);
    bench.nothing();
}

#[test]
fn a_frame_for_another_channel_ends_the_stay_and_holds_the_radio_until_its_answer() {
    let mut bench = Bench::new();
    bench.listen(ms(0), 2437, 1000);
    let stay = bench.command("RemainOnChannel");
    bench.send(ms(10), 1, 2462, 200);
    bench.command("CancelRemain");
    bench.airtime.remain_ended(ms(11), stay, &mut bench.ids);
    let id = bench.command("Transmit");
    bench.airtime.sent(ms(12), id, SendStatus::Acked, &mut bench.ids);
    bench.words(&["Sent(SendToken(1), Acked)"]);
    // The answer has come: the wait is cancelled, and the listen taken up again once that is done.
    bench.want(ms(20), Want::StopWaiting(SendToken(1)));
    bench.command("CancelWait");
    bench.airtime.wait_ended(ms(21), id, &mut bench.ids);
    bench.command("RemainOnChannel");
}

#[test]
fn a_frame_aborts_a_search_and_the_search_begins_anew() {
    let mut bench = Bench::new();
    bench.search(ms(0));
    let outputs = bench.outputs();
    let scan = outputs[0].0.unwrap();
    bench.send(ms(30), 1, 2412, 0);
    bench.command("AbortScan");
    bench.airtime.scan_done(ms(31), scan, true, &mut bench.ids);
    let id = bench.command("Transmit");
    bench.airtime.sent(ms(32), id, SendStatus::NotAcked, &mut bench.ids);
    bench.words(&["Sent(SendToken(1), NotAcked)", "CancelWait"]);
    bench.airtime.wait_ended(ms(33), id, &mut bench.ids);
    bench.words(&["Scan", "SearchStarted"]);
}

#[test]
fn a_wait_that_is_never_reported_as_over_ends_by_the_clock() {
    let mut bench = Bench::new();
    bench.send(ms(0), 1, 2412, 100);
    let id = bench.command("Transmit");
    bench.airtime.sent(ms(1), id, SendStatus::Unknown, &mut bench.ids);
    bench.outputs();
    bench.search(ms(2));
    bench.nothing();
    let due = bench.airtime.poll_timeout().unwrap();
    assert!(due >= ms(101) && due <= ms(150), "{due:?}");
    bench.airtime.handle_timeout(due, &mut bench.ids);
    bench.words(&["Scan", "SearchStarted"]);
}

#[test]
fn a_refusing_radio_makes_no_busy_loop() {
    let mut bench = Bench::new();
    bench.listen(ms(0), 2437, 300);
    let stay = bench.command("RemainOnChannel");
    let refused = Refused { errno: 16, text: "EBUSY".into() };
    bench.airtime.done(ms(0), stay, Err(refused), &mut bench.ids);
    bench.words(&["StayRefused(Refused { errno: 16, text: \"EBUSY\" })"]);
    let due = bench.airtime.poll_timeout().unwrap();
    assert_eq!(due, REFUSED_PAUSE);
    bench.airtime.handle_timeout(due, &mut bench.ids);
    bench.words(&["ListenEnded"]);
}

#[test]
fn a_client_being_connected_has_the_radio_to_itself() {
    let mut bench = Bench::new();
    let client = Client::Group(GroupId(1));
    bench.listen(ms(0), 2437, 1000);
    let stay = bench.command("RemainOnChannel");
    bench.airtime.hold(ms(1), client, true, &mut bench.ids);
    bench.command("CancelRemain");
    let scan = OwnerScan { client, iface: InterfaceId(2), scan: ScanRequest::default() };
    bench.airtime.scan_for_owner(ms(2), scan, &mut bench.ids);
    bench.nothing();
    bench.airtime.remain_ended(ms(3), stay, &mut bench.ids);
    let scan = bench.command("Scan");
    bench.airtime.scan_done(ms(70), scan, false, &mut bench.ids);
    bench.words(&["OwnerScanDone(Group(GroupId(1)))"]);
    bench.airtime.hold(ms(200), client, false, &mut bench.ids);
    bench.command("RemainOnChannel");
}

#[test]
fn a_scan_waits_until_the_frames_that_joined_the_stay_have_left_the_channel_too() {
    let mut bench = Bench::new();
    bench.listen(ms(0), 2437, 200);
    let stay = bench.command("RemainOnChannel");
    bench.airtime.remain_started(ms(0), stay, &mut bench.ids);
    bench.outputs();
    bench.send(ms(20), 1, 2437, 250);
    let sent = bench.command("Transmit");
    bench.airtime.sent(ms(21), sent, SendStatus::Acked, &mut bench.ids);
    bench.words(&["Sent(SendToken(1), Acked)"]);
    let client = Client::Group(GroupId(1));
    bench.want(ms(30), Want::StopWaiting(SendToken(1)));
    bench.airtime.hold(ms(30), client, true, &mut bench.ids);
    bench.words(&["CancelRemain", "CancelWait"]);
    let scan = OwnerScan { client, iface: InterfaceId(2), scan: ScanRequest::default() };
    bench.airtime.scan_for_owner(ms(30), scan, &mut bench.ids);
    bench.airtime.remain_ended(ms(31), stay, &mut bench.ids);
    bench.nothing();
    bench.airtime.wait_ended(ms(32), sent, &mut bench.ids);
    bench.command("Scan");
}

#[test]
fn a_frame_waits_for_the_begin_of_the_stay_that_it_is_to_join() {
    let mut bench = Bench::new();
    bench.listen(ms(0), 2437, 250);
    let stay = bench.command("RemainOnChannel");
    bench.send(ms(1), 1, 2437, 150);
    bench.nothing();
    bench.airtime.remain_started(ms(30), stay, &mut bench.ids);
    bench.words(&["ListenStarted", "Transmit"]);

    let mut bench = Bench::new();
    bench.listen(ms(0), 2437, 250);
    bench.command("RemainOnChannel");
    bench.send(ms(1), 1, 2437, 100);
    bench.nothing();
    assert_eq!(bench.airtime.poll_timeout(), Some(ms(100)), "not every driver tells of the begin");
    bench.airtime.handle_timeout(ms(100), &mut bench.ids);
    bench.command("Transmit");
}

#[test]
fn an_answer_to_an_answer_goes_before_the_radio_leaves_the_channel() {
    let mut bench = Bench::new();
    bench.send(ms(0), 1, 2437, 150);
    let request = bench.command("Transmit");
    bench.airtime.sent(ms(30), request, SendStatus::Acked, &mut bench.ids);
    bench.words(&["Sent(SendToken(1), Acked)"]);
    bench.airtime.want(ms(31), Want::StopWaiting(SendToken(1)));
    let frame = Vec::new();
    let confirmation = Want::Send { token: SendToken(2), frequency: 2437, frame, wait: ms(50), urgent: true };
    bench.airtime.want(ms(31), confirmation);
    bench.airtime.settle(ms(31), &mut bench.ids);
    let confirmation = bench.command("Transmit");
    bench.airtime.sent(ms(32), confirmation, SendStatus::Acked, &mut bench.ids);
    bench.words(&["Sent(SendToken(2), Acked)"]);
    bench.want(ms(32), Want::StopWaiting(SendToken(2)));
    bench.words(&["CancelWait", "CancelWait"]);

    // Too little is left of the first stay for as long a wait.
    let mut bench = Bench::new();
    bench.send(ms(0), 1, 2437, 150);
    let request = bench.command("Transmit");
    bench.airtime.sent(ms(30), request, SendStatus::Acked, &mut bench.ids);
    bench.outputs();
    bench.airtime.want(ms(150), Want::StopWaiting(SendToken(1)));
    bench.send(ms(150), 2, 2437, 150);
    bench.words(&["CancelWait", "Transmit"]);
}

#[test]
fn a_refused_frame_is_told_to_who_sent_it() {
    let mut bench = Bench::new();
    bench.send(ms(0), 1, 2412, 100);
    let id = bench.command("Transmit");
    bench.airtime.done(ms(1), id, Err(Refused { errno: 16, text: "EBUSY".into() }), &mut bench.ids);
    bench.words(&["SendFailed(SendToken(1))"]);
}

#[test]
fn a_wait_longer_than_the_stay_is_cut_to_fit_and_the_stay_renewed() {
    let mut bench = Bench::new();
    bench.listen(ms(0), 2437, 200);
    let stay = bench.command("RemainOnChannel");
    bench.airtime.remain_started(ms(0), stay, &mut bench.ids);
    bench.outputs();
    bench.want(
        ms(100),
        Want::Send { token: SendToken(1), frequency: 2437, frame: Vec::new(), wait: ms(250), urgent: true },
    );
    let sent = match bench.airtime.poll_output() {
        Some(Output::Command(id, Command::Transmit { transmission, .. })) => {
            assert_eq!(transmission.wait_ms, 90);
            id
        }
        other => panic!("{other:?}"),
    };
    bench.airtime.sent(ms(101), sent, SendStatus::Acked, &mut bench.ids);
    bench.words(&["Sent(SendToken(1), Acked)"]);
    bench.airtime.wait_ended(ms(200), sent, &mut bench.ids);
    bench.words(&["ListenEnded"]);
    // Half of the wait is left: the radio stays where the answer will come.
    bench.airtime.remain_ended(ms(200), stay, &mut bench.ids);
    bench.command("RemainOnChannel");
}

#[test]
fn a_frame_does_not_join_a_stay_that_is_nearly_over() {
    let mut bench = Bench::new();
    bench.listen(ms(0), 2437, 100);
    let stay = bench.command("RemainOnChannel");
    bench.airtime.remain_started(ms(0), stay, &mut bench.ids);
    bench.outputs();
    bench.send(ms(85), 1, 2437, 100);
    bench.command("CancelRemain");
    bench.airtime.remain_ended(ms(86), stay, &mut bench.ids);
    bench.command("Transmit");
}

#[test]
fn a_search_that_the_kernel_draws_out_is_ended() {
    let mut bench = Bench::new();
    bench.search(ms(0));
    let scan = bench.outputs()[0].0.unwrap();
    assert_eq!(bench.airtime.poll_timeout(), Some(ms(60)));
    bench.airtime.handle_timeout(ms(59), &mut bench.ids);
    bench.nothing();
    bench.airtime.handle_timeout(ms(60), &mut bench.ids);
    bench.command("AbortScan");
    assert!(bench.airtime.poll_timeout() > Some(ms(60)));
    bench.airtime.scan_done(ms(61), scan, true, &mut bench.ids);
    bench.words(&["SearchDone { aborted: false }"]);
}

#[test]
fn firmware_is_left_to_end_its_search() {
    let mut bench = Bench::new();
    bench.airtime = Airtime::new(DISCOVERY, Some(1000), false);
    bench.search(ms(0));
    bench.outputs();
    assert!(bench.airtime.poll_timeout() > Some(ms(10_000)));
}

#[test]
fn a_listen_lasts_its_time_from_when_the_radio_gets_there() {
    let mut bench = Bench::new();
    bench.listen(ms(0), 2437, 100);
    let stay = bench.command("RemainOnChannel");
    bench.airtime.remain_started(ms(30), stay, &mut bench.ids);
    bench.words(&["ListenStarted"]);
    assert_eq!(bench.airtime.poll_timeout(), Some(ms(130)));
}

#[test]
fn a_refused_scan_says_whose_interface_it_was() {
    let mut bench = Bench::new();
    let down = || Err(Refused { errno: 100, text: "ENETDOWN".into() });
    let scan = OwnerScan { client: Client::Group(GroupId(1)), iface: InterfaceId(2), scan: ScanRequest::default() };
    bench.airtime.scan_for_owner(ms(0), scan, &mut bench.ids);
    let id = bench.command("Scan");
    bench.airtime.done(ms(1), id, down(), &mut bench.ids);
    bench.words(&["ScanRefused { discovery: false, refused: Refused { errno: 100, text: \"ENETDOWN\" } }"]);
    let mut bench = Bench::new();
    bench.want(ms(0), Want::Search { frequencies: vec![2412], elements: Vec::new(), enough: None });
    let id = bench.outputs().into_iter().find_map(|(id, _)| id).expect("a scan");
    bench.airtime.done(ms(1), id, down(), &mut bench.ids);
    bench.words(&["ScanRefused { discovery: true, refused: Refused { errno: 100, text: \"ENETDOWN\" } }"]);
}

#[test]
fn a_radio_that_does_not_say_what_became_of_frames_is_not_waited_for_long() {
    let mut bench = Bench::new();
    let mut at = ms(0);
    for (n, within) in [(1, 1000), (2, 1000), (3, 1000), (4, 50), (5, 50)] {
        bench.send(at, n, 2412, 100);
        bench.command("Transmit");
        at += ms(100 + within);
        assert_eq!(bench.airtime.poll_timeout(), Some(at), "{n}");
        bench.airtime.handle_timeout(at, &mut bench.ids);
        bench.words(&[&format!("Sent(SendToken({n}), Unknown)")]);
        bench.want(at, Want::StopWaiting(SendToken(n)));
        bench.nothing();
    }
    // One that does after all is given its time again; what is said twice is of no matter.
    bench.send(at, 6, 2412, 100);
    let id = bench.command("Transmit");
    bench.airtime.sent(at, id, SendStatus::Acked, &mut bench.ids);
    bench.words(&["Sent(SendToken(6), Acked)"]);
    bench.airtime.sent(at, id, SendStatus::NotAcked, &mut bench.ids);
    bench.nothing();
    assert_eq!(bench.airtime.untold, 0);
}

/// The time of listening passes without a command.
#[test]
fn a_radio_that_cannot_stay_lets_the_time_of_listening_pass() {
    let mut bench = Bench::new();
    bench.airtime = Airtime::new(DISCOVERY, None, true);
    bench.want(ms(0), Want::Listen { frequency: 2437, duration: ms(300) });
    bench.words(&["ListenStarted"]);
    assert_eq!(bench.airtime.poll_timeout(), Some(ms(300)));
    bench.airtime.handle_timeout(ms(300), &mut bench.ids);
    bench.words(&["ListenEnded"]);
}
