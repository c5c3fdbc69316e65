use domain::reply::{Cleaner, clean};
use proptest::prelude::*;

use crate::stage::character;

fn others() -> Vec<String> {
    ["alice", "bob~8f3k", "Old Tom"].map(str::to_owned).to_vec()
}

fn cleaned(raw: &str) -> String {
    clean(raw, &character("Mira Vale", &[]), &others())
}

#[test]
fn what_is_not_the_characters_goes() {
    for (raw, expected) in [
        ("Mira Vale: hello", "hello"),
        ("Mira: hello", "hello"),
        ("mira:hello", "hello"),
        ("**Mira**: hello", "hello"),
        ("**Mira:** hello", "hello"),
        ("*Mira:* hello", "hello"),
        ("[Mira]: hello", "hello"),
        ("Mira：hello", "hello"),
        ("Mira: Mira: hello", "hello"),
        ("Mira: *waves*", "*waves*"),
        ("Assistant hello", "Assistant hello"),
        ("<think>she is sad</think>\n\nhello", "hello"),
        ("<THINK>a</THINK>hello <thinking>b</thinking>there", "hello there"),
        ("hello <think>never closed", "hello"),
        ("<think>only this", ""),
        ("<|im_start|>assistant\nhello<|im_end|>\n<|im_start|>user\nhi", "hello"),
        ("hello</s>", "hello"),
        ("hello\n### Instruction:\nmore", "hello"),
        ("hello\nUser: and you?", "hello"),
        ("hello\n\nalice: hi mira", "hello"),
        ("hello\n**Alice**: hi", "hello"),
        ("hello\nbob~8f3k: hi", "hello"),
        ("hello\nOld Tom: hi", "hello"),
        ("User: hi\nMira: hello", ""),
        ("Mira: one\nMira: two", "one\ntwo"),
        ("\"hello there\"", "hello there"),
        ("“hello”", "hello"),
        ("  hello  \n\n", "hello"),
        ("@everyone look, @here <@&123>", "@\u{200D}everyone look, @\u{200D}here <@\u{200D}&123>"),
        ("", ""),
    ] {
        assert_eq!(cleaned(raw), expected, "{raw:?}");
    }
}

#[test]
fn normal_text_stays() {
    for text in [
        "Well: that is that.",
        "\"Hello,\" she says, \"come in.\"",
        "\"Yes\" and \"no\"",
        "Alice: yes, you. Come here.",
        "a < b && c > d, 1 <| 2",
        "Note:\n- user: a thing\n- system: another",
        "```yaml\nuser: alice\nalice: 3\nUser: x\n```",
        "*Mira looks up.* Hm?",
        "I told alice: no.",
        "me@here.example",
        "### Plan\n1. Sleep",
        "Old Tom said so",
        "**bold** start",
        "user@example.org",
        "mirador: a tower",
    ] {
        let expected = text.replace("@here", "@\u{200D}here");
        assert_eq!(cleaned(text), expected);
    }
}

#[test]
fn speaking_for_others_ends_the_reply() {
    let character = character("Mira", &[]);
    let cleaner = Cleaner::new(&character, &others());
    assert!(cleaner.partial("hello\nalice: hi").over);
    assert!(!cleaner.partial("hello\nalic").over);
    assert_eq!(cleaner.partial("hello\nalic").text, "hello");
    assert_eq!(cleaner.whole("hello\nalic").text, "hello\nalic");
    assert_eq!(cleaner.partial("hello\nbut then").text, "hello\nbut then");
    let long = cleaner.whole(&"word ".repeat(3_000));
    assert!(long.over && long.text.chars().count() <= 8_000);
}

#[test]
fn streams_do_not_wait_without_need() {
    let character = character("Mira", &[]);
    let cleaner = Cleaner::new(&character, &others());
    for (raw, shown) in [
        ("Hel", "Hel"),
        ("Mi", ""),
        ("Mira", ""),
        ("Mira:", ""),
        ("Mira: h", ""),
        ("Mira: he", "he"),
        ("Mirac", "Mirac"),
        ("<", ""),
        ("<3", "<3"),
        ("hi <thi", "hi"),
        ("hi @every", "hi"),
        ("\"Hello", ""),
        ("\"Hello,\" s", "\"Hello,\" s"),
    ] {
        assert_eq!(cleaner.partial(raw).text, shown, "{raw:?}");
    }
}

fn raw_reply() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => "[a-z]{1,8} ",
        2 => Just("\n".to_owned()),
        1 => prop::sample::select(vec![
            ". ", "!", "?\" ", "Mira", "Mira:", "**Mira**:", "**Mira:**", "Mira Vale:", "alice:", "alice", "Old Tom:", "User:", "User",
            "<think>", "</think>", "<thinking>", "</thinking>", "<|im_start|>", "<|im_end|>", "assistant", "\n### User:", "</s>",
            "@everyone", "@here", "<@&", "\"", "“", "”", "«", "»", "*", "**", ":", "```", "[", "]", "<", "@", " ", "  ", "\r\n", "#",
        ]).prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    prop::collection::vec(piece, 0..25).prop_map(|pieces| pieces.concat())
}

#[test]
fn brief_replies_are_whole_sentences_and_few() {
    let cleaner = Cleaner::new(&character("Mira Vale", &[]), &others()).brief(true);
    let long =
        "The lamp was out again last night, all of it, and nobody on the whole shore had seen a thing of it.";
    for (raw, kept, over) in [
        ("Dry. For once. And then the", "Dry. For once.", false),
        ("no end at all", "no end at all", false),
        ("It is 3.14 or so", "It is 3.14 or so", false),
        ("\"Mind the step.\" Then", "\"Mind the step.\"", false),
        (&format!("{long} More. Much more."), long, true),
    ] {
        let cleaned = cleaner.whole(raw);
        assert_eq!((cleaned.text.as_str(), cleaned.over), (kept, over), "{raw:?}");
    }
    assert_eq!(cleaner.partial("Dry. For on").text, "Dry.");
    assert_eq!(cleaner.partial("It is 3.").text, "");
    assert!(cleaner.partial(&format!("{long} ")).text.len() <= long.len());
    assert!(cleaner.partial(&format!("{long} M")).over);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn what_was_shown_is_never_taken_back(raw in raw_reply(), brief in any::<bool>()) {
        let character = character("Mira Vale", &[]);
        let cleaner = Cleaner::new(&character, &others()).brief(brief);
        let whole = cleaner.whole(&raw);
        let mut shown = String::new();
        let mut over = false;
        for (end, _) in raw.char_indices().chain([(raw.len(), ' ')]) {
            let partial = cleaner.partial(&raw[..end]);
            prop_assert!(partial.text.starts_with(&shown), "{:?} after {shown:?}", partial.text);
            prop_assert!(!over || partial.text == shown, "text after the end");
            shown = partial.text;
            over = partial.over;
        }
        prop_assert!(whole.text.starts_with(&shown), "{:?} after {shown:?}", whole.text);
        prop_assert!(!over || whole.text == shown);
        prop_assert!(!whole.text.contains("@everyone") && !whole.text.contains("<|im_"));
    }
}
