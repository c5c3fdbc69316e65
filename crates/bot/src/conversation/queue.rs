//! What waits for its turn in a channel, and what may begin while something else is under way.

use std::collections::VecDeque;

use std::sync::Arc;

use domain::{
    CharacterId, MessageId, UserId,
    attention::{Reason, Score},
    cue::{Cue, Task},
    event::{Message, Place},
};
use store::{TurnId, TurnRecord};
use tokio::time::Instant;

use super::setting::Setting;

/// A turn that waits for its place in the channel's order.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) turn: TurnId,
    pub(super) occasion: Occasion,
    pub(super) character: CharacterId,
    /// Why this character answers, for the receipt.
    pub(super) reason: Reason,
    /// Why this one and no other.
    pub(super) score: Score,
    /// Who answers the same question afterwards, in order.
    pub(super) then: Vec<CharacterId>,
    /// What the last run did already.
    pub(super) record: Option<TurnRecord>,
    /// A picture was shown just before the question.
    pub(super) picture_near: bool,
    /// What attention saw, for a turn that begins at once: it need not be read again.
    pub(super) setting: Option<Arc<Setting>>,
    /// Who asked may not be done yet: it is not begun before.
    pub(super) not_before: Option<Instant>,
}

/// What a turn is about.
#[derive(Clone, Debug)]
pub(super) enum Occasion {
    /// Somebody asked.
    Question(Box<Question>),
    /// We gave the cue.
    Cue(Box<Cue>),
}

/// A message, with those of the same person that followed at once and belong to it.
#[derive(Clone, Debug)]
pub(super) struct Question {
    pub(super) first: Message,
    pub(super) more: Vec<Message>,
}

impl Question {
    pub(super) fn of(message: Message) -> Box<Self> {
        Box::new(Self { first: message, more: Vec::new() })
    }

    /// The messages as if they had been one.
    pub(super) fn whole(&self) -> Message {
        let mut whole = self.first.clone();
        for message in &self.more {
            let text = format!("{}\n{}", whole.content.raw(), message.content.raw());
            whole.content = text.into();
            whole.mentions.extend(&message.mentions);
            whole.attachments.extend(message.attachments.iter().cloned());
            whole.pictures.extend(message.pictures.iter().cloned());
        }
        whole
    }

    /// The messages that are part of it, without the first.
    pub(super) fn merged_messages(&self) -> Vec<MessageId> {
        self.more.iter().map(|message| message.id).collect()
    }

    /// The turns that end with this one.
    pub(super) fn merged(&self) -> impl Iterator<Item = TurnId> {
        self.more.iter().map(|message| message.id.into())
    }

    /// Gives one of its messages another text; whether it was one of them.
    pub(super) fn edit(&mut self, message: MessageId, content: &domain::Untrusted) -> bool {
        let mut all = std::iter::once(&mut self.first).chain(&mut self.more);
        let found = all.find(|part| part.id == message);
        found.is_some_and(|part| {
            part.content = content.clone();
            true
        })
    }

    /// Takes out a message that followed the first one; whether it was there.
    pub(super) fn remove(&mut self, turn: TurnId) -> bool {
        let before = self.more.len();
        self.more.retain(|message| TurnId::from(message.id) != turn);
        self.more.len() < before
    }
}

impl Job {
    pub(super) fn place(&self) -> Place {
        match &self.occasion {
            Occasion::Question(question) => question.first.place,
            Occasion::Cue(cue) => cue.place,
        }
    }

    /// Who waits for the answer.
    pub(super) fn asker(&self) -> Option<UserId> {
        match &self.occasion {
            Occasion::Question(question) => Some(question.first.author.id),
            Occasion::Cue(cue) => match &cue.task {
                Task::Answer(message) => Some(message.author.id),
                Task::Scene(_) | Task::Remark { .. } | Task::GoOn { .. } => None,
            },
        }
    }

    /// Whether somebody waits for this turn, who is owed a word when no model answers.
    pub(super) fn is_awaited(&self) -> bool {
        match &self.occasion {
            Occasion::Question(_) => true,
            // Somebody pressed a button.
            Occasion::Cue(cue) if cue.reason == Reason::Again => true,
            Occasion::Cue(cue) => match &cue.task {
                Task::Answer(_) => !matches!(cue.reason, Reason::JoinIn | Reason::Banter),
                Task::GoOn { .. } => true,
                Task::Scene(_) | Task::Remark { .. } => false,
            },
        }
    }

    /// The message that is answered.
    pub(super) fn about(&self) -> Option<MessageId> {
        match &self.occasion {
            Occasion::Question(question) => Some(question.first.id),
            Occasion::Cue(cue) => about(cue),
        }
    }

    pub(super) fn question(&self) -> Option<&Question> {
        match &self.occasion {
            Occasion::Question(question) => Some(question),
            Occasion::Cue(_) => None,
        }
    }

    pub(super) fn question_mut(&mut self) -> Option<&mut Question> {
        match &mut self.occasion {
            Occasion::Question(question) => Some(question),
            Occasion::Cue(_) => None,
        }
    }

    /// Whether two turns must follow each other: one mouth says one thing at a time, and one person's questions are
    /// answered in their order.
    fn waits_for(&self, other: &Slot) -> bool {
        self.character == other.character || self.asker().is_some_and(|asker| Some(asker) == other.asker)
    }

    pub(super) fn slot(&self) -> Slot {
        Slot { turn: self.turn, character: self.character.clone(), asker: self.asker() }
    }
}

/// The message that a cue is about.
pub(super) fn about(cue: &Cue) -> Option<MessageId> {
    match &cue.task {
        Task::Answer(message) => Some(message.id),
        Task::Scene(_) | Task::Remark { .. } | Task::GoOn { .. } => None,
    }
}

/// Where a turn belongs among those that wait: the second of several who were asked comes before what was asked later.
pub(super) fn place_among(waiting: &VecDeque<Job>, job: &Job) -> usize {
    let asked = if job.is_awaited() && job.reason != Reason::Again { job.about() } else { None };
    let is_later = |other: &Job| asked.is_some_and(|asked| other.about().is_some_and(|about| about > asked));
    waiting.iter().position(is_later).unwrap_or(waiting.len())
}

/// What counts of a turn for the order of the channel.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub(super) turn: TurnId,
    character: CharacterId,
    asker: Option<UserId>,
}

/// The first waiting turn that may begin now: nothing that runs, and nothing that waits longer, stands in its way.
pub(super) fn next_to_begin<'a>(
    waiting: impl IntoIterator<Item = &'a Job>,
    running: impl IntoIterator<Item = &'a Slot>,
    now: Instant,
) -> Option<usize> {
    let mut ahead: Vec<Slot> = running.into_iter().cloned().collect();
    for (index, job) in waiting.into_iter().enumerate() {
        let ready = job.not_before.is_none_or(|at| at <= now);
        if ready && !ahead.iter().any(|slot| job.waits_for(slot)) {
            return Some(index);
        }
        ahead.push(job.slot());
    }
    None
}

#[cfg(test)]
mod tests {
    use domain::{
        ChannelId, Timestamp,
        event::{Author, AuthorKind, ChannelKind},
    };

    use super::*;

    fn message(id: u64, author: u64, text: &str) -> Message {
        let place = Place { guild: None, channel: ChannelId(1), parent: None, kind: ChannelKind::Text };
        serde_json::from_value(serde_json::json!({
            "id": MessageId(id),
            "place": place,
            "author": Author { id: UserId(author), name: "somebody".to_owned().into(), kind: AuthorKind::Human },
            "content": text, "mentions": [], "reply_to": null, "attachments": [], "sent_at": Timestamp(0),
        }))
        .unwrap()
    }

    fn job(id: u64, author: u64, character: &str) -> Job {
        Job {
            turn: TurnId(id),
            occasion: Occasion::Question(Question::of(message(id, author, "hello"))),
            character: CharacterId::new(character).unwrap(),
            reason: Reason::Named,
            score: Score::default(),
            then: Vec::new(),
            record: None,
            picture_near: false,
            setting: None,
            not_before: None,
        }
    }

    #[test]
    fn two_people_with_two_characters_do_not_wait_for_each_other() {
        let now = Instant::now();
        let (first, other) = (job(1, 10, "ebba"), job(2, 20, "imke"));
        assert_eq!(next_to_begin([&first, &other], [], now), Some(0));
        assert_eq!(next_to_begin([&other], [&first.slot()], now), Some(0));
    }

    #[test]
    fn the_same_person_and_the_same_character_wait() {
        let now = Instant::now();
        let running = job(1, 10, "ebba").slot();
        assert_eq!(next_to_begin([&job(2, 10, "imke")], [&running], now), None, "the same person");
        assert_eq!(next_to_begin([&job(2, 20, "ebba")], [&running], now), None, "the same character");
    }

    #[test]
    fn nobody_overtakes_a_turn_that_they_would_have_to_wait_for() {
        let now = Instant::now();
        let running = job(1, 10, "ebba").slot();
        // Imke waits for person 10; person 20 with Imke waits behind that, person 30 with Osbert does not.
        let waiting = [job(2, 10, "imke"), job(3, 20, "imke"), job(4, 30, "osbert")];
        assert_eq!(next_to_begin(&waiting, [&running], now), Some(2));
    }

    #[test]
    fn a_turn_that_is_held_back_holds_back_only_what_waits_for_it() {
        let now = Instant::now();
        let mut held = job(1, 10, "ebba");
        held.not_before = Some(now + std::time::Duration::from_secs(1));
        let waiting = [held, job(2, 20, "ebba"), job(3, 20, "imke")];
        assert_eq!(next_to_begin(&waiting, [], now), None, "3 is asked by the one who waits with 2");
        assert_eq!(next_to_begin(&waiting, [], now + std::time::Duration::from_secs(1)), Some(0));
    }

    #[test]
    fn a_burst_reads_as_one_message_and_follows_edits() {
        let mut question = Question::of(message(1, 10, "Ebba"));
        question.more.push(message(2, 10, "how are the beans"));
        assert_eq!(question.whole().content.raw(), "Ebba\nhow are the beans");
        assert!(question.edit(MessageId(2), &"how is the basil".to_owned().into()));
        assert_eq!(question.whole().content.raw(), "Ebba\nhow is the basil");
        assert_eq!(question.merged().collect::<Vec<_>>(), [TurnId(2)]);
        assert!(question.remove(TurnId(2)) && !question.remove(TurnId(1)));
        assert_eq!(question.whole().content.raw(), "Ebba");
    }
}
