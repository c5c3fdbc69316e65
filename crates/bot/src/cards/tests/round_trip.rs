//! Generated cards go out and come back the same.

use proptest::prelude::*;

use super::*;

/// Any JSON; fractions are left out because a conversion may spell them differently.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((any::<String>(), inner), 0..4)
                .prop_map(|fields| fields.into_iter().collect()),
        ]
    })
}

/// A name that is allowed, in any script.
fn any_name() -> impl Strategy<Value = String> {
    prop::collection::vec(any::<char>().prop_filter("printable", |c| !c.is_control()), 1..40)
        .prop_map(String::from_iter)
        .prop_filter("not blank", |name| !name.trim().is_empty())
}

fn any_entry() -> impl Strategy<Value = Value> {
    (prop::collection::vec("/?[a-zа-я+]{1,8}(/i)?", 1..3), any::<String>(), any::<bool>(), any_json()).prop_map(
        |(keys, content, enabled, unknown)| {
            json!({"keys": keys, "content": content, "enabled": enabled, "insertion_order": 3, "x-unknown": unknown})
        },
    )
}

/// A card of a version, or of V1.
fn any_card() -> impl Strategy<Value = Value> {
    let fields = (any_name(), any::<String>(), any::<String>(), prop::collection::vec(any::<String>(), 0..3));
    let book = prop_oneof![
        Just(None),
        Just(Some(Value::Null)),
        prop::collection::vec(any_entry(), 0..4).prop_map(|entries| Some(json!({"entries": entries}))),
    ];
    let unknown = prop::collection::vec(("x-[a-z]{1,6}", any_json()), 0..4);
    (fields, book, unknown, any_json(), 1..=3).prop_map(|(fields, book, unknown, top, version)| {
        let (name, description, first_mes, greetings) = fields;
        let mut data = json!({
            "name": name, "description": description, "first_mes": first_mes, "alternate_greetings": greetings,
        });
        if let Some(book) = book {
            data["character_book"] = book;
        }
        for (name, value) in unknown {
            data[name] = value;
        }
        match version {
            1 => data,
            2 => json!({"x-top": top, "spec": "chara_card_v2", "spec_version": "2.0", "data": data}),
            _ => json!({"data": data, "spec": "chara_card_v3", "spec_version": "3.0", "x-top": top}),
        }
    })
}

/// Written as V2, read, written as V3, read.
fn turned(card: &Card) -> Card {
    let v2 = read(write_json(card, Version::V2).as_bytes(), "x").unwrap();
    read(write_json(&v2, Version::V3).as_bytes(), "x").unwrap()
}

/// Every value that `part` has, `whole` has in the same place.
fn is_within(part: &Value, whole: &Value) -> bool {
    match (part, whole) {
        (Value::Object(part), Value::Object(whole)) => {
            part.iter().all(|(name, value)| whole.get(name).is_some_and(|other| is_within(value, other)))
        }
        (Value::Array(part), Value::Array(whole)) => {
            part.len() == whole.len() && part.iter().zip(whole).all(|(part, whole)| is_within(part, whole))
        }
        _ => part == whole,
    }
}

proptest! {
    #[test]
    fn through_a_picture_and_back(json in any_card(), pretty in any::<bool>()) {
        let text = if pretty { format!("{json:#}") } else { json.to_string() };
        let card = read(text.as_bytes(), "x").unwrap();
        prop_assert_eq!(card.text(), &text);
        let back = read(&write_png(&card, &picture()).unwrap(), "x").unwrap();
        prop_assert_eq!(back.portrait().unwrap(), picture());
        prop_assert_eq!(back.character(), card.character(), "the same to us, whatever the version");
        if card.version() == Some(Version::V3) {
            prop_assert_eq!(back.text(), &text);
        }
    }

    #[test]
    fn a_conversion_keeps_every_field(json in any_card()) {
        let card = read(json.to_string().as_bytes(), "x").unwrap();
        for version in [Version::V2, Version::V3] {
            let text = write_json(&card, version).into_owned();
            let other = read(text.as_bytes(), "x").unwrap();
            prop_assert_eq!(other.version(), Some(version));
            prop_assert_eq!(other.character(), card.character());
            if card.version() == Some(version) {
                prop_assert_eq!(&text, card.text());
            } else if card.version().is_none() {
                prop_assert!(is_within(card.json(), &other.json()["data"]));
            } else {
                prop_assert!(is_within(&card.json()["data"], &other.json()["data"]));
                prop_assert_eq!(&card.json()["x-top"], &other.json()["x-top"]);
            }
            // There and back again adds nothing more.
            let once = turned(&card);
            let twice = turned(&once);
            prop_assert_eq!(once.json(), twice.json());
        }
    }

    #[test]
    fn any_bytes_are_a_card_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&bytes, "x");
        let _ = read(&[png::SIGNATURE, &bytes].concat(), "x");
        let _ = read(&[b"PK\x03\x04", bytes.as_slice()].concat(), "x");
        let _ = read(&picture_with_text("chara", &bytes), "x");
        let _ = read(&picture_with(*b"zTXt", &[b"ccv3\0\0", bytes.as_slice()].concat()), "x");
        let _ = read(&picture_with(*b"iTXt", &[b"ccv3\0", bytes.as_slice()].concat()), "x");
        let _ = read(&zip_of(&[("card.json", &bytes)]), "x");
        let _ = read(&[b"\xFF\xFE", bytes.as_slice()].concat(), "x");
    }

    #[test]
    fn any_json_in_any_place_is_a_card_or_an_error(json in any_json(), field in "[a-z_]{1,12}") {
        let mut card = v3("Quill");
        let _ = read(json.to_string().as_bytes(), "x");
        for field in [field.as_str(), "name", "assets", "character_book", "extensions", "mes_example"] {
            card["data"][field] = json.clone();
            let _ = read(card.to_string().as_bytes(), "x").map(|card| write_png(&card, &picture()));
        }
    }
}
