//! With a scripted server for vectors: texts are alike where they share words.

use testkit::ScriptedModel;

use super::*;
use crate::{
    config::{Sources, load},
    lifecycle::Lifecycle,
};

const KELP: &str = "kelp is cut at new moon";

fn from(settings: &[(&str, &str)]) -> anyhow::Result<Likenesses> {
    let env = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let config = load(&Sources { file: None, env }).unwrap();
    Ok(Likenesses::new(Embedding::new(&config, &Lifecycle::default())?))
}

fn at(server: &ScriptedModel) -> Likenesses {
    let base = server.base_openai();
    from(&[("ACORE_MODEL_BASE_URL", base.as_str()), ("ACORE_EMBEDDING_MODEL", "vectors")]).unwrap()
}

fn book(entries: impl IntoIterator<Item = LoreEntry>) -> Lorebook {
    Lorebook {
        name: None,
        scan_depth: None,
        token_budget: None,
        recursive_scanning: false,
        entries: entries.into_iter().collect(),
    }
}

fn vectorised(content: &str) -> LoreEntry {
    LoreEntry { content: content.to_owned(), vectorized: true, ..LoreEntry::default() }
}

async fn alike(likenesses: &Likenesses, book: &Lorebook, newest: &[&str]) -> Vec<usize> {
    let like = likenesses.compare(book, newest).await.unwrap_or_default();
    assert!(like.iter().all(|(_, likeness)| (0.65..=1.001).contains(likeness)), "{like:?}");
    like.into_iter().map(|(index, _)| index).collect()
}

/// The texts of every request so far.
fn asked(server: &ScriptedModel) -> Vec<Vec<String>> {
    let texts = |asked: &testkit::Asked| serde_json::from_value(asked.json()["input"].clone()).unwrap();
    server.embedding_requests().iter().map(texts).collect()
}

#[test]
fn texts_are_cut_to_what_a_model_sees() {
    let long = "ä".repeat(CHARS + 7);
    assert_eq!(beginning(&long).chars().count(), CHARS);
    assert_eq!(beginning("ä"), "ä");
    let newest = format!("{long}z");
    assert!(said(&[&newest], 1).unwrap().ends_with("äz"));
    assert_eq!(said(&[&newest], 1).unwrap().chars().count(), CHARS);
    assert_eq!(said(&["c", "b", "a"], 2).unwrap(), "b\nc");
    assert_eq!((said(&["c"], 0), said(&[" "], 4), said(&[], 4)), (None, None, None));
}

#[tokio::test]
async fn what_is_like_enough_is_told_and_asked_for_once() {
    let server = ScriptedModel::start().await.unwrap();
    let likenesses = at(&server);
    let book = book([
        vectorised("ships come from afar"),
        vectorised(KELP),
        LoreEntry { vectorized: false, ..vectorised(KELP) },
        LoreEntry { enabled: false, ..vectorised(KELP) },
        LoreEntry { constant: true, ..vectorised(KELP) },
        LoreEntry { scan_depth: Some(0), ..vectorised(KELP) },
    ]);
    assert_eq!(alike(&likenesses, &book, &["is kelp cut at new moon?"]).await, [1]);
    assert_eq!(alike(&likenesses, &book, &["is kelp cut at new moon?"]).await, [1]);
    assert_eq!(alike(&likenesses, &book, &["ships come from afar"]).await, [0]);
    assert_eq!(alike(&likenesses, &book, &["good morning"]).await, Vec::<usize>::new());
    let sizes: Vec<_> = asked(&server).iter().map(Vec::len).collect();
    // The first question, then both entries; after that only questions.
    assert_eq!(sizes, [1, 2, 1, 1]);
}

#[tokio::test]
async fn as_many_messages_are_compared_as_the_entry_wants() {
    let server = ScriptedModel::start().await.unwrap();
    let likenesses = at(&server);
    let deep = |depth| book([LoreEntry { scan_depth: Some(depth), ..vectorised(KELP) }]);
    let newest = ["cut at", "new moon", "kelp is"];
    assert_eq!(alike(&likenesses, &deep(3), &newest).await, [0]);
    assert_eq!(alike(&likenesses, &deep(1), &newest).await, Vec::<usize>::new());
    assert!(asked(&server)[0].contains(&"kelp is\nnew moon\ncut at".to_owned()));
}
