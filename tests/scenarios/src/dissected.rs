//! What our frames look like to somebody else: the recording of a formation, read by Wireshark's dissectors.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::formation::{Ends, Wish, whole_life};
use harness::lab::CAPTURE_FILE;
use harness::{Kind, Lab, Program, Scenario};

/// Transmitters of our stations: both radios' addresses differ from these in the first octet only.
const OURS: &str = "(wlan.ta[1:5] == 00:00:00:00:00 || wlan.ta[1:5] == 00:00:00:01:00)";

/// A formation of two of ours, with everything set that shows on the air.
fn formation(lab: &mut Lab, kind: Kind, [first, second]: [Program; 2]) -> Result<()> {
    let common = "device_type=7-0050F204-1\nconfig_methods=virtual_push_button physical_display keypad\n\
                  manufacturer=Lab\nmodel_name=Model\nmodel_number=1\nserial_number=2\n";
    let mut a = lab.station("a", first, kind, &format!("{common}p2p_listen_reg_class=81\np2p_listen_channel=6"))?;
    let mut b = lab.station("b", second, kind, &format!("{common}p2p_oper_reg_class=81\np2p_oper_channel=11"))?;
    let wish = Wish { intent: Some(13), more: "" };
    whole_life(
        lab,
        (&mut a, Wish { intent: Some(2), more: "" }),
        (&mut b, wish),
        Duration::from_millis(300),
        Ends::Owner,
    )?;
    a.stop()?;
    b.stop()
}

/// Fields of the frames that pass a display filter, one line a frame.
fn dissect(directory: &Path, filter: &str, fields: &[&str]) -> Result<Vec<String>> {
    let mut command = Command::new("tshark");
    command.arg("-r").arg(directory.join(CAPTURE_FILE)).args(["-Y", filter, "-T", "fields"]);
    for field in fields {
        command.args(["-e", field]);
    }
    let output = command.output().context("tshark: apt-get install tshark")?;
    ensure!(output.status.success(), "tshark: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
}

/// No frame of ours is malformed or draws an error from a dissector, and the negotiation says what was configured.
fn frames_are_well_formed(directory: &Path) -> Result<()> {
    let fields = ["frame.number", "wlan.fc.type_subtype", "_ws.expert.message", "_ws.malformed"];
    let severe = format!("{OURS} && (_ws.malformed || _ws.expert.severity >= \"Warning\")");
    let wrong = dissect(directory, &severe, &fields)?;
    ensure!(wrong.is_empty(), "frames that a dissector objects to:\n    {}", wrong.join("\n    "));

    let negotiation = [
        ("wifi_p2p.public_action.subtype == 0", "wifi_p2p.p2p_attr.go_intent.intent", "2"),
        ("wifi_p2p.public_action.subtype == 1", "wifi_p2p.p2p_attr.go_intent.intent", "13"),
        ("wifi_p2p.public_action.subtype == 0", "wifi_p2p.p2p_attr.device_info.device_name", "a"),
        ("wifi_p2p.public_action.subtype == 1", "wifi_p2p.p2p_attr.device_info.device_name", "b"),
        ("wifi_p2p.public_action.subtype == 0", "wifi_p2p.p2p_attr.listen_channel.channel_number", "6"),
        ("wifi_p2p.public_action.subtype == 1", "wifi_p2p.p2p_attr.operating_channel.channel_number", "11"),
        ("wifi_p2p.public_action.subtype == 2", "wifi_p2p.p2p_attr.status", "0x00"),
    ];
    for (filter, field, value) in negotiation {
        let found = dissect(directory, filter, &[field])?;
        ensure!(found.iter().any(|line| line == value), "{filter}: {field} is {found:?}, not {value:?}");
    }
    Ok(())
}

pub(crate) fn scenarios() -> Vec<Scenario> {
    let mut list = Vec::new();
    for kind in Kind::ALL {
        for programs in [[Program::Ours; 2], [Program::Theirs; 2]] {
            let name = format!("dissected::formation::{}::{}", kind.name(), crate::pairing::name(programs));
            let scenario = Scenario::new(name, move |lab| formation(lab, kind, programs));
            list.push(scenario.checked_outside(frames_are_well_formed));
        }
    }
    list
}
