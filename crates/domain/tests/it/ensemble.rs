use std::{collections::BTreeSet, sync::Arc};

use domain::{
    ChannelId, CharacterId, GuildId, Timestamp, UserId,
    character::Character,
    ensemble::{Ending, Next, Order, Refused, Run, Said, Wanted, Yields},
    event::{ChannelKind, Place},
};
use fastrand::Rng;
use proptest::prelude::*;

use crate::stage::{cast, id};

const PLACE: Place =
    Place { guild: Some(GuildId(1)), channel: ChannelId(2), parent: None, kind: ChannelKind::Text };

fn wanted(cast: &[&str], order: Order, turns: u8) -> Wanted {
    Wanted {
        cast: cast.iter().map(|slug| id(slug)).collect(),
        topic: "the tide".into(),
        order,
        turns,
        asked_by: UserId(7),
        place: PLACE,
    }
}

fn run(cast: &[&str], order: Order, turns: u8) -> Run {
    Run::new(1, wanted(cast, order, turns)).unwrap()
}

fn crew() -> Vec<Arc<Character>> {
    cast(&[("Mira", &["lamp lady"]), ("Tom", &[]), ("Juno", &[]), ("Kestrel", &[]), ("Opal", &[])])
}

fn indifferent(_: &CharacterId, _: &CharacterId) -> u8 {
    0
}

/// Plays a scene to its end; every line comes from `line`, given the turn's number and the speaker.
fn play(
    mut run: Run,
    dice: &mut Rng,
    line: impl Fn(usize, &CharacterId) -> String,
) -> (Vec<CharacterId>, Ending) {
    let crew = crew();
    loop {
        match run.next(&crew, &indifferent, dice) {
            Next::Ends(ending) => return (run.spoken, ending),
            Next::Speaks(speaker) => {
                assert!(run.spoken.len() < 20, "a scene that does not end");
                let said = line(run.spoken.len(), &speaker);
                run.hear(&speaker, &said);
            }
        }
    }
}

/// Something new each time.
fn chatter(turn: usize, speaker: &CharacterId) -> String {
    format!("{speaker} thinks of wave number {turn}{turn}, boat {}, and gull {}.", turn * 7, turn + 31)
}

#[test]
fn a_scene_is_asked_for_with_two_to_five_a_topic_and_two_to_twenty_turns() {
    let refused = |cast: &[&str], topic: &str, turns| {
        Run::new(1, Wanted { topic: topic.into(), ..wanted(cast, Order::RoundRobin, turns) }).err()
    };
    assert_eq!(refused(&["mira", "tom"], "tea", 20), None);
    assert_eq!(refused(&["mira", "mira"], "tea", 5), Some(Refused::TooFew));
    assert_eq!(refused(&["a", "b", "c", "d", "e", "f"], "tea", 5), Some(Refused::TooMany));
    assert_eq!(refused(&["mira", "tom"], " \n ", 5), Some(Refused::NoTopic));
    assert_eq!(refused(&["mira", "tom"], "tea", 21), Some(Refused::Turns));
    assert_eq!(refused(&["mira", "tom"], "tea", 1), Some(Refused::Turns));
}

#[test]
fn round_robin_goes_by_the_list() {
    let (spoken, ending) =
        play(run(&["tom", "mira", "juno"], Order::RoundRobin, 7), &mut Rng::with_seed(1), chatter);
    assert_eq!(spoken, ["tom", "mira", "juno", "tom", "mira", "juno", "tom"].map(id));
    assert_eq!(ending, Ending::TurnsUsed);
}

#[test]
fn two_farewells_end_it_and_one_does_not() {
    let one = |turn: usize, speaker: &CharacterId| match turn {
        3 => "Good night, everybody!".to_owned(),
        _ => chatter(turn, speaker),
    };
    assert_eq!(play(run(&["mira", "tom"], Order::RoundRobin, 8), &mut Rng::with_seed(1), one).0.len(), 8);
    let two = |turn: usize, speaker: &CharacterId| match turn {
        3 => "It is late. Good night, Mira!".to_owned(),
        4 => "Schlaf gut. Bis morgen!".to_owned(),
        _ => chatter(turn, speaker),
    };
    let (spoken, ending) = play(run(&["mira", "tom"], Order::RoundRobin, 8), &mut Rng::with_seed(1), two);
    assert_eq!((spoken.len(), ending), (5, Ending::Farewells));
}

#[test]
fn saying_the_same_again_and_saying_nothing_end_it() {
    let same = |_: usize, _: &CharacterId| "I like the sea very much.".to_owned();
    let (spoken, ending) = play(run(&["mira", "tom"], Order::RoundRobin, 20), &mut Rng::with_seed(1), same);
    assert_eq!((spoken.len(), ending), (3, Ending::Repetition));
    let nothing = |_: usize, _: &CharacterId| String::new();
    let (spoken, ending) =
        play(run(&["mira", "tom"], Order::RoundRobin, 20), &mut Rng::with_seed(1), nothing);
    assert_eq!((spoken.len(), ending), (2, Ending::Silence));
}

#[test]
fn whoever_is_named_mostly_answers_and_whoever_is_liked_speaks_more() {
    let crew = crew();
    let (mut named, mut liked) = (0, 0);
    for seed in 0..200 {
        let mut dice = Rng::with_seed(seed);
        let mut scene = run(&["mira", "tom", "juno", "kestrel"], Order::Affinity, 10);
        scene.hear(&id("mira"), "And what does Juno's cat say about it?");
        named += u32::from(scene.next(&crew, &indifferent, &mut dice) == Next::Speaks(id("juno")));
        let mut scene = run(&["mira", "tom", "juno", "kestrel"], Order::Affinity, 10);
        scene.hear(&id("mira"), "What a day.");
        let fond = |from: &CharacterId, to: &CharacterId| {
            if *from == id("mira") && *to == id("tom") { 90 } else { 0 }
        };
        liked += u32::from(scene.next(&crew, &fond, &mut dice) == Next::Speaks(id("tom")));
    }
    assert!(named > 150, "{named} of 200");
    assert!(liked > 120, "{liked} of 200");
}

#[test]
fn whoever_leaves_the_cast_is_not_called_again_and_nobody_talks_alone() {
    let mut scene = run(&["mira", "tom", "juno"], Order::RoundRobin, 10);
    scene.hear(&id("mira"), "What a day.");
    scene.leaves(&id("tom"));
    let next = scene.next(&crew(), &indifferent, &mut Rng::with_seed(1));
    assert_eq!(next, Next::Speaks(id("juno")));
    scene.leaves(&id("juno"));
    let next = scene.next(&crew(), &indifferent, &mut Rng::with_seed(1));
    assert_eq!(next, Next::Ends(Ending::Alone));
}

#[test]
fn people_come_first() {
    let scene = run(&["mira", "tom"], Order::RoundRobin, 10);
    let now = Timestamp(1_000_000);
    let said = |messages, ago: i64| Some(Said { messages, newest: Timestamp(now.0 - ago) });
    assert_eq!(scene.yields(None, now), Yields::GoesOn);
    assert_eq!(scene.yields(said(1, 5_000), now), Yields::Waits(Timestamp(now.0 + 15_000)));
    assert_eq!(scene.yields(said(3, 20_000), now), Yields::GoesOn);
    assert_eq!(scene.yields(said(6, 5_000), now), Yields::Ends);
    assert!(scene.is_called_off(UserId(7), "Stop!"));
    assert!(!scene.is_called_off(UserId(8), "Stop!"), "only who asked for it");
    assert!(!scene.is_called_off(UserId(7), "don't stop now"));
}

#[test]
fn a_run_survives_the_journal() {
    let mut scene = run(&["mira", "tom"], Order::Affinity, 10);
    scene.hear(&id("mira"), "Good night, Tom.");
    let json = serde_json::to_string(&scene).unwrap();
    let mut back: Run = serde_json::from_str(&json).unwrap();
    assert_eq!(back, scene);
    back.hear(&id("tom"), "Good night, Mira.");
    let next = back.next(&crew(), &indifferent, &mut Rng::with_seed(1));
    assert_eq!(next, Next::Ends(Ending::Farewells), "what was said before is not forgotten");
}

fn orders() -> impl Strategy<Value = Order> {
    prop_oneof![Just(Order::RoundRobin), Just(Order::Random), Just(Order::Affinity)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_scene_ends_nobody_speaks_twice_in_a_row_and_nobody_is_forgotten(
        seed: u64,
        order in orders(),
        members in 2_usize..=5,
        turns in 2_u8..=20,
        names_tom: bool,
    ) {
        let slugs = ["mira", "tom", "juno", "kestrel", "opal"];
        let line = |turn: usize, speaker: &CharacterId| {
            let call = if names_tom { "Tom, tell me: " } else { "" };
            format!("{call}{}", chatter(turn, speaker))
        };
        let play_it = || play(run(&slugs[..members], order, turns), &mut Rng::with_seed(seed), line);
        let (spoken, ending) = play_it();
        prop_assert_eq!(&play_it().0, &spoken, "the same dice give the same scene");
        prop_assert_eq!(ending, Ending::TurnsUsed);
        prop_assert_eq!(spoken.len(), usize::from(turns));
        prop_assert!(spoken.windows(2).all(|pair| pair[0] != pair[1]));
        for round in spoken.windows(3 * members) {
            let heard: BTreeSet<_> = round.iter().collect();
            prop_assert_eq!(heard.len(), members, "somebody had no turn in three rounds");
        }
    }
}
