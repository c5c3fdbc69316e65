//! The cases, in the order of a turn's life.

use std::time::Duration;

use domain::{
    ChannelId, Timestamp, Untrusted, UserId, WebhookId,
    event::{AuthorKind, ChannelKind, Event, Message},
    scene::{Line, Speaker},
};

use super::sample::{author, character, command, id, message, place, reply, said, second, shown, snowflake};
use crate::{
    Accepted, Answered, Counts, Outcome, PartState, Pruned, Result, Retention, Shown, Store, StoreError,
    TurnId,
};

pub(super) const HERE: ChannelId = ChannelId(10);

pub(super) fn turn(n: u64) -> TurnId {
    TurnId(snowflake(n))
}

#[track_caller]
pub(super) fn conflict<T: std::fmt::Debug>(answer: &Result<T>) {
    assert!(matches!(answer, Err(StoreError::Conflict(_))), "{answer:?}");
}

pub(super) async fn texts(store: &dyn Store, channel: ChannelId) -> Result<Vec<String>> {
    let scene = store.scene(channel, None, 1_000, None).await?;
    Ok(scene.history.into_iter().map(|line| line.text.into_raw()).collect())
}

/// Message `n` in channel 10, answered at once with one message.
pub(super) async fn exchange(store: &dyn Store, n: u64, name: &str) -> Result<()> {
    store.accept(&said(n, 10, 5, &format!("question {n}")), second(n)).await?;
    store.settle(turn(n), &reply(n, 10, name, &[&format!("answer {n}")])).await?;
    store.complete(turn(n), &[shown(0, n + 1)], &Outcome::Answered, None).await
}

pub(super) async fn an_event_is_accepted_once(store: &dyn Store) -> Result<()> {
    let events = [said(2, 10, 5, "b"), command(3, 10, 6), said(1, 10, 5, "a")];
    for (n, event) in (5..).zip(&events) {
        assert_eq!(store.accept(event, second(n)).await?, Accepted::New);
    }
    for event in &events {
        assert_eq!(store.accept(event, second(9)).await?, Accepted::Duplicate);
    }
    let pending = store.unfinished().await?;
    assert_eq!(pending.iter().map(|one| one.event.clone()).collect::<Vec<_>>(), events, "in accepted order");
    assert_eq!(pending[1].accepted_at, second(6));
    assert!(pending.iter().all(|one| one.turn.is_none() && !one.withdrawn));
    for n in [1, 2, 3] {
        store.finish(turn(n), &Outcome::Ignored { reason: "quiet".to_owned() }, None).await?;
    }
    assert_eq!(store.accept(&events[0], second(9)).await?, Accepted::Duplicate, "after it is finished too");
    assert!(store.unfinished().await?.is_empty());
    assert_eq!(texts(store, HERE).await?, ["a", "b"], "commands are no lines; lines are ordered by id");
    Ok(())
}

pub(super) async fn only_what_begins_a_turn_is_journalled(store: &dyn Store) -> Result<()> {
    let gone = Event::MessagesDeleted { channel: HERE, messages: vec![id(1)] };
    let Event::Command(call) = command(1, 10, 5) else { return Ok(()) };
    for event in [gone, Event::Autocomplete(call)] {
        let answer = store.accept(&event, second(1)).await;
        assert!(matches!(answer, Err(StoreError::Invalid(_))), "{answer:?}");
    }
    assert!(store.unfinished().await?.is_empty());
    Ok(())
}

pub(super) async fn ids_of_two_kinds_do_not_mix(store: &dyn Store) -> Result<()> {
    store.accept(&said(1, 10, 5, "a"), second(1)).await?;
    conflict(&store.accept(&command(1, 10, 5), second(1)).await);
    Ok(())
}

pub(super) async fn a_quick_reply_takes_three_calls(store: &dyn Store) -> Result<()> {
    exchange(store, 1, "mira").await?;
    assert!(store.unfinished().await?.is_empty());
    assert_eq!(texts(store, HERE).await?, ["question 1", "answer 1"]);
    let receipt = store.receipt(id(2)).await?;
    assert_eq!(store.last_receipt(HERE).await?, receipt);
    let receipt = receipt.ok_or(StoreError::Conflict("no receipt"))?;
    assert_eq!((receipt.turn, receipt.part, receipt.channel), (turn(1), 0, HERE));
    assert_eq!((receipt.character, receipt.webhook), (character("mira"), Some(WebhookId(77))));
    let why = receipt.settled.ok_or(StoreError::Conflict("not settled"))?;
    let settled = reply(1, 10, "mira", &[]);
    assert_eq!((why.prompt_receipt, why.model), (settled.prompt_receipt, settled.model));
    assert_eq!((why.usage, why.at), (settled.usage, settled.at));
    Ok(())
}

pub(super) async fn a_streamed_reply_survives_with_its_parts(store: &dyn Store) -> Result<()> {
    store.accept(&said(1, 10, 5, "q"), second(1)).await?;
    let mira = character("mira");
    store.stage(turn(1), &place(10), &mira, 0, "Hel", second(2)).await?;
    store.stage(turn(1), &place(10), &mira, 0, "Hello", second(3)).await?;
    store.posted(turn(1), shown(0, 4)).await?;
    store.stage(turn(1), &place(10), &mira, 0, "ignored", second(5)).await?;
    store.stage(turn(1), &place(10), &mira, 1, "more", second(6)).await?;
    let record = store.unfinished().await?.remove(0).turn.ok_or(StoreError::Conflict("no record"))?;
    assert_eq!((record.turn, record.place, record.settled), (turn(1), place(10), false));
    assert_eq!(record.character, mira);
    let [first, second_part] = &record.parts[..] else { panic!("{record:?}") };
    assert_eq!((first.index, &*first.text, first.state), (0, "Hello", PartState::Posted));
    assert_eq!((first.message, first.webhook), (Some(id(4)), Some(WebhookId(77))));
    assert_eq!(first.staged_at, second(3));
    assert_eq!((second_part.index, &*second_part.text, second_part.state), (1, "more", PartState::Staged));
    assert_eq!((second_part.message, second_part.staged_at), (None, second(6)));
    assert_eq!(texts(store, HERE).await?, ["q"], "an undecided reply is no line");
    let receipt = store.receipt(id(4)).await?.ok_or(StoreError::Conflict("no receipt"))?;
    assert_eq!((receipt.turn, receipt.settled), (turn(1), None));
    Ok(())
}

pub(super) async fn settling_marks_what_must_be_edited(store: &dyn Store) -> Result<()> {
    store.accept(&said(1, 10, 5, "q"), second(1)).await?;
    for (part, text) in [(0, "same"), (1, "old"), (2, "waits"), (3, "too much"), (4, "never posted")] {
        store.stage(turn(1), &place(10), &character("mira"), part, text, second(2)).await?;
    }
    for (part, n) in [(0, 4), (1, 5), (3, 6)] {
        store.posted(turn(1), shown(part, n)).await?;
    }
    store.settle(turn(1), &reply(7, 10, "nox", &["same", "new", "final"])).await?;
    let record = store.unfinished().await?.remove(0).turn.ok_or(StoreError::Conflict("no record"))?;
    assert!(record.settled);
    assert_eq!(record.character, character("nox"));
    let parts: Vec<_> = record.parts.iter().map(|part| (part.index, &*part.text, part.state)).collect();
    assert_eq!(
        parts,
        [
            (0, "same", PartState::Posted),
            (1, "new", PartState::Stale),
            (2, "final", PartState::Staged),
            (3, "", PartState::Stale),
        ]
    );
    store.settle(turn(1), &reply(8, 10, "nox", &["again"])).await?;
    assert_eq!(texts(store, HERE).await?, ["q", "again"], "settled again, said once");
    store.complete(turn(1), &[shown(0, 4)], &Outcome::Answered, None).await?;
    let scene = store.scene(HERE, None, 9, None).await?;
    assert_eq!(scene.history[1].message, Some(id(4)));
    Ok(())
}

pub(super) async fn a_finished_turn_takes_nothing_more(store: &dyn Store) -> Result<()> {
    exchange(store, 1, "mira").await?;
    for n in [1, 99] {
        conflict(&store.stage(turn(n), &place(10), &character("mira"), 0, "x", second(3)).await);
        conflict(&store.posted(turn(n), shown(0, 2)).await);
        conflict(&store.settle(turn(n), &reply(3, 10, "mira", &["x"])).await);
        conflict(&store.complete(turn(n), &[], &Outcome::Answered, None).await);
        conflict(&store.abandon(turn(n), &Outcome::Cancelled, None).await);
        conflict(&store.finish(turn(n), &Outcome::Answered, None).await);
    }
    assert_eq!(texts(store, HERE).await?, ["question 1", "answer 1"]);
    assert_eq!(store.counts().await?.answered, 1);
    Ok(())
}

pub(super) async fn an_abandoned_turn_tells_what_to_delete(store: &dyn Store) -> Result<()> {
    store.accept(&said(1, 10, 5, "q"), second(1)).await?;
    for part in 0..3 {
        store.stage(turn(1), &place(10), &character("mira"), part, "x", second(2)).await?;
    }
    let direct = Shown { part: 0, message: id(3), webhook: None };
    store.posted(turn(1), shown(2, 4)).await?;
    store.posted(turn(1), direct).await?;
    store.settle(turn(1), &reply(5, 10, "mira", &["x", "x", "x"])).await?;
    assert_eq!(texts(store, HERE).await?, ["q", "xxx"]);
    assert_eq!(store.abandon(turn(1), &Outcome::Cancelled, None).await?, [direct, shown(2, 4)]);
    assert_eq!(texts(store, HERE).await?, ["q"]);
    assert!(store.unfinished().await?.is_empty());
    store.accept(&said(6, 10, 5, "r"), second(6)).await?;
    assert_eq!(store.abandon(turn(6), &Outcome::Cancelled, None).await?, [], "nothing was staged");
    Ok(())
}

pub(super) async fn posting_needs_staging(store: &dyn Store) -> Result<()> {
    store.accept(&said(1, 10, 5, "q"), second(1)).await?;
    conflict(&store.posted(turn(1), shown(0, 2)).await);
    store.settle(turn(1), &reply(1, 10, "mira", &["x"])).await?;
    conflict(&store.complete(turn(1), &[shown(0, 2), shown(1, 3)], &Outcome::Answered, None).await);
    assert_eq!(store.receipt(id(2)).await?, None, "nothing of a failed call is kept");
    assert_eq!(store.unfinished().await?.len(), 1);
    Ok(())
}

pub(super) async fn a_message_proves_one_turn_only(store: &dyn Store) -> Result<()> {
    exchange(store, 1, "mira").await?;
    store.accept(&said(3, 10, 5, "q"), second(3)).await?;
    store.settle(turn(3), &reply(3, 10, "nox", &["x"])).await?;
    conflict(&store.posted(turn(3), shown(0, 2)).await);
    conflict(&store.complete(turn(3), &[shown(0, 2)], &Outcome::Answered, None).await);
    let owner = store.receipt(id(2)).await?.map(|receipt| receipt.turn);
    assert_eq!(owner, Some(turn(1)));
    Ok(())
}

fn from_bot(n: u64, text: &str, kind: AuthorKind) -> Message {
    Message { author: author(9, kind), ..message(n, 10, 9, text) }
}

pub(super) async fn observing_is_idempotent(store: &dyn Store) -> Result<()> {
    let bot = from_bot(1, "beep", AuthorKind::Bot);
    for _ in 0..2 {
        store.observe(&bot).await?;
    }
    store.observe(&from_bot(2, "pinned", AuthorKind::System)).await?;
    assert_eq!(texts(store, HERE).await?, ["beep"]);
    assert_eq!(store.cursors().await?, [(place(10), id(2))]);
    assert!(store.unfinished().await?.is_empty());
    store.observe(&message(3, 10, 5, "first")).await?;
    assert_eq!(store.accept(&said(3, 10, 5, "second"), second(3)).await?, Accepted::New);
    assert_eq!(texts(store, HERE).await?, ["beep", "first"]);
    Ok(())
}

pub(super) async fn our_own_message_is_one_line(store: &dyn Store) -> Result<()> {
    let ours = |n| from_bot(n, "answer", AuthorKind::Webhook(WebhookId(77), None));
    store.accept(&said(1, 10, 5, "q"), second(1)).await?;
    store.settle(turn(1), &reply(1, 10, "mira", &["answer"])).await?;
    store.observe(&ours(2)).await?;
    store.complete(turn(1), &[shown(0, 2)], &Outcome::Answered, None).await?;
    assert_eq!(texts(store, HERE).await?, ["q", "answer"]);
    store.observe(&ours(2)).await?;
    assert_eq!(texts(store, HERE).await?, ["q", "answer"]);
    assert_eq!(store.cursors().await?, [(place(10), id(2))]);
    Ok(())
}

pub(super) async fn a_scene_tells_who_spoke(store: &dyn Store) -> Result<()> {
    assert_eq!(store.scene(HERE, None, 10, Some(id(1))).await?, crate::SceneRecord::default());
    exchange(store, 1, "mira").await?;
    store.observe(&from_bot(3, "beep", AuthorKind::Bot)).await?;
    exchange(store, 4, "nox").await?;
    store.accept(&said(6, 10, 8, "and?"), second(6)).await?;
    let scene = store.scene(HERE, None, 4, Some(id(2))).await?;
    let person = |user| Speaker::Person { id: UserId(user), name: format!("name {user}").into() };
    let line = |who, n, text: &str, at| Line { who, message: Some(id(n)), text: text.into(), at };
    let later = |n| Timestamp(second(n).as_millis() + 500);
    assert_eq!(
        scene.history,
        [
            line(Speaker::OtherBot { id: UserId(9), name: "name 9".into() }, 3, "beep", second(3)),
            line(person(5), 4, "question 4", second(4)),
            line(Speaker::Character(character("nox")), 5, "answer 4", later(4)),
            line(person(8), 6, "and?", second(6)),
        ]
    );
    assert_eq!(scene.reply_target, Some(character("mira")));
    assert_eq!(scene.last_speaker, Some(character("nox")));
    assert_eq!(
        scene.last_answered,
        Some(Answered { user: UserId(5), character: character("nox"), at: later(4) })
    );
    assert_eq!(store.scene(ChannelId(11), None, 10, None).await?, crate::SceneRecord::default());
    Ok(())
}

pub(super) async fn a_scene_ends_before_a_message(store: &dyn Store) -> Result<()> {
    exchange(store, 1, "mira").await?;
    exchange(store, 5, "nox").await?;
    let scene = store.scene(HERE, Some(id(5)), 1, None).await?;
    let said: Vec<_> = scene.history.iter().map(|line| line.text.raw()).collect();
    assert_eq!(said, ["answer 1"]);
    assert_eq!(scene.last_speaker, Some(character("nox")), "who spoke last does not depend on it");
    assert_eq!(store.scene(HERE, Some(id(1)), 9, None).await?.history, []);
    Ok(())
}

pub(super) async fn an_earlier_answer_counts_as_before_a_later_question(store: &dyn Store) -> Result<()> {
    store.accept(&said(1, 10, 5, "first"), second(1)).await?;
    store.accept(&said(3, 10, 5, "now shorter"), second(3)).await?;
    store.settle(turn(1), &reply(1, 10, "mira", &["long"])).await?;
    store.complete(turn(1), &[shown(0, 7)], &Outcome::Answered, None).await?;
    store.settle(turn(3), &reply(3, 10, "mira", &["short"])).await?;
    store.complete(turn(3), &[shown(0, 8)], &Outcome::Answered, None).await?;
    let scene = store.scene(HERE, Some(id(3)), 9, None).await?;
    let said: Vec<_> = scene.history.iter().map(|line| line.text.raw()).collect();
    assert_eq!(said, ["first", "long"], "said after the question came, and heard before it is answered");
    Ok(())
}

pub(super) async fn an_edit_reaches_line_and_turn(store: &dyn Store) -> Result<()> {
    store.accept(&said(1, 10, 5, "old"), second(1)).await?;
    let new = Untrusted::new("new");
    assert_eq!(store.edit_message(HERE, id(1), &new).await?, [turn(1)]);
    assert_eq!(texts(store, HERE).await?, ["new"]);
    assert_eq!(store.unfinished().await?[0].event, said(1, 10, 5, "new"));
    assert_eq!(store.edit_message(ChannelId(11), id(1), &"other channel".into()).await?, []);
    store.settle(turn(1), &reply(1, 10, "mira", &["answer"])).await?;
    store.complete(turn(1), &[shown(0, 2)], &Outcome::Answered, None).await?;
    assert_eq!(store.edit_message(HERE, id(1), &"newest".into()).await?, []);
    assert_eq!(store.edit_message(HERE, id(2), &"not the character's words".into()).await?, []);
    assert_eq!(store.edit_message(HERE, id(7), &"unknown".into()).await?, []);
    assert_eq!(texts(store, HERE).await?, ["newest", "answer"]);
    Ok(())
}

pub(super) async fn a_deletion_leaves_nothing(store: &dyn Store) -> Result<()> {
    for n in 1..5 {
        store.observe(&message(n, 10 + n % 2, 5, &format!("m{n}"))).await?;
    }
    assert_eq!(store.delete_messages(HERE, &[id(1), id(2), id(9)]).await?, []);
    assert_eq!(texts(store, HERE).await?, ["m4"]);
    assert_eq!(texts(store, ChannelId(11)).await?, ["m1", "m3"], "another channel's message is not meant");
    assert_eq!(store.delete_messages(HERE, &[]).await?, []);
    Ok(())
}

pub(super) async fn a_deleted_trigger_is_withdrawn(store: &dyn Store) -> Result<()> {
    store.accept(&said(2, 10, 5, "b"), second(1)).await?;
    store.accept(&said(1, 10, 5, "a"), second(2)).await?;
    store.accept(&said(3, 10, 5, "c"), second(3)).await?;
    store.accept(&command(4, 10, 5), second(4)).await?;
    store.finish(turn(3), &Outcome::Cancelled, None).await?;
    let gone = store.delete_messages(HERE, &[id(4), id(3), id(2), id(1), id(2)]).await?;
    assert_eq!(gone, [turn(1), turn(2)], "unfinished turns of messages, by id");
    let pending = store.unfinished().await?;
    assert_eq!(pending[0].event, said(2, 10, 5, ""), "its text is gone");
    assert!(pending[0].withdrawn && pending[1].withdrawn && !pending[2].withdrawn);
    assert_eq!(texts(store, HERE).await?, [""; 0]);
    assert_eq!(store.edit_message(HERE, id(1), &"late".into()).await?, []);
    assert_eq!(store.abandon(turn(1), &Outcome::Cancelled, None).await?, []);
    Ok(())
}

pub(super) async fn a_reply_goes_with_its_last_message(store: &dyn Store) -> Result<()> {
    store.accept(&said(1, 10, 5, "q"), second(1)).await?;
    store.settle(turn(1), &reply(1, 10, "mira", &["a", "b"])).await?;
    store.posted(turn(1), shown(0, 2)).await?;
    store.delete_messages(HERE, &[id(2)]).await?;
    assert_eq!(texts(store, HERE).await?, ["q", "ab"], "the turn goes on");
    store.complete(turn(1), &[shown(0, 3), shown(1, 4)], &Outcome::Answered, None).await?;
    store.delete_messages(HERE, &[id(3)]).await?;
    let scene = store.scene(HERE, None, 9, Some(id(3))).await?;
    assert_eq!(scene.history[1].message, Some(id(4)), "the line stands at what is left");
    assert_eq!(scene.reply_target, None);
    store.delete_messages(HERE, &[id(4)]).await?;
    assert_eq!(texts(store, HERE).await?, ["q"]);
    assert_eq!(store.receipt(id(4)).await?, None);
    assert_eq!(store.scene(HERE, None, 9, None).await?.last_speaker, None);
    Ok(())
}

pub(super) async fn a_channel_is_forgotten_alone(store: &dyn Store) -> Result<()> {
    exchange(store, 1, "mira").await?;
    store.observe(&message(3, 11, 5, "there")).await?;
    store.accept(&said(4, 10, 5, "pending"), second(4)).await?;
    store.forget_channel(HERE).await?;
    assert_eq!(texts(store, HERE).await?, [""; 0]);
    assert_eq!(texts(store, ChannelId(11)).await?, ["there"]);
    assert_eq!(store.unfinished().await?.len(), 1);
    assert_eq!(store.cursors().await?.len(), 2);
    Ok(())
}

pub(super) async fn cursors_only_move_forward(store: &dyn Store) -> Result<()> {
    let mut thread = message(3, 12, 5, "in a thread");
    thread.place.kind = ChannelKind::Thread;
    let mut direct = message(5, 11, 5, "dm");
    (direct.place.kind, direct.place.guild, direct.place.parent) = (ChannelKind::Direct, None, None);
    store.observe(&thread).await?;
    store.observe(&direct).await?;
    store.accept(&said(2, 10, 5, "b"), second(2)).await?;
    store.accept(&said(1, 10, 5, "a"), second(3)).await?;
    store.accept(&command(9, 10, 5), second(4)).await?;
    let cursors = store.cursors().await?;
    assert_eq!(cursors, [(place(10), id(2)), (direct.place, id(5)), (thread.place, id(3))]);
    Ok(())
}

pub(super) async fn settings_are_scoped(store: &dyn Store) -> Result<()> {
    assert_eq!(store.setting("a", "k").await?, None);
    store.set_setting("a", "k", Some("1")).await?;
    store.set_setting("b", "k", Some("2")).await?;
    store.set_setting("a", "k", Some("")).await?;
    assert_eq!(store.setting("a", "k").await?.as_deref(), Some(""));
    store.set_setting("a", "k", None).await?;
    store.set_setting("a", "other", None).await?;
    assert_eq!(store.setting("a", "k").await?, None);
    assert_eq!(store.setting("b", "k").await?.as_deref(), Some("2"));
    store.set_setting("b", "j", Some("3")).await?;
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    assert_eq!(store.settings_in("b").await?, [pair("j", "3"), pair("k", "2")]);
    assert_eq!(store.settings_in("a").await?, []);
    store.check().await
}

pub(super) async fn counts_add_up(store: &dyn Store) -> Result<()> {
    assert_eq!(store.counts().await?, Counts::default());
    exchange(store, 1, "mira").await?;
    let outcomes = [
        Outcome::Ignored { reason: "quiet".to_owned() },
        Outcome::Failed { cause: "no model".to_owned() },
        Outcome::Cancelled,
        Outcome::Ignored { reason: "quiet".to_owned() },
    ];
    for (n, outcome) in (10..).zip(&outcomes) {
        store.accept(&said(n, 10, 5, "m"), second(n)).await?;
        store.finish(turn(n), outcome, None).await?;
    }
    store.accept(&command(20, 10, 5), second(20)).await?;
    let counts = Counts { answered: 1, ignored: 2, failed: 1, cancelled: 1, pending: 1, messages: 6 };
    assert_eq!(store.counts().await?, counts);
    let none = Retention { per_channel: 0, finished_for: Duration::ZERO, ..Retention::default() };
    store.prune(second(1_000), &none).await?;
    assert_eq!(store.counts().await?, Counts { messages: 0, ..counts }, "pruning does not change the past");
    Ok(())
}

pub(super) async fn pruning_keeps_the_newest(store: &dyn Store) -> Result<()> {
    for n in 0..5 {
        exchange(store, 10 * n, "mira").await?;
    }
    store.observe(&message(3, 11, 5, "there")).await?;
    let keep = Retention { per_channel: 3, finished_for: Duration::from_secs(20), ..Retention::default() };
    let pruned = store.prune(second(40), &keep).await?;
    assert_eq!(pruned, Pruned { turns: 2, lines: 7, receipts: 2, states: 0, items: 0 });
    assert_eq!(texts(store, HERE).await?, ["answer 30", "question 40", "answer 40"]);
    assert_eq!(texts(store, ChannelId(11)).await?, ["there"]);
    assert_eq!(store.receipt(id(11)).await?, None);
    assert!(store.receipt(id(21)).await?.is_some_and(|receipt| receipt.settled.is_some()));
    assert_eq!(store.prune(second(40), &keep).await?, Pruned::default());
    assert_eq!(store.accept(&said(20, 10, 5, "again"), second(50)).await?, Accepted::Duplicate);
    Ok(())
}

pub(super) async fn pruning_keeps_what_is_unfinished(store: &dyn Store) -> Result<()> {
    store.accept(&said(1, 10, 5, "q"), second(1)).await?;
    store.settle(turn(1), &reply(1, 10, "mira", &["a"])).await?;
    let before = store.unfinished().await?;
    store
        .prune(
            second(9_999),
            &Retention { per_channel: 9, finished_for: Duration::ZERO, ..Retention::default() },
        )
        .await?;
    assert_eq!(store.unfinished().await?, before);
    Ok(())
}

pub(super) async fn any_text_comes_back_whole(store: &dyn Store) -> Result<()> {
    let odd = "nul \0 quote ' \" emoji 👩‍👩‍👧 rtl \u{202e} lines\r\n\u{feff}".repeat(200);
    let mut event = message(1, 10, u64::MAX >> 1, &odd);
    event.author.name = Untrusted::new(odd.as_str());
    let event = Event::Message(Box::new(event));
    store.accept(&event, second(1)).await?;
    assert_eq!(store.unfinished().await?[0].event, event);
    let mut settled = reply(1, 10, "mira", &[&odd]);
    settled.prompt_receipt = serde_json::json!({ "text": odd, "z": 1, "a": [null, 0.5, u64::MAX] });
    store.settle(turn(1), &settled).await?;
    store.complete(turn(1), &[shown(0, 2)], &Outcome::Failed { cause: odd.clone() }, None).await?;
    assert_eq!(texts(store, HERE).await?, [odd.as_str(), &odd]);
    let why = store.receipt(id(2)).await?.and_then(|receipt| receipt.settled);
    assert_eq!(why.map(|why| why.prompt_receipt), Some(settled.prompt_receipt));
    store.set_setting(&odd, &odd, Some(&odd)).await?;
    assert_eq!(store.setting(&odd, &odd).await?, Some(odd));
    Ok(())
}

pub(super) async fn a_closed_store_says_so(store: &dyn Store) -> Result<()> {
    store.close().await?;
    store.close().await?;
    let answer = store.accept(&said(1, 10, 5, "q"), second(1)).await;
    assert!(matches!(answer, Err(StoreError::Unavailable { .. })), "{answer:?}");
    let answer = store.scene(HERE, None, 1, None).await;
    assert!(matches!(answer, Err(StoreError::Unavailable { .. })), "{answer:?}");
    let answer = store.check().await;
    assert!(matches!(answer, Err(StoreError::Unavailable { .. })), "{answer:?}");
    Ok(())
}
