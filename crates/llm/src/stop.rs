//! Finds the texts that end an answer while it is still being written.

/// Watches a stream of text for stop texts, which may lie across pieces: what could be the beginning of one is
/// withheld until it is clear that it is not.
///
/// ```
/// let mut filter = llm::stop::StopFilter::new(["\nUser:".to_owned()]);
/// assert_eq!(filter.push("Hello!\nUs"), "Hello!");
/// assert_eq!(filter.push("ers are fine.\nUser: hi"), "\nUsers are fine.");
/// assert!(filter.stopped());
/// ```
#[derive(Clone, Debug)]
pub struct StopFilter {
    stops: Vec<String>,
    withheld: String,
    stopped: bool,
}

impl StopFilter {
    /// Watches for these texts; empty ones are ignored.
    pub fn new(stops: impl IntoIterator<Item = String>) -> Self {
        let stops = stops.into_iter().filter(|stop| !stop.is_empty()).collect();
        Self { stops, withheld: String::new(), stopped: false }
    }

    /// Takes a piece and returns the text that is certainly part of the answer. Once stopped, there is none.
    pub fn push(&mut self, piece: &str) -> String {
        if self.stopped {
            return String::new();
        }
        self.withheld.push_str(piece);
        if let Some(at) = self.first_stop() {
            self.stopped = true;
            self.withheld.truncate(at);
            return std::mem::take(&mut self.withheld);
        }
        let held = self.withheld.split_off(self.safe_bytes());
        std::mem::replace(&mut self.withheld, held)
    }

    /// Whether a stop text came.
    pub const fn stopped(&self) -> bool {
        self.stopped
    }

    /// What was withheld when the answer ended by itself.
    pub fn finish(&mut self) -> String {
        std::mem::take(&mut self.withheld)
    }

    /// Where the stop text begins that was complete first: the one that would be found if every letter came alone.
    fn first_stop(&self) -> Option<usize> {
        let found = self.stops.iter().filter_map(|stop| {
            let at = self.withheld.find(stop.as_str())?;
            Some((at + stop.len(), at))
        });
        found.min().map(|(_, at)| at)
    }

    /// Bytes before the first place where a stop text could have begun.
    fn safe_bytes(&self) -> usize {
        let text = &self.withheld;
        let longest = self.stops.iter().map(String::len).max().unwrap_or(0);
        let first = text.len().saturating_sub(longest.saturating_sub(1));
        let could_begin = |at: &usize| self.stops.iter().any(|stop| stop.starts_with(&text[*at..]));
        (first..text.len()).filter(|&at| text.is_char_boundary(at)).find(could_begin).unwrap_or(text.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The answer and whether it was stopped, for every way to cut the text in three.
    fn check(stops: &[&str], text: &str, expected: &str, stopped: bool) {
        let cuts: Vec<usize> = (0..=text.len()).filter(|&at| text.is_char_boundary(at)).collect();
        for &first in &cuts {
            for &second in cuts.iter().filter(|&&second| second >= first) {
                let mut filter = StopFilter::new(stops.iter().map(|&stop| stop.to_owned()));
                let mut answer = String::new();
                for piece in [&text[..first], &text[first..second], &text[second..]] {
                    answer.push_str(&filter.push(piece));
                }
                answer.push_str(&filter.finish());
                assert_eq!((answer.as_str(), filter.stopped()), (expected, stopped), "{first} {second}");
            }
        }
    }

    #[test]
    fn a_stop_text_ends_the_answer_wherever_it_is_cut() {
        check(&["\nUser:"], "Hi!\nUser: more", "Hi!", true);
        check(&["END", "\n\n"], "a\nb\n\nEND", "a\nb", true);
        check(&["aab"], "aaab", "a", true);
        check(&["ж"], "aжb", "a", true);
        check(&["abc", "b"], "abc", "a", true);
    }

    #[test]
    fn what_only_looks_like_one_is_text() {
        check(&["\nUser:"], "Hi!\nUsers", "Hi!\nUsers", false);
        check(&["</s>"], "a < b </", "a < b </", false);
        check(&[], "anything", "anything", false);
        check(&[""], "anything", "anything", false);
        check(&["😀!"], "hi 😀😀", "hi 😀😀", false);
    }

    #[test]
    fn nothing_is_withheld_without_need() {
        let mut filter = StopFilter::new(["\nUser:".to_owned()]);
        assert_eq!(filter.push("Hello"), "Hello");
        assert_eq!(filter.push(" there\n"), " there");
        assert_eq!(filter.push("x"), "\nx");
    }

    #[test]
    fn nothing_comes_after_the_stop() {
        let mut filter = StopFilter::new(["X".to_owned()]);
        assert_eq!(filter.push("aXb"), "a");
        assert_eq!(filter.push("c"), "");
        assert_eq!(filter.finish(), "");
    }
}
