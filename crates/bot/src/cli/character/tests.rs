//! The subcommand as people type it.

use std::fs;

use clap::Parser as _;

use super::*;
use crate::{
    cli,
    config::{Sources, load},
};

/// A data folder and what is typed about it.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    fn put(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        fs::write(self.path(name), bytes).unwrap();
        self.path(name)
    }

    fn config(&self) -> Config {
        let env = [("ACORE_DATA".to_owned(), self.path("data"))].into();
        let mut config = load(&Sources { file: None, env }).unwrap();
        config.characters.settle(&config.data.folder);
        config
    }

    /// `Err` with the sentence that is said.
    fn types(&self, words: &[&str]) -> Result<(), String> {
        let words = ["acore", "character"].iter().chain(words);
        let Some(cli::Command::Character(command)) = cli::Arguments::try_parse_from(words).unwrap().command
        else {
            panic!("another command")
        };
        match character(&self.config(), &command) {
            Ok(()) => Ok(()),
            Err(Failure::Other(error)) => Err(cli::one_line(&error)),
            Err(Failure::Config(problems)) => panic!("{problems}"),
        }
    }

    fn cast(&self) -> Cast {
        Cast::load(&self.config().characters).unwrap()
    }
}

fn card(name: &str, description: &str) -> String {
    serde_json::json!({"spec": "chara_card_v2", "data": {"name": name, "description": description}})
        .to_string()
}

#[test]
fn an_imported_character_is_there_at_the_next_start() {
    let desk = Desk::new();
    assert_eq!(desk.cast().characters().len(), 10);
    desk.types(&["import", &desk.put("x.json", card("Quill", "A pen."))]).unwrap();
    assert_eq!(desk.cast().by_name("quill").unwrap().description, "A pen.");
    desk.types(&["list"]).unwrap();
    desk.types(&["show", "Quill"]).unwrap();
    let error = desk.types(&["show", "Nobody"]).unwrap_err();
    assert!(error.contains("`Nobody`") && error.contains("quill"), "{error}");
}

#[test]
fn nobody_is_overwritten_unasked() {
    let desk = Desk::new();
    desk.types(&["import", &desk.put("x.json", card("Quill", "old"))]).unwrap();
    let new = desk.put("y.json", card("Quill", "new"));
    let error = desk.types(&["import", &new]).unwrap_err();
    assert!(error.contains("--replace") && error.contains("quill.json"), "{error}");
    desk.types(&["import", &new, "--replace", "--dry-run"]).unwrap();
    assert_eq!(desk.cast().by_name("quill").unwrap().description, "old");
    desk.types(&["import", &new, "--replace"]).unwrap();
    assert_eq!(desk.cast().by_name("quill").unwrap().description, "new");

    let built_in = desk.put("z.json", card("Sidony", "not a heron"));
    assert!(desk.types(&["import", &built_in]).unwrap_err().contains("built in"));
    let itself = desk.path("data/characters/quill.json");
    assert!(desk.types(&["import", &itself, "--replace"]).unwrap_err().contains("nothing to import"));
    assert!(Path::new(&itself).exists());
}

#[test]
fn nothing_of_a_broken_card_arrives() {
    let desk = Desk::new();
    let bad = desk.put("bad.json", r#"{"spec":"chara_card_v2","data":{"name":""}}"#);
    let error = desk.types(&["import", &bad]).unwrap_err();
    assert!(error.ends_with("bad.json: `data.name` is empty"), "{error}");
    assert!(!Path::new(&desk.path("data")).exists());
}

#[test]
fn a_folder_brings_everybody_it_can_and_counts_the_others() {
    let desk = Desk::new();
    let folder = desk.path("in");
    fs::create_dir(&folder).unwrap();
    for (file, name) in [("in/a.json", "Ash"), ("in/b.json", "Birch"), ("in/c.json", "Ash")] {
        desk.put(file, card(name, file));
    }
    desk.put("in/d.json", "{");
    let error = desk.types(&["import", &folder]).unwrap_err();
    assert!(error.starts_with("2 of 4 cards"), "{error}");
    assert_eq!(desk.cast().by_name("ash").unwrap().description, "in/a.json", "the first of two stays");
    assert!(desk.cast().by_name("birch").is_some());
    let empty = desk.path("empty");
    fs::create_dir(&empty).unwrap();
    assert!(desk.types(&["import", &empty]).unwrap_err().contains("holds no"));
}

#[test]
fn another_folder_can_be_named() {
    let desk = Desk::new();
    let shelf = desk.path("shelf");
    desk.types(&["import", &desk.put("x.json", card("Quill", "")), "--into", &shelf]).unwrap();
    assert!(Path::new(&shelf).join("quill.json").exists());
    assert_eq!(desk.cast().characters().len(), 10);
}

#[test]
fn what_goes_out_comes_back_the_same() {
    let desk = Desk::new();
    for (format, file) in [("png", "o.png"), ("v3", "o.json"), ("v2", "o2.json")] {
        let out = desk.path(file);
        desk.types(&["export", "Sir Osbert", "--format", format, "--out", &out]).unwrap();
        let error = desk.types(&["export", "osbert", "--format", format, "--out", &out]).unwrap_err();
        assert!(error.contains("--replace"), "{error}");
        desk.types(&["export", "osbert", "--format", format, "--out", &out, "--replace"]).unwrap();
        let card = cards::open(Path::new(&out)).unwrap();
        let cast = desk.cast();
        let osbert = cast.by_name("osbert").unwrap();
        assert_eq!(card.character(), &**osbert);
        assert_eq!(card.portrait().is_some(), format == "png");
    }
    desk.types(&["import", &desk.put("x.json", card("Quill", ""))]).unwrap();
    let error =
        desk.types(&["export", "quill", "--format", "png", "--out", &desk.path("q.png")]).unwrap_err();
    assert!(error.contains("no picture"), "{error}");
}
