//! Help for the tests of this crate.

use crate::api::{ChannelSet, DeviceDescription, Settings};
use alloc::vec;
use core::convert::Infallible;
use ieee80211_ies::MacAddr;
use rand_core::{TryCryptoRng, TryRng};

/// A generator that is quick and repeatable (xorshift64*), nothing else.
#[derive(Clone, Debug)]
pub(crate) struct TestRng(u64);

impl TestRng {
    pub(crate) fn new(seed: u64) -> Self {
        let mut rng = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        for _ in 0..8 {
            rng.step();
        }
        rng
    }

    fn step(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
}

impl TryRng for TestRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok((self.step() >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.step())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.iter_mut().for_each(|byte| *byte = (self.step() >> 56) as u8);
        Ok(())
    }
}

impl TryCryptoRng for TestRng {}

/// The device address of the device of this number.
pub(crate) fn address(number: u8) -> MacAddr {
    MacAddr([0x02, 0, 0, 0, 0, number])
}

/// Settings of the device of this number: the channels of a dual-band radio, listening on channel 1, 6 or 11.
pub(crate) fn settings(number: u8) -> Settings {
    let listen = [1, 6, 11][usize::from(number) % 3];
    let channels = ChannelSet(vec![(81, (1..=11).collect()), (115, vec![36, 40, 44, 48])]);
    Settings {
        device: DeviceDescription {
            address: address(number),
            name: vec![b'd', b'0' + number % 10],
            primary_type: [0, 1, 0, 0x50, 0xf2, 4, 0, 1],
            secondary_types: vec![],
            config_methods: 0x1188,
            manufacturer: b"maker".to_vec(),
            model_name: b"model".to_vec(),
            model_number: b"1".to_vec(),
            serial_number: b"2".to_vec(),
            uuid: [number; 16],
        },
        country: *b"XX\x04",
        listen: (81, listen),
        operating: None,
        client_channels: channels.clone(),
        go_channels: channels,
        announce: true,
        find_listen: None,
        other_frequencies: vec![],
        passive_frequencies: vec![],
        preferred: vec![],
        intent: 7,
        persistent_reconnect: false,
        concurrent: true,
        intra_bss: true,
        discoverable: true,
        client_discoverable: true,
        managed: false,
        vendor_elements: vec![],
    }
}
