use proptest::prelude::*;

use super::*;
use crate::{
    Untrusted,
    memory::{Aspect, Draft, FactDetail, Reach, when},
};

/// Noon of 16 November 2023, a Thursday.
const NOW: Timestamp = Timestamp(1_700_136_000_000);
const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

const NAMES: [&str; 3] = ["Mira", "Tobias", "Zuri"];

fn line(id: u64, who: usize, text: &str, at: i64) -> Candidate {
    let draft = Draft {
        reach: Reach::Room { guild: None, room: ChannelId(1) },
        channel: Some(ChannelId(1)),
        character: None,
        owner: Some(UserId(who as u64 + 1)),
        about: None,
        who: NAMES[who].into(),
        text: text.into(),
        at: Timestamp(at),
        until: None,
        position: id,
        detail: Detail::Line,
        sources: vec![Source::Message(crate::MessageId(id))],
    };
    Candidate { item: Item { id: ItemId(id), draft }, cosine: None }
}

fn fact(id: u64, about: u64, attribute: &str, text: &str, at: i64) -> Candidate {
    let mut one = line(id, 0, text, at);
    one.item.draft.about = Some(UserId(about));
    one.item.draft.who = Untrusted::default();
    one.item.draft.detail = Detail::Fact(FactDetail {
        aspect: Aspect::Fact,
        attribute: attribute.to_owned(),
        single: true,
        importance: 5,
        confidence: 90,
    });
    one
}

fn found(question: &str, candidates: Vec<Candidate>) -> Found {
    let holding = |word: &String| {
        let holds = |one: &&Candidate| terms::stems(one.item.draft.text.raw()).contains(&terms::stem(word));
        candidates.iter().filter(holds).count() as u64
    };
    let words = terms::query_terms(question).into_iter().map(|word| (word.clone(), holding(&word))).collect();
    let run = candidates.iter().map(|one| one.item.id).collect();
    Found { total: candidates.len() as u64, words, runs: vec![run], candidates }
}

fn answer(question: &str, candidates: Vec<Candidate>) -> Vec<Recalled> {
    let spans = when::spans(question, NOW, 0);
    let cue = Cue { text: question, asker: Some(UserId(9)), during: &spans, now: NOW };
    rank(&cue, &found(question, candidates), &Weights::default(), 10)
}

fn ids(recalled: &[Recalled]) -> Vec<u64> {
    recalled.iter().map(|one| one.item.id.0).collect()
}

#[test]
fn the_answer_beside_the_words_is_found() {
    let recalled = answer(
        "What is the name of Zuri's parrot?",
        vec![
            line(1, 0, "What did you call that parrot of yours in the end?", NOW.0 - 9 * DAY),
            line(2, 2, "He is Admiral Feathers now, and he likes it", NOW.0 - 9 * DAY + MINUTE),
            line(3, 1, "We had soup with dumplings on Sunday evening", NOW.0 - 5 * DAY),
            line(4, 1, "The train was late again, as it always is", NOW.0 - 5 * DAY + MINUTE),
        ],
    );
    assert_eq!(ids(&recalled)[..2], [2, 1]);
    assert!(recalled[0].parts.neighbours > 0.0 && recalled[0].parts.speaker > 0.0);
}

#[test]
fn meaning_counts_where_words_differ() {
    let mut candidates = vec![
        line(1, 0, "the cat slept on the sofa all day", NOW.0),
        line(2, 0, "stocks went down again today", NOW.0),
    ];
    candidates[0].cosine = Some(0.8);
    candidates[1].cosine = Some(0.3);
    let recalled = answer("Does anybody have a pet?", candidates);
    assert_eq!(ids(&recalled), [1, 2]);
    assert!(recalled[0].parts.similar > recalled[1].parts.similar);
}

#[test]
fn times_that_are_named_count() {
    let recalled = answer(
        "What did we play last week?",
        vec![
            line(1, 0, "we play chess by the river tonight", NOW.0 - 40 * DAY),
            line(2, 0, "we play cards by the river tonight", NOW.0 - 7 * DAY),
        ],
    );
    assert_eq!(ids(&recalled), [2, 1]);
    assert!(recalled[0].parts.time > 0.0 && recalled[1].parts.time <= 0.0);
}

#[test]
fn questions_about_oneself_favour_ones_own_lines() {
    let mut mine = line(1, 0, "the exam is in the big hall", NOW.0 - DAY);
    mine.item.draft.owner = Some(UserId(9));
    let recalled =
        answer("Where is my exam?", vec![line(2, 1, "the exam is in the old hall", NOW.0 - DAY), mine]);
    assert_eq!(ids(&recalled), [1, 2]);
}

#[test]
fn only_the_newest_of_a_single_attribute_is_so() {
    let facts = |first_at: i64, second_at: i64| {
        vec![
            fact(1, 5, "home", "Mira lives in Lisbon", first_at),
            fact(2, 5, "Home", "Mira lives in Porto", second_at),
        ]
    };
    assert_eq!(ids(&answer("Where does Mira live?", facts(NOW.0 - 9 * DAY, NOW.0 - DAY))), [2]);
    assert_eq!(ids(&answer("Where does Mira live?", facts(NOW.0 - DAY, NOW.0 - 9 * DAY))), [1]);
    let mut others = facts(NOW.0 - DAY, NOW.0 - DAY);
    others[0].item.draft.about = Some(UserId(6));
    assert_eq!(answer("Where does Mira live?", others).len(), 2, "of different people");
}

#[test]
fn what_is_over_is_only_told_of_its_time() {
    let mut over = fact(1, 5, "job", "Mira is a baker by trade", NOW.0 - 900 * DAY);
    over.item.draft.until = Some(Timestamp(NOW.0 - 300 * DAY));
    assert_eq!(answer("What is Mira's job?", vec![over.clone()]), []);
    assert_eq!(ids(&answer("What was Mira's job in 2022?", vec![over])), [1]);
}

#[test]
fn what_was_learned_of_a_line_comes_up_with_it() {
    let mut learned = fact(2, 5, "pet", "has a tortoise", NOW.0 - 9 * DAY);
    learned.item.draft.sources = vec![Source::Message(crate::MessageId(1))];
    let recalled = answer(
        "Who wants lettuce?",
        vec![
            line(1, 0, "lettuce, please, for my tortoise", NOW.0 - 9 * DAY),
            learned,
            line(3, 1, "no, thank you, not today", NOW.0 - 9 * DAY),
        ],
    );
    let link = recalled.iter().find(|one| one.item.id.0 == 2).unwrap().parts.link;
    assert!(link > 0.0);
    assert!(recalled.iter().find(|one| one.item.id.0 == 3).unwrap().parts.link <= 0.0);
}

#[test]
fn the_same_words_of_one_person_come_once() {
    let twice = vec![line(1, 0, "I love the harbour", NOW.0 - DAY), line(2, 0, "I love the harbour!", NOW.0)];
    assert_eq!(answer("Who loves the harbour?", twice).len(), 1);
    let two = vec![line(1, 0, "I love the harbour", NOW.0 - DAY), line(2, 1, "I love the harbour!", NOW.0)];
    assert_eq!(answer("Who loves the harbour?", two).len(), 2);
}

#[test]
fn a_second_reading_reorders_what_it_read() {
    let lines = (1..=4).map(|id| line(id, 0, &format!("harbour number {id} of many"), NOW.0)).collect();
    let mut recalled = answer("harbour", lines);
    let before = ids(&recalled);
    reread(&mut recalled, &[-3.0, 5.0, f32::NAN], &Weights::default());
    assert_eq!(ids(&recalled)[0], before[1]);
    assert_eq!(ids(&recalled)[3], before[3], "what was not read stays behind");
    assert!(recalled.iter().all(|one| (one.score - one.parts.sum()).abs() < 1e-6));
}

#[test]
fn a_line_is_reread_between_its_neighbours() {
    let lines: Vec<_> = (1..=4).map(|id| line(id, 0, &format!("line {id}"), NOW.0)).collect();
    let found = found("line", lines);
    assert_eq!(in_context(&found, ItemId(2)), "Mira: line 1\nMira: line 2\nMira: line 3");
    assert_eq!(in_context(&found, ItemId(4)), "Mira: line 3\nMira: line 4");
    assert_eq!(in_context(&found, ItemId(9)), "");
}

fn any_candidate() -> impl Strategy<Value = Candidate> {
    let words =
        prop::sample::select(vec!["harbour", "parrot", "chess", "soup", "lives", "what?", "in", "Porto", ""]);
    let text = prop::collection::vec(words, 1..8).prop_map(|words| words.join(" "));
    let rest = (0..3_usize, 0..60_i64, prop::option::of(-1.0_f32..1.0), any::<bool>(), 0..3_u64);
    (1..40_u64, text, rest).prop_map(|(id, text, (who, days, cosine, is_fact, about))| {
        let at = NOW.0 - days * DAY;
        let mut one = if is_fact { fact(id, about, "home", &text, at) } else { line(id, who, &text, at) };
        one.cosine = cosine;
        one
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn nothing_is_invented_and_scores_are_the_sums_of_their_parts(
        candidates in prop::collection::vec(any_candidate(), 0..20),
        question in prop::sample::select(vec!["Where is Mira's harbour?", "soup yesterday", "", "what was my parrot?"]),
    ) {
        let given: Vec<Item> = candidates.iter().map(|one| one.item.clone()).collect();
        let recalled = answer(question, candidates.clone());
        prop_assert!(recalled.len() <= 10);
        let mut seen = std::collections::HashSet::new();
        for one in &recalled {
            prop_assert!(given.contains(&one.item));
            prop_assert!(seen.insert(one.item.id), "once each");
            prop_assert!(one.score.is_finite() && (one.score - one.parts.sum()).abs() < 1e-5);
        }
        prop_assert!(recalled.windows(2).all(|two| two[0].score >= two[1].score));
        prop_assert_eq!(&recalled, &answer(question, candidates));
    }

    #[test]
    fn nothing_superseded_is_told(candidates in prop::collection::vec(any_candidate(), 0..20)) {
        let recalled = answer("Where does Mira live?", candidates.clone());
        let mut seen = std::collections::HashSet::new();
        let given: Vec<&Item> = candidates.iter().map(|one| &one.item).filter(|item| seen.insert(item.id)).collect();
        for one in recalled.iter().filter(|one| one.item.draft.detail.kind() == Kind::Fact) {
            let newer = given.iter().any(|other| {
                other.draft.detail.kind() == Kind::Fact
                    && other.draft.about == one.item.draft.about
                    && (other.draft.at, other.id) > (one.item.draft.at, one.item.id)
            });
            prop_assert!(!newer);
        }
    }
}
