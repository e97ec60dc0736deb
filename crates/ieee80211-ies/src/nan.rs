//! Service Discovery frames of Neighbor Awareness Networking (Wi-Fi Aware v4.0 §9.5), in which P2P v2.0 and Wi-Fi Aware devices
//! ask for services: public action frames with OUI 50:6F:9A, type 19, that hold attributes.
//!
//! ```
//! use ieee80211_ies::frame::Action;
//! use ieee80211_ies::nan::{self, ServiceControl, ServiceDescriptor};
//!
//! let publish = ServiceDescriptor {
//!     service_id: [1, 2, 3, 4, 5, 6],
//!     instance: 1,
//!     requestor: 0,
//!     kind: ServiceControl::PUBLISH,
//!     service_info: Some(b"printer"),
//!     ..ServiceDescriptor::default()
//! };
//! let mut attributes = Vec::new();
//! publish.emit(&mut attributes);
//! let bytes = Action::NanServiceDiscovery { attributes: &attributes }.to_vec();
//!
//! let Action::NanServiceDiscovery { attributes } = Action::parse(&bytes)? else { panic!() };
//! let read = nan::Attributes::new(attributes).next().unwrap();
//! assert_eq!(ServiceDescriptor::parse(read.body)?, publish);
//! # Ok::<_, ieee80211_ies::Malformed>(())
//! ```

#[cfg(feature = "alloc")]
use alloc::vec::Vec;
use core::iter::FusedIterator;

use nom::multi::length_data;
use nom::number::complete::{le_u16, u8 as octet};
use nom::{IResult, Parser};

use crate::Malformed;
use crate::cursor::Cursor;

/// The vendor type of Service Discovery frames under [`OUI_WFA`](crate::OUI_WFA).
pub const OUI_TYPE: u8 = 0x13;

/// Attribute IDs (Wi-Fi Aware v4.0 Table 42), of those in Service Discovery frames.
pub mod attribute {
    /// Cluster.
    pub const CLUSTER: u8 = 0x01;
    /// Service ID List.
    pub const SERVICE_ID_LIST: u8 = 0x02;
    /// Service Descriptor.
    pub const SERVICE_DESCRIPTOR: u8 = 0x03;
    /// Service Descriptor Extension.
    pub const SERVICE_DESCRIPTOR_EXTENSION: u8 = 0x0e;
    /// Device Capability.
    pub const DEVICE_CAPABILITY: u8 = 0x0f;
    /// NAN Availability.
    pub const AVAILABILITY: u8 = 0x12;
    /// Vendor Specific.
    pub const VENDOR_SPECIFIC: u8 = 0xdd;
}

/// One attribute as it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Attribute<'a> {
    /// Attribute ID, see [`attribute`].
    pub id: u8,
    /// What follows the length field.
    pub body: &'a [u8],
}

/// Iterates over attributes leniently, known or not: it ends where one is cut off.
#[derive(Clone, Debug)]
pub struct Attributes<'a>(&'a [u8]);

impl<'a> Attributes<'a> {
    /// The attributes of a frame.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// What has not been read: after the last attribute, a tail that is none.
    pub const fn rest(&self) -> &'a [u8] {
        self.0
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Attribute<'a>;

    fn next(&mut self) -> Option<Attribute<'a>> {
        let (rest, (id, body)) = id_and_body(self.0).ok()?;
        self.0 = rest;
        Some(Attribute { id, body })
    }
}

impl FusedIterator for Attributes<'_> {}

fn id_and_body(input: &[u8]) -> IResult<&[u8], (u8, &[u8])> {
    let (input, id) = octet(input)?;
    let (input, body) = length_data(le_u16).parse(input)?;
    Ok((input, (id, body)))
}

/// What a service descriptor is for: the lower two bits of Service Control (Wi-Fi Aware v4.0 Table 50).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Hash)]
pub struct ServiceControl(pub u8);

impl ServiceControl {
    /// The sender offers a service.
    pub const PUBLISH: Self = Self(0);
    /// The sender looks for a service.
    pub const SUBSCRIBE: Self = Self(1);
    /// A message between two that have found each other.
    pub const FOLLOW_UP: Self = Self(2);

    const KIND: u8 = 0x03;
    const MATCHING_FILTER: u8 = 1 << 2;
    const RESPONSE_FILTER: u8 = 1 << 3;
    const SERVICE_INFO: u8 = 1 << 4;
    const RANGE_LIMITED: u8 = 1 << 5;
    const BINDING_BITMAP: u8 = 1 << 6;
}

/// The Service Descriptor attribute (Wi-Fi Aware v4.0 §9.5.4.2): a view when read, a description when written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ServiceDescriptor<'a> {
    /// The first six octets of the SHA-256 of the service's name.
    pub service_id: [u8; 6],
    /// Instance ID.
    pub instance: u8,
    /// Requestor Instance ID: the instance that is answered, or 0.
    pub requestor: u8,
    /// What it is for.
    pub kind: ServiceControl,
    /// Discovery only from nearby.
    pub range_limited: bool,
    /// Binding Bitmap.
    pub binding: Option<u16>,
    /// Matching Filter: pairs of length and value. At most 255 octets.
    pub matching_filter: Option<&'a [u8]>,
    /// Service Response Filter. At most 255 octets.
    pub response_filter: Option<&'a [u8]>,
    /// Service Info. At most 255 octets.
    pub service_info: Option<&'a [u8]>,
}

impl<'a> ServiceDescriptor<'a> {
    /// Reads the body of a Service Descriptor attribute.
    ///
    /// # Errors
    /// A field that is cut off.
    pub fn parse(body: &'a [u8]) -> Result<Self, Malformed> {
        let c = &mut Cursor::new(body, 0, "Service Descriptor");
        let (service_id, instance, requestor, control) = (c.array()?, c.u8()?, c.u8()?, c.u8()?);
        let has = |bit| control & bit != 0;
        let binding = if has(ServiceControl::BINDING_BITMAP) { Some(c.le16()?) } else { None };
        let mut counted = |bit| if has(bit) { c.u8().and_then(|len| c.take(len.into())).map(Some) } else { Ok(None) };
        Ok(Self {
            service_id,
            instance,
            requestor,
            kind: ServiceControl(control & ServiceControl::KIND),
            range_limited: has(ServiceControl::RANGE_LIMITED),
            binding,
            matching_filter: counted(ServiceControl::MATCHING_FILTER)?,
            response_filter: counted(ServiceControl::RESPONSE_FILTER)?,
            service_info: counted(ServiceControl::SERVICE_INFO)?,
        })
    }

    /// Appends the attribute; of each filter and of the info 255 octets are written.
    #[cfg(feature = "alloc")]
    pub fn emit(&self, out: &mut Vec<u8>) {
        let fields = [
            (ServiceControl::MATCHING_FILTER, self.matching_filter),
            (ServiceControl::RESPONSE_FILTER, self.response_filter),
            (ServiceControl::SERVICE_INFO, self.service_info),
        ];
        let present: u8 = fields.iter().filter(|(_, field)| field.is_some()).map(|(bit, _)| bit).sum();
        let control = self.kind.0 & ServiceControl::KIND
            | present
            | if self.range_limited { ServiceControl::RANGE_LIMITED } else { 0 }
            | if self.binding.is_some() { ServiceControl::BINDING_BITMAP } else { 0 };
        let mut body = Vec::from(self.service_id);
        body.extend_from_slice(&[self.instance, self.requestor, control]);
        body.extend(self.binding.iter().flat_map(|bitmap| bitmap.to_le_bytes()));
        for field in fields.iter().filter_map(|(_, field)| *field) {
            let field = field.get(..255).unwrap_or(field);
            body.push(field.len() as u8);
            body.extend_from_slice(field);
        }
        emit_attribute(attribute::SERVICE_DESCRIPTOR, &body, out);
    }
}

/// Appends an attribute; one with more than the 65535 octets that its length field can say is left out.
#[cfg(feature = "alloc")]
pub fn emit_attribute(id: u8, body: &[u8], out: &mut Vec<u8>) {
    if let Ok(len) = u16::try_from(body.len()) {
        out.push(id);
        out.extend_from_slice(&len.to_le_bytes());
        out.extend_from_slice(body);
    }
}

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use proptest::collection::vec as vec_of;
    use proptest::option;
    use proptest::prelude::*;

    use super::*;
    use crate::Rule;

    /// Octet by octet as Wi-Fi Aware v4.0 Table 49 lays it out.
    #[test]
    fn a_subscription_with_all_optional_fields() {
        let body = [1, 2, 3, 4, 5, 6, 7, 8, 0x7d, 0x34, 0x12, 2, 1, 9, 1, 5, 3, b'a', b'b', b'c'];
        let read = ServiceDescriptor::parse(&body).unwrap();
        assert_eq!((read.kind, read.range_limited, read.binding), (ServiceControl::SUBSCRIBE, true, Some(0x1234)));
        assert_eq!((read.matching_filter, read.response_filter), (Some(&[1, 9][..]), Some(&[5][..])));
        assert_eq!(read.service_info, Some(&b"abc"[..]));
        let mut written = Vec::new();
        read.emit(&mut written);
        assert_eq!(written, [&[3, 20, 0], &body[..]].concat());
        assert_eq!(ServiceDescriptor::parse(&body[..19]).unwrap_err().rule, Rule::TooShort);
        assert_eq!(ServiceDescriptor::parse(&body[..8]).unwrap_err().offset, 8);
    }

    proptest! {
        #[test]
        fn descriptors_round_trip(
            (service_id, instance, requestor, kind) in any::<([u8; 6], u8, u8, u8)>(),
            (range_limited, binding) in any::<(bool, Option<u16>)>(),
            fields in [option::of(vec_of(any::<u8>(), 0..255)), option::of(vec_of(any::<u8>(), 0..255)),
                option::of(vec_of(any::<u8>(), 0..255))],
        ) {
            let [matching_filter, response_filter, service_info] = [0, 1, 2].map(|at: usize| fields[at].as_deref());
            let kind = ServiceControl(kind & 3);
            let descriptor = ServiceDescriptor {
                service_id, instance, requestor, kind, range_limited, binding,
                matching_filter, response_filter, service_info,
            };
            let mut bytes = Vec::new();
            descriptor.emit(&mut bytes);
            let mut attributes = Attributes::new(&bytes);
            let read = attributes.next().unwrap();
            prop_assert_eq!((read.id, attributes.rest().len()), (attribute::SERVICE_DESCRIPTOR, 0));
            prop_assert_eq!(ServiceDescriptor::parse(read.body), Ok(descriptor));
        }

        #[test]
        fn arbitrary_bytes_do_no_harm(bytes in vec_of(any::<u8>(), 0..100)) {
            for attribute in Attributes::new(&bytes) {
                let _ = ServiceDescriptor::parse(attribute.body);
            }
        }
    }
}
