//! Names for frames on the air, so that a scenario can say which one is lost.

/// Offset of the frame body in a management frame.
const MANAGEMENT_BODY: usize = 24;
/// LLC/SNAP header of EAPOL.
const EAPOL_SNAP: [u8; 8] = [0xaa, 0xaa, 0x03, 0, 0, 0, 0x88, 0x8e];
/// Key Information bits: Install, Ack, MIC, Secure.
const KEY_ACK: u16 = 1 << 7;
const KEY_MIC: u16 = 1 << 8;
const KEY_SECURE: u16 = 1 << 9;
const KEY_PAIRWISE: u16 = 1 << 3;
/// EAP code, expanded type, Wi-Fi Alliance vendor.
const EAP_EXPANDED: u8 = 254;
const WFA_SIMPLE_CONFIG: [u8; 7] = [0, 0x37, 0x2a, 0, 0, 0, 1];
/// WSC attribute that says which message it is.
const WSC_MESSAGE_TYPE: [u8; 4] = [0x10, 0x22, 0, 1];

/// The frame's name, where it is one that a formation depends on: a P2P public action, (de)authentication,
/// association, or EAPOL in the clear. Everything else, beacons, probes and data, has none.
pub fn name(frame: &[u8]) -> Option<&'static str> {
    let control = *frame.first()?;
    match control & 0xfc {
        0x00 => Some("association-request"),
        0x10 => Some("association-response"),
        0xa0 => Some("disassociation"),
        0xb0 => match frame.get(MANAGEMENT_BODY + 2)? {
            1 => Some("authentication-1"),
            _ => Some("authentication-2"),
        },
        0xc0 => Some("deauthentication"),
        0xd0 => public_action(frame.get(MANAGEMENT_BODY..)?),
        0x08 => eapol(frame.get(24..)?),
        0x88 => eapol(frame.get(26..)?),
        _ => None,
    }
}

fn public_action(body: &[u8]) -> Option<&'static str> {
    // Public, vendor specific, Wi-Fi Alliance, P2P
    match *body.strip_prefix(&[4, 9, 0x50, 0x6f, 0x9a, 9])?.first()? {
        0 => Some("go-negotiation-request"),
        1 => Some("go-negotiation-response"),
        2 => Some("go-negotiation-confirmation"),
        3 => Some("invitation-request"),
        4 => Some("invitation-response"),
        7 => Some("provision-discovery-request"),
        8 => Some("provision-discovery-response"),
        _ => None,
    }
}

fn eapol(body: &[u8]) -> Option<&'static str> {
    let packet = body.strip_prefix(&EAPOL_SNAP)?;
    match *packet.get(1)? {
        0 => eap(packet.get(4..)?),
        1 => Some("eapol-start"),
        3 => key(packet.get(4..)?),
        _ => None,
    }
}

fn key(descriptor: &[u8]) -> Option<&'static str> {
    let information = u16::from_be_bytes(descriptor.get(1..3)?.try_into().ok()?);
    let has = |bit| information & bit != 0;
    match (has(KEY_PAIRWISE), has(KEY_ACK), has(KEY_MIC), has(KEY_SECURE)) {
        (true, true, false, _) => Some("4way-1"),
        (true, true, true, _) => Some("4way-3"),
        (true, false, true, true) => Some("4way-4"),
        (true, false, true, false) => Some("4way-2"),
        (false, true, ..) => Some("group-key-1"),
        (false, false, ..) => Some("group-key-2"),
        _ => None,
    }
}

fn eap(packet: &[u8]) -> Option<&'static str> {
    match (*packet.first()?, packet.get(4)) {
        (3, _) => Some("eap-success"),
        (4, _) => Some("eap-failure"),
        (1, Some(1)) => Some("eap-identity-request"),
        (2, Some(1)) => Some("eap-identity-response"),
        (1 | 2, Some(&EAP_EXPANDED)) => simple_config(packet.get(5..)?),
        _ => None,
    }
}

fn simple_config(method: &[u8]) -> Option<&'static str> {
    let message = method.strip_prefix(&WFA_SIMPLE_CONFIG)?;
    match *message.first()? {
        1 => Some("wsc-start"),
        2 => Some("wsc-ack"),
        3 => Some("wsc-nack"),
        4 => {
            let at = message.windows(WSC_MESSAGE_TYPE.len()).position(|window| window == WSC_MESSAGE_TYPE)?;
            match *message.get(at + WSC_MESSAGE_TYPE.len())? {
                0x04 => Some("wsc-m1"),
                0x05 => Some("wsc-m2"),
                0x06 => Some("wsc-m2d"),
                0x07 => Some("wsc-m3"),
                0x08 => Some("wsc-m4"),
                0x09 => Some("wsc-m5"),
                0x0a => Some("wsc-m6"),
                0x0b => Some("wsc-m7"),
                0x0c => Some("wsc-m8"),
                _ => None,
            }
        }
        5 => Some("wsc-done"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_headers() {
        let mut request = vec![0xd0, 0];
        request.resize(MANAGEMENT_BODY, 0);
        request.extend([4, 9, 0x50, 0x6f, 0x9a, 9, 0, 1]);
        assert_eq!(name(&request), Some("go-negotiation-request"));

        let mut fourth = vec![0x88, 1];
        fourth.resize(26, 0);
        fourth.extend(EAPOL_SNAP);
        fourth.extend([2, 3, 0, 95, 2, 0x03, 0x0a]);
        assert_eq!(name(&fourth), Some("4way-4"));

        let mut m1 = vec![0x08, 1];
        m1.resize(24, 0);
        m1.extend(EAPOL_SNAP);
        m1.extend([1, 0, 0, 30, 2, 5, 0, 30, EAP_EXPANDED, 0, 0x37, 0x2a, 0, 0, 0, 1, 4, 0]);
        m1.extend([0x10, 0x4a, 0, 1, 0x10, 0x10, 0x22, 0, 1, 4]);
        assert_eq!(name(&m1), Some("wsc-m1"));
        for length in 0..m1.len() {
            _ = name(&m1[..length]);
        }
    }
}
