//! The capture tool: a file that somebody else made, told.

use airscope::capture::{CaptureReader, Next};
use airscope::conversation::MAX_STEPS;
use airscope::devices::MAX_DEVICES;
use airscope::follow::{Follower, News};
use airscope::keys::{Keys, Secret};
use airscope::render;

/// A key that opens nothing, so that the way to it is taken.
const PSK: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/// Whether a text is one line, or as many as it has line ends, and nothing in it steers a terminal.
fn is_tame(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() && c != '\n')
}

pub(crate) fn airscope(bytes: &[u8]) {
    let Ok(mut reader) = CaptureReader::new(bytes) else { return };
    let secret = Secret::psk(PSK).expect("64 digits");
    let mut follower = Follower::new(Some(Keys::new(secret)), true, true);
    let mut ended = Vec::new();
    while let Ok(Next::Packet(_) | Next::Other) = {
        let next = reader.next();
        if let Ok(Next::Packet(packet)) = &next {
            follower.packet(packet);
        }
        next
    } {
        hear(&mut follower, &mut ended);
    }
    follower.finish();
    hear(&mut follower, &mut ended);
    let counts = follower.counts();
    assert!(follower.devices().len() <= MAX_DEVICES + 2);
    let page = render::html::page("input", &ended, counts, None);
    let chart = render::chart::file(&ended);
    assert!(is_tame(&page) && is_tame(&chart));
    assert_eq!(page.matches('<').count(), page.matches('>').count());
    assert_eq!(chart.matches("<text").count(), chart.matches("</text>").count());
}

fn hear(follower: &mut Follower, ended: &mut Vec<airscope::conversation::Conversation>) {
    for news in follower.news() {
        match news {
            News::Said(number, step) => {
                assert!(!render::json::step(number, &step).contains('\n'));
                if let Some(conversation) = follower.conversation(number) {
                    let line = render::text::step(&conversation, &step);
                    assert!(is_tame(&line) && !line.contains('\n'), "{line:?}");
                }
            }
            News::Ended(conversation) => {
                assert!(conversation.steps.len() <= MAX_STEPS);
                assert!(is_tame(&render::text::conversation(&conversation)));
                assert!(!render::json::conversation(&conversation).contains('\n'));
                ended.push(*conversation);
            }
        }
    }
}
