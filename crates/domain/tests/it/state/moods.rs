//! Moods: what pulls them, how slowly they give way, how they fade.

use domain::state::{Feeling, Heard, LocalHour, MoodKind, Share};
use domain::{MessageId, UserId};

use super::ground::{Channel, HOUR, MINUTE, after, character};

/// The mood after a text was said three times to a character that nothing moved before.
fn after_three(text: &str) -> MoodKind {
    let (mut channel, mira) = (Channel::default(), character("Mira"));
    for _ in 0..3 {
        channel.says(1, text, std::slice::from_ref(&mira.id));
    }
    channel.kind(&mira)
}

#[test]
fn what_is_said_pulls_at_a_mood() {
    for (text, mood) in [
        ("this is amazing, I love it!!", MoodKind::Excited),
        ("Das ist großartig, ich freue mich!!", MoodKind::Excited),
        ("¡qué bueno, genial!", MoodKind::Excited),
        ("I hate this, so annoying", MoodKind::Frustrated),
        ("Das nervt, ich hasse es", MoodKind::Frustrated),
        ("I am so sad, I have been crying", MoodKind::Sad),
        ("Ich bin traurig und weine", MoodKind::Sad),
        ("why is that? and how does it work?", MoodKind::Curious),
        ("Wieso ist das so? Wie geht das?", MoodKind::Curious),
        ("nothing to do", MoodKind::Bored),
        ("this is boring", MoodKind::Bored),
        ("Mir ist langweilig", MoodKind::Bored),
        ("the train leaves at four", MoodKind::Neutral),
        ("Der Zug fährt um vier", MoodKind::Neutral),
        ("", MoodKind::Neutral),
    ] {
        assert_eq!(after_three(text), mood, "{text}");
    }
}

#[test]
fn parts_of_words_pull_at_nothing() {
    for text in [
        "the hovercraft adventure event",
        "a sadhu and a Sadducee",
        "glove, slovenly, badge, knowledge, lovelock",
        "coolant niceties greater",
        "gutturale Hassliebelei",
    ] {
        assert_eq!(after_three(text), MoodKind::Neutral, "{text}");
    }
}

#[test]
fn what_is_denied_is_not_praise() {
    for text in [
        "not good, not great",
        "I don't love it and it is not fun",
        "das ist nicht gut und nicht toll",
        "das gefällt mir nicht",
    ] {
        assert_ne!(after_three(text), MoodKind::Excited, "{text}");
    }
    // What is bad and denied is no joy either.
    assert_eq!(after_three("I'm not sad"), MoodKind::Neutral);
    for text in ["no that's great, I love it", "I have never been so happy, wonderful"] {
        assert_eq!(after_three(text), MoodKind::Excited, "{text}");
    }
}

#[test]
fn a_mood_gives_way_at_the_third_message_not_before() {
    let (mut channel, mira) = (Channel::default(), character("Mira"));
    let to = std::slice::from_ref(&mira.id);
    for _ in 0..2 {
        channel.says(1, "amazing, I love it!!", to);
        assert_eq!(channel.kind(&mira), MoodKind::Neutral);
    }
    channel.says(1, "amazing, I love it!!", to);
    assert_eq!(channel.kind(&mira), MoodKind::Excited);
    // One sad word does not end it.
    channel.says(2, "I am sad and crying", to);
    assert_eq!(channel.kind(&mira), MoodKind::Excited);
}

#[test]
fn whoever_overhears_is_moved_half_as_much() {
    let (mut channel, mira, tom) = (Channel::default(), character("Mira"), character("Tom"));
    channel.answers(&tom, 1);
    for _ in 0..3 {
        channel.says(1, "amazing, I love it!!", std::slice::from_ref(&mira.id));
    }
    assert_eq!((channel.kind(&mira), channel.kind(&tom)), (MoodKind::Excited, MoodKind::Neutral));
    for _ in 0..2 {
        channel.says(1, "amazing, I love it!!", std::slice::from_ref(&mira.id));
    }
    assert_eq!(channel.kind(&tom), MoodKind::Excited);
}

#[test]
fn a_friendly_word_lifts_but_does_not_dampen() {
    let (mut channel, mira) = (Channel::default(), character("Mira"));
    let to = std::slice::from_ref(&mira.id);
    for _ in 0..3 {
        channel.says(1, "I am so sad, I have been crying", to);
    }
    for _ in 0..8 {
        channel.says(2, "here is a nice cup for you", to);
    }
    assert_eq!(channel.kind(&mira), MoodKind::Neutral);
    for _ in 0..3 {
        channel.says(1, "amazing, I love it!!", to);
    }
    let before = channel.mood(&mira);
    channel.says(2, "here is a nice cup for you", to);
    assert_eq!(channel.kind(&mira), MoodKind::Excited);
    assert!(channel.mood(&mira).intensity >= before.intensity.less(Share::percent(1)));
}

#[test]
fn moods_fade_with_time_and_only_with_time() {
    let (mut channel, mira) = (Channel::default(), character("Mira"));
    let to = std::slice::from_ref(&mira.id);
    for _ in 0..3 {
        channel.says(1, "amazing, I love it!!", to);
    }
    let fresh = channel.mood(&mira);
    let mut asked = channel.clone();
    for _ in 0..30 {
        asked.passes(MINUTE);
        asked.mood(&mira);
    }
    channel.passes(30 * MINUTE);
    // Half an hour takes 0.2, however often the mood was looked at.
    let half_an_hour = channel.mood(&mira);
    assert_eq!(asked.mood(&mira), half_an_hour);
    assert_eq!(half_an_hour.intensity, fresh.intensity.less(Share::percent(20)));
    channel.passes(2 * HOUR);
    assert_eq!(channel.mood(&mira), Feeling::default());
}

#[test]
fn silence_bores() {
    let (mut channel, mira) = (Channel::default(), character("Mira"));
    let to = std::slice::from_ref(&mira.id);
    channel.says(1, "nothing to do", to);
    channel.says(1, "nothing to do", to);
    assert_eq!(channel.kind(&mira), MoodKind::Neutral);
    // A message that says nothing special pulls at nothing, unless nobody had said anything for ten minutes.
    let mut lively = channel.clone();
    lively.passes(9 * MINUTE);
    lively.says(1, "the train leaves at four", to);
    assert_eq!(lively.kind(&mira), MoodKind::Neutral);
    channel.passes(11 * MINUTE);
    channel.says(1, "the train leaves at four", to);
    assert_eq!(channel.kind(&mira), MoodKind::Bored);
}

#[test]
fn a_message_counts_once() {
    let (mut channel, mira) = (Channel::default(), character("Mira"));
    let to = std::slice::from_ref(&mira.id);
    let message = channel.says(1, "amazing, I love it!!", to);
    let before = channel.mind.clone();
    for (message, text) in [(message, "amazing, I love it!!"), (message, "edited"), (MessageId(0), "older")] {
        let (at, hour) = (after(HOUR), LocalHour::of(after(HOUR), 0));
        assert!(!channel.mind.hear(&Heard { message, person: UserId(1), text, at, hour, to }));
    }
    assert_eq!(channel.mind, before);
}

#[test]
fn each_character_and_each_channel_has_its_own_mood() {
    let (mira, tom) = (character("Mira"), character("Tom"));
    let (mut one, other) = (Channel::default(), Channel::default());
    for _ in 0..3 {
        one.says(1, "I hate this, so annoying", std::slice::from_ref(&mira.id));
    }
    assert_eq!(one.kind(&mira), MoodKind::Frustrated);
    assert_eq!(one.kind(&tom), MoodKind::Neutral);
    assert_eq!(other.kind(&mira), MoodKind::Neutral);
}
