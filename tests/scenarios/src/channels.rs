//! Where a group runs, and how wide.

use anyhow::{Context, Result, ensure};
use harness::formation::{Ends, FORMED_WITHIN, Wish, discover, dissolve, form};
use harness::{Group, Kind, Lab, Program, Scenario, Station};

use crate::join::{autonomous_with, join};
use crate::pairing;

/// A country in which a group may use 5 GHz.
const COUNTRY: &str = "country=JP";

/// One side demands a channel and gets it, as owner and as client, on either band.
fn demanded(lab: &mut Lab, mut a: Station, mut b: Station) -> Result<()> {
    let cases = [
        (Wish { more: "freq=5200", ..Wish::OWNER }, Wish::CLIENT, 5200),
        (Wish { more: "freq=2462", ..Wish::CLIENT }, Wish::OWNER, 2462),
        (Wish::CLIENT, Wish { more: "freq=2437", ..Wish::OWNER }, 2437),
    ];
    for (first, second, frequency) in cases {
        discover(&mut a, &mut b)?;
        let pause = std::time::Duration::from_millis(300);
        let (one, two) = form((&mut a, first), (&mut b, second), pause)?;
        ensure!(one.frequency == frequency, "{frequency} MHz was demanded: {one:?}");
        lab.check_traffic(&[(&a, &one), (&b, &two)])?;
        dissolve((&mut a, &one), (&mut b, &two), Ends::Owner)?;
    }
    Ok(())
}

/// Both demand, and not the same.
fn at_odds(_: &mut Lab, mut a: Station, mut b: Station) -> Result<()> {
    discover(&mut a, &mut b)?;
    let (one, two) = (a.address()?, b.address()?);
    a.control().forget();
    b.control().forget();
    a.ok(&Wish { more: "freq=2412", ..Wish::OWNER }.push_button(&two))?;
    b.control().expect("^P2P-GO-NEG-REQUEST ", FORMED_WITHIN)?;
    b.ok(&Wish { more: "freq=2462", ..Wish::CLIENT }.push_button(&one))?;
    for station in [&mut a, &mut b] {
        station.control().expect("^P2P-GO-NEG-FAILURE status=7$", FORMED_WITHIN)?;
        station.check_nothing_left()?;
    }
    Ok(())
}

/// The width of a group's channel, in MHz.
fn width(station: &Station, group: &Group) -> Result<u32> {
    let interfaces = station.interfaces()?;
    let found = interfaces.iter().find(|interface| interface.name.as_ref() == Some(&group.interface));
    found.and_then(|interface| interface.width).with_context(|| format!("{}: no channel in {found:?}", station.name()))
}

/// A group of 20, 40 and 80 MHz, and a client that uses all of it.
fn wide(lab: &mut Lab, mut owner: Station, mut client: Station) -> Result<()> {
    for (words, expected) in [("", 20), (" ht40", 40), (" vht", 80)] {
        let (owned, mut on_group) = autonomous_with(&mut owner, &format!("freq=5180{words}"))?;
        ensure!(owned.frequency == 5180, "{owned:?}");
        ensure!(width(&owner, &owned)? == expected, "{expected} MHz were asked for: {}", width(&owner, &owned)?);
        let joined = join(&mut owner, &owned, &mut on_group, &mut client)?;
        ensure!(width(&client, &joined)? == expected, "{}: {} MHz", client.name(), width(&client, &joined)?);
        lab.check_traffic(&[(&owner, &owned), (&client, &joined)])?;
        dissolve((&mut owner, &owned), (&mut client, &joined), Ends::Owner)?;
    }
    Ok(())
}

/// A wide channel by negotiation.
fn wide_negotiated(lab: &mut Lab, mut a: Station, mut b: Station) -> Result<()> {
    let mut cases = vec![("freq=5180 ht40", 40), ("freq=5180 vht", 80)];
    // wpa_supplicant's owner takes 80 MHz.
    if a.program() == Program::Ours {
        cases.push(("freq=5180 vht max_oper_chwidth=40", 40));
    }
    for (words, expected) in cases {
        discover(&mut a, &mut b)?;
        let wish = Wish { more: words, ..Wish::OWNER };
        let pause = std::time::Duration::from_millis(300);
        let (one, two) = form((&mut a, wish), (&mut b, Wish::CLIENT), pause)?;
        for (station, group) in [(&a, &one), (&b, &two)] {
            let got = width(station, group)?;
            ensure!(got == expected, "{}: {got} MHz instead of {expected}", station.name());
        }
        lab.check_traffic(&[(&a, &one), (&b, &two)])?;
        dissolve((&mut a, &one), (&mut b, &two), Ends::Owner)?;
    }
    Ok(())
}

/// Channels on which no group may be started are refused.
fn forbidden(lab: &mut Lab) -> Result<()> {
    let mut a = lab.station("a", Program::Ours, Kind::P2pDevice, &format!("{COUNTRY}\np2p_no_go_freq=5180-5240"))?;
    // Radar, the user's own exception, no channel at all.
    for frequency in [5260, 5500, 5200, 2413] {
        let said = a.control().request(&format!("P2P_GROUP_ADD freq={frequency}"))?;
        ensure!(said == "FAIL", "{frequency} MHz was answered with {said:?}");
    }
    a.check_nothing_left()
}

pub(crate) fn scenarios() -> Vec<Scenario> {
    let topics: [(&str, pairing::Run); 4] = [
        ("channel::demanded", demanded),
        ("channel::at-odds", at_odds),
        ("channel::wide", wide),
        ("channel::wide-negotiated", wide_negotiated),
    ];
    let mut list = Vec::new();
    for (topic, run) in topics {
        list.extend(pairing::each_with(topic, Kind::P2pDevice, COUNTRY, run));
    }
    list.push(Scenario::new("channel::forbidden::ours", forbidden));
    list
}
