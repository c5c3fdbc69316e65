//! Who will hear what is recalled, and which sources all of them could have seen.
//!
//! What was said is remembered with its *room*: the channel whose permissions say who could see it. The room of a
//! public thread or a forum post is the channel above it; a private thread and a direct message are rooms of their own.
//! What was said in one room may be recalled in another place only if **everybody who could be in that place could
//! read the room**. Who is there just now does not count: members come and go unseen, and what is said stays.
//!
//! Permissions are those of Discord's documentation, "Permissions", sections "Permission Hierarchy" and "Permission
//! Overwrites": a role's and everybody's base permissions, then the overwrites of everybody, of all roles together,
//! of the member. Owners and administrators see everything.
//!
//! In the source one must be allowed to see the channel **and to read its history**: who came later, or was away,
//! could see an old message only with that. Where it is a voice channel, its chat is open only to those who may
//! connect. In the place, seeing the channel is enough to be a listener, be it without history; and as anybody can be
//! moved into a voice channel and then sees its chat (documentation, "Channel", section "Obfuscated Channels"),
//! everybody may listen there.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::{ChannelId, CharacterId, GuildId, RoleId, UserId, command::Permissions, limits};

/// Who hears what is recalled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audience {
    /// On which server; none in a direct message. What is for everybody on a server is for them.
    pub guild: Option<GuildId>,
    /// The rooms whose sources all of them could have seen, that of the place first; never empty.
    pub rooms: Vec<ChannelId>,
    /// The one person who is there: in a direct message. They may hear what they said themselves, wherever it was.
    pub alone: Option<UserId>,
    /// Who speaks: what only another character was told stays with that character. None is for what no character
    /// says: panels that show what is remembered.
    pub character: Option<CharacterId>,
}

/// How far a channel is a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// A text, announcement or forum channel.
    Text,
    /// A voice or stage channel with its chat.
    Voice,
    /// A thread that everybody sees who sees the channel above it.
    PublicThread(ChannelId),
    /// A thread of some who see the channel above it.
    PrivateThread(ChannelId),
}

impl Shape {
    /// The channel above a thread.
    pub const fn parent(self) -> Option<ChannelId> {
        match self {
            Self::Text | Self::Voice => None,
            Self::PublicThread(parent) | Self::PrivateThread(parent) => Some(parent),
        }
    }
}

/// Whose permissions an overwrite changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Whose {
    /// Those of everybody with a role. The role with the guild's number is everybody's.
    Role(RoleId),
    /// Those of one member.
    Member(UserId),
}

/// An exception that a channel makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Overwrite {
    /// For whom.
    pub whose: Whose,
    /// What is allowed; wins over what is denied beside it.
    pub allow: Permissions,
    /// What is denied.
    pub deny: Permissions,
}

/// What matters in permissions: nothing else is kept, so that a plan changes only when somebody's sight may change.
const MATTERS: Permissions =
    Permissions::VIEW_CHANNEL.with(Permissions::READ_MESSAGE_HISTORY).with(Permissions::CONNECT);

/// Threads that a plan knows: as many as may be active at once in a guild; further ones are each a room of their own.
///
/// Source: Discord documentation, "Threads", section "Active & Archived Threads" (1,000 active ones).
const THREADS: usize = 2_000;

/// Who sees what on a server: its owner, roles and channels, as far as that goes.
///
/// Nothing is asked of it that it was not told: channels it does not know are rooms of their own that nobody else sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuildPlan {
    guild: GuildId,
    owner: Option<UserId>,
    /// With everybody's.
    roles: BTreeMap<RoleId, Permissions>,
    channels: BTreeMap<ChannelId, Channel>,
    threads: BTreeMap<ChannelId, Shape>,
}

/// A channel that is no thread.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Channel {
    shape: Shape,
    /// By whom; only those that change something that matters.
    overwrites: Vec<Overwrite>,
}

impl Default for GuildPlan {
    /// The plan of a guild that nobody told anything of.
    fn default() -> Self {
        Self::new(GuildId(0), None)
    }
}

impl GuildPlan {
    /// A guild without roles and channels.
    pub const fn new(guild: GuildId, owner: Option<UserId>) -> Self {
        Self { guild, owner, roles: BTreeMap::new(), channels: BTreeMap::new(), threads: BTreeMap::new() }
    }

    /// Which guild.
    pub const fn guild(&self) -> GuildId {
        self.guild
    }

    /// Whether a channel or thread is known: it is there, and the bot may see it.
    pub fn knows(&self, channel: ChannelId) -> bool {
        self.channels.contains_key(&channel) || self.threads.contains_key(&channel)
    }

    /// Another owner. Like all changes, it says whether anybody's sight may be another now.
    pub fn set_owner(&mut self, owner: UserId) -> bool {
        self.owner.replace(owner) != Some(owner)
    }

    /// A new role, or other permissions of one.
    pub fn set_role(&mut self, role: RoleId, permissions: Permissions) -> bool {
        let kept = if permissions.allow(Permissions::ADMINISTRATOR) {
            Permissions::ADMINISTRATOR
        } else {
            permissions.and(MATTERS)
        };
        self.roles.insert(role, kept) != Some(kept)
    }

    /// A role is no more, and nor are its overwrites.
    pub fn remove_role(&mut self, role: RoleId) -> bool {
        let mut changed = self.roles.remove(&role).is_some();
        for channel in self.channels.values_mut() {
            let before = channel.overwrites.len();
            channel.overwrites.retain(|overwrite| overwrite.whose != Whose::Role(role));
            changed |= channel.overwrites.len() != before;
        }
        changed
    }

    /// A new channel or thread, or another form of one. Threads have no overwrites; what is given is not looked at.
    pub fn set_channel(
        &mut self,
        id: ChannelId,
        shape: Shape,
        overwrites: impl IntoIterator<Item = Overwrite>,
    ) -> bool {
        if shape.parent().is_some() {
            let changed = self.threads.insert(id, shape) != Some(shape);
            if self.threads.len() > THREADS {
                // The oldest one.
                self.threads.pop_first();
            }
            return changed;
        }
        let mut kept: Vec<Overwrite> = overwrites
            .into_iter()
            .map(|Overwrite { whose, allow, deny }| Overwrite {
                whose,
                allow: allow.and(MATTERS),
                deny: deny.and(MATTERS),
            })
            .filter(|kept| kept.allow.with(kept.deny) != Permissions::NONE)
            .collect();
        kept.sort_by_key(|overwrite| overwrite.whose);
        let channel = Channel { shape, overwrites: kept };
        let changed = self.channels.get(&id) != Some(&channel);
        self.channels.insert(id, channel);
        changed
    }

    /// A channel or thread is gone or out of sight, with its threads.
    pub fn remove_channel(&mut self, id: ChannelId) -> bool {
        let known = self.channels.remove(&id).is_some() | self.threads.remove(&id).is_some();
        self.remove_threads(|parent| parent == id) || known
    }

    /// The threads below some channels are gone or out of sight.
    pub fn remove_threads(&mut self, below: impl Fn(ChannelId) -> bool) -> bool {
        let before = self.threads.len();
        self.threads.retain(|_, shape| !shape.parent().is_some_and(&below));
        self.threads.len() != before
    }

    /// The room of what is said in a channel or thread. What is not known is a room of its own.
    pub fn room(&self, channel: ChannelId) -> ChannelId {
        match self.threads.get(&channel) {
            Some(Shape::PublicThread(parent)) => *parent,
            _ => channel,
        }
    }

    /// Whether everybody who could be in a place could read what was said in a source; both may be threads.
    ///
    /// It is exact for channels, whatever the roles: every combination of roles is thought of, with everybody for
    /// whom a channel makes an exception. A private thread as a place counts as what everybody above it sees, and a
    /// voice channel as what everybody sees.
    pub fn covers(&self, source: ChannelId, place: ChannelId) -> bool {
        let (room, here) = (self.room(source), self.room(place));
        if room == here || source == place {
            return true;
        }
        match (self.channels.get(&room), self.listeners(place)) {
            (Some(source), Some(place)) => self.all_read(source, place),
            _ => false,
        }
    }

    /// The rooms whose sources everybody in a place could have seen: its own first, and the place itself if that is a
    /// thread (it was a room of its own before anybody knew what kind of thread it is), at most [`limits::ROOMS`].
    pub fn rooms(&self, place: ChannelId) -> Vec<ChannelId> {
        let here = self.room(place);
        let mut rooms = vec![here];
        if place != here {
            rooms.push(place);
        }
        let Some(listeners) = self.listeners(place) else { return rooms };
        // Most channels of a guild are open to the same people.
        let mut known: HashMap<(Shape, &[Overwrite]), bool> = HashMap::new();
        for (&id, channel) in self.channels.iter().filter(|(id, _)| **id != here) {
            if rooms.len() >= limits::ROOMS {
                break;
            }
            let open = known
                .entry((channel.shape, &channel.overwrites))
                .or_insert_with(|| self.all_read(channel, listeners));
            if *open {
                rooms.push(id);
            }
        }
        rooms
    }

    /// The channel whose permissions bound who can be in a place.
    fn listeners(&self, place: ChannelId) -> Option<&Channel> {
        let above = self.threads.get(&place).and_then(|shape| shape.parent());
        self.channels.get(&above.unwrap_or(place))
    }

    fn all_read(&self, source: &Channel, place: &Channel) -> bool {
        let everyone = RoleId(self.guild.get());
        // A guild whose plan nobody told: what everybody may do is not known, so nothing is.
        let Some(&base) = self.roles.get(&everyone) else { return false };
        if base.allow(Permissions::ADMINISTRATOR) {
            return true;
        }
        let roles = self.kinds(source, place);
        let mut needed = vec![Permissions::VIEW_CHANNEL, Permissions::READ_MESSAGE_HISTORY];
        if source.shape == Shape::Voice {
            needed.push(Permissions::CONNECT);
        }
        let people = || {
            let named = source.overwrites.iter().chain(&place.overwrites).filter_map(|o| match o.whose {
                Whose::Member(user) if Some(user) != self.owner => Some(Some(user)),
                _ => None,
            });
            // Somebody of whom no channel speaks.
            std::iter::once(None).chain(named)
        };
        !needed.into_iter().any(|bit| {
            let roles: HashSet<Role> = roles.iter().map(|kind| kind.as_to(bit)).collect();
            people().any(|person| {
                let own = |channel: &Channel, bit| {
                    person.map_or(Word::None, |user| channel.word(Whose::Member(user), bit))
                };
                let whole = |channel: &Channel, bit| channel.word(Whose::Role(everyone), bit);
                let see = Permissions::VIEW_CHANNEL;
                let lacking = lacking(own(source, bit), whole(source, bit), base.allow(bit));
                let seeing = match place.shape {
                    Shape::Voice => [Some(ANYHOW), None],
                    _ => seeing(own(place, see), whole(place, see), base.allow(see)),
                };
                lacking.into_iter().flatten().any(|lacking| {
                    seeing.into_iter().flatten().any(|seeing| possible(&roles, lacking, seeing))
                })
            })
        })
    }

    /// The kinds of roles that there are, as to two channels. Administrators' are left out.
    fn kinds(&self, source: &Channel, place: &Channel) -> HashSet<Kind> {
        let everyone = RoleId(self.guild.get());
        // A role of which only an overwrite tells may be somebody's.
        let told = source.overwrites.iter().chain(&place.overwrites).filter_map(|o| match o.whose {
            Whose::Role(role) if !self.roles.contains_key(&role) => Some((role, Permissions::NONE)),
            _ => None,
        });
        let roles = self.roles.iter().map(|(&role, &base)| (role, base)).chain(told);
        roles
            .filter(|(role, base)| *role != everyone && !base.allow(Permissions::ADMINISTRATOR))
            .map(|(role, base)| Kind {
                base,
                source: source.exception(Whose::Role(role)),
                place: place.exception(Whose::Role(role)),
            })
            .collect()
    }
}

impl Channel {
    /// What is allowed and what denied.
    fn exception(&self, whose: Whose) -> (Permissions, Permissions) {
        self.overwrites
            .binary_search_by_key(&whose, |overwrite| overwrite.whose)
            .ok()
            .and_then(|at| self.overwrites.get(at))
            .map_or((Permissions::NONE, Permissions::NONE), |overwrite| (overwrite.allow, overwrite.deny))
    }

    fn word(&self, whose: Whose, bit: Permissions) -> Word {
        Word::of(self.exception(whose), bit)
    }
}

/// What an overwrite says of one permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Word {
    None,
    Yes,
    No,
}

impl Word {
    fn of((allow, deny): (Permissions, Permissions), bit: Permissions) -> Self {
        if allow.and(bit) == bit {
            Self::Yes
        } else if deny.and(bit) == bit {
            Self::No
        } else {
            Self::None
        }
    }
}

/// A role as to two channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Kind {
    base: Permissions,
    source: (Permissions, Permissions),
    place: (Permissions, Permissions),
}

impl Kind {
    fn as_to(&self, bit: Permissions) -> Role {
        Role {
            may: self.base.allow(bit),
            source: Word::of(self.source, bit),
            sees: self.base.allow(Permissions::VIEW_CHANNEL),
            place: Word::of(self.place, Permissions::VIEW_CHANNEL),
        }
    }
}

/// A role as to one permission in the source, and to seeing the place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Role {
    may: bool,
    source: Word,
    sees: bool,
    place: Word,
}

/// A way in which somebody's roles make something so: something holds for all of them, and something for some of them.
///
/// Two ways can be gone together if there is a set of roles for all of which both hold, with one in it that the first
/// asks for and one that the second asks for. No third role is ever needed, so looking for these two decides for all
/// sets of roles.
#[derive(Clone, Copy)]
struct Way {
    all: fn(&Role) -> bool,
    some: Option<fn(&Role) -> bool>,
}

/// Whatever the roles.
const ANYHOW: Way = Way { all: |_| true, some: None };

/// How somebody can lack a permission in the source: by their own overwrite, by a role's, by everybody's, or because
/// nothing ever gave it.
fn lacking(own: Word, everyone: Word, granted: bool) -> [Option<Way>; 2] {
    const ROLE: Way =
        Way { all: |role| role.source != Word::Yes, some: Some(|role| role.source == Word::No) };
    const EVERYONE: Way = Way { all: |role| role.source != Word::Yes, some: None };
    const NEVER: Way = Way { all: |role| role.source != Word::Yes && !role.may, some: None };
    match (own, everyone) {
        (Word::Yes, _) => [None, None],
        (Word::No, _) => [Some(ANYHOW), None],
        (Word::None, Word::No) => [Some(ROLE), Some(EVERYONE)],
        (Word::None, Word::None) if !granted => [Some(ROLE), Some(NEVER)],
        (Word::None, Word::None | Word::Yes) => [Some(ROLE), None],
    }
}

/// How somebody can see the place.
fn seeing(own: Word, everyone: Word, granted: bool) -> [Option<Way>; 2] {
    const ROLE: Way = Way { all: |_| true, some: Some(|role| role.place == Word::Yes) };
    const EVERYONE: Way = Way { all: |role| role.place != Word::No, some: None };
    const BASE: Way = Way { all: |role| role.place != Word::No, some: Some(|role| role.sees) };
    match (own, everyone) {
        (Word::No, _) => [None, None],
        (Word::Yes, _) => [Some(ANYHOW), None],
        (Word::None, Word::No) => [Some(ROLE), None],
        (Word::None, Word::None) if !granted => [Some(ROLE), Some(BASE)],
        (Word::None, Word::None | Word::Yes) => [Some(ROLE), Some(EVERYONE)],
    }
}

fn possible(roles: &HashSet<Role>, one: Way, other: Way) -> bool {
    let fits = |role: &&Role| (one.all)(role) && (other.all)(role);
    let found =
        |wanted: Option<fn(&Role) -> bool>| wanted.is_none_or(|wanted| roles.iter().filter(fits).any(wanted));
    found(one.some) && found(other.some)
}
