//! The macros of cards: `{{char}}`, `{{user}}` and the few others of V2 and V3.

use std::collections::BTreeMap;

use fastrand::Rng;

/// What the macros stand for.
#[derive(Clone, Debug)]
pub(super) struct Macros {
    char: String,
    user: String,
    original: String,
    /// Lore by the name of its outlet.
    outlets: BTreeMap<String, String>,
}

impl Macros {
    pub(super) fn new(char: &str, user: &str) -> Self {
        Self {
            char: char.to_owned(),
            user: user.to_owned(),
            original: String::new(),
            outlets: BTreeMap::new(),
        }
    }

    /// Texts for `{{outlet::NAME}}`; other names are nothing.
    pub(super) fn set_outlets(&mut self, outlets: BTreeMap<String, String>) {
        self.outlets = outlets;
    }

    /// The same with a text for `{{original}}`.
    pub(super) fn with_original(&self, original: &str) -> Self {
        Self { original: original.to_owned(), ..self.clone() }
    }

    /// Replaces macros in one pass: what is put in is not searched again. Unknown ones stay.
    pub(super) fn expand(&self, text: &str, dice: &mut Rng) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find(['{', '<']) {
            out.push_str(&rest[..at]);
            rest = &rest[at..];
            let replaced = self.curly(rest, dice).or_else(|| self.angled(rest));
            if let Some((value, length)) = replaced {
                out.push_str(&value);
                rest = &rest[length..];
            } else {
                out.push_str(&rest[..1]);
                rest = &rest[1..];
            }
        }
        out.push_str(rest);
        out
    }

    /// `{{…}}` at the beginning of `text`: its value and its length.
    fn curly(&self, text: &str, dice: &mut Rng) -> Option<(String, usize)> {
        let inside = text.strip_prefix("{{")?;
        let end = inside.find("}}")?;
        let value = self.value(&inside[..end], dice)?;
        Some((value, end + 4))
    }

    fn value(&self, inside: &str, dice: &mut Rng) -> Option<String> {
        if inside.trim_start().starts_with("//") {
            return Some(String::new());
        }
        let (name, argument) = inside.split_once(':').unwrap_or((inside, ""));
        match name.trim().to_ascii_lowercase().as_str() {
            "char" => Some(self.char.clone()),
            "user" => Some(self.user.clone()),
            "original" => Some(self.original.clone()),
            "random" | "pick" => choice(argument, dice),
            "roll" => roll(argument, dice),
            "reverse" => Some(argument.chars().rev().collect()),
            "comment" | "hidden_key" => Some(String::new()),
            "outlet" => {
                let name = argument.trim_start_matches(':').trim();
                Some(self.outlets.get(name).cloned().unwrap_or_default())
            }
            "newline" => Some("\n".to_owned()),
            _ => None,
        }
    }

    /// `<USER>`, `<BOT>` and `<CHAR>`: an older way of writing.
    fn angled(&self, text: &str) -> Option<(String, usize)> {
        let end = text.find('>').filter(|end| *end <= 5)?;
        match text.get(1..end)?.to_ascii_lowercase().as_str() {
            "user" => Some((self.user.clone(), end + 1)),
            "bot" | "char" => Some((self.char.clone(), end + 1)),
            _ => None,
        }
    }
}

/// One of `a,b,c` (a comma of a choice is written `\,`) or of `:a::b::c`.
fn choice(argument: &str, dice: &mut Rng) -> Option<String> {
    let choices: Vec<String> = match argument.strip_prefix(':') {
        Some(argument) => argument.split("::").map(str::to_owned).collect(),
        None => argument
            .replace("\\,", "\u{0}")
            .split(',')
            .map(|choice| choice.trim().replace('\u{0}', ","))
            .collect(),
    };
    choices.get(dice.usize(0..choices.len().max(1))).cloned()
}

/// `d20` or `20`: a number from 1.
fn roll(argument: &str, dice: &mut Rng) -> Option<String> {
    let sides: u32 = argument.trim_start_matches(':').trim().trim_start_matches(['d', 'D']).parse().ok()?;
    (1..=1_000_000).contains(&sides).then(|| dice.u32(1..=sides).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(text: &str) -> String {
        Macros::new("Mira", "{{char}}").expand(text, &mut Rng::with_seed(1))
    }

    #[test]
    fn names_are_replaced_once_whatever_the_case() {
        assert_eq!(
            expand("{{Char}} and {{ char }} and <BOT> meet <user>."),
            "Mira and Mira and Mira meet {{char}}."
        );
        assert_eq!(expand("{{unknown}} {{char {{char}}"), "{{unknown}} {{char Mira");
        assert_eq!(expand("a{{// hush }}b{{comment: c}}d {{reverse:abc}}"), "abd cba");
        assert_eq!(expand("a < b { c"), "a < b { c");
    }

    #[test]
    fn dice_stay_in_their_bounds() {
        for seed in 0..50 {
            let mut dice = Rng::with_seed(seed);
            let macros = Macros::new("a", "b");
            let rolled: u32 = macros.expand("{{roll:d6}}", &mut dice).parse().unwrap();
            assert!((1..=6).contains(&rolled));
            assert!(["x", "y, z"].contains(&macros.expand("{{random:x,y\\, z}}", &mut dice).as_str()));
            assert!(["x", "y"].contains(&macros.expand("{{pick::x::y}}", &mut dice).as_str()));
        }
    }
}
