//! The routes that are used, each with what is known about it: bucket, whether it may be repeated, what it is called.

use domain::{ApplicationId, ChannelId, GuildId, MessageId, WebhookId, command::Interaction};
use reqwest::Method;

/// When a request may be sent a second time after a failure that leaves open whether the first arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// Twice does the same as once.
    Safe,
    /// A second one would be seen: only when the first surely did not arrive.
    OnlyUnsent,
}

/// What pauses and refusals are remembered by: the operation and its major id (channel, webhook or application).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RouteKey {
    pub(crate) operation: &'static str,
    pub(crate) major: u64,
}

/// One call of a route. Its path may hold a secret, so there is no `Debug`.
pub(crate) struct Route {
    pub(crate) key: RouteKey,
    pub(crate) method: Method,
    /// With a leading slash, after the base address.
    pub(crate) path: String,
    /// The rate limiter's name of the bucket: no secrets (the limiter logs it) and no message ids (their buckets
    /// are shared, and it remembers every name for hours). `None` goes past the limiter: interactions have a bucket
    /// each that a command's two requests cannot fill.
    pub(crate) bucket: Option<String>,
    /// Whether the bot token is sent along.
    pub(crate) authorized: bool,
    pub(crate) repeat: Repeat,
    /// Nobody misses it: not sent at all when Discord refuses much or wants a pause.
    pub(crate) background: bool,
    /// Whether a missing permission is remembered for the major id.
    pub(crate) remembers_refusal: bool,
}

/// A webhook's id and token.
#[derive(Clone, Copy)]
pub(crate) struct HookAddress<'a> {
    pub(crate) id: WebhookId,
    pub(crate) token: &'a str,
}

impl Route {
    fn bot(operation: &'static str, method: Method, major: u64, path: String, bucket: String) -> Self {
        let repeat = if method == Method::POST { Repeat::OnlyUnsent } else { Repeat::Safe };
        Self {
            key: RouteKey { operation, major },
            method,
            path,
            bucket: Some(bucket),
            authorized: true,
            repeat,
            background: false,
            remembers_refusal: false,
        }
    }

    /// A route whose only variable part is its path.
    fn plain(operation: &'static str, path: &str) -> Self {
        Self::bot(operation, Method::GET, 0, format!("/{path}"), path.into())
    }

    fn channel(
        operation: &'static str,
        method: Method,
        channel: ChannelId,
        rest: &str,
        bucket: &str,
    ) -> Self {
        let path = format!("/channels/{channel}{rest}");
        let mut route = Self::bot(operation, method, channel.0, path, format!("channels/{channel}{bucket}"));
        route.remembers_refusal = true;
        route
    }

    fn hook(
        operation: &'static str,
        method: Method,
        hook: HookAddress<'_>,
        rest: &str,
        bucket: &str,
    ) -> Self {
        let path = format!("/webhooks/{}/{}{rest}", hook.id, hook.token);
        let mut route =
            Self::bot(operation, method, hook.id.0, path, format!("webhooks/{}{bucket}", hook.id));
        route.authorized = false;
        route
    }

    pub(crate) fn me() -> Self {
        Self::plain("asking who the bot is", "users/@me")
    }

    pub(crate) fn application() -> Self {
        Self::plain("asking for the application", "applications/@me")
    }

    pub(crate) fn gateway() -> Self {
        Self::plain("asking for the gateway", "gateway/bot")
    }

    pub(crate) fn get_channel(channel: ChannelId) -> Self {
        let mut route = Self::channel("looking up a channel", Method::GET, channel, "", "");
        route.background = true;
        route
    }

    pub(crate) fn messages_after(channel: ChannelId, after: MessageId, limit: usize) -> Self {
        let query = format!("/messages?after={after}&limit={limit}");
        Self::channel("reading messages", Method::GET, channel, &query, "/messages")
    }

    pub(crate) fn newest_messages(channel: ChannelId, limit: usize) -> Self {
        let query = format!("/messages?limit={limit}");
        Self::channel("reading messages", Method::GET, channel, &query, "/messages")
    }

    /// What stood in a channel before a message. Nobody waits for it.
    pub(crate) fn messages_before(channel: ChannelId, before: MessageId, limit: usize) -> Self {
        Self::compared(channel, &format!("/messages?before={before}&limit={limit}"), "/messages")
    }

    /// One message. Nobody waits for it.
    pub(crate) fn get_message(channel: ChannelId, message: MessageId) -> Self {
        Self::compared(channel, &format!("/messages/{message}"), "/messages/id")
    }

    fn compared(channel: ChannelId, rest: &str, bucket: &str) -> Self {
        let mut route = Self::channel("comparing messages", Method::GET, channel, rest, bucket);
        route.background = true;
        route.remembers_refusal = true;
        route
    }

    /// Carries a nonce that Discord enforces, so it may be repeated.
    pub(crate) fn create_message(channel: ChannelId) -> Self {
        let mut route = Self::channel("posting a message", Method::POST, channel, "/messages", "/messages");
        route.repeat = Repeat::Safe;
        route
    }

    /// A message without a nonce: a second one would be seen.
    pub(crate) fn post_panel(channel: ChannelId) -> Self {
        Self::channel("posting a panel", Method::POST, channel, "/messages", "/messages")
    }

    /// Discord gives reactions a bucket of their own in each channel, of about one in a quarter of a second.
    pub(crate) fn react(channel: ChannelId, message: MessageId, emoji: &str) -> Self {
        let path = format!("/messages/{message}/reactions/{emoji}/@me");
        let mut route = Self::channel("reacting", Method::PUT, channel, &path, "/messages/id/reactions");
        route.background = true;
        route
    }

    pub(crate) fn edit_message(channel: ChannelId, message: MessageId) -> Self {
        let path = format!("/messages/{message}");
        Self::channel("editing a message", Method::PATCH, channel, &path, "/messages/id")
    }

    pub(crate) fn delete_message(channel: ChannelId, message: MessageId) -> Self {
        let path = format!("/messages/{message}");
        Self::channel("deleting a message", Method::DELETE, channel, &path, "/messages/id")
    }

    pub(crate) fn typing(channel: ChannelId) -> Self {
        let mut route = Self::channel("showing typing", Method::POST, channel, "/typing", "/typing");
        route.background = true;
        route.repeat = Repeat::Safe;
        route
    }

    pub(crate) fn list_webhooks(channel: ChannelId) -> Self {
        Self::channel("listing webhooks", Method::GET, channel, "/webhooks", "/webhooks")
    }

    pub(crate) fn list_guild_webhooks(guild: GuildId) -> Self {
        let path = format!("guilds/{guild}/webhooks");
        Self::bot("listing a server's webhooks", Method::GET, guild.0, format!("/{path}"), path)
    }

    pub(crate) fn change_webhook(hook: HookAddress<'_>) -> Self {
        Self::hook("giving a character its face", Method::PATCH, hook, "", "/change")
    }

    pub(crate) fn create_webhook(channel: ChannelId) -> Self {
        Self::channel("creating a webhook", Method::POST, channel, "/webhooks", "/webhooks")
    }

    pub(crate) fn execute_webhook(hook: HookAddress<'_>, thread: Option<ChannelId>) -> Self {
        let query = thread.map_or_else(|| "?wait=true".into(), |id| format!("?wait=true&thread_id={id}"));
        Self::hook("posting as a character", Method::POST, hook, &query, "")
    }

    pub(crate) fn edit_webhook_message(
        hook: HookAddress<'_>,
        message: MessageId,
        thread: Option<ChannelId>,
    ) -> Self {
        let path = webhook_message(message, thread);
        Self::hook("editing a character's message", Method::PATCH, hook, &path, "/messages/id")
    }

    pub(crate) fn delete_webhook_message(
        hook: HookAddress<'_>,
        message: MessageId,
        thread: Option<ChannelId>,
    ) -> Self {
        let path = webhook_message(message, thread);
        Self::hook("deleting a character's message", Method::DELETE, hook, &path, "/messages/id")
    }

    /// A second answer is refused with 40060, so it may be repeated.
    pub(crate) fn callback(operation: &'static str, interaction: &Interaction) -> Self {
        let path = format!("/interactions/{}/{}/callback", interaction.id, interaction.token);
        Self::interaction(operation, Method::POST, interaction.id.0, path)
    }

    pub(crate) fn edit_original(application: ApplicationId, interaction: &Interaction) -> Self {
        let path = format!("/webhooks/{application}/{}/messages/@original", interaction.token);
        Self::interaction("answering a command", Method::PATCH, interaction.id.0, path)
    }

    /// Takes part in no bucket that a command's few messages could fill; unlike the first answer, a second one would
    /// be seen.
    pub(crate) fn follow_up(application: ApplicationId, interaction: &Interaction) -> Self {
        let path = format!("/webhooks/{application}/{}?wait=true", interaction.token);
        let mut route = Self::interaction("adding to an answer", Method::POST, interaction.id.0, path);
        route.repeat = Repeat::OnlyUnsent;
        route
    }

    fn interaction(operation: &'static str, method: Method, id: u64, path: String) -> Self {
        Self {
            key: RouteKey { operation, major: id },
            method,
            path,
            bucket: None,
            authorized: false,
            repeat: Repeat::Safe,
            background: false,
            remembers_refusal: false,
        }
    }

    pub(crate) fn put_commands(application: ApplicationId, guild: Option<GuildId>) -> Self {
        let path = guild.map_or_else(
            || format!("applications/{application}/commands"),
            |guild| format!("applications/{application}/guilds/{guild}/commands"),
        );
        Self::bot("registering commands", Method::PUT, application.0, format!("/{path}"), path)
    }
}

fn webhook_message(message: MessageId, thread: Option<ChannelId>) -> String {
    thread.map_or_else(
        || format!("/messages/{message}"),
        |thread| format!("/messages/{message}?thread_id={thread}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limiter_never_sees_a_secret_or_a_message_id() {
        let hook = HookAddress { id: WebhookId(7), token: "secret" };
        for route in [
            Route::execute_webhook(hook, Some(ChannelId(3))),
            Route::edit_webhook_message(hook, MessageId(9_999), None),
            Route::delete_webhook_message(hook, MessageId(9_999), Some(ChannelId(3))),
            Route::edit_message(ChannelId(3), MessageId(9_999)),
            Route::messages_after(ChannelId(3), MessageId(9_999), 5),
            Route::react(ChannelId(3), MessageId(9_999), "%F0%9F%91%8D"),
        ] {
            let bucket = route.bucket.unwrap();
            assert!(!bucket.starts_with('/') && !bucket.contains('?'), "{bucket}");
            assert!(!bucket.contains("secret") && !bucket.contains("9999"), "{bucket}");
        }
    }

    #[test]
    fn what_would_be_seen_twice_may_not_be_repeated() {
        let hook = HookAddress { id: WebhookId(7), token: "secret" };
        assert_eq!(Route::execute_webhook(hook, None).repeat, Repeat::OnlyUnsent);
        assert_eq!(Route::create_webhook(ChannelId(1)).repeat, Repeat::OnlyUnsent);
        assert_eq!(Route::post_panel(ChannelId(1)).repeat, Repeat::OnlyUnsent);
        let interaction = Interaction { id: domain::InteractionId(5), token: "secret".into() };
        assert_eq!(Route::follow_up(ApplicationId(2), &interaction).repeat, Repeat::OnlyUnsent);
        assert_eq!(Route::react(ChannelId(1), MessageId(1), "x").repeat, Repeat::Safe);
        assert_eq!(Route::create_message(ChannelId(1)).repeat, Repeat::Safe);
        assert_eq!(Route::edit_message(ChannelId(1), MessageId(1)).repeat, Repeat::Safe);
    }
}
