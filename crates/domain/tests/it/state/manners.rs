//! What cards say about the state.

use domain::{
    card,
    character::Manner,
    state::{BlendRule, Context, CuriosityLevel, Framework, Quarrel, ReplyLength, Share, Stage, Verbosity},
};
use serde_json::{Value, json};

use crate::stage;

fn read(extensions: &Value) -> Result<Manner, String> {
    let card = json!({
        "spec": "chara_card_v2", "spec_version": "2.0",
        "data": { "name": "Mira", "description": "Keeps a light.", "extensions": extensions },
    });
    card::parse(card.to_string().as_bytes()).map(|mira| mira.manner).map_err(|error| error.to_string())
}

#[test]
fn our_own_fields_are_read() {
    let manner = read(&json!({ "acore": {
        "curiosity": "high",
        "avoids": ["politics", "the bell"],
        "blend": [{ "context": "debate", "framework": "chaotic", "weight": 0.25 }],
        "replies": { "storytelling": "very_long", "quick_reply": "very_short" },
        "stages": [
            { "at": 100, "tone": "Waves first.", "knowledge": ["Knows the tides."] },
            { "at": 10, "quirks": ["Hums."] },
        ],
        "quarrels": [{ "with": "tom", "about": ["the bell"] }],
    } }));
    let expected = Manner {
        curiosity: CuriosityLevel::High,
        avoids: vec!["politics".to_owned(), "the bell".to_owned()],
        blend: vec![BlendRule {
            context: Context::Debate,
            framework: Framework::Chaotic,
            weight: Share::percent(25),
        }],
        replies: [
            (Verbosity::Storytelling, ReplyLength::VeryLong),
            (Verbosity::QuickReply, ReplyLength::VeryShort),
        ]
        .into(),
        stages: vec![
            Stage { at: 10, quirks: vec!["Hums.".to_owned()], ..Stage::default() },
            Stage {
                at: 100,
                tone: "Waves first.".to_owned(),
                knowledge: vec!["Knows the tides.".to_owned()],
                ..Stage::default()
            },
        ],
        quarrels: vec![Quarrel { with: stage::id("tom"), about: vec!["the bell".to_owned()] }],
    };
    assert_eq!(manner, Ok(expected));
}

#[test]
fn a_card_that_says_nothing_has_the_default_manner() {
    for extensions in [json!({}), json!({ "acore": {} }), json!({ "acore": { "blend": null } })] {
        assert_eq!(read(&extensions), Ok(Manner::default()));
    }
}

#[test]
fn mistakes_in_our_own_fields_are_said() {
    for (acore, path) in [
        (json!({ "curiosity": "very" }), "data.extensions.acore.curiosity"),
        (json!({ "blend": [{ "context": "mood", "framework": "caring" }] }), "blend[0].context"),
        (json!({ "blend": [{ "context": "debate" }] }), "blend[0].framework"),
        (
            json!({ "blend": [{ "context": "debate", "framework": "caring", "weight": 2 }] }),
            "blend[0].weight",
        ),
        (json!({ "replies": { "casual_chat": "huge" } }), "replies.casual_chat"),
        (json!({ "stages": [{ "tone": "x" }] }), "stages[0].at"),
        (json!({ "quarrels": [{ "with": "Tom!" }] }), "quarrels[0].with"),
        (json!({ "quarrels": [{ "about": [] }] }), "quarrels[0].with"),
    ] {
        let error = read(&json!({ "acore": acore })).unwrap_err();
        assert!(error.contains(path), "{error}");
    }
}

#[test]
fn other_programs_extensions_are_taken_as_far_as_they_are_understood() {
    let manner = read(&json!({
        "topic_avoidances": ["politics", 5],
        "framework_blending": { "enabled": true, "blend_rules": [
            { "context": "emotional_support", "framework": "caring", "weight": 0.9 },
            { "context": "debate", "framework": "philosopher", "weight": 0.5 },
            "nonsense",
        ] },
        "evolution_stages": [
            { "milestone": 50, "unlocks": { "tone": "Warmer.", "quirks": ["Hums."], "knowledge_expansion": ["Tides."] } },
            { "unlocks": {} },
        ],
    }))
    .unwrap();
    assert_eq!(manner.avoids, ["politics"]);
    assert_eq!(manner.blend.len(), 1);
    assert_eq!(manner.blend[0].framework, Framework::Caring);
    assert_eq!(manner.stages.len(), 1);
    assert_eq!((manner.stages[0].at, manner.stages[0].tone.as_str()), (50, "Warmer."));
    assert_eq!(manner.stages[0].knowledge, ["Tides."]);
    for odd in [
        json!({ "framework_blending": { "enabled": false, "blend_rules": [
            { "context": "debate", "framework": "caring", "weight": 1 }] } }),
        json!({ "framework_blending": "yes", "evolution_stages": {}, "topic_avoidances": 3 }),
    ] {
        assert_eq!(read(&odd), Ok(Manner::default()));
    }
}
