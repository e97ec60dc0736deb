//! A registrar and an enrollee against each other.

mod common;

use common::*;
use wsc::Pin;
use wsc::enrollee::{Event, Password};
use wsc::registrar::{self, SessionEvent};

#[test]
fn push_button_without_loss() {
    let mut pair = Pair::new(Some(push_button()), Password::push_button(), 1);
    pair.start();
    pair.run();
    pair.assert_success();
    assert!(pair.now < ms(100), "only transmission times: {:?}", pair.now);
    let names: Vec<_> = pair.registrar_events.clone();
    assert_eq!(
        names,
        [
            registrar::Event::PbcActive,
            registrar::Event::ElementsChanged,
            registrar::Event::PbcDisabled,
            registrar::Event::ElementsChanged
        ]
    );
    let SessionEvent::Success { enrollee, .. } = &pair.owner_events[0] else { panic!() };
    assert_eq!(**enrollee, device(CLIENT, "client"));
    assert!(matches!(pair.client_events[..], [Event::Credential(_), Event::Done]));
}

#[test]
fn pins_of_four_and_eight_digits_both_ways() {
    for digits in ["1234", "12345670"] {
        for password in [Password::shown_here, Password::typed_here] {
            let mut pair = Pair::new(Some(pin(digits)), password(Pin::new(digits).unwrap()), 2);
            pair.start();
            pair.run();
            pair.assert_success();
        }
    }
}
