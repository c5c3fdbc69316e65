//! What is remembered, and that it goes with what it was made of.

use domain::{
    ChannelId, CharacterId, GuildId, Timestamp, UserId,
    audience::Audience,
    event::ChannelKind,
    memory::{Detail, Draft, Item, ItemId, Kind, Reach, Source},
};

use super::sample::{self, character, id, message, place, reply, said, second, shown};
use crate::{Ending, Lesson, Outcome, Result, Retention, Store, StoreError, TurnId, memories::may_hear};

const CHANNEL: ChannelId = ChannelId(10);

fn turn(n: u64) -> TurnId {
    TurnId(sample::snowflake(n))
}

fn from(n: u64) -> Source {
    Source::Message(id(n))
}

/// Remembers all that there is.
pub(super) async fn remember(store: &dyn Store) -> Result<Vec<ItemId>> {
    let read = store.unremembered(100).await?;
    let lines: Vec<_> = read.iter().map(|line| (line.row, Some(sample::line(line)))).collect();
    store.remember(&lines).await
}

/// Three messages of three people, remembered.
async fn three_lines(store: &dyn Store) -> Result<Vec<ItemId>> {
    for n in 1..=3 {
        store.observe(&message(n, 10, n, &format!("line {n}"))).await?;
    }
    remember(store).await
}

fn words(items: &[Item]) -> Vec<&str> {
    items.iter().map(|item| item.draft.text.raw()).collect()
}

async fn unlearned(store: &dyn Store) -> Result<Vec<ItemId>> {
    let batches = store.unlearned(second(10_000), 1, 100).await?;
    Ok(batches.into_iter().flatten().map(|item| item.id).collect())
}

async fn untold(store: &dyn Store, level: u8) -> Result<Vec<ItemId>> {
    let batches = store.untold(level, second(10_000), 1, 100).await?;
    Ok(batches.into_iter().flatten().map(|item| item.id).collect())
}

async fn answered(store: &dyn Store, n: u64, text: &str) -> Result<()> {
    store.settle(turn(n), &reply(n, 10, "mira", &[text])).await?;
    store.complete(turn(n), &[shown(0, n + 1)], &Outcome::Answered, None).await
}

pub(super) async fn what_is_older_is_found(store: &dyn Store) -> Result<()> {
    let lines = three_lines(store).await?;
    let at = |item: Option<Item>| item.map(|item| item.draft.at).unwrap_or_default();
    let second_at = at(store.item(lines[1]).await?);
    assert_eq!(store.older(CHANNEL, second_at, 9).await?, lines[..1]);
    let later = Timestamp(second_at.as_millis() + 1);
    assert_eq!(store.older(CHANNEL, later, 9).await?.len(), 2);
    assert_eq!(store.older(CHANNEL, later, 1).await?.len(), 1);
    assert!(store.older(ChannelId(11), later, 9).await?.is_empty());
    Ok(())
}

pub(super) async fn lines_are_remembered_once(store: &dyn Store) -> Result<()> {
    store.accept(&said(1, 10, 5, "a question"), second(1)).await?;
    store.settle(turn(1), &reply(1, 10, "mira", &["an answer"])).await?;
    let read = store.unremembered(10).await?;
    assert_eq!(read.len(), 1, "a reply that nobody has seen is not remembered");
    store.complete(turn(1), &[shown(0, 2)], &Outcome::Answered, None).await?;
    let read = store.unremembered(10).await?;
    assert_eq!(read.iter().map(|line| line.source).collect::<Vec<_>>(), [from(1), Source::Reply(turn(1).0)]);
    assert_eq!(read.iter().map(|line| line.position).collect::<Vec<_>>(), [id(1).get(), id(2).get()]);
    assert!(read.iter().all(|line| line.place == place(10) && line.with.is_none()));
    assert_eq!(store.unremembered(1).await?.len(), 1);
    let lines = [(read[0].row, Some(sample::line(&read[0]))), (read[1].row, None)];
    let added = store.remember(&lines).await?;
    assert_eq!(added.len(), 1, "a line need not be kept");
    assert_eq!(store.remember(&lines).await?, [], "a crash in between remembers nothing twice");
    assert_eq!(store.unremembered(10).await?, []);
    let kept = store.item(added[0]).await?;
    assert_eq!(kept, Some(Item { id: added[0], draft: sample::line(&read[0]) }));
    assert_eq!(store.made_of(from(1)).await?, Vec::from_iter(kept));
    assert_eq!(store.made_of(from(2)).await?, []);
    assert_eq!(store.item(ItemId(99)).await?, None);
    Ok(())
}

pub(super) async fn a_line_that_changed_meanwhile_comes_again(store: &dyn Store) -> Result<()> {
    store.observe(&message(1, 10, 5, "old words")).await?;
    store.observe(&message(2, 10, 5, "gone soon")).await?;
    let read = store.unremembered(10).await?;
    store.edit_message(CHANNEL, id(1), &"new words".into()).await?;
    store.delete_messages(CHANNEL, &[id(2)]).await?;
    // What comes now may get the row of what is gone.
    store.observe(&message(3, 10, 5, "another")).await?;
    let lines: Vec<_> = read.iter().map(|line| (line.row, Some(sample::line(line)))).collect();
    assert_eq!(store.remember(&lines).await?, []);
    let again = store.unremembered(10).await?;
    let texts: Vec<_> = again.iter().map(|line| line.line.text.raw()).collect();
    assert_eq!(texts, ["new words", "another"]);
    Ok(())
}

pub(super) async fn a_line_in_private_concerns_a_character(store: &dyn Store) -> Result<()> {
    let direct = |n| {
        let mut message = message(n, 10, 5, "between us");
        message.place =
            domain::event::Place { guild: None, parent: None, kind: ChannelKind::Direct, ..place(10) };
        message
    };
    store.accept(&domain::event::Event::Message(Box::new(direct(1))), second(1)).await?;
    assert_eq!(store.unremembered(10).await?, [], "its turn is not over");
    let answer = crate::Settled { place: direct(1).place, ..reply(1, 10, "mira", &["yes"]) };
    store.settle(turn(1), &answer).await?;
    assert_eq!(store.unremembered(10).await?, []);
    store.complete(turn(1), &[shown(0, 2)], &Outcome::Answered, None).await?;
    store.observe(&direct(3)).await?;
    let read = store.unremembered(10).await?;
    let with: Vec<_> = read.iter().map(|line| line.with.as_ref().map(CharacterId::as_str)).collect();
    assert_eq!(with, [Some("mira"); 3], "before, itself, and after");
    Ok(())
}

pub(super) async fn what_is_deleted_takes_along_what_was_made_of_it(store: &dyn Store) -> Result<()> {
    let lines = three_lines(store).await?;
    let lesson = Lesson {
        of: lines.clone(),
        add: vec![
            sample::fact(1, "of the first", &[from(1)]),
            sample::fact(2, "of two", &[from(1), from(2)]),
        ],
        ..Lesson::default()
    };
    let facts = store.learn(&lesson).await?;
    let episode = store.tell(&lines, &sample::episode(0, "all of it")).await?;
    let episode = episode.into_iter().collect::<Vec<_>>();
    let above = store.tell(&episode, &sample::episode(1, "more of it")).await?;
    assert_eq!((facts.len(), episode.len(), above.is_some()), (2, 1, true));
    assert_eq!((unlearned(store).await?, untold(store, 0).await?), (vec![], vec![]));
    let all: Vec<_> = lines.iter().chain(&facts).chain(&episode).chain(&above).copied().collect();
    let vectors: Vec<_> = all.iter().map(|item| (*item, vec![1.0, 2.0])).collect();
    store.keep_vectors("m", &vectors).await?;
    assert_eq!(store.made_of(from(1)).await?.len(), 5, "everything can be traced");
    store.delete_messages(CHANNEL, &[id(1)]).await?;
    assert_eq!(store.made_of(from(1)).await?, []);
    for gone in facts.iter().chain(&episode).chain(&above).chain(&lines[..1]) {
        assert_eq!(store.item(*gone).await?, None);
    }
    assert_eq!(store.models().await?[0].items, 2, "the vectors of the two lines that are left");
    assert_eq!(unlearned(store).await?, [lines[1]], "of the third nothing was learned that is gone");
    assert_eq!(untold(store, 0).await?, lines[1..]);
    Ok(())
}

pub(super) async fn what_is_edited_is_remembered_anew(store: &dyn Store) -> Result<()> {
    let lines = three_lines(store).await?;
    let fact = sample::fact(1, "of the old words", &[from(1), from(2)]);
    let lesson = Lesson { of: lines.clone(), add: vec![fact], ..Lesson::default() };
    let facts = store.learn(&lesson).await?;
    store.edit_message(CHANNEL, id(1), &"line 1".into()).await?;
    assert_eq!(store.item(facts[0]).await?.map(|item| item.id), Some(facts[0]), "the same words again");
    store.edit_message(CHANNEL, id(1), &"other words".into()).await?;
    assert_eq!((store.item(facts[0]).await?, store.item(lines[0]).await?), (None, None));
    assert_eq!(unlearned(store).await?, [lines[1]]);
    remember(store).await?;
    assert_eq!(words(&store.made_of(from(1)).await?), ["other words"]);
    // The history is shorter than the memory.
    store.prune(second(20), &Retention { per_channel: 0, ..Retention::default() }).await?;
    store.edit_message(CHANNEL, id(1), &"the last words".into()).await?;
    assert_eq!(words(&store.made_of(from(1)).await?), ["the last words"]);
    store.delete_messages(CHANNEL, &[id(1)]).await?;
    assert_eq!(store.made_of(from(1)).await?, []);
    Ok(())
}

pub(super) async fn what_ended_because_of_it_is_so_again(store: &dyn Store) -> Result<()> {
    let lines = three_lines(store).await?;
    let first = Lesson {
        of: lines[..1].to_vec(),
        add: vec![sample::fact(1, "lives in Rome", &[from(1)])],
        ..Lesson::default()
    };
    let rome = store.learn(&first).await?[0];
    let ending = Ending { item: rome, at: second(2), by: vec![from(2)] };
    let second_lesson = Lesson {
        of: lines[1..].to_vec(),
        add: vec![sample::fact(1, "lives in Oslo", &[from(2)])],
        end: vec![ending],
        ..Lesson::default()
    };
    store.learn(&second_lesson).await?;
    let here = sample::audience(10);
    assert_eq!(words(&store.about(UserId(1), &here, 9).await?), ["lives in Oslo"]);
    let until = store.item(rome).await?.and_then(|item| item.draft.until);
    assert_eq!(until, Some(second(2)));
    store.delete_messages(CHANNEL, &[id(2)]).await?;
    assert_eq!(words(&store.about(UserId(1), &here, 9).await?), ["lives in Rome"]);
    Ok(())
}

pub(super) async fn other_words_of_a_reply_are_remembered_instead(store: &dyn Store) -> Result<()> {
    let source = Source::Reply(turn(1).0);
    let question = said(1, 10, 5, "well?");
    store.accept(&question, second(1)).await?;
    answered(store, 1, "first words").await?;
    let lines = remember(store).await?;
    let fact = sample::fact(5, "of the first words", &[source]);
    store.learn(&Lesson { of: lines, add: vec![fact], ..Lesson::default() }).await?;
    store.reopen(turn(1), &question, second(4)).await?;
    assert_eq!(store.made_of(source).await?.len(), 2, "the old words count until there are new ones");
    answered(store, 1, "second words").await?;
    assert_eq!(store.made_of(source).await?, []);
    remember(store).await?;
    assert_eq!(words(&store.made_of(source).await?), ["second words"]);
    store.choose(turn(1), &question, 0, second(5)).await?;
    assert_eq!(store.made_of(source).await?, []);
    store.complete(turn(1), &[shown(0, 2)], &Outcome::Answered, None).await?;
    remember(store).await?;
    assert_eq!(words(&store.made_of(source).await?), ["first words"]);
    store.delete_messages(CHANNEL, &[id(2)]).await?;
    assert_eq!(store.made_of(source).await?, [], "its last message is gone");
    Ok(())
}

pub(super) async fn a_reply_that_is_taken_back_is_not_remembered(store: &dyn Store) -> Result<()> {
    store.accept(&said(1, 10, 5, "well?"), second(1)).await?;
    store.settle(turn(1), &reply(1, 10, "mira", &["hasty"])).await?;
    store.posted(turn(1), shown(0, 2)).await?;
    remember(store).await?;
    let source = Source::Reply(turn(1).0);
    assert_eq!(store.made_of(source).await?.len(), 1);
    store.abandon(turn(1), &Outcome::Cancelled, None).await?;
    assert_eq!(store.made_of(source).await?, []);
    Ok(())
}

pub(super) async fn a_lesson_holds_nothing_of_what_is_gone(store: &dyn Store) -> Result<()> {
    let lines = three_lines(store).await?;
    let old = store.add_items(&[sample::fact(3, "known before", &[from(9)])]).await?[0];
    store.delete_messages(CHANNEL, &[id(1)]).await?;
    let mut wish = sample::fact(2, "of the second", &[from(2)]);
    let lesson = Lesson {
        of: lines.clone(),
        add: vec![
            sample::fact(1, "of the first", &[from(1)]),
            sample::fact(1, "of both", &[from(1), from(2)]),
        ],
        end: vec![Ending { item: old, at: second(1), by: vec![from(1)] }],
        change: vec![(old, sample::fact(3, "known better", &[from(3), from(9)]))],
        ..Lesson::default()
    };
    let added = store.learn(&lesson).await?;
    assert_eq!(added.len(), 1);
    assert_eq!(store.item(added[0]).await?.map(|item| item.draft), Some(lesson.change[0].1.clone()));
    assert_eq!(store.item(old).await?, None, "what is changed gets another number");
    assert_eq!(unlearned(store).await?, [lines[1]], "it is learned again without the first");
    assert_eq!(store.tell(&lines, &sample::episode(0, "all")).await?, None, "one is gone");
    assert_eq!(untold(store, 0).await?.len(), 2);
    wish.sources.clear();
    let unfounded = store.learn(&Lesson { add: vec![wish], ..Lesson::default() }).await;
    assert!(matches!(unfounded, Err(StoreError::Invalid(_))), "{unfounded:?}");
    Ok(())
}

pub(super) async fn what_is_ripe_comes_in_batches(store: &dyn Store) -> Result<()> {
    for n in 1..=5 {
        store.observe(&message(n, 10, 5, &format!("here {n}"))).await?;
    }
    store.observe(&message(6, 12, 5, "there")).await?;
    remember(store).await?;
    let batches = store.unlearned(Timestamp(0), 2, 3).await?;
    assert_eq!(
        batches.iter().map(|batch| words(batch)).collect::<Vec<_>>(),
        [["here 1", "here 2", "here 3"]]
    );
    assert_eq!(store.unlearned(second(7), 99, 10).await?.len(), 2, "both have been quiet");
    assert_eq!(store.unlearned(second(6), 99, 10).await?.len(), 1);
    let of: Vec<_> = batches[0].iter().map(|item| item.id).collect();
    store.learn(&Lesson { of: of.clone(), ..Lesson::default() }).await?;
    assert_eq!(words(&store.unlearned(Timestamp(0), 2, 9).await?[0]), ["here 4", "here 5"]);
    let told = store.untold(0, Timestamp(0), 2, 3).await?;
    assert_eq!(told, batches, "learning and telling do not mind each other");
    let low = store.tell(&of, &sample::episode(0, "low")).await?;
    assert_eq!(untold(store, 1).await?, Vec::from_iter(low));
    assert_eq!(untold(store, 2).await?, []);

    // Many places with a word each, and behind them one with a conversation.
    for n in 20..50 {
        store.observe(&message(n, 1_000 + n, 5, "a word")).await?;
    }
    for n in 60..70 {
        store.observe(&message(n, 5_000, 5, &format!("talk {n}"))).await?;
    }
    remember(store).await?;
    for batches in [store.unlearned(second(99), 99, 50).await?, store.untold(0, second(99), 99, 50).await?] {
        assert_eq!(batches[0].len(), 10, "who has most comes first");
    }
    Ok(())
}

pub(super) async fn facts_are_told_to_whom_they_may_be(store: &dyn Store) -> Result<()> {
    let guild = Some(GuildId(900));
    let there = Reach::Room { guild, room: ChannelId(12) };
    let fact = |text: &str, reach, only: Option<&str>| {
        let character = only.map(character);
        Draft { reach, character, owner: Some(UserId(5)), ..sample::fact(5, text, &[from(1)]) }
    };
    let facts = [
        fact("in another room", there, None),
        fact("in private", Reach::Room { guild: None, room: ChannelId(77) }, Some("mira")),
        fact("on the server", Reach::Guild(GuildId(900)), None),
        fact("on another", Reach::Guild(GuildId(901)), None),
        fact("for all", Reach::Everyone, None),
        fact("to nox alone", Reach::Everyone, Some("nox")),
    ];
    store.add_items(&facts).await?;
    let here = sample::audience(10);
    let alone = Audience {
        guild: None,
        rooms: vec![ChannelId(78)],
        alone: Some(UserId(5)),
        character: Some(character("mira")),
    };
    let other = Audience { alone: Some(UserId(6)), ..alone.clone() };
    let nobody = Audience { character: None, ..here.clone() };
    for (audience, heard) in [
        (&here, &["for all", "on the server"][..]),
        (&alone, &["for all", "on another", "on the server", "in private", "in another room"]),
        (&other, &["for all"]),
        (&nobody, &["for all", "on the server"]),
    ] {
        let told = store.about(UserId(5), audience, 9).await?;
        assert_eq!(words(&told), heard);
        let by_rule = facts.iter().rev().filter(|fact| may_hear(audience, fact));
        assert_eq!(by_rule.map(|fact| fact.text.raw()).collect::<Vec<_>>(), heard);
    }
    assert_eq!(store.about(UserId(5), &alone, 2).await?.len(), 2);
    assert_eq!(store.about(UserId(6), &alone, 2).await?, []);
    Ok(())
}

pub(super) async fn a_persons_items_come_in_pages(store: &dyn Store) -> Result<()> {
    let lines = three_lines(store).await?;
    let mut facts = Vec::new();
    for n in 0..5 {
        let fact = Draft { owner: Some(UserId(9)), ..sample::fact(1, &format!("fact {n}"), &[]) };
        facts.extend(store.add_items(&[fact]).await?);
    }
    let page = store.items_of(UserId(1), &[Kind::Fact, Kind::Line], None, 3).await?;
    assert_eq!(words(&page), ["fact 4", "fact 3", "fact 2"]);
    let page = store.items_of(UserId(1), &[Kind::Fact, Kind::Line], Some(page[2].id), 9).await?;
    assert_eq!(words(&page), ["fact 1", "fact 0", "line 1"]);
    assert_eq!(store.items_of(UserId(9), &[Kind::Fact], None, 9).await?.len(), 5, "it is theirs");
    assert_eq!(store.items_of(UserId(9), &[Kind::Line], None, 9).await?, []);
    let removed = store.remove_items(&[facts[0], facts[0], ItemId(999)]).await?;
    assert_eq!((removed, store.item(facts[0]).await?), (1, None));
    let lesson =
        Lesson { of: lines.clone(), add: vec![sample::fact(1, "of it", &[from(1)])], ..Lesson::default() };
    let learned = store.learn(&lesson).await?;
    assert_eq!(store.remove_items(&lines[..1]).await?, 1);
    assert_eq!(store.item(learned[0]).await?, None, "it goes with its line");
    assert_eq!(store.unremembered(9).await?, [], "it is not remembered again");
    Ok(())
}

pub(super) async fn what_changes_gets_another_number(store: &dyn Store) -> Result<()> {
    let fact = sample::fact(1, "likes tee", &[from(1)]);
    let old = store.add_items(std::slice::from_ref(&fact)).await?[0];
    store.keep_vectors("m", &[(old, vec![1.0, 0.0])]).await?;
    let shared = store.share(old, Reach::Everyone).await?;
    let Some(shared) = shared else { panic!("it is there") };
    assert_eq!(store.item(old).await?, None);
    let now = Draft { reach: Reach::Everyone, ..fact };
    assert_eq!(store.item(shared).await?, Some(Item { id: shared, draft: now.clone() }));
    assert_eq!(store.without_vector("m", 9).await?, [], "the words are the same");
    let corrected = store.correct(shared, &"likes tea".into()).await?;
    let Some(corrected) = corrected else { panic!("it is there") };
    let without = store.without_vector("m", 9).await?;
    assert_eq!(without, [Item { id: corrected, draft: Draft { text: "likes tea".into(), ..now } }]);
    assert!(matches!(store.correct(corrected, &"  ".into()).await, Err(StoreError::Invalid(_))));
    assert_eq!(store.item(corrected).await?.map(|item| item.id), Some(corrected));
    assert_eq!(
        (store.share(old, Reach::Everyone).await?, store.correct(old, &"x".into()).await?),
        (None, None)
    );
    assert!(old < shared && shared < corrected);
    Ok(())
}

pub(super) async fn vectors_of_two_models_stand_side_by_side(store: &dyn Store) -> Result<()> {
    let lines = three_lines(store).await?;
    let without = async |model| -> Result<Vec<ItemId>> {
        Ok(store.without_vector(model, 9).await?.into_iter().map(|item| item.id).collect())
    };
    assert_eq!(without("old").await?, lines);
    let old: Vec<_> = lines.iter().map(|item| (*item, vec![1.0, 0.5])).collect();
    store.keep_vectors("old", &old).await?;
    store.keep_vectors("new", &[(lines[1], vec![1.0, 0.5, 0.1]), (ItemId(99), vec![1.0, 0.5, 0.1])]).await?;
    assert_eq!(without("old").await?, []);
    assert_eq!(without("new").await?, [lines[0], lines[2]]);
    let models = store.models().await?;
    let told: Vec<_> = models.iter().map(|one| (&*one.name, one.dimensions, one.items)).collect();
    assert_eq!(told, [("new", 3, 1), ("old", 2, 3)]);
    store.keep_vectors("new", &[(lines[0], vec![1.0, 0.5, 0.1])]).await?;
    for bad in [vec![1.0], vec![0.0, 0.0, 0.0], vec![f32::NAN, 1.0, 1.0], vec![]] {
        let answer = store.keep_vectors("new", &[(lines[2], bad)]).await;
        assert!(matches!(answer, Err(StoreError::Invalid(_))), "{answer:?}");
    }
    store.drop_models_but("new").await?;
    assert_eq!(store.models().await?.len(), 1);
    assert_eq!((without("new").await?, without("old").await?), (vec![lines[2]], lines));
    Ok(())
}

pub(super) async fn memories_are_forgotten_with_their_place(store: &dyn Store) -> Result<()> {
    let lines = three_lines(store).await?;
    store.observe(&message(4, 12, 5, "elsewhere")).await?;
    let elsewhere = remember(store).await?;
    // A fact of one channel that another one confirmed.
    let both = Draft { channel: Some(ChannelId(12)), ..sample::fact(5, "of both", &[from(1), from(4)]) };
    let of = [&lines[..], &elsewhere].concat();
    let fact = store.learn(&Lesson { of, add: vec![both], ..Lesson::default() }).await?;
    store.forget_channel(CHANNEL).await?;
    for gone in lines.iter().chain(&fact) {
        assert_eq!(store.item(*gone).await?, None);
    }
    assert_eq!(unlearned(store).await?, elsewhere);
    let on_server =
        Draft { reach: Reach::Guild(GuildId(900)), channel: None, ..sample::fact(5, "here", &[]) };
    let shared = Draft { reach: Reach::Everyone, ..sample::fact(5, "shared", &[from(4)]) };
    let other = Draft { reach: Reach::Guild(GuildId(901)), channel: None, ..sample::fact(5, "other", &[]) };
    let kept = store.add_items(&[on_server, Draft { channel: Some(ChannelId(12)), ..shared }, other]).await?;
    store.forget_guild(GuildId(900)).await?;
    assert_eq!((store.item(kept[0]).await?, store.item(kept[1]).await?), (None, None));
    assert_eq!(store.item(elsewhere[0]).await?, None);
    assert!(store.item(kept[2]).await?.is_some());
    Ok(())
}

pub(super) async fn memories_are_bounded(store: &dyn Store) -> Result<()> {
    let lines = three_lines(store).await?;
    let importance = |mut draft: Draft, importance| {
        if let Detail::Fact(fact) = &mut draft.detail {
            fact.importance = importance;
        }
        draft
    };
    let facts = [
        importance(sample::fact(1, "vital", &[from(1)]), 9),
        Draft { until: Some(second(5)), ..importance(sample::fact(1, "over", &[]), 10) },
        importance(sample::fact(1, "small talk", &[]), 1),
        importance(sample::fact(2, "of another", &[]), 1),
    ];
    let facts = store.add_items(&facts).await?;
    let keep = Retention { memory_lines: 1, memory_facts: 1, memory_episodes: 0, ..Retention::default() };
    store.tell(&lines[2..], &sample::episode(0, "short")).await?;
    assert_eq!(store.prune(second(10), &keep).await?.items, 5);
    assert!(store.item(lines[2]).await?.is_some(), "the newest line");
    let mut left = Vec::new();
    for fact in facts {
        left.push(store.item(fact).await?.is_some());
    }
    assert_eq!(left, [true, false, false, true]);
    assert_eq!(store.prune(second(10), &keep).await?.items, 0);
    store.delete_messages(CHANNEL, &[id(1)]).await?;
    assert_eq!(
        store.items_of(UserId(1), &[Kind::Fact], None, 9).await?,
        [],
        "the line is gone, its fact knows it"
    );
    Ok(())
}

pub(super) async fn what_cannot_be_an_item_is_refused(store: &dyn Store) -> Result<()> {
    let fine = sample::fact(1, "fine", &[]);
    for bad in ["", " \n", &"x".repeat(40_000)] {
        let answer = store.add_items(&[fine.clone(), sample::fact(1, bad, &[])]).await;
        assert!(matches!(answer, Err(StoreError::Invalid(_))), "{answer:?}");
    }
    assert_eq!(store.items_of(UserId(1), &[Kind::Fact], None, 9).await?, [], "all or none");
    let odd = Draft { who: "O'Neil \"x\" \0".into(), ..sample::fact(1, "a\0b 🦀 ' OR 1=1 --", &[from(1)]) };
    let added = store.add_items(std::slice::from_ref(&odd)).await?;
    assert_eq!(store.item(added[0]).await?.map(|item| item.draft), Some(odd));
    Ok(())
}
