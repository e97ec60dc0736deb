//! All conversations as one HTML page that needs nothing else and runs no scripts.

use std::fmt::Write;

use super::chart;
use crate::conversation::Conversation;
use crate::follow::Counts;
use crate::text::markup;

/// The page; `trouble` is what kept the capture from being read to its end.
pub fn page(source: &str, conversations: &[Conversation], read: Counts, trouble: Option<&str>) -> String {
    let mut out = String::from(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <meta name=\"viewport\" content=\"width=device-width\">",
    );
    let title = markup(source);
    // Writing to a String cannot fail.
    let _ = write!(
        out,
        "<title>Wi-Fi Direct in {title}</title><style>body{{font-family:system-ui,sans-serif;margin:2em;color:#222}}h1{{font-size:1.4em}}\
         summary{{cursor:pointer;padding:.4em 0}}svg{{max-width:100%;height:auto}}table{{border-collapse:collapse}}\
         td,th{{padding:.2em 1em .2em 0;text-align:left}}.trouble{{color:#b22}}{}</style></head><body>\n\
         <h1>Wi-Fi Direct in {title}</h1>\n<p>{} packets; conversations: {}.</p>\n",
        chart::STYLE,
        read.packets,
        conversations.len()
    );
    if let Some(trouble) = trouble {
        let _ = writeln!(out, "<p class=\"trouble\">{}</p>", markup(trouble));
    }
    for conversation in conversations {
        let [first, second] = conversation.devices.each_ref().map(|device| markup(&device.label()));
        let _ = writeln!(
            out,
            "<details open><summary><b>{}. {first} and {second}</b>: {}</summary>\n{}</details>",
            conversation.number,
            markup(&conversation.verdict()),
            chart::inline(conversation)
        );
    }
    out.push_str("</body></html>\n");
    out
}
