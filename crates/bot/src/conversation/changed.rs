//! What happened to a channel while nobody listened: found out later, worked on as if it had been told.

use domain::{MessageId, UserId, event::Event, scene::Speaker};
use store::Pending;

use super::{Actor, performance::Signal};
use crate::{bonds, meanwhile::Differences};

/// Lines of a channel that are forgotten with what they did for bonds, at once.
const LINES: u32 = 200;

impl Actor {
    /// Messages were deleted or edited.
    pub(super) async fn differs(&mut self, differences: Differences) -> store::Result<()> {
        for edit in differences.edited {
            let kept = self.app.store.kept_messages(self.channel, edit.message, edit.message, 1).await?;
            // Discord may have told of a later edit since the channel was read.
            if kept.iter().any(|kept| kept.text.as_ref() == Some(&edit.was)) {
                self.edited(edit.message, edit.is).await?;
            }
        }
        if differences.deleted.is_empty() { Ok(()) } else { self.deleted(&differences.deleted).await }
    }

    /// What an earlier process left, after a look whether its question still stands as it did.
    pub(super) async fn as_it_is_now(&mut self, mut pending: Pending) -> store::Result<Pending> {
        let Event::Message(message) = &mut pending.event else { return Ok(pending) };
        if pending.withdrawn {
            return Ok(pending);
        }
        let (id, behind) = (message.id, MessageId(message.id.get().saturating_add(1)));
        let standing = match self.app.speaker.standing(self.channel, behind, id).await {
            Ok(Some(standing)) => standing,
            // Nothing can be said there any more; what is kept of it is forgotten soon.
            Ok(None) => return Ok(pending),
            Err(error) => {
                tracing::debug!(message = %id, %error, "whether a question still stands is not known");
                return Ok(pending);
            }
        };
        if !standing.has(id) {
            self.deleted(&[id]).await?;
            pending.withdrawn = true;
        } else if let Some(words) = standing.edited(id).filter(|words| **words != message.content) {
            message.content = words.clone();
            self.edited(id, words.clone()).await?;
        }
        Ok(pending)
    }

    /// The channel is no more: nothing of it is kept.
    pub(super) async fn gone(&mut self) -> store::Result<()> {
        for running in &self.running {
            // A turn that does not listen any more is over.
            let _ = running.signals.send(Signal::Withdrawn).await;
        }
        for job in std::mem::take(&mut self.jobs) {
            self.app.ended(job.turn);
        }
        self.suspects.clear();
        self.forget_bonds().await?;
        self.app.store.drop_channel(self.channel).await?;
        // What is in memory would come back into the store with its next change.
        self.app.minds.forget_place(self.channel);
        self.app.unasked.forget_place(self.channel);
        self.app.scenes.forget_place(self.channel);
        self.app.rules.reread(&format!("channel/{}", self.channel));
        Ok(())
    }

    /// Takes back what people's lines in here did for how characters stand to them.
    async fn forget_bonds(&self) -> store::Result<()> {
        let mut before = None;
        loop {
            let page = self.app.store.lines(self.channel, before, LINES).await?;
            let Some((oldest, _)) = page.last() else { return Ok(()) };
            before = Some(*oldest);
            let said = page.iter().filter_map(|(_, line)| match &line.who {
                Speaker::Person { id, .. } => Some((*id, line.message?)),
                Speaker::OtherBot { .. } | Speaker::Character(_) => None,
            });
            let (mut people, messages): (Vec<UserId>, Vec<MessageId>) = said.unzip();
            people.sort_unstable();
            people.dedup();
            bonds::forget(&*self.app.store, &people, &messages).await?;
        }
    }
}
