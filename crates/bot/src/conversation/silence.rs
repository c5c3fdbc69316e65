//! Being told to be quiet, in words: "@bot quiet for 1 hour".

use domain::{
    Timestamp,
    attention::Control,
    event::Message,
    rules::{Muted, RulesError},
};
use store::{Outcome, TurnId};

use super::{Actor, setting::Setting};
use crate::{
    clock,
    rules::{ChangeError, Scope},
};

const MINUTES_OF_A_DAY: i64 = 24 * 60;

impl Actor {
    /// Does what somebody wants of the bot itself, and shows with an emoji that it was understood.
    pub(super) async fn control(
        &mut self,
        message: &Message,
        control: Control,
        setting: &Setting,
    ) -> store::Result<()> {
        let muted = match control {
            Control::Quiet(time) => Muted::Until(clock::now().plus(time)),
            Control::QuietUntil { minute } => Muted::Until(next(minute, setting, clock::now())),
            Control::Talk => Muted::No,
        };
        let turn = TurnId::from(message.id);
        let change = self.app.rules.change(Scope::channel(&message.place), |patch| {
            patch.muted = Some(muted);
            Ok::<_, RulesError>(())
        });
        match change.await {
            Ok(()) => {}
            Err(ChangeError::Store(error)) => return Err(error),
            Err(ChangeError::Refused(error)) => tracing::error!(%error, "a channel could not be muted"),
        }
        tracing::info!(channel = %self.channel, ?control, "told in words");
        let sign = if control == Control::Talk { "👋" } else { "🤫" };
        if let Err(error) = self.app.speaker.react(&message.place, message.id, sign).await {
            tracing::debug!(%error, "nobody sees that it was understood");
        }
        let outcome = Outcome::Ignored { reason: "a wish about being quiet, which was granted".to_owned() };
        let finished = self.app.store.finish(turn, &outcome, None).await;
        self.app.ended(turn);
        finished
    }
}

/// The next time that it is this minute of the day where the channel's people live.
fn next(minute: u16, setting: &Setting, now: Timestamp) -> Timestamp {
    let today = setting.local_minute.unwrap_or_default();
    let wait = (i64::from(minute) - i64::from(today)).rem_euclid(MINUTES_OF_A_DAY);
    // Now is over: "until 18:00" at 18:00 means tomorrow.
    let wait = if wait == 0 { MINUTES_OF_A_DAY } else { wait };
    now.plus(std::time::Duration::from_secs(wait.unsigned_abs() * 60))
}
