//! Documents as passages: whole where they fit, bounded where they do not, and nothing lost.

use domain::memory::chunks::{Form, Passage, passages};
use proptest::prelude::*;

const MANY: usize = 1_000_000;

/// Characters of a passage at most, whatever stands in it; what people write stays far below.
const LONGEST: usize = 16_000;

/// Cuts, and checks what holds for every text.
fn cut(text: &str, form: Form) -> Vec<Passage> {
    let found = passages(text, form, MANY).unwrap();
    let mut end = 0;
    for passage in &found {
        assert!(
            text[end..passage.range.start].trim().is_empty(),
            "lost: {:?}",
            &text[end..passage.range.start]
        );
        assert!(passage.range.start <= passage.body.start && passage.body.end == passage.range.end);
        let said = passage.text(text);
        assert!(!said.is_empty() && said.trim() == said, "{said:?}");
        assert!(said.chars().count() <= LONGEST && passage.heading.chars().count() <= 240);
        // What is left out of the words are headings, and the path tells them.
        let left_out = &text[passage.range.start..passage.body.start];
        for line in left_out.lines().map(|line| line.trim_matches(['#', ' ', '\t'])) {
            let line = line.split_whitespace().take(3).collect::<Vec<_>>().join(" ");
            let rule = line.chars().all(|c| c == '=' || c == '-');
            assert!(rule || passage.heading.contains(&line), "{line:?} is not in {:?}", passage.heading);
        }
        end = passage.range.end;
    }
    assert!(text[end..].trim().is_empty(), "lost: {:?}", &text[end..]);
    assert_eq!(passages(text, form, MANY).unwrap(), found);
    found
}

fn told(text: &str) -> Vec<(String, String)> {
    let found = cut(text, Form::Markdown);
    found.iter().map(|passage| (passage.heading.clone(), passage.text(text).to_owned())).collect()
}

fn prose(sentences: usize, about: &str) -> String {
    let sentences = (0..sentences).map(|n| format!("Sentence {n} is about {about} and about little else."));
    sentences.collect::<Vec<_>>().join(" ")
}

#[test]
fn passages_know_the_headings_above_them() {
    let text = "# Rules\n\nBe kind.\n\n## Trading ##\nPay first.\n\nThen carry.\n\n### At night\n\nNo trading.\n\n\
                Fishing\n-------\nOnly eels.\n";
    let found = told(text);
    let found: Vec<_> = found.iter().map(|(heading, text)| (heading.as_str(), text.as_str())).collect();
    assert_eq!(
        found,
        [
            ("Rules", "Be kind."),
            ("Rules › Trading", "Pay first.\n\nThen carry."),
            ("Rules › Trading › At night", "No trading."),
            ("Rules › Fishing", "Only eels."),
        ]
    );
}

#[test]
fn headings_without_anything_below_them_are_told_all_the_same() {
    let found = told("# One\n# Two\n## Three\nText.\n# Four\n");
    assert_eq!(found[0], ("Two › Three".to_owned(), "# One\n# Two\n## Three\nText.".to_owned()));
    assert_eq!(found[1], (String::new(), "# Four".to_owned()));
}

#[test]
fn paragraphs_are_packed_and_sentences_are_never_cut() {
    let text = (0..40).map(|n| prose(n % 13 + 1, "the sea") + "\n\n").collect::<String>();
    let found = told(&text);
    for (_, text) in &found {
        assert!(text.starts_with("Sentence") && text.ends_with("else."), "{text}");
        let words = text.split_whitespace().count();
        assert!((60..=300).contains(&words), "{words}");
    }
}

#[test]
fn tables_lists_and_code_stay_whole_where_they_fit() {
    let table = "| tide | height |\n|---|---|\n".to_owned() + &"| low | one yard |\n".repeat(20);
    let list: Vec<_> = (0..25).map(|n| format!("- Thing {n} to carry\n\n  and why\n")).collect();
    let list = list.concat();
    let code = "```python\n# not a heading\n\nprint('x')\n```";
    let text = format!(
        "# Things\n\n{}\n\nThe tides:\n\n{table}\n{list}\n{code}\n\n{}",
        prose(14, "a"),
        prose(3, "b")
    );
    let found = told(&text);
    for whole in [table.trim(), list.trim(), code] {
        assert!(found.iter().any(|(_, text)| text.contains(whole)), "torn: {whole}\n{found:#?}");
    }
    assert!(found.iter().all(|(heading, _)| heading == "Things"));
    // And what does not fit is cut between rows.
    let long = "| low | one yard |\n".repeat(400);
    for (_, text) in told(&long) {
        assert!(text.starts_with("| low") && text.ends_with("yard |"), "{text}");
    }
}

#[test]
fn a_text_file_has_no_headings_behind_a_hash() {
    let text = "# a remark\nTITLE\n=====\nbody\n\nA name\n======\n\nbody\n";
    let found = cut(text, Form::Plain);
    let found: Vec<_> = found.iter().map(|passage| (passage.heading.as_str(), passage.text(text))).collect();
    assert_eq!(found, [("", "# a remark\nTITLE\n=====\nbody"), ("A name", "body")]);
}

#[test]
fn nothing_makes_no_passage_and_too_much_is_none() {
    for blank in ["", " ", "\n\n\t\r\n", "\u{3000}\n"] {
        assert_eq!(cut(blank, Form::Markdown), []);
    }
    let text = "# a\n\nb\n\n".repeat(100);
    assert_eq!(passages(&text, Form::Markdown, 100).unwrap().len(), 100);
    assert_eq!(passages(&text, Form::Markdown, 99), None);
    assert_eq!(passages(&"one two ".repeat(100_000), Form::Plain, 10), None);
}

#[test]
fn hostile_texts_are_cut_in_a_time_that_grows_with_their_length() {
    let large = 1 << 17;
    let fill = |piece: &str| piece.repeat(large / piece.len());
    let texts = [
        fill("x"),
        fill("x "),
        fill("🦑"),
        fill("."),
        fill(". "),
        fill(". a"),
        fill("é. "),
        fill(" "),
        format!("a{}b", fill(" ")),
        format!("a{}b", fill("\n")),
        format!("# A\n# B{}c", fill("\n")),
        format!("- a{}- b", fill("\n")),
        fill("#"),
        fill("# \n"),
        fill("# a\n"),
        fill("###### a\n# b\n"),
        format!("# {}", fill("deep ")),
        fill("> "),
        fill("- "),
        fill("-\n"),
        fill("---\n"),
        fill("a\n---\n"),
        fill("```\n"),
        fill("`"),
        fill("|"),
        fill("|\n\n"),
        fill("1. a\n\n"),
        fill("[a]("),
        fill("<div>"),
        fill("\u{202E}\u{0}\r"),
        fill("海"),
    ];
    for text in &texts {
        for form in [Form::Markdown, Form::Plain] {
            cut(text, form);
        }
    }
}

/// One line of ten megabytes, and a path that is deeper than Markdown has it.
#[test]
fn a_line_of_ten_megabytes_is_cut_like_any_other() {
    let line = "wordless".repeat(10 << 17);
    let found = passages(&line, Form::Markdown, MANY).unwrap();
    assert!(found.len() > 1_000 && found.iter().all(|passage| passage.text(&line).len() <= LONGEST));
    let deep: Vec<_> = (1..=200).map(|level| format!("{} h{level}\n", "#".repeat(level))).collect();
    cut(&deep.concat(), Form::Markdown);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_lost(text in "\\PC{0,400}") {
        cut(&text, Form::Markdown);
        cut(&text, Form::Plain);
    }

    #[test]
    fn nothing_is_lost_of_what_looks_like_markdown(
        parts in proptest::collection::vec(
            (prop_oneof![
                Just("# "), Just("## a"), Just("\n\n"), Just("\n"), Just("---\n"), Just("===\n"), Just("- "),
                Just("| a |"), Just("```\n"), Just("1. "), Just("  "), Just("word "), Just("End. "), Just("。"),
                Just("\r\n"), Just("\u{2003}"), Just("wordswithoutend"), Just("é"),
            ], 1_usize..60),
            0..40,
        ),
    ) {
        let text: String = parts.iter().map(|(part, times)| part.repeat(*times)).collect();
        cut(&text, Form::Markdown);
        cut(&text, Form::Plain);
    }
}
