use std::time::Duration;

use domain::{
    ChannelId, CharacterId, MessageId, Timestamp, UserId,
    attention::{Chosen, Gate, Reason, Score, Verdict},
    burst::{Asked, GAP, Habit, MESSAGES, PAUSE_AT_MOST, is_unfinished, may_join, pause},
    event::{Message, ReplyTo},
};
use proptest::prelude::*;

use crate::stage::{id, message};

fn at(millis: i64) -> Timestamp {
    Timestamp(1_800_000_000_000 + millis)
}

/// A person whose messages came with these gaps, in milliseconds.
fn habit(gaps: &[i64]) -> Habit {
    let mut habit = Habit::default();
    let mut now = 0;
    habit.note(at(now), false);
    for gap in gaps {
        now += gap;
        habit.note(at(now), false);
    }
    habit
}

#[test]
fn almost_nobody_waits() {
    let unknown = Habit::default();
    let whole = habit(&[60_000, 45_000, 90_000, 30_000, 3_000, 120_000]);
    for text in [
        "Mira, how are you?",
        "hello",
        "what is the time",
        "I think so",
        "since when",
        "I failed my exam :(",
        "nice :wave:",
        "ok...",
        "look at this: https://example.org",
    ] {
        assert_eq!(pause(text, &unknown, false), Duration::ZERO, "{text}");
        assert_eq!(pause(text, &whole, false), Duration::ZERO, "{text}");
        assert_eq!(pause(text, &whole, true), Duration::ZERO, "{text}");
    }
}

#[test]
fn what_visibly_goes_on_is_waited_for() {
    for text in [
        "Mira,",
        "my list:",
        "I went there and",
        "so I said —",
        "```rust\nfn main() {",
        "мира, я пришла и",
        "因为，",
    ] {
        assert!(is_unfinished(text), "{text}");
        let waits = pause(text, &Habit::default(), false);
        assert!(waits > Duration::ZERO && waits < PAUSE_AT_MOST, "{text}: {waits:?}");
        assert_eq!(pause(text, &Habit::default(), true), PAUSE_AT_MOST);
    }
}

#[test]
fn whoever_sends_in_pieces_is_waited_for_as_long_as_they_usually_take() {
    let quick = habit(&[900, 1_000, 1_100, 60_000, 800, 1_000]);
    let waits = pause("hello", &quick, false);
    assert!(waits >= Duration::from_secs(1) && waits <= Duration::from_millis(1_500), "{waits:?}");
    let slow = habit(&[6_000, 7_000, 6_500, 7_500, 7_000]);
    assert_eq!(pause("hello", &slow, false), PAUSE_AT_MOST);
    assert_eq!(pause("hello", &quick, true), PAUSE_AT_MOST);
}

#[test]
fn a_habit_needs_more_than_one_burst_and_is_unlearned() {
    assert_eq!(habit(&[900, 900]).usual_gap(), None);
    let mut gaps = vec![900; 6];
    assert!(habit(&gaps).usual_gap().is_some());
    gaps.extend([60_000; 12]);
    assert_eq!(habit(&gaps).usual_gap(), None);
    // Messages between which others spoke are a conversation.
    let mut talk = Habit::default();
    for n in 0..12 {
        talk.note(at(n * 2_000), true);
    }
    assert_eq!(talk.usual_gap(), None);
}

fn later(text: &str, after: i64) -> Message {
    let mut later = message(text);
    later.id = MessageId(2_000);
    later.sent_at = at(after);
    later
}

fn answer(reason: Reason, slug: &str) -> Verdict {
    Verdict::Answer(vec![Chosen { character: id(slug), reason, score: Score::default() }])
}

const NOBODY: Verdict = Verdict::Silent { gate: Gate::NotAddressed };

#[test]
fn what_comes_before_the_answer_is_seen_joins_the_question() {
    let first = later("Mira", 0);
    let first = Message { id: MessageId(1_999), ..first };
    let characters = [id("mira")];
    let asked = |shown, spoken_between| Asked {
        last: &first,
        messages: 1,
        chars: 4,
        characters: &characters,
        shown,
        spoken_between,
    };
    let joins = |message: &Message, verdict: &Verdict| may_join(&asked(false, false), message, verdict);
    let more = later("how are you?", 2_000);
    assert!(joins(&more, &NOBODY));
    assert!(joins(&more, &Verdict::Silent { gate: Gate::HeldBack }));
    assert!(joins(&more, &answer(Reason::Named, "mira")));
    assert!(joins(&more, &answer(Reason::Mention, "tom")), "anybody was meant, so whoever answers already");
    // Not once something can be seen, nor when somebody else spoke.
    assert!(!may_join(&asked(true, false), &more, &NOBODY));
    assert!(!may_join(&asked(false, true), &more, &NOBODY));
    // Not what calls somebody else, or is not to be heard.
    assert!(!joins(&more, &answer(Reason::Named, "tom")));
    assert!(!joins(&more, &Verdict::Silent { gate: Gate::IgnoreTag }));
    assert!(!joins(&more, &Verdict::Silent { gate: Gate::Prefix }));
    assert!(!joins(&more, &Verdict::Silent { gate: Gate::AgeRestricted }));
    // Not of another person, elsewhere, much later, or in reply to something.
    let elsewhere = |change: fn(&mut Message)| {
        let mut message = more.clone();
        change(&mut message);
        message
    };
    for (why, other) in [
        ("another person", elsewhere(|message| message.author.id = UserId(11))),
        ("another channel", elsewhere(|message| message.place.channel = ChannelId(3))),
        (
            "a reply",
            elsewhere(|message| message.reply_to = Some(ReplyTo { message: MessageId(1), author: None })),
        ),
        ("the same message", elsewhere(|message| message.id = MessageId(1_999))),
        ("late", elsewhere(|message| message.sent_at = at(0).plus(GAP).plus(Duration::from_millis(1)))),
        ("long", elsewhere(|message| message.content = "x".repeat(4_000).into())),
    ] {
        assert!(!joins(&other, &NOBODY), "{why}");
    }
    let full = Asked { messages: MESSAGES, ..asked(false, false) };
    assert!(!may_join(&full, &more, &NOBODY));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn no_pause_is_longer_than_its_cap(
        text in any::<String>(), gaps in prop::collection::vec(0_i64..20_000, 0..40), typing: bool,
    ) {
        prop_assert!(pause(&text, &habit(&gaps), typing) <= PAUSE_AT_MOST);
    }

    #[test]
    fn nothing_joins_an_answer_that_can_be_seen(after in 0_i64..20_000, text in "[a-z ]{0,20}", named: bool) {
        let first = Message { id: MessageId(1_999), ..later("Mira", 0) };
        let characters: [CharacterId; 1] = [id("mira")];
        let asked = Asked { last: &first, messages: 1, chars: 4, characters: &characters, shown: true, spoken_between: false };
        let verdict = if named { answer(Reason::Named, "mira") } else { NOBODY };
        prop_assert!(!may_join(&asked, &later(&text, after), &verdict));
    }
}
