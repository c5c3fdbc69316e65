//! Cards through the doors: what is read, what is refused, and what comes back out.

mod editing;
mod hostile;
mod round_trip;
mod shelves;

use std::io::{Cursor, Write as _};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use zip::{ZipWriter, write::SimpleFileOptions};

use super::*;

/// The smallest picture that holds together; nobody unpacks its pixels here.
fn picture() -> Vec<u8> {
    let mut picture = png::SIGNATURE.to_vec();
    png::push_chunk(&mut picture, *b"IHDR", &[0, 0, 0, 2, 0, 0, 0, 2, 8, 2, 0, 0, 0]);
    png::push_chunk(&mut picture, *b"IDAT", b"pixels");
    png::push_chunk(&mut picture, *b"IEND", b"");
    picture
}

/// A picture with a chunk before its end.
fn picture_with(kind: [u8; 4], data: &[u8]) -> Vec<u8> {
    let mut picture = picture();
    picture.truncate(picture.len() - 12);
    png::push_chunk(&mut picture, kind, data);
    png::push_chunk(&mut picture, *b"IEND", b"");
    picture
}

fn picture_with_text(keyword: &str, text: &[u8]) -> Vec<u8> {
    picture_with(*b"tEXt", &[keyword.as_bytes(), b"\0", text].concat())
}

fn v3(name: &str) -> Value {
    json!({"spec": "chara_card_v3", "spec_version": "3.0", "data": {"name": name, "description": "x", "character_book": null}})
}

fn v2(name: &str) -> Value {
    json!({"spec": "chara_card_v2", "spec_version": "2.0", "data": {"name": name, "description": "x"}})
}

fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn error(bytes: &[u8]) -> String {
    read(bytes, "a.card").unwrap_err().to_string()
}

#[test]
fn json_in_every_encoding_people_save_it_in() {
    for name in ["Quill", "Зоя", "名前", "اسم", "Ünï 🦉"] {
        let text = v2(name).to_string();
        let le: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let files = [
            text.clone().into_bytes(),
            [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
            [b"\xFF\xFE", le.as_slice()].concat(),
            [b"\xFE\xFF", be.as_slice()].concat(),
            [text.as_bytes(), b"\0\0"].concat(),
        ];
        for file in files {
            let card = read(&file, "x").unwrap();
            assert_eq!((card.character().name.as_str(), card.text()), (name, text.as_str()));
        }
    }
    assert!(error(b"{\"name\": \"M\xe4rz\"}").contains("save it as UTF-8"));
    assert!(error(b"\xFF\xFE{").contains("save it as UTF-8"), "half a unit");
}

#[test]
fn the_kind_is_told_by_the_bytes() {
    let json = v3("Quill").to_string();
    let in_picture = picture_with_text("ccv3", BASE64_STANDARD.encode(&json).as_bytes());
    let in_zip = zip_of(&[("card.json", json.as_bytes())]);
    for bytes in [json.as_bytes(), &in_picture, &in_zip] {
        assert_eq!(read(bytes, "wrong.txt").unwrap().character().name, "Quill");
    }
}

#[test]
fn a_picture_prefers_v3_and_is_the_portrait_without_cards() {
    let text = |card: Value| BASE64_STANDARD.encode(card.to_string());
    let (old, new) = (text(v2("Old")), text(v3("New")));
    for texts in [[("chara", &old), ("ccv3", &new)], [("ccv3", &new), ("Chara", &old)]] {
        let texts = texts.map(|(keyword, text)| (keyword, text.as_str()));
        let card = read(&png::with_texts(&picture(), &texts).unwrap(), "x.png").unwrap();
        assert_eq!(card.character().name, "New");
        assert_eq!(card.portrait().unwrap(), picture());
        assert!(card.notes().is_empty());
    }
}

#[test]
fn other_texts_and_chunks_of_a_picture_stay() {
    let drawn = picture_with_text("Software", b"a brush");
    let with = png::with_texts(&drawn, &[("chara", "e30=")]).unwrap();
    assert_ne!(with, drawn);
    assert_eq!(png::without_cards(&with).unwrap(), drawn);
}

#[test]
fn further_files_in_a_picture_are_dropped_and_counted() {
    let card = BASE64_STANDARD.encode(v3("Quill").to_string());
    let texts = [("chara-ext-asset_:0", "AAAA"), ("ccv3", &card), ("chara-ext-asset_:1", "AAAA")];
    let card = read(&png::with_texts(&picture(), &texts).unwrap(), "x").unwrap();
    assert_eq!(card.portrait().unwrap(), picture());
    assert_eq!(card.notes(), ["2 further file(s) in the picture are not kept"]);
}

#[test]
fn packed_international_and_unencoded_texts_are_read() {
    let json = v3("Quill").to_string();
    let base64 = BASE64_STANDARD.encode(&json);
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(base64.as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    let spaced: String = base64.chars().flat_map(|c| [c, '\n']).filter(|c| *c != '=').collect();
    for picture in [
        picture_with(*b"zTXt", &[b"ccv3\0\0", packed.as_slice()].concat()),
        picture_with(*b"iTXt", &[b"chara\0\x01\0en\0c\0", packed.as_slice()].concat()),
        picture_with(*b"iTXt", &[b"chara\0\0\0\0\0", base64.as_bytes()].concat()),
        picture_with_text("chara", spaced.as_bytes()),
        picture_with_text("chara", json.as_bytes()),
    ] {
        assert_eq!(read(&picture, "x.png").unwrap().text(), json);
    }
}

#[test]
fn an_archive_brings_its_icon() {
    let card = |uri: &str| {
        let mut card = v3("Quill");
        card["data"]["assets"] = json!([
            {"type": "background", "uri": "embeded://b.png", "name": "main", "ext": "png"},
            {"type": "icon", "uri": "embeded://missing.png", "name": "sad", "ext": "png"},
            {"type": "icon", "uri": uri, "name": "main", "ext": "png"},
        ]);
        card.to_string()
    };
    let read_with = |uri: &str, icon: &[u8]| {
        let files = [("card.json", card(uri)), ("assets/icon.png", String::new())];
        read(&zip_of(&[("card.json", files[0].1.as_bytes()), ("assets/icon.png", icon)]), "x.charx").unwrap()
    };
    for uri in ["embeded://assets/icon.png", "embedded://assets/icon.png"] {
        let card = read_with(uri, &picture_with_text("chara", b"e30="));
        assert_eq!(card.portrait().unwrap(), picture());
        assert!(card.notes().is_empty(), "{:?}", card.notes());
    }
    let card = read_with("embeded://assets/icon.png", b"\xFF\xD8\xFF");
    assert!(card.portrait().is_none());
    assert!(card.notes()[0].contains("not a PNG"), "{:?}", card.notes());
    let card = read_with("embeded://../../etc/passwd", &picture());
    assert!(card.notes()[0].contains("missing"), "{:?}", card.notes());
    assert!(card.notes()[1].contains("1 further file"), "{:?}", card.notes());
}

#[test]
fn a_picture_inside_json_is_taken_and_one_on_the_web_is_not() {
    let mut card = v3("Quill");
    let icon = |uri: String| json!([{"type": "icon", "uri": uri, "name": "main", "ext": "png"}]);
    card["data"]["assets"] = icon(format!("data:image/png;base64,{}", BASE64_STANDARD.encode(picture())));
    assert_eq!(read(card.to_string().as_bytes(), "x").unwrap().portrait().unwrap(), picture());
    card["data"]["assets"] = icon("https://example.com/x.png".to_owned());
    let card = read(card.to_string().as_bytes(), "x").unwrap();
    assert!(card.portrait().is_none() && card.notes()[0].contains("not fetched"));
}

#[test]
fn what_is_no_card_is_named() {
    let cases: [(&[u8], &str); 12] = [
        (b"\x7FELF\xFF", "another kind"),
        (b"", "is empty"),
        (b"\xFF\xD8\xFF\xE0", "JPEG"),
        (b"%PDF-1.7", "PDF"),
        (&picture(), "holds no character card"),
        (&picture_with_text("chara", b"!!!"), "`chara` text is not base64"),
        (&picture_with_text("ccv3", b"e30="), "not a character card"),
        (&zip_of(&[("README", b"x")]), "no card.json"),
        (&zip_of(&[("sub/card.json", b"{}")]), "no card.json"),
        (br#"{"entries": {"0": {"key": ["x"]}}}"#, "lorebook"),
        (br#"{"spec": "chara_card_v9", "data": {}}"#, "chara_card_v9"),
        (b"Name: Quill", "not JSON"),
    ];
    for (bytes, words) in cases {
        let error = error(bytes);
        assert!(error.contains(words) && error.starts_with("a.card: "), "{error}");
        assert!(!error.contains('\n'), "one sentence: {error}");
    }
    let named = read(b"", "\x1b[31m\n").unwrap_err().to_string();
    assert!(named.starts_with("[31m: "), "{named}");
}

#[test]
fn the_built_in_cards_pass_through_byte_for_byte() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../characters");
    let json = std::fs::read(folder.join("osbert.json")).unwrap();
    let face = std::fs::read(folder.join("osbert.png")).unwrap();
    let card = read(&json, "osbert.json").unwrap();
    let back = read(&write_png(&card, &face).unwrap(), "osbert.png").unwrap();
    assert_eq!(back.text().as_bytes(), json);
    assert_eq!(back.portrait().unwrap(), face);
    assert_eq!(back.character(), card.character());
}
