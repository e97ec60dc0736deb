//! Entry points for fuzz targets (the feature `fuzzing`): any bytes, taken as what the kernel says.

use crate::machine::{Machine, Output, SocketId};
use crate::opening::{Next, Opened, Opening};
use crate::{Options, wiphy};
use core::time::Duration;
use ieee80211_ies::MacAddr;
use radio::{Association, Command, CommandId, FrameKind, InterfaceId, InterfaceKind, ScanRequest, Transmission};

/// Most datagrams of one run.
const MAX_DATAGRAMS: usize = 256;

/// A machine that has all kinds of things under way hears the datagrams that `data` is cut into: an octet of socket and
/// length, then the datagram.
pub fn machine(mut data: &[u8]) {
    let mut machine = Machine::new(opened());
    let iface = InterfaceId::BASE;
    let transmission =
        Transmission { frequency: Some(2412), frame: vec![0xd0; 30], wait_ms: 50, no_cck: true, no_ack: false };
    let association = Association {
        bssid: MacAddr([2, 0, 0, 0, 0, 9]),
        frequency: 2412,
        ssid: b"DIRECT-xy".to_vec(),
        elements: Vec::new(),
        rsn: true,
    };
    let name = "p2p-wlan0-0".to_owned();
    let commands = [
        Command::ReceiveFrames { iface, kinds: vec![FrameKind::ApMlme, FrameKind::ProbeRequest] },
        Command::Transmit { iface, transmission },
        Command::RemainOnChannel { iface, frequency: 2412, duration_ms: 100 },
        Command::Scan { iface, scan: ScanRequest::default() },
        Command::Associate { iface, association },
        Command::CreateInterface { iface: InterfaceId(1), kind: InterfaceKind::P2pGo, name, address: None },
        Command::SetInterfaceKind { iface, kind: InterfaceKind::P2pGo },
    ];
    for (id, command) in (0..).zip(commands) {
        machine.command(CommandId(id), command);
    }
    for _ in 0..MAX_DATAGRAMS {
        let Some((first, rest)) = data.split_first() else { break };
        let socket = match first >> 6 {
            0 => SocketId::Control,
            1 => SocketId::Route,
            2 => SocketId::Frames,
            _ => SocketId::Probes(iface),
        };
        let length = usize::from(first & 0x3f) * 4;
        let (datagram, rest) = rest.split_at(length.min(rest.len()));
        match datagram {
            [] => {
                machine.overrun(socket);
                machine.drained(socket);
            }
            datagram => machine.received(socket, Duration::from_secs(1), datagram),
        }
        while let Some(output) = machine.poll_output() {
            drop::<Output>(output);
        }
        data = rest;
    }
}

/// A radio is opened by a kernel that answers with `data`, cut as for [`machine`].
pub fn opening(mut data: &[u8]) {
    let Ok((mut opening, _)) = Opening::new("wlan0", Options::default()) else { return };
    for _ in 0..MAX_DATAGRAMS {
        let Some((first, rest)) = data.split_first() else { break };
        let (datagram, rest) = rest.split_at((usize::from(*first) * 4).min(rest.len()));
        match opening.received(datagram) {
            Ok(None | Some(Next::Send(_))) => {}
            Ok(Some(Next::Done)) | Err(_) => break,
        }
        data = rest;
    }
    let mut opened = opened();
    drop(Opening::link(&mut opened, data));
}

/// A radio that can do everything.
pub(crate) fn opened() -> Opened {
    let base = crate::interface::InterfaceInfo {
        wiphy: 3,
        wdev: 0x3_0000_0001,
        ifindex: Some(5),
        name: "wlan0".to_owned(),
        address: MacAddr([2, 0, 0, 0, 0, 1]),
        kind: InterfaceKind::Station,
        frequency: None,
        named: false,
    };
    let capabilities = radio::Capabilities {
        remain_on_channel: true,
        offchannel_transmit: true,
        max_remain_ms: 5000,
        control_port: true,
        authenticate: true,
        full_ap_client_state: true,
        ..radio::Capabilities::default()
    };
    let features = wiphy::Features {
        control_port_status: true,
        packet_status: true,
        socket_owner: true,
        frame_wait_cancel: true,
        offchannel_flag: true,
        ..wiphy::Features::default()
    };
    Opened {
        family: 28,
        groups: Vec::new(),
        wiphy: 3,
        capabilities,
        features,
        interfaces: vec![base.clone()],
        base,
        up: true,
        sequence: 100,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    /// A netlink message of a kind and sequence number that the machine may wait for.
    fn message() -> impl Strategy<Value = Vec<u8>> {
        let kind = prop_oneof![Just(28u16), Just(2), Just(3), Just(16), Just(17), any::<u16>()];
        let sequence = prop_oneof![Just(0u32), 1u32..9, 100u32..110];
        let payload = proptest::collection::vec(any::<u8>(), 0..60);
        (kind, 0u16..0x400, sequence, payload).prop_map(|(kind, flags, sequence, payload)| {
            let length = 16 + payload.len();
            let mut bytes = vec![u8::try_from(length.div_ceil(4)).unwrap_or(0)];
            bytes.extend(u32::try_from(length).unwrap_or(0).to_ne_bytes());
            bytes.extend(kind.to_ne_bytes());
            bytes.extend(flags.to_ne_bytes());
            bytes.extend(sequence.to_ne_bytes());
            bytes.extend([0; 4]);
            bytes.extend(payload);
            bytes.resize(1 + length.next_multiple_of(4), 0);
            bytes
        })
    }

    proptest! {
        #[test]
        fn the_machine_takes_anything(messages in proptest::collection::vec((message(), 0u8..4), 0..24)) {
            let cut = messages.into_iter().flat_map(|(mut message, socket)| {
                message[0] |= socket << 6;
                message
            });
            super::machine(&cut.collect::<Vec<_>>());
        }

        #[test]
        fn the_opening_takes_anything(messages in proptest::collection::vec(message(), 0..24)) {
            super::opening(&messages.concat());
        }
    }
}
