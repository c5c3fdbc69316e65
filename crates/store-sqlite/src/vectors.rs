//! The items' vectors in SQL.

use async_trait::async_trait;
use domain::memory::{Item, ItemId};
use rusqlite::{Connection, params};
use store::{Result, StoreError, VectorModel, Vectors, memories::scope, vector::pack};

use crate::{
    SqliteStore,
    fault::Fault,
    items::{items, number, reach},
    memories::key,
    row::{all, change, first},
    sql::memory as sql,
};

type Ran<T = ()> = std::result::Result<T, Fault>;

/// Vectors that one transaction removes.
const DROP_BATCH: u32 = 2_000;

const BAD: StoreError = StoreError::Invalid("this cannot be a vector");
const ANOTHER_LENGTH: StoreError = StoreError::Invalid("the model's other vectors have another length");

#[async_trait]
impl Vectors for SqliteStore {
    async fn without_vector(&self, model: &str, limit: u32) -> Result<Vec<Item>> {
        let model = model.to_owned();
        self.engine
            .read(move |connection| Ok(items(connection, sql::WITHOUT_VECTOR, params![model, limit])?))
            .await
    }

    async fn keep_vectors(&self, model: &str, vectors: &[(ItemId, Vec<f32>)]) -> Result<()> {
        let Some((_, first)) = vectors.first() else { return Ok(()) };
        let dimensions = u32::try_from(first.len()).map_err(|_| BAD)?;
        if vectors.iter().any(|(_, vector)| vector.len() != first.len()) {
            return Err(ANOTHER_LENGTH);
        }
        let packed = vectors.iter().map(|(item, vector)| Some((*item, pack(vector)?)));
        let packed: Vec<_> = packed.collect::<Option<_>>().ok_or(BAD)?;
        let model = model.to_owned();
        self.engine.write(move |connection| keep(connection, &model, dimensions, packed)).await
    }

    async fn models(&self) -> Result<Vec<VectorModel>> {
        self.engine
            .read(|connection| {
                Ok(all(connection, sql::MODELS, [], |row| {
                    let items = row.get::<_, i64>(2)?.cast_unsigned();
                    Ok(VectorModel { name: row.get(0)?, dimensions: row.get(1)?, items })
                })?)
            })
            .await
    }

    async fn drop_models_but(&self, model: &str) -> Result<()> {
        let model = model.to_owned();
        let others: Vec<i64> = self
            .engine
            .read(move |connection| Ok(all(connection, sql::MODELS_BUT, [model], |row| row.get(0))?))
            .await?;
        for other in others {
            let drop_some = move |connection: &Connection| -> Ran<bool> {
                let dropped = change(connection, sql::DROP_VECTORS, params![other, DROP_BATCH])?;
                let is_last = dropped < DROP_BATCH as usize;
                if is_last {
                    change(connection, sql::DROP_MODEL, [other])?;
                }
                Ok(is_last)
            };
            while !self.engine.write(drop_some).await? {}
        }
        Ok(())
    }
}

fn keep(connection: &Connection, model: &str, dimensions: u32, vectors: Vec<(ItemId, Vec<u8>)>) -> Ran {
    let known =
        first(connection, sql::MODEL, [model], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, u32>(1)?)))?;
    let model = match known {
        Some((_, length)) if length != dimensions => return Err(ANOTHER_LENGTH.into()),
        Some((model, _)) => model,
        None => number(connection, sql::ADD_MODEL, params![model, dimensions])?.ok_or(BAD)?,
    };
    for (item, vector) in vectors {
        if let Some(reach) = first(connection, sql::REACH, [key(item)], |row| reach(row, 0))? {
            change(connection, sql::ADD_VECTOR, params![key(item), model, scope(reach), vector])?;
        }
    }
    change(connection, sql::ADVANCE, [model])?;
    Ok(())
}
