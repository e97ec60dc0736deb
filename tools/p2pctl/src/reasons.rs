//! Codes in words.

/// A P2P status code (Wi-Fi P2P v1.7 Table 9), or -1 when there was no answer.
pub fn status(code: i64) -> String {
    let words = match code {
        -1 => "no answer",
        0 => "it has agreed",
        1 => "the other device does not know yet how its user wants to connect",
        2 => "the two devices do not fit together",
        3 => "a limit of the other device has been reached",
        4 => "the other device has found a parameter that is wrong",
        5 => "the other device cannot do what was asked",
        6 => "the other device says that the protocol was broken",
        7 => "there is no channel that both devices may use",
        8 => "the other device does not know that group any more",
        9 => "both devices insist on owning the group (or neither wants to)",
        10 => "the two devices want to connect in different ways",
        11 => "the other device's user has refused",
        12 => "the other device's user has accepted",
        _ => return format!("status {code}"),
    };
    words.to_owned()
}

/// The status of a failed provision discovery.
pub fn announcement(code: &str) -> String {
    let words = match code {
        "1" => "no answer",
        "2" => "the other device has refused",
        "3" => "no answer from the group's owner",
        "4" => "the other device does not know yet what its user wants",
        _ => "the other device did not agree",
    };
    words.to_owned()
}

/// A failed WSC: the message as wpa_supplicant counts them (M1 is 4 … M8 is 12), and the configuration error (WSC 2.0
/// Table 34).
pub fn wps(message: i64, error: i64) -> String {
    // wpa_supplicant counts M2D between M2 and M3.
    let name = match message {
        4 => "M1",
        5 => "M2",
        6 => "M2D",
        7 => "M3",
        8 => "M4",
        9 => "M5",
        10 => "M6",
        11 => "M7",
        12 => "M8",
        13 => "its acknowledgement",
        14 => "its refusal",
        15 => "its end",
        _ => "its begin",
    };
    let why = match error {
        0 => "the key was not handed over",
        12 => "another device's button is pressed, too",
        16 => "the other device has stopped listening to PINs",
        18 => "the PIN is wrong",
        _ => return format!("the key was not handed over (message {name}, error {error})"),
    };
    format!("{why} (message {name})")
}

/// wpa_supplicant's word for why a group has ended.
pub fn removal(word: Option<&str>) -> String {
    let words = match word {
        Some("REQUESTED") => "ended by request",
        Some("FORMATION_FAILED") => "the group could not be formed",
        Some("IDLE") => "nobody was in it for too long",
        Some("UNAVAILABLE") => "the interface or the radio is not available",
        Some("GO_ENDING_SESSION") => "its owner has ended it",
        Some("PSK_FAILURE") => "the key is wrong",
        Some("FREQ_CONFLICT") => "its channel may not be used any more",
        _ => "the connection was lost",
    };
    words.to_owned()
}
