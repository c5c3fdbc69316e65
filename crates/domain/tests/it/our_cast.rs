//! The characters that we ship: what their cards say about how they behave is read as it is meant.

use std::{collections::BTreeSet, path::Path};

use domain::{
    MessageId, Timestamp, UserId, card,
    character::{Character, Manner},
    prompt::{Known, Profile, StateNote, Style, assemble_knowing},
    state::{
        self, Encounter, Framework, Growth, Heard, LineKind, LocalHour, Mind, Share, Ties, View, reply_tokens,
    },
};
use serde_json::{Value, json};

use crate::stage;

const NOW: Timestamp = Timestamp(1_790_596_800_000);

/// A card as it lies in the folder, and what is read of it.
struct Card {
    acore: Value,
    character: Character,
}

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../characters"))
}

fn cast() -> Vec<Card> {
    let mut cast = Vec::new();
    for file in std::fs::read_dir(folder()).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let text = std::fs::read(&path).unwrap();
            let json: Value = serde_json::from_slice(&text).unwrap();
            let acore = json["data"]["extensions"]["acore"].clone();
            cast.push(Card { acore, character: card::parse(&text).unwrap() });
        }
    }
    assert!(cast.len() >= 10, "{} characters", cast.len());
    cast
}

/// The first column of the table under "extensions.acore".
fn documented() -> BTreeSet<String> {
    let readme = std::fs::read_to_string(folder().join("README.md")).unwrap();
    let section = readme.split("\n## ").find(|section| section.starts_with("`extensions.acore`")).unwrap();
    let field = |line: &str| Some(line.strip_prefix("| `")?.split_once('`')?.0.to_owned());
    section.lines().filter_map(field).collect()
}

/// A field with a slip in its name would be passed over in silence.
#[test]
fn every_field_is_one_that_the_read_me_explains_and_each_of_those_has_an_example() {
    let mut used = BTreeSet::new();
    for card in cast() {
        used.extend(card.acore.as_object().unwrap().keys().cloned());
    }
    assert_eq!(used, documented());
}

#[test]
fn everything_that_a_card_says_is_taken() {
    for Card { acore, character } in cast() {
        let id = &character.id;
        let count = |field: &str| acore[field].as_array().map_or(0, Vec::len);
        let manner = &character.manner;
        assert_eq!(
            manner.curiosity,
            state::CuriosityLevel::named(acore["curiosity"].as_str().unwrap()).unwrap()
        );
        assert!(count("activities") >= 3, "{id}");
        assert_eq!(character.activities.len(), count("activities"), "{id}");
        assert_eq!(manner.avoids.len(), count("avoids"), "{id}");
        assert_eq!(manner.blend.len(), count("blend"), "{id}");
        let contexts: BTreeSet<_> = manner.blend.iter().map(|rule| rule.context).collect();
        assert_eq!(contexts.len(), manner.blend.len(), "{id}: only the first rule of a context counts");
        assert_eq!(manner.replies.len(), acore["replies"].as_object().unwrap().len(), "{id}");
        assert_eq!(manner.stages.len(), count("stages"), "{id}");
        assert_eq!(manner.quarrels.len(), count("quarrels"), "{id}");
        for (read, said) in manner.quarrels.iter().zip(acore["quarrels"].as_array().into_iter().flatten()) {
            assert_eq!(read.about.len(), said["about"].as_array().unwrap().len(), "{id}");
        }
        assert_eq!(Some(character.age_restricted), acore["age_restricted"].as_bool(), "{id}");
    }
}

/// Whom a quarrel names is there, and what it is about begins it: in either's words.
#[test]
fn quarrels_are_with_others_of_the_cast_and_begin_with_their_words() {
    let cast = cast();
    let one =
        |id: &domain::CharacterId| cast.iter().map(|card| &card.character).find(|other| other.id == *id);
    for Card { character, .. } in &cast {
        for quarrel in &character.manner.quarrels {
            let with = one(&quarrel.with).unwrap_or_else(|| panic!("{}: no {}", character.id, quarrel.with));
            assert_ne!(with.id, character.id);
            assert!(!quarrel.about.is_empty(), "{} with {}", character.id, with.id);
            for about in &quarrel.about {
                let mut ties = Ties::default();
                let text = format!("Let us talk about {about}, shall we.");
                for (turn, (speaker, to)) in [(character, with), (with, character)].into_iter().enumerate() {
                    let turn = turn as u64;
                    let told = Encounter { turn, speaker, to, text: &text, memory: None, at: NOW };
                    assert!(ties.met(&told));
                }
                let conflict =
                    ties.between(&character.id, &with.id).and_then(|tie| tie.conflict(NOW)).unwrap();
                assert!(conflict.severity > Share::percent(20), "{}: {about}", character.id);
            }
        }
    }
}

/// A channel in which somebody is not well.
fn troubled() -> Mind {
    let mut mind = Mind::default();
    let text = "I feel so lonely and overwhelmed";
    let (message, person, hour) = (MessageId(1), UserId(1), LocalHour::of(NOW, 0));
    assert!(mind.hear(&Heard { message, person, text, at: NOW, hour, to: &[] }));
    mind
}

/// A card's rules replace the house's, so each has to say itself that whoever is not well comes first.
#[test]
fn whoever_is_not_well_is_cared_for_before_anything_else() {
    let mind = troubled();
    for Card { character, .. } in cast() {
        let blend = mind.blend(&character, NOW);
        let caring = blend.base == Some(Framework::Caring)
            || (blend.target == Some(Framework::Caring) && blend.weight >= Share::percent(80));
        assert!(caring, "{}: {blend:?}", character.id);
    }
}

#[test]
fn growth_is_told_whole_at_every_stage() {
    let (mind, talk) = (Mind::default(), "hello");
    for Card { character, .. } in cast() {
        let id = &character.id;
        assert!(character.manner.stages.len() <= 3, "{id}: few stages");
        for (index, stage) in character.manner.stages.iter().enumerate() {
            let growth: Growth = serde_json::from_value(json!({ "answers": stage.at })).unwrap();
            let view = View { growth: Some(&growth), ..View::new(&character, &mind, talk, NOW) };
            let lines = state::lines(&view);
            let told = lines.iter().find(|line| line.kind == LineKind::Growth).unwrap();
            let reached = &character.manner.stages[..=index];
            let quirks = reached.iter().rev().map(|stage| &stage.quirks).find(|quirks| !quirks.is_empty());
            let texts = quirks.into_iter().flatten().chain(&stage.knowledge).chain([&stage.tone]);
            for text in texts.filter(|text| !text.is_empty()) {
                assert!(text.ends_with('.') && text.chars().count() <= 110, "{id}: {text}");
                assert!(told.text.contains(text.as_str()), "{id} at {}: {}", stage.at, told.text);
            }
        }
    }
}

/// A tiny model is told what it was told before cards could say all this: it loses its way over every further word.
#[test]
fn a_small_model_is_told_nothing_of_it() {
    let small = Profile::new(Style::Small, 2_048, 48, domain::chat::Sampling::default());
    let mind = troubled();
    let growth: Growth = serde_json::from_value(json!({ "answers": 5_000 })).unwrap();
    for Card { character, .. } in cast() {
        let plain = Character { manner: Manner::default(), activities: Vec::new(), ..character.clone() };
        let asked = |who: &Character| {
            let cast = [std::sync::Arc::new(who.clone())];
            let said = stage::message("ok, tell me a story about the bell");
            let view = View { growth: Some(&growth), ..View::new(who, &mind, said.content.raw(), NOW) };
            let lines = state::lines(&view);
            let notes: Vec<_> =
                lines.iter().map(|line| StateNote { label: line.kind.label(), text: &line.text }).collect();
            let tokens = reply_tokens(who, &mind, said.content.raw());
            let known = Known { state: &notes, reply_tokens: tokens, ..Known::default() };
            assemble_knowing(who, &stage::scene(&cast, &[]), &said, &small, 7, &known).0
        };
        assert_eq!(asked(&character), asked(&plain), "{}", character.id);
    }
}
