//! Documents, and bonds.

use domain::{
    GuildId, UserId, limits,
    memory::{Detail, Draft, Kind, Reach},
};

use super::sample::{self, character, second};
use crate::{Bond, Document, Origin, Result, Store, StoreError};

const GUILD: Option<GuildId> = Some(GuildId(900));

fn document(name: &str) -> Document {
    Document {
        guild: GUILD,
        character: None,
        category: "rules".to_owned(),
        name: name.to_owned(),
        origin: Origin::Command,
        added_by: Some(UserId(5)),
        added_at: second(1),
        sha256: "00".to_owned(),
        bytes: 12,
        trouble: None,
    }
}

fn passage(text: &str) -> Draft {
    Draft {
        reach: Reach::Guild(GuildId(900)),
        channel: None,
        about: None,
        detail: Detail::Passage { document: 0, heading: "Rules".to_owned() },
        ..sample::fact(1, text, &[])
    }
}

pub(super) async fn a_document_is_replaced_whole(store: &dyn Store) -> Result<()> {
    let first = store.put_document(&document("rules.md"), &[passage("old one"), passage("old two")]).await?;
    let listed = store.documents(GUILD).await?;
    assert_eq!((listed.len(), listed[0].id, listed[0].passages), (1, first, 2));
    assert_eq!(listed[0].document, document("rules.md"));
    let without = store.without_vector("m", 9).await?;
    let is_its =
        |draft: &Draft| matches!(draft.detail, Detail::Passage { document, .. } if document == first);
    assert!(without.len() == 2 && without.iter().all(|item| is_its(&item.draft)));
    let unread = Document { trouble: Some("It is no text.".to_owned()), ..document("rules.md") };
    let second = store.put_document(&unread, &[passage("new")]).await?;
    assert!(second > first);
    let without = store.without_vector("m", 9).await?;
    assert_eq!((without.len(), without[0].draft.text.raw()), (1, "new"));
    let own = Document { character: Some(character("mira")), ..document("rules.md") };
    store.put_document(&own, &[]).await?;
    store.put_document(&Document { guild: None, ..document("rules.md") }, &[]).await?;
    let listed = store.documents(GUILD).await?;
    assert_eq!(listed.iter().map(|kept| kept.document.clone()).collect::<Vec<_>>(), [unread, own]);
    assert_eq!(store.documents(None).await?.len(), 1);
    assert!(store.remove_document(second).await?);
    assert!(!store.remove_document(second).await?);
    assert_eq!(store.without_vector("m", 9).await?, []);
    store.forget_guild(GuildId(900)).await?;
    assert_eq!((store.documents(GUILD).await?.len(), store.documents(None).await?.len()), (0, 1));
    Ok(())
}

pub(super) async fn a_guilds_documents_are_bounded(store: &dyn Store) -> Result<()> {
    for n in 0..limits::GUILD_DOCUMENTS {
        store.put_document(&document(&n.to_string()), &[]).await?;
    }
    let answer = store.put_document(&document("one too many"), &[]).await;
    assert!(matches!(answer, Err(StoreError::Full { .. })), "{answer:?}");
    store.put_document(&document("0"), &[passage("instead of another")]).await?;
    store.put_document(&Document { guild: None, ..document("everybody's") }, &[]).await?;
    let long = vec![passage("x"); limits::DOCUMENT_PASSAGES + 1];
    let answer = store.put_document(&document("0"), &long).await;
    assert!(matches!(answer, Err(StoreError::Full { .. })), "{answer:?}");
    let odd = [passage("x"), sample::fact(1, "no passage", &[])];
    let answer = store.put_document(&document("0"), &odd).await;
    assert!(matches!(answer, Err(StoreError::Invalid(_))), "{answer:?}");
    assert_eq!(store.documents(GUILD).await?.iter().map(|kept| kept.passages).sum::<u64>(), 1);
    Ok(())
}

fn bond(place: u64, name: &str, user: u64, version: u64) -> Bond {
    Bond {
        place,
        character: character(name),
        user: UserId(user),
        version,
        json: format!("{{\"v\": {version}}}"),
    }
}

pub(super) async fn a_newer_bond_stays(store: &dyn Store) -> Result<()> {
    store.keep_bonds(&[bond(900, "mira", 5, 2), bond(900, "nox", 5, 1), bond(901, "mira", 5, 1)]).await?;
    store.keep_bonds(&[bond(900, "mira", 5, 1), bond(900, "nox", 5, 3), bond(900, "nox", 6, 1)]).await?;
    assert_eq!(store.bond(900, &character("mira"), UserId(5)).await?, Some(bond(900, "mira", 5, 2)));
    assert_eq!(store.bond(900, &character("nox"), UserId(5)).await?, Some(bond(900, "nox", 5, 3)));
    assert_eq!(store.bond(902, &character("nox"), UserId(5)).await?, None);
    let large = Bond { json: "x".repeat(100_000), ..bond(900, "ivo", 5, 1) };
    let answer = store.keep_bonds(&[bond(900, "ivo", 5, 1), large]).await;
    assert!(matches!(answer, Err(StoreError::Invalid(_))), "{answer:?}");
    let theirs = [bond(900, "mira", 5, 2), bond(900, "nox", 5, 3), bond(901, "mira", 5, 1)];
    assert_eq!(store.bonds_of(UserId(5)).await?, theirs, "all or none");
    store.forget_guild(GuildId(900)).await?;
    assert_eq!(store.bonds_of(UserId(5)).await?, theirs[2..]);
    assert_eq!((store.forget_bonds(UserId(5)).await?, store.bonds_of(UserId(5)).await?), (1, vec![]));
    assert_eq!(store.items_of(UserId(5), &[Kind::Fact], None, 9).await?, []);
    Ok(())
}
