//! The characters' states in SQL.

use async_trait::async_trait;
use rusqlite::params;
use store::{Result, StateDoc, States, check_key};

use crate::{
    SqliteStore,
    row::{Id, change, first},
    sql,
};

#[async_trait]
impl States for SqliteStore {
    async fn states(&self, keys: &[String]) -> Result<Vec<Option<StateDoc>>> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let keys = keys.to_vec();
        self.engine
            .read(move |connection| {
                let mut docs = Vec::with_capacity(keys.len());
                for key in keys {
                    let found = first(connection, sql::STATE, [&key], |row| Ok((row.get(0)?, row.get(1)?)))?;
                    docs.push(found.map(|(Id(version), json)| StateDoc { key, version, json }));
                }
                Ok(docs)
            })
            .await
    }

    async fn keep_states(&self, docs: &[StateDoc]) -> Result<()> {
        docs.iter().try_for_each(StateDoc::check)?;
        if docs.is_empty() {
            return Ok(());
        }
        let docs = docs.to_vec();
        self.engine
            .write(move |connection| {
                for doc in docs {
                    let (place, version) = (doc.place().map(Id), Id(doc.version));
                    change(connection, sql::KEEP_STATE, params![doc.key, place, version, doc.json])?;
                }
                Ok(())
            })
            .await
    }

    async fn forget_states(&self, key: &str) -> Result<()> {
        check_key(key)?;
        // "0" follows "/": what lies between begins with the key and a slash.
        let (key, below, behind) = (key.to_owned(), format!("{key}/"), format!("{key}0"));
        self.engine
            .write(move |connection| {
                change(connection, sql::FORGET_STATE, [key])?;
                change(connection, sql::FORGET_STATES, [below, behind])?;
                Ok(())
            })
            .await
    }
}
