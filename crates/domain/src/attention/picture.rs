//! Whether a message asks about a picture.

use std::sync::LazyLock;

use crate::{event::Message, names, scene::Scene};

/// What points at a picture without naming anything else: in the languages that cost a line each.
const POINTING: &[&str] = &[
    "this",
    "that",
    "it",
    "these",
    "those",
    "here",
    "picture",
    "pic",
    "image",
    "photo",
    "screenshot",
    "drawing",
    "meme",
    "see",
    "look",
    "thoughts",
    "opinion", //
    "das",
    "dies",
    "bild",
    "foto",
    "siehst",
    "schau",
    "ça",
    "ceci",
    "cette",
    "dessin",
    "esto",
    "eso",
    "foto",
    "imagen",
    "questo",
    "immagine",
    "это",
    "фото",
    "картинка",
    "картинке",
    "видишь",
    "这",
    "這",
    "图",
    "圖",
    "これ",
    "この",
    "写真",
    "絵",
    "이거",
    "사진",
    "그림",
    "هذا",
    "هذه",
    "صورة",
    "الصورة",
    "นี้",
    "รูป",
];

/// What begins a question that has no question mark.
const ASKING: &[&str] = &[
    "what",
    "whats",
    "what's",
    "who",
    "whose",
    "where",
    "how",
    "why",
    "which",
    "can you",
    "could you",
    "do you",
    "describe",
    "explain",
    "look at",
    "rate",
    "guess",
    "thoughts on",
    "was",
    "wer",
    "wo",
    "wie",
    "qué",
    "quién",
    "cómo",
    "что",
    "кто",
    "где",
    "как",
];

/// Whether there is a picture in the message or just before, and a question that points at it.
///
/// With a picture in the message itself any question is about it; to an older one the question must point.
pub(super) fn is_asked_about(message: &Message, scene: &Scene<'_>) -> bool {
    let own = has_picture(message);
    if !own && !scene.picture_near && message.replied_pictures.is_empty() {
        return false;
    }
    let text = message.content.raw();
    asks(text) && (own || points(text))
}

/// Whether a question points at a picture that was shown before, as in "what is that?".
pub fn asks_about_a_picture(text: &str) -> bool {
    asks(text) && points(text)
}

/// Whether a picture hangs on a message itself.
pub fn has_picture(message: &Message) -> bool {
    let is_picture = |kind: &crate::Untrusted| kind.raw().starts_with("image/");
    !message.pictures.is_empty()
        || message.attachments.iter().any(|file| file.content_type.as_ref().is_some_and(is_picture))
}

fn asks(text: &str) -> bool {
    static WORDS: LazyLock<Vec<names::Name>> =
        LazyLock::new(|| ASKING.iter().map(|w| names::Name::new(w)).collect());
    if text.contains(['?', '\u{FF1F}', '\u{61F}', '\u{37E}']) {
        return true;
    }
    let text = names::Prepared::new(text.trim_start());
    WORDS.iter().any(|word| names::find_name(&text, word).is_some_and(|found| found.start == 0))
}

fn points(text: &str) -> bool {
    static WORDS: LazyLock<Vec<names::Name>> =
        LazyLock::new(|| POINTING.iter().map(|w| names::Name::new(w)).collect());
    let text = names::Prepared::new(text);
    WORDS.iter().any(|word| names::find_name(&text, word).is_some())
}
