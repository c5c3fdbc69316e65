//! Being told to be quiet, in words: "@bot quiet for 1 hour".

use std::time::Duration;

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

/// The longest silence that words bring about, which anybody may say: for more there is `/mute`, and a permission.
const IN_WORDS: Duration = Duration::from_hours(24);

impl Actor {
    /// Does what somebody wants of the bot itself, and shows with an emoji that it was understood.
    pub(super) async fn control(
        &mut self,
        message: &Message,
        control: Control,
        setting: &Setting,
    ) -> store::Result<()> {
        let now = clock::now();
        let wanted = match control {
            Control::Quiet(time) => Muted::Until(now.plus(time.min(IN_WORDS))),
            Control::QuietUntil { minute } => Muted::Until(next(minute, setting, now)),
            Control::Talk => Muted::No,
        };
        let turn = TurnId::from(message.id);
        let ignored = setting.rules.ignored_users.contains(&message.author.id);
        let mut granted = false;
        let change = self.app.rules.change(Scope::channel(&message.place), |patch| {
            let before = patch.muted.unwrap_or_default();
            if let Some(muted) = after(before, wanted, now).filter(|_| !ignored) {
                granted = true;
                patch.muted = Some(muted).filter(|muted| *muted != Muted::No);
            }
            Ok::<_, RulesError>(())
        });
        match change.await {
            Ok(()) => {}
            Err(ChangeError::Store(error)) => return Err(error),
            Err(ChangeError::Refused(error)) => tracing::error!(%error, "a channel could not be muted"),
        }
        tracing::info!(channel = %self.channel, ?control, granted, "told in words");
        let sign = match control {
            _ if !granted => "🤐",
            Control::Talk => "👋",
            Control::Quiet(_) | Control::QuietUntil { .. } => "🤫",
        };
        if let Err(error) = self.app.speaker.react(&message.place, message.id, sign).await {
            tracing::debug!(%error, "nobody sees that it was understood");
        }
        let what = if granted { "was granted" } else { "is not for the writer to decide" };
        let outcome = Outcome::Ignored { reason: format!("a wish about being quiet, which {what}") };
        let finished = self.app.store.finish(turn, &outcome, None).await;
        self.app.ended(turn);
        finished
    }
}

/// A channel's silence after a wish in words; `None` if the wish is not granted. Who silenced the channel by command
/// had the permission to: words, which anybody may say, neither end that before its time nor cut it short.
fn after(before: Muted, wanted: Muted, now: Timestamp) -> Option<Muted> {
    let by_command = match before {
        Muted::No => false,
        Muted::Until(end) => end > now.plus(IN_WORDS),
        Muted::Forever => true,
    };
    match wanted {
        Muted::No => (!by_command).then_some(Muted::No),
        Muted::Until(_) | Muted::Forever => Some(before.max(wanted)),
    }
}

/// The next time that it is this minute of the day where the channel's people live.
fn next(minute: u16, setting: &Setting, now: Timestamp) -> Timestamp {
    let today = setting.local_minute.unwrap_or_default();
    let wait = (i64::from(minute) - i64::from(today)).rem_euclid(MINUTES_OF_A_DAY);
    // Now is over: "until 18:00" at 18:00 means tomorrow.
    let wait = if wait == 0 { MINUTES_OF_A_DAY } else { wait };
    now.plus(Duration::from_secs(wait.unsigned_abs() * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_do_not_undo_what_took_a_permission() {
        let now = Timestamp(1_000_000);
        let hours = |hours| Muted::Until(now.plus(Duration::from_hours(hours)));
        assert_eq!(after(Muted::No, hours(1), now), Some(hours(1)));
        assert_eq!(after(hours(1), Muted::No, now), Some(Muted::No));
        assert_eq!(after(hours(2), hours(1), now), Some(hours(2)), "a shorter silence ends no longer one");
        assert_eq!(after(Muted::Forever, hours(1), now), Some(Muted::Forever));
        assert_eq!(after(Muted::Forever, Muted::No, now), None);
        assert_eq!(after(hours(25), Muted::No, now), None);
    }
}
