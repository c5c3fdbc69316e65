//! What a short thread hangs on comes to mind first: the message, and what the channel above spoke of last, as far as
//! those who are in the thread may hear it.

use domain::{
    MessageId,
    audience::Audience,
    event::{ChannelKind, Place},
    memory::{Detail, Item, Source},
    prompt::Recollection,
    scene::Line,
};
use store::memories::may_hear;

use crate::app::App;

/// Lines from which on a thread speaks for itself.
const SHORT: usize = 12;

/// Puts it before what came to mind by itself, in the same room.
pub(super) async fn first(
    app: &App,
    place: &Place,
    audience: &Audience,
    history: &[Line],
    others: Vec<Recollection>,
) -> store::Result<Vec<Recollection>> {
    let (ChannelKind::Thread, Some(parent)) = (place.kind, place.parent) else { return Ok(others) };
    if history.len() >= SHORT {
        return Ok(others);
    }
    // A thread on a message has its number. Discord documentation, "Start Thread from Message".
    let message = MessageId(place.channel.get());
    let source = match app.store.receipt(message).await? {
        Some(receipt) => Source::Reply(receipt.turn.0),
        None => Source::Message(message),
    };
    let made = app.store.made_of(source).await?;
    let line =
        made.into_iter().find(|item| item.draft.detail == Detail::Line && may_hear(audience, &item.draft));
    let episode = app.store.episodes_of(parent, 0, audience, 1).await?.pop();
    let most = others.len().max(app.memory.recall as usize);
    let part =
        |item: Item, name: &str| Recollection { item, score: 0.0, parts: vec![(name.to_owned(), 0.0)] };
    let above: Vec<_> = line
        .map(|item| part(item, "the thread hangs on it"))
        .into_iter()
        .chain(episode.map(|item| part(item, "the channel above")))
        .collect();
    let new = |other: &Recollection| above.iter().all(|above| above.item.id != other.item.id);
    let others: Vec<_> = others.into_iter().filter(new).collect();
    Ok(above.into_iter().chain(others).take(most).collect())
}
