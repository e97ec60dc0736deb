//! What our frames look like to somebody else: the recording of a formation, read by Wireshark's dissectors.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::formation::{Ends, Wish, discover, dissolve, form};
use harness::lab::CAPTURE_FILE;
use harness::{Kind, Lab, Program, Scenario};

use crate::pairing;

/// Fields that are looked at, by their names in Wireshark.
const FIELDS: [&str; 14] = [
    "frame.number",
    "wlan.fc.type_subtype",
    "wlan.ta",
    "wifi_p2p.public_action.subtype",
    "wifi_p2p.status",
    "wifi_p2p.dev_info.dev_name",
    "wifi_p2p.dev_info.pri_dev_type",
    "wifi_p2p.go_intent",
    "wifi_p2p.listen_channel.channel_number",
    "wifi_p2p.operating_channel.channel_number",
    "wps.device_password_id",
    "wps.config_methods",
    "wps.device_name",
    "wlan.ds.current_channel",
];
/// How long the group lives for its beacons' sake: one each 100 TU.
const BEACONS: Duration = Duration::from_millis(300);
/// The P2P wildcard SSID, as tshark prints it.
const WILDCARD: &str = "wlan.ssid == \"DIRECT-\"";
const PROBE_RESPONSE: &str = "0x0005";
const BEACON: &str = "0x0008";
const GO_NEGOTIATION_REQUEST: &str = "0";
const GO_NEGOTIATION_RESPONSE: &str = "1";
const GO_NEGOTIATION_CONFIRMATION: &str = "2";

/// One dissected frame: the values of [`FIELDS`], in their order.
struct Frame(Vec<String>);

impl Frame {
    fn get(&self, field: &str) -> &str {
        let column = FIELDS.iter().position(|name| *name == field);
        column.and_then(|column| self.0.get(column)).map_or("", String::as_str)
    }

    /// Whether this is a P2P public action of this subtype.
    fn is_action(&self, subtype: &str) -> bool {
        self.get("wifi_p2p.public_action.subtype") == subtype
    }
}

/// What a station is told to be.
struct Told {
    name: &'static str,
    intent: u8,
    listen: u8,
    operating: u8,
}

const TOLD: [Told; 2] =
    [Told { name: "a", intent: 2, listen: 6, operating: 1 }, Told { name: "b", intent: 13, listen: 1, operating: 11 }];

impl Told {
    fn config(&self) -> String {
        format!(
            "device_type=7-0050F204-1\nconfig_methods=virtual_push_button physical_display keypad\n\
             manufacturer=Lab\nmodel_name=Model\nmodel_number=1\nserial_number=2\n\
             p2p_listen_reg_class=81\np2p_listen_channel={}\n\
             p2p_oper_reg_class=81\np2p_oper_channel={}",
            self.listen, self.operating
        )
    }

    fn wish(&self) -> Wish<'static> {
        Wish { intent: Some(self.intent), more: "" }
    }
}

/// A formation with everything set that shows on the air.
fn formation(lab: &mut Lab, kind: Kind, programs: [Program; 2]) -> Result<()> {
    let [first, second] = &TOLD;
    let mut a = lab.station(first.name, programs[0], kind, &first.config())?;
    let mut b = lab.station(second.name, programs[1], kind, &second.config())?;
    discover(&mut a, &mut b)?;
    let delay = Duration::from_millis(300);
    let (one, two) = form((&mut a, first.wish()), (&mut b, second.wish()), delay)?;
    lab.check_traffic(&[(&a, &one), (&b, &two)])?;
    // All of that may pass before the first beacon.
    a.control().expect_none("^P2P-GROUP-REMOVED ", BEACONS)?;
    dissolve((&mut a, &one), (&mut b, &two), Ends::Owner)?;
    a.stop()?;
    b.stop()
}

/// The frames of the recording that pass a display filter.
fn dissect(directory: &Path, filter: &str, fields: &[&str]) -> Result<Vec<Frame>> {
    let mut command = Command::new("tshark");
    command.arg("-n").arg("-r").arg(directory.join(CAPTURE_FILE)).args(["-Y", filter, "-T", "fields"]);
    for field in fields {
        command.args(["-e", field]);
    }
    let output = command.output().context("tshark: apt-get install tshark")?;
    ensure!(output.status.success(), "tshark: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().map(|line| Frame(line.split('\t').map(str::to_owned).collect())).collect())
}

/// No frame is malformed or draws a warning from a dissector.
fn frames_are_well_formed(directory: &Path) -> Result<()> {
    let severe = "_ws.malformed || _ws.expert.severity >= \"Warning\"";
    let wrong = dissect(directory, severe, &["frame.number", "wlan.fc.type_subtype", "_ws.expert.message"])?;
    let named: Vec<_> = wrong.iter().map(|frame| frame.0.join(" ")).collect();
    ensure!(named.is_empty(), "frames that a dissector objects to:\n    {}", named.join("\n    "));
    Ok(())
}

/// Has the recording of a scenario dissected where every frame on the air is ours: what wpa_supplicant or a hostile
/// radio sends is not for us to answer for.
pub(crate) fn all_frames_of_ours(scenario: Scenario) -> Scenario {
    let others = ["theirs", "hostile", "dissected"];
    if others.iter().any(|part| scenario.name.contains(part)) {
        return scenario;
    }
    scenario.checked_outside(frames_are_well_formed)
}

/// The frames say what was configured.
fn frames_say_what_was_meant(directory: &Path) -> Result<()> {
    frames_are_well_formed(directory)?;
    let frames = dissect(directory, "wlan.fc.type == 0", &FIELDS)?;
    for told in &TOLD {
        let of = |frame: &&Frame| frame.get("wifi_p2p.dev_info.dev_name") == told.name;
        // A response before the user's consent has no intent to tell.
        let meant = |frame: &&Frame| {
            frame.is_action(GO_NEGOTIATION_REQUEST)
                || frame.is_action(GO_NEGOTIATION_RESPONSE) && frame.get("wifi_p2p.status") == "0"
        };
        let said: Vec<_> = frames.iter().filter(of).filter(meant).collect();
        every(&said, "wifi_p2p.go_intent", &told.intent.to_string(), 1)?;
        every(&said, "wifi_p2p.dev_info.pri_dev_type", "00070050f2040001", 1)?;
        let requests: Vec<_> = said.into_iter().filter(|frame| frame.is_action(GO_NEGOTIATION_REQUEST)).collect();
        every(&requests, "wifi_p2p.listen_channel.channel_number", &told.listen.to_string(), 0)?;
        every(&requests, "wifi_p2p.operating_channel.channel_number", &told.operating.to_string(), 0)?;
        every(&requests, "wps.device_password_id", "0x0004", 0)?;
    }
    let confirmations: Vec<_> = frames.iter().filter(|frame| frame.is_action(GO_NEGOTIATION_CONFIRMATION)).collect();
    every(&confirmations, "wifi_p2p.status", "0", 1)?;
    // Each prefers another channel: the owner's counts.
    let beacons: Vec<_> = frames.iter().filter(|frame| frame.get("wlan.fc.type_subtype") == BEACON).collect();
    every(&beacons, "wlan.ds.current_channel", "11", 1)?;

    let lonely = dissect(directory, &format!("wlan.fc.type_subtype == {PROBE_RESPONSE} && {WILDCARD}"), &FIELDS)?;
    for told in &TOLD {
        let own: Vec<_> = lonely.iter().filter(|frame| frame.get("wps.device_name") == told.name).collect();
        every(&own, "wps.config_methods", "0x4388", 1)?;
        every(&own, "wifi_p2p.dev_info.dev_name", told.name, 1)?;
    }
    Ok(())
}

/// Demands at least so many frames, all with this value.
fn every(frames: &[&Frame], field: &str, value: &str, least: usize) -> Result<()> {
    ensure!(frames.len() >= least, "no frame from which to read {field}");
    let other = frames.iter().find(|frame| frame.get(field) != value);
    let said = other.map(|frame| format!("frame {}: {:?}", frame.get("frame.number"), frame.get(field)));
    ensure!(said.is_none(), "{field} is not {value:?} in {}", said.unwrap_or_default());
    Ok(())
}

pub(crate) fn scenarios() -> Vec<Scenario> {
    let mut list = Vec::new();
    for kind in Kind::ALL {
        for programs in [[Program::Ours; 2], [Program::Theirs; 2]] {
            let name = format!("dissected::formation::{}::{}", kind.name(), pairing::name(programs));
            let scenario = Scenario::new(name, move |lab| formation(lab, kind, programs));
            list.push(scenario.checked_outside(frames_say_what_was_meant));
        }
    }
    list
}
