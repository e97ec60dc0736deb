//! Exercises two radios of one machine through the seam: opening, scanning, listening, frames.
//!
//! usage: probe WLAN0 WLAN1 [ignore=FEATURE ...]
//!
//! The second radio listens on a channel; the first sends it a P2P public action frame and a probe request. Everything
//! that either reports is printed. Meant for simulated radios (`mac80211_hwsim`).

mod common;

use common::{Failure, Node, frame, options};
use radio::{Command, CommandId, Event, FrameKind, ScanRequest, SendStatus, Transmission};

const CHANNEL: u32 = 2437;
const P2P_ACTION: [u8; 6] = [0x04, 0x09, 0x50, 0x6f, 0x9a, 0x09];
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    tracing_subscriber::fmt().without_time().init();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [first, second, rest @ ..] = arguments.as_slice() else { return Err("usage: probe WLAN0 WLAN1".into()) };
    let mut a = Node::open(first, options(rest)).await?;
    let mut b = Node::open(second, options(rest)).await?;

    let kinds = vec![FrameKind::ProbeRequest, FrameKind::Action(P2P_ACTION.to_vec())];
    b.done(Command::ReceiveFrames { iface: b.device, kinds: kinds.clone() }).await?;
    a.done(Command::ReceiveFrames { iface: a.device, kinds }).await?;

    let scan = ScanRequest { ssids: vec![Vec::new()], no_cck: true, ..ScanRequest::default() };
    a.done(Command::Scan { iface: a.device, scan }).await?;
    a.until(|event| matches!(event, Event::ScanDone { .. })).await?;

    println!("--- listening");
    b.done(Command::RemainOnChannel { iface: b.device, frequency: CHANNEL, duration_ms: 2000 }).await?;
    b.until(|event| matches!(event, Event::RemainStarted { .. })).await?;

    println!("--- action frame");
    let mut body = P2P_ACTION.to_vec();
    body.extend([7, 1]);
    let transmission = Transmission {
        frequency: Some(CHANNEL),
        frame: frame(0xd0, b.address, a.address, b.address, &body),
        wait_ms: 100,
        no_cck: true,
        no_ack: false,
    };
    let id = a.command(Command::Transmit { iface: a.device, transmission });
    let sent = a.until(|event| matches!(event, Event::Sent { id: of, .. } if *of == id)).await?;
    assert_eq!(sent, Event::Sent { id, status: SendStatus::Acked });
    b.until(|event| matches!(event, Event::Received { frame, .. } if frame.ends_with(&[7, 1]))).await?;
    let cancel = a.done(Command::CancelWait { iface: a.device, transmission: id }).await;
    println!("{}: end of the wait: {cancel:?}", a.address);

    println!("--- answer from the listening radio");
    let transmission = Transmission {
        frequency: Some(CHANNEL),
        frame: frame(0xd0, a.address, b.address, b.address, &body),
        wait_ms: 0,
        no_cck: true,
        no_ack: false,
    };
    a.done(Command::RemainOnChannel { iface: a.device, frequency: CHANNEL, duration_ms: 500 }).await?;
    a.until(|event| matches!(event, Event::RemainStarted { .. })).await?;
    let id = b.command(Command::Transmit { iface: b.device, transmission });
    b.until(|event| matches!(event, Event::Sent { id: of, .. } if *of == id)).await?;
    a.until(|event| matches!(event, Event::Received { .. })).await?;

    println!("--- probe request");
    let scan = ScanRequest {
        ssids: vec![b"DIRECT-".to_vec()],
        frequencies: vec![CHANNEL],
        no_cck: true,
        ..ScanRequest::default()
    };
    a.until(|event| matches!(event, Event::RemainEnded { .. })).await?;
    a.done(Command::Scan { iface: a.device, scan }).await?;
    b.until(|event| matches!(event, Event::Received { frame, .. } if frame.first() == Some(&0x40))).await?;
    a.until(|event| matches!(event, Event::ScanDone { .. })).await?;
    b.until(|event| matches!(event, Event::RemainEnded { .. })).await?;

    println!("--- no probe requests any more");
    b.done(Command::ReceiveFrames { iface: b.device, kinds: Vec::new() }).await?;
    let refused = b.done(Command::CancelRemain { iface: b.device, remain: CommandId(99) }).await;
    println!("{}: {refused:?}", b.address);
    println!("PROBE OK");
    Ok(())
}
