//! WPS PINs (WSC 2.0 §7.4).

/// The check digit that belongs behind the seven digits of `first`.
fn check_digit(first: u32) -> u32 {
    let (mut rest, mut sum, mut weight) = (first, 0, 3);
    while rest > 0 {
        sum += weight * (rest % 10);
        rest /= 10;
        weight = 4 - weight;
    }
    (10 - sum % 10) % 10
}

/// A new PIN of eight digits; `None` when the system has no randomness to give.
pub fn generate() -> Option<String> {
    let mut bytes = [0; 4];
    loop {
        getrandom::fill(&mut bytes).ok()?;
        // Of the 32-bit numbers the last incomplete run of ten million is left out, so that all PINs are equally likely.
        let number = u32::from_be_bytes(bytes);
        if number < u32::MAX - u32::MAX % 10_000_000 {
            let first = number % 10_000_000;
            return Some(format!("{first:07}{}", check_digit(first)));
        }
    }
}

/// Whether this is a PIN by its form: four or eight digits. The check digit is not looked at: devices exist that show
/// PINs without one.
pub fn is_well_formed(pin: &str) -> bool {
    matches!(pin.len(), 4 | 8) && pin.bytes().all(|b| b.is_ascii_digit())
}

/// Whether a PIN's check digit is right; PINs of four digits have none.
pub fn has_right_check_digit(pin: &str) -> bool {
    match pin.parse::<u32>() {
        Ok(number) if pin.len() == 8 => check_digit(number / 10) == number % 10,
        Ok(_) => pin.len() == 4,
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_pins() {
        // The default PIN of P2PS, and one that wpa_supplicant 2.10 made.
        assert!(has_right_check_digit("12345670"));
        assert!(has_right_check_digit("42861867"));
        assert!(!has_right_check_digit("12345671"));
        assert!(has_right_check_digit("1234"));
    }

    #[test]
    fn new_pins_are_right() {
        for _ in 0..100 {
            let pin = generate().expect("the system has randomness");
            assert!(is_well_formed(&pin) && has_right_check_digit(&pin), "{pin}");
        }
        assert!(!is_well_formed("1234567") && !is_well_formed("1234567a") && !is_well_formed(""));
    }
}
