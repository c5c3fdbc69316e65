//! All state, behind one handle.
//!
//! Methods lock, work on memory only, and return owned data. Every change emits its dispatches under the same
//! lock, so that each subscriber sees changes in the order in which they happened.

mod access;
mod builder;
mod channels;
mod command_access;
mod commands;
mod draft;
mod files;
mod gateway_view;
mod guilds;
mod interaction_data;
mod interaction_replies;
mod interactions;
mod media;
mod mentions;
mod messages;
mod modal_answers;
mod model;
mod pins;
mod reactions;
pub(crate) mod render;
mod render_message;
mod roster;
mod sight;
mod threads;
mod voice;
mod webhooks;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use access::Actor;
pub(crate) use builder::shown_name;
pub use builder::{BotSeed, GuildSeed, Seeded, WorldBuilder};
pub use channels::{ChannelPatch, NewChannel};
pub use commands::NewCommand;
pub(crate) use draft::number_components;
pub use draft::{Draft, DraftReference, Edit, KeptAttachment, Page, Posted};
pub(crate) use files::MAX_FILE;
pub use files::NewFile;
pub use gateway_view::{Identity, ReadyView};
pub use guilds::{MemberPatch, RolePatch};
pub use interaction_replies::Callback;
pub use interactions::{NewInteraction, Use};
pub use mentions::AllowedMentions;
pub use model::*;
pub(crate) use render::current_user as render_current_user;
pub use threads::NewThread;
pub use voice::VoicePatch;
pub use webhooks::WebhookPatch;

use crate::clock::Clock;
use crate::dispatch::{Audience, Dispatch, Scope, Subscriber, Subscription};

/// Caps of what the world keeps. Generous, but never without end.
#[derive(Debug, Clone)]
pub struct WorldLimits {
    /// Messages kept per channel; the oldest go first.
    pub messages_per_channel: usize,
    /// Bytes of all attachments together; the oldest go first.
    pub file_bytes: usize,
    /// Avatars kept.
    pub images: usize,
    /// Interactions kept, whatever their age.
    pub interactions: usize,
}

impl Default for WorldLimits {
    fn default() -> Self {
        Self { messages_per_channel: 10_000, file_bytes: 256 << 20, images: 4_096, interactions: 10_000 }
    }
}

/// The handle. Clones share the same world.
#[derive(Clone)]
pub struct World {
    core: Arc<Mutex<Core>>,
    clock: Clock,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World").finish_non_exhaustive()
    }
}

impl World {
    /// A world with the given state, e.g. from a snapshot or from [`WorldBuilder`].
    pub fn new(state: State, clock: Clock, limits: WorldLimits) -> Self {
        let dice = fastrand::Rng::with_seed(clock.now_ms());
        let core = Core { state, clock: clock.clone(), subscribers: Vec::new(), limits, dice };
        Self { core: Arc::new(Mutex::new(core)), clock }
    }

    /// The clock of this world.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Works on the state under its lock. Keep it short and never wait inside.
    pub fn with<R>(&self, work: impl FnOnce(&mut Core) -> R) -> R {
        work(&mut self.lock())
    }

    /// Reads the state under its lock.
    pub fn read<R>(&self, look: impl FnOnce(&State) -> R) -> R {
        look(&self.lock().state)
    }

    /// A subscription to dispatches of the given scope, from now on.
    pub fn subscribe(&self, scope: Scope, capacity: usize) -> Subscription {
        self.lock().subscribe(scope, capacity)
    }

    /// Everything as JSON, for a snapshot file; read it back with `serde_json::from_str::<State>`.
    pub fn snapshot(&self) -> serde_json::Result<String> {
        serde_json::to_string(&self.lock().state)
    }

    fn lock(&self) -> MutexGuard<'_, Core> {
        // A panic in another thread's operation must not take the whole server down with it.
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the lock guards: the state and who hears of its changes.
pub struct Core {
    pub(crate) state: State,
    pub(crate) clock: Clock,
    pub(crate) limits: WorldLimits,
    pub(crate) dice: fastrand::Rng,
    subscribers: Vec<Subscriber>,
}

impl Core {
    pub(crate) fn now_ms(&self) -> u64 {
        self.clock.now_ms()
    }

    /// A fresh snowflake.
    pub(crate) fn next_id(&mut self) -> u64 {
        let now = self.clock.now_ms();
        self.state.ids.next(now)
    }

    /// Random characters that are safe in a URL, for tokens.
    pub(crate) fn token(&mut self, length: usize) -> String {
        (0..length).map(|_| self.dice.alphanumeric()).collect()
    }

    pub(crate) fn subscribe(&mut self, scope: Scope, capacity: usize) -> Subscription {
        let (subscriber, subscription) = Subscriber::pair(scope, capacity);
        self.subscribers.push(subscriber);
        subscription
    }

    /// Sends a dispatch to everybody who may learn of it. The only way out.
    pub(crate) fn emit(&mut self, dispatch: Dispatch) {
        let state = &self.state;
        let dispatch = Arc::new(dispatch);
        self.subscribers.retain(|subscriber| {
            let wants = match subscriber.scope {
                Scope::Everything => !matches!(dispatch.audience, Audience::Blind(_)),
                Scope::Application(id) => state.may_learn(id, &dispatch.audience),
            };
            if wants { subscriber.offer(&dispatch) } else { !subscriber.is_gone() }
        });
    }
}
