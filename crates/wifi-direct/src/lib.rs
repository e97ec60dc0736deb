//! A Wi-Fi Direct device: one radio's life, its groups and its airtime.
#![cfg_attr(not(feature = "async"), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod api;
