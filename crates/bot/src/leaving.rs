//! Servers that the bot is on no more: since when, and that nothing of them is kept for ever.
//!
//! A leave starts a clock. Whoever lets the bot in again before it runs out finds everything as it was.

use domain::{ChannelId, GuildId, Timestamp, event::ShardGuilds, limits};
use store::Store;

use crate::{app::App, clock, dispatch::LISTENING};

/// Where the store keeps since when: the guild's number with the milliseconds of the time.
const LEFT: &str = "left";

/// The bot was removed from a server.
pub async fn left(app: &App, guild: GuildId) {
    app.audiences.forget(guild);
    if let Err(error) = begin(&*app.store, guild, clock::now()).await {
        tracing::error!(%guild, %error, "it cannot be remembered that this server was left");
    }
}

/// A server is in sight.
pub async fn seen(app: &App, guild: GuildId) {
    if let Err(error) = end(&*app.store, guild).await {
        tracing::error!(%guild, %error, "it cannot be remembered that this server is there again");
    }
}

/// A session began: what the store knows is compared with what Discord lists.
pub async fn listed(app: &App, guilds: &ShardGuilds) {
    match compare(&*app.store, guilds, clock::now()).await {
        Ok(left) => left.into_iter().for_each(|guild| app.audiences.forget(guild)),
        Err(error) => tracing::error!(%error, "it cannot be told which servers were left meanwhile"),
    }
}

/// Forgets the servers that were left for long enough.
pub(crate) async fn forget(app: &App) -> store::Result<()> {
    // Before a session was up nobody knows whether the bot was let in again.
    if !*app.listening.borrow() {
        return Ok(());
    }
    for guild in due(&*app.store, clock::now()).await? {
        if app.audiences.knows(guild) {
            end(&*app.store, guild).await?;
            continue;
        }
        forget_guild(app, guild).await?;
        tracing::info!(%guild, "everything about a server that was left is forgotten");
    }
    Ok(())
}

async fn forget_guild(app: &App, guild: GuildId) -> store::Result<()> {
    let cursors = app.store.cursors().await?;
    let channels = cursors.into_iter().map(|(place, _)| place).filter(|place| place.guild == Some(guild));
    let channels: Vec<ChannelId> = channels.map(|place| place.channel).collect();
    app.store.forget_guild(guild).await?;
    // What is in memory would come back into the store with its next change. A server's own documents are kept under
    // its number, like a channel's.
    for &place in channels.iter().chain([&ChannelId(guild.get())]) {
        app.minds.forget_place(place);
        app.unasked.forget_place(place);
        app.scenes.forget_place(place);
        app.rules.reread(&format!("channel/{place}"));
    }
    app.rules.reread(&format!("guild/{guild}"));
    app.cast.reread(guild);
    app.lore.reread(guild);
    // The clock goes last: if anything fails, the next run forgets the rest.
    app.store.set_setting(LISTENING, &guild.to_string(), None).await?;
    app.store.set_setting(LEFT, &guild.to_string(), None).await
}

/// Starts the clock, unless it runs.
async fn begin(store: &dyn Store, guild: GuildId, now: Timestamp) -> store::Result<()> {
    let key = guild.to_string();
    if store.setting(LEFT, &key).await?.is_some() {
        return Ok(());
    }
    tracing::info!(%guild, "a server was left; what is kept of it goes in a month");
    store.set_setting(LEFT, &key, Some(&now.as_millis().to_string())).await
}

/// Stops the clock, if it runs.
async fn end(store: &dyn Store, guild: GuildId) -> store::Result<()> {
    let key = guild.to_string();
    if store.setting(LEFT, &key).await?.is_none() {
        return Ok(());
    }
    tracing::info!(%guild, "a server that was left is there again");
    store.set_setting(LEFT, &key, None).await
}

/// Starts the clocks of servers that were listened to and are not listed, and stops those of the listed ones, which
/// may be out of order for long. Which ones are not listed.
async fn compare(store: &dyn Store, guilds: &ShardGuilds, now: Timestamp) -> store::Result<Vec<GuildId>> {
    for guild in known(store, LEFT).await?.into_iter().filter(|guild| guilds.guilds.contains(guild)) {
        end(store, guild).await?;
    }
    let mut lacking = known(store, LISTENING).await?;
    lacking.retain(|&guild| guilds.lack(guild));
    for &guild in &lacking {
        begin(store, guild, now).await?;
    }
    Ok(lacking)
}

async fn known(store: &dyn Store, scope: &str) -> store::Result<Vec<GuildId>> {
    let settings = store.settings_in(scope).await?;
    Ok(settings.into_iter().filter_map(|(key, _)| key.parse().ok()).collect())
}

/// The servers whose time is up.
async fn due(store: &dyn Store, now: Timestamp) -> store::Result<Vec<GuildId>> {
    let kept = i64::try_from(limits::LEFT_GUILD_KEPT.as_millis()).unwrap_or(i64::MAX);
    let over =
        |since: &str| since.parse().is_ok_and(|since: i64| now.as_millis().saturating_sub(since) >= kept);
    let settings = store.settings_in(LEFT).await?;
    let due = settings.into_iter().filter(|(_, since)| over(since));
    Ok(due.filter_map(|(key, _)| key.parse().ok()).collect())
}

#[cfg(test)]
mod tests {
    use store::memory::MemoryStore;

    use super::*;

    const HERE: GuildId = GuildId(1 << 22);
    const GONE: GuildId = GuildId(2 << 22);

    fn days(days: i64) -> Timestamp {
        Timestamp(days * 86_400_000)
    }

    fn listed() -> ShardGuilds {
        ShardGuilds { shard: 0, of: 1, guilds: vec![HERE] }
    }

    #[tokio::test]
    async fn the_first_leave_counts_and_a_return_stops_the_clock() {
        let store = MemoryStore::new();
        begin(&store, GONE, days(1)).await.unwrap();
        begin(&store, GONE, days(20)).await.unwrap();
        assert_eq!(due(&store, days(30)).await.unwrap(), []);
        assert_eq!(due(&store, days(31)).await.unwrap(), [GONE]);
        end(&store, GONE).await.unwrap();
        assert_eq!(due(&store, days(99)).await.unwrap(), []);
        begin(&store, GONE, days(99)).await.unwrap();
        assert_eq!(due(&store, days(128)).await.unwrap(), [], "a new clock");
    }

    #[tokio::test]
    async fn a_server_that_is_not_listed_was_left_while_nobody_listened() {
        let store = MemoryStore::new();
        for guild in [HERE, GONE] {
            store::Settings::set_setting(&store, LISTENING, &guild.to_string(), Some("7")).await.unwrap();
        }
        assert_eq!(compare(&store, &listed(), days(1)).await.unwrap(), [GONE]);
        assert_eq!(due(&store, days(31)).await.unwrap(), [GONE]);
        let back = ShardGuilds { guilds: vec![HERE, GONE], ..listed() };
        assert_eq!(compare(&store, &back, days(31)).await.unwrap(), []);
        assert_eq!(due(&store, days(99)).await.unwrap(), []);
    }

    #[tokio::test]
    async fn another_shards_server_is_nobodys_loss() {
        let store = MemoryStore::new();
        store::Settings::set_setting(&store, LISTENING, &GONE.to_string(), Some("7")).await.unwrap();
        let second = ShardGuilds { shard: 1, of: 2, guilds: vec![HERE] };
        assert_eq!(compare(&store, &second, days(1)).await.unwrap(), []);
    }
}
