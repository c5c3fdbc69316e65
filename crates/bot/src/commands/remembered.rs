//! How memories look in panels, and whose they are.

use domain::{
    GuildId, MessageId, UserId,
    event::Place,
    memory::{Aspect, Detail, Item, Reach, Source},
};

use super::shown;

/// Characters of an item in a list.
const LINE_CHARS: usize = 160;

/// Whether somebody may look at an item closely, change it and have it forgotten: it is their words, or about them.
pub(super) fn is_of(item: &Item, user: UserId) -> bool {
    item.draft.owner == Some(user) || item.draft.about == Some(user)
}

/// An item in a line: what it is, in which words, since when.
pub(super) fn line(item: &Item) -> String {
    let text = shown::line(item.draft.text.raw(), LINE_CHARS);
    let at = item.draft.at.as_millis().div_euclid(1_000);
    // Everybody sees how long ago that is for them. Discord documentation, "Message Formatting".
    let when = match item.draft.until {
        Some(until) => format!("until <t:{}:R>", until.as_millis().div_euclid(1_000)),
        None => format!("<t:{at}:R>"),
    };
    let who = shown::line(item.draft.who.raw(), 40);
    match &item.draft.detail {
        Detail::Line => format!("💬 {who}: “{text}” · {when}"),
        Detail::Fact(fact) => format!("{} {text} · {when}", sign(fact.aspect)),
        Detail::Episode { .. } => format!("📖 {text} · {when}"),
        Detail::Passage { heading, .. } => {
            let heading = shown::line(heading, 60);
            let from = if heading.is_empty() { who } else { format!("{who} › {heading}") };
            format!("📄 {from}: “{text}”")
        }
    }
}

/// The picture before a fact.
pub(super) const fn sign(aspect: Aspect) -> &'static str {
    match aspect {
        Aspect::Fact => "📌",
        Aspect::Interest => "✨",
        Aspect::Trait => "🎭",
        Aspect::Preference => "⚖️",
        Aspect::Wish => "🙏",
        Aspect::Quote => "🗨️",
    }
}

/// Who may hear of an item, in words.
pub(super) fn reach(item: &Item) -> String {
    match item.draft.reach {
        Reach::Room { guild: Some(_), room } => format!("whoever can see <#{room}>"),
        Reach::Room { guild: None, .. } => "only in this direct message".to_owned(),
        Reach::Guild(_) => "everybody on its server".to_owned(),
        Reach::Everyone => "everybody, on every server".to_owned(),
    }
}

/// Links to the messages that an item was made of, where they can be followed.
pub(super) fn links(item: &Item, most: usize) -> Vec<String> {
    let Some(channel) = item.draft.channel else { return Vec::new() };
    let guild = item.draft.reach.guild().map_or_else(|| "@me".to_owned(), |guild: GuildId| guild.to_string());
    let message = |source: &Source| match source {
        Source::Message(message) => Some(*message),
        Source::Reply(_) => None,
    };
    let link = |message: MessageId| format!("https://discord.com/channels/{guild}/{channel}/{message}");
    item.draft.sources.iter().filter_map(message).take(most).map(link).collect()
}

/// Where something that is told here may be heard again.
pub(super) fn here(app: &crate::app::App, place: &Place) -> Reach {
    Reach::Room { guild: place.guild, room: app.audiences.room_of(place) }
}
