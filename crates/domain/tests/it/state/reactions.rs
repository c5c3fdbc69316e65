//! Emoji.

use std::collections::BTreeMap;

use domain::{
    character::{Character, Manner},
    state::{REACTION_CHANCE, Share, View, Words, reaction, stays_out},
};
use fastrand::Rng;

use super::ground::{Channel, character};

fn mira() -> Character {
    Character {
        topics: vec!["tides".to_owned(), "pizza".to_owned()],
        reaction_emoji: vec!["🌊".to_owned(), "🐚".to_owned()],
        ..character("Mira")
    }
}

/// How often each emoji comes in a thousand throws.
fn reactions(channel: &Channel, character: &Character, text: &str, chance: Share) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    let mut dice = Rng::with_seed(3);
    for _ in 0..1000 {
        let view = View::new(character, &channel.mind, text, channel.now());
        if let Some(emoji) = reaction(&view, chance, &mut dice) {
            *counts.entry(emoji).or_default() += 1;
        }
    }
    counts
}

fn kinds(text: &str) -> Vec<String> {
    reactions(&Channel::default(), &mira(), text, Share::ALL).into_keys().collect()
}

#[test]
fn an_emoji_fits_the_text() {
    for (text, emoji) in [
        ("lol that was a joke", &["😂"][..]),
        ("hahaha der Witz", &["😂"]),
        ("are you sure?", &["🤔"]),
        ("wow cool", &["🌊", "🐚", "🔥"]),
        ("the tides are high", &["🌊", "🐚"]),
        ("I made a pizza", &["🌊", "🐚"]),
        ("I love it", &["🌊", "🐚"]),
        ("the train leaves at four", &[]),
        ("", &[]),
    ] {
        assert_eq!(kinds(text), emoji, "{text}");
    }
}

#[test]
fn sorrow_gets_sympathy_whatever_the_mood_and_the_subject() {
    let (mira, mut channel) = (mira(), Channel::default());
    for _ in 0..4 {
        channel.says(1, "amazing, I love it!!", std::slice::from_ref(&mira.id));
    }
    for text in [
        "my dog died, I am crying",
        "Mein Hund ist gestorben, ich bin so traurig",
        "sorry, I lost my pizza",
        "unfortunately the tides took it lol",
        "that was a terrible, awful day",
    ] {
        for emoji in reactions(&channel, &mira, text, Share::ALL).into_keys() {
            assert!(["🫂", "💔", "😔", "😬"].contains(&emoji.as_str()), "{text}: {emoji}");
        }
    }
}

#[test]
fn parts_of_words_are_no_laughter() {
    for text in ["the lollipop shop", "a hahahahazard", "jokester", "Witzenhausen"] {
        assert_eq!(kinds(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn the_chance_is_the_channel_s_and_the_mood_s() {
    let (mira, mut channel) = (mira(), Channel::default());
    let often = |channel: &Channel, chance| reactions(channel, &mira, "lol", chance).values().sum::<usize>();
    assert_eq!(often(&channel, Share::NONE), 0);
    assert_eq!(often(&channel, Share::ALL), 1000);
    let calm = often(&channel, REACTION_CHANCE);
    assert!((120..180).contains(&calm), "{calm}");
    for _ in 0..5 {
        channel.says(1, "amazing, I love it!!", std::slice::from_ref(&mira.id));
    }
    let excited = often(&channel, REACTION_CHANCE);
    assert!((210..280).contains(&excited), "{excited}");
}

#[test]
fn a_character_without_emoji_of_its_own_uses_common_ones() {
    let plain = character("Tom");
    let counts = reactions(&Channel::default(), &plain, "wow cool", Share::ALL);
    assert_eq!(counts.into_keys().collect::<Vec<_>>(), ["🔥"]);
    assert!(reactions(&Channel::default(), &plain, "I love it", Share::ALL).is_empty());
}

#[test]
fn interests_are_whole_words_or_a_shared_subject_counted_once() {
    let imke = Character {
        topics: ["computers", "programming", "linux", "the sea"].map(str::to_owned).to_vec(),
        ..character("Imke")
    };
    for (text, count) in [
        ("my computer runs linux", 2),
        ("this laptop", 1),
        ("Ich programmiere", 1),
        ("walks by the sea", 1),
        ("the season of seas", 0),
        ("minicomputerish", 0),
        ("", 0),
    ] {
        assert_eq!(Words::of(text).interests(&imke), count, "{text}");
    }
}

#[test]
fn a_mood_draws_into_conversation_or_out_of_it() {
    let mira = mira();
    let mut channel = Channel::default();
    let of = |channel: &Channel| channel.mind.mood(&mira.id, channel.now()).sociability();
    assert!(of(&channel).abs() < f64::EPSILON, "neutral");
    for _ in 0..4 {
        channel.says(1, "amazing, I love it!!", std::slice::from_ref(&mira.id));
    }
    assert!((0.1..=0.2).contains(&of(&channel)), "{}", of(&channel));
    for _ in 0..12 {
        channel.says(1, "this is sad, and bad", std::slice::from_ref(&mira.id));
    }
    assert!((-0.2..0.0).contains(&of(&channel)), "{}", of(&channel));
}

#[test]
fn what_a_character_avoids_is_told_by_words_and_subjects() {
    let avoids = vec!["politics".to_owned(), "the bell".to_owned()];
    let mira = Character { manner: Manner { avoids, ..Manner::default() }, ..mira() };
    for (text, avoided) in [
        ("pizza on election day", true),
        ("who rang the bell", true),
        ("the bellows", false),
        ("pizza", false),
    ] {
        assert_eq!(stays_out(&mira, text), avoided, "{text}");
    }
}
