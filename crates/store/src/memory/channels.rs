//! Channels as a whole.

use async_trait::async_trait;
use domain::{
    ChannelId, MessageId, Timestamp, Untrusted, UserId,
    audience::Audience,
    memory::{Detail, Item, Source},
    scene::{Line, Speaker},
};

use super::{
    MemoryStore,
    state::{Aside, Entry, SetAside, State},
};
use crate::{Channels, Cleared, LineAt, Result, TurnId, channels::CLEARED_LINES, memories::may_hear};

#[async_trait]
impl Channels for MemoryStore {
    async fn lines(
        &self,
        channel: ChannelId,
        before: Option<LineAt>,
        limit: u32,
    ) -> Result<Vec<(LineAt, Line)>> {
        self.with(|state| Ok(state.page(channel, before, limit)))
    }

    async fn untold_of(&self, channel: ChannelId, limit: u32) -> Result<Vec<Item>> {
        self.with(|state| Ok(state.untold_of(channel, limit)))
    }

    async fn episodes_of(
        &self,
        channel: ChannelId,
        level: u8,
        audience: &Audience,
        limit: u32,
    ) -> Result<Vec<Item>> {
        self.with(|state| Ok(state.episodes_of(channel, level, audience, limit)))
    }

    async fn clear(&self, channel: ChannelId, at: Timestamp, by: UserId) -> Result<u64> {
        self.with(|state| Ok(state.clear(channel, at, by)))
    }

    async fn cleared(&self, channel: ChannelId) -> Result<Option<Cleared>> {
        self.with(|state| {
            let found = state.cleared.get(&channel);
            Ok(found.map(|aside| Cleared { at: aside.at, by: aside.by, lines: aside.lines.len() as u64 }))
        })
    }

    async fn bring_back(&self, channel: ChannelId, cleared_after: Timestamp) -> Result<Option<u64>> {
        self.with(|state| Ok(state.bring_back(channel, cleared_after)))
    }

    async fn drop_cleared(&self, until: Timestamp) -> Result<u64> {
        self.with(|state| {
            let before = state.cleared.len();
            state.cleared.retain(|_, aside| aside.at > until);
            Ok((before - state.cleared.len()) as u64)
        })
    }

    async fn unmake(&self, source: Source) -> Result<u64> {
        self.with(|state| {
            let made = state.made_of(source).len() as u64;
            state.forget_source(source);
            Ok(made)
        })
    }
}

impl State {
    fn page(&self, channel: ChannelId, before: Option<LineAt>, limit: u32) -> Vec<(LineAt, Line)> {
        let lines = self.lines.range((channel, 0, 0)..=(channel, u64::MAX, u64::MAX)).rev();
        let lines = lines.map(|((_, position, row), entry)| {
            (LineAt { position: *position, row: *row }, entry.line.clone())
        });
        lines.filter(|(at, _)| before.is_none_or(|before| *at < before)).take(limit as usize).collect()
    }

    fn untold_of(&self, channel: ChannelId, limit: u32) -> Vec<Item> {
        let is_it = |item: &Item| {
            let draft = &item.draft;
            draft.channel == Some(channel) && draft.detail == Detail::Line && draft.position > 0
        };
        let mut found: Vec<Item> = self.untold_items().into_iter().filter(|item| is_it(item)).collect();
        found.sort_by_key(|item| (item.draft.position, item.id));
        found.split_off(found.len().saturating_sub(limit as usize))
    }

    fn episodes_of(&self, channel: ChannelId, level: u8, audience: &Audience, limit: u32) -> Vec<Item> {
        let mut found: Vec<Item> = self.items.keys().filter_map(|id| self.get(*id)).collect();
        found.retain(|item| {
            let draft = &item.draft;
            draft.channel == Some(channel)
                && draft.detail == Detail::Episode { level }
                && may_hear(audience, draft)
        });
        found.sort_by_key(|item| (item.draft.position, item.id));
        found.into_iter().rev().take(limit as usize).collect()
    }

    fn clear(&mut self, channel: ChannelId, at: Timestamp, by: UserId) -> u64 {
        let keys = self.lines.range((channel, 0, 0)..=(channel, u64::MAX, u64::MAX)).map(|(key, _)| *key);
        let keys: Vec<_> = keys.rev().take(CLEARED_LINES as usize).collect();
        let mut lines = Vec::new();
        for key in keys.into_iter().rev() {
            let Some(Entry { line, reply, .. }) = self.lines.get(&key) else { continue };
            if reply.is_none_or(|(turn, _)| self.open(turn).is_err()) {
                lines.push(SetAside { position: key.1, line: line.clone(), reply: *reply });
            }
        }
        self.forget_lines(channel);
        self.forget_items_of_channel(channel, |draft| {
            matches!(draft.detail, Detail::Line | Detail::Episode { .. })
        });
        let turns = self.replies.iter().filter(|(_, reply)| reply.place.channel == channel);
        let turns: Vec<TurnId> = turns.map(|(turn, _)| *turn).collect();
        for turn in turns {
            if self.open(turn).is_err() {
                self.drop_turn(turn);
            }
        }
        let count = lines.len() as u64;
        if count > 0 {
            let aside = Aside { at, by, lines: Vec::new() };
            self.cleared.entry(channel).or_insert(aside).lines.extend(lines);
        }
        count
    }

    fn bring_back(&mut self, channel: ChannelId, cleared_after: Timestamp) -> Option<u64> {
        if self.cleared.get(&channel)?.at <= cleared_after {
            return None;
        }
        let mut count = 0;
        for SetAside { position, line, reply } in self.cleared.remove(&channel)?.lines {
            let known = match reply {
                Some((turn, _)) => self.reply_line(turn).is_some(),
                None => self
                    .lines
                    .values()
                    .any(|entry| entry.reply.is_none() && entry.line.message == line.message),
            };
            let user = match (&line.who, reply) {
                (_, Some((_, user))) => user,
                (Speaker::Person { id, .. } | Speaker::OtherBot { id, .. }, None) => Some(*id),
                (Speaker::Character(_), None) => None,
            };
            if known || user.is_some_and(|user| self.opted_out.contains_key(&user)) {
                continue;
            }
            let character = match &line.who {
                Speaker::Character(character) => Some(character.clone()),
                _ => None,
            };
            self.count(channel, character);
            let key = (channel, position, self.next());
            self.lines.insert(key, Entry { line, reply, remembered: false });
            count += 1;
        }
        Some(count)
    }

    /// A message has other words now, also where it is set aside.
    pub(super) fn edit_aside(&mut self, channel: ChannelId, message: MessageId, content: &Untrusted) {
        let Some(aside) = self.cleared.get_mut(&channel) else { return };
        let is_it = |line: &&mut SetAside| line.reply.is_none() && line.line.message == Some(message);
        for line in aside.lines.iter_mut().filter(is_it) {
            line.line.text = content.clone();
        }
    }

    /// Removes lines that were set aside.
    pub(super) fn drop_aside(&mut self, channel: ChannelId, is_gone: impl Fn(&SetAside) -> bool) {
        if let Some(aside) = self.cleared.get_mut(&channel) {
            aside.lines.retain(|line| !is_gone(line));
            if aside.lines.is_empty() {
                self.cleared.remove(&channel);
            }
        }
    }
}
