//! Opening a radio: which family, which radio, what it can do.

use crate::error::Error;
use crate::interface::{self, InterfaceInfo};
use crate::link;
use crate::netlink::{self, Answer, Attributes};
use crate::options::Options;
use crate::request::{Request, Set};
use crate::wiphy::{self, Features, Wiphy};
use crate::{errno, regulatory};
use radio::{Capabilities, InterfaceKind};
use zeroize::Zeroizing;

/// `GENL_ID_CTRL`: the family that knows the others
const GENL_ID_CTRL: u16 = 16;
/// `CTRL_CMD_GETFAMILY`
const CTRL_CMD_GETFAMILY: u8 = 3;
/// `CTRL_ATTR_FAMILY_ID`
const CTRL_ATTR_FAMILY_ID: u16 = 1;
/// `CTRL_ATTR_FAMILY_NAME`
const CTRL_ATTR_FAMILY_NAME: u16 = 2;
/// `CTRL_ATTR_MCAST_GROUPS`
const CTRL_ATTR_MCAST_GROUPS: u16 = 7;
/// `CTRL_ATTR_MCAST_GRP_NAME`
const CTRL_ATTR_MCAST_GRP_NAME: u16 = 1;
/// `CTRL_ATTR_MCAST_GRP_ID`
const CTRL_ATTR_MCAST_GRP_ID: u16 = 2;
/// The multicast groups of nl80211 that are joined.
const GROUPS: [&str; 4] = ["config", "scan", "regulatory", "mlme"];
/// Most messages that are kept of what the kernel says of a radio: it splits that into one for each channel, and some.
const MAX_PARTS: usize = 1024;
/// Most interfaces that are looked at.
pub(crate) const MAX_INTERFACES: usize = 256;

/// What is known of a radio when it has been opened.
#[derive(Clone, Debug)]
pub(crate) struct Opened {
    pub(crate) family: u16,
    pub(crate) groups: Vec<u32>,
    pub(crate) wiphy: u32,
    pub(crate) capabilities: Capabilities,
    pub(crate) features: Features,
    pub(crate) base: InterfaceInfo,
    pub(crate) up: bool,
    /// All interfaces of the radio.
    pub(crate) interfaces: Vec<InterfaceInfo>,
    /// The last sequence number used.
    pub(crate) sequence: u32,
}

/// What is being asked.
#[derive(Debug)]
enum Stage {
    Family,
    ProtocolFeatures,
    Interfaces,
    Wiphy(Box<Wiphy>),
    Regulatory,
    Done,
}

/// A radio being opened: one request at a time, on the control socket. Feed it what comes, send what it asks.
#[derive(Debug)]
pub(crate) struct Opening {
    name: String,
    options: Options,
    stage: Stage,
    split: bool,
    opened: Opened,
    /// What the kernel said of the radio, word for word.
    said: Vec<Vec<u8>>,
}

/// What comes next.
#[derive(Debug)]
pub(crate) enum Next {
    /// Send this.
    Send(Zeroizing<Vec<u8>>),
    /// All is known.
    Done,
}

impl Opening {
    /// Starts to open the radio that carries the interface `name`; send what is returned.
    pub(crate) fn new(name: &str, options: Options) -> Result<(Self, Zeroizing<Vec<u8>>), Error> {
        let base = InterfaceInfo {
            wiphy: 0,
            wdev: 0,
            ifindex: None,
            name: String::new(),
            address: ieee80211_ies::MacAddr::ZERO,
            kind: InterfaceKind::Other,
            frequency: None,
            named: false,
        };
        let opened = Opened {
            family: 0,
            groups: Vec::new(),
            wiphy: 0,
            capabilities: Capabilities::default(),
            features: Features::default(),
            base,
            up: false,
            interfaces: Vec::new(),
            sequence: 0,
        };
        let mut opening =
            Self { name: name.to_owned(), options, stage: Stage::Family, split: false, opened, said: Vec::new() };
        let request = Request::plain(CTRL_CMD_GETFAMILY).with(|s| s.text(CTRL_ATTR_FAMILY_NAME, "nl80211"));
        let bytes = opening.encode(request, GENL_ID_CTRL)?;
        Ok((opening, bytes))
    }

    /// What was found out, and the attributes of each message about the radio.
    pub(crate) fn finish(self) -> (Opened, Vec<Vec<u8>>) {
        (self.opened, self.said)
    }

    fn encode(&mut self, request: Request, family: u16) -> Result<Zeroizing<Vec<u8>>, Error> {
        self.opened.sequence += 1;
        let what = self.what();
        request
            .encode(family, self.opened.sequence, Set::default())
            .map_err(|e| Error::Refused { what, refused: e.into() })
    }

    fn what(&self) -> &'static str {
        match self.stage {
            Stage::Family => "looking for nl80211",
            Stage::ProtocolFeatures => "asking for nl80211's features",
            Stage::Interfaces => "listing the interfaces",
            Stage::Wiphy(_) => "asking what the radio can do",
            Stage::Regulatory | Stage::Done => "asking for the regulatory domain",
        }
    }

    /// Takes a datagram of the control socket.
    pub(crate) fn received(&mut self, datagram: &[u8]) -> Result<Option<Next>, Error> {
        let mut next = None;
        for message in netlink::messages(datagram) {
            if message.sequence != self.opened.sequence {
                continue;
            }
            match message.answer() {
                Answer::Noop => {}
                Answer::Data => {
                    if let Some((_, attributes)) = message.generic() {
                        self.data(attributes);
                    }
                }
                Answer::Acknowledged { .. } => next = Some(self.advance()?),
                Answer::Refused { errno, text } => next = Some(self.refused(errno, text)?),
            }
        }
        Ok(next)
    }

    fn data(&mut self, attributes: Attributes<'_>) {
        match &mut self.stage {
            Stage::Family => {
                self.opened.family = attributes.u16(CTRL_ATTR_FAMILY_ID).unwrap_or_default();
                let groups = attributes.nested(CTRL_ATTR_MCAST_GROUPS).map(|(_, group)| Attributes(group));
                let joined = |group: &Attributes<'_>| {
                    group.text(CTRL_ATTR_MCAST_GRP_NAME).is_some_and(|name| GROUPS.contains(&name))
                };
                let ids = groups.filter(joined).filter_map(|group| group.u32(CTRL_ATTR_MCAST_GRP_ID));
                self.opened.groups = ids.take(GROUPS.len()).collect();
            }
            Stage::ProtocolFeatures => self.split = wiphy::splits(attributes),
            Stage::Interfaces => {
                let room = self.opened.interfaces.len() < MAX_INTERFACES;
                self.opened.interfaces.extend(interface::parse(attributes).filter(|_| room));
            }
            Stage::Wiphy(wiphy) => {
                wiphy.add(attributes);
                if attributes.u32(crate::nl80211::NL80211_ATTR_WIPHY) == Some(self.opened.wiphy)
                    && self.said.len() < MAX_PARTS
                {
                    self.said.push(attributes.0.to_vec());
                }
            }
            Stage::Regulatory => self.opened.capabilities.country = regulatory::country(attributes),
            Stage::Done => {}
        }
    }

    /// The current question was answered.
    fn advance(&mut self) -> Result<Next, Error> {
        let (stage, request) = match std::mem::replace(&mut self.stage, Stage::Done) {
            Stage::Family if self.opened.family == 0 => return Err(Error::NoNl80211),
            Stage::Family => (Stage::ProtocolFeatures, wiphy::get_protocol_features()),
            Stage::ProtocolFeatures => (Stage::Interfaces, interface::get_all()),
            Stage::Interfaces => {
                let base = self.opened.interfaces.iter().find(|i| i.ifindex.is_some() && i.name == self.name);
                let base = base.ok_or_else(|| Error::NoSuchInterface(self.name.clone()))?.clone();
                let usable = matches!(base.kind, InterfaceKind::Station | InterfaceKind::P2pClient)
                    || matches!(base.kind, InterfaceKind::P2pGo | InterfaceKind::Ap);
                if !usable {
                    return Err(Error::NotAStation { name: base.name, kind: base.kind });
                }
                if base.kind == InterfaceKind::Ap && base.frequency.is_some() && base.named {
                    return Err(Error::AccessPoint(base.name));
                }
                self.opened.wiphy = base.wiphy;
                self.opened.interfaces.retain(|i| i.wiphy == base.wiphy);
                self.opened.base = base;
                let wiphy = self.opened.wiphy;
                (Stage::Wiphy(Box::new(Wiphy::new(wiphy))), wiphy::get(wiphy, self.split))
            }
            Stage::Wiphy(wiphy) => {
                let (capabilities, features) = wiphy.finish(&self.options);
                if capabilities.bands.is_empty() {
                    return Err(Error::Answer("GET_WIPHY"));
                }
                self.opened.capabilities = capabilities;
                self.opened.features = features;
                (Stage::Regulatory, regulatory::get(Some(self.opened.wiphy)))
            }
            Stage::Regulatory | Stage::Done => return Ok(Next::Done),
        };
        self.stage = stage;
        let family = self.opened.family;
        Ok(Next::Send(self.encode(request, family)?))
    }

    fn refused(&mut self, errno: i32, text: &str) -> Result<Next, Error> {
        match self.stage {
            Stage::Family if errno == libc::ENOENT => Err(Error::NoNl80211),
            // Older than Linux 3.10: nothing can be split.
            Stage::ProtocolFeatures => self.advance(),
            // A radio with a domain of its own that it has not told yet; the world domain is right until it does.
            Stage::Regulatory => {
                self.opened.capabilities.country = "00".to_owned();
                self.advance()
            }
            _ => Err(Error::Refused { what: self.what(), refused: errno::refused(errno, text) }),
        }
    }

    /// Takes a datagram of the rtnetlink socket: whether the interface is up. Returns whether it said so.
    pub(crate) fn link(opened: &mut Opened, datagram: &[u8]) -> Result<bool, Error> {
        for message in netlink::messages(datagram).filter(|m| m.sequence == opened.sequence) {
            match message.answer() {
                Answer::Refused { errno, text } => {
                    let refused = errno::refused(errno, text);
                    return Err(Error::Refused { what: "asking about the link", refused });
                }
                Answer::Data => {
                    if let Some(link) = link::parse(&message) {
                        opened.up = link.up;
                        return Ok(true);
                    }
                }
                Answer::Acknowledged { .. } | Answer::Noop => {}
            }
        }
        Ok(false)
    }
}
