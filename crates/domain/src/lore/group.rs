//! Inclusion groups: of all entries of a group that fire together, one is kept.

use fastrand::Rng;

use super::{LoreEntry, Reason};

/// An entry that would fire, as its groups see it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Contender<'a> {
    pub(super) entry: &'a LoreEntry,
    pub(super) index: usize,
    pub(super) score: u32,
    pub(super) sticky: bool,
}

/// Names the contenders that lose, with the reason. `kept` are entries that fired before.
///
/// Groups are settled in the order in which the contenders name them. Who wins one takes all its other groups along.
pub(super) fn losers<'a>(
    contenders: &[Contender<'a>],
    kept: &[&'a LoreEntry],
    scoring: bool,
    dice: &mut Rng,
) -> Vec<(usize, Reason<'a>)> {
    let mut out: Vec<(usize, Reason<'a>)> = Vec::new();
    let mut settled: Vec<&str> = Vec::new();
    let groups = contenders.iter().flat_map(|contender| &contender.entry.groups);
    for group in groups {
        if settled.contains(&group.as_str()) {
            continue;
        }
        settled.push(group);
        let members: Vec<Contender<'a>> = contenders
            .iter()
            .filter(|member| member.entry.groups.contains(group))
            .filter(|member| !out.iter().any(|(index, _)| *index == member.index))
            .copied()
            .collect();
        if let Some(before) = kept.iter().find(|entry| entry.groups.contains(group)) {
            lose(&mut out, members.iter(), group, &before.label);
        } else if let Some(winner) = winner(&members, scoring, dice) {
            settled.extend(winner.entry.groups.iter().map(String::as_str));
            for group in &winner.entry.groups {
                let others = contenders
                    .iter()
                    .filter(|other| other.index != winner.index && other.entry.groups.contains(group));
                lose(&mut out, others, group, &winner.entry.label);
            }
        }
    }
    out
}

fn lose<'a, 'b>(
    out: &mut Vec<(usize, Reason<'a>)>,
    members: impl Iterator<Item = &'b Contender<'a>>,
    group: &'a str,
    winner: &'a str,
) where
    'a: 'b,
{
    for member in members {
        if !out.iter().any(|(index, _)| *index == member.index) {
            out.push((member.index, Reason::Group { group, winner }));
        }
    }
}

/// Sticky entries first; then, where scores count, those with the most keys; then by order or by lot.
fn winner<'a>(members: &[Contender<'a>], scoring: bool, dice: &mut Rng) -> Option<Contender<'a>> {
    let mut left = members.to_vec();
    if left.iter().any(|member| member.sticky) {
        left.retain(|member| member.sticky);
    }
    let best = left.iter().map(|member| member.score).max()?;
    left.retain(|member| !member.entry.group_scoring.unwrap_or(scoring) || member.score == best);
    let by_order = left.iter().filter(|member| member.entry.group_override);
    if let Some(first) =
        by_order.min_by_key(|member| (-i128::from(member.entry.insertion_order), member.index))
    {
        return Some(*first);
    }
    if left.len() == 1 {
        return left.pop();
    }
    let total: u64 = left.iter().map(|member| u64::from(member.entry.group_weight)).sum();
    if total == 0 {
        return left.first().copied();
    }
    let mut drawn = dice.u64(0..total);
    for member in &left {
        let weight = u64::from(member.entry.group_weight);
        if drawn < weight {
            return Some(*member);
        }
        drawn -= weight;
    }
    left.last().copied()
}
