//! Turns of our own, and chains of them.

use domain::{
    ChannelId, UserId, WebhookId,
    cue::{Cue, Task},
    event::{AuthorKind, Event},
};

use super::cases::{HERE, conflict, exchange, texts, turn};
use super::sample::{
    author, character, command, cue, id, message, remark, reply, said, second, shown, snowflake,
};
use crate::{Accepted, Counted, Outcome, Result, Settled, Shown, Store, StoreError, TurnId};

fn event(cue: &Cue) -> Event {
    Event::Cue(Box::new(cue.clone()))
}

/// A cue of second `n` to answer that message.
fn answer(n: u64, name: &str, about: domain::event::Message) -> Cue {
    cue(n, 10, name, Task::Answer(Box::new(about)))
}

pub(super) async fn a_cue_is_a_turn_without_a_line(store: &dyn Store) -> Result<()> {
    let remark = remark(3, 10, "mira");
    assert_eq!(store.accept(&event(&remark), second(4)).await?, Accepted::New);
    assert_eq!(store.accept(&event(&remark), second(5)).await?, Accepted::Duplicate);
    conflict(&store.accept(&said(3, 10, 5, "q"), second(5)).await);
    conflict(&store.accept(&command(3, 10, 5), second(5)).await);
    let pending = store.unfinished().await?;
    assert_eq!((&pending[0].event, pending[0].accepted_at), (&event(&remark), second(4)));
    assert_eq!((texts(store, HERE).await?, store.cursors().await?), (vec![], vec![]));
    store.finish(turn(3), &Outcome::Cancelled, None).await?;
    assert_eq!(
        store.accept(&event(&remark), second(5)).await?,
        Accepted::Duplicate,
        "after it is finished too"
    );
    assert!(store.unfinished().await?.is_empty());
    Ok(())
}

pub(super) async fn a_remark_answers_nobody(store: &dyn Store) -> Result<()> {
    exchange(store, 1, "mira").await?;
    store.accept(&event(&remark(3, 10, "nox")), second(3)).await?;
    store.settle(turn(3), &reply(3, 10, "nox", &["so quiet"])).await?;
    let scene = store.scene(HERE, None, 9, None).await?;
    assert_eq!(scene.last_speaker, Some(character("nox")));
    let answered = scene.last_answered.ok_or(StoreError::Conflict("nobody was answered"))?;
    assert_eq!((answered.user, answered.character), (UserId(5), character("mira")), "the newest answer");
    store.complete(turn(3), &[shown(0, 4)], &Outcome::Answered, None).await?;
    store.accept(&event(&answer(5, "ivo", message(1, 10, 6, "q"))), second(5)).await?;
    store.settle(turn(5), &reply(5, 10, "ivo", &["me too"])).await?;
    let answered = store.scene(HERE, None, 9, None).await?.last_answered;
    assert_eq!(answered.map(|answered| answered.user), Some(UserId(6)), "whom the message is from");
    let mut webhook = message(2, 10, 77, "so quiet");
    webhook.author = author(77, AuthorKind::Webhook(WebhookId(77), None));
    store.accept(&event(&answer(7, "mira", webhook)), second(7)).await?;
    store.settle(turn(7), &reply(7, 10, "mira", &["is it?"])).await?;
    let scene = store.scene(HERE, None, 9, None).await?;
    assert_eq!(scene.last_speaker, Some(character("mira")));
    assert_eq!(scene.last_answered.map(|answered| answered.character), Some(character("ivo")));
    Ok(())
}

pub(super) async fn a_cues_reply_stands_at_its_time(store: &dyn Store) -> Result<()> {
    store.accept(&said(1, 10, 5, "q"), second(1)).await?;
    store.accept(&event(&answer(2, "nox", message(1, 10, 5, "q"))), second(2)).await?;
    store.accept(&said(6, 10, 5, "later"), second(6)).await?;
    store.settle(turn(2), &reply(4, 10, "nox", &["a"])).await?;
    assert_eq!(texts(store, HERE).await?, ["q", "a", "later"]);
    store.complete(turn(2), &[shown(0, 7)], &Outcome::Answered, None).await?;
    assert_eq!(texts(store, HERE).await?, ["q", "later", "a"], "at its message, once it has one");
    Ok(())
}

pub(super) async fn the_next_turn_comes_with_the_end_of_the_last(store: &dyn Store) -> Result<()> {
    for n in [1, 10, 20] {
        store.accept(&said(n, 10, 5, "q"), second(n)).await?;
    }
    store.settle(turn(1), &reply(1, 10, "mira", &["a"])).await?;
    let next = [2, 11, 21].map(|n| remark(n, 10, "nox"));
    store.complete(turn(1), &[shown(0, 3)], &Outcome::Answered, Some(&next[0])).await?;
    store.finish(turn(10), &Outcome::Cancelled, Some(&next[1])).await?;
    store.abandon(turn(20), &Outcome::Cancelled, Some(&next[2])).await?;
    let pending: Vec<_> = store.unfinished().await?.into_iter().map(|one| one.event).collect();
    assert_eq!(pending, next.clone().map(|cue| event(&cue)));
    assert_eq!(store.unfinished().await?[0].accepted_at, next[0].at);
    Ok(())
}

pub(super) async fn what_was_asked_along_ends_with_the_decision(store: &dyn Store) -> Result<()> {
    for n in [1, 2, 3, 4] {
        store.accept(&said(n, 10, 5, "q"), second(n)).await?;
    }
    store.finish(turn(3), &Outcome::Cancelled, None).await?;
    let settled = Settled { also: vec![turn(1), turn(2), turn(3)], ..reply(1, 10, "mira", &["a"]) };
    store.settle(turn(1), &settled).await?;
    let pending = store.unfinished().await?;
    let left: Vec<_> = pending.iter().filter_map(|one| TurnId::of(&one.event)).collect();
    assert_eq!(left, [turn(1), turn(4)], "its own turn goes on, and so does what was not asked along");
    conflict(&store.finish(turn(2), &Outcome::Cancelled, None).await);
    store.settle(turn(1), &settled).await?;
    store.complete(turn(1), &[shown(0, 9)], &Outcome::Answered, None).await?;
    let counts = store.counts().await?;
    assert_eq!((counts.answered, counts.ignored, counts.cancelled, counts.pending), (1, 1, 1, 1));
    Ok(())
}

pub(super) async fn a_next_turn_is_accepted_once(store: &dyn Store) -> Result<()> {
    let next = remark(2, 10, "nox");
    store.accept(&event(&next), second(2)).await?;
    store.finish(turn(2), &Outcome::Answered, None).await?;
    store.accept(&said(1, 10, 5, "q"), second(1)).await?;
    store.finish(turn(1), &Outcome::Answered, Some(&next)).await?;
    assert!(store.unfinished().await?.is_empty(), "known already, and over");
    Ok(())
}

pub(super) async fn a_failed_end_leaves_no_next_turn(store: &dyn Store) -> Result<()> {
    let next = remark(9, 10, "nox");
    store.accept(&said(1, 10, 5, "q"), second(1)).await?;
    store.settle(turn(1), &reply(1, 10, "mira", &["a"])).await?;
    let wrong = Shown { part: 7, message: id(2), webhook: None };
    conflict(&store.complete(turn(1), &[wrong], &Outcome::Answered, Some(&next)).await);
    conflict(&store.finish(turn(5), &Outcome::Answered, Some(&next)).await);
    conflict(&store.abandon(turn(5), &Outcome::Answered, Some(&next)).await);
    assert_eq!(store.unfinished().await?.len(), 1);
    // The other way round: a next turn that cannot be accepted leaves the turn as it is.
    store.accept(&said(9, 10, 5, "r"), second(9)).await?;
    conflict(&store.complete(turn(1), &[shown(0, 2)], &Outcome::Answered, Some(&next)).await);
    assert_eq!(store.receipt(id(2)).await?, None);
    assert_eq!(store.unfinished().await?.len(), 2);
    Ok(())
}

pub(super) async fn what_happens_to_a_message_happens_to_its_cues(store: &dyn Store) -> Result<()> {
    store.accept(&said(1, 10, 5, "old"), second(1)).await?;
    let cues =
        [answer(2, "nox", message(1, 10, 5, "old")), cue(3, 10, "mira", Task::GoOn { message: id(1) })];
    for cue in cues.iter().chain([&remark(4, 10, "ivo")]) {
        store.accept(&event(cue), second(4)).await?;
    }
    assert_eq!(store.edit_message(HERE, id(1), &"new".into()).await?, [turn(1), turn(2)]);
    assert_eq!(store.unfinished().await?[1].event, event(&answer(2, "nox", message(1, 10, 5, "new"))));
    assert_eq!(store.edit_message(ChannelId(11), id(1), &"other".into()).await?, []);
    store.finish(turn(1), &Outcome::Answered, None).await?;
    assert_eq!(store.edit_message(HERE, id(1), &"newest".into()).await?, [turn(2)], "its cue still waits");
    assert_eq!(store.delete_messages(ChannelId(11), &[id(1)]).await?, []);
    assert_eq!(store.delete_messages(HERE, &[id(1)]).await?, [turn(2), turn(3)]);
    let pending = store.unfinished().await?;
    assert_eq!(pending[0].event, event(&answer(2, "nox", message(1, 10, 5, ""))), "its text is gone");
    assert_eq!(pending.iter().map(|one| one.withdrawn).collect::<Vec<_>>(), [true, true, false]);
    assert_eq!(store.edit_message(HERE, id(1), &"late".into()).await?, []);
    Ok(())
}

pub(super) async fn a_thread_hangs_on_a_characters_message(store: &dyn Store) -> Result<()> {
    exchange(store, 1, "mira").await?;
    let thread = |n| ChannelId(snowflake(n));
    assert_eq!(store.scene(thread(2), None, 1, None).await?.thread_of, Some(character("mira")));
    assert_eq!(store.scene(thread(1), None, 1, None).await?.thread_of, None, "a person's message");
    assert_eq!(store.scene(HERE, None, 1, None).await?.thread_of, None);
    store.delete_messages(HERE, &[id(2)]).await?;
    assert_eq!(store.scene(thread(2), None, 1, None).await?.thread_of, None);
    Ok(())
}

pub(super) async fn messages_are_counted(store: &dyn Store) -> Result<()> {
    let counted = async |total, by: &[(&str, u64)]| {
        let by_character = by.iter().map(|(name, count)| (character(name), *count)).collect();
        assert_eq!(store.scene(HERE, None, 0, None).await?.messages, Counted { total, by_character });
        Ok::<_, StoreError>(())
    };
    counted(0, &[]).await?;
    exchange(store, 1, "mira").await?;
    exchange(store, 3, "nox").await?;
    store.accept(&said(5, 10, 5, "q"), second(5)).await?;
    store.accept(&said(5, 10, 5, "q"), second(5)).await?;
    store.accept(&said(6, 11, 5, "elsewhere"), second(6)).await?;
    store.accept(&command(7, 10, 5), second(7)).await?;
    counted(5, &[("mira", 1), ("nox", 1)]).await?;
    for (message, is_counted) in [(id(5), true), (id(9), false), (id(2), false)] {
        let counts_it = store.scene(HERE, Some(message), 0, None).await?.counts_it;
        assert_eq!(counts_it, is_counted, "a person's, none at all, a character's");
    }
    store.settle(turn(5), &reply(5, 10, "mira", &["a", "b"])).await?;
    counted(6, &[("mira", 2), ("nox", 1)]).await?;
    store.settle(turn(5), &reply(5, 10, "nox", &["a"])).await?;
    counted(6, &[("mira", 1), ("nox", 2)]).await?;
    let mut ours = message(8, 10, 77, "a");
    ours.author = author(77, AuthorKind::Webhook(WebhookId(77), None));
    store.observe(&ours).await?;
    counted(7, &[("mira", 1), ("nox", 2)]).await?;
    store.complete(turn(5), &[shown(0, 8)], &Outcome::Answered, None).await?;
    counted(6, &[("mira", 1), ("nox", 2)]).await?;
    store.settle(turn(7), &reply(9, 10, "mira", &["c"])).await?;
    counted(7, &[("mira", 2), ("nox", 2)]).await?;
    store.abandon(turn(7), &Outcome::Cancelled, None).await?;
    counted(6, &[("mira", 1), ("nox", 2)]).await?;
    store.delete_messages(HERE, &[id(1), id(2)]).await?;
    let none = crate::Retention {
        per_channel: 1,
        finished_for: std::time::Duration::ZERO,
        ..crate::Retention::default()
    };
    store.prune(second(1_000), &none).await?;
    counted(6, &[("mira", 1), ("nox", 2)]).await?;
    store.forget_channel(HERE).await?;
    counted(0, &[]).await?;
    assert_eq!(store.scene(ChannelId(11), None, 0, None).await?.messages.total, 1);
    Ok(())
}
