//! Wi-Fi Simple Configuration 2.0: the registrar and the enrollee with EAP-WSC, without any I/O.
//!
//! An owner has one [`registrar::Registrar`], which knows the active method (push button or PIN), watches for session
//! overlap and writes the WSC elements of its frames, and one [`registrar::Session`] for every station that associated
//! with a WSC element. A client has one [`enrollee::Session`]. Both sessions take EAPOL PDUs and the ends of their
//! transmissions, and give EAPOL PDUs and events; time comes in as an argument, random values are drawn when a session is
//! made. The slow part of a registration is a [`KeyPair`]: make it ahead of need.
//!
//! ```
//! use std::time::Duration;
//!
//! use ieee80211_ies::{MacAddr, Ssid};
//! use rand_chacha::ChaCha20Rng;
//! use rand_core::SeedableRng;
//! use wsc::enrollee::{self, Password};
//! use wsc::registrar::{self, Method, Registrar, SessionInput, Station, WALK_TIME};
//! use wsc::{Credential, Device, KeyPair, NetworkKey, uuid_from_mac};
//!
//! let mut rng = ChaCha20Rng::seed_from_u64(1); // the operating system's in earnest
//! let now = Duration::ZERO;
//! let device = |last| {
//!     let address = MacAddr([2, 0, 0, 0, 0, last]);
//!     Device { uuid: uuid_from_mac(address), address, ..Device::default() }
//! };
//!
//! // The owner: a button is pushed, a station associates.
//! let mut registrar = Registrar::new(device(1), false);
//! registrar.activate(now, Method::PushButton { only: None }, WALK_TIME)?;
//! let station = Station {
//!     address: device(2).address,
//!     p2p_device_address: None,
//!     credential: Credential {
//!         ssid: Ssid::new(b"DIRECT-ab")?,
//!         key: NetworkKey::Psk([7; 32]),
//!         address: MacAddr::ZERO,
//!     },
//! };
//! let mut owner = registrar::Session::new(station, KeyPair::generate(&mut rng), &mut rng);
//! owner.handle_input(now, SessionInput::Start, &mut registrar);
//!
//! // The client has associated.
//! let mut client = enrollee::Session::new(device(2), Password::push_button(), KeyPair::generate(&mut rng), &mut rng);
//! client.handle_input(now, enrollee::Input::Start);
//!
//! let mut credential = None;
//! while credential.is_none() {
//!     while let Some(output) = owner.poll_output() {
//!         if let registrar::Output::Send(pdu) = output {
//!             owner.handle_input(now, SessionInput::Sent { acked: true }, &mut registrar);
//!             client.handle_input(now, enrollee::Input::Pdu(&pdu));
//!         }
//!     }
//!     while let Some(output) = client.poll_output() {
//!         match output {
//!             enrollee::Output::Send(pdu) => {
//!                 client.handle_input(now, enrollee::Input::Sent { acked: true });
//!                 owner.handle_input(now, SessionInput::Pdu(&pdu), &mut registrar);
//!             }
//!             enrollee::Output::Event(enrollee::Event::Credential(received)) => credential = Some(received),
//!             enrollee::Output::Event(_) => {}
//!         }
//!     }
//! }
//! assert_eq!(credential.unwrap().key, NetworkKey::Psk([7; 32]));
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod credential;
mod device;
mod dh;
pub mod eap;
mod element;
pub mod enrollee;
mod error;
mod fragment;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
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
pub use fragment::{FragmentError, Incoming, Received};
pub use keys::DecryptError;
pub use pin::{InvalidPin, Pin};
