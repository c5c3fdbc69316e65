//! What was said.

use std::collections::BTreeSet;

use domain::{ChannelId, MessageId, Untrusted, memory::Source, scene::Speaker};

use super::state::{Entry, State};
use crate::{Answered, Counted, SceneRecord, TurnId, trigger};

impl State {
    pub(super) fn scene(
        &self,
        channel: ChannelId,
        before: Option<MessageId>,
        limit: u32,
        reply_to: Option<MessageId>,
    ) -> SceneRecord {
        let lines = || self.lines.range((channel, 0, 0)..=(channel, u64::MAX, u64::MAX)).rev();
        let mut history: Vec<_> = lines()
            .filter(|((_, position, _), entry)| {
                let earlier = |before: MessageId| {
                    let answers_earlier = entry.reply.is_some_and(|(turn, _)| turn.0 < before.get());
                    *position < before.get() || answers_earlier
                };
                before.is_none_or(earlier)
            })
            .take(limit as usize)
            .map(|(_, entry)| entry.line.clone())
            .collect();
        history.reverse();
        let replies = || {
            lines().filter_map(|(_, entry)| match (&entry.line.who, entry.reply) {
                (Speaker::Character(character), Some((_, user))) => {
                    Some((character.clone(), user, entry.line.at))
                }
                _ => None,
            })
        };
        let last_answered =
            replies().find_map(|(character, user, at)| user.map(|user| Answered { user, character, at }));
        SceneRecord {
            history,
            reply_target: reply_to
                .and_then(|message| self.receipts.get(&message))
                .map(|proof| proof.character.clone()),
            last_speaker: replies().next().map(|(character, ..)| character),
            last_answered,
            thread_of: self.receipts.get(&MessageId(channel.get())).map(|proof| proof.character.clone()),
            messages: self.counted(channel),
            counts_it: before.is_some_and(|before| {
                let is_it = |entry: &Entry| entry.reply.is_none() && entry.line.message == Some(before);
                lines().any(|(_, entry)| is_it(entry))
            }),
        }
    }

    fn counted(&self, channel: ChannelId) -> Counted {
        let mut counted = Counted::default();
        for ((_, character), lines) in
            self.said.iter().filter(|((of, _), lines)| *of == channel && **lines > 0)
        {
            counted.total += lines;
            if let Some(character) = character {
                counted.by_character.insert(character.clone(), *lines);
            }
        }
        counted
    }

    pub(super) fn edit_message(
        &mut self,
        channel: ChannelId,
        message: MessageId,
        content: &Untrusted,
    ) -> Vec<TurnId> {
        let is_it = |entry: &Entry| entry.reply.is_none() && entry.line.message == Some(message);
        let known = self.lines.values().any(is_it);
        let mut other_words = false;
        for entry in self.of_channel(channel) {
            if is_it(entry) && entry.line.text != *content {
                (entry.line.text, entry.remembered, other_words) = (content.clone(), false, true);
            }
        }
        if other_words || !known {
            self.edited(message, content, known);
        }
        self.edit_aside(channel, message, content);
        let mut changed = Vec::new();
        for turn in self.triggered(channel, message) {
            if let Some(row) = self.inbox.get_mut(&turn).filter(|row| !row.withdrawn)
                && row.event.as_mut().is_some_and(|event| trigger::edit(event, message, content))
            {
                changed.push(turn);
            }
        }
        changed
    }

    pub(super) fn delete_messages(&mut self, channel: ChannelId, messages: &[MessageId]) -> Vec<TurnId> {
        let gone: BTreeSet<_> = messages.iter().copied().collect();
        let mut cancel = Vec::new();
        for message in &gone {
            for turn in self.triggered(channel, *message) {
                if let Some(row) = self.inbox.get_mut(&turn)
                    && let Some(event) = &mut row.event
                {
                    row.withdrawn = true;
                    trigger::empty(event, *message);
                    cancel.push(turn);
                }
            }
        }
        self.lines.retain(|(at, ..), entry| {
            *at != channel
                || entry.reply.is_some()
                || !entry.line.message.is_some_and(|message| gone.contains(&message))
        });
        self.drop_aside(channel, |line| {
            line.reply.is_none() && line.line.message.is_some_and(|message| gone.contains(&message))
        });
        let mut replies = BTreeSet::new();
        for message in &gone {
            self.forget_source(Source::Message(*message));
            if self.receipts.get(message).is_some_and(|proof| proof.channel == channel)
                && let Some(proof) = self.receipts.remove(message)
            {
                replies.insert(proof.turn);
                if self.open(proof.turn).is_err() {
                    self.parts
                        .retain(|(turn, _), part| *turn != proof.turn || part.message != Some(*message));
                }
            }
        }
        for turn in replies {
            let visible = self.receipts.values().any(|proof| proof.turn == turn);
            if !visible {
                self.forget_source(Source::Reply(turn.0));
                self.drop_aside(channel, |line| line.reply.is_some_and(|(of, _)| of == turn));
            }
            if self.open(turn).is_err() && !visible {
                self.drop_reply_line(turn);
                self.replies.remove(&turn);
                self.parts.retain(|(of, _), _| *of != turn);
                continue;
            }
            if !visible && let Some(reply) = self.replies.get_mut(&turn) {
                reply.kept.clear();
                if reply.settled.is_none() {
                    self.drop_reply_line(turn);
                }
            }
            self.anchor(turn);
        }
        cancel
    }

    pub(super) fn forget_channel(&mut self, channel: ChannelId) {
        self.cleared.remove(&channel);
        self.forget_lines(channel);
        self.forget_items_of_channel(channel, |_| true);
    }

    /// Removes a channel's lines, but not what is remembered of it.
    pub(super) fn forget_lines(&mut self, channel: ChannelId) {
        let replies = self.lines.iter().filter(|((at, ..), _)| *at == channel);
        for turn in replies.filter_map(|(_, entry)| entry.reply.map(|(turn, _)| turn)) {
            if let Some(reply) = self.replies.get_mut(&turn) {
                reply.kept.clear();
            }
        }
        self.lines.retain(|(at, ..), _| *at != channel);
        self.said.retain(|(at, _), _| *at != channel);
    }
}
