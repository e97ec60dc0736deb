//! What a device is: its WSC primary device type in words (WSC 2.0 Table 41, Wi-Fi Simple Configuration v2.0.7 §12).

/// The Wi-Fi Alliance's OUI and type, under which the categories stand.
const WFA: &str = "0050F204";

/// A device type as replies and events write it (`10-0050F204-5`), in words.
pub fn in_words(device_type: &str) -> String {
    let mut parts = device_type.splitn(3, '-');
    let (Some(category), Some(oui), Some(sub)) = (parts.next(), parts.next(), parts.next()) else {
        return String::from("unknown");
    };
    if !oui.eq_ignore_ascii_case(WFA) {
        return String::from("other");
    }
    let number = |text: &str| text.parse::<u16>().unwrap_or(0);
    name(number(category), number(sub)).unwrap_or("other").to_owned()
}

fn name(category: u16, sub: u16) -> Option<&'static str> {
    Some(match (category, sub) {
        (1, 1) => "PC",
        (1, 2) => "server",
        (1, 3) => "media centre",
        (1, 4 | 8) => "ultra-mobile PC",
        (1, 5) => "notebook",
        (1, 6) => "desktop",
        (1, 7) => "mobile device",
        (1, 9) => "tablet",
        (1, _) => "computer",
        (2, 1) => "keyboard",
        (2, 2) => "mouse",
        (2, 3) => "joystick",
        (2, 5) => "game controller",
        (2, 6) => "remote control",
        (2, _) => "input device",
        (3, 1 | 5) => "printer",
        (3, 2) => "scanner",
        (3, 3) => "fax",
        (3, 4) => "copier",
        (3, _) => "printer",
        (4, _) => "camera",
        (5, _) => "storage",
        (6, 1) => "access point",
        (6, 2) => "router",
        (6, 3) => "switch",
        (6, 4) => "gateway",
        (6, _) => "network device",
        (7, 1) => "TV",
        (7, 2) => "picture frame",
        (7, 3) => "projector",
        (7, 4) => "monitor",
        (7, _) => "display",
        (8, 1) => "recorder",
        (8, 3) => "media player",
        (8, 4) => "set-top box",
        (8, _) => "multimedia",
        (9, 1 | 2) => "game console",
        (9, 3) => "portable console",
        (9, _) => "gaming device",
        (10, 1) => "Windows phone",
        (10, 2 | 3) => "phone",
        (10, 4 | 5) => "smartphone",
        (10, _) => "phone",
        (11, 1) => "audio receiver",
        (11, 2) => "speakers",
        (11, 3) => "audio player",
        (11, 4) => "headset",
        (11, 5) => "headphones",
        (11, 6) => "microphone",
        (11, _) => "audio device",
        (12, _) => "docking station",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::in_words;

    #[test]
    fn types_have_names() {
        assert_eq!(in_words("10-0050F204-5"), "smartphone");
        assert_eq!(in_words("7-0050F204-1"), "TV");
        assert_eq!(in_words("7-0050F204-9"), "display");
        assert_eq!(in_words("255-0050F204-0"), "other");
        assert_eq!(in_words("1-00AABBCC-1"), "other");
        assert_eq!(in_words(""), "unknown");
    }
}
