//! Dispatches that come twice, swapped, late or never.

use std::time::Duration;

#[derive(Debug, Default)]
pub(super) struct DispatchFaults {
    pub(super) delay: Duration,
    duplicate: Rule,
    swap: Rule,
    lose: Rule,
}

/// So many more events, of that name if there is one.
#[derive(Debug, Default)]
struct Rule {
    name: Option<String>,
    left: u32,
}

impl Rule {
    fn set(&mut self, name: Option<&str>, left: u32) {
        *self = Self { name: name.map(str::to_owned), left };
    }

    fn matches(&self, name: &str) -> bool {
        self.left > 0 && self.name.as_deref().is_none_or(|wanted| wanted == name)
    }

    /// Spends one if it matches.
    fn spend(&mut self, name: &str) -> bool {
        let hit = self.matches(name);
        self.left -= u32::from(hit);
        hit
    }
}

impl DispatchFaults {
    pub(super) fn duplicate(&mut self, name: Option<&str>, count: u32) {
        self.duplicate.set(name, count);
    }

    pub(super) fn swap(&mut self, name: Option<&str>, pairs: u32) {
        self.swap.set(name, pairs);
    }

    pub(super) fn lose(&mut self, name: Option<&str>, count: u32) {
        self.lose.set(name, count);
    }

    /// What goes out now. `kept_back` is the session's slot for the first of a swapped pair.
    pub(super) fn pass<T: Clone>(&mut self, name: &str, item: T, kept_back: &mut Option<T>) -> Vec<T> {
        if self.lose.spend(name) {
            return Vec::new();
        }
        if self.swap.matches(name) {
            if kept_back.is_none() {
                *kept_back = Some(item);
                return Vec::new();
            }
            self.swap.left -= 1;
            return std::iter::once(item).chain(kept_back.take()).collect();
        }
        // The rule was lifted while an event was kept back: it goes first, in its old place.
        let mut out: Vec<T> =
            if self.swap.left == 0 { kept_back.take().into_iter().collect() } else { Vec::new() };
        if self.duplicate.spend(name) {
            out.push(item.clone());
        }
        out.push(item);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(faults: &mut DispatchFaults, names: &[&'static str]) -> Vec<String> {
        let mut kept = None;
        let numbered = names.iter().enumerate().map(|(i, name)| (*name, format!("{name}{i}")));
        numbered.flat_map(|(name, item)| faults.pass(name, item, &mut kept)).collect()
    }

    #[test]
    fn without_rules_everything_passes() {
        assert_eq!(run(&mut DispatchFaults::default(), &["A", "B"]), ["A0", "B1"]);
    }

    #[test]
    fn pairs_are_swapped_and_others_pass_between() {
        let mut faults = DispatchFaults::default();
        faults.swap(Some("A"), 1);
        assert_eq!(run(&mut faults, &["A", "B", "A", "A", "A"]), ["B1", "A2", "A0", "A3", "A4"]);
    }

    #[test]
    fn only_the_next_ones_of_that_name_are_doubled_or_lost() {
        let mut faults = DispatchFaults::default();
        faults.duplicate(Some("A"), 1);
        faults.lose(Some("B"), 1);
        assert_eq!(run(&mut faults, &["B", "A", "A", "B"]), ["A1", "A1", "A2", "B3"]);
    }
}
