//! Finding what may come to mind: candidates for [`domain::memory::rank`].

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    ChannelId, UserId,
    audience::Audience,
    memory::{Kind, rank::Found, when::Span},
};

use crate::Result;

/// Items that each way of finding finds at most. More of them do not make answers better, only slower.
pub const HITS: usize = 40;

/// Lines before a hit that come along, and as many behind it.
pub const BESIDE: usize = 2;

/// Facts that come for each person that a query is about.
pub const FACTS: usize = 30;

/// Lines and episodes that come for the times that a query speaks of.
pub const OF_THEN: usize = 30;

/// What is looked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// Who will hear the answer. Nothing that they may not hear is found, nor does it take the place of anything.
    pub audience: Audience,
    /// The words ([`domain::memory::terms::query_terms`]).
    pub terms: Vec<String>,
    /// The meaning.
    pub vector: Option<Probe>,
    /// Of which kinds; none is of all kinds.
    pub kinds: Vec<Kind>,
    /// People whose facts come, whatever words and meaning say.
    pub about: Vec<UserId>,
    /// Times of which something comes, whatever words and meaning say: out of the place where it is asked.
    pub during: Vec<Span>,
    /// Lines of a channel from a position on: everybody sees them already.
    pub shown: Option<(ChannelId, u64)>,
}

impl Query {
    /// Where it is asked: the room, and the thread in it.
    pub fn places(&self) -> impl Iterator<Item = ChannelId> {
        let room = self.audience.rooms.first().copied();
        let within = self.shown.map(|(channel, _)| channel).filter(|channel| Some(*channel) != room);
        room.into_iter().chain(within)
    }
}

/// A question's vector.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// The model that made it. Only items with a vector of the same model are compared.
    pub model: String,
    /// The vector, of any length but zero.
    pub vector: Arc<[f32]>,
}

/// Finding.
#[async_trait]
pub trait Recall: Send + Sync {
    /// The likeliest items, with those beside them, and the newer facts that take the place of found ones.
    async fn recall(&self, query: &Query) -> Result<Found>;

    /// Gets some of a model's vectors ready, so that nobody waits for them later; answers whether there are more.
    async fn warm(&self, model: &str) -> Result<bool>;
}
