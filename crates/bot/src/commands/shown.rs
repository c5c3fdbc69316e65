//! Others' words in our own panels: they say what they say and format nothing.

/// A text as it may stand in a panel, in at most so many characters: what Discord would take for formatting, links
/// or mentions is shown as it is typed.
pub(super) fn plain(text: &str, most: usize) -> String {
    let mut out = String::new();
    let mut length = 0;
    for c in text.trim().chars() {
        let disturbing = c.is_control() && c != '\n'
            || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200B}' | '\u{FEFF}');
        if disturbing {
            continue;
        }
        let begins = out.is_empty() || out.ends_with('\n');
        let marked =
            matches!(c, '\\' | '*' | '_' | '~' | '`' | '|' | '>' | '<' | '#' | '[' | ']' | '(' | ')' | '@')
                || (c == '-' && begins);
        let wide = 1 + usize::from(marked);
        if length + wide > most.saturating_sub(1) {
            out.push('…');
            return out;
        }
        if marked {
            out.push('\\');
        }
        out.push(c);
        length += wide;
    }
    out
}

/// The beginning of a text in one line.
pub(super) fn line(text: &str, most: usize) -> String {
    plain(&text.split_whitespace().collect::<Vec<_>>().join(" "), most)
}

/// A sentence of ours about what somebody gave, for them alone: their words in it may look as they like.
pub(super) fn complaint(problem: &dyn std::fmt::Display) -> String {
    let sentence = cut(&crate::cards::printable(&problem.to_string()), 1_000);
    if sentence.ends_with(['.', '…', '?']) { sentence } else { sentence + "." }
}

/// The beginning of a text of our own.
pub(super) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some(_) => text.chars().take(most.saturating_sub(1)).chain(['…']).collect(),
    }
}

/// As many lines as there is room for, and how many more there are.
pub(super) fn list(lines: impl Iterator<Item = String>, most: usize) -> String {
    let (mut body, mut chars, mut rest) = (String::new(), 0, 0_usize);
    for line in lines {
        let more = line.chars().count() + 1;
        // Room for the last line stays.
        if rest == 0 && chars + more + 24 <= most {
            body.push_str(&line);
            body.push('\n');
            chars += more;
        } else {
            rest += 1;
        }
    }
    if rest > 0 { format!("{body}… and {rest} more") } else { body }
}

/// One or many.
pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_words_format_nothing() {
        assert_eq!(
            plain("**no** [a](http://b) <@12>", 100),
            "\\*\\*no\\*\\* \\[a\\]\\(http://b\\) \\<\\@12\\>"
        );
        assert_eq!(plain("- a-b\n# c", 100), "\\- a-b\n\\# c");
        assert_eq!(plain("\u{202E}abc\u{7}", 100), "abc");
    }

    #[test]
    fn a_text_is_cut_where_there_is_no_room() {
        assert_eq!(line("one  two\nthree", 100), "one two three");
        let cut = plain(&"*".repeat(100), 10);
        assert!(cut.chars().count() <= 10 && cut.ends_with('…'), "{cut}");
    }
}
