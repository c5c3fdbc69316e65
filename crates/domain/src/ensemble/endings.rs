//! How a conversation comes to its natural end: farewells, and saying the same again.

use std::collections::BTreeSet;

use unicode_segmentation::UnicodeSegmentation;

use crate::names;

/// What people say when they go, as whole words. A phrase that means other things too ("so long", "ciao" as a
/// greeting, Russian "пока" for "while") only counts where it stands alone; see [`SHORT`].
const FAREWELLS: &[&str] = &[
    // English
    "goodbye",
    "good-bye",
    "good bye",
    "bye",
    "farewell",
    "see you later",
    "see you soon",
    "see you tomorrow",
    "see you around",
    "see ya",
    "good night",
    "goodnight",
    "take care",
    "until next time",
    "until we meet again",
    "safe travels",
    "catch you later",
    "i must be going",
    "i should go",
    "i have to go",
    // German
    "tschüss",
    "tschüs",
    "tschau",
    "auf wiedersehen",
    "wiedersehen",
    "bis bald",
    "bis morgen",
    "bis später",
    "bis dann",
    "gute nacht",
    "leb wohl",
    "lebe wohl",
    "lebt wohl",
    "mach's gut",
    "macht's gut",
    "ich muss los",
    // French
    "au revoir",
    "à bientôt",
    "à demain",
    "à plus tard",
    "bonne nuit",
    "adieu",
    // Spanish
    "adiós",
    "hasta luego",
    "hasta mañana",
    "hasta pronto",
    "hasta la vista",
    "buenas noches",
    "nos vemos",
    // Italian
    "arrivederci",
    "buonanotte",
    "buona notte",
    "a presto",
    "a domani",
    "ci vediamo",
    // Portuguese
    "tchau",
    "até logo",
    "até amanhã",
    "até breve",
    "boa noite",
    "adeus",
    // Dutch, Swedish, Polish, Turkish
    "tot ziens",
    "tot morgen",
    "welterusten",
    "hej då",
    "god natt",
    "vi ses",
    "do widzenia",
    "dobranoc",
    "do zobaczenia",
    "hoşça kal",
    "güle güle",
    "iyi geceler",
    "görüşürüz",
    // Russian, Ukrainian
    "до свидания",
    "до встречи",
    "прощай",
    "прощайте",
    "спокойной ночи",
    "до побачення",
    "на добраніч",
    // Japanese, Chinese, Korean
    "さようなら",
    "さよなら",
    "またね",
    "またあした",
    "また明日",
    "じゃあね",
    "おやすみ",
    "再见",
    "再見",
    "晚安",
    "拜拜",
    "明天见",
    "안녕히",
    "잘 가",
    "잘 자",
    "또 봐",
];

/// Farewells only as a sentence of their own.
const SHORT: &[&str] = &["so long", "later", "ciao", "пока", "salut", "hej", "servus", "안녕", "cheers"];

/// Words of a sentence in which a farewell is meant as one, not talked about.
const SENTENCE_WORDS: usize = 10;

/// Words that turn a farewell into talk about it.
const NEGATED: &[&str] = &[
    "never", "not", "don't", "without", "why", "nie", "nicht", "kein", "ohne", "jamais", "pas", "nunca",
    "no", "не",
];

/// Whether a line takes leave, in one of its last two sentences. What the topic itself says is no farewell.
pub(super) fn is_farewell(line: &str, topic: &str) -> bool {
    let topic = names::Prepared::new(topic);
    let sentences: Vec<&str> =
        line.unicode_sentences().filter(|s| s.chars().any(char::is_alphanumeric)).collect();
    sentences.iter().rev().take(2).any(|sentence| {
        let words = sentence.unicode_words().count();
        let text = names::Prepared::new(sentence);
        let says = |phrase: &&str| names::find_in(&text, phrase).is_some();
        let talked_of = NEGATED.iter().any(says);
        let of_topic = |phrase: &str| names::find_in(&topic, phrase).is_some();
        let long = words <= SENTENCE_WORDS
            && !talked_of
            && FAREWELLS.iter().any(|phrase| says(phrase) && !of_topic(phrase));
        let short = words <= 3 && !talked_of && SHORT.iter().any(|phrase| says(phrase) && !of_topic(phrase));
        long || short
    })
}

/// Share of common words from which two lines say the same.
const SAME: f32 = 0.8;

/// Whether two lines say the same, but for order, case and punctuation.
pub(super) fn same(one: &str, other: &str) -> bool {
    let (one, other) = (words(one), words(other));
    if one.is_empty() || other.is_empty() {
        return one == other;
    }
    let common = one.intersection(&other).count() as f32;
    let all = one.union(&other).count() as f32;
    common / all >= SAME
}

fn words(line: &str) -> BTreeSet<String> {
    line.unicode_words().map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn farewells_are_told_from_talk_about_them() {
        for line in [
            "Goodbye, Tom.",
            "It was a fine evening. See you tomorrow!",
            "Well then. Gute Nacht, Leuchtturm!",
            "さようなら。",
            "今天很开心,晚安!",
            "Das war schön. Tschüss!",
            "Adiós, amiga.",
            "Я пойду. До свидания!",
            "Later, Tom.",
            "잘 가, 톰!",
        ] {
            assert!(is_farewell(line, "the sea"), "{line}");
        }
        for line in [
            "I never say goodbye to the sea.",
            "The byline of the paper was wrong.",
            "Goodbye is what she said to him on the pier that morning before the storm took the boat.",
            "Goodbye. That is what he said. Then he sat down again. And ate my soup.",
            "We will talk about that later when the tide is in.",
            "Ciao bella, she called, and the whole harbour turned around.",
        ] {
            assert!(!is_farewell(line, "the sea"), "{line}");
        }
        assert!(!is_farewell("Goodbye, then.", "why is goodbye so hard?"), "the topic's own words");
    }

    #[test]
    fn the_same_words_in_another_dress_are_a_repetition() {
        assert!(same("The light is on.", "the light is on!!"));
        assert!(same("the old light is on tonight", "Tonight the old light is on."));
        assert!(!same("the light is on", "the door is open"));
    }
}
