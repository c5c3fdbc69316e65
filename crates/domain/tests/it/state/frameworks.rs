//! The four frameworks and how they adapt.

use domain::{
    character::{Character, Manner},
    state::{Blend, BlendRule, Context, Framework, Share},
};

use super::ground::{Channel, MINUTE, character};

fn zib() -> Character {
    Character { framework: Some("Chaotic".to_owned()), ..character("Zib") }
}

fn blend(channel: &Channel, of: &Character) -> Blend {
    channel.mind.blend(of, channel.now())
}

fn context_of(text: &str) -> Option<Context> {
    let mut channel = Channel::default();
    channel.says(1, text, &[]);
    blend(&channel, &zib()).context
}

#[test]
fn contexts_are_found_in_english_and_german() {
    for (text, context) in [
        ("I feel so stressed, can I vent for a moment", Context::EmotionalSupport),
        ("Ich bin total überfordert und habe Angst", Context::EmotionalSupport),
        ("let's brainstorm, write me a poem", Context::CreativeTask),
        ("Schreib mir ein Gedicht über den Mond", Context::CreativeTask),
        ("can you debug this code", Context::AnalyticalTask),
        ("can someone help me with this error", Context::AnalyticalTask),
        ("I am not okay", Context::EmotionalSupport),
        ("mir geht es nicht gut", Context::EmotionalSupport),
        ("I got fired and don't know what to do", Context::EmotionalSupport),
        ("Kannst du das berechnen, das ist eine Gleichung", Context::AnalyticalTask),
        ("truth or dare, any silly memes?", Context::PlayfulChat),
        ("Erzähl einen Witz", Context::PlayfulChat),
        ("I disagree, prove it", Context::Debate),
        ("Das sehe ich anders", Context::Debate),
    ] {
        assert_eq!(context_of(text), Some(context), "{text}");
    }
}

#[test]
fn parts_of_words_make_no_context() {
    for text in [
        "the event was an adventurous invention",
        "sadly-named Sadie at the prefecture",
        "a ventilator in the codex",
        "funnel, gamete, playwright, drawer",
        "the Codename of programmes",
        "Der Spielmannszug, die Ideenlosigkeit",
        "what's wrong?",
        "no idea",
        "source code of the reasonable",
    ] {
        let found = context_of(text);
        let fine =
            found.is_none() || (text.contains("source code") && found == Some(Context::AnalyticalTask));
        assert!(fine, "{text}: {found:?}");
    }
}

#[test]
fn our_rules_lean_a_character_by_context() {
    let mut channel = Channel::default();
    assert_eq!(blend(&channel, &zib()), Blend { base: Some(Framework::Chaotic), ..Blend::default() });
    channel.says(1, "I am so stressed and overwhelmed", &[]);
    let leans = blend(&channel, &zib());
    assert_eq!(
        (leans.context, leans.target, leans.weight),
        (Some(Context::EmotionalSupport), Some(Framework::Caring), Share::percent(85))
    );
}

#[test]
fn a_framework_does_not_lean_towards_itself() {
    let mut channel = Channel::default();
    channel.says(1, "truth or dare, any silly memes?", &[]);
    let leans = blend(&channel, &zib());
    assert_eq!((leans.context, leans.target), (Some(Context::PlayfulChat), None));
}

#[test]
fn a_context_lingers_for_a_few_messages_and_minutes() {
    let mut channel = Channel::default();
    channel.says(1, "I am so stressed and overwhelmed", &[]);
    channel.says(1, "since tuesday", &[]);
    let second = blend(&channel, &zib()).weight;
    channel.says(1, "and the week before", &[]);
    let third = blend(&channel, &zib()).weight;
    assert!(second >= third && third > Share::NONE, "{second:?} {third:?}");
    channel.says(1, "anyway", &[]);
    assert_eq!(blend(&channel, &zib()).context, None);
    channel.says(1, "I am so stressed and overwhelmed", &[]);
    channel.passes(16 * MINUTE);
    assert_eq!(blend(&channel, &zib()).context, None);
}

#[test]
fn a_card_s_rules_replace_ours() {
    let rule = BlendRule {
        context: Context::EmotionalSupport,
        framework: Framework::Assistant,
        weight: Share::percent(40),
    };
    let own = Character { manner: Manner { blend: vec![rule], ..Manner::default() }, ..zib() };
    let mut channel = Channel::default();
    channel.says(1, "I am so stressed and overwhelmed", &[]);
    let leans = blend(&channel, &own);
    assert_eq!((leans.target, leans.weight), (Some(Framework::Assistant), Share::percent(40)));
    channel.passes(20 * MINUTE);
    channel.says(1, "can you debug this code", &[]);
    assert_eq!(blend(&channel, &own).target, None, "no rule of the card, so none");
}

#[test]
fn unknown_frameworks_are_none() {
    let odd = Character { framework: Some("oracle".to_owned()), ..character("Odd") };
    assert_eq!(blend(&Channel::default(), &odd).base, None);
    for framework in Framework::ALL {
        assert_eq!(Framework::named(framework.name()), Some(framework));
    }
}
