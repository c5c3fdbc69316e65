//! Erasing: first what is being worked on and what is in memory, then the store.

use std::{sync::Arc, time::Duration};

use domain::UserId;
use store::{Erased, PersonRecord, Store};

use crate::{app::App, conversation::Work, ensemble::Scenes, minds::Minds, unasked::Unasked};

/// How often it is looked whether what was being worked on is over, and how often at most. A turn that is cancelled
/// ends as soon as its last request to Discord has.
const LOOK: Duration = Duration::from_millis(100);
const LOOKS: usize = 100;

/// Removes everything about a person, but that they opted out, while the bot runs. What is being answered is cancelled.
pub async fn erase(app: &App, user: UserId) -> store::Result<Erased> {
    let record = app.store.person(user).await?;
    withdraw(app, user, record.unfinished).await?;
    let record = app.store.person(user).await?;
    let cards = guilds(app, user).await?;
    documents(&app.minds, &app.unasked, &app.scenes, user, &record).await?;
    let erased = app.store.erase(user).await?;
    for channel in &record.direct {
        app.minds.forget_place(*channel);
        app.unasked.forget_place(*channel);
        app.scenes.forget_place(*channel);
    }
    // What was read before the store was changed is not true any more.
    for scope in &record.scopes {
        app.rules.reread(scope);
    }
    for guild in cards {
        app.cast.reread(guild);
    }
    tracing::info!(rows = erased.total(), "a person was erased");
    Ok(erased)
}

/// The same while the bot does not run.
pub struct Offline(pub Arc<dyn Store>);

impl Offline {
    /// Removes everything about a person, but that they opted out.
    pub async fn erase(&self, user: UserId) -> store::Result<Erased> {
        let store = &self.0;
        let record = store.person(user).await?;
        let (minds, unasked, scenes) =
            (Minds::new(store.clone()), Unasked::new(store.clone()), Scenes::new(store.clone()));
        documents(&minds, &unasked, &scenes, user, &record).await?;
        store.erase(user).await
    }
}

/// Has what they said last treated as deleted, and waits until nothing of it is being worked on.
async fn withdraw(
    app: &App,
    user: UserId,
    unfinished: Vec<(domain::ChannelId, domain::MessageId)>,
) -> store::Result<()> {
    if unfinished.is_empty() {
        return Ok(());
    }
    for (channel, message) in unfinished {
        app.cues.hand(channel, Work::Deleted(vec![message])).await;
    }
    for _ in 0..LOOKS {
        let open = app.store.unfinished().await?;
        if !open.iter().any(|pending| store::privacy::own(&pending.event, user).is_some()) {
            break;
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

/// Takes a person out of what characters have in mind: through those who hold the documents, so that nothing comes back.
async fn documents(
    minds: &Minds,
    unasked: &Unasked,
    scenes: &Scenes,
    user: UserId,
    record: &PersonRecord,
) -> store::Result<()> {
    minds.forget_person(user, &record.states).await?;
    unasked.forget_person(user, &record.states, &record.channels).await?;
    scenes.forget_person(user, &record.states).await
}

/// Servers to which they brought something.
async fn guilds(app: &App, user: UserId) -> store::Result<Vec<domain::GuildId>> {
    let mut guilds = Vec::new();
    for row in app.store.held(user, "library", 0, store::PAGE).await? {
        let guild = row["guild"].as_str().and_then(|guild| guild.parse().ok()).map(domain::GuildId);
        guilds.extend(guild.filter(|guild| !guilds.contains(guild)));
    }
    Ok(guilds)
}
