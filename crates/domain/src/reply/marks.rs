//! Leaked marks of chat formats and blocks of thinking.

/// Blocks that hold thinking.
const THINKING: &[(&str, &str)] =
    &[("<think>", "</think>"), ("<thinking>", "</thinking>"), ("<reasoning>", "</reasoning>")];

/// Marks that no reply holds on purpose. At the beginning of a reply they are skipped, later they end it.
const MARKS: &[&str] = &[
    "<|im_start|>",
    "<|im_end|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|start_header_id|>",
    "<|end_header_id|>",
    "<|begin_of_text|>",
    "<|end_of_text|>",
    "<|endoftext|>",
    "<|end|>",
    "<|user|>",
    "<|assistant|>",
    "<|system|>",
    "<|start|>",
    "<|return|>",
    "<|eos|>",
    "<｜User｜>",
    "<｜Assistant｜>",
    "<start_of_turn>",
    "<end_of_turn>",
    "[INST]",
    "[/INST]",
    "<<SYS>>",
    "<</SYS>>",
];

/// Headings of instruction formats; they count at the beginning of a line.
const HEADINGS: &[&str] =
    &["### User:", "### Human:", "### Instruction:", "### Assistant:", "### Response:", "### System:"];

/// Takes thinking out: all of it, closed or not.
///
/// Without `whole`, an end that could become a mark is held back.
pub(super) fn without_thinking(raw: &str, whole: bool) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    loop {
        let open = THINKING
            .iter()
            .filter_map(|(open, close)| Some((find_ignoring_case(rest, open)?, *open, *close)))
            .min_by_key(|found| found.0);
        let Some((at, open, close)) = open else { break };
        text.push_str(&rest[..at]);
        let inside = &rest[at + open.len()..];
        let Some(end) = find_ignoring_case(inside, close) else {
            return text;
        };
        rest = &inside[end + close.len()..];
        // The blank lines between thinking and answer belong to the thinking.
        if text.trim().is_empty() {
            rest = rest.trim_start();
        }
    }
    let held = if whole { 0 } else { held_back(rest, THINKING.iter().map(|(open, _)| *open)) };
    text.push_str(&rest[..rest.len() - held]);
    text
}

/// Skips leaked marks at the beginning and ends the text at the first later one. The flag tells that it ended.
pub(super) fn without_marks(text: &str, whole: bool) -> (&str, bool) {
    let mut rest = text.trim_start();
    'skipping: loop {
        for mark in MARKS {
            if let Some(behind) = strip_ignoring_case(rest, mark) {
                rest = behind.trim_start();
                // `<|im_start|>assistant`, newline: the role belongs to the mark.
                if let Some(behind) = strip_ignoring_case(rest, "assistant")
                    && (behind.starts_with(['\n', '<']) || (whole && behind.is_empty()))
                {
                    rest = behind.trim_start();
                } else if !whole && "assistant".starts_with(&rest.to_ascii_lowercase()) {
                    return ("", false);
                }
                continue 'skipping;
            }
        }
        break;
    }
    if !whole
        && strip_ignoring_case(rest, "assistant").is_some_and(str::is_empty)
        && rest.len() < text.trim_start().len()
    {
        return ("", false);
    }
    let mark = MARKS.iter().filter_map(|mark| find_ignoring_case(rest, mark)).min();
    let heading = HEADINGS
        .iter()
        .flat_map(|heading| rest.match_indices(heading).map(|(at, _)| at))
        .filter(|&at| at == 0 || rest[..at].ends_with('\n'))
        .min();
    if let Some(end) = mark.into_iter().chain(heading).min() {
        return (&rest[..end], true);
    }
    if whole {
        // Some servers leave the end mark of older formats on.
        let trimmed = rest.trim_end();
        return (trimmed.strip_suffix("</s>").unwrap_or(trimmed), false);
    }
    let held = held_back(rest, MARKS.iter().chain(HEADINGS).copied().chain(["</s>"]));
    // A whole `</s>` is held back as well: it goes if nothing follows.
    let shown = &rest[..rest.len() - held];
    let shown = if held == 0 { shown.trim_end().strip_suffix("</s>").unwrap_or(shown) } else { shown };
    (shown, false)
}

/// Bytes at the end of `text` that are the beginning of one of the marks, but not all of it.
pub(super) fn held_back<'a>(text: &str, marks: impl Iterator<Item = &'a str>) -> usize {
    marks
        .map(|mark| {
            (1..mark.len())
                .rev()
                .filter(|&length| mark.is_char_boundary(length) && length <= text.len())
                .find(|&length| {
                    let from = text.len() - length;
                    text.is_char_boundary(from) && text[from..].eq_ignore_ascii_case(&mark[..length])
                })
                .unwrap_or(0)
        })
        .max()
        .unwrap_or(0)
}

/// Where `wanted` stands. It must begin with a bracket: those have no case, and there are few of them to look at.
fn find_ignoring_case(text: &str, wanted: &str) -> Option<usize> {
    let first = wanted.chars().next()?;
    text.match_indices(first).map(|(at, _)| at).find(|&at| strip_ignoring_case(&text[at..], wanted).is_some())
}

fn strip_ignoring_case<'a>(text: &'a str, wanted: &str) -> Option<&'a str> {
    let head = text.get(..wanted.len())?;
    head.eq_ignore_ascii_case(wanted).then(|| &text[wanted.len()..])
}
