//! How a text is cut into the stretches that a vocabulary encodes one by one.

use regex::Regex;

/// Expressions that were compiled, applied one after the other: each cuts what the one before left, its matches and
/// what lies between them.
///
/// The families' expressions end with `\s+(?!\S)|\s+`: white space gives its last character to what follows. A finder
/// without look-ahead, which takes linear time whatever the text, does the same with `\s+` alone when the matches of
/// white space are cut afterwards, as [`Cuts::each`] does.
pub(super) struct Cuts(Vec<Regex>);

impl Cuts {
    pub(super) fn new(expressions: &[&str]) -> Result<Self, regex::Error> {
        expressions.iter().map(|expression| Regex::new(expression)).collect::<Result<_, _>>().map(Self)
    }

    /// Calls `found` for each stretch, in order.
    pub(super) fn each<'t>(&self, text: &'t str, found: &mut impl FnMut(&'t str)) {
        cut(&self.0, text, found);
    }
}

fn cut<'t>(expressions: &[Regex], text: &'t str, found: &mut impl FnMut(&'t str)) {
    let Some((first, rest)) = expressions.split_first() else {
        if !text.is_empty() {
            found(text);
        }
        return;
    };
    let mut at = 0;
    while let Some(matched) = first.find_at(text, at) {
        let end = matched.start() + without_the_last_space(text, matched.start(), matched.as_str());
        if end <= at {
            // No expression of ours matches nothing; a loop without end must not depend on it.
            break;
        }
        cut(rest, &text[at..matched.start()], found);
        cut(rest, &text[matched.start()..end], found);
        at = end;
    }
    cut(rest, &text[at..], found);
}

/// The length of a match once white space has given its last character to what follows.
fn without_the_last_space(text: &str, start: usize, matched: &str) -> usize {
    let goes_on = start + matched.len() < text.len();
    match matched.char_indices().next_back() {
        // Ends of lines are matched by an expression of their own, which keeps them.
        Some((last, end))
            if goes_on
                && last > 0
                && !matches!(end, '\r' | '\n')
                && end.is_whitespace()
                && matched.chars().all(char::is_whitespace) =>
        {
            last
        }
        _ => matched.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_gives_its_last_character_away() {
        let cuts = Cuts::new(&[r" ?[a-z]+|\s*[\r\n]+|\s+"]).unwrap();
        for (text, expected) in [
            ("a b", vec!["a", " b"]),
            ("a   b", vec!["a", "  ", " b"]),
            ("a   ", vec!["a", "   "]),
            ("a \n  b", vec!["a", " \n", " ", " b"]),
            ("a\t1 b", vec!["a", "\t", "1", " b"]),
            ("", vec![]),
        ] {
            let mut found = Vec::new();
            cuts.each(text, &mut |stretch| found.push(stretch));
            assert_eq!(found, expected, "{text:?}");
        }
    }

    #[test]
    fn later_expressions_cut_what_earlier_ones_left() {
        let cuts = Cuts::new(&["[0-9]{1,3}", r" ?[a-z]+|\s+"]).unwrap();
        let mut found = Vec::new();
        cuts.each("ab  12345 cd", &mut |stretch| found.push(stretch));
        assert_eq!(found, ["ab", "  ", "123", "45", " cd"]);
    }
}
