//! How characters stand to people, kept in the store.
//!
//! Nothing is cached: a turn reads one bond and writes one, and two turns never share both a person and a character.

use domain::{
    CharacterId, MessageId, Timestamp, UserId,
    event::Place,
    memory::{Source, bond::Bond},
    state,
};
use store::Store;

/// Where bonds hold: on a server, or in a direct channel of its own.
pub(crate) fn home(place: &Place) -> u64 {
    place.guild.map_or_else(|| place.channel.get(), domain::GuildId::get)
}

/// How a character stands to a person; strangers where nothing is known.
pub(crate) async fn of(
    store: &dyn Store,
    place: &Place,
    character: &CharacterId,
    user: UserId,
) -> store::Result<Bond> {
    Ok(store.bond(home(place), character, user).await?.map(|kept| parse(&kept)).unwrap_or_default())
}

/// Takes in an exchange: what the person wrote, and that it was answered.
pub(crate) async fn met(
    store: &dyn Store,
    place: &Place,
    character: &CharacterId,
    (user, message, text): (UserId, MessageId, &str),
    at: Timestamp,
) -> store::Result<()> {
    let kept = store.bond(home(place), character, user).await?;
    let mut bond = kept.as_ref().map(parse).unwrap_or_default();
    if !bond.met(Source::Message(message), state::kindness(text), at) {
        return Ok(());
    }
    let version = kept.map_or(0, |kept| kept.version) + 1;
    let Ok(json) = serde_json::to_string(&bond) else {
        return Err(store::StoreError::Invalid("a bond cannot be written as JSON"));
    };
    let doc = store::Bond { place: home(place), character: character.clone(), user, version, json };
    store.keep_bonds(&[doc]).await
}

/// Takes back what came of messages of these people that are gone.
pub(crate) async fn forget(
    store: &dyn Store,
    people: &[UserId],
    messages: &[MessageId],
) -> store::Result<()> {
    let sources: Vec<_> = messages.iter().copied().map(Source::Message).collect();
    change(store, people, |bond| bond.forget(&sources)).await
}

/// A message of these people has other words.
pub(crate) async fn retell(
    store: &dyn Store,
    people: &[UserId],
    message: MessageId,
    text: &str,
) -> store::Result<()> {
    let tone = state::kindness(text);
    change(store, people, |bond| bond.retell(Source::Message(message), tone)).await
}

async fn change(
    store: &dyn Store,
    people: &[UserId],
    change: impl Fn(&mut Bond) -> bool + Send + Sync,
) -> store::Result<()> {
    let mut changed = Vec::new();
    for user in people {
        for kept in store.bonds_of(*user).await? {
            let mut bond = parse(&kept);
            if change(&mut bond)
                && let Ok(json) = serde_json::to_string(&bond)
            {
                changed.push(store::Bond { version: kept.version + 1, json, ..kept });
            }
        }
    }
    if changed.is_empty() { Ok(()) } else { store.keep_bonds(&changed).await }
}

/// The bond in a document.
pub(crate) fn parse(kept: &store::Bond) -> Bond {
    serde_json::from_str(&kept.json).unwrap_or_else(|error| {
        tracing::error!(character = %kept.character, %error, "a bond cannot be read; it begins anew");
        Bond::default()
    })
}

#[cfg(test)]
mod tests {
    use domain::{ChannelId, GuildId, event::ChannelKind};
    use store::memory::MemoryStore;

    use super::*;

    #[tokio::test]
    async fn a_deleted_message_is_taken_back_everywhere_and_others_stay() {
        let store = MemoryStore::new();
        let place =
            Place { guild: Some(GuildId(1)), channel: ChannelId(2), parent: None, kind: ChannelKind::Text };
        let (mira, user) = (CharacterId::new("mira").unwrap(), UserId(7));
        let at = Timestamp(1_790_000_000_000);
        for (number, text) in [(1, "you are wonderful!"), (2, "thank you, dear"), (2, "once more")] {
            met(&store, &place, &mira, (user, MessageId(number), text), at).await.unwrap();
        }
        assert_eq!(of(&store, &place, &mira, user).await.unwrap().exchanges(), 2, "each message once");
        let before = of(&store, &place, &mira, user).await.unwrap().affection(at);
        forget(&store, &[user], &[MessageId(1)]).await.unwrap();
        let bond = of(&store, &place, &mira, user).await.unwrap();
        assert_eq!(bond.exchanges(), 1);
        assert!(bond.affection(at) < before);
        let elsewhere = Place { guild: Some(GuildId(9)), ..place };
        assert_eq!(of(&store, &elsewhere, &mira, user).await.unwrap(), Bond::default());
    }
}
