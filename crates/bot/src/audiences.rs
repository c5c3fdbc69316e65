//! Who hears what a character says in a place, kept true as permissions change.

use std::{
    collections::HashMap,
    fmt,
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::{
    ChannelId, CharacterId, GuildId, UserId,
    audience::{Audience, GuildPlan},
    event::Place,
};
use lru::LruCache;

/// Places whose open rooms are kept: at most 4 KB each. Finding them again takes 0.1 ms in a usual server, and 40 ms in
/// the worst that could be made (measured with 500 channels, 250 roles, 200 exceptions in each).
const PLACES: NonZeroUsize = NonZeroUsize::new(2_000).unwrap();

/// Who could have seen what, for every server. A cheap handle.
///
/// In memory only: Discord tells all of it again with every session.
#[derive(Clone)]
pub struct Audiences(Arc<Inner>);

struct Inner {
    known: Mutex<Known>,
}

struct Known {
    /// Bounded by Discord: 2,500 guilds per shard.
    plans: HashMap<GuildId, Arc<GuildPlan>>,
    /// With the plan that they follow from.
    rooms: LruCache<ChannelId, (Arc<GuildPlan>, Arc<[ChannelId]>)>,
}

impl Default for Audiences {
    fn default() -> Self {
        let known = Known { plans: HashMap::new(), rooms: LruCache::new(PLACES) };
        Self(Arc::new(Inner { known: Mutex::new(known) }))
    }
}

impl Audiences {
    /// A server's plan, new or changed. It counts from the next question on.
    pub fn know(&self, plan: Arc<GuildPlan>) {
        self.lock().plans.insert(plan.guild(), plan);
    }

    /// The bot is on that server no more.
    pub fn forget(&self, guild: GuildId) {
        self.lock().plans.remove(&guild);
    }

    /// Whether the bot is on that server, as far as it was told in this run.
    pub fn knows(&self, guild: GuildId) -> bool {
        self.lock().plans.contains_key(&guild)
    }

    /// Who hears what this character says in a place; in a direct message that is `person`.
    ///
    /// What nobody told of is heard by nobody who is known: only the place itself is open to it.
    pub fn of(&self, place: &Place, person: Option<UserId>, character: &CharacterId) -> Audience {
        Audience {
            guild: place.guild,
            rooms: self.rooms(place).to_vec(),
            alone: person.filter(|_| place.guild.is_none()),
            character: Some(character.clone()),
        }
    }

    /// Who reads a panel that only one person sees, in a place: they alone. Of what characters were told in private they
    /// see what is their own in other panels.
    pub fn of_reader(&self, place: &Place, person: UserId) -> Audience {
        Audience {
            guild: place.guild,
            rooms: self.rooms(place).to_vec(),
            alone: Some(person),
            character: None,
        }
    }

    /// The room of what is said in a place: the channel whose permissions say who could see it.
    ///
    /// A thread that nobody told of is a room of its own.
    pub fn room_of(&self, place: &Place) -> ChannelId {
        self.plan(place).map_or(place.channel, |plan| plan.room(place.channel))
    }

    fn rooms(&self, place: &Place) -> Arc<[ChannelId]> {
        let Some(plan) = self.plan(place) else { return Arc::new([place.channel]) };
        if let Some((of, rooms)) = self.lock().rooms.get(&place.channel)
            && Arc::ptr_eq(of, &plan)
        {
            return Arc::clone(rooms);
        }
        let rooms: Arc<[ChannelId]> = plan.rooms(place.channel).into();
        self.lock().rooms.put(place.channel, (plan, Arc::clone(&rooms)));
        rooms
    }

    fn plan(&self, place: &Place) -> Option<Arc<GuildPlan>> {
        self.lock().plans.get(&place.guild?).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Audiences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Audiences").field("servers", &self.lock().plans.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use domain::{
        RoleId,
        audience::{Overwrite, Shape, Whose},
        command::Permissions,
        event::ChannelKind,
    };

    use super::*;

    const GUILD: GuildId = GuildId(1);
    const ALICE: UserId = UserId(900);

    fn plan(hidden: bool) -> Arc<GuildPlan> {
        let see = Permissions::VIEW_CHANNEL;
        let mut plan = GuildPlan::new(GUILD, None);
        plan.set_role(RoleId(1), see.with(Permissions::READ_MESSAGE_HISTORY));
        plan.set_channel(ChannelId(10), Shape::Text, []);
        let whose = Whose::Role(RoleId(1));
        let hide = Overwrite { whose, allow: Permissions::NONE, deny: see };
        plan.set_channel(ChannelId(11), Shape::Text, Some(hide).filter(|_| hidden));
        plan.set_channel(ChannelId(20), Shape::PublicThread(ChannelId(10)), []);
        Arc::new(plan)
    }

    fn place(channel: u64) -> Place {
        Place {
            guild: Some(GUILD),
            channel: ChannelId(channel),
            parent: (channel >= 20).then_some(ChannelId(10)),
            kind: if channel >= 20 { ChannelKind::Thread } else { ChannelKind::Text },
        }
    }

    fn rooms(audiences: &Audiences, place: &Place) -> Vec<u64> {
        let mira = CharacterId::new("mira").unwrap();
        audiences.of(place, Some(ALICE), &mira).rooms.into_iter().map(ChannelId::get).collect()
    }

    #[test]
    fn who_hears_follows_the_plan_at_once() {
        let audiences = Audiences::default();
        assert_eq!(rooms(&audiences, &place(10)), [10], "before anything is known");
        audiences.know(plan(true));
        for _ in 0..2 {
            assert_eq!(rooms(&audiences, &place(10)), [10]);
            assert_eq!(rooms(&audiences, &place(11)), [11, 10]);
        }
        audiences.know(plan(false));
        assert_eq!(rooms(&audiences, &place(10)), [10, 11]);
        assert!(audiences.knows(GUILD));
        audiences.forget(GUILD);
        assert!(!audiences.knows(GUILD));
        assert_eq!(rooms(&audiences, &place(10)), [10], "a server that was left");
    }

    #[test]
    fn a_room_is_told_from_the_plan_and_a_strange_thread_is_its_own() {
        let audiences = Audiences::default();
        assert_eq!(audiences.room_of(&place(20)), ChannelId(20));
        audiences.know(plan(true));
        let told = [10, 20, 21].map(|channel| audiences.room_of(&place(channel)).get());
        assert_eq!(told, [10, 10, 21]);
    }

    #[test]
    fn only_in_a_direct_message_somebody_is_alone() {
        let audiences = Audiences::default();
        let mira = CharacterId::new("mira").unwrap();
        let direct = Place { guild: None, channel: ChannelId(5), parent: None, kind: ChannelKind::Direct };
        let alone = Audience {
            guild: None,
            rooms: vec![ChannelId(5)],
            alone: Some(ALICE),
            character: Some(mira.clone()),
        };
        assert_eq!(audiences.of(&direct, Some(ALICE), &mira), alone);
        assert_eq!(audiences.of(&place(10), Some(ALICE), &mira).alone, None);
    }
}
