//! Names that Discord accepts.

/// Longest name of a webhook, in characters.
const LONGEST: usize = 80;

/// A persona's name as a webhook may carry it.
///
/// Discord refuses webhooks with `clyde` or `discord` in their names (documentation, "Create Webhook"): one letter
/// of such a word becomes its Cyrillic twin, which looks the same and survives Discord's cleaning of invisible
/// characters. White space is collapsed as Discord does it, so that the name is found again by equality.
pub(crate) fn webhook_name(name: &str) -> String {
    let collapsed = name.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut: String = collapsed.chars().take(LONGEST).collect();
    let cut = cut.trim_end();
    if cut.is_empty() {
        return "Character".into();
    }
    let disguised = disguise(cut, "clyde", 2, 'у', 'У');
    disguise(&disguised, "discord", 4, 'о', 'О')
}

/// Replaces the letter at `index` of each `word` in `name` by its twin.
fn disguise(name: &str, word: &str, index: usize, small: char, large: char) -> String {
    // ASCII lower case keeps all byte positions.
    let lower = name.to_ascii_lowercase();
    let mut result = String::with_capacity(name.len() + 4);
    let mut rest = 0;
    for (at, _) in lower.match_indices(word) {
        let letter = at + index;
        result.push_str(&name[rest..letter]);
        result.push(if name.as_bytes()[letter].is_ascii_uppercase() { large } else { small });
        rest = letter + 1;
    }
    result.push_str(&name[rest..]);
    result
}

/// What the bot account says for a persona where no webhook can: the name in bold before the text, unless both are
/// too long together; then the text alone, as losing words is worse.
pub(crate) fn plain(name: &str, text: &str) -> String {
    let mut said = String::with_capacity(name.len() + text.len() + 8);
    said.push_str("**");
    for c in name.split_whitespace().collect::<Vec<_>>().join(" ").chars() {
        if matches!(c, '*' | '_' | '~' | '`' | '|' | '\\' | '<' | '>' | '[' | ']' | '#' | '@') {
            said.push('\\');
        }
        said.push(c);
    }
    said.push_str("**: ");
    said.push_str(text);
    if said.chars().count() > domain::limits::MESSAGE_CHARS { text.into() } else { said }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forbidden_words_are_disguised_and_look_the_same() {
        for name in ["Clyde", "xCLYDEx", "my Discord friend", "discordclyde", "clydeclyde"] {
            let safe = webhook_name(name).to_ascii_lowercase();
            assert!(!safe.contains("clyde") && !safe.contains("discord"), "{name}: {safe}");
            assert_eq!(safe.chars().count(), name.chars().count());
        }
        assert_eq!(webhook_name("CLYDE"), "CLУDE");
    }

    #[test]
    fn names_are_as_discord_keeps_them() {
        assert_eq!(webhook_name("  Mira \n the  Owl "), "Mira the Owl");
        assert_eq!(webhook_name(" "), "Character");
        assert_eq!(webhook_name(&"ä".repeat(200)).chars().count(), 80);
    }

    #[test]
    fn the_bot_account_names_the_speaker_when_there_is_room() {
        assert_eq!(plain("Mi*ra", "hello"), "**Mi\\*ra**: hello");
        let long = "a".repeat(1_999);
        assert_eq!(plain("Mira", &long), long);
    }
}
