//! The built-in encoders, with the real files: what they find is what another engine finds with the same files.
//! Expected values are those of ONNX Runtime 1.32.0.

use std::path::{Path, PathBuf};

use llm::{Embedder, Purpose, Reranker};

const EMBEDDER: &str = "bge-small-en-v1.5";
const RERANKER: &str = "ms-marco-minilm-l12-v2";

/// The model's folder, if it is here: tests fetch nothing.
fn folder(name: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.cache/models").join(name);
    let found = folder.join("model.onnx").exists();
    assert!(found || std::env::var_os("CI").is_none(), "{} is missing", folder.display());
    if !found {
        println!("skipped: {name} is not here (`script/test` fetches it)");
    }
    Some(folder).filter(|_| found)
}

fn embedder() -> Option<Embedder> {
    Some(Embedder::built_in(&folder(EMBEDDER)?).unwrap())
}

async fn one(embedder: &Embedder, purpose: Purpose, text: &str) -> Vec<f32> {
    embedder.embed(purpose, &[text]).await.unwrap().remove(0)
}

fn cosine(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

fn near(found: &[f32], wanted: &[f32]) {
    for (found, wanted) in found.iter().zip(wanted) {
        assert!((found - wanted).abs() < 1e-3, "{found} instead of {wanted}");
    }
}

#[tokio::test]
async fn vectors_are_those_of_another_engine() {
    let Some(embedder) = embedder() else { return };
    let hello = one(&embedder, Purpose::Document, "Hello world").await;
    assert_eq!(Some(hello.len()), embedder.dimensions());
    near(&hello, &[0.015_612, -0.027_767, 0.006_857, -0.075_973]);
    near(&hello[382..], &[0.025_317, 0.021_853]);
    assert!((cosine(&hello, &hello) - 1.0).abs() < 1e-4, "the length is one");
    // With the words that the model wants before a question.
    let asked = one(&embedder, Purpose::Query, "What is the name of my pet?").await;
    near(&asked, &[-0.002_679, -0.048_072, 0.023_244, 0.062_276]);
    let nothing = one(&embedder, Purpose::Document, "").await;
    near(&nothing, &[0.042_067, 0.007_104, 0.019_121, -0.047_743]);
}

#[tokio::test]
async fn what_is_too_long_is_cut_where_the_model_ends() {
    let Some(embedder) = embedder() else { return };
    let long = one(&embedder, Purpose::Document, &"word ".repeat(510)).await;
    for (found, wanted) in long.iter().zip([-0.017_484, -0.014_585, 0.012_685, 0.021_604]) {
        // Rounding to eight bits adds up where a word stands five hundred times.
        assert!((found - wanted).abs() < 1e-2, "{found} instead of {wanted}");
    }
    // Far beyond, the tokenizer is not troubled with it either.
    for words in [1_000, 500_000] {
        assert_eq!(one(&embedder, Purpose::Document, &"word ".repeat(words)).await, long);
    }
}

#[tokio::test]
async fn a_text_has_its_vector_whatever_its_company() {
    let Some(embedder) = embedder() else { return };
    let long = "The stock market fell sharply on Tuesday. ".repeat(20);
    let texts = [long.as_str(), "My grey cat is called Miso.", "", "Kelp is cut at new moon."];
    let together = embedder.embed(Purpose::Document, &texts).await.unwrap();
    assert_eq!(together.len(), texts.len());
    for (text, vector) in texts.iter().zip(&together) {
        assert_eq!(&one(&embedder, Purpose::Document, text).await, vector, "{text}");
    }
    assert_eq!(embedder.embed::<&str>(Purpose::Document, &[]).await.unwrap(), Vec::<Vec<f32>>::new());
}

#[tokio::test]
async fn what_answers_is_nearer_than_what_does_not() {
    let Some(embedder) = embedder() else { return };
    let asked = one(&embedder, Purpose::Query, "What is the name of my pet?").await;
    let cat = one(&embedder, Purpose::Document, "My grey cat is called Miso.").await;
    let market = one(&embedder, Purpose::Document, "The stock market fell sharply on Tuesday.").await;
    let (near, far) = (cosine(&asked, &cat), cosine(&asked, &market));
    assert!(near > far + 0.1, "{near} {far}");
    // Marks of the tokenizer are only words where people write them.
    let marked = one(&embedder, Purpose::Document, "My grey cat [SEP] is [PAD] called Miso.").await;
    assert!(cosine(&asked, &marked) > far + 0.05);
}

#[tokio::test]
async fn questions_overtake_what_is_only_to_be_found_later() {
    let Some(embedder) = embedder() else { return };
    let many: Vec<String> = (0..20_000).map(|number| format!("line {number} of a long log")).collect();
    let background = tokio::spawn({
        let embedder = embedder.clone();
        async move { embedder.embed(Purpose::Document, &many).await }
    });
    tokio::task::yield_now().await;
    one(&embedder, Purpose::Query, "what now?").await;
    one(&embedder, Purpose::Document, "a few of them come in turns").await;
    assert!(!background.is_finished(), "twenty thousand lines take minutes");
    // Who gives up is worked for no longer: otherwise the model would still be in memory after its last handle.
    background.abort();
    assert!(background.await.unwrap_err().is_cancelled());
    one(&embedder, Purpose::Document, "and after that").await;
}

#[tokio::test]
async fn it_is_loaded_when_it_is_needed() {
    let Some(embedder) = embedder() else { return };
    assert!(embedder.is_built_in() && !embedder.is_loaded());
    one(&embedder, Purpose::Query, "hello").await;
    assert!(embedder.is_loaded());
}

#[tokio::test]
async fn passages_are_ranked_by_how_they_answer() {
    let Some(folder) = folder(RERANKER) else { return };
    let reranker = Reranker::built_in(&folder).unwrap();
    let passages = [
        "The stock market fell sharply on Tuesday.",
        "My grey cat is called Miso.",
        "Kelp is cut at new moon.",
        "I fed the cat this morning.",
    ];
    let scores = reranker.rank("What is the name of my pet?", &passages).await.unwrap();
    for (score, wanted) in scores.iter().zip([-11.304, -4.247, -11.177, -9.864]) {
        // Eight bits are rounded a little differently.
        assert!((score - wanted).abs() < 0.1, "{scores:?}");
    }
    assert_eq!(reranker.rank::<&str>("anything", &[]).await.unwrap(), Vec::<f32>::new());
    assert!(reranker.is_loaded());
}

#[tokio::test]
async fn files_that_are_no_model_are_said_to_be_none() {
    let nowhere = Path::new("/nowhere");
    assert_eq!(Embedder::built_in(nowhere).unwrap_err().kind(), "setup");
    assert_eq!(Reranker::built_in(nowhere).unwrap_err().kind(), "setup");
    let Some(folder) = folder(EMBEDDER) else { return };
    let broken = std::env::temp_dir().join(format!("acore-broken-model-{}", std::process::id()));
    std::fs::create_dir_all(&broken).unwrap();
    std::fs::copy(folder.join("tokenizer.json"), broken.join("tokenizer.json")).unwrap();
    for content in [&b""[..], b"not a network", &[8, 7, 18]] {
        std::fs::write(broken.join("model.onnx"), content).unwrap();
        let embedder = Embedder::built_in(&broken).unwrap();
        assert_eq!(embedder.embed(Purpose::Query, &["a"]).await.unwrap_err().kind(), "setup");
    }
    std::fs::remove_dir_all(&broken).unwrap();
}
