//! Single messages, and channels that are no more.

use async_trait::async_trait;
use domain::{ChannelId, MessageId};

use super::{MemoryStore, state::State};
use crate::{Erased, KeptMessage, Messages, Result};

#[async_trait]
impl Messages for MemoryStore {
    async fn kept_messages(
        &self,
        channel: ChannelId,
        from: MessageId,
        until: MessageId,
        limit: u32,
    ) -> Result<Vec<KeptMessage>> {
        self.with(|state| Ok(state.kept_messages(channel, from, until, limit)))
    }

    async fn drop_channel(&self, channel: ChannelId) -> Result<()> {
        self.with(|state| {
            state.erase_channel(channel, &mut Erased::default());
            Ok(())
        })
    }
}

impl State {
    fn kept_messages(
        &self,
        channel: ChannelId,
        from: MessageId,
        until: MessageId,
        limit: u32,
    ) -> Vec<KeptMessage> {
        let lines = self.lines.range((channel, 0, 0)..=(channel, u64::MAX, u64::MAX));
        let said = lines.filter(|(_, entry)| entry.reply.is_none()).filter_map(|(_, entry)| {
            Some(KeptMessage { message: entry.line.message?, text: Some(entry.line.text.clone()) })
        });
        let proofs = self.receipts.iter().filter(|(_, proof)| proof.channel == channel);
        let replied = proofs.map(|(message, _)| KeptMessage { message: *message, text: None });
        let between = |kept: &KeptMessage| (from..=until).contains(&kept.message);
        let mut found: Vec<_> = said.chain(replied).filter(between).collect();
        found.sort_by_key(|kept| std::cmp::Reverse(kept.message));
        found.truncate(limit as usize);
        found
    }
}
