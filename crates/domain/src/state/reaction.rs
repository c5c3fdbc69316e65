//! Which emoji a character would react with.

use fastrand::Rng;

use super::{
    lexicon::{Marks, Reading},
    mood::MoodKind,
    share::Share,
    topics::touched,
    view::View,
};

/// The chance of a reaction where nothing else is set.
pub const REACTION_CHANCE: Share = Share::percent(15);

/// The emoji with which the character reacts to the text, if it does. `chance` is the channel's; mood adds to it.
///
/// Sorrow and anger get none but sympathetic emoji, whatever the character's mood: nobody's grief is met with
/// confetti. What touches the character's interests, or is pleasant, is met with its own emoji.
pub fn reaction(view: &View<'_>, chance: Share, dice: &mut Rng) -> Option<String> {
    if chance == Share::NONE {
        return None;
    }
    let reading = Reading::of(view.text);
    let feeling = view.mind.mood(&view.character.id, view.now);
    let intensity = feeling.intensity.get();
    let by_mood = match feeling.kind {
        MoodKind::Excited => 0.1,
        MoodKind::Curious => 0.05,
        MoodKind::Bored => -0.05,
        MoodKind::Neutral | MoodKind::Frustrated | MoodKind::Sad => 0.0,
    };
    // Thrown in any case: the dice's further course does not depend on the text.
    let (thrown, pick, common) = (dice.f64(), dice.f64(), dice.bool());
    if reading.is_empty() || thrown >= chance.get() + by_mood * intensity {
        return None;
    }
    let own = &view.character.reaction_emoji;
    let mine = || own.get((pick * own.len() as f64) as usize).cloned();
    let tone = reading.sentiment();
    if reading.has(Marks::SORROW) || reading.has(Marks::REGRET) || tone < -0.2 {
        return sympathy(&reading, tone).map(str::to_owned);
    }
    if touched(&view.character.topics, &reading) > 0 {
        return mine().or_else(|| fitting(&reading, feeling.kind, intensity).map(str::to_owned));
    }
    match fitting(&reading, feeling.kind, intensity) {
        Some(emoji) if tone <= 0.2 || reading.has(Marks::LAUGHTER) => Some(emoji.to_owned()),
        // A pleasant message: as often the character's own way as the common one.
        Some(emoji) => mine().filter(|_| !common).or_else(|| Some(emoji.to_owned())),
        None if tone > 0.2 => mine(),
        None => None,
    }
}

fn sympathy(reading: &Reading, tone: f64) -> Option<&'static str> {
    if reading.has(Marks::SORROW) {
        Some(if tone < -0.6 { "💔" } else { "🫂" })
    } else if reading.has(Marks::REGRET) {
        Some("😔")
    } else if reading.has(Marks::BLAME) || reading.has(Marks::ANGER) {
        Some("😬")
    } else {
        None
    }
}

fn fitting(reading: &Reading, mood: MoodKind, intensity: f64) -> Option<&'static str> {
    if reading.has(Marks::LAUGHTER) {
        return Some("😂");
    }
    if reading.has(Marks::WOW) {
        return Some("🔥");
    }
    let asks = reading.asks();
    match mood {
        MoodKind::Excited if asks => Some("👀"),
        MoodKind::Excited => Some(if intensity > 0.7 { "🎉" } else { "✨" }),
        _ if asks => Some("🤔"),
        MoodKind::Curious if reading.has(Marks::TELL) => Some("👀"),
        MoodKind::Curious => (intensity > 0.6).then_some("🧐"),
        MoodKind::Frustrated => (intensity > 0.6).then_some("😑"),
        MoodKind::Sad => (intensity > 0.6).then_some("😢"),
        MoodKind::Neutral | MoodKind::Bored => None,
    }
}
