//! Netlink messages, written and read.

/// `NLMSG_ERROR`
const NLMSG_ERROR: u16 = 2;
/// `NLMSG_DONE`
const NLMSG_DONE: u16 = 3;
/// `NLM_F_CAPPED | NLM_F_ACK_TLVS`
const CAPPED: u16 = 0x100;
const ACK_TLVS: u16 = 0x200;
/// `NLMSGERR_ATTR_COOKIE`
const ATTR_COOKIE: u16 = 3;

/// A request as it came in.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub kind: u16,
    pub flags: u16,
    pub sequence: u32,
    pub header: [u8; 16],
    pub payload: &'a [u8],
}

impl<'a> Request<'a> {
    /// Reads the one message of a datagram.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let header: [u8; 16] = bytes.get(..16)?.try_into().ok()?;
        let length = usize::try_from(u32::from_ne_bytes(header[..4].try_into().ok()?)).ok()?;
        Some(Self {
            kind: u16::from_ne_bytes([header[4], header[5]]),
            flags: u16::from_ne_bytes([header[6], header[7]]),
            sequence: u32::from_ne_bytes([header[8], header[9], header[10], header[11]]),
            header,
            payload: bytes.get(16..length)?,
        })
    }
}

/// Attributes to be read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Attrs<'a>(pub &'a [u8]);

impl<'a> Attrs<'a> {
    pub fn iter(self) -> impl Iterator<Item = (u16, &'a [u8])> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let length = usize::from(u16::from_ne_bytes([*rest.first()?, *rest.get(1)?]));
            let kind = u16::from_ne_bytes([*rest.get(2)?, *rest.get(3)?]) & 0x3fff;
            let value = rest.get(4..length)?;
            rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
            Some((kind, value))
        })
    }

    pub fn get(self, kind: u16) -> Option<&'a [u8]> {
        self.iter().find(|(k, _)| *k == kind).map(|(_, value)| value)
    }

    pub fn has(self, kind: u16) -> bool {
        self.get(kind).is_some()
    }

    pub fn u8(self, kind: u16) -> Option<u8> {
        self.get(kind)?.first().copied()
    }

    pub fn u16(self, kind: u16) -> Option<u16> {
        Some(u16::from_ne_bytes(self.get(kind)?.get(..2)?.try_into().ok()?))
    }

    pub fn u32(self, kind: u16) -> Option<u32> {
        Some(u32::from_ne_bytes(self.get(kind)?.get(..4)?.try_into().ok()?))
    }

    pub fn u64(self, kind: u16) -> Option<u64> {
        Some(u64::from_ne_bytes(self.get(kind)?.get(..8)?.try_into().ok()?))
    }

    pub fn bytes(self, kind: u16) -> Vec<u8> {
        self.get(kind).unwrap_or_default().to_vec()
    }

    pub fn text(self, kind: u16) -> String {
        let bytes = self.get(kind).unwrap_or_default();
        String::from_utf8_lossy(bytes.split(|b| *b == 0).next().unwrap_or_default()).into_owned()
    }

    pub fn nest(self, kind: u16) -> Attrs<'a> {
        Attrs(self.get(kind).unwrap_or_default())
    }
}

/// Attributes to be written.
#[derive(Clone, Debug, Default)]
pub struct Out(pub Vec<u8>);

impl Out {
    pub fn bytes(mut self, kind: u16, value: &[u8]) -> Self {
        let length = u16::try_from(value.len() + 4).expect("an attribute is shorter than 64 KiB");
        self.0.extend(length.to_ne_bytes());
        self.0.extend(kind.to_ne_bytes());
        self.0.extend(value);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        self
    }

    pub fn u8(self, kind: u16, value: u8) -> Self {
        self.bytes(kind, &[value])
    }

    pub fn u16(self, kind: u16, value: u16) -> Self {
        self.bytes(kind, &value.to_ne_bytes())
    }

    pub fn u32(self, kind: u16, value: u32) -> Self {
        self.bytes(kind, &value.to_ne_bytes())
    }

    pub fn u64(self, kind: u16, value: u64) -> Self {
        self.bytes(kind, &value.to_ne_bytes())
    }

    pub fn flag(self, kind: u16, on: bool) -> Self {
        if on { self.bytes(kind, &[]) } else { self }
    }

    pub fn text(self, kind: u16, value: &str) -> Self {
        self.bytes(kind, &[value.as_bytes(), &[0]].concat())
    }

    pub fn nest(self, kind: u16, inner: Self) -> Self {
        self.bytes(kind, &inner.0)
    }
}

/// A message of any family.
pub fn message(kind: u16, flags: u16, sequence: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(16 + payload.len()).expect("a message is short");
    let mut bytes = length.to_ne_bytes().to_vec();
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(flags.to_ne_bytes());
    bytes.extend(sequence.to_ne_bytes());
    bytes.extend([0; 4]);
    bytes.extend(payload);
    bytes
}

/// A generic netlink message.
pub fn generic(family: u16, sequence: u32, command: u8, attributes: &Out) -> Vec<u8> {
    message(family, 0, sequence, &[&[command, 1, 0, 0], attributes.0.as_slice()].concat())
}

/// The acknowledgement of a request (errno 0), or its refusal.
pub fn acknowledgement(header: &[u8; 16], sequence: u32, errno: i32, cookie: Option<u64>) -> Vec<u8> {
    let mut payload = (-errno).to_ne_bytes().to_vec();
    payload.extend(header);
    let mut flags = CAPPED;
    if let Some(cookie) = cookie {
        payload.extend(Out::default().u64(ATTR_COOKIE, cookie).0);
        flags |= ACK_TLVS;
    }
    message(NLMSG_ERROR, flags, sequence, &payload)
}

/// The end of a dump.
pub fn done(sequence: u32) -> Vec<u8> {
    message(NLMSG_DONE, 0, sequence, &0i32.to_ne_bytes())
}
