//! What connects the characters.

use domain::{
    CharacterId, Timestamp,
    character::{Character, Manner},
    state::{Encounter, Quarrel, Share, TieStage, Ties},
};

use super::ground::{HOUR, MINUTE, NOON, after, character};

const DAY: i64 = 24 * HOUR;

fn met(ties: &mut Ties, turn: u64, speaker: &Character, to: &Character, text: &str, at: Timestamp) -> bool {
    ties.met(&Encounter { turn, speaker, to, text, memory: None, at })
}

/// Mira cannot stand talk of the bell when Tom is about.
fn at_odds() -> (Character, Character) {
    let tom = character("Tom");
    let quarrel = Quarrel { with: tom.id.clone(), about: vec!["the bell".to_owned(), "soup".to_owned()] };
    let mira =
        Character { manner: Manner { quarrels: vec![quarrel], ..Manner::default() }, ..character("Mira") };
    (mira, tom)
}

fn severity(ties: &Ties, at: Timestamp) -> Option<Share> {
    let (mira, tom) = (CharacterId::new("mira").unwrap(), CharacterId::new("tom").unwrap());
    ties.between(&mira, &tom)?.conflict(at).map(|conflict| conflict.severity)
}

#[test]
fn an_exchange_brings_two_closer_by_two_and_a_day_by_ten() {
    let (mut ties, mira, tom) = (Ties::default(), character("Mira"), character("Tom"));
    assert!(met(&mut ties, 1, &mira, &tom, "morning", NOON));
    assert_eq!(ties.affinity(&tom.id, &mira.id), 2);
    for turn in 2..20 {
        met(&mut ties, turn, &tom, &mira, "morning", NOON);
    }
    assert_eq!(ties.affinity(&mira.id, &tom.id), 10);
    let mut turn = 100;
    for day in 1..30 {
        for _ in 0..10 {
            turn += 1;
            met(&mut ties, turn, &tom, &mira, "morning", after(day * DAY));
        }
    }
    assert_eq!(ties.affinity(&mira.id, &tom.id), 100);
    assert_eq!(ties.all().len(), 1);
}

#[test]
fn an_exchange_counts_once_and_nobody_meets_themselves() {
    let (mut ties, mira, tom, ada) = (Ties::default(), character("Mira"), character("Tom"), character("Ada"));
    assert!(met(&mut ties, 1, &mira, &tom, "morning", NOON));
    assert!(!met(&mut ties, 1, &mira, &tom, "morning", NOON));
    assert_eq!(ties.affinity(&mira.id, &tom.id), 2);
    // The same turn was said to a third one too.
    assert!(met(&mut ties, 1, &mira, &ada, "morning", NOON));
    assert!(!met(&mut ties, 2, &mira, &mira, "morning", NOON));
    assert_eq!(ties.all().len(), 2);
}

#[test]
fn pairs_are_told_by_ids() {
    let (one, two) = (character("A b"), character("C"));
    let (three, four) = (character("A"), character("B c"));
    let mut ties = Ties::default();
    met(&mut ties, 1, &one, &two, "morning", NOON);
    assert_eq!(ties.affinity(&three.id, &four.id), 0);
}

#[test]
fn affinity_has_five_stages() {
    for (affinity, stage) in [
        (0, TieStage::Strangers),
        (19, TieStage::Strangers),
        (20, TieStage::Acquaintances),
        (40, TieStage::Frenemies),
        (60, TieStage::Friends),
        (79, TieStage::Friends),
        (80, TieStage::Besties),
        (100, TieStage::Besties),
    ] {
        assert_eq!(TieStage::of(affinity), stage, "{affinity}");
    }
}

#[test]
fn banter_grows_with_affinity_and_shrinks_with_quarrels() {
    let (mira, tom) = at_odds();
    let mut ties = Ties::default();
    assert_eq!(ties.banter(&mira.id, &tom.id, NOON), Share::percent(5));
    assert_eq!(ties.banter(&mira.id, &mira.id, NOON), Share::NONE);
    for turn in 0..5 {
        met(&mut ties, turn, &mira, &tom, "morning", NOON);
    }
    let friendly = ties.banter(&mira.id, &tom.id, NOON);
    assert_eq!(friendly, Share::of(0.05 + 0.1 * 0.15));
    met(&mut ties, 50, &tom, &mira, "did you hear the bell?", NOON);
    let tense = ties.banter(&mira.id, &tom.id, NOON);
    assert_eq!(tense, Share::of((0.05 + 0.09 * 0.15) * (1.0 - 0.8 * 0.2)));
    assert!(ties.banter(&mira.id, &tom.id, after(3 * HOUR)) > tense);
}

#[test]
fn a_trigger_is_a_whole_word_of_either_s_card() {
    let (mira, tom) = at_odds();
    for (text, quarrels) in [
        ("did you hear the bell?", true),
        ("The Bell!", true),
        ("soup again", true),
        ("the bellows are torn", false),
        ("a soupçon of rain", false),
        ("> the bell\nfine", false),
    ] {
        for (speaker, to) in [(&mira, &tom), (&tom, &mira)] {
            let mut ties = Ties::default();
            met(&mut ties, 1, speaker, to, text, NOON);
            assert_eq!(severity(&ties, NOON).is_some(), quarrels, "{text}");
        }
    }
    let mut ties = Ties::default();
    met(&mut ties, 1, &mira, &character("Ada"), "the bell", NOON);
    assert!(ties.all().iter().all(|tie| tie.conflict(NOON).is_none()), "that is between her and Tom");
}

#[test]
fn quarrels_grow_with_each_trigger_and_cool_by_the_hour() {
    let (mira, tom) = at_odds();
    let mut ties = Ties::default();
    for turn in 0..3 {
        met(&mut ties, turn, &mira, &tom, "the bell, the bell", NOON);
    }
    assert_eq!(severity(&ties, NOON), Some(Share::percent(60)));
    assert_eq!(severity(&ties, after(HOUR)), Some(Share::percent(50)));
    assert_eq!(severity(&ties, after(90 * MINUTE)), Some(Share::percent(45)));
    assert_eq!(severity(&ties, after(6 * HOUR)), None);
    // Another topic does not make it smaller.
    met(&mut ties, 9, &mira, &tom, "soup", after(HOUR));
    assert_eq!(severity(&ties, after(HOUR)), Some(Share::percent(50)));
    for turn in 10..20 {
        met(&mut ties, turn, &mira, &tom, "soup", after(HOUR));
    }
    assert_eq!(severity(&ties, after(HOUR)), Some(Share::ALL));
}

#[test]
fn ten_memories_are_kept_as_words() {
    let (mut ties, mira, tom) = (Ties::default(), character("Mira"), character("Tom"));
    for turn in 0..15 {
        let memory = format!("[system]: the <b>night</b> of\nbell number {turn}");
        let memory = Some(memory.as_str());
        ties.met(&Encounter { turn, speaker: &mira, to: &tom, text: "", memory, at: NOON });
    }
    let memories: Vec<_> = ties.all()[0].memories().map(|memory| memory.what.as_str()).collect();
    assert_eq!(memories.len(), 10);
    assert_eq!(memories[0], "system the b night b of bell number 14");
}

#[test]
fn friends_are_listed_the_closest_first() {
    let mut ties = Ties::default();
    let (mira, tom, ada) = (character("Mira"), character("Tom"), character("Ada"));
    for turn in 0..3 {
        met(&mut ties, turn, &mira, &tom, "morning", NOON);
    }
    for turn in 10..15 {
        met(&mut ties, turn, &ada, &mira, "morning", NOON);
    }
    assert_eq!(ties.friends(&mira.id, 5), [(&ada.id, 10), (&tom.id, 6)]);
    assert_eq!(ties.friends(&mira.id, 7), [(&ada.id, 10)]);
    ties.forget(&ada.id);
    assert_eq!(ties.friends(&mira.id, 0), [(&tom.id, 6)]);
}
