//! Writing P2P elements.

use alloc::vec::Vec;

use super::*;
use crate::wsc::{ConfigMethods, DeviceType, attr};
use crate::{MacAddr, Malformed, OUI_WFA, Sensitive, emit_vendor_elements};

/// One attribute, owned. Reading what [`emit`] wrote gives the same again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Attribute {
    /// Status.
    Status(Status),
    /// Minor Reason Code.
    MinorReasonCode(u8),
    /// P2P Capability.
    Capability(Capability),
    /// P2P Device ID.
    DeviceId(MacAddr),
    /// Group Owner Intent; of `intent` seven bits are written.
    GroupOwnerIntent(GroupOwnerIntent),
    /// Configuration Timeout.
    ConfigurationTimeout(ConfigurationTimeout),
    /// Listen Channel.
    ListenChannel(ChannelAttr),
    /// P2P Group BSSID.
    GroupBssid(MacAddr),
    /// Extended Listen Timing.
    ExtendedListenTiming(ExtendedListenTiming),
    /// Intended P2P Interface Address.
    IntendedInterfaceAddress(MacAddr),
    /// P2P Manageability.
    Manageability(u8),
    /// Channel List.
    ChannelList(ChannelListBuf),
    /// Notice of Absence.
    NoticeOfAbsence(NoticeOfAbsenceBuf),
    /// P2P Device Info.
    DeviceInfo(DeviceInfoBuf),
    /// P2P Group Info.
    GroupInfo(Vec<ClientInfoBuf>),
    /// P2P Group ID.
    GroupId(GroupId),
    /// P2P Interface.
    Interface(InterfaceBuf),
    /// Operating Channel.
    OperatingChannel(ChannelAttr),
    /// Invitation Flags.
    InvitationFlags(u8),
    /// Out-of-Band Group Owner Negotiation Channel.
    OobGoNegChannel(OobGoNegChannel),
    /// Service Hash: at least one.
    ServiceHash(Vec<[u8; 6]>),
    /// Session Information Data.
    SessionInformation(Vec<u8>),
    /// Connection Capability.
    ConnectionCapability(u8),
    /// Advertisement ID.
    AdvertisementId(ServiceId),
    /// Advertised Service.
    AdvertisedService(Vec<AdvertisedServiceBuf>),
    /// Session ID.
    SessionId(ServiceId),
    /// Feature Capability.
    FeatureCapability(Vec<u8>),
    /// Persistent Group.
    PersistentGroup(GroupId),
    /// P2P Capability Extension.
    CapabilityExtension {
        /// Capability information, see [`CapabilityExtension::information`].
        information: u16,
        /// What follows.
        extra: Vec<u8>,
    },
    /// WLAN AP Information.
    WlanApInformation(Vec<u8>),
    /// Device Identity Key.
    DeviceIdentityKey(Sensitive),
    /// Device Identity Resolution.
    DeviceIdentityResolution(DeviceIdentityResolution),
    /// Pairing and Bootstrapping Methods.
    PairingAndBootstrapping {
        /// What stands before the methods.
        comeback: Vec<u8>,
        /// Bitmap of bootstrapping methods.
        methods: u16,
    },
    /// Password.
    Password(Sensitive),
    /// Action Frame Wrapper.
    ActionFrameWrapper(Vec<u8>),
    /// An attribute that this crate does not know, vendor specific ones among them, or a channel without content.
    Unknown {
        /// Attribute ID.
        id: AttributeId,
        /// What follows the length field, at most 65535 octets.
        body: Vec<u8>,
    },
}

/// The channels of one operating class, owned; see [`OperatingClassChannels`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OperatingClassChannelsBuf {
    /// Operating Class.
    pub class: u8,
    /// Channel Numbers, of which 255 are written.
    pub channels: Vec<u8>,
}

/// [`ChannelList`], owned.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChannelListBuf {
    /// Country String.
    pub country: [u8; 3],
    /// The operating classes and the channels of each.
    pub entries: Vec<OperatingClassChannelsBuf>,
}

/// [`NoticeOfAbsence`], owned.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NoticeOfAbsenceBuf {
    /// Counts up with every change of the timing.
    pub index: u8,
    /// Opportunistic power save is in use.
    pub opportunistic_power_save: bool,
    /// Client traffic window in TU, of which seven bits are written.
    pub ct_window: u8,
    /// The absences.
    pub descriptors: Vec<AbsenceDescriptor>,
}

/// [`DeviceInfo`], owned.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeviceInfoBuf {
    /// P2P Device Address.
    pub address: MacAddr,
    /// Config Methods.
    pub config_methods: ConfigMethods,
    /// Primary Device Type.
    pub primary: DeviceType,
    /// Secondary Device Types, of which 255 are written.
    pub secondary: Vec<DeviceType>,
    /// Device Name.
    pub name: DeviceName,
}

/// [`ClientInfo`], owned.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClientInfoBuf {
    /// P2P Device Address.
    pub device_address: MacAddr,
    /// P2P Interface Address.
    pub interface_address: MacAddr,
    /// Device Capability Bitmap.
    pub device_capability: u8,
    /// Config Methods.
    pub config_methods: ConfigMethods,
    /// Primary Device Type.
    pub primary: DeviceType,
    /// Secondary Device Types, of which as many are written as a descriptor of 255 octets has room for.
    pub secondary: Vec<DeviceType>,
    /// Device Name.
    pub name: DeviceName,
}

/// [`Interface`], owned.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InterfaceBuf {
    /// P2P Device Address.
    pub device_address: MacAddr,
    /// P2P Interface Addresses, of which 255 are written.
    pub addresses: Vec<MacAddr>,
}

/// [`AdvertisedService`], owned.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AdvertisedServiceBuf {
    /// Advertisement ID.
    pub id: u32,
    /// The methods with which the service can be reached.
    pub config_methods: ConfigMethods,
    /// Service Name, of which 255 octets are written.
    pub name: Vec<u8>,
}

impl From<DeviceInfo<'_>> for DeviceInfoBuf {
    fn from(view: DeviceInfo<'_>) -> Self {
        let DeviceInfo { address, config_methods, primary, secondary, name } = view;
        Self { address, config_methods, primary, secondary: secondary.iter().collect(), name }
    }
}

impl From<ClientInfo<'_>> for ClientInfoBuf {
    fn from(view: ClientInfo<'_>) -> Self {
        Self {
            device_address: view.device_address,
            interface_address: view.interface_address,
            device_capability: view.device_capability,
            config_methods: view.config_methods,
            primary: view.primary,
            secondary: view.secondary.iter().collect(),
            name: view.name,
        }
    }
}

impl From<ChannelList<'_>> for ChannelListBuf {
    fn from(view: ChannelList<'_>) -> Self {
        let own = |entry: OperatingClassChannels<'_>| OperatingClassChannelsBuf {
            class: entry.class,
            channels: entry.channels.to_vec(),
        };
        Self { country: view.country, entries: view.entries().map(own).collect() }
    }
}

impl From<NoticeOfAbsence<'_>> for NoticeOfAbsenceBuf {
    fn from(view: NoticeOfAbsence<'_>) -> Self {
        Self {
            index: view.index,
            opportunistic_power_save: view.opportunistic_power_save,
            ct_window: view.ct_window,
            descriptors: view.descriptors().collect(),
        }
    }
}

impl From<Interface<'_>> for InterfaceBuf {
    fn from(view: Interface<'_>) -> Self {
        Self { device_address: view.device_address, addresses: view.addresses().collect() }
    }
}

impl From<AdvertisedService<'_>> for AdvertisedServiceBuf {
    fn from(view: AdvertisedService<'_>) -> Self {
        Self { id: view.id, config_methods: view.config_methods, name: view.name.to_vec() }
    }
}

impl P2p<'_> {
    /// All attributes, owned.
    pub fn to_attributes(&self) -> Vec<Attribute> {
        // What the view holds has been checked, so that nothing is lost here.
        self.attributes().filter_map(|attribute| Attribute::try_from(attribute).ok()).collect()
    }
}

impl TryFrom<RawAttribute<'_>> for Attribute {
    type Error = Malformed;

    fn try_from(raw: RawAttribute<'_>) -> Result<Self, Malformed> {
        let c = &mut raw.cursor();
        Ok(match raw.id {
            AttributeId::STATUS => Self::Status(Status::read(c)?),
            AttributeId::MINOR_REASON_CODE => Self::MinorReasonCode(c.u8()?),
            AttributeId::CAPABILITY => Self::Capability(Capability::read(c)?),
            AttributeId::DEVICE_ID => Self::DeviceId(c.mac()?),
            AttributeId::GROUP_OWNER_INTENT => Self::GroupOwnerIntent(GroupOwnerIntent::read(c)?),
            AttributeId::CONFIGURATION_TIMEOUT => Self::ConfigurationTimeout(ConfigurationTimeout::read(c)?),
            AttributeId::LISTEN_CHANNEL if !c.is_empty() => Self::ListenChannel(ChannelAttr::read(c)?),
            AttributeId::GROUP_BSSID => Self::GroupBssid(c.mac()?),
            AttributeId::EXTENDED_LISTEN_TIMING => Self::ExtendedListenTiming(ExtendedListenTiming::read(c)?),
            AttributeId::INTENDED_INTERFACE_ADDRESS => Self::IntendedInterfaceAddress(c.mac()?),
            AttributeId::MANAGEABILITY => Self::Manageability(c.u8()?),
            AttributeId::CHANNEL_LIST => Self::ChannelList(ChannelList::read(c)?.into()),
            AttributeId::NOTICE_OF_ABSENCE => Self::NoticeOfAbsence(NoticeOfAbsence::read(c)?.into()),
            AttributeId::DEVICE_INFO => Self::DeviceInfo(DeviceInfo::read(c)?.into()),
            AttributeId::GROUP_INFO => Self::GroupInfo(GroupInfo::read(c)?.clients().map(Into::into).collect()),
            AttributeId::GROUP_ID => Self::GroupId(GroupId::read(c)?),
            AttributeId::INTERFACE => Self::Interface(Interface::read(c)?.into()),
            AttributeId::OPERATING_CHANNEL if !c.is_empty() => Self::OperatingChannel(ChannelAttr::read(c)?),
            AttributeId::INVITATION_FLAGS => Self::InvitationFlags(c.u8()?),
            AttributeId::OOB_GO_NEG_CHANNEL => Self::OobGoNegChannel(OobGoNegChannel::read(c)?),
            AttributeId::SERVICE_HASH => Self::ServiceHash(ServiceHashes::read(c)?.iter().collect()),
            AttributeId::SESSION_INFORMATION => Self::SessionInformation(c.rest().to_vec()),
            AttributeId::CONNECTION_CAPABILITY => Self::ConnectionCapability(c.u8()?),
            AttributeId::ADVERTISEMENT_ID => Self::AdvertisementId(ServiceId::read(c)?),
            AttributeId::ADVERTISED_SERVICE => {
                Self::AdvertisedService(AdvertisedServices::read(c)?.iter().map(Into::into).collect())
            }
            AttributeId::SESSION_ID => Self::SessionId(ServiceId::read(c)?),
            AttributeId::FEATURE_CAPABILITY => Self::FeatureCapability(c.rest().to_vec()),
            AttributeId::PERSISTENT_GROUP => Self::PersistentGroup(GroupId::read(c)?),
            AttributeId::CAPABILITY_EXTENSION => {
                let CapabilityExtension { information, extra } = CapabilityExtension::read(c)?;
                Self::CapabilityExtension { information, extra: extra.to_vec() }
            }
            AttributeId::WLAN_AP_INFORMATION => Self::WlanApInformation(c.rest().to_vec()),
            AttributeId::DEVICE_IDENTITY_KEY => Self::DeviceIdentityKey(c.rest().into()),
            AttributeId::DEVICE_IDENTITY_RESOLUTION => {
                Self::DeviceIdentityResolution(DeviceIdentityResolution::read(c)?)
            }
            AttributeId::PAIRING_AND_BOOTSTRAPPING => {
                let PairingAndBootstrapping { comeback, methods } = PairingAndBootstrapping::read(c)?;
                Self::PairingAndBootstrapping { comeback: comeback.to_vec(), methods }
            }
            AttributeId::PASSWORD => Self::Password(c.rest().into()),
            AttributeId::ACTION_FRAME_WRAPPER => Self::ActionFrameWrapper(c.rest().to_vec()),
            id => Self::Unknown { id, body: raw.body.to_vec() },
        })
    }
}

impl Attribute {
    /// Attribute ID.
    pub fn id(&self) -> AttributeId {
        match self {
            Self::Status(_) => AttributeId::STATUS,
            Self::MinorReasonCode(_) => AttributeId::MINOR_REASON_CODE,
            Self::Capability(_) => AttributeId::CAPABILITY,
            Self::DeviceId(_) => AttributeId::DEVICE_ID,
            Self::GroupOwnerIntent(_) => AttributeId::GROUP_OWNER_INTENT,
            Self::ConfigurationTimeout(_) => AttributeId::CONFIGURATION_TIMEOUT,
            Self::ListenChannel(_) => AttributeId::LISTEN_CHANNEL,
            Self::GroupBssid(_) => AttributeId::GROUP_BSSID,
            Self::ExtendedListenTiming(_) => AttributeId::EXTENDED_LISTEN_TIMING,
            Self::IntendedInterfaceAddress(_) => AttributeId::INTENDED_INTERFACE_ADDRESS,
            Self::Manageability(_) => AttributeId::MANAGEABILITY,
            Self::ChannelList(_) => AttributeId::CHANNEL_LIST,
            Self::NoticeOfAbsence(_) => AttributeId::NOTICE_OF_ABSENCE,
            Self::DeviceInfo(_) => AttributeId::DEVICE_INFO,
            Self::GroupInfo(_) => AttributeId::GROUP_INFO,
            Self::GroupId(_) => AttributeId::GROUP_ID,
            Self::Interface(_) => AttributeId::INTERFACE,
            Self::OperatingChannel(_) => AttributeId::OPERATING_CHANNEL,
            Self::InvitationFlags(_) => AttributeId::INVITATION_FLAGS,
            Self::OobGoNegChannel(_) => AttributeId::OOB_GO_NEG_CHANNEL,
            Self::ServiceHash(_) => AttributeId::SERVICE_HASH,
            Self::SessionInformation(_) => AttributeId::SESSION_INFORMATION,
            Self::ConnectionCapability(_) => AttributeId::CONNECTION_CAPABILITY,
            Self::AdvertisementId(_) => AttributeId::ADVERTISEMENT_ID,
            Self::AdvertisedService(_) => AttributeId::ADVERTISED_SERVICE,
            Self::SessionId(_) => AttributeId::SESSION_ID,
            Self::FeatureCapability(_) => AttributeId::FEATURE_CAPABILITY,
            Self::PersistentGroup(_) => AttributeId::PERSISTENT_GROUP,
            Self::CapabilityExtension { .. } => AttributeId::CAPABILITY_EXTENSION,
            Self::WlanApInformation(_) => AttributeId::WLAN_AP_INFORMATION,
            Self::DeviceIdentityKey(_) => AttributeId::DEVICE_IDENTITY_KEY,
            Self::DeviceIdentityResolution(_) => AttributeId::DEVICE_IDENTITY_RESOLUTION,
            Self::PairingAndBootstrapping { .. } => AttributeId::PAIRING_AND_BOOTSTRAPPING,
            Self::Password(_) => AttributeId::PASSWORD,
            Self::ActionFrameWrapper(_) => AttributeId::ACTION_FRAME_WRAPPER,
            Self::Unknown { id, .. } => *id,
        }
    }

    fn emit_body(&self, out: &mut Vec<u8>) {
        match self {
            Self::Status(Status(octet))
            | Self::MinorReasonCode(octet)
            | Self::Manageability(octet)
            | Self::InvitationFlags(octet)
            | Self::ConnectionCapability(octet) => out.push(*octet),
            Self::Capability(Capability { device, group }) => out.extend_from_slice(&[*device, *group]),
            Self::DeviceId(address) | Self::GroupBssid(address) | Self::IntendedInterfaceAddress(address) => {
                out.extend_from_slice(&address.0);
            }
            Self::GroupOwnerIntent(value) => out.push(value.intent << 1 | u8::from(value.tie_breaker)),
            Self::ConfigurationTimeout(value) => out.extend_from_slice(&[value.group_owner, value.client]),
            Self::ListenChannel(channel) | Self::OperatingChannel(channel) => emit_channel(channel, out),
            Self::ExtendedListenTiming(value) => {
                out.extend_from_slice(&value.period.to_le_bytes());
                out.extend_from_slice(&value.interval.to_le_bytes());
            }
            Self::ChannelList(list) => {
                out.extend_from_slice(&list.country);
                for entry in &list.entries {
                    let channels = bounded(&entry.channels, 255);
                    out.extend_from_slice(&[entry.class, channels.len() as u8]);
                    out.extend_from_slice(channels);
                }
            }
            Self::NoticeOfAbsence(notice) => {
                let window = notice.ct_window & 0x7f | u8::from(notice.opportunistic_power_save) << 7;
                out.extend_from_slice(&[notice.index, window]);
                for descriptor in &notice.descriptors {
                    out.push(descriptor.count);
                    for field in [descriptor.duration, descriptor.interval, descriptor.start] {
                        out.extend_from_slice(&field.to_le_bytes());
                    }
                }
            }
            Self::DeviceInfo(info) => {
                out.extend_from_slice(&info.address.0);
                let secondary = bounded(&info.secondary, 255);
                emit_description(info.config_methods, info.primary, secondary, info.name, out);
            }
            Self::GroupInfo(clients) => clients.iter().for_each(|client| emit_client(client, out)),
            Self::GroupId(group) | Self::PersistentGroup(group) => {
                out.extend_from_slice(&group.device_address.0);
                out.extend_from_slice(group.ssid.as_bytes());
            }
            Self::Interface(interface) => {
                let addresses = bounded(&interface.addresses, 255);
                out.extend_from_slice(&interface.device_address.0);
                out.push(addresses.len() as u8);
                addresses.iter().for_each(|address| out.extend_from_slice(&address.0));
            }
            Self::OobGoNegChannel(value) => {
                emit_channel(&value.channel, out);
                out.push(value.role);
            }
            Self::ServiceHash(hashes) => out.extend_from_slice(hashes.as_flattened()),
            Self::AdvertisementId(value) | Self::SessionId(value) => {
                out.extend_from_slice(&value.id.to_le_bytes());
                out.extend_from_slice(&value.mac.0);
            }
            Self::AdvertisedService(services) => {
                for service in services {
                    let name = bounded(&service.name, 255);
                    out.extend_from_slice(&service.id.to_le_bytes());
                    out.extend_from_slice(&service.config_methods.0.to_be_bytes());
                    out.push(name.len() as u8);
                    out.extend_from_slice(name);
                }
            }
            Self::CapabilityExtension { information, extra } => {
                out.extend_from_slice(&information.to_le_bytes());
                out.extend_from_slice(extra);
            }
            Self::DeviceIdentityResolution(value) => {
                out.push(value.cipher);
                out.extend_from_slice(&value.nonce);
                out.extend_from_slice(&value.tag);
            }
            Self::PairingAndBootstrapping { comeback, methods } => {
                out.extend_from_slice(comeback);
                out.extend_from_slice(&methods.to_le_bytes());
            }
            Self::DeviceIdentityKey(secret) | Self::Password(secret) => out.extend_from_slice(secret.as_bytes()),
            Self::SessionInformation(octets)
            | Self::FeatureCapability(octets)
            | Self::WlanApInformation(octets)
            | Self::ActionFrameWrapper(octets)
            | Self::Unknown { body: octets, .. } => out.extend_from_slice(octets),
        }
    }
}

/// Appends the attributes without an element around them, as in the P2P attributes of an NFC handover or a probe
/// response that is put together elsewhere. An attribute whose body is longer than its length field can say (65535
/// octets, thirty times the largest frame) is left out.
pub fn emit_attributes(attributes: &[Attribute], out: &mut Vec<u8>) {
    for attribute in attributes {
        let begin = out.len();
        out.extend_from_slice(&[attribute.id().0, 0, 0]);
        attribute.emit_body(out);
        let len = u16::try_from(out.len() - begin - 3);
        match (len, out.get_mut(begin + 1..begin + 3)) {
            (Ok(len), Some(field)) => field.copy_from_slice(&len.to_le_bytes()),
            _ => out.truncate(begin),
        }
    }
}

/// Appends a P2P element with these attributes, or several where one cannot hold them; no attributes make one element.
///
/// ```
/// use ieee80211_ies::p2p::{Attribute, Capability, GroupOwnerIntent, emit};
///
/// let mut elements = Vec::new();
/// let intent = GroupOwnerIntent { intent: 7, tie_breaker: true };
/// let capability = Capability { device: 0x25, group: 0 };
/// emit(&[Attribute::Capability(capability), Attribute::GroupOwnerIntent(intent)], &mut elements);
/// assert_eq!(elements, b"\xdd\x0d\x50\x6f\x9a\x09\x02\x02\0\x25\0\x04\x01\0\x0f");
/// ```
pub fn emit(attributes: &[Attribute], out: &mut Vec<u8>) {
    let mut body = zeroize::Zeroizing::new(Vec::new());
    emit_attributes(attributes, &mut body);
    emit_vendor_elements(OUI_WFA, OUI_TYPE, &body, out);
}

fn bounded<T>(items: &[T], most: usize) -> &[T] {
    items.get(..most).unwrap_or(items)
}

fn emit_channel(channel: &ChannelAttr, out: &mut Vec<u8>) {
    out.extend_from_slice(&channel.country);
    out.extend_from_slice(&[channel.class, channel.channel]);
}

/// `secondary` has at most 255 entries.
fn emit_description(
    config_methods: ConfigMethods,
    primary: DeviceType,
    secondary: &[DeviceType],
    name: DeviceName,
    out: &mut Vec<u8>,
) {
    out.extend_from_slice(&config_methods.0.to_be_bytes());
    out.extend_from_slice(&primary.0);
    out.push(secondary.len() as u8);
    secondary.iter().for_each(|each| out.extend_from_slice(&each.0));
    out.extend_from_slice(&attr::DEVICE_NAME.to_be_bytes());
    out.extend_from_slice(&(name.len() as u16).to_be_bytes());
    out.extend_from_slice(name.as_bytes());
}

fn emit_client(client: &ClientInfoBuf, out: &mut Vec<u8>) {
    // Two addresses, device capability, config methods, primary type, count, the header of the name.
    let fixed = 6 + 6 + 1 + 2 + 8 + 1 + 4 + client.name.len();
    let secondary = bounded(&client.secondary, (255 - fixed) / 8);
    out.push((fixed + 8 * secondary.len()) as u8);
    out.extend_from_slice(&client.device_address.0);
    out.extend_from_slice(&client.interface_address.0);
    out.push(client.device_capability);
    emit_description(client.config_methods, client.primary, secondary, client.name, out);
}
