//! Tables for terminals.

use crate::peer::Peer;
use crate::text::{columns, safe};

/// Lays out rows under a head, columns as wide as they need to be. What is in them is made safe to show.
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let safe_rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| safe(cell)).collect()).collect();
    let width = |column: usize| {
        let cells = safe_rows.iter().filter_map(|row| row.get(column)).map(|cell| columns(cell));
        cells.chain(head.get(column).map(|h| h.len())).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let mut out = String::new();
    let mut row = |cells: &mut dyn Iterator<Item = &str>| {
        let mut line = String::new();
        for (cell, width) in cells.zip(&widths) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', (width + 2).saturating_sub(columns(cell))));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    };
    row(&mut head.iter().copied());
    for cells in &safe_rows {
        row(&mut cells.iter().map(String::as_str));
    }
    out
}

/// The table of the devices nearby, strongest first.
pub fn peers(all: &[Peer]) -> String {
    let mut sorted: Vec<&Peer> = all.iter().collect();
    sorted.sort_by_key(|p| (p.signal.is_none(), p.signal.map(|s| -s), p.address.clone()));
    let rows: Vec<Vec<String>> = sorted
        .iter()
        .map(|p| {
            let signal = p.signal.map_or_else(|| String::from("-"), |s| format!("{s} dBm"));
            let name = if p.name.is_empty() { String::from("(no name)") } else { p.name.clone() };
            vec![name, p.kind(), signal, p.offers(), p.group(), p.address.clone()]
        })
        .collect();
    table(&["NAME", "KIND", "SIGNAL", "OFFERS", "GROUP", "ADDRESS"], &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_stand_in_columns_the_strongest_first() {
        let tv = Peer {
            address: "02:00:00:00:01:00".into(),
            name: "Wohnzimmer 東京".into(),
            device_type: "7-0050F204-1".into(),
            methods: 0x188,
            group_capability: 1,
            signal: Some(-71),
            ssid: Some("DIRECT-ab".into()),
            frequency: Some(2437),
            display: true,
            ..Peer::default()
        };
        let phone = Peer {
            address: "02:00:00:00:02:00".into(),
            name: "evil\x1b[2J".into(),
            device_type: "10-0050F204-5".into(),
            methods: 0x80,
            signal: Some(-40),
            ..Peer::default()
        };
        assert_eq!(
            peers(&[tv, phone]),
            "NAME             KIND        SIGNAL   OFFERS                                       \
             GROUP                                   ADDRESS\n\
             evil\\u{1b}[2J    smartphone  -40 dBm  button                                       \
             -                                       02:00:00:00:02:00\n\
             Wohnzimmer 東京  TV          -71 dBm  button, shows PIN, takes PIN, Wi-Fi Display  \
             owns DIRECT-ab on channel 6 (2437 MHz)  02:00:00:00:01:00\n"
        );
    }
}
