//! Lost reports on a real kernel: a radio does not listen while another fills its socket, and must find its way back.
//!
//! usage: overrun WLAN0 WLAN1
//!
//! What the second radio's frames came to is reported to everybody, so to the first too. Meant for simulated radios
//! (`mac80211_hwsim`).

mod common;

use common::{Failure, Node, frame, options};
use ieee80211_ies::MacAddr;
use radio::{Command, Event, ScanRequest, Transmission};

/// Frames of a kilobyte: more than the socket holds.
const FRAMES: usize = 3000;
const CHANNEL: u32 = 2437;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    tracing_subscriber::fmt().without_time().init();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [first, second] = arguments.as_slice() else { return Err("usage: overrun WLAN0 WLAN1".into()) };
    let mut a = Node::open(first, options(&[])).await?;
    let mut b = Node::open(second, options(&[])).await?;
    let remain = Command::RemainOnChannel { iface: a.device, frequency: CHANNEL, duration_ms: 3000 };
    a.done(remain).await?;
    a.until(|event| matches!(event, Event::RemainStarted { .. })).await?;
    // Refused or not, it must end.
    let scan = a.command(Command::Scan { iface: a.device, scan: ScanRequest::default() });

    let mut body = vec![4, 9, 0x50, 0x6f, 0x9a, 9];
    body.resize(1024, 0);
    let peer = MacAddr([2, 0, 0, 0, 0, 0x55]);
    let mut sent = 0;
    for _ in 0..FRAMES {
        let transmission = Transmission {
            frequency: Some(CHANNEL),
            frame: frame(0xd0, peer, b.address, peer, &body),
            wait_ms: 0,
            no_cck: true,
            no_ack: false,
        };
        let id = b.command(Command::Transmit { iface: b.device, transmission });
        loop {
            match b.driver.event().await {
                Event::Sent { id: of, .. } if of == id => break,
                Event::Done { result: Err(refused), .. } => return Err(refused.into()),
                _ => {}
            }
        }
        sent += 1;
    }
    println!("{sent} frames sent");

    let (mut ended, mut scanned, mut overrun) = (0, 0, 0);
    while overrun == 0 || ended == 0 || scanned == 0 {
        match a.until(|_| true).await? {
            Event::RemainEnded { .. } => ended += 1,
            Event::Done { id, result: Err(_) } if id == scan => scanned += 1,
            Event::ScanDone { id, .. } if id == Some(scan) => scanned += 1,
            Event::Overrun => overrun += 1,
            _ => {}
        }
    }
    assert_eq!((ended, scanned), (1, 1));
    // And it works again.
    let again = Command::RemainOnChannel { iface: a.device, frequency: CHANNEL, duration_ms: 20 };
    a.done(again).await?;
    a.until(|event| matches!(event, Event::RemainEnded { .. })).await?;
    println!("OVERRUN OK");
    Ok(())
}
