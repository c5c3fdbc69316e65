//! `/import_character`: a card that somebody brings, looked at before it is taken in.
//!
//! Until the person confirms, nothing is written; then the card is kept in one transaction and the character answers
//! at once. Somebody who is there already is only replaced when it was said so.

use domain::{
    CharacterId, GuildId, UserId,
    character::Character,
    command::{CommandCall, CommandSpec, ComponentCall, OptionKind, OptionSpec, Permissions},
    outbound::{Answer, Button, ButtonStyle, Row},
};
use futures_util::FutureExt as _;
use store::{GuildCard, StoreError};

use super::{
    Command, Reaction, character::sheet, desk::Brought, face, guild_of, manages, refused, shown, upload,
};
use crate::{
    app::App,
    cards::{self, Card, edit},
    cast::{Cast, Claim, Origin},
    clock,
};

const NAME: &str = "import_character";

/// Characters that somebody may bring who does not manage the server.
const OWN: usize = 10;

pub(super) fn command() -> Command {
    Command::new(spec, |app, call| import(app, call).boxed())
        .privately()
        .with_buttons(|app, call| decided(app, call).boxed())
}

fn spec(_: &Cast) -> CommandSpec {
    let file = OptionSpec {
        name: "file",
        description: "A character card: .png, .json or .charx, 10 MB at most",
        kind: OptionKind::Attachment,
        required: true,
    };
    CommandSpec::slash(NAME, "Bring a character of your own to this server", vec![file]).in_guilds()
}

async fn import(app: &App, call: &CommandCall) -> anyhow::Result<Answer> {
    let guild = guild_of(&call.place)?;
    let upload = upload::fetch(app, call, "file").await?;
    let file_name = upload.name.clone();
    let read = cards::aside(move || {
        let card = cards::read(&upload.bytes, &upload.name).map_err(|error| match error.problem {
            cards::Problem::Lorebook => {
                refused("That is a lorebook without a character: `/lore import` takes it.")
            }
            _ => refused(shown::complaint(&error)),
        })?;
        let card = card.with_small_portrait().map_err(|problem| refused(shown::complaint(&problem)))?;
        let packed = edit::pack(&card).map_err(|problem| refused(shown::complaint(&problem)))?;
        Ok::<_, anyhow::Error>((card, packed))
    });
    let (card, packed) = read.await.ok_or_else(|| refused("That file cannot be read."))??;
    let cast = app.cast.of(Some(guild)).await?;
    let id = id_for(&cast, &card);
    let who = Who { user: call.author.id, permissions: call.permissions };
    let there = may_come(&cast, card.character(), &id, &who)?;
    let brought = GuildCard { guild, id, owner: who.user, card: packed, file_name, added_at: clock::now() };
    let ticket = call.interaction.id.get();
    let answer = preview(&card, &brought.id, ticket, there, call.age_restricted);
    app.desk.lay(ticket, who.user, guild, clock::now(), Brought::Card(Box::new(brought)));
    Ok(answer)
}

/// Who brings a card.
struct Who {
    user: UserId,
    permissions: Permissions,
}

/// Who has the id in the guild already.
#[derive(Clone, Copy, PartialEq, Eq)]
enum There {
    Nobody,
    /// An imported character.
    Imported,
    /// One that is everywhere: a card of the guild takes its place here.
    Everywhere,
}

/// The id under which a card is known here. A name in a script that ids cannot show may lead to an id that somebody
/// of another name has: then it gets a number made of nothing but its name.
fn id_for(cast: &Cast, card: &Card) -> CharacterId {
    let character = card.character();
    let chosen = card.json()["data"]["extensions"]["acore"]["id"].is_string();
    let others =
        cast.by_id(&character.id).filter(|other| other.name.to_lowercase() != character.name.to_lowercase());
    if chosen || others.is_none() {
        return character.id.clone();
    }
    let hash = character
        .name
        .bytes()
        .fold(0x811C_9DC5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let slug: String = character.id.as_str().chars().take(50).collect();
    CharacterId::new(&format!("{slug}-{hash:08x}")).unwrap_or_else(|_| character.id.clone())
}

/// Whether a card may come in under an id, and in whose place.
fn may_come(cast: &Cast, character: &Character, id: &CharacterId, who: &Who) -> anyhow::Result<There> {
    let named = Character { id: id.clone(), ..character.clone() };
    if let Some(other) = cast.namesake(&named) {
        let name = shown::line(&other.name, 80);
        return Err(refused(format!(
            "Somebody here is called {name} already, and nobody could tell the two apart: give the card another name."
        )));
    }
    let manager = manages(who.permissions);
    if !manager {
        unclaimed(cast, &named)?;
    }
    match cast.origin(id) {
        Some(Origin::Guild { owner }) if manager || *owner == who.user => Ok(There::Imported),
        Some(Origin::BuiltIn | Origin::Folder(_)) if manager => Ok(There::Everywhere),
        Some(_) => Err(refused(format!(
            "{} is here already. Only who brought a character, or a member with “Manage Server”, can replace it.",
            shown::line(&character.name, 80)
        ))),
        None if manager || cast.owned_by(who.user) < OWN => Ok(There::Nobody),
        None => Err(refused(format!(
            "You have brought {OWN} characters already: remove one with `/character` first."
        ))),
    }
}

/// Refuses names on which a character would answer what is not for it.
pub(super) fn unclaimed(cast: &Cast, character: &Character) -> anyhow::Result<()> {
    let why = match cast.claim(character) {
        None => return Ok(()),
        Some(Claim::Taken { name, by }) => {
            format!("{} is called “{}” already", shown::line(&by, 80), shown::line(&name, 80))
        }
        Some(Claim::Common(name)) => format!(
            "“{}” is too short for a name or said too often: the character would answer everybody",
            shown::line(&name, 80)
        ),
        Some(Claim::Unseen(name)) => {
            format!("“{}” has line breaks or marks in it that nobody sees", shown::line(&name, 80))
        }
    };
    Err(refused(format!(
        "{why}. Take that name, nickname or alias out of the card, or ask a member with “Manage Server”."
    )))
}

fn preview(card: &Card, id: &CharacterId, ticket: u64, there: There, adults: bool) -> Answer {
    let (panel, face) = sheet::sheet(card, id, adults);
    let (text, take) = match there {
        There::Nobody => (
            "This is who would come. Nothing has happened yet.",
            Button {
                style: ButtonStyle::Success,
                ..Button::new(format!("{NAME}:take:{ticket}"), "Bring in")
            },
        ),
        There::Imported => (
            "**Somebody with this id is here already.** Replace the character, and its old card is gone?",
            replace(ticket),
        ),
        There::Everywhere => (
            "**Somebody with this id is here already.** On this server, this card would take the character's place?",
            replace(ticket),
        ),
    };
    let buttons = vec![take, Button::new(format!("{NAME}:drop:{ticket}"), "Cancel")];
    Answer {
        text: text.to_owned(),
        panels: vec![panel],
        files: face.into_iter().collect(),
        rows: vec![Row::Buttons(buttons)],
        private: true,
    }
}

fn replace(ticket: u64) -> Button {
    Button { style: ButtonStyle::Danger, ..Button::new(format!("{NAME}:replace:{ticket}"), "Replace") }
}

async fn decided(app: &App, call: &ComponentCall) -> anyhow::Result<Reaction> {
    let guild = guild_of(&call.place)?;
    let mut parts = call.id.split(':').skip(1);
    let (Some(verb), Some(Ok(ticket))) = (parts.next(), parts.next().map(str::parse::<u64>)) else {
        return Err(refused("I do not know this button any more."));
    };
    let Some(Brought::Card(card)) = app.desk.take(ticket, call.author.id, guild, clock::now()) else {
        return Ok(closed("This preview is too old. Please import the file once more."));
    };
    match verb {
        "drop" => Ok(closed("Nothing was brought in.")),
        "take" | "replace" => take(app, call, guild, ticket, *card, verb == "replace").await,
        _ => Err(refused("I do not know this button any more.")),
    }
}

async fn take(
    app: &App,
    call: &ComponentCall,
    guild: GuildId,
    ticket: u64,
    brought: GuildCard,
    replace: bool,
) -> anyhow::Result<Reaction> {
    let card = cards::read_aside(brought.card.clone(), brought.file_name.clone()).await?;
    let cast = app.cast.of(Some(guild)).await?;
    // Others may have been quicker, and permissions may have changed.
    let who = Who { user: call.author.id, permissions: call.permissions };
    let there = may_come(&cast, card.character(), &brought.id, &who)?;
    let again = |there| preview(&card, &brought.id, ticket, there, call.age_restricted);
    let lay = || {
        let brought = Brought::Card(Box::new(brought.clone()));
        app.desk.lay(ticket, who.user, guild, clock::now(), brought);
    };
    if there != There::Nobody && !replace {
        lay();
        return Ok(Reaction::Update(again(there)));
    }
    match app.cast.keep(&brought, replace).await {
        Ok(()) => {
            tracing::info!(%guild, id = %brought.id, owner = %brought.owner, replace, "a character was imported");
            face::show_anew(app, guild, &brought.id);
            Ok(Reaction::Update(welcome(&card)))
        }
        Err(StoreError::Exists) => {
            lay();
            Ok(Reaction::Update(again(There::Imported)))
        }
        Err(StoreError::Full { what, most }) => Ok(closed(&format!(
            "There is no more room on this server: {most} {what} are the most. Remove one with `/character` first."
        ))),
        Err(error) => {
            lay();
            Err(error.into())
        }
    }
}

fn welcome(card: &Card) -> Answer {
    let character = card.character();
    let name = shown::line(&character.name, 80);
    let mut text = format!("**{name}** is here. Write the name in a message, and {name} answers.");
    if character.age_restricted {
        text.push_str("\nThe card is for adults: only in age-restricted channels, that is.");
    }
    Answer::private(text)
}

fn closed(text: &str) -> Reaction {
    Reaction::Update(Answer::private(text))
}
