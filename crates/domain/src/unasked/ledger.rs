//! What is remembered of a channel between two unasked remarks. It is kept, so that a restart forgets nothing.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::Kind;
use crate::{MessageId, Timestamp, UserId};

/// Questions about what somebody told within [`FOLLOW_UPS_WITHIN`]: more would be an interview.
const FOLLOW_UPS: usize = 3;
const FOLLOW_UPS_WITHIN: Duration = Duration::from_mins(15);

/// Things asked about that are not asked about again.
const ASKED_ABOUT: usize = 20;

/// People who were remarked on and are left alone for a while.
const PEOPLE: usize = 50;

/// How long somebody who was remarked on is left alone.
const LEFT_ALONE: Duration = Duration::from_hours(8);

const DAY_MS: i64 = 86_400_000;

/// What was done unasked in a channel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ledger {
    /// When each kind was done last.
    did: BTreeMap<Kind, Timestamp>,
    /// When something unasked was said last.
    spoke: Option<Timestamp>,
    /// What was done on the day that is counted.
    day: Day,
    /// Remarks since a person last spoke to a character.
    unanswered: u8,
    /// When the cheap model said no, if nobody has spoken since.
    told_no: Option<Timestamp>,
    /// When the last questions were asked.
    follow_ups: VecDeque<Timestamp>,
    /// About what.
    asked_about: VecDeque<String>,
    /// Who was remarked on, and when.
    people: VecDeque<(UserId, Timestamp)>,
    /// Before which message the silence lay that was broken last.
    broke: Option<MessageId>,
}

/// What a day holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Day {
    /// Days since the Unix epoch, UTC.
    number: i64,
    /// Remarks of all kinds.
    pub remarks: u16,
    /// Emoji.
    pub reactions: u16,
    /// Questions to the cheap model.
    pub questions: u16,
}

impl Ledger {
    /// A person wrote, at `at`: a "no" from before is forgotten, and whoever speaks to a character after its last
    /// remark has answered it. The same message again, or an older one, changes nothing. Answers whether this
    /// changed anything that is to be kept.
    pub fn heard(&mut self, at: Timestamp, to_character: bool) -> bool {
        let forgets = self.told_no.is_some_and(|said| at > said);
        if forgets {
            self.told_no = None;
        }
        let answers = to_character && self.unanswered > 0 && self.spoke.is_none_or(|spoke| at > spoke);
        if answers {
            self.unanswered = 0;
        }
        forgets || answers
    }

    /// Something is done now: counted before it is tried, so that what fails is not tried without end.
    pub fn does(&mut self, kind: Kind, now: Timestamp) {
        let mut day = self.day_of(now);
        self.did.insert(kind, now);
        if kind == Kind::React {
            day.reactions = day.reactions.saturating_add(1);
            self.day = day;
            return;
        }
        self.day = Day { remarks: day.remarks.saturating_add(1), ..day };
        self.spoke = Some(now);
        self.unanswered = self.unanswered.saturating_add(1);
        if kind == Kind::FollowUp {
            self.follow_ups.push_back(now);
            while self.follow_ups.len() > FOLLOW_UPS {
                self.follow_ups.pop_front();
            }
        }
    }

    /// A question is put to the cheap model now.
    pub fn asks(&mut self, now: Timestamp) {
        let day = self.day_of(now);
        self.day = Day { questions: day.questions.saturating_add(1), ..day };
    }

    /// The cheap model said no.
    pub fn refused(&mut self, now: Timestamp) {
        self.told_no = Some(now);
    }

    /// The silence behind a message is broken now.
    pub fn breaks(&mut self, last: MessageId) {
        self.broke = Some(last);
    }

    /// Whether the silence behind a message was broken already.
    pub fn broke(&self, last: MessageId) -> bool {
        self.broke == Some(last)
    }

    /// Notes that somebody is asked about something; false when it was asked before.
    pub fn wonders(&mut self, about: &str) -> bool {
        let about: String = about.to_lowercase().chars().take(80).collect();
        if self.asked_about.contains(&about) {
            return false;
        }
        self.asked_about.push_back(about);
        while self.asked_about.len() > ASKED_ABOUT {
            self.asked_about.pop_front();
        }
        true
    }

    /// Notes that somebody is remarked on; false when that was done a short while ago.
    pub fn notices(&mut self, user: UserId, now: Timestamp) -> bool {
        self.people.retain(|(_, at)| now.since(*at) < LEFT_ALONE);
        if self.people.iter().any(|(known, _)| *known == user) {
            return false;
        }
        self.people.push_back((user, now));
        while self.people.len() > PEOPLE {
            self.people.pop_front();
        }
        true
    }

    /// Forgets a person; whether they were in it.
    pub fn forget_person(&mut self, person: UserId) -> bool {
        let before = self.people.len();
        self.people.retain(|(known, _)| *known != person);
        self.people.len() < before
    }

    /// Forgets what people were asked about: words of theirs. Whether there was anything.
    pub fn forget_subjects(&mut self) -> bool {
        let any = !self.asked_about.is_empty();
        self.asked_about.clear();
        any
    }

    /// What was done on the day of `now`.
    pub fn today(&self, now: Timestamp) -> Day {
        self.day_of(now)
    }

    /// Remarks since a person last spoke to a character.
    pub fn unanswered(&self) -> u8 {
        self.unanswered
    }

    /// Whether the cheap model said no and nobody has spoken since.
    pub fn told_no(&self) -> bool {
        self.told_no.is_some()
    }

    /// When something unasked was said last.
    pub fn spoke_at(&self) -> Option<Timestamp> {
        self.spoke
    }

    /// When a kind was done last.
    pub fn did_at(&self, kind: Kind) -> Option<Timestamp> {
        self.did.get(&kind).copied()
    }

    /// Whether as many questions were asked lately as are bearable.
    pub fn asked_lately(&self, now: Timestamp) -> bool {
        let within = |at: &&Timestamp| now.since(**at) < FOLLOW_UPS_WITHIN;
        self.follow_ups.iter().filter(within).count() >= FOLLOW_UPS
    }

    /// The counted day, or a new one. A clock that goes back opens no new day.
    fn day_of(&self, now: Timestamp) -> Day {
        let number = now.as_millis().div_euclid(DAY_MS);
        if number > self.day.number { Day { number, ..Day::default() } } else { self.day }
    }
}
