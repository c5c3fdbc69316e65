//! How memories look in panels, and whose they are.

use domain::{
    MessageId, UserId,
    audience::Audience,
    event::Place,
    memory::{Aspect, Detail, Item, ItemId, Kind, Reach, Source},
};
use store::memories::may_hear;

use super::shown;
use crate::app::App;

/// Characters of an item in a list.
const LINE_CHARS: usize = 160;

/// Items that are looked through at once, and how often; what lies further back is found by going through what is newer.
const STEP: u32 = 200;
const STEPS: usize = 10;

/// Whether somebody may look at an item here, change it and have it forgotten: it is their words, or it is about them
/// and was said where whoever is here could have heard it. What others say of somebody in private is not told to them.
pub(super) fn is_of(app: &App, place: &Place, item: &Item, user: UserId) -> bool {
    is_heard_by(&app.audiences.of_reader(place, user), item, user)
}

fn is_heard_by(audience: &Audience, item: &Item, user: UserId) -> bool {
    item.draft.owner == Some(user) || (item.draft.about == Some(user) && may_hear(audience, &item.draft))
}

/// What is somebody's in that sense, newest first, before an item if one is given.
pub(super) async fn of(
    app: &App,
    place: &Place,
    user: UserId,
    kinds: &[Kind],
    mut before: Option<ItemId>,
    limit: usize,
) -> store::Result<Vec<Item>> {
    let audience = app.audiences.of_reader(place, user);
    let mut found = Vec::new();
    for _ in 0..STEPS {
        let some = app.store.items_of(user, kinds, before, STEP).await?;
        before = some.last().map(|item| item.id);
        let is_all = some.len() < STEP as usize;
        found.extend(some.into_iter().filter(|item| is_heard_by(&audience, item, user)));
        if is_all || found.len() >= limit {
            break;
        }
    }
    found.truncate(limit);
    Ok(found)
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

/// Links to the messages that an item was made of, where they can be followed: who hears of what its owner shared need
/// not see where it was said.
pub(super) fn links(item: &Item, most: usize) -> Vec<String> {
    let (Some(channel), Reach::Room { guild, .. }) = (item.draft.channel, item.draft.reach) else {
        return Vec::new();
    };
    let guild = guild.map_or_else(|| "@me".to_owned(), |guild| guild.to_string());
    let message = |source: &Source| match source {
        Source::Message(message) => Some(*message),
        Source::Reply(_) => None,
    };
    let link = |message: MessageId| format!("https://discord.com/channels/{guild}/{channel}/{message}");
    item.draft.sources.iter().filter_map(message).take(most).map(link).collect()
}

/// Where something that is told here may be heard again.
pub(super) fn here(app: &App, place: &Place) -> Reach {
    Reach::Room { guild: place.guild, room: app.audiences.room_of(place) }
}
