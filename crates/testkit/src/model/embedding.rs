//! Vectors that stand in for meaning: texts that share words point in similar directions.

use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::{Json, body::Bytes};
use serde_json::{Value, json};

use super::reply::Act;
use super::routes::{document, refusal};
use super::{Asked, Dialect, Stage};

/// Numbers of a vector.
const DIMENSIONS: usize = 64;

/// One request for vectors: by the script if there is one for it, else a vector for every text.
pub(super) fn embed(stage: &Stage, dialect: Dialect, headers: &HeaderMap, body: Bytes) -> Response {
    let asked = Asked::new(dialect, headers, body);
    let scripted = stage.next_embedding(&asked);
    match scripted.map(|reply| reply.0) {
        Some(Act::Refuse { status, retry_after, message }) => {
            return refusal(dialect, status, retry_after, &message);
        }
        Some(Act::Document(json)) => return document(json),
        // There is nothing to be said in vectors.
        Some(Act::Speak(_)) | None => {}
    }
    let asked = asked.json();
    let texts = match &asked["input"] {
        Value::Array(texts) => texts.as_slice(),
        one => std::slice::from_ref(one),
    };
    let vectors = texts.iter().map(|text| vector(text.as_str().unwrap_or_default()));
    let body = match dialect {
        Dialect::Ollama => {
            json!({ "model": asked["model"], "embeddings": vectors.collect::<Vec<_>>() })
        }
        Dialect::OpenAi => {
            let numbered = vectors
                .enumerate()
                .map(|(index, vector)| json!({ "object": "embedding", "index": index, "embedding": vector }));
            // The order is the numbers' business.
            let data: Vec<Value> = numbered.rev().collect();
            json!({ "object": "list", "model": asked["model"], "data": data })
        }
    };
    Json(body).into_response()
}

/// How often each word occurs, words sorted into a few heaps by their letters.
fn vector(text: &str) -> Vec<f32> {
    let mut heaps = vec![0.0; DIMENSIONS];
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        // FNV-1a, 32 bits.
        let hash = word
            .to_lowercase()
            .bytes()
            .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        heaps[hash as usize % DIMENSIONS] += 1.0;
    }
    heaps
}

#[cfg(test)]
mod tests {
    use super::vector;

    #[test]
    fn the_same_words_make_the_same_vector() {
        assert_eq!(vector("The tide, the moon"), vector("moon tide the the"));
        assert_ne!(vector("tide"), vector("moon"));
    }
}
