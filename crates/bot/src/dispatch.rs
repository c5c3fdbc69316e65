//! The only router: every event of the outside world, one `match`.

use std::collections::HashMap;

use anyhow::Context as _;
use discord::Gateway;
use domain::{
    ChannelId, MessageId,
    event::{ChannelKind, Event, GuildSeen, Place},
};
use tokio::sync::oneshot;

use crate::{
    app::App,
    commands,
    conversation::{Conversations, Work},
    leaving,
    meanwhile::Meanwhile,
    unasked,
};

/// Takes events until the soft token is pulled or the gateway closes for good.
///
/// The gateway is left open: whoever ends the program closes it.
pub async fn run(app: &App, gateway: &mut Gateway) -> anyhow::Result<()> {
    let begun = app.life.unless_ended(Router::begin(app)).await;
    let Some(router) = begun else { return Ok(()) };
    let mut router = router.context("reading the journal")?;
    loop {
        // An event that finds its mailbox full while the program ends was not journalled: the next start fetches it.
        let routed = app.life.unless_ended(async {
            match gateway.next().await {
                Some(Ok(event)) => {
                    router.route(event).await;
                    Ok(())
                }
                Some(Err(error)) => Err(anyhow::Error::from(error)),
                None => Err(anyhow::anyhow!("the gateway ended by itself; the log says more")),
            }
        });
        match routed.await {
            Some(Ok(())) => {}
            Some(Err(error)) => return Err(error),
            None => return Ok(()),
        }
    }
}

/// Direct messages that are looked into after a new connection: the ones that were used last.
const DIRECT_CHANNELS: usize = 50;

/// Where the store keeps since when a guild is listened to: the newest message in it when it was first seen.
pub(crate) const LISTENING: &str = "listening";

struct Router<'a> {
    app: &'a App,
    conversations: Conversations,
    meanwhile: Meanwhile,
    /// The newest message known per channel when the last session began: what came later was missed.
    cursors: HashMap<ChannelId, (Place, MessageId)>,
}

impl<'a> Router<'a> {
    async fn begin(app: &'a App) -> store::Result<Self> {
        let conversations = Conversations::new(app.clone());
        let meanwhile = Meanwhile::begin(app, &conversations);
        let router = Self { app, conversations, meanwhile, cursors: HashMap::new() };
        router.carry_cues();
        let unfinished = app.store.unfinished().await?;
        if !unfinished.is_empty() {
            tracing::info!(turns = unfinished.len(), "taking up what the last run left");
        }
        for pending in unfinished {
            let place = match &pending.event {
                Event::Message(message) => message.place,
                Event::Command(call) => call.place,
                Event::Cue(cue) => cue.place,
                // Nothing else is journalled.
                _ => continue,
            };
            router.conversations.give(place.channel, Work::Recovered(Box::new(pending))).await;
        }
        Ok(router)
    }

    /// Carries the cues that features hand in to their channels.
    fn carry_cues(&self) {
        let Some(mut given) = self.app.cues.take() else { return };
        let (soft, conversations) = (self.app.life.soft().clone(), self.conversations.clone());
        self.app.life.spawn("cues", async move {
            loop {
                let next = tokio::select! {
                    () = soft.cancelled() => return,
                    next = given.recv() => next,
                };
                let Some((channel, work)) = next else { return };
                conversations.give(channel, work).await;
            }
        });
    }

    async fn route(&mut self, event: Event) {
        match event {
            Event::Connected { identity, guilds } => {
                tracing::info!(user = %identity.user, "connected: messages are heard from now on");
                self.app.listening.send_replace(true);
                self.new_session().await;
                if let Some(guilds) = guilds {
                    leaving::listed(self.app, &guilds).await;
                }
            }
            Event::GuildSeen(guild) => {
                self.app.audiences.know(guild.plan.clone());
                leaving::seen(self.app, guild.guild).await;
                self.meanwhile.look_over(&guild, self.cursors.values());
                unasked::on_guild(self.app, &guild);
                self.catch_up(guild).await;
            }
            Event::GuildChanged { plan } => self.app.audiences.know(plan),
            Event::ChannelGone { channel, plan } => {
                if let Some(plan) = plan {
                    self.app.audiences.know(plan);
                }
                self.meanwhile.gone(channel);
            }
            Event::GuildLeft { guild } => leaving::left(self.app, guild).await,
            Event::Message(message) => {
                self.conversations.give(message.place.channel, Work::Heard(message)).await;
            }
            Event::MessageEdited { channel, message, content } => {
                self.conversations.give(channel, Work::Edited { message, content }).await;
            }
            Event::MessagesDeleted { channel, messages } => {
                self.conversations.give(channel, Work::Deleted(messages)).await;
            }
            Event::Command(call) if call.name == commands::CHAT => {
                let app = self.app.clone();
                // The three seconds that Discord gives are not spent in a queue behind a long answer.
                let interaction = call.interaction.clone();
                let (done, deferred) = oneshot::channel();
                self.app.life.spawn("defer", async move {
                    if let Err(error) = app.speaker.defer(&interaction, false).await {
                        tracing::warn!(%error, "a command could not be deferred");
                    }
                    // Nobody waits any more when the program ends.
                    let _ = done.send(());
                });
                self.conversations.give(call.place.channel, Work::Asked { call, deferred }).await;
            }
            Event::Command(call) => {
                let app = self.app.clone();
                self.app.life.spawn("command", async move { commands::answer(&app, &call).await });
            }
            // Made in here, never by Discord.
            Event::Cue(_) => {}
            Event::Component(call) => {
                let app = self.app.clone();
                self.app.life.spawn("component", async move { commands::pressed(&app, &call).await });
            }
            Event::Modal(call) => {
                let app = self.app.clone();
                self.app.life.spawn("window", async move { commands::filled(&app, &call).await });
            }
            Event::Typing { channel, user, at, .. } => {
                unasked::on_typing(self.app, channel, user, at);
                self.conversations.mention(channel, Work::Typing(user));
            }
            Event::Presence { guild, user, activities } => {
                let before = self.app.presences.note(guild, user, activities.clone());
                unasked::on_presence(self.app, guild, user, &before, &activities);
            }
            Event::MemberJoined { guild, member } => unasked::on_joined(self.app, guild, &member),
            Event::MemberLeft { guild, member } => unasked::on_left(self.app, guild, &member),
            Event::VoiceMoved { guild, user, channel } => {
                unasked::on_voice(self.app, guild, user, channel);
            }
            Event::Autocomplete(call) => {
                let app = self.app.clone();
                self.app.life.spawn("autocomplete", async move { commands::propose(&app, &call).await });
            }
        }
    }

    /// A session begins, and nothing is replayed into it: what is known now says what was missed.
    async fn new_session(&mut self) {
        match self.app.store.cursors().await {
            Ok(cursors) => {
                self.cursors = cursors.into_iter().map(|cursor| (cursor.0.channel, cursor)).collect();
            }
            Err(error) => tracing::error!(%error, "it cannot be read what was heard last"),
        }
        self.meanwhile.new_session();
        // No guild announces direct messages.
        let mut direct: Vec<_> =
            self.cursors.values().filter(|(place, _)| place.kind == ChannelKind::Direct).copied().collect();
        direct.sort_unstable_by_key(|(_, seen)| std::cmp::Reverse(*seen));
        direct.truncate(DIRECT_CHANNELS);
        self.meanwhile.look_at(&direct);
        for (place, after) in direct {
            self.conversations.give(place.channel, Work::Missed { place, after }).await;
        }
    }

    /// Has fetched what was said while nobody listened, channel by channel, each by its own actor.
    async fn catch_up(&mut self, guild: GuildSeen) {
        let since = self.listening_since(&guild).await;
        let mut missed = 0;
        for (place, newest) in guild.channels {
            let after = self.cursors.remove(&place.channel).map_or(since, |(_, seen)| seen);
            if newest.is_some_and(|newest| newest > after) {
                missed += 1;
                self.conversations.give(place.channel, Work::Missed { place, after }).await;
            }
        }
        if missed > 0 {
            tracing::info!(guild = %guild.guild, channels = missed, "fetching what was missed");
        }
    }

    /// From where on a channel of this guild is caught up with in which nothing was heard yet: what was said before
    /// the bot came was not said to it.
    async fn listening_since(&self, guild: &GuildSeen) -> MessageId {
        let newest = guild.channels.iter().filter_map(|(_, newest)| *newest).max().unwrap_or(MessageId(0));
        let key = guild.guild.to_string();
        let known = match self.app.store.setting(LISTENING, &key).await {
            Ok(Some(known)) => known.parse().ok(),
            Ok(None) => {
                let begun = newest.to_string();
                if let Err(error) = self.app.store.set_setting(LISTENING, &key, Some(&begun)).await {
                    tracing::warn!(guild = key, %error, "it cannot be remembered since when this guild is listened to");
                }
                None
            }
            Err(error) => {
                tracing::warn!(guild = key, %error, "it is not known since when this guild is listened to");
                None
            }
        };
        known.unwrap_or(newest)
    }
}
