//! What comes to mind on a made-up pair of servers, asked of the real store and the real ranking: several speakers,
//! changed names, threads, edits, deletions, sarcasm, two characters, direct messages. The conversations and the
//! questions are in crates/bot/tests/data/memory/quay.txt, which tells how it is written.
//!
//! Facts come from plain statements alone (`domain::memory::noticing`): no language model takes part.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use anyhow::{Context as _, bail};
use domain::{
    ChannelId, CharacterId, GuildId, MessageId, RoleId, Timestamp, UserId,
    audience::{Audience, GuildPlan, Overwrite, Shape, Whose},
    command::Permissions,
    event::{Author, AuthorKind, ChannelKind, Message, Place},
    memory::{
        Detail, Draft, Item, Kind, Reach, Source,
        learning::{Batch, merge},
        noticing,
        rank::{self, Cue, Found, Recalled, Weights},
        terms, when,
    },
    time::DISCORD_EPOCH_MS,
};
use llm::{Embedder, Purpose};
use store::{Ending, Lesson, Probe, Query, Store};
use store_sqlite::SqliteStore;

// The tests have this file, too.
#[path = "quay/tally.rs"]
mod tally;

pub(super) use tally::Report;
use tally::{Tally, strength};

/// Items that come to mind.
const ITEMS: usize = 10;

/// Talk of nothing between what matters, by everybody, with the words of the questions in it.
const TALK: [&str; 8] = [
    "did anybody see the THING today",
    "the THING again, and no word about the OTHER",
    "I dreamt of a THING last night",
    "what about the OTHER and the THING?",
    "one more THING and I go home",
    "everybody talks about the THING, nobody about the OTHER",
    "a THING is a THING",
    "good morning, how is the OTHER",
];
const THINGS: [&str; 40] = [
    "cat",
    "dog",
    "soup",
    "teapot",
    "bell",
    "lamp",
    "key",
    "ferry",
    "race",
    "jib",
    "wedding",
    "cake",
    "honey",
    "hive",
    "bicycle",
    "oven",
    "dough",
    "sister",
    "birthday",
    "bakery",
    "ring",
    "doctor",
    "exam",
    "mill",
    "mule",
    "goose",
    "chair",
    "choir",
    "mast",
    "theatre",
    "parrot",
    "boat",
    "drawer",
    "thread",
    "crown",
    "flat",
    "job",
    "mother",
    "accordion",
    "kitten",
];

/// When the questions are asked.
const NOW: &str = "2026-10-15 12:00";

/// Who may see a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    Open,
    Some,
    Direct(UserId),
}

struct Spot {
    place: Place,
    access: Access,
    character: Option<CharacterId>,
}

/// A line as it was said, or as it reads since.
struct Said {
    spot: String,
    who: Option<UserId>,
    source: Source,
}

struct Asked {
    spot: String,
    who: UserId,
    text: String,
    evidence: Vec<String>,
    others: Vec<String>,
    stale: Vec<String>,
}

struct Quay {
    store: Arc<dyn Store>,
    _folder: tempfile::TempDir,
    spots: HashMap<String, Spot>,
    plans: BTreeMap<GuildId, GuildPlan>,
    people: HashMap<String, (UserId, String)>,
    said: HashMap<String, Said>,
    /// Words that were deleted or edited away.
    gone: HashSet<String>,
    texts: HashMap<String, String>,
    at: Timestamp,
    here: String,
    questions: Vec<Asked>,
    /// Lines of talk behind each conversation in a place that everybody sees.
    talk: usize,
}

/// Tells everything, with some talk behind each conversation, and asks everything.
pub(super) async fn run(data: &str, talk: usize, embedder: Option<&Embedder>) -> anyhow::Result<Report> {
    let folder = tempfile::tempdir()?;
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(folder.path().join("acore.db")).await?);
    let mut quay = Quay {
        store,
        _folder: folder,
        spots: HashMap::new(),
        plans: BTreeMap::new(),
        people: HashMap::new(),
        said: HashMap::new(),
        gone: HashSet::new(),
        texts: HashMap::new(),
        at: Timestamp(0),
        here: String::new(),
        questions: Vec::new(),
        talk,
    };
    for line in data.lines().filter(|line| !line.is_empty() && !line.starts_with('%')) {
        quay.read(line).await.with_context(|| line.to_owned())?;
    }
    quay.remember().await?;
    if let Some(embedder) = embedder {
        quay.make_vectors(embedder).await?;
    }
    quay.ask_all(embedder).await
}

fn moment(text: &str) -> anyhow::Result<Timestamp> {
    let read = jiff::civil::DateTime::strptime("%Y-%m-%d %H:%M", text)?;
    Ok(Timestamp(read.to_zoned(jiff::tz::TimeZone::UTC)?.timestamp().as_millisecond()))
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

impl Quay {
    async fn read(&mut self, line: &str) -> anyhow::Result<()> {
        if let Some(question) = line.strip_prefix("? ") {
            return self.read_question(question);
        }
        let mut parts = line.split_whitespace();
        match parts.next() {
            Some("guild") => {
                let id = GuildId(1_000 + self.plans.len() as u64);
                let mut plan = GuildPlan::new(id, None);
                let sees = Permissions::VIEW_CHANNEL.with(Permissions::READ_MESSAGE_HISTORY);
                plan.set_role(RoleId(id.get()), sees);
                plan.set_role(RoleId(77), Permissions::NONE);
                self.plans.insert(id, plan);
            }
            Some("place") => self.read_place(&parts.collect::<Vec<_>>())?,
            Some("#") => {
                self.talk().await?;
                self.remember().await?;
                parts.next().context("a place")?.clone_into(&mut self.here);
                self.at = moment(&parts.collect::<Vec<_>>().join(" "))?;
            }
            Some("nick") => {
                let who = parts.next().context("a person")?.to_owned();
                let id = self.person(&who);
                self.people.insert(who, (id, parts.collect::<Vec<_>>().join(" ")));
            }
            Some("delete") => {
                self.remember().await?;
                let id = parts.next().context("a line")?;
                let (channel, message) = self.message(id)?;
                self.store.delete_messages(channel, &[message]).await?;
                self.gone.extend(self.texts.remove(id));
            }
            Some("edit") => {
                self.remember().await?;
                let (id, text) = line["edit ".len()..].split_once('|').context("new words")?;
                let (channel, message) = self.message(id)?;
                self.store.edit_message(channel, message, &text.into()).await?;
                self.gone.extend(self.texts.insert(id.to_owned(), text.to_owned()));
            }
            _ => self.read_line(line).await?,
        }
        Ok(())
    }

    /// Talk of nothing, always the same.
    async fn talk(&mut self) -> anyhow::Result<()> {
        if self.spots.get(&self.here).is_none_or(|spot| spot.access != Access::Open) {
            return Ok(());
        }
        let mut people: Vec<String> = self.people.keys().cloned().collect();
        people.sort_unstable();
        for line in 0..self.talk {
            let n = self.said.len() * 7 + line;
            let text = TALK[n % TALK.len()]
                .replace("THING", THINGS[n * 13 % THINGS.len()])
                .replace("OTHER", THINGS[(n * 29 + 11) % THINGS.len()]);
            let id = format!("talk{}", self.said.len());
            self.read_line(&format!("{id}|{}|{text}", people[n % people.len()])).await?;
        }
        Ok(())
    }

    fn read_place(&mut self, parts: &[&str]) -> anyhow::Result<()> {
        let [name, kind, more @ ..] = parts else { bail!("a place has a name and a kind") };
        let channel = ChannelId(10 + self.spots.len() as u64);
        let guild = self.plans.keys().next_back().copied().context("a guild comes first")?;
        let above = more.first().and_then(|above| self.spots.get(*above));
        let parent = above.map(|above| above.place.channel);
        let mut access = above.map_or(Access::Open, |above| above.access);
        let mut place = Place { guild: Some(guild), channel, parent, kind: ChannelKind::Text };
        let plan = self.plans.get_mut(&guild).context("a guild")?;
        let mut character = None;
        match (*kind, parent) {
            ("open", None) => _ = plan.set_channel(channel, Shape::Text, []),
            ("role", None) => {
                let (allow, deny) = (Permissions::VIEW_CHANNEL, Permissions::NONE);
                let role = Overwrite { whose: Whose::Role(RoleId(77)), allow, deny };
                let all = Overwrite { whose: Whose::Role(RoleId(guild.get())), allow: deny, deny: allow };
                plan.set_channel(channel, Shape::Text, [role, all]);
                access = Access::Some;
            }
            ("thread", Some(above)) => _ = plan.set_channel(channel, Shape::PublicThread(above), []),
            ("private", Some(above)) => {
                plan.set_channel(channel, Shape::PrivateThread(above), []);
                access = Access::Some;
            }
            ("dm", None) => {
                let who = more.first().context("with whom")?;
                access = Access::Direct(self.person(who));
                place = Place { guild: None, channel, parent: None, kind: ChannelKind::Direct };
                character = Some(CharacterId::new(if *who == "Orla" { "mira" } else { "ivo" })?);
            }
            _ => bail!("no such kind of place"),
        }
        if parent.is_some() {
            place.kind = ChannelKind::Thread;
        }
        self.spots.insert((*name).to_owned(), Spot { place, access, character });
        Ok(())
    }

    fn person(&mut self, name: &str) -> UserId {
        let next = UserId(100 + self.people.len() as u64);
        self.people.entry(name.to_owned()).or_insert_with(|| (next, name.to_owned())).0
    }

    fn spot(&self, name: &str) -> anyhow::Result<&Spot> {
        self.spots.get(name).with_context(|| format!("no place is called {name}"))
    }

    fn message(&self, id: &str) -> anyhow::Result<(ChannelId, MessageId)> {
        let said = self.said.get(id).with_context(|| format!("no line {id}"))?;
        let Source::Message(message) = said.source else { bail!("{id} is a character's") };
        Ok((self.spot(&said.spot)?.place.channel, message))
    }

    async fn read_line(&mut self, line: &str) -> anyhow::Result<()> {
        let mut parts = line.splitn(3, '|');
        let (id, who, text) =
            (parts.next().context("id")?, parts.next().context("who")?, parts.next().context("text")?);
        let id = id.split_once('>').map_or(id, |(id, _)| id);
        self.at = Timestamp(self.at.as_millis() + 40_000);
        let number =
            ((self.at.as_millis() - DISCORD_EPOCH_MS).cast_unsigned() << 22) | self.said.len() as u64;
        let is_character = who.chars().all(char::is_uppercase);
        let person = if is_character { None } else { Some(self.person(who)) };
        let source = if is_character { Source::Reply(number) } else { Source::Message(MessageId(number)) };
        let spot = self.spot(&self.here)?;
        if let (Some(user), Some(_)) = (person, spot.place.guild) {
            let name = self.people.get(who).map_or(who, |(_, name)| name);
            let message = Message {
                id: MessageId(number),
                place: spot.place,
                author: Author { id: user, name: name.into(), kind: AuthorKind::Human },
                content: text.into(),
                mentions: Vec::new(),
                reply_to: None,
                attachments: Vec::new(),
                pictures: Vec::new(),
                replied_pictures: Vec::new(),
                age_restricted: false,
                sent_at: self.at,
            };
            self.store.observe(&message).await?;
        } else {
            let draft = Draft {
                reach: self.reach(spot),
                channel: Some(spot.place.channel),
                character: spot.character.clone(),
                owner: person,
                about: None,
                who: who.into(),
                text: text.into(),
                at: self.at,
                until: None,
                position: number,
                detail: Detail::Line,
                sources: vec![source],
            };
            let ids = self.store.add_items(std::slice::from_ref(&draft)).await?;
            let lines: Vec<_> = ids.into_iter().map(|id| Item { id, draft: draft.clone() }).collect();
            self.learn(&lines).await?;
        }
        self.texts.insert(id.to_owned(), text.to_owned());
        let said = Said { spot: self.here.clone(), who: person, source };
        anyhow::ensure!(self.said.insert(id.to_owned(), said).is_none(), "{id} is there twice");
        Ok(())
    }

    fn reach(&self, spot: &Spot) -> Reach {
        let plan = spot.place.guild.and_then(|guild| self.plans.get(&guild));
        let room = plan.map_or(spot.place.channel, |plan| plan.room(spot.place.channel));
        Reach::Room { guild: spot.place.guild, room }
    }

    /// What was said on servers, as the bot remembers it.
    async fn remember(&self) -> anyhow::Result<()> {
        let mut by_channel: BTreeMap<ChannelId, Vec<Item>> = BTreeMap::new();
        loop {
            let read = self.store.unremembered(64).await?;
            if read.is_empty() {
                break;
            }
            let mut looked_at = Vec::new();
            for line in read {
                let domain::scene::Speaker::Person { id, name } = line.line.who else { continue };
                let spot = self.spots.values().find(|spot| spot.place.channel == line.place.channel);
                let draft = Draft {
                    reach: self.reach(spot.context("a place")?),
                    channel: Some(line.place.channel),
                    character: None,
                    owner: Some(id),
                    about: None,
                    who: name,
                    text: line.line.text,
                    at: line.line.at,
                    until: None,
                    position: line.position,
                    detail: Detail::Line,
                    sources: vec![line.source],
                };
                looked_at.push((line.row, Some(draft)));
            }
            for id in self.store.remember(&looked_at).await? {
                let item = self.store.item(id).await?.context("what was remembered")?;
                by_channel.entry(item.draft.channel.context("a channel")?).or_default().push(item);
            }
        }
        for lines in by_channel.values() {
            self.learn(lines).await?;
        }
        Ok(())
    }

    async fn learn(&self, lines: &[Item]) -> anyhow::Result<()> {
        let Some(first) = lines.first() else { return Ok(()) };
        let batch = Batch { lines, character: first.draft.character.as_ref() };
        let Reach::Room { room, .. } = first.draft.reach else { return Ok(()) };
        let character = first.draft.character.clone();
        let audience = Audience { guild: None, rooms: vec![room], alone: None, character };
        let people: HashSet<_> = lines.iter().filter_map(|line| line.draft.owner).collect();
        let mut known = Vec::new();
        for person in people {
            known.extend(self.store.about(person, &audience, 60).await?);
        }
        let changes = merge(batch, noticing::notice(batch), &known);
        let end = changes.end.into_iter().map(|(item, at, by)| Ending { item, at, by }).collect();
        let of = lines.iter().map(|line| line.id).collect();
        let lesson = Lesson { of, add: changes.add, end, change: changes.change, remove: Vec::new() };
        self.store.learn(&lesson).await?;
        Ok(())
    }

    async fn make_vectors(&self, embedder: &Embedder) -> anyhow::Result<()> {
        loop {
            let items = self.store.without_vector(embedder.model(), 64).await?;
            if items.is_empty() {
                return Ok(());
            }
            let texts: Vec<String> = items.iter().map(bot::vectors::words).collect();
            let vectors = embedder.embed(Purpose::Document, &texts).await?;
            let vectors: Vec<_> = items.iter().map(|item| item.id).zip(vectors).collect();
            self.store.keep_vectors(embedder.model(), &vectors).await?;
        }
    }

    fn read_question(&mut self, line: &str) -> anyhow::Result<()> {
        let parts: Vec<&str> = line.split('|').collect();
        let (spot, who) = parts[0].split_once(' ').context("who asks where")?;
        let list = |at: usize| words(parts.get(at).copied().unwrap_or_default());
        let mut evidence = list(2);
        evidence.retain(|id| id != "-");
        let others: Vec<String> = list(3).iter().map(|id| id.trim_start_matches('~').to_owned()).collect();
        let text = (*parts.get(1).context("a question")?).to_owned();
        let asked =
            Asked { spot: spot.to_owned(), who: self.person(who), text, evidence, others, stale: list(4) };
        for id in asked.evidence.iter().chain(&asked.others).chain(&asked.stale) {
            anyhow::ensure!(self.said.contains_key(id), "no line {id}");
        }
        self.questions.push(asked);
        Ok(())
    }

    fn audience(&self, spot: &Spot, character: &str) -> anyhow::Result<Audience> {
        let plan = spot.place.guild.and_then(|guild| self.plans.get(&guild));
        let rooms = plan.map_or_else(|| vec![spot.place.channel], |plan| plan.rooms(spot.place.channel));
        let alone = match spot.access {
            Access::Direct(person) => Some(person),
            Access::Open | Access::Some => None,
        };
        let character = Some(CharacterId::new(character)?);
        Ok(Audience { guild: spot.place.guild, rooms, alone, character })
    }

    /// Whether everybody in a place could have seen what an item was made of, by the file and not by the bot.
    fn is_for(&self, item: &Item, here: &Spot, character: &str) -> bool {
        let sources = item.draft.sources.iter();
        let said: Vec<&Said> =
            sources.filter_map(|source| self.said.values().find(|said| said.source == *source)).collect();
        said.len() == item.draft.sources.len()
            && said.iter().all(|said| {
                let Some(from) = self.spots.get(&said.spot) else { return false };
                let told = from.character.as_ref().is_none_or(|one| one.as_str() == character);
                let same = from.place.channel == here.place.channel;
                let own = matches!(here.access, Access::Direct(person) if said.who == Some(person));
                let open = from.access == Access::Open && from.place.guild == here.place.guild;
                told && (same || own || (open && from.place.guild.is_some()))
            })
    }

    async fn ask_all(&self, embedder: Option<&Embedder>) -> anyhow::Result<Report> {
        let mut tally = Tally { lines: self.said.len(), ..Tally::default() };
        for asked in &self.questions {
            let spot = self.spot(&asked.spot)?;
            let usual = spot.character.as_ref().map_or("mira", CharacterId::as_str);
            for character in ["mira", "ivo"] {
                let (found, recalled) = self.ask(asked, spot, character, embedder).await?;
                let leaks = found.candidates.iter().filter(|one| !self.is_for(&one.item, spot, character));
                let gone =
                    found.candidates.iter().filter(|one| self.gone.contains(one.item.draft.text.raw()));
                let (leaks, gone) = (leaks.count(), gone.count());
                if leaks + gone > 0 {
                    let what = format!("LEAK of {leaks}, {gone} forgotten ones: {}", asked.text);
                    tally.misses.push(what);
                }
                tally.leaks.push(leaks > 0);
                tally.gone.push(gone > 0);
                if character == usual {
                    self.count(asked, &found, &recalled, &mut tally);
                }
            }
        }
        Ok(tally.report(embedder.is_some()))
    }

    async fn ask(
        &self,
        asked: &Asked,
        spot: &Spot,
        character: &str,
        embedder: Option<&Embedder>,
    ) -> anyhow::Result<(Found, Vec<Recalled>)> {
        let text = asked.text.as_str();
        let now = moment(NOW)?;
        let vector = match embedder {
            Some(embedder) => embedder
                .embed(Purpose::Query, &[text])
                .await?
                .pop()
                .map(|vector| Probe { model: embedder.model().to_owned(), vector: vector.into() }),
            None => None,
        };
        let during = when::spans(text, now, 0);
        let query = Query {
            audience: self.audience(spot, character)?,
            terms: terms::query_terms(text),
            vector,
            kinds: Vec::new(),
            about: vec![asked.who],
            during: during.clone(),
            shown: None,
        };
        let found = self.store.recall(&query).await?;
        let cue = Cue { text, asker: Some(asked.who), during: &during, now };
        let recalled = rank::rank(&cue, &found, &Weights::default(), ITEMS);
        Ok((found, recalled))
    }

    fn count(&self, asked: &Asked, found: &Found, recalled: &[Recalled], tally: &mut Tally) {
        let is_made_of = |item: &Item, ids: &[String]| {
            ids.iter()
                .any(|id| self.said.get(id).is_some_and(|said| item.draft.sources.contains(&said.source)))
        };
        let strength = strength(found, recalled);
        if asked.evidence.is_empty() {
            tally.unanswerable.push(strength);
            return;
        }
        tally.answerable.push(strength);
        let has = |id: &String| recalled.iter().any(|one| is_made_of(&one.item, std::slice::from_ref(id)));
        let share = asked.evidence.iter().filter(|id| has(id)).count() as f64 / asked.evidence.len() as f64;
        tally.recall.push(share);
        if share < 1.0 {
            tally.misses.push(format!("missed ({share:.2}): {} {:?}", asked.text, asked.evidence));
        }
        let first = |ids: &[String]| recalled.iter().position(|one| is_made_of(&one.item, ids));
        let is_before = |ids: &[String]| match (first(ids), first(&asked.evidence)) {
            (Some(wrong), Some(right)) => wrong < right,
            (wrong, _) => wrong.is_some(),
        };
        if !asked.others.is_empty() {
            tally.wrong_speaker.push(is_before(&asked.others));
            if is_before(&asked.others) {
                tally.misses.push(format!("another's first: {}", asked.text));
            }
        }
        if !asked.stale.is_empty() {
            let stale = |one: &Recalled| {
                one.item.draft.detail.kind() == Kind::Fact && is_made_of(&one.item, &asked.stale)
            };
            tally.stale_fact.push(recalled.iter().any(stale));
            tally.stale_first.push(is_before(&asked.stale));
            if is_before(&asked.stale) {
                tally.misses.push(format!("what was so once first: {}", asked.text));
            }
        }
    }
}
