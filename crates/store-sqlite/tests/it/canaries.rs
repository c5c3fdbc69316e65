//! Nobody hears what they could not have seen: every memory of a made-up world carries a word that stands nowhere else,
//! and after every change of permissions each of them is looked for in every place, by its word and by its vector.
//!
//! Who could have seen what is told by Discord's own rules, written down here once more, for everybody who could ever
//! be in a place: each person of whom a permission speaks, one of whom none does, and the owner, with every set of
//! roles. So whoever is there, nobody among them may lack the source of what is found; and what all of them could have
//! seen must be found.
//!
//! `ACORE_CANARY_WORLDS` says how many worlds each of the four tests makes (16 unless told otherwise),
//! `ACORE_CANARY_SEED` repeats a run.

use std::{collections::HashMap, sync::Arc};

use domain::{
    ChannelId, CharacterId, GuildId, MessageId, RoleId, Timestamp, UserId,
    audience::{Audience, GuildPlan, Overwrite, Shape, Whose},
    command::Permissions,
    memory::{
        Aspect, Detail, Draft, Item, ItemId, Kind, Reach, Source, episodes,
        learning::{Batch, Learned, merge},
        rank::{Cue, Weights, rank},
        when::Span,
    },
};
use store::{
    Document, Documents, Ending, Lesson, Memories, Origin, Probe, Query, Recall, Vectors,
    conformance::sample::{character, second, snowflake},
};
use store_sqlite::SqliteStore;

const VIEW: Permissions = Permissions::VIEW_CHANNEL;
const HISTORY: Permissions = Permissions::READ_MESSAGE_HISTORY;
const CONNECT: Permissions = Permissions::CONNECT;

const PEOPLE: [u64; 4] = [801, 802, 803, 804];
/// Somebody of whom no permission ever speaks.
const STRANGER: u64 = 899;
const CAST: [&str; 2] = ["mira", "ivo"];
const MODEL: &str = "m";

/// A server as Discord keeps it, and what the bot made of what it was told of it.
struct Server {
    id: u64,
    owner: u64,
    roles: Vec<(u64, Permissions)>,
    channels: Vec<(u64, Shape, Vec<Overwrite>)>,
    plan: GuildPlan,
}

impl Server {
    fn found(id: u64, dice: &mut fastrand::Rng) -> Self {
        let owner = 900 + id;
        let plan = GuildPlan::new(GuildId(id), Some(UserId(owner)));
        let mut server = Self { id, owner, roles: Vec::new(), channels: Vec::new(), plan };
        server.set_role(id, if dice.u8(0..4) > 0 { VIEW.with(HISTORY).with(CONNECT) } else { bits(dice) });
        for role in 0..dice.u64(1..4) {
            let admin = dice.u8(0..8) == 0;
            server.set_role(10 * id + role, if admin { Permissions::ADMINISTRATOR } else { bits(dice) });
        }
        let texts = 100 * id..100 * id + 3;
        for channel in texts.clone() {
            let overwrites = server.overwrites(dice);
            server.set_channel(channel, Shape::Text, overwrites);
        }
        let overwrites = server.overwrites(dice);
        server.set_channel(100 * id + 3, Shape::Voice, overwrites);
        let above = ChannelId(dice.u64(texts.clone()));
        server.set_channel(100 * id + 10, Shape::PublicThread(above), Vec::new());
        let above = ChannelId(dice.u64(texts));
        server.set_channel(100 * id + 11, Shape::PrivateThread(above), Vec::new());
        server
    }

    fn set_role(&mut self, role: u64, permissions: Permissions) {
        self.roles.retain(|(known, _)| *known != role);
        self.roles.push((role, permissions));
        self.plan.set_role(RoleId(role), permissions);
    }

    fn set_channel(&mut self, channel: u64, shape: Shape, overwrites: Vec<Overwrite>) {
        self.channels.retain(|(known, ..)| *known != channel);
        self.plan.set_channel(ChannelId(channel), shape, overwrites.iter().copied());
        self.channels.push((channel, shape, overwrites));
    }

    fn overwrites(&self, dice: &mut fastrand::Rng) -> Vec<Overwrite> {
        let mut kept: Vec<Overwrite> = Vec::new();
        for _ in 0..[0, 0, 1, 2, 3][dice.usize(0..5)] {
            let whose = match dice.u8(0..10) {
                0..4 => Whose::Role(RoleId(self.id)),
                4..8 => Whose::Role(RoleId(self.roles[dice.usize(0..self.roles.len())].0)),
                _ => Whose::Member(UserId(PEOPLE[dice.usize(0..PEOPLE.len())])),
            };
            if kept.iter().all(|known| known.whose != whose) {
                kept.push(Overwrite { whose, allow: bits(dice), deny: bits(dice) });
            }
        }
        kept
    }

    /// Somebody with the right to do so changes something.
    fn changes(&mut self, dice: &mut fastrand::Rng) {
        match dice.u8(0..10) {
            0..5 => {
                let at = dice.usize(0..self.channels.len());
                let (channel, shape, _) = self.channels[at];
                if shape.parent().is_none() {
                    let overwrites = self.overwrites(dice);
                    self.set_channel(channel, shape, overwrites);
                }
            }
            5..8 => {
                let (role, _) = self.roles[dice.usize(0..self.roles.len())];
                self.set_role(role, bits(dice));
            }
            8 => {
                self.owner = PEOPLE[dice.usize(0..PEOPLE.len())];
                self.plan.set_owner(UserId(self.owner));
            }
            _ => self.loses_something(dice),
        }
    }

    fn loses_something(&mut self, dice: &mut fastrand::Rng) {
        let (role, _) = self.roles[dice.usize(0..self.roles.len())];
        if role != self.id && dice.bool() {
            self.roles.retain(|(known, _)| *known != role);
            for (_, _, overwrites) in &mut self.channels {
                overwrites.retain(|overwrite| overwrite.whose != Whose::Role(RoleId(role)));
            }
            self.plan.remove_role(RoleId(role));
        } else if self.channels.len() > 4 {
            let (channel, ..) = self.channels[dice.usize(0..self.channels.len())];
            self.channels
                .retain(|(id, shape, _)| *id != channel && shape.parent() != Some(ChannelId(channel)));
            self.plan.remove_channel(ChannelId(channel));
        }
    }

    fn channel(&self, id: u64) -> Option<&(u64, Shape, Vec<Overwrite>)> {
        self.channels.iter().find(|(known, ..)| *known == id)
    }

    /// Discord's documentation, "Permission Overwrites", step by step.
    fn may(&self, wanted: Permissions, user: u64, roles: &[u64], channel: u64) -> bool {
        let Some((_, shape, overwrites)) = self.channel(channel) else { return false };
        if let Some(parent) = shape.parent() {
            return self.may(wanted, user, roles, parent.get());
        }
        let held = |role: &u64| *role == self.id || roles.contains(role);
        let held = self.roles.iter().filter(|(role, _)| held(role));
        let base = held.fold(Permissions::NONE, |sum, (_, bits)| sum.with(*bits)).0;
        if user == self.owner || base & Permissions::ADMINISTRATOR.0 != 0 {
            return true;
        }
        let of =
            |whose| overwrites.iter().find(|o| o.whose == whose).map_or((0, 0), |o| (o.allow.0, o.deny.0));
        let everyone = of(Whose::Role(RoleId(self.id)));
        let mut result = (base & !everyone.1) | everyone.0;
        let (mut allow, mut deny) = (0, 0);
        for role in roles {
            let one = of(Whose::Role(RoleId(*role)));
            allow |= one.0;
            deny |= one.1;
        }
        result = (result & !deny) | allow;
        let own = of(Whose::Member(UserId(user)));
        result = (result & !own.1) | own.0;
        result & wanted.0 == wanted.0
    }

    /// Whether nobody who could be in a place could not have read what was said in a source.
    fn is_safe(&self, source: u64, place: u64) -> bool {
        let (Some(from), Some(here)) = (self.channel(source), self.channel(place)) else {
            return source == place;
        };
        if let Shape::PrivateThread(_) = from.1 {
            return source == place;
        }
        let room = |channel: &(u64, Shape, Vec<Overwrite>)| match channel.1 {
            Shape::PublicThread(parent) => parent.get(),
            _ => channel.0,
        };
        if room(from) == room(here) {
            return true;
        }
        let needed = VIEW.with(HISTORY).with(match from.1 {
            Shape::Voice => CONNECT,
            _ => Permissions::NONE,
        });
        let moved = here.1 == Shape::Voice;
        let roles: Vec<u64> =
            self.roles.iter().map(|(role, _)| *role).filter(|role| *role != self.id).collect();
        (0..1_u32 << roles.len()).all(|set| {
            let held: Vec<u64> = roles
                .iter()
                .enumerate()
                .filter(|(at, _)| set & (1 << at) != 0)
                .map(|(_, role)| *role)
                .collect();
            PEOPLE.into_iter().chain([STRANGER, self.owner]).all(|user| {
                !(moved || self.may(VIEW, user, &held, place)) || self.may(needed, user, &held, source)
            })
        })
    }
}

fn bits(dice: &mut fastrand::Rng) -> Permissions {
    // What does not matter must not matter.
    let all = [VIEW, HISTORY, CONNECT, Permissions::SEND_MESSAGES];
    all.into_iter().filter(|_| dice.bool()).fold(Permissions::NONE, Permissions::with)
}

/// Where something is said, or asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Spot {
    Channel { guild: u64, channel: u64 },
    Direct { with: u64 },
    Guild(u64),
    Everywhere,
}

/// Something that is remembered, as the world knows it.
#[derive(Clone, Debug)]
struct Canary {
    kind: Kind,
    from: Spot,
    /// What its owner made of it.
    shared: Option<Reach>,
    owner: Option<u64>,
    about: Option<u64>,
    character: Option<&'static str>,
    vector: Vec<f32>,
}

/// Who looks for something, and where.
#[derive(Clone, Copy, Debug)]
struct Asking {
    at: Spot,
    /// Who alone reads the answer.
    alone: Option<u64>,
    character: Option<&'static str>,
}

struct World {
    dice: fastrand::Rng,
    store: Arc<SqliteStore>,
    servers: Vec<Server>,
    canaries: HashMap<String, Canary>,
    now: u64,
    /// What was looked for and had to be found, or had to be withheld: nobody passes by finding nothing.
    tally: HashMap<(Kind, bool), u64>,
    /// Where what was said in one channel may be heard, as permissions are now.
    safe: HashMap<(u64, u64), bool>,
}

impl World {
    fn word(&mut self) -> String {
        let n = self.now * 1_000 + self.canaries.len() as u64;
        format!("kq{n}zx{n}v")
    }

    /// A canary and its word.
    fn canary(
        &mut self,
        kind: Kind,
        from: Spot,
        owner: Option<u64>,
        character: Option<&'static str>,
    ) -> String {
        let word = self.word();
        let vector = (0..8).map(|_| self.dice.f32() - 0.5).collect();
        // Who sees the channel above a public thread sees what was said there, also when the thread is gone.
        let from = match from {
            Spot::Channel { guild, channel } => {
                let server = self.servers.iter().find(|server| server.id == guild).unwrap();
                match server.channel(channel) {
                    Some((_, Shape::PublicThread(above), _)) => Spot::Channel { guild, channel: above.get() },
                    _ => from,
                }
            }
            _ => from,
        };
        let canary = Canary { kind, from, shared: None, owner, about: None, character, vector };
        assert!(self.canaries.insert(word.clone(), canary).is_none());
        word
    }

    fn reach(&self, spot: Spot) -> Reach {
        match spot {
            Spot::Channel { guild, channel } => {
                let server = self.servers.iter().find(|server| server.id == guild).unwrap();
                Reach::Room { guild: Some(GuildId(guild)), room: server.plan.room(ChannelId(channel)) }
            }
            Spot::Direct { with } => Reach::Room { guild: None, room: direct(with) },
            Spot::Guild(guild) => Reach::Guild(GuildId(guild)),
            Spot::Everywhere => Reach::Everyone,
        }
    }

    fn spots(&self) -> Vec<Spot> {
        let channels = self.servers.iter().flat_map(|server| {
            server.channels.iter().map(|(id, ..)| Spot::Channel { guild: server.id, channel: *id })
        });
        channels.chain(PEOPLE.map(|with| Spot::Direct { with })).collect()
    }

    /// A few lines in some places, what is learned of them, and what is told of them.
    async fn talks(&mut self) {
        for spot in self.spots() {
            if self.dice.u8(0..3) > 0 {
                continue;
            }
            let (people, character) = match spot {
                Spot::Direct { with } => (vec![with], Some(CAST[self.dice.usize(0..2)])),
                _ => (PEOPLE.to_vec(), None),
            };
            let mut drafts = Vec::new();
            for _ in 0..self.dice.usize(1..4) {
                let who = people[self.dice.usize(0..people.len())];
                drafts.push(self.line(spot, who, character));
            }
            let ids = self.store.add_items(&drafts).await.unwrap();
            let lines: Vec<_> = ids.into_iter().zip(drafts).map(|(id, draft)| Item { id, draft }).collect();
            self.learns(spot, &lines, character).await;
            if self.dice.bool() {
                self.tells(spot, &lines, character).await;
            }
        }
    }

    fn line(&mut self, spot: Spot, who: u64, character: Option<&'static str>) -> Draft {
        let word = self.canary(Kind::Line, spot, Some(who), character);
        self.now += 1;
        let id = snowflake(self.now);
        let channel = match spot {
            Spot::Channel { channel, .. } => ChannelId(channel),
            Spot::Direct { with } => direct(with),
            Spot::Guild(_) | Spot::Everywhere => ChannelId(1),
        };
        Draft {
            reach: self.reach(spot),
            channel: Some(channel),
            character: character.map(domain_character),
            owner: Some(UserId(who)),
            about: None,
            who: format!("name {who}").into(),
            text: format!("so {word}").into(),
            at: second(self.now),
            until: None,
            position: id,
            detail: Detail::Line,
            sources: vec![Source::Message(MessageId(id))],
        }
    }

    async fn learns(&mut self, spot: Spot, lines: &[Item], character: Option<&'static str>) {
        let first = self.dice.usize(0..lines.len());
        let of: Vec<usize> = if self.dice.bool() { vec![first] } else { (0..lines.len()).collect() };
        let person = lines[first].draft.owner.unwrap();
        let own = of.iter().all(|line| lines[*line].draft.owner == Some(person));
        let word = self.canary(Kind::Fact, spot, own.then_some(person.get()), character);
        self.canaries.get_mut(&word).unwrap().about = Some(person.get());
        let note = Learned {
            person,
            name: lines[first].draft.who.clone(),
            aspect: Aspect::Fact,
            attribute: "home".to_owned(),
            single: self.dice.bool(),
            text: format!("lives in {word}"),
            importance: 5,
            confidence: 80,
            lines: of,
        };
        let known = self.store.items_of(person, &[Kind::Fact], None, 200).await.unwrap();
        let asked = character.map(domain_character);
        let changes = merge(Batch { lines, character: asked.as_ref() }, vec![note], &known);
        let end = changes.end.into_iter().map(|(item, at, by)| Ending { item, at, by }).collect();
        let of = lines.iter().map(|line| line.id).collect();
        let lesson = Lesson { of, add: changes.add, end, change: changes.change, remove: Vec::new() };
        self.store.learn(&lesson).await.unwrap();
    }

    async fn tells(&mut self, spot: Spot, lines: &[Item], character: Option<&'static str>) {
        let owner =
            lines[0].draft.owner.filter(|one| lines.iter().all(|line| line.draft.owner == Some(*one)));
        let word = self.canary(Kind::Episode, spot, owner.map(UserId::get), character);
        let asked = character.map(domain_character);
        let episode = episodes::read(&format!("They spoke about {word}"), lines, asked.as_ref()).unwrap();
        let of: Vec<_> = lines.iter().map(|line| line.id).collect();
        self.store.tell(&of, &episode).await.unwrap().unwrap();
    }

    /// A document for a server, for everybody, or for one character alone.
    async fn reads(&mut self) {
        let spot = match self.dice.u64(0..3) {
            0 => Spot::Everywhere,
            guild => Spot::Guild(guild),
        };
        let character = CAST.into_iter().find(|_| self.dice.u8(0..4) == 0);
        let word = self.canary(Kind::Passage, spot, None, character);
        let reach = self.reach(spot);
        let document = Document {
            guild: reach.guild(),
            character: character.map(domain_character),
            category: String::new(),
            name: word.clone(),
            origin: Origin::Command,
            added_by: None,
            added_at: second(self.now),
            sha256: String::new(),
            bytes: 1,
            trouble: None,
        };
        let passage = Draft {
            reach,
            channel: None,
            character: character.map(domain_character),
            owner: None,
            about: None,
            who: "a document".into(),
            text: format!("it says {word}").into(),
            at: second(self.now),
            until: None,
            position: 0,
            detail: Detail::Passage { document: 0, heading: String::new() },
            sources: Vec::new(),
        };
        self.store.put_document(&document, &[passage]).await.unwrap();
    }

    /// Somebody shares something of their own.
    async fn shares(&mut self) {
        let person = UserId(PEOPLE[self.dice.usize(0..PEOPLE.len())]);
        let mine = self.store.items_of(person, &[Kind::Fact], None, 200).await.unwrap();
        let mine: Vec<_> = mine.into_iter().filter(|item| item.draft.owner == Some(person)).collect();
        if mine.is_empty() {
            return;
        }
        let item = &mine[self.dice.usize(0..mine.len())];
        let reach = match self.dice.u64(0..3) {
            0 => Reach::Everyone,
            guild => Reach::Guild(GuildId(guild)),
        };
        self.store.share(item.id, reach).await.unwrap().unwrap();
        self.canaries.get_mut(&word_of(item)).unwrap().shared = Some(reach);
    }

    async fn makes_vectors(&self) {
        let items = self.store.without_vector(MODEL, 10_000).await.unwrap();
        let vectors: Vec<(ItemId, Vec<f32>)> =
            items.iter().map(|item| (item.id, self.canaries[&word_of(item)].vector.clone())).collect();
        self.store.keep_vectors(MODEL, &vectors).await.unwrap();
    }

    /// Whether all who could be there could have seen it, or its owner wants them to know.
    fn is_for(&self, canary: &Canary, asking: Asking) -> bool {
        if canary.character.is_some() && canary.character != asking.character {
            return false;
        }
        if asking.alone.is_some() && asking.alone == canary.owner {
            return true;
        }
        let here = match asking.at {
            Spot::Channel { guild, .. } => Some(guild),
            _ => None,
        };
        match (canary.shared, canary.from, asking.at) {
            (Some(Reach::Everyone), ..) | (None, Spot::Everywhere, _) => true,
            (Some(Reach::Guild(guild)), ..) => here == Some(guild.get()),
            (_, Spot::Guild(guild), _) => here == Some(guild),
            (_, Spot::Channel { channel, .. }, Spot::Channel { channel: place, .. }) => {
                self.safe.get(&(channel, place)).is_some_and(|safe| *safe)
            }
            (_, from, at) => from == at,
        }
    }

    fn audience(&self, asking: Asking) -> Audience {
        let (guild, rooms) = match asking.at {
            Spot::Channel { guild, channel } => {
                let server = self.servers.iter().find(|server| server.id == guild).unwrap();
                (Some(GuildId(guild)), server.plan.rooms(ChannelId(channel)))
            }
            Spot::Direct { with } => (None, vec![direct(with)]),
            Spot::Guild(_) | Spot::Everywhere => (None, Vec::new()),
        };
        let character = asking.character.map(domain_character);
        Audience { guild, rooms, alone: asking.alone.map(UserId), character }
    }

    /// Everybody looks for everything everywhere.
    async fn is_tight(&mut self, context: &str) {
        self.safe.clear();
        for server in &self.servers {
            for Canary { from, .. } in self.canaries.values() {
                let Spot::Channel { channel, .. } = *from else { continue };
                for (place, ..) in server.channels.iter().filter(|_| channel / 100 == server.id) {
                    self.safe.entry((channel, *place)).or_insert_with(|| server.is_safe(channel, *place));
                }
            }
        }
        let mut askings = Vec::new();
        for at in self.spots() {
            let alone = match at {
                Spot::Direct { with } => Some(with),
                _ => None,
            };
            askings.extend(CAST.map(|one| Asking { at, alone, character: Some(one) }));
            // A panel for one person's eyes.
            let reader = alone.unwrap_or(PEOPLE[self.dice.usize(0..PEOPLE.len())]);
            askings.push(Asking { at, alone: Some(reader), character: None });
        }
        for asking in askings {
            let mut words: Vec<String> = self.canaries.keys().cloned().collect();
            words.sort_unstable();
            self.dice.shuffle(&mut words);
            for some in words.chunks(20) {
                let query = self.query(asking, some.to_vec(), None);
                let found = self.finds(&query, asking, context).await;
                for word in some {
                    self.must(word, &found, asking, context);
                }
            }
            // By meaning: some of what may be found, and some of what may not.
            let (open, hidden): (Vec<_>, Vec<_>) =
                words.into_iter().partition(|word| self.is_for(&self.canaries[word], asking));
            for word in open.into_iter().take(2).chain(hidden.into_iter().take(3)) {
                let vector = self.canaries[&word].vector.clone();
                let found = self.finds(&self.query(asking, Vec::new(), Some(vector)), asking, context).await;
                self.must(&word, &found, asking, context);
            }
            self.is_told_about_people(asking, context).await;
        }
    }

    fn query(&self, asking: Asking, terms: Vec<String>, vector: Option<Vec<f32>>) -> Query {
        let probe = |vector: Vec<f32>| Probe { model: MODEL.to_owned(), vector: vector.into() };
        Query {
            audience: self.audience(asking),
            terms,
            vector: vector.map(probe),
            kinds: Vec::new(),
            about: PEOPLE.map(UserId).to_vec(),
            during: vec![Span { start: Timestamp(0), end: second(self.now + 1) }],
            shown: None,
        }
    }

    /// The words that come to light; none of them may be one that somebody there could not have seen.
    async fn finds(&self, query: &Query, asking: Asking, context: &str) -> Vec<String> {
        let found = self.store.recall(query).await.unwrap();
        let text = query.terms.join(" ");
        let cue = Cue { text: &text, asker: None, during: &query.during, now: second(self.now) };
        let ranked = rank(&cue, &found, &Weights::default(), 1_000);
        let items = found.candidates.iter().map(|one| &one.item).chain(ranked.iter().map(|one| &one.item));
        items.map(|item| self.allowed(item, asking, context)).collect()
    }

    fn allowed(&self, item: &Item, asking: Asking, context: &str) -> String {
        let word = word_of(item);
        let canary = &self.canaries[&word];
        assert!(self.is_for(canary, asking), "{context}: LEAK of {word} {canary:?} to {asking:?}");
        word
    }

    fn must(&mut self, word: &str, found: &[String], asking: Asking, context: &str) {
        let canary = &self.canaries[word];
        let is_for = self.is_for(canary, asking);
        let is_found = found.iter().any(|one| one == word);
        assert!(is_found || !is_for, "{context}: {word} {canary:?} not found by {asking:?}");
        *self.tally.entry((canary.kind, is_for)).or_default() += 1;
    }

    async fn is_told_about_people(&self, asking: Asking, context: &str) {
        let audience = self.audience(asking);
        for person in PEOPLE {
            let facts = self.store.about(UserId(person), &audience, 200).await.unwrap();
            for fact in &facts {
                let word = self.allowed(fact, asking, context);
                assert_eq!(self.canaries[&word].about, Some(person), "{context}");
            }
            let kept = self.store.items_of(UserId(person), &[Kind::Fact], None, 200).await.unwrap();
            let now = kept
                .iter()
                .filter(|item| item.draft.about == Some(UserId(person)) && item.draft.until.is_none());
            let open = now.filter(|item| self.is_for(&self.canaries[&word_of(item)], asking));
            assert_eq!(open.count(), facts.len(), "{context}: about {person} for {asking:?}");
        }
    }
}

fn direct(with: u64) -> ChannelId {
    ChannelId(5_000 + with)
}

fn domain_character(name: &str) -> CharacterId {
    character(name)
}

/// The word that an item carries: its last.
fn word_of(item: &Item) -> String {
    item.draft.text.raw().rsplit(' ').next().unwrap_or_default().to_owned()
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var_os(name).and_then(|text| text.to_str()?.parse().ok()).unwrap_or(default)
}

async fn worlds(quarter: u64) {
    let worlds = number("ACORE_CANARY_WORLDS", 16);
    let seed = number("ACORE_CANARY_SEED", u64::from(std::process::id()));
    let mut tally: HashMap<(Kind, bool), u64> = HashMap::new();
    for at in 0..worlds {
        let seed = seed.wrapping_mul(4).wrapping_add(quarter).wrapping_mul(1 << 20).wrapping_add(at);
        let context = format!("world {at} of quarter {quarter} (ACORE_CANARY_SEED={seed})");
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(SqliteStore::open(folder.path().join("acore.db")).await.unwrap());
        let mut dice = fastrand::Rng::with_seed(seed);
        let servers = vec![Server::found(1, &mut dice), Server::found(2, &mut dice)];
        let canaries = HashMap::new();
        let mut world =
            World { dice, store, servers, canaries, now: 1, tally: HashMap::new(), safe: HashMap::new() };
        for _ in 0..3 {
            world.talks().await;
            world.reads().await;
            world.makes_vectors().await;
            world.shares().await;
            for _ in 0..3 {
                let server = world.dice.usize(0..2);
                let World { servers, dice, .. } = &mut world;
                servers[server].changes(dice);
            }
            world.is_tight(&context).await;
        }
        for (what, times) in world.tally {
            *tally.entry(what).or_default() += times;
        }
    }
    for kind in [Kind::Line, Kind::Fact, Kind::Episode, Kind::Passage] {
        for is_for in [true, false] {
            let times = tally.get(&(kind, is_for)).copied().unwrap_or(0);
            assert!(times > 10 * worlds, "{tally:?}");
        }
    }
}

#[tokio::test]
async fn nobody_hears_what_they_could_not_have_seen_1() {
    worlds(1).await;
}

#[tokio::test]
async fn nobody_hears_what_they_could_not_have_seen_2() {
    worlds(2).await;
}

#[tokio::test]
async fn nobody_hears_what_they_could_not_have_seen_3() {
    worlds(3).await;
}

#[tokio::test]
async fn nobody_hears_what_they_could_not_have_seen_4() {
    worlds(4).await;
}
