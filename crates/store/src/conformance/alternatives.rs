//! Other words for a reply.

use domain::{ChannelId, cue::Task, event::Event, limits};
use std::time::Duration;

use super::cases::{HERE, conflict, exchange, texts, turn};
use super::sample::{character, cue, id, message, place, reply, said, second, shown};
use crate::{Alternative, Outcome, PartState, Result, Retention, Settled, Store, StoreError, TurnRecord};

fn question(n: u64) -> Event {
    said(n, 10, 5, &format!("question {n}"))
}

fn some(record: Option<TurnRecord>) -> Result<TurnRecord> {
    record.ok_or(StoreError::Conflict("there is no such turn"))
}

fn states(record: &TurnRecord) -> Vec<(u32, &str, PartState)> {
    record.parts.iter().map(|part| (part.index, &*part.text, part.state)).collect()
}

/// Numbers and texts, the current one's with a star.
async fn told(store: &dyn Store, n: u64) -> Result<Vec<String>> {
    let all = store.alternatives(turn(n)).await?;
    let told =
        |one: Alternative| format!("{} {}{}", one.n, one.reply_text, if one.current { "*" } else { "" });
    Ok(all.into_iter().map(told).collect())
}

/// Answers turn 1, whose reply stands in message 2, in other words.
async fn again(store: &dyn Store, second_: u64, parts: &[&str]) -> Result<()> {
    some(store.reopen(turn(1), &question(1), second(second_)).await?)?;
    store.settle(turn(1), &Settled { at: second(second_), ..reply(1, 10, "mira", parts) }).await?;
    store.complete(turn(1), &[shown(0, 2)], &Outcome::Answered, None).await
}

pub(super) async fn a_reopened_turn_is_unfinished(store: &dyn Store) -> Result<()> {
    exchange(store, 1, "mira").await?;
    store.accept(&said(4, 10, 5, "other"), second(4)).await?;
    assert_eq!(store.counts().await?.answered, 1);
    let record = some(store.reopen(turn(1), &question(1), second(9)).await?)?;
    assert_eq!((record.turn, record.place, record.settled), (turn(1), place(10), false));
    assert_eq!(states(&record), [(0, "answer 1", PartState::Posted)]);
    assert_eq!(record.parts[0].message, Some(id(2)));
    assert_eq!(store.counts().await?.answered, 0);
    let pending = store.unfinished().await?;
    assert_eq!(pending[1].turn, Some(record), "the last in order");
    assert_eq!((&pending[1].event, pending[1].accepted_at), (&question(1), second(9)));
    assert_eq!(texts(store, HERE).await?, ["question 1", "answer 1", "other"], "it is still there");
    assert_eq!(store.receipt(id(2)).await?.and_then(|receipt| receipt.settled), None);
    assert_eq!(store.reopen(turn(1), &question(1), second(9)).await?, None, "it is unfinished");
    Ok(())
}

pub(super) async fn a_new_reply_takes_the_place_of_the_old(store: &dyn Store) -> Result<()> {
    exchange(store, 1, "mira").await?;
    some(store.reopen(turn(1), &question(1), second(9)).await?)?;
    assert_eq!(told(store, 1).await?, ["0 answer 1"]);
    let other = Settled { model: "model-b".to_owned(), ..reply(9, 10, "nox", &["new", "words"]) };
    store.settle(turn(1), &other).await?;
    let record = store.unfinished().await?.remove(0).turn.ok_or(StoreError::Conflict("no record"))?;
    let expected = [(0, "new", PartState::Stale), (1, "words", PartState::Staged)];
    assert_eq!(states(&record), expected);
    assert_eq!(texts(store, HERE).await?, ["question 1", "newwords"]);
    store.complete(turn(1), &[shown(0, 2), shown(1, 10)], &Outcome::Answered, None).await?;
    assert_eq!(told(store, 1).await?, ["0 answer 1", "1 newwords*"]);
    let all = store.alternatives(turn(1)).await?;
    assert_eq!(all[0].parts, ["answer 1"]);
    assert_eq!((&all[1].character, &*all[1].model, all[1].at), (&character("nox"), "model-b", other.at));
    assert_eq!(all[1].parts, ["new", "words"]);
    let why = store.receipt(id(10)).await?.ok_or(StoreError::Conflict("no receipt"))?;
    assert_eq!((why.character, why.settled.map(|why| why.model)), (character("nox"), Some(other.model)));
    assert_eq!(store.counts().await?.answered, 1);
    Ok(())
}

pub(super) async fn an_alternative_is_chosen(store: &dyn Store) -> Result<()> {
    exchange(store, 1, "mira").await?;
    again(store, 9, &["new"]).await?;
    let why = store.receipt(id(2)).await?;
    let record = some(store.choose(turn(1), &question(1), 0, second(20)).await?)?;
    assert!(record.settled);
    assert_eq!(states(&record), [(0, "answer 1", PartState::Stale)], "to be brought into the channel");
    assert_eq!(record.parts[0].staged_at, second(20));
    assert_eq!(store.unfinished().await?[0].turn, Some(record));
    assert_eq!(texts(store, HERE).await?, ["question 1", "answer 1"]);
    assert_eq!(told(store, 1).await?, ["0 answer 1*", "1 new"]);
    store.complete(turn(1), &[shown(0, 2)], &Outcome::Answered, None).await?;
    assert_ne!(store.receipt(id(2)).await?, why, "it tells of this one");
    some(store.choose(turn(1), &question(1), 1, second(30)).await?)?;
    store.complete(turn(1), &[shown(0, 2)], &Outcome::Answered, None).await?;
    assert_eq!(store.receipt(id(2)).await?, why);
    assert_eq!(texts(store, HERE).await?, ["question 1", "new"]);
    again(store, 40, &["third"]).await?;
    assert_eq!(told(store, 1).await?, ["0 answer 1", "1 new", "2 third*"]);
    assert_eq!(store.scene(HERE, None, 0, None).await?.messages.total, 2, "said once");
    Ok(())
}

pub(super) async fn a_new_reply_that_fails_gives_way_to_the_old(store: &dyn Store) -> Result<()> {
    exchange(store, 1, "mira").await?;
    some(store.reopen(turn(1), &question(1), second(9)).await?)?;
    let mira = character("mira");
    store.stage(turn(1), &place(10), &mira, 1, "half", second(10)).await?;
    store.posted(turn(1), shown(1, 11)).await?;
    let record = some(store.choose(turn(1), &question(1), 0, second(12)).await?)?;
    assert!(record.settled);
    assert_eq!(states(&record), [(0, "answer 1", PartState::Posted), (1, "", PartState::Stale)]);
    store.delete_messages(HERE, &[id(11)]).await?;
    store.complete(turn(1), &[shown(0, 2)], &Outcome::Answered, None).await?;
    assert_eq!(told(store, 1).await?, ["0 answer 1*"]);
    assert_eq!(store.counts().await?.answered, 1);
    Ok(())
}

pub(super) async fn parts_are_numbered_anew(store: &dyn Store) -> Result<()> {
    store.accept(&question(1), second(1)).await?;
    store.settle(turn(1), &reply(1, 10, "mira", &["a", "b", "c", "d"])).await?;
    let shown = [shown(0, 2), shown(1, 3), shown(3, 5)];
    store.complete(turn(1), &shown, &Outcome::Failed { cause: "refused".to_owned() }, None).await?;
    store.delete_messages(HERE, &[id(2)]).await?;
    let record = some(store.reopen(turn(1), &question(1), second(9)).await?)?;
    assert_eq!(states(&record), [(0, "b", PartState::Posted), (1, "d", PartState::Posted)]);
    let part = store.receipt(id(5)).await?.map(|receipt| receipt.part);
    assert_eq!((part, store.counts().await?.failed), (Some(1), 0));
    Ok(())
}

pub(super) async fn messages_that_a_reply_does_not_need_are_not_taken_up(store: &dyn Store) -> Result<()> {
    store.accept(&question(1), second(1)).await?;
    store.settle(turn(1), &reply(1, 10, "mira", &["a", "b", "c"])).await?;
    store.complete(turn(1), &[shown(0, 2), shown(1, 3), shown(2, 4)], &Outcome::Answered, None).await?;
    some(store.reopen(turn(1), &question(1), second(9)).await?)?;
    store.settle(turn(1), &reply(9, 10, "mira", &["short"])).await?;
    let record = store.unfinished().await?.remove(0).turn.ok_or(StoreError::Conflict("no record"))?;
    let stale = PartState::Stale;
    assert_eq!(states(&record), [(0, "short", stale), (1, "", stale), (2, "", stale)], "to be deleted");
    // Discord's word that they are gone may come later, or never.
    store.complete(turn(1), &[shown(0, 2)], &Outcome::Answered, None).await?;
    let record = some(store.reopen(turn(1), &question(1), second(19)).await?)?;
    assert_eq!(states(&record), [(0, "short", PartState::Posted)]);
    assert_eq!(store.delete_messages(HERE, &[id(3), id(4)]).await?, []);
    assert_eq!(texts(store, HERE).await?, ["question 1", "short"]);
    Ok(())
}

pub(super) async fn only_what_stands_there_is_reopened(store: &dyn Store) -> Result<()> {
    exchange(store, 1, "mira").await?;
    let answer = store.reopen(turn(1), &question(2), second(9)).await;
    assert!(matches!(answer, Err(StoreError::Invalid(_))), "{answer:?}");
    assert_eq!(store.reopen(turn(3), &question(3), second(9)).await?, None, "unknown");
    store.accept(&question(3), second(3)).await?;
    store.finish(turn(3), &Outcome::Ignored { reason: "quiet".to_owned() }, None).await?;
    assert_eq!(store.reopen(turn(3), &question(3), second(9)).await?, None, "nothing was said");
    store.accept(&question(4), second(4)).await?;
    store.settle(turn(4), &reply(4, 10, "mira", &["a"])).await?;
    store.abandon(turn(4), &Outcome::Cancelled, None).await?;
    assert_eq!(store.reopen(turn(4), &question(4), second(9)).await?, None, "taken back");
    assert_eq!(store.alternatives(turn(4)).await?, []);
    assert_eq!(store.choose(turn(1), &question(1), 7, second(9)).await?, None);
    assert!(store.unfinished().await?.is_empty());
    let told = store.delete_messages(HERE, &[id(2)]).await?;
    assert_eq!((told, store.reopen(turn(1), &question(1), second(9)).await?), (vec![], None), "deleted");
    assert_eq!(store.choose(turn(1), &question(1), 0, second(9)).await?, None);
    Ok(())
}

pub(super) async fn an_unknown_choice_keeps_nothing(store: &dyn Store) -> Result<()> {
    exchange(store, 1, "mira").await?;
    assert_eq!(store.choose(turn(1), &question(1), 1, second(9)).await?, None);
    store.prune(second(9), &Retention { per_channel: 0, ..Retention::default() }).await?;
    assert_eq!(store.alternatives(turn(1)).await?, []);
    Ok(())
}

pub(super) async fn a_turn_is_reopened_by_a_cue(store: &dyn Store) -> Result<()> {
    exchange(store, 1, "mira").await?;
    let question_ = message(1, 10, 5, "question 1");
    let event = Event::Cue(Box::new(cue(1, 10, "mira", Task::Answer(Box::new(question_)))));
    some(store.reopen(turn(1), &event, second(9)).await?)?;
    assert_eq!(store.unfinished().await?[0].event, event);
    let known = store.accept(&question(1), second(10)).await?;
    assert_eq!(known, crate::Accepted::Duplicate, "it is the message's turn still");
    assert_eq!(store.edit_message(HERE, id(1), &"new".into()).await?, [turn(1)]);
    assert_eq!(store.delete_messages(HERE, &[id(1)]).await?, [turn(1)]);
    let pending = store.unfinished().await?.remove(0);
    assert!(pending.withdrawn);
    let Event::Cue(cue) = pending.event else { panic!("{pending:?}") };
    assert_eq!(cue.task, Task::Answer(Box::new(message(1, 10, 5, ""))));
    store.abandon(turn(1), &Outcome::Cancelled, None).await?;
    assert_eq!((texts(store, HERE).await?, told(store, 1).await?), (vec![], vec![]));
    Ok(())
}

pub(super) async fn the_oldest_alternatives_go_first(store: &dyn Store) -> Result<()> {
    exchange(store, 1, "mira").await?;
    let most = limits::ALTERNATIVES as u64;
    for n in 1..most + 2 {
        again(store, 10 + n, &[&format!("reply {n}")]).await?;
    }
    let all = store.alternatives(turn(1)).await?;
    let numbers: Vec<_> = all.iter().map(|one| u64::from(one.n)).collect();
    assert_eq!(numbers, (2..most + 2).collect::<Vec<_>>());
    assert!(all.last().is_some_and(|one| one.current));
    // What stands in the channel is not given up for what may never come.
    some(store.choose(turn(1), &question(1), 2, second(50)).await?)?;
    store.complete(turn(1), &[shown(0, 2)], &Outcome::Answered, None).await?;
    some(store.reopen(turn(1), &question(1), second(51)).await?)?;
    let all = store.alternatives(turn(1)).await?;
    assert_eq!(all.iter().map(|one| one.n).take(2).collect::<Vec<_>>(), [2, 4]);
    assert_eq!(all.len(), limits::ALTERNATIVES - 1);
    Ok(())
}

pub(super) async fn alternatives_go_with_the_reply(store: &dyn Store) -> Result<()> {
    exchange(store, 1, "mira").await?;
    again(store, 9, &["new"]).await?;
    store.delete_messages(HERE, &[id(2)]).await?;
    assert_eq!((texts(store, HERE).await?, told(store, 1).await?), (vec!["question 1".to_owned()], vec![]));
    // In the midst of a new reply too.
    exchange(store, 20, "mira").await?;
    some(store.reopen(turn(20), &question(20), second(29)).await?)?;
    store.delete_messages(HERE, &[id(21)]).await?;
    assert_eq!(texts(store, HERE).await?, ["question 1", "question 20"]);
    assert_eq!(store.alternatives(turn(20)).await?, []);
    store.settle(turn(20), &reply(30, 10, "mira", &["other"])).await?;
    store.complete(turn(20), &[shown(0, 31)], &Outcome::Answered, None).await?;
    assert_eq!(texts(store, HERE).await?, ["question 1", "question 20", "other"]);
    Ok(())
}

pub(super) async fn alternatives_are_pruned_and_forgotten(store: &dyn Store) -> Result<()> {
    exchange(store, 1, "mira").await?;
    again(store, 9, &["new"]).await?;
    let old = Retention { per_channel: 9, finished_for: Duration::from_secs(100), ..Retention::default() };
    store.prune(second(105), &old).await?;
    assert_eq!(store.alternatives(turn(1)).await?.len(), 2, "taken up again, it is as old as that");
    store.prune(second(200), &old).await?;
    assert_eq!((store.alternatives(turn(1)).await?, texts(store, HERE).await?.len()), (vec![], 2));
    assert_eq!(store.reopen(turn(1), &question(1), second(201)).await?, None);
    exchange(store, 300, "mira").await?;
    some(store.reopen(turn(300), &question(300), second(309)).await?)?;
    store.forget_channel(ChannelId(11)).await?;
    assert_eq!(store.alternatives(turn(300)).await?.len(), 1);
    store.forget_channel(HERE).await?;
    assert_eq!(store.alternatives(turn(300)).await?, []);
    conflict(&store.posted(turn(300), shown(9, 310)).await);
    Ok(())
}
