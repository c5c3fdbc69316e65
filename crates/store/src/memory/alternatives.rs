//! Other words for a reply.

use domain::{
    CharacterId, Timestamp,
    event::Event,
    limits,
    scene::{Line, Speaker},
};

use super::state::{Entry, State};
use crate::{Alternative, PartState, Result, SettledReceipt, StoreError, Trigger, TurnId, TurnRecord};

/// A reply that another one may have taken the place of.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    character: CharacterId,
    reply_text: String,
    parts: Vec<String>,
    settled: SettledReceipt,
}

impl State {
    pub(super) fn reopen(
        &mut self,
        turn: TurnId,
        event: &Event,
        at: Timestamp,
    ) -> Result<Option<TurnRecord>> {
        let trigger = own(turn, event)?;
        if !self.is_finished(turn) || self.reply_line(turn).is_none() {
            return Ok(None);
        }
        self.keep(turn);
        if let Some(reply) = self.replies.get_mut(&turn) {
            let stood = reply.alternative;
            if reply.kept.len() >= limits::ALTERNATIVES
                && let Some(oldest) = reply.kept.keys().copied().find(|n| *n != stood)
            {
                reply.kept.remove(&oldest);
            }
            reply.alternative = reply.kept.keys().last().copied().unwrap_or(stood).max(stood) + 1;
            reply.settled = None;
        }
        self.wake(trigger, event, at);
        Ok(self.record(turn))
    }

    pub(super) fn alternatives(&self, turn: TurnId) -> Vec<Alternative> {
        let Some(reply) = self.replies.get(&turn) else { return Vec::new() };
        let mut all = reply.kept.clone();
        all.extend(self.standing(turn).map(|standing| (reply.alternative, standing)));
        all.into_iter()
            .map(|(n, kept)| Alternative {
                n,
                character: kept.character,
                reply_text: kept.reply_text,
                parts: kept.parts,
                model: kept.settled.model,
                at: kept.settled.at,
                current: n == reply.alternative,
            })
            .collect()
    }

    pub(super) fn choose(
        &mut self,
        turn: TurnId,
        event: &Event,
        n: u32,
        at: Timestamp,
    ) -> Result<Option<TurnRecord>> {
        let trigger = own(turn, event)?;
        if !self.alternatives(turn).iter().any(|alternative| alternative.n == n) {
            return Ok(None);
        }
        self.keep(turn);
        if self.is_finished(turn) {
            self.wake(trigger, event, at);
        }
        let person = self.open(turn)?;
        let Some(reply) = self.replies.get_mut(&turn) else { return Ok(None) };
        let Some(chosen) = reply.kept.get(&n).cloned() else { return Ok(None) };
        (reply.alternative, reply.character) = (n, chosen.character.clone());
        reply.settled = Some(chosen.settled.clone());
        let channel = reply.place.channel;
        self.settle_parts(turn, &chosen.parts, at);
        let line = Line {
            who: Speaker::Character(chosen.character),
            text: chosen.reply_text.as_str().into(),
            message: None,
            at: chosen.settled.at,
        };
        self.say(turn, channel, Entry { line, reply: Some((turn, person)), remembered: false });
        Ok(self.record(turn))
    }

    fn is_finished(&self, turn: TurnId) -> bool {
        self.inbox.get(&turn).is_some_and(|row| row.event.is_none())
    }

    /// The settled reply that stands in the channel.
    fn standing(&self, turn: TurnId) -> Option<Kept> {
        let reply = self.replies.get(&turn)?;
        let line = self.lines.get(&self.reply_line(turn)?)?;
        let parts = self.parts.range((turn, 0)..=(turn, u32::MAX)).map(|(_, part)| part.text.clone());
        Some(Kept {
            character: reply.character.clone(),
            reply_text: line.line.text.raw().to_owned(),
            parts: parts.filter(|text| !text.is_empty()).collect(),
            settled: reply.settled.clone()?,
        })
    }

    fn keep(&mut self, turn: TurnId) {
        if let Some(standing) = self.standing(turn)
            && let Some(reply) = self.replies.get_mut(&turn)
        {
            reply.kept.insert(reply.alternative, standing);
        }
    }

    /// Makes a finished turn unfinished.
    fn wake(&mut self, trigger: Trigger, event: &Event, at: Timestamp) {
        let order = self.next();
        if let Some(row) = self.inbox.get_mut(&trigger.turn) {
            (row.order, row.about, row.accepted_at) = (order, trigger.about, at);
            (row.event, row.withdrawn) = (Some(event.clone()), false);
            if let Some(outcome) = row.outcome.take() {
                *self.finished.of(&outcome) -= 1;
            }
        }
        self.take_up(trigger.turn);
    }

    /// What stands in the channel becomes the posted parts of a new reply, numbered from 0.
    fn take_up(&mut self, turn: TurnId) {
        let old: Vec<_> = self.parts.range((turn, 0)..=(turn, u32::MAX)).map(|(key, _)| *key).collect();
        let parts: Vec<_> = old.iter().filter_map(|key| self.parts.remove(key)).collect();
        for (index, mut part) in (0..).zip(parts.into_iter().filter(|part| part.message.is_some())) {
            part.index = index;
            if part.state == PartState::Shown {
                part.state = PartState::Posted;
            }
            if let Some(proof) = part.message.and_then(|message| self.receipts.get_mut(&message))
                && proof.turn == turn
            {
                proof.part = index;
            }
            self.parts.insert((turn, index), part);
        }
    }
}

fn own(turn: TurnId, event: &Event) -> Result<Trigger> {
    let trigger = Trigger::of(event)?;
    if trigger.turn == turn { Ok(trigger) } else { Err(StoreError::Invalid("the event is of another turn")) }
}
