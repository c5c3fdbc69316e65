//! A character's panel: what it is, and what can be done with it by who looks.

use domain::{
    CharacterId, UserId,
    command::{CommandCall, ComponentCall, ModalCall, Permissions},
    event::Place,
    outbound::{Answer, Button, ButtonStyle, Row},
};

use super::{NAME, card_of, sheet};
use crate::{
    app::App,
    cast::Origin,
    commands::{guild_of, manages},
    rules::Scope,
};

/// Who looks, and from where.
pub(super) struct Viewer {
    pub(super) user: UserId,
    pub(super) permissions: Permissions,
    place: Place,
    adults: bool,
}

impl Viewer {
    pub(super) fn of_command(call: &CommandCall) -> Self {
        let (place, adults) = (call.place, call.age_restricted);
        Self { user: call.author.id, permissions: call.permissions, place, adults }
    }

    pub(super) fn of_component(call: &ComponentCall) -> Self {
        let (place, adults) = (call.place, call.age_restricted);
        Self { user: call.author.id, permissions: call.permissions, place, adults }
    }

    pub(super) fn of_modal(call: &ModalCall) -> Self {
        let (place, adults) = (call.place, call.age_restricted);
        Self { user: call.author.id, permissions: call.permissions, place, adults }
    }

    /// Whether the viewer may change a character: what they brought, or anything as a manager of the server.
    pub(super) fn may_change(&self, origin: Option<&Origin>) -> bool {
        let own = matches!(origin, Some(Origin::Guild { owner }) if *owner == self.user);
        own || manages(self.permissions)
    }

    /// Whether the viewer may see all of a card for adults here.
    pub(super) fn may_see_all(&self, origin: Option<&Origin>) -> bool {
        self.adults || self.may_change(origin)
    }
}

/// The panel of a character of this place.
pub(super) async fn panel(app: &App, viewer: &Viewer, id: &CharacterId) -> anyhow::Result<Answer> {
    let guild = guild_of(&viewer.place)?;
    let card = card_of(&app.cast, guild, id).await?;
    let cast = app.cast.of(Some(guild)).await?;
    let origin = cast.origin(id);
    let (mut panel, face) = sheet::sheet(&card, id, viewer.adults);
    let from = match origin {
        Some(Origin::Guild { owner }) if owner.get() == 0 => "somebody".to_owned(),
        Some(Origin::Guild { owner }) => format!("<@{owner}>"),
        Some(Origin::Folder(_)) => "this bot's owner".to_owned(),
        Some(Origin::BuiltIn) | None => "built in".to_owned(),
    };
    panel.fields.push(("Brought by".to_owned(), from, true));
    let here = app.rules.of(&viewer.place).await?.admits(id);
    let everywhere = app.rules.patch(Scope::Guild(guild)).await?;
    let silenced = everywhere.silenced.as_ref().is_some_and(|silenced| silenced.contains(id));
    let state = match (silenced, here) {
        (true, _) => "silenced on this server",
        (false, true) => "may speak",
        (false, false) => "silent",
    };
    panel.fields.push(("In this channel".to_owned(), state.to_owned(), true));
    let take = !card.character().age_restricted || viewer.may_see_all(origin);
    let rows = rows(viewer, id, origin, take.then_some(card.portrait().is_some()), here, silenced);
    Ok(Answer {
        panels: vec![panel],
        files: face.into_iter().collect(),
        rows,
        private: true,
        ..Answer::default()
    })
}

/// `take`: whether the card may be taken along, and if so, whether with its face.
fn rows(
    viewer: &Viewer,
    id: &CharacterId,
    origin: Option<&Origin>,
    take: Option<bool>,
    here: bool,
    silenced: bool,
) -> Vec<Row> {
    let button = |verb: &str, label: &str| Button::new(format!("{NAME}:{verb}:{id}"), label);
    let mut rows = Vec::new();
    if viewer.may_change(origin) {
        let mut change = vec![
            Button { style: ButtonStyle::Primary, ..button("edit", "Edit…") },
            button("more", "More texts…"),
        ];
        if matches!(origin, Some(Origin::Guild { .. })) {
            change.push(Button { style: ButtonStyle::Danger, ..button("delete", "Remove…") });
        }
        rows.push(Row::Buttons(change));
    }
    if let Some(face) = take {
        let mut export = vec![button("v3", "Export V3"), button("v2", "Export V2")];
        if face {
            export.insert(0, button("png", "Export PNG"));
        }
        rows.push(Row::Buttons(export));
    }
    if manages(viewer.permissions) {
        let channel = if here || silenced { "Silence in this channel" } else { "Let speak in this channel" };
        let server = if silenced { "Let speak on this server" } else { "Silence on this server" };
        let channel = Button { disabled: silenced, ..button("here", channel) };
        rows.push(Row::Buttons(vec![channel, button("everywhere", server)]));
    }
    rows
}
