//! Speaking unasked: hears what happens, weighs it in the background, and hands characters their cues.
//!
//! Every hook returns at once. What must outlive the process (cool-downs, budgets, unanswered remarks) is in each
//! channel's [`Ledger`]; who spoke and typed within the last minutes is in memory ([`rooms`]).

mod coming;
mod rooms;
mod silence;
mod weighing;

use std::{
    fmt,
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::{
    ChannelId, CharacterId, Timestamp, UserId,
    attention::{self, About, Reason, Verdict},
    cue::{Cue, Task, own_id},
    event::{AuthorKind, Message, Place},
    rules::Rules,
    scene::Scene,
    state::{self, LocalHour, Share, View},
    unasked::{Hold, Kind, Ledger, Moment, Pulse, direction, may, still_may},
};
use fastrand::Rng;
use store::Store;

pub use coming::{on_guild, on_joined, on_left, on_presence, on_voice};
pub use silence::break_silences;

use crate::{
    app::App,
    clock,
    documents::Documents,
    rules::{local_minute, utc_offset},
};
use rooms::{Rooms, Talk};
use weighing::{Upon, Wish};

/// Channels whose ledgers stay in memory: less than a kilobyte each.
const CHANNELS: NonZeroUsize = NonZeroUsize::new(2_000).unwrap();

/// What is known of the channels for speaking unasked. A cheap handle.
#[derive(Clone)]
pub struct Unasked(Arc<Inner>);

struct Inner {
    store: Arc<dyn Store>,
    ledgers: Documents<Ledger>,
    rooms: Mutex<Rooms>,
}

impl Unasked {
    /// What is kept in a store.
    pub fn new(store: Arc<dyn Store>) -> Self {
        let ledgers = Documents::new("unasked", CHANNELS);
        Self(Arc::new(Inner { store, ledgers, rooms: Mutex::default() }))
    }

    fn rooms(&self) -> MutexGuard<'_, Rooms> {
        self.0.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn ledger(&self, channel: ChannelId) -> store::Result<Arc<Ledger>> {
        self.0.ledgers.get(&*self.0.store, &channel.to_string()).await
    }

    /// Changes a channel's ledger; durable when it returns. Answers whether anything changed.
    async fn change(
        &self,
        channel: ChannelId,
        change: impl FnOnce(&mut Ledger) -> bool + Send,
    ) -> store::Result<bool> {
        let doc = self.0.ledgers.change(&*self.0.store, &channel.to_string(), change).await?;
        match doc {
            Some(doc) => self.0.store.keep_states(&[doc]).await.map(|()| true),
            None => Ok(false),
        }
    }

    /// Forgets a person everywhere, and what was asked about in channels where they spoke: it may be of them. Durable
    /// when it returns.
    pub(crate) async fn forget_person(
        &self,
        person: UserId,
        keys: &[String],
        channels: &[ChannelId],
    ) -> store::Result<()> {
        let store = &*self.0.store;
        let mut docs = self.0.ledgers.change_all(store, keys, |ledger| ledger.forget_person(person)).await?;
        for channel in channels {
            let name = channel.to_string();
            docs.extend(self.0.ledgers.change(store, &name, Ledger::forget_subjects).await?);
        }
        if docs.is_empty() { Ok(()) } else { store.keep_states(&docs).await }
    }

    /// Forgets a channel whose ledger was removed from the store.
    pub(crate) fn forget_place(&self, channel: ChannelId) {
        self.0.ledgers.forget_place(&channel.to_string());
    }

    /// Does it if it still may be done, in one step with counting it.
    async fn does(&self, kind: Kind, moment: &Around<'_>) -> store::Result<Result<(), Hold>> {
        let mut held = Ok(());
        let counted = |ledger: &mut Ledger| {
            held = still_may(kind, &moment.with(ledger));
            if held.is_ok() {
                ledger.does(kind, moment.now);
            }
            held.is_ok()
        };
        self.change(moment.channel, counted).await?;
        Ok(held)
    }
}

/// A moment in a channel but for its ledger.
struct Around<'a> {
    channel: ChannelId,
    now: Timestamp,
    rules: &'a Rules,
    pulse: Pulse,
    talk: Talk,
}

impl<'a> Around<'a> {
    /// The channel as it is now, for something that is turned to `who`.
    async fn now(app: &App, place: &Place, rules: &'a Rules, who: Option<UserId>) -> store::Result<Self> {
        let now = clock::now();
        let mind = app.minds.of(place.channel).await?;
        let rhythm = mind.rhythm(now, LocalHour::of(now, utc_offset(&rules.time_zone, now)));
        let pulse = Pulse {
            chance: (1.0 + rhythm.chance) as f32,
            pause: rhythm.cool_down as f32,
            silence: Some(rhythm.silence),
        };
        let talk = app.unasked.rooms().talk(place.channel, who);
        Ok(Self { channel: place.channel, now, rules, pulse, talk })
    }

    fn with<'b>(&'b self, ledger: &'b Ledger) -> Moment<'b> {
        Moment {
            now: self.now,
            rules: self.rules,
            local_minute: local_minute(&self.rules.time_zone, self.now),
            pulse: self.pulse,
            talked: self.talk.said,
            typed: self.talk.typed,
            ledger,
        }
    }
}

/// Hears a person's message with what attention made of it, and answers the verdict to act on.
///
/// A character that would join in does not do so at once: whether that is welcome is weighed in the background, and
/// its turn comes as a cue. Reactions and questions about what was told are thought of there too.
pub fn on_heard(app: &App, message: &Message, verdict: Verdict) -> Verdict {
    if message.author.kind != AuthorKind::Human {
        return verdict;
    }
    app.unasked.rooms().heard(message);
    let heard = match &verdict {
        Verdict::Silent { gate } if gate.leaves_nobody_addressed() => Outcome::Overheard,
        Verdict::Silent { .. } => Outcome::Closed,
        Verdict::Answer(chosen) => match chosen.first() {
            Some(first) if first.reason == Reason::JoinIn => Outcome::JoinsIn(first.character.clone()),
            Some(first) => Outcome::Answered(first.character.clone()),
            None => Outcome::Overheard,
        },
    };
    let verdict = match &heard {
        Outcome::JoinsIn(_) => Verdict::Silent { gate: attention::Gate::HeldBack },
        _ => verdict,
    };
    let (app, message) = (app.clone(), message.clone());
    app.life.clone().spawn("unasked", async move {
        if let Err(error) = reflect(&app, &message, heard).await {
            tracing::warn!(message = %message.id, %error, "nothing is done unasked: the store failed");
        }
    });
    verdict
}

/// What became of a message.
enum Outcome {
    /// A character answers it.
    Answered(CharacterId),
    /// A character would join in.
    JoinsIn(CharacterId),
    /// It was turned to nobody.
    Overheard,
    /// A gate is closed: nothing at all is done.
    Closed,
}

async fn reflect(app: &App, message: &Message, heard: Outcome) -> store::Result<()> {
    let (place, at) = (message.place, message.sent_at);
    let answered = matches!(heard, Outcome::Answered(_));
    app.unasked.change(place.channel, |ledger| ledger.heard(at, answered)).await?;
    let rules = app.rules.of(&place).await?;
    let wanted = |kind: Kind| kind.chance(&rules) > 0;
    if matches!(heard, Outcome::Closed)
        || !(wanted(Kind::React) || wanted(Kind::FollowUp) || wanted(Kind::JoinIn))
    {
        return Ok(());
    }
    let around = Around::now(app, &place, &rules, Some(message.author.id)).await?;
    let mut dice = Rng::with_seed(message.id.get() ^ app.started_at.as_millis().unsigned_abs());
    let known = match &heard {
        Outcome::Answered(character) | Outcome::JoinsIn(character) => Some(character.clone()),
        Outcome::Overheard | Outcome::Closed => None,
    };
    react(app, message, &around, known.as_ref(), &mut dice).await?;
    match heard {
        Outcome::JoinsIn(character) => {
            let task = Task::Answer(Box::new(message.clone()));
            let wish = Wish { kind: Kind::JoinIn, reason: Reason::JoinIn, character, task };
            weighing::weigh(app, &around, place, Upon::Message(message), wish).await
        }
        Outcome::Overheard => follow_up(app, message, &around, &mut dice).await,
        Outcome::Answered(_) | Outcome::Closed => Ok(()),
    }
}

async fn react(
    app: &App,
    message: &Message,
    around: &Around<'_>,
    known: Option<&CharacterId>,
    dice: &mut Rng,
) -> store::Result<()> {
    let ledger = app.unasked.ledger(around.channel).await?;
    if still_may(Kind::React, &around.with(&ledger)).is_err() {
        return Ok(());
    }
    let text = message.content.raw();
    let character = if let Some(id) = known {
        app.cast.of(message.place.guild).await?.by_id(id).cloned()
    } else {
        weighing::somebody(app, around, &message.place, Reason::JoinIn, &about(message), dice).await?
    };
    let Some(character) = character else { return Ok(()) };
    let mind = app.minds.of(around.channel).await?;
    let chance = Share::percent(u32::from(around.rules.react.0));
    let emoji = state::reaction(&View::new(&character, &mind, text, around.now), chance, dice);
    let Some(emoji) = emoji else { return Ok(()) };
    if app.unasked.does(Kind::React, around).await?.is_ok()
        && let Err(error) = app.speaker.react(&message.place, message.id, &emoji).await
    {
        tracing::debug!(message = %message.id, %error, "a reaction is not shown");
    }
    Ok(())
}

/// A question about what the person just told, if there is something and it is the moment.
async fn follow_up(app: &App, message: &Message, around: &Around<'_>, dice: &mut Rng) -> store::Result<()> {
    let ledger = app.unasked.ledger(around.channel).await?;
    if may(Kind::FollowUp, &around.with(&ledger), dice).is_err() {
        return Ok(());
    }
    let about = about(message);
    let somebody = weighing::somebody(app, around, &message.place, Reason::Curiosity, &about, dice).await?;
    let Some(character) = somebody else { return Ok(()) };
    let mind = app.minds.of(around.channel).await?;
    let wonder = mind.wonder(&character, Some(message.author.id), around.now, dice);
    let Some(wonder) = wonder.filter(|wonder| wonder.message == message.id) else { return Ok(()) };
    let Some(direction) = direction(Kind::FollowUp, Some(wonder.topic.raw())) else { return Ok(()) };
    if !app.unasked.change(around.channel, |ledger| ledger.wonders(wonder.topic.raw())).await? {
        return Ok(());
    }
    let task = Task::Remark { direction };
    let wish =
        Wish { kind: Kind::FollowUp, reason: Reason::Curiosity, character: character.id.clone(), task };
    weighing::weigh(app, around, message.place, Upon::Message(message), wish).await
}

/// When somebody last spoke unasked in a channel.
pub async fn last(app: &App, channel: ChannelId) -> Option<Timestamp> {
    match app.unasked.ledger(channel).await {
        Ok(ledger) => ledger.spoke_at(),
        Err(error) => {
            tracing::warn!(%channel, %error, "when somebody spoke unasked is not known");
            None
        }
    }
}

/// Who adds a word to what `spoken` has just answered to `message`, for `reason`, if that is wanted and it is the
/// moment: the cue, to be journalled with the answer's end. It is counted already.
pub async fn banter(app: &App, message: &Message, spoken: &CharacterId, reason: Reason) -> Option<Cue> {
    match adds(app, message, spoken, reason).await {
        Ok(cue) => cue,
        Err(error) => {
            tracing::warn!(channel = %message.place.channel, %error, "no banter: the store failed");
            None
        }
    }
}

async fn adds(
    app: &App,
    message: &Message,
    spoken: &CharacterId,
    reason: Reason,
) -> store::Result<Option<Cue>> {
    let place = message.place;
    let rules = app.rules.of(&place).await?;
    if rules.banter.is_off() {
        return Ok(None);
    }
    let (cast, record, ties, ledger) = tokio::try_join!(
        app.cast.of(place.guild),
        app.store.scene(place.channel, None, 1, None),
        app.minds.ties(&place),
        app.unasked.ledger(place.channel),
    )?;
    let around = Around::now(app, &place, &rules, Some(message.author.id)).await?;
    let mut dice =
        Rng::with_seed(message.id.get().rotate_left(8) ^ app.started_at.as_millis().unsigned_abs());
    let scene = Scene {
        rules: &rules,
        age_restricted: message.age_restricted,
        ..Scene::new(app.speaker.identity(), cast.characters(), &record.history, around.now)
    };
    let Some(chosen) = attention::banter(spoken, reason, message, &scene, &mut dice) else { return Ok(None) };
    if may(Kind::Banter, &around.with(&ledger), &mut dice).is_err() {
        return Ok(None);
    }
    // Friends have more to add than strangers, and whoever quarrels says little: a fifth to all of the rule's chance.
    let close = ties.banter(spoken, &chosen.character, around.now).get() / MOST_BANTER;
    if rules.banter.0 < 100 && dice.f64() >= close {
        return Ok(None);
    }
    let Some(direction) = direction(Kind::Banter, None) else { return Ok(None) };
    if app.unasked.does(Kind::Banter, &around).await?.is_err() {
        return Ok(None);
    }
    let at = clock::now();
    Ok(Some(Cue {
        id: own_id(at, &mut dice),
        place,
        character: chosen.character,
        reason: Reason::Banter,
        task: Task::Remark { direction },
        merged: Vec::new(),
        then: Vec::new(),
        at,
    }))
}

/// The highest share that [`domain::state::Ties::banter`] gives, to the closest of friends.
const MOST_BANTER: f64 = 0.25;

fn about(message: &Message) -> About<'_> {
    About {
        text: message.content.raw(),
        writer: Some(message.author.id),
        channel: message.place.channel,
        but: &[],
    }
}

/// Somebody types.
pub fn on_typing(app: &App, channel: ChannelId, user: UserId, at: Timestamp) {
    if user != app.speaker.identity().user {
        app.unasked.rooms().typing(channel, user, at);
    }
}

impl fmt::Debug for Unasked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unasked").finish_non_exhaustive()
    }
}
