//! What is remembered.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    ChannelId, CharacterId, GuildId, MessageId, Timestamp, Untrusted, UserId,
    audience::Audience,
    event::ChannelKind,
    memory::{Detail, Draft, Item, ItemId, Kind, Reach, Source},
    scene::Speaker,
};

use super::state::{Entry, State};
use crate::{
    Lesson, Result, RowToken, StoreError, Unremembered,
    memories::{check_draft, may_hear, source_key},
};

/// Batches that one call answers.
const BATCHES: usize = 16;

/// An item, and what was done with it.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) draft: Draft,
    learned: bool,
    told: bool,
    /// Why it is no longer so.
    ended_by: BTreeSet<Source>,
}

/// Whose lines are one batch.
type Owner = (Option<ChannelId>, Option<CharacterId>);

impl State {
    pub(super) fn unremembered(&self, limit: u32) -> Vec<Unremembered> {
        let mut rows: Vec<_> = self.lines.iter().filter(|(_, entry)| !entry.remembered).collect();
        rows.sort_by_key(|((.., order), _)| *order);
        let looked_at = rows.into_iter().filter_map(|((channel, position, order), entry)| {
            let message = entry.line.message;
            let source = source(entry)?;
            let reply = entry.reply.map(|(turn, _)| turn);
            let place = reply
                .and_then(|turn| self.replies.get(&turn).map(|reply| reply.place))
                .or_else(|| self.cursors.get(channel).map(|(place, _)| *place))?;
            let own = reply.or_else(|| message.map(crate::TurnId::from))?;
            let is_direct = place.kind == ChannelKind::Direct;
            if message.is_none() || is_direct && self.open(own).is_ok() {
                return None;
            }
            Some(Unremembered {
                row: RowToken::new(*order, source, entry.line.text.raw()),
                place,
                source,
                position: *position,
                line: entry.line.clone(),
                with: if is_direct { self.concerned(*channel, *position, entry) } else { None },
            })
        });
        looked_at.take(limit as usize).collect()
    }

    /// The character that a line in a direct channel concerns.
    fn concerned(&self, channel: ChannelId, position: u64, entry: &Entry) -> Option<CharacterId> {
        let spoke = |entry: &Entry| match (&entry.line.who, entry.reply) {
            (Speaker::Character(character), Some(_)) => Some(character.clone()),
            _ => None,
        };
        let answer = entry.line.message.and_then(|message| self.replies.get(&message.into()));
        let next = self.lines.range((channel, position.saturating_add(1), 0)..=(channel, u64::MAX, u64::MAX));
        let last = self.lines.range((channel, 0, 0)..(channel, position, 0));
        spoke(entry)
            .or_else(|| answer.map(|reply| reply.character.clone()))
            .or_else(|| next.map(|(_, entry)| entry).find_map(spoke))
            .or_else(|| last.rev().map(|(_, entry)| entry).find_map(spoke))
    }

    pub(super) fn remember_lines(&mut self, lines: &[(RowToken, Option<Draft>)]) -> Result<Vec<ItemId>> {
        lines.iter().filter_map(|(_, draft)| draft.as_ref()).try_for_each(check_draft)?;
        let mut added = Vec::new();
        for (token, draft) in lines {
            let found = self.lines.iter_mut().find(|((.., order), entry)| {
                !entry.remembered
                    && source(entry)
                        .is_some_and(|source| RowToken::new(*order, source, entry.line.text.raw()) == *token)
            });
            let Some((_, entry)) = found else { continue };
            entry.remembered = true;
            let user = match (&entry.line.who, entry.reply) {
                (_, Some((_, user))) => user,
                (Speaker::Person { id, .. } | Speaker::OtherBot { id, .. }, None) => Some(*id),
                (Speaker::Character(_), None) => None,
            };
            let silent = user.is_some_and(|user| self.opted_out.contains_key(&user));
            added.extend(draft.as_ref().filter(|_| !silent).and_then(|draft| self.add(draft)));
        }
        Ok(added)
    }

    /// Adds an item that was checked; `None` when it is of or about somebody who opted out.
    pub(super) fn add(&mut self, draft: &Draft) -> Option<ItemId> {
        if draft.owner.into_iter().chain(draft.about).any(|person| self.opted_out.contains_key(&person)) {
            return None;
        }
        let mut draft = draft.clone();
        sort(&mut draft.sources);
        self.last_item += 1;
        let kept = Kept { draft, learned: false, told: false, ended_by: BTreeSet::new() };
        self.items.insert(ItemId(self.last_item), kept);
        Some(ItemId(self.last_item))
    }

    pub(super) fn add_items(&mut self, drafts: &[Draft]) -> Result<Vec<ItemId>> {
        drafts.iter().try_for_each(check_draft)?;
        for draft in drafts {
            if let Detail::Passage { document, .. } = draft.detail
                && !self.documents.contains_key(&document)
            {
                return Err(StoreError::Conflict("a rule of the schema forbids it"));
            }
        }
        Ok(drafts.iter().filter_map(|draft| self.add(draft)).collect())
    }

    pub(super) fn get(&self, id: ItemId) -> Option<Item> {
        self.items.get(&id).map(|kept| Item { id, draft: kept.draft.clone() })
    }

    /// Batches of what is not done yet, per channel and character.
    fn ripe(
        &self,
        quiet_before: Timestamp,
        at_least: u32,
        limit: u32,
        is_open: impl Fn(&Kept) -> bool,
    ) -> Vec<Vec<Item>> {
        let mut owners = BTreeMap::<Owner, Vec<Item>>::new();
        for (id, kept) in self.items.iter().filter(|(_, kept)| is_open(kept)) {
            let owner = (kept.draft.channel, kept.draft.character.clone());
            owners.entry(owner).or_default().push(Item { id: *id, draft: kept.draft.clone() });
        }
        let is_ripe = |items: &&mut Vec<Item>| {
            items.len() >= at_least as usize || items.iter().all(|item| item.draft.at < quiet_before)
        };
        let mut ripe: Vec<_> = owners.values_mut().filter(is_ripe).collect();
        ripe.sort_by_key(|items| std::cmp::Reverse(items.len()));
        ripe.into_iter()
            .take(BATCHES)
            .map(|items| {
                items.sort_by_key(|item| {
                    let draft = &item.draft;
                    let by_time = if draft.detail == Detail::Line { 0 } else { draft.at.as_millis() };
                    (by_time, if by_time == 0 { draft.position } else { 0 }, item.id)
                });
                items.truncate(limit as usize);
                std::mem::take(items)
            })
            .collect()
    }

    pub(super) fn unlearned(&self, quiet_before: Timestamp, at_least: u32, limit: u32) -> Vec<Vec<Item>> {
        let is_open = |kept: &Kept| kept.draft.detail == Detail::Line && !kept.learned;
        self.ripe(quiet_before, at_least, limit, is_open)
    }

    /// Everything that is not part of an episode of the next level yet.
    pub(super) fn untold_items(&self) -> Vec<Item> {
        let open = self.items.iter().filter(|(_, kept)| !kept.told);
        open.map(|(id, kept)| Item { id: *id, draft: kept.draft.clone() }).collect()
    }

    pub(super) fn untold(
        &self,
        level: u8,
        quiet_before: Timestamp,
        at_least: u32,
        limit: u32,
    ) -> Vec<Vec<Item>> {
        let of = level.checked_sub(1).map_or(Detail::Line, |level| Detail::Episode { level });
        self.ripe(quiet_before, at_least, limit, |kept| kept.draft.detail == of && !kept.told)
    }

    pub(super) fn learn(&mut self, lesson: &Lesson) -> Result<Vec<ItemId>> {
        for draft in lesson.add.iter().chain(lesson.change.iter().map(|(_, draft)| draft)) {
            check_draft(draft)?;
            if draft.sources.is_empty() {
                return Err(StoreError::Invalid("what was learned has sources"));
            }
        }
        let lines: Vec<Item> = lesson.of.iter().filter_map(|id| self.get(*id)).collect();
        let allowed: BTreeSet<Source> = lines.iter().flat_map(|line| &line.draft.sources).copied().collect();
        let mut open = BTreeSet::new();
        let mut added = Vec::new();
        for draft in &lesson.add {
            if draft.sources.iter().all(|source| allowed.contains(source)) {
                added.extend(self.add(draft));
            } else {
                open.extend(draft.sources.iter().copied());
            }
        }
        for ending in &lesson.end {
            if !ending.by.iter().all(|source| allowed.contains(source)) {
                open.extend(ending.by.iter().copied());
            } else if let Some(kept) = self.items.get_mut(&ending.item)
                && kept.draft.detail.kind() == Kind::Fact
            {
                kept.draft.until = Some(ending.at);
                kept.ended_by.extend(ending.by.iter().copied());
            }
        }
        for (old, draft) in &lesson.change {
            let fits = self.items.get(old).is_some_and(|known| {
                let mut sources = draft.sources.iter();
                sources.all(|source| allowed.contains(source) || known.draft.sources.contains(source))
            });
            if fits {
                added.extend(self.add(draft));
                self.remove(*old);
            } else {
                open.extend(draft.sources.iter().copied());
            }
        }
        for id in &lesson.remove {
            self.remove(*id);
        }
        for line in lines.iter().filter(|line| !line.draft.sources.iter().any(|source| open.contains(source)))
        {
            if let Some(kept) = self.items.get_mut(&line.id) {
                kept.learned |= kept.draft.detail == Detail::Line;
            }
        }
        Ok(added)
    }

    pub(super) fn tell(&mut self, of: &[ItemId], episode: &Draft) -> Result<Option<ItemId>> {
        check_draft(episode)?;
        let Some(items) = of.iter().map(|id| self.get(*id)).collect::<Option<Vec<_>>>() else {
            return Ok(None);
        };
        let mut episode = episode.clone();
        episode.sources = items.into_iter().flat_map(|item| item.draft.sources).collect();
        sort(&mut episode.sources);
        check_draft(&episode)?;
        for id in of {
            if let Some(kept) = self.items.get_mut(id) {
                kept.told = true;
            }
        }
        Ok(self.add(&episode))
    }

    pub(super) fn about(&self, person: UserId, audience: &Audience, limit: u32) -> Vec<Item> {
        let known = self.items.iter().rev().filter(|(_, kept)| {
            let draft = &kept.draft;
            draft.about == Some(person)
                && draft.detail.kind() == Kind::Fact
                && draft.until.is_none()
                && may_hear(audience, draft)
        });
        known.take(limit as usize).map(|(id, kept)| Item { id: *id, draft: kept.draft.clone() }).collect()
    }

    pub(super) fn items_of(
        &self,
        person: UserId,
        kinds: &[Kind],
        before: Option<ItemId>,
        limit: u32,
    ) -> Vec<Item> {
        let theirs = self.items.iter().rev().filter(|(id, kept)| {
            let draft = &kept.draft;
            (draft.owner == Some(person) || draft.about == Some(person))
                && kinds.contains(&draft.detail.kind())
                && before.is_none_or(|before| **id < before)
        });
        theirs.take(limit as usize).map(|(id, kept)| Item { id: *id, draft: kept.draft.clone() }).collect()
    }

    fn numbers(&self, is_it: impl Fn(&Draft) -> bool) -> Vec<ItemId> {
        self.items.iter().filter(|(_, kept)| is_it(&kept.draft)).map(|(id, _)| *id).collect()
    }

    pub(super) fn made_of(&self, source: Source) -> Vec<Item> {
        let made = self.numbers(|draft| draft.sources.contains(&source));
        made.into_iter().filter_map(|id| self.get(id)).collect()
    }

    pub(super) fn older(&self, channel: ChannelId, before: Timestamp, limit: u32) -> Vec<ItemId> {
        let mut old = self.numbers(|draft| {
            let is_talk = matches!(draft.detail.kind(), Kind::Line | Kind::Episode);
            draft.channel == Some(channel) && is_talk && draft.at < before
        });
        old.truncate(limit as usize);
        old
    }

    pub(super) fn correct(&mut self, id: ItemId, text: &Untrusted) -> Result<Option<ItemId>> {
        let Some(Item { mut draft, .. }) = self.get(id) else { return Ok(None) };
        draft.text = text.clone();
        check_draft(&draft)?;
        Ok(self.replace(id, &draft))
    }

    pub(super) fn share(&mut self, id: ItemId, reach: Reach) -> Option<ItemId> {
        let Item { mut draft, .. } = self.get(id)?;
        draft.reach = reach;
        let vectors: Vec<_> = self
            .vectors
            .iter()
            .filter_map(|(model, (_, vectors))| Some((model.clone(), vectors.get(&id)?.clone())))
            .collect();
        let added = self.replace(id, &draft)?;
        for (model, vector) in vectors {
            if let Some((_, kept)) = self.vectors.get_mut(&model) {
                kept.insert(added, vector);
            }
        }
        Some(added)
    }

    fn replace(&mut self, id: ItemId, draft: &Draft) -> Option<ItemId> {
        let added = self.add(draft);
        if let (Some(old), Some(new)) =
            (self.items.get(&id).cloned(), added.and_then(|added| self.items.get_mut(&added)))
        {
            (new.learned, new.told, new.ended_by) = (old.learned, old.told, old.ended_by);
        }
        self.remove(id);
        added
    }

    pub(super) fn remove(&mut self, id: ItemId) {
        self.items.remove(&id);
        self.vectors.values_mut().for_each(|(_, vectors)| drop(vectors.remove(&id)));
    }

    pub(super) fn remove_items(&mut self, ids: &[ItemId]) -> u64 {
        let ids: BTreeSet<_> = ids.iter().copied().collect();
        let there: Vec<_> = ids.into_iter().filter_map(|id| self.get(id)).collect();
        for item in &there {
            self.remove(item.id);
        }
        for item in there.iter().filter(|item| item.draft.detail == Detail::Line) {
            for source in &item.draft.sources {
                self.forget_source(*source);
            }
        }
        there.len() as u64
    }

    /// Removes everything that was made of a source, so that what is left is learned and told anew.
    pub(super) fn forget_source(&mut self, source: Source) {
        let made = self.made_of(source);
        for item in &made {
            self.remove(item.id);
        }
        for item in made {
            let is_shared = |draft: &Draft| draft.sources.iter().any(|one| item.draft.sources.contains(one));
            for kept in self.items.values_mut().filter(|kept| is_shared(&kept.draft)) {
                match (&item.draft.detail, &kept.draft.detail) {
                    (Detail::Fact(_), Detail::Line) => kept.learned = false,
                    (Detail::Episode { level: 0 }, Detail::Line) => kept.told = false,
                    (Detail::Episode { level }, Detail::Episode { level: below }) if *below + 1 == *level => {
                        kept.told = false;
                    }
                    _ => {}
                }
            }
        }
        for kept in self.items.values_mut().filter(|kept| kept.ended_by.contains(&source)) {
            kept.draft.until = None;
            kept.ended_by.clear();
        }
    }

    pub(super) fn forget_items_of_channel(&mut self, channel: ChannelId, which: impl Fn(&Draft) -> bool) {
        let there = self.numbers(|draft| draft.channel == Some(channel) && which(draft));
        let drafts = there.iter().filter_map(|id| self.get(*id));
        let sources: BTreeSet<_> = drafts.flat_map(|item| item.draft.sources).collect();
        for id in there {
            self.remove(id);
        }
        for source in sources {
            self.forget_source(source);
        }
    }

    pub(super) fn forget_items_of_guild(&mut self, guild: GuildId) {
        for id in self.numbers(|draft| draft.reach.guild() == Some(guild)) {
            self.remove(id);
        }
        let theirs = self.documents.iter().filter(|(_, document)| document.guild == Some(guild));
        let theirs: Vec<_> = theirs.map(|(id, _)| *id).collect();
        for id in theirs {
            self.remove_document(id);
        }
        self.bonds.retain(|(place, ..), _| *place != guild.get());
    }

    /// A message has other words now, and no line in the history has them.
    pub(super) fn edited(&mut self, message: MessageId, text: &Untrusted, in_history: bool) {
        let source = Source::Message(message);
        let line = self.made_of(source).into_iter().find(|item| item.draft.detail == Detail::Line);
        if line.as_ref().is_some_and(|line| !in_history && line.draft.text == *text) {
            return;
        }
        self.forget_source(source);
        if let Some(Item { mut draft, .. }) = line.filter(|_| !in_history) {
            draft.text = text.clone();
            if check_draft(&draft).is_ok() {
                self.add(&draft);
            }
        }
    }

    pub(super) fn prune_items(&mut self, keep: &crate::Retention) -> u64 {
        let before = self.items.len();
        for (kind, most) in [(Kind::Line, keep.memory_lines), (Kind::Episode, keep.memory_episodes)] {
            self.prune_items_by(most, |id, draft| {
                let owner = draft.channel.filter(|_| draft.detail.kind() == kind)?;
                Some((owner, (draft.position, id)))
            });
        }
        self.prune_items_by(keep.memory_facts, |id, draft| {
            let Detail::Fact(fact) = &draft.detail else { return None };
            let owner = (draft.about?.get(), draft.reach.guild());
            let is_so = u64::from(draft.until.is_none());
            Some((owner, (is_so, fact.importance, id)))
        });
        (before - self.items.len()) as u64
    }

    /// Removes what exceeds a limit for each owner, the lowest first.
    fn prune_items_by<O: Ord, R: Ord>(&mut self, most: u32, rank: impl Fn(ItemId, &Draft) -> Option<(O, R)>) {
        let mut owners = BTreeMap::<O, BTreeMap<R, ItemId>>::new();
        for (id, kept) in &self.items {
            if let Some((owner, rank)) = rank(*id, &kept.draft) {
                owners.entry(owner).or_default().insert(rank, *id);
            }
        }
        for ranked in owners.into_values() {
            for id in ranked.into_values().rev().skip(most as usize) {
                self.remove(id);
            }
        }
    }
}

fn sort(sources: &mut Vec<Source>) {
    sources.sort_by_key(|source| source_key(*source));
    sources.dedup();
}

fn source(entry: &Entry) -> Option<Source> {
    match entry.reply {
        Some((turn, _)) => Some(Source::Reply(turn.0)),
        None => entry.line.message.map(Source::Message),
    }
}
