//! What a card brings, on one panel.

use domain::{
    CharacterId,
    outbound::{File, Panel},
};

use crate::{
    cards::Card,
    commands::shown::{self, count},
};

/// Characters of a text on the panel.
const EXCERPT: usize = 700;

/// The panel of a card, and its picture. What is for adults shows itself to adults only.
pub(in crate::commands) fn sheet(card: &Card, id: &CharacterId, adults: bool) -> (Panel, Option<File>) {
    let character = card.character();
    let hidden = character.age_restricted && !adults;
    let face = card
        .portrait()
        .filter(|_| !hidden)
        .map(|bytes| File { name: format!("{id}.png"), bytes: bytes.into() });
    let about = if character.tagline.is_empty() { &character.description } else { &character.tagline };
    let body = if hidden { String::new() } else { shown::plain(about, EXCERPT) };
    let mut fields = Vec::new();
    let mut field = |name: &str, value: String, beside: bool| {
        if !value.is_empty() {
            fields.push((name.to_owned(), value, beside));
        }
    };
    field("Id", format!("`{id}`"), true);
    field("Greetings", greetings(card).to_string(), true);
    let lore = character.book.as_ref().map_or(0, |book| book.entries.len());
    field("Lore entries", lore.to_string(), true);
    let also = character.names().skip(1).collect::<Vec<_>>().join(", ");
    field("Also called", shown::line(&also, 300), true);
    if !hidden {
        field("Tags", shown::line(&character.tags.join(", "), 300), true);
    }
    if character.age_restricted {
        field("🔞 For adults", "Speaks only in age-restricted channels.".to_owned(), false);
    }
    if !hidden {
        field("Greets", shown::line(&character.first_mes, 300), false);
    }
    let notes = card.notes().iter().map(|note| format!("• {}", shown::line(note, 200))).collect::<Vec<_>>();
    field("Not taken", shown::cut(&notes.join("\n"), 1_000), false);
    let version = card.version().map_or("V1".to_owned(), |version| version.to_string());
    let panel = Panel {
        title: shown::line(&character.name, 200),
        body,
        color: character.color,
        fields,
        thumbnail: face.as_ref().map(|face| face.name.clone()),
        footer: format!("Character card {version} · {}", count(card.text().len(), "byte", "bytes")),
        ..Panel::default()
    };
    (panel, face)
}

/// How many ways there are to begin.
fn greetings(card: &Card) -> usize {
    let data = if card.version().is_some() { &card.json()["data"] } else { card.json() };
    let more = |name: &str| data[name].as_array().map_or(0, Vec::len);
    let first = data["first_mes"].as_str().is_some_and(|text| !text.trim().is_empty());
    usize::from(first) + more("alternate_greetings") + more("group_only_greetings")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cards;

    #[test]
    fn a_card_for_adults_hides_itself_where_others_read() {
        let text = r#"{"spec":"chara_card_v3","spec_version":"3.0","data":{"name":"Quill","description":"**d**","first_mes":"hello","alternate_greetings":["a","b"],"tags":["nsfw"]}}"#;
        let card = cards::read(text.as_bytes(), "card.json").unwrap();
        let id = card.character().id.clone();
        let (open, _) = sheet(&card, &id, true);
        assert_eq!(open.body, r"\*\*d\*\*");
        let of = |name: &str| open.fields.iter().find(|field| field.0 == name).map(|field| field.1.as_str());
        assert_eq!((of("Greetings"), of("Greets")), (Some("3"), Some("hello")));
        assert!(open.fields.iter().any(|field| field.0.contains("adults")));
        let (hidden, _) = sheet(&card, &id, false);
        assert!(!format!("{hidden:?}").contains("hello") && hidden.body.is_empty());
        assert!(!format!("{hidden:?}").contains("nsfw"));
    }
}
