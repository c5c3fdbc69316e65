use domain::{
    outbound::MessageText,
    split::{Splitter, split},
};
use proptest::prelude::*;

/// Whether the parts put together are the text, but for repairs of code blocks and parts of white space.
fn is_whole(text: &str, parts: &[MessageText]) -> bool {
    let Some((part, parts)) = parts.split_first() else {
        return text.trim().is_empty();
    };
    let shown = part.as_str();
    let reopened = shown.strip_prefix("```").and_then(|rest| rest.split_once('\n')).map(|(_, body)| body);
    let blank = text.len() - text.trim_start().len();
    [Some(shown), reopened].into_iter().flatten().any(|body| {
        let closed = [Some(body), body.strip_suffix("```"), body.strip_suffix("\n```")];
        closed.into_iter().flatten().filter(|body| !body.is_empty()).any(|body| {
            [0, blank]
                .into_iter()
                .any(|skip| text[skip..].strip_prefix(body).is_some_and(|rest| is_whole(rest, parts)))
        })
    })
}

fn check(text: &str) -> Vec<String> {
    let parts = split(text);
    for part in &parts {
        let part = part.as_str();
        assert!(part.encode_utf16().count() <= 2_000);
        assert_eq!(toggles(part) % 2, 0, "unbalanced: {part:?}");
    }
    assert!(is_whole(text, &parts), "{text:?} became {parts:?}");
    parts.into_iter().map(String::from).collect()
}

/// Marks of code blocks: runs of three and more backticks.
fn toggles(text: &str) -> usize {
    let mut count = 0;
    let mut run = 0;
    for c in text.chars().chain([' ']) {
        if c == '`' {
            run += 1;
        } else {
            count += usize::from(run >= 3);
            run = 0;
        }
    }
    count
}

#[test]
fn a_short_text_is_one_part() {
    assert_eq!(check("hello"), ["hello"]);
    assert_eq!(check(&"a".repeat(1_990)).len(), 1);
    assert!(split("").is_empty());
    assert!(split(" \n ").is_empty());
}

#[test]
fn cuts_prefer_paragraphs_lines_sentences_words() {
    let words = "word ".repeat(300);
    let parts = check(&format!("{words}\n\n{words}"));
    assert_eq!(parts, [format!("{words}\n\n"), words.clone()]);
    let parts = check(&format!("{words}\n{words}"));
    assert_eq!(parts[0], format!("{words}\n"));
    let sentences = "This one goes on for a while, does it not? ".repeat(80);
    for part in check(&sentences) {
        assert!(part.ends_with("? "), "{part}");
    }
    let words = "unpunctuated ".repeat(400);
    for part in check(&words) {
        assert!(part.ends_with("unpunctuated "), "{part}");
    }
}

#[test]
fn code_blocks_are_closed_and_opened_again() {
    let code = "let x = 1;\n".repeat(400);
    let parts = check(&format!("Look:\n```rust\n{code}```\nDone."));
    assert!(parts.len() >= 3);
    assert!(parts[0].ends_with(";\n```"));
    for part in &parts[1..] {
        assert!(part.starts_with("```rust\n"), "{part}");
    }
    assert!(parts.last().unwrap().ends_with("```\nDone."));
}

#[test]
fn a_code_block_that_ends_at_the_cut_is_not_opened_again() {
    for filler in 1_900..2_010 {
        let line = "x".repeat(98) + "\n";
        let mut code = line.repeat(filler / 99);
        code.push_str(&"y".repeat(filler % 99));
        code.push('\n');
        for part in check(&format!("```\n{code}```\nafter that {}", "word ".repeat(100))) {
            assert!(!part.starts_with("```\n```"), "{part}");
        }
    }
}

#[test]
fn links_marks_and_clusters_stay_whole() {
    let link = "https://example.org/a/path/that/is/long?with=query&and=more";
    let marks = [
        link,
        "[a label with words](https://example.org/x)",
        "<:smile:123456789012345678>",
        "<@123456789012345678>",
    ];
    for mark in marks {
        for filler in 1_900..1_999 {
            let text = format!("{}{mark}{}", "é".repeat(filler), " x".repeat(200));
            let parts = check(&text);
            assert!(parts.iter().any(|part| part.contains(mark)), "{mark} was cut at {filler}");
        }
    }
    let family = "👨‍👩‍👧‍👦";
    for part in check(&family.repeat(600)) {
        assert_eq!(part.len() % family.len(), 0);
    }
}

#[test]
fn hopeless_texts_are_still_split() {
    assert!(check(&"a".repeat(10_000)).len() >= 5);
    assert!(check(&"😀".repeat(3_000)).len() >= 3);
    check(&format!("a{}", "\u{301}".repeat(5_000)));
    check(&format!("https://example.org/{}", "a".repeat(5_000)));
    check(&"`".repeat(5_000));
    check(&"line of text\r\n".repeat(500));
    check(&"漢字".repeat(3_000));
    check(&"```".repeat(1_500));
}

fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-z]{1,12} ",
        1 => Just("\n".to_owned()),
        1 => Just("\n\n".to_owned()),
        1 => Just("\r\n".to_owned()),
        1 => Just("```".to_owned()),
        1 => Just("```rust\n".to_owned()),
        1 => Just("`".to_owned()),
        1 => Just("https://example.org/abc ".to_owned()),
        1 => Just("<@123456789012345678>".to_owned()),
        1 => Just("😀👍🏽".to_owned()),
        1 => Just("end. ".to_owned()),
        1 => "[a-z]{50,300}",
        1 => Just("漢字かな".to_owned()),
        1 => any::<String>(),
    ];
    prop::collection::vec(piece, 0..900).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn parts_are_bounded_balanced_and_complete(text in any_text()) {
        check(&text);
    }

    #[test]
    fn finished_parts_never_change(text in any_text(), step in 1_usize..400) {
        let mut splitter = Splitter::new();
        let mut finished: Vec<MessageText> = Vec::new();
        let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        for &end in ends.iter().step_by(step) {
            let parts = splitter.update(&text[..end]);
            prop_assert!(parts.finished.starts_with(&finished));
            finished = parts.finished.to_vec();
            if let Some(current) = parts.current {
                prop_assert!(current.as_str().encode_utf16().count() <= 2_000);
                prop_assert_eq!(toggles(current.as_str()) % 2, 0);
            }
        }
        let parts = splitter.finish(&text);
        prop_assert!(parts.starts_with(&finished));
        prop_assert!(is_whole(&text, &parts));
    }
}
