//! Single messages, and channels that are no more.

use domain::{ChannelId, MessageId, UserId};

use super::sample::{character, id, message, remark, reply, said, second, shown};
use crate::{KeptMessage, Outcome, Result, Store, TurnId};

const HERE: ChannelId = ChannelId(10);
const ALL: (MessageId, MessageId) = (MessageId(0), MessageId(u64::MAX));

/// The messages that something is kept of, with their words.
async fn kept(
    store: &dyn Store,
    channel: ChannelId,
    (from, until): (MessageId, MessageId),
    limit: u32,
) -> Result<Vec<(MessageId, Option<String>)>> {
    let kept = store.kept_messages(channel, from, until, limit).await?;
    let words = |kept: KeptMessage| (kept.message, kept.text.map(|text| text.raw().to_owned()));
    Ok(kept.into_iter().map(words).collect())
}

/// A question at second 1 in a channel, and its answer in two messages at the seconds 3 and 4.
async fn exchange(store: &dyn Store, channel: u64) -> Result<()> {
    store.accept(&said(1, channel, 5, "question"), second(1)).await?;
    let turn = TurnId::from(id(1));
    store.settle(turn, &reply(1, channel, "mira", &["a", "b"])).await?;
    store.complete(turn, &[shown(0, 3), shown(1, 4)], &Outcome::Answered, None).await
}

pub(super) async fn what_is_kept_of_messages_is_listed(store: &dyn Store) -> Result<()> {
    exchange(store, 10).await?;
    store.observe(&message(2, 10, 6, "between")).await?;
    store.observe(&message(5, 11, 5, "elsewhere")).await?;
    let text = |text: &str| Some(text.to_owned());
    let all = [(id(4), None), (id(3), None), (id(2), text("between")), (id(1), text("question"))];
    assert_eq!(kept(store, HERE, ALL, 9).await?, all);
    assert_eq!(kept(store, HERE, ALL, 3).await?, all[..3]);
    assert_eq!(kept(store, HERE, (id(2), id(3)), 9).await?, all[1..3], "both ends are among them");
    store.edit_message(HERE, id(2), &"other words".into()).await?;
    store.delete_messages(HERE, &[id(1), id(4)]).await?;
    assert_eq!(kept(store, HERE, ALL, 9).await?, [(id(3), None), (id(2), text("other words"))]);
    assert_eq!(kept(store, ChannelId(12), ALL, 9).await?, []);
    Ok(())
}

pub(super) async fn of_a_channel_that_is_no_more_nothing_is_left(store: &dyn Store) -> Result<()> {
    exchange(store, 10).await?;
    store.accept(&said(6, 10, 5, "pending"), second(6)).await?;
    let cue = remark(7, 10, "mira");
    store.accept(&domain::event::Event::Cue(Box::new(cue)), second(7)).await?;
    store.observe(&message(5, 11, 5, "elsewhere")).await?;
    store.drop_channel(HERE).await?;
    assert_eq!(kept(store, HERE, ALL, 9).await?, []);
    let scene = store.scene(HERE, None, 9, Some(id(3))).await?;
    assert_eq!(scene, crate::SceneRecord::default());
    assert_eq!(store.receipt(id(3)).await?, None);
    assert_eq!(store.unfinished().await?, []);
    assert_eq!(store.unremembered(9).await?.len(), 1);
    let cursors = store.cursors().await?;
    assert_eq!(cursors.iter().map(|(place, _)| place.channel).collect::<Vec<_>>(), [ChannelId(11)]);
    assert_eq!(kept(store, ChannelId(11), ALL, 9).await?.len(), 1);
    store.drop_channel(HERE).await?;
    // A turn that was under way is unknown now: nothing of it comes back.
    assert!(store.settle(TurnId::from(id(6)), &reply(6, 10, "mira", &["late"])).await.is_err());
    assert_eq!(store.bond(10, &character("mira"), UserId(5)).await?, None);
    Ok(())
}
