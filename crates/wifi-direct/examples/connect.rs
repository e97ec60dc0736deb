//! Finds the first peer and forms a group with it by push button:
//! `cargo run --release -p wifi-direct --example connect -- wlan0`

use wifi_direct::api::{Config, Connect, ConnectHow, Event, Find, Request, WpsMethod};
use wifi_direct::{OpenOptions, WifiDirect};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let interface = std::env::args().nth(1).ok_or("usage: connect INTERFACE")?;
    let config = Config { device_name: "example".into(), ..Config::default() };
    let mut radio = WifiDirect::open(&interface, config, OpenOptions::default()).await?;
    radio.request(Request::Find(Find::default()))?;
    loop {
        match radio.event().await {
            Event::P2p(p2p_core::Event::DeviceFound { peer, .. }) => {
                println!("found {} ({})", peer.address, ieee80211_ies::escape::name(&peer.name));
                radio.request(Request::Connect(Connect {
                    peer: peer.address,
                    method: WpsMethod::PushButton,
                    how: ConnectHow::Auto,
                    intent: None,
                    authorize_only: false,
                    persistent: false,
                    record: None,
                    channel: Default::default(),
                    provision_first: false,
                    ssid: None,
                }))?;
            }
            Event::GroupStarted(group) => {
                println!("{:?} of {} on {} MHz", group.role, ieee80211_ies::escape::ssid(&group.ssid), group.frequency);
                break;
            }
            Event::ConnectFailed { peer, phase, cause } => println!("{peer}: failed in {phase:?}: {cause}"),
            _ => {}
        }
    }
    tokio::signal::ctrl_c().await?;
    radio.close().await;
    Ok(())
}
