//! How a character grows.

use domain::{
    UserId,
    character::{Character, Manner},
    state::{Exchange, Growth, Level, LineKind, Mind, Stage, Topic, View, lines},
};

use super::ground::{MINUTE, NOON, after, character};

fn answers(growth: &mut Growth, count: u64, text: &str) {
    for _ in 0..count {
        let turn = growth.answers() + 1;
        assert!(growth.answered(&Exchange { turn, person: Some(UserId(1)), text, at: NOON }));
    }
}

/// What the prompt says of the growth.
fn told(character: &Character, growth: &Growth) -> Option<String> {
    let mind = Mind::default();
    let view = View { growth: Some(growth), ..View::new(character, &mind, "", NOON) };
    lines(&view).into_iter().find(|line| line.kind == LineKind::Growth).map(|line| line.text)
}

#[test]
fn milestones_unlock_what_reaches_the_prompt() {
    let (mira, mut growth) = (character("Mira"), Growth::default());
    let mut seen = Vec::new();
    for (milestone, level) in [
        (50, Level::Acquainted),
        (100, Level::Familiar),
        (500, Level::Experienced),
        (1000, Level::Veteran),
        (5000, Level::Legendary),
    ] {
        let before = told(&mira, &growth);
        let missing = milestone - 1 - growth.answers();
        answers(&mut growth, missing, "my laptop");
        assert_eq!(told(&mira, &growth).is_some(), milestone > 50);
        assert_eq!(growth.next(), Some(milestone));
        answers(&mut growth, 1, "my laptop");
        assert_eq!(growth.level(), level);
        let now = told(&mira, &growth).unwrap();
        assert_ne!(Some(&now), before.as_ref());
        assert_eq!(now.contains("technology"), level >= Level::Familiar, "{now}");
        seen.push(now);
    }
    assert_eq!(growth.next(), None);
    seen.dedup();
    assert_eq!(seen.len(), 5);
}

#[test]
fn an_answer_counts_once() {
    let mut growth = Growth::default();
    let exchange = Exchange { turn: 7, person: Some(UserId(1)), text: "my dog", at: NOON };
    assert!(growth.answered(&exchange));
    let before = growth.clone();
    assert!(!growth.answered(&exchange));
    assert_eq!(growth, before);
    assert_eq!((growth.answers(), growth.people()), (1, 1));
}

#[test]
fn people_are_told_apart_and_their_number_is_bounded() {
    let mut growth = Growth::default();
    for turn in 0..1000 {
        growth.answered(&Exchange { turn, person: Some(UserId(turn % 300)), text: "", at: NOON });
    }
    assert_eq!(growth.people(), 256);
    growth.forget_person(UserId(99));
    assert_eq!(growth.people(), 255);
    assert!(serde_json::to_string(&growth).unwrap().len() < 10_000);
}

#[test]
fn the_third_exchange_in_a_row_is_a_conversation() {
    let mut growth = Growth::default();
    let mut minute = 0;
    let mut talk = |growth: &mut Growth, person: u64, pause: i64| {
        minute += pause;
        let turn = growth.answers();
        growth.answered(&Exchange {
            turn,
            person: Some(UserId(person)),
            text: "",
            at: after(minute * MINUTE),
        });
    };
    for person in [1, 2, 1, 2, 1] {
        talk(&mut growth, person, 1);
    }
    assert_eq!((growth.deep(), growth.longest()), (1, 3));
    talk(&mut growth, 1, 16);
    talk(&mut growth, 1, 1);
    assert_eq!((growth.deep(), growth.longest()), (1, 3));
    talk(&mut growth, 1, 1);
    assert_eq!(growth.deep(), 2);
}

#[test]
fn what_is_talked_about_most_comes_first() {
    let mut growth = Growth::default();
    answers(&mut growth, 3, "my dog");
    answers(&mut growth, 2, "a pizza");
    answers(&mut growth, 4, "the guitar");
    answers(&mut growth, 1, "the church");
    assert_eq!(growth.favourites(), [Topic::Music, Topic::Pets, Topic::Food]);
}

#[test]
fn a_card_s_own_stages_replace_ours() {
    let stage = |at, tone: &str, quirk: &str| Stage {
        at,
        tone: tone.to_owned(),
        quirks: [quirk.to_owned()].into_iter().filter(|quirk| !quirk.is_empty()).collect(),
        knowledge: Vec::new(),
    };
    let stages = vec![stage(2, "{{char}} leaves the lamp lit.", "Hums."), stage(4, "Waves first.", "")];
    let mira = Character { manner: Manner { stages, ..Manner::default() }, ..character("Mira") };
    let mut growth = Growth::default();
    assert_eq!(told(&mira, &growth), None);
    answers(&mut growth, 2, "");
    assert_eq!(told(&mira, &growth).as_deref(), Some("Mira leaves the lamp lit. Hums."));
    answers(&mut growth, 2, "");
    assert_eq!(told(&mira, &growth).as_deref(), Some("Waves first. Hums."));
    answers(&mut growth, 100, "");
    assert_eq!(told(&mira, &growth).as_deref(), Some("Waves first. Hums."));
}
