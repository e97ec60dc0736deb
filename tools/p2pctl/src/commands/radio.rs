//! `p2pctl radio`: what a radio can do for P2P, asked of the kernel itself.

use crate::shell::{Shell, Stop};
use crate::text::Json;
use nl80211_driver::{Inspection, inspect, quirks};
use radio::Plan;
use std::fmt::Write;
use std::path::Path;

/// Where the kernel lists network interfaces.
const INTERFACES: &str = "/sys/class/net";

pub(super) async fn run(shell: &mut Shell<'_>, ifname: Option<&str>, record: Option<&Path>) -> Result<(), Stop> {
    let names = match ifname {
        Some(name) => vec![name.to_owned()],
        None => radios(),
    };
    if names.is_empty() {
        return Err(Stop::NotFound(String::from("this machine has no Wi-Fi radio (or none whose interface is there)")));
    }
    if record.is_some() && names.len() > 1 {
        let text = format!("several radios are there, name the interface of one: {}", names.join(", "));
        return Err(Stop::NotFound(text));
    }
    for (number, name) in names.iter().enumerate() {
        let inspection = inspect(name).await.map_err(|error| Stop::NotFound(format!("{name}: {error}")))?;
        if number > 0 {
            shell.say("")?;
        }
        describe(shell, &inspection)?;
        if let Some(file) = record {
            std::fs::write(file, recording(&inspection))?;
            shell.say(&format!("Written to {}. It holds no addresses.", file.display()))?;
        }
    }
    Ok(())
}

/// One interface of each radio.
fn radios() -> Vec<String> {
    let mut found: Vec<(String, String)> = Vec::new();
    let entries = std::fs::read_dir(INTERFACES).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.filter_map(|e| e.file_name().into_string().ok()).collect();
    names.sort();
    for name in names {
        let Ok(phy) = std::fs::read_to_string(format!("{INTERFACES}/{name}/phy80211/name")) else { continue };
        if !found.iter().any(|(_, other)| *other == phy) {
            found.push((name, phy));
        }
    }
    found.into_iter().map(|(name, _)| name).collect()
}

fn describe(shell: &mut Shell<'_>, inspection: &Inspection) -> Result<(), Stop> {
    let Inspection { capabilities, base, others, .. } = inspection;
    let plan = Plan::new(capabilities, false);
    let driver = if capabilities.driver.is_empty() { "unknown" } else { &capabilities.driver };
    shell.say(&format!("{} ({}), driver {driver}", base.name, capabilities.name))?;
    let sentences = plan.sentences(capabilities, &base.name);
    for sentence in &sentences {
        shell.say(&format!("  {} {}", if sentence.can { "can" } else { "cannot" }, sentence.text))?;
    }
    let known: Vec<_> = quirks(driver).collect();
    for quirk in &known {
        shell.say(&format!("  this driver {} ({})", quirk.reason, quirk.source))?;
    }
    for other in others {
        shell.say(&format!("  has another interface: {} ({:?})", other.name, other.kind))?;
    }
    let sentence = |s: &radio::Sentence| Json::Object(vec![("can", Json::Bool(s.can)), ("text", Json::text(&*s.text))]);
    shell.give(&Json::Object(vec![
        ("interface", Json::text(&*base.name)),
        ("radio", Json::text(&*capabilities.name)),
        ("driver", Json::text(driver)),
        ("quirks", Json::List(known.iter().map(|q| Json::text(q.reason)).collect())),
        ("plan", Json::List(sentences.iter().map(sentence).collect())),
    ]))
}

/// The text of a profile for the scripted kernel.
fn recording(inspection: &Inspection) -> String {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let release = release.trim();
    let driver = &inspection.capabilities.driver;
    let mut out = format!(
        "# What the kernel says of a radio, recorded by p2pctl radio --record.\nrecorded = Linux {release}\n\
         driver = {driver} @ recorded\nbase-interface = {} @ recorded\n",
        inspection.base.name
    );
    for part in &inspection.said {
        out.push_str("wiphy = ");
        for octet in part {
            // Writing to a String cannot fail.
            let _ = write!(out, "{octet:02x}");
        }
        out.push('\n');
    }
    out
}
