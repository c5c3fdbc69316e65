//! How a card says that its character's state behaves: our own fields in `extensions.acore`, strictly read, and three
//! extensions of other programs, of which is taken what can be understood.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    CardError,
    fields::{Fields, Problem},
};
use crate::{
    CharacterId,
    state::{
        BlendRule, Context, CuriosityLevel, Framework, Manner, Quarrel, ReplyLength, Share, Stage, Verbosity,
    },
};

/// Characters of a sentence.
const SENTENCE: usize = 200;
/// Sentences of a kind per stage.
const SENTENCES: usize = 6;
/// Stages of a card.
const STAGES: usize = 20;
/// Rules of a card.
const RULES: usize = 20;

/// Reads the manner of a character.
pub(super) fn of(data: &Fields<'_>, acore: &Fields<'_>) -> Result<Manner, CardError> {
    let foreign = data.map("extensions")?.unwrap_or_default();
    let mut avoids = acore.short_texts("avoids", 40, 100)?;
    if avoids.is_empty() {
        avoids = texts(foreign.get("topic_avoidances"), 100);
    }
    let mut blend = blend(acore)?;
    if blend.is_empty() {
        blend = foreign_blend(&foreign);
    }
    let mut stages = stages(acore)?;
    if stages.is_empty() {
        stages = foreign_stages(&foreign);
    }
    stages.sort_by_key(|stage| stage.at);
    Ok(Manner {
        curiosity: choice(acore, "curiosity", "low, medium, high or maximum", CuriosityLevel::named)?
            .unwrap_or_default(),
        avoids,
        blend,
        replies: replies(acore)?,
        stages,
        quarrels: quarrels(acore)?,
    })
}

/// A field with one of a few values.
fn choice<T>(
    fields: &Fields<'_>,
    name: &str,
    allowed: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, CardError> {
    let Some(field) = fields.field(name) else {
        return Ok(None);
    };
    match read(field.text()?) {
        Some(value) => Ok(Some(value)),
        None => Err(field.problem(Problem::OutOfRange { allowed: allowed.to_owned() })),
    }
}

fn blend(acore: &Fields<'_>) -> Result<Vec<BlendRule>, CardError> {
    let mut rules = Vec::new();
    for rule in acore.list("blend", RULES)? {
        let rule = rule.object()?;
        let contexts = Context::ALL.map(Context::name).join(", ");
        let frameworks = Framework::ALL.map(Framework::name).join(", ");
        let context = choice(&rule, "context", &format!("one of {contexts}"), Context::named)?;
        let framework = choice(&rule, "framework", &format!("one of {frameworks}"), Framework::named)?;
        let weight = rule.fraction("weight", 0.0, 1.0)?.unwrap_or(0.5);
        let context = context.ok_or_else(|| rule.problem("context", Problem::Missing))?;
        let framework = framework.ok_or_else(|| rule.problem("framework", Problem::Missing))?;
        rules.push(BlendRule { context, framework, weight: Share::of(weight.into()) });
    }
    Ok(rules)
}

fn replies(acore: &Fields<'_>) -> Result<BTreeMap<Verbosity, ReplyLength>, CardError> {
    let fields = acore.object("replies")?;
    let mut replies = BTreeMap::new();
    for verbosity in Verbosity::ALL {
        let lengths = ReplyLength::ALL.map(ReplyLength::name).join(", ");
        let length = choice(&fields, verbosity.name(), &format!("one of {lengths}"), ReplyLength::named)?;
        if let Some(length) = length {
            replies.insert(verbosity, length);
        }
    }
    Ok(replies)
}

fn stages(acore: &Fields<'_>) -> Result<Vec<Stage>, CardError> {
    let mut stages = Vec::new();
    for stage in acore.list("stages", STAGES)? {
        let stage = stage.object()?;
        let at = stage.count("at")?.ok_or_else(|| stage.problem("at", Problem::Missing))?;
        stages.push(Stage {
            at: at.into(),
            tone: stage.limited("tone", SENTENCE)?,
            quirks: stage.short_texts("quirks", SENTENCES, SENTENCE)?,
            knowledge: stage.short_texts("knowledge", SENTENCES, SENTENCE)?,
        });
    }
    Ok(stages)
}

fn quarrels(acore: &Fields<'_>) -> Result<Vec<Quarrel>, CardError> {
    let mut quarrels = Vec::new();
    for quarrel in acore.list("quarrels", RULES)? {
        let quarrel = quarrel.object()?;
        let Some(with) = quarrel.field("with") else {
            return Err(quarrel.problem("with", Problem::Missing));
        };
        let with = CharacterId::new(with.text()?).map_err(|_| with.problem(Problem::NotAnId))?;
        quarrels.push(Quarrel { with, about: quarrel.short_texts("about", 20, 60)? });
    }
    Ok(quarrels)
}

/// `framework_blending`: `{enabled, blend_rules: [{context, framework, weight}]}`.
fn foreign_blend(extensions: &Map<String, Value>) -> Vec<BlendRule> {
    let blending = extensions.get("framework_blending");
    if blending.and_then(|blending| blending.get("enabled")).and_then(Value::as_bool) == Some(false) {
        return Vec::new();
    }
    let rules = blending.and_then(|blending| blending.get("blend_rules")).and_then(Value::as_array);
    let rule = |rule: &Value| {
        let text = |name: &str| rule.get(name).and_then(Value::as_str);
        let weight = rule.get("weight").and_then(Value::as_f64).unwrap_or(0.5);
        Some(BlendRule {
            context: Context::named(text("context")?)?,
            framework: Framework::named(text("framework")?)?,
            weight: Share::of(weight),
        })
    };
    rules.into_iter().flatten().take(RULES).filter_map(rule).collect()
}

/// `evolution_stages`: `[{milestone, unlocks: {tone, quirks, knowledge_expansion}}]`.
fn foreign_stages(extensions: &Map<String, Value>) -> Vec<Stage> {
    let stages = extensions.get("evolution_stages").and_then(Value::as_array);
    let stage = |stage: &Value| {
        let unlocks = stage.get("unlocks");
        let unlock = |name: &str| unlocks.and_then(|unlocks| unlocks.get(name));
        let tone = unlock("tone").and_then(Value::as_str).unwrap_or_default();
        Some(Stage {
            at: stage.get("milestone")?.as_u64()?,
            tone: tone.trim().chars().take(SENTENCE).collect(),
            quirks: texts(unlock("quirks"), SENTENCE),
            knowledge: texts(unlock("knowledge_expansion"), SENTENCE),
        })
    };
    stages.into_iter().flatten().take(STAGES).filter_map(stage).collect()
}

fn texts(value: Option<&Value>, chars: usize) -> Vec<String> {
    let texts = value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let cut = texts.map(|text| text.trim().chars().take(chars).collect::<String>());
    cut.filter(|text| !text.is_empty()).take(SENTENCES).collect()
}
