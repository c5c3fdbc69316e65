//! The only router: every event of the outside world, one `match`.

use std::collections::HashMap;

use discord::{Gateway, GatewayError};
use domain::{
    ChannelId, MessageId, Timestamp,
    event::{Event, GuildSeen, Message, Place},
    limits,
};

use crate::{
    app::App,
    clock, commands,
    conversation::{Conversations, Work},
};

/// Takes events until the soft token is pulled or the gateway closes for good.
pub async fn run(app: &App, mut gateway: Gateway) -> Result<(), GatewayError> {
    let mut router = match Router::begin(app).await {
        Ok(router) => router,
        Err(error) => {
            tracing::error!(%error, "the journal cannot be read");
            app.life.soft().cancel();
            return Ok(());
        }
    };
    let ended = loop {
        let event = tokio::select! {
            biased;
            () = app.life.soft().cancelled() => break Ok(()),
            event = gateway.next() => event,
        };
        match event {
            Some(Ok(event)) => router.route(event).await,
            Some(Err(error)) => break Err(error),
            None => break Ok(()),
        }
    };
    app.life.soft().cancel();
    gateway.close().await;
    ended
}

struct Router<'a> {
    app: &'a App,
    conversations: Conversations,
    /// The newest message known per channel when the program started: what came later was missed.
    cursors: HashMap<ChannelId, MessageId>,
}

impl<'a> Router<'a> {
    async fn begin(app: &'a App) -> store::Result<Self> {
        let cursors = app.store.cursors().await?.into_iter().map(|(place, message)| (place.channel, message));
        let router = Self { app, conversations: Conversations::new(app.clone()), cursors: cursors.collect() };
        let unfinished = app.store.unfinished().await?;
        if !unfinished.is_empty() {
            tracing::info!(turns = unfinished.len(), "taking up what the last run left");
        }
        for pending in unfinished {
            let place = match &pending.event {
                Event::Message(message) => message.place,
                Event::Command(call) => call.place,
                // Nothing else is journalled.
                _ => continue,
            };
            router.conversations.give(place.channel, Work::Recovered(Box::new(pending))).await;
        }
        Ok(router)
    }

    async fn route(&mut self, event: Event) {
        match event {
            Event::Connected(identity) => {
                tracing::info!(user = %identity.user, "connected: messages are heard from now on");
            }
            Event::GuildSeen(guild) => self.catch_up(guild),
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
                self.app.life.spawn("defer", async move {
                    if let Err(error) = app.speaker.defer(&interaction, false).await {
                        tracing::warn!(%error, "a command could not be deferred");
                    }
                });
                self.conversations.give(call.place.channel, Work::Asked(call)).await;
            }
            Event::Command(call) => {
                let app = self.app.clone();
                self.app.life.spawn("command", async move { commands::answer(&app, &call).await });
            }
            Event::Autocomplete(call) => {
                let app = self.app.clone();
                self.app.life.spawn("autocomplete", async move { commands::propose(&app, &call).await });
            }
        }
    }

    /// Fetches what was said while nobody listened, in the background, channel by channel.
    fn catch_up(&mut self, guild: GuildSeen) {
        let missed: Vec<(Place, MessageId)> = guild
            .channels
            .into_iter()
            .filter_map(|(place, newest)| {
                let seen = self.cursors.remove(&place.channel)?;
                newest.filter(|newest| *newest > seen).map(|_| (place, seen))
            })
            .collect();
        if missed.is_empty() {
            return;
        }
        tracing::info!(guild = %guild.guild, channels = missed.len(), "fetching what was missed");
        let (app, conversations) = (self.app.clone(), self.conversations.clone());
        self.app.life.spawn("catch-up", async move {
            for (place, seen) in missed {
                match app.speaker.recent(&place, seen, limits::BACKFILL_MESSAGES).await {
                    Ok(messages) => {
                        for message in messages {
                            let work = missed_work(message, clock::now());
                            conversations.give(place.channel, work).await;
                        }
                    }
                    Err(error) => {
                        tracing::warn!(channel = %place.channel, %error, "missed messages stay unknown")
                    }
                }
            }
        });
    }
}

/// A question that is old by now is remembered but no longer answered.
fn missed_work(message: Message, now: Timestamp) -> Work {
    if now.since(message.sent_at) > limits::BACKFILL_AGE {
        Work::Overheard(Box::new(message))
    } else {
        Work::Heard(Box::new(message))
    }
}
