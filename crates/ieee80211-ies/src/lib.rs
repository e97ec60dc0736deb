//! IEEE 802.11, Wi-Fi P2P, WSC and WFD elements and frames: read and write.
#![no_std]
#![forbid(unsafe_code)]

mod mac;

pub use mac::{InvalidMacAddr, MacAddr};
