//! Buttons, selects and modals as Discord takes them.
//!
//! Source: Discord documentation, "Component Reference" and "Interaction Callback Data Structure".

use std::collections::HashSet;

use domain::outbound::{Button, ButtonStyle, CUSTOM_ID_CHARS, Modal, ModalField, Row, Select, SelectChoice};
use serde_json::{Map, Value, json};

use super::panels::cut;
use crate::error::SpeakError;

/// Rows of a message.
const ROWS: usize = 5;
/// Buttons of a row.
const BUTTONS: usize = 5;
/// Choices of a select.
const CHOICES: usize = 25;
/// Fields of a modal.
const FIELDS: usize = 5;
/// Characters that a modal's field takes.
const FIELD_CHARS: u16 = 4_000;

/// Whether a number of things is one that Discord takes.
fn within(what: &'static str, found: usize, least: usize, most: usize) -> Result<(), SpeakError> {
    if (least..=most).contains(&found) { Ok(()) } else { Err(SpeakError::Limit { what, found, least, most }) }
}

/// Ids are not ours to cut: what comes back would mean something else.
fn id<'a>(text: &'a str, ids: &mut HashSet<&'a str>) -> Result<&'a str, SpeakError> {
    within("the characters of a component's id", text.chars().count(), 1, CUSTOM_ID_CHARS)?;
    if !ids.insert(text) {
        return Err(SpeakError::Limit { what: "components with the same id", found: 2, least: 1, most: 1 });
    }
    Ok(text)
}

/// The rows below a message.
pub(super) fn rows(rows: &[Row]) -> Result<Vec<Value>, SpeakError> {
    within("rows of components", rows.len(), 0, ROWS)?;
    let mut ids = HashSet::new();
    rows.iter()
        .map(|row| {
            let inner = match row {
                Row::Buttons(buttons) => {
                    within("buttons of a row", buttons.len(), 1, BUTTONS)?;
                    buttons.iter().map(|shown| button(shown, &mut ids)).collect::<Result<Vec<_>, _>>()?
                }
                Row::Select(shown) => vec![select(shown, &mut ids)?],
            };
            Ok(json!({ "type": 1, "components": inner }))
        })
        .collect()
}

fn button<'a>(button: &'a Button, ids: &mut HashSet<&'a str>) -> Result<Value, SpeakError> {
    let style = match button.style {
        ButtonStyle::Primary => 1,
        ButtonStyle::Secondary => 2,
        ButtonStyle::Success => 3,
        ButtonStyle::Danger => 4,
    };
    let mut value = Map::new();
    value.insert("type".into(), 2.into());
    value.insert("style".into(), style.into());
    value.insert("custom_id".into(), id(&button.id, ids)?.into());
    match &button.emoji {
        Some(emoji) => {
            value.insert("emoji".into(), json!({ "name": emoji }));
        }
        None => {
            within("the characters of a button's label", button.label.trim().chars().count().min(80), 1, 80)?;
        }
    }
    if !button.label.trim().is_empty() {
        value.insert("label".into(), cut(&button.label, 80).into());
    }
    if button.disabled {
        value.insert("disabled".into(), true.into());
    }
    Ok(Value::Object(value))
}

fn select<'a>(select: &'a Select, ids: &mut HashSet<&'a str>) -> Result<Value, SpeakError> {
    let choices = select.choices.len();
    within("choices of a select", choices, 1, CHOICES)?;
    within("choices that may be taken", select.max.into(), 1, choices)?;
    within("choices that must be taken", select.min.into(), 0, select.max.into())?;
    let chosen = select.choices.iter().filter(|choice| choice.chosen).count();
    within("choices that are taken at first", chosen, 0, select.max.into())?;
    let mut values = HashSet::new();
    let options =
        select.choices.iter().map(|shown| choice(shown, &mut values)).collect::<Result<Vec<_>, _>>()?;
    let mut value = Map::new();
    value.insert("type".into(), 3.into());
    value.insert("custom_id".into(), id(&select.id, ids)?.into());
    value.insert("options".into(), options.into());
    value.insert("min_values".into(), select.min.into());
    value.insert("max_values".into(), select.max.into());
    if !select.placeholder.is_empty() {
        value.insert("placeholder".into(), cut(&select.placeholder, 150).into());
    }
    Ok(Value::Object(value))
}

fn choice<'a>(choice: &'a SelectChoice, values: &mut HashSet<&'a str>) -> Result<Value, SpeakError> {
    within("the characters of a choice's value", choice.value.chars().count(), 1, 100)?;
    within("the characters of a choice's label", choice.label.trim().chars().count().min(100), 1, 100)?;
    if !values.insert(&choice.value) {
        return Err(SpeakError::Limit { what: "choices with the same value", found: 2, least: 1, most: 1 });
    }
    let mut value = Map::new();
    value.insert("label".into(), cut(&choice.label, 100).into());
    value.insert("value".into(), choice.value.as_str().into());
    if !choice.description.is_empty() {
        value.insert("description".into(), cut(&choice.description, 100).into());
    }
    if choice.chosen {
        value.insert("default".into(), true.into());
    }
    Ok(Value::Object(value))
}

/// A modal's data.
pub(super) fn modal(modal: &Modal) -> Result<Value, SpeakError> {
    within("fields of a modal", modal.fields.len(), 1, FIELDS)?;
    within("the characters of a modal's title", modal.title.trim().chars().count().min(45), 1, 45)?;
    let mut ids = HashSet::new();
    let fields = modal.fields.iter().map(|shown| field(shown, &mut ids)).collect::<Result<Vec<_>, _>>()?;
    let custom_id = id(&modal.id, &mut HashSet::new())?;
    Ok(json!({ "custom_id": custom_id, "title": cut(&modal.title, 45), "components": fields }))
}

fn field<'a>(field: &'a ModalField, ids: &mut HashSet<&'a str>) -> Result<Value, SpeakError> {
    within("the characters of a field's label", field.label.trim().chars().count().min(45), 1, 45)?;
    let most = if field.max == 0 { FIELD_CHARS } else { field.max };
    within("the characters that a field takes", most.into(), 1, FIELD_CHARS.into())?;
    // What a member would send back is not ours to cut.
    within("the characters in a field", field.value.chars().count(), 0, most.into())?;
    let mut value = Map::new();
    value.insert("type".into(), 4.into());
    value.insert("custom_id".into(), id(&field.id, ids)?.into());
    value.insert("style".into(), if field.long { 2 } else { 1 }.into());
    value.insert("required".into(), field.required.into());
    value.insert("max_length".into(), most.into());
    if !field.value.is_empty() {
        value.insert("value".into(), field.value.as_str().into());
    }
    if !field.placeholder.is_empty() {
        value.insert("placeholder".into(), cut(&field.placeholder, 100).into());
    }
    // Inputs in action rows are deprecated in modals.
    Ok(json!({ "type": 18, "label": cut(&field.label, 45), "component": value }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(values: usize) -> Select {
        let choices = (0..values).map(|n| SelectChoice {
            label: format!("Number {n}"),
            value: n.to_string(),
            ..SelectChoice::default()
        });
        Select { id: "pick:1".into(), placeholder: String::new(), choices: choices.collect(), min: 1, max: 1 }
    }

    fn refused<T: std::fmt::Debug>(sent: Result<T, SpeakError>) -> &'static str {
        match sent.unwrap_err() {
            SpeakError::Limit { what, .. } => what,
            error => panic!("{error}"),
        }
    }

    #[test]
    fn rows_as_discord_takes_them() {
        let stop = Button {
            style: ButtonStyle::Danger,
            emoji: Some("🛑".into()),
            disabled: true,
            ..Button::new("scene:stop", "")
        };
        let mut select = chosen(2);
        select.placeholder = "Whom?".into();
        select.choices[1].description = "the second".into();
        select.choices[1].chosen = true;
        let long = Button { style: ButtonStyle::Primary, ..Button::new("x", "L".repeat(100)) };
        insta::assert_json_snapshot!(rows(&[Row::Buttons(vec![long, stop]), Row::Select(select)]).unwrap());
    }

    #[test]
    fn a_modal_as_discord_takes_it() {
        let name = ModalField {
            id: "name".into(),
            label: "Name".into(),
            required: true,
            max: 80,
            ..ModalField::default()
        };
        let about = ModalField {
            id: "about".into(),
            label: "What should everybody know about this character?".into(),
            long: true,
            value: "A librarian.".into(),
            placeholder: "p".repeat(200),
            ..ModalField::default()
        };
        let shown = Modal { id: "edit:mira".into(), title: "T".repeat(50), fields: vec![name, about] };
        insta::assert_json_snapshot!(modal(&shown).unwrap());
    }

    #[test]
    fn what_cannot_be_cut_is_an_error() {
        let button = |id: &str| Button::new(id, "ok");
        assert_eq!(refused(rows(&vec![Row::Select(chosen(1)); 6])), "rows of components");
        assert_eq!(refused(rows(&[Row::Buttons(Vec::new())])), "buttons of a row");
        assert_eq!(refused(rows(&[Row::Buttons(vec![button("a"); 6])])), "buttons of a row");
        let row = |button| rows(&[Row::Buttons(vec![button])]);
        assert_eq!(refused(row(button(&"ä".repeat(101)))), "the characters of a component's id");
        assert!(row(button(&"ä".repeat(100))).is_ok());
        assert_eq!(refused(row(Button::new("a", " "))), "the characters of a button's label");
        assert_eq!(
            refused(rows(&[Row::Buttons(vec![button("a"), button("a")])])),
            "components with the same id"
        );
        assert_eq!(refused(rows(&[Row::Select(chosen(26))])), "choices of a select");
        assert_eq!(refused(rows(&[Row::Select(chosen(0))])), "choices of a select");
        let mut twice = chosen(2);
        twice.choices[1].value = "0".into();
        assert_eq!(refused(rows(&[Row::Select(twice)])), "choices with the same value");
        let too_many = Select { max: 3, ..chosen(2) };
        assert_eq!(refused(rows(&[Row::Select(too_many)])), "choices that may be taken");
        let field = ModalField {
            id: "a".into(),
            label: "A".into(),
            max: 3,
            value: "four".into(),
            ..ModalField::default()
        };
        let one = |fields| Modal { id: "m".into(), title: "M".into(), fields };
        assert_eq!(refused(modal(&one(vec![field]))), "the characters in a field");
        assert_eq!(refused(modal(&one(Vec::new()))), "fields of a modal");
    }
}
