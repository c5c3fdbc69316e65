//! The reasons to hold back, in the order in which they are looked at.

use super::{Hold, Kind, Moment, QUESTIONS_A_DAY, REACTIONS_A_DAY, TALKING, UNANSWERED};
use crate::Timestamp;

/// Whether a reason holds.
type Holds = fn(Kind, &Moment<'_>) -> bool;

const HOLDS: &[(Hold, Holds)] = &[
    (Hold::Off, |kind, moment| kind.chance(moment.rules) == 0),
    (Hold::Muted, |_, moment| moment.rules.is_muted(moment.now)),
    (Hold::QuietHours, |_, moment| moment.local_minute.is_some_and(|now| moment.rules.quiet_hours.hold(now))),
    (Hold::Ignored, |kind, moment| kind != Kind::React && moment.ledger.unanswered() >= UNANSWERED),
    (Hold::Spent, spent),
    (Hold::Typing, |kind, moment| kind != Kind::React && lately(moment.typed, moment)),
    (Hold::Talking, |kind, moment| kind.begins() && lately(moment.talked, moment)),
    (Hold::JustSpoke, just_spoke),
    (Hold::CoolDown, cool_down),
    (Hold::ToldNo, |kind, moment| kind != Kind::React && moment.ledger.told_no()),
];

/// The first reason that holds.
pub(super) fn first(kind: Kind, moment: &Moment<'_>) -> Result<(), Hold> {
    match HOLDS.iter().find(|(_, holds)| holds(kind, moment)) {
        Some((hold, _)) => Err(*hold),
        None => Ok(()),
    }
}

fn lately(at: Option<Timestamp>, moment: &Moment<'_>) -> bool {
    at.is_some_and(|at| moment.now.since(at) < TALKING)
}

fn spent(kind: Kind, moment: &Moment<'_>) -> bool {
    let today = moment.ledger.today(moment.now);
    match kind {
        Kind::React => today.reactions >= REACTIONS_A_DAY,
        _ => today.remarks >= moment.rules.unasked_per_day || today.questions >= QUESTIONS_A_DAY,
    }
}

/// The pause after anything unasked. An answer to what people talk about right now needs less of it than a remark
/// out of the blue.
fn just_spoke(kind: Kind, moment: &Moment<'_>) -> bool {
    let pause = moment.rules.unasked_pause.duration();
    let pause = if kind.begins() { pause } else { pause.min(kind.pause(moment.rules)) };
    kind != Kind::React
        && moment.ledger.spoke_at().is_some_and(|at| moment.now.since(at) < stretched(pause, moment))
}

fn cool_down(kind: Kind, moment: &Moment<'_>) -> bool {
    let since = |at: Timestamp| moment.now.since(at);
    let cooling =
        moment.ledger.did_at(kind).is_some_and(|at| since(at) < stretched(kind.pause(moment.rules), moment));
    cooling || (kind == Kind::FollowUp && moment.ledger.asked_lately(moment.now))
}

fn stretched(pause: std::time::Duration, moment: &Moment<'_>) -> std::time::Duration {
    pause.mul_f32(moment.pulse.pause.clamp(0.5, 3.0))
}
