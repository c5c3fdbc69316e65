//! Weighs a wish to speak: who it would be, whether it is welcome, and whether it still is the moment when that is
//! known.

use std::{sync::Arc, time::Duration};

use domain::{
    CharacterId, UserId,
    attention::{self, About, Reason},
    character::Character,
    chat::{ChatMessage, ChatRequest, Role, Sampling},
    cue::{self, Cue, Task},
    event::{Message, Place},
    scene::{Scene, Standing, Standings},
    unasked::{Kind, QUESTION_TOKENS, Question, guess, is_yes, question, still_may},
};
use fastrand::Rng;

use super::Around;
use crate::{
    app::App,
    asking::{self, Unanswered},
    clock,
};

/// Lines that the question shows.
const LINES: u32 = 8;

/// How long the model may think about a yes or no. What comes later is not worth saying any more.
const PATIENCE: Duration = Duration::from_secs(12);

/// Something that a character would say.
pub(super) struct Wish {
    pub(super) kind: Kind,
    pub(super) reason: Reason,
    pub(super) character: CharacterId,
    pub(super) task: Task,
}

/// What a wish came of.
#[derive(Clone, Copy)]
pub(super) enum Upon<'a> {
    /// A message: once somebody has said something else, the moment is over.
    Message(&'a Message),
    /// Something that somebody does.
    Person(UserId),
    /// Nothing at all.
    Silence,
}

/// Grants a wish, or lets it go.
pub(super) async fn weigh(
    app: &App,
    around: &Around<'_>,
    place: Place,
    upon: Upon<'_>,
    wish: Wish,
) -> store::Result<()> {
    let Wish { kind, reason, character, task } = wish;
    let ledger = app.unasked.ledger(place.channel).await?;
    if let Err(hold) = still_may(kind, &around.with(&ledger)) {
        tracing::debug!(channel = %place.channel, %kind, %hold, "not done unasked");
        return Ok(());
    }
    if is_asked_about(kind) && !is_welcome(app, place, kind, &character).await? {
        tracing::debug!(channel = %place.channel, %kind, "not welcome now");
        return Ok(());
    }
    let who = match upon {
        Upon::Message(message) => {
            if app.unasked.rooms().last(place.channel).is_some_and(|last| last > message.id) {
                return Ok(());
            }
            Some(message.author.id)
        }
        Upon::Person(user) => Some(user),
        Upon::Silence => None,
    };
    // Time has passed and people may have begun to type: everything is looked at again.
    let around = Around::now(app, &place, around.rules, who).await?;
    if let Err(hold) = app.unasked.does(kind, &around).await? {
        tracing::debug!(channel = %place.channel, %kind, %hold, "not done unasked any more");
        return Ok(());
    }
    let now = clock::now();
    let mut dice = Rng::with_seed(now.as_millis().unsigned_abs() ^ place.channel.get().rotate_left(24));
    tracing::info!(channel = %place.channel, %character, %kind, "speaks unasked");
    let id = cue::own_id(now, &mut dice);
    app.cues
        .give(Cue { id, place, character, reason, task, merged: Vec::new(), then: Vec::new(), at: now })
        .await;
    Ok(())
}

/// A word to somebody who comes is welcome, and an addition to another character's answer comes with it.
fn is_asked_about(kind: Kind) -> bool {
    matches!(kind, Kind::JoinIn | Kind::FollowUp | Kind::Ambient | Kind::Activity)
}

/// Asks the model whether it is the moment, and remembers a "no".
async fn is_welcome(app: &App, place: Place, kind: Kind, character: &CharacterId) -> store::Result<bool> {
    let (cast, record) =
        tokio::try_join!(app.cast.of(place.guild), app.store.scene(place.channel, None, LINES, None))?;
    let Some(character) = cast.by_id(character) else { return Ok(false) };
    let answer = if app.model.is_toy() {
        // It would answer at random.
        None
    } else {
        let now = clock::now();
        app.unasked
            .change(place.channel, |ledger| {
                ledger.asks(now);
                true
            })
            .await?;
        ask(app, question(kind, character, &record.history, cast.characters())).await
    };
    let welcome = answer.unwrap_or_else(|| guess(&record.history));
    if !welcome {
        let now = clock::now();
        app.unasked
            .change(place.channel, |ledger| {
                ledger.refused(now);
                true
            })
            .await?;
    }
    Ok(welcome)
}

/// A yes or a no; `None` when the model has none.
async fn ask(app: &App, question: Question) -> Option<bool> {
    let message = |role, content| ChatMessage { role, content, pictures: Vec::new() };
    let request = ChatRequest {
        messages: vec![message(Role::System, question.system), message(Role::User, question.user)],
        sampling: Sampling { temperature: Some(0.0), ..Sampling::default() },
        stop: Vec::new(),
        max_tokens: QUESTION_TOKENS,
        schema: None,
    };
    match asking::ask(app, request, PATIENCE).await {
        Ok(text) => Some(is_yes(&text)),
        Err(Unanswered::Late(_)) => {
            tracing::debug!("the model takes too long to say whether a remark is welcome");
            None
        }
        Err(error) => {
            tracing::warn!(%error, "the model cannot say whether a remark is welcome");
            None
        }
    }
}

/// Whoever speaks best in a place now, if anybody may.
pub(super) async fn somebody(
    app: &App,
    around: &Around<'_>,
    place: &Place,
    reason: Reason,
    about: &About<'_>,
    dice: &mut Rng,
) -> store::Result<Option<Arc<Character>>> {
    let (cast, record, mind) = tokio::try_join!(
        app.cast.of(place.guild),
        app.store.scene(place.channel, None, LINES, None),
        app.minds.of(place.channel),
    )?;
    let standing = |character: &Arc<Character>| {
        let spoke_at = mind.spoke_at(&character.id);
        (character.id.clone(), Standing { spoke_at, ..Standing::default() })
    };
    let standings = Standings(cast.characters().iter().map(standing).collect());
    let scene = Scene {
        rules: around.rules,
        last_speaker: record.last_speaker,
        age_restricted: app.speaker.is_age_restricted(place),
        standings: &standings,
        ..Scene::new(app.speaker.identity(), cast.characters(), &record.history, around.now)
    };
    Ok(match attention::choose(reason, about, &scene, dice) {
        Ok(chosen) => cast.by_id(&chosen.character).cloned(),
        Err(gate) => {
            tracing::debug!(channel = %place.channel, %gate, "nobody may speak unasked");
            None
        }
    })
}
