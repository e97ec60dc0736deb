//! Captures of Wi-Fi Direct, read and told: who asked what, what was agreed, where and why it failed.
//!
//! Bytes go one way: [`capture`] (a file) or [`live`] (a monitor interface) gives packets, [`air`] what of a packet concerns
//! us, [`follow::Follower`] puts these together to [`conversation::Conversation`]s, without any I/O and in bounded memory, and
//! [`render`] shows them. Parsing is that of `ieee80211-ies`, `wsc` and `eapol`.
#![forbid(unsafe_code)]

pub mod air;
pub mod args;
pub mod capture;
pub mod conversation;
pub mod devices;
pub mod follow;
mod gas;
mod group;
mod handshake;
pub mod keys;
pub mod live;
mod p2p;
pub mod render;
pub mod run;
mod talk;
pub mod text;
mod wps;
