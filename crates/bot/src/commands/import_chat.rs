//! `/import_chat`: a conversation from elsewhere, for the characters to remember as what it is.
//!
//! What is brought becomes memories and no history: it never pretends to be messages of this channel, its names say
//! that it was imported, it is nobody's own words, and all of it goes again with one button, with everything that was
//! made of it.

use std::collections::BTreeMap;

use domain::{
    MessageId, Timestamp,
    command::{CommandCall, CommandSpec, ComponentCall, OptionKind, OptionSpec, Permissions},
    event::Place,
    memory::{Detail, Draft, Reach, Source},
    outbound::{Answer, Button, ButtonStyle, Panel, Row},
};
use futures_util::FutureExt as _;

use super::{Command, Reaction, desk::Brought, guild_of, must_manage, refused, remembered, shown, upload};
use crate::{
    app::App,
    cards,
    cast::Cast,
    chats::{self, Chat, Kind, Said},
    clock,
};

const NAME: &str = "import_chat";

/// Names that a preview lists.
const NAMES: usize = 12;

pub(super) fn command() -> Command {
    Command::new(spec, |app, call| answer(app, call).boxed())
        .privately()
        .with_buttons(|app, call| decided(app, call).boxed())
}

fn spec(_: &Cast) -> CommandSpec {
    let file = OptionSpec {
        name: "file",
        description: "A file of /export_chat, or a JSON list of role, content and username",
        kind: OptionKind::Attachment,
        required: true,
    };
    CommandSpec::slash(NAME, "Let the characters remember a conversation from elsewhere", vec![file])
        .needing(Permissions::MANAGE_GUILD)
}

async fn answer(app: &App, call: &CommandCall) -> anyhow::Result<Answer> {
    let guild = guild_of(&call.place)?;
    must_manage(call.permissions)?;
    let upload = upload::fetch(app, call, "file").await?;
    let read = cards::aside(move || chats::read(&upload.bytes, clock::now()));
    let read = read.await.ok_or_else(|| refused("That file cannot be read."))?;
    let mut chat =
        read.map_err(|problem| refused(format!("Nothing was imported: {}", shown::complaint(&problem))))?;
    // A file may hold what somebody said who does not want to be remembered.
    let before = chat.messages.len();
    chat.messages.retain(|said| !said.person.is_some_and(|person| app.opted_out.contains(person)));
    let silent = before - chat.messages.len();
    if chat.messages.is_empty() {
        return Err(refused("Nothing was imported: nobody in that file wants to be remembered."));
    }
    let ticket = call.interaction.id.get();
    let answer = preview(&chat, silent, ticket);
    app.desk.lay(ticket, call.author.id, guild, clock::now(), Brought::Chat(Box::new(chat)));
    Ok(answer)
}

fn preview(chat: &Chat, silent: usize, ticket: u64) -> Answer {
    let messages = &chat.messages;
    let mut who = BTreeMap::<(&str, Kind), usize>::new();
    for said in messages {
        *who.entry((&said.who, said.kind)).or_default() += 1;
    }
    let mut who: Vec<_> = who.into_iter().collect();
    who.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let names = who.iter().take(NAMES).map(|((name, kind), count)| {
        format!("- {} ({}): {count}", shown::line(name, chats::NAME_CHARS), kind.name())
    });
    let mut names: Vec<_> = names.collect();
    if who.len() > NAMES {
        names.push(format!("… and {} more", who.len() - NAMES));
    }
    let mut fields = vec![("Who".to_owned(), shown::cut(&names.join("\n"), 1_000), false)];
    for (label, said) in [("First message", messages.first()), ("Last message", messages.last())] {
        fields.extend(said.map(|said| (label.to_owned(), line(said), false)));
    }
    let mut notes = Vec::new();
    for (count, what) in [
        (chat.empty, "without words, left out"),
        (chat.cut, "too long, cut"),
        (silent, "of people who opted out, left out"),
    ] {
        if count > 0 {
            notes.push(format!("{count} {what}"));
        }
    }
    let panel = Panel {
        title: format!("Import {}?", shown::count(messages.len(), "message", "messages")),
        body: "The characters will remember them where everybody can see this channel, as imported. They are not put \
               into the channel's history, and nobody's words about themselves are believed."
            .to_owned(),
        fields,
        footer: notes.join(" · "),
        ..Panel::default()
    };
    let take =
        Button { style: ButtonStyle::Success, ..Button::new(format!("{NAME}:take:{ticket}"), "Import") };
    let drop = Button::new(format!("{NAME}:drop:{ticket}"), "Cancel");
    Answer {
        text: "Nothing has happened yet.".to_owned(),
        panels: vec![panel],
        rows: vec![Row::Buttons(vec![take, drop])],
        private: true,
        ..Answer::default()
    }
}

fn line(said: &Said) -> String {
    let when =
        said.at.map_or_else(String::new, |at| format!(" · <t:{}:f>", at.as_millis().div_euclid(1_000)));
    format!("{}: “{}”{when}", shown::line(&said.who, chats::NAME_CHARS), shown::line(&said.text, 300))
}

async fn decided(app: &App, call: &ComponentCall) -> anyhow::Result<Reaction> {
    let guild = guild_of(&call.place)?;
    must_manage(call.permissions)?;
    let mut parts = call.id.split(':').skip(1);
    let (Some(verb), Some(Ok(ticket))) = (parts.next(), parts.next().map(str::parse::<u64>)) else {
        return Err(refused("I do not know this button any more."));
    };
    let source = Source::Message(MessageId(ticket));
    if verb == "undo" {
        return undo(app, call, source).await;
    }
    let Some(Brought::Chat(chat)) = app.desk.take(ticket, call.author.id, guild, clock::now()) else {
        return Ok(closed("This preview is too old. Please import the file once more."));
    };
    match verb {
        "drop" => Ok(closed("Nothing was imported.")),
        "take" => {
            let (reach, now) = (remembered::here(app, &call.place), clock::now());
            let drafts: Vec<Draft> =
                chat.messages.iter().map(|said| draft(said, reach, &call.place, source, now)).collect();
            if let Err(error) = app.store.add_items(&drafts).await {
                app.desk.lay(ticket, call.author.id, guild, clock::now(), Brought::Chat(chat));
                return Err(error.into());
            }
            let (channel, messages) = (call.place.channel, drafts.len());
            tracing::info!(%channel, by = %call.author.id, messages, source = ticket, "a conversation was imported");
            let undo =
                Button { style: ButtonStyle::Danger, ..Button::new(format!("{NAME}:undo:{ticket}"), "Undo") };
            let text = format!(
                "{} imported: the characters remember them here. “Undo” removes all of them and what was made of them.",
                shown::count(messages, "message is", "messages are")
            );
            Ok(Reaction::Update(Answer { rows: vec![Row::Buttons(vec![undo])], ..Answer::private(text) }))
        }
        _ => Err(refused("I do not know this button any more.")),
    }
}

/// A memory of what a file says.
fn draft(said: &Said, reach: Reach, place: &Place, source: Source, now: Timestamp) -> Draft {
    Draft {
        reach,
        channel: Some(place.channel),
        character: None,
        owner: None,
        about: None,
        who: format!("{} (imported)", said.who).into(),
        text: said.text.as_str().into(),
        at: said.at.unwrap_or(now),
        until: None,
        position: 0,
        detail: Detail::Line,
        sources: vec![source],
    }
}

async fn undo(app: &App, call: &ComponentCall, source: Source) -> anyhow::Result<Reaction> {
    let made = app.store.made_of(source).await?;
    let Some(one) = made.first() else { return Ok(closed("Nothing is left of that import.")) };
    if one.draft.reach.guild() != call.place.guild {
        return Err(refused("That was imported on another server."));
    }
    let gone = app.store.unmake(source).await?;
    tracing::info!(channel = %call.place.channel, by = %call.author.id, items = gone, "an import was undone");
    let gone = usize::try_from(gone).unwrap_or(usize::MAX);
    Ok(closed(&format!(
        "The import is undone: {} forgotten.",
        shown::count(gone, "memory is", "memories are")
    )))
}

fn closed(text: &str) -> Reaction {
    Reaction::Update(Answer::private(text))
}
