//! Characters, people and messages for the tests.

use std::sync::Arc;

use domain::{
    ApplicationId, ChannelId, CharacterId, GuildId, MessageId, Timestamp, UserId,
    character::{Character, ExampleLine, Manner, SmallProfile},
    chat::Sampling,
    event::{Author, AuthorKind, ChannelKind, Identity, Message, Place},
    scene::{Line, Scene, Speaker},
};

pub(crate) const BOT: Identity = Identity { user: UserId(900), application: ApplicationId(901) };

pub(crate) fn id(slug: &str) -> CharacterId {
    CharacterId::new(slug).unwrap()
}

pub(crate) fn character(name: &str, aliases: &[&str]) -> Character {
    Character {
        id: id(&name.to_lowercase().replace(' ', "-")),
        name: name.to_owned(),
        nickname: None,
        aliases: aliases.iter().map(|&alias| alias.to_owned()).collect(),
        description: "{{char}} keeps the light on the hill. {{char}} has met {{user}} before.".to_owned(),
        personality: "dry, patient".to_owned(),
        scenario: "A lighthouse in the rain.".to_owned(),
        first_mes: "Mind the wet step, {{user}}.".to_owned(),
        mes_example:
            "<START>\n{{user}}: hi\n{{char}}: You are dripping.\n<START>\n{{user}}: why?\n{{char}}: Rain."
                .to_owned(),
        system_prompt: String::new(),
        post_history_instructions: "Stay dry, {{char}}.".to_owned(),
        tags: Vec::new(),
        creator_notes: "not for models".to_owned(),
        tagline: "Keeps a light.".to_owned(),
        color: None,
        topics: Vec::new(),
        framework: None,
        voice: None,
        reaction_emoji: Vec::new(),
        sampling: Sampling { temperature: Some(0.9), ..Sampling::default() },
        small: SmallProfile {
            description: format!("You are {name}, who keeps a lighthouse and says little."),
            lines: vec![
                ExampleLine { user: "hello".to_owned(), char: "Mind the step.".to_owned() },
                ExampleLine { user: "how are you?".to_owned(), char: "Dry. For once.".to_owned() },
            ],
        },
        age_restricted: false,
        activities: Vec::new(),
        book: None,
        manner: Manner::default(),
    }
}

pub(crate) fn cast(names: &[(&str, &[&str])]) -> Vec<Arc<Character>> {
    names.iter().map(|(name, aliases)| Arc::new(character(name, aliases))).collect()
}

pub(crate) fn scene<'a>(cast: &'a [Arc<Character>], history: &'a [Line]) -> Scene<'a> {
    Scene::new(BOT, cast, history, Timestamp(1_800_000_000_000))
}

pub(crate) fn message(text: &str) -> Message {
    Message {
        id: MessageId(1_000),
        place: Place {
            guild: Some(GuildId(1)),
            channel: ChannelId(2),
            parent: None,
            kind: ChannelKind::Text,
        },
        author: Author { id: UserId(10), name: "alice".into(), kind: AuthorKind::Human },
        content: text.into(),
        mentions: Vec::new(),
        reply_to: None,
        attachments: Vec::new(),
        pictures: Vec::new(),
        replied_pictures: Vec::new(),
        age_restricted: false,
        sent_at: Timestamp(1_800_000_000_000),
    }
}

pub(crate) fn person(id: u64, name: &str, text: &str) -> Line {
    Line {
        who: Speaker::Person { id: UserId(id), name: name.into() },
        text: text.into(),
        message: None,
        at: Timestamp(0),
    }
}

pub(crate) fn spoken(slug: &str, text: &str) -> Line {
    Line { who: Speaker::Character(id(slug)), text: text.into(), message: None, at: Timestamp(0) }
}
