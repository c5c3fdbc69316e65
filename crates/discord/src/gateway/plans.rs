//! Who sees what on each server, kept as Discord tells of it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::{GuildId, audience::GuildPlan};

/// The plan of every guild that was seen and not left. Discord allows 2,500 guilds per shard and 500 channels each.
#[derive(Debug, Default)]
pub(crate) struct Plans(Mutex<HashMap<GuildId, Arc<GuildPlan>>>);

impl Plans {
    /// Notes a whole plan; what was known of the guild before counts no longer.
    pub(crate) fn set(&self, plan: GuildPlan) -> Arc<GuildPlan> {
        let plan = Arc::new(plan);
        self.known().insert(plan.guild(), Arc::clone(&plan));
        plan
    }

    /// Changes a guild's plan. The new one, unless the guild is not known or `change` says that nothing is new.
    pub(crate) fn change(
        &self,
        guild: GuildId,
        change: impl FnOnce(&mut GuildPlan) -> bool,
    ) -> Option<Arc<GuildPlan>> {
        let mut known = self.known();
        let kept = known.get_mut(&guild)?;
        let mut plan = GuildPlan::clone(kept);
        if !change(&mut plan) {
            return None;
        }
        *kept = Arc::new(plan);
        Some(Arc::clone(kept))
    }

    pub(crate) fn remove(&self, guild: GuildId) {
        self.known().remove(&guild);
    }

    fn known(&self) -> MutexGuard<'_, HashMap<GuildId, Arc<GuildPlan>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
