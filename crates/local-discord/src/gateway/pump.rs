//! From the world's dispatches to a session's log.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::Inner;
use super::session::{Session, SessionInfo};
use crate::dispatch::{Dispatch, Subscription};
use crate::intents::Intents;
use crate::world::{Core, VoicePatch};

/// Delayed dispatches that may wait; then the world's own bounded queue fills.
const DELAYED: usize = 4_096;

/// Runs until the session ends: by a close code, because nobody resumed it in time, or because it fell behind.
pub(super) async fn run(gateway: Arc<Inner>, session: Arc<Session>, mut subscription: Subscription) {
    let mut line = Line::default();
    loop {
        let now = Instant::now();
        while let Some(dispatch) = line.due(now) {
            append(&session, &dispatch);
        }
        let expires = session.detached_since().map(|at| at + gateway.options.resume_window);
        if expires.is_some_and(|at| at <= now) {
            break;
        }
        tokio::select! {
            () = session.ended.cancelled() => break,
            () = session.moved.notified() => {}
            () = until(expires) => {}
            () = until(line.next()) => {}
            received = subscription.recv(), if line.waiting.len() < DELAYED => {
                let Some(dispatch) = received else { break };
                if wants(&session.info, &dispatch) {
                    let (items, delay) = gateway.faults.on_dispatch(dispatch.name, dispatch, &mut line.kept_back);
                    for item in items {
                        line.push(item, delay);
                    }
                }
            }
        }
    }
    gateway.sessions.end(&session);
    if !gateway.sessions.any_of(session.info.application_id) {
        gateway.world.with(|core| go_offline(core, session.info.bot_user_id));
    }
}

/// Without a session a bot is offline and in no voice channel.
fn go_offline(core: &mut Core, bot: u64) {
    let talking = core.state.guilds.values().filter(|g| g.voice_states.contains_key(&bot));
    for guild in talking.map(|g| g.id).collect::<Vec<_>>() {
        if let Err(error) = core.set_voice_state(bot, guild, VoicePatch::default()) {
            tracing::debug!(%error, guild, "the bot could not leave its voice channel");
        }
    }
    core.set_presence(bot, "offline", &[]);
}

/// Dispatches between the world and the log: those that a fault holds up.
#[derive(Default)]
struct Line {
    waiting: VecDeque<(Instant, Arc<Dispatch>)>,
    /// The first of a pair that will be swapped.
    kept_back: Option<Arc<Dispatch>>,
}

impl Line {
    fn push(&mut self, dispatch: Arc<Dispatch>, delay: Duration) {
        let at = Instant::now() + delay;
        // A shorter delay never overtakes a longer one before it.
        let at = self.waiting.back().map_or(at, |(last, _)| at.max(*last));
        self.waiting.push_back((at, dispatch));
    }

    fn next(&self) -> Option<Instant> {
        self.waiting.front().map(|(at, _)| *at)
    }

    fn due(&mut self, now: Instant) -> Option<Arc<Dispatch>> {
        self.waiting.pop_front_if(|(at, _)| *at <= now).map(|(_, dispatch)| dispatch)
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// True if the session's shard and intents let the dispatch through.
fn wants(info: &SessionInfo, dispatch: &Dispatch) -> bool {
    let asked = dispatch.intent == Intents::NONE || info.intents.intersects(dispatch.intent);
    info.serves(dispatch.guild_id) && (asked || is_about_itself(info, dispatch))
}

/// A bot always learns of changes to its own member.
/// <https://docs.discord.com/developers/events/gateway-events#guild-member-update>
fn is_about_itself(info: &SessionInfo, dispatch: &Dispatch) -> bool {
    dispatch.name == "GUILD_MEMBER_UPDATE"
        && dispatch.data["user"]["id"] == info.bot_user_id.to_string().as_str()
}

fn append(session: &Session, dispatch: &Dispatch) {
    let info = &session.info;
    let hidden =
        !info.intents.contains(Intents::MESSAGE_CONTENT) && dispatch.hides_content_from(info.bot_user_id);
    let json = if hidden { dispatch.json_without_content() } else { dispatch.json() };
    session.push(dispatch.name, json);
}
