//! Scenes among characters: begun by a command, carried on from cue to cue, stopped by a button or a word.
//!
//! A scene lives in its cues: each turn's end journals the next one in the same transaction, so a scene survives
//! the process. What is kept beside them is which scene plays in a channel; one that is not it any more ends
//! before its next turn.

use std::{fmt, num::NonZeroUsize, sync::Arc, time::Duration};

use domain::{
    ChannelId, CharacterId, MessageId, Timestamp, UserId,
    attention::Reason,
    character::Character,
    cue::{self, Cue, Task},
    ensemble::{CAST, Ending, Next, Refused, Run, Said, TOPIC_CHARS, Wanted, Yields, calls_it_off},
    event::Message,
    names::escape_name,
    quote::quoted,
    rules::Rules,
    scene::{Line, Speaker},
};
use fastrand::Rng;
use serde::{Deserialize, Serialize};
use store::Store;

use crate::{app::App, cast::Cast, clock, documents::Documents, rules::local_minute};

/// Channels whose scenes stay in memory.
const CHANNELS: NonZeroUsize = NonZeroUsize::new(1_000).unwrap();

/// A scene that has not gone on for so long was lost.
const LOST: Duration = Duration::from_mins(20);

/// The pause before a line is that long at least, so that people can follow…
const SHORTEST_PAUSE: Duration = Duration::from_millis(900);
/// …grows with the line before…
const READING_A_CHARACTER: Duration = Duration::from_millis(12);
/// …and is at most that long.
const LONGEST_PAUSE: Duration = Duration::from_secs(4);

/// What plays in the channels. A cheap handle.
#[derive(Clone)]
pub struct Scenes(Arc<Inner>);

struct Inner {
    store: Arc<dyn Store>,
    playing: Documents<Playing>,
}

/// What plays in a channel.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Playing {
    now: Option<Current>,
}

/// A scene that plays.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Current {
    /// Its number.
    pub id: u64,
    /// Who asked for it.
    pub asked_by: UserId,
    /// When its last turn was given.
    at: Timestamp,
}

/// A scene cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum CannotBegin {
    /// It is not asked for rightly.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// Another one plays here.
    #[error("A scene is already playing in this channel. Stop it first, or wait for its end.")]
    Playing,
    /// Somebody may not speak here.
    #[error("{0} may not speak in this channel.")]
    NotHere(String),
    /// All are silent.
    #[error("The characters are muted in this channel.")]
    Muted,
    /// All are silent at this time of the day.
    #[error("It is quiet hours in this channel.")]
    QuietHours,
    /// The store has failed.
    #[error(transparent)]
    Store(#[from] store::StoreError),
}

/// What to do with a scene's turn whose time has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Before {
    /// It is performed.
    Perform,
    /// Not before then: people are talking.
    Wait(Timestamp),
    /// The scene is over.
    End(Ending),
}

impl Scenes {
    /// The scenes that are kept in a store.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self(Arc::new(Inner { store, playing: Documents::new("scene", CHANNELS) }))
    }

    /// What plays in a channel.
    pub async fn current(&self, channel: ChannelId, now: Timestamp) -> store::Result<Option<Current>> {
        let playing = self.0.playing.get(&*self.0.store, &channel.to_string()).await?;
        Ok(playing.now.filter(|current| now.since(current.at) < LOST))
    }

    /// Stops a scene; whether it was playing. The line that is being said is the last one.
    pub async fn stop(&self, channel: ChannelId, id: u64) -> store::Result<bool> {
        self.change(channel, |playing| playing.now.take_if(|current| current.id == id).is_some()).await
    }

    /// Ends the scenes that a person asked for, without another word; durable when it returns.
    pub(crate) async fn forget_person(&self, person: UserId, keys: &[String]) -> store::Result<()> {
        let theirs =
            |playing: &mut Playing| playing.now.take_if(|current| current.asked_by == person).is_some();
        let docs = self.0.playing.change_all(&*self.0.store, keys, theirs).await?;
        if docs.is_empty() { Ok(()) } else { self.0.store.keep_states(&docs).await }
    }

    /// Forgets a channel whose document was removed from the store.
    pub(crate) fn forget_place(&self, channel: ChannelId) {
        self.0.playing.forget_place(&channel.to_string());
    }

    async fn begins(&self, run: &Run, now: Timestamp) -> store::Result<bool> {
        self.change(run.place.channel, |playing| {
            let free = playing.now.is_none_or(|current| now.since(current.at) >= LOST);
            if free {
                playing.now = Some(Current { id: run.id, asked_by: run.asked_by, at: now });
            }
            free
        })
        .await
    }

    /// Notes that a scene goes on; false when it plays no more: it was stopped, or given up for lost.
    async fn goes_on(&self, run: &Run, now: Timestamp) -> store::Result<bool> {
        self.change(run.place.channel, |playing| match &mut playing.now {
            Some(current) if current.id == run.id => {
                current.at = now;
                true
            }
            _ => false,
        })
        .await
    }

    async fn plays(&self, run: &Run) -> store::Result<bool> {
        let playing = self.0.playing.get(&*self.0.store, &run.place.channel.to_string()).await?;
        Ok(playing.now.is_some_and(|current| current.id == run.id))
    }

    async fn change(
        &self,
        channel: ChannelId,
        change: impl FnOnce(&mut Playing) -> bool + Send,
    ) -> store::Result<bool> {
        let doc = self.0.playing.change(&*self.0.store, &channel.to_string(), change).await?;
        match doc {
            Some(doc) => self.0.store.keep_states(&[doc]).await.map(|()| true),
            None => Ok(false),
        }
    }
}

/// Begins a scene: the first cue is on its way when this returns. Answers the scene.
pub async fn begin(app: &App, wanted: Wanted, age_restricted: bool) -> Result<Run, CannotBegin> {
    let now = clock::now();
    let (cast, rules) = (app.cast.of(wanted.place.guild).await?, app.rules.of(&wanted.place).await?);
    if rules.is_muted(now) {
        return Err(CannotBegin::Muted);
    }
    if local_minute(&rules.time_zone, now).is_some_and(|minute| rules.quiet_hours.hold(minute)) {
        return Err(CannotBegin::QuietHours);
    }
    if let Some(id) = wanted.cast.iter().find(|id| !may_play(&cast, &rules, id, age_restricted)) {
        let name = cast.by_id(id).map_or_else(|| id.to_string(), |character| character.name.clone());
        return Err(CannotBegin::NotHere(name));
    }
    let seed = now.as_millis().unsigned_abs() ^ wanted.place.channel.get().rotate_left(20);
    let mut dice = Rng::with_seed(seed);
    let wanted = billed(wanted, &cast)?;
    let run = Run::new(cue::own_id(now, &mut dice), wanted)?;
    let first = match run.next(cast.characters(), &|_, _| 0, &mut dice) {
        Next::Speaks(first) => first,
        Next::Ends(_) => return Err(Refused::TooFew.into()),
    };
    if !app.scenes.begins(&run, now).await? {
        return Err(CannotBegin::Playing);
    }
    app.cues.give(cue_of(&run, run.id, first, now)).await;
    Ok(run)
}

/// The topic with the names of those who play behind it: whoever opens the scene has nobody else's lines to know the
/// others by.
fn billed(wanted: Wanted, cast: &Cast) -> Result<Wanted, Refused> {
    let topic = quoted(wanted.topic.raw(), TOPIC_CHARS);
    if topic.is_empty() {
        return Err(Refused::NoTopic);
    }
    let name = |id: &CharacterId| {
        cast.by_id(id).map_or_else(|| id.to_string(), |character| escape_name(character.called()))
    };
    let names: Vec<String> = wanted.cast.iter().take(CAST).map(name).collect();
    let topic = match names.split_first() {
        Some((first, others)) => format!("{topic} ({first} talks with {})", others.join(", ")),
        None => topic,
    };
    Ok(Wanted { topic: topic.into(), ..wanted })
}

fn may_play(cast: &Cast, rules: &Rules, id: &CharacterId, age_restricted: bool) -> bool {
    let allowed = |character: &Arc<Character>| age_restricted || !character.age_restricted;
    rules.admits(id) && cast.by_id(id).is_some_and(allowed)
}

fn cue_of(run: &Run, id: u64, character: CharacterId, at: Timestamp) -> Cue {
    Cue {
        id,
        place: run.place,
        character,
        reason: Reason::Scene,
        task: Task::Scene(Box::new(run.clone())),
        merged: Vec::new(),
        then: Vec::new(),
        at,
    }
}

/// Looks whether a scene's turn may be performed now; `history` is the channel's as it is now, oldest first.
pub async fn before(app: &App, cue: &Cue, history: &[Line]) -> Before {
    let Task::Scene(run) = &cue.task else { return Before::Perform };
    let now = clock::now();
    let looked = async {
        if !app.scenes.plays(run).await? || app.rules.of(&run.place).await?.is_muted(now) {
            return Ok(Before::End(Ending::Stopped));
        }
        let begun = run.last().is_some();
        Ok(match run.yields(said_by_people(history).filter(|_| begun), now) {
            Yields::GoesOn => Before::Perform,
            Yields::Waits(until) => Before::Wait(until),
            Yields::Ends => Before::End(Ending::Interrupted),
        })
    };
    let before = looked.await.unwrap_or_else(|error: store::StoreError| {
        tracing::warn!(scene = run.id, %error, "whether the scene was stopped is not known; it goes on");
        Before::Perform
    });
    if let Before::End(ending) = before {
        over(app, run, ending).await;
    }
    before
}

/// What people said behind the last line of a character.
fn said_by_people(history: &[Line]) -> Option<Said> {
    let since = history.iter().rev().take_while(|line| !matches!(line.who, Speaker::Character(_)));
    let people: Vec<Timestamp> =
        since.filter(|line| matches!(line.who, Speaker::Person { .. })).map(|line| line.at).collect();
    Some(Said { messages: people.len(), newest: people.into_iter().max()? })
}

/// What comes after a scene's turn in which `said` was said: the next cue, to be journalled with the turn's end, or
/// nothing when the scene is over. Of another cue nothing comes here.
pub async fn after(app: &App, cue: &Cue, said: &str) -> Option<Box<Cue>> {
    let Task::Scene(run) = &cue.task else { return None };
    match follow(app, cue, run, said).await {
        Ok(Ok(next)) => Some(Box::new(next)),
        Ok(Err(ending)) => {
            over(app, run, ending).await;
            None
        }
        Err(error) => {
            tracing::error!(scene = run.id, %error, "the store failed; the scene is over");
            None
        }
    }
}

async fn follow(app: &App, cue: &Cue, run: &Run, said: &str) -> store::Result<Result<Cue, Ending>> {
    let now = clock::now();
    if !app.scenes.goes_on(run, now).await? {
        return Ok(Err(Ending::Stopped));
    }
    let (cast, rules, ties) =
        tokio::try_join!(app.cast.of(run.place.guild), app.rules.of(&run.place), app.minds.ties(&run.place))?;
    if rules.is_muted(now) {
        return Ok(Err(Ending::Stopped));
    }
    let mut run = run.clone();
    run.hear(&cue.character, said);
    let age_restricted = app.speaker.is_age_restricted(&run.place);
    for member in run.cast.clone() {
        if !may_play(&cast, &rules, &member, age_restricted) {
            run.leaves(&member);
        }
    }
    let mut dice = Rng::with_seed(cue.id);
    let affinity = |from: &CharacterId, to: &CharacterId| ties.affinity(from, to);
    match run.next(cast.characters(), &affinity, &mut dice) {
        Next::Speaks(next) => {
            let pause =
                READING_A_CHARACTER * u32::try_from(said.chars().count()).unwrap_or(u32::MAX).min(1_000);
            let at = now.plus(pause.clamp(SHORTEST_PAUSE, LONGEST_PAUSE));
            Ok(Ok(cue_of(&run, cue::own_id(now, &mut dice), next, at)))
        }
        Next::Ends(ending) => Ok(Err(ending)),
    }
}

async fn over(app: &App, run: &Run, ending: Ending) {
    tracing::info!(scene = run.id, turns = run.spoken.len(), %ending, "a scene is over");
    if let Some((interaction, bill)) =
        app.playbills.take_down(run.id, &format!("The scene is over: {ending}."))
        && let Err(error) = app.speaker.answer(&interaction, &bill).await
    {
        tracing::debug!(scene = run.id, %error, "the scene's panel stays as it is");
    }
    if let Err(error) = app.scenes.stop(run.place.channel, run.id).await {
        tracing::warn!(scene = run.id, %error, "the end of a scene could not be kept; it is forgotten in a while");
    }
}

/// Hears every message of a person: whoever asked for a scene may call it off in plain words.
pub fn on_message(app: &App, message: &Message) {
    if !calls_it_off(message.content.raw()) {
        return;
    }
    let (app, channel, by, id) = (app.clone(), message.place.channel, message.author.id, message.id);
    app.life.clone().spawn("scene", async move {
        if let Err(error) = call_off(&app, channel, by, id).await {
            tracing::warn!(%channel, %error, "a scene could not be stopped");
        }
    });
}

async fn call_off(app: &App, channel: ChannelId, by: UserId, message: MessageId) -> store::Result<()> {
    let Some(current) = app.scenes.current(channel, clock::now()).await? else { return Ok(()) };
    // A message from before the scene, heard late, is not about it.
    if current.asked_by == by && message.get() > current.id {
        app.scenes.stop(channel, current.id).await?;
    }
    Ok(())
}

impl fmt::Debug for Scenes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scenes").finish_non_exhaustive()
    }
}
