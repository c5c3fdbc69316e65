//! Lore that comes up because it is like what is said. The scripted model finds texts alike that share words.

use local_discord::members::NO_OPTIONS;
use testkit::{Dialect, Reply};

use crate::{
    brought::file,
    town::{PATIENCE, Town},
};

const WORLD: &str = r#"{"name": "Tides", "entries": {
    "0": {"uid": 0, "key": ["harvest"], "comment": "The cutting", "vectorized": true,
          "content": "Kelp is cut at new moon."},
    "1": {"uid": 1, "key": ["harvest"], "comment": "The feast",
          "content": "Kelp is cut at new moon, and then they dance."}
}}"#;

/// Like the first entry, and without its key.
const QUESTION: &str = "Imke, is kelp cut at new moon?";

async fn with_book(world: &str, dialect: Dialect, settings: &[(&str, &str)]) -> Town {
    let mut town = Town::build().dialect(dialect).setting("ACORE_EMBEDDING_MODEL", "vectors");
    for (name, value) in settings {
        town = town.setting(name, value);
    }
    brings(town.start().await, world).await
}

/// Olga brings a book.
async fn brings(town: Town, world: &str) -> Town {
    let files = [("file", file("tides.json", world))];
    let olga = town.discord.member("olga").at("#general");
    let running = olga.runs_with_files("/lore import", NO_OPTIONS, files).await.unwrap();
    running.message(PATIENCE).await.unwrap();
    town
}

/// What the model was told last.
fn told(town: &Town) -> String {
    town.model.requests().last().unwrap().json().to_string()
}

#[tokio::test]
async fn vectorised_lore_comes_up_by_what_it_says() {
    for dialect in [Dialect::OpenAi, Dialect::Ollama] {
        let town = with_book(WORLD, dialect, &[]).await;
        town.asks("#general", QUESTION).await.one();
        let prompt = told(&town);
        assert!(prompt.contains("Kelp is cut at new moon.") && !prompt.contains("they dance"), "{prompt}");
        let olga = town.discord.member("olga").at("#general");
        let why = olga.runs("/why", NO_OPTIONS).await.unwrap().message(PATIENCE).await.unwrap();
        let why = why.json.to_string();
        assert!(why.contains("The cutting") && why.contains("likeness 0.9"), "{why}");
        assert_eq!(town.model.embedding_requests()[0].dialect(), dialect);

        town.asks("#workshop", "Imke, good morning!").await.one();
        assert!(!told(&town).contains("Kelp is cut"), "{}", told(&town));
    }
}

#[tokio::test]
async fn where_nobody_tells_likeness_the_answer_comes_without_it() {
    let town = with_book(WORLD, Dialect::OpenAi, &[]).await;
    town.model.script_embeddings([Reply::status(500)]);
    town.asks("#general", QUESTION).await.one();
    assert!(!told(&town).contains("Kelp is cut"), "{}", told(&town));
    // Its key still counts.
    town.asks("#general", "Imke, what of the harvest?").await.one();
    assert!(told(&town).contains("Kelp is cut at new moon."), "{}", told(&town));

    // Nothing listens on port 1.
    let down = [("ACORE_EMBEDDING_BASE_URL", "http://127.0.0.1:1")];
    let town = with_book(WORLD, Dialect::OpenAi, &down).await;
    town.asks("#general", QUESTION).await.one();
    assert!(!told(&town).contains("Kelp is cut"), "{}", told(&town));
}

#[tokio::test]
async fn likeness_is_not_asked_for_where_no_lore_is_vectorised() {
    let world = WORLD.replace("\"vectorized\": true", "\"vectorized\": false");
    let town = with_book(&world, Dialect::OpenAi, &[]).await;
    town.asks("#general", QUESTION).await.one();
    assert!(!told(&town).contains("Kelp is cut"), "{}", told(&town));
    // What was said may be looked for in what is remembered; the lore has nothing to do with it.
    let asked = town.model.embedding_requests();
    assert!(asked.iter().all(|asked| !asked.json().to_string().contains("Kelp is cut at new moon.")));
}

/// With the real model in the process, out of the box but for the place of its files.
#[cfg(feature = "recall")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn vectorised_lore_comes_up_by_its_meaning() {
    let models = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.cache/models");
    if !models.join("bge-small-en-v1.5/model.onnx").exists() {
        assert!(std::env::var_os("CI").is_none(), "the built-in models are missing");
        eprintln!("skipped: the built-in models are not here (`script/test` fetches them)");
        return;
    }
    let town = Town::build().setting("ACORE_EMBEDDING_FOLDER", &models.display().to_string()).start().await;
    let town = brings(town, WORLD).await;
    assert!(town.app().embedding.ready().await.is_some());
    assert!(town.app().embedding.reranker().is_some());
    // An answer does not wait for a model that is busy loading on a busy machine; the next one has it.
    for attempt in 0.. {
        town.asks("#general", "Imke, when do your people bring in the seaweed?").await.one();
        if told(&town).contains("Kelp is cut at new moon.") {
            break;
        }
        assert!(attempt < 20, "{}", told(&town));
    }
    assert!(!told(&town).contains("they dance"), "{}", told(&town));
    town.asks("#workshop", "Imke, have you seen my other shoe?").await.one();
    assert!(!told(&town).contains("Kelp is cut"), "{}", told(&town));
}
