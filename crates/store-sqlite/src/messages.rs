//! Single messages, and channels that are no more, in SQL.

use async_trait::async_trait;
use domain::{ChannelId, MessageId, Untrusted};
use rusqlite::params;
use store::{Erased, KeptMessage, Messages, Result};

use crate::{
    SqliteStore, privacy,
    row::{Id, all},
    sql::messages,
};

#[async_trait]
impl Messages for SqliteStore {
    async fn kept_messages(
        &self,
        channel: ChannelId,
        from: MessageId,
        until: MessageId,
        limit: u32,
    ) -> Result<Vec<KeptMessage>> {
        let end = |id: MessageId| i64::try_from(id.get()).unwrap_or(i64::MAX);
        let (from, until) = (end(from), end(until));
        self.engine
            .read(move |connection| {
                let between = params![Id(channel.get()), from, until, limit];
                let mut found = all(connection, messages::KEPT_LINES, between, |row| {
                    let text = Some(Untrusted::new(row.get::<_, String>(1)?));
                    Ok(KeptMessage { message: MessageId(row.get::<_, Id>(0)?.0), text })
                })?;
                found.extend(all(connection, messages::KEPT_RECEIPTS, between, |row| {
                    Ok(KeptMessage { message: MessageId(row.get::<_, Id>(0)?.0), text: None })
                })?);
                found.sort_by_key(|kept| std::cmp::Reverse(kept.message));
                found.truncate(limit as usize);
                Ok(found)
            })
            .await
    }

    async fn drop_channel(&self, channel: ChannelId) -> Result<()> {
        self.forget_long_channel(channel).await?;
        self.engine
            .erase(move |connection| {
                privacy::drop_channel(connection, Id(channel.get()), &mut Erased::default())
            })
            .await
    }
}
