//! IEEE 802.11, Wi-Fi P2P, WSC and WFD elements and frames: read and write.
//!
//! Two faces to every wire type: a checked, borrowed view for reading, which needs no allocator (attributes that go over several
//! elements are joined in one allocation with the feature `alloc`, and without any by [`Elements::vendor_in`]), keeps what it
//! does not know and never panics whatever the bytes; and an owned description with `emit` for writing (the feature `alloc`, on
//! by default), such that reading what was written gives the same again.
//!
//! | to read or write | see |
//! |---|---|
//! | a management or action frame, GAS | [`frame`] |
//! | a series of elements | [`Elements`], [`KnownElement`], [`check`] |
//! | P2P elements and their attributes | [`p2p`] |
//! | service discovery: Bonjour, UPnP, WS-Discovery, Wi-Fi Display, P2PS | [`p2p::service`] |
//! | WSC elements and the messages M1 to M8 | [`wsc`] |
//! | WFD elements | [`wfd`] |
//! | RSN, WMM, rates | [`rsn`], [`wmm`], [`rates`] |
//! | HT, VHT, HE, EHT capabilities and operation | [`ht`], [`vht`], [`he`], [`eht`] |
//! | NAN service discovery | [`nan`] |
//! | TIM, country, capabilities and other small elements | [`bss`], [`channel_switch`] |
//! | bytes from the air, on a terminal or in a log | [`escape`] |
//!
//! Reading is lenient where deployed devices need it and says so: a series of elements ends where one is cut off,
//! fixed attributes may be longer than they are known to be, zeros may pad WSC messages, of repeated attributes the last counts, of
//! repeated elements the first (all as deployed devices have it). What could mislead is an error:
//! lists that overrun their container, SSIDs and names beyond their bounds. [`check`] is the strict reading. Errors ([`Malformed`]) name the structure,
//! the rule and the octet.
#![no_std]
#![forbid(unsafe_code)]
// Without the writing half the pages that speak of it have nothing to link to.
#![cfg_attr(not(feature = "alloc"), allow(rustdoc::broken_intra_doc_links))]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod anqp;
pub mod bss;
pub mod channel_switch;
mod cursor;
pub mod eht;
mod element;
mod error;
pub mod escape;
pub mod frame;
pub mod he;
pub mod ht;
mod joined;
mod known;
mod mac;
pub mod nan;
mod octets;
pub mod p2p;
pub mod rates;
pub mod rsn;
#[cfg(feature = "alloc")]
mod secret;
mod strict;
#[cfg(all(test, feature = "alloc"))]
mod tests;
pub mod vht;
pub mod wfd;
pub mod wmm;
pub mod wsc;

pub use element::{Element, ElementIter, Elements, OUI_MICROSOFT, OUI_WFA, id};
#[cfg(feature = "alloc")]
pub use element::{emit_element, emit_fragmented, emit_vendor_elements};
pub use error::{Malformed, Rule};
pub use joined::{Joined, MAX_JOINED};
pub use known::KnownElement;
pub use mac::{InvalidMacAddr, MacAddr};
pub use octets::{Octets, Ssid};
#[cfg(feature = "alloc")]
pub use secret::Sensitive;
pub use strict::check;
