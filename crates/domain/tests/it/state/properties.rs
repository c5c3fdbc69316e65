//! What holds for any chat.

use std::sync::Arc;

use domain::{
    CharacterId, MessageId, Timestamp, UserId,
    character::Character,
    state::{
        Encounter, Exchange, Growth, Heard, LocalHour, Mind, REACTION_CHANCE, Share, Spoke, Ties, View,
        lines, reaction, receipt, reply_tokens,
    },
};
use fastrand::Rng;
use proptest::prelude::*;

use super::ground::{NOON, character};

/// Bytes of a mind as JSON: no chat may make it larger.
const MIND_BYTES: usize = 24_000;

#[derive(Clone, Debug)]
struct Said {
    id: u64,
    person: u64,
    text: String,
    pause: i64,
    to: Option<usize>,
}

const WORDS: &[&str] = &[
    "amazing",
    "love",
    "hate",
    "sad",
    "crying",
    "lol",
    "why",
    "how",
    "?",
    "!!",
    "nicht",
    "not",
    "bored",
    "dog",
    "pizza",
    "Musik",
    "the",
    "just",
    "got",
    "a",
    "telescope",
    "boat",
    "I'm",
    "working",
    "on",
    "reading",
    "story",
    "prove",
    "it",
    "😂",
    "<@1>",
    "\n",
    "> ",
    "ok",
    "Wetter",
    "stressed",
    ",",
    "l'école",
    "日本語",
    "🧑‍🚀",
    "bell",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::collection::vec(prop::sample::select(WORDS), 0..12).prop_map(|words| words.join(" ")),
        1 => ".{0,40}",
    ]
}

fn said() -> impl Strategy<Value = Said> {
    let pause = prop_oneof![Just(0), 0..60_000_i64, 0..20 * 3_600_000_i64, Just(-5_000)];
    (1..400_u64, 1..30_u64, text(), pause, prop::option::of(0..4_usize))
        .prop_map(|(id, person, text, pause, to)| Said { id, person, text, pause, to })
}

fn chat(most: usize) -> impl Strategy<Value = Vec<Said>> {
    prop::collection::vec(said(), 0..most)
}

fn cast() -> Vec<Arc<Character>> {
    ["Mira", "Tom", "Ada", "Bea"].map(|name| Arc::new(character(name))).to_vec()
}

fn hear(mind: &mut Mind, said: &Said, at: Timestamp, cast: &[Arc<Character>]) -> bool {
    let to: Vec<CharacterId> = said.to.map(|index| cast[index].id.clone()).into_iter().collect();
    mind.hear(&Heard {
        message: MessageId(said.id),
        person: UserId(said.person),
        text: &said.text,
        at,
        hour: LocalHour::of(at, 3600),
        to: &to,
    })
}

/// The mind after a chat, and when it ended.
fn lived(chat: &[Said], cast: &[Arc<Character>]) -> (Mind, Timestamp) {
    let (mut mind, mut at) = (Mind::default(), NOON);
    for said in chat {
        at = Timestamp(at.0 + said.pause);
        hear(&mut mind, said, at, cast);
    }
    (mind, at)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_message_told_again_or_too_late_changes_nothing(chat in chat(30), again in prop::collection::vec(0..30_usize, 0..10)) {
        let cast = cast();
        let (mut mind, at) = lived(&chat, &cast);
        let before = mind.clone();
        for index in again {
            if let Some(said) = chat.get(index) {
                prop_assert!(!hear(&mut mind, said, Timestamp(at.0 + 1000), &cast));
            }
        }
        prop_assert_eq!(mind, before);
    }

    #[test]
    fn the_same_chat_gives_the_same_mind_and_the_same_words(chat in chat(25), seed in any::<u64>()) {
        let cast = cast();
        let (one, at) = lived(&chat, &cast);
        let (other, _) = lived(&chat, &cast);
        prop_assert_eq!(&one, &other);
        let text = chat.last().map_or("", |said| said.text.as_str());
        let views = [View::new(&cast[0], &one, text, at), View::new(&cast[0], &other, text, at)];
        prop_assert_eq!(lines(&views[0]), lines(&views[1]));
        prop_assert_eq!(receipt(&views[0]), receipt(&views[1]));
        let [first, second] = views.map(|view| reaction(&view, REACTION_CHANCE, &mut Rng::with_seed(seed)));
        prop_assert_eq!(first, second);
    }

    #[test]
    fn a_mind_is_written_and_read_unchanged(chat in chat(25)) {
        let (mut mind, at) = lived(&chat, &cast());
        mind.spoke(&Spoke { turn: 1, character: &character("Mira").id, at, asked: None });
        let json = serde_json::to_string(&mind).unwrap();
        prop_assert_eq!(serde_json::from_str::<Mind>(&json).unwrap(), mind);
    }

    #[test]
    fn what_is_told_stays_within_its_bounds(chat in chat(25)) {
        let cast = cast();
        let (mind, at) = lived(&chat, &cast);
        for said in &chat {
            let view = View::new(&cast[0], &mind, &said.text, at);
            let lines = lines(&view);
            prop_assert!(lines.len() <= 10);
            for line in &lines {
                prop_assert!(line.text.chars().count() <= 400 && !line.text.contains('\n') && !line.text.is_empty());
            }
            let tokens = reply_tokens(&cast[0], &mind, &said.text);
            prop_assert!(tokens.is_none_or(|tokens| (50..=500).contains(&tokens)));
            let rhythm = mind.rhythm(at, LocalHour::of(at, 0));
            prop_assert!((-0.5..=0.5).contains(&rhythm.chance) && (0.5..=3.0).contains(&rhythm.cool_down));
            prop_assert!((600..=28_800).contains(&rhythm.silence.as_secs()));
        }
    }

    #[test]
    fn whatever_fades_only_fades(chat in chat(25), steps in prop::collection::vec(0..4_000_000_i64, 1..12)) {
        let cast = cast();
        let (mind, mut at) = lived(&chat, &cast);
        let look = |at| {
            let moods: Vec<Share> = cast.iter().map(|one| mind.mood(&one.id, at).shown()).collect();
            let blend = mind.blend(&cast[0], at).weight;
            (moods, blend, mind.air(at).intensity, mind.topics(at).len())
        };
        let latest = chat.iter().scan(NOON.0, |at, said| { *at += said.pause; Some(*at) }).max();
        at = at.max(Timestamp(latest.unwrap_or(NOON.0)));
        let mut before = look(at);
        for step in steps {
            at = Timestamp(at.0 + step);
            let now = look(at);
            prop_assert!(now.0.iter().zip(&before.0).all(|(now, before)| now <= before), "{now:?} {before:?}");
            prop_assert!(now.3 <= before.3);
            before = now;
        }
        let years = Timestamp(at.0 + 100_000_000_000);
        let (moods, blend, air, topics) = look(years);
        prop_assert!(moods.iter().all(|mood| *mood == Share::NONE));
        prop_assert_eq!((blend, air, topics), (Share::NONE, Share::NONE, 0));
    }

    #[test]
    fn ties_and_growth_count_each_turn_once(turns in prop::collection::vec((0..20_u64, 0..4_usize, 0..4_usize), 0..60)) {
        let cast = cast();
        let (mut ties, mut growth) = (Ties::default(), Growth::default());
        let mut seen = std::collections::BTreeSet::new();
        for (turn, speaker, to) in turns {
            let (speaker, to) = (&cast[speaker], &cast[to]);
            let exchange = Exchange { turn, person: Some(UserId(turn)), text: "a dog", at: NOON };
            prop_assert_eq!(growth.answered(&exchange), seen.insert(turn));
            let encounter = Encounter { turn, speaker, to, text: "hello", memory: None, at: NOON };
            let first = ties.met(&encounter);
            prop_assert!(!ties.met(&encounter));
            prop_assert!(!first || speaker.id != to.id);
        }
        prop_assert_eq!(growth.answers(), seen.len() as u64);
        prop_assert!(ties.all().iter().all(|tie| tie.affinity <= 10));
        let json = serde_json::to_string(&(&ties, &growth)).unwrap();
        prop_assert_eq!(serde_json::from_str::<(Ties, Growth)>(&json).unwrap(), (ties, growth));
    }
}

#[test]
fn long_chats_do_not_make_a_mind_large() {
    let mut dice = Rng::with_seed(11);
    let mut mind = Mind::default();
    let ids: Vec<CharacterId> = (0..100)
        .map(|number| CharacterId::new(&format!("a-character-with-a-long-name-{number}")).unwrap())
        .collect();
    let mut largest = 0;
    for message in 1..4000_u64 {
        let words: Vec<&str> = (0..dice.usize(0..20)).map(|_| WORDS[dice.usize(..WORDS.len())]).collect();
        let text = format!("I just got a thing{message} {}", words.join(" "));
        // Up to a few hours apart: months of chat.
        let at = Timestamp(NOON.0 + i64::try_from(message).unwrap() * 1_700_000 + dice.i64(0..600_000));
        let to = [ids[dice.usize(..ids.len())].clone()];
        let hour = LocalHour::of(at, 0);
        let person = UserId(10_u64.pow(17) + dice.u64(0..5000));
        assert!(mind.hear(&Heard { message: MessageId(message), person, text: &text, at, hour, to: &to }));
        let asked = mind.wonder(&character("Mira"), None, at, &mut dice);
        mind.spoke(&Spoke { turn: 10_u64.pow(17) + message, character: &to[0], at, asked: asked.as_ref() });
        if message % 200 == 0 {
            largest = largest.max(serde_json::to_string(&mind).unwrap().len());
        }
    }
    assert!((2_000..MIND_BYTES).contains(&largest), "{largest}");
}

#[test]
fn many_characters_do_not_make_ties_large() {
    let mut ties = Ties::default();
    let cast: Vec<_> = (0..40).map(|number| character(&format!("c{number}"))).collect();
    let mut turn = 0;
    for speaker in &cast {
        for to in &cast {
            turn += 1;
            let at = Timestamp(NOON.0 + i64::try_from(turn).unwrap());
            ties.met(&Encounter { turn, speaker, to, text: "hello", memory: Some("a night"), at });
        }
    }
    assert_eq!(ties.all().len(), 256);
}

#[test]
fn empty_and_older_documents_are_read() {
    assert_eq!(serde_json::from_str::<Mind>("{}").unwrap(), Mind::default());
    assert_eq!(serde_json::from_str::<Ties>("{}").unwrap(), Ties::default());
    assert_eq!(serde_json::from_str::<Growth>("{}").unwrap(), Growth::default());
    let older = r#"{"seen": 5, "characters": {"mira": {}}, "a field of tomorrow": [1]}"#;
    let mut mind: Mind = serde_json::from_str(older).unwrap();
    assert_eq!(mind.seen(), Some(MessageId(5)));
    let said = Said { id: 5, person: 1, text: "hello".to_owned(), pause: 0, to: None };
    assert!(!hear(&mut mind, &said, NOON, &cast()));
    assert!(hear(&mut mind, &Said { id: 6, ..said }, NOON, &cast()));
    let ties: Ties =
        serde_json::from_str(r#"{"ties": [{"pair": ["mira", "tom"], "affinity": 30}]}"#).unwrap();
    assert_eq!(ties.affinity(&character("Tom").id, &character("Mira").id), 30);
}
