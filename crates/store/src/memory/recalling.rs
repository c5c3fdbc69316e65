//! The traits of what is remembered, over the model.

use async_trait::async_trait;
use domain::{
    ChannelId, CharacterId, GuildId, Timestamp, Untrusted, UserId,
    audience::Audience,
    memory::{Draft, Item, ItemId, Kind, Reach, Source},
};

use super::MemoryStore;
use crate::{
    Bond, Bonds, Document, Documents, KeptDocument, Lesson, Memories, Origin, Result, RowToken, Unremembered,
    VectorModel, Vectors,
};

#[async_trait]
impl Memories for MemoryStore {
    async fn unremembered(&self, limit: u32) -> Result<Vec<Unremembered>> {
        self.with(|state| Ok(state.unremembered(limit)))
    }

    async fn remember(&self, lines: &[(RowToken, Option<Draft>)]) -> Result<Vec<ItemId>> {
        self.with(|state| state.remember_lines(lines))
    }

    async fn add_items(&self, items: &[Draft]) -> Result<Vec<ItemId>> {
        self.with(|state| state.add_items(items))
    }

    async fn unlearned(&self, quiet_before: Timestamp, at_least: u32, limit: u32) -> Result<Vec<Vec<Item>>> {
        self.with(|state| Ok(state.unlearned(quiet_before, at_least, limit)))
    }

    async fn learn(&self, lesson: &Lesson) -> Result<Vec<ItemId>> {
        self.with(|state| state.learn(lesson))
    }

    async fn untold(
        &self,
        level: u8,
        quiet_before: Timestamp,
        at_least: u32,
        limit: u32,
    ) -> Result<Vec<Vec<Item>>> {
        self.with(|state| Ok(state.untold(level, quiet_before, at_least, limit)))
    }

    async fn tell(&self, of: &[ItemId], episode: &Draft) -> Result<Option<ItemId>> {
        self.with(|state| state.tell(of, episode))
    }

    async fn about(&self, person: UserId, audience: &Audience, limit: u32) -> Result<Vec<Item>> {
        self.with(|state| Ok(state.about(person, audience, limit)))
    }

    async fn item(&self, id: ItemId) -> Result<Option<Item>> {
        self.with(|state| Ok(state.get(id)))
    }

    async fn items_of(
        &self,
        person: UserId,
        kinds: &[Kind],
        before: Option<ItemId>,
        limit: u32,
    ) -> Result<Vec<Item>> {
        self.with(|state| Ok(state.items_of(person, kinds, before, limit)))
    }

    async fn made_of(&self, source: Source) -> Result<Vec<Item>> {
        self.with(|state| Ok(state.made_of(source)))
    }

    async fn older(&self, channel: ChannelId, before: Timestamp, limit: u32) -> Result<Vec<ItemId>> {
        self.with(|state| Ok(state.older(channel, before, limit)))
    }

    async fn correct(&self, id: ItemId, text: &Untrusted) -> Result<Option<ItemId>> {
        self.with(|state| state.correct(id, text))
    }

    async fn share(&self, id: ItemId, reach: Reach) -> Result<Option<ItemId>> {
        self.with(|state| Ok(state.share(id, reach)))
    }

    async fn remove_items(&self, ids: &[ItemId]) -> Result<u64> {
        self.with(|state| Ok(state.remove_items(ids)))
    }
}

#[async_trait]
impl Vectors for MemoryStore {
    async fn without_vector(&self, model: &str, limit: u32) -> Result<Vec<Item>> {
        self.with(|state| Ok(state.without_vector(model, limit)))
    }

    async fn keep_vectors(&self, model: &str, vectors: &[(ItemId, Vec<f32>)]) -> Result<()> {
        self.with(|state| state.keep_vectors(model, vectors))
    }

    async fn models(&self) -> Result<Vec<VectorModel>> {
        self.with(|state| Ok(state.models()))
    }

    async fn drop_models_but(&self, model: &str) -> Result<()> {
        self.with(|state| {
            state.vectors.retain(|name, _| name == model);
            Ok(())
        })
    }
}

#[async_trait]
impl Bonds for MemoryStore {
    async fn bond(&self, place: u64, character: &CharacterId, user: UserId) -> Result<Option<Bond>> {
        self.with(|state| Ok(state.bond(place, character, user)))
    }

    async fn keep_bonds(&self, bonds: &[Bond]) -> Result<()> {
        self.with(|state| state.keep_bonds(bonds))
    }

    async fn bonds_of(&self, user: UserId) -> Result<Vec<Bond>> {
        self.with(|state| Ok(state.bonds_of(user)))
    }

    async fn forget_bonds(&self, user: UserId) -> Result<u64> {
        self.with(|state| Ok(state.forget_bonds(user)))
    }
}

#[async_trait]
impl Documents for MemoryStore {
    async fn put_document(&self, document: &Document, passages: &[Draft]) -> Result<u64> {
        self.with(|state| state.put_document(document, passages))
    }

    async fn documents(&self, guild: Option<GuildId>) -> Result<Vec<KeptDocument>> {
        self.with(|state| Ok(state.documents(guild)))
    }

    async fn documents_from(&self, origin: Origin) -> Result<Vec<KeptDocument>> {
        self.with(|state| Ok(state.documents_from(origin)))
    }

    async fn remove_document(&self, id: u64) -> Result<bool> {
        self.with(|state| Ok(state.remove_document(id)))
    }
}
