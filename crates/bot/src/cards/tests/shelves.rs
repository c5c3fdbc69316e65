//! Folders of cards.

use std::fs;

use super::*;
use crate::{
    cards::shelf::{self, Shelved},
    cast::{Cast, Origin},
    config::CharactersConfig,
};

fn cast(folder: &Path) -> Result<Cast, crate::cast::CastError> {
    Cast::load(&CharactersConfig { folder: Some(folder.into()), enabled: Vec::new() })
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn card_picture(card: &Value) -> Vec<u8> {
    picture_with_text("ccv3", BASE64_STANDARD.encode(card.to_string()).as_bytes())
}

#[test]
fn a_folder_holds_cards_of_every_kind_and_faces_beside_them() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    write("a.json", v2("Ash").to_string().as_bytes());
    write("a.png", &card_picture(&v3("Somebody")));
    write("b.PNG", &card_picture(&v3("Birch")));
    write("c.charx", &zip_of(&[("card.json", v3("Cedar").to_string().as_bytes())]));
    write("stray.png", &picture());
    write("notes.txt", b"not a card");
    fs::create_dir(folder.path().join("dir.json")).unwrap();
    let cast = cast(folder.path()).unwrap();
    let own: Vec<&str> = cast.characters()[10..].iter().map(|own| own.name.as_str()).collect();
    assert_eq!(own, ["Ash", "Birch", "Cedar"]);
    for (name, face) in [("ash", true), ("birch", true), ("cedar", false)] {
        let id = &cast.by_name(name).unwrap().id;
        assert_eq!(cast.face(id).is_some_and(|face| **face == picture()), face, "{name}");
        assert!(matches!(cast.origin(id), Some(Origin::Folder(_))));
        assert_eq!(cast.card(id).unwrap().unwrap().character().id, *id);
    }
}

#[test]
fn a_damaged_card_in_the_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let whole = card_picture(&v3("Birch"));
    fs::write(folder.path().join("b.png"), &whole[..whole.len() - 3]).unwrap();
    let error = cast(folder.path()).unwrap_err().to_string();
    assert!(error.contains("b.png: the PNG is damaged"), "{error}");
}

#[test]
fn what_is_kept_is_read_again_and_leaves_nothing_else_behind() {
    let folder = tempfile::tempdir().unwrap();
    let shelf = folder.path().join("new/characters");
    let card = read(&card_picture(&v3("名前")), "x").unwrap();
    let kept = shelf::keep(&card, &shelf, None).unwrap();
    let id = card.character().id.as_str();
    assert_eq!(names(&shelf), [format!("{id}.json"), format!("{id}.png")]);
    let back = Shelved::at(&kept).open().unwrap();
    assert_eq!((back.text(), back.portrait()), (card.text(), card.portrait()));
}

#[test]
fn a_card_of_another_file_that_is_replaced_is_put_aside() {
    let folder = tempfile::tempdir().unwrap();
    let old = folder.path().join("Zzz.png");
    fs::write(&old, card_picture(&v3("Quill"))).unwrap();
    let mut new = v3("Quill");
    new["data"]["description"] = json!("new");
    let card = read(new.to_string().as_bytes(), "x").unwrap();
    shelf::keep(&card, folder.path(), Some(&old)).unwrap();
    assert_eq!(names(folder.path()), ["Zzz.png.replaced", "quill.json"]);
    assert_eq!(cast(folder.path()).unwrap().by_name("Quill").unwrap().description, "new");
}

#[test]
fn a_failure_leaves_the_old_card_alone() {
    let folder = tempfile::tempdir().unwrap();
    let card = read(&card_picture(&v3("Quill")), "x").unwrap();
    // A folder where the face should be: it cannot be replaced by a file.
    fs::create_dir_all(folder.path().join("quill.png/x")).unwrap();
    fs::write(folder.path().join("quill.json"), "old").unwrap();
    assert!(shelf::keep(&card, folder.path(), None).is_err());
    assert_eq!(names(folder.path()), ["quill.json", "quill.png"]);
    assert_eq!(fs::read_to_string(folder.path().join("quill.json")).unwrap(), "old");
}

#[test]
fn a_file_that_must_be_new_is_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.json");
    shelf::write_file(&path, b"one", true).unwrap();
    assert_eq!(shelf::write_file(&path, b"two", true).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
    assert_eq!((fs::read(&path).unwrap(), names(folder.path()).len()), (b"one".to_vec(), 1));
    shelf::write_file(&path, b"two", false).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"two");
}

#[test]
fn a_large_file_is_refused_before_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.json");
    fs::File::create(&path).unwrap().set_len(1 << 40).unwrap();
    let error = open(&path).unwrap_err();
    assert_eq!(error.problem, Problem::TooLarge(1 << 40));
    assert!(matches!(open(&folder.path().join("none")).unwrap_err().problem, Problem::Unreadable(_)));
}
