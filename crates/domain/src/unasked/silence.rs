//! When a silence is broken.

use std::time::Duration;

use fastrand::Rng;

use super::{Hold, Kind, Moment, may};
use crate::{ChannelId, MessageId, Timestamp};

/// A channel that is silent for longer is one in which nobody is: what is said there is said to nobody.
pub const LONGEST_SILENCE: Duration = Duration::from_hours(8);

/// The shortest silence, whatever the rules and the rhythm say.
const SHORTEST_SILENCE: Duration = Duration::from_mins(10);

/// Whether the silence since `last`, the newest message of a person, is broken now.
///
/// Each silence has dice of its own, thrown from the channel and the message: whether it is broken at all and at
/// which point between once and twice the silence that is unusual here. So it does not matter how often somebody
/// looks, nor whether the program was started anew in between.
pub fn silence_is_due(
    channel: ChannelId,
    last: (MessageId, Timestamp),
    moment: &Moment<'_>,
) -> Result<(), Hold> {
    let (message, at) = last;
    if moment.ledger.broke(message) {
        return Err(Hold::NoSilence);
    }
    let seed = channel.get().rotate_left(32) ^ message.get();
    let mut dice = Rng::with_seed(seed);
    may(Kind::Ambient, moment, &mut dice)?;
    let usual = moment.rules.ambient_after.duration();
    let unusual =
        moment.pulse.silence.unwrap_or(usual).max(usual).clamp(SHORTEST_SILENCE, LONGEST_SILENCE / 2);
    let due = unusual.mul_f32(1.0 + dice.f32());
    let silent = moment.now.since(at);
    if (due..LONGEST_SILENCE).contains(&silent) { Ok(()) } else { Err(Hold::NoSilence) }
}
