//! The bonds in SQL.

use async_trait::async_trait;
use domain::{CharacterId, UserId};
use rusqlite::{Row, params};
use store::{Bond, Bonds, Result};

use crate::{
    SqliteStore,
    row::{Id, all, change, first, id, parsed},
    sql::memory as sql,
};

#[async_trait]
impl Bonds for SqliteStore {
    async fn bond(&self, place: u64, character: &CharacterId, user: UserId) -> Result<Option<Bond>> {
        let character = character.clone();
        self.engine
            .read(move |connection| {
                let of = params![Id(place), character.as_str(), Id(user.get())];
                Ok(first(connection, sql::BOND, of, bond)?)
            })
            .await
    }

    async fn keep_bonds(&self, bonds: &[Bond]) -> Result<()> {
        bonds.iter().try_for_each(Bond::check)?;
        let bonds = bonds.to_vec();
        self.engine
            .write(move |connection| {
                for bond in bonds {
                    let (place, user, version) = (Id(bond.place), Id(bond.user.get()), Id(bond.version));
                    let row = params![place, bond.character.as_str(), user, version, bond.json];
                    change(connection, sql::KEEP_BOND, row)?;
                }
                Ok(())
            })
            .await
    }

    async fn bonds_of(&self, user: UserId) -> Result<Vec<Bond>> {
        self.engine.read(move |connection| Ok(all(connection, sql::BONDS_OF, [Id(user.get())], bond)?)).await
    }

    async fn forget_bonds(&self, user: UserId) -> Result<u64> {
        self.engine
            .erase(move |connection| Ok(change(connection, sql::FORGET_BONDS_OF, [Id(user.get())])? as u64))
            .await
    }
}

fn bond(row: &Row<'_>) -> rusqlite::Result<Bond> {
    Ok(Bond {
        place: row.get::<_, Id>(0)?.0,
        character: parsed(row, 1)?,
        user: id(row, 2)?,
        version: row.get::<_, Id>(3)?.0,
        json: row.get(4)?,
    })
}
