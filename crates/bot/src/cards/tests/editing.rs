//! Changing a card changes what was changed.

use proptest::prelude::*;

use super::*;
use crate::cards::{edit, read};

const V3: &str = "{ \"spec\" : \"chara_card_v3\",\r\n\t\"spec_version\":\"3.0\", \"name\": \"Quill\", \"zip\": 1.50,\n\
    \"data\": {\"description\":\"A \\\"pen\\\" {of [sorts\\\\\", \"name\":\"Quill\" , \"weird\": [1e2, {\"name\": \"no\"}],\
    \"personality\":\"dry\", \"scenario\":\"\",\"first_mes\":\"Hm.\",\"mes_example\":\"\",\"creator_notes\":\"\",\
    \"system_prompt\":\"\",\"post_history_instructions\":\"\",\"alternate_greetings\":[],\"group_only_greetings\":[],\
    \"tags\":[],\"creator\":\"\",\"character_version\":\"\",\"extensions\":{\"foreign\\/thing\":{\"x\":1.0}}}}\n";

fn card(text: &str) -> Card {
    read(text.as_bytes(), "card.json").unwrap()
}

#[test]
fn only_the_changed_values_are_written_anew() {
    let before = card(V3);
    let after =
        edit::with_texts(&before, &[("description", "A feather.\n\"Yes\""), ("name", "Kiel")]).unwrap();
    let expected = V3
        .replace(r#""A \"pen\" {of [sorts\\""#, r#""A feather.\n\"Yes\"""#)
        .replace(r#""name":"Quill""#, r#""name":"Kiel""#)
        .replace(r#""name": "Quill""#, r#""name": "Kiel""#);
    assert_eq!(after.text(), expected);
    assert_eq!(after.character().description, "A feather.\n\"Yes\"");
    assert_eq!(after.character().name, "Kiel");
    assert_eq!(edit::text_of(&after, "personality"), Some("dry"));
}

#[test]
fn a_field_that_was_absent_is_added_and_a_differing_copy_is_left_alone() {
    let text = V3.replace("\"name\": \"Quill\"", "\"name\": \"An old name\"");
    let after = edit::with_texts(&card(&text), &[("nickname", "Q"), ("name", "Kiel")]).unwrap();
    assert_eq!(after.character().nickname.as_deref(), Some("Q"));
    assert!(after.text().contains("\"name\": \"An old name\""), "{}", after.text());
    let bare =
        edit::with_texts(&card(r#"{"name":"Old","description":"d"}"#), &[("scenario", "a room")]).unwrap();
    assert_eq!(bare.text(), r#"{"scenario":"a room","name":"Old","description":"d"}"#);
    assert_eq!(bare.version(), None);
}

#[test]
fn a_change_that_makes_it_no_card_is_refused() {
    assert!(edit::with_texts(&card(V3), &[("name", " ")]).is_err());
    assert!(edit::with_texts(&card(V3), &[("name", &"x".repeat(200))]).is_err());
}

#[test]
fn a_packed_card_reads_back_as_it_was() {
    for plain in [card(V3), card(r#"{"name":"Old","description":"d"}"#)] {
        for card in [plain.clone(), plain.with_portrait(&picture())] {
            let packed = edit::pack(&card).unwrap();
            let again = read(&packed, "packed").unwrap();
            assert_eq!(again.text(), card.text());
            assert_eq!(again.portrait(), card.portrait());
            assert_eq!(again.character(), card.character());
            assert_eq!(edit::pack(&again).unwrap(), packed);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_written_is_read_and_undone_again(text in "\\PC{0,40}|[\\x00-\\x7f]{0,20}") {
        let before = card(V3);
        let after = edit::with_texts(&before, &[("description", &text)]).unwrap();
        prop_assert_eq!(edit::text_of(&after, "description"), Some(text.as_str()));
        prop_assert_eq!(&after.json()["zip"], &before.json()["zip"]);
        let again = edit::with_texts(&after, &[("description", "A \"pen\" {of [sorts\\")]).unwrap();
        prop_assert_eq!(again.text(), before.text());
    }
}
