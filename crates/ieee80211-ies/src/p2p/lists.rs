//! Attributes that hold lists, as checked views: once read, iterating cannot fail.

use core::fmt;

use super::{AbsenceDescriptor, DeviceName};
use crate::cursor::Cursor;
use crate::wsc::{ConfigMethods, DeviceType, DeviceTypes, attr};
use crate::{MacAddr, Malformed, Rule};

/// Reads entries from a body that was checked when the view was made.
fn entries<'a, T: 'a>(
    body: &'a [u8],
    what: &'static str,
    mut read: impl FnMut(&mut Cursor<'a>) -> Result<T, Malformed> + Clone,
) -> impl Iterator<Item = T> + Clone {
    let mut cursor = Cursor::new(body, 0, what);
    core::iter::from_fn(move || if cursor.is_empty() { None } else { read(&mut cursor).ok() })
}

/// Checks that entries fill all that is left of `cursor`, and gives them back as a body.
fn checked<'a, T>(
    cursor: &mut Cursor<'a>,
    mut read: impl FnMut(&mut Cursor<'a>) -> Result<T, Malformed>,
) -> Result<&'a [u8], Malformed> {
    let mut ahead = *cursor;
    while !ahead.is_empty() {
        read(&mut ahead)?;
    }
    Ok(cursor.rest())
}

/// The channels of one operating class.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OperatingClassChannels<'a> {
    /// Operating Class.
    pub class: u8,
    /// Channel Numbers.
    pub channels: &'a [u8],
}

impl<'a> OperatingClassChannels<'a> {
    fn read(cursor: &mut Cursor<'a>) -> Result<Self, Malformed> {
        let class = cursor.u8()?;
        let count = cursor.u8()?;
        Ok(Self { class, channels: cursor.take(count.into())? })
    }
}

/// The Channel List attribute (Wi-Fi P2P v1.7 §4.1.13).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ChannelList<'a> {
    /// Country String, see [`ChannelAttr::country`](super::ChannelAttr::country).
    pub country: [u8; 3],
    body: &'a [u8],
}

impl<'a> ChannelList<'a> {
    pub(crate) fn read(cursor: &mut Cursor<'a>) -> Result<Self, Malformed> {
        Ok(Self { country: cursor.array()?, body: checked(cursor, OperatingClassChannels::read)? })
    }

    /// The operating classes and the channels of each.
    pub fn entries(&self) -> impl Iterator<Item = OperatingClassChannels<'a>> + Clone + use<'a> {
        entries(self.body, "Channel List", OperatingClassChannels::read)
    }

    /// Every channel as operating class and number.
    pub fn channels(&self) -> impl Iterator<Item = (u8, u8)> + Clone + use<'a> {
        self.entries().flat_map(|entry| entry.channels.iter().map(move |&channel| (entry.class, channel)))
    }

    /// Whether the channel is in the list.
    pub fn contains(&self, class: u8, channel: u8) -> bool {
        self.channels().any(|each| each == (class, channel))
    }
}

impl fmt::Debug for ChannelList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChannelList {{ country: {:?}, entries: ", self.country)?;
        f.debug_list().entries(self.entries()).finish()?;
        f.write_str(" }")
    }
}

/// The Notice of Absence attribute (Wi-Fi P2P v1.7 §4.1.14).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct NoticeOfAbsence<'a> {
    /// Counts up with every change of the timing.
    pub index: u8,
    /// Opportunistic power save is in use.
    pub opportunistic_power_save: bool,
    /// Client traffic window in TU, 0 to 127.
    pub ct_window: u8,
    body: &'a [u8],
}

impl<'a> NoticeOfAbsence<'a> {
    pub(crate) fn read(cursor: &mut Cursor<'a>) -> Result<Self, Malformed> {
        let index = cursor.u8()?;
        let parameters = cursor.u8()?;
        if !cursor.left().is_multiple_of(AbsenceDescriptor::LEN) {
            return Err(cursor.error(Rule::Trailing));
        }
        Ok(Self {
            index,
            opportunistic_power_save: parameters & 0x80 != 0,
            ct_window: parameters & 0x7f,
            body: cursor.rest(),
        })
    }

    /// The absences.
    pub fn descriptors(&self) -> impl Iterator<Item = AbsenceDescriptor> + Clone + use<'a> {
        entries(self.body, "Notice of Absence", AbsenceDescriptor::read)
    }
}

impl fmt::Debug for NoticeOfAbsence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NoticeOfAbsence")
            .field("index", &self.index)
            .field("opportunistic_power_save", &self.opportunistic_power_save)
            .field("ct_window", &self.ct_window)
            .field("descriptors", &self.body.len().checked_div(AbsenceDescriptor::LEN))
            .finish()
    }
}

/// What is said of a device in both P2P Device Info and P2P Group Info: methods, types, name.
fn description<'a>(
    cursor: &mut Cursor<'a>,
) -> Result<(ConfigMethods, DeviceType, DeviceTypes<'a>, DeviceName), Malformed> {
    let config_methods = ConfigMethods(cursor.be16()?);
    let primary = DeviceType::read(cursor)?;
    let count = cursor.u8()?;
    if cursor.left() / 8 < count.into() {
        return Err(cursor.error(Rule::TooMany));
    }
    let secondary = DeviceTypes::read(cursor, count.into())?;
    // The name is a WSC attribute, in the byte order of WSC (Wi-Fi P2P v1.7 §4.1.15).
    let wrong_type = cursor.error(Rule::InvalidValue);
    if cursor.be16()? != attr::DEVICE_NAME {
        return Err(wrong_type);
    }
    let len = cursor.be16()?;
    let too_long = cursor.error(Rule::TooLong);
    let name = DeviceName::new(cursor.take(len.into())?).map_err(|_| too_long)?;
    Ok((config_methods, primary, secondary, name))
}

/// The P2P Device Info attribute (Wi-Fi P2P v1.7 §4.1.15).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DeviceInfo<'a> {
    /// P2P Device Address.
    pub address: MacAddr,
    /// Config Methods.
    pub config_methods: ConfigMethods,
    /// Primary Device Type.
    pub primary: DeviceType,
    /// Secondary Device Types.
    pub secondary: DeviceTypes<'a>,
    /// Device Name.
    pub name: DeviceName,
}

impl<'a> DeviceInfo<'a> {
    pub(crate) fn read(cursor: &mut Cursor<'a>) -> Result<Self, Malformed> {
        let address = cursor.mac()?;
        let (config_methods, primary, secondary, name) = description(cursor)?;
        Ok(Self { address, config_methods, primary, secondary, name })
    }
}

/// One P2P Client Info Descriptor (Wi-Fi P2P v1.7 §4.1.16).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ClientInfo<'a> {
    /// P2P Device Address.
    pub device_address: MacAddr,
    /// P2P Interface Address.
    pub interface_address: MacAddr,
    /// Device Capability Bitmap, see [`device_capability`](super::device_capability).
    pub device_capability: u8,
    /// Config Methods.
    pub config_methods: ConfigMethods,
    /// Primary Device Type.
    pub primary: DeviceType,
    /// Secondary Device Types.
    pub secondary: DeviceTypes<'a>,
    /// Device Name.
    pub name: DeviceName,
}

impl<'a> ClientInfo<'a> {
    fn read(cursor: &mut Cursor<'a>) -> Result<Self, Malformed> {
        let len = cursor.u8()?;
        let mut descriptor = cursor.sub(len.into(), "P2P Client Info Descriptor")?;
        let [device_address, interface_address] = [descriptor.mac()?, descriptor.mac()?];
        let device_capability = descriptor.u8()?;
        let (config_methods, primary, secondary, name) = description(&mut descriptor)?;
        Ok(Self { device_address, interface_address, device_capability, config_methods, primary, secondary, name })
    }
}

/// The P2P Group Info attribute (Wi-Fi P2P v1.7 §4.1.16): the clients that a group has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct GroupInfo<'a>(&'a [u8]);

impl<'a> GroupInfo<'a> {
    pub(crate) fn read(cursor: &mut Cursor<'a>) -> Result<Self, Malformed> {
        checked(cursor, ClientInfo::read).map(Self)
    }

    /// The clients.
    pub fn clients(&self) -> impl Iterator<Item = ClientInfo<'a>> + Clone + use<'a> {
        entries(self.0, "P2P Group Info", ClientInfo::read)
    }
}

impl fmt::Debug for GroupInfo<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clients()).finish()
    }
}

/// The P2P Interface attribute (Wi-Fi P2P v1.7 §4.1.18).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Interface<'a> {
    /// P2P Device Address.
    pub device_address: MacAddr,
    addresses: &'a [[u8; 6]],
}

impl<'a> Interface<'a> {
    pub(crate) fn read(cursor: &mut Cursor<'a>) -> Result<Self, Malformed> {
        let device_address = cursor.mac()?;
        let count = cursor.u8()?;
        Ok(Self { device_address, addresses: cursor.take(6 * usize::from(count))?.as_chunks().0 })
    }

    /// The P2P Interface Addresses.
    pub fn addresses(&self) -> impl ExactSizeIterator<Item = MacAddr> + Clone + use<'a> {
        self.addresses.iter().copied().map(MacAddr)
    }
}

/// The Service Hash attribute (Wi-Fi P2P v1.7 §4.1.22).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ServiceHashes<'a>(&'a [[u8; 6]]);

impl<'a> ServiceHashes<'a> {
    pub(crate) fn read(cursor: &mut Cursor<'a>) -> Result<Self, Malformed> {
        let (short, trailing) = (cursor.error(Rule::TooShort), cursor.error(Rule::Trailing));
        match cursor.rest().as_chunks() {
            ([], _) => Err(short),
            (hashes, []) => Ok(Self(hashes)),
            _ => Err(trailing),
        }
    }

    /// The hashes: each the first six octets of the SHA-256 of a service's name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = [u8; 6]> + Clone + use<'a> {
        self.0.iter().copied()
    }
}

/// One service of the Advertised Service attribute.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AdvertisedService<'a> {
    /// Advertisement ID.
    pub id: u32,
    /// The methods with which the service can be reached.
    pub config_methods: ConfigMethods,
    /// Service Name, UTF-8.
    pub name: &'a [u8],
}

impl<'a> AdvertisedService<'a> {
    fn read(cursor: &mut Cursor<'a>) -> Result<Self, Malformed> {
        let id = cursor.le32()?;
        let config_methods = ConfigMethods(cursor.be16()?);
        let len = cursor.u8()?;
        Ok(Self { id, config_methods, name: cursor.take(len.into())? })
    }
}

/// The Advertised Service attribute (Wi-Fi P2P v1.7 §4.1.26).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AdvertisedServices<'a>(&'a [u8]);

impl<'a> AdvertisedServices<'a> {
    pub(crate) fn read(cursor: &mut Cursor<'a>) -> Result<Self, Malformed> {
        checked(cursor, AdvertisedService::read).map(Self)
    }

    /// The services.
    pub fn iter(&self) -> impl Iterator<Item = AdvertisedService<'a>> + Clone + use<'a> {
        entries(self.0, "Advertised Service", AdvertisedService::read)
    }
}

impl fmt::Debug for AdvertisedServices<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
