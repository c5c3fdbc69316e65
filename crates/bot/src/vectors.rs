//! Makes the vectors that memories are found by, in the background.
//!
//! What has none yet is asked of the store, so nothing is lost by a crash, and nothing has to be kept in mind: an item
//! has its vector or it has not. After a change of the model all items lack one of the new model; they get it here,
//! and when all have it the old model's vectors go.

use std::time::Duration;

use domain::memory::{Detail, Item};
use store::Store;

use crate::app::App;

/// Items of one request and one transaction.
const BATCH: u32 = 32;

/// Characters of an item that a vector is made of: models for vectors read a few hundred words.
const CHARS: usize = 2_000;

/// For how long a model that fails is left alone.
const REST: Duration = Duration::from_mins(1);

/// Gives every item its vector.
pub async fn fill(app: &App) -> anyhow::Result<()> {
    let Some(model) = app.embedding.model() else { return Ok(()) };
    let mut made = 0;
    let mut first = true;
    loop {
        let items = app.store.without_vector(&model, BATCH).await?;
        if items.is_empty() {
            break;
        }
        if std::mem::take(&mut first) && app.embedding.previous().is_some() {
            let old = app.embedding.previous().map(str::to_owned);
            let models = app.store.models().await?;
            app.embedding
                .falls_behind(models.iter().any(|one| Some(&one.name) == old.as_ref() && one.items > 0));
        }
        let texts: Vec<String> = items.iter().map(words).collect();
        let vectors = match app.embedding.documents(&texts).await {
            Ok(vectors) => vectors,
            Err(error) => {
                let error = format!("{error:#}");
                tracing::warn!(
                    error,
                    model,
                    "no vectors of memories for a while; their words still find them"
                );
                tokio::time::sleep(REST).await;
                return Ok(());
            }
        };
        let vectors: Vec<_> = items.iter().map(|item| item.id).zip(vectors).collect();
        app.store.keep_vectors(&model, &vectors).await?;
        made += vectors.len();
    }
    if made > 0 {
        tracing::debug!(made, model, "vectors of memories");
    }
    app.embedding.falls_behind(false);
    tidy(&*app.store, &model).await
}

/// Drops the vectors of other models, now that all items have this one's, and reads these into memory.
async fn tidy(store: &dyn Store, model: &str) -> anyhow::Result<()> {
    let models = store.models().await?;
    // What there was no item for has no vectors, and what is not there drops nothing.
    if models.iter().any(|one| one.name == model) && models.len() > 1 {
        tracing::info!(
            model,
            "all memories have vectors of the embedding model; those of others are dropped"
        );
        store.drop_models_but(model).await?;
    }
    while store.warm(model).await? {}
    Ok(())
}

/// What an item's vector is made of: its words, and whose they are.
pub fn words(item: &Item) -> String {
    let draft = &item.draft;
    let (who, text) = (draft.who.raw(), draft.text.raw());
    let words = match &draft.detail {
        Detail::Line if !who.is_empty() => format!("{who}: {text}"),
        Detail::Passage { heading, .. } if !heading.is_empty() => format!("{heading}\n{text}"),
        Detail::Line | Detail::Fact(_) | Detail::Episode { .. } | Detail::Passage { .. } => text.to_owned(),
    };
    match words.char_indices().nth(CHARS) {
        Some((end, _)) => words[..end].to_owned(),
        None => words,
    }
}
