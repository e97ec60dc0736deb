//! Tables for terminals.

use crate::peer::Peer;
use crate::text::{columns, cut, shown};

/// What the place that a table is shown in can take.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Space {
    /// Columns of the terminal; `None` where lines may have any length.
    pub columns: Option<usize>,
    /// It shows ASCII alone.
    pub ascii: bool,
}

/// Lays out rows under a head, columns as wide as they need to be. Where that does not fit, each row becomes a paragraph: its
/// first cell, and under it the others behind their heads. What is in them is made safe to show.
pub fn table(head: &[&str], rows: &[Vec<String>], space: Space) -> String {
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| shown(cell, space.ascii)).collect()).collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| columns(cell));
        cells.chain(head.get(column).map(|h| h.len())).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let whole = widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1);
    match space.columns {
        Some(most) if most < whole => paragraphs(head, &rows, most),
        _ => lines(head, &rows, &widths),
    }
}

/// Blanks between two columns.
const GAP: usize = 2;

fn lines(head: &[&str], rows: &[Vec<String>], widths: &[usize]) -> String {
    let mut out = String::new();
    let mut row = |cells: &mut dyn Iterator<Item = &str>| {
        let mut line = String::new();
        for (cell, width) in cells.zip(widths) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', (width + GAP).saturating_sub(columns(cell))));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    };
    row(&mut head.iter().copied());
    for cells in rows {
        row(&mut cells.iter().map(String::as_str));
    }
    out
}

fn paragraphs(head: &[&str], rows: &[Vec<String>], most: usize) -> String {
    let mut out = String::new();
    for row in rows {
        for (at, (name, cell)) in head.iter().zip(row).enumerate() {
            let line = match at {
                0 => cell.clone(),
                _ if cell == "-" => continue,
                _ => format!("  {}: {cell}", name.to_lowercase()),
            };
            wrap(&line, most, &mut out);
        }
    }
    out
}

/// A line, and what does not fit in on further ones.
fn wrap(line: &str, most: usize, out: &mut String) {
    const INDENT: usize = 4;
    let (mut rest, mut room) = (line, most);
    loop {
        let piece = cut(rest, room);
        out.push_str(piece);
        out.push('\n');
        rest = rest.get(piece.len()..).unwrap_or_default().trim_start();
        room = most.saturating_sub(INDENT);
        // Where nothing fits there is no point in going on.
        if rest.is_empty() || cut(rest, room).is_empty() {
            return;
        }
        out.extend(std::iter::repeat_n(' ', INDENT));
    }
}

/// The table of the devices nearby, strongest first.
pub fn peers(all: &[Peer], space: Space) -> String {
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
    table(&["NAME", "KIND", "SIGNAL", "OFFERS", "GROUP", "ADDRESS"], &rows, space)
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
            peers(&[tv.clone(), phone.clone()], Space::default()),
            "NAME             KIND        SIGNAL   OFFERS                                       \
             GROUP                                   ADDRESS\n\
             evil\\u{1b}[2J    smartphone  -40 dBm  button                                       \
             -                                       02:00:00:00:02:00\n\
             Wohnzimmer 東京  TV          -71 dBm  button, shows PIN, takes PIN, Wi-Fi Display  \
             owns DIRECT-ab on channel 6 (2437 MHz)  02:00:00:00:01:00\n"
        );

        let narrow = Space { columns: Some(28), ascii: true };
        assert_eq!(
            peers(&[tv, phone], narrow),
            "evil\\u{1b}[2J\n  kind: smartphone\n  signal: -40 dBm\n  offers: button\n  address: 02:00:00:00:02:00\n\
             Wohnzimmer \\u{6771}\\u{4eac}\n  kind: TV\n  signal: -71 dBm\n  offers: button, shows PIN,\n    takes PIN, \
             Wi-Fi Display\n  group: owns DIRECT-ab on c\n    hannel 6 (2437 MHz)\n  address: 02:00:00:00:01:00\n"
        );
    }
}
