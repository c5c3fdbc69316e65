//! All that is known of a place when somebody speaks there: gathered once, in one go, for attention and prompt.

use std::{collections::BTreeMap, sync::Arc};

use domain::{
    CharacterId, MessageId, Timestamp, UserId,
    character::Character,
    event::{Activity, Message, Place},
    limits,
    pace::Pace,
    rules::Rules,
    scene::{Budget, Scene, Sight, Speaker, Standing, Standings},
    state::{LocalHour, Mind, Ties},
};
use store::SceneRecord;

use crate::{
    app::App,
    cast::Cast,
    clock,
    rules::{local_minute, utc_offset},
    unasked,
};

/// A place at a moment.
#[derive(Debug)]
pub(super) struct Setting {
    pub(super) cast: Arc<Cast>,
    pub(super) rules: Rules,
    pub(super) record: SceneRecord,
    presence: Arc<[Activity]>,
    pace: Pace,
    budget: Budget,
    standings: Standings,
    pub(super) local_minute: Option<u16>,
    pub(super) hour: LocalHour,
    age_restricted: bool,
    /// Whom a command named.
    pub(super) addressed: Option<CharacterId>,
    /// The words came by a command.
    pub(super) by_command: bool,
    /// Turns that are decided on and not yet part of the history.
    pub(super) pending: usize,
    pub(super) unasked_at: Option<Timestamp>,
    /// A picture was shown just before.
    pub(super) picture_near: bool,
}

impl Setting {
    /// The place as it was before a message.
    pub(super) async fn before(app: &App, message: &Message) -> store::Result<Self> {
        let reply_to = message.reply_to.map(|reply| reply.message);
        let mut setting = Self::gather(app, &message.place, Some(message.id), reply_to).await?;
        // It is journalled at the same moment as this is read.
        if !setting.record.counts_it {
            setting.record.messages.total += 1;
        }
        let now = clock::now();
        setting.presence = app.presences.of(message.place.guild, message.author.id);
        setting.pace = app.minds.pace(&message.place, message.author.id, now);
        setting.age_restricted = message.age_restricted;
        Ok(setting)
    }

    /// The place as it is now.
    pub(super) async fn now(app: &App, place: &Place) -> store::Result<Self> {
        let mut setting = Self::gather(app, place, None, None).await?;
        // That of the channel and the server: nobody in particular is answered.
        setting.pace = app.minds.pace(place, UserId(0), clock::now());
        Ok(setting)
    }

    /// The place as it was before a moment of which only the snowflake is known.
    pub(super) async fn until(app: &App, place: &Place, moment: MessageId) -> store::Result<Self> {
        Self::gather(app, place, Some(moment), None).await
    }

    async fn gather(
        app: &App,
        place: &Place,
        before: Option<MessageId>,
        reply_to: Option<MessageId>,
    ) -> store::Result<Self> {
        let limit = u32::try_from(limits::SCENE_MESSAGES).unwrap_or(u32::MAX);
        let now = clock::now();
        let (mut record, cast, rules, mind, ties, budget) = tokio::try_join!(
            app.store.scene(place.channel, before, limit, reply_to),
            app.cast.of(place.guild),
            app.rules.of(place),
            app.minds.of(place.channel),
            app.minds.ties(place),
            app.spending.budget(now),
        )?;
        record.history = Sight::of(place.kind).seen(&record.history, now).to_vec();
        let standings = standings(&cast, &mind, &ties, record.last_speaker.as_ref());
        let local_minute = local_minute(&rules.time_zone, now);
        let hour = LocalHour::of(now, utc_offset(&rules.time_zone, now));
        Ok(Self {
            cast,
            rules,
            record,
            presence: Arc::default(),
            pace: Pace::default(),
            budget,
            standings,
            local_minute,
            hour,
            age_restricted: app.speaker.is_age_restricted(place),
            addressed: None,
            by_command: false,
            pending: 0,
            picture_near: false,
            unasked_at: unasked::last(app, place.channel).await,
        })
    }

    /// As attention and prompt see it.
    pub(super) fn scene(&self, app: &App) -> Scene<'_> {
        let identity = app.speaker.identity();
        Scene {
            reply_target: self.record.reply_target.clone(),
            last_speaker: self.record.last_speaker.clone(),
            addressed: self.addressed.clone(),
            by_command: self.by_command,
            rules: &self.rules,
            age_restricted: self.age_restricted,
            local_minute: self.local_minute,
            pace: self.pace,
            budget: self.budget,
            presence: &self.presence,
            thread_of: self.record.thread_of.clone(),
            pending: self.pending,
            picture_near: self.picture_near,
            unasked_at: self.unasked_at,
            standings: &self.standings,
            ..Scene::new(identity, self.cast.characters(), &self.record.history, clock::now())
        }
    }

    /// The other characters who take part in the conversation, the last one first.
    pub(super) fn others(&self, but: &CharacterId) -> Vec<Arc<Character>> {
        let mut others: Vec<Arc<_>> = Vec::new();
        for line in self.record.history.iter().rev() {
            if let Speaker::Character(id) = &line.who
                && id != but
                && !others.iter().any(|other: &Arc<Character>| other.id == *id)
                && let Some(other) = self.cast.by_id(id)
            {
                others.push(other.clone());
            }
        }
        others
    }
}

/// How each character stands: near to whoever spoke last, and when it was heard last.
fn standings(cast: &Cast, mind: &Mind, ties: &Ties, last: Option<&CharacterId>) -> Standings {
    let now = clock::now();
    let mut standings = BTreeMap::new();
    for character in cast.characters() {
        let near = last.filter(|last| **last != character.id);
        let relation = near.map_or(0, |last| ties.affinity(&character.id, last));
        let standing = Standing {
            relation: i8::try_from(relation).unwrap_or(i8::MAX),
            spoke_at: mind.spoke_at(&character.id),
            sociability: (mind.mood(&character.id, now).sociability() * 100.0) as i8,
            ..Standing::default()
        };
        if standing != Standing::default() {
            standings.insert(character.id.clone(), standing);
        }
    }
    Standings(standings)
}
