//! What a radio can do: `NL80211_CMD_GET_WIPHY`, split dump.

use crate::interface::kind_of;
use crate::netlink::Attributes;
use crate::nl80211 as nl;
use crate::options::{Feature, Options};
use crate::request::Request;
use radio::{Band, Capabilities, ChannelInfo, InterfaceCombination, InterfaceLimit};

/// Longest remain-on-channel of a driver that does not say, ms (`NL80211_ATTR_MAX_REMAIN_ON_CHANNEL_DURATION` is newer
/// than the command).
const DEFAULT_MAX_REMAIN_MS: u32 = 5000;
/// Most bands, channels of a band, rates of a band and interface combinations that are read; the kernel's own tables
/// are shorter (`NUM_NL80211_BANDS` is 6, 6 GHz has 59 channels, combinations are a static table of a driver).
const MAX_BANDS: usize = 8;
/// See [`MAX_BANDS`].
const MAX_CHANNELS: usize = 128;
/// See [`MAX_BANDS`].
const MAX_RATES: usize = 32;
/// See [`MAX_BANDS`].
const MAX_COMBINATIONS: usize = 64;

/// What the driver itself needs to know beside the [`Capabilities`].
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Features {
    /// Word of what became of EAPOL sent over nl80211.
    pub(crate) control_port_status: bool,
    /// Word of what became of EAPOL sent on a packet socket (`NL80211_FEATURE_SK_TX_STATUS`).
    pub(crate) packet_status: bool,
    /// `CONTROL_PORT_NO_PREAUTH`: pre-authentication frames need not come over nl80211.
    pub(crate) no_preauth: bool,
    /// `SOCKET_OWNER` may be used.
    pub(crate) socket_owner: bool,
    /// `NEW_INTERFACE` takes an address for every kind (`NL80211_FEATURE_MAC_ON_CREATE`).
    pub(crate) address_on_create: bool,
    /// `NL80211_FEATURE_AP_SCAN`: a beaconing owner can scan.
    pub(crate) ap_scan: bool,
    /// `NL80211_FEATURE_SCAN_FLUSH`
    pub(crate) scan_flush: bool,
    /// The kernel takes `OFFCHANNEL_TX_OK`, whether or not it is to be relied upon.
    pub(crate) offchannel_flag: bool,
    /// A remain-on-channel or a wait can be ended (`FRAME_WAIT_CANCEL`).
    pub(crate) frame_wait_cancel: bool,
}

/// A wiphy while its dump is read.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Wiphy {
    index: Option<u32>,
    capabilities: Capabilities,
    bands: Vec<(u16, Band)>,
    commands: Vec<u32>,
    flags: u32,
    extended: Vec<u8>,
    offchannel: bool,
}

/// Asks for everything about the radio `index`, in parts where the kernel can.
pub(crate) fn get(index: u32, split: bool) -> Request {
    Request::plain(nl::NL80211_CMD_GET_WIPHY)
        .dump()
        .with(|s| s.u32(nl::NL80211_ATTR_WIPHY, index).flag(nl::NL80211_ATTR_SPLIT_WIPHY_DUMP, split))
}

/// Asks whether the kernel can split that dump.
pub(crate) fn get_protocol_features() -> Request {
    Request::plain(nl::NL80211_CMD_GET_PROTOCOL_FEATURES)
}

/// Reads its answer.
pub(crate) fn splits(attributes: Attributes<'_>) -> bool {
    let features = attributes.u32(nl::NL80211_ATTR_PROTOCOL_FEATURES).unwrap_or(0);
    features & nl::NL80211_PROTOCOL_FEATURE_SPLIT_WIPHY_DUMP != 0
}

impl Wiphy {
    /// A wiphy of which nothing is known but its index.
    pub(crate) fn new(index: u32) -> Self {
        Self { index: Some(index), ..Self::default() }
    }

    /// Takes one message of the dump; those of other radios, which an old kernel sends too, are passed over.
    pub(crate) fn add(&mut self, attributes: Attributes<'_>) {
        if attributes.u32(nl::NL80211_ATTR_WIPHY) != self.index {
            return;
        }
        let c = &mut self.capabilities;
        for (kind, value) in attributes {
            let inner = Attributes(value);
            match kind {
                nl::NL80211_ATTR_WIPHY_NAME => c.name = attributes.text(kind).unwrap_or_default().to_owned(),
                nl::NL80211_ATTR_MAC => c.address = attributes.mac(kind).unwrap_or_default(),
                nl::NL80211_ATTR_SUPPORTED_IFTYPES => {
                    c.kinds = inner.filter_map(|(kind, _)| kind_of(u32::from(kind))).collect();
                }
                nl::NL80211_ATTR_INTERFACE_COMBINATIONS => {
                    c.combinations.extend(inner.take(MAX_COMBINATIONS).filter_map(|(_, c)| combination(Attributes(c))));
                    c.combinations.truncate(MAX_COMBINATIONS);
                }
                nl::NL80211_ATTR_RX_FRAME_TYPES => {
                    let subtypes = |list: &[u8]| {
                        let types = Attributes(list).filter(|(kind, _)| *kind == nl::NL80211_ATTR_FRAME_TYPE);
                        // Frame control fields of management frames: the subtype stands in bits 4 to 7.
                        types.fold(0, |all, (_, value)| all | 1u16 << (value.first().copied().unwrap_or(0) >> 4))
                    };
                    c.delivers = inner.filter_map(|(kind, l)| Some((kind_of(u32::from(kind))?, subtypes(l)))).collect();
                }
                nl::NL80211_ATTR_SUPPORTED_COMMANDS => {
                    self.commands.extend(inner.filter_map(|(_, c)| c.first_chunk().copied().map(u32::from_ne_bytes)));
                }
                nl::NL80211_ATTR_WIPHY_BANDS => {
                    for (number, band) in inner.take(MAX_BANDS) {
                        add_band(&mut self.bands, number, Attributes(band));
                    }
                }
                nl::NL80211_ATTR_MAX_REMAIN_ON_CHANNEL_DURATION => {
                    c.max_remain_ms = attributes.u32(kind).unwrap_or_default();
                }
                nl::NL80211_ATTR_OFFCHANNEL_TX_OK => self.offchannel = true,
                nl::NL80211_ATTR_DEVICE_AP_SME => c.device_ap_sme = true,
                nl::NL80211_ATTR_SUPPORT_AP_UAPSD => c.ap_uapsd = true,
                nl::NL80211_ATTR_PROBE_RESP_OFFLOAD => c.probe_response_offload = true,
                nl::NL80211_ATTR_FEATURE_FLAGS => self.flags = attributes.u32(kind).unwrap_or_default(),
                nl::NL80211_ATTR_EXT_FEATURES => self.extended = value.to_vec(),
                nl::NL80211_ATTR_MAX_SCAN_IE_LEN => {
                    c.max_scan_elements = attributes.u16(kind).unwrap_or_default().into();
                }
                nl::NL80211_ATTR_MAX_NUM_SCAN_SSIDS => c.max_scan_ssids = attributes.u8(kind).unwrap_or_default(),
                _ => {}
            }
        }
    }

    /// What was read, less what is not to be used.
    pub(crate) fn finish(self, options: &Options) -> (Capabilities, Features) {
        let can = |command: u8| self.commands.contains(&u32::from(command));
        let flag = |flag: u32| self.flags & flag != 0;
        let extended = |number: u16| {
            self.extended.get(usize::from(number / 8)).is_some_and(|octet| octet & (1 << (number % 8)) != 0)
        };
        let socket_owner = options.allows(Feature::SocketOwner);
        let control_port = extended(nl::NL80211_EXT_FEATURE_CONTROL_PORT_OVER_NL80211)
            && socket_owner
            && options.allows(Feature::ControlPort);
        let features = Features {
            control_port_status: control_port
                && extended(nl::NL80211_EXT_FEATURE_CONTROL_PORT_OVER_NL80211_TX_STATUS)
                && options.allows(Feature::ControlPortTxStatus),
            packet_status: flag(nl::NL80211_FEATURE_SK_TX_STATUS) && options.allows(Feature::ControlPortTxStatus),
            no_preauth: extended(nl::NL80211_EXT_FEATURE_CONTROL_PORT_NO_PREAUTH),
            socket_owner,
            address_on_create: flag(nl::NL80211_FEATURE_MAC_ON_CREATE),
            ap_scan: flag(nl::NL80211_FEATURE_AP_SCAN),
            scan_flush: flag(nl::NL80211_FEATURE_SCAN_FLUSH),
            offchannel_flag: self.offchannel,
            frame_wait_cancel: can(nl::NL80211_CMD_FRAME_WAIT_CANCEL),
        };
        let sme = [nl::NL80211_CMD_AUTHENTICATE, nl::NL80211_CMD_ASSOCIATE, nl::NL80211_CMD_DEAUTHENTICATE];
        let authenticate = sme.into_iter().all(can);
        let mut c = Capabilities {
            remain_on_channel: can(nl::NL80211_CMD_REMAIN_ON_CHANNEL),
            offchannel_transmit: self.offchannel && options.allows(Feature::OffchannelTransmit),
            authenticate: authenticate && options.allows(Feature::Authenticate),
            connect: can(nl::NL80211_CMD_CONNECT),
            full_ap_client_state: flag(nl::NL80211_FEATURE_FULL_AP_CLIENT_STATE)
                && options.allows(Feature::FullApClientState),
            channel_switch: can(nl::NL80211_CMD_CHANNEL_SWITCH),
            ctwindow: flag(nl::NL80211_FEATURE_P2P_GO_CTWIN),
            control_port,
            probe_client: can(nl::NL80211_CMD_PROBE_CLIENT),
            // mac80211 alone sets it, and only where the driver brings no scan of its own.
            software_scan: flag(nl::NL80211_FEATURE_LOW_PRIORITY_SCAN),
            scan_dwell: extended(nl::NL80211_EXT_FEATURE_SET_SCAN_DWELL),
            bands: self.bands.into_iter().map(|(_, band)| band).collect(),
            ..self.capabilities
        };
        for band in &mut c.bands {
            band.channels.sort_by_key(|channel| channel.frequency);
            band.rates.sort_unstable();
        }
        if c.max_remain_ms == 0 {
            c.max_remain_ms = DEFAULT_MAX_REMAIN_MS;
        }
        if !options.allows(Feature::P2pDevice) {
            c.kinds.retain(|kind| *kind != radio::InterfaceKind::P2pDevice);
        }
        (c, features)
    }
}

/// Adds one part of a band: its rates and capabilities, or one channel.
fn add_band(bands: &mut Vec<(u16, Band)>, number: u16, attributes: Attributes<'_>) {
    if !bands.iter().any(|(n, _)| *n == number) && bands.len() < MAX_BANDS {
        bands.push((number, Band::default()));
    }
    let Some((_, band)) = bands.iter_mut().find(|(n, _)| *n == number) else { return };
    for (kind, value) in attributes {
        let inner = Attributes(value);
        match kind {
            nl::NL80211_BAND_ATTR_FREQS => {
                for channel in inner.filter_map(|(_, c)| channel(Attributes(c))) {
                    if band.channels.len() < MAX_CHANNELS {
                        band.channels.push(channel);
                    }
                }
            }
            nl::NL80211_BAND_ATTR_RATES => {
                let rate = |(_, r)| Attributes(r).u32(nl::NL80211_BITRATE_ATTR_RATE)?.try_into().ok();
                band.rates = inner.filter_map(rate).take(MAX_RATES).collect();
            }
            nl::NL80211_BAND_ATTR_HT_CAPA => band.ht_capabilities = attributes.u16(kind),
            nl::NL80211_BAND_ATTR_HT_MCS_SET => band.ht_mcs = value.first_chunk().copied().unwrap_or_default(),
            // IEEE 802.11-2020 §9.4.2.55.3: the exponent in bits 0 and 1, the start spacing in bits 2 to 4
            nl::NL80211_BAND_ATTR_HT_AMPDU_FACTOR => {
                band.ht_ampdu |= attributes.u8(kind).unwrap_or_default() & 3;
            }
            nl::NL80211_BAND_ATTR_HT_AMPDU_DENSITY => {
                band.ht_ampdu |= (attributes.u8(kind).unwrap_or_default() & 7) << 2;
            }
            nl::NL80211_BAND_ATTR_VHT_CAPA => band.vht_capabilities = attributes.u32(kind),
            nl::NL80211_BAND_ATTR_VHT_MCS_SET => band.vht_mcs = value.first_chunk().copied().unwrap_or_default(),
            _ => {}
        }
    }
}

fn channel(attributes: Attributes<'_>) -> Option<ChannelInfo> {
    let mbm = attributes.u32(nl::NL80211_FREQUENCY_ATTR_MAX_TX_POWER).unwrap_or_default();
    Some(ChannelInfo {
        frequency: attributes.u32(nl::NL80211_FREQUENCY_ATTR_FREQ)?,
        disabled: attributes.flag(nl::NL80211_FREQUENCY_ATTR_DISABLED),
        no_ir: attributes.flag(nl::NL80211_FREQUENCY_ATTR_NO_IR),
        radar: attributes.flag(nl::NL80211_FREQUENCY_ATTR_RADAR),
        no_ht40_plus: attributes.flag(nl::NL80211_FREQUENCY_ATTR_NO_HT40_PLUS),
        no_ht40_minus: attributes.flag(nl::NL80211_FREQUENCY_ATTR_NO_HT40_MINUS),
        no_80mhz: attributes.flag(nl::NL80211_FREQUENCY_ATTR_NO_80MHZ),
        max_power_dbm: i8::try_from(mbm / 100).unwrap_or(i8::MAX),
    })
}

fn combination(attributes: Attributes<'_>) -> Option<InterfaceCombination> {
    let limits = attributes.nested(nl::NL80211_IFACE_COMB_LIMITS).filter_map(|(_, limit)| {
        let limit = Attributes(limit);
        let kinds = limit.nested(nl::NL80211_IFACE_LIMIT_TYPES);
        Some(InterfaceLimit {
            max: limit.u32(nl::NL80211_IFACE_LIMIT_MAX)?,
            kinds: kinds.filter_map(|(kind, _)| kind_of(u32::from(kind))).collect(),
        })
    });
    Some(InterfaceCombination {
        limits: limits.take(MAX_COMBINATIONS).collect(),
        max_interfaces: attributes.u32(nl::NL80211_IFACE_COMB_MAXNUM)?,
        channels: attributes.u32(nl::NL80211_IFACE_COMB_NUM_CHANNELS)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netlink::messages;
    use crate::request::Set;
    use radio::InterfaceKind;

    fn read(options: &Options, parts: impl IntoIterator<Item = Set>) -> (Capabilities, Features) {
        let mut wiphy = Wiphy::new(1);
        for part in parts {
            let part = part.u32(nl::NL80211_ATTR_WIPHY, 1);
            let bytes = Request::plain(nl::NL80211_CMD_GET_WIPHY).encode(28, 1, part).expect("it fits");
            let message = messages(&bytes).next().expect("a message");
            wiphy.add(message.generic().expect("generic netlink").1);
        }
        wiphy.finish(options)
    }

    fn flags(kinds: &[u32]) -> Set {
        kinds.iter().fold(Set::default(), |s, kind| s.flag(u16::try_from(*kind).expect("small"), true))
    }

    fn commands(all: &[u8]) -> Set {
        let list = all.iter().zip(1..).fold(Set::default(), |s, (command, n)| s.u32(n, u32::from(*command)));
        Set::default().nest(nl::NL80211_ATTR_SUPPORTED_COMMANDS, list)
    }

    /// `NL80211_EXT_FEATURE_CONTROL_PORT_OVER_NL80211` (26) and its status (48), in the octets of the bit field.
    fn control_port() -> Set {
        Set::default().bytes(nl::NL80211_ATTR_EXT_FEATURES, &[0, 0, 0, 1 << 2, 0, 0, 1])
    }

    #[test]
    fn a_split_dump_is_put_together() {
        let band = |inner: Set| {
            let bands = Set::default().nest(nl::NL80211_BAND_2GHZ, inner);
            Set::default().nest(nl::NL80211_ATTR_WIPHY_BANDS, bands)
        };
        let channel = |mhz: u32, no_ir: bool| {
            let channel = Set::default()
                .u32(nl::NL80211_FREQUENCY_ATTR_FREQ, mhz)
                .flag(nl::NL80211_FREQUENCY_ATTR_NO_IR, no_ir)
                .u32(nl::NL80211_FREQUENCY_ATTR_MAX_TX_POWER, 2000);
            band(Set::default().nest(nl::NL80211_BAND_ATTR_FREQS, Set::default().nest(0, channel)))
        };
        let rate = |r: u32| Set::default().u32(nl::NL80211_BITRATE_ATTR_RATE, r);
        let rates = Set::default().nest(0, rate(110)).nest(1, rate(60));
        let limit = Set::default()
            .u32(nl::NL80211_IFACE_LIMIT_MAX, 2)
            .nest(nl::NL80211_IFACE_LIMIT_TYPES, flags(&[nl::NL80211_IFTYPE_STATION, nl::NL80211_IFTYPE_P2P_GO]));
        let combination = Set::default()
            .nest(nl::NL80211_IFACE_COMB_LIMITS, Set::default().nest(1, limit))
            .u32(nl::NL80211_IFACE_COMB_MAXNUM, 2)
            .u32(nl::NL80211_IFACE_COMB_NUM_CHANNELS, 1);
        let combinations = Set::default().nest(1, combination);
        let kinds = flags(&[nl::NL80211_IFTYPE_STATION, nl::NL80211_IFTYPE_P2P_GO, nl::NL80211_IFTYPE_P2P_DEVICE]);
        let parts = [
            Set::default().text(nl::NL80211_ATTR_WIPHY_NAME, "phy1").u8(nl::NL80211_ATTR_MAX_NUM_SCAN_SSIDS, 4),
            Set::default().nest(nl::NL80211_ATTR_SUPPORTED_IFTYPES, kinds),
            band(
                Set::default()
                    .nest(nl::NL80211_BAND_ATTR_RATES, rates)
                    .u16(nl::NL80211_BAND_ATTR_HT_CAPA, 0x107e)
                    .u8(nl::NL80211_BAND_ATTR_HT_AMPDU_FACTOR, 3)
                    .u8(nl::NL80211_BAND_ATTR_HT_AMPDU_DENSITY, 5),
            ),
            channel(2437, true),
            channel(2412, false),
            Set::default().nest(nl::NL80211_ATTR_INTERFACE_COMBINATIONS, combinations),
        ];
        let (c, _) = read(&Options::default(), parts);
        assert_eq!((c.name.as_str(), c.max_scan_ssids, c.max_remain_ms), ("phy1", 4, DEFAULT_MAX_REMAIN_MS));
        assert_eq!(c.kinds, [InterfaceKind::Station, InterfaceKind::P2pGo, InterfaceKind::P2pDevice]);
        let [band] = c.bands.as_slice() else { panic!("{:?}", c.bands) };
        assert_eq!(band.rates, [60, 110]);
        assert_eq!((band.ht_capabilities, band.ht_ampdu), (Some(0x107e), 0b1_0111));
        let channels: Vec<_> = band.channels.iter().map(|c| (c.frequency, c.no_ir, c.max_power_dbm)).collect();
        assert_eq!(channels, [(2412, false, 20), (2437, true, 20)]);
        assert_eq!(c.channels_for(&[InterfaceKind::Station, InterfaceKind::P2pGo]), Some(1));
        assert_eq!(c.channels_for(&[InterfaceKind::Station, InterfaceKind::P2pDevice]), None);
    }

    #[test]
    fn another_radio_s_part_is_passed_over() {
        let mut wiphy = Wiphy::new(1);
        let part = Set::default().u32(nl::NL80211_ATTR_WIPHY, 2).text(nl::NL80211_ATTR_WIPHY_NAME, "phy2");
        let bytes = Request::plain(nl::NL80211_CMD_GET_WIPHY).encode(28, 1, part).unwrap();
        wiphy.add(messages(&bytes).next().unwrap().generic().unwrap().1);
        assert_eq!(wiphy, Wiphy::new(1));
    }

    #[test]
    fn features_are_used_unless_ignored() {
        let all = || {
            let sme = [nl::NL80211_CMD_AUTHENTICATE, nl::NL80211_CMD_ASSOCIATE, nl::NL80211_CMD_DEAUTHENTICATE];
            [control_port(), commands(&sme), Set::default().flag(nl::NL80211_ATTR_OFFCHANNEL_TX_OK, true)]
        };
        let (c, f) = read(&Options::default(), all());
        assert!(c.control_port && c.authenticate && c.offchannel_transmit);
        assert!(f.control_port_status && f.socket_owner && f.offchannel_flag);
        let ignore = |feature| Options { ignore_features: vec![feature] };
        let (c, f) = read(&ignore(Feature::SocketOwner), all());
        assert!(
            !c.control_port && !f.control_port_status && !f.socket_owner,
            "EAPOL goes to the owner of a connection"
        );
        let (c, f) = read(&ignore(Feature::ControlPortTxStatus), all());
        assert!(c.control_port && !f.control_port_status);
        let (c, f) = read(&ignore(Feature::OffchannelTransmit), all());
        assert!(!c.offchannel_transmit && f.offchannel_flag);
        assert!(!read(&ignore(Feature::Authenticate), all()).0.authenticate);
    }
}
