//! With a scripted server for vectors: texts are alike where they share words.

use domain::character::Lorebook;
use testkit::{Reply, ScriptedModel};

use super::*;
use crate::config::{Sources, load};

const KELP: &str = "kelp is cut at new moon";

fn from(settings: &[(&str, &str)]) -> anyhow::Result<Likenesses> {
    let env = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let config = load(&Sources { file: None, env }).unwrap();
    Likenesses::new(&config.embedding, &config.model)
}

fn at(server: &ScriptedModel) -> Arc<Inner> {
    let base = server.base_openai();
    let settings = [("ACORE_MODEL_BASE_URL", base.as_str()), ("ACORE_EMBEDDING_MODEL", "vectors")];
    from(&settings).unwrap().0.unwrap()
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

async fn alike(inner: &Arc<Inner>, book: &Lorebook, newest: &[&str], now: i64) -> Vec<usize> {
    let like = inner.compare(&Lifecycle::default(), book, newest, Timestamp(now)).await;
    assert!(like.iter().all(|(_, likeness)| (0.65..=1.001).contains(likeness)), "{like:?}");
    like.into_iter().map(|(index, _)| index).collect()
}

/// The texts of every request so far.
fn asked(server: &ScriptedModel) -> Vec<Vec<String>> {
    let texts = |asked: &testkit::Asked| serde_json::from_value(asked.json()["input"].clone()).unwrap();
    server.embedding_requests().iter().map(texts).collect()
}

#[test]
fn cosines_are_those_of_directions() {
    let between = |one: &[f32], other: &[f32]| cosine(&unit(one.to_vec()), &unit(other.to_vec()));
    assert!((between(&[2.0, 0.0], &[7.0, 0.0]) - 1.0).abs() < 1e-6);
    assert!((between(&[1.0, 0.0], &[1.0, 1.0]) - 0.5_f32.sqrt()).abs() < 1e-6);
    assert!((between(&[1.0, 0.0], &[-3.0, 0.0]) + 1.0).abs() < 1e-6);
    assert!((between(&[f32::MAX, 0.0], &[f32::MAX, 0.0]) - 1.0).abs() < 1e-6);
    for nothing in [between(&[0.0, 0.0], &[0.0, 0.0]), between(&[1.0], &[1.0, 1.0])] {
        assert!(nothing.abs() < 1e-6);
    }
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
    let inner = at(&server);
    let book = book([
        vectorised("ships come from afar"),
        vectorised(KELP),
        LoreEntry { vectorized: false, ..vectorised(KELP) },
        LoreEntry { enabled: false, ..vectorised(KELP) },
        LoreEntry { constant: true, ..vectorised(KELP) },
        LoreEntry { scan_depth: Some(0), ..vectorised(KELP) },
    ]);
    assert_eq!(alike(&inner, &book, &["is kelp cut at new moon?"], 0).await, [1]);
    assert_eq!(alike(&inner, &book, &["is kelp cut at new moon?"], 0).await, [1]);
    assert_eq!(alike(&inner, &book, &["ships come from afar"], 0).await, [0]);
    assert_eq!(alike(&inner, &book, &["good morning"], 0).await, Vec::<usize>::new());
    let sizes: Vec<_> = asked(&server).iter().map(Vec::len).collect();
    // Both entries with the first text; the third text is one of the entries.
    assert_eq!(sizes, [3, 1]);
}

#[tokio::test]
async fn as_many_messages_are_compared_as_the_entry_wants() {
    let server = ScriptedModel::start().await.unwrap();
    let inner = at(&server);
    let deep = |depth| book([LoreEntry { scan_depth: Some(depth), ..vectorised(KELP) }]);
    let newest = ["cut at", "new moon", "kelp is"];
    assert_eq!(alike(&inner, &deep(3), &newest, 0).await, [0]);
    assert_eq!(alike(&inner, &deep(1), &newest, 0).await, Vec::<usize>::new());
    assert!(asked(&server)[0].contains(&"kelp is\nnew moon\ncut at".to_owned()));
}

#[tokio::test]
async fn who_fails_has_a_rest_and_is_asked_again() {
    let server = ScriptedModel::start().await.unwrap();
    let inner = at(&server);
    server.script_embeddings([Reply::status(500)]);
    let book = book([vectorised(KELP)]);
    for now in [0, REST_MILLIS - 1] {
        assert_eq!(alike(&inner, &book, &[KELP], now).await, Vec::<usize>::new());
        assert_eq!(asked(&server).len(), 1);
    }
    assert_eq!(alike(&inner, &book, &[KELP], REST_MILLIS).await, [0]);
    assert_eq!(asked(&server).len(), 2);
}

#[tokio::test]
async fn nobody_waits_for_who_never_answers() {
    // Takes connections and says nothing.
    let mute = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", mute.local_addr().unwrap());
    let settings = [("ACORE_EMBEDDING_BASE_URL", base.as_str()), ("ACORE_EMBEDDING_MODEL", "vectors")];
    let inner = from(&settings).unwrap().0.unwrap();
    let book = book([vectorised(KELP)]);
    assert_eq!(alike(&inner, &book, &[KELP], 0).await, Vec::<usize>::new());
}

#[tokio::test]
async fn a_key_goes_nowhere_but_where_it_belongs() {
    let (chat, other) = (ScriptedModel::start().await.unwrap(), ScriptedModel::start().await.unwrap());
    let (chat_base, other_base) = (chat.base_openai(), other.base_openai());
    let own = [
        ("ACORE_MODEL_BASE_URL", chat_base.as_str()),
        ("ACORE_MODEL_API_KEY", "sk-chat"),
        ("ACORE_EMBEDDING_MODEL", "vectors"),
    ];
    let elsewhere = ("ACORE_EMBEDDING_BASE_URL", other_base.as_str());
    let same = ("ACORE_EMBEDDING_BASE_URL", chat_base.as_str());
    let key = ("ACORE_EMBEDDING_API_KEY", "sk-vectors");
    for (server, settings, wanted) in [
        (&chat, &[][..], Some("sk-chat")),
        (&chat, &[same][..], Some("sk-chat")),
        (&chat, &[key][..], Some("sk-vectors")),
        (&other, &[elsewhere][..], None),
        (&other, &[elsewhere, key][..], Some("sk-vectors")),
    ] {
        let inner = from(&[&own, settings].concat()).unwrap().0.unwrap();
        assert_eq!(alike(&inner, &book([vectorised(KELP)]), &[KELP], 0).await, [0]);
        assert_eq!(server.embedding_requests().last().unwrap().key(), wanted, "{settings:?}");
    }
}

#[test]
fn without_a_model_there_is_none_and_the_embedded_one_is_no_help() {
    assert!(from(&[]).unwrap().0.is_none());
    let error = from(&[("ACORE_EMBEDDING_MODEL", "vectors")]).unwrap_err().to_string();
    assert!(error.contains("ACORE_EMBEDDING_BASE_URL"), "{error}");
}
