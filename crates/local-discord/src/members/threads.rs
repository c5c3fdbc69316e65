//! Threads and forum posts, as a person opens them.

use serde_json::Value;

use super::{Member, MemberError, Place, Post};
use crate::world::{Actor, Draft, NewThread, channel_type};

#[expect(clippy::unused_async, reason = "see the head of `members`: acting is awaited everywhere")]
impl Member {
    /// Opens a thread from a message; gives its id, which is the message's.
    pub async fn opens_thread_on(&self, message: &Post, name: &str) -> Result<u64, MemberError> {
        let (me, channel, id) = (self.id, message.channel_id, message.id);
        self.world.with(|core| core.thread_from_message(me, channel, id, named(name)))?;
        Ok(id)
    }

    /// Opens a public thread that hangs on no message; gives its id.
    pub async fn opens_thread(&self, place: impl Into<Place>, name: &str) -> Result<u64, MemberError> {
        self.opens(place, name, channel_type::PUBLIC_THREAD)
    }

    /// Opens a private thread, which only those see who are added to it; gives its id.
    pub async fn opens_private_thread(
        &self,
        place: impl Into<Place>,
        name: &str,
    ) -> Result<u64, MemberError> {
        self.opens(place, name, channel_type::PRIVATE_THREAD)
    }

    fn opens(&self, place: impl Into<Place>, name: &str, kind: u8) -> Result<u64, MemberError> {
        let channel = self.channel_id(place)?;
        let new = NewThread { kind: Some(kind), ..named(name) };
        let thread = self.world.with(|core| core.thread_without_message(self.id, channel, new))?;
        Ok(id_of(&thread))
    }

    /// Opens a post in a forum, with its first message. The message's channel is the post.
    pub async fn opens_post(
        &self,
        forum: impl Into<Place>,
        title: &str,
        first: Draft,
    ) -> Result<Post, MemberError> {
        let forum = self.channel_id(forum)?;
        let actor = Actor::User(self.id);
        let (_, _, posted) = self.world.with(|core| core.forum_post(&actor, forum, named(title), first))?;
        Ok(Post::from_json(&posted.json))
    }

    /// Adds somebody to a thread, e.g. a bot to a private one.
    pub async fn adds_to_thread(&self, thread: impl Into<Place>, who: &str) -> Result<(), MemberError> {
        let thread = self.channel_id(thread)?;
        let user = self.world.read(|s| s.anybody(who));
        let user = user.ok_or_else(|| MemberError::UnknownUser(who.to_owned()))?;
        Ok(self.world.with(|core| core.join_thread(self.id, user, thread))?)
    }

    /// Takes somebody out of a thread, e.g. a bot out of a private one.
    pub async fn removes_from_thread(&self, thread: impl Into<Place>, who: &str) -> Result<(), MemberError> {
        let thread = self.channel_id(thread)?;
        let user = self.world.read(|s| s.anybody(who));
        let user = user.ok_or_else(|| MemberError::UnknownUser(who.to_owned()))?;
        Ok(self.world.with(|core| core.leave_thread(self.id, user, thread))?)
    }
}

fn named(name: &str) -> NewThread {
    NewThread { name: name.to_owned(), invitable: true, ..NewThread::default() }
}

fn id_of(channel: &Value) -> u64 {
    channel["id"].as_str().and_then(|id| id.parse().ok()).unwrap_or_default()
}
