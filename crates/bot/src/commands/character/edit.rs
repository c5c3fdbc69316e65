//! Changing a card's texts in a window.

use std::{collections::BTreeMap, sync::Arc};

use domain::{
    CharacterId, GuildId, Untrusted,
    card::NAME_CHARS,
    character::Character,
    outbound::{Modal, ModalField},
};
use store::{GuildCard, StoreError};

use super::{NAME, panel::Viewer};
use crate::{
    app::App,
    cards::{self, Card, edit},
    cast::{Cast, Origin},
    clock,
    commands::{import_character::unclaimed, manages, refused, shown},
};

/// Characters that a field of a window takes. Discord documentation, "Text Input".
const FIELD_CHARS: usize = 4_000;

/// A text of a card: the field, its label, characters, and whether it has several lines.
type Text = (&'static str, &'static str, usize, bool);

const FIRST: [Text; 5] = [
    ("name", "Name", NAME_CHARS, false),
    ("description", "Description", FIELD_CHARS, true),
    ("personality", "Personality", FIELD_CHARS, true),
    ("scenario", "Scenario", FIELD_CHARS, true),
    ("first_mes", "Greeting", FIELD_CHARS, true),
];

const MORE: [Text; 5] = [
    ("nickname", "Nickname", NAME_CHARS, false),
    ("mes_example", "Example dialogues", FIELD_CHARS, true),
    ("system_prompt", "Own instructions", FIELD_CHARS, true),
    ("post_history_instructions", "Last instructions", FIELD_CHARS, true),
    ("creator_notes", "Notes for people", FIELD_CHARS, true),
];

/// The window of a character's texts: the first ones, or more of them. A text that is too long for a window is left
/// out, and so stays as it is.
pub(super) fn window(card: &Card, id: &CharacterId, which: &str) -> Modal {
    let texts = if which == "more" { MORE } else { FIRST };
    let field = |(field, label, max, long): Text| {
        let value = now(card, field);
        (value.chars().count() <= max).then(|| ModalField {
            id: field.to_owned(),
            label: label.to_owned(),
            long,
            required: field == "name",
            value,
            max: u16::try_from(max).unwrap_or(0),
            ..ModalField::default()
        })
    };
    let title = format!("{:.30}: texts", cards::printable(&card.character().name));
    Modal { id: format!("{NAME}:{which}:{id}"), title, fields: texts.into_iter().filter_map(field).collect() }
}

/// What a field says now, as a window shows it.
fn now(card: &Card, field: &str) -> String {
    let text = edit::text_of(card, field).unwrap_or_default();
    let line = FIRST.iter().chain(&MORE).any(|(name, .., long)| *name == field && !long);
    // A line takes no line breaks.
    if line { text.split_whitespace().collect::<Vec<_>>().join(" ") } else { text.replace("\r\n", "\n") }
}

/// Keeps the changed texts; a sentence about it.
pub(super) async fn save(
    app: &App,
    viewer: &Viewer,
    guild: GuildId,
    id: &CharacterId,
    cast: &Arc<Cast>,
    card: Card,
    fields: &BTreeMap<String, Untrusted>,
) -> anyhow::Result<String> {
    let changes = changes(&card, fields);
    let left_out = left_out(&card);
    if changes.is_empty() {
        return Ok(format!("Nothing was changed.{left_out}"));
    }
    let changed = edit::with_texts(&card, &changes)
        .map_err(|problem| refused(format!("That cannot be kept: {}", shown::complaint(&problem))))?;
    let named = Character { id: id.clone(), ..changed.character().clone() };
    if let Some(other) = cast.namesake(&named) {
        let name = shown::line(&other.name, 80);
        return Err(refused(format!("Somebody here is called {name} already.")));
    }
    if !manages(viewer.permissions) {
        unclaimed(cast, &named)?;
    }
    // A folder's card may have a larger picture than a server keeps.
    let packed = cards::aside(move || edit::pack(&changed.with_small_portrait()?));
    let packed = packed.await.ok_or_else(|| refused("That card cannot be kept."))?;
    let packed = packed.map_err(|problem| refused(shown::complaint(&problem)))?;
    let file_name = match cast.origin(id) {
        Some(Origin::Guild { .. }) => app.store.card(guild, id).await?.map(|kept| kept.file_name),
        _ => None,
    };
    let kept = GuildCard {
        guild,
        id: id.clone(),
        // Who changes somebody else's card does not take it over: the store keeps its owner.
        owner: viewer.user,
        card: packed,
        file_name: file_name.unwrap_or_else(|| format!("{id}.png")),
        added_at: clock::now(),
    };
    match app.cast.keep(&kept, true).await {
        Ok(()) => {}
        Err(StoreError::Full { what, most }) => {
            return Err(refused(format!(
                "There is no more room on this server: {most} {what} are the most."
            )));
        }
        Err(error) => return Err(error.into()),
    }
    tracing::info!(%guild, %id, by = %viewer.user, fields = changes.len(), "a character was changed");
    Ok(format!("Kept. It holds from the next answer on.{left_out}"))
}

/// Which texts no window can show, and what to do about it.
fn left_out(card: &Card) -> String {
    let long = |(field, _, max, _): &Text| now(card, field).chars().count() > *max;
    let labels: Vec<&str> = FIRST.iter().chain(&MORE).filter(|text| long(text)).map(|text| text.1).collect();
    if labels.is_empty() {
        return String::new();
    }
    format!(
        "\nToo long for a window, and so left as they are: {}. Export the card, change it, and import it again.",
        labels.join(", ")
    )
}

/// The fields whose text is another one now. White space around it does not count: Discord takes it away.
fn changes<'a>(card: &Card, fields: &'a BTreeMap<String, Untrusted>) -> Vec<(&'static str, &'a str)> {
    let text = |(field, ..): Text| {
        let written = fields.get(field)?.raw();
        let same = written.replace("\r\n", "\n").trim() == now(card, field).trim();
        (!same).then_some((field, written))
    };
    FIRST.into_iter().chain(MORE).filter_map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card() -> Card {
        let long = "x".repeat(5_000);
        let text = format!(
            r#"{{"spec":"chara_card_v2","spec_version":"2.0","data":{{"name":"Quill","description":"a\r\nb ","personality":"{long}","first_mes":"hi"}}}}"#
        );
        cards::read(text.as_bytes(), "card.json").unwrap()
    }

    #[test]
    fn a_text_that_fits_no_window_is_left_alone() {
        let card = card();
        let window = window(&card, &card.character().id, "edit");
        let fields: Vec<_> =
            window.fields.iter().map(|field| (field.id.as_str(), field.value.as_str())).collect();
        assert_eq!(
            fields,
            [("name", "Quill"), ("description", "a\nb "), ("scenario", ""), ("first_mes", "hi")]
        );
        assert!(left_out(&card).contains("left as they are: Personality."), "{}", left_out(&card));
        let short = edit::with_texts(&card, &[("personality", "short")]).unwrap();
        assert_eq!(left_out(&short), "");
    }

    #[test]
    fn only_what_differs_is_a_change() {
        let sent = |texts: &[(&str, &str)]| {
            texts.iter().map(|(field, text)| ((*field).to_owned(), Untrusted::from(*text))).collect()
        };
        let same = sent(&[("name", "Quill"), ("description", "a\nb"), ("scenario", ""), ("first_mes", "hi")]);
        assert_eq!(changes(&card(), &same), []);
        let other = sent(&[("name", "Quill"), ("first_mes", "hello"), ("unknown", "x")]);
        assert_eq!(changes(&card(), &other), [("first_mes", "hello")]);
    }
}
