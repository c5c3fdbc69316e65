//! Vectors of texts, in both dialects.

use llm::{ApiKey, Embedder, EmbedderKind, EmbedderSettings, Purpose, Timeouts};
use serde_json::json;
use testkit::{Dialect, Reply, ScriptedModel};

use crate::support::{BOTH, Wire, patient};

fn embedder(wire: Wire, server: &ScriptedModel, timeouts: Timeouts) -> Embedder {
    let (kind, base) = match wire {
        Wire::OpenAi => (EmbedderKind::OpenAi, server.base_openai()),
        Wire::Ollama => (EmbedderKind::Ollama, server.base_ollama()),
    };
    let key = Some(ApiKey::new("sk-test"));
    let settings = EmbedderSettings { kind, base, model: "vectors".to_owned(), key };
    Embedder::new(settings, timeouts).unwrap()
}

/// The kind of the error that follows from a reply, in both dialects.
async fn errors(openai: Reply, ollama: Reply) -> [&'static str; 2] {
    let server = ScriptedModel::start().await.unwrap();
    let mut kinds = [""; 2];
    for ((wire, reply), kind) in BOTH.into_iter().zip([openai, ollama]).zip(&mut kinds) {
        server.script_embeddings([reply]);
        *kind = embedder(wire, &server, patient())
            .embed(Purpose::Document, &["a", "b"])
            .await
            .unwrap_err()
            .kind();
    }
    kinds
}

#[tokio::test]
async fn every_text_has_its_vector_in_the_order_of_the_texts() {
    let server = ScriptedModel::start().await.unwrap();
    for wire in BOTH {
        let embedder = embedder(wire, &server, patient());
        let vectors = embedder.embed(Purpose::Document, &["the tide", "the moon", "the tide"]).await.unwrap();
        assert_eq!(vectors.len(), 3, "{wire:?}");
        assert_eq!(vectors[0], vectors[2]);
        assert_ne!(vectors[0], vectors[1]);
        assert_eq!(embedder.embed::<&str>(Purpose::Document, &[]).await.unwrap(), Vec::<Vec<f32>>::new());
    }
    let asked = server.embedding_requests();
    let dialects: Vec<_> = asked.iter().map(testkit::Asked::dialect).collect();
    assert_eq!(dialects, [Dialect::OpenAi, Dialect::Ollama]);
    for asked in asked {
        let wanted = json!({ "model": "vectors", "input": ["the tide", "the moon", "the tide"] });
        assert_eq!((asked.json(), asked.key()), (wanted, Some("sk-test")));
    }
    assert_eq!(server.requests_seen(), 0);
}

#[tokio::test]
async fn many_texts_are_several_requests() {
    let server = ScriptedModel::start().await.unwrap();
    let texts: Vec<String> = (0..150).map(|number| format!("word{number}")).collect();
    for wire in BOTH {
        let before = server.embedding_requests().len();
        let embedder = embedder(wire, &server, patient());
        let vectors = embedder.embed(Purpose::Document, &texts).await.unwrap();
        assert_eq!(vectors.len(), texts.len());
        assert_eq!(vectors[149], embedder.embed(Purpose::Document, &["word149"]).await.unwrap()[0]);
        let asked = server.embedding_requests();
        let sizes = asked[before..].iter().map(|asked| asked.json()["input"].as_array().unwrap().len());
        let sizes: Vec<_> = sizes.collect();
        assert_eq!(sizes.iter().sum::<usize>(), 151);
        assert!(sizes.iter().all(|size| *size <= 64), "{sizes:?}");
    }
}

#[tokio::test]
async fn a_server_s_refusal_says_what_it_is() {
    for (status, kind) in
        [(500, "server"), (401, "unauthorized"), (404, "model_missing"), (429, "rate_limited")]
    {
        assert_eq!(errors(Reply::status(status), Reply::status(status)).await, [kind; 2]);
    }
}

#[tokio::test]
async fn what_are_no_vectors_of_these_texts_is_malformed() {
    for garbage in ["", "<html>", "{}", "[]", r#"{"data":7,"embeddings":7}"#] {
        let reply = Reply::document(garbage);
        assert_eq!(errors(reply.clone(), reply).await, ["malformed"; 2], "{garbage}");
    }
    for (first, second) in [("[1,2]", "[1]"), ("[]", "[]"), ("[1,null]", "[1,2]"), ("[1e60,1]", "[1,2]")] {
        let openai =
            format!(r#"{{"data":[{{"index":0,"embedding":{first}}},{{"index":1,"embedding":{second}}}]}}"#);
        let ollama = format!(r#"{{"embeddings":[{first},{second}]}}"#);
        let kinds = errors(Reply::document(&openai), Reply::document(&ollama)).await;
        assert_eq!(kinds, ["malformed"; 2], "{first} {second}");
    }
    let one = Reply::document(r#"{"data":[{"index":0,"embedding":[1]}],"embeddings":[[1]]}"#);
    assert_eq!(errors(one.clone(), one).await, ["malformed"; 2], "a wrong count");
    let twice = Reply::document(
        r#"{"data":[{"index":1,"embedding":[1]},{"index":1,"embedding":[1]}],"embeddings":[[1],[1],[1]]}"#,
    );
    assert_eq!(errors(twice.clone(), twice).await, ["malformed"; 2], "a wrong numbering");
}

#[tokio::test]
async fn nobody_there_is_unreachable() {
    let server = ScriptedModel::start().await.unwrap();
    for wire in BOTH {
        // Nothing listens on port 1.
        let settings = EmbedderSettings {
            kind: if wire == Wire::OpenAi { EmbedderKind::OpenAi } else { EmbedderKind::Ollama },
            base: "http://127.0.0.1:1".to_owned(),
            model: "vectors".to_owned(),
            key: None,
        };
        let nobody = Embedder::new(settings.clone(), patient()).unwrap();
        assert_eq!(nobody.embed(Purpose::Document, &["a"]).await.unwrap_err().kind(), "unreachable");
        let nowhere = EmbedderSettings { base: "nowhere".to_owned(), ..settings };
        assert_eq!(Embedder::new(nowhere, patient()).unwrap_err().kind(), "setup");
    }
    assert_eq!(server.embedding_requests().len(), 0);
}
