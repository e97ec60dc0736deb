//! What queries and answers say in each protocol.

#[cfg(feature = "alloc")]
use alloc::vec::Vec;
use core::fmt;

use super::{Request, Response, protocol, status};
use crate::cursor::Cursor;
use crate::escape;
use crate::wfd::Subelements;
use crate::wsc::ConfigMethods;
use crate::{Malformed, Rule};

/// The Query Data of a request, by its protocol: a view when [read](Request::content), a description when
/// [written](Query::to_bytes).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Query<'a> {
    /// All services of every protocol, or of one where the query is empty.
    All,
    /// Bonjour (Wi-Fi P2P v1.7 Annex E.1).
    Bonjour {
        /// DNS Name.
        name: BonjourName<'a>,
        /// DNS Type, such as 12 for PTR and 16 for TXT.
        kind: u16,
        /// Version Number.
        version: u8,
    },
    /// UPnP (Wi-Fi P2P v1.7 Annex E.2).
    Upnp {
        /// Version in two hexadecimal digits, 0x10 for UPnP 1.0.
        version: u8,
        /// A search target, such as `ssdp:all`; UTF-8.
        target: &'a [u8],
    },
    /// WS-Discovery, as it stands.
    WsDiscovery(&'a [u8]),
    /// Wi-Fi Display.
    WifiDisplay {
        /// Requested Device Role: 0 source, 1 primary sink, 2 secondary sink, 3 source and primary sink.
        role: u8,
        /// The IDs of the subelements that are asked for, see [`subelement`](crate::wfd::subelement).
        subelements: &'a [u8],
    },
    /// Wi-Fi P2P Services.
    P2ps {
        /// Service Name: UTF-8, a `*` at its end for all that begin so.
        name: &'a [u8],
        /// What the Service Information has to hold; UTF-8.
        information: &'a [u8],
    },
    /// Another protocol's, as it stands.
    Other(&'a [u8]),
}

/// The Response Data of an answer, by its protocol: a view when [read](Response::content), a description when
/// [written](Answer::to_bytes).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer<'a> {
    /// There is none: the status is another than success, or nothing was found.
    Nothing,
    /// Bonjour: a resource record.
    Bonjour {
        /// DNS Name.
        name: BonjourName<'a>,
        /// DNS Type.
        kind: u16,
        /// Version Number.
        version: u8,
        /// RDATA, in which names may point into the [dictionary](BonjourName) or, by the offset 0x27, to the name before.
        data: &'a [u8],
    },
    /// UPnP.
    Upnp {
        /// Version in two hexadecimal digits, 0x10 for UPnP 1.0.
        version: u8,
        /// Unique service names, separated by commas; UTF-8.
        services: &'a [u8],
    },
    /// WS-Discovery, as it stands.
    WsDiscovery(&'a [u8]),
    /// Wi-Fi Display: subelements.
    WifiDisplay(&'a [u8]),
    /// Wi-Fi P2P Services.
    P2ps(P2psServices<'a>),
    /// Another protocol's, as it stands.
    Other(&'a [u8]),
}

/// A DNS name as Bonjour service discovery has it: labels, with pointers into a dictionary that both sides know
/// (Wi-Fi P2P v1.7 Annex E.1). It prints as text with dots, escaped.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BonjourName<'a>(&'a [u8]);

impl<'a> BonjourName<'a> {
    /// Offsets of the dictionary and what stands there.
    const DICTIONARY: [(u16, &'static str); 3] = [(0x0c, "_tcp.local"), (0x11, "local"), (0x1c, "_udp.local")];
    /// The most octets of a DNS name (RFC 1035 §2.3.4).
    const MAX_LEN: usize = 255;

    /// The name that these octets are, all of them.
    ///
    /// # Errors
    /// A label that is cut off, octets behind the end, a name of more than 255 octets.
    pub fn parse(octets: &'a [u8]) -> Result<Self, Malformed> {
        let cursor = &mut Cursor::new(octets, 0, "Bonjour name");
        let name = Self::read(cursor)?;
        if cursor.is_empty() { Ok(name) } else { Err(cursor.error(Rule::Trailing)) }
    }

    fn read(cursor: &mut Cursor<'a>) -> Result<Self, Malformed> {
        let mut ahead = *cursor;
        loop {
            let wrong = ahead.error(Rule::InvalidValue);
            let octet = ahead.u8()?;
            match octet >> 6 {
                0 if octet == 0 => break,
                0 => _ = ahead.take(octet.into())?,
                // A pointer ends a name.
                3 => {
                    ahead.u8()?;
                    break;
                }
                _ => return Err(wrong),
            }
        }
        let len = cursor.left() - ahead.left();
        if len > Self::MAX_LEN {
            return Err(cursor.error(Rule::TooLong));
        }
        cursor.take(len).map(Self)
    }

    /// The octets, compressed as they stand.
    pub const fn octets(&self) -> &'a [u8] {
        self.0
    }
}

impl fmt::Display for BonjourName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        let mut first = true;
        while let Some((&len, after)) = rest.split_first() {
            if len == 0 {
                break;
            }
            if !first {
                f.write_str(".")?;
            }
            first = false;
            if len >> 6 == 3 {
                let offset = u16::from(len & 0x3f) << 8 | after.first().map_or(0, |&low| low.into());
                return match Self::DICTIONARY.iter().find(|(at, _)| *at == offset) {
                    Some((_, text)) => f.write_str(text),
                    None => write!(f, "[{offset:#04x}]"),
                };
            }
            let Some((label, after)) = after.split_at_checked(len.into()) else { break };
            fmt::Display::fmt(&escape::name(label), f)?;
            rest = after;
        }
        Ok(())
    }
}

impl fmt::Debug for BonjourName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// One service of Wi-Fi P2P Services.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct P2psService<'a> {
    /// Advertisement ID.
    pub id: u32,
    /// The methods with which the service can be reached.
    pub config_methods: ConfigMethods,
    /// Service Name; UTF-8.
    pub name: &'a [u8],
    /// Service Status: 0 not available, 1 available.
    pub state: u8,
    /// Service Information; UTF-8.
    pub information: &'a [u8],
}

impl<'a> P2psService<'a> {
    fn read(c: &mut Cursor<'a>) -> Result<Self, Malformed> {
        let (id, config_methods) = (c.le32()?, ConfigMethods(c.be16()?));
        let len = c.u8()?;
        let (name, state) = (c.take(len.into())?, c.u8()?);
        let len = c.le16()?;
        Ok(Self { id, config_methods, name, state, information: c.take(len.into())? })
    }
}

/// The services that an answer of Wi-Fi P2P Services lists.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct P2psServices<'a>(&'a [u8]);

impl<'a> P2psServices<'a> {
    /// How many, then each.
    fn read(c: &mut Cursor<'a>) -> Result<Self, Malformed> {
        let list = *c;
        for _ in 0..c.u8()? {
            P2psService::read(c)?;
        }
        if !c.is_empty() {
            return Err(c.error(Rule::Trailing));
        }
        Ok(Self({ list }.rest()))
    }

    /// The services.
    pub fn iter(&self) -> impl Iterator<Item = P2psService<'a>> + Clone + use<'a> {
        let (count, body) = self.0.split_first().map_or((0, &[][..]), |(&count, body)| (count, body));
        let mut cursor = Cursor::new(body, 0, "P2PS services");
        (0..count).map_while(move |_| P2psService::read(&mut cursor).ok())
    }
}

impl fmt::Debug for P2psServices<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<'a> Request<'a> {
    /// What the query says.
    ///
    /// # Errors
    /// A query that is not of its protocol's form, with the offset in [`query`](Self::query).
    pub fn content(&self) -> Result<Query<'a>, Malformed> {
        let c = &mut Cursor::new(self.query, 0, "service query");
        Ok(match self.protocol {
            _ if c.is_empty() => Query::All,
            protocol::BONJOUR => {
                let (name, kind, version) = (BonjourName::read(c)?, c.be16()?, c.u8()?);
                if !c.is_empty() {
                    return Err(c.error(Rule::Trailing));
                }
                Query::Bonjour { name, kind, version }
            }
            protocol::UPNP => Query::Upnp { version: c.u8()?, target: c.rest() },
            protocol::WS_DISCOVERY => Query::WsDiscovery(c.rest()),
            protocol::WIFI_DISPLAY => Query::WifiDisplay { role: c.u8()?, subelements: c.rest() },
            protocol::P2PS => {
                let len = c.u8()?;
                let name = c.take(len.into())?;
                let len = c.u8()?;
                let information = c.take(len.into())?;
                if !c.is_empty() {
                    return Err(c.error(Rule::Trailing));
                }
                Query::P2ps { name, information }
            }
            _ => Query::Other(c.rest()),
        })
    }
}

impl<'a> Response<'a> {
    /// What the answer says.
    ///
    /// # Errors
    /// An answer that is not of its protocol's form, with the offset in [`data`](Self::data).
    pub fn content(&self) -> Result<Answer<'a>, Malformed> {
        let c = &mut Cursor::new(self.data, 0, "service answer");
        Ok(match self.protocol {
            _ if self.status != status::SUCCESS || c.is_empty() => Answer::Nothing,
            protocol::BONJOUR => {
                let (name, kind, version) = (BonjourName::read(c)?, c.be16()?, c.u8()?);
                Answer::Bonjour { name, kind, version, data: c.rest() }
            }
            protocol::UPNP => Answer::Upnp { version: c.u8()?, services: c.rest() },
            protocol::WS_DISCOVERY => Answer::WsDiscovery(c.rest()),
            protocol::WIFI_DISPLAY => {
                let mut subelements = Subelements::new(self.data);
                subelements.by_ref().for_each(drop);
                if !subelements.rest().is_empty() {
                    let offset = self.data.len() - subelements.rest().len();
                    return Err(Malformed { offset, what: "WFD subelement", rule: Rule::TooShort });
                }
                Answer::WifiDisplay(self.data)
            }
            protocol::P2PS => Answer::P2ps(P2psServices::read(c)?),
            _ => Answer::Other(c.rest()),
        })
    }
}

#[cfg(feature = "alloc")]
impl Query<'_> {
    /// The Query Data. Of a name or an information of Wi-Fi P2P Services the first 255 octets are written.
    pub fn to_bytes(&self) -> Vec<u8> {
        let counted = |octets: &[u8]| {
            let octets = octets.get(..255).unwrap_or(octets);
            [&[octets.len() as u8], octets].concat()
        };
        match *self {
            Self::All => Vec::new(),
            Self::Bonjour { name, kind, version } => [name.0, &kind.to_be_bytes(), &[version]].concat(),
            Self::Upnp { version, target } => [&[version], target].concat(),
            Self::P2ps { name, information } => [counted(name), counted(information)].concat(),
            Self::WifiDisplay { role, subelements } => [&[role], subelements].concat(),
            Self::WsDiscovery(octets) | Self::Other(octets) => octets.to_vec(),
        }
    }
}

#[cfg(feature = "alloc")]
impl Answer<'_> {
    /// The Response Data.
    pub fn to_bytes(&self) -> Vec<u8> {
        match *self {
            Self::Nothing => Vec::new(),
            Self::Bonjour { name, kind, version, data } => [name.0, &kind.to_be_bytes(), &[version], data].concat(),
            Self::Upnp { version, services } => [&[version], services].concat(),
            Self::P2ps(P2psServices(octets))
            | Self::WsDiscovery(octets)
            | Self::WifiDisplay(octets)
            | Self::Other(octets) => octets.to_vec(),
        }
    }
}

#[cfg(feature = "alloc")]
impl P2psService<'_> {
    /// The Response Data of an answer of Wi-Fi P2P Services with these services, of which the first 255 are written; of a name the
    /// first 255 octets, of an information the first 65535.
    pub fn list(services: &[P2psService<'_>]) -> Vec<u8> {
        let services = services.get(..255).unwrap_or(services);
        let mut out = Vec::from([services.len() as u8]);
        for service in services {
            let name = service.name.get(..255).unwrap_or(service.name);
            let information = service.information.get(..usize::from(u16::MAX)).unwrap_or(service.information);
            out.extend_from_slice(&service.id.to_le_bytes());
            out.extend_from_slice(&service.config_methods.0.to_be_bytes());
            out.push(name.len() as u8);
            out.extend_from_slice(name);
            out.push(service.state);
            out.extend_from_slice(&(information.len() as u16).to_le_bytes());
            out.extend_from_slice(information);
        }
        out
    }
}

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use std::string::ToString;
    use std::vec;

    use proptest::collection::vec as vec_of;
    use proptest::prelude::*;

    use super::*;

    fn request(protocol: u8, query: &[u8]) -> Request<'_> {
        Request { protocol, transaction: 1, query }
    }

    fn response(protocol: u8, data: &[u8]) -> Response<'_> {
        Response { protocol, transaction: 1, status: status::SUCCESS, data }
    }

    /// The examples of hostap's README-P2P: a query for AFP over TCP and its answer, a UPnP search.
    #[test]
    fn bonjour_and_upnp() {
        let query = b"\x0b_afpovertcp\xc0\x0c\x00\x0c\x01";
        let Ok(Query::Bonjour { name, kind, version }) = request(protocol::BONJOUR, query).content() else { panic!() };
        assert_eq!((name.to_string().as_str(), kind, version), ("_afpovertcp._tcp.local", 12, 1));
        let answer = [&query[..], b"\x07example\xc0\x27"].concat();
        let Ok(Answer::Bonjour { data, .. }) = response(protocol::BONJOUR, &answer).content() else { panic!() };
        assert_eq!(data, b"\x07example\xc0\x27");
        assert_eq!(
            request(protocol::UPNP, b"\x10ssdp:all").content(),
            Ok(Query::Upnp { version: 0x10, target: b"ssdp:all" })
        );
        assert_eq!(BonjourName::parse(b"\x01a\x00").unwrap().to_string(), "a");
        assert_eq!(BonjourName::parse(b"\x02\x1b[\xc0\x63").unwrap().to_string(), "_[.[0x63]");
    }

    #[test]
    fn services_of_p2ps() {
        let service = P2psService {
            id: 0x0102_0304,
            config_methods: ConfigMethods(0x1108),
            name: b"org.wi-fi.wfds.send.rx",
            state: 1,
            information: b"name='x'",
        };
        let data = P2psService::list(&[service, service]);
        assert_eq!(data[..8], [2, 4, 3, 2, 1, 0x11, 0x08, 22]);
        let Ok(Answer::P2ps(services)) = response(protocol::P2PS, &data).content() else { panic!() };
        assert_eq!(services.iter().collect::<Vec<_>>(), [service, service]);
        assert_eq!(
            request(protocol::P2PS, b"\x03org\x00").content(),
            Ok(Query::P2ps { name: b"org", information: b"" })
        );
    }

    #[test]
    fn what_is_wrong_and_where() {
        let fault = |offset, rule| Err(Malformed { offset, what: "service query", rule });
        assert_eq!(request(protocol::BONJOUR, b"\x05abc").content(), fault(1, Rule::TooShort));
        assert_eq!(request(protocol::BONJOUR, b"\x01a\x80").content(), fault(2, Rule::InvalidValue));
        assert_eq!(request(protocol::BONJOUR, b"\x00\x00\x0c\x01\x00").content(), fault(4, Rule::Trailing));
        assert_eq!(request(protocol::P2PS, b"\x09org\x00").content(), fault(1, Rule::TooShort));
        assert_eq!(request(protocol::P2PS, b"\x00\x00\x00").content(), fault(2, Rule::Trailing));
        let labels: Vec<u8> = vec![63; 64 * 5];
        assert_eq!(
            request(protocol::BONJOUR, &[&labels[..], &[0, 0, 12, 1]].concat()).content(),
            fault(0, Rule::TooLong)
        );
        assert_eq!(response(protocol::P2PS, &[1, 0, 0]).content().unwrap_err().offset, 1);
        assert_eq!(response(protocol::WIFI_DISPLAY, &[0, 0, 6, 1]).content().unwrap_err().what, "WFD subelement");
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_as_it_stood(kind in 0u8..13, octets in vec_of(any::<u8>(), 0..80)) {
            if let Ok(query) = request(kind, &octets).content() {
                prop_assert_eq!(query.to_bytes(), &octets[..]);
            }
            if let Ok(answer) = response(kind, &octets).content() {
                prop_assert_eq!(answer.to_bytes(), octets);
            }
        }

        #[test]
        fn services_round_trip(
            services in vec_of((any::<u32>(), any::<u16>(), vec_of(any::<u8>(), 0..30), any::<u8>(), vec_of(any::<u8>(), 0..300)), 0..5),
        ) {
            let services: Vec<_> = services
                .iter()
                .map(|(id, methods, name, state, information)| {
                    P2psService { id: *id, config_methods: ConfigMethods(*methods), name, state: *state, information }
                })
                .collect();
            let data = P2psService::list(&services);
            let Ok(Answer::P2ps(read)) = response(protocol::P2PS, &data).content() else { panic!() };
            prop_assert_eq!(read.iter().collect::<Vec<_>>(), services);
        }
    }
}
