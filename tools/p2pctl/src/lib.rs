//! Wi-Fi Direct on the command line, over the control sockets of p2pd or wpa_supplicant.
//!
//! What is read and how it is worded does no I/O: [`event`], [`fields`], [`peer`], [`group`] read lines, [`attempt`]
//! follows a connection through its events. [`control`] has the sockets, [`commands`] what is done with them.
#![forbid(unsafe_code)]

pub mod args;
pub mod attempt;
pub mod commands;
pub mod control;
pub mod event;
pub mod fields;
pub mod group;
pub mod kind;
pub mod manual;
pub mod peer;
pub mod reasons;
pub mod shell;
pub mod table;
pub mod text;
