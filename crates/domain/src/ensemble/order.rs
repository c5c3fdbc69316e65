//! Who follows whom.

use fastrand::Rng;
use serde::{Deserialize, Serialize};

use super::Run;
use crate::CharacterId;

/// How a scene's turns go round. In none of them does anybody speak twice in a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// As in the list, again and again.
    #[default]
    RoundRobin,
    /// Whoever, the longer silent the likelier.
    Random,
    /// Whoever the last speaker is close to; whoever was named goes first.
    Affinity,
}

/// Added to every affinity, so that strangers get a word in too.
const STRANGERS: u32 = 20;

/// Whoever the last speaker named answers so often (in hundred).
const CALLED: u8 = 85;

/// The next speaker; `None` when nobody but the last speaker is there.
pub(super) fn choose(
    run: &Run,
    called: Option<&CharacterId>,
    affinity: &dyn Fn(&CharacterId, &CharacterId) -> u8,
    dice: &mut Rng,
) -> Option<CharacterId> {
    let last = run.spoken.last();
    let others: Vec<&CharacterId> = run.cast.iter().filter(|member| Some(*member) != last).collect();
    let chosen = match run.order {
        Order::RoundRobin => after(run, last),
        Order::Random | Order::Affinity => {
            // Nobody is forgotten: whoever waited for two rounds comes before chance.
            let overdue = others.iter().copied().max_by_key(|member| waited(run, member));
            let overdue = overdue.filter(|member| waited(run, member) >= 2 * run.cast.len());
            let named = called.filter(|member| others.contains(member) && dice.u8(..100) < CALLED);
            overdue.or(named).or_else(|| {
                let weight = |member: &CharacterId| match (run.order, last) {
                    (Order::Affinity, Some(last)) => STRANGERS + u32::from(affinity(last, member).min(100)),
                    _ => 1 + u32::try_from(waited(run, member)).unwrap_or(u32::MAX).min(10),
                };
                weighted(&others, weight, dice)
            })
        }
    };
    chosen.cloned()
}

/// The one behind the last speaker in the list.
fn after<'a>(run: &'a Run, last: Option<&CharacterId>) -> Option<&'a CharacterId> {
    let place = last.and_then(|last| run.cast.iter().position(|member| member == last));
    let next = match place {
        Some(place) => (place + 1) % run.cast.len().max(1),
        None => 0,
    };
    run.cast.get(next).filter(|next| Some(*next) != last)
}

/// Turns since a character spoke; all of them when it never did.
fn waited(run: &Run, member: &CharacterId) -> usize {
    run.spoken.iter().rev().take_while(|speaker| *speaker != member).count()
}

fn weighted<'a>(
    members: &[&'a CharacterId],
    weight: impl Fn(&CharacterId) -> u32,
    dice: &mut Rng,
) -> Option<&'a CharacterId> {
    let total: u32 = members.iter().map(|member| weight(member)).sum();
    if total == 0 {
        return None;
    }
    let mut at = dice.u32(..total);
    for member in members {
        let weight = weight(member);
        if at < weight {
            return Some(member);
        }
        at -= weight;
    }
    members.last().copied()
}
