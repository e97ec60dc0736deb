//! Formation on a bad medium: every frame of it lost once, whole attempts lost, acknowledgements lost, and loss at random.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::formation::{Ends, Wish, discover, dissolve, form, removed};
use harness::{Fate, Kind, Lab, Program, Role, Scenario, Station};

use crate::pairing;

/// The frames of a push-button formation, in their order on the air. All of them are sent by everybody.
const FRAMES: [&str; 25] = [
    "go-negotiation-request",
    "go-negotiation-response",
    "go-negotiation-confirmation",
    "authentication-1",
    "authentication-2",
    "association-request",
    "association-response",
    "eap-identity-request",
    "eap-identity-response",
    "wsc-start",
    "wsc-m1",
    "wsc-m2",
    "wsc-m3",
    "wsc-m4",
    "wsc-m5",
    "wsc-m6",
    "wsc-m7",
    "wsc-m8",
    "wsc-done",
    "eap-failure",
    "deauthentication",
    "4way-1",
    "4way-2",
    "4way-3",
    "4way-4",
];
/// Frames whose sender acts on the acknowledgement, or whose receiver acts before it.
const ACKNOWLEDGEMENTS: [&str; 6] = [
    "go-negotiation-request",
    "go-negotiation-response",
    "go-negotiation-confirmation",
    "association-response",
    "wsc-done",
    "4way-4",
];
/// How long the last handshake may take to be repaired after the group was reported as started.
const REPAIRED_WITHIN: Duration = Duration::from_secs(20);
/// How long a client may take to notice that its owner is gone, when it was not told.
const NOTICED_WITHIN: Duration = Duration::from_secs(60);
/// Formations in one scenario of random loss.
const RANDOM_ROUNDS: u32 = 4;
/// Loss of an attempt in the scenarios of random loss.
const LOSS: f64 = 0.3;

/// What goes wrong in a formation.
#[derive(Clone, Copy)]
struct Fault {
    frame: &'static str,
    times: u32,
    fate: Fate,
}

/// `a` initiates and becomes the client; `b` becomes the owner.
fn formation_with(lab: &mut Lab, programs: [Program; 2], fault: Fault) -> Result<()> {
    let (mut a, mut b) = pairing::stations(lab, programs, Kind::P2pDevice, "")?;
    discover(&mut a, &mut b)?;
    let medium = lab.medium()?;
    medium.spoil(fault.frame, fault.times, fault.fate);
    let (one, two) = form((&mut a, Wish::CLIENT), (&mut b, Wish::OWNER), Duration::from_millis(300))?;
    lab.check_traffic_within(&[(&a, &one), (&b, &two)], REPAIRED_WITHIN)?;
    ensure!(
        medium.spoiled() == fault.times,
        "{} was sent {} times: there was not enough to lose",
        fault.frame,
        medium.sent(fault.frame)
    );
    medium.heal();
    dissolve((&mut a, &one), (&mut b, &two), Ends::Owner)
}

/// Discovery, formation, traffic and end while every attempt is lost with a chance of 30 %.
fn random_loss(lab: &mut Lab, mut a: Station, mut b: Station) -> Result<()> {
    let medium = lab.medium()?;
    for round in 0..RANDOM_ROUNDS {
        medium.lose_at_random(LOSS, lab.settings.seed.wrapping_mul(1000) + u64::from(round));
        let (first, second) = if round % 2 == 0 { (Wish::OWNER, Wish::CLIENT) } else { (Wish::CLIENT, Wish::OWNER) };
        random_round(lab, (&mut a, first), (&mut b, second)).with_context(|| format!("round {}", round + 1))?;
    }
    Ok(())
}

fn random_round(lab: &mut Lab, a: (&mut Station, Wish<'_>), b: (&mut Station, Wish<'_>)) -> Result<()> {
    let ((a, first), (b, second)) = (a, b);
    discover(a, b)?;
    let (one, two) = form((&mut *a, first), (&mut *b, second), Duration::from_millis(300))?;
    lab.check_traffic_within(&[(a, &one), (b, &two)], REPAIRED_WITHIN)?;
    let ((owner, owned), (client, joined)) =
        if one.role == Role::Owner { ((a, one), (b, two)) } else { ((b, two), (a, one)) };
    owner.ok(&format!("P2P_GROUP_REMOVE {}", owned.interface))?;
    removed(owner, &owned, "REQUESTED")?;
    // The owner's farewell is group-addressed and may be lost.
    let ended = format!("^P2P-GROUP-REMOVED {} client reason=(GO_ENDING_SESSION|IDLE|UNAVAILABLE)$", joined.interface);
    client.control().expect(&ended, NOTICED_WITHIN)?;
    owner.check_nothing_left()?;
    client.check_nothing_left()
}

pub(crate) fn scenarios() -> Vec<Scenario> {
    let mut list = Vec::new();
    for programs in pairing::ALL {
        let pair = pairing::name(programs);
        let mut add = |name: String, fault| {
            list.push(Scenario::new(name, move |lab| formation_with(lab, programs, fault)));
        };
        for frame in FRAMES {
            if frame == "4way-4" && programs == [Program::Theirs; 2] {
                // wpa_supplicant encrypts the repeated message, which its own owner then cannot read.
                continue;
            }
            add(format!("loss::once::{frame}::{pair}"), Fault { frame, times: 1, fate: Fate::Lost });
        }
        for frame in ACKNOWLEDGEMENTS {
            let fault = Fault { frame, times: 1, fate: Fate::AcknowledgementLost };
            add(format!("loss::acknowledgement::{frame}::{pair}"), fault);
        }
        if programs[0] == Program::Ours {
            let fault = Fault { frame: "4way-4", times: 3, fate: Fate::Swallowed };
            add(format!("loss::three-times::4way-4::{pair}"), fault);
        }
    }
    for kind in Kind::ALL {
        let several = pairing::each(&format!("loss::random::{}", kind.name()), kind, random_loss);
        // With wpa_supplicant on either side one formation in some thirty fails by its own doing: `lab bench` counts those.
        let ours = several.into_iter().filter(|scenario| scenario.name.ends_with("ours-ours"));
        list.extend(ours.map(|scenario| scenario.within(Duration::from_secs(600))));
    }
    list
}
