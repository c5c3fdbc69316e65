//! Long silences, and who breaks them.

use domain::{
    attention::{About, Reason},
    cue::Task,
    state::Topic,
    unasked::{Kind, LONGEST_SILENCE, direction, silence_is_due},
};
use fastrand::Rng;

use super::{
    Around,
    rooms::Known,
    weighing::{self, Upon},
};
use crate::{app::App, clock};

/// Looks at every channel in which somebody spoke within the last hours.
pub async fn break_silences(app: &App) -> store::Result<()> {
    look_back(app).await?;
    let now = clock::now();
    let rooms = app.unasked.rooms().all(None);
    for room in rooms.into_iter().take_while(|room| now.since(room.last.1) < LONGEST_SILENCE) {
        consider(app, &room).await?;
    }
    Ok(())
}

/// Once: what was said before the program started counts too.
pub(super) async fn look_back(app: &App) -> store::Result<()> {
    if app.unasked.rooms().looked_back {
        return Ok(());
    }
    let cursors = app.store.cursors().await?;
    let now = clock::now();
    let mut rooms = app.unasked.rooms();
    for (place, newest) in cursors {
        // Direct messages have no silence to be broken: whoever wants to talk writes.
        if place.guild.is_some() && now.since(newest.created_at()) < LONGEST_SILENCE {
            rooms.known(place, newest);
        }
    }
    rooms.looked_back = true;
    Ok(())
}

async fn consider(app: &App, room: &Known) -> store::Result<()> {
    let place = room.place;
    if place.guild.is_none() {
        return Ok(());
    }
    let rules = app.rules.of(&place).await?;
    if Kind::Ambient.chance(&rules) == 0 {
        return Ok(());
    }
    let around = Around::now(app, &place, &rules, None).await?;
    let ledger = app.unasked.ledger(place.channel).await?;
    if silence_is_due(place.channel, room.last, &around.with(&ledger)).is_err() {
        return Ok(());
    }
    // Whatever comes of it, this silence is thought about once.
    let last = room.last.0;
    app.unasked
        .change(place.channel, |ledger| {
            ledger.breaks(last);
            true
        })
        .await?;
    let mind = app.minds.of(place.channel).await?;
    let topic = mind.topics(around.now).into_iter().find(|topic| is_light(*topic)).map(Topic::name);
    let mut dice = Rng::with_seed(last.get() ^ place.channel.get());
    let text = topic.unwrap_or_default();
    let about = About { text, writer: None, channel: place.channel, but: &[] };
    let somebody = weighing::somebody(app, &around, &place, Reason::Ambient, &about, &mut dice).await?;
    let (Some(character), Some(direction)) = (somebody, direction(Kind::Ambient, topic)) else {
        return Ok(());
    };
    let task = Task::Remark { direction };
    let wish = weighing::Wish {
        kind: Kind::Ambient,
        reason: Reason::Ambient,
        character: character.id.clone(),
        task,
    };
    weighing::weigh(app, &around, place, Upon::Silence, wish).await
}

/// Whether a topic is one to come back to unasked. What people told of their health or their beliefs is not.
fn is_light(topic: Topic) -> bool {
    !matches!(topic, Topic::Health | Topic::Relationships | Topic::Money | Topic::Politics | Topic::Religion)
}
