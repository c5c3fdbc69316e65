//! Vectors, bonds and documents.

use std::collections::BTreeMap;

use domain::{
    CharacterId, GuildId, UserId,
    memory::{Detail, Draft, Item, ItemId},
};

use super::state::State;
use crate::{
    Bond, Document, KeptDocument, Origin, Result, StoreError, VectorModel, memories::check_draft,
    vector::pack,
};

const BAD: StoreError = StoreError::Invalid("this cannot be a vector");
const ANOTHER_LENGTH: StoreError = StoreError::Invalid("the model's other vectors have another length");

impl State {
    pub(super) fn without_vector(&self, model: &str, limit: u32) -> Vec<Item> {
        let vectors = self.vectors.get(model).map(|(_, vectors)| vectors);
        let without = self.items.keys().filter(|id| vectors.is_none_or(|vectors| !vectors.contains_key(*id)));
        without.take(limit as usize).filter_map(|id| self.get(*id)).collect()
    }

    pub(super) fn keep_vectors(&mut self, model: &str, vectors: &[(ItemId, Vec<f32>)]) -> Result<()> {
        let Some((_, first)) = vectors.first() else { return Ok(()) };
        if vectors.iter().any(|(_, vector)| vector.len() != first.len()) {
            return Err(ANOTHER_LENGTH);
        }
        let packed = vectors.iter().map(|(item, vector)| Some((*item, pack(vector)?)));
        let packed: Vec<_> = packed.collect::<Option<_>>().ok_or(BAD)?;
        let dimensions = u32::try_from(first.len()).map_err(|_| BAD)?;
        let (known, kept) =
            self.vectors.entry(model.to_owned()).or_insert_with(|| (dimensions, BTreeMap::new()));
        if *known != dimensions {
            return Err(ANOTHER_LENGTH);
        }
        for (item, vector) in packed.into_iter().filter(|(item, _)| self.items.contains_key(item)) {
            kept.entry(item).or_insert(vector);
        }
        Ok(())
    }

    pub(super) fn models(&self) -> Vec<VectorModel> {
        let models = self.vectors.iter();
        models
            .map(|(name, (dimensions, vectors))| VectorModel {
                name: name.clone(),
                dimensions: *dimensions,
                items: vectors.len() as u64,
            })
            .collect()
    }

    pub(super) fn bond(&self, place: u64, character: &CharacterId, user: UserId) -> Option<Bond> {
        self.bonds.get(&(place, character.clone(), user)).cloned()
    }

    pub(super) fn keep_bonds(&mut self, bonds: &[Bond]) -> Result<()> {
        bonds.iter().try_for_each(Bond::check)?;
        for bond in bonds.iter().filter(|bond| !self.opted_out.contains_key(&bond.user)) {
            let key = (bond.place, bond.character.clone(), bond.user);
            if self.bonds.get(&key).is_none_or(|kept| kept.version <= bond.version) {
                self.bonds.insert(key, bond.clone());
            }
        }
        Ok(())
    }

    pub(super) fn bonds_of(&self, user: UserId) -> Vec<Bond> {
        self.bonds.values().filter(|bond| bond.user == user).cloned().collect()
    }

    pub(super) fn forget_bonds(&mut self, user: UserId) -> u64 {
        let before = self.bonds.len();
        self.bonds.retain(|_, bond| bond.user != user);
        (before - self.bonds.len()) as u64
    }

    pub(super) fn put_document(&mut self, document: &Document, passages: &[Draft]) -> Result<u64> {
        document.check(passages)?;
        passages.iter().try_for_each(check_draft)?;
        let name = |one: &Document| (one.guild, one.character.clone(), one.name.clone());
        let old = self.documents.iter().find(|(_, kept)| name(kept) == name(document)).map(|(id, _)| *id);
        let count = self.documents.values().filter(|kept| kept.guild == document.guild).count() as u64;
        let most = Document::most(document.guild);
        match old {
            Some(old) => {
                self.remove_document(old);
            }
            None if count >= most => return Err(StoreError::Full { what: "documents", most }),
            None => {}
        }
        self.last_document += 1;
        let id = self.last_document;
        self.documents.insert(id, document.clone());
        for passage in passages {
            let mut passage = passage.clone();
            if let Detail::Passage { document, .. } = &mut passage.detail {
                *document = id;
            }
            passage.sources.clear();
            self.add(&passage);
        }
        Ok(id)
    }

    pub(super) fn documents(&self, guild: Option<GuildId>) -> Vec<KeptDocument> {
        self.listed(|document| document.guild == guild)
    }

    pub(super) fn documents_from(&self, origin: Origin) -> Vec<KeptDocument> {
        self.listed(|document| document.origin == origin)
    }

    fn listed(&self, wanted: impl Fn(&Document) -> bool) -> Vec<KeptDocument> {
        let listed = self.documents.iter().filter(|(_, document)| wanted(document));
        let mut listed: Vec<_> = listed
            .map(|(id, document)| KeptDocument {
                id: *id,
                document: document.clone(),
                passages: self.passages_of(*id).len() as u64,
            })
            .collect();
        let key = |kept: &KeptDocument| {
            let document = &kept.document;
            (document.guild, document.character.clone(), document.name.clone())
        };
        listed.sort_by_key(key);
        listed
    }

    fn passages_of(&self, id: u64) -> Vec<ItemId> {
        let is_it =
            |draft: &Draft| matches!(draft.detail, Detail::Passage { document, .. } if document == id);
        self.items.iter().filter(|(_, kept)| is_it(&kept.draft)).map(|(id, _)| *id).collect()
    }

    pub(super) fn remove_document(&mut self, id: u64) -> bool {
        self.passages_of(id).into_iter().for_each(|item| self.remove(item));
        self.documents.remove(&id).is_some()
    }
}
