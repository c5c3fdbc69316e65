//! The cast: built-in characters and those of a folder.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use domain::{CharacterId, card, character::Character, limits, outbound::Persona};
use include_dir::{Dir, include_dir};

use crate::config::CharactersConfig;

/// The cards that come with the program: adding one is adding a file.
static BUILT_IN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../characters");

/// Everybody who can speak.
#[derive(Clone, Debug)]
pub struct Cast {
    characters: Vec<Arc<Character>>,
    faces: HashMap<CharacterId, Arc<[u8]>>,
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
    /// A card is not one.
    #[error("{file} is not a character card: {cause}")]
    BadCard {
        /// Which.
        file: String,
        /// Why.
        cause: card::CardError,
    },
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
        let mut cast = Self { characters: Vec::new(), faces: HashMap::new() };
        let mut files: Vec<_> = BUILT_IN.files().collect();
        files.sort_by_key(|file| file.path());
        for file in files.iter().filter(|file| file.path().extension().is_some_and(|e| e == "json")) {
            let face =
                BUILT_IN.get_file(file.path().with_extension("png")).map(|face| Arc::from(face.contents()));
            cast.add(&file.path().display().to_string(), file.contents(), face)?;
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

    /// As whom a character speaks.
    pub fn persona(&self, character: &Character) -> Persona {
        Persona {
            character: character.id.clone(),
            name: character.name.as_str().into(),
            avatar: self.faces.get(&character.id).cloned(),
        }
    }

    fn add(&mut self, file: &str, json: &[u8], face: Option<Arc<[u8]>>) -> Result<(), CastError> {
        let character =
            card::parse(json).map_err(|cause| CastError::BadCard { file: file.to_owned(), cause })?;
        if let Some(face) = face {
            self.faces.insert(character.id.clone(), face);
        }
        match self.characters.iter_mut().find(|known| known.id == character.id) {
            Some(known) => *known = Arc::new(character),
            None => self.characters.push(Arc::new(character)),
        }
        Ok(())
    }

    fn add_folder(&mut self, folder: &Path) -> Result<(), CastError> {
        let unreadable = |path: &Path, cause| CastError::Unreadable { path: path.to_path_buf(), cause };
        let mut paths = std::fs::read_dir(folder)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|cause| unreadable(folder, cause))?
            .into_iter()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
            .collect::<Vec<_>>();
        paths.sort();
        for path in paths {
            let json = std::fs::read(&path).map_err(|cause| unreadable(&path, cause))?;
            let face = std::fs::read(path.with_extension("png")).ok().map(Arc::from);
            self.add(&path.display().to_string(), &json, face)?;
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
            kept.push(character.clone());
        }
        self.characters = kept;
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
    fn an_unknown_name_in_the_configuration_lists_the_known_ones() {
        let config = CharactersConfig { folder: None, enabled: vec!["nobody-there".into()] };
        let error = Cast::load(&config).unwrap_err().to_string();
        assert!(error.contains("nobody-there") && error.contains("there is only"), "{error}");
    }
}
