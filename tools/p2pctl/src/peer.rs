//! A device nearby, as a daemon tells of it.

use crate::fields::{around_name, line, number, parse_number, ssid, word};
use crate::kind;
use crate::text::Json;

/// WSC configuration methods (WSC 2.0 Table 33): the push buttons, what shows a PIN, what a PIN is typed on.
const BUTTON: i64 = 0x0080;
const DISPLAY: i64 = 0x0008;
const KEYPAD: i64 = 0x0100;
/// Group Capability, bit 0: the device owns a group (Wi-Fi P2P v1.7 Table 13).
const GROUP_OWNER: i64 = 0x01;
/// So long what a device has said of itself is taken for true, s.
const FRESH: i64 = 10;
/// An address that stands for none.
const NOBODY: &str = "00:00:00:00:00:00";

/// A device nearby.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Peer {
    /// Its P2P device address.
    pub address: String,
    /// Its name, as it was sent.
    pub name: String,
    /// WSC primary device type.
    pub device_type: String,
    /// WSC configuration methods.
    pub methods: i64,
    /// Group Capability.
    pub group_capability: i64,
    /// Signal, dBm, once something was heard that has one.
    pub signal: Option<i64>,
    /// Seconds since it was last heard.
    pub age: Option<i64>,
    /// The SSID of the group that it owns or is in.
    pub ssid: Option<String>,
    /// The channel of that group, MHz.
    pub frequency: Option<i64>,
    /// The device that owns the group that it is a client of.
    pub member_of: Option<String>,
    /// It takes part in Wi-Fi Display.
    pub display: bool,
    /// The stored group that we share with it.
    pub saved: Option<i64>,
    /// Only a probe request of it was heard: its name is known, what it can do is not.
    pub barely_known: bool,
}

impl Peer {
    /// Reads what follows `P2P-DEVICE-FOUND`.
    pub fn from_event(rest: &str) -> Option<Self> {
        let (before, name, behind) = around_name(rest);
        Some(Self {
            address: word(before, "p2p_dev_addr")?.to_owned(),
            name: name.unwrap_or_default().to_owned(),
            device_type: word(before, "pri_dev_type").unwrap_or_default().to_owned(),
            methods: number(behind, "config_methods").unwrap_or_default(),
            group_capability: number(behind, "group_capab").unwrap_or_default(),
            display: word(behind, "wfd_dev_info").is_some(),
            ..Self::default()
        })
    }

    /// Reads the reply to `P2P_PEER`.
    pub fn from_reply(reply: &str) -> Option<Self> {
        let address = reply.lines().next().filter(|first| crate::fields::is_address(first))?;
        let numeric = |key: &str| line(reply, key).and_then(parse_number);
        let some = |n: i64| (n != 0).then_some(n);
        Some(Self {
            address: address.to_owned(),
            name: line(reply, "device_name").unwrap_or_default().to_owned(),
            device_type: line(reply, "pri_dev_type").unwrap_or_default().to_owned(),
            methods: numeric("config_methods").unwrap_or_default(),
            group_capability: numeric("group_capab").unwrap_or_default(),
            signal: numeric("level").and_then(some),
            age: numeric("age"),
            ssid: line(reply, "oper_ssid").map(ssid).filter(|s| !s.is_empty()),
            frequency: numeric("oper_freq").and_then(some),
            member_of: line(reply, "member_in_go_dev").filter(|a| *a != NOBODY).map(str::to_owned),
            display: line(reply, "wfd_subelems").is_some(),
            saved: numeric("persistent"),
            barely_known: line(reply, "flags").is_some_and(|f| f.contains("[PROBE_REQ_ONLY]")),
        })
    }

    /// Whether it owns a group, which can be joined.
    pub fn owns_group(&self) -> bool {
        self.group_capability & GROUP_OWNER != 0
    }

    /// Whether it was heard a moment ago.
    pub fn is_fresh(&self) -> bool {
        self.age.is_some_and(|age| age <= FRESH)
    }

    /// What it is, in words.
    pub fn kind(&self) -> String {
        kind::in_words(&self.device_type)
    }

    /// How it can be connected to, in words.
    pub fn offers(&self) -> String {
        let all = [
            (self.methods & BUTTON != 0, "button"),
            (self.methods & DISPLAY != 0, "shows PIN"),
            (self.methods & KEYPAD != 0, "takes PIN"),
            (self.display, "Wi-Fi Display"),
        ];
        let offered: Vec<&str> = all.iter().filter(|(has, _)| *has).map(|(_, word)| *word).collect();
        if offered.is_empty() { String::from("-") } else { offered.join(", ") }
    }

    /// The group that it owns or is in, in words.
    pub fn group(&self) -> String {
        let channel = self.frequency.map(|f| format!(" on {}", channel(f))).unwrap_or_default();
        match (&self.ssid, &self.member_of) {
            (Some(ssid), _) if self.owns_group() => format!("owns {ssid}{channel}"),
            (None, _) if self.owns_group() => format!("owns a group{channel}"),
            (_, Some(owner)) => format!("client of {owner}"),
            _ => String::from("-"),
        }
    }

    /// Whether a user means this device by `text`: its address, or its name without regard to case.
    pub fn is_called(&self, text: &str) -> bool {
        self.address.eq_ignore_ascii_case(text) || self.name.to_lowercase() == text.to_lowercase()
    }

    /// How to speak of it: its name, or its address where it has none.
    pub fn call(&self) -> &str {
        if self.name.is_empty() { &self.address } else { &self.name }
    }

    /// All of it for programs.
    pub fn json(&self) -> Json {
        let number = |n: Option<i64>| n.map_or(Json::Null, Json::Number);
        Json::Object(vec![
            ("address", Json::text(&*self.address)),
            ("name", Json::text(&*self.name)),
            ("kind", Json::text(self.kind())),
            ("device_type", Json::text(&*self.device_type)),
            ("signal_dbm", number(self.signal)),
            ("age_s", number(self.age)),
            ("push_button", Json::Bool(self.methods & BUTTON != 0)),
            ("shows_pin", Json::Bool(self.methods & DISPLAY != 0)),
            ("takes_pin", Json::Bool(self.methods & KEYPAD != 0)),
            ("wifi_display", Json::Bool(self.display)),
            ("owns_group", Json::Bool(self.owns_group())),
            ("ssid", Json::maybe(self.ssid.as_deref())),
            ("frequency_mhz", number(self.frequency)),
            ("client_of", Json::maybe(self.member_of.as_deref())),
            ("saved_group", number(self.saved)),
        ])
    }
}

/// A channel in words: its number and frequency.
pub fn channel(mhz: i64) -> String {
    let number = match mhz {
        2412..=2472 => Some((mhz - 2407) / 5),
        2484 => Some(14),
        5000..=5895 => Some((mhz - 5000) / 5),
        5955..=7115 => Some((mhz - 5950) / 5),
        _ => None,
    };
    match number {
        Some(number) => format!("channel {number} ({mhz} MHz)"),
        None => format!("{mhz} MHz"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPLY: &str = "02:00:00:00:01:00\npri_dev_type=7-0050F204-1\ndevice_name=Living room\nmanufacturer=\n\
                         config_methods=0x188\ndev_capab=0x25\ngroup_capab=0x9\nlevel=-52\nage=3\nlisten_freq=2412\n\
                         member_in_go_dev=00:00:00:00:00:00\noper_freq=5180\nflags=[REPORTED]\noper_ssid=DIRECT-a\\xc3\\xb6\n\
                         wfd_subelems=000006\n";

    #[test]
    fn a_peer_is_read_from_a_reply() {
        let peer = Peer::from_reply(REPLY).expect("a peer");
        assert_eq!(peer.name, "Living room");
        assert_eq!(peer.offers(), "button, shows PIN, takes PIN, Wi-Fi Display");
        assert_eq!(peer.group(), "owns DIRECT-aö on channel 36 (5180 MHz)");
        assert_eq!((peer.signal, peer.age, peer.kind().as_str()), (Some(-52), Some(3), "TV"));
        assert!(peer.is_called("living ROOM") && peer.is_called("02:00:00:00:01:00") && !peer.is_called("Living"));
        assert_eq!(Peer::from_reply("FAIL\n"), None);
    }

    #[test]
    fn a_peer_is_read_from_an_event() {
        let rest = "02:00:00:00:01:00 p2p_dev_addr=02:00:00:00:01:00 pri_dev_type=1-0050F204-1 name='It's' \
                    config_methods=0x80 dev_capab=0x25 group_capab=0x0 wfd_dev_info=0x00 new=1";
        let peer = Peer::from_event(rest).expect("a peer");
        assert_eq!((peer.name.as_str(), peer.kind().as_str()), ("It's", "PC"));
        assert_eq!((peer.offers().as_str(), peer.group().as_str()), ("button, Wi-Fi Display", "-"));
    }

    #[test]
    fn channels_have_numbers() {
        assert_eq!(channel(2437), "channel 6 (2437 MHz)");
        assert_eq!(channel(5240), "channel 48 (5240 MHz)");
        assert_eq!(channel(60480), "60480 MHz");
    }
}
