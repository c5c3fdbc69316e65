//! Files made to break a reader.

use super::*;

/// Where the chunks of a picture begin.
fn boundaries(picture: &[u8]) -> Vec<usize> {
    let mut at = 8;
    let mut found = vec![0, 8];
    while at < picture.len() {
        let length = u32::from_be_bytes(picture[at..at + 4].try_into().unwrap()) as usize;
        found.extend([at + 4, at + 8, at + 8 + length]);
        at += length + 12;
        found.push(at);
    }
    found
}

fn card_picture() -> Vec<u8> {
    picture_with_text("chara", BASE64_STANDARD.encode(v2("Quill").to_string()).as_bytes())
}

#[test]
fn a_picture_cut_anywhere_is_refused() {
    let whole = card_picture();
    assert!(read(&whole, "x").is_ok());
    let near = boundaries(&whole).into_iter().flat_map(|at| [at.saturating_sub(1), at, at + 1]);
    for at in near.filter(|at| *at < whole.len()) {
        assert!(read(&whole[..at], "x").is_err(), "cut at {at}");
    }
    assert!(error(&whole[..whole.len() - 1]).contains("cut off"));
}

#[test]
fn a_wrong_byte_anywhere_is_noticed() {
    let whole = card_picture();
    for at in 8..whole.len() {
        let mut wrong = whole.clone();
        wrong[at] ^= 0x20;
        assert!(read(&wrong, "x").is_err(), "byte {at}");
    }
    let mut wrong = whole.clone();
    wrong[45] ^= 1;
    assert!(error(&wrong).contains("checksum of its chunk IDAT"), "{}", error(&wrong));
}

#[test]
fn a_length_of_four_gigabytes_is_just_cut_off() {
    for length in [u32::MAX, u32::MAX - 11, 0x8000_0000, 0x7FFF_FFFF] {
        for at in boundaries(&card_picture()).into_iter().filter(|at| *at >= 8) {
            let mut wrong = card_picture();
            if let Some(field) = wrong.get_mut(at..at + 4) {
                field.copy_from_slice(&length.to_be_bytes());
                assert!(read(&wrong, "x").is_err(), "length {length:x} at {at}");
            }
        }
    }
}

#[test]
fn a_picture_must_have_its_parts_in_order() {
    let mut headless = png::SIGNATURE.to_vec();
    png::push_chunk(&mut headless, *b"IDAT", b"x");
    assert!(error(&headless).contains("IHDR"));
    let mut empty = png::SIGNATURE.to_vec();
    png::push_chunk(&mut empty, *b"IHDR", &[0, 0, 0, 2, 0, 0, 0, 2, 8, 2, 0, 0, 0]);
    png::push_chunk(&mut empty, *b"IEND", b"");
    assert!(error(&empty).contains("no pixels"));
    let mut huge = png::SIGNATURE.to_vec();
    png::push_chunk(&mut huge, *b"IHDR", &[0, 1, 0, 0, 0, 0, 0, 2, 8, 2, 0, 0, 0]);
    assert!(error(&huge).contains("65536 × 2"));
}

#[test]
fn texts_that_swell_are_stopped() {
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..64 {
        packed.write_all(&vec![b'A'; 1 << 20]).unwrap();
    }
    let packed = packed.finish().unwrap();
    assert!(packed.len() < 1 << 17, "small as a file");
    let bomb = picture_with(*b"zTXt", &[b"chara\0\0", packed.as_slice()].concat());
    assert!(error(&bomb).contains("too long"), "{}", error(&bomb));
    let garbage = picture_with(*b"zTXt", b"chara\0\0garbage");
    assert!(error(&garbage).contains("cannot be unpacked"), "{}", error(&garbage));
    for cut in ["zTXt", "iTXt"] {
        let kind = cut.as_bytes().try_into().unwrap();
        for data in [b"chara".as_slice(), b"chara\0", b"chara\0\x01", b"chara\0\x01\0en"] {
            assert!(read(&picture_with(kind, data), "x").is_err());
        }
    }
    let long = picture_with_text("chara", &vec![b'A'; 3 << 20]);
    assert!(error(&long).contains("too long"), "{}", error(&long));
}

#[test]
fn an_archive_that_swells_is_stopped() {
    let bomb = zip_of(&[("card.json", &vec![b' '; 64 << 20])]);
    assert!(bomb.len() < 1 << 17, "small as a file");
    assert!(error(&bomb).contains("at most 1048576"), "{}", error(&bomb));

    let mut card = v3("Quill");
    card["data"]["assets"] =
        json!([{"type": "icon", "uri": "embeded://i.png", "name": "main", "ext": "png"}]);
    let mut swollen = picture();
    swollen.resize(64 << 20, 0);
    let card =
        read(&zip_of(&[("card.json", card.to_string().as_bytes()), ("i.png", &swollen)]), "x").unwrap();
    // What follows the picture's end is not the picture.
    assert_eq!(card.portrait().unwrap(), picture());

    let many: Vec<String> = (0..=charx::ENTRIES).map(|number| number.to_string()).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|name| (name.as_str(), b"".as_slice())).collect();
    assert!(error(&zip_of(&many)).contains("more than 1000 files"));
}

#[test]
fn an_archive_of_the_kind_that_may_claim_millions_of_files_is_refused() {
    let mut zip = zip_of(&[("card.json", v3("Quill").to_string().as_bytes())]);
    let end = zip.len() - 22;
    let directory = u64::from(u32::from_le_bytes(zip[end + 16..end + 20].try_into().unwrap()));
    zip[end + 8..end + 12].fill(0xFF);
    let size = end as u64 - directory;
    let claim = directory;
    let zip64 = [
        b"PK\x06\x06".as_slice(),
        &44_u64.to_le_bytes(),
        &[45, 0, 45, 0],
        &[0; 8],
        &claim.to_le_bytes(),
        &claim.to_le_bytes(),
        &size.to_le_bytes(),
        &directory.to_le_bytes(),
        b"PK\x06\x07",
        &[0; 4],
        &(end as u64).to_le_bytes(),
        &1_u32.to_le_bytes(),
    ]
    .concat();
    zip.splice(end..end, zip64);
    assert!(error(&zip).contains("unusual way"), "{}", error(&zip));
}

#[test]
fn a_locked_archive_and_a_damaged_file_in_one_are_told_apart() {
    let whole = zip_of(&[("card.json", v3("Quill").to_string().as_bytes())]);
    let directory = whole.windows(4).position(|at| at == b"PK\x01\x02").unwrap();
    let mut locked = whole.clone();
    locked[6] |= 1;
    locked[directory + 8] |= 1;
    assert!(error(&locked).contains("encrypted"), "{}", error(&locked));
    let mut damaged = whole;
    damaged[directory + 16] ^= 1;
    assert!(error(&damaged).contains("is damaged"), "{}", error(&damaged));
}

#[test]
fn an_archive_in_an_archive_is_not_opened() {
    let inner = zip_of(&[("card.json", v3("Inner").to_string().as_bytes())]);
    assert!(error(&zip_of(&[("inner.charx", &inner)])).contains("no card.json"));
    assert!(error(&zip_of(&[("card.json", &inner)])).contains("a.card: the JSON is"));
}

#[test]
fn an_archive_cut_or_scratched_anywhere_never_panics() {
    let whole = zip_of(&[("card.json", v3("Quill").to_string().as_bytes())]);
    for at in 0..whole.len() {
        assert!(read(&whole[..at], "x").is_err(), "cut at {at}");
        let mut wrong = whole.clone();
        wrong[at] ^= 0xFF;
        // Some bytes say nothing about the card: dates, for one.
        let _ = read(&wrong, "x");
    }
}

#[test]
fn paths_that_climb_are_only_names() {
    let card = v3("Quill").to_string();
    let zip = zip_of(&[("../../card.json", b"{}"), ("/card.json", b"{}"), ("card.json", card.as_bytes())]);
    assert_eq!(read(&zip, "x").unwrap().character().name, "Quill");
}

#[test]
fn deep_nesting_is_an_error_and_not_a_stack_overflow() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = format!("{}0{}", open.repeat(10_000), close.repeat(10_000));
        let text = format!(r#"{{"spec":"chara_card_v2","data":{{"name":"x","extensions":{{"d":{deep}}}}}}}"#);
        assert!(error(text.as_bytes()).contains("recursion limit"), "{}", error(text.as_bytes()));
        assert!(read(deep.as_bytes(), "x").is_err());
    }
    // docs/characters.md names the limit.
    let nested = |levels: usize| {
        format!(
            r#"{{"name":"x","description":"","deep":{}{}}}"#,
            "[".repeat(levels - 1),
            "]".repeat(levels - 1)
        )
    };
    assert!(read(nested(127).as_bytes(), "x").is_ok());
    assert!(read(nested(128).as_bytes(), "x").is_err());
}

#[test]
fn odd_json_is_read_as_other_programs_do_or_refused() {
    let twice = br#"{"spec":"chara_card_v2","data":{"name":"First","name":"Second"}}"#;
    assert_eq!(read(twice, "x").unwrap().character().name, "Second", "as JSON.parse takes it");
    for refused in [
        br#"{"spec":"chara_card_v2","data":{"name":"a\u0000b"}}"#.as_slice(),
        b"{\"spec\":\"chara_card_v2\",\"data\":{\"name\":\"a\0b\"}}",
        br#"{"spec":"chara_card_v2","data":{"name":"\ud83e"}}"#,
        br#"{"spec":"chara_card_v2","data":{"name":"\udd89x"}}"#,
        br#"{"spec":"chara_card_v2","data":{"name":"x"}} and more"#,
        br#"{"spec":"chara_card_v2","data":null}"#,
        br#"{"spec":"chara_card_v2","data":{"name":1e999}}"#,
        b"[]",
        b"null",
        b"\"card\"",
    ] {
        let error = error(refused);
        assert!(error.starts_with("a.card: "), "{error}");
    }
}

#[test]
fn a_file_that_is_too_large_is_not_looked_into() {
    let mut file = picture();
    file.resize(FILE_BYTES + 1, 0);
    assert!(error(&file).contains("20971521 bytes"), "{}", error(&file));
    let long = json!({"name": "x", "description": "x".repeat(card::CARD_BYTES)}).to_string();
    assert!(error(long.as_bytes()).contains("at most 1048576"));
}
