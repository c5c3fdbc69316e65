//! `/character`: who is here, looked at closely: to change, to silence, to take along, to remove.

mod edit;
mod panel;
pub(super) mod sheet;

use std::sync::Arc;

use domain::{
    CharacterId, GuildId,
    character::Character,
    command::{CommandCall, CommandSpec, ComponentCall, ModalCall, OptionKind, OptionSpec},
    outbound::{Answer, Button, ButtonStyle, File, Panel, Row},
    rules::{self, RulesPatch},
};
use futures_util::FutureExt as _;

use self::panel::Viewer;
use super::{Command, Reaction, chat, face, guild_of, must_manage, refused, shown, upload};
use crate::{
    app::App,
    cards::{self, Card, Version},
    cast::{Cast, Casts, NoCard, Origin},
    rules::Scope,
};

pub(super) const NAME: &str = "character";

pub(super) fn command() -> Command {
    Command::new(spec, |app, call| answer(app, call).boxed())
        .privately()
        .proposing(|app, call| {
            async move { Ok(chat::proposed(&*app.cast.of(call.place.guild).await?, call, "name")) }.boxed()
        })
        .with_buttons(|app, call| pressed(app, call).boxed())
        .with_windows(|app, call| filled(app, call).boxed())
}

fn spec(_: &Cast) -> CommandSpec {
    let sub = |name, description, options| OptionSpec {
        name,
        description,
        kind: OptionKind::Sub(options),
        required: false,
    };
    let name =
        OptionSpec { name: "name", description: "Who", kind: OptionKind::Autocompleted, required: true };
    CommandSpec::slash(
        NAME,
        "The characters of this server, one by one",
        vec![
            sub("list", "Who is here, where from, and who may speak in this channel", Vec::new()),
            sub("show", "Look at a character: change, silence, export or remove it", vec![name]),
        ],
    )
    .in_guilds()
}

async fn answer(app: &App, call: &CommandCall) -> anyhow::Result<Answer> {
    guild_of(&call.place)?;
    let cast = app.cast.of(call.place.guild).await?;
    match call.sub.as_deref() {
        Some("show") => {
            let name = call.text("name").map(|name| name.raw().to_owned()).unwrap_or_default();
            let character = cast
                .by_name(&name)
                .ok_or_else(|| refused("Nobody here has that name. `/character list` tells who is here."))?;
            panel::panel(app, &Viewer::of_command(call), &character.id).await
        }
        _ => list(app, call, &cast).await,
    }
}

async fn list(app: &App, call: &CommandCall, cast: &Cast) -> anyhow::Result<Answer> {
    let rules = app.rules.of(&call.place).await?;
    let line = |character: &Arc<Character>| {
        let from = match cast.origin(&character.id) {
            Some(Origin::Guild { owner }) if owner.get() == 0 => "brought by somebody".to_owned(),
            Some(Origin::Guild { owner }) => format!("brought by <@{owner}>"),
            Some(Origin::Folder(_)) => "of this bot's owner".to_owned(),
            Some(Origin::BuiltIn) | None => "built in".to_owned(),
        };
        let here = if rules.admits(&character.id) { "" } else { " · silent here" };
        let adults = if character.age_restricted { " · 🔞" } else { "" };
        format!("**{}** `{}` {from}{adults}{here}", shown::line(&character.name, 80), character.id)
    };
    let panel = Panel {
        title: shown::count(cast.characters().len(), "character", "characters"),
        body: shown::list(cast.characters().iter().map(line), 4_000),
        footer: "/character show NAME · /import_character".to_owned(),
        ..Panel::default()
    };
    Ok(Answer { panels: vec![panel], private: true, ..Answer::default() })
}

async fn pressed(app: &App, call: &ComponentCall) -> anyhow::Result<Reaction> {
    let guild = guild_of(&call.place)?;
    let (verb, id) = parts(&call.id)?;
    let viewer = Viewer::of_component(call);
    match verb {
        "show" => {}
        "edit" | "more" => {
            let (_, card) = editable(app, &viewer, guild, &id).await?;
            return Ok(Reaction::Open(edit::window(&card, &id, verb)));
        }
        "png" | "v2" | "v3" if !may_take(app, &viewer, guild, &id).await? => {
            return Err(refused("That card is for adults: take it along in an age-restricted channel."));
        }
        "png" | "v2" | "v3" => return Ok(Reaction::Say(export(app, guild, &id, verb).await?)),
        "here" => {
            must_manage(call.permissions)?;
            let cast = app.rules.of(&call.place).await?.cast;
            let change = |rules: &mut RulesPatch| {
                switch(rules, &id, Some(&cast));
                Ok(())
            };
            app.rules.change(Scope::channel(&call.place), change).await?;
        }
        "everywhere" => {
            must_manage(call.permissions)?;
            let change = |rules: &mut RulesPatch| {
                switch(rules, &id, None);
                Ok(())
            };
            app.rules.change(Scope::Guild(guild), change).await?;
        }
        "delete" => return Ok(Reaction::Update(ask(app, &viewer, guild, &id).await?)),
        "really" => {
            let (cast, _) = deletable(app, &viewer, guild, &id).await?;
            let name = cast.by_id(&id).map_or(id.to_string(), |character| shown::line(&character.name, 80));
            app.cast.remove(guild, &id).await?;
            tracing::info!(%guild, %id, by = %call.author.id, "an imported character was removed");
            // Who stands in its place again has a face of its own.
            face::show_anew(app, guild, &id);
            return Ok(Reaction::Update(Answer::private(format!("{name} is gone."))));
        }
        _ => return Err(refused("I do not know this button any more.")),
    }
    Ok(Reaction::Update(panel::panel(app, &viewer, &id).await?))
}

async fn filled(app: &App, call: &ModalCall) -> anyhow::Result<Reaction> {
    let guild = guild_of(&call.place)?;
    let (_, id) = parts(&call.id)?;
    let viewer = Viewer::of_modal(call);
    let (cast, card) = editable(app, &viewer, guild, &id).await?;
    let text = edit::save(app, &viewer, guild, &id, &cast, card, &call.fields).await?;
    Ok(Reaction::Update(Answer { text, ..panel::panel(app, &viewer, &id).await? }))
}

/// Verb and character of a custom id.
fn parts(id: &str) -> anyhow::Result<(&str, CharacterId)> {
    let mut parts = id.splitn(3, ':').skip(1);
    let id = parts.next().zip(parts.next().and_then(|id| CharacterId::new(id).ok()));
    id.ok_or_else(|| refused("I do not know this button any more."))
}

/// The cast and the card, if the viewer may change the character.
async fn editable(
    app: &App,
    viewer: &Viewer,
    guild: GuildId,
    id: &CharacterId,
) -> anyhow::Result<(Arc<Cast>, Card)> {
    let cast = app.cast.of(Some(guild)).await?;
    if !viewer.may_change(cast.origin(id)) {
        return Err(refused(
            "Only who brought a character, or a member with “Manage Server”, can change it.",
        ));
    }
    Ok((cast, card_of(&app.cast, guild, id).await?))
}

/// The same for one that can be removed: built-in characters stay.
async fn deletable(
    app: &App,
    viewer: &Viewer,
    guild: GuildId,
    id: &CharacterId,
) -> anyhow::Result<(Arc<Cast>, bool)> {
    let cast = app.cast.of(Some(guild)).await?;
    match cast.origin(id) {
        Some(origin @ Origin::Guild { .. }) if viewer.may_change(Some(origin)) => {
            let stands_for = app.cast.everybody().by_id(id).is_some();
            Ok((cast, stands_for))
        }
        Some(Origin::Guild { .. }) => {
            Err(refused("Only who brought a character, or a member with “Manage Server”, can remove it."))
        }
        Some(_) => Err(refused("That character is part of this bot; it can be silenced, not removed.")),
        None => Err(refused("That character is not here any more.")),
    }
}

/// Whether a card may be taken along where the viewer is. One for adults does not show itself where others read; who
/// may change it reads it anyway.
async fn may_take(app: &App, viewer: &Viewer, guild: GuildId, id: &CharacterId) -> anyhow::Result<bool> {
    let cast = app.cast.of(Some(guild)).await?;
    let adults = cast.by_id(id).is_some_and(|character| character.age_restricted);
    Ok(!adults || viewer.may_see_all(cast.origin(id)))
}

async fn card_of(casts: &Casts, guild: GuildId, id: &CharacterId) -> anyhow::Result<Card> {
    casts.card(Some(guild), id).await.map_err(|error| match error {
        NoCard::Unknown => refused("That character is not here any more."),
        error => error.into(),
    })
}

/// Silences who may speak and lets speak who may not. `cast` is the channel's; a server's own list stays as it is.
fn switch(patch: &mut RulesPatch, id: &CharacterId, cast: Option<&rules::Cast>) {
    let silenced = patch.silenced.get_or_insert_default();
    let was_silenced = silenced.contains(id);
    silenced.retain(|other| other != id);
    let left_out = cast.is_some_and(|cast| !cast.holds(id));
    if !was_silenced && !left_out {
        silenced.push(id.clone());
    }
    if silenced.is_empty() {
        patch.silenced = None;
    }
    if left_out && let Some(rules::Cast::Only(members)) = cast {
        let members = members.iter().chain([id]).cloned().collect();
        patch.cast = Some(rules::Cast::Only(members));
    }
}

async fn ask(app: &App, viewer: &Viewer, guild: GuildId, id: &CharacterId) -> anyhow::Result<Answer> {
    let (cast, stands_for) = deletable(app, viewer, guild, id).await?;
    let name = cast.by_id(id).map_or(id.to_string(), |character| shown::line(&character.name, 80));
    let text = if stands_for {
        format!(
            "Remove this server's own {name}? The original comes back. The card is lost if nobody exported it."
        )
    } else {
        format!("Remove {name} from this server? The card is lost if nobody exported it.")
    };
    let buttons = vec![
        Button { style: ButtonStyle::Danger, ..Button::new(format!("{NAME}:really:{id}"), "Remove") },
        Button::new(format!("{NAME}:show:{id}"), "Keep"),
    ];
    Ok(Answer { text, rows: vec![Row::Buttons(buttons)], private: true, ..Answer::default() })
}

/// The card as a file: a picture with both versions in it, or the JSON of one, letter for letter if it came as such.
async fn export(app: &App, guild: GuildId, id: &CharacterId, form: &str) -> anyhow::Result<Answer> {
    let card = card_of(&app.cast, guild, id).await?;
    let json = |version| cards::write_json(&card, version).into_owned().into_bytes();
    let (extension, bytes) = match form {
        "png" => {
            let face = card.portrait().ok_or_else(|| refused("That card has no picture to put it into."))?;
            ("png", cards::write_png(&card, face)?)
        }
        "v2" => ("json", json(Version::V2)),
        _ => ("json", json(Version::V3)),
    };
    if bytes.len() > upload::BYTES {
        return Err(refused(
            "That file is larger than Discord takes; the JSON has the card without its picture.",
        ));
    }
    let file = File { name: format!("{id}.{extension}"), bytes: bytes.into() };
    Ok(Answer { text: "Here it is.".to_owned(), files: vec![file], private: true, ..Answer::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(id: &str) -> CharacterId {
        CharacterId::new(id).unwrap()
    }

    #[test]
    fn a_switch_goes_back_and_forth_and_leaves_nothing_behind() {
        let mut patch = RulesPatch::default();
        switch(&mut patch, &id("mira"), Some(&rules::Cast::Everybody));
        assert_eq!(patch.silenced, Some(vec![id("mira")]));
        switch(&mut patch, &id("mira"), Some(&rules::Cast::Everybody));
        assert!(patch.is_empty());
    }

    #[test]
    fn who_is_not_in_the_channels_cast_is_taken_in() {
        let mut patch = RulesPatch::default();
        switch(&mut patch, &id("mira"), Some(&rules::Cast::Only(vec![id("tom")])));
        assert_eq!(patch.cast, Some(rules::Cast::Only(vec![id("tom"), id("mira")])));
        assert_eq!(patch.silenced, None);
    }

    #[test]
    fn the_longest_id_fits_into_a_button() {
        let longest = id(&"x".repeat(64));
        let button = format!("{NAME}:everywhere:{longest}");
        assert!(button.chars().count() <= domain::outbound::CUSTOM_ID_CHARS);
        assert_eq!(parts(&button).unwrap(), ("everywhere", longest));
        assert!(parts("character:show").is_err() && parts("character:show:NOT AN ID").is_err());
    }
}
