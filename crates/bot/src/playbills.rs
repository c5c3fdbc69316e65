//! The panels that announce scenes: when a scene is over, its panel says so and has no button any more.
//!
//! Kept in memory only: Discord lets an answer to a command be changed for a quarter of an hour, and a program that
//! starts anew has lost the right to. A button that is left behind answers that the scene is over.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::{command::Interaction, outbound::Answer};
use lru::LruCache;

/// Scenes that play at once, at most; of more the oldest keeps its button.
const MOST: NonZeroUsize = NonZeroUsize::new(1_000).unwrap();

/// The panels of scenes that play. A cheap handle.
#[derive(Clone, Debug)]
pub struct Playbills(Arc<Wall>);

#[derive(Debug)]
struct Wall {
    bills: Mutex<LruCache<u64, (Interaction, Answer)>>,
}

impl Default for Playbills {
    fn default() -> Self {
        Self(Arc::new(Wall { bills: Mutex::new(LruCache::new(MOST)) }))
    }
}

impl Playbills {
    /// Remembers how a scene is announced.
    pub(crate) fn put_up(&self, scene: u64, interaction: Interaction, bill: Answer) {
        self.lock().put(scene, (interaction, bill));
    }

    /// What announced a scene, as it is to be from now on: `last` in its last line, and nothing to press.
    pub(crate) fn take_down(&self, scene: u64, last: &str) -> Option<(Interaction, Answer)> {
        let (interaction, mut bill) = self.lock().pop(&scene)?;
        bill.rows.clear();
        if let Some(panel) = bill.panels.first_mut() {
            last.clone_into(&mut panel.footer);
        }
        Some((interaction, bill))
    }

    fn lock(&self) -> MutexGuard<'_, LruCache<u64, (Interaction, Answer)>> {
        self.0.bills.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
