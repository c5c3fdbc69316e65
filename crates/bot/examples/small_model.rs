//! How well the small embedded model keeps to its characters: prompts, answers, and a count of what goes wrong.
//!
//! `cargo run -p bot --example small_model -- [CHARACTER] [QUESTION...]`. Without a character everybody is asked, without
//! questions the fixed ten. Seeds are fixed. Needs the weights in `.cache/models`, where `script/test` puts them, or
//! at the path in `ACORE_TEST_MODEL`.

#![expect(clippy::print_stdout, reason = "the answers and figures are what this is for")]

use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use anyhow::Context as _;
use bot::{cast::Cast, config::CharactersConfig};
use domain::{
    ApplicationId, ChannelId, GuildId, MessageId, Timestamp, UserId,
    character::Character,
    chat::{ChatEvent, ChatRequest, Role, Sampling},
    event::{Author, AuthorKind, ChannelKind, Identity, Message, Place},
    prompt::{Profile, Style, assemble},
    reply::Cleaner,
    scene::Scene,
};
use futures_util::StreamExt as _;
use llm::{Embedded, EmbeddedSettings, Provider as _, Timeouts};

const QUESTIONS: &[&str] = &[
    "hey, who are you?",
    "what is your name?",
    "how was your day?",
    "what should i eat tonight?",
    "can you help me with my homework?",
    "tell me a story",
    "what do you think about the sea?",
    "i feel a bit sad today",
    "do you like cats?",
    "what are you doing right now?",
];

const SEEDS: u64 = 2;

/// What no character says, but every assistant.
const ASSISTANT: &[&str] = &[
    "assist",
    "how can i help",
    "help you with",
    "as an ai",
    "an ai",
    "language model",
    "chatbot",
    "happy to help",
    "glad to help",
    "i'm here to",
    "feel free",
    "let me know if",
    "i'm sorry, but",
    "i cannot",
    "i can't provide",
    "i don't have personal",
    "of course!",
    "certainly",
    "sure!",
    "sure,",
];

/// The profile of the embedded model, as `bot::model` has it.
const PROFILE: Profile = Profile::new(
    Style::Small,
    2_048,
    48,
    Sampling {
        temperature: Some(0.8),
        top_p: None,
        top_k: None,
        min_p: None,
        repeat_penalty: None,
        seed: None,
    },
);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let cast = Cast::load(&CharactersConfig { folder: None, enabled: Vec::new() })?;
    let mut asked: Vec<Arc<Character>> = cast.characters().to_vec();
    if let Some(character) = arguments.first().and_then(|name| cast.by_name(name)) {
        asked = vec![Arc::clone(character)];
        arguments.remove(0);
    }
    let questions: Vec<&str> = match arguments.as_slice() {
        [] => QUESTIONS.to_vec(),
        own => own.iter().map(String::as_str).collect(),
    };
    let model = load().await?;

    let mut table = Table::default();
    for character in &asked {
        for (index, question) in questions.iter().enumerate() {
            for seed in 0..SEEDS {
                let request = prompt(character, &cast, question, seed * 1_000 + index as u64);
                if asked.len() == 1 && index == 0 && seed == 0 {
                    show(&request);
                }
                let answer = answer(&model, request, character).await?;
                let faults = faults(&answer, question, character);
                println!("{:<8} {question:<34} {}", character.called(), answer.text.replace('\n', " ⏎ "));
                if !faults.is_empty() {
                    println!("{:<8} ^ {}", "", faults.join(", "));
                }
                table.add(character.called(), &faults, &answer);
            }
        }
    }
    table.show();
    Ok(())
}

async fn load() -> anyhow::Result<Embedded> {
    let usual =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.cache/models/SmolLM2-135M-Instruct.Q4_1.gguf");
    let path = std::env::var_os("ACORE_TEST_MODEL").map_or(usual, Into::into);
    // A debug build reads its first prompt slowly.
    let timeouts = Timeouts { first_token: Duration::from_mins(2), ..Timeouts::default() };
    let settings = EmbeddedSettings { threads: Some(1), ..EmbeddedSettings::new(path) };
    Embedded::load(settings, timeouts, |_| {}).await.context("the model cannot be loaded")
}

fn prompt(character: &Character, cast: &Cast, question: &str, seed: u64) -> ChatRequest {
    let identity = Identity { user: UserId(1), application: ApplicationId(2) };
    let scene = Scene::new(identity, cast.characters(), &[], Timestamp(0));
    let channel = ChannelId(4);
    let message = Message {
        id: MessageId(5),
        place: Place { guild: Some(GuildId(3)), channel, parent: None, kind: ChannelKind::Text },
        author: Author { id: UserId(6), name: "alice".into(), kind: AuthorKind::Human },
        content: question.into(),
        mentions: Vec::new(),
        reply_to: None,
        attachments: Vec::new(),
        pictures: Vec::new(),
        replied_pictures: Vec::new(),
        age_restricted: false,
        sent_at: Timestamp(0),
    };
    assemble(character, &scene, &message, &PROFILE, seed).0
}

fn show(request: &ChatRequest) {
    for message in &request.messages {
        let role = match message.role {
            Role::System => "system",
            Role::User => "user",
            Role::Assistant => "assistant",
        };
        println!("[{role}] {}", message.content);
    }
    println!("{:?}, stop: {:?}, max_tokens: {}\n", request.sampling, request.stop, request.max_tokens);
}

/// What a member would see, and what it cost.
struct Answer {
    text: String,
    prompt_tokens: u32,
    tokens: u32,
}

async fn answer(model: &Embedded, request: ChatRequest, character: &Character) -> anyhow::Result<Answer> {
    let cleaner = Cleaner::new(character, &["alice".to_owned()]).brief(true);
    let mut events = model.stream(request).await?;
    let mut raw = String::new();
    let mut answer = Answer { text: String::new(), prompt_tokens: 0, tokens: 0 };
    while let Some(event) = events.next().await {
        match event? {
            ChatEvent::Delta(text) => raw.push_str(&text),
            ChatEvent::Reasoning(_) => {}
            ChatEvent::Done { usage, .. } => {
                (answer.prompt_tokens, answer.tokens) = (usage.input_tokens, usage.output_tokens);
            }
        }
    }
    answer.text = cleaner.whole(&raw).text;
    Ok(answer)
}

/// What is wrong with an answer, as far as a program can tell.
fn faults(answer: &Answer, question: &str, character: &Character) -> Vec<&'static str> {
    let text = &answer.text;
    let low = text.to_lowercase().replace('’', "'");
    let name = character.called().to_lowercase();
    let asks_name = question.contains("who are you") || question.contains("your name");
    let is_label = |line: &str| {
        let head = line.split_once(':').map(|(head, _)| head);
        head.is_some_and(|head| head.split_whitespace().count() <= 2 && head.starts_with(char::is_uppercase))
    };
    let list = |line: &str| line.starts_with("- ") || line.starts_with("* ") || line.starts_with("1.");
    let addressed = ["you are ", "you're ", "hi ", "hello ", "hello, ", "hey ", "thanks, "];
    let copied = character.small.lines.iter().any(|line| words(&line.char) == words(text));
    let ends = |text: &str| text.trim_end_matches(['"', '*', ')', '”']).ends_with(['.', '!', '?', '…']);
    [
        ("no name", asks_name && !low.contains(&name)),
        ("label", text.lines().any(is_label)),
        ("assistant", ASSISTANT.iter().any(|phrase| low.contains(phrase))),
        ("long", text.chars().count() > 240),
        ("no end", !ends(text)),
        ("list", text.lines().any(list)),
        ("copy", !asks_name && copied),
        ("about itself", addressed.iter().any(|start| low.contains(&format!("{start}{name}")))),
        ("leak", low.contains("short sentences") || low.contains("speak as") || low.contains("answer as")),
    ]
    .into_iter()
    .filter_map(|(fault, found)| found.then_some(fault))
    .collect()
}

fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// Faults by kind and by character.
#[derive(Default)]
struct Table {
    answers: u32,
    faulty: u32,
    prompt_tokens: u32,
    tokens: u32,
    kinds: BTreeMap<&'static str, u32>,
    characters: BTreeMap<String, (u32, u32)>,
}

impl Table {
    fn add(&mut self, name: &str, faults: &[&'static str], answer: &Answer) {
        self.answers += 1;
        self.faulty += u32::from(!faults.is_empty());
        self.prompt_tokens += answer.prompt_tokens;
        self.tokens += answer.tokens;
        for fault in faults {
            *self.kinds.entry(fault).or_default() += 1;
        }
        let of = self.characters.entry(name.to_owned()).or_default();
        of.0 += u32::from(!faults.is_empty());
        of.1 += 1;
    }

    fn show(&self) {
        println!("\n{:<14} {:>5} of {}", "with a fault", self.faulty, self.answers);
        for (kind, count) in &self.kinds {
            println!("{kind:<14} {count:>5}");
        }
        for (name, (faulty, answers)) in &self.characters {
            println!("{name:<14} {faulty:>5} of {answers}");
        }
        let answers = self.answers.max(1);
        println!("tokens per prompt {}, per answer {}", self.prompt_tokens / answers, self.tokens / answers);
    }
}
