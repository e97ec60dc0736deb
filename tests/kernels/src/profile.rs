//! What a radio under a particular driver says of itself.
//!
//! A profile is text. Written ones have a line for each field, `key = value @ where it was read`, the place being a file and
//! line of Linux 6.1; `@ ?` marks what could not be read anywhere: [`Profile::sourced`] leaves that out, and what is
//! tried must come out the same. Recorded ones have the kernel's own messages, `wiphy = hexadecimal octets`.

use crate::nl;
use crate::wire::{Attrs, Out};
use std::fmt;
use std::time::Duration;

/// A profile that cannot be read: the line, and what is wrong with it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProfileError {
    pub line: usize,
    pub reason: String,
}

impl fmt::Display for ProfileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.reason)
    }
}

/// One field of a written profile.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Field {
    pub key: String,
    pub value: String,
    /// Where it was read; `None` for what was not.
    pub source: Option<String>,
}

/// What a radio says of itself, and how its driver is peculiar.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Profile {
    /// The driver's name.
    pub driver: String,
    /// The interface that it has from the start.
    pub base: String,
    /// An interface has to be down to change its type.
    pub needs_down: bool,
    /// The attributes of each message of the answer to `GET_WIPHY`, without the radio's number.
    pub wiphy: Vec<Vec<u8>>,
    /// The fields of a written one.
    pub fields: Vec<Field>,
    /// What a test has it do otherwise.
    pub peculiar: Peculiar,
}

/// What becomes of the reports that a frame has been sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Statuses {
    /// They say what became of it, at once.
    #[default]
    True,
    /// They come, and are true, so much later.
    Late(Duration),
    /// They come after the next received frame: the answer overtakes them.
    AfterAnswer,
    /// They never come.
    Missing,
    /// They all say this, whatever became of it: acknowledged, or not.
    Always(bool),
}

/// What a driver does otherwise than others, for a test to turn on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Peculiar {
    /// What becomes of the reports that a management frame has been sent.
    pub statuses: Statuses,
    /// The BSSID of received action frames is all zeros.
    pub zero_bssid: bool,
    /// The radio has another address at each boot: this is the how-manieth.
    pub boot: u8,
}

const KINDS: [(&str, u32); 8] = [
    ("station", nl::IFTYPE_STATION),
    ("ap", nl::IFTYPE_AP),
    ("adhoc", nl::IFTYPE_ADHOC),
    ("mesh", nl::IFTYPE_MESH_POINT),
    ("monitor", nl::IFTYPE_MONITOR),
    ("p2p-client", nl::IFTYPE_P2P_CLIENT),
    ("p2p-go", nl::IFTYPE_P2P_GO),
    ("p2p-device", nl::IFTYPE_P2P_DEVICE),
];

const COMMANDS: [(&str, u8); 23] = [
    ("new-interface", nl::CMD_NEW_INTERFACE),
    ("set-interface", nl::CMD_SET_INTERFACE),
    ("new-key", nl::CMD_NEW_KEY),
    ("start-ap", nl::CMD_START_AP),
    ("new-station", nl::CMD_NEW_STATION),
    ("set-bss", nl::CMD_SET_BSS),
    ("authenticate", nl::CMD_AUTHENTICATE),
    ("associate", nl::CMD_ASSOCIATE),
    ("deauthenticate", nl::CMD_DEAUTHENTICATE),
    ("disassociate", nl::CMD_DISASSOCIATE),
    ("remain-on-channel", nl::CMD_REMAIN_ON_CHANNEL),
    ("set-tx-bitrate-mask", nl::CMD_SET_TX_BITRATE_MASK),
    ("frame", nl::CMD_FRAME),
    ("frame-wait-cancel", nl::CMD_FRAME_WAIT_CANCEL),
    ("probe-client", nl::CMD_PROBE_CLIENT),
    ("start-p2p-device", nl::CMD_START_P2P_DEVICE),
    ("connect", nl::CMD_CONNECT),
    ("disconnect", nl::CMD_DISCONNECT),
    ("channel-switch", nl::CMD_CHANNEL_SWITCH),
    ("control-port-frame", nl::CMD_CONTROL_PORT_FRAME),
    ("set-station", nl::CMD_SET_STATION),
    ("del-station", nl::CMD_DEL_STATION),
    ("trigger-scan", nl::CMD_TRIGGER_SCAN),
];

const FEATURES: [(&str, u32); 5] = [
    ("full-ap-client-state", nl::FEATURE_FULL_AP_CLIENT_STATE),
    ("ap-scan", nl::FEATURE_AP_SCAN),
    ("mac-on-create", nl::FEATURE_MAC_ON_CREATE),
    ("scan-flush", nl::FEATURE_SCAN_FLUSH),
    ("p2p-go-ctwin", nl::FEATURE_P2P_GO_CTWIN),
];

const EXTENDED: [(&str, u16); 4] = [
    ("set-scan-dwell", nl::EXT_FEATURE_SET_SCAN_DWELL),
    ("control-port", nl::EXT_FEATURE_CONTROL_PORT_OVER_NL80211),
    ("control-port-tx-status", nl::EXT_FEATURE_CONTROL_PORT_OVER_NL80211_TX_STATUS),
    ("control-port-no-preauth", nl::EXT_FEATURE_CONTROL_PORT_NO_PREAUTH),
];

const FLAGS: [(&str, u16); 4] = [
    ("offchannel-tx", nl::ATTR_OFFCHANNEL_TX_OK),
    ("ap-sme", nl::ATTR_DEVICE_AP_SME),
    ("probe-response-offload", nl::ATTR_PROBE_RESP_OFFLOAD),
    ("ap-uapsd", nl::ATTR_SUPPORT_AP_UAPSD),
];

fn named<T: Copy>(table: &[(&str, T)], word: &str) -> Result<T, String> {
    table.iter().find(|(name, _)| *name == word).map(|(_, value)| *value).ok_or_else(|| format!("unknown: {word}"))
}

impl Profile {
    /// Reads a profile.
    pub fn parse(text: &str) -> Result<Self, ProfileError> {
        Self::read(text, true)
    }

    /// Reads a profile without what has no source.
    pub fn sourced(text: &str) -> Result<Self, ProfileError> {
        Self::read(text, false)
    }

    fn read(text: &str, all: bool) -> Result<Self, ProfileError> {
        let mut profile = Self { base: "wlan0".into(), ..Self::default() };
        let mut part = Part::default();
        for (line, number) in text.lines().zip(1..) {
            let error = |reason: String| ProfileError { line: number, reason };
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (key, rest) = line.split_once(" = ").ok_or_else(|| error("no ` = `".into()))?;
            let (value, source) = rest.split_once(" @ ").map_or((rest, None), |(v, s)| (v.trim(), Some(s.trim())));
            let recorded = key == "wiphy" || key == "recorded";
            if source.is_none() && !recorded {
                return Err(error("no source: write ` @ file:line`, or ` @ ?`".into()));
            }
            let source = source.filter(|s| *s != "?").map(str::to_owned);
            if source.is_none() && !recorded && !all {
                continue;
            }
            profile.fields.push(Field { key: key.into(), value: value.into(), source });
            match key {
                "driver" => profile.driver = value.into(),
                "base-interface" => profile.base = value.into(),
                "needs-down" => profile.needs_down = value == "yes",
                "wiphy" => profile.wiphy.push(unhex(value).map_err(error)?),
                "recorded" => {}
                _ => part.take(key, value).map_err(error)?,
            }
        }
        if profile.wiphy.is_empty() {
            profile.wiphy = part.messages();
        }
        Ok(profile)
    }

    /// The same radio with these peculiarities.
    pub fn with(self, peculiar: Peculiar) -> Self {
        Self { peculiar, ..self }
    }

    /// The first attribute of that type in the radio's description.
    fn get(&self, kind: u16) -> Option<&[u8]> {
        self.wiphy.iter().find_map(|part| Attrs(part).get(kind))
    }

    /// Whether the driver has a command.
    pub fn has(&self, command: u8) -> bool {
        let all = self.wiphy.iter().filter_map(|part| Attrs(part).get(nl::ATTR_SUPPORTED_COMMANDS));
        all.flat_map(|list| Attrs(list).iter()).any(|(_, value)| value.first() == Some(&command))
    }

    /// Whether the driver has the access point's MLME.
    pub fn ap_sme(&self) -> bool {
        self.get(nl::ATTR_DEVICE_AP_SME).is_some()
    }

    /// Whether it answers probe requests by itself.
    pub fn answers_probes(&self) -> bool {
        self.get(nl::ATTR_PROBE_RESP_OFFLOAD).is_some()
    }

    /// Whether it leaves its channel for a frame.
    pub fn leaves_channel(&self) -> bool {
        self.get(nl::ATTR_OFFCHANNEL_TX_OK).is_some()
    }

    /// Whether the client's SME is the host's.
    pub fn authenticates(&self) -> bool {
        self.has(nl::CMD_AUTHENTICATE)
    }

    /// Whether it carries EAPOL over nl80211.
    pub fn control_port(&self) -> bool {
        let number = nl::EXT_FEATURE_CONTROL_PORT_OVER_NL80211;
        let octet = self.get(nl::ATTR_EXT_FEATURES).and_then(|all| all.get(usize::from(number / 8)));
        octet.is_some_and(|octet| octet & (1 << (number % 8)) != 0)
    }
}

/// The fields of a written profile on their way into messages.
#[derive(Default)]
struct Part {
    kinds: Out,
    combinations: Vec<Out>,
    commands: Vec<u8>,
    features: u32,
    extended: [u8; 8],
    flags: Out,
    numbers: Out,
    bands: Vec<(u16, Out)>,
}

impl Part {
    fn take(&mut self, key: &str, value: &str) -> Result<(), String> {
        let number = || value.parse::<u32>().map_err(|e| e.to_string());
        let words = || value.split(' ').filter(|w| !w.is_empty());
        match key {
            "kinds" => {
                for word in words() {
                    let kind = u16::try_from(named(&KINDS, word)?).map_err(|e| e.to_string())?;
                    self.kinds = std::mem::take(&mut self.kinds).flag(kind, true);
                }
            }
            "combination" => self.combinations.push(combination(value)?),
            "commands" => {
                for word in words() {
                    self.commands.push(named(&COMMANDS, word)?);
                }
            }
            "features" => {
                for word in words() {
                    self.features |= named(&FEATURES, word)?;
                }
            }
            "extended" => {
                for word in words() {
                    let bit = named(&EXTENDED, word)?;
                    self.extended[usize::from(bit / 8)] |= 1 << (bit % 8);
                }
            }
            "flags" => {
                for word in words() {
                    let attribute = named(&FLAGS, word)?;
                    // The kernel gives a value to some, which says nothing that is needed.
                    self.flags = std::mem::take(&mut self.flags).u32(attribute, 0);
                }
            }
            "max-remain-ms" => {
                self.numbers =
                    std::mem::take(&mut self.numbers).u32(nl::ATTR_MAX_REMAIN_ON_CHANNEL_DURATION, number()?);
            }
            "max-scan-ssids" => {
                let value = number()?.to_ne_bytes()[0];
                self.numbers = std::mem::take(&mut self.numbers).u8(nl::ATTR_MAX_NUM_SCAN_SSIDS, value);
            }
            "max-scan-elements" => {
                let value = u16::try_from(number()?).map_err(|e| e.to_string())?;
                self.numbers = std::mem::take(&mut self.numbers).u16(nl::ATTR_MAX_SCAN_IE_LEN, value);
            }
            "bands" => {
                for word in words() {
                    self.bands.push(match word {
                        "2.4" => (0, band((1..=13).map(|n| 2407 + 5 * n), &[10, 20, 55, 110, 60, 90, 120, 240, 540])),
                        "5" => (1, band([36, 40, 44, 48].into_iter().map(|n| 5000 + 5 * n), &[60, 120, 240, 540])),
                        other => return Err(format!("unknown: {other}")),
                    });
                }
            }
            _ => return Err(format!("unknown: {key}")),
        }
        Ok(())
    }

    /// In parts, as newer kernels split it.
    fn messages(self) -> Vec<Vec<u8>> {
        let numbered = |all: Vec<Out>| all.into_iter().zip(1..).fold(Out::default(), |out, (one, n)| out.nest(n, one));
        let commands = self.commands.iter().zip(1..).fold(Out::default(), |out, (c, n)| out.u32(n, u32::from(*c)));
        let bands = self.bands.into_iter().fold(Out::default(), |out, (n, band)| out.nest(n, band));
        let about = Out::default()
            .text(nl::ATTR_WIPHY_NAME, "phy0")
            .nest(nl::ATTR_SUPPORTED_IFTYPES, self.kinds)
            .nest(nl::ATTR_SUPPORTED_COMMANDS, commands);
        // Every kernel says these; where it is not known what, what no driver here goes below.
        let mut numbers = self.numbers;
        if !Attrs(&numbers.0).has(nl::ATTR_MAX_NUM_SCAN_SSIDS) {
            numbers = numbers.u8(nl::ATTR_MAX_NUM_SCAN_SSIDS, 4);
        }
        if !Attrs(&numbers.0).has(nl::ATTR_MAX_SCAN_IE_LEN) {
            numbers = numbers.u16(nl::ATTR_MAX_SCAN_IE_LEN, 256);
        }
        let limits = numbers.nest(nl::ATTR_INTERFACE_COMBINATIONS, numbered(self.combinations));
        let features =
            Out(self.flags.0).u32(nl::ATTR_FEATURE_FLAGS, self.features).bytes(nl::ATTR_EXT_FEATURES, &self.extended);
        vec![about.0, Out::default().nest(nl::ATTR_WIPHY_BANDS, bands).0, limits.0, features.0]
    }
}

/// `channels 1, interfaces 4, station 2, ap|p2p-client|p2p-go 2`
fn combination(value: &str) -> Result<Out, String> {
    let mut out = Out::default();
    let mut limits = Vec::new();
    for piece in value.split(", ") {
        let (what, number) = piece.split_once(' ').ok_or("a word and a number")?;
        let number: u32 = number.parse().map_err(|_| format!("not a number: {number}"))?;
        match what {
            "channels" => out = out.u32(nl::IFACE_COMB_NUM_CHANNELS, number),
            "interfaces" => out = out.u32(nl::IFACE_COMB_MAXNUM, number),
            kinds => {
                let mut types = Out::default();
                for kind in kinds.split('|') {
                    types = types.flag(u16::try_from(named(&KINDS, kind)?).map_err(|e| e.to_string())?, true);
                }
                limits.push(Out::default().u32(nl::IFACE_LIMIT_MAX, number).nest(nl::IFACE_LIMIT_TYPES, types));
            }
        }
    }
    let limits = limits.into_iter().zip(1..).fold(Out::default(), |all, (limit, n)| all.nest(n, limit));
    Ok(out.nest(nl::IFACE_COMB_LIMITS, limits))
}

fn band(frequencies: impl Iterator<Item = u32>, rates: &[u32]) -> Out {
    let channel = |mhz| Out::default().u32(nl::FREQUENCY_ATTR_FREQ, mhz).u32(nl::FREQUENCY_ATTR_MAX_TX_POWER, 2000);
    let channels = frequencies.zip(0..).fold(Out::default(), |out, (mhz, n)| out.nest(n, channel(mhz)));
    let rate = |rate: &u32| Out::default().u32(nl::BITRATE_ATTR_RATE, *rate);
    let rates = rates.iter().zip(0..).fold(Out::default(), |out, (r, n)| out.nest(n, rate(r)));
    let mut mcs = [0; 16];
    mcs[0] = 0xff;
    Out::default()
        .nest(nl::BAND_ATTR_FREQS, channels)
        .nest(nl::BAND_ATTR_RATES, rates)
        .u16(nl::BAND_ATTR_HT_CAPA, 0x000c)
        .bytes(nl::BAND_ATTR_HT_MCS_SET, &mcs)
}

fn unhex(text: &str) -> Result<Vec<u8>, String> {
    let digits: Option<Vec<u8>> = text.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect();
    let digits = digits.filter(|d| d.len().is_multiple_of(2)).ok_or("not hexadecimal octets")?;
    Ok(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}
