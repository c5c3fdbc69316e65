//! What comes to a character's mind when it speaks: found in the store by words, meaning, people and times, brought
//! into order by [`domain::memory::rank`].
//!
//! An answer never fails for want of a memory: what cannot be found in time is not thought of, and the log says so.

mod above;

use std::time::Duration;

use domain::{
    ChannelId, CharacterId, Timestamp, UserId,
    audience::Audience,
    event::{Message, Place},
    memory::{
        Detail, Item, Kind,
        rank::{Cue, Found, Recalled, Weights, in_context, rank, reread},
        terms, when,
    },
    prompt::Recollection,
    scene::{Line, Speaker},
};
use store::{Probe, Query};

use crate::{app::App, clock};

/// How long an answer waits for the store.
const PATIENCE: Duration = Duration::from_millis(500);

/// How long an answer waits for the re-ranking model.
const REREADING: Duration = Duration::from_secs(1);

/// What is known about whoever asks that comes to mind in any case: the weightiest of the newest.
const ABOUT: usize = 6;
const ABOUT_LOOKED: u32 = 60;

/// Words without which a question is looked up together with what its writer said before.
const FEW_WORDS: usize = 4;

/// Characters of a question that are looked up.
const CHARS: usize = 600;

/// What is looked up.
pub(crate) struct Wanted<'a> {
    /// In which words.
    pub(crate) text: String,
    /// Who asks.
    pub(crate) asker: Option<UserId>,
    /// Of which kinds; none is of all.
    pub(crate) kinds: &'a [Kind],
    /// What everybody sees already.
    pub(crate) shown: Option<(ChannelId, u64)>,
    /// Of the time zone in which "yesterday" is meant.
    pub(crate) utc_offset_minutes: i32,
}

/// What comes to mind when a character answers a message, or speaks of its own.
pub(crate) async fn for_answer(
    app: &App,
    place: &Place,
    character: &CharacterId,
    question: Option<&Message>,
    history: &[Line],
    utc_offset_minutes: i32,
) -> Vec<Recollection> {
    if app.memory.recall == 0 {
        return Vec::new();
    }
    let asker = question.map(|message| message.author.id).filter(|asker| !app.opted_out.contains(*asker));
    let audience = app.audiences.of(place, question.map(|message| message.author.id), character);
    let first_shown = history.iter().find_map(|line| line.message);
    let wanted = Wanted {
        text: words_of(question, history),
        asker,
        kinds: &[],
        shown: first_shown.map(|message| (place.channel, message.get())),
        utc_offset_minutes,
    };
    let recalled = async {
        let known = match asker {
            Some(asker) => app.store.about(asker, &audience, ABOUT_LOOKED).await?,
            None => Vec::new(),
        };
        let found = look_up(app, &audience, &wanted, app.memory.recall as usize).await?;
        let told = together(known, &found, app.memory.recall as usize);
        above::first(app, place, &audience, history, told).await
    };
    match tokio::time::timeout(PATIENCE + crate::embedding::LOADING_PATIENCE + REREADING, recalled).await {
        Ok(Ok(recollections)) => recollections,
        Ok(Err(error)) => {
            tracing::warn!(channel = %place.channel, %error, "nothing comes to mind");
            Vec::new()
        }
        Err(_) => {
            tracing::warn!(channel = %place.channel, "nothing comes to mind in time");
            Vec::new()
        }
    }
}

/// Looks something up for an audience.
pub(crate) async fn look_up(
    app: &App,
    audience: &Audience,
    wanted: &Wanted<'_>,
    limit: usize,
) -> store::Result<Vec<Recalled>> {
    let now = clock::now();
    let during = when::spans(&wanted.text, now, wanted.utc_offset_minutes);
    let mut query = Query {
        audience: audience.clone(),
        terms: terms::query_terms(&wanted.text),
        vector: None,
        kinds: wanted.kinds.to_vec(),
        about: wanted.asker.into_iter().collect(),
        during: during.clone(),
        shown: wanted.shown,
    };
    if query.terms.is_empty() && during.is_empty() && query.about.is_empty() {
        return Ok(Vec::new());
    }
    let found = if app.embedding.is_loaded() {
        query.vector = probe(app, &wanted.text).await;
        app.store.recall(&query).await?
    } else {
        // The model is not loaded for somebody who has no memories yet.
        let found = app.store.recall(&query).await?;
        let nothing = found.candidates.is_empty() && found.total == 0;
        match if nothing { None } else { probe(app, &wanted.text).await } {
            Some(probe) => app.store.recall(&Query { vector: Some(probe), ..query }).await?,
            None => found,
        }
    };
    let cue = Cue { text: &wanted.text, asker: wanted.asker, during: &during, now };
    let weights = Weights::default();
    let mut recalled = rank(&cue, &found, &weights, limit.max(app.memory.reread));
    if let Some(opinions) = opinions(app, &wanted.text, &found, &recalled).await {
        reread(&mut recalled, &opinions, &weights);
    }
    recalled.truncate(limit);
    Ok(recalled)
}

/// What the re-ranking model thinks of the likeliest memories, where one is wanted and answers in time.
async fn opinions(app: &App, text: &str, found: &Found, recalled: &[Recalled]) -> Option<Vec<f32>> {
    let likeliest = &recalled[..recalled.len().min(app.memory.reread)];
    if likeliest.len() < 2 {
        return None;
    }
    let reranker = app.embedding.reranker()?;
    let texts: Vec<String> = likeliest.iter().map(|one| in_context(found, one.item.id)).collect();
    match tokio::time::timeout(REREADING, reranker.rank(text, &texts)).await {
        Ok(Ok(opinions)) => Some(opinions),
        Ok(Err(error)) => {
            tracing::warn!(%error, "memories are not read once more");
            None
        }
        Err(_) => None,
    }
}

async fn probe(app: &App, text: &str) -> Option<Probe> {
    let (model, vector) = app.embedding.probe(text).await?;
    Some(Probe { model, vector })
}

/// What is asked: the message, with what its writer said just before where it has few words of its own; without a
/// message, what was said last.
fn words_of(question: Option<&Message>, history: &[Line]) -> String {
    let mut text = question.map_or("", |message| message.content.raw()).to_owned();
    if text.split_whitespace().count() < FEW_WORDS {
        let by = |line: &&Line| match (&line.who, question) {
            (Speaker::Person { id, .. }, Some(message)) => *id == message.author.id,
            (Speaker::Person { .. }, None) => true,
            _ => false,
        };
        if let Some(before) = history.iter().rev().find(by) {
            text = format!("{}\n{text}", before.text.raw());
        }
    }
    let start = text.char_indices().rev().nth(CHARS - 1).map_or(0, |(at, _)| at);
    text.split_off(start).trim().to_owned()
}

/// What is known of the asker first, wishes before all; then what was found.
fn together(mut known: Vec<Item>, found: &[Recalled], limit: usize) -> Vec<Recollection> {
    let weight = |item: &Item| match &item.draft.detail {
        Detail::Fact(fact) => {
            let wish = u32::from(fact.aspect == domain::memory::Aspect::Wish) * 1_000;
            wish + u32::from(fact.importance) * 10 + u32::from(fact.confidence) / 10
        }
        _ => 0,
    };
    known.sort_by_key(|item| std::cmp::Reverse(weight(item)));
    known.truncate(ABOUT);
    let in_any_case: Vec<_> = known.iter().map(|item| item.id).collect();
    let known = known.into_iter().map(|item| {
        let by_question = found.iter().find(|recalled| recalled.item.id == item.id);
        match by_question {
            Some(recalled) => told(recalled.clone()),
            None => Recollection { item, score: 0.0, parts: vec![("about whoever asks".to_owned(), 0.0)] },
        }
    });
    let known: Vec<_> = known.collect();
    let others = found.iter().filter(|recalled| !in_any_case.contains(&recalled.item.id)).cloned().map(told);
    known.into_iter().chain(others).take(limit).collect()
}

fn told(Recalled { item, score, parts }: Recalled) -> Recollection {
    let parts = parts.named().into_iter().filter(|(_, part)| *part != 0.0);
    Recollection { item, score, parts: parts.map(|(name, part)| (name.to_owned(), part)).collect() }
}

/// What is known of a person, as lore looks it through.
pub(crate) fn persona(memories: &[Recollection], person: Option<UserId>) -> String {
    let about = memories.iter().filter(|memory| person.is_some() && memory.item.draft.about == person);
    about.map(|memory| memory.item.draft.text.raw()).collect::<Vec<_>>().join("\n")
}

/// The offset in whole minutes.
pub(crate) fn minutes(time_zone: &str, now: Timestamp) -> i32 {
    crate::rules::utc_offset(time_zone, now) / 60
}

#[cfg(test)]
mod tests {
    use domain::{
        ChannelId, GuildId,
        memory::{Aspect, Draft, FactDetail, ItemId, Reach},
    };

    use super::*;

    #[test]
    fn a_wish_comes_to_mind_however_much_was_learned_since() {
        let known = (0..40).map(|number| {
            let aspect = if number == 39 { Aspect::Wish } else { Aspect::Interest };
            let fact = FactDetail {
                aspect,
                attribute: "other".to_owned(),
                single: false,
                importance: 5,
                confidence: 80,
            };
            let draft = Draft {
                reach: Reach::Room { guild: Some(GuildId(1)), room: ChannelId(2) },
                channel: Some(ChannelId(2)),
                character: None,
                owner: Some(UserId(7)),
                about: Some(UserId(7)),
                who: "alice".into(),
                text: "something".into(),
                at: Timestamp(0),
                until: None,
                position: 0,
                detail: Detail::Fact(fact),
                sources: Vec::new(),
            };
            Item { id: ItemId(1_000 - number), draft }
        });
        let told = together(known.collect(), &[], 20);
        assert_eq!((told.len(), told[0].item.id), (ABOUT, ItemId(961)));
    }
}
