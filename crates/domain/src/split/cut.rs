//! Where a text is best cut.

use unicode_segmentation::UnicodeSegmentation;

/// UTF-16 units of a text.
pub(super) fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// An open code block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fence {
    language: String,
}

impl Fence {
    /// The line that opens it again.
    pub(super) fn opening(&self) -> String {
        format!("```{}\n", self.language)
    }

    /// The code block open behind `content`, when `before` was open ahead of it.
    pub(super) fn after(before: Option<&Self>, content: &str) -> Option<Self> {
        let mut open = before.cloned();
        for (start, end) in backtick_runs(content) {
            open = match open {
                Some(_) => None,
                None => Some(Self { language: language(&content[end..]).unwrap_or_default().to_owned() }),
            };
            debug_assert!(start < end, "a run has a length");
        }
        open
    }
}

/// Runs of three and more backticks: what opens and closes code blocks.
fn backtick_runs(text: &str) -> impl Iterator<Item = (usize, usize)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + text[at..].find("```")?;
        let end = text[start..].find(|c| c != '`').map_or(text.len(), |length| start + length);
        at = end;
        Some((start, end))
    })
}

/// The language named behind an opening mark, if the line holds nothing else.
fn language(behind: &str) -> Option<&str> {
    let (line, _) = behind.split_once('\n')?;
    let line = line.trim_end_matches('\r');
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '_' | '.' | '#');
    (line.len() <= 20 && line.chars().all(plain)).then_some(line)
}

/// How many bytes of `text` go into a part of at most `room` units. At least one character, at most the room, plus
/// the closing mark of a code block if it follows at once.
pub(super) fn place(text: &str, room: usize, in_fence: bool) -> usize {
    let window = byte_after(text, room);
    let kept_whole = protected(text, window);
    let allowed =
        |at: usize| at > 0 && at <= window && !kept_whole.iter().any(|&(start, end)| start < at && at < end);
    let best = boundaries(text, window, &allowed);
    with_closing_mark(text, best, in_fence)
}

/// The best allowed cut, from the most to the least graceful kind.
fn boundaries(text: &str, window: usize, allowed: &dyn Fn(usize) -> bool) -> usize {
    let inside = &text[..window];
    let last = |from: usize, mut ends: Box<dyn Iterator<Item = usize> + '_>| {
        ends.by_ref().filter(|&at| at >= from && allowed(at)).last()
    };
    let after = |pattern: &'static str| -> Box<dyn Iterator<Item = usize> + '_> {
        Box::new(inside.match_indices(pattern).map(|(at, found)| at + found.len()))
    };
    // A boundary far ahead of the room's end would waste too much of a message.
    let (half, tenth) = (window / 2, window / 10);
    last(half, Box::new(after("\n\n").chain(after("\n\r\n"))))
        .or_else(|| last(half, after("\n")))
        .or_else(|| last(half, Box::new(sentence_ends(inside))))
        .or_else(|| last(tenth, Box::new(word_ends(inside))))
        .or_else(|| {
            let breaks = inside.split_word_bound_indices().map(|(at, _)| at);
            last(half, Box::new(breaks))
        })
        .or_else(|| last(1, Box::new(grapheme_starts(text, window))))
        .or_else(|| {
            // A cluster or link that is longer than a message: between any two characters.
            (1..=window).rev().find(|&at| text.is_char_boundary(at))
        })
        .or_else(|| text.chars().next().map(char::len_utf8))
        .unwrap_or(text.len())
}

/// Behind the white space behind `.`, `!`, `?` and `…`; behind `。`, `！` and `？`.
fn sentence_ends(text: &str) -> impl Iterator<Item = usize> {
    let mut ended = false;
    text.char_indices().filter_map(move |(at, c)| {
        let end = at + c.len_utf8();
        match c {
            '。' | '！' | '？' => Some(end),
            '.' | '!' | '?' | '…' => {
                ended = true;
                None
            }
            '"' | '\'' | '*' | '_' | ')' | '”' | '’' | '»' => None,
            _ if c.is_whitespace() => ended.then_some(end),
            _ => {
                ended = false;
                None
            }
        }
    })
}

/// Behind white space.
fn word_ends(text: &str) -> impl Iterator<Item = usize> {
    text.char_indices().filter(|(_, c)| c.is_whitespace() && *c != '\r').map(|(at, c)| at + c.len_utf8())
}

/// Where clusters begin, one that begins right at the window's end included.
fn grapheme_starts(text: &str, window: usize) -> impl Iterator<Item = usize> {
    let look = byte_after(&text[window..], super::LOOK_AHEAD) + window;
    text[..look].grapheme_indices(true).map(|(at, _)| at).filter(move |&at| at <= window)
}

/// The byte behind the first `room` units.
fn byte_after(text: &str, room: usize) -> usize {
    let mut left = room;
    for (at, c) in text.char_indices() {
        match left.checked_sub(c.len_utf16()) {
            Some(rest) => left = rest,
            None => return at,
        }
    }
    text.len()
}

/// What must not be cut if it fits into a message: links, Discord's `<…>` marks, marks of code blocks with their
/// language.
fn protected(text: &str, window: usize) -> Vec<(usize, usize)> {
    let mut ranges = Vec::new();
    let seen = &text[..byte_after(text, units(&text[..window]) + super::LOOK_AHEAD)];
    for (start, end) in backtick_runs(seen) {
        let behind = language(&text[end..]).map_or(0, |language| language.len() + 1);
        ranges.push((start, end + behind));
    }
    for scheme in ["https://", "http://"] {
        for (start, _) in seen.match_indices(scheme).filter(|(start, _)| *start < window) {
            let length = text[start..window].find(char::is_whitespace);
            ranges.push((link_start(text, start), length.map_or(window + 1, |length| start + length)));
        }
    }
    // The label of a link whose address is not in sight yet.
    if let Some(start) = text[..window].rfind('[') {
        let label = &text[start..window];
        if label.len() <= 200
            && !label.contains(['\n', ')'])
            && label.find(']').is_none_or(|at| at + 2 >= label.len())
        {
            ranges.push((start, window + 1));
        }
    }
    for (start, _) in text[..window].match_indices('<') {
        let rest = &text[start..window];
        let looks_like_mark = rest[1..].is_empty() || rest[1..].starts_with(['@', '#', ':', 'a', 't', '/']);
        match rest.find(['>', '\n', ' ']) {
            Some(end) if looks_like_mark && rest[end..].starts_with('>') => {
                ranges.push((start, start + end + 1));
            }
            None if looks_like_mark && rest.len() <= 100 => ranges.push((start, window + 1)),
            _ => {}
        }
    }
    ranges
}

/// The beginning of `[label](` right before a link.
fn link_start(text: &str, link: usize) -> usize {
    let before = text[..link].strip_suffix('<').unwrap_or(&text[..link]);
    if before.ends_with("](") { before.rfind('[').unwrap_or(link) } else { before.len() }
}

/// Takes the mark that closes a code block along when the cut came right before it: a block that is opened again
/// only to be closed would look silly.
fn with_closing_mark(text: &str, cut: usize, in_fence: bool) -> usize {
    let open = backtick_runs(&text[..cut]).count() % 2 == usize::from(!in_fence);
    let rest = &text[cut..];
    let mark = rest.strip_prefix('\n').unwrap_or(rest);
    if open && mark.starts_with("```") && !mark.starts_with("````") {
        text.len() - mark.len() + 3
    } else {
        cut
    }
}
