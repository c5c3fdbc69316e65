//! The handles that features work with. How they come to be is in [`crate::boot`].

use std::sync::Arc;

use discord::Speaker;
use domain::Timestamp;
use store::{Store, TurnId};
use tokio::sync::{broadcast, watch};

use crate::{cast::Cast, lifecycle::Lifecycle, model::Model};

/// What features work with. Cheap to clone; every field is a handle.
#[derive(Clone)]
pub struct App {
    /// What outlives the process.
    pub store: Arc<dyn Store>,
    /// Who can speak.
    pub cast: Arc<Cast>,
    /// Who thinks.
    pub model: Arc<Model>,
    /// How to speak.
    pub speaker: Speaker,
    /// Spawning and ending.
    pub life: Lifecycle,
    /// Which turns ended, for whoever waits for one (the terminal, tests). Slow listeners miss some.
    pub endings: broadcast::Sender<TurnId>,
    /// Whether a gateway session was up yet: interactions from before it are never heard of.
    pub listening: watch::Sender<bool>,
    /// When the program started.
    pub started_at: Timestamp,
}

impl App {
    /// Tells whoever listens that a turn ended.
    pub fn ended(&self, turn: TurnId) {
        // Nobody listening is normal.
        let _ = self.endings.send(turn);
    }
}
