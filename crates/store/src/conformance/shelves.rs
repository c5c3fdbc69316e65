//! States, and what guilds bring along.

use std::time::Duration;

use domain::{GuildId, MessageId, Timestamp, UserId, limits, time::DISCORD_EPOCH_MS};

use super::sample::{character, message, place, second};
use crate::{GuildBook, GuildCard, Result, Retention, STATE_BYTES, StateDoc, Store, StoreError};

const GUILD: GuildId = GuildId(900);

fn doc(key: &str, version: u64, json: &str) -> StateDoc {
    StateDoc { key: key.to_owned(), version, json: json.to_owned() }
}

async fn kept(store: &dyn Store, keys: &[&str]) -> Result<Vec<Option<String>>> {
    let keys: Vec<_> = keys.iter().map(|key| (*key).to_owned()).collect();
    let docs = store.states(&keys).await?;
    for (key, doc) in keys.iter().zip(&docs) {
        assert!(doc.as_ref().is_none_or(|doc| doc.key == *key));
    }
    Ok(docs.into_iter().map(|doc| doc.map(|doc| doc.json)).collect())
}

pub(super) async fn a_newer_state_stays(store: &dyn Store) -> Result<()> {
    assert_eq!(kept(store, &["mind/10"]).await?, [None]);
    assert_eq!(kept(store, &[]).await?, []);
    store.keep_states(&[doc("mind/10", 5, "five"), doc("mind/11", 1, "one")]).await?;
    store.keep_states(&[doc("mind/10", 4, "four"), doc("mind/11", 2, "two")]).await?;
    let [ten, eleven] = ["five", "two"].map(|json| Some(json.to_owned()));
    assert_eq!(
        kept(store, &["mind/11", "mind/12", "mind/10", "mind/11"]).await?,
        [eleven.clone(), None, ten, eleven]
    );
    store.keep_states(&[doc("mind/10", 5, "five again")]).await?;
    assert_eq!(
        kept(store, &["mind/10"]).await?,
        [Some("five again".to_owned())],
        "the same version, told again"
    );
    let versions = store.states(&["mind/10".to_owned()]).await?;
    assert_eq!(versions[0].as_ref().map(|doc| doc.version), Some(5));
    Ok(())
}

pub(super) async fn states_are_kept_all_or_none(store: &dyn Store) -> Result<()> {
    let long = "x".repeat(STATE_BYTES + 1);
    let wrong = [doc("", 1, "x"), doc("mind/ten eleven", 1, "x"), doc("mind/1", u64::MAX, "x")];
    for wrong in wrong.iter().chain([&doc("mind/1", 1, &long)]) {
        let answer = store.keep_states(&[doc("mind/10", 1, "x"), wrong.clone()]).await;
        assert!(matches!(answer, Err(StoreError::Invalid(_))), "{answer:?}");
    }
    assert_eq!(kept(store, &["mind/10"]).await?, [None]);
    Ok(())
}

pub(super) async fn states_are_forgotten_by_key(store: &dyn Store) -> Result<()> {
    let keys = ["timers/1", "timers/1/mira", "timers/1/nox", "timers/10", "timers/1-2", "mind/1"];
    let docs: Vec<_> = keys.iter().map(|key| doc(key, 1, key)).collect();
    store.keep_states(&docs).await?;
    store.forget_states("timers/1").await?;
    let left = kept(store, &keys).await?;
    assert_eq!(left.iter().map(Option::is_some).collect::<Vec<_>>(), [false, false, false, true, true, true]);
    let answer = store.forget_states("").await;
    assert!(matches!(answer, Err(StoreError::Invalid(_))), "everything is not forgotten by accident");
    Ok(())
}

fn card(guild: u64, name: &str, owner: u64, bytes: &[u8]) -> GuildCard {
    GuildCard {
        guild: GuildId(guild),
        id: character(name),
        owner: UserId(owner),
        card: bytes.to_vec(),
        file_name: format!("{name}.png"),
        added_at: second(owner),
    }
}

fn book(guild: u64, name: &str, owner: u64, json: &str) -> GuildBook {
    let (name, json) = (name.to_owned(), json.to_owned());
    GuildBook { guild: GuildId(guild), name, owner: UserId(owner), json, added_at: second(owner) }
}

pub(super) async fn a_card_is_not_overwritten_unasked(store: &dyn Store) -> Result<()> {
    let odd = [0, 255, 1, b'\'', 0];
    let mira = card(900, "mira", 5, &odd);
    store.put_card(&mira, false).await?;
    assert_eq!(store.card(GUILD, &mira.id).await?, Some(mira.clone()));
    let other = card(900, "mira", 6, b"other");
    let answer = store.put_card(&other, false).await;
    assert!(matches!(answer, Err(StoreError::Exists)), "{answer:?}");
    assert_eq!(store.card(GUILD, &mira.id).await?, Some(mira.clone()));
    store.put_card(&other, true).await?;
    let replaced = GuildCard { owner: mira.owner, ..other };
    assert_eq!(store.card(GUILD, &mira.id).await?, Some(replaced), "its owner stays");
    store.put_card(&card(901, "mira", 7, b"elsewhere"), false).await?;
    store.put_card(&card(900, "ivo", 8, b"second"), true).await?;
    let listed = store.cards(GUILD).await?;
    let names: Vec<_> = listed.iter().map(|one| (&*one.name, one.owner, one.bytes)).collect();
    assert_eq!(names, [("ivo", UserId(8), 6), ("mira", UserId(5), 5)]);
    assert_eq!((&*listed[0].file_name, listed[0].added_at), ("ivo.png", second(8)));
    assert!(store.remove_card(GUILD, &mira.id).await?);
    assert!(!store.remove_card(GUILD, &mira.id).await?);
    assert_eq!(store.card(GUILD, &mira.id).await?, None);
    assert!(store.card(GuildId(901), &mira.id).await?.is_some());
    Ok(())
}

pub(super) async fn a_book_is_not_overwritten_unasked(store: &dyn Store) -> Result<()> {
    let world = book(900, "The world, \"ours\"", 5, "{\"entries\": {}}");
    store.put_book(&world, false).await?;
    store.put_card(&card(900, "mira", 6, b"a card"), false).await?;
    let answer = store.put_book(&world, false).await;
    assert!(matches!(answer, Err(StoreError::Exists)), "{answer:?}");
    store.put_book(&book(900, &world.name, 6, "new"), true).await?;
    let replaced = GuildBook { json: "new".to_owned(), added_at: second(6), ..world.clone() };
    assert_eq!(store.book(GUILD, &world.name).await?, Some(replaced));
    assert_eq!(store.books(GUILD).await?.len(), 1);
    assert_eq!(store.books(GuildId(901)).await?, []);
    for wrong in [book(900, "", 5, "x"), book(900, &"é".repeat(101), 5, "x")] {
        assert!(matches!(store.put_book(&wrong, false).await, Err(StoreError::Invalid(_))));
    }
    assert!(store.remove_book(GUILD, &world.name).await?);
    assert!(!store.remove_book(GUILD, &world.name).await?);
    assert_eq!(store.book(GUILD, &world.name).await?, None);
    Ok(())
}

pub(super) async fn a_guilds_shelves_are_bounded(store: &dyn Store) -> Result<()> {
    for n in 0..limits::GUILD_CARDS {
        store.put_card(&card(900, &format!("c{n}"), 5, b"x"), false).await?;
    }
    for n in 0..limits::GUILD_BOOKS {
        store.put_book(&book(900, &format!("b{n}"), 5, "x"), false).await?;
    }
    let answer = store.put_card(&card(900, "one-more", 5, b"x"), true).await;
    assert!(matches!(answer, Err(StoreError::Full { what: "characters", .. })), "{answer:?}");
    let answer = store.put_book(&book(900, "one more", 5, "x"), false).await;
    assert!(matches!(answer, Err(StoreError::Full { what: "lorebooks", .. })), "{answer:?}");
    store.put_card(&card(900, "c7", 5, b"replaced"), true).await?;
    store.put_card(&card(901, "one-more", 5, b"x"), false).await?;
    let answer = store.put_card(&card(901, "large", 5, &vec![0; limits::CARD_BYTES + 1]), false).await;
    assert!(matches!(answer, Err(StoreError::TooLarge { .. })), "{answer:?}");
    let answer = store.put_book(&book(901, "large", 5, &"x".repeat(limits::BOOK_BYTES + 1)), false).await;
    assert!(matches!(answer, Err(StoreError::TooLarge { .. })), "{answer:?}");
    assert_eq!((store.cards(GuildId(901)).await?.len(), store.books(GuildId(901)).await?.len()), (1, 0));
    Ok(())
}

pub(super) async fn a_guild_cannot_fill_the_disk(store: &dyn Store) -> Result<()> {
    let large = vec![7; limits::CARD_BYTES];
    let fit = usize::try_from(limits::GUILD_LIBRARY_BYTES).unwrap_or(usize::MAX) / large.len();
    for n in 0..fit {
        store.put_card(&card(900, &format!("c{n}"), 5, &large), false).await?;
    }
    let answer = store.put_card(&card(900, "one-more", 5, &large), false).await;
    assert!(matches!(answer, Err(StoreError::Full { .. })), "{answer:?}");
    store.put_card(&card(900, "c0", 5, &large), true).await?;
    store.forget_guild(GUILD).await
}

pub(super) async fn what_was_in_mind_goes_with_a_channel_that_fell_silent(store: &dyn Store) -> Result<()> {
    let day = 24 * 3_600;
    let at = |days: u64| DISCORD_EPOCH_MS / 1_000 + (days * day).cast_signed();
    let id = |days: u64| ((days * day * 1_000) << 22) + 1;
    // Guild 900 has the number of its own channel 900, as the oldest guilds do.
    for (channel, days) in [(10, 1), (11, 300), (900, 1)] {
        let mut said = message(1, channel, 5, "hello");
        said.id = MessageId(id(days));
        store.observe(&said).await?;
    }
    let keys = ["mind/10", "timers/10/mira", "mind/11", "ties/900", "mind/900", "mind/77"];
    store.keep_states(&keys.map(|key| doc(key, 1, key))).await?;
    let keep = Retention { silent_for: Duration::from_secs(180 * day), ..Retention::default() };
    let now = Timestamp(at(400) * 1_000);
    assert_eq!(store.prune(now, &keep).await?.states, 2);
    let left: Vec<_> = kept(store, &keys).await?.iter().map(Option::is_some).collect();
    assert_eq!(left, [false, false, true, true, true, true]);
    assert_eq!(store.prune(now, &keep).await?.states, 0);
    Ok(())
}

pub(super) async fn a_guild_is_forgotten_whole(store: &dyn Store) -> Result<()> {
    // Channel 10 is in guild 900, channel 12 in another.
    store.observe(&message(1, 10, 5, "here")).await?;
    let mut there = message(2, 12, 5, "there");
    there.place.guild = Some(GuildId(901));
    store.observe(&there).await?;
    let keys = ["ties/900", "mind/10", "timers/10/mira", "ties/901", "mind/12", "odd", "odd/mira"];
    store.keep_states(&keys.map(|key| doc(key, 1, key))).await?;
    let scopes = ["guild/900", "channel/10", "guild/901", "channel/12", "guild/9000"];
    for scope in scopes {
        store.set_setting(scope, "rules", Some(scope)).await?;
    }
    for guild in [900, 901] {
        store.put_card(&card(guild, "mira", 5, b"x"), false).await?;
        store.put_book(&book(guild, "world", 5, "x"), false).await?;
    }
    store.forget_guild(GUILD).await?;
    let left = kept(store, &keys).await?;
    let left: Vec<_> = left.iter().map(Option::is_some).collect();
    assert_eq!(left, [false, false, false, true, true, true, true]);
    for (scope, is_left) in scopes.iter().zip([false, false, true, true, true]) {
        assert_eq!(store.setting(scope, "rules").await?.is_some(), is_left, "{scope}");
    }
    assert_eq!((store.cards(GUILD).await?, store.books(GUILD).await?), (vec![], vec![]));
    let other = GuildId(901);
    assert_eq!((store.cards(other).await?.len(), store.books(other).await?.len()), (1, 1));
    assert_eq!(store.scene(place(10).channel, None, 9, None).await?.history, [], "what was said goes");
    assert_eq!(store.scene(there.place.channel, None, 9, None).await?.history.len(), 1);
    Ok(())
}
