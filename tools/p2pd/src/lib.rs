//! A Wi-Fi Direct daemon that speaks wpa_supplicant's control protocol.
//!
//! The stack is `wifi-direct`; here are the words: the command line ([`cli`]), the configuration file ([`config`]), the
//! control sockets ([`control`]), commands ([`commands`]) and events ([`events`]), and the loop that joins them
//! ([`daemon`]).
#![forbid(unsafe_code)]

pub mod backend;
pub mod background;
pub mod bss;
pub mod cli;
pub mod commands;
pub mod config;
pub mod control;
pub mod daemon;
#[cfg(feature = "demo")]
pub mod demo;
pub mod events;
pub mod interface;
pub mod kernel;
pub mod log;
mod owners;
pub mod pin;
pub mod text;
mod words;
