//! How long an answer should be.

use std::collections::BTreeMap;

use domain::{
    character::{Character, Manner},
    state::{ReplyLength, Verbosity, reply_tokens},
};

use super::ground::{Channel, character};

fn fits(text: &str) -> Option<Verbosity> {
    Channel::default().mind.verbosity(text)
}

#[test]
fn the_length_of_an_answer_follows_the_text() {
    for (text, verbosity) in [
        ("ok", Verbosity::QuickReply),
        ("thanks!", Verbosity::QuickReply),
        ("Danke dir", Verbosity::QuickReply),
        ("guten Morgen zusammen", Verbosity::QuickReply),
        ("😂😂", Verbosity::QuickReply),
        ("explain black holes in one sentence", Verbosity::QuickReply),
        ("Fass dich kurz: warum regnet es?", Verbosity::QuickReply),
        ("I went to the market this morning and bought pears", Verbosity::CasualChat),
        ("Ich war heute auf dem Markt und habe Birnen geholt", Verbosity::CasualChat),
        ("hm?", Verbosity::CasualChat),
        ("I am not okay", Verbosity::CasualChat),
        ("anyone up for a round of cards later?", Verbosity::CasualChat),
        ("is it true that the ship was on its way to the islands?", Verbosity::DetailedQuestion),
        ("tell me about a good joke", Verbosity::CasualChat),
        ("Erzähl mir einen Witz", Verbosity::CasualChat),
        ("when I got home the cat was asleep on the table", Verbosity::CasualChat),
        ("how does a tide clock work in a town without sea?", Verbosity::DetailedQuestion),
        ("Warum ist der Himmel am Abend eigentlich so rot?", Verbosity::DetailedQuestion),
        ("compare tea and coffee", Verbosity::DetailedQuestion),
        ("Vergleiche Tee und Kaffee", Verbosity::DetailedQuestion),
        ("who was it? and when?", Verbosity::DetailedQuestion),
        ("tell me about the night the bell rang, a story please", Verbosity::Storytelling),
        ("Erzähl uns eine Geschichte vom Meer", Verbosity::Storytelling),
        ("what if the sea came back tomorrow", Verbosity::Storytelling),
    ] {
        assert_eq!(fits(text), Some(verbosity), "{text}");
    }
    assert_eq!(fits(""), None);
    assert_eq!(fits("\n > \n"), fits(">"));
}

#[test]
fn parts_of_words_change_no_length() {
    // `no` in know, `hi` in this, `ok` in token, `story` in history, `ja` in Jaguar.
    for text in [
        "I know of this",
        "this token",
        "the history and the archive of our house by the river",
        "Jaguare",
        "a nosy hippo",
        "Nachtischler",
    ] {
        assert_eq!(fits(text), Some(Verbosity::CasualChat), "{text}");
    }
}

#[test]
fn where_people_write_at_length_answers_are_longer() {
    let long = "the river was high this spring and the ferry had to wait at the far bank for hours, so we walked all \
                the way round by the old mill";
    let mut channel = Channel::default();
    for _ in 0..2 {
        channel.says(1, long, &[]);
    }
    assert_eq!(channel.mind.verbosity("then we came home"), Some(Verbosity::CasualChat));
    channel.says(1, long, &[]);
    assert_eq!(channel.mind.verbosity("then we came home"), Some(Verbosity::DetailedQuestion));
    assert_eq!(channel.mind.verbosity("ok"), Some(Verbosity::QuickReply));
}

#[test]
fn tokens_come_from_our_table_or_from_the_card() {
    let channel = Channel::default();
    let mira = character("Mira");
    let tokens = |character: &Character, text| reply_tokens(character, &channel.mind, text);
    assert_eq!(tokens(&mira, "ok"), Some(75));
    assert_eq!(tokens(&mira, "we came home by the mill"), Some(150));
    assert_eq!(tokens(&mira, "compare tea and coffee"), Some(300));
    assert_eq!(tokens(&mira, "tell us a story"), Some(450));
    assert_eq!(tokens(&mira, ""), None);
    let replies = BTreeMap::from([(Verbosity::Storytelling, ReplyLength::Short)]);
    let terse = Character { manner: Manner { replies, ..Manner::default() }, ..mira };
    assert_eq!(tokens(&terse, "tell us a story"), Some(100));
    assert_eq!(tokens(&terse, "ok"), Some(75));
    assert_eq!(ReplyLength::ALL.map(ReplyLength::tokens), [50, 100, 200, 350, 500]);
}
