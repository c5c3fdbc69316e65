//! Tokens, counted as the models do.

use domain::tokens::Counter;
use llm::counter_for;

#[test]
fn counts_are_those_of_the_vocabularies() {
    // From OpenAI's own tokenizer library.
    for (text, o200k, cl100k) in [
        ("", 0, 0),
        ("hello world", 2, 2),
        ("Hello, world!", 4, 4),
        ("tiktoken is great!", 6, 6),
        ("antidisestablishmentarianism", 6, 6),
        ("2 + 2 = 4", 7, 7),
        ("お誕生日おめでとう", 8, 9),
    ] {
        let counts = ["gpt-4o", "gpt-4"].map(|model| counter_for(model).count(text));
        assert_eq!(counts, [o200k, cl100k], "{text}");
    }
}

#[test]
fn a_cut_keeps_to_its_budget_with_real_vocabularies() {
    let text = "The keeper trims the wick, écrit en français, и по-русски, 日本語でも。 😀 ".repeat(40);
    for counter in
        [counter_for("gpt-4o"), counter_for("gpt-4"), counter_for("claude-sonnet-4"), Counter::ESTIMATE]
    {
        let whole = counter.count(&text);
        for budget in [0, 1, 2, 7, 50, 333, whole - 1, whole, whole + 1] {
            let cut = counter.truncate(&text, budget);
            assert!(text.starts_with(cut));
            assert!(counter.count(cut) <= budget, "{} {budget}", counter.name());
            let end = counter.truncate_front(&text, budget);
            assert!(text.ends_with(end));
            assert!(counter.count(end) <= budget, "{} {budget}", counter.name());
            if budget >= 50 {
                assert!(counter.count(cut) * 10 >= budget.min(whole) * 8, "{} {budget}", counter.name());
            }
        }
        assert_eq!(counter.truncate(&text, whole), text);
    }
}

#[test]
fn hostile_texts_are_counted_too() {
    let counter = counter_for("gpt-4o");
    for text in
        ["a".repeat(200_000), " ".repeat(200_000), "\u{0301}".repeat(50_000), "<|endoftext|>".repeat(1_000)]
    {
        let tokens = counter.count(&text);
        assert!(tokens > 0 && tokens as usize <= text.len());
    }
    // Marks of the vocabulary are plain text in a message.
    assert!(counter.count("<|endoftext|>") > 1);
}

#[test]
fn the_estimate_is_rather_too_high_than_too_low() {
    let real = [counter_for("gpt-4o"), counter_for("gpt-4")];
    for text in [
        "The keeper of the light counts the ships that pass at night, and writes them into a book.",
        "Der Wärter des Leuchtturms zählt die Schiffe, die nachts vorbeifahren.",
        "Смотритель маяка считает корабли, которые проходят ночью.",
        "灯台守は夜に通る船を数えて、本に書き留める。",
        "등대지기는 밤에 지나가는 배를 세어 책에 적는다.",
        "حارس المنارة يعد السفن التي تمر ليلا.",
        "प्रकाशस्तंभ का रखवाला रात में गुजरने वाले जहाजों को गिनता है।",
        "ผู้ดูแลประภาคารนับเรือที่แล่นผ่านในเวลากลางคืน",
        "fn main() { println!(\"{}\", 40 + 2); } // ships: [1, 2, 3]",
        "😀 🚢 👨‍👩‍👧 ok!!! https://example.org/a?b=c&d=0123456789",
    ] {
        let estimate = Counter::ESTIMATE.count(text);
        for counter in &real {
            let counted = counter.count(text);
            // A little below is within what every message reserves for its frame.
            assert!(estimate * 10 >= counted * 9, "{}: {estimate} for {counted}: {text}", counter.name());
        }
    }
}
