//! Each kind of driver carries a whole life: find, negotiate, own and join a group, end it. `docs/drivers.md` is made of what
//! these runs show: `P2PD_WRITE_DOCS=1 cargo test -p scripted-kernel` writes it anew.

use nl80211_driver::Effect;
use radio::{Discovery, InterfaceKind, Placement, Plan, Sme};
use scripted_kernel::pair::{Pair, config, connect, own_on, profile, sourced, whole_life};
use scripted_kernel::{Profile, World};
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;
use wifi_direct::api::{Beside, Config, Error, Event, GroupEvent, Request};

/// The drivers there are profiles of: file, and what it is, for people.
const DRIVERS: [(&str, &str); 6] = [
    ("ath10k", "ath10k (QCA9377)"),
    ("qcacld", "Qualcomm's own driver (QCA9377, `p2p0`)"),
    ("brcmfmac", "brcmfmac (Raspberry Pi 4)"),
    ("mwifiex", "mwifiex"),
    ("mt7921", "mt76 (MT7921)"),
    ("hwsim", "mac80211_hwsim (recorded in the lab)"),
];

/// Beside a connection that another program holds on the base interface: in either role the group lands where it may, and nothing
/// is taken from that connection. What came of it, in words.
fn beside(profile: &Profile) -> String {
    let plan = Plan::new(&World::capabilities(profile), false);
    let mut pair = Pair::new(7, profile, &scripted_kernel::pair::profile("hwsim"));
    let bound = pair.owner;
    pair.world.hold(bound, Some(2437));
    let said = match plan.group {
        Placement::Base => {
            pair.find();
            let peer = pair.world.address(pair.client);
            for request in [own_on(2437), connect(peer, 15)] {
                let refused = pair.world.request(bound, request);
                let taken = Error::Beside { wanted: 0, beside: Beside::Interface(profile.base.clone()) };
                assert_eq!(refused, Err(taken));
            }
            "refused: the group would take the base interface".to_owned()
        }
        Placement::Own => {
            if plan.channels_beside == 1 {
                let refused = pair.world.request(bound, own_on(2412));
                assert!(matches!(refused, Err(Error::Beside { wanted: 2412, .. })), "{refused:?}");
            }
            pair.find();
            pair.form();
            let there = pair.world.group(bound).expect("a group").frequency;
            assert!(plan.channels_beside > 1 || there == 2437, "{there}");
            pair.end();
            // The other way round.
            std::mem::swap(&mut pair.owner, &mut pair.client);
            pair.find();
            pair.form();
            let there = pair.world.group(bound).expect("a group").frequency;
            assert!(plan.channels_beside > 1 || there == 2437, "{there}");
            pair.end();
            match plan.channels_beside {
                1 => "works, on the connection's channel".to_owned(),
                n => format!("works, on one of {n} channels"),
            }
        }
    };
    assert_eq!(pair.world.wrong(bound), Vec::<String>::new(), "{}", pair.report());
    said
}

#[test]
fn a_group_of_ours_follows_another_program_s_connection() {
    for name in ["ath10k", "brcmfmac", "mwifiex", "hwsim"] {
        let mut pair = Pair::new(9, &profile(name), &profile("hwsim"));
        let bound = pair.owner;
        pair.world.hold(bound, Some(2437));
        pair.find();
        pair.form();
        pair.world.hold(bound, Some(2462));
        let there = |w: &World| w.group(bound).is_some_and(|g| g.frequency == 2462 && !g.stations.is_empty());
        assert!(pair.world.run_until(Duration::from_secs(30), there), "{name}\n{}", pair.report());
        pair.world.hold(bound, None);
        pair.end();
        assert_eq!(pair.world.wrong(bound), Vec::<String>::new(), "{name}");
    }
}

/// Where another program takes the P2P frames of the base interface, and there is no P2P device.
#[test]
fn a_second_station_does_discovery_beside_a_base_interface_that_is_not_ours() {
    for name in ["mwifiex", "qcacld"] {
        let mut world = World::new(12);
        let beside = Config { leave_base: true, ..config("beside") };
        let (bound, peer) = (world.add(&profile(name), beside), world.add(&profile("hwsim"), config("peer")));
        world.hold(bound, Some(2437));
        assert!(world.run_until(Duration::from_secs(2), |w| w.device(bound).is_ready() && w.device(peer).is_ready()));
        assert_eq!(world.interfaces(bound), [InterfaceKind::Station, InterfaceKind::Station], "{name}");
        assert_ne!(world.address(bound), world.device(bound).base_address(), "{name}");
        for (owner, client) in [(bound, peer), (peer, bound)] {
            let mut pair = Pair { world, owner, client };
            pair.find();
            pair.form();
            let there = pair.world.group(bound).expect("a group").frequency;
            assert!(name == "qcacld" || there == 2437, "{name}: {there}");
            pair.end();
            world = pair.world;
        }
        assert_eq!(world.wrong(bound), Vec::<String>::new(), "{name}");
        assert_eq!(world.interfaces(bound), [InterfaceKind::Station, InterfaceKind::Station], "{name}");
    }
    // No room for one: the base interface does it.
    let mut world = World::new(12);
    let one = world.add(&profile("mt7921"), Config { leave_base: true, ..config("one") });
    assert!(!world.device(one).has_discovery_interface());
}

#[test]
fn ath10k_carries_a_whole_life() {
    whole_life(&profile("ath10k"));
    whole_life(&sourced("ath10k"));
}

#[test]
fn qualcomm_s_own_driver_carries_a_whole_life() {
    whole_life(&profile("qcacld"));
    whole_life(&sourced("qcacld"));
}

#[test]
fn brcmfmac_carries_a_whole_life() {
    whole_life(&profile("brcmfmac"));
    whole_life(&sourced("brcmfmac"));
}

#[test]
fn mwifiex_carries_a_whole_life() {
    whole_life(&profile("mwifiex"));
    whole_life(&sourced("mwifiex"));
}

#[test]
fn mt76_carries_a_whole_life_on_one_interface() {
    whole_life(&profile("mt7921"));
    whole_life(&sourced("mt7921"));
}

/// What the lab's radio with channel contexts cannot show: mac80211 switches the channel of such a radio only where its driver
/// has `switch_vif_chanctx` (`ieee80211_link_reserve_chanctx`, net/mac80211/chan.c:1115), and mac80211_hwsim has not.
#[test]
fn a_group_of_ath10k_moves_by_an_announced_switch() {
    let mut pair = Pair::new(4, &profile("ath10k"), &profile("ath10k"));
    pair.find();
    pair.form();
    let (owner, client) = (pair.owner, pair.client);
    let before = pair.world.group(owner).expect("a group").frequency;
    let forbidden = Config { disallowed_frequencies: vec![(before, before)], ..config("owner") };
    pair.world.request(owner, Request::Configure(Box::new(forbidden))).expect("a configuration");
    let at = |w: &World, id| w.group(id).map(|g| g.frequency);
    let moved =
        pair.world.run_until(Duration::from_secs(5), |w| at(w, owner) != Some(before) && at(w, client) == at(w, owner));
    assert!(moved && at(&pair.world, owner).is_some(), "{}", pair.report());
    let stays = |e: &Event| matches!(e, Event::Group { event: GroupEvent::StationDisconnected { .. }, .. });
    assert!(!pair.world.told(owner).iter().any(stays), "{}", pair.report());
    pair.end();
    pair.check(true);
}

/// The one that the lab's real kernel can be compared with: there the same life passes over the same radio.
#[test]
fn hwsim_recorded_and_replayed_carries_a_whole_life() {
    let recorded = profile("hwsim");
    assert!(recorded.fields.iter().any(|f| f.key == "recorded" && f.value.starts_with("Linux ")));
    let radio = World::capabilities(&recorded);
    let plan = Plan::new(&radio, false);
    assert_eq!((plan.discovery, plan.group), (Discovery::P2pDevice, Placement::Own));
    assert_eq!((plan.owner, plan.client, radio.control_port), (Sme::Ours, Sme::Ours, true));
    assert!(!radio.delivers.is_empty() && radio.max_remain_ms == 5000 && radio.software_scan);
    whole_life(&recorded);
}

#[test]
fn drivers_of_all_kinds_meet() {
    for (owner, client) in [
        ("ath10k", "qcacld"),
        ("brcmfmac", "mwifiex"),
        ("qcacld", "mt7921"),
        ("mwifiex", "ath10k"),
        ("hwsim", "brcmfmac"),
    ] {
        let mut pair = Pair::new(5, &profile(owner), &profile(client));
        pair.find();
        pair.form();
        pair.end();
        for id in [pair.owner, pair.client] {
            assert_eq!(pair.world.wrong(id), Vec::<String>::new(), "{owner} {client}");
        }
    }
}

#[test]
fn plans_follow_from_what_drivers_say() {
    let plan = |name| Plan::new(&World::capabilities(&profile(name)), false);
    let ath10k = plan("ath10k");
    assert_eq!((ath10k.discovery, ath10k.group, ath10k.channels_beside), (Discovery::P2pDevice, Placement::Own, 1));
    assert_eq!((ath10k.owner, ath10k.client), (Sme::Ours, Sme::Ours));
    let qcacld = plan("qcacld");
    assert_eq!((qcacld.discovery, qcacld.owner, qcacld.client), (Discovery::Base, Sme::Drivers, Sme::Drivers));
    let mt7921 = plan("mt7921");
    assert_eq!((mt7921.discovery, mt7921.group, mt7921.channels_beside), (Discovery::Base, Placement::Base, 0));
}

#[test]
fn what_has_no_source_decides_nothing() {
    for (name, _) in DRIVERS {
        let plan = |profile: &Profile| Plan::new(&World::capabilities(profile), false);
        assert_eq!(plan(&sourced(name)), plan(&profile(name)), "{name}");
        assert_eq!(beside(&sourced(name)), beside(&profile(name)), "{name}");
    }
}

#[test]
fn every_field_of_a_written_profile_has_a_source_or_says_that_it_has_none() {
    for (name, _) in DRIVERS {
        for field in profile(name).fields {
            let numbered = |s: &str| {
                let (file, place) = s.rsplit_once(':').unwrap_or_default();
                s == "recorded" || !file.is_empty() && (place.parse::<u32>().is_ok() || file == "hdd")
            };
            let good = field.source.as_deref().is_none_or(|s| s.split(' ').all(numbered));
            assert!(good, "{name}: {} @ {:?}", field.key, field.source);
        }
    }
}

fn documentation() -> String {
    let head = include_str!("drivers-head.md");
    let mut out = String::from(head);
    for (name, title) in DRIVERS {
        let radio = World::capabilities(&profile(name));
        let plan = Plan::new(&radio, false);
        whole_life(&profile(name));
        let discovery = match plan.discovery {
            Discovery::P2pDevice => "works, on a P2P device interface",
            Discovery::Base => "works, on the base interface",
            Discovery::Impossible => "impossible",
        };
        let sme = |sme| match sme {
            Sme::Ours => "works, MLME ours",
            Sme::Drivers => "works, MLME the driver's",
            Sme::None => "impossible",
        };
        let group = beside(&profile(name));
        let _ =
            writeln!(out, "| {title} | {discovery} | {} | {} | works | {group} |", sme(plan.owner), sme(plan.client));
    }
    out.push_str("\n## In words\n\nWhat `p2pctl radio` says of each:\n");
    for (name, title) in DRIVERS {
        let radio = World::capabilities(&profile(name));
        let plan = Plan::new(&radio, false);
        let _ = write!(out, "\n### {title}\n\n");
        for sentence in plan.sentences(&radio, &profile(name).base) {
            let _ = writeln!(out, "- {} {}", if sentence.can { "can" } else { "cannot" }, sentence.text);
        }
    }
    out.push_str("\n## Known to be otherwise than they say\n\n| Driver | What it does | Source | What we do |\n|---|---|---|---|\n");
    for quirk in nl80211_driver::QUIRKS {
        let done = match quirk.effect {
            Effect::StatusSaysNothing => "its word of a sent frame is not believed; timers decide",
            Effect::LeftoverBlocks => "what a dead process left is removed at the start",
            Effect::DrawsDeviceAddress => "it is given the address that the stored groups that we own know us by",
            _ => "-",
        };
        let _ = writeln!(out, "| {} | {} | {} | {done} |", quirk.driver, quirk.reason, quirk.source);
    }
    out.push_str(include_str!("drivers-tail.md"));
    out
}

#[test]
fn the_table_of_drivers_is_what_the_runs_show() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/drivers.md");
    let shown = documentation();
    if std::env::var_os("P2PD_WRITE_DOCS").is_some() {
        std::fs::write(&path, &shown).expect("the file can be written");
    }
    let written = std::fs::read_to_string(&path).expect("docs/drivers.md");
    assert!(
        written == shown,
        "docs/drivers.md is not what the runs show: P2PD_WRITE_DOCS=1 cargo test -p scripted-kernel"
    );
}
