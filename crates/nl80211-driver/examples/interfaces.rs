//! What happens to interfaces, through the seam: kinds, addresses, what others do to them, and what a dead process
//! leaves behind.
//!
//! usage: interfaces WLAN0
//!
//! It calls `ip` and `iw` as another administrator would. Meant for a simulated radio (`mac80211_hwsim`).

mod common;

use common::{Failure, Node};
use ieee80211_ies::MacAddr;
use nl80211_driver::{Driver, Error, Feature, Options};
use radio::{Command, CommandId, Event, FrameKind, InterfaceId, InterfaceKind, Reply};

const BASE: InterfaceId = InterfaceId::BASE;
const GROUP: InterfaceId = InterfaceId(7);
const P2P_ACTION: [u8; 6] = [0x04, 0x09, 0x50, 0x6f, 0x9a, 0x09];

fn run(command: &str) -> Result<(), Failure> {
    let mut words = command.split(' ');
    let program = words.next().ok_or("no program")?;
    let status = std::process::Command::new(program).args(words).status()?;
    if status.success() { Ok(()) } else { Err(format!("{command}: {status}").into()) }
}

fn exists(name: &str) -> bool {
    std::path::Path::new("/sys/class/net").join(name).exists()
}

async fn create(node: &mut Node, name: &str) -> Result<MacAddr, Failure> {
    let create =
        Command::CreateInterface { iface: GROUP, kind: InterfaceKind::P2pGo, name: name.to_owned(), address: None };
    match node.done(create).await? {
        Reply::Interface { name: made, address } if made == name => Ok(address),
        other => Err(format!("{other:?}").into()),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    tracing_subscriber::fmt().without_time().init();
    let name = std::env::args().nth(1).ok_or("usage: interfaces WLAN0")?;
    let group = format!("p2p-{name}-0");
    let mut node = Node::open(&name, Options::default()).await?;
    let kinds = vec![FrameKind::ProbeRequest, FrameKind::Action(P2P_ACTION.to_vec())];

    if node.capabilities.supports(InterfaceKind::P2pDevice) {
        println!("--- one P2P device a radio");
        node.done(Command::ReceiveFrames { iface: node.device, kinds: kinds.clone() }).await?;
        let (mut other, ..) = Driver::open(&name, Options::default()).await?;
        let living = other.clear_leftovers().await;
        println!("{living:?}");
        assert!(matches!(living, Err(Error::InUse { kind: InterfaceKind::P2pDevice, .. })));
        let kind = InterfaceKind::P2pDevice;
        let create = Command::CreateInterface { iface: GROUP, kind, name: "p2p-dev-2".to_owned(), address: None };
        other.command(CommandId(1), create);
        let event = other.event().await;
        println!("{event:?}");
        assert!(matches!(event, Event::Done { result: Err(refused), .. } if refused.errno == 16));
    }

    println!("--- kinds");
    node.done(Command::ReceiveFrames { iface: BASE, kinds: kinds.clone() }).await?;
    // What was asked for already is not asked for again.
    node.done(Command::ReceiveFrames { iface: BASE, kinds: kinds.clone() }).await?;
    for kind in [InterfaceKind::P2pGo, InterfaceKind::P2pClient, InterfaceKind::Station] {
        node.done(Command::SetInterfaceKind { iface: BASE, kind }).await?;
    }
    // The registrations must stand again: another's are refused.
    let (other, ..) = Driver::open(&name, Options::default()).await?;
    let mut other = Node::new(other);
    let twice = other.done(Command::ReceiveFrames { iface: BASE, kinds: kinds.clone() }).await;
    assert!(twice.is_err_and(|refused| refused.to_string().contains("EALREADY: Match already configured")));
    drop(other);

    println!("--- addresses");
    let address = MacAddr([2, 0, 0, 0, 0, 0x77]);
    node.done(Command::SetInterfaceAddress { iface: BASE, address }).await?;
    let shown = std::fs::read_to_string(format!("/sys/class/net/{name}/address"))?;
    assert_eq!(shown.trim(), address.to_string());

    println!("--- what others do");
    run(&format!("ip link set {name} down"))?;
    node.until(|event| *event == Event::InterfaceUp { iface: BASE, up: false }).await?;
    run(&format!("ip link set {name} name other0"))?;
    let renamed = Event::InterfaceRenamed { iface: BASE, name: "other0".to_owned() };
    node.until(|event| *event == renamed).await?;
    run(&format!("ip link set other0 name {name}"))?;
    run(&format!("ip link set {name} up"))?;
    node.until(|event| *event == Event::InterfaceUp { iface: BASE, up: true }).await?;
    create(&mut node, &group).await?;
    let duplicate = create(&mut node, &group).await;
    assert!(duplicate.is_err_and(|refused| refused.to_string().contains("that interface id is in use")));
    run(&format!("iw dev {group} del"))?;
    node.until(|event| *event == Event::InterfaceGone { iface: GROUP }).await?;
    let gone = node.done(Command::SetInterfaceUp { iface: GROUP, up: true }).await;
    assert!(gone.is_err_and(|refused| refused.to_string().contains("ENODEV")));

    println!("--- the regulatory domain");
    node.done(Command::SetCountry { country: *b"JP" }).await?;
    let event = node.until(|event| matches!(event, Event::Regulatory { .. })).await?;
    let Event::Regulatory { country, initiator, kind, channels } = event else { return Err("no domain".into()) };
    assert_eq!((country.as_str(), initiator, kind), ("JP", "USER", "COUNTRY"));
    assert!(channels.iter().any(|c| c.frequency == 2484 && !c.disabled));
    assert_eq!(node.driver.capabilities().country, "JP");

    println!("--- the kernel cleans up");
    create(&mut node, &group).await?;
    assert!(exists(&group));
    drop(node);
    let mut node = Node::open(&name, Options { ignore_features: vec![Feature::SocketOwner] }).await?;
    assert!(!exists(&group));

    println!("--- or does not");
    create(&mut node, &group).await?;
    node.done(Command::ReceiveFrames { iface: GROUP, kinds }).await?;
    let (mut other, ..) = Driver::open(&name, Options::default()).await?;
    let living = other.clear_leftovers().await;
    println!("while it lives: {living:?}");
    assert!(matches!(living, Err(Error::InUse { name, .. }) if name.starts_with("p2p-") || name.starts_with("wdev")));
    drop(node);
    assert!(exists(&group));
    let (mut other, ..) = Driver::open(&name, Options::default()).await?;
    let removed = other.clear_leftovers().await?;
    println!("once it is dead: {removed:?}");
    assert!(removed.contains(&group) && !exists(&group));
    println!("INTERFACES OK");
    Ok(())
}
