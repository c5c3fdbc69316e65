//! The model in this process, with real weights. Without the file the tests say so and pass.

use std::path::PathBuf;

use domain::chat::{ChatEvent, ChatMessage, ChatRequest, Finish, Role, Sampling};
use domain::tokens::{PER_MESSAGE, estimate};
use futures_util::StreamExt;
use llm::{Embedded, EmbeddedSettings, LlmError, Provider};

use crate::support::{Told, listen, patient};

#[expect(clippy::disallowed_methods, reason = "the file of a test is named by its environment")]
fn settings() -> Option<EmbeddedSettings> {
    let usual = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.cache/models/SmolLM2-135M-Instruct.Q4_1.gguf");
    let path = PathBuf::from(std::env::var("ACORE_TEST_MODEL").unwrap_or_else(|_| usual.to_owned()));
    if !path.is_file() {
        println!("skipped: there is no model at {}", path.display());
        return None;
    }
    // One thread: the computer that runs the tests does other things meanwhile.
    Some(EmbeddedSettings { context_tokens: 512, threads: Some(1), ..EmbeddedSettings::new(path) })
}

async fn load(settings: EmbeddedSettings) -> Embedded {
    Embedded::load(settings, patient(), |_| {}).await.unwrap()
}

fn asking(question: &str, max_tokens: u32) -> ChatRequest {
    let message = |role, content: &str| ChatMessage::new(role, content);
    ChatRequest {
        messages: vec![
            message(Role::System, "You are Nova, a friendly fox. You answer in short sentences."),
            message(Role::User, question),
        ],
        sampling: Sampling { temperature: Some(0.0), ..Sampling::default() },
        max_tokens,
        ..ChatRequest::default()
    }
}

async fn ask(model: &Embedded, request: ChatRequest) -> Told {
    let told = listen(model.stream(request).await.unwrap()).await;
    assert_eq!(told.error, None);
    told
}

#[tokio::test]
async fn a_conversation_with_real_weights() {
    let Some(settings) = settings() else { return };
    let (progress, mut reports) = tokio::sync::mpsc::unbounded_channel();
    let model =
        Embedded::load(settings.clone(), patient(), move |share| _ = progress.send(share)).await.unwrap();
    assert_eq!(reports.recv().await, Some(0.0));
    assert_eq!(model.models().await.unwrap()[0].parameters.as_deref(), Some("134M"));
    assert!(model.health().await.unwrap().model_listed);

    // Text streams, and the tokens are counted.
    let question = asking("Count from one to five in words.", 24);
    let first = ask(&model, question.clone()).await;
    println!("{:?}", first.text);
    assert!(first.deltas > 3 && !first.text.trim().is_empty());
    let (_, usage) = first.end.unwrap();
    assert!(usage.input_tokens > 20 && usage.output_tokens > 3);
    let fresh = model.stats();
    assert_eq!((fresh.prompt_reused, fresh.prompt_evaluated), (0, u64::from(usage.input_tokens)));

    // The same question again: the same text, and all but the last token of the prompt was still there.
    let second = ask(&model, question.clone()).await;
    assert_eq!(second.text, first.text);
    let again = model.stats();
    assert_eq!(again.prompt_evaluated - fresh.prompt_evaluated, 1);

    // The conversation goes on: only what is new is read.
    let mut longer = question.clone();
    longer.messages.push(ChatMessage::new(Role::Assistant, first.text.clone()));
    longer.messages.push(ChatMessage::new(Role::User, "Thank you!"));
    let reused = ask(&model, longer.clone()).await;
    let after = model.stats();
    let evaluated = after.prompt_evaluated - again.prompt_evaluated;
    assert!(evaluated < u64::from(usage.input_tokens), "{evaluated} tokens were read again");
    // And a model that has read nothing before says the same.
    assert_eq!(ask(&load(settings).await, longer).await.text, reused.text);

    // A stop text in the middle of the known answer ends it there, whatever the tokens are.
    let letters: Vec<char> = first.text.chars().collect();
    let middle = letters.len() / 2;
    let stop: String = letters[middle..middle + 5].iter().collect();
    let stopped = ask(&model, ChatRequest { stop: vec![stop.clone()], ..question.clone() }).await;
    assert_eq!(stopped.text, first.text[..first.text.find(&stop).unwrap()]);
    assert_eq!(stopped.end.unwrap().0, Finish::Stop);

    // The limit is kept.
    let short = ask(&model, ChatRequest { max_tokens: 3, ..question }).await;
    let (finish, usage) = short.end.unwrap();
    assert_eq!((finish, usage.output_tokens), (Finish::Length, 3));
    assert!(first.text.starts_with(&short.text));
}

#[tokio::test]
async fn tokens_are_counted_with_the_models_own_vocabulary() {
    let Some(settings) = settings() else { return };
    let model = load(settings).await;
    let counter = model.counter();
    assert_eq!(counter.name(), "the model's own tokenizer");
    assert_eq!(model.sees().await, Ok(Some(false)));
    let question = asking("Qu'est-ce que c'est? 狐 😀 <|im_end|> What is a lighthouse for?", 1);
    let (_, usage) = ask(&model, question.clone()).await.end.unwrap();
    let texts: u32 = question.messages.iter().map(|message| counter.count(&message.content)).sum();
    let frames = question.messages.len() as u32 * PER_MESSAGE;
    // What is reserved for the frame of a message is enough, and not far too much; a turn is opened for the answer.
    let real = usage.input_tokens - 3;
    assert!(texts < real && real <= texts + frames + 2, "{texts} + {frames}, really {real}");
    // A counter outlives its model: it estimates then.
    drop(model);
    assert_eq!(counter.count("nobody has asked this before"), estimate("nobody has asked this before"));
}

#[tokio::test]
async fn who_leaves_makes_room() {
    let Some(settings) = settings() else { return };
    let model = load(EmbeddedSettings { queue: 1, ..settings }).await;

    let long = asking("Tell me a very long story about the sea.", 400);
    let mut busy = model.stream(long.clone()).await.unwrap();
    // Its first word means that the thread has taken it from the queue.
    assert!(matches!(busy.next().await, Some(Ok(ChatEvent::Delta(_)))));
    let waiting = model.stream(asking("Hi!", 1)).await.unwrap();
    let error = model.stream(asking("Hi!", 1)).await.err().unwrap();
    let cause = "the queue of the model is full".to_owned();
    assert_eq!(error, LlmError::Overloaded { retry_after: None, cause });

    drop(busy);
    assert_eq!(listen(waiting).await.error, None);
    assert_eq!(model.stats().cancelled, 1);
    assert!(model.stats().generated < 400);
}

#[tokio::test]
async fn the_thread_ends_with_its_handle() {
    let Some(settings) = settings() else { return };
    let model = load(settings.clone()).await;
    let mut busy = model.stream(asking("Tell me a very long story about the sea.", 400)).await.unwrap();
    assert!(matches!(busy.next().await, Some(Ok(ChatEvent::Delta(_)))));
    // Waits for the thread, and the answer that was cut says so.
    drop(model);
    assert_eq!(listen(busy).await.error_kind(), "cut_stream");

    let (progress, mut reports) = tokio::sync::mpsc::unbounded_channel();
    tokio::select! {
        biased;
        _ = reports.recv() => {}
        _ = Embedded::load(settings, patient(), move |share| _ = progress.send(share)) => {
            println!("the model was loaded before its loading could be given up");
        }
    }
}

#[tokio::test]
async fn a_long_conversation_loses_its_beginning() {
    let Some(settings) = settings() else { return };
    let model = load(settings).await;
    let mut request = asking("Hello!", 8);
    let old = "I walked along the beach and counted the waves. ".repeat(10);
    for _ in 0..10 {
        request.messages.insert(1, ChatMessage::new(Role::User, old.clone()));
    }
    let (_, usage) = ask(&model, request.clone()).await.end.unwrap();
    assert!((300..=504).contains(&usage.input_tokens), "{usage:?}");

    request.messages[0].content = old.repeat(10);
    let told = listen(model.stream(request).await.unwrap()).await;
    assert_eq!(told.error_kind(), "prompt_too_long");
    // The thread goes on.
    ask(&model, asking("Hello!", 1)).await;
}

#[tokio::test]
async fn a_seed_makes_chance_repeatable() {
    let Some(settings) = settings() else { return };
    let model = load(settings).await;
    let with_seed = |seed| {
        let mut request = asking("Invent a name for a ship.", 16);
        request.sampling = Sampling {
            temperature: Some(1.5),
            repeat_penalty: Some(1.1),
            seed: Some(seed),
            ..Sampling::default()
        };
        request
    };
    let first = ask(&model, with_seed(1)).await.text;
    assert_eq!(ask(&model, with_seed(1)).await.text, first);
    let mut others = Vec::new();
    for seed in 2..5 {
        others.push(ask(&model, with_seed(seed)).await.text);
    }
    assert!(others.iter().any(|other| *other != first), "{others:?}");
}

#[tokio::test]
async fn files_that_are_no_models_are_told_apart() {
    for (path, cause) in [("/nowhere/model.gguf", "No such file"), (file!(), "not a GGUF file")] {
        let path = if path == file!() {
            concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml").to_owned()
        } else {
            path.to_owned()
        };
        let error = Embedded::load(EmbeddedSettings::new(path), patient(), |_| {}).await.unwrap_err();
        assert_eq!(error.kind(), "setup");
        assert!(error.to_string().contains(cause), "{error}");
    }
}
