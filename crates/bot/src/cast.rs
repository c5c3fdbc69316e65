//! The cast: built-in characters, those of a folder, and in a guild those that its members imported.

mod casts;
mod claims;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use domain::{CharacterId, UserId, character::Character, limits, outbound::Persona};
use include_dir::{Dir, include_dir};

pub use casts::{Casts, NoCard};
pub(crate) use claims::Claim;

use crate::{
    cards::{self, Card, CardFileError, Problem, shelf::Shelved},
    config::CharactersConfig,
};

/// The cards that come with the program: adding one is adding a file.
static BUILT_IN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../characters");

/// Everybody who can speak somewhere, as it is at one moment; [`Casts`] has one for each guild.
#[derive(Clone, Debug)]
pub struct Cast {
    characters: Vec<Arc<Character>>,
    faces: HashMap<CharacterId, Arc<[u8]>>,
    origins: HashMap<CharacterId, Origin>,
}

/// Where a character's card is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// In the program itself.
    BuiltIn,
    /// In a folder.
    Folder(Shelved),
    /// In the store: a member of this guild imported it.
    Guild {
        /// Who.
        owner: UserId,
    },
}

/// The cast cannot be put together; the sentence names the file.
#[derive(Debug, thiserror::Error)]
pub enum CastError {
    /// A folder or file cannot be read.
    #[error("{} cannot be read: {cause}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// A card is not one; the sentence begins with its file.
    #[error(transparent)]
    BadCard(#[from] CardFileError),
    /// The configuration asks for somebody who is not there.
    #[error("characters.enabled names `{wanted}`, but there is only: {known}")]
    Unknown {
        /// Who.
        wanted: String,
        /// Who is there.
        known: String,
    },
    /// Too many.
    #[error("{0} characters are more than the {max} that fit", max = limits::CHARACTERS)]
    TooMany(usize),
}

impl Cast {
    /// Reads the built-in cast and the configured folder.
    pub fn load(config: &CharactersConfig) -> Result<Self, CastError> {
        let mut cast = Self { characters: Vec::new(), faces: HashMap::new(), origins: HashMap::new() };
        let mut files: Vec<_> = BUILT_IN.files().collect();
        files.sort_by_key(|file| file.path());
        for file in files.iter().filter(|file| file.path().extension().is_some_and(|e| e == "json")) {
            let card = cards::read(file.contents(), &file.path().display().to_string())?;
            let face =
                BUILT_IN.get_file(file.path().with_extension("png")).map(|face| Arc::from(face.contents()));
            cast.add(card, face, Origin::BuiltIn);
        }
        if let Some(folder) = &config.folder {
            cast.add_folder(folder)?;
        }
        cast.keep_enabled(&config.enabled)?;
        if cast.characters.len() > limits::CHARACTERS {
            return Err(CastError::TooMany(cast.characters.len()));
        }
        Ok(cast)
    }

    /// Everybody, in order.
    pub fn characters(&self) -> &[Arc<Character>] {
        &self.characters
    }

    /// Somebody by id.
    pub fn by_id(&self, id: &CharacterId) -> Option<&Arc<Character>> {
        self.characters.iter().find(|character| character.id == *id)
    }

    /// Somebody by id, name or alias, whatever the case.
    pub fn by_name(&self, name: &str) -> Option<&Arc<Character>> {
        let wanted = name.trim().to_lowercase();
        self.characters.iter().find(|character| {
            character.id.as_str() == wanted || character.names().any(|name| name.to_lowercase() == wanted)
        })
    }

    /// A character's face as PNG.
    pub fn face(&self, id: &CharacterId) -> Option<&Arc<[u8]>> {
        self.faces.get(id)
    }

    /// Where a character's card is.
    pub fn origin(&self, id: &CharacterId) -> Option<&Origin> {
        self.origins.get(id)
    }

    /// A built-in character's or a folder's card with its face, read anew as it was written. A guild's own are in the
    /// store: [`Casts::card`].
    pub fn card(&self, id: &CharacterId) -> Option<Result<Card, CardFileError>> {
        let card = match self.origins.get(id)? {
            Origin::Folder(shelved) => shelved.open(),
            Origin::Guild { .. } => return None,
            Origin::BuiltIn => {
                let file = format!("{id}.json");
                cards::read(BUILT_IN.get_file(&file)?.contents(), &file)
            }
        };
        // A card in the place of a built-in one may go without a face of its own.
        Some(card.map(|card| match self.faces.get(id) {
            Some(face) if card.portrait().is_none() => card.with_portrait(face),
            _ => card,
        }))
    }

    /// As whom a character speaks.
    pub fn persona(&self, character: &Character) -> Persona {
        Persona {
            character: character.id.clone(),
            name: character.name.as_str().into(),
            avatar: self.faces.get(&character.id).cloned(),
        }
    }

    /// Somebody else's name that a card's names would be taken for: two of one name could not be told apart, and in
    /// a channel they would share a webhook.
    pub fn namesake(&self, character: &Character) -> Option<&Arc<Character>> {
        let mut others = self.characters.iter().filter(|other| other.id != character.id);
        others.find(|other| {
            claims::are_same(&other.name, &character.name)
                || other.name.to_lowercase() == character.name.to_lowercase()
        })
    }

    /// How many characters of this cast somebody imported.
    pub fn owned_by(&self, user: UserId) -> usize {
        self.origins
            .values()
            .filter(|origin| matches!(origin, Origin::Guild { owner } if *owner == user))
            .count()
    }

    fn add(&mut self, card: Card, face: Option<Arc<[u8]>>, origin: Origin) {
        let (character, portrait) = card.into_parts();
        self.put(character, face.or(portrait.map(Arc::from)), origin);
    }

    /// Puts somebody in, in the place of who had the id before.
    fn put(&mut self, character: Character, face: Option<Arc<[u8]>>, origin: Origin) {
        // A card in the place of a built-in one may go without a face of its own.
        if let Some(face) = face {
            self.faces.insert(character.id.clone(), face);
        }
        self.origins.insert(character.id.clone(), origin);
        match self.characters.iter_mut().find(|known| known.id == character.id) {
            Some(known) => *known = Arc::new(character),
            None => self.characters.push(Arc::new(character)),
        }
    }

    fn add_folder(&mut self, folder: &Path) -> Result<(), CastError> {
        let shelved = cards::shelf::list(folder)
            .map_err(|cause| CastError::Unreadable { path: folder.to_path_buf(), cause })?;
        for shelved in shelved {
            match shelved.open() {
                Ok(card) => {
                    for note in card.notes() {
                        tracing::debug!(card = %shelved.card.display(), note, "something of a card was not taken");
                    }
                    let origin = Origin::Folder(shelved);
                    if let Some(Origin::Folder(other)) = self.origins.get(&card.character().id) {
                        let (other, id) = (other.card.display(), &card.character().id);
                        tracing::warn!(%id, %other, "two cards have this id: the other one is passed over");
                    }
                    self.add(card, None, origin);
                }
                // Somebody's picture among the cards is no reason not to start.
                Err(CardFileError { problem: Problem::NoCardInPicture, .. }) => {
                    tracing::warn!(picture = %shelved.card.display(), "a picture without a card is passed over");
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn keep_enabled(&mut self, enabled: &[String]) -> Result<(), CastError> {
        if enabled.is_empty() {
            return Ok(());
        }
        let mut kept = Vec::with_capacity(enabled.len());
        for wanted in enabled {
            let Some(character) = self.by_name(wanted) else {
                let known = self.characters.iter().map(|c| c.id.as_str()).collect::<Vec<_>>().join(", ");
                return Err(CastError::Unknown { wanted: wanted.clone(), known });
            };
            if !kept.iter().any(|other| Arc::ptr_eq(other, character)) {
                kept.push(character.clone());
            }
        }
        self.characters = kept;
        // Who is not here takes nobody's id.
        self.origins.retain(|id, _| self.characters.iter().any(|character| character.id == *id));
        self.faces.retain(|id, _| self.characters.iter().any(|character| character.id == *id));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn everybody() -> Cast {
        Cast::load(&CharactersConfig { folder: None, enabled: Vec::new() }).unwrap()
    }

    #[test]
    fn the_built_in_cast_has_ten_characters_with_faces() {
        let cast = everybody();
        assert_eq!(cast.characters().len(), 10);
        for character in cast.characters() {
            assert!(
                cast.face(&character.id).is_some_and(|face| face.starts_with(b"\x89PNG")),
                "{}",
                character.id
            );
        }
    }

    #[test]
    fn nobody_answers_to_another_ones_name() {
        let cast = everybody();
        for character in cast.characters() {
            for name in character.names() {
                assert_eq!(cast.by_name(name).unwrap().id, character.id, "{name}");
            }
        }
    }

    #[test]
    fn a_folder_adds_and_replaces_and_names_a_bad_file() {
        let folder = tempfile::tempdir().unwrap();
        let card = |name: &str| {
            format!(
                r#"{{"spec":"chara_card_v2","spec_version":"2.0","data":{{"name":"{name}","description":"x","personality":"","scenario":"","first_mes":"","mes_example":""}}}}"#
            )
        };
        std::fs::write(folder.path().join("new.json"), card("Quill")).unwrap();
        let config = CharactersConfig { folder: Some(folder.path().into()), enabled: vec!["quill".into()] };
        assert_eq!(Cast::load(&config).unwrap().characters().len(), 1);

        std::fs::write(folder.path().join("bad.json"), "{").unwrap();
        let error = Cast::load(&config).unwrap_err().to_string();
        assert!(error.contains("bad.json"), "{error}");
    }

    #[test]
    fn who_is_not_enabled_leaves_nothing() {
        let config = CharactersConfig { folder: None, enabled: vec!["imke".into(), "imke".into()] };
        let cast = Cast::load(&config).unwrap();
        assert_eq!(cast.characters().len(), 1);
        let zibbik = CharacterId::new("zibbik").unwrap();
        assert!(
            cast.origin(&zibbik).is_none() && cast.face(&zibbik).is_none() && cast.card(&zibbik).is_none()
        );
    }

    #[test]
    fn every_card_can_be_had_as_it_was_written() {
        let cast = everybody();
        for character in cast.characters() {
            let card = cast.card(&character.id).unwrap().unwrap();
            assert_eq!(card.character(), &**character);
            assert_eq!(card.portrait(), cast.face(&character.id).map(|face| &**face));
            assert_eq!(cast.origin(&character.id), Some(&Origin::BuiltIn));
        }
    }

    #[test]
    fn an_unknown_name_in_the_configuration_lists_the_known_ones() {
        let config = CharactersConfig { folder: None, enabled: vec!["nobody-there".into()] };
        let error = Cast::load(&config).unwrap_err().to_string();
        assert!(error.contains("nobody-there") && error.contains("there is only"), "{error}");
    }
}
