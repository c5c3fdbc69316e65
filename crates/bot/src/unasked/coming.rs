//! A word on who comes, goes, or begins to do something.

use domain::{
    ChannelId, GuildId, Timestamp, Untrusted, UserId,
    attention::{About, Reason},
    cue::Task,
    event::{Activity, ActivityKind, Author, AuthorKind, GuildSeen},
    unasked::{Coming, Kind, may},
};
use fastrand::Rng;

use super::{
    Around,
    rooms::Moved,
    silence,
    weighing::{self, Upon},
};
use crate::{app::App, clock};

/// Channels of a server that are asked whether they want a word on it.
const ROOMS: usize = 50;

/// A guild comes into sight: who is in voice already did not just come, and what they do they did not just begin.
pub fn on_guild(app: &App, guild: &GuildSeen) {
    for (user, activities) in &guild.activities {
        app.presences.note(guild.guild, *user, activities.clone());
    }
    app.unasked.rooms().voices(guild.guild, &guild.voices);
}

/// Somebody joined a server.
pub fn on_joined(app: &App, guild: GuildId, member: &Author) {
    if member.kind == AuthorKind::Human {
        came(app, guild, member.id, Some(member.name.clone()), Coming::Joined);
    }
}

/// Somebody left a server.
pub fn on_left(app: &App, guild: GuildId, member: &Author) {
    if member.kind == AuthorKind::Human {
        came(app, guild, member.id, Some(member.name.clone()), Coming::Left);
    }
}

/// Somebody's voice state changed. Only of those who also write here is a word said.
pub fn on_voice(app: &App, guild: GuildId, user: UserId, channel: Option<ChannelId>) {
    let moved = app.unasked.rooms().moved(guild, user, channel);
    match moved {
        Moved::Came => came(app, guild, user, None, Coming::IntoVoice),
        Moved::Went => came(app, guild, user, None, Coming::OutOfVoice),
        Moved::Stayed => {}
    }
}

/// What somebody does has changed from `before` to `now`.
pub fn on_presence(app: &App, guild: GuildId, user: UserId, before: &[Activity], now: &[Activity]) {
    let is_new = |activity: &&Activity| {
        activity.kind != ActivityKind::Custom
            && !before.iter().any(|known| known.kind == activity.kind && known.name == activity.name)
    };
    if let Some(begun) = now.iter().find(is_new) {
        came(app, guild, user, None, Coming::Began(begun.clone()));
    }
}

fn came(app: &App, guild: GuildId, user: UserId, name: Option<Untrusted>, coming: Coming) {
    // A remark would keep their name, and that it was made.
    if app.opted_out.contains(user) {
        return;
    }
    let app = app.clone();
    app.life.clone().spawn("unasked", async move {
        if let Err(error) = remark(&app, guild, user, name, &coming, clock::now()).await {
            tracing::warn!(%guild, %error, "nothing is said on who comes and goes: the store failed");
        }
    });
}

/// A word in the liveliest channel that wants one and, where the name is not told, knows the person.
async fn remark(
    app: &App,
    guild: GuildId,
    user: UserId,
    name: Option<Untrusted>,
    coming: &Coming,
    now: Timestamp,
) -> store::Result<()> {
    let kind = coming.kind();
    silence::look_back(app).await?;
    let rooms = app.unasked.rooms().all(Some(guild));
    for room in rooms.into_iter().take(ROOMS) {
        let place = room.place;
        let known = app.unasked.rooms().name(place.channel, user);
        let Some(name) = name.clone().or(known) else { continue };
        let rules = app.rules.of(&place).await?;
        if kind.chance(&rules) == 0 || rules.ignored_users.contains(&user) {
            continue;
        }
        let Some(direction) = coming.direction(&name) else { return Ok(()) };
        // Whom it is about may well be talking.
        let around = Around::now(app, &place, &rules, Some(user)).await?;
        let mut dice =
            Rng::with_seed(user.get() ^ place.channel.get().rotate_left(32) ^ now.as_millis().unsigned_abs());
        let ledger = app.unasked.ledger(place.channel).await?;
        if let Err(hold) = may(kind, &around.with(&ledger), &mut dice) {
            tracing::debug!(channel = %place.channel, %kind, %hold, "not done unasked");
            return Ok(());
        }
        if !app.unasked.change(place.channel, |ledger| ledger.notices(user, now)).await? {
            return Ok(());
        }
        let text = match coming {
            Coming::Began(activity) => activity.name.raw(),
            _ => "",
        };
        let reason = if kind == Kind::Activity { Reason::Activity } else { Reason::Greeting };
        let about = About { text, writer: Some(user), channel: place.channel, but: &[] };
        let somebody = weighing::somebody(app, &around, &place, reason, &about, &mut dice).await?;
        let Some(character) = somebody else { return Ok(()) };
        let task = Task::Remark { direction };
        let wish = weighing::Wish { kind, reason, character: character.id.clone(), task };
        return weighing::weigh(app, &around, place, Upon::Person(user), wish).await;
    }
    Ok(())
}
