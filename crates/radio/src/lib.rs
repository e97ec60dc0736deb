//! The seam between the protocol and a radio: what a radio can be told ([`Command`]), what it answers ([`Reply`],
//! [`Refused`]), what it reports by itself ([`Event`]), and what it is able to do ([`Capabilities`]).
//!
//! Two radios stand behind it: the Linux kernel (`nl80211-driver`) and a simulated one (`virtual-air`). The rules:
//!
//! * Every [`Command`] travels with a [`CommandId`] that the caller allots, and gets exactly one [`Event::Done`].
//! * Commands to one interface are carried out in order.
//! * Interfaces are named by an [`InterfaceId`] that the caller allots; kernel handles never cross the seam.
//! * [`Command::Transmit`] and [`Command::SendEapol`] that were accepted end in exactly one [`Event::Sent`].
//! * [`Command::Scan`] that was accepted ends in exactly one [`Event::ScanDone`];
//!   [`Command::RemainOnChannel`] that was accepted in exactly one [`Event::RemainEnded`].
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod capability;
mod channel;
mod command;
mod event;
mod key;
mod operating_class;
mod plan;

pub use capability::{Band, Capabilities, ChannelInfo, InterfaceCombination, InterfaceLimit};
pub use channel::{Channel, Width, frequency_to_channel};
pub use command::{
    AccessPoint, Association, Beacon, ChannelSwitch, Command, CommandId, Connection, FrameKind, InterfaceId,
    InterfaceKind, ScanRequest, StationFlags, StationParameters, StationRates, Transmission,
};
pub use event::{BitRate, Bss, Event, Neighbour, Refused, Reply, SendStatus, StationInfo};
pub use key::{Cipher, Key, KeyKind, Secret};
pub use operating_class::{OperatingClass, channel_to_frequency};
pub use plan::{Discovery, OffChannel, Placement, Plan, Sentence, Sme};
