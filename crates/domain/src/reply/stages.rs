//! The steps of cleaning, each a step further from raw output.
//!
//! Every step has one rule: for a text that still grows it gives only what it will give in the end, however the
//! text goes on. A step that found the end of the reply tells the later ones that nothing follows.

use super::{
    Cleaned,
    labels::{Label, Labels},
    marks::{self, held_back},
};
use crate::limits;

/// A reply that is wholly in quotes loses them only if it is no longer than this: a growing text cannot wait
/// for its last character for ever.
const QUOTED_CHARS: usize = 400;

/// Between `@` and `everyone`: a mention no more, and looks the same.
const JOINER: char = '\u{200D}';

pub(super) fn run(raw: &str, labels: &Labels, whole: bool) -> Cleaned {
    let text = marks::without_thinking(raw, whole);
    let (text, cut) = marks::without_marks(&text, whole);
    let (text, cut) = without_labels(text, labels, whole || cut).after(cut);
    let text = without_quotes(text.trim_start(), whole || cut);
    let text = without_pings(text, whole || cut);
    let (text, over) = match text.char_indices().nth(limits::REPLY_CHARS) {
        Some((end, _)) => (&text[..end], true),
        None => (text.as_str(), cut),
    };
    Cleaned { text: text.trim_end().to_owned(), over }
}

/// A text and whether the reply ends with it.
struct Step {
    text: String,
    over: bool,
}

impl Step {
    fn after(self, over: bool) -> (String, bool) {
        (self.text, self.over || over)
    }
}

/// Drops the character's own labels at the beginning of lines, and everything from somebody else's label on.
///
/// Another's label at the very beginning is kept: "Alice: yes" speaks to Alice as often as for her. Code blocks are
/// left alone.
fn without_labels(text: &str, labels: &Labels, whole: bool) -> Step {
    let mut out = String::with_capacity(text.len());
    let mut in_code = false;
    let mut rest = text;
    let mut begun = false;
    while !rest.is_empty() {
        let (line, ended) = match rest.find('\n') {
            Some(end) => (&rest[..=end], true),
            None => (rest, whole),
        };
        rest = &rest[line.len()..];
        let mut kept = line;
        if !in_code {
            loop {
                match labels.at_start(kept, ended) {
                    Label::Own(length) => kept = &kept[length..],
                    Label::Other if begun => return Step { text: out, over: true },
                    Label::Role => return Step { text: out, over: true },
                    Label::Unsure => return Step { text: out, over: false },
                    Label::Other | Label::None => break,
                }
            }
        }
        let fences = kept.matches("```").count();
        in_code ^= fences % 2 == 1;
        begun |= !kept.trim().is_empty();
        if begun {
            out.push_str(kept);
        }
    }
    Step { text: out, over: false }
}

/// Drops quotes around the whole reply.
fn without_quotes(text: &str, whole: bool) -> &str {
    let closing = match text.chars().next() {
        Some('"') => '"',
        Some('“') => '”',
        Some('„') => '“',
        Some('«') => '»',
        _ => return text,
    };
    let inside = text.char_indices().skip(1).take(QUOTED_CHARS).find(|(_, c)| *c == closing);
    match inside {
        Some((at, c)) if text[at + c.len_utf8()..].trim().is_empty() => {
            if !whole {
                return "";
            }
            let first = text.chars().next().map_or(0, char::len_utf8);
            text[first..at].trim()
        }
        Some(_) => text,
        None if whole || text.chars().count() > QUOTED_CHARS => text,
        None => "",
    }
}

/// Puts an invisible joiner into what would ping many. No message of ours can ping anyway; this is for looks.
fn without_pings(text: &str, whole: bool) -> String {
    const PINGS: &[&str] = &["@everyone", "@here", "<@&"];
    let held = if whole { 0 } else { held_back(text, PINGS.iter().copied()) };
    let mut out = text[..text.len() - held].to_owned();
    for ping in PINGS {
        if out.contains(ping) {
            let at = ping.find('@').unwrap_or(0) + 1;
            out = out.replace(ping, &format!("{}{JOINER}{}", &ping[..at], &ping[at..]));
        }
    }
    out
}
