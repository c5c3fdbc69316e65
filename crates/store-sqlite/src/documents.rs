//! Documents in SQL.

use async_trait::async_trait;
use domain::{
    CharacterId, GuildId, Timestamp,
    memory::{Detail, Draft},
};
use rusqlite::{Connection, Row, params, types::ValueRef};
use store::{Document, Documents, KeptDocument, Origin, Result, StoreError, memories::check_draft};

use crate::{
    SqliteStore,
    fault::Fault,
    items::{add, number, remove},
    row::{Id, all, change, first, maybe_id, parsed},
    sql::memory as sql,
};

type Ran<T = ()> = std::result::Result<T, Fault>;

#[async_trait]
impl Documents for SqliteStore {
    async fn put_document(&self, document: &Document, passages: &[Draft]) -> Result<u64> {
        document.check(passages)?;
        passages.iter().try_for_each(check_draft)?;
        let (document, passages) = (document.clone(), passages.to_vec());
        self.engine.erase(move |connection| put(connection, &document, passages)).await
    }

    async fn documents(&self, guild: Option<GuildId>) -> Result<Vec<KeptDocument>> {
        let guild = Id(guild.map_or(0, GuildId::get));
        self.engine.read(move |connection| Ok(all(connection, sql::DOCUMENTS, [guild], kept)?)).await
    }

    async fn documents_from(&self, origin: Origin) -> Result<Vec<KeptDocument>> {
        let origin = origin_column(origin);
        self.engine.read(move |connection| Ok(all(connection, sql::DOCUMENTS_FROM, [origin], kept)?)).await
    }

    async fn remove_document(&self, id: u64) -> Result<bool> {
        self.engine.erase(move |connection| take_away(connection, Id(id))).await
    }
}

fn put(connection: &Connection, document: &Document, passages: Vec<Draft>) -> Ran<u64> {
    let Document { guild, character, category, name, origin, added_by, added_at, sha256, bytes, trouble } =
        document;
    let (of, character) = (Id(guild.map_or(0, GuildId::get)), character.as_ref().map(CharacterId::as_str));
    let old =
        first(connection, sql::DOCUMENT_NAMED, params![of, character.unwrap_or(""), name], |row| row.get(0))?;
    if let Some(old) = old {
        take_away(connection, old)?;
    } else {
        let (most, count) = (Document::most(*guild), number(connection, sql::DOCUMENT_COUNT, [of])?);
        if count.is_some_and(|count| count.cast_unsigned() >= most) {
            return Err(StoreError::Full { what: "documents", most }.into());
        }
    }
    let (guild, by) = (guild.map(|id| Id(id.0)), added_by.map(|id| Id(id.0)));
    let (origin, at, bytes) = (origin_column(*origin), added_at.as_millis(), Id(*bytes));
    let row = params![guild, character, category, name, origin, by, at, sha256, bytes, trouble];
    let added = connection.prepare_cached(sql::ADD_DOCUMENT)?.query_row(row, |row| row.get::<_, Id>(0))?;
    for mut passage in passages {
        if let Detail::Passage { document, .. } = &mut passage.detail {
            *document = added.0;
        }
        passage.sources.clear();
        add(connection, &passage)?;
    }
    Ok(added.0)
}

/// Removes a document and its passages; answers whether it was there.
pub(crate) fn take_away(connection: &Connection, document: Id) -> Ran<bool> {
    for passage in all(connection, sql::PASSAGES_OF, [document], |row| row.get(0))? {
        remove(connection, passage)?;
    }
    Ok(change(connection, sql::DROP_DOCUMENT, [document])? > 0)
}

fn origin_column(origin: Origin) -> &'static str {
    match origin {
        Origin::Folder => "folder",
        Origin::Command => "command",
    }
}

fn kept(row: &Row<'_>) -> rusqlite::Result<KeptDocument> {
    let character = if row.get_ref(2)? == ValueRef::Null { None } else { Some(parsed(row, 2)?) };
    let document = Document {
        guild: maybe_id(row, 1)?,
        character,
        category: row.get(3)?,
        name: row.get(4)?,
        origin: if row.get_ref(5)?.as_str()? == "folder" { Origin::Folder } else { Origin::Command },
        added_by: maybe_id(row, 6)?,
        added_at: Timestamp(row.get(7)?),
        sha256: row.get(8)?,
        bytes: row.get::<_, Id>(9)?.0,
        trouble: row.get(10)?,
    };
    let passages = row.get::<_, Id>(11)?.0;
    Ok(KeptDocument { id: row.get::<_, Id>(0)?.0, document, passages })
}
