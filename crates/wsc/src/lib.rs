//! Wi-Fi Simple Configuration 2.0: the registrar and the enrollee with EAP-WSC, without any I/O.
//!
//! An owner has one [`registrar::Registrar`], which knows the active method (push button or PIN), watches for session
//! overlap and writes the WSC elements of its frames, and one [`registrar::Session`] for every station that associated
//! with a WSC element. A client has one [`enrollee::Session`]. Both sessions take EAPOL PDUs and the ends of their
//! transmissions, and give EAPOL PDUs and events; time comes in as an argument, random values are drawn when a session is
//! made. The slow part of a registration is a [`KeyPair`]: make it ahead of need.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod credential;
mod device;
mod dh;
mod eap;
mod element;
pub mod enrollee;
mod error;
mod fragment;
mod keys;
mod message;
mod pin;
mod random;
pub mod registrar;
mod retry;

pub use credential::{Credential, InvalidCredential, NetworkKey};
pub use device::{Device, uuid_from_mac};
pub use dh::{InvalidPublicKey, KeyPair, PUBLIC_KEY_LENGTH, PublicKey};
pub use error::Reason;
pub use fragment::FragmentError;
pub use keys::DecryptError;
pub use pin::{InvalidPin, Pin};
