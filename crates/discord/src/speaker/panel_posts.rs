//! What the bot account itself posts: panels with buttons, and reactions.

use std::fmt::Write as _;

use domain::{MessageId, event::Place, outbound::Answer};

use super::{
    Sent, Speaker, panels,
    posts::{after_post, thread},
};
use crate::{error::SpeakError, rest::route::Route, wire};

/// Most bytes of an emoji: the longest of Unicode's have 35, custom ones a name of 32 characters and an id.
const EMOJI_BYTES: usize = 64;

impl Speaker {
    /// Posts text, panels, files and components as the bot account. `private` means nothing here: everybody in the
    /// channel sees it.
    ///
    /// [`SpeakError::Uncertain`] means that it may stand there.
    pub async fn post(&self, place: &Place, answer: &Answer) -> Result<Sent, SpeakError> {
        let body = panels::body(&panels::message(answer)?, answer)?;
        let route = Route::post_panel(place.channel);
        let said: wire::Only = self.inner.rest.fetch(&route, body).await.map_err(after_post)?;
        Ok(Sent { message: MessageId(said.id.0), webhook: None })
    }

    /// Puts an answer in the place of a message that was said, whoever said it for us.
    pub async fn edit_post(&self, place: &Place, sent: &Sent, answer: &Answer) -> Result<(), SpeakError> {
        let rest = &self.inner.rest;
        let body = panels::body(&panels::message(answer)?, answer)?;
        let route = match sent.webhook {
            Some(id) => {
                let hook = self.inner.webhooks.by_id(rest, place.webhook_channel(), id).await?;
                Route::edit_webhook_message(hook.address(), sent.message, thread(place))
            }
            None => Route::edit_message(place.channel, sent.message),
        };
        rest.send(&route, body).await.map(drop)
    }

    /// Reacts to a message with a Unicode emoji, or a custom one as `<:name:id>` or `name:id`. Twice is once.
    ///
    /// Discord allows few reactions in a short time and nobody misses one: when Discord wants a longer pause, it is
    /// not made.
    pub async fn react(&self, place: &Place, message: MessageId, emoji: &str) -> Result<(), SpeakError> {
        let route = Route::react(place.channel, message, &in_path(emoji)?);
        self.inner.rest.send(&route, crate::rest::Body::Empty).await.map(drop)
    }
}

/// An emoji as a part of a path. Source: Discord documentation, "Create Reaction".
fn in_path(emoji: &str) -> Result<String, SpeakError> {
    let custom = emoji.strip_prefix("<a:").or_else(|| emoji.strip_prefix("<:"));
    let emoji = custom.and_then(|inner| inner.strip_suffix('>')).unwrap_or(emoji).trim();
    let found = emoji.len();
    if !(1..=EMOJI_BYTES).contains(&found) {
        return Err(SpeakError::Limit { what: "the bytes of an emoji", found, least: 1, most: EMOJI_BYTES });
    }
    let mut path = String::with_capacity(found * 3);
    for byte in emoji.bytes() {
        if byte.is_ascii_alphanumeric() || byte == b'_' {
            path.push(byte.into());
        } else {
            // Writing to a string cannot fail.
            let _ = write!(path, "%{byte:02X}");
        }
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::in_path;

    #[test]
    fn an_emoji_cannot_leave_its_place_in_the_path() {
        assert_eq!(in_path("👍").unwrap(), "%F0%9F%91%8D");
        assert_eq!(in_path("<:blob_wave:123>").unwrap(), "blob_wave%3A123");
        assert_eq!(in_path("<a:dance:9>").unwrap(), "dance%3A9");
        assert_eq!(in_path("../../x?y").unwrap(), "%2E%2E%2F%2E%2E%2Fx%3Fy");
        assert!(in_path(" ").is_err() && in_path(&"x".repeat(65)).is_err());
    }
}
