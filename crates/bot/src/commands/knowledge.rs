//! `/knowledge`: documents that the characters of a server know.

mod listed;

use std::{future::Future, time::Duration};

use domain::{
    CharacterId, GuildId,
    command::{CommandCall, CommandSpec, ComponentCall, OptionKind, OptionSpec, Permissions},
    outbound::{Answer, Button, ButtonStyle, Row},
};
use futures_util::FutureExt as _;
use store::Origin;
use tokio::sync::watch;

use super::{Command, Proposals, Reaction, chat, guild_of, manages, must_manage, refused, shown, upload};
use crate::{
    app::App,
    cast::Cast,
    clock,
    knowledge::{
        Added, CATEGORY_CHARS, How, NotKept, READABLE, Scanned, Shelf, Step, Steps, Unscanned, Upload,
    },
};

pub(super) const NAME: &str = "knowledge";

/// How often somebody who waits is told how far it is. Discord allows five edits in five seconds.
const TOLD_EVERY: Duration = Duration::from_secs(3);

/// Proposals that Discord takes.
const PROPOSALS: usize = 25;

pub(super) fn command() -> Command {
    Command::new(spec, |app, call| answer(app, call).boxed())
        .privately()
        .proposing(|app, call| propose(app, call).boxed())
        .with_buttons(|app, call| pressed(app, call).boxed())
}

fn spec(_: &Cast) -> CommandSpec {
    let option = |name, description, kind, required| OptionSpec { name, description, kind, required };
    let sub = |name, description, options| option(name, description, OptionKind::Sub(options), false);
    CommandSpec::slash(
        NAME,
        "Documents that the characters of this server know",
        vec![
            sub(
                "add",
                "Bring a document: text, Markdown, a web page or a PDF",
                vec![
                    option("file", "A .txt, .md, .html or .pdf file", OptionKind::Attachment, true),
                    option("category", "Where it belongs, such as: rules", OptionKind::Autocompleted, false),
                    option(
                        "character",
                        "Who alone knows it; else everybody here",
                        OptionKind::Autocompleted,
                        false,
                    ),
                ],
            ),
            sub("list", "The documents of this server", Vec::new()),
            sub(
                "remove",
                "Remove a document that was uploaded",
                vec![option("document", "Which document", OptionKind::Autocompleted, true)],
            ),
            sub("reload", "Look now what changed in this server's folder", Vec::new()),
        ],
    )
    .needing(Permissions::MANAGE_GUILD)
}

async fn answer(app: &App, call: &CommandCall) -> anyhow::Result<Answer> {
    let guild = guild_of(&call.place)?;
    must_manage(call.permissions)?;
    match call.sub.as_deref() {
        Some("add") => add(app, call, guild).await,
        Some("remove") => ask(app, call, guild).await,
        Some("reload") => reload(app, call, guild).await,
        _ => listed::page(app, guild, 0).await,
    }
}

async fn add(app: &App, call: &CommandCall, guild: GuildId) -> anyhow::Result<Answer> {
    let character = character(app, call, guild).await?;
    let brought = upload::fetch(app, call, "file").await?;
    let given = shown::line(&brought.name, 100);
    let upload = Upload {
        guild,
        character,
        category: call.text("category").map(|text| text.raw().to_owned()).unwrap_or_default(),
        name: brought.name.clone(),
        bytes: brought.bytes.clone(),
        by: call.author.id,
        at: clock::now(),
    };
    let only = upload.character.clone();
    // The file is read once; who waits for a place among those who fetch need not wait for that.
    drop(brought);
    let steps = Steps::default();
    let added = telling(app, call, &steps, reading, app.knowledge.add(upload, &steps)).await;
    match added {
        Ok(added) => {
            tracing::info!(
                %guild, document = %added.name, passages = added.passages, by = %call.author.id,
                "a document was brought"
            );
            Ok(Answer::private(told(&added, only.as_ref())))
        }
        Err(NotKept::Refused(why)) => Err(refused(format!(
            "**{given}** {}. Nothing was changed; what can be read are {READABLE} files with text in them.",
            shown::line(&why, 500)
        ))),
        Err(NotKept::Store(error)) => Err(error.into()),
    }
}

/// The character that an option names.
async fn character(app: &App, call: &CommandCall, guild: GuildId) -> anyhow::Result<Option<CharacterId>> {
    let Some(name) = call.text("character") else { return Ok(None) };
    let cast = app.cast.of(Some(guild)).await?;
    let found = cast.by_name(name.raw()).map(|character| character.id.clone());
    found.map(Some).ok_or_else(|| refused("Nobody here has that name; `/characters` tells who is here."))
}

fn told(added: &Added, only: Option<&CharacterId>) -> String {
    let name = shown::line(&added.name, 150);
    let passages = shown::count(added.passages as usize, "passage", "passages");
    let who =
        only.map_or_else(|| "every character of this server".to_owned(), |only| format!("only `{only}`"));
    let category = shown::line(&added.category, CATEGORY_CHARS * 2);
    let mut text = match added.how {
        How::New => format!("**{name}** was read: {passages} in “{category}”, known to {who} from now on."),
        How::Replaced => format!(
            "**{name}** was read and took the place of what was here under that name: {passages} in “{category}”, \
             known to {who}."
        ),
        How::Unchanged => {
            format!("**{name}** is here already, word for word ({passages}). Nothing was changed.")
        }
    };
    if let Some(missing) = &added.missing {
        text = format!("{text} Beware: {}.", shown::line(missing, 200));
    }
    text + " `/knowledge list` shows what there is."
}

fn reading(step: &Step) -> String {
    let what = shown::line(&step.what, 100);
    if step.of > 1 {
        format!("Reading **{what}**: {} of {} …", step.number, step.of)
    } else {
        format!("Reading **{what}** …")
    }
}

/// Does something long, and tells whoever waits how far it is.
async fn telling<T>(
    app: &App,
    call: &CommandCall,
    steps: &Steps,
    say: impl Fn(&Step) -> String,
    work: impl Future<Output = T>,
) -> T {
    let mut heard: watch::Receiver<Step> = steps.subscribe();
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            biased;
            done = &mut work => return done,
            () = tokio::time::sleep(TOLD_EVERY) => {}
        }
        if heard.has_changed().unwrap_or(false) {
            let text = say(&heard.borrow_and_update());
            if let Err(error) = app.speaker.answer(&call.interaction, &Answer::private(text)).await {
                tracing::debug!(%error, "how far it is was not told");
            }
        }
    }
}

async fn reload(app: &App, call: &CommandCall, guild: GuildId) -> anyhow::Result<Answer> {
    if !app.knowledge.has_folder() {
        return Ok(Answer::private(
            "There is no folder to look into; who runs me can set one up. Documents that were uploaded here are \
             known as they are: `/knowledge add` with the same name replaces one.",
        ));
    }
    let steps = Steps::default();
    let scan = app.knowledge.scan(Some(guild), clock::now(), &steps);
    let scanned = telling(app, call, &steps, reading, scan).await;
    match scanned {
        Ok(scanned) => Ok(Answer::private(seen(&scanned))),
        Err(Unscanned::Folder { path, source }) => {
            tracing::error!(path, error = %source, "the folder of documents cannot be read");
            Err(refused("The folder cannot be read at this moment. What is known of it stays known."))
        }
        Err(error) => Err(error.into()),
    }
}

fn seen(scanned: &Scanned) -> String {
    let Scanned { read, passages, unchanged, removed, refused } = scanned;
    let documents = |number| shown::count(number, "document", "documents");
    if *read + *removed + refused.len() == 0 {
        return match unchanged {
            0 => "This server has no documents in the folder.".to_owned(),
            unchanged => format!("Nothing changed: {} as before.", documents(*unchanged)),
        };
    }
    let mut text = format!(
        "{} read ({} passages), {} removed, {} as before.",
        documents(*read),
        passages,
        removed,
        unchanged
    );
    if !refused.is_empty() {
        let lines = refused
            .iter()
            .map(|(name, why)| format!("**{}** {}", shown::line(name, 150), shown::line(why, 200)));
        text.push_str("\nNot read:\n");
        text.push_str(&shown::list(lines, 1_500));
    }
    text
}

async fn ask(app: &App, call: &CommandCall, guild: GuildId) -> anyhow::Result<Answer> {
    let given = call.text("document").map(|text| text.raw().trim().to_owned()).unwrap_or_default();
    let shelf = find(app, guild, &given).await?;
    if shelf.document.origin == Origin::Folder {
        return Err(refused("That document lies in the folder of who runs me: it goes when its file goes."));
    }
    let buttons = vec![
        Button { style: ButtonStyle::Danger, ..Button::new(format!("{NAME}:remove:{}", shelf.id), "Remove") },
        Button::new(format!("{NAME}:keep"), "Keep"),
    ];
    let text = format!(
        "Remove **{}** with its {}? No character will know it any more.",
        shown::line(&shelf.document.name, 150),
        shown::count(shelf.passages as usize, "passage", "passages")
    );
    Ok(Answer { text, rows: vec![Row::Buttons(buttons)], private: true, ..Answer::default() })
}

/// The document that is meant by its number or name.
async fn find(app: &App, guild: GuildId, given: &str) -> anyhow::Result<Shelf> {
    let all = app.knowledge.of(Some(guild)).await?;
    let meant = |shelf: &&Shelf| given.strip_prefix('#').is_some_and(|id| id == shelf.id.to_string());
    let named = |shelf: &&Shelf| shelf.document.name == given;
    let found = all.iter().find(meant).or_else(|| {
        // Two characters may know documents of one name: then a number is needed.
        let mut named = all.iter().filter(named);
        named.next().filter(|_| named.next().is_none())
    });
    found.cloned().ok_or_else(|| {
        refused("I cannot tell which document that is: choose one of those that are proposed while you type.")
    })
}

async fn pressed(app: &App, call: &ComponentCall) -> anyhow::Result<Reaction> {
    let guild = guild_of(&call.place)?;
    must_manage(call.permissions)?;
    let mut parts = call.id.splitn(3, ':').skip(1);
    let (verb, rest) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let text = match (verb, rest.parse::<u64>()) {
        ("page", Ok(page)) => {
            return Ok(Reaction::Update(listed::page(app, guild, usize::try_from(page).unwrap_or(0)).await?));
        }
        ("remove", Ok(id)) => match app.knowledge.remove(guild, id).await? {
            Some(document) => {
                tracing::info!(%guild, document = %document.name, by = %call.author.id, "a document was removed");
                format!("**{}** is gone.", shown::line(&document.name, 150))
            }
            None => "It was gone already, or another version has taken its place.".to_owned(),
        },
        ("keep", _) => "It stays.".to_owned(),
        _ => return Err(refused("I do not know this button any more.")),
    };
    Ok(Reaction::Update(Answer::private(text)))
}

async fn propose(app: &App, call: &CommandCall) -> anyhow::Result<Proposals> {
    let guild = guild_of(&call.place)?;
    // A server can show the command to anybody; what it has is told to those who look after it.
    if !manages(call.permissions) {
        return Ok(Proposals::new());
    }
    let typed = |option| call.text(option).map(|text| text.raw().trim().to_lowercase()).unwrap_or_default();
    match call.focused.as_deref() {
        Some("character") => Ok(chat::proposed(&*app.cast.of(Some(guild)).await?, call, "character")),
        Some("category") => {
            let typed = typed("category");
            let mut categories: Vec<String> = app
                .knowledge
                .of(Some(guild))
                .await?
                .into_iter()
                .map(|shelf| shelf.document.category)
                .collect();
            categories.sort();
            categories.dedup();
            categories.retain(|category| category.contains(&typed));
            Ok(categories.into_iter().take(PROPOSALS).map(|category| (category.clone(), category)).collect())
        }
        _ => {
            let typed = typed("document");
            let all = app.knowledge.of(Some(guild)).await?;
            let fits = |shelf: &&Shelf| {
                shelf.document.origin == Origin::Command
                    && shelf.document.name.to_lowercase().contains(&typed)
            };
            Ok(all
                .iter()
                .filter(fits)
                .take(PROPOSALS)
                .map(|shelf| (label(shelf), format!("#{}", shelf.id)))
                .collect())
        }
    }
}

fn label(shelf: &Shelf) -> String {
    let document = &shelf.document;
    let whose = document.character.as_ref().map_or_else(String::new, |only| format!(" · only {only}"));
    shown::cut(&format!("{} · {}{whose}", document.name, document.category), 100)
}
